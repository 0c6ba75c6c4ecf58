import { isIP } from 'node:net';
import { checkBytes } from '../arguments.js';
import { invalidArgument } from '../errors.js';
import { FAMILY_V4, FAMILY_V6 } from './constants.js';

const mappedText = /^\[::ffff:[0-9a-f]{1,4}:[0-9a-f]{1,4}\]$/;

function isMapped(bytes: Uint8Array): boolean {
  return bytes[10] === 0xff && bytes[11] === 0xff && bytes.subarray(0, 10).every((byte) => byte === 0);
}

/**
 * FAMILY_V4 or FAMILY_V6. An IPv4 address written as IPv6 ('::ffff:10.0.0.1') counts as IPv4, as in Go.
 * @param ip Text, or the bytes (4 or 16; none at all counts as IPv4, as in Go).
 * @throws NETLANE_INVALID_ARGUMENT for what is no address, which the ancestor calls IPv6.
 */
export function getIPFamily(ip: string | Uint8Array): typeof FAMILY_V4 | typeof FAMILY_V6 {
  if (typeof ip === 'string') {
    const version = isIP(ip);
    if (version === 0) throw invalidArgument('ip', 'an IPv4 or IPv6 address', ip);
    if (version === 4) return FAMILY_V4;
    // The URL parser writes every spelling of an address in the one canonical form; it knows no zones.
    const canonical = new URL(`http://[${ip.replace(/%.*$/, '')}]`).hostname;
    return mappedText.test(canonical) ? FAMILY_V4 : FAMILY_V6;
  }
  checkBytes('ip', ip);
  if (ip.length <= 4) return FAMILY_V4;
  if (ip.length !== 16) throw invalidArgument('ip', '4 or 16 bytes long', ip.length);
  return isMapped(ip) ? FAMILY_V4 : FAMILY_V6;
}
