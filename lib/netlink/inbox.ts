import { abortError, NetlaneError } from '../errors.js';
import { NLMSG_OVERRUN } from './constants.js';
import type { Reader } from './leavable.js';
import type { Message } from './message.js';
import { Turns } from './turns.js';
import { offAbort, onAbort } from './waiting.js';

/** Messages that wait for their reader, bounded: `full` tells the owner to stop reading from the kernel. */
export class Inbox {
  readonly #namespace: string;
  readonly #limit: number;
  readonly #onRoom: () => void;
  readonly #onWaiting: (waiting: boolean) => void;
  #queue: Message[] = [];
  #head = 0;
  #bytes = 0;
  #failure: Error | undefined;
  /** Whether a reader had the failure. */
  #told = false;
  #wake: (() => void) | undefined;
  #reading = false;

  /**
   * @param limit bytes of messages that may wait.
   * @param onRoom called when a reader has made room in a full inbox.
   * @param onWaiting called with true when a reader waits for a message, with false when it no longer does.
   */
  constructor(namespace: string, limit: number, onRoom: () => void, onWaiting: (waiting: boolean) => void) {
    this.#namespace = namespace;
    this.#limit = limit;
    this.#onRoom = onRoom;
    this.#onWaiting = onWaiting;
  }

  /** Messages that wait. */
  get length(): number {
    return this.#queue.length - this.#head;
  }

  get full(): boolean {
    return this.#bytes >= this.#limit;
  }

  push(message: Message): void {
    this.#queue.push(message);
    // What an object costs besides its bytes.
    this.#bytes += message.body.length + 200;
    this.#wake?.();
  }

  fail(error: Error): void {
    this.#failure = error;
    this.#told = false;
    this.#wake?.();
  }

  /** Forgets a failure: the socket was opened anew. Whether nobody was told of it yet. */
  recover(): boolean {
    const untold = this.#failure !== undefined && !this.#told;
    this.#failure = undefined;
    return untold;
  }

  /** Ends without an error where its reader has left, and look() has told so. */
  async *read(signal: AbortSignal | undefined, reader?: Reader): AsyncGenerator<Message, undefined, undefined> {
    if (this.#reading) {
      throw new NetlaneError('NETLANE_BUSY', 'another loop reads the messages of this socket', {
        namespace: this.#namespace,
        hint: 'one reader at a time: open a second socket, or hand the messages on',
      });
    }
    this.#reading = true;
    const turns = new Turns();
    try {
      while (reader?.left !== true) {
        if (signal?.aborted === true) throw abortError(signal, { namespace: this.#namespace });
        const message = this.#shift();
        if (message !== undefined) {
          yield message;
          if (turns.due) await turns.take();
          continue;
        }
        if (this.#failure !== undefined) {
          this.#told = true;
          throw this.#failure;
        }
        await this.#arrival(signal);
      }
      return undefined;
    } finally {
      this.#reading = false;
    }
  }

  /** The reader looks whether it has left. */
  look(): void {
    this.#wake?.();
  }

  /** All that waits, up to what marks a loss: that is for read() to tell. */
  take(): Message[] {
    const taken: Message[] = [];
    while (this.#queue[this.#head] !== undefined && this.#queue[this.#head]?.type !== NLMSG_OVERRUN) {
      const message = this.#shift();
      if (message !== undefined) taken.push(message);
    }
    return taken;
  }

  #shift(): Message | undefined {
    const message = this.#queue[this.#head];
    if (message === undefined) return undefined;
    const wasFull = this.full;
    this.#head++;
    this.#bytes -= message.body.length + 200;
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
    } else if (this.#head > 1024 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    // Room for half, not for one: reading slab by slab is cheaper than message by message.
    if (wasFull || this.#bytes * 2 < this.#limit) this.#onRoom();
    return message;
  }

  async #arrival(signal: AbortSignal | undefined): Promise<void> {
    let wake: (() => void) | undefined;
    this.#onWaiting(true);
    try {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        wake = resolve;
        if (signal !== undefined) onAbort(signal, wake);
      });
    } finally {
      this.#wake = undefined;
      if (wake !== undefined && signal !== undefined) offAbort(signal, wake);
      this.#onWaiting(false);
    }
  }
}
