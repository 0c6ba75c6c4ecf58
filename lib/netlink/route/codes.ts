import { NetlinkError } from '../../errors.js';

/** Whether the kernel refused with one of the codes. */
export function isCode(error: unknown, codes: readonly string[]): boolean {
  return error instanceof NetlinkError && codes.includes(error.code);
}

/** ENOENT, ESRCH, ENODEV, EADDRNOTAVAIL: it is not there (any more). */
export function isGone(error: unknown): boolean {
  return error instanceof NetlinkError && ['ENOENT', 'ESRCH', 'ENODEV', 'EADDRNOTAVAIL'].includes(error.code);
}

/** ENODEV of the look-up of a link's name. */
export function isGoneLink(error: unknown): boolean {
  return error instanceof NetlinkError && error.code === 'ENODEV';
}
