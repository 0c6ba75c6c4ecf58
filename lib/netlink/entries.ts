import type { Place } from './admission.js';
import { Turns } from './turns.js';

/** Values that came together. */
export interface Batch<T> {
  readonly values: readonly T[];
  /** Of whoever reads them from the kernel: grows with what is taken. */
  readonly place: Pick<Place, 'steps'>;
}

/** A dump as it comes. Left early, it closes its fd. */
export type Batches<T> = AsyncGenerator<Batch<T>, undefined, undefined>;

const nobody: Pick<Place, 'steps'> = { steps: 0 };

/**
 * The values of batches one by one, as an async generator gives them: calls are answered in their order, return() waits for those before
 * it. A class, since each layer of generators between a batch and its reader costs every value several promises.
 */
export class Entries<T> implements AsyncGenerator<T, undefined, undefined> {
  readonly #begin: () => Batches<T> | Promise<Batches<T>>;
  readonly #isEnd: ((error: unknown) => boolean) | undefined;
  #batches: Batches<T> | undefined;
  #values: readonly T[] = [];
  #at = 0;
  #place = nobody;
  readonly #turns = new Turns();
  #ended = false;
  /** The latest call that is not answered. */
  #latest: Promise<unknown> | undefined;

  /**
   * @param begin Called with the first next().
   * @param isEnd Errors that only say that there is nothing more.
   */
  constructor(begin: () => Batches<T> | Promise<Batches<T>>, isEnd?: (error: unknown) => boolean) {
    this.#begin = begin;
    this.#isEnd = isEnd;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#latest === undefined && this.#at < this.#values.length && !this.#turns.due) {
      return Promise.resolve({ done: false, value: this.#take() });
    }
    return this.#inOrder(() => this.#next());
  }

  #take(): T {
    this.#place.steps++;
    return this.#values[this.#at++] as T;
  }

  async #next(): Promise<IteratorResult<T, undefined>> {
    if (this.#ended) return { done: true, value: undefined };
    if (this.#turns.overdue) await this.#turns.take();
    try {
      this.#batches ??= await this.#begin();
      while (this.#at >= this.#values.length) {
        const { done, value } = await this.#batches.next();
        if (done === true) {
          this.#end();
          return { done, value };
        }
        this.#values = value.values;
        this.#place = value.place;
        this.#at = 0;
      }
      return { done: false, value: this.#take() };
    } catch (error) {
      this.#end();
      if (this.#isEnd?.(error) === true) return { done: true, value: undefined };
      throw error;
    }
  }

  #end(): void {
    this.#ended = true;
    this.#values = [];
  }

  async #leave(): Promise<void> {
    if (this.#ended) return;
    this.#end();
    await this.#batches?.return(undefined);
  }

  return(): Promise<IteratorResult<T, undefined>> {
    return this.#inOrder(async () => {
      await this.#leave();
      return { done: true, value: undefined };
    });
  }

  throw(error: unknown): Promise<IteratorResult<T, undefined>> {
    return this.#inOrder(async () => {
      await this.#leave();
      throw error;
    });
  }

  #inOrder<R>(action: () => Promise<R>): Promise<R> {
    const answer = this.#latest === undefined ? action() : this.#latest.then(action, action);
    const answered = (): void => {
      if (this.#latest === answer) this.#latest = undefined;
    };
    this.#latest = answer;
    answer.then(answered, answered);
    return answer;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}
