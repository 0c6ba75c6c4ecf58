import { ValueError, type Codec, type Fixed, type Input, type Output } from './codec.js';

/** Address families, as the kernel numbers them (AF_INET and so on). */
export const family = { unspecified: 0, ipv4: 2, bridge: 7, ipv6: 10, packet: 17, mpls: 28 } as const;

const hex: readonly string[] = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, '0'));
// '1.2.' and '3.4' by their 16 bits, made when first needed: most of an address is in few networks.
const upper = nothingYet(65536);
const lower = nothingYet(65536);
// '3.4/32' by its 16 bits and '3.0/24' by length and byte: what is put together of two pieces is half of what three take.
const hosts = nothingYet(65536);
const networks = nothingYet(33 * 256);

/** Room for so many texts. Array.from() would take 2 ms for the larger ones, which whoever imports this waits for. */
function nothingYet(length: number): (string | undefined)[] {
  const texts: (string | undefined)[] = [];
  texts.length = length;
  return texts.fill(undefined);
}

/** The text of four bytes: '10.0.0.1'. */
export function formatIpv4(bytes: Uint8Array, at: number): string {
  const a = bytes[at] ?? 0;
  const b = bytes[at + 1] ?? 0;
  const c = bytes[at + 2] ?? 0;
  const d = bytes[at + 3] ?? 0;
  const high = (a << 8) | b;
  const low = (c << 8) | d;
  return (upper[high] ??= `${a}.${b}.`) + (lower[low] ??= `${c}.${d}`);
}

/** The text of four bytes with the length of their prefix: '10.0.0.0/8'. */
function formatIpv4Prefix(bytes: Uint8Array, at: number, length: number): string {
  const c = bytes[at + 2] ?? 0;
  const d = bytes[at + 3] ?? 0;
  if (length !== 32 && (d !== 0 || length > 32)) return formatIpv4(bytes, at) + (slashes[length] ?? '');
  const a = bytes[at] ?? 0;
  const b = bytes[at + 1] ?? 0;
  const high = (upper[(a << 8) | b] ??= `${a}.${b}.`);
  if (length === 32) return high + (hosts[(c << 8) | d] ??= `${c}.${d}/32`);
  return high + (networks[(length << 8) | c] ??= `${c}.0/${length}`);
}

/** The text of sixteen bytes as RFC 5952 has it: 'fe80::1'; IPv4-mapped ones as '::ffff:10.0.0.1'. */
export function formatIpv6(bytes: Uint8Array, at: number): string {
  let best = -1;
  let bestLength = 1;
  let run = 0;
  for (let group = 0; group < 8; group++) {
    if (((bytes[at + 2 * group] ?? 0) | (bytes[at + 2 * group + 1] ?? 0)) !== 0) {
      run = 0;
      continue;
    }
    run += 1;
    if (run > bestLength) {
      bestLength = run;
      best = group - run + 1;
    }
  }
  if (best === 0 && bestLength === 5 && bytes[at + 10] === 0xff && bytes[at + 11] === 0xff) return `::ffff:${formatIpv4(bytes, at + 12)}`;
  let text = '';
  for (let group = 0; group < 8; group++) {
    if (group === best) {
      text += group + bestLength === 8 ? '::' : ':';
      group += bestLength - 1;
      continue;
    }
    if (group > 0) text += ':';
    text += (((bytes[at + 2 * group] ?? 0) << 8) | (bytes[at + 2 * group + 1] ?? 0)).toString(16);
  }
  return text;
}

/** Puts the four bytes of dotted text at a place; false when it is no such text. */
export function parseIpv4(text: string, bytes: Uint8Array, at: number, end = text.length): boolean {
  let part = 0;
  let digits = 0;
  let value = 0;
  for (let index = 0; index < end; index++) {
    const code = text.charCodeAt(index);
    if (code === 46) {
      if (digits === 0 || part === 3) return false;
      bytes[at + part] = value;
      part += 1;
      digits = 0;
      value = 0;
    } else {
      if (code < 48 || code > 57 || (digits > 0 && value === 0)) return false;
      value = value * 10 + code - 48;
      digits += 1;
      if (value > 255) return false;
    }
  }
  if (part !== 3 || digits === 0) return false;
  bytes[at + 3] = value;
  return true;
}

/** Puts the sixteen bytes of IPv6 text at a place; false when it is no such text. */
export function parseIpv6(text: string, bytes: Uint8Array, at: number, end = text.length): boolean {
  const groups: number[] = [];
  let gap = -1;
  let index = 0;
  if (text.startsWith('::')) {
    gap = 0;
    index = 2;
  }
  while (index < end) {
    const colon = text.indexOf(':', index);
    const stop = colon === -1 || colon > end ? end : colon;
    const piece = text.slice(index, stop);
    if (stop === end && piece.includes('.')) {
      const four = new Uint8Array(4);
      if (!parseIpv4(piece, four, 0)) return false;
      groups.push(((four[0] ?? 0) << 8) | (four[1] ?? 0), ((four[2] ?? 0) << 8) | (four[3] ?? 0));
      index = end;
      break;
    }
    if (!/^[0-9a-fA-F]{1,4}$/.test(piece)) return false;
    groups.push(Number.parseInt(piece, 16));
    if (stop === end) {
      index = end;
      break;
    }
    index = stop + 1;
    if (index === end) return false;
    if (text.charCodeAt(index) === 58) {
      if (gap !== -1) return false;
      gap = groups.length;
      index += 1;
    }
  }
  if (gap === -1 ? groups.length !== 8 : groups.length > 7) return false;
  const zeros = 8 - groups.length;
  for (let group = 0, from = 0; group < 8; group++) {
    const value = gap !== -1 && group >= gap && group < gap + zeros ? 0 : (groups[from++] ?? 0);
    bytes[at + 2 * group] = value >> 8;
    bytes[at + 2 * group + 1] = value & 0xff;
  }
  return true;
}

/** The family of an address as text: 2, 10, or 0 for what is neither. Only looks; parsing decides. */
export function familyOf(text: string): number {
  if (text.includes(':')) return family.ipv6;
  return text.includes('.') ? family.ipv4 : family.unspecified;
}

/** Writes the bytes of an address of that family at the position. */
export function putAddress(value: unknown, of: number, output: Output, end?: number): void {
  if (typeof value !== 'string') throw new ValueError(describe(of, end), value);
  if (of === family.ipv6) {
    output.reserve(16);
    if (!parseIpv6(value, output.bytes, output.position, end)) throw new ValueError(describe(of, end), value);
    output.position += 16;
    return;
  }
  output.reserve(4);
  if (!parseIpv4(value, output.bytes, output.position, end)) throw new ValueError(describe(of, end), value);
  output.position += 4;
}

function describe(of: number, end?: number): string {
  // Where it ends is given of what has a length behind it.
  if (end !== undefined && of === family.ipv6) return "an IPv6 prefix such as 'fd00::/64'";
  if (end !== undefined) return `${of === family.ipv4 ? 'an IPv4' : 'a'} prefix such as '10.0.0.0/8'`;
  if (of === family.ipv4) return "an IPv4 address such as '10.0.0.1'";
  return of === family.ipv6 ? "an IPv6 address such as 'fe80::1'" : 'an IP address';
}

/** An IPv4 address as text, four bytes. */
export const ipv4: Fixed<string> = {
  size: 4,
  shape: { is: 'address', family: 'ipv4' },
  decode(input) {
    input.need(4);
    const text = formatIpv4(input.bytes, input.position);
    input.position += 4;
    return text;
  },
  encode: (value, output) => putAddress(value, family.ipv4, output),
};

/** An IPv6 address as text, sixteen bytes. */
export const ipv6: Fixed<string> = {
  size: 16,
  shape: { is: 'address', family: 'ipv6' },
  decode(input) {
    input.need(16);
    const text = formatIpv6(input.bytes, input.position);
    input.position += 16;
    return text;
  },
  encode: (value, output) => putAddress(value, family.ipv6, output),
};

function readAddress(input: Input): string {
  const size = input.end - input.position;
  if (size === 4) return ipv4.decode(input);
  if (size === 16) return ipv6.decode(input);
  throw input.fault(`an IP address has 4 or 16 bytes, not ${size}`);
}

/** The family that an address in a message must have: that of the message; the first address of a message without one tells it. */
export function settleFamily(text: unknown, output: Output, end?: number): number {
  const of = typeof text === 'string' ? familyOf(text) : 0;
  if (of === 0) throw new ValueError(describe(output.family, end), text);
  if (output.family === 0) output.family = of;
  else if (output.family !== of) throw new ValueError(`${describe(output.family, end)}, as the others of the message`, text);
  return of;
}

/** An IP address of the family of the message. */
export const ip: Codec<string> = {
  shape: { is: 'address', family: 'by header' },
  decode: readAddress,
  encode: (value, output) => putAddress(value, settleFamily(value, output), output),
};

/** An IP address of either family, which its length tells; the message's own family does not matter. */
export const anyIp: Codec<string> = {
  shape: { is: 'address', family: 'any' },
  decode: readAddress,
  encode: (value, output) => putAddress(value, typeof value === 'string' ? familyOf(value) : family.unspecified, output),
};

const slashes: readonly string[] = Array.from({ length: 256 }, (_, length) => `/${length}`);

/** Takes '10.0.0.0/8' apart; an address alone has all its bits. */
export function splitPrefix(value: unknown): { end: number; length: number; family: number } {
  if (typeof value !== 'string') throw new ValueError("a prefix such as '10.0.0.0/8'", value);
  const slash = value.indexOf('/');
  const of = familyOf(value);
  const most = of === family.ipv6 ? 128 : 32;
  if (slash === -1) return { end: value.length, length: most, family: of };
  const digits = value.slice(slash + 1);
  const length = Number(digits);
  if (!/^\d{1,3}$/.test(digits) || length > most) throw new ValueError(`a prefix with a length from 0 to ${most}`, value);
  return { end: slash, length, family: of };
}

/** Clears the bits of the sixteen bytes before the position that are not in the prefix. */
function mask(length: number, output: Output): void {
  const start = output.position - 16;
  const whole = length >> 3;
  if (whole < 16) {
    output.bytes[start + whole] = (output.bytes[start + whole] ?? 0) & (0xff00 >> (length & 7));
    output.bytes.fill(0, start + whole + 1, output.position);
  }
}

/**
 * An address and the length of its prefix, where the length is a member of the message's header: '10.0.0.0/8'. Encoding sets the member
 * and the family. An address alone has all its bits.
 * @param isNetwork The kernel takes no bits beyond the length: those of IPv6 it clears, which is done here, so that what is asked for is
 * what will be listed; those of IPv4 it refuses.
 */
export function prefix(lengthMember: string, { isNetwork = false }: { readonly isNetwork?: boolean } = {}): Codec<string> {
  return {
    shape: { is: 'prefix', family: 'by header', isNetwork },
    decode(input) {
      const member = input.header[lengthMember];
      const length = typeof member === 'number' ? member : 0;
      if (input.end - input.position !== 4) return readAddress(input) + (slashes[length] ?? '');
      const text = formatIpv4Prefix(input.bytes, input.position, length);
      input.position += 4;
      return text;
    },
    encode(value, output) {
      const { end, length } = splitPrefix(value);
      const of = settleFamily(value, output, end);
      output.header[lengthMember] = length;
      putAddress(value, of, output, end);
      if (isNetwork && of === family.ipv6) mask(length, output);
    },
  };
}

const digitValues: readonly number[] = Array.from({ length: 128 }, (_, code) => {
  const digit = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(digit) ? -1 : digit;
});

// Codes of the hex digits of a byte.
const highDigits = Uint8Array.from(hex, (text) => text.charCodeAt(0));
const lowDigits = Uint8Array.from(hex, (text) => text.charCodeAt(1));

/** The text of six bytes: made in one go, where the pieces of one that grows are copied each time. */
function formatMac(bytes: Uint8Array, at: number): string {
  const a = bytes[at] ?? 0;
  const b = bytes[at + 1] ?? 0;
  const c = bytes[at + 2] ?? 0;
  const d = bytes[at + 3] ?? 0;
  const e = bytes[at + 4] ?? 0;
  const f = bytes[at + 5] ?? 0;
  // prettier-ignore
  return String.fromCharCode(
    highDigits[a] ?? 0, lowDigits[a] ?? 0, 58, highDigits[b] ?? 0, lowDigits[b] ?? 0, 58, highDigits[c] ?? 0, lowDigits[c] ?? 0, 58,
    highDigits[d] ?? 0, lowDigits[d] ?? 0, 58, highDigits[e] ?? 0, lowDigits[e] ?? 0, 58, highDigits[f] ?? 0, lowDigits[f] ?? 0,
  );
}

export function formatHardware(bytes: Uint8Array, from: number, to: number): string {
  if (to - from === 6) return formatMac(bytes, from);
  if (from >= to) return '';
  let text = hex[bytes[from] ?? 0] ?? '';
  for (let at = from + 1; at < to; at++) text += `:${hex[bytes[at] ?? 0] ?? ''}`;
  return text;
}

/** Puts 'aa:bb:cc:dd:ee:ff' at the position; also with '-' between, of any length. Returns the number of bytes, -1 when it is no such text. */
function putHardware(text: string, output: Output): number {
  if (text === '') return 0;
  const size = (text.length + 1) / 3;
  if (!Number.isInteger(size)) return -1;
  output.reserve(size);
  for (let index = 0; index < size; index++) {
    const high = digitValues[text.charCodeAt(index * 3)] ?? -1;
    const low = digitValues[text.charCodeAt(index * 3 + 1)] ?? -1;
    const separator = index + 1 === size ? 58 : text.charCodeAt(index * 3 + 2);
    if (high < 0 || low < 0 || (separator !== 58 && separator !== 45)) return -1;
    output.bytes[output.position + index] = (high << 4) | low;
  }
  output.position += size;
  return size;
}

/** A hardware address of any length as 'aa:bb:cc:dd:ee:ff': six bytes for Ethernet, twenty for InfiniBand, four or sixteen for tunnels. */
export const hardwareAddress: Codec<string> = {
  shape: { is: 'hardware-address', length: undefined },
  decode(input) {
    const text = formatHardware(input.bytes, input.position, input.end);
    input.position = input.end;
    return text;
  },
  encode(value, output) {
    if (typeof value !== 'string' || putHardware(value, output) === -1)
      throw new ValueError("a hardware address such as '02:00:00:00:00:01'", value);
  },
};

/** A hardware address of six bytes in a fixed place. */
export const mac: Fixed<string> = {
  size: 6,
  shape: { is: 'hardware-address', length: 6 },
  decode(input) {
    input.need(6);
    const text = formatHardware(input.bytes, input.position, input.position + 6);
    input.position += 6;
    return text;
  },
  encode(value, output) {
    if (typeof value !== 'string' || putHardware(value, output) !== 6)
      throw new ValueError("a MAC address such as '02:00:00:00:00:01'", value);
  },
};
