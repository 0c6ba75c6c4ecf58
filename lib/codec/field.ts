import type { Codec, Output } from './codec.js';
import type { Notes } from './struct.js';

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
  /**
   * What it stands for where the kernel does not tell it. Left out: nothing of its kind (0, off, no text, an empty list). null: for no value,
   * where 0 is one like others.
   */
  readonly absent?: unknown;
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

export interface AttributesCodec<F extends FieldMap> extends Codec<AttributesValue<F>, AttributesInput<F>> {
  readonly map: F;
}

type AnyField = Field<unknown, never, FieldPresence> | InlineField<AttributesCodec<FieldMap>>;
export type FieldMap = Readonly<Record<string, AnyField>>;

/** An attribute: its type number, codec, kernel name and meaning. */
export function field<T, I>(type: number, codec: Codec<T, I>, kernel: string, doc: string, notes: FieldNotes = {}): Field<T, I> {
  return { type, codec, presence: 'optional', inline: false, readOnly: false, kernel, doc, notes };
}

/** An attribute that only the kernel tells: encode accepts and ignores it, whatever it is. */
export function readOnly<T>(type: number, codec: Codec<T, never>, kernel: string, doc: string, notes: FieldNotes = {}): Field<T, unknown> {
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
