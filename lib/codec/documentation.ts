import type { Codec, FieldShape, Shape } from './codec.js';

/** A field of a schema, and where it is: ['data', 'id'] with 'vlan' as the case. */
export interface Documented {
  readonly field: FieldShape;
  readonly path: readonly string[];
  /** The case of a choice that it belongs to: the kind of a link, the type of an encapsulation. */
  readonly cases: readonly string[];
  /** What its values look like: "number", "'l2' | 'l3' | number". */
  readonly type: string;
  /** First kernel version that has it and all that it is in, where that is later than 4.0. */
  readonly since: string | undefined;
}

/** Where a walk is. */
interface Place {
  readonly path: readonly string[];
  readonly cases: readonly string[];
  readonly inside: ReadonlySet<Shape>;
  readonly since: string | undefined;
}

/** The later of two versions of the kernel; undefined is one before all that are named. */
function later(one: string | undefined, other: string | undefined): string | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const [major = 0, minor = 0] = one.split('.').map(Number);
  const [otherMajor = 0, otherMinor = 0] = other.split('.').map(Number);
  return major > otherMajor || (major === otherMajor && minor >= otherMinor) ? one : other;
}

/** Yields every field of a codec, those of what it holds included. Objects that hold themselves are entered once. */
export function* walk(codec: Codec<unknown, never>): Generator<Documented> {
  yield* walkShape(codec.shape, { path: [], cases: [], inside: new Set(), since: undefined });
}

function* walkShape(shape: Shape, place: Place): Generator<Documented> {
  if (place.inside.has(shape)) return;
  const deeper = { ...place, inside: new Set(place.inside).add(shape) };
  switch (shape.is) {
    case 'struct':
      yield* walkFields(shape.members, deeper);
      return;
    case 'attributes':
      yield* walkFields(shape.fields, deeper);
      return;
    case 'object': {
      const own = { ...deeper, since: later(place.since, shape.since) };
      yield* walkFields(shape.header, own);
      yield* walkFields(shape.fields, own);
      return;
    }
    case 'list':
      yield* walkShape(shape.of.shape, deeper);
      return;
    case 'choice':
      for (const [name, codec] of shape.cases) yield* walkShape(codec.shape, { ...deeper, cases: [...place.cases, name] });
      return;
    case 'variant': {
      const path = shape.under === undefined ? place.path : [...place.path, shape.under];
      for (const [name, codec] of shape.cases) yield* walkShape(codec.shape, { ...deeper, path, cases: [...place.cases, name] });
      return;
    }
    default:
  }
}

function* walkFields(fields: readonly FieldShape[], place: Place): Generator<Documented> {
  const { path, cases } = place;
  for (const field of fields) {
    if (field.hidden) continue;
    const { shape } = field.codec;
    const since = later(place.since, field.since);
    if (field.inline) {
      yield* walkShape(shape, { ...place, since });
      continue;
    }
    const own = [...(field.outer === true ? path.slice(0, -1) : path), field.name];
    yield { field, path: own, cases, type: typeText(shape), since };
    yield* walkShape(shape, { ...place, path: own, since });
  }
}

/** What the values of a codec look like, in TypeScript's words. */
export function typeText(shape: Shape): string {
  switch (shape.is) {
    case 'integer':
    case 'counter':
      return 'number';
    case 'bigint':
      return 'bigint';
    case 'boolean':
    case 'presence':
      return 'boolean';
    case 'text':
    case 'hardware-address':
    case 'address':
    case 'prefix':
      return 'string';
    case 'bytes':
      return 'Uint8Array';
    case 'enumeration':
      return [...[...shape.names.keys()].map((name) => `'${name}'`), 'number'].join(' | ');
    case 'flags':
      return `(${[...[...shape.all.keys()].map((name) => `'${name}'`), 'number'].join(' | ')})[]`;
    case 'switches':
      return `{ ${[...shape.names.keys()].map((name) => `${name}?: boolean`).join('; ')} }`;
    case 'link':
      return 'LinkReference';
    case 'namespace':
      return 'Namespace';
    case 'list':
      return /[ |]/.test(typeText(shape.of.shape)) ? `(${typeText(shape.of.shape)})[]` : `${typeText(shape.of.shape)}[]`;
    case 'converted':
      return shape.samples.length === 0 ? typeText(shape.of) : [...new Set(shape.samples.map(sampleType))].join(' | ');
    default:
      return 'object';
  }
}

function sampleType(sample: unknown): string {
  if (typeof sample === 'string') return `'${sample}'`;
  if (Array.isArray(sample)) return `${typeof sample[0]}[]`;
  return typeof sample;
}
