import { describeValue, NetlaneError, type ErrorContext } from '../../errors.js';
import { fieldsOf, type Codec } from '../../codec/codec.js';
import { isPlain, same, standsFor, type Plain } from './matching.js';

/* Making it so: what was named, what of it is not so, and what is asked for to have it so without losing the rest. */

/** What there is to know of a kind of object, to make it so. All functions are given objects in the form that lists have. */
export interface Ensuring {
  /** With what the kernel puts where nothing is given, and how it tells it, so far as that makes one object another. */
  readonly canonical?: ((value: Plain) => Plain) | undefined;
  /** By what the kernel tells this object from others; default: the type's key. */
  readonly identity?: ((canonical: Plain) => Plain) | undefined;
  /** Names in lists of flags that are the kernel's to set. */
  readonly reported?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Fields that count down, in all their members. */
  readonly decaying?: readonly string[] | undefined;
  /** Whether what is absent afterwards may have been set all the same: the kernel does not tell all that it takes. */
  readonly untold?: boolean | undefined;
  /** Fields without which the kernel makes a new object each time. */
  readonly needed?: readonly string[] | undefined;
  /** Of several with one identity, the one that the kernel would replace; default: the first. */
  readonly choose?: (<T extends object>(all: readonly T[], wanted: Plain) => T | undefined) | undefined;
  /** What of an object that is there stays beside what was named, as ways that are tried in turn; default: all of it. */
  readonly kept?: ((found: Plain, wanted: Plain) => readonly Plain[]) | undefined;
}

/** What ensure() and change() look for. */
export interface Sought<T> {
  readonly wanted: Plain;
  /** An object in the form that is compared. */
  readonly canonical: (value: Plain) => Plain;
  readonly find: () => Promise<readonly T[]>;
}

/**
 * What was given, as lists have it: of objects only the members that were given. What the kernel is not told (fields that it only
 * reports) is left out. A gateway of another family is told as `via`. Of what is within a field a 0 stays, though lists leave it out: it is
 * another than what is there.
 */
export function named(given: unknown, read: unknown, isInner = false): unknown {
  if (Array.isArray(given) && Array.isArray(read) && given.length === read.length && given.every(isPlain))
    return given.map((one, index) => named(one, read[index], true));
  if (!isPlain(given) || !isPlain(read)) return read;
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (read[name] !== undefined) result[name] = named(value, read[name], true);
    else if (isInner && standsFor(value)) result[name] = value;
    else if (name === 'gateway' && read['via'] !== undefined) result['via'] = read['via'];
  }
  return result;
}

/**
 * A value without what only the kernel tells, however deep: it is written as 0 where it is a member of a struct, and would be taken for
 * wanted.
 */
export function settable(value: Plain, { shape }: Codec<unknown, never>): Plain {
  const result: Record<string, unknown> = { ...value };
  for (const { name, codec, readOnly, hidden } of fieldsOf(shape) ?? []) {
    const one = result[name];
    if (hidden) continue;
    if (readOnly) delete result[name];
    else if (isPlain(one)) result[name] = settable(one, codec);
  }
  return result;
}

export interface Difference {
  /** 'metrics.mtu'. */
  readonly field: string;
  readonly found: unknown;
  readonly wanted: unknown;
}

/** A list of flags by its names. */
function described(value: unknown): string {
  const isShort = Array.isArray(value) && value.length <= 12 && value.every((one) => typeof one === 'string' || typeof one === 'number');
  return isShort ? `[${value.join(', ')}]` : describeValue(value);
}

/** The kernel took a change, and did not do it. */
export function leftAsItIs({ field, found, wanted }: Difference, context: ErrorContext): NetlaneError {
  return new NetlaneError('NETLANE_NOT_SUPPORTED', `the kernel left ${field} as it is: ${described(found)}, not ${described(wanted)}`, {
    hint: 'delete() the object and add() it with what it is to have',
    details: { field, found, wanted },
    ...context,
  });
}

/** Compares objects of a kind with what was named. */
export class Comparison {
  readonly #of: Ensuring;
  /** Whether it was just set: then what counts down may have begun to. */
  readonly #set: boolean;
  readonly #absent: Plain;

  /** @param absent What fields stand for that the kernel does not tell (absences()). */
  constructor(of: Ensuring, set: boolean, absent: Plain) {
    this.#of = of;
    this.#set = set;
    this.#absent = absent;
  }

  /** The first field that is not as it was named. */
  difference(wanted: Plain, found: Plain): Difference | undefined {
    for (const [name, value] of Object.entries(wanted)) {
      const one = this.#compare(value, found[name], { field: name, top: name });
      if (one !== undefined) return one;
    }
    return undefined;
  }

  #compare(wanted: unknown, found: unknown, at: { readonly field: string; readonly top: string }): Difference | undefined {
    if (wanted === undefined) return undefined;
    if (this.#set && this.#of.untold === true && found === undefined) return undefined;
    const apart: Difference = { field: at.field, found, wanted };
    if (found === undefined && standsFor(wanted, this.#absent[at.field])) return undefined;
    if (isPlain(wanted)) return isPlain(found) ? this.#within(Object.entries(wanted), found, at) : apart;
    if (Array.isArray(wanted) && Array.isArray(found)) {
      if (wanted.some(isPlain))
        return wanted.length === found.length ? this.#within(Object.entries(wanted), Object.fromEntries(Object.entries(found)), at) : apart;
      return same(this.#settable(at.field, wanted), this.#settable(at.field, found)) ? undefined : apart;
    }
    if (this.#set && this.#of.decaying?.includes(at.top) === true && typeof wanted === 'number' && typeof found === 'number')
      return found <= wanted ? undefined : apart;
    return same(wanted, found) ? undefined : apart;
  }

  #within(
    members: readonly (readonly [string, unknown])[],
    found: Plain,
    at: { readonly field: string; readonly top: string },
  ): Difference | undefined {
    for (const [name, value] of members) {
      const one = this.#compare(value, found[name], { field: `${at.field}.${name}`, top: at.top });
      if (one !== undefined) return one;
    }
    return undefined;
  }

  #settable(field: string, list: readonly unknown[]): readonly unknown[] {
    const reported = this.#of.reported?.[field.slice(field.lastIndexOf('.') + 1)] ?? [];
    return list.filter((one) => !reported.includes(one as string));
  }
}

/** What there is, with what was given over it: members of objects one by one, unless they are of another type. */
export function merged(kept: Plain, given: Plain, reported: Ensuring['reported']): Plain {
  const result: Record<string, unknown> = { ...kept };
  for (const [name, names] of Object.entries(reported ?? {})) {
    const list = result[name];
    if (Array.isArray(list)) result[name] = list.filter((one) => !names.includes(one as string));
  }
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const now = result[name];
    const alike = isPlain(value) && isPlain(now) && (value['type'] === undefined || same(value['type'], now['type']));
    result[name] = alike ? merged(now, value, undefined) : value;
  }
  return result;
}
