import type { Codec } from '../../codec/codec.js';

/** Comparing what was asked for with what is there. */

/** A value by its fields. */
export type Plain = Readonly<Record<string, unknown>>;

/** Whether it is an object that has fields: no list, no bytes. */
export function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

/** Fields that are not compared, or of which parts are not. */
export interface Except {
  readonly [name: string]: true | Except;
}

const nothing: Except = {};

/** Whether two decoded values are the same: deep, by own enumerable fields; undefined and absent are the same. */
export function same(a: unknown, b: unknown, except: Except = nothing): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  if (ArrayBuffer.isView(a) || ArrayBuffer.isView(b)) {
    return a instanceof Uint8Array && b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  }
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  for (const key of keys) {
    const inner = except[key] ?? nothing;
    if (inner !== true && !same((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key], inner)) return false;
  }
  return true;
}

/** What enumerations call the number 0 where it is none of the others. */
const nobody: ReadonlySet<unknown> = new Set(['none', 'unspecified']);

/**
 * Whether an absent field stands for a value: the kernel leaves out what is 0, off, empty or unspecified.
 * @param absent What it stands for by the schema (FieldNotes.absent).
 */
export function standsFor(wanted: unknown, absent?: unknown): boolean {
  if (absent === null) return false;
  if (absent !== undefined) return fits(wanted, absent);
  if (Array.isArray(wanted)) return wanted.length === 0;
  return wanted === 0 || wanted === 0n || wanted === false || wanted === '' || nobody.has(wanted);
}

/** What the fields of an object stand for that the kernel does not tell, where the schema says so: for matches(). */
export function absences({ shape }: Codec<unknown, never>): Plain {
  const fields = shape.is === 'object' ? shape.fields : [];
  return Object.fromEntries(fields.filter(({ absent }) => absent !== undefined).map(({ name, absent }) => [name, absent]));
}

/** Whether a value has all that a pattern has; objects in it are patterns again. Of what is absent see standsFor(). */
export function matches(pattern: Plain, value: Plain, absent: Plain = {}): boolean {
  return Object.entries(pattern).every(([key, wanted]) => wanted === undefined || fits(wanted, value[key], absent[key]));
}

/**
 * A pattern made ready for a list of values. As matches(); and an address without a prefix length is found with any.
 * @param prefixed The fields of which that holds: of any other, 'uplink' is not 'uplink/backup'.
 */
export function matcher(pattern: Plain, absent: Plain, prefixed: ReadonlySet<string>): (value: Plain) => boolean {
  const all = Object.entries(pattern).map(([name, wanted]) => {
    const isAddress = typeof wanted === 'string' && prefixed.has(name) && !wanted.includes('/');
    return { name, wanted, start: isAddress ? `${wanted}/` : undefined, absent: absent[name] };
  });
  return (value) => {
    for (const { name, wanted, start, absent: instead } of all) {
      const found = value[name];
      if (found === wanted || wanted === undefined) continue;
      if (start !== undefined && typeof found === 'string' && found.startsWith(start)) continue;
      if (!fits(wanted, found, instead)) return false;
    }
    return true;
  };
}

function fits(wanted: unknown, found: unknown, absent?: unknown): boolean {
  if (found === undefined) return standsFor(wanted, absent);
  if (isPlain(wanted)) return typeof found === 'object' && found !== null && matches(wanted, found as Plain);
  return same(wanted, found);
}
