import { ValueError, outward, within, type Codec, type FieldShape, type Fields, type Input, type Output, type Shape } from './codec.js';
import { byteOrderFlag, close, nestedFlag, open, typeMask } from './attribute.js';
import type { AttributesCodec, FieldMap, UnknownAttribute } from './field.js';
import { bytesOfHex, tellsJson } from './json.js';
import { Lazy } from './lazy.js';
import { Repeated } from './repeated.js';
import { littleEndian } from './scalars.js';
import { plainMaker, refuseUnknown } from './struct.js';
import { readVariant, writeVariant, type VariantField, type VariantParts } from './variant.js';

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
  /** It appears in the object that holds this one's holder. */
  readonly outer: boolean;
  /** Decoded by its codec into a field of its name, and nothing else. */
  readonly plain: boolean;
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
        outer: of.notes.outer === true,
        plain: !of.inline && of.presence !== 'hidden' && shape?.is !== 'choice' && shape?.is !== 'variant' && !(codec instanceof Repeated),
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
        absent: notes.absent,
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

  /** The attribute at a place of bytes that were decoded before, with its codec where that alone makes the field of its name. */
  plainAt(
    { view }: Input,
    position: number,
  ): { readonly name: string; readonly codec: Codec<unknown, never> | undefined; readonly size: number } {
    const entry = this.#byType[view.getUint16(position + 2, littleEndian) & typeMask];
    const size = view.getUint16(position, littleEndian);
    return { name: entry?.name ?? '', codec: entry?.plain === true ? entry.codec : undefined, size };
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
    const { bytes, view } = input;
    const end = input.end;
    const byType = this.#byType;
    let position = input.position;
    let entry: AttributeEntry | undefined;
    let postponed: number[] | undefined;
    try {
      while (position + 4 <= end) {
        const word = view.getUint32(position, littleEndian);
        const length = littleEndian ? word & 0xffff : word >>> 16;
        const wireType = littleEndian ? word >>> 16 : word & 0xffff;
        const stop = position + length;
        if (length < 4 || stop > end) {
          entry = undefined;
          throw input.fault(`an attribute of ${length} bytes where ${end - position} are left`, position);
        }
        entry = byType[wireType & typeMask];
        input.position = position + 4;
        input.end = stop;
        if (entry === undefined) this.#keep(value, wireType, input);
        else if (entry.plain) value[entry.name] = entry.codec.decode(input);
        else if (entry.last) (postponed ??= []).push(position);
        else if (entry.inline !== undefined) entry.inline.decodeInto(value, input);
        else if (entry.hidden) input.header[entry.name] = entry.codec.decode(input);
        else if (entry.repeated !== undefined) value[entry.name] = entry.repeated.append(value[entry.name], input);
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
          if (entry?.variant !== undefined) readVariant(entry.name, entry.variant, low & typeMask, input, anything);
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
    unknown.push(tellsJson({ type, data: input.bytes.slice(input.position, input.end) }));
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
        writeVariant(entry.variant, entry.wireType, content, output, anything);
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
      const named = within(error, entry.name);
      throw entry.outer ? outward(named) : named;
    }
  }

  /** Writes attributes that nobody knows. */
  putUnknown(content: unknown, output: Output): void {
    if (!Array.isArray(content)) throw new ValueError('a list of { type, data }', content, 'unknown');
    for (const one of content as readonly (Partial<UnknownAttribute> | null | undefined)[]) {
      const type = one?.type;
      const data = bytesOfHex(one?.data) ?? one?.data;
      if (typeof type !== 'number' || !(data instanceof Uint8Array)) throw new ValueError('a list of { type, data }', one, 'unknown');
      const start = open(output);
      output.reserve(data.length);
      output.bytes.set(data, output.position);
      output.position += data.length;
      close(start, type, output);
    }
  }
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
