import type { Codec } from '../../codec/codec.js';
import { address, type Address } from '../../schema/route/address.js';
import { link, type Link } from '../../schema/route/link.js';
import { fdb, neighbour, type FdbEntry, type Neighbour } from '../../schema/route/neighbour.js';
import { bridgeLink, type BridgeLink } from '../../schema/route/bridge-link.js';
import { bridgeVlan, type BridgeVlan, type PortVlan } from '../../schema/route/bridge-vlan.js';
import { multicastDatabase, type MulticastDatabase, type MulticastGroup } from '../../schema/route/multicast-database.js';
import { multicastGroups } from './multicast.js';
import { namespaceId, type NamespaceId } from '../../schema/route/namespace-id.js';
import { netconf, type Netconf } from '../../schema/route/netconf.js';
import { vniFilter, type TunnelVni, type VniFilter } from '../../schema/route/vni-filter.js';
import type { Except, Plain } from './matching.js';
import { withAnyLink, withLink, withPort, withState, withTarget, withWay, type Silence } from './watched-silence.js';
import { nexthop, type Nexthop } from '../../schema/route/nexthop.js';
import { route, type Route } from '../../schema/route/route.js';
import { rule, type Rule } from '../../schema/route/rule.js';

const AF_INET = 2;
const AF_INET6 = 10;
const AF_BRIDGE = 7;

/** What a watch tells of, by the word for it in ObjectChange.object. */
export interface WatchedObjects {
  readonly link: Link;
  readonly address: Address;
  readonly route: Route;
  readonly rule: Rule;
  readonly neighbour: Neighbour;
  readonly 'forwarding entry': FdbEntry;
  readonly nexthop: Nexthop;
  readonly 'multicast group': MulticastGroup;
  readonly 'bridge link': BridgeLink;
  readonly 'bridge VLAN': PortVlan;
  readonly VNI: TunnelVni;
  readonly 'network configuration': Netconf;
  readonly 'namespace id': NamespaceId;
}

/** What can be watched: names for watch(), the groups (RTNLGRP_*) that tell of it, and how its events are read. */
export interface Watched {
  /** ObjectChange.object. */
  readonly object: keyof WatchedObjects;
  readonly groups: readonly number[];
  readonly codec: Codec<object, never>;
  /** Types of the messages: made or changed, deleted. */
  readonly create: number;
  readonly delete: number;
  readonly get: number;
  /** Address family in the first byte; undefined: any. */
  readonly family: number | undefined;
  readonly headerSize: number;
  /** The kernel's key of a value. */
  readonly key: (value: Readonly<Record<string, unknown>>) => string;
  /** What changes by itself and is not worth an event. */
  readonly ignored: Except;
  /** The objects that a message is about, where those are several. */
  readonly expand?: (value: Readonly<Record<string, unknown>>) => readonly object[];
  /** Which of them are told; default all. */
  readonly told?: (value: Readonly<Record<string, unknown>>) => boolean;
  /** An event has only what changed. */
  readonly partial?: boolean;
  /** What tells that some may have changed without a word. */
  readonly silence?: Silence;
  /** Messages of another family that tell a part of the objects. */
  readonly part?: Part;
  /** A deletion of what is not known means that what is known is not all. */
  readonly strict?: boolean;
}

/** A part of objects that the kernel tells by itself. */
interface Part {
  readonly family: number;
  readonly codec: Codec<object, never>;
  /** The object with what was told of it; the same where that says nothing. */
  readonly merge: (known: Plain, told: Plain) => Plain;
}

/** Settings of a port that are changed by its bridge are told in the bridge's own family, and in no other. */
const portOfBridge: Part = {
  family: AF_BRIDGE,
  codec: bridgeLink,
  merge: (known, told) => (told['port'] === undefined ? known : { ...known, port: { kind: 'bridge', data: told['port'] } }),
};

function keyOf(...names: readonly string[]): (value: Plain) => string {
  return (value) => JSON.stringify(names.map((name) => value[name] ?? null));
}

function addresses(family: number, group: number): Watched {
  return {
    object: 'address',
    groups: [group],
    codec: address,
    create: 20,
    delete: 21,
    get: 22,
    family,
    headerSize: 8,
    key: keyOf('family', 'link', 'address', 'peer'),
    ignored: { lifetime: true },
  };
}

function routes(family: number, group: number): Watched {
  return {
    object: 'route',
    groups: [group],
    codec: route,
    create: 24,
    delete: 25,
    get: 26,
    family,
    headerSize: 12,
    // IPv4 tells routes with one destination apart by all of these; what NLM_F_APPEND added differs in the next hop only.
    key: keyOf('family', 'table', 'destination', 'source', 'tos', 'metric', 'type', 'gateway', 'via', 'link', 'nexthops', 'nexthopId'),
    ignored: { cache: true },
    silence: family === AF_INET ? withWay : withState,
    strict: true,
  };
}

/** A copy of a rule does not say itself how JSON has its tunnel. */
function withBigint(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

/** Flags of a rule that say whether there is what it names. */
const derived: ReadonlySet<unknown> = new Set(['unresolved', 'input-detached', 'output-detached']);

function rules(family: number, group: number): Watched {
  return {
    object: 'rule',
    groups: [group],
    codec: rule,
    create: 32,
    delete: 33,
    get: 34,
    family,
    headerSize: 12,
    // The kernel compares everything but what follows from other rules and links.
    key: ({ flags, ...value }) =>
      JSON.stringify({ ...value, flags: Array.isArray(flags) ? flags.filter((one) => !derived.has(one)) : flags }, withBigint),
    ignored: {},
    silence: withTarget,
    strict: true,
  };
}

/** What runs out of a port of a bridge. */
const portTimers: Except = { messageAgeTimer: true, forwardDelayTimer: true, holdTimer: true };

/** What of a link counts, runs out or is about its last event: with the data of all kinds. */
const linkFluctuations: Except = {
  statistics: true,
  statistics32: true,
  event: true,
  protocols: { ipv6: { statistics: true, icmpStatistics: true, cache: { reachableTime: true } } },
  data: { helloTimer: true, tcnTimer: true, topologyChangeTimer: true, gcTimer: true, learnedCount: true },
  port: { data: portTimers },
};

const watched: Readonly<Record<string, readonly Watched[]>> = {
  link: [
    {
      object: 'link',
      groups: [1],
      codec: link,
      create: 16,
      delete: 17,
      get: 18,
      family: 0,
      headerSize: 16,
      key: keyOf('index'),
      ignored: linkFluctuations,
      part: portOfBridge,
    },
  ],
  'ipv4-address': [addresses(AF_INET, 5)],
  'ipv6-address': [addresses(AF_INET6, 9)],
  address: [addresses(AF_INET, 5), addresses(AF_INET6, 9)],
  'ipv4-route': [routes(AF_INET, 7)],
  'ipv6-route': [routes(AF_INET6, 11)],
  route: [routes(AF_INET, 7), routes(AF_INET6, 11)],
  'ipv4-rule': [rules(AF_INET, 8)],
  'ipv6-rule': [rules(AF_INET6, 19)],
  rule: [rules(AF_INET, 8), rules(AF_INET6, 19)],
  neighbour: [
    {
      object: 'neighbour',
      groups: [3],
      codec: neighbour,
      create: 28,
      delete: 29,
      get: 30,
      family: undefined,
      headerSize: 12,
      key: keyOf('family', 'link', 'address'),
      ignored: { cache: true, probes: true },
      // A group has all families, and what is a forwarding entry to others.
      told: (value) => value['family'] !== 'bridge',
    },
  ],
  nexthop: [
    {
      object: 'nexthop',
      groups: [32],
      codec: nexthop,
      create: 104,
      delete: 105,
      get: 106,
      family: undefined,
      headerSize: 8,
      key: keyOf('id'),
      ignored: {},
      silence: withState,
    },
  ],
  fdb: [
    {
      object: 'forwarding entry',
      groups: [3],
      codec: fdb,
      create: 28,
      delete: 29,
      get: 30,
      family: AF_BRIDGE,
      headerSize: 12,
      key: keyOf('link', 'address', 'vlan', 'remote', 'vni', 'port', 'master'),
      ignored: { cache: true },
      expand: (value) => [asListed(value)],
      told: (value) => !isJoined(value),
      silence: withAnyLink,
    },
  ],
  multicast: [
    {
      object: 'multicast group',
      groups: [26],
      codec: multicastDatabase,
      create: 84,
      delete: 85,
      get: 86,
      family: AF_BRIDGE,
      headerSize: 8,
      key: keyOf('bridge', 'port', 'group', 'vlan', 'source', 'sourceVni', 'remote', 'remotePort', 'vni'),
      ignored: { timer: true, sources: true },
      expand: (value) => multicastGroups(value as unknown as MulticastDatabase),
      silence: withLink,
    },
  ],
  'bridge-link': [
    {
      object: 'bridge link',
      groups: [1],
      codec: bridgeLink,
      create: 16,
      delete: 17,
      get: 18,
      family: AF_BRIDGE,
      headerSize: 16,
      key: keyOf('index'),
      // Lists have no VLANs unless they are asked for.
      ignored: { vlans: true, tunnels: true, trees: true, target: true, mode: true, port: portTimers },
      // Of the bridge itself its events tell as well, its lists do not.
      told: (value) => value['index'] !== value['master'],
      silence: withPort,
    },
  ],
  'bridge-vlan': [
    {
      object: 'bridge VLAN',
      groups: [33],
      codec: bridgeVlan,
      create: 112,
      delete: 113,
      get: 114,
      family: AF_BRIDGE,
      headerSize: 8,
      key: keyOf('link', 'vlan'),
      ignored: { statistics: true },
      expand: (value) => portVlans(value as unknown as BridgeVlan),
      silence: withLink,
    },
  ],
  vni: [
    {
      object: 'VNI',
      groups: [35],
      codec: vniFilter,
      create: 120,
      delete: 121,
      get: 122,
      family: AF_BRIDGE,
      headerSize: 8,
      key: keyOf('link', 'vni'),
      ignored: {},
      expand: (value) => tunnelVnis(value as unknown as VniFilter),
      silence: withLink,
    },
  ],
  netconf: [
    {
      object: 'network configuration',
      groups: [24, 25, 29],
      codec: netconf,
      create: 80,
      delete: 81,
      get: 82,
      family: undefined,
      headerSize: 4,
      key: keyOf('family', 'link'),
      ignored: {},
      partial: true,
    },
  ],
  nsid: [
    {
      object: 'namespace id',
      groups: [28],
      codec: namespaceId,
      create: 88,
      delete: 89,
      get: 90,
      family: undefined,
      headerSize: 4,
      key: keyOf('id'),
      ignored: {},
    },
  ],
};

/** Addresses of groups that a link has joined: nobody tells of them. */
function isJoined({ address: own, flags, remote }: Plain): boolean {
  const first = typeof own === 'string' ? Number.parseInt(own.slice(0, 2), 16) : 0;
  return remote === undefined && (first & 1) === 1 && Array.isArray(flags) && flags.includes('self');
}

/** Of an entry of a device's own filter the event has the state that was asked for, every list 'permanent'. */
function asListed(entry: Plain): Plain {
  const { flags, state, remote, nexthopId } = entry;
  const own = Array.isArray(flags) && flags.includes('self') && remote === undefined && nexthopId === undefined;
  return own && Array.isArray(state) && state.includes('permanent') ? { ...entry, state: ['permanent'] } : entry;
}

/** Each VLAN of a range by itself: ranges are cut anew whenever one of theirs changes. */
function portVlans({ link: port, vlans }: BridgeVlan): PortVlan[] {
  return (vlans ?? []).flatMap(({ info, range, ...rest }) => {
    if (info === undefined) return [];
    const { flags, vlan } = info;
    const count = Math.max((range ?? vlan) - vlan, 0) + 1;
    return Array.from({ length: count }, (_, index) => ({ link: port, vlan: vlan + index, flags, ...rest }));
  });
}

/** Networks have 24 bits, and a message that claims more is not believed. */
const mostNetworks = 0x1000000;

function tunnelVnis({ link: tunnel, entries }: VniFilter): TunnelVni[] {
  return (entries ?? []).flatMap(({ first = 0, last = first, group }) => {
    const count = Math.min(Math.max(last - first, 0) + 1, mostNetworks);
    return Array.from({ length: count }, (_, index) => ({
      link: tunnel,
      vni: first + index,
      ...(group === undefined ? undefined : { group }),
    }));
  });
}

/** Names of what can be watched. */
export const watchedNames: readonly string[] = Object.keys(watched);

export type WatchedName =
  | 'link'
  | 'address'
  | 'ipv4-address'
  | 'ipv6-address'
  | 'route'
  | 'ipv4-route'
  | 'ipv6-route'
  | 'rule'
  | 'ipv4-rule'
  | 'ipv6-rule'
  | 'neighbour'
  | 'fdb'
  | 'nexthop'
  | 'multicast'
  | 'bridge-link'
  | 'bridge-vlan'
  | 'vni'
  | 'netconf'
  | 'nsid';

/** What the names stand for, each sort once. */
export function watchedOf(names: readonly WatchedName[]): Watched[] {
  const found = new Map<string, Watched>();
  for (const name of names) for (const one of watched[name] ?? []) found.set(`${one.object} ${one.family ?? ''}`, one);
  return [...found.values()];
}
