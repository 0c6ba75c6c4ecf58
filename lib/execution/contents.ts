import { ReadableStream, TransformStream, WritableStream } from 'node:stream/web';
import { MessagePort, type Transferable } from 'node:worker_threads';
import { isObject } from '../arguments.js';
import { packErrors, type ErrorsBeside } from '../error-data.js';
import { attempt, isError } from '../errors.js';

/* What is found in a value, on its way to another thread, that structured clone does not simply copy. */

function isMoved(value: unknown): value is Transferable {
  return (
    value instanceof MessagePort || value instanceof ReadableStream || value instanceof WritableStream || value instanceof TransformStream
  );
}

/** Arrays up to here are read element by element, without a copy of them: longer ones may be all holes. */
const mostElements = 4_194_304;
/** What has no more parts than this, and none that has parts itself, is looked at again wherever it is met, which is cheaper than to remember it. */
const few = 16;

/** One walk through plain objects, arrays, maps and sets. */
class Search {
  readonly moved = new Set<Transferable>();
  readonly errors = new Set<object>();
  readonly #seen = new Set<object>();

  look(value: object): void {
    if (this.#seen.size > 0 && this.#seen.has(value)) return;
    if (Array.isArray(value)) {
      this.#enter(value, value.length <= mostElements ? (value as readonly unknown[]) : Object.values(value));
      return;
    }
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) this.#enter(value, Object.values(value));
    else if (value instanceof Map) this.#enter(value, [...value.keys(), ...value.values()]);
    else if (value instanceof Set) this.#enter(value, [...value]);
    else if (isMoved(value)) this.moved.add(value);
    else if (isError(value)) this.errors.add(value);
  }

  #enter(container: object, parts: readonly unknown[]): void {
    let remembered = parts.length > few;
    if (remembered) this.#seen.add(container);
    for (let at = 0; at < parts.length; at++) {
      const part = parts[at];
      if (!isObject(part)) continue;
      if (!remembered) this.#seen.add(container);
      remembered = true;
      this.look(part);
    }
  }
}

/** What can only be moved, and the errors, apart from those that errors have. */
export function contentsOf(value: unknown): { readonly moved: readonly Transferable[]; readonly errors: ErrorsBeside | undefined } {
  if (!isObject(value)) return { moved: [], errors: undefined };
  const search = new Search();
  // What cannot be read (a getter that throws, a revoked Proxy, what is too deep), structured clone refuses with its own words.
  attempt(() => {
    search.look(value);
  });
  return { moved: [...search.moved], errors: search.errors.size === 0 ? undefined : packErrors([...search.errors]) };
}
