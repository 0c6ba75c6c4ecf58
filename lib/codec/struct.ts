import { ValueError, within, type FieldShape, type Fields, type Fixed, type Input, type Output, type Shape } from './codec.js';

/** Whether a field is there in what is decoded: perhaps, always, or not at all (padding, and what other fields are made of). */
export type Presence = 'optional' | 'always' | 'hidden';

export interface Notes {
  readonly unit?: string | undefined;
  /** First kernel version that has it, where that is later than 4.0. */
  readonly since?: string | undefined;
}

/** A member of a struct, before its name is known. */
export interface Member<T, I = T, P extends Presence = 'optional'> {
  readonly codec: Fixed<T, I>;
  readonly presence: P;
  readonly readOnly: boolean;
  readonly kernel: string;
  readonly doc: string;
  readonly notes: Notes;
}

export type Members = Readonly<Record<string, Member<unknown, never, Presence>>>;

/** A member that every kernel has. */
export function member<T, I>(codec: Fixed<T, I>, kernel: string, doc: string, notes: Notes = {}): Member<T, I, 'always'> {
  return { codec, presence: 'always', readOnly: false, kernel, doc, notes };
}

/** A member that only the kernel tells; encode writes 0. */
export function reported<T, I>(codec: Fixed<T, I>, kernel: string, doc: string, notes: Notes = {}): Member<T, I, 'always'> {
  return { codec, presence: 'always', readOnly: true, kernel, doc, notes };
}

/** A member at the end that older kernels do not have. */
export function later<T, I>(codec: Fixed<T, I>, kernel: string, doc: string, notes: Notes = {}): Member<T, I> {
  return { codec, presence: 'optional', readOnly: false, kernel, doc, notes };
}

/** A member that is no part of the value: reserved, or the stuff that other fields are made of. Found in input.header and output.header. */
export function hidden<T, I>(codec: Fixed<T, I>, kernel: string, doc = 'Used by other fields.'): Member<T, I, 'hidden'> {
  return { codec, presence: 'hidden', readOnly: false, kernel, doc, notes: {} };
}

const nothing: Fixed<undefined> = {
  size: 1,
  shape: { is: 'bytes', length: 1 },
  decode(input) {
    input.position += 1;
    return undefined;
  },
  encode: (_value, output) => output.zero(1),
};

/** So many bytes of padding. */
export function padding(size: number): Member<undefined, undefined, 'hidden'> {
  const codec: Fixed<undefined> = {
    size,
    shape: { is: 'bytes', length: size },
    decode(input) {
      input.position += size;
      return undefined;
    },
    encode: (_value, output) => output.zero(size),
  };
  return hidden(size === 1 ? nothing : codec, 'pad', 'Padding.');
}

type Simplify<T> = { [K in keyof T]: T[K] };

/** What a struct decodes to. */
export type StructValue<M extends Members> = Simplify<
  {
    -readonly [K in keyof M as M[K] extends { presence: 'always' } ? K : never]: M[K] extends Member<infer T, never, 'always'> ? T : never;
  } & {
    -readonly [K in keyof M as M[K] extends { presence: 'optional' } ? K : never]?: M[K] extends Member<infer T, never> ? T : never;
  }
>;
/** What a struct encodes from: all is optional, 0 where it is not given. */
export type StructInput<M extends Members> = {
  readonly [K in keyof M as M[K] extends { presence: 'hidden' } ? never : K]?: M[K] extends {
    codec: { encode(value: infer I, output: Output): void };
  }
    ? I | undefined
    : never;
};

interface Entry {
  readonly name: string;
  readonly codec: Fixed<unknown, never>;
  readonly size: number;
  readonly offset: number;
  readonly hidden: boolean;
  readonly required: boolean;
  readonly readOnly: boolean;
}

/** The members of a struct, ready for use: also the header of a message. */
export class Layout {
  readonly size: number;
  readonly fields: readonly FieldShape[];
  readonly #entries: readonly Entry[];
  readonly #known: ReadonlySet<string>;

  constructor(members: Members) {
    const all = Object.entries(members);
    let size = 0;
    this.#entries = all.map(([name, { codec, presence, readOnly }]) => {
      const offset = size;
      size += codec.size;
      return { name, codec, size: codec.size, offset, hidden: presence === 'hidden', required: presence !== 'optional', readOnly };
    });
    this.size = size;
    this.fields = all.map(([name, { codec, kernel, doc, notes, presence, readOnly }]) => ({
      name,
      type: -1,
      codec,
      kernel,
      doc,
      unit: notes.unit,
      since: notes.since,
      readOnly,
      hidden: presence === 'hidden',
      inline: false,
    }));
    this.#known = new Set(all.filter(([, { presence }]) => presence !== 'hidden').map(([name]) => name));
  }

  /** Reads all members, hidden ones into `aside`. Members that the input is too short for are left out, unless every kernel has them. */
  read(input: Input, into: Fields, aside: Fields): void {
    const end = input.end;
    for (const entry of this.#entries) {
      if (input.position + entry.size > end) {
        if (!entry.required) break;
        throw within(input.fault(`${entry.size} bytes are needed, ${end - input.position} are there`), entry.name);
      }
      if (entry.hidden) aside[entry.name] = entry.codec.decode(input);
      else into[entry.name] = entry.codec.decode(input);
    }
  }

  /** Writes all members from an object that may lack some; they are 0. */
  write(from: Readonly<Fields>, output: Output): void {
    const start = output.position;
    output.zero(this.size);
    for (const entry of this.#entries) {
      const value = from[entry.name];
      if (value === undefined || entry.readOnly) continue;
      output.position = start + entry.offset;
      try {
        entry.codec.encode(value as never, output);
      } catch (error) {
        throw within(error, entry.name);
      }
    }
    output.position = start + this.size;
  }

  /** Whether values may have a field of that name. */
  has(name: string): boolean {
    return this.#known.has(name);
  }

  /** The names that values may have. */
  names(): string[] {
    return [...this.#known];
  }

  /** Where a member begins. */
  offsetOf(name: string): number {
    return this.#entries.find((entry) => entry.name === name)?.offset ?? -1;
  }

  /** The member that covers an offset. */
  memberAt(offset: number): FieldShape | undefined {
    const index = this.#entries.findLastIndex((entry) => offset >= entry.offset);
    return this.fields[index];
  }
}

/**
 * A constructor of objects without a class of their own, that have room for their fields from the start. V8 gives the objects of a
 * constructor as many places as it assigns fields, and takes back what the first few did not use; fields that are added to an object
 * without room cost an allocation for every three, and many of them make it a hash table.
 */
export function plainMaker(): new () => Fields {
  const maker = function (this: Fields, room?: boolean) {
    if (room !== true) return;
    this['a'] = this['b'] = this['c'] = this['d'] = this['e'] = this['f'] = this['g'] = this['h'] = 0;
    this['i'] = this['j'] = this['k'] = this['l'] = this['m'] = this['n'] = this['o'] = this['p'] = 0;
    this['q'] = this['r'] = this['s'] = this['t'] = this['u'] = this['v'] = this['w'] = this['x'] = 0;
    this['y'] = this['z'] = this['A'] = this['B'] = this['C'] = this['D'] = this['E'] = this['F'] = 0;
    this['G'] = this['H'] = this['I'] = this['J'] = this['K'] = this['L'] = this['M'] = this['N'] = 0;
    this['O'] = this['P'] = this['Q'] = this['R'] = this['S'] = this['T'] = this['U'] = this['V'] = 0;
  } as unknown as new () => Fields;
  maker.prototype = Object.prototype;
  return maker;
}

/** Reads all members of a struct as one literal. */
export type Literal<T> = (input: Input) => T;

class Struct implements Fixed<Fields, Readonly<Fields>> {
  readonly size: number;
  readonly shape: Shape;
  readonly layout: Layout;
  readonly members: Members;
  readonly literal: Literal<object> | undefined;
  readonly #make = plainMaker();

  constructor(members: Members, literal: Literal<object> | undefined) {
    this.members = members;
    this.literal = literal;
    this.layout = new Layout(members);
    this.size = this.layout.size;
    this.shape = { is: 'struct', members: this.layout.fields };
  }

  decode(input: Input): Fields {
    if (this.literal !== undefined && input.position + this.size <= input.end) return this.literal(input) as Fields;
    const value = new this.#make();
    this.layout.read(input, value, {});
    return value;
  }

  encode(value: Readonly<Fields>, output: Output): void {
    refuseUnknown(
      value,
      (name) => this.layout.has(name),
      () => this.layout.names(),
    );
    this.layout.write(value, output);
  }
}

/** Throws for what is no object, and for fields that are not known: a mistyped name must not be ignored. */
export function refuseUnknown(value: unknown, has: (name: string) => boolean, names: () => readonly string[]): void {
  if (value === null || typeof value !== 'object' || Array.isArray(value) || ArrayBuffer.isView(value))
    throw new ValueError('an object', value);
  for (const name of Object.keys(value)) {
    if (has(name) || (value as Readonly<Fields>)[name] === undefined) continue;
    throw new ValueError(`left out: there is no such field (${suggest(name, names())})`, (value as Readonly<Fields>)[name], name);
  }
}

/** The known names nearest to a wrong one, in words. */
export function suggest(name: string, names: readonly string[]): string {
  const lowered = name.toLowerCase();
  const near = names.filter((known) => distance(lowered, known.toLowerCase()) <= Math.max(1, Math.floor(known.length / 4)));
  if (near.length > 0) return `did you mean ${near.join(' or ')}?`;
  return names.length === 0 ? 'it has no fields' : `fields are ${names.slice(0, 20).join(', ')}${names.length > 20 ? ', ...' : ''}`;
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, (row[j - 1] ?? 0) + same));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

export interface StructCodec<M extends Members> extends Fixed<StructValue<M>, StructInput<M>> {
  readonly layout: Layout;
  readonly members: M;
  readonly literal: Literal<StructValue<M>> | undefined;
}

/**
 * A C struct: members one after the other, without implicit padding. Longer input is tolerated, and shorter, where members are `later`.
 * A `literal` says the same once more, for structs that are read often: the members in their order, each read by its codec. V8 makes such
 * an object in one go, where a field that is added by a computed name costs as much as twenty of its fields.
 */
export function struct<const M extends Members>(members: M, literal?: Literal<NoInfer<StructValue<M>>>): StructCodec<M> {
  return new Struct(members, literal) as unknown as StructCodec<M>;
}

/** Codecs of fixed size one after the other, as an array. */
export function tuple<T, I>(of: Fixed<T, I>, count: number): Fixed<T[], readonly I[]> {
  return {
    size: of.size * count,
    shape: { is: 'converted', of: { is: 'list', of: of, style: { entry: 'packed' } }, samples: [] },
    decode: (input) => Array.from({ length: count }, () => of.decode(input)),
    encode(value, output) {
      if (!Array.isArray(value) || value.length !== count) throw new ValueError(`an array of ${count}`, value);
      for (const entry of value as readonly I[]) of.encode(entry, output);
    },
  };
}
