import type { NativeSocket } from '../native.js';
import { Queue } from './queue.js';
import { EAGAIN } from './constants.js';

interface Send {
  readonly bytes: Uint8Array;
  readonly tag: number;
  readonly port: number;
  readonly groups: number;
}

/** What becomes of sends. */
export interface SendEvents {
  sent(): void;
  refused(tag: number, errno: number): void;
}

/** The longest pause between two tries (milliseconds). */
const longestPause = 32;

/**
 * Sends in order. EAGAIN means that the receiver's buffer is full (the kernel takes requests at once), and poll(2), which knows the
 * sender's buffer only, cannot tell when that ends: so it is tried again after pauses that grow.
 */
export class SendQueue {
  readonly #socket: NativeSocket;
  readonly #events: SendEvents;
  readonly #queue = new Queue<Send>();
  #pause = 0;
  #timer: NodeJS.Timeout | undefined;
  #pushed = 0;
  /** Who waits until so many are done, in order. */
  readonly #drained = new Queue<{ readonly at: number; readonly resolve: () => void }>();

  constructor(socket: NativeSocket, events: SendEvents) {
    this.#socket = socket;
    this.#events = events;
  }

  /** Whether something has not been taken yet. */
  get waiting(): boolean {
    return this.#queue.length > 0;
  }

  /** Sends that the kernel took or refused. */
  get #done(): number {
    return this.#pushed - this.#queue.length;
  }

  /** Counts one that was sent past the queue, while nothing waited in it. */
  pass(): void {
    this.#pushed++;
  }

  /** Whether it is done with the bytes. */
  push(bytes: Uint8Array, tag: number, port: number, groups: number): boolean {
    const send: Send = { bytes, tag, port, groups };
    this.#pushed++;
    if (!this.waiting && this.#try(send)) return true;
    this.#queue.push(send);
    this.#later();
    return false;
  }

  /** False when there is no room for it. */
  #try(send: Send): boolean {
    const errno = this.#socket.send(send.bytes, send.port, send.groups);
    if (errno === EAGAIN) return false;
    if (errno === 0) this.#events.sent();
    else this.#events.refused(send.tag, errno);
    return true;
  }

  /** Tries what waits now. */
  flush(): void {
    for (;;) {
      const send = this.#queue.first;
      if (send === undefined) break;
      if (!this.#try(send)) {
        this.#later();
        return;
      }
      this.#queue.shift();
      this.#pause = 0;
      while (this.#drained.first !== undefined && this.#drained.first.at <= this.#done) this.#drained.shift()?.resolve();
    }
  }

  #later(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.flush();
    }, this.#pause);
    this.#pause = Math.min(Math.max(this.#pause * 2, 1), longestPause);
  }

  /** Resolves when so many sends, all of them so far unless it is said, were taken or refused by the kernel, or the queue was closed. */
  drained(count = this.#pushed): Promise<void> {
    if (this.#done >= count) return Promise.resolve();
    return new Promise((resolve) => {
      this.#drained.push({ at: count, resolve });
    });
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#queue.clear();
    for (const { resolve } of this.#drained.clear()) resolve();
  }
}
