import type { Codec, Output } from './codec.js';
import { NetlaneError } from '../errors.js';
import { littleEndian } from './scalars.js';

/** Attribute types carry two flag bits (NLA_F_NESTED, NLA_F_NET_BYTEORDER). */
export const typeMask = 0x3fff;
export const nestedFlag = 0x8000;
export const byteOrderFlag = 0x4000;

/** Begins an attribute: leaves room for its header and returns where it is. */
export function open(output: Output): number {
  const start = output.position;
  output.reserve(4);
  output.position = start + 4;
  return start;
}

/** Ends the attribute that began there, and pads it. */
export function close(start: number, wireType: number, output: Output): void {
  const length = output.position - start;
  if (length > 0xffff)
    throw new NetlaneError('NETLANE_MESSAGE_TOO_LONG', `an attribute of ${length} bytes; 65535 is the most that one can have`);
  output.view.setUint16(start, length, littleEndian);
  output.view.setUint16(start + 2, wireType, littleEndian);
  const over = length & 3;
  if (over !== 0) output.zero(4 - over);
}

/** Writes an attribute: for derived fields. */
export function putAttribute<I>(type: number, codec: Codec<unknown, I>, value: I, output: Output): void {
  const start = open(output);
  codec.encode(value, output);
  close(start, type, output);
}
