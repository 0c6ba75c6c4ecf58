import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import { native } from '../native.js';
import { ringMemory, Ring, type RingRecord, type Taken } from './ring.js';

/** Bytes of the rings towards a lane and back. */
const ringSizes = [64 * 1024, 256 * 1024] as const;

/** The memory that both ends of a channel share, as it is sent to the lane. */
export interface ChannelMemory {
  readonly toLane: SharedArrayBuffer;
  readonly fromLane: SharedArrayBuffer;
}

export function channelMemory(): ChannelMemory {
  return { toLane: ringMemory(ringSizes[0]), fromLane: ringMemory(ringSizes[1]) };
}

/** What an end does with what it gets. */
export interface ChannelEvents<In> {
  /** A small record. */
  take(record: Taken): void;
  /** A message of the port: what is too long for the ring, or is transferred. */
  message(message: In): void;
  /** The thread was woken, and everything that was there has been handled. */
  woken(): void;
}

/** Wakes the other thread; no message. */
const wake = 0;

/**
 * One end of the way between a caller's thread and a lane: small records go through a ring in shared memory, what is long or transferred
 * through a port, and both arrive in the order in which they were sent. A thread that sleeps is woken by the port.
 */
export class Channel<Out, In> {
  readonly #port: MessagePort;
  readonly #out: Ring;
  /** What comes in. */
  readonly #in: Ring;
  readonly #events: ChannelEvents<In>;
  readonly #take = (record: Taken): void => {
    this.#events.take(record);
  };
  /** Messages of the port that were handled. */
  #posts = 0;
  /** Whether this thread looks by itself. */
  #awake = false;

  constructor(port: MessagePort, out: SharedArrayBuffer, incoming: SharedArrayBuffer, events: ChannelEvents<In>) {
    this.#port = port;
    this.#out = new Ring(out);
    this.#in = new Ring(incoming);
    this.#events = events;
    this.#in.sleeping = true;
    port.on('message', (message: In | typeof wake) => {
      this.stayAwake();
      if (message !== wake) this.#handle(message);
      this.drain();
      events.woken();
    });
  }

  /** Puts a small record; false where the ring has no room now. */
  put(record: RingRecord, bytes?: Uint8Array): boolean {
    if (bytes !== undefined && bytes.length > this.#out.longest) return false;
    if (!this.#out.put(record, bytes)) return false;
    if (this.#out.wake()) this.#port.postMessage(wake);
    return true;
  }

  post(message: Out, transfers: ArrayBuffer[]): void {
    // Its arrival wakes the thread: what is put behind it need not. Said before, since afterwards the thread may sleep again.
    this.#out.wake();
    this.#port.postMessage(message, transfers);
    this.#out.countPost();
  }

  /** Handles everything that is there; whether anything was. */
  drain(): boolean {
    let any = false;
    for (;;) {
      while (this.#in.take(this.#posts, this.#take)) any = true;
      if (this.#in.posts === this.#posts) return any;
      const received = receiveMessageOnPort(this.#port);
      // Posted and not there: it has been taken out already and is being handled, further up.
      if (received === undefined) return any;
      if (received.message === wake) continue;
      this.#handle(received.message as In);
      any = true;
    }
  }

  #handle(message: In): void {
    // What was put before it comes first.
    while (this.#in.take(this.#posts, this.#take));
    this.#posts = (this.#posts + 1) >>> 0;
    this.#events.message(message);
  }

  /** Whether there is something to handle. */
  get filled(): boolean {
    return this.#in.filled || this.#in.posts !== this.#posts;
  }

  /** Looks for something for so many nanoseconds, and handles it; whether there was anything. */
  look(nanoseconds: number): boolean {
    const { now } = native();
    const until = now() + nanoseconds;
    for (;;) {
      if (this.filled) return this.drain();
      if (now() > until) return false;
    }
  }

  /** Handles everything that is there, at a time when nobody was woken. */
  catchUp(): void {
    this.drain();
    // What was to wake this thread may have been taken out by that.
    if (!this.#awake) this.sleep();
  }

  /** The other side need not wake this thread: it will look by itself. */
  stayAwake(): void {
    this.#awake = true;
    this.#in.sleeping = false;
  }

  /** From now on the other side must wake this thread. What has come until now is handled. */
  sleep(): void {
    this.#awake = false;
    do this.#in.sleeping = true;
    while (this.#in.filled && this.drain());
  }
}
