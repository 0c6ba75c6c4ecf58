import { frameHeader } from '../../../lib/native.js';

export interface Frame {
  readonly port: number;
  readonly groups: number;
  readonly group: number;
  readonly nsid: number;
  readonly flags: number;
  readonly bytes: Uint8Array;
}

/** Copies of the frames between two offsets of a slab. */
export function framesIn(slab: ArrayBuffer, start: number, end: number): Frame[] {
  const view = new DataView(slab);
  const frames: Frame[] = [];
  for (let at = start; at < end;) {
    const length = view.getUint32(at + frameHeader.length, true);
    const body = at + frameHeader.size;
    if (body + length > end) throw new Error(`the frame at ${at} goes on behind the end: ${length} bytes, end ${end}`);
    frames.push({
      port: view.getUint32(at + frameHeader.port, true),
      groups: view.getUint32(at + frameHeader.groups, true),
      group: view.getUint32(at + frameHeader.group, true),
      nsid: view.getInt32(at + frameHeader.nsid, true),
      flags: view.getUint32(at + frameHeader.flags, true),
      bytes: new Uint8Array(slab.slice(body, body + length)),
    });
    at = Math.min(body + ((length + 7) & ~7), end);
  }
  return frames;
}

/** Bytes that tell where they came from: each datagram differs from every other, each byte from its neighbours. */
export function pattern(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + seed * 17 + (index >> 8)) & 0xff);
}

/** A netlink message: header and body, padded to 4. */
export function message(type: number, flags: number, sequence: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16 + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, flags, true);
  view.setUint32(8, sequence, true);
  bytes.set(body, 16);
  return bytes;
}

/** An attribute of netlink, padded to 4. */
export function attribute(type: number, ...values: readonly Uint8Array[]): Uint8Array {
  const value = concat(...values);
  const bytes = new Uint8Array(4 + ((value.length + 3) & ~3));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 4 + value.length, true);
  view.setUint16(2, type, true);
  bytes.set(value, 4);
  return bytes;
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

export const u16 = (value: number): Uint8Array => new Uint8Array(Uint16Array.of(value).buffer);
export const i32 = (value: number): Uint8Array => new Uint8Array(Int32Array.of(value).buffer);
export const u32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
export const text = (value: string): Uint8Array => new TextEncoder().encode(`${value}\0`);
