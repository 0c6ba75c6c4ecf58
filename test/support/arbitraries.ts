import fc from 'fast-check';
import type { Codec, FieldShape, Shape } from '../../lib/codec/codec.js';
import { formatIpv4, formatIpv6, parseIpv6 } from '../../lib/codec/address.js';
import { Repeated } from '../../lib/codec/repeated.js';

/** Any value of a schema, as its decoder would return it, made from the schema itself. */
export interface ArbitraryOptions {
  /** Family of the addresses of the message; both are tried where it is not given. */
  readonly family?: 'ipv4' | 'ipv6' | undefined;
  /** Fields that are left out, by name, wherever they are. */
  readonly omit?: readonly string[] | undefined;
  /** Whether a value comes back whole: others are not made. */
  readonly whole?: ((value: Readonly<Record<string, unknown>>) => boolean) | undefined;
  /** Fields that are there whenever the others are. */
  readonly require?: Readonly<Record<string, string>> | undefined;
}

interface Context {
  readonly family: 'ipv4' | 'ipv6';
  readonly depth: number;
  readonly omit: ReadonlySet<string>;
}

type Value = fc.Arbitrary<unknown>;

const ipv4Text: fc.Arbitrary<string> = fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => formatIpv4(bytes, 0));
const ipv6Text: fc.Arbitrary<string> = fc
  .oneof(
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    // Runs of zeros are what the short form is about.
    fc
      .array(fc.constantFrom(0, 0, 0, 1, 0xffff, 0xabc), { minLength: 8, maxLength: 8 })
      .map((groups) => new Uint8Array(groups.flatMap((group) => [group >> 8, group & 0xff]))),
  )
  .map((bytes) => formatIpv6(bytes, 0));

/** An address without the bits that are not in the prefix. */
function network(address: string, length: number): string {
  const bytes = new Uint8Array(16);
  parseIpv6(address, bytes, 0);
  for (let bit = length; bit < 128; bit++) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) & ~(0x80 >> (bit & 7));
  return formatIpv6(bytes, 0);
}

function textOf(maximum: number): Value {
  const most = Math.min(maximum, 60);
  return fc
    .string({ unit: fc.constantFrom('a', 'b', 'Z', '0', '9', '-', '_', '.', ':', '/', '@', ' ', 'é', '€'), maxLength: most })
    .map((text) => {
      let cut = text;
      while (Buffer.byteLength(cut) > maximum) cut = cut.slice(0, -1);
      return cut;
    });
}

function addressOf(family: 'ipv4' | 'ipv6'): fc.Arbitrary<string> {
  return family === 'ipv4' ? ipv4Text : ipv6Text;
}

/** Undefined where no value can be made: what is read in another form than it is written. */
function arbitraryOf(shape: Shape, context: Context, codec?: Codec<unknown, never>): Value | undefined {
  switch (shape.is) {
    case 'integer':
      return fc.oneof(fc.integer({ min: shape.minimum, max: shape.maximum }), fc.constantFrom(shape.minimum, shape.maximum));
    case 'counter':
      return fc.oneof(
        fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
        fc.constantFrom(0, 0xffffffff, 0x1_0000_0000, Number.MAX_SAFE_INTEGER),
      );
    case 'bigint':
      return fc.bigInt({ min: shape.minimum, max: shape.maximum });
    case 'boolean':
      return fc.boolean();
    case 'presence':
      return fc.constant(true);
    case 'text':
      return textOf(shape.maximum);
    case 'bytes':
      return fc.uint8Array(shape.length === undefined ? { maxLength: 40 } : { minLength: shape.length, maxLength: shape.length });
    case 'enumeration':
      return enumerationOf(shape.names, shape.number);
    case 'flags':
      return fc.subarray([...shape.names.keys()]);
    case 'switches':
      return fc.record(Object.fromEntries([...shape.names.keys()].map((name) => [name, fc.boolean()])), { requiredKeys: [] });
    case 'hardware-address':
      return fc
        .uint8Array(shape.length === undefined ? { maxLength: 20 } : { minLength: shape.length, maxLength: shape.length })
        .map((bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':'));
    case 'address':
      return shape.family === 'any'
        ? fc.oneof(ipv4Text, ipv6Text)
        : addressOf(shape.family === 'by header' ? context.family : shape.family);
    case 'prefix': {
      const family = shape.family === 'by header' ? context.family : shape.family;
      return fc
        .tuple(addressOf(family), fc.integer({ min: 0, max: family === 'ipv4' ? 32 : 128 }))
        .map(([address, length]) => `${family === 'ipv6' && shape.isNetwork === true ? network(address, length) : address}/${length}`);
    }
    case 'link':
      return fc.integer({ min: 0, max: 0x7fffffff });
    case 'namespace':
      return fc.integer({ min: 0, max: 1000 });
    case 'struct':
      return recordOf(shape.members, context);
    case 'attributes':
      return recordOf(shape.fields, context);
    case 'object':
      return objectOf(shape, context);
    case 'list': {
      const one = context.depth > 4 ? undefined : arbitraryOf(shape.of.shape, { ...context, depth: context.depth + 1 }, shape.of);
      // Nothing at all is how an empty list looks whose entries stand beside the others.
      return one === undefined ? undefined : fc.array(one, { minLength: codec instanceof Repeated ? 1 : 0, maxLength: 3 });
    }
    case 'variant':
      return variantOf(shape, context);
    case 'choice':
      return undefined;
    case 'converted':
      return shape.samples.length === 0 ? undefined : fc.constantFrom(...shape.samples);
  }
}

function enumerationOf(names: ReadonlyMap<string, number>, number: Shape): Value {
  const numbers = new Set(names.values());
  const first = [...new Map([...names].toReversed().map(([name, value]) => [value, name])).values()];
  const minimum = number.is === 'integer' ? number.minimum : 0;
  const maximum = number.is === 'integer' ? number.maximum : 0xff;
  const unnamed = fc.integer({ min: minimum, max: maximum }).filter((value) => !numbers.has(value));
  return numbers.size > maximum - minimum
    ? fc.constantFrom(...first)
    : fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...first) }, unnamed);
}

function variantOf(shape: Shape & { is: 'variant' }, context: Context): Value {
  const cases = [...shape.cases].flatMap(([name, codec]) => {
    const content = arbitraryOf(codec.shape, { ...context, depth: context.depth + 1 });
    if (content === undefined) return [];
    const { under } = shape;
    return [
      content.map((value) => (under === undefined ? { [shape.tag]: name, ...(value as object) } : { [shape.tag]: name, [under]: value })),
    ];
  });
  return fc.oneof(...cases);
}

/** Fields that may each be there or not; a choice brings the field that it depends on. */
function recordOf(fields: readonly FieldShape[], context: Context, extra: Record<string, Value> = {}): Value {
  const plain: Record<string, Value> = { ...extra };
  const choices: (FieldShape & { codec: { shape: { is: 'choice' } } })[] = [];
  const parts: Value[] = [];
  for (const field of fields) {
    const { shape } = field.codec;
    if (field.hidden || field.readOnly || context.omit.has(field.name)) continue;
    if (field.inline) {
      if (shape.is === 'attributes') parts.push(recordOf(shape.fields, context));
    } else if (shape.is === 'choice') choices.push(field as FieldShape & { codec: { shape: { is: 'choice' } } });
    else if (context.depth < 5) {
      const one = arbitraryOf(shape, { ...context, depth: context.depth + 1 }, field.codec);
      if (one !== undefined) plain[field.name] = one;
    }
  }
  for (const field of choices) {
    const { shape } = field.codec;
    if (shape.is !== 'choice') continue;
    delete plain[shape.by];
    const cases = [...shape.cases].map(([name, codec]) => {
      const content = arbitraryOf(codec.shape, { ...context, depth: context.depth + 1 });
      const both =
        content === undefined ? fc.constant({ [shape.by]: name }) : content.map((value) => ({ [shape.by]: name, [field.name]: value }));
      return fc.oneof(both, fc.constant({ [shape.by]: name }));
    });
    parts.push(fc.oneof(...cases, fc.constant({})));
  }
  const record = fc.record(plain, { requiredKeys: [] });
  if (parts.length === 0) return record;
  return fc.tuple(record, ...parts).map((all) => Object.assign({}, ...(all as object[])) as unknown);
}

/** Whether addresses are read by the family of the message. Messages within messages have a family of their own. */
function usesFamily(shape: Shape, nested = false): boolean {
  if (shape.is === 'address' || shape.is === 'prefix') return shape.family === 'by header';
  if (shape.is === 'object') {
    if (nested && shape.header.some((member) => member.name.startsWith('family'))) return false;
    return shape.fields.some((field) => usesFamily(field.codec.shape, true));
  }
  return shape.is === 'list' && usesFamily(shape.of.shape, true);
}

function objectOf(shape: Shape & { is: 'object' }, context: Context): Value {
  const family = shape.header.find((member) => member.name === 'family' && !member.hidden);
  const fields = [...shape.header, ...shape.fields].filter((field) => field !== family);
  const record = recordOf(fields, context);
  return family !== undefined && usesFamily(shape) ? record.map((value) => ({ family: context.family, ...(value as object) })) : record;
}

const unknownAttributes = fc.array(fc.record({ type: fc.integer({ min: 1000, max: 0x3fff }), data: fc.uint8Array({ maxLength: 12 }) }), {
  minLength: 1,
  maxLength: 2,
});

/** Values of a schema in the form that its decoder returns, without what only the kernel tells. */
export function arbitrary<T>(codec: Codec<T, never>, options: ArbitraryOptions = {}): fc.Arbitrary<T> {
  const { shape } = codec;
  const families = options.family === undefined ? (['ipv4', 'ipv6'] as const) : [options.family];
  const of = (family: 'ipv4' | 'ipv6'): Value => {
    const value = arbitraryOf(shape, { family, depth: 0, omit: new Set(options.omit) });
    if (value === undefined) throw new TypeError('this schema is read in another form than it is written');
    return value;
  };
  let values: Value = usesFamily(shape) ? fc.oneof(...families.map(of)) : of(families[0] ?? 'ipv4');
  if (shape.is === 'object' || shape.is === 'attributes') {
    values = fc
      .tuple(values, fc.option(unknownAttributes, { nil: undefined, freq: 4 }))
      .map(([value, unknown]) => (unknown === undefined ? value : { ...(value as object), unknown }));
  }
  const { whole } = options;
  if (whole !== undefined) values = values.filter((value) => whole(value as Readonly<Record<string, unknown>>));
  const needs = Object.entries(options.require ?? {});
  return values.filter((value) =>
    needs.every(([name, other]) => !(name in (value as object)) || other in (value as object)),
  ) as fc.Arbitrary<T>;
}

/** The first difference between what was given and what came back: everything given must be there. Undefined when it is. */
export function missing(given: unknown, got: unknown, path = ''): string | undefined {
  if (given instanceof Uint8Array) return got instanceof Uint8Array && Buffer.compare(given, got) === 0 ? undefined : path;
  if (Array.isArray(given)) {
    if (!Array.isArray(got) || got.length !== given.length) return path;
    return given.map((entry, index) => missing(entry, got[index], `${path}[${index}]`)).find((one) => one !== undefined);
  }
  if (typeof given === 'object' && given !== null) {
    if (typeof got !== 'object' || got === null) return Object.keys(given).length === 0 ? undefined : path;
    return Object.entries(given)
      .map(([name, value]) => (value === undefined ? undefined : missing(value, (got as Record<string, unknown>)[name], `${path}.${name}`)))
      .find((one) => one !== undefined);
  }
  return Object.is(given, got) ? undefined : `${path}: ${String(given)} became ${String(got)}`;
}

/** How many values a value is made of. */
export function size(value: unknown): number {
  if (value instanceof Uint8Array) return 1 + value.length / 8;
  if (typeof value === 'string') return 1 + value.length / 8;
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce((sum: number, one: unknown) => sum + size(one), 1);
}

/** Bytes that were changed in some places: what a broken or hostile sender could make of a message. */
export function mutated(bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const changes = fc.array(fc.tuple(fc.nat(), fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 1, 3, 4, 5, 0xff))), {
    minLength: 1,
    maxLength: 6,
  });
  return fc.tuple(bytes, changes, fc.option(fc.nat(), { nil: undefined, freq: 3 })).map(([original, places, cut]) => {
    const copy = original.slice();
    if (copy.length === 0) return copy;
    for (const [place, value] of places) copy[place % copy.length] = value;
    return cut === undefined ? copy : copy.subarray(0, cut % (copy.length + 1));
  });
}
