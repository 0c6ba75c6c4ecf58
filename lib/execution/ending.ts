import { abortError, NetlaneError, type ErrorContext } from '../errors.js';
import { offAbort, onAbort } from '../netlink/waiting.js';
import type { Place } from './place.js';

/** Work inside a namespace that may end before it is done: aborted, out of time, or with its namespace. Whoever waits for something listens to it. */
export class Ending {
  readonly #listeners = new Set<(error: Error) => void>();
  #error: Error | undefined;

  /** Ends it; what comes later changes nothing. */
  end(error: Error): void {
    if (this.#error !== undefined) return;
    this.#error = error;
    for (const listener of this.#listeners) listener(error);
    this.#listeners.clear();
  }

  /** Throws what it ended with. */
  assertGoing(): void {
    if (this.#error !== undefined) throw this.#error;
  }

  /** Calls back when it ends, at once where it has. Returns the function that takes the callback back. */
  on(listener: (error: Error) => void): () => void {
    if (this.#error !== undefined) listener(this.#error);
    else this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

export interface EndingOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds; 0 for no limit. */
  readonly timeout: number;
}

/**
 * Does work that ends with its namespace, its signal or its time. The work itself must listen to the ending, and reject with its error, so that
 * nothing that it opens is left behind.
 */
export async function untilEnded<T>(
  place: Place,
  context: ErrorContext,
  { signal, timeout }: EndingOptions,
  work: (ending: Ending) => Promise<T>,
): Promise<T> {
  const ending = new Ending();
  const onSignal = (): void => {
    if (signal !== undefined) ending.end(abortError(signal, context));
  };
  if (signal?.aborted === true) throw abortError(signal, context);
  const disown = place.own({
    close: () => ending.end(new NetlaneError('NETLANE_CLOSED', 'the namespace was closed', context)),
  });
  const timer =
    timeout === 0
      ? undefined
      : setTimeout(() => ending.end(new NetlaneError('NETLANE_TIMEOUT', `not done after ${timeout} ms`, context)), timeout);
  if (signal !== undefined) onAbort(signal, onSignal);
  try {
    return await work(ending);
  } finally {
    clearTimeout(timer);
    disown();
    if (signal !== undefined) offAbort(signal, onSignal);
  }
}
