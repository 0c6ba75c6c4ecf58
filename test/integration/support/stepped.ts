import type { NativeSocket } from '../../../lib/native.js';
import type { Namespace } from '../../../lib/namespace.js';
import { openNativeSocket } from '../../../lib/netlink/opening.js';
import { Exchange } from '../../../lib/netlink/route/exchange.js';
import { RouteClient } from '../../../lib/netlink/route.js';
import { NetlinkSocket } from '../../../lib/netlink/socket.js';
import type { Transport, TransportEvents, TransportFactory, TransportOptions } from '../../../lib/netlink/transport.js';

/** What happens between two pieces of a dump; it is given how many came of this one. */
export type BetweenPieces = (piece: number) => Promise<void>;

const slabSize = 256 * 1024;

/** Gives one datagram at a time, and runs something after each: whatever it changes is changed in mid-dump, every time. */
class SteppedTransport implements Transport {
  readonly kind = 'caller';
  readonly state;
  readonly #socket: NativeSocket;
  readonly #events: TransportEvents;
  readonly #between: BetweenPieces;
  #pieces = 0;
  #turn: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(namespace: number, options: TransportOptions, events: TransportEvents, between: BetweenPieces) {
    const opened = openNativeSocket(namespace, options);
    this.#socket = opened.socket;
    this.state = opened.state;
    this.#events = events;
    this.#between = between;
    this.#socket.poll(1, () => {
      this.#socket.poll(0, () => undefined);
      this.#turn = this.#turn.then(() => this.#step());
    });
  }

  async #step(): Promise<void> {
    for (;;) {
      if (this.#closed) return;
      const slab = new ArrayBuffer(slabSize);
      const { count, end, errno } = this.#socket.receive(slab, 0, 1);
      if (errno === 105) this.#events.overrun();
      else if (count === 0) break;
      if (count > 0) this.#events.received(slab, end);
      this.#pieces++;
      await this.#between(this.#pieces);
    }
    this.#socket.poll(1, () => undefined);
  }

  send(bytes: Uint8Array<ArrayBuffer>, _tag: number, port: number, groups: number): boolean {
    this.#pieces = 0;
    const errno = this.#socket.send(bytes, port, groups);
    if (errno !== 0) throw new Error(`sendmsg: errno ${errno}`);
    return true;
  }

  release(): void {
    // Every piece has a slab of its own.
  }

  setOption(level: number, option: number, value: number): Promise<void> {
    this.#socket.setOption(level, option, value);
    return Promise.resolve();
  }

  getOption(level: number, option: number): Promise<number> {
    return Promise.resolve(this.#socket.getOption(level, option));
  }

  memberships(): Promise<number[]> {
    return Promise.resolve(this.#socket.memberships());
  }

  setFilter(): Promise<void> {
    return Promise.reject(new Error('not needed'));
  }

  statistics(): Promise<never> {
    return Promise.reject(new Error('not needed'));
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }

  ref(keep: boolean): void {
    if (!this.#closed) this.#socket.ref(keep);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A typed client whose dumps are read piece by piece, with something happening after each. */
export async function steppedRoute(namespace: Namespace, between: BetweenPieces): Promise<RouteClient<Namespace>> {
  const factory: TransportFactory = {
    namespace: String(namespace),
    open: (options, events) => Promise.resolve(new SteppedTransport(namespace.fd, options, events, between)),
  };
  const socket = await NetlinkSocket.open(factory, 0);
  const nothing = (): never => {
    throw new Error('not needed');
  };
  return new RouteClient(new Exchange(socket, nothing, { namespace: String(namespace), hold: nothing, bigint: false }), namespace);
}
