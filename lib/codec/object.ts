import { ValueError, within, type Codec, type FieldShape, type Fields, type Input, type Output, type Shape } from './codec.js';
import { Alike, type AlikeParts } from './alike.js';
import { implementationOf, type AttributeEntry, type Attributes } from './attributes.js';
import type { AttributesCodec, AttributesInput, AttributesValue, FieldMap } from './field.js';
import { allTellJson } from './json.js';
import { familyNumber, givenFamily } from './names.js';
import type { Layout } from './struct.js';
import { refuseUnknown, type Members, type Notes, type StructCodec, type StructInput, type StructValue } from './struct.js';

/** A field that is made of others: of bits of the header, or of several attributes. */
export interface Derived<T, I = T> {
  /** Its value, undefined where there is none. Called after the attributes were read. */
  readonly read: (header: Fields, value: Fields) => T | undefined;
  /** Puts it where it belongs: into the header, or as attributes into the output. Absent for what only the kernel tells. */
  readonly write?: ((value: I, header: Fields, output: Output) => void) | undefined;
  /** What the values are like: for documentation and tests. */
  readonly codec: Codec<T, I>;
  readonly kernel: string;
  readonly doc: string;
  readonly notes?: Notes | undefined;
}

type DerivedMap = Readonly<Record<string, Derived<unknown, never>>>;

type DerivedValue<D extends DerivedMap> = {
  -readonly [K in keyof D]?: D[K] extends { codec: { decode(input: Input): infer T } } ? T : never;
};
type DerivedInput<D extends DerivedMap> = {
  readonly [K in keyof D]?: D[K] extends { codec: { encode(value: infer I, output: Output): void } } ? I | undefined : never;
};

type Simplify<T> = { [K in keyof T]: T[K] };

/** Lays out a derived field. */
export function derived<T, I = T>(of: Derived<T, I>): Derived<T, I> {
  return of;
}

export interface ObjectParts<M extends Members, F extends FieldMap, D extends DerivedMap> {
  /** What one is called in errors: 'link'. */
  readonly title: string;
  /** First kernel version that has such messages, where that is later than 4.0. */
  readonly since?: string | undefined;
  readonly header: StructCodec<M>;
  readonly attributes: AttributesCodec<F>;
  readonly derived?: D | undefined;
  /** Name of the header's member that is the address family; it may be hidden. */
  readonly family?: string | undefined;
  /** Puts what people write into the form that the attributes have. */
  readonly prepare?: ((value: Readonly<Fields>) => Readonly<Fields>) | undefined;
  /** Where lists of these are long, and their entries alike. */
  readonly alike?: AlikeParts | undefined;
  /** Completes what was decoded. */
  readonly decoded?: ((value: Fields, header: Fields, input: Input) => void) | undefined;
  /** Prepares the header before anything is encoded; may set output.family. */
  readonly encoding?: ((value: Readonly<Fields>, header: Fields, output: Output) => void) | undefined;
  /** Completes the header after all else was encoded. */
  readonly encoded?: ((value: Readonly<Fields>, header: Fields, output: Output) => void) | undefined;
}

/** Where a field of a value goes. All have one shape: they are looked at for every field of every message. */
interface Place {
  readonly is: 'header' | 'ignored' | 'unknown' | 'attribute' | 'derived';
  readonly entry: AttributeEntry | undefined;
  readonly derived: Derived<unknown, never> | undefined;
}

function place(is: Place['is'], entry?: AttributeEntry, of?: Derived<unknown, never>): Place {
  return { is, entry, derived: of };
}

/** A message: a fixed header and attributes, flat in one object. */
export class ObjectCodec implements Codec<Fields, Readonly<Fields>> {
  readonly shape: Shape;
  readonly title: string;
  readonly layout: Layout;
  readonly attributes: Attributes;
  readonly #headerSize: number;
  /** Where each field of a value goes. */
  readonly #places = new Map<string, Place>();
  readonly #hidden: readonly string[];
  readonly #derived: readonly { readonly name: string; readonly of: Derived<unknown, never> }[];
  /** Headers that no message uses now: they do not outlive decoding, and one for each depth is enough. */
  readonly #headers: Fields[] = [];
  /** The same for encoding. */
  readonly #written: Fields[] = [];
  readonly #members: readonly string[];
  readonly #alike: Alike | undefined;
  readonly #parts: ObjectParts<Members, FieldMap, DerivedMap>;

  constructor(parts: ObjectParts<Members, FieldMap, DerivedMap>) {
    this.#parts = parts;
    this.title = parts.title;
    this.layout = parts.header.layout;
    this.attributes = implementationOf(parts.attributes);
    this.#headerSize = (this.layout.size + 3) & ~3;
    this.#members = this.layout.fields.map(({ name }) => name);
    this.#hidden = this.attributes.hiddenNames();
    this.#alike = parts.alike === undefined ? undefined : new Alike(parts.alike, this.layout, this.attributes);
    this.#derived = Object.entries(parts.derived ?? {}).map(([name, of]) => ({ name, of }));
    for (const name of this.attributes.names()) {
      const entry = this.attributes.entryOf(name);
      if (entry !== undefined) this.#places.set(name, place('attribute', entry));
    }
    for (const one of this.layout.fields) if (!one.hidden) this.#places.set(one.name, place(one.readOnly ? 'ignored' : 'header'));
    for (const { name, of } of this.#derived)
      this.#places.set(name, of.write === undefined ? place('ignored') : place('derived', undefined, of));
    this.#places.set('unknown', place('unknown'));
    const derivedShapes: FieldShape[] = this.#derived.map(({ name, of }) => ({
      name,
      type: -1,
      codec: of.codec,
      kernel: of.kernel,
      doc: of.doc,
      unit: of.notes?.unit,
      since: of.notes?.since,
      readOnly: of.write === undefined,
      hidden: false,
      inline: false,
    }));
    const fields = this.attributes.shape.is === 'attributes' ? this.attributes.shape.fields : [];
    const headerSize = this.layout.size;
    this.shape = { is: 'object', header: this.layout.fields, headerSize, fields: [...derivedShapes, ...fields], since: parts.since };
  }

  decode(input: Input): Fields {
    // Of objects within others, the family is not in their own bytes.
    const alike = input.isOutermost ? this.#alike : undefined;
    return alike?.read(input) ?? this.#decode(input, alike);
  }

  #decode(input: Input, alike: Alike | undefined): Fields {
    const outerHeader = input.header;
    const outerFamily = input.family;
    const outerTarget = input.target;
    const { family, decoded } = this.#parts;
    input.enter();
    const header = this.#headers.pop() ?? this.#makeHeader();
    for (const name of this.#hidden) header[name] = undefined;
    const value = this.attributes.make();
    const start = input.position;
    this.layout.read(input, value, header);
    input.position = Math.min(start + this.#headerSize, input.end);
    input.header = header;
    input.target = value;
    if (family !== undefined) input.family = familyNumber(value[family] ?? header[family]);
    this.attributes.decodeInto(value, input);
    for (const { name, of } of this.#derived) {
      const made = of.read(header, value);
      if (made !== undefined) value[name] = made;
    }
    decoded?.(value, header, input);
    alike?.keep(input, start, { value, header, family: input.family });
    this.#headers.push(header);
    input.leave();
    if (input.needsJson && input.isOutermost) allTellJson(value);
    input.header = outerHeader;
    input.family = outerFamily;
    input.target = outerTarget;
    return value;
  }

  #makeHeader(): Fields {
    const header: Fields = {};
    for (const { name, hidden } of this.layout.fields) if (hidden) header[name] = 0;
    return header;
  }

  encode(given: Readonly<Fields>, output: Output): void {
    if (given === null || typeof given !== 'object' || Array.isArray(given) || ArrayBuffer.isView(given))
      throw new ValueError('an object', given);
    const { family, encoding, encoded, prepare } = this.#parts;
    const value = prepare?.(given) ?? given;
    const { header: outerHeader, family: outerFamily, source: outerSource, defaults } = output;
    // Those of the objects within are their own.
    output.defaults = undefined;
    const header = this.#written.pop() ?? this.#makeWritten();
    const start = output.position;
    output.zero(this.#headerSize);
    output.header = header;
    output.source = value;
    // Objects without a family of their own (the nexthops of a route) have that of the message.
    if (family !== undefined) output.family = this.#givenFamily(value[family], family);
    encoding?.(value, header, output);
    for (const name of Object.keys(value)) {
      const content = value[name];
      if (content !== undefined) this.#put(name, content, value, header, output);
    }
    for (const name in defaults) if (value[name] === undefined) this.#put(name, defaults[name], value, header, output);
    if (family !== undefined && output.family !== 0) header[family] = output.family;
    encoded?.(value, header, output);
    const end = output.position;
    output.position = start;
    this.layout.write(header, output);
    for (const name of this.#members) header[name] = undefined;
    this.#written.push(header);
    output.position = end;
    output.header = outerHeader;
    if (family !== undefined) output.family = outerFamily;
    output.source = outerSource;
  }

  #givenFamily(value: unknown, name: string): number {
    try {
      return givenFamily(value);
    } catch (error) {
      throw within(error, name);
    }
  }

  /** A header to encode from; none that was left in mid-air by an error is used again. */
  #makeWritten(): Fields {
    return Object.fromEntries(this.#members.map((name) => [name, undefined]));
  }

  #put(name: string, content: unknown, value: Readonly<Fields>, header: Fields, output: Output): void {
    const at = this.#places.get(name);
    if (at === undefined) this.#refuse(value);
    else if (at.entry !== undefined) this.attributes.put(at.entry, name, content, value, output);
    else if (at.is === 'header') header[name] ??= content;
    else if (at.derived !== undefined) this.#writeDerived(name, at.derived, content, header, output);
    else if (at.is === 'unknown') this.attributes.putUnknown(content, output);
  }

  #writeDerived(name: string, of: Derived<unknown, never>, content: unknown, header: Fields, output: Output): void {
    try {
      of.write?.(content as never, header, output);
    } catch (error) {
      throw within(error, name);
    }
  }

  #refuse(value: Readonly<Fields>): void {
    refuseUnknown(
      value,
      (name) => this.#places.has(name),
      () => [...this.#places.keys()],
    );
  }
}

/** A member of a header as a number; 0 where it is a name or absent. */
export function numberOf(header: Readonly<Fields>, name: string): number {
  const value = header[name];
  return typeof value === 'number' ? value : 0;
}

export type ObjectValue<M extends Members, F extends FieldMap, D extends DerivedMap> = Simplify<
  StructValue<M> & DerivedValue<D> & Omit<AttributesValue<F>, keyof StructValue<M>>
>;
export type ObjectInput<M extends Members, F extends FieldMap, D extends DerivedMap> = Simplify<
  StructInput<M> & DerivedInput<D> & Omit<AttributesInput<F>, keyof StructInput<M>>
>;

/** A message: a fixed header and attributes, flat in one object. */
export function object<const M extends Members, const F extends FieldMap, const D extends DerivedMap = Record<never, never>>(
  parts: ObjectParts<M, F, D>,
): Codec<ObjectValue<M, F, D>, ObjectInput<M, F, D>> {
  return new ObjectCodec(parts as unknown as ObjectParts<Members, FieldMap, DerivedMap>) as unknown as Codec<
    ObjectValue<M, F, D>,
    ObjectInput<M, F, D>
  >;
}
