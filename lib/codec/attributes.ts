import { ValueError, within, type Codec, type FieldShape, type Fields, type Input, type Output, type Shape } from './codec.js';
import { NetlaneError } from '../errors.js';
import { littleEndian } from './scalars.js';
import { plainMaker, refuseUnknown, type Notes } from './struct.js';

/** Attribute types carry two flag bits (NLA_F_NESTED, NLA_F_NET_BYTEORDER). */
const typeMask = 0x3fff;
const nestedFlag = 0x8000;
const byteOrderFlag = 0x4000;

/** An attribute that the schema does not know, or cannot read: type (with its flag bits) and content. Encoded again as it is. */
export interface UnknownAttribute {
  readonly type: number;
  readonly data: Uint8Array;
}

export type FieldPresence = 'optional' | 'always' | 'hidden';

/** An attribute, before its name is known. */
export interface Field<T, I = T, P extends FieldPresence = 'optional'> {
  readonly type: number;
  readonly codec: Codec<T, I>;
  readonly presence: P;
  readonly inline: false;
  readonly readOnly: boolean;
  readonly kernel: string;
  readonly doc: string;
  readonly notes: FieldNotes;
}

export interface FieldNotes extends Notes {
  /** Set NLA_F_NET_BYTEORDER, for the few formats that want it. */
  readonly byteOrder?: boolean | undefined;
  /**
   * May take the value into the header instead: true when nothing is left to be written. (A table below 256 is a byte of the header;
   * 'default' is a length of 0.)
   */
  readonly absorb?: ((content: unknown, output: Output) => boolean) | undefined;
  /** Type of the attribute that holds the address when it is an IPv6 one. */
  readonly ipv6?: number | undefined;
  /** The field appears in the object that holds the nest: codecs above move it there. */
  readonly outer?: boolean | undefined;
  /** The field that shows what a hidden attribute holds. */
  readonly as?: string | undefined;
  /** Whether nests are marked with NLA_F_NESTED; they are, unless a format refuses it. */
  readonly nested?: boolean | undefined;
}

/** An attribute whose own attributes appear in the object that holds it. */
export interface InlineField<A> {
  readonly type: number;
  readonly codec: A;
  readonly inline: true;
  readonly readOnly: false;
  readonly kernel: string;
  readonly doc: string;
  readonly notes: FieldNotes;
}

/** Two attributes that are one field: a name, and what it holds, which depends on the name. */
export interface VariantField<T, I = T> extends Field<T, I> {
  readonly variant: VariantParts;
}

interface VariantParts {
  readonly tag: string;
  readonly tagType: number;
  readonly tagKernel: string;
  readonly tagCodec: Codec<unknown, never>;
  readonly under: string | undefined;
  readonly cases: ReadonlyMap<string, Codec<unknown, never>>;
}

type AnyField = Field<unknown, never, FieldPresence> | InlineField<AttributesCodec<FieldMap>>;
export type FieldMap = Readonly<Record<string, AnyField>>;

/** An attribute: its type number, codec, kernel name and meaning. */
export function field<T, I>(type: number, codec: Codec<T, I>, kernel: string, doc: string, notes: FieldNotes = {}): Field<T, I> {
  return { type, codec, presence: 'optional', inline: false, readOnly: false, kernel, doc, notes };
}

/** An attribute that only the kernel tells: encode accepts and ignores it. */
export function readOnly<T>(type: number, codec: Codec<T, never>, kernel: string, doc: string, notes: FieldNotes = {}): Field<T, T> {
  return { type, codec: codec, presence: 'optional', inline: false, readOnly: true, kernel, doc, notes };
}

/** Says of an attribute that every message has it, so that its type has no undefined. Nothing checks it: what is missing is undefined. */
export function always<T, I>(of: Field<T, I>): Field<T, I, 'always'> {
  return { ...of, presence: 'always' };
}

/**
 * An attribute that is no part of the value: it is decoded into the header, for derived fields to make something of it, and they write it.
 * `as` is the name of the field that it belongs to.
 */
export function ingredient<T, I>(
  type: number,
  codec: Codec<T, I>,
  kernel: string,
  as: string,
  notes: FieldNotes = {},
): Field<T, I, 'hidden'> {
  return { type, codec, presence: 'hidden', inline: false, readOnly: false, kernel, doc: `Part of ${as}.`, notes: { ...notes, as } };
}

/** Writes an attribute: for derived fields. */
export function putAttribute<I>(type: number, codec: Codec<unknown, I>, value: I, output: Output): void {
  const start = open(output);
  codec.encode(value, output);
  close(start, type, output);
}

/** An attribute whose own attributes appear in the object that holds it (IFLA_LINKINFO: kind and data are fields of the link). */
export function inline<const F extends FieldMap>(
  type: number,
  codec: AttributesCodec<F>,
  kernel: string,
  doc: string,
  notes: FieldNotes = {},
): InlineField<AttributesCodec<F>> {
  return { type, codec, inline: true, readOnly: false, kernel, doc, notes };
}

type Simplify<T> = { [K in keyof T]: T[K] };
type Cases = Readonly<Record<string, Codec<unknown, never>>>;

/** A tag and the value that belongs to it, flat, or under a name of its own. */
export type VariantValue<C extends Cases, G extends string, O, U extends string | undefined> =
  | {
      [K in keyof C & string]: { [P in G]: K } & (U extends string
        ? { [P in U]?: C[K] extends { decode(input: Input): infer T } ? T : never }
        : C[K] extends { decode(input: Input): infer T }
          ? T
          : never);
    }[keyof C & string]
  | ({ [P in G]: O } & { unknown?: UnknownAttribute[] });
export type VariantInput<C extends Cases, G extends string, O, U extends string | undefined> =
  | {
      [K in keyof C & string]: { readonly [P in G]: K } & (U extends string
        ? { readonly [P in U]?: C[K] extends { encode(value: infer I, output: Output): void } ? I | undefined : never }
        : C[K] extends { encode(value: infer I, output: Output): void }
          ? I
          : never);
    }[keyof C & string]
  | ({ readonly [P in G]: O } & { readonly unknown?: readonly UnknownAttribute[] | undefined });

/**
 * Two attributes that are one field, { type: 'mpls', labels: [16] }: `tag` names the case, the fields of the case stand beside it, or
 * `under` a name. A tag without a case is kept with its content as it is (`unknown`).
 */
export function variant<const C extends Cases, const G extends string, O, const U extends string | undefined = undefined>(parts: {
  readonly tag: G;
  readonly tagType: number;
  readonly tagCodec: Codec<O, never>;
  readonly tagKernel: string;
  readonly type: number;
  readonly kernel: string;
  readonly cases: C;
  readonly under?: U;
  readonly doc: string;
  readonly notes?: FieldNotes;
}): VariantField<VariantValue<C, G, Exclude<O, keyof C>, U>, VariantInput<C, G, Exclude<O, keyof C>, U>> {
  const { tag, tagType, tagKernel, tagCodec, under, type, kernel, doc } = parts;
  const cases: ReadonlyMap<string, Codec<unknown, never>> = new Map(Object.entries(parts.cases));
  const details: VariantParts = { tag, tagType, tagKernel, tagCodec: tagCodec, under, cases };
  const shape: Shape = { is: 'variant', ...details, type, kernel };
  const codec = {
    shape,
    decode: () => undefined,
    encode(): void {
      throw new TypeError('a variant is encoded by the attributes that hold it');
    },
  };
  return {
    type,
    codec: codec as unknown as Codec<VariantValue<C, G, Exclude<O, keyof C>, U>, VariantInput<C, G, Exclude<O, keyof C>, U>>,
    presence: 'optional',
    inline: false,
    readOnly: false,
    kernel,
    doc,
    notes: parts.notes ?? {},
    variant: details,
  };
}

type InlineKeys<F extends FieldMap> = { [K in keyof F]: F[K] extends { inline: true } ? K : never }[keyof F];
type Union<U> = (U extends unknown ? (value: U) => void : never) extends (value: infer I) => void ? I : never;

type OwnValue<F extends FieldMap> = {
  -readonly [K in keyof F as F[K] extends { presence: 'always' } ? K : never]: F[K] extends Field<infer T, never, 'always'> ? T : never;
} & {
  -readonly [K in keyof F as F[K] extends { presence: 'optional' } ? K : never]?: F[K] extends Field<infer T, never> ? T : never;
};
type InlineValue<F extends FieldMap> = [InlineKeys<F>] extends [never]
  ? unknown
  : Union<{ [K in InlineKeys<F>]: F[K] extends InlineField<AttributesCodec<infer G>> ? OwnValue<G> : never }[InlineKeys<F>]>;

/** What attributes decode to. */
export type AttributesValue<F extends FieldMap> = Simplify<OwnValue<F> & InlineValue<F> & { unknown?: UnknownAttribute[] }>;

type OwnInput<F extends FieldMap> = {
  readonly [K in keyof F as F[K] extends { inline: true } | { presence: 'hidden' } ? never : K]?: F[K] extends {
    codec: { encode(value: infer I, output: Output): void };
  }
    ? I | undefined
    : never;
};
type InlineInput<F extends FieldMap> = [InlineKeys<F>] extends [never]
  ? unknown
  : Union<{ [K in InlineKeys<F>]: F[K] extends InlineField<AttributesCodec<infer G>> ? OwnInput<G> : never }[InlineKeys<F>]>;

/** What attributes encode from. */
export type AttributesInput<F extends FieldMap> = Simplify<
  OwnInput<F> & InlineInput<F> & { readonly unknown?: readonly UnknownAttribute[] | undefined }
>;

/** One attribute, ready for use. */
export interface AttributeEntry {
  readonly name: string;
  readonly type: number;
  /** The type with its flag bits, as it is written. */
  readonly wireType: number;
  readonly codec: Codec<unknown, never>;
  readonly readOnly: boolean;
  readonly inline: Attributes | undefined;
  /** To be decoded after the others: it looks at them. */
  readonly last: boolean;
  readonly hidden: boolean;
  readonly isPresence: boolean;
  readonly repeated: Repeated<unknown, never> | undefined;
  readonly absorb: ((content: unknown, output: Output) => boolean) | undefined;
  readonly variant: VariantParts | undefined;
  readonly ipv6: number | undefined;
}

const anything: Codec<unknown, never> = {
  shape: { is: 'attributes', fields: [] },
  decode: (input) => leftovers.decode(input),
  encode: (value, output) => leftovers.encode(value, output),
};

function isNest(shape: Shape): boolean {
  if (shape.is === 'list') return shape.style.entry === 'attribute' || shape.style.entry === 'numbered';
  return shape.is === 'attributes' || shape.is === 'choice' || shape.is === 'variant';
}

/** Attributes by their type, as fields of one object. */
export class Attributes implements Codec<Fields, Readonly<Fields>> {
  readonly shape: Shape;
  readonly map: FieldMap;
  readonly #byType: (AttributeEntry | undefined)[] = [];
  readonly #byName = new Map<string, AttributeEntry>();
  readonly #ignored: ReadonlySet<number>;
  readonly #prepare: Prepare | undefined;
  readonly #make = plainMaker();

  constructor(map: FieldMap, ignored: readonly number[], prepare: Prepare | undefined) {
    this.#prepare = prepare;
    this.map = map;
    this.#ignored = new Set(ignored);
    const shapes: FieldShape[] = [];
    for (const [name, of] of Object.entries(map)) {
      const codec = of.codec as unknown as Codec<unknown, never>;
      const inner = of.inline ? (of.codec as unknown as Attributes) : undefined;
      // The shape of a codec that is named before it exists (lazy) must not be looked at here.
      const shape = codec instanceof Lazy ? undefined : codec.shape;
      const nested = (shape === undefined ? false : isNest(shape)) && of.notes.nested !== false;
      const entry: AttributeEntry = {
        name,
        type: of.type,
        wireType: of.type | (nested || of.notes.nested === true ? nestedFlag : 0) | (of.notes.byteOrder === true ? byteOrderFlag : 0),
        codec,
        readOnly: of.readOnly,
        inline: inner,
        last: shape?.is === 'choice' || shape?.is === 'variant',
        hidden: of.inline ? false : of.presence === 'hidden',
        isPresence: shape?.is === 'presence',
        repeated: codec instanceof Repeated ? codec : undefined,
        absorb: of.notes.absorb,
        variant: 'variant' in of ? (of as VariantField<unknown, never>).variant : undefined,
        ipv6: of.notes.ipv6,
      };
      if (entry.ipv6 !== undefined) {
        while (this.#byType.length <= entry.ipv6) this.#byType.push(undefined);
        this.#byType[entry.ipv6] = entry;
      }
      if (entry.variant !== undefined) {
        while (this.#byType.length <= entry.variant.tagType) this.#byType.push(undefined);
        this.#byType[entry.variant.tagType] = entry;
      }
      while (this.#byType.length <= of.type) this.#byType.push(undefined);
      this.#byType[of.type] = entry;
      if (inner === undefined && !entry.hidden) this.#byName.set(name, entry);
      if (inner !== undefined) for (const innerName of inner.names()) this.#byName.set(innerName, entry);
      const { kernel, doc, notes } = of;
      shapes.push({
        name: notes.as ?? name,
        type: of.type,
        codec,
        kernel,
        doc,
        unit: notes.unit,
        since: notes.since,
        readOnly: of.readOnly,
        hidden: entry.hidden,
        inline: of.inline,
        outer: notes.outer,
      });
      // The attribute for IPv6 is the same field; its kernel name ends in 6.
      if (notes.ipv6 !== undefined) {
        shapes.push({
          name,
          type: notes.ipv6,
          codec,
          kernel: `${kernel}6`,
          doc,
          unit: notes.unit,
          since: notes.since,
          readOnly: of.readOnly,
          hidden: true,
          inline: false,
        });
      }
    }
    this.shape = { is: 'attributes', fields: shapes };
  }

  names(): string[] {
    return [...this.#byName.keys()];
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  /** Names of the attributes that are decoded into the header. */
  hiddenNames(): string[] {
    return this.#byType.filter((entry) => entry?.hidden === true).map((entry) => entry?.name ?? '');
  }

  /** The attribute that a field of values is, for put(). */
  entryOf(name: string): AttributeEntry | undefined {
    return this.#byName.get(name);
  }

  /** A new empty object for the fields. */
  make(): Fields {
    return new this.#make();
  }

  decode(input: Input): Fields {
    const value = new this.#make();
    const outer = input.target;
    input.target = value;
    input.enter();
    this.decodeInto(value, input);
    input.leave();
    input.target = outer;
    return value;
  }

  /** Reads attributes from the position to the end into an object. */
  decodeInto(value: Fields, input: Input): void {
    const { bytes } = input;
    const end = input.end;
    let position = input.position;
    let entry: AttributeEntry | undefined;
    let postponed: number[] | undefined;
    try {
      while (position + 4 <= end) {
        const first = bytes[position] ?? 0;
        const second = bytes[position + 1] ?? 0;
        const third = bytes[position + 2] ?? 0;
        const fourth = bytes[position + 3] ?? 0;
        const length = littleEndian ? first | (second << 8) : (first << 8) | second;
        const wireType = littleEndian ? third | (fourth << 8) : (third << 8) | fourth;
        const stop = position + length;
        if (length < 4 || stop > end) {
          entry = undefined;
          throw input.fault(`an attribute of ${length} bytes where ${end - position} are left`, position);
        }
        entry = this.#byType[wireType & typeMask];
        input.position = position + 4;
        input.end = stop;
        if (entry === undefined) this.#keep(value, wireType, input);
        else if (entry.last) (postponed ??= []).push(position);
        else if (entry.inline !== undefined) entry.inline.decodeInto(value, input);
        else if (entry.hidden) input.header[entry.name] = entry.codec.decode(input);
        else if (entry.repeated !== undefined) value[entry.name] = entry.repeated.append(value[entry.name], input);
        else value[entry.name] = entry.codec.decode(input);
        position += (length + 3) & ~3;
      }
      if (postponed !== undefined) {
        // The tags of variants come before what they tell about, whatever the order on the wire.
        if (postponed.length > 1) postponed.sort((a, b) => this.#rank(bytes, a) - this.#rank(bytes, b));
        for (const at of postponed) {
          const length = littleEndian ? (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) : ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
          const low = littleEndian
            ? (bytes[at + 2] ?? 0) | ((bytes[at + 3] ?? 0) << 8)
            : ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
          entry = this.#byType[low & typeMask];
          input.position = at + 4;
          input.end = at + length;
          if (entry?.variant !== undefined) readVariant(entry.name, entry.variant, low & typeMask, value, input);
          else if (entry !== undefined) value[entry.name] = entry.codec.decode(input);
        }
      }
    } catch (error) {
      throw entry === undefined || entry.inline !== undefined ? error : within(error, entry.name);
    }
    input.position = end;
    input.end = end;
  }

  #rank(bytes: Uint8Array, at: number): number {
    const type =
      (littleEndian ? (bytes[at + 2] ?? 0) | ((bytes[at + 3] ?? 0) << 8) : ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) & typeMask;
    return this.#byType[type]?.variant?.tagType === type ? 0 : 1;
  }

  #keep(value: Fields, type: number, input: Input): void {
    if (this.#ignored.has(type & typeMask)) return;
    const unknown = (value['unknown'] ??= []) as UnknownAttribute[];
    unknown.push({ type, data: input.bytes.slice(input.position, input.end) });
  }

  encode(given: Readonly<Fields>, output: Output): void {
    if (given === null || typeof given !== 'object' || Array.isArray(given) || ArrayBuffer.isView(given))
      throw new ValueError('an object', given);
    const value = this.#prepare?.(given) ?? given;
    const outer = output.source;
    output.source = value;
    for (const name of Object.keys(value)) {
      const content = value[name];
      if (content === undefined) continue;
      const entry = this.#byName.get(name);
      if (entry !== undefined) this.put(entry, name, content, value, output);
      else if (name === 'unknown') this.putUnknown(content, output);
      else
        refuseUnknown(
          value,
          (one) => one === 'unknown' || this.#byName.has(one),
          () => this.names(),
        );
    }
    output.source = outer;
  }

  /** Writes one field of an object, in the order in which the object has them. `name` is the field's, the entry perhaps of a nest that holds it. */
  put(entry: AttributeEntry, name: string, content: unknown, value: Readonly<Fields>, output: Output): void {
    if (entry.readOnly) return;
    const { inline } = entry;
    if (inline === undefined) {
      this.#put(entry, content, output);
      return;
    }
    // The first field of the nest that is there brings them all.
    if (inline.#firstOwn(value) !== name) return;
    const start = open(output);
    for (const [own, inner] of inline.#byName) {
      const one = value[own];
      if (one !== undefined && !inner.readOnly) inline.#put(inner, one, output);
    }
    close(start, entry.wireType, output);
  }

  /** The first field of an object, in this codec's order, that is written. */
  #firstOwn(value: Readonly<Fields>): string | undefined {
    for (const [own, inner] of this.#byName) if (value[own] !== undefined && !inner.readOnly) return own;
    return undefined;
  }

  #put(entry: AttributeEntry, content: unknown, output: Output): void {
    if (entry.isPresence && content === false) return;
    try {
      if (entry.absorb?.(content, output) === true) return;
      if (entry.variant !== undefined) {
        writeVariant(entry.variant, entry.wireType, content, output);
        return;
      }
      if (entry.repeated !== undefined) {
        entry.repeated.putAll(content, entry.wireType, output);
        return;
      }
      const start = open(output);
      entry.codec.encode(content as never, output);
      const six = entry.ipv6 !== undefined && typeof content === 'string' && content.includes(':');
      close(start, six ? (entry.ipv6 ?? 0) : entry.wireType, output);
    } catch (error) {
      throw within(error, entry.name);
    }
  }

  /** Writes attributes that nobody knows. */
  putUnknown(content: unknown, output: Output): void {
    if (!Array.isArray(content)) throw new ValueError('a list of { type, data }', content, 'unknown');
    for (const one of content as readonly Partial<UnknownAttribute>[]) {
      const { type, data } = one;
      if (typeof type !== 'number' || !(data instanceof Uint8Array)) throw new ValueError('a list of { type, data }', one, 'unknown');
      const start = open(output);
      output.reserve(data.length);
      output.bytes.set(data, output.position);
      output.position += data.length;
      close(start, type, output);
    }
  }
}

function readVariant(name: string, of: VariantParts, type: number, value: Fields, input: Input): void {
  const before = value[name];
  const made: Fields = typeof before === 'object' && before !== null ? (before as Fields) : {};
  value[name] = made;
  if (type === of.tagType) {
    made[of.tag] = of.tagCodec.decode(input);
    return;
  }
  const tag = made[of.tag];
  const known = typeof tag === 'string' ? of.cases.get(tag) : undefined;
  const content = (known ?? anything).decode(input);
  if (known !== undefined && of.under !== undefined) made[of.under] = content;
  else Object.assign(made, content);
}

function writeVariant(of: VariantParts, wireType: number, content: unknown, output: Output): void {
  if (typeof content !== 'object' || content === null) throw new ValueError(`an object with ${of.tag}`, content);
  const { [of.tag]: tag, ...rest } = content as Fields;
  if (tag === undefined) throw new ValueError(`an object with ${of.tag}`, content);
  const tagStart = open(output);
  try {
    of.tagCodec.encode(tag as never, output);
  } catch (error) {
    throw within(error, of.tag);
  }
  close(tagStart, of.tagType, output);
  const known = typeof tag === 'string' ? of.cases.get(tag) : undefined;
  let inner: unknown = rest;
  if (known !== undefined && of.under !== undefined) {
    refuseUnknown(
      rest,
      (name) => name === of.under,
      () => [of.tag, of.under ?? ''],
    );
    inner = rest[of.under];
  } else if (Object.keys(rest).length === 0 && known === undefined) inner = undefined;
  if (inner === undefined) return;
  const start = open(output);
  try {
    (known ?? anything).encode(inner as never, output);
  } catch (error) {
    throw of.under === undefined ? error : within(error, of.under);
  }
  close(start, wireType, output);
}

/** Begins an attribute: leaves room for its header and returns where it is. */
export function open(output: Output): number {
  const start = output.position;
  output.reserve(4);
  output.position = start + 4;
  return start;
}

/** Ends the attribute that began there, and pads it. */
export function close(start: number, wireType: number, output: Output): void {
  const length = output.position - start;
  if (length > 0xffff)
    throw new NetlaneError('NETLANE_MESSAGE_TOO_LONG', `an attribute of ${length} bytes; 65535 is the most that one can have`);
  output.view.setUint16(start, length, littleEndian);
  output.view.setUint16(start + 2, wireType, littleEndian);
  const over = length & 3;
  if (over !== 0) output.zero(4 - over);
}

export interface AttributesCodec<F extends FieldMap> extends Codec<AttributesValue<F>, AttributesInput<F>> {
  readonly map: F;
}

/** Completes an object before it is encoded. */
type Prepare = (value: Readonly<Fields>) => Readonly<Fields>;

/** Attributes as fields of one object. `ignored` are types without meaning: padding (IFLA_PAD). */
export function attributes<const F extends FieldMap>(map: F, ignored: readonly number[] = [], prepare?: Prepare): AttributesCodec<F> {
  return new Attributes(map, ignored, prepare) as unknown as AttributesCodec<F>;
}

const leftovers = attributes({}) as unknown as Codec<unknown, never>;

/** The class behind an attributes codec. */
export function implementationOf(codec: AttributesCodec<FieldMap>): Attributes {
  if (!(codec instanceof Attributes)) throw new TypeError('the attributes of an object must come from attributes()');
  return codec;
}

/** A codec that is made later: for objects that hold objects of their own kind. `nested` says whether it is attributes. */
export class Lazy<T, I> implements Codec<T, I> {
  readonly #make: () => Codec<T, I>;
  #made: Codec<T, I> | undefined;

  constructor(make: () => Codec<T, I>) {
    this.#make = make;
  }

  get #codec(): Codec<T, I> {
    return (this.#made ??= this.#make());
  }

  get shape(): Shape {
    return this.#codec.shape;
  }

  decode(input: Input): T {
    return this.#codec.decode(input);
  }

  encode(value: I, output: Output): void {
    this.#codec.encode(value, output);
  }
}

export function lazy<T, I>(make: () => Codec<T, I>): Codec<T, I> {
  return new Lazy(make);
}

/** An attribute that comes several times, once for each entry, beside the others. */
export class Repeated<T, I> implements Codec<T[], readonly I[]> {
  readonly shape: Shape;
  readonly #of: Codec<T, I>;

  constructor(of: Codec<T, I>, type: number) {
    this.#of = of;
    this.shape = { is: 'list', of: of, style: { entry: 'attribute', type } };
  }

  decode(input: Input): T[] {
    return this.append(undefined, input);
  }

  append(before: unknown, input: Input): T[] {
    const list = Array.isArray(before) ? (before as T[]) : [];
    list.push(this.#of.decode(input));
    return list;
  }

  encode(value: readonly I[], output: Output): void {
    for (const entry of value) this.#of.encode(entry, output);
  }

  putAll(value: unknown, wireType: number, output: Output): void {
    if (!Array.isArray(value)) throw new ValueError('an array', value);
    for (const [index, entry] of (value as readonly I[]).entries()) {
      try {
        const start = open(output);
        this.#of.encode(entry, output);
        close(start, wireType, output);
      } catch (error) {
        throw within(error, `[${index}]`);
      }
    }
  }
}

/** A list whose entries are attributes of this very type, one after the other in the message. */
export function repeated<T, I>(of: Codec<T, I>, type: number): Codec<T[], readonly I[]> {
  return new Repeated(of, type);
}
