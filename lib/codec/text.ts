import { ValueError, type Codec, type Fixed, type Input, type Output } from './codec.js';
import { bytesOfHex } from './json.js';

const decoder = new TextDecoder('utf-8');
const encoder = new TextEncoder();

function textOf(bytes: Uint8Array, from: number, to: number): string {
  let end = from;
  let text = '';
  // Names are short and ASCII: a loop beats the decoder's call up to some dozens of bytes.
  for (; end < to; end++) {
    const byte = bytes[end] ?? 0;
    if (byte === 0) return text;
    if (byte > 0x7f || end - from > 48) break;
    text += String.fromCharCode(byte);
  }
  if (end === to) return text;
  const zero = bytes.subarray(0, to).indexOf(0, end);
  return decoder.decode(bytes.subarray(from, zero === -1 ? to : zero));
}

function put(value: unknown, maximum: number, output: Output, terminator: number): void {
  if (typeof value !== 'string') throw new ValueError('a string', value);
  if (value.includes('\0')) throw new ValueError('a string without zero characters', value);
  output.reserve(value.length * 3 + terminator);
  const { written } = encoder.encodeInto(value, output.bytes.subarray(output.position));
  if (written > maximum) throw new ValueError(`a string of at most ${maximum} bytes`, value);
  output.position += written;
}

/** Text that ends at the first zero byte or with the attribute; written with a zero byte. `maximum` is in bytes, without it. */
export function string(maximum = 4096): Codec<string> {
  return {
    shape: { is: 'text', maximum },
    decode(input: Input) {
      const text = textOf(input.bytes, input.position, input.end);
      input.position = input.end;
      return text;
    },
    encode(value, output) {
      put(value, maximum, output, 1);
      output.bytes[output.position++] = 0;
    },
  };
}

/** The name of a link: 15 bytes (IFNAMSIZ). */
export const linkName: Codec<string> = string(15);

/** Text without a zero byte at its end, as a few attributes want it. */
export function unterminated(maximum = 4096): Codec<string> {
  return { ...string(maximum), encode: (value, output) => put(value, maximum, output, 0) };
}

/** Text in a member of fixed size, filled up with zero bytes. */
export function fixedString(size: number): Fixed<string> {
  return {
    size,
    shape: { is: 'text', maximum: size - 1 },
    decode(input) {
      input.need(size);
      const text = textOf(input.bytes, input.position, input.position + size);
      input.position += size;
      return text;
    },
    encode(value, output) {
      const end = output.position + size;
      put(value, size - 1, output, 1);
      output.zero(end - output.position);
    },
  };
}

function octets(value: unknown, length: number | undefined): Uint8Array {
  const given = bytesOfHex(value) ?? value;
  if (!(given instanceof Uint8Array) || (length !== undefined && given.length !== length)) {
    throw new ValueError(length === undefined ? 'a Uint8Array' : `a Uint8Array of ${length} bytes`, value);
  }
  return given;
}

/** Bytes as they are, copied. Given as hexadecimal text as well, which is what JSON has of them. */
export const bytes: Codec<Uint8Array, Uint8Array | string> = {
  shape: { is: 'bytes', length: undefined },
  decode(input) {
    const copy = input.bytes.slice(input.position, input.end);
    input.needsJson = true;
    input.position = input.end;
    return copy;
  },
  encode(value, output) {
    const from = octets(value, undefined);
    output.reserve(from.length);
    output.bytes.set(from, output.position);
    output.position += from.length;
  },
};

/** A fixed number of bytes. */
export function fixedBytes(size: number): Fixed<Uint8Array, Uint8Array | string> {
  return {
    size,
    shape: { is: 'bytes', length: size },
    decode(input) {
      input.need(size);
      const copy = input.bytes.slice(input.position, input.position + size);
      input.needsJson = true;
      input.position += size;
      return copy;
    },
    encode(value, output) {
      const from = octets(value, size);
      output.reserve(size);
      output.bytes.set(from, output.position);
      output.position += size;
    },
  };
}
