import { ValueError, within, type Codec, type Fields, type Input, type Output, type Shape } from './codec.js';
import { close, open } from './attribute.js';
import type { Field, FieldNotes, UnknownAttribute } from './field.js';
import { refuseUnknown } from './struct.js';

/** Two attributes that are one field: a name, and what it holds, which depends on the name. */
export interface VariantField<T, I = T> extends Field<T, I> {
  readonly variant: VariantParts;
}

/** How the two attributes belong together. */
export interface VariantParts {
  readonly tag: string;
  readonly tagType: number;
  readonly tagKernel: string;
  readonly tagCodec: Codec<unknown, never>;
  readonly under: string | undefined;
  readonly cases: ReadonlyMap<string, Codec<unknown, never>>;
  /** The case of a value that came without its tag, by what else is known of the object. */
  readonly otherTag: ((target: Readonly<Fields>) => string | undefined) | undefined;
}

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
  readonly otherTag?: (target: Readonly<Fields>) => string | undefined;
  readonly doc: string;
  readonly notes?: FieldNotes;
}): VariantField<VariantValue<C, G, Exclude<O, keyof C>, U>, VariantInput<C, G, Exclude<O, keyof C>, U>> {
  const { tag, tagType, tagKernel, tagCodec, under, type, kernel, doc } = parts;
  const cases: ReadonlyMap<string, Codec<unknown, never>> = new Map(Object.entries(parts.cases));
  const shared = { tag, tagType, tagKernel, tagCodec, under, cases };
  const details: VariantParts = { ...shared, otherTag: parts.otherTag };
  const shape: Shape = { is: 'variant', ...shared, type, kernel };
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

/** Reads one of the two attributes; the tag first. `anything` reads what belongs to a tag without a case. */
export function readVariant(name: string, of: VariantParts, type: number, input: Input, anything: Codec<unknown, never>): void {
  const value = input.target;
  const before = value[name];
  const made: Fields = typeof before === 'object' && before !== null ? (before as Fields) : {};
  value[name] = made;
  if (type === of.tagType) {
    made[of.tag] = of.tagCodec.decode(input);
    return;
  }
  const tag = made[of.tag] ?? of.otherTag?.(value);
  if (tag !== undefined) made[of.tag] = tag;
  const known = typeof tag === 'string' ? of.cases.get(tag) : undefined;
  const content = (known ?? anything).decode(input);
  if (known !== undefined && of.under !== undefined) made[of.under] = content;
  else Object.assign(made, content);
}

/** Writes both attributes. */
export function writeVariant(of: VariantParts, wireType: number, content: unknown, output: Output, anything: Codec<unknown, never>): void {
  if (typeof content !== 'object' || content === null) throw new ValueError(`an object with ${of.tag}`, content);
  const { [of.tag]: tag, ...rest } = content as Fields;
  if (tag === undefined) {
    // What was read without its tag is written without it.
    refuseUnknown(
      rest,
      (name) => name === 'unknown',
      () => [of.tag],
    );
    if (rest['unknown'] === undefined) throw new ValueError(`an object with ${of.tag}`, content);
    const start = open(output);
    anything.encode(rest as never, output);
    close(start, wireType, output);
    return;
  }
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
