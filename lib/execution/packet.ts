import { checkBytes, checkInteger, checkRules, type OptionRule } from '../arguments.js';
import { abortError, invalidArgument, NetlaneError, SystemError } from '../errors.js';
import { family } from '../codec/address.js';
import type { InsideSocket } from '../native.js';
import { LITTLE_ENDIAN } from '../netlink/constants.js';
import { leavable, type Reader } from '../netlink/leavable.js';
import { offAbort, onAbort } from '../netlink/waiting.js';
import { socketOption } from './local-options.js';
import { openAt, socketType } from './opening.js';
import { packetsOf, type Packet } from './packet-block.js';
import { blockSize, checkLink, checkPacket, protocolNumberOf, type PacketOptions, type PacketSettings } from './packet-options.js';
import type { Place } from './place.js';
import { linkAddress } from './socket-address.js';

/** Options of packet sockets (linux/if_packet.h). */
const packetOption = { level: 263, addMembership: 1, statistics: 6, ignoreOutgoing: 23 } as const;
const PROMISCUOUS = 1;

/** What the kernel counted since the socket was opened. */
export interface PacketStatistics {
  /** Packets that the filter let through and that were, or will be, handed over. */
  readonly received: number;
  /** Packets that were lost because the buffer was full. */
  readonly dropped: number;
  /** How often the buffer was full. */
  readonly freezes: number;
}

/** Options of PacketSocket.send(). */
export interface SendOptions {
  /** Name or index of the link to send by. Default: the socket's own. */
  readonly link?: string | number | undefined;
  /** Protocol of the packet, as the kernel's other listeners see it. Default: that of its Ethernet header. */
  readonly protocol?: PacketOptions['protocol'];
}

const sendRules: Readonly<Record<keyof SendOptions, OptionRule>> = { link: 'any', protocol: 'any' };

const ENXIO = 6;
const EAGAIN = 11;
const ENODEV = 19;
const ENOBUFS = 105;

/**
 * A socket that hears, and sends, whole packets of a namespace's links. What it hears waits in a buffer that the kernel fills, and is read by
 * `for await (const packet of socket)`, by one loop at a time; leaving a loop keeps the socket. It ends with the namespace's handle.
 */
export class PacketSocket implements AsyncIterable<Packet> {
  readonly #place: Place;
  readonly #socket: InsideSocket;
  readonly #settings: PacketSettings;
  readonly #index: number;
  readonly #block = new Uint8Array(blockSize);
  readonly #counted = { received: 0, dropped: 0, freezes: 0 };
  readonly #names = new Map<number, string | undefined>();
  readonly #writers: (() => void)[] = [];
  readonly #onAbort = (): void => {
    if (this.#settings.signal !== undefined) this.#end(abortError(this.#settings.signal, this.#context('capture packets')));
  };
  /** Read from the last block, and not taken yet. */
  #waiting: Generator<Packet, undefined, undefined> | undefined;
  #reader: (() => void) | undefined;
  #iterating = false;
  #taken = 0;
  /** How many will have been taken when the loop that reads is to end. */
  #last = Infinity;
  #referenced = true;
  /** Looks whether the link is still there, from when it was down on. */
  #looking: NodeJS.Timeout | undefined;
  #linkLost = false;
  #ended: Error | undefined;
  readonly #disown: (() => void) | undefined;

  /** Takes the socket, which is set up. */
  constructor(place: Place, socket: InsideSocket, settings: PacketSettings, index: number) {
    this.#place = place;
    this.#socket = socket;
    this.#settings = settings;
    this.#index = index;
    this.#disown = place.own({
      close: () => this.#end(new NetlaneError('NETLANE_CLOSED', 'the namespace was closed', this.#context('capture packets'))),
    });
    const { signal } = settings;
    if (signal !== undefined) onAbort(signal, this.#onAbort);
  }

  /** Index of the link; 0 when it hears all of them. */
  get link(): number {
    return this.#index;
  }

  /** Bytes that are kept of each packet at most. */
  get snapLength(): number {
    return this.#settings.snapLength;
  }

  /** How many packets loops have taken so far. */
  get taken(): number {
    return this.#taken;
  }

  /** Whether it was closed, by close(), its signal, or with its namespace. */
  get closed(): boolean {
    return this.#ended !== undefined;
  }

  /** The name of a link, by its index; undefined where there is none any more. Remembered: packets may be read when it has gone. */
  linkName(index: number): string | undefined {
    if (this.#names.has(index)) return this.#names.get(index);
    let name;
    try {
      if (this.#ended === undefined) name = this.#socket.linkName(index);
    } catch {
      // ENODEV: it has gone.
    }
    this.#names.set(index, name);
    return name;
  }

  /**
   * What a link's hardware is (ARPHRD_ETHER is 1), which tells how its packets begin; undefined where there is no such link, or the socket is closed.
   * Source: netdevice(7).
   */
  linkHardware(index: number): number | undefined {
    checkInteger('index', index, 1, 0x7fffffff);
    if (this.#ended !== undefined) return undefined;
    try {
      return this.#socket.linkHardware(index);
    } catch (thrown) {
      const { errno } = thrown as { errno?: unknown };
      if (errno === -ENODEV || errno === -ENXIO) return undefined;
      throw this.#place.explain(thrown, `look at link ${index}`);
    }
  }

  /**
   * The packets, in the order in which the kernel saw them, as they come.
   * Throws NETLANE_BUSY when another loop reads; ENODEV when the link was deleted or moved to another namespace; NETLANE_CLOSED or ABORT_ERR when the socket ends meanwhile, unless by close(), which ends the loop.
   */
  [Symbol.asyncIterator](): AsyncGenerator<Packet, undefined, undefined> {
    return leavable(
      (reader) => this.#packets(reader),
      () => this.#wakeReader(),
    );
  }

  async *#packets(reader: Reader): AsyncGenerator<Packet, undefined, undefined> {
    if (this.#iterating) throw new NetlaneError('NETLANE_BUSY', 'another loop reads this socket', this.#context('capture packets'));
    this.#iterating = true;
    try {
      while (this.#taken < this.#last && !this.#isClosed()) {
        const next = this.#waiting?.next();
        if (next?.done === false) {
          this.#taken += 1;
          yield next.value;
        } else if (!(await this.#fill(reader))) return undefined;
      }
    } finally {
      this.#iterating = false;
      this.#last = Infinity;
    }
  }

  /**
   * Ends the loop that reads, or the next one where none does, in good order: it still gets what the kernel has heard until now, which may take `latency`.
   * The socket stays open, and goes on hearing. Throws NETLANE_CLOSED.
   */
  stop(): void {
    this.#assertOpen('stop reading packets');
    this.#count();
    this.#last = this.#counted.received;
    this.#wakeReader();
  }

  /** Gets the next block, and waits for it. False when there is nothing more to wait for: the socket was closed, or the loop is to end. */
  async #fill(reader: Reader): Promise<boolean> {
    for (;;) {
      if (this.#isClosed() || this.#taken >= this.#last || reader.left) return false;
      const length = this.#socket.takeBlock(this.#block);
      if (length > 0) {
        this.#waiting = packetsOf(this.#block.subarray(0, length), this.#settings.snapLength);
        return true;
      }
      if (this.#linkLost) {
        const link = this.#settings.link ?? this.#index;
        throw new SystemError(
          { errno: ENODEV, syscall: 'recvmsg' },
          { ...this.#context(`capture packets of link ${link}`), hint: 'the link was deleted, or moved to another namespace' },
        );
      }
      await new Promise<void>((resolve) => {
        this.#reader = resolve;
        this.#poll();
      });
    }
  }

  /**
   * The kernel tells that a link goes down before it is gone, and nothing after that. One that is down may come back, so it is looked at
   * from then on. What it still had heard is read first: that is in the ring after `latency`.
   */
  #look(): void {
    if (this.#index === 0 || this.#looking !== undefined || this.#ended !== undefined) return;
    let missing = false;
    const every = Math.max(100, 2 * this.#settings.latency);
    this.#looking = setInterval(() => {
      if (missing) {
        this.#stopLooking();
        this.#linkLost = true;
        this.#wakeReader();
      } else missing = this.linkHardware(this.#index) === undefined;
    }, every).unref();
  }

  #stopLooking(): void {
    clearInterval(this.#looking);
    this.#looking = undefined;
  }

  /**
   * Sends a packet, from the link's own header on, and waits while the link's queue is full.
   *
   * @throws NETLANE_INVALID_ARGUMENT; EMSGSIZE, ENETDOWN, ENXIO, ENODEV, EINVAL for what is shorter than the header; NETLANE_CLOSED.
   */
  async send(bytes: Uint8Array, given?: SendOptions): Promise<void> {
    checkBytes('bytes', bytes);
    const { link, protocol } = checkRules<SendOptions>('options', given, sendRules);
    if (link !== undefined) checkLink('options.link', link);
    const number = protocol === undefined ? protocolIn(bytes) : protocolNumberOf('options.protocol', protocol);
    const index = link === undefined ? this.#index : this.#indexOf(link, 'send a packet');
    if (index === 0) throw invalidArgument('options.link', 'a link, since the socket is of none', link);
    const address = linkAddress(number, index);
    for (;;) {
      this.#assertOpen('send a packet');
      const errno = this.#socket.send(bytes, address);
      if (errno === 0) return;
      if (errno !== EAGAIN && errno !== ENOBUFS)
        throw new SystemError({ errno, syscall: 'sendto' }, this.#context(`send a packet of ${bytes.length} bytes`));
      await new Promise<void>((resolve) => {
        // A link's queue that is full makes no sound when it empties: that is looked at again.
        if (errno === ENOBUFS) setTimeout(resolve, 1);
        else {
          this.#writers.push(resolve);
          this.#poll();
        }
      });
    }
  }

  /** What the kernel counted so far. Throws NETLANE_CLOSED. */
  statistics(): Promise<PacketStatistics> {
    return new Promise((resolve) => {
      this.#assertOpen('read the statistics of a packet socket');
      this.#count();
      resolve({ ...this.#counted });
    });
  }

  /** Reading them sets them to zero (struct tpacket_stats_v3). */
  #count(): void {
    const bytes = new Uint8Array(12);
    this.#socket.getOption(packetOption.level, packetOption.statistics, bytes);
    const view = new DataView(bytes.buffer);
    const dropped = view.getUint32(4, LITTLE_ENDIAN);
    this.#counted.received += view.getUint32(0, LITTLE_ENDIAN) - dropped;
    this.#counted.dropped += dropped;
    this.#counted.freezes += view.getUint32(8, LITTLE_ENDIAN);
  }

  /** Whether waiting for packets keeps the process alive. Default true. */
  ref(): this {
    this.#referenced = true;
    if (this.#ended === undefined) this.#poll();
    return this;
  }

  unref(): this {
    this.#referenced = false;
    if (this.#ended === undefined) this.#poll();
    return this;
  }

  /** Closes the socket: a loop that waits ends, a send() that waits rejects. Idempotent. */
  close(): Promise<void> {
    this.#end(closedByOwner);
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #poll(): void {
    const mask = (this.#reader === undefined ? 0 : 1) | (this.#writers.length === 0 ? 0 : 2);
    this.#socket.ref(mask !== 0 && (this.#referenced || this.#writers.length > 0));
    this.#socket.poll(mask, (events) => this.#ready(events));
  }

  /** Also for an error, such as a link that went down: the packets go on when it is up again. */
  #ready(events: number): void {
    if (events === 4) {
      // Reading the error takes it back.
      this.#socket.getOption(socketOption.socketLevel, socketOption.error, new Uint8Array(4));
      this.#look();
    }
    if ((events & 5) !== 0) this.#wakeReader();
    if ((events & 6) !== 0) for (const writer of this.#writers.splice(0)) writer();
    if (this.#ended === undefined) this.#poll();
  }

  #wakeReader(): void {
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.();
  }

  #end(error: Error): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    this.#waiting = undefined;
    this.#stopLooking();
    this.#disown?.();
    if (this.#settings.signal !== undefined) offAbort(this.#settings.signal, this.#onAbort);
    this.#socket.close();
    this.#wakeReader();
    for (const writer of this.#writers.splice(0)) writer();
  }

  #indexOf(link: string | number, operation: string): number {
    this.#assertOpen(operation);
    return indexOf(this.#place, this.#socket, link, operation);
  }

  #context(operation: string): { readonly operation: string; readonly namespace: string } {
    return { operation, namespace: this.#place.label };
  }

  /** Whether close() ended it. Throws what else did. */
  #isClosed(): boolean {
    if (this.#ended === undefined || this.#ended === closedByOwner) return this.#ended !== undefined;
    throw this.#ended;
  }

  #assertOpen(operation: string): void {
    if (this.#ended === undefined) return;
    throw this.#ended === closedByOwner
      ? new NetlaneError('NETLANE_CLOSED', 'the socket is closed', this.#context(operation))
      : this.#ended;
  }
}

/** What close() ends it with; never seen outside. */
const closedByOwner = new Error('closed');

/** The type of an Ethernet header. */
function protocolIn(bytes: Uint8Array): number {
  return bytes.length < 14 ? 0 : ((bytes[12] ?? 0) << 8) | (bytes[13] ?? 0);
}

function indexOf(place: Place, socket: InsideSocket, link: string | number, operation: string): number {
  if (typeof link === 'number') return link;
  try {
    return socket.linkIndex(link);
  } catch (thrown) {
    throw place.explain(thrown, operation, `there is no link ${link} in this namespace`);
  }
}

function membership(index: number): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, index, LITTLE_ENDIAN);
  view.setUint16(4, PROMISCUOUS, LITTLE_ENDIAN);
  return bytes;
}

/** Namespace.packet(). Nothing is heard before the filter and the ring are in place: the socket has no protocol until it is bound. */
export function openPacket(place: Place, given: unknown): PacketSocket {
  const settings = checkPacket(given);
  const { link, protocol, program, promiscuous, outgoing, blocks, latency, signal } = settings;
  const operation = `capture packets${link === undefined ? '' : ` of link ${link}`}`;
  if (signal?.aborted === true) throw abortError(signal, { operation, namespace: place.label });
  const socket = openAt(place, family.packet, socketType.raw, 0, operation);
  try {
    const index = link === undefined ? 0 : indexOf(place, socket, link, operation);
    try {
      socket.setFilter(program);
      if (!outgoing) socket.setOption(packetOption.level, packetOption.ignoreOutgoing, 1);
      socket.mapRing(blockSize, blocks, latency);
      socket.bind(linkAddress(protocol, index));
      if (promiscuous) socket.setOption(packetOption.level, packetOption.addMembership, membership(index));
    } catch (thrown) {
      throw place.explain(thrown, operation);
    }
    return new PacketSocket(place, socket, settings, index);
  } catch (error) {
    socket.close();
    throw error;
  }
}
