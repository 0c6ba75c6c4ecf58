import type { Step } from './task-protocol.js';

/**
 * The values of an iterator that runs in a task, one at a time: each next() is one step of it there, so that it is never ahead of who reads.
 * return(), which leaving a loop calls, ends it: its `finally` blocks run.
 */
export interface TaskIterator<T> extends AsyncIterableIterator<T> {
  next(value?: unknown): Promise<IteratorResult<T, unknown>>;
  return(value?: unknown): Promise<IteratorResult<T, unknown>>;
  throw(error?: unknown): Promise<IteratorResult<T, unknown>>;
  [Symbol.asyncIterator](): TaskIterator<T>;
  [Symbol.asyncDispose](): Promise<void>;
}

type Send = (...call: Step) => void;

interface Waiting {
  /** Who waits is not forgotten, although nobody but the promise may know of it. */
  readonly stream: object;
  readonly method: Step[0];
  readonly value: unknown;
  readonly resolve: (result: IteratorResult<unknown, unknown>) => void;
  readonly reject: (error: unknown) => void;
}

/** What an iterator that is done says. */
function answerOfDone(method: Step[0], value: unknown): IteratorResult<unknown, unknown> {
  if (method === 'throw') throw value;
  return { done: true, value: method === 'return' ? value : undefined };
}

/** The side of a stream that the call has. It does not hold the iterator, which may be forgotten, unless somebody waits for a value of it. */
export class StreamEnd {
  readonly #send: Send;
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;
  #done = false;
  /** Why it ended; told to the first who asks after that. */
  #failure: { readonly error: unknown } | undefined;

  constructor(send: Send) {
    this.#send = send;
  }

  /** Whether a step was asked for that has not come. */
  get isAsked(): boolean {
    return this.#waiting.size > 0;
  }

  async ask(stream: object, method: Step[0], value: unknown): Promise<IteratorResult<unknown, unknown>> {
    if (this.#failure !== undefined) {
      const { error } = this.#failure;
      this.#failure = undefined;
      // A loop that is left for another reason calls return(), and need not hear of it.
      if (method === 'next') throw error;
    }
    if (this.#done) return answerOfDone(method, value);
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      this.#send(method, id, value);
      this.#waiting.set(id, { stream, method, value, resolve, reject });
    });
  }

  deliver(id: number, result: IteratorResult<unknown, unknown>): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.resolve(result);
    if (result.done === true) this.#end();
  }

  /** A step of the iterator threw, which ends it. */
  refuse(id: number, error: unknown): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.reject(error);
    this.#end();
  }

  /** The task was ended. */
  fail(error: unknown): void {
    if (this.#done) return;
    this.#done = true;
    if (this.#waiting.size === 0) this.#failure = { error };
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  #end(): void {
    this.#done = true;
    for (const { method, value, resolve, reject } of this.#waiting.values()) {
      try {
        resolve(answerOfDone(method, value));
      } catch (error) {
        reject(error);
      }
    }
    this.#waiting.clear();
  }
}

/** Iterators that were forgotten in the middle end their tasks. */
const forgotten = new FinalizationRegistry<() => void>((end) => end());

export class TaskStream implements TaskIterator<unknown> {
  readonly #end: StreamEnd;

  private constructor(end: StreamEnd) {
    this.#end = end;
  }

  /** @param abandon called when the iterator was garbage-collected. */
  static open(send: Send, abandon: () => void): { readonly stream: TaskStream; readonly end: StreamEnd } {
    const end = new StreamEnd(send);
    const stream = new TaskStream(end);
    forgotten.register(stream, abandon);
    return { stream, end };
  }

  next(value?: unknown): Promise<IteratorResult<unknown, unknown>> {
    return this.#end.ask(this, 'next', value);
  }

  return(value?: unknown): Promise<IteratorResult<unknown, unknown>> {
    return this.#end.ask(this, 'return', value);
  }

  throw(error?: unknown): Promise<IteratorResult<unknown, unknown>> {
    return this.#end.ask(this, 'throw', error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}
