/*
 * Bytes to values and back. A schema is a codec made of data (lib/schema); nothing here knows any kernel object.
 *
 * How to use one:
 *
 *   const input = new Input(bytes);                       // one per buffer that was received, not one per message
 *   const value = route.decode(input.at(start, end));     // the body of one message, without its nlmsghdr
 *
 *   const output = new Output({ references });            // or new Output({ bytes, position }): straight into a buffer of one's own
 *   route.encode({ destination: '10.1.0.0/16', gateway: '10.0.0.2' }, output);
 *   output.finish();                                      // a view of what was written; output.bytes is the (perhaps grown) buffer
 *
 * - Codec<T, I>: decode gives T, encode takes I. T is assignable to I: what a list returns, an add accepts. Fields that the kernel only
 *   reports (readOnly) are accepted and ignored. `undefined` means absent. A field that the schema does not know is refused by name.
 * - Wrong values throw NETLANE_INVALID_ARGUMENT with the path of the field; wrong bytes throw DecodeError with path, offset and bytes.
 *   No input does anything else, nor makes a decoder loop, nor allocate more than a small multiple of its own size.
 * - Decoders copy; nothing that they return refers to the input.
 * - Counters (u64 that count) are numbers, or bigint when the Input says so; identifiers and masks of 64 bits are always bigint.
 * - Links are given by name, index or an object with one of them; names are resolved through output.references (below), which is
 *   synchronous: a client whose names are not known yet collects them in one pass, asks the kernel, and encodes again.
 * - Messages (object.ts) are one fixed header and attributes, flat in one object. `input.header` and `output.header` are the header
 *   while its attributes are being worked on; `family` is the address family that addresses are read and written with.
 * - locate(codec, body, offset) (locate.ts) tells the name of the attribute at an offset of an encoded body: 'data.id (IFLA_VLAN_ID)'.
 * - walk(codec) (documentation.ts) yields each field with name, kernel name, meaning, unit and first kernel version.
 *
 * How to write one (see lib/schema/route for many):
 *
 *   const linkSchema = object({ title: 'link', header: struct({ index: always(member(s32, 'ifi_index', 'Number of the link.')) , ... }),
 *     attributes: attributes({ mtu: field(4, u32, 'IFLA_MTU', 'Largest packet that the link carries.', { unit: 'bytes' }), ... }) });
 *   export interface Link extends Infer<typeof linkSchema> {}
 *   export interface LinkInput extends InferInput<typeof linkSchema> {}
 *   export const link: Codec<Link, LinkInput> = linkSchema;     // the annotation keeps the .d.ts small
 */
import { DecodeError, NetlaneError, describeValue } from '../errors.js';

/** Encodes and decodes values of one kind. T is what decode returns, I what encode accepts. */
export interface Codec<T, I = T> {
  /** Reads a value from input.position to input.end. */
  decode(input: Input): T;
  /** Writes the value at output.position. */
  encode(value: I, output: Output): void;
  /** What the codec is made of: for documentation, for generated tests, for finding attributes by offset. */
  readonly shape: Shape;
}

/** A codec of a known number of bytes. */
export interface Fixed<T, I = T> extends Codec<T, I> {
  readonly size: number;
}

/** The type that a codec decodes to. */
export type Infer<C> = C extends { decode(input: Input): infer T } ? T : never;
/** The type that a codec encodes from. */
export type InferInput<C> = C extends { encode(value: infer I, output: Output): void } ? I : never;

/** What a field is called, here and in the kernel, and what it means. */
export interface FieldShape {
  readonly name: string;
  /** Type number of the attribute; -1 for a member of a struct or a value made of several. */
  readonly type: number;
  readonly codec: Codec<unknown, never>;
  /** The kernel's own name: 'IFLA_MTU', 'ifi_index'. */
  readonly kernel: string;
  readonly doc: string;
  readonly unit?: string | undefined;
  /** First kernel version that has it, where that is later than 4.0: '5.4'. */
  readonly since?: string | undefined;
  /** Only reported by the kernel; encode ignores it. */
  readonly readOnly: boolean;
  /** Not part of the value: padding, and what other fields are made of. */
  readonly hidden: boolean;
  /** Its attributes appear in the object that holds it, not in one of their own. */
  readonly inline: boolean;
  /** What it stands for where the kernel does not tell it, if that is not nothing of its kind; null: for no value. */
  readonly absent?: unknown;
  /** It appears in the object that holds its holder (the other end of a pair: a field of the link, an attribute of its data). */
  readonly outer?: boolean | undefined;
}

/** What a codec is made of. */
export type Shape =
  | { readonly is: 'integer'; readonly minimum: number; readonly maximum: number }
  | { readonly is: 'counter' }
  | { readonly is: 'bigint'; readonly minimum: bigint; readonly maximum: bigint }
  | { readonly is: 'boolean' }
  | { readonly is: 'presence' }
  | { readonly is: 'text'; readonly maximum: number }
  | { readonly is: 'bytes'; readonly length: number | undefined }
  | { readonly is: 'enumeration'; readonly names: ReadonlyMap<string, number>; readonly number: Shape }
  | {
      readonly is: 'flags';
      /** Bits that can be written. */
      readonly names: ReadonlyMap<string, number>;
      /** These, and those that only the kernel sets. */
      readonly all: ReadonlyMap<string, number>;
    }
  | { readonly is: 'switches'; readonly names: ReadonlyMap<string, number> }
  | { readonly is: 'hardware-address'; readonly length: number | undefined }
  | { readonly is: 'address'; readonly family: 'ipv4' | 'ipv6' | 'by header' | 'any' }
  | {
      readonly is: 'prefix';
      readonly family: 'ipv4' | 'ipv6' | 'by header';
      /** Bits beyond its length are cleared, in IPv6. */
      readonly isNetwork?: boolean | undefined;
    }
  | { readonly is: 'link' }
  | { readonly is: 'namespace' }
  | { readonly is: 'struct'; readonly members: readonly FieldShape[] }
  | { readonly is: 'attributes'; readonly fields: readonly FieldShape[] }
  | {
      readonly is: 'object';
      readonly header: readonly FieldShape[];
      readonly headerSize: number;
      readonly fields: readonly FieldShape[];
      /** First kernel version that has such messages, where that is later than 4.0. */
      readonly since?: string | undefined;
    }
  | { readonly is: 'list'; readonly of: Codec<unknown, never>; readonly style: ListStyle }
  | {
      readonly is: 'choice';
      readonly by: string;
      readonly cases: ReadonlyMap<string, Codec<unknown, never>>;
      readonly otherwise: Codec<unknown, never>;
    }
  | {
      readonly is: 'variant';
      readonly tag: string;
      readonly tagType: number;
      readonly tagKernel: string;
      readonly tagCodec: Codec<unknown, never>;
      readonly under: string | undefined;
      readonly cases: ReadonlyMap<string, Codec<unknown, never>>;
      readonly type: number;
      readonly kernel: string;
    }
  /** A value that is converted from what another codec reads; the samples are in the form that decode returns. */
  | { readonly is: 'converted'; readonly of: Shape; readonly samples: readonly unknown[] };

/** How the entries of a list follow each other: as attributes of one type, as numbered attributes, as pieces of fixed size, or as pieces that begin with their length. */
export type ListStyle =
  | { readonly entry: 'attribute'; readonly type: number }
  | { readonly entry: 'numbered'; readonly first: number }
  | { readonly entry: 'packed' }
  | { readonly entry: 'record' };

/** The fields of an object, a struct or a nest; undefined for what has none. */
export function fieldsOf(shape: Shape): readonly FieldShape[] | undefined {
  if (shape.is === 'object') return [...shape.header, ...shape.fields];
  if (shape.is === 'struct') return shape.members;
  return shape.is === 'attributes' ? shape.fields : undefined;
}

/** An object under construction, or one that is being encoded, as codecs see it that look at its other fields. */
export type Fields = Record<string, unknown>;

const deepest = 32;

/** Bytes to decode. One Input serves many messages: at() moves it. */
export class Input {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Where the next read happens. */
  position: number;
  /** Where the present attribute, struct or message ends. */
  end: number;
  /** Whether counters are bigint. */
  readonly bigint: boolean;
  /** Whether there was something in the present message that JSON has no form for: a bigint, bytes. */
  needsJson = false;
  /** Address family (AF_INET is 2) of the object that is being decoded; 0 where unknown. */
  family = 0;
  /** Header of the message that is being decoded. */
  header: Fields = {};
  /** The object that is being filled. */
  target: Fields = {};
  /** Where the present message starts, so that offsets in errors are those of the message. */
  origin: number;
  #depth = 0;

  constructor(bytes: Uint8Array, options: { position?: number | undefined; end?: number | undefined; bigint?: boolean | undefined } = {}) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.position = options.position ?? 0;
    this.origin = this.position;
    this.end = options.end ?? bytes.length;
    this.bigint = options.bigint ?? false;
  }

  /** Moves to the bytes from position to end; returns itself. */
  at(position: number, end: number): this {
    this.position = position;
    this.origin = position;
    this.end = end;
    this.family = 0;
    this.needsJson = false;
    this.#depth = 0;
    return this;
  }

  /** Throws unless so many bytes are left. */
  need(size: number): void {
    if (this.position + size > this.end) throw this.fault(`${size} bytes are needed, ${this.end - this.position} are there`);
  }

  /** Objects within objects end somewhere, also in bytes that no kernel sent. */
  enter(): void {
    if (this.#depth >= deepest) throw this.fault(`objects are nested deeper than ${deepest}`);
    this.#depth += 1;
  }

  leave(): void {
    this.#depth -= 1;
  }

  /** Whether what is being decoded is in no object. */
  get isOutermost(): boolean {
    return this.#depth === 0;
  }

  fault(reason: string, position = this.position): DecodeError {
    const from = Math.max(0, Math.min(position - 16, this.bytes.length));
    return new DecodeError(reason, {
      path: '',
      offset: position - this.origin,
      bytes: this.bytes.subarray(from, Math.min(from + 64, this.bytes.length)),
    });
  }
}

/** Puts the name of a field before the path of what went wrong in it. */
export function within(thrown: unknown, name: string): unknown {
  if (thrown instanceof DecodeError) {
    const path = join(name, thrown.path);
    const again = new DecodeError(thrown.reason, { path, offset: thrown.offset, bytes: thrown.bytes, cause: thrown.cause });
    return again;
  }
  if (thrown instanceof ValueError) {
    const path = thrown.isOuter ? thrown.path : join(name, thrown.path);
    return new ValueError(thrown.expected, thrown.received, path);
  }
  return thrown;
}

function join(name: string, path: string): string {
  if (path === '') return name;
  return path.startsWith('[') ? `${name}${path}` : `${name}.${path}`;
}

/** The error of a field that appears in the object that holds its holder: the next within() adds nothing. */
export function outward(thrown: unknown): unknown {
  return thrown instanceof ValueError ? new ValueError(thrown.expected, thrown.received, thrown.path, true) : thrown;
}

/** A value that cannot be encoded. Its code is NETLANE_INVALID_ARGUMENT; `details.path` names the field. */
export class ValueError extends NetlaneError {
  readonly #expected: string;
  readonly #received: unknown;
  readonly #path: string;
  readonly #isOuter: boolean;

  constructor(expected: string, received: unknown, path = '', isOuter = false) {
    super('NETLANE_INVALID_ARGUMENT', `${path === '' ? 'the value' : path} must be ${expected}, got ${describeValue(received)}`, {
      details: { path, expected },
    });
    this.#expected = expected;
    this.#received = received;
    this.#path = path;
    this.#isOuter = isOuter;
  }

  /** Whether the path is as the object has it that holds the one where the field is written: see FieldShape.outer. */
  get isOuter(): boolean {
    return this.#isOuter;
  }

  get expected(): string {
    return this.#expected;
  }

  get received(): unknown {
    return this.#received;
  }

  get path(): string {
    return this.#path;
  }
}

/** Turns what stands for a thing into the number that the kernel knows it by. */
export interface References {
  /** Index of the link with this name. */
  link(name: string): number;
  /** An fd of the network namespace that the handle stands for; it must stay open until the kernel has answered. */
  namespace(handle: object): number;
}

/** Resolves nothing: for encoding without a kernel. Namespace handles with a numeric `fd` are taken by that. */
export const noReferences: References = {
  link(name) {
    throw new ValueError('an index (no names can be resolved here)', name);
  },
  namespace(handle) {
    const fd: unknown = 'fd' in handle ? handle.fd : undefined;
    if (typeof fd !== 'number') throw new ValueError('a Namespace or an object with an fd', handle);
    return fd;
  },
};

export interface OutputOptions {
  /** A buffer to write into; it is replaced by a larger one when it is too small. */
  readonly bytes?: Uint8Array<ArrayBuffer> | undefined;
  /** Where to start in it. */
  readonly position?: number | undefined;
  readonly references?: References | undefined;
}

const nothing: Fields = {};

/** Bytes that are being written: one buffer that grows. */
export class Output {
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView<ArrayBuffer>;
  position: number;
  readonly references: References;
  /** Address family of the object that is being encoded; 0 until one is given or the first address tells. */
  family = 0;
  /** Header of the message that is being encoded; it is written after the attributes. */
  header: Fields = {};
  /** The object that is being encoded. */
  source: Readonly<Fields> = {};
  /** Fields that the next object has where it does not say otherwise. */
  defaults: Readonly<Fields> | undefined;
  /** Where it began. */
  start: number;

  constructor(options: OutputOptions = {}) {
    this.bytes = options.bytes ?? new Uint8Array(512);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
    this.position = options.position ?? 0;
    this.start = this.position;
    this.references = options.references ?? noReferences;
  }

  /** Begins anew, in a buffer and at a place of it; what stands before that is left as it is. */
  restart(bytes: Uint8Array<ArrayBuffer>, view: DataView<ArrayBuffer>, position: number): void {
    this.bytes = bytes;
    this.view = view;
    this.start = position;
    this.position = position;
    this.family = 0;
    this.header = nothing;
    this.source = nothing;
    this.defaults = undefined;
  }

  /** Makes room for so many more bytes at the position. The bytes there are not cleared. */
  reserve(size: number): void {
    if (this.position + size > this.bytes.length) this.#grow(this.position + size);
  }

  /** Appends so many zero bytes. */
  zero(size: number): void {
    this.reserve(size);
    this.bytes.fill(0, this.position, this.position + size);
    this.position += size;
  }

  /** What was written so far; a view, valid until more is written. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(this.start, this.position);
  }

  #grow(size: number): void {
    const larger = new Uint8Array(Math.max(size, this.bytes.length * 2));
    larger.set(this.bytes.subarray(0, this.position));
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }
}

/** Decodes all of the bytes as one value. */
export function decodeFrom<T>(codec: Codec<T, never>, bytes: Uint8Array, options: { bigint?: boolean | undefined } = {}): T {
  return codec.decode(new Input(bytes, options));
}

/** Encodes one value into bytes of its own. */
export function encodeToBytes<I>(codec: Codec<unknown, I>, value: I, references: References = noReferences): Uint8Array<ArrayBuffer> {
  const output = new Output({ references });
  codec.encode(value, output);
  return output.finish().slice();
}
