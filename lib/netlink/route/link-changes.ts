import type { LinkInput } from '../../schema/route/link.js';
import { LITTLE_ENDIAN, NLM_F_EXCL } from '../constants.js';
import { isPlain, type Plain } from './matching.js';

/*
 * Changes of links that this thread makes. Of a link that is down the kernel tells most of them nobody: whoever keeps the state of the links of
 * a namespace hears of them here.
 */

/** A link that was changed: by its index or its name; by neither, some of a group. */
export interface ChangedLink {
  readonly index?: number;
  readonly name?: string;
  /** What was changed is not told of links that are up, either. */
  readonly untold?: boolean;
  /** Whether its IPv4 settings were changed. */
  readonly settings?: boolean;
}

type Hear = (link: ChangedLink) => void;

/** By the identity of the namespace, which is no other's while somebody holds that one open. */
const hearing = new Map<string, Set<Hear>>();

/** Hears of the changes in one namespace, until the function that is returned is called. */
export function hearLinkChanges(identity: string, hear: Hear): () => void {
  const all = hearing.get(identity) ?? new Set();
  hearing.set(identity, all.add(hear));
  return () => {
    all.delete(hear);
    if (all.size === 0 && hearing.get(identity) === all) hearing.delete(identity);
  };
}

export function tellLinkChange(identity: string, link: ChangedLink): void {
  const all = hearing.get(identity);
  if (all !== undefined) for (const hear of all) hear(link);
}

/** What names the link, and what the kernel tells also of one that is down. */
const told: ReadonlySet<string> = new Set<keyof LinkInput | 'alternativeName'>([
  'index',
  'name',
  'alternativeName',
  'mtu',
  'txQueueLength',
  'address',
  'up',
  'promiscuous',
  'allMulticast',
  'arp',
  'master',
  'namespace',
]);

function isTold(value: object): boolean {
  for (const [name, one] of Object.entries(value)) if (one !== undefined && !told.has(name)) return false;
  return true;
}

const RTM_NEWLINK = 16;
const RTM_NEWNEIGH = 28;
const RTM_DELNEIGH = 29;
const RTM_NEWLINKPROP = 108;
const RTM_DELLINKPROP = 109;
const AF_BRIDGE = 7;
const NTF_SELF = 2;

/**
 * The link that a message changes, if it can be that the kernel tells nobody: new links and deleted ones it tells.
 * @param body The message's body, which is not kept.
 * @param value What it was encoded of.
 */
export function linkChangedBy(type: number, flags: number, body: Uint8Array<ArrayBuffer>, value: unknown): ChangedLink | undefined {
  switch (type) {
    case RTM_NEWLINK:
      if ((flags & NLM_F_EXCL) !== 0 || isTold(value as object)) return undefined;
      break;
    case RTM_NEWLINKPROP:
    case RTM_DELLINKPROP:
      break;
    case RTM_NEWNEIGH:
    case RTM_DELNEIGH:
      // An address in a device's own filter may make it promiscuous (none of the flags stands for the device, too).
      if (body[0] !== AF_BRIDGE || (body[10] !== 0 && ((body[10] ?? 0) & NTF_SELF) === 0)) return undefined;
      return { index: indexIn(body), untold: true };
    default:
      return undefined;
  }
  const index = indexIn(body);
  const { name, alternativeName, protocols } = value as Plain;
  const settings = isPlain(protocols) && protocols['ipv4'] !== undefined && { settings: true };
  if (index > 0) return { index, ...settings };
  const called = name ?? alternativeName;
  return { ...(typeof called === 'string' && { name: called }), ...settings };
}

/** ifi_index and ndm_ifindex. */
function indexIn(body: Uint8Array<ArrayBuffer>): number {
  return new DataView(body.buffer, body.byteOffset).getInt32(4, LITTLE_ENDIAN);
}
