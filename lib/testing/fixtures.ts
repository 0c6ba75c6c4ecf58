import { checkBytes, checkInteger, isObject } from '../arguments.js';
import { invalidArgument } from '../errors.js';
import { LITTLE_ENDIAN, NLA_HDRLEN, NLMSG_HDRLEN } from '../netlink/constants.js';
import { writeHeader } from '../netlink/message.js';

/** A message before it has bytes. What is left out is 0 or empty. */
export interface MessageFields {
  /** nlmsg_type, 0 to 65535. */
  readonly type: number;
  /** nlmsg_flags (NLM_F_*). */
  readonly flags?: number | undefined;
  /** nlmsg_seq. */
  readonly sequence?: number | undefined;
  /** nlmsg_pid. */
  readonly port?: number | undefined;
  /** What follows the header; several pieces are put behind each other, each padded to 4 bytes. */
  readonly body?: Uint8Array | readonly Uint8Array[] | undefined;
}

/** A message taken apart; `bytes` and `body` are views of what was given, not copies. */
export interface ParsedMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly port: number;
  readonly body: Uint8Array<ArrayBuffer>;
  /** Header and body, without padding. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

function padded(length: number): number {
  return (length + 3) & ~3;
}

/** Puts byte arrays behind each other, each padded with zeros to 4 bytes. */
export function concatenate(...pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  for (const piece of pieces) checkBytes('piece', piece);
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + padded(piece.length), 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += padded(piece.length);
  }
  return whole;
}

/**
 * One netlink message (struct nlmsghdr and what follows), with the length in its header right and no padding behind it.
 * @throws NETLANE_INVALID_ARGUMENT where the type or the flags do not fit 16 bits.
 */
export function buildMessage(fields: MessageFields): Uint8Array<ArrayBuffer> {
  if (!isObject(fields)) throw invalidArgument('fields', 'an object { type, flags, sequence, port, body }', fields);
  const { type, flags = 0, sequence = 0, port = 0, body = [] } = fields;
  checkInteger('type', type, 0, 0xffff);
  checkInteger('flags', flags, 0, 0xffff);
  if (!(body instanceof Uint8Array) && !Array.isArray(body)) throw invalidArgument('body', 'a Uint8Array, or an array of them', body);
  const content = body instanceof Uint8Array ? body : concatenate(...(body as readonly Uint8Array[]));
  const bytes = new Uint8Array(NLMSG_HDRLEN + content.length);
  writeHeader(new DataView(bytes.buffer), 0, { length: bytes.length, type, flags, sequence, port });
  bytes.set(content, NLMSG_HDRLEN);
  return bytes;
}

/** The messages in a datagram, up to the first one whose length cannot be right (as the kernel reads what it is sent). */
export function parseMessages(bytes: Uint8Array<ArrayBuffer>): ParsedMessage[] {
  checkBytes('bytes', bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const messages: ParsedMessage[] = [];
  let at = 0;
  while (at + NLMSG_HDRLEN <= bytes.length) {
    const length = view.getUint32(at, LITTLE_ENDIAN);
    if (length < NLMSG_HDRLEN || length > bytes.length - at) break;
    messages.push({
      type: view.getUint16(at + 4, LITTLE_ENDIAN),
      flags: view.getUint16(at + 6, LITTLE_ENDIAN),
      sequence: view.getUint32(at + 8, LITTLE_ENDIAN),
      port: view.getUint32(at + 12, LITTLE_ENDIAN),
      body: bytes.subarray(at + NLMSG_HDRLEN, at + length),
      bytes: bytes.subarray(at, at + length),
    });
    at += padded(length);
  }
  return messages;
}

/**
 * One attribute (struct nlattr), its end padded to 4 bytes. The payload is bytes, or text, which gets a NUL at its end.
 * @throws NETLANE_INVALID_ARGUMENT where the type or the length do not fit 16 bits.
 */
export function attribute(type: number, payload: Uint8Array | string = new Uint8Array()): Uint8Array<ArrayBuffer> {
  checkInteger('type', type, 0, 0xffff);
  const content: unknown = typeof payload === 'string' ? new TextEncoder().encode(`${payload}\0`) : payload;
  if (!(content instanceof Uint8Array)) throw invalidArgument('payload', 'a Uint8Array, or text', payload);
  const length = NLA_HDRLEN + content.length;
  if (length > 0xffff) throw invalidArgument('payload', 'at most 65531 bytes', content);
  const bytes = new Uint8Array(padded(length));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, length, LITTLE_ENDIAN);
  view.setUint16(2, type, LITTLE_ENDIAN);
  bytes.set(content, NLA_HDRLEN);
  return bytes;
}

/** An attribute whose payload is attributes. NLA_F_NESTED is set, as of what new user land sends. */
export function nest(type: number, ...children: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  checkInteger('type', type, 0, 0xffff);
  return attribute(type | 0x8000, concatenate(...children));
}

/** A number of 1 byte. */
export function u8(value: number): Uint8Array<ArrayBuffer> {
  checkInteger('value', value, -0x80, 0xff);
  return new Uint8Array([value]);
}

/** A number of 2 bytes in the machine's byte order. */
export function u16(value: number): Uint8Array<ArrayBuffer> {
  checkInteger('value', value, -0x8000, 0xffff);
  const bytes = new Uint8Array(2);
  new DataView(bytes.buffer).setUint16(0, value, LITTLE_ENDIAN);
  return bytes;
}

/** A number of 4 bytes in the machine's byte order; negative ones are taken, too. */
export function u32(value: number): Uint8Array<ArrayBuffer> {
  checkInteger('value', value, -0x8000_0000, 0xffff_ffff);
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, LITTLE_ENDIAN);
  return bytes;
}

/** A number of 8 bytes in the machine's byte order; negative ones are taken, too. */
export function u64(value: bigint): Uint8Array<ArrayBuffer> {
  if (typeof value !== 'bigint') throw invalidArgument('value', 'a bigint', value);
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, value), LITTLE_ENDIAN);
  return bytes;
}
