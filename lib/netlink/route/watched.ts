import type { Codec } from '../../codec/codec.js';
import { address, type Address } from '../../schema/route/address.js';
import { link, type Link } from '../../schema/route/link.js';
import { fdb, neighbour, type FdbEntry, type Neighbour } from '../../schema/route/neighbour.js';
import { nexthop, type Nexthop } from '../../schema/route/nexthop.js';
import { route, type Route } from '../../schema/route/route.js';
import { rule, type Rule } from '../../schema/route/rule.js';

/** What a watch tells of, by the word for it in ObjectChange.object. */
export interface WatchedObjects {
  readonly link: Link;
  readonly address: Address;
  readonly route: Route;
  readonly rule: Rule;
  readonly neighbour: Neighbour;
  readonly 'forwarding entry': FdbEntry;
  readonly nexthop: Nexthop;
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
  readonly ignored: readonly string[];
}

type Plain = Readonly<Record<string, unknown>>;

function keyOf(...names: readonly string[]): (value: Plain) => string {
  return (value) => JSON.stringify(names.map((name) => value[name] ?? null));
}

const AF_INET = 2;
const AF_INET6 = 10;
const AF_BRIDGE = 7;

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
    ignored: ['lifetime'],
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
    ignored: ['cache'],
  };
}

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
    // The kernel compares everything.
    key: (value) => JSON.stringify(value),
    ignored: [],
  };
}

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
      ignored: ['statistics', 'statistics32'],
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
      ignored: ['cache', 'probes'],
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
      ignored: [],
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
      key: keyOf('link', 'address', 'vlan', 'remote', 'vni', 'port'),
      ignored: ['cache'],
    },
  ],
};

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
  | 'nexthop';

/** What the names stand for, each sort once. */
export function watchedOf(names: readonly WatchedName[]): Watched[] {
  const found = new Map<string, Watched>();
  for (const name of names) for (const one of watched[name] ?? []) found.set(`${one.object} ${one.family ?? ''}`, one);
  return [...found.values()];
}
