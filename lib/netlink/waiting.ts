import { abortError } from '../errors.js';

/** What ends a wait early. */
export interface Interrupts {
  /** The owner was closed: its reason is the error. */
  readonly ended: AbortSignal;
  /** The caller's own signal. */
  readonly signal: AbortSignal | undefined;
  /** String(namespace), for errors. */
  readonly namespace: string;
}

/** Waits for work that cannot be stopped, but stops waiting as soon as it is told to. What becomes of the work is then the caller's business. */
export function waitFor<T>(work: Promise<T>, { ended, signal, namespace }: Interrupts): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      ended.removeEventListener('abort', onEnd);
      signal?.removeEventListener('abort', onAbort);
    };
    const onEnd = (): void => {
      stop();
      reject(ended.reason as Error);
    };
    const onAbort = (): void => {
      stop();
      if (signal !== undefined) reject(abortError(signal, { namespace }));
    };
    work.finally(stop).then(resolve, reject);
    ended.addEventListener('abort', onEnd, { once: true });
    signal?.addEventListener('abort', onAbort, { once: true });
    if (ended.aborted) onEnd();
    else if (signal?.aborted === true) onAbort();
  });
}
