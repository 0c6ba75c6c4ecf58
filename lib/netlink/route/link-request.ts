import { invalidArgument } from '../../errors.js';
import { LITTLE_ENDIAN } from '../constants.js';

export const RTM_GETLINK = 18;
const IFLA_IFNAME = 3;
const IFLA_EXT_MASK = 29;
const IFLA_TARGET_NETNSID = 46;
const IFLA_ALT_IFNAME = 53;
const ifinfomsg = 16;
/** IFNAMSIZ less the zero; longer names are alternative ones (Linux 5.5). */
const longestName = 15;
/** ALTIFNAMSIZ less the zero. */
const longestAlternativeName = 127;

/** What a link can be called: after a zero character the kernel would not look. Throws NETLANE_INVALID_ARGUMENT. */
export function checkLinkName(name: string): void {
  const bytes = Buffer.byteLength(name);
  if (bytes >= 1 && bytes <= longestAlternativeName && !name.includes('\0')) return;
  throw invalidArgument('link', `a name of 1 to ${longestAlternativeName} bytes without zero characters`, name);
}

/**
 * The body of an RTM_GETLINK for one link.
 * @param link its index or its name.
 * @param target nsid of the namespace where it is.
 */
export function askForLink(link: number | string, target?: number): Uint8Array<ArrayBuffer> {
  if (typeof link === 'number') {
    const body = new Uint8Array(ifinfomsg);
    new DataView(body.buffer).setInt32(4, link, LITTLE_ENDIAN);
    return body;
  }
  const text = Buffer.from(`${link}\0`);
  const length = 4 + text.length;
  const end = ifinfomsg + ((length + 3) & ~3);
  const body = new Uint8Array(target === undefined ? end : end + 8);
  const view = new DataView(body.buffer);
  if (target !== undefined) {
    view.setUint16(end, 8, LITTLE_ENDIAN);
    view.setUint16(end + 2, IFLA_TARGET_NETNSID, LITTLE_ENDIAN);
    view.setInt32(end + 4, target, LITTLE_ENDIAN);
  }
  view.setUint16(ifinfomsg, length, LITTLE_ENDIAN);
  view.setUint16(ifinfomsg + 2, text.length - 1 > longestName ? IFLA_ALT_IFNAME : IFLA_IFNAME, LITTLE_ENDIAN);
  body.set(text, ifinfomsg + 4);
  return body;
}

/**
 * What a list of links asks for beside the usual, for the kernel to make its pieces as large as the largest link: what bridges tell of MRP
 * (RTEXT_FILTER_MRP), which links as such do not have.
 */
export const listedWith = ['mrp'] as const;
const RTEXT_FILTER_MRP = 16;

/** The body of an RTM_GETLINK for all links. */
export function askForLinks(): Uint8Array<ArrayBuffer> {
  const body = new Uint8Array(ifinfomsg + 8);
  const view = new DataView(body.buffer);
  view.setUint16(ifinfomsg, 8, LITTLE_ENDIAN);
  view.setUint16(ifinfomsg + 2, IFLA_EXT_MASK, LITTLE_ENDIAN);
  view.setUint32(ifinfomsg + 4, RTEXT_FILTER_MRP, LITTLE_ENDIAN);
  return body;
}
