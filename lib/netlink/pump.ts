import { frameFlags, frameHeader, type NativeSocket } from '../native.js';
import { SystemError } from '../errors.js';
import { EAGAIN, ENOBUFS, LITTLE_ENDIAN, SO_RCVBUF, SOL_SOCKET } from './constants.js';
import { SendQueue } from './send-queue.js';
import type { TransportEvents, TransportOptions, TransportStatistics } from './transport.js';

/**
 * Size of a slab: what the kernel gives in two reads of a dump (32 KiB each at most), and what fits the ring of a lane. The reader begins when the first is
 * full: it decodes one while the kernel fills the next.
 */
export const slabSize = 64 * 1024;

/** Slabs of sockets that were closed, for the next of this thread: new ones are pages that the kernel must make and clear. */
const spares: ArrayBuffer[] = [];
const mostSpares = 2;

/** Bytes in buffers that are no slabs which the consumer may have and not yet have read. */
const lentLimit = 512 * 1024;

/** Slabs filled in one go before others get their turn on the loop. */
const roundsPerTurn = 4;

/** Datagrams received when the loop says that some are there: a socket with many events is not to hold up the others of its thread for longer than half a millisecond. */
const mostPerTurn = 256;

const readable = 1;

/** What exchange() of the addon received: end, count, errno. */
const outcome = new Uint32Array(3);

/** The events of a transport; `spilled` marks a buffer that is no slab and is not wanted back. */
export interface PumpEvents extends Omit<TransportEvents, 'received'> {
  received(slab: ArrayBuffer, end: number, spilled: boolean): void;
}

/**
 * Moves bytes between one socket and the events of a transport, on the thread that polls the socket: the caller's or a lane's. It
 * receives only into slabs that it holds, which is the flow control down to the kernel's buffer.
 */
export class SocketPump {
  readonly #socket: NativeSocket;
  readonly #events: PumpEvents;
  #receiveBuffer: number;
  /** The most that the kernel can have queued: what the receive buffer had at its largest since the queue was last seen empty. */
  #queueable: number;
  readonly #prompt: boolean;
  readonly #free: ArrayBuffer[] = [];
  /** Slabs that may still be made. */
  #unmade: number;
  readonly #sends: SendQueue;
  #mask = -1;
  /** Bytes read since the kernel said that it dropped some; -1: it did not. */
  #sinceOverrun = -1;
  /** Bytes that the consumer has in buffers that are no slabs: copies, and datagrams that did not fit. */
  #lent = 0;
  #keep = false;
  /** As the socket has it. */
  #kept = false;
  #unkeeping = false;
  #closed = false;
  #closing: Promise<void> | undefined;
  readonly statistics: TransportStatistics = { sent: 0, received: 0, overruns: 0, truncated: 0 };

  constructor(socket: NativeSocket, receiveBuffer: number, options: TransportOptions, events: PumpEvents) {
    this.#socket = socket;
    this.#receiveBuffer = receiveBuffer;
    this.#queueable = receiveBuffer;
    this.#unmade = options.slabs;
    this.#prompt = options.promptOverruns ?? false;
    this.#events = events;
    this.#sends = new SendQueue(socket, {
      sent: () => {
        this.statistics.sent++;
      },
      refused: (tag, errno) => {
        events.refused(tag, errno);
      },
    });
    this.#watch();
  }

  /** Whether it is done with the bytes. */
  send(bytes: Uint8Array, tag: number, port: number, groups: number): boolean {
    return this.#sends.push(bytes, tag, port, groups);
  }

  /** Resolves when the kernel took or refused so many sends: all so far, unless it is said. */
  drained(count?: number): Promise<void> {
    return this.#sends.drained(count);
  }

  /** setsockopt; of the receive buffer it depends when an overrun is told. */
  setOption(level: number, option: number, value: number): void {
    this.#socket.setOption(level, option, value);
    if (level !== SOL_SOCKET) return;
    this.#receiveBuffer = this.#socket.getOption(SOL_SOCKET, SO_RCVBUF);
    this.#queueable = Math.max(this.#queueable, this.#receiveBuffer);
  }

  release(slab: ArrayBuffer): void {
    if (this.#closed) return;
    this.#free.push(slab);
    this.#watch();
  }

  /** The consumer got bytes in a buffer that is no slab; they count until returned() says that they were read. */
  lend(bytes: number): void {
    this.#lent += bytes;
  }

  returned(bytes: number): void {
    this.#lent -= bytes;
    if (!this.#closed) this.#watch();
  }

  get #canReceive(): boolean {
    return this.#lent < lentLimit && (this.#free.length > 0 || this.#unmade > 0);
  }

  #watch(): void {
    if (this.#closed) return;
    const mask = this.#canReceive ? readable : 0;
    if (mask === this.#mask) return;
    this.#mask = mask;
    this.#socket.poll(mask, this.#onReady);
  }

  readonly #onReady = (): void => {
    if (!this.#closed) this.receive(mostPerTurn);
  };

  /**
   * Receives what is there, without blocking; whether anything was.
   * @param most how many datagrams are looked for: with as many, nobody asks for another that is not there. What is there beyond stays.
   */
  receive(most = 0x7fffffff): boolean {
    let any = false;
    let count = 0;
    for (let round = 0; round < roundsPerTurn && this.#canReceive && !this.#closed; round++) {
      const slab = this.#free.pop() ?? this.#make();
      if (slab === undefined) break;
      const result = this.#socket.receive(slab, 0, Math.max(most - count, 1));
      count += result.count;
      const { end, errno, spill } = result;
      this.#take(slab, end, result.count, errno, spill);
      any ||= end > 0 || spill !== undefined || errno === ENOBUFS;
      if (errno !== 0 && errno !== EAGAIN && errno !== ENOBUFS) return true;
      // While the kernel has dropped some, only an empty queue tells that all before it was read.
      if (errno === EAGAIN || (count >= most && this.#sinceOverrun === -1)) break;
    }
    this.#watch();
    return any;
  }

  /** Sends the first bytes to the kernel, and receives what it answers: as a rule in one call. The bytes are the caller's again afterwards. */
  exchange(bytes: Uint8Array<ArrayBuffer>, length: number, tag: number, most: number): void {
    const slab = this.#sends.waiting || !this.#canReceive ? undefined : (this.#free.pop() ?? this.#make());
    if (slab === undefined) {
      this.#sends.push(bytes.slice(0, length), tag, 0, 0);
      this.receive(most);
      return;
    }
    const result = this.#socket.exchange(bytes, length, slab, most, outcome);
    if (typeof result === 'number' && result !== 0) {
      this.#free.push(slab);
      if (result === EAGAIN) {
        this.#sends.push(bytes.slice(0, length), tag, 0, 0);
        return;
      }
      this.#sends.pass();
      this.#events.refused(tag, result);
      return;
    }
    this.#sends.pass();
    this.statistics.sent++;
    const [end = 0, count = 0, errno = 0] = outcome;
    this.#take(slab, end, count, errno, typeof result === 'number' ? undefined : result);
    if (errno !== EAGAIN && (count < most || this.#sinceOverrun !== -1)) this.receive(most - count);
    else this.#watch();
  }

  /** Tells what was received into a slab. */
  #take(slab: ArrayBuffer, end: number, count: number, errno: number, spill: ArrayBuffer | undefined): void {
    this.statistics.received += count;
    if (this.#sinceOverrun >= 0) this.#sinceOverrun += end + (spill?.byteLength ?? 0);
    if (end > 0) this.#events.received(slab, end, false);
    else this.#free.push(slab);
    if (spill !== undefined) {
      this.lend(spill.byteLength);
      // Only what fills the scratch area behind the slab can be too long for it.
      if ((new DataView(spill).getUint32(frameHeader.flags, LITTLE_ENDIAN) & frameFlags.truncated) !== 0) this.statistics.truncated++;
      this.#events.received(spill, spill.byteLength, true);
    }
    if (errno === ENOBUFS) {
      if (this.#sinceOverrun === -1) this.#sinceOverrun = 0;
    } else if (errno !== 0 && errno !== EAGAIN) {
      this.#events.lost(new SystemError({ errno, syscall: 'recvmsg' }));
      return;
    }
    this.#tellOverrun(errno === EAGAIN);
  }

  /**
   * The kernel reports an overrun before the messages that it had queued until then: it is told behind them, when the queue has been
   * empty or as much was read as it can hold.
   */
  #tellOverrun(empty: boolean): void {
    if (empty) this.#queueable = this.#receiveBuffer;
    if (this.#sinceOverrun === -1 || !(this.#prompt || empty || this.#sinceOverrun > this.#queueable)) return;
    this.#sinceOverrun = -1;
    this.statistics.overruns++;
    if (!this.#closed) this.#events.overrun();
  }

  #make(): ArrayBuffer | undefined {
    if (this.#unmade === 0) return undefined;
    this.#unmade--;
    return spares.pop() ?? new ArrayBuffer(slabSize);
  }

  /** Sends what is queued, waits so many milliseconds (negative: for ever) for something to read, and reads it. */
  wait(milliseconds: number): boolean {
    this.#sends.flush();
    return this.receive(1) || (this.#socket.wait(milliseconds) && this.receive());
  }

  /**
   * Whether the socket keeps the loop alive. The end of it is put into effect at the end of the turn: between a reply and the next request
   * of the same program nothing need be done.
   */
  ref(keep: boolean): void {
    this.#keep = keep;
    if (keep === this.#kept) return;
    if (keep) this.#applyKeep();
    else if (!this.#unkeeping) {
      this.#unkeeping = true;
      setImmediate(() => {
        this.#unkeeping = false;
        this.#applyKeep();
      });
    }
  }

  #applyKeep(): void {
    if (this.#closed || this.#keep === this.#kept) return;
    this.#kept = this.#keep;
    this.#socket.ref(this.#keep);
  }

  /** Resolves when the fd is closed. Idempotent. */
  close(): Promise<void> {
    if (this.#closing !== undefined) return this.#closing;
    this.#closed = true;
    this.#sends.close();
    spares.push(...this.#free.splice(0, mostSpares - spares.length));
    this.#free.length = 0;
    this.#socket.close();
    this.#closing = loopTurn();
    return this.#closing;
  }
}

/** A polled fd is closed at the end of the loop's turn, after its immediates: it is certain in those of the next turn. */
async function loopTurn(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
  await new Promise<void>((resolve) => setImmediate(resolve));
}
