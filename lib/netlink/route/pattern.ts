import { fieldsOf, Output, within, type Codec, type FieldShape, type Shape } from '../../codec/codec.js';
import { flagsAsRead } from '../../codec/names.js';
import { isPlain, type Plain } from './matching.js';

/* What a filter looks for, as lists have it: also what no request can say, since only the kernel sets it. */

type Reader = (codec: Codec<unknown, never>, bytes: Uint8Array) => unknown;
type Known = ReadonlyMap<string, FieldShape>;

const nothing: Plain = {};
/** By the shape: one for each codec. */
const knownOf = new WeakMap<Shape, Known>();

/** The fields that values of a shape have, by name. */
function known(shape: Shape): Known | undefined {
  const before = knownOf.get(shape);
  if (before !== undefined) return before;
  const fields = own(shape);
  if (fields === undefined) return undefined;
  const made = new Map(fields.map((field) => [field.name, field]));
  knownOf.set(shape, made);
  return made;
}

function own(shape: Shape): FieldShape[] | undefined {
  return fieldsOf(shape)?.flatMap((field) => (field.inline ? (own(field.codec.shape) ?? []) : field.hidden ? [] : [field]));
}

/** The fields that are prefixes: an address without a length stands for any. */
export function prefixes({ shape }: Codec<unknown, never>): ReadonlySet<string> {
  return new Set([...(known(shape)?.values() ?? [])].filter(({ codec }) => codec.shape.is === 'prefix').map(({ name }) => name));
}

/**
 * The fields of a filter as lists have them.
 * @param read What was read of the filter when it was encoded as a request: links are numbers in it, and what only the kernel sets is missing.
 * @param reader Reads a value as lists do.
 */
export function asListed(given: Plain, read: Plain, { shape }: Codec<unknown, never>, reader: Reader): Plain {
  const fields = known(shape);
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const field = fields?.get(name);
    result[name] = field === undefined ? (read[name] ?? value) : fieldAsListed(value, field, { given, read, reader });
  }
  return result;
}

interface Around {
  readonly given: Plain;
  readonly read: Plain;
  readonly reader: Reader;
}

function fieldAsListed(value: unknown, { name, codec, readOnly }: FieldShape, around: Around): unknown {
  const { reader } = around;
  const { shape } = codec;
  try {
    if (shape.is === 'flags') return flagsAsRead(codec, value);
    if (!readOnly) return valueAsListed(value, around.read[name], codec, around);
    // What is written in another form than it is read (no samples) stays as it was given.
    if (shape.is === 'converted' && shape.samples.length === 0) return value;
    const output = new Output();
    codec.encode(value as never, output);
    return valueAsListed(value, reader(codec, output.finish()), codec, around);
  } catch (error) {
    throw within(error, name);
  }
}

function valueAsListed(value: unknown, read: unknown, codec: Codec<unknown, never>, { given, reader, ...around }: Around): unknown {
  const { shape } = codec;
  if (shape.is === 'list' && Array.isArray(value) && Array.isArray(read) && value.length === read.length) {
    // Lists are compared whole: what was not given is in them as it was read.
    return value.map((one: unknown, index) => {
      const listed = valueAsListed(one, read[index], shape.of, { given: nothing, read: nothing, reader });
      return isPlain(listed) && isPlain(read[index]) ? { ...read[index], ...listed } : listed;
    });
  }
  if (!isPlain(value)) return isPlain(read) ? allMembers(read, shape) : (read ?? value);
  if (shape.is === 'converted' && shape.samples.length === 0) return value;
  const inner = isPlain(read) ? read : nothing;
  if (shape.is === 'choice') {
    const tag = given[shape.by] ?? around.read[shape.by];
    return asListed(value, inner, (typeof tag === 'string' ? shape.cases.get(tag) : undefined) ?? shape.otherwise, reader);
  }
  if (shape.is === 'variant') {
    const tag = inner[shape.tag];
    const known = typeof tag === 'string' ? shape.cases.get(tag) : undefined;
    if (known === undefined) return read ?? value;
    if (shape.under === undefined) return { ...asListed(value, inner, known, reader), [shape.tag]: tag };
    const content = value[shape.under];
    if (!isPlain(content)) return read;
    const below = inner[shape.under];
    return { [shape.tag]: tag, [shape.under]: asListed(content, isPlain(below) ? below : nothing, known, reader) };
  }
  return asListed(value, inner, codec, reader);
}

/** What was read of numbers that stand for several members (realms), with all of those. */
export function withAllMembers(given: Plain, read: Plain, { shape }: Codec<unknown, never>): Plain {
  const result: Record<string, unknown> = { ...read };
  for (const { name, codec } of known(shape)?.values() ?? []) {
    const one = read[name];
    if (typeof given[name] === 'number' && isPlain(one)) result[name] = allMembers(one, codec.shape);
  }
  return result;
}

/** One number stands for all its parts, and lists leave out those that are 0. */
function allMembers(read: Plain, shape: Shape): Plain {
  if (shape.is !== 'converted') return read;
  const result: Record<string, unknown> = { ...read };
  for (const sample of shape.samples)
    if (isPlain(sample)) for (const [name, one] of Object.entries(sample)) if (typeof one === 'number') result[name] ??= 0;
  return result;
}
