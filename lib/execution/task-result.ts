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

/** The iterator of a result that is to be streamed: an async iterable, a generator, a ReadableStream; undefined for any other. */
export function iteratorOf(value: unknown): AnyIterator | undefined {
  if (!isObject(value)) return undefined;
  const async = value[Symbol.asyncIterator as never];
  if (typeof async === 'function') return (async as (this: unknown) => AnyIterator).call(value);
  // Arrays, maps and sets are iterable as well, but they are copied whole.
  const isIterator = typeof value[Symbol.iterator as never] === 'function' && typeof value['next'] === 'function';
  return isIterator ? (value as unknown as AnyIterator) : undefined;
}
