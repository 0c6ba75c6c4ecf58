import { ValueError, within, type Codec, type Fixed, type Input, type ListStyle, type Output, type Shape } from './codec.js';
import { attributes } from './attributes.js';
import { close, open } from './attribute.js';
import { littleEndian } from './scalars.js';

function entries<I>(value: readonly I[]): readonly I[] {
  const given: unknown = value;
  if (!Array.isArray(given)) throw new ValueError('an array', value);
  return value;
}

class List<T, I> implements Codec<T[], readonly I[]> {
  readonly shape: Shape;
  readonly #of: Codec<T, I>;
  readonly #style: ListStyle;
  readonly #nested: boolean;

  constructor(of: Codec<T, I>, style: ListStyle, nested: boolean) {
    this.#of = of;
    this.#style = style;
    this.#nested = nested;
    this.shape = { is: 'list', of: of, style };
  }

  decode(input: Input): T[] {
    const list: T[] = [];
    const end = input.end;
    let position = input.position;
    while (position + 4 <= end) {
      const length = input.view.getUint16(position, littleEndian);
      if (length < 4 || position + length > end)
        throw input.fault(`an entry of ${length} bytes where ${end - position} are left`, position);
      const type = input.view.getUint16(position + 2, littleEndian) & 0x3fff;
      if (this.#style.entry === 'numbered' || (this.#style.entry === 'attribute' && this.#style.type === type)) {
        input.position = position + 4;
        input.end = position + length;
        try {
          list.push(this.#of.decode(input));
        } catch (error) {
          throw within(error, `[${list.length}]`);
        }
      }
      position += (length + 3) & ~3;
    }
    input.position = end;
    input.end = end;
    return list;
  }

  encode(value: readonly I[], output: Output): void {
    let index = 0;
    for (const entry of entries(value)) {
      const start = open(output);
      try {
        this.#of.encode(entry, output);
      } catch (error) {
        throw within(error, `[${index}]`);
      }
      const type = this.#style.entry === 'attribute' ? this.#style.type : this.#style.entry === 'numbered' ? this.#style.first + index : 0;
      close(start, type | (this.#nested ? 0x8000 : 0), output);
      index += 1;
    }
  }
}

function isNest(shape: Shape): boolean {
  return shape.is === 'attributes' || shape.is === 'list' || shape.is === 'choice';
}

/** A nest of attributes of one type, each an entry (IFLA_PROP_LIST of IFLA_ALT_IFNAME). Others in it are passed over. */
export function list<T, I>(of: Codec<T, I>, type: number): Codec<T[], readonly I[]> {
  return new List(of, { entry: 'attribute', type }, isNest(of.shape));
}

/** A nest of attributes that are numbered one after the other, each an entry. */
export function numbered<T, I>(of: Codec<T, I>, first: number): Codec<T[], readonly I[]> {
  return new List(of, { entry: 'numbered', first }, isNest(of.shape));
}

/** Entries of fixed size one after the other, without headers. What is left at the end and too short for one is passed over. */
export function packed<T, I>(of: Fixed<T, I>): Codec<T[], readonly I[]> {
  return {
    shape: { is: 'list', of: of, style: { entry: 'packed' } },
    decode(input) {
      const array: T[] = [];
      const end = input.end;
      while (input.position + of.size <= end) {
        input.end = input.position + of.size;
        array.push(of.decode(input));
        input.end = end;
      }
      input.position = end;
      return array;
    },
    encode(value, output) {
      let index = 0;
      for (const entry of entries(value)) {
        try {
          of.encode(entry, output);
        } catch (error) {
          throw within(error, `[${index}]`);
        }
        index += 1;
      }
    },
  };
}

/** Entries that begin with their own length, two bytes that are counted (struct rtnexthop): the entry's codec reads and writes them as a member. */
export function records<T, I>(of: Codec<T, I>): Codec<T[], readonly I[]> {
  return {
    shape: { is: 'list', of: of, style: { entry: 'record' } },
    decode(input) {
      const array: T[] = [];
      const end = input.end;
      let position = input.position;
      while (position + 2 <= end) {
        const length = input.view.getUint16(position, littleEndian);
        if (length < 2 || position + length > end)
          throw input.fault(`an entry of ${length} bytes where ${end - position} are left`, position);
        input.position = position;
        input.end = position + length;
        try {
          array.push(of.decode(input));
        } catch (error) {
          throw within(error, `[${array.length}]`);
        }
        position += (length + 3) & ~3;
      }
      input.position = end;
      input.end = end;
      return array;
    },
    encode(value, output) {
      let index = 0;
      for (const entry of entries(value)) {
        const start = output.position;
        try {
          of.encode(entry, output);
        } catch (error) {
          throw within(error, `[${index}]`);
        }
        output.view.setUint16(start, output.position - start, littleEndian);
        const over = (output.position - start) & 3;
        if (over !== 0) output.zero(4 - over);
        index += 1;
      }
    },
  };
}

type Cases = Readonly<Record<string, Codec<unknown, never>>>;

/** What a choice decodes to, whatever the case. */
export type ChoiceValue<C extends Cases> = { [K in keyof C]: C[K] extends { decode(input: Input): infer T } ? T : never }[keyof C];
export type ChoiceInput<C extends Cases> = {
  [K in keyof C]: C[K] extends { encode(value: infer I, output: Output): void } ? I : never;
}[keyof C];

const anything = attributes({}) as unknown as Codec<unknown, never>;

/**
 * What it holds depends on another field of the same object (link data on its kind). Where the other field is none of the cases, it is
 * attributes that nobody knows, and kept as such.
 */
export function choice<const C extends Cases>(
  by: string,
  cases: C,
  otherwise: Codec<unknown, never> = anything,
): Codec<ChoiceValue<C>, ChoiceInput<C>> {
  const map = new Map(Object.entries(cases));
  const pick = (name: unknown): Codec<unknown, never> => (typeof name === 'string' ? map.get(name) : undefined) ?? otherwise;
  return {
    shape: { is: 'choice', by, cases: map, otherwise },
    decode: (input) => pick(input.target[by]).decode(input) as ChoiceValue<C>,
    encode: (value, output) => pick(output.source[by]).encode(value as never, output),
  };
}

/** A codec that gets only so many bytes of what is left, or all of it: for members of variable size at an end. */
export function rest<T, I>(of: Codec<T, I>): Fixed<T, I> {
  return { size: 0, shape: of.shape, decode: (input) => of.decode(input), encode: (value, output) => of.encode(value, output) };
}
