import { checkBytes } from '../arguments.js';
import { DecodeError, invalidArgument } from '../errors.js';
import { LITTLE_ENDIAN } from '../netlink/constants.js';

/** Reads and writes unsigned integers of one byte order, at the start of the given bytes. */
export interface ByteOrder {
  /** 'LittleEndian' or 'BigEndian'. */
  readonly name: 'LittleEndian' | 'BigEndian';
  /** @throws DecodeError when there are fewer than 2 bytes; so do the others for 4 and 8. */
  uint16(bytes: Uint8Array): number;
  uint32(bytes: Uint8Array): number;
  uint64(bytes: Uint8Array): bigint;
  /** @throws NETLANE_INVALID_ARGUMENT for a value out of range, and when there is no room. */
  putUint16(bytes: Uint8Array, value: number): void;
  putUint32(bytes: Uint8Array, value: number): void;
  putUint64(bytes: Uint8Array, value: bigint | number): void;
}

/** A view of exactly these bytes, wherever they lie in their buffer. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The view to read `size` bytes of `what` from. */
export function readView(what: string, bytes: Uint8Array, size: number): DataView {
  checkBytes('bytes', bytes);
  if (bytes.byteLength < size) {
    throw new DecodeError(`${size} bytes are needed, there are ${bytes.byteLength}`, { path: what, offset: 0, bytes });
  }
  return viewOf(bytes);
}

function writeView(bytes: Uint8Array, size: number): DataView {
  checkBytes('bytes', bytes);
  if (bytes.byteLength < size) throw invalidArgument('bytes', `at least ${size} bytes long`, bytes.byteLength);
  return viewOf(bytes);
}

/** Refuses what does not fit in an unsigned integer of `bits` bits (up to 32): a silently cut value is a wrong request. */
export function checkUint(name: string, value: number, bits: 8 | 16 | 32): number {
  const maximum = 2 ** bits - 1;
  if (!Number.isInteger(value) || value < 0 || value > maximum) throw invalidArgument(name, `an integer from 0 to ${maximum}`, value);
  return value;
}

/** As checkUint, for 64 bits: a bigint, or a number that is still exact. */
export function checkUint64(name: string, value: bigint | number): bigint {
  const exact = typeof value === 'bigint' || Number.isSafeInteger(value);
  const big = exact ? BigInt(value) : -1n;
  if (big < 0n || big > 0xffff_ffff_ffff_ffffn) throw invalidArgument(name, 'a bigint or safe integer from 0 to 2^64-1', value);
  return big;
}

function byteOrder(name: ByteOrder['name'], little: boolean): ByteOrder {
  return Object.freeze({
    name,
    uint16: (bytes: Uint8Array) => readView('uint16', bytes, 2).getUint16(0, little),
    uint32: (bytes: Uint8Array) => readView('uint32', bytes, 4).getUint32(0, little),
    uint64: (bytes: Uint8Array) => readView('uint64', bytes, 8).getBigUint64(0, little),
    putUint16: (bytes: Uint8Array, value: number) => writeView(bytes, 2).setUint16(0, checkUint('value', value, 16), little),
    putUint32: (bytes: Uint8Array, value: number) => writeView(bytes, 4).setUint32(0, checkUint('value', value, 32), little),
    putUint64: (bytes: Uint8Array, value: bigint | number) => writeView(bytes, 8).setBigUint64(0, checkUint64('value', value), little),
  });
}

/** Whether this machine keeps the low byte first; netlink headers and most attributes are in the machine's order. */
export const littleEndian = LITTLE_ENDIAN;

export const LittleEndian = byteOrder('LittleEndian', true);
export const BigEndian = byteOrder('BigEndian', false);

/** The byte order of this machine: the one of netlink's headers, and of every attribute not marked NLA_F_NET_BYTEORDER. */
export function nativeEndian(): ByteOrder {
  return littleEndian ? LittleEndian : BigEndian;
}

/** Between the machine's order and the network's (htons): a byte swap, unless the machine is big-endian. @param i 0 to 65535. */
export function swap16(i: number): number {
  checkUint('i', i, 16);
  return littleEndian ? ((i & 0xff) << 8) | (i >>> 8) : i;
}

/** Between the machine's order and the network's (htonl): a byte swap, unless the machine is big-endian. @param i 0 to 2^32-1. */
export function swap32(i: number): number {
  checkUint('i', i, 32);
  if (!littleEndian) return i;
  return (((i & 0xff) << 24) | ((i & 0xff00) << 8) | ((i >>> 8) & 0xff00) | (i >>> 24)) >>> 0;
}
