import { abortError } from '../errors.js';

interface Listeners {
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

const listeners = new WeakMap<AbortSignal, Listeners>();

/**
 * Calls back once when the signal aborts. Any number may wait for one signal: it gets a single listener, since Node warns of more than
 * ten as of a leak.
 */
export function onAbort(signal: AbortSignal, callback: () => void): void {
  const known = listeners.get(signal);
  if (known !== undefined) {
    known.callbacks.add(callback);
    return;
  }
  const callbacks = new Set([callback]);
  const listener = (): void => {
    listeners.delete(signal);
    for (const each of callbacks) each();
  };
  listeners.set(signal, { callbacks, listener });
  signal.addEventListener('abort', listener, { once: true });
}

/** Takes a callback back; the last one takes the listener with it. */
export function offAbort(signal: AbortSignal, callback: () => void): void {
  const known = listeners.get(signal);
  if (known === undefined) return;
  known.callbacks.delete(callback);
  if (known.callbacks.size > 0) return;
  listeners.delete(signal);
  signal.removeEventListener('abort', known.listener);
}

/** How long to wait. */
export interface TimeLimit {
  /** Milliseconds; 0 is no limit. */
  readonly timeout: number;
  /** What it then rejects with. */
  readonly error: () => Error;
}

/** Work that cannot be stopped, such as opening an fd, and those who wait for it: they can be sent away at once. */
export class Waiting {
  readonly #namespace: string;
  readonly #waiters = new Set<(error: Error) => void>();
  readonly #works = new Set<Promise<unknown>>();
  #ended: Error | undefined;

  /** @param namespace String(namespace), for errors. */
  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  /** The error given to end(). */
  get ended(): Error | undefined {
    return this.#ended;
  }

  /**
   * Waits for the work, but rejects as soon as the signal aborts, the time is over or end() is called. What then becomes of the work is the
   * caller's business.
   */
  for<T>(work: Promise<T>, signal: AbortSignal | undefined, limit?: TimeLimit): Promise<T> {
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const abort = (): void => {
        stop();
        if (signal !== undefined) reject(abortError(signal, { namespace: this.#namespace }));
      };
      const end = (error: Error): void => {
        stop();
        reject(error);
      };
      const stop = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(end);
        if (signal !== undefined) offAbort(signal, abort);
      };
      work.finally(stop).then(resolve, reject);
      if (this.#ended !== undefined) {
        end(this.#ended);
      } else if (signal?.aborted === true) {
        abort();
      } else {
        this.#waiters.add(end);
        if (signal !== undefined) onAbort(signal, abort);
        if (limit === undefined || limit.timeout === 0) return;
        timer = setTimeout(() => {
          end(limit.error());
        }, limit.timeout);
      }
    });
  }

  /** Has end() wait for it, however it comes out. */
  track(work: Promise<unknown>): void {
    const tracked = work.then(
      () => undefined,
      () => undefined,
    );
    this.#works.add(tracked);
    void tracked.then(() => this.#works.delete(tracked));
  }

  /** Sends everybody away with the error, now and ever after; resolves when the tracked work is over. */
  async end(error: Error): Promise<void> {
    this.#ended ??= error;
    for (const waiter of this.#waiters) waiter(error);
    await Promise.all(this.#works);
  }
}
