import type { NativeSocket } from '../native.js';
import { SystemError } from '../errors.js';
import { EAGAIN, ENOBUFS } from './constants.js';
import type { TransportEvents, TransportOptions, TransportStatistics } from './transport.js';

/** Size of a slab: as much as the kernel gives in several reads of a dump (32 KiB each at most). */
export const slabSize = 256 * 1024;

/** Slabs filled in one go before others get their turn on the loop. */
const roundsPerTurn = 4;

const readable = 1;
const writable = 2;

interface Send {
  readonly bytes: Uint8Array;
  readonly tag: number;
  readonly port: number;
  readonly groups: number;
}

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
  readonly #receiveBuffer: number;
  readonly #prompt: boolean;
  readonly #free: ArrayBuffer[] = [];
  /** Slabs that may still be made. */
  #unmade: number;
  readonly #queue: Send[] = [];
  #mask = -1;
  /** Bytes read since the kernel said that it dropped some; -1: it did not. */
  #sinceOverrun = -1;
  #closed = false;
  #closing: Promise<void> | undefined;
  readonly statistics: TransportStatistics = { sent: 0, received: 0, overruns: 0, truncated: 0 };

  constructor(socket: NativeSocket, receiveBuffer: number, options: TransportOptions, events: PumpEvents) {
    this.#socket = socket;
    this.#receiveBuffer = receiveBuffer;
    this.#unmade = options.slabs;
    this.#prompt = options.promptOverruns ?? false;
    this.#events = events;
    this.#watch();
  }

  get blocked(): boolean {
    return this.#queue.length > 0;
  }

  send(bytes: Uint8Array, tag: number, port: number, groups: number): void {
    const send: Send = { bytes, tag, port, groups };
    if (this.#queue.length > 0 || !this.#trySend(send)) {
      this.#queue.push(send);
      this.#watch();
    }
  }

  /** False when the socket is full. */
  #trySend(send: Send): boolean {
    const errno = this.#socket.send(send.bytes, send.port, send.groups);
    if (errno === EAGAIN) return false;
    if (errno === 0) this.statistics.sent++;
    else this.#events.refused(send.tag, errno);
    return true;
  }

  #sendQueued(): void {
    let done = 0;
    for (const send of this.#queue) {
      if (!this.#trySend(send)) break;
      done++;
    }
    this.#queue.splice(0, done);
  }

  release(slab: ArrayBuffer): void {
    if (this.#closed) return;
    this.#free.push(slab);
    this.#watch();
  }

  get #canReceive(): boolean {
    return this.#free.length > 0 || this.#unmade > 0;
  }

  #watch(): void {
    if (this.#closed) return;
    const mask = (this.#canReceive ? readable : 0) | (this.#queue.length > 0 ? writable : 0);
    if (mask === this.#mask) return;
    this.#mask = mask;
    this.#socket.poll(mask, this.#onReady);
  }

  readonly #onReady = (events: number): void => {
    if (this.#closed) return;
    if ((events & writable) !== 0) this.#sendQueued();
    if ((events & ~writable) !== 0) this.receive();
    this.#watch();
  };

  /** Receives what is there, without blocking; whether anything was. */
  receive(): boolean {
    let any = false;
    for (let round = 0; round < roundsPerTurn && !this.#closed; round++) {
      const slab = this.#free.pop() ?? this.#make();
      if (slab === undefined) break;
      const result = this.#socket.receive(slab, 0, 0x7fffffff);
      this.statistics.received += result.count;
      const { end, spill, errno } = result;
      if (this.#sinceOverrun >= 0) this.#sinceOverrun += end + (spill?.byteLength ?? 0);
      if (end > 0) this.#events.received(slab, end, false);
      else this.#free.push(slab);
      if (spill !== undefined) this.#events.received(spill, spill.byteLength, true);
      any ||= end > 0 || spill !== undefined;
      if (errno === ENOBUFS) {
        any = true;
        if (this.#sinceOverrun === -1) this.#sinceOverrun = 0;
      } else if (errno !== 0 && errno !== EAGAIN) {
        this.#events.lost(new SystemError({ errno, syscall: 'recvmsg' }));
        return true;
      }
      this.#tellOverrun(errno === EAGAIN);
      if (errno === EAGAIN) break;
    }
    this.#watch();
    return any;
  }

  /**
   * The kernel reports an overrun before the messages that it had queued until then: it is told behind them, when the queue has been
   * empty or as much was read as it can hold.
   */
  #tellOverrun(empty: boolean): void {
    if (this.#sinceOverrun === -1 || !(this.#prompt || empty || this.#sinceOverrun > this.#receiveBuffer)) return;
    this.#sinceOverrun = -1;
    this.statistics.overruns++;
    if (!this.#closed) this.#events.overrun();
  }

  #make(): ArrayBuffer | undefined {
    if (this.#unmade === 0) return undefined;
    this.#unmade--;
    return new ArrayBuffer(slabSize);
  }

  /** Sends what is queued, waits so many milliseconds (negative: for ever) for something to read, and reads it. */
  wait(milliseconds: number): boolean {
    if (this.#queue.length > 0) this.#sendQueued();
    return this.receive() || (this.#socket.wait(milliseconds) && this.receive());
  }

  ref(keep: boolean): void {
    if (!this.#closed) this.#socket.ref(keep);
  }

  /** Resolves when the fd is closed. Idempotent. */
  close(): Promise<void> {
    if (this.#closing !== undefined) return this.#closing;
    this.#closed = true;
    this.#queue.length = 0;
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
