import { ValueError, type Codec, type Fixed, type Input, type Output, type Shape } from './codec.js';

/** Whether this machine, and so the kernel's netlink, is little-endian. */
export const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

declare const counted: unique symbol;

/** A number that counts 64 bits: exact to 2^53; with `bigint: true` a client returns bigint in its place. Only types have the mark. */
export type Counter = number & { readonly [counted]: true };

/** An integer of 64 bits as it may be given: also as decimal text, which is what JSON has of a bigint. */
export type Integer64 = number | bigint | `${bigint}`;

/** A value as a client with `bigint: true` gives it. */
export type WithBigint<T> = T extends Counter
  ? bigint
  : T extends Uint8Array
    ? T
    : T extends object
      ? { [K in keyof T]: WithBigint<T[K]> }
      : T;

/** What counters are: numbers, or bigint. */
export type Counting = 'number' | 'bigint';
interface Countings<T> {
  readonly number: T;
  readonly bigint: WithBigint<T>;
}
/** A value as a client gives it that counts in numbers, or in bigint. */
export type Counted<T, C extends Counting> = Countings<T>[C];

class Unsigned8 implements Fixed<number> {
  readonly size = 1;
  readonly shape: Shape = { is: 'integer', minimum: 0, maximum: 0xff };

  decode(input: Input): number {
    input.need(1);
    return input.bytes[input.position++] ?? 0;
  }

  encode(value: number, output: Output): void {
    if (!Number.isInteger(value) || value < 0 || value > 0xff) throw new ValueError('an integer from 0 to 255', value);
    output.reserve(1);
    output.bytes[output.position++] = value;
  }
}

class Unsigned16 implements Fixed<number> {
  readonly size = 2;
  readonly shape: Shape = { is: 'integer', minimum: 0, maximum: 0xffff };
  readonly #little: boolean;

  constructor(little: boolean) {
    this.#little = little;
  }

  decode(input: Input): number {
    input.need(2);
    const value = input.view.getUint16(input.position, this.#little);
    input.position += 2;
    return value;
  }

  encode(value: number, output: Output): void {
    if (!Number.isInteger(value) || value < 0 || value > 0xffff) throw new ValueError('an integer from 0 to 65535', value);
    output.reserve(2);
    output.view.setUint16(output.position, value, this.#little);
    output.position += 2;
  }
}

class Unsigned32 implements Fixed<number> {
  readonly size = 4;
  readonly shape: Shape = { is: 'integer', minimum: 0, maximum: 0xffffffff };
  readonly #little: boolean;

  constructor(little: boolean) {
    this.#little = little;
  }

  decode(input: Input): number {
    input.need(4);
    const value = input.view.getUint32(input.position, this.#little);
    input.position += 4;
    return value;
  }

  encode(value: number, output: Output): void {
    if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) throw new ValueError('an integer from 0 to 4294967295', value);
    output.reserve(4);
    output.view.setUint32(output.position, value, this.#little);
    output.position += 4;
  }
}

class Signed implements Fixed<number> {
  readonly size: 1 | 2 | 4;
  readonly shape: Shape & { is: 'integer' };
  readonly #little: boolean;

  constructor(size: 1 | 2 | 4, little: boolean) {
    this.size = size;
    const half = 2 ** (size * 8 - 1);
    this.shape = { is: 'integer', minimum: -half, maximum: half - 1 };
    this.#little = little;
  }

  decode(input: Input): number {
    input.need(this.size);
    const at = input.position;
    input.position += this.size;
    if (this.size === 4) return input.view.getInt32(at, this.#little);
    return this.size === 2 ? input.view.getInt16(at, this.#little) : input.view.getInt8(at);
  }

  encode(value: number, output: Output): void {
    const { minimum, maximum } = this.shape;
    if (!Number.isInteger(value) || value < minimum || value > maximum)
      throw new ValueError(`an integer from ${minimum} to ${maximum}`, value);
    output.reserve(this.size);
    if (this.size === 4) output.view.setInt32(output.position, value, this.#little);
    else if (this.size === 2) output.view.setInt16(output.position, value, this.#little);
    else output.view.setInt8(output.position, value);
    output.position += this.size;
  }
}

/** A count of 64 bits: a number, or bigint when the input says so. */
class Counter64 implements Fixed<Counter, Integer64> {
  readonly size = 8;
  readonly shape: Shape = { is: 'counter' };
  readonly #little: boolean;

  constructor(little: boolean) {
    this.#little = little;
  }

  decode(input: Input): Counter {
    input.need(8);
    const at = input.position;
    input.position += 8;
    // The declared type is that of the usual case; a client that asks for bigint says so in its own types.
    if (input.bigint) {
      input.needsJson = true;
      return input.view.getBigUint64(at, this.#little) as unknown as Counter;
    }
    const first = input.view.getUint32(at, this.#little);
    const second = input.view.getUint32(at + 4, this.#little);
    const high = this.#little ? second : first;
    const low = this.#little ? first : second;
    // Most counts are small: no floating point for those.
    return (high === 0 ? low : high * 0x1_0000_0000 + low) as Counter;
  }

  encode(value: Integer64, output: Output): void {
    output.reserve(8);
    output.view.setBigUint64(output.position, exact(value, 0n, 0xffff_ffff_ffff_ffffn), this.#little);
    output.position += 8;
  }
}

/** Identifiers, masks and times of 64 bits: always bigint. */
class Big implements Fixed<bigint, Integer64> {
  readonly size = 8;
  readonly shape: Shape & { is: 'bigint' };
  readonly #little: boolean;

  constructor(signed: boolean, little: boolean) {
    this.shape = signed
      ? { is: 'bigint', minimum: -(2n ** 63n), maximum: 2n ** 63n - 1n }
      : { is: 'bigint', minimum: 0n, maximum: 2n ** 64n - 1n };
    this.#little = little;
  }

  decode(input: Input): bigint {
    input.need(8);
    const at = input.position;
    input.position += 8;
    input.needsJson = true;
    return this.shape.minimum < 0n ? input.view.getBigInt64(at, this.#little) : input.view.getBigUint64(at, this.#little);
  }

  encode(value: Integer64, output: Output): void {
    output.reserve(8);
    output.view.setBigUint64(output.position, BigInt.asUintN(64, exact(value, this.shape.minimum, this.shape.maximum)), this.#little);
    output.position += 8;
  }
}

function exact(value: unknown, minimum: bigint, maximum: bigint): bigint {
  const isWritten = typeof value === 'string' && /^-?\d{1,20}$/.test(value);
  const integer = isWritten || (typeof value === 'number' && Number.isInteger(value)) ? BigInt(value) : value;
  if (typeof integer !== 'bigint' || integer < minimum || integer > maximum)
    throw new ValueError(`an integer from ${minimum} to ${maximum}`, value);
  return integer;
}

/** Unsigned integers in the machine's byte order; the be ones are in network byte order. */
export const u8: Fixed<number> = new Unsigned8();
export const u16: Fixed<number> = new Unsigned16(littleEndian);
export const u32: Fixed<number> = new Unsigned32(littleEndian);
export const u16be: Fixed<number> = new Unsigned16(false);
export const u32be: Fixed<number> = new Unsigned32(false);
/** For the few formats that are little-endian on every machine. */
export const u16le: Fixed<number> = new Unsigned16(true);
export const u32le: Fixed<number> = new Unsigned32(true);
export const s8: Fixed<number> = new Signed(1, littleEndian);
export const s16: Fixed<number> = new Signed(2, littleEndian);
export const s32: Fixed<number> = new Signed(4, littleEndian);
export const s16be: Fixed<number> = new Signed(2, false);
export const s32be: Fixed<number> = new Signed(4, false);
/** Counters. */
export const counter64: Fixed<Counter, Integer64> = new Counter64(littleEndian);
export const counter64be: Fixed<Counter, Integer64> = new Counter64(false);
/** A counter of 4 or 8 bytes, as many as it needs (NLA_UINT, Linux 6.7). */
export const counter: Codec<Counter, Integer64> = {
  shape: counter64.shape,
  decode(input) {
    if (input.end - input.position >= 8) return counter64.decode(input);
    const value = u32.decode(input);
    if (!input.bigint) return value as Counter;
    input.needsJson = true;
    return BigInt(value) as unknown as Counter;
  },
  encode(value, output) {
    const integer = exact(value, 0n, 0xffff_ffff_ffff_ffffn);
    if (integer <= 0xffffffffn) u32.encode(Number(integer), output);
    else counter64.encode(integer, output);
  },
};
/** Identifiers, masks, nanoseconds. */
export const u64: Fixed<bigint, Integer64> = new Big(false, littleEndian);
export const u64be: Fixed<bigint, Integer64> = new Big(false, false);
export const u64le: Fixed<bigint, Integer64> = new Big(false, true);
export const s64: Fixed<bigint, Integer64> = new Big(true, littleEndian);
export const s64be: Fixed<bigint, Integer64> = new Big(true, false);

/** An integer that is no 0 or 1 only by its size: on or off. Any other number than 0 is read as true. */
export function boolean(of: Fixed<number>): Fixed<boolean> {
  return {
    size: of.size,
    shape: { is: 'boolean' },
    decode: (input) => of.decode(input) !== 0,
    encode(value, output) {
      if (typeof value !== 'boolean') throw new ValueError('true or false', value);
      of.encode(value ? 1 : 0, output);
    },
  };
}

/** On or off in one byte, as most switches of netlink are. */
export const switch8: Fixed<boolean> = boolean(u8);
export const switch16: Fixed<boolean> = boolean(u16);
export const switch32: Fixed<boolean> = boolean(u32);

/** An attribute without content: true when it is there; encode leaves it out for false (NLA_FLAG). */
export const presence: Fixed<boolean> = {
  size: 0,
  shape: { is: 'presence' },
  decode: () => true,
  encode(value) {
    if (typeof value !== 'boolean') throw new ValueError('true or false', value);
  },
};

/** The smallest integer of a kind may be narrower than its bits: 1 to 4094. */
export function range(of: Fixed<number>, minimum: number, maximum: number): Fixed<number> {
  return {
    size: of.size,
    // Decoding does not check: what the kernel has, it has.
    shape: { is: 'integer', minimum, maximum },
    decode: (input) => of.decode(input),
    encode(value, output) {
      if (!Number.isInteger(value) || value < minimum || value > maximum)
        throw new ValueError(`an integer from ${minimum} to ${maximum}`, value);
      of.encode(value, output);
    },
  };
}

/**
 * A value in other terms than the wire's: `from` reads, `to` writes. The samples are in the form that `from` returns, and feed the
 * generated tests; `to` throws ValueError for what it does not take.
 */
export function converted<W, X, T, I = T>(
  of: Fixed<W, X>,
  conversion: { readonly from: (wire: W) => T; readonly to: (value: I) => X; readonly samples: readonly T[] },
): Fixed<T, I> {
  return {
    size: of.size,
    shape: { is: 'converted', of: of.shape, samples: conversion.samples },
    decode: (input) => conversion.from(of.decode(input)),
    encode: (value, output) => of.encode(conversion.to(value), output),
  };
}
