import { checkBytes, checkText } from '../arguments.js';
import { BigEndian, checkUint, nativeEndian } from './byte-order.js';

/*
 * The bytes of an attribute's payload from a value. Integers out of range throw NETLANE_INVALID_ARGUMENT: Go's compiler refuses them.
 */

/** One byte. @param v 0 to 255. */
export function uint8Attr(v: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(checkUint('v', v, 8));
}

/** Two bytes in the machine's order. @param v 0 to 65535. */
export function uint16Attr(v: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(2);
  nativeEndian().putUint16(bytes, v);
  return bytes;
}

/** Two bytes in the network's order. @param v 0 to 65535. */
export function beUint16Attr(v: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(2);
  BigEndian.putUint16(bytes, v);
  return bytes;
}

/** Four bytes in the machine's order. @param v 0 to 2^32-1. */
export function uint32Attr(v: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4);
  nativeEndian().putUint32(bytes, v);
  return bytes;
}

/** Four bytes in the network's order. @param v 0 to 2^32-1. */
export function beUint32Attr(v: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4);
  BigEndian.putUint32(bytes, v);
  return bytes;
}

/** Eight bytes in the machine's order. @param v 0 to 2^64-1, a number only up to 2^53-1. */
export function uint64Attr(v: bigint | number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(8);
  nativeEndian().putUint64(bytes, v);
  return bytes;
}

/** Eight bytes in the network's order. @param v 0 to 2^64-1, a number only up to 2^53-1. */
export function beUint64Attr(v: bigint | number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(8);
  BigEndian.putUint64(bytes, v);
  return bytes;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The UTF-8 bytes of the text and a NUL: what the kernel calls NLA_NUL_STRING (names of links). */
export function zeroTerminated(s: string): Uint8Array<ArrayBuffer> {
  checkText('s', s);
  const text = encoder.encode(s);
  const bytes = new Uint8Array(text.length + 1);
  bytes.set(text);
  return bytes;
}

/** The UTF-8 bytes of the text, without a NUL: what the kernel calls NLA_STRING (kinds of links). */
export function nonZeroTerminated(s: string): Uint8Array<ArrayBuffer> {
  checkText('s', s);
  return encoder.encode(s);
}

/**
 * The text before the first NUL; all of it where there is none (the ancestor panics then). Bytes that are not UTF-8 become U+FFFD,
 * where Go keeps them: compare the bytes themselves if that matters.
 */
export function bytesToString(b: Uint8Array): string {
  checkBytes('b', b);
  const end = b.indexOf(0);
  return decoder.decode(end === -1 ? b : b.subarray(0, end));
}
