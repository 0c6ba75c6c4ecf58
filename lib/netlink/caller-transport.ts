import { translate, type NativeSocket } from '../native.js';
import { openingError, openNativeSocket } from './opening.js';
import { SocketPump } from './pump.js';
import type { Transport, TransportEvents, TransportFactory, TransportOptions, TransportState, TransportStatistics } from './transport.js';

/** Looks for a reply straight after its request, in all sockets of this thread and one turn of its loop; poll tells of the others. */
const looksPerTurn = 32;
let looks = 0;

/** Whether a reply may be looked for without the loop: for ever, a program that awaits request after request would starve its timers. */
function mayLook(): boolean {
  if (looks === 0) setImmediate(() => (looks = 0));
  looks++;
  return looks <= looksPerTurn;
}

/** What a factory needs of a namespace. */
export interface NamespaceFd {
  /** String(namespace). */
  readonly name: string;
  /** The fd, open for as long as the call lasts. Throws NETLANE_CLOSED. */
  fd(): number;
}

/**
 * Sockets on the caller's thread. A netlink fd belongs to the namespace it was opened in, whatever thread uses it: the opener opens it,
 * this thread's loop polls it.
 */
export class CallerFactory implements TransportFactory {
  readonly #namespace: NamespaceFd;

  constructor(namespace: NamespaceFd) {
    this.#namespace = namespace;
  }

  get namespace(): string {
    return this.#namespace.name;
  }

  openSync(options: TransportOptions, events: TransportEvents): Transport {
    const fd = this.#namespace.fd();
    let opened;
    try {
      opened = openNativeSocket(fd, options);
    } catch (error) {
      throw openingError(error, this.namespace, options.protocol);
    }
    return new CallerTransport(opened.socket, opened.state, options, events, this.namespace);
  }

  // eslint-disable-next-line require-await -- a failure must be a rejection
  async open(options: TransportOptions, events: TransportEvents): Promise<Transport> {
    return this.openSync(options, events);
  }
}

class CallerTransport implements Transport {
  readonly kind = 'caller';
  readonly state: TransportState;
  readonly #socket: NativeSocket;
  readonly #pump: SocketPump;
  readonly #slabs = new Set<ArrayBuffer>();
  readonly #namespace: string;
  #closed = false;
  #looking = false;
  #exchanging = false;

  constructor(socket: NativeSocket, state: TransportState, options: TransportOptions, events: TransportEvents, namespace: string) {
    this.#socket = socket;
    this.state = state;
    this.#namespace = namespace;
    // No event may come after close(), nor from within send(): there a refusal is told in a microtask.
    this.#pump = new SocketPump(socket, state.receiveBuffer, options, {
      received: (slab, end, spilled) => {
        if (!spilled) this.#slabs.add(slab);
        if (!this.#closed) events.received(slab, end);
      },
      overrun: () => {
        if (!this.#closed) events.overrun();
      },
      refused: (tag, errno) => {
        const tell = (): void => {
          if (!this.#closed) events.refused(tag, errno);
        };
        if (this.#exchanging) tell();
        else queueMicrotask(tell);
      },
      lost: (error) => {
        if (!this.#closed) events.lost(error);
      },
    });
  }

  send(bytes: Uint8Array<ArrayBuffer>, tag: number, port: number, groups: number): boolean {
    if (this.#closed) return false;
    const free = this.#pump.send(bytes, tag, port, groups);
    // The kernel answers within sendmsg: look at once instead of going through poll.
    if (this.#looking || !mayLook()) return free;
    this.#looking = true;
    queueMicrotask(this.#look);
    return free;
  }

  readonly #look = (): void => {
    this.#looking = false;
    if (!this.#closed) this.#pump.receive();
  };

  exchange(bytes: Uint8Array<ArrayBuffer>, length: number, tag: number, answers: number, wait: boolean): void {
    if (this.#closed) return;
    // Nobody hears of a refusal in a microtask while the thread waits for it.
    this.#exchanging = true;
    try {
      this.#pump.exchange(bytes, length, tag, wait || mayLook() ? answers : 0);
    } finally {
      this.#exchanging = false;
    }
  }

  release(slab: ArrayBuffer): void {
    if (this.#slabs.delete(slab)) this.#pump.release(slab);
    else this.#pump.returned(slab.byteLength);
  }

  async setOption(level: number, option: number, value: number): Promise<void> {
    await this.#do(() => {
      this.#pump.setOption(level, option, value);
    });
  }

  getOption(level: number, option: number): Promise<number> {
    return this.#do(() => this.#socket.getOption(level, option));
  }

  memberships(): Promise<number[]> {
    return this.#do(() => this.#socket.memberships());
  }

  async setFilter(program: Uint8Array): Promise<void> {
    await this.#do(() => {
      this.#socket.setFilter(program);
    });
  }

  // eslint-disable-next-line require-await -- a failure must be a rejection
  async #do<T>(action: () => T): Promise<T> {
    try {
      return action();
    } catch (error) {
      throw translate(error, { namespace: this.#namespace });
    }
  }

  statistics(): Promise<TransportStatistics> {
    return Promise.resolve({ ...this.#pump.statistics });
  }

  drained(): Promise<void> {
    return this.#pump.drained();
  }

  ref(keep: boolean): void {
    this.#pump.ref(keep);
  }

  close(): Promise<void> {
    this.#closed = true;
    return this.#pump.close();
  }

  pumpSync(milliseconds: number): boolean {
    return this.#pump.wait(milliseconds);
  }
}
