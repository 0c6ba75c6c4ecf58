import { isObject } from '../arguments.js';
import type { ErrorsBeside } from '../error-data.js';
import { attempt } from '../errors.js';
import { contentsOf } from './contents.js';
import { mark, type Result } from './transfer.js';

/* What a task gave back, on its way to the caller. */

export function resultOf(returned: unknown): Result & { readonly errors: ErrorsBeside | undefined } {
  const marked = isObject(returned) ? attempt(() => (returned as { readonly [mark]?: Result })[mark]) : undefined;
  const value = marked === undefined ? returned : marked.value;
  const { moved, errors } = contentsOf(value);
  return { value, list: marked === undefined ? [...moved] : [...new Set([...marked.list, ...moved])], errors };
}

interface AnyIterator {
  next(value?: unknown): unknown;
  return?(value?: unknown): unknown;
  throw?(error?: unknown): unknown;
}

/** What a step gave. Throws a TypeError where it is no object, as the language does. */
export function stepOf(result: unknown): { readonly done: boolean; readonly value: unknown } {
  if (!isObject(result) && typeof result !== 'function') throw new TypeError(`Iterator result ${String(result)} is not an object`);
  const { done, value } = result as { readonly done?: unknown; readonly value?: unknown };
  return { done: Boolean(done), value };
}

/** The iterator of a result that is to be streamed: an async iterable, a generator, a ReadableStream; undefined for any other. */
export function iteratorOf(value: unknown): AnyIterator | undefined {
  if (!isObject(value)) return undefined;
  const async = value[Symbol.asyncIterator as never];
  if (typeof async === 'function') {
    const iterator = (async as (this: unknown) => unknown).call(value);
    if (!isObject(iterator) && typeof iterator !== 'function')
      throw new TypeError('Result of the Symbol.asyncIterator method is not an object');
    return iterator as unknown as AnyIterator;
  }
  // Arrays, maps and sets are iterable as well, but they are copied whole.
  const isIterator = typeof value[Symbol.iterator as never] === 'function' && typeof value['next'] === 'function';
  return isIterator ? (value as unknown as AnyIterator) : undefined;
}
