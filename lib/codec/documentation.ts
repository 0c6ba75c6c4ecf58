import type { Codec, FieldShape, Shape } from './codec.js';

/** A field of a schema, and where it is: ['data', 'id'] with 'vlan' as the case. */
export interface Documented {
  readonly field: FieldShape;
  readonly path: readonly string[];
  /** The case of a choice that it belongs to: the kind of a link, the type of an encapsulation. */
  readonly cases: readonly string[];
  /** What its values look like: "number", "'l2' | 'l3' | number". */
  readonly type: string;
}

/** Yields every field of a codec, those of what it holds included. Objects that hold themselves are entered once. */
export function* walk(codec: Codec<unknown, never>): Generator<Documented> {
  yield* walkShape(codec.shape, [], [], new Set());
}

function* walkShape(shape: Shape, path: readonly string[], cases: readonly string[], inside: ReadonlySet<Shape>): Generator<Documented> {
  if (inside.has(shape)) return;
  const deeper = new Set(inside).add(shape);
  switch (shape.is) {
    case 'struct':
      yield* walkFields(shape.members, path, cases, deeper);
      return;
    case 'attributes':
      yield* walkFields(shape.fields, path, cases, deeper);
      return;
    case 'object':
      yield* walkFields(shape.header, path, cases, deeper);
      yield* walkFields(shape.fields, path, cases, deeper);
      return;
    case 'list':
      yield* walkShape(shape.of.shape, path, cases, deeper);
      return;
    case 'choice':
      for (const [name, codec] of shape.cases) yield* walkShape(codec.shape, path, [...cases, name], deeper);
      return;
    case 'variant':
      for (const [name, codec] of shape.cases) {
        yield* walkShape(codec.shape, shape.under === undefined ? path : [...path, shape.under], [...cases, name], deeper);
      }
      return;
    default:
  }
}

function* walkFields(
  fields: readonly FieldShape[],
  path: readonly string[],
  cases: readonly string[],
  inside: ReadonlySet<Shape>,
): Generator<Documented> {
  for (const field of fields) {
    if (field.hidden) continue;
    const { shape } = field.codec;
    if (field.inline) {
      yield* walkShape(shape, path, cases, inside);
      continue;
    }
    const own = [...(field.outer === true ? path.slice(0, -1) : path), field.name];
    yield { field, path: own, cases, type: typeText(shape) };
    yield* walkShape(shape, own, cases, inside);
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
