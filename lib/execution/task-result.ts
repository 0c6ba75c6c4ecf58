import { MessagePort, type Transferable } from 'node:worker_threads';
import { ReadableStream, TransformStream, WritableStream } from 'node:stream/web';
import { isObject } from '../arguments.js';

/* What a task gave back, on its way to the caller. */

const mark = Symbol.for('netlane.transfer');

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

function isMoved(value: unknown): value is Transferable {
  return (
    value instanceof MessagePort || value instanceof ReadableStream || value instanceof WritableStream || value instanceof TransformStream
  );
}

/** What can only be moved, in plain objects and arrays. */
function movedIn(value: unknown, seen: Set<unknown>): Transferable[] {
  if (!isObject(value) || seen.has(value)) return [];
  seen.add(value);
  if (isMoved(value)) return [value];
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) return [];
  return Object.values(value).flatMap((each) => movedIn(each, seen));
}

export function resultOf(returned: unknown): Result {
  const marked = isObject(returned) ? (returned as { readonly [mark]?: Result })[mark] : undefined;
  if (marked !== undefined) return { value: marked.value, list: [...new Set([...marked.list, ...movedIn(marked.value, new Set())])] };
  return { value: returned, list: movedIn(returned, new Set()) };
}

interface AnyIterator {
  next(value?: unknown): unknown;
  return?(value?: unknown): unknown;
  throw?(error?: unknown): unknown;
}

/** The iterator of a result that is to be streamed: an async iterable, a generator, a ReadableStream; undefined for any other. */
export function iteratorOf(value: unknown): AnyIterator | undefined {
  if (!isObject(value)) return undefined;
  const async = value[Symbol.asyncIterator as never];
  if (typeof async === 'function') return (async as (this: unknown) => AnyIterator).call(value);
  // Arrays, maps and sets are iterable as well, but they are copied whole.
  const isIterator = typeof value[Symbol.iterator as never] === 'function' && typeof value['next'] === 'function';
  return isIterator ? (value as unknown as AnyIterator) : undefined;
}
