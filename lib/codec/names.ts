import { ValueError, type Codec, type Fixed, type Input, type Output, type Shape } from './codec.js';
import { u32, u8 } from './scalars.js';

type Names = Readonly<Record<string, number>>;

/** How a list of names is shown in an error: all of a few, the first of many. */
function listed(names: Iterable<string>): string {
  const all = [...names];
  return all.length > 12 ? `${all.slice(0, 12).join(', ')}, ...` : all.join(', ');
}

class Enumeration implements Fixed<string | number> {
  readonly size: number;
  readonly shape: Shape;
  readonly #of: Fixed<number>;
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #accepted: ReadonlyMap<string, number>;
  readonly #low: (string | undefined)[] = [];
  readonly #high = new Map<number, string>();

  constructor(of: Fixed<number>, names: Names, aliases: Names) {
    this.#of = of;
    this.size = of.size;
    this.#numbers = new Map(Object.entries(names));
    this.#accepted = new Map([...this.#numbers, ...Object.entries(aliases)]);
    this.shape = { is: 'enumeration', names: this.#numbers, number: of.shape };
    const low = Array.from<string | undefined>({ length: 256 });
    for (const [name, number] of this.#numbers) {
      if (number >= 0 && number < 256) low[number] ??= name;
      else if (!this.#high.has(number)) this.#high.set(number, name);
    }
    this.#low = low;
  }

  decode(input: Input): string | number {
    const number = this.#of.decode(input);
    return (number >= 0 && number < 256 ? this.#low[number] : this.#high.get(number)) ?? number;
  }

  encode(value: string | number, output: Output): void {
    if (typeof value === 'number') {
      this.#of.encode(value, output);
      return;
    }
    const number = this.#accepted.get(value);
    if (number === undefined) throw new ValueError(`a number or one of ${listed(this.#numbers.keys())}`, value);
    this.#of.encode(number, output);
  }
}

/** Accepts the number or a name; returns the name, or the number where it has none. Aliases are accepted and never returned. */
export function enumeration<const N extends Names, const A extends Names = Record<never, never>>(
  of: Fixed<number>,
  names: N,
  aliases?: A,
): Fixed<Extract<keyof N, string> | number, Extract<keyof N | keyof A, string> | number> {
  return new Enumeration(of, names, aliases ?? {}) as unknown as Fixed<
    Extract<keyof N, string> | number,
    Extract<keyof N | keyof A, string> | number
  >;
}

class Flags implements Fixed<(string | number)[], readonly (string | number)[] | number> {
  readonly size: number;
  readonly shape: Shape;
  readonly #of: Fixed<number>;
  readonly #bits: ReadonlyMap<string, number>;
  readonly #names: (readonly [number, string])[];
  readonly #written: number;
  readonly #largest: number;

  constructor(of: Fixed<number>, bits: Names, reported: number) {
    this.#of = of;
    this.#largest = of.shape.is === 'integer' ? of.shape.maximum : 0;
    this.#written = ~reported;
    this.size = of.size;
    this.#bits = new Map(Object.entries(bits));
    this.#names = Object.entries(bits).map(([name, bit]) => [bit >>> 0, name] as const);
    this.shape = { is: 'flags', names: new Map([...this.#bits].filter(([, bit]) => (bit & reported) === 0)), all: this.#bits };
  }

  decode(input: Input): (string | number)[] {
    return this.names(this.#of.decode(input));
  }

  names(value: number): (string | number)[] {
    const names: (string | number)[] = [];
    let rest = value;
    if (rest === 0) return names;
    for (const [bit, name] of this.#names) {
      if ((rest & bit) >>> 0 !== bit) continue;
      names.push(name);
      rest = (rest & ~bit) >>> 0;
    }
    if (rest !== 0) names.push(rest);
    return names;
  }

  number(value: readonly (string | number)[] | number): number {
    if (typeof value === 'number') return this.#check(value);
    if (!Array.isArray(value)) throw this.#refusal(value);
    let number = 0;
    for (const entry of value as readonly (string | number)[]) {
      const bit = typeof entry === 'number' ? this.#check(entry) : this.#bits.get(entry);
      if (bit === undefined) throw this.#refusal(entry);
      number = (number | bit) >>> 0;
    }
    return number;
  }

  #check(value: number): number {
    if (!Number.isInteger(value) || value < 0 || value > this.#largest) throw this.#refusal(value);
    return value;
  }

  #refusal(value: unknown): ValueError {
    return new ValueError(`a number from 0 to ${this.#largest} or a list of ${listed(this.#bits.keys())}`, value);
  }

  encode(value: readonly (string | number)[] | number, output: Output): void {
    this.#of.encode((this.number(value) & this.#written) >>> 0, output);
  }
}

export interface FlagsCodec<N extends string> extends Fixed<(N | number)[], readonly (N | number)[] | number> {
  /** The names of the bits of a number. */
  names(value: number): (N | number)[];
  /** The number of a list of names. */
  number(value: readonly (N | number)[] | number): number;
}

/**
 * A set of bits: a list of names, and one number for the bits without a name. Also accepts the whole number. Bits that only the kernel
 * sets (`reported`) are ignored when they are written.
 */
export function flags<const N extends Names>(of: Fixed<number>, bits: N, reported = 0): FlagsCodec<Extract<keyof N, string>> {
  return new Flags(of, bits, reported) as unknown as FlagsCodec<Extract<keyof N, string>>;
}

/** A set of bits as it is read, also those bits that are ignored when they are written. Throws as encode() does. */
export function flagsAsRead(codec: Codec<unknown, never>, value: unknown): unknown {
  return codec instanceof Flags ? codec.names(codec.number(value as readonly (string | number)[] | number)) : value;
}

export type Switches<N extends string> = { [K in N]?: boolean };
export type SwitchesInput<N extends string> = { readonly [K in N]?: boolean | undefined };

function readSwitches(names: readonly (readonly [string, number])[], value: number, mask: number): Record<string, boolean> {
  const switches: Record<string, boolean> = {};
  for (const [name, bit] of names) if ((mask & bit) !== 0) switches[name] = (value & bit) !== 0;
  return switches;
}

function writeSwitches(bits: ReadonlyMap<string, number>, value: unknown): { number: number; mask: number } {
  if (value === null || typeof value !== 'object') throw new ValueError(`an object of ${listed(bits.keys())}`, value);
  let number = 0;
  let mask = 0;
  for (const [name, on] of Object.entries(value)) {
    if (on === undefined) continue;
    const bit = bits.get(name);
    if (bit === undefined) throw new ValueError(`an object of ${listed(bits.keys())}`, name);
    if (typeof on !== 'boolean') throw new ValueError('true or false', on, name);
    mask = (mask | bit) >>> 0;
    if (on) number = (number | bit) >>> 0;
  }
  return { number, mask };
}

function switchesCodec(
  bits: Names,
  read: (input: Input) => { value: number; mask: number },
  write: (number: number, mask: number, output: Output) => void,
  size: number,
) {
  const map: ReadonlyMap<string, number> = new Map(Object.entries(bits));
  const names = [...map];
  return {
    size,
    shape: { is: 'switches', names: map },
    decode(input: Input) {
      const { value, mask } = read(input);
      return readSwitches(names, value, mask);
    },
    encode(value: unknown, output: Output) {
      const { number, mask } = writeSwitches(map, value);
      write(number, mask, output);
    },
  };
}

/** A set of bits as an object of booleans; what is not given is off. */
export function switches<const N extends Names>(
  of: Fixed<number>,
  bits: N,
): Fixed<Switches<Extract<keyof N, string>>, SwitchesInput<Extract<keyof N, string>>> {
  const codec = switchesCodec(
    bits,
    (input) => ({ value: of.decode(input), mask: 0xffffffff }),
    (number, _mask, output) => of.encode(number, output),
    of.size,
  );
  return codec as unknown as Fixed<Switches<Extract<keyof N, string>>, SwitchesInput<Extract<keyof N, string>>>;
}

/**
 * A value and a mask of what it changes, u32 each, as an object of booleans: only what is given changes. The order on the wire differs
 * between formats: 'value first' (struct ifla_vlan_flags, nla_bitfield32) or 'mask first'.
 * Reported are the bits of the mask; all of them where it is empty, since some kernels report none.
 */
export function maskedSwitches<const N extends Names>(
  bits: N,
  order: 'value first' | 'mask first' = 'value first',
): Fixed<Switches<Extract<keyof N, string>>, SwitchesInput<Extract<keyof N, string>>> {
  const codec = switchesCodec(
    bits,
    (input) => {
      const first = u32.decode(input);
      const second = u32.decode(input);
      const mask = order === 'value first' ? second : first;
      return { value: order === 'value first' ? first : second, mask: mask === 0 ? 0xffffffff : mask };
    },
    (number, mask, output) => {
      u32.encode(order === 'value first' ? number : mask, output);
      u32.encode(order === 'value first' ? mask : number, output);
    },
    8,
  );
  return codec as unknown as Fixed<Switches<Extract<keyof N, string>>, SwitchesInput<Extract<keyof N, string>>>;
}

/** A choice of names for what the kernel keeps as text: the name as it is. Unlike enumeration(), the wire has the text. */
export function oneOf<const N extends string>(of: Codec<string>, names: readonly N[]): Codec<N | (string & Record<never, never>), string> {
  return {
    shape: { is: 'converted', of: of.shape, samples: names },
    decode: (input) => of.decode(input),
    encode: (value, output) => of.encode(value, output),
  };
}

const families = {
  unspecified: 0,
  unix: 1,
  ipv4: 2,
  bridge: 7,
  ipv6: 10,
  netlink: 16,
  packet: 17,
  can: 29,
  mpls: 28,
  vsock: 40,
  qipcrtr: 42,
  mctp: 45,
  ipmr: 128,
  ip6mr: 129,
} as const;
const familyAliases = { inet: 2, inet6: 10, ip: 2, ip6: 10, unspec: 0, any: 0 } as const;

export type FamilyName = keyof typeof families;

/** An address family in one byte: 'ipv4', 'ipv6', 'bridge', ...; 'inet' and 'inet6' are accepted, too. */
export const addressFamily: Fixed<FamilyName | number, FamilyName | keyof typeof familyAliases | number> = enumeration(
  u8,
  families,
  familyAliases,
);

/** The number of a family that a value to be encoded has; 0 where it has none. Throws for what is none: it must not be taken for another. */
export function givenFamily(value: unknown): number {
  if (value === undefined || value === 0) return 0;
  // The two that nearly all have.
  if (value === 'ipv4') return 2;
  if (value === 'ipv6') return 10;
  const number = familyNumber(value);
  const isName = typeof value === 'string' && (Object.hasOwn(families, value) || Object.hasOwn(familyAliases, value));
  if (isName || (typeof value === 'number' && Number.isInteger(number) && number > 0 && number <= 255)) return number;
  throw new ValueError(`a number from 0 to 255 or one of ${listed(Object.keys(families))}`, value);
}

/** The number of a family that is given by name or number; 0 for what is none. */
export function familyNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  if (value === 'ipv4') return 2;
  if (value === 'ipv6') return 10;
  if (typeof value !== 'string') return 0;
  if (Object.hasOwn(families, value)) return families[value as FamilyName];
  return Object.hasOwn(familyAliases, value) ? familyAliases[value as keyof typeof familyAliases] : 0;
}
