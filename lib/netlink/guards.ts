import { protocols } from './constants.js';
import { identities } from './guard-identity.js';
import { Pieces, RoutePieces, type GuardedPass } from './guard-pieces.js';
import type { MessageView } from './message.js';

/*
 * No list is ever wrong. The kernel gives a dump in pieces and remembers where it was: by the key of the last object, by a count of what
 * it gave, or by both; and what others change between two pieces makes objects appear twice or not at all wherever it counts. For some
 * types it marks such a dump (NLM_F_DUMP_INTR), for others it says nothing. What was measured for each type is this table; it stands in
 * docs/guides/consistency.md as well, and test/integration/route.torn-dumps.test.ts measures it again.
 */

/** How a type's dumps are kept whole. */
export type Guarding =
  /** The kernel marks the dump: it is repeated. */
  | 'kernel'
  /** The kernel goes on behind the key of the last object: what is there all the time comes once. */
  | 'key'
  /** The dump's own fd hears of changes; one that may have torn the dump repeats it. */
  | 'events'
  /** Changes are not told, or not all: listed again until two lists in a row are alike. Streams have the events, if there are any. */
  | 'twice';

export interface Guard {
  /** Groups that the dump's fd joins before it asks (RTNLGRP_). */
  readonly groups: readonly number[];
  /** Watches over one pass of the dump, which may come after another one on the same fd. */
  begin(before: GuardedPass | undefined): GuardedPass;
}

/** What is known of one type of dump. */
export interface DumpType {
  /** What is listed, in words. */
  readonly title: string;
  /** Message type of the request. */
  readonly get: number;
  /** Address families that this is about; absent: all. */
  readonly families?: readonly number[];
  readonly guarding: Guarding;
  readonly groups?: readonly number[];
  /** Whether an event is about what is listed: by default, one of the same object. */
  readonly concerns?: (message: MessageView) => boolean;
  /** What tells one object from another, and nothing that changes by itself. */
  readonly identity?: (message: MessageView) => string;
  /** Pieces are looked at for more than how many there are. */
  readonly routes?: boolean;
  /** A list in one piece is listed again as well. */
  readonly always?: boolean;
}

/** linux/socket.h, linux/rtnetlink.h */
const AF_UNSPEC = 0;
const AF_INET = 2;
const AF_BRIDGE = 7;
const AF_INET6 = 10;
const AF_MPLS = 28;
const RTNL_FAMILY_IPMR = 128;
const RTNL_FAMILY_IP6MR = 129;

/** linux/if.h */
const IFF_UP = 1;

function familyOf(message: MessageView): number {
  return message.bytes[message.body] ?? 0;
}

function isAbout(message: MessageView, get: number): boolean {
  return (message.type & ~3) === (get & ~3);
}

const RTM_GETLINK = 18;
const RTM_DELLINK = 17;
const RTM_GETADDR = 22;
const RTM_DELADDR = 21;
const RTM_GETROUTE = 26;
const RTM_GETNEIGH = 30;
const RTM_GETRULE = 34;
const RTM_DELNEXTHOP = 105;

/** Routes of IPv4 go in silence with their link, their address or their nexthop object: what takes those away is told. */
function takesRoutes(message: MessageView): boolean {
  if (isAbout(message, RTM_GETROUTE)) return true;
  if (message.type === RTM_DELLINK || message.type === RTM_DELADDR || message.type === RTM_DELNEXTHOP) return true;
  return isAbout(message, RTM_GETLINK) && ((message.bytes[message.body + 8] ?? 0) & IFF_UP) === 0;
}

/** All that can be dumped and has a client in route.ts. The first that fits counts. */
export const dumpTypes: readonly DumpType[] = [
  {
    title: 'links as bridges see them',
    get: RTM_GETLINK,
    families: [AF_BRIDGE],
    guarding: 'events',
    groups: [1],
  },
  { title: 'links', get: RTM_GETLINK, guarding: 'kernel' },
  { title: 'addresses', get: RTM_GETADDR, guarding: 'kernel' },
  {
    title: 'routes of IPv4',
    get: RTM_GETROUTE,
    families: [AF_INET],
    guarding: 'events',
    groups: [7, 1, 5, 32],
    concerns: takesRoutes,
    routes: true,
  },
  {
    title: 'routes of IPv6',
    get: RTM_GETROUTE,
    families: [AF_INET6],
    guarding: 'events',
    groups: [11, 1],
    concerns: takesRoutes,
    routes: true,
  },
  { title: 'routes of MPLS', get: RTM_GETROUTE, families: [AF_MPLS], guarding: 'key' },
  { title: 'multicast routes', get: RTM_GETROUTE, families: [RTNL_FAMILY_IPMR], guarding: 'events', groups: [6] },
  { title: 'multicast routes', get: RTM_GETROUTE, families: [RTNL_FAMILY_IP6MR], guarding: 'events', groups: [10] },
  {
    title: 'routes of all families',
    get: RTM_GETROUTE,
    families: [AF_UNSPEC],
    guarding: 'events',
    groups: [7, 11, 6, 10, 1, 5, 32],
    concerns: takesRoutes,
    routes: true,
  },
  // The rules of multicast routing are told in the groups of the others.
  { title: 'rules', get: RTM_GETRULE, families: [AF_INET, RTNL_FAMILY_IPMR], guarding: 'events', groups: [8] },
  { title: 'rules', get: RTM_GETRULE, families: [AF_INET6, RTNL_FAMILY_IP6MR], guarding: 'events', groups: [19] },
  { title: 'rules', get: RTM_GETRULE, guarding: 'events', groups: [8, 19] },
  {
    title: 'forwarding entries',
    get: RTM_GETNEIGH,
    families: [AF_BRIDGE],
    guarding: 'twice',
    groups: [3],
    concerns: (message) => isAbout(message, RTM_GETNEIGH) && familyOf(message) === AF_BRIDGE,
    identity: identities.neighbour,
  },
  {
    title: 'neighbours and proxies',
    get: RTM_GETNEIGH,
    guarding: 'twice',
    groups: [3],
    concerns: (message) => isAbout(message, RTM_GETNEIGH) && familyOf(message) !== AF_BRIDGE,
    identity: identities.neighbour,
  },
  { title: 'multicast entries of bridges', get: 86, guarding: 'twice', groups: [26], identity: identities.multicastDatabase },
  { title: 'VLANs of bridge ports', get: 114, guarding: 'events', groups: [33] },
  { title: 'nexthops', get: 106, guarding: 'kernel' },
  { title: 'buckets of nexthop groups', get: 118, guarding: 'kernel' },
  { title: 'address labels', get: 74, guarding: 'twice', identity: identities.whole },
  { title: 'neighbour tables', get: 66, guarding: 'twice', identity: identities.neighbourTable },
  { title: 'network configuration', get: 82, guarding: 'key' },
  { title: 'statistics', get: 94, guarding: 'kernel' },
  // Some kernels end the dump with the first piece, however many there are; the second time the piece is a larger one.
  { title: 'namespace ids', get: 90, guarding: 'twice', groups: [28], identity: identities.whole, always: true },
  { title: 'VNI filters', get: 122, guarding: 'events', groups: [35] },
];

function make(type: DumpType): Guard | undefined {
  if (type.guarding === 'kernel' || type.guarding === 'key') return undefined;
  const concerns = type.concerns ?? ((message: MessageView): boolean => isAbout(message, type.get));
  const { identity, always = false } = type;
  return {
    groups: type.groups ?? [],
    begin: type.routes === true ? () => new RoutePieces(concerns) : (before) => new Pieces({ concerns, identity, always }, before),
  };
}

const guards = new Map(dumpTypes.map((type) => [type, make(type)]));

/** The guard that a dump needs; undefined where the kernel guards it, or resumes it by key. */
export function guardOf(protocol: number, type: number, body: Uint8Array | undefined): Guard | undefined {
  if (protocol !== protocols.route) return undefined;
  const family = body?.[0] ?? AF_UNSPEC;
  const found = dumpTypes.find((one) => one.get === type && (one.families === undefined || one.families.includes(family)));
  return found === undefined ? undefined : guards.get(found);
}
