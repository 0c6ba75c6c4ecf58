import { isIPv4, isIPv6 } from 'node:net';
import { family, parseIpv4, parseIpv6 } from '../codec/address.js';
import { LITTLE_ENDIAN } from '../netlink/constants.js';

/** AF_UNIX, the one family of sockets here that netlink has no addresses of. */
export const unixFamily = 1;

/** An address of a name. */
export interface LookupAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** The family of an IP address as text, with or without a zone ('fe80::1%v0'): 4, 6, or 0 for what is none. */
export function ipVersion(text: string): 0 | 4 | 6 {
  if (isIPv4(text)) return 4;
  return isIPv6(text) ? 6 : 0;
}

/**
 * The sockaddr_in or sockaddr_in6 of an address (ip(7), ipv6(7)).
 *
 * @param indexOf gives the index of a link that an IPv6 address names as its zone.
 */
export function internetAddress(address: string, port: number, indexOf: (link: string) => number): Uint8Array {
  if (ipVersion(address) === 4) {
    const bytes = new Uint8Array(16);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, family.ipv4, LITTLE_ENDIAN);
    view.setUint16(2, port);
    parseIpv4(address, bytes, 4);
    return bytes;
  }
  const bytes = new Uint8Array(28);
  const view = new DataView(bytes.buffer);
  const [text = '', zone] = address.split('%');
  view.setUint16(0, family.ipv6, LITTLE_ENDIAN);
  view.setUint16(2, port);
  parseIpv6(text, bytes, 8);
  if (zone !== undefined) view.setUint32(24, /^\d+$/.test(zone) ? Number(zone) : indexOf(zone), LITTLE_ENDIAN);
  return bytes;
}

/** The longest path of a Unix socket, in bytes (unix(7)). A name in the abstract namespace has its leading NUL among them. */
export const longestPath = 107;

/** The sockaddr_un of a path, or, with a leading NUL, of a name in the abstract namespace, which ends where the address does. */
export function unixAddress(path: string): Uint8Array {
  const text = Buffer.from(path);
  const bytes = new Uint8Array(2 + text.length + (path.startsWith('\0') ? 0 : 1));
  new DataView(bytes.buffer).setUint16(0, unixFamily, LITTLE_ENDIAN);
  bytes.set(text, 2);
  return bytes;
}

/** The sockaddr_ll of a link, 0 for all (packet(7)). */
export function linkAddress(protocol: number, index: number, hardware: Uint8Array = new Uint8Array()): Uint8Array {
  const bytes = new Uint8Array(20);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, family.packet, LITTLE_ENDIAN);
  view.setUint16(2, protocol);
  view.setInt32(4, index, LITTLE_ENDIAN);
  view.setUint8(11, hardware.length);
  bytes.set(hardware.subarray(0, 8), 12);
  return bytes;
}
