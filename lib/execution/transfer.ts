import type { Transferable } from 'node:worker_threads';

export const mark = Symbol.for('netlane.transfer');

/** What a task gave back, and what of it is moved instead of being copied. */
export interface Result {
  readonly value: unknown;
  readonly list: Transferable[];
}

/**
 * Says that parts of a task's result are to be moved to the caller instead of being copied: `return transfer(bytes, [bytes.buffer])`. They are
 * of no more use in the task. Ports and streams, which cannot be copied, are moved without it.
 */
export function transfer<T>(value: T, list: readonly Transferable[]): T {
  return { [mark]: { value, list: [...list] } } as T;
}
