import { address, type Address, type AddressInput } from '../../schema/route/address.js';
import { link, type Link, type LinkInput } from '../../schema/route/link.js';
import {
  fdb,
  neighbour,
  proxy,
  type FdbEntry,
  type FdbEntryInput,
  type Neighbour,
  type NeighbourInput,
  type ProxyInput,
} from '../../schema/route/neighbour.js';
import { route, type Route, type RouteInput } from '../../schema/route/route.js';
import { rule, type Rule, type RuleInput } from '../../schema/route/rule.js';
import { addressLabel, type AddressLabel, type AddressLabelInput } from '../../schema/route/address-label.js';
import { nexthop, type Nexthop, type NexthopInput } from '../../schema/route/nexthop.js';
import {
  addressEnsuring,
  addressLabelEnsuring,
  fdbEnsuring,
  neighbourEnsuring,
  nexthopEnsuring,
  proxyEnsuring,
  routeEnsuring,
} from './identities.js';
import { describeValue } from '../../errors.js';
import type { Plain } from './matching.js';
import type { ObjectType } from './object-client.js';

/* The kinds of rtnetlink objects: message types (linux/rtnetlink.h), what the kernel filters dumps by, and what it tells them apart by. */

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return `link ${value}`;
  if (typeof value === 'object' && value !== null) {
    const { name, index, group, alternativeName } = value as Plain;
    if (typeof name === 'string') return name;
    if (typeof alternativeName === 'string') return alternativeName;
    if (typeof index === 'number') return `link ${index}`;
    if (typeof group === 'string' || typeof group === 'number') return `group ${group}`;
  }
  return '';
}

function on(value: Plain): string {
  const link = text(value['link']);
  return link === '' ? '' : ` on ${link}`;
}

function hasColon(value: unknown): boolean {
  return typeof value === 'string' && value.includes(':');
}

function isIpv6({ family, destination, gateway, source, preferredSource }: Plain): boolean {
  if (family !== undefined) return family === 'ipv6' || family === 10;
  return hasColon(destination) || hasColon(gateway) || hasColon(source) || hasColon(preferredSource);
}

function isMpls(value: Plain): boolean {
  return value['family'] === 'mpls' || value['family'] === 28;
}

/** Whether a packet is handed to somebody else: then the route reaches the whole world, else the link. */
function hasGateway(value: Plain): boolean {
  if (value['gateway'] !== undefined || value['via'] !== undefined || value['nexthopId'] !== undefined) return true;
  const { nexthops } = value;
  return Array.isArray(nexthops) && nexthops.some((one: unknown) => typeof one === 'object' && one !== null && hasGateway(one as Plain));
}

const ofTheHost: ReadonlySet<unknown> = new Set(['local', 'nat', 'broadcast', 'anycast']);

const inMain = { type: 'unicast', table: 'main', protocol: 'boot' } as const;
const inLocal = { ...inMain, table: 'local' } as const;
/** By table and scope. Made once: every route that is added has one of them. */
const defaultsOf = {
  main: { any: inMain, host: { ...inMain, scope: 'host' }, link: { ...inMain, scope: 'link' } },
  local: { any: inLocal, host: { ...inLocal, scope: 'host' }, link: { ...inLocal, scope: 'link' } },
} as const;

function routeDefaults(value: Plain): Plain {
  const { type = 'unicast' } = value;
  const by = defaultsOf[ofTheHost.has(type) ? 'local' : 'main'];
  // Scopes are of IPv4; the kernel refuses one of an MPLS route.
  if (isIpv6(value) || isMpls(value)) return by.any;
  if (type === 'local' || type === 'nat') return by.host;
  if (type === 'broadcast' || type === 'multicast' || type === 'anycast') return by.link;
  return type === 'unicast' && !hasGateway(value) ? by.link : by.any;
}

const deletions = { mpls: { table: 'main', type: 'unicast' }, ipv6: { table: 'main' }, ipv4: { table: 'main', scope: 'nowhere' } } as const;

/** Without a scope the kernel would delete routes of the scope universe only; of MPLS it takes no other type and scope than the usual. */
function routeDeletion(value: Plain): Plain {
  if (isMpls(value)) return deletions.mpls;
  return isIpv6(value) ? deletions.ipv6 : deletions.ipv4;
}

/** What many routes have in common: a delete that says no more would take the first default route. */
const commonOfRoutes: ReadonlySet<string> = new Set(['family', 'table', 'type', 'scope', 'protocol', 'tos', 'flags']);
/** What many rules have in common; by the target of a goto the kernel does not tell them apart. */
const commonOfRules: ReadonlySet<string> = new Set(['family', 'action', 'protocol', 'flags', 'target']);

function routeTells(value: Plain): boolean {
  for (const name in value) if (value[name] !== undefined && !commonOfRoutes.has(name)) return true;
  return false;
}

/** Whether the kernel looks at a field of a rule that is to be deleted: at 0 only of a priority, and of what is suppressed. */
function ruleTells(value: Plain): boolean {
  return Object.entries(value).some(([name, one]) => {
    if (one === undefined || commonOfRules.has(name)) return false;
    if (name.startsWith('suppress')) return one !== -1;
    return name === 'priority' || (one !== 0 && one !== 0n && one !== false && one !== 'all');
  });
}

/** LABEL_MAX_MASK of iproute2: all bits of a flow label are compared, where nothing else is said. */
const wholeFlowLabel = 0xfffff;

function ruleDefaults(value: Plain): Plain {
  return {
    // The table of the packet's VRF is one, too: the kernel refuses both.
    ...(value['action'] === undefined && (value['l3mdev'] === true ? { action: 'lookup' } : { action: 'lookup', table: 'main' })),
    ...(value['flowLabel'] !== undefined && { flowLabelMask: wholeFlowLabel }),
  };
}

function loopbackScope(value: Plain): Plain {
  const own = value['address'];
  return typeof own === 'string' && own.startsWith('127.') ? { scope: 'host' } : {};
}

export const linkType: ObjectType<Link, LinkInput> = {
  title: 'link',
  codec: link,
  types: { create: 16, delete: 17, get: 18 },
  headerSize: 16,
  filters: ['master', 'kind', 'targetNamespaceId', 'extended'],
  queries: ['extended'],
  // 'set link 7', not 'set link link 7'.
  label: (value) => text(value).replace(/^link (?=\d+$)/, ''),
  key: ['index'],
};

export const addressType: ObjectType<Address, AddressInput> = {
  title: 'address',
  codec: address,
  types: { create: 20, delete: 21, get: 22 },
  headerSize: 8,
  filters: ['link', 'family', 'targetNamespaceId'],
  label: (value) => `${text(value['address'])}${on(value)}`,
  required: ['link', 'address'],
  key: ['link', 'address', 'peer', 'family'],
  addsUnasked: () => true,
  defaults: loopbackScope,
  ensuring: addressEnsuring,
};

export const routeType: ObjectType<Route, RouteInput> = {
  title: 'route',
  codec: route,
  types: { create: 24, delete: 25, get: 26 },
  headerSize: 12,
  filters: ['table', 'link', 'protocol', 'type', 'family'],
  any: { table: 0 },
  label: (value) =>
    `${text(value['destination'])}${value['gateway'] === undefined ? '' : ` via ${text(value['gateway'])}`}${on(value)}`.trim(),
  key: ['family', 'destination', 'table', 'tos', 'metric'],
  tells: routeTells,
  defaults: routeDefaults,
  deletion: routeDeletion,
  ensuring: routeEnsuring,
};

export const ruleType: ObjectType<Rule, RuleInput> = {
  title: 'rule',
  codec: rule,
  types: { create: 32, delete: 33, get: 34 },
  headerSize: 12,
  filters: ['family'],
  label: (value) => (value['priority'] === undefined ? '' : `with priority ${describeValue(value['priority'])}`),
  key: ['family', 'priority', 'source', 'destination', 'inputLink', 'outputLink', 'mark', 'markMask', 'table', 'action'],
  tells: ruleTells,
  defaults: ruleDefaults,
};

export const neighbourType: ObjectType<Neighbour, NeighbourInput> = {
  title: 'neighbour',
  codec: neighbour,
  types: { create: 28, delete: 29, get: 30 },
  headerSize: 12,
  filters: ['link', 'master', 'family'],
  // The header's index must be 0 in a dump: the link is told by an attribute (NDA_IFINDEX). The master is not told of neighbours.
  sentAs: { link: 'via' },
  queries: ['master'],
  label: (value) => `${text(value['address'])}${on(value)}`,
  key: ['link', 'address', 'family'],
  // The kernel refuses to manage what is permanent.
  defaults: (value) => ({ state: Array.isArray(value['flags']) && value['flags'].includes('managed') ? 'none' : 'permanent' }),
  ensuring: neighbourEnsuring,
};

export const proxyType: ObjectType<Neighbour, ProxyInput> = {
  ...neighbourType,
  codec: proxy,
  title: 'proxy',
  filters: ['link', 'master', 'family', 'flags'],
  // A dump has either those with this flag or those without.
  asked: { flags: ['proxy'] },
  queries: ['master', 'flags'],
  addsUnasked: () => true,
  defaults: () => ({ state: 'permanent', flags: ['proxy'] }),
  deletion: () => ({ flags: ['proxy'] }),
  ensuring: proxyEnsuring,
};

/** NTF_SELF, neighbour.h. */
const isSelf = 0x02;

function hasSelf(flags: unknown): boolean {
  return typeof flags === 'number' ? (flags & isSelf) !== 0 : Array.isArray(flags) && flags.includes('self');
}

export const fdbType: ObjectType<FdbEntry, FdbEntryInput> = {
  title: 'forwarding entry',
  codec: fdb,
  types: { create: 28, delete: 29, get: 30 },
  headerSize: 12,
  filters: ['link', 'master'],
  family: 7,
  label: (value) => `${text(value['address'])}${on(value)}`,
  key: ['link', 'address', 'vlan', 'remote', 'vni'],
  // Bridges and tunnels say what is missing; the list of addresses that any other device has does not. By no flag at all a bridge is meant.
  addsUnasked: ({ flags, remote }) => remote === undefined && (flags === undefined || hasSelf(flags)),
  defaults: () => ({ state: ['noarp', 'permanent'], flags: ['self'] }),
  deletion: () => ({ flags: ['self'] }),
  ensuring: fdbEnsuring,
};

export const nexthopType: ObjectType<Nexthop, NexthopInput> = {
  title: 'nexthop',
  codec: nexthop,
  types: { create: 104, delete: 105, get: 106 },
  headerSize: 8,
  filters: ['link', 'master', 'groupsOnly', 'family'],
  queries: ['master', 'groupsOnly'],
  label: (value) => (value['id'] === undefined ? '' : describeValue(value['id'])),
  key: ['id'],
  // The kernel wants the number and nothing else.
  only: ['id'],
  ensuring: nexthopEnsuring,
};

export const addressLabelType: ObjectType<AddressLabel, AddressLabelInput> = {
  title: 'address label',
  codec: addressLabel,
  types: { create: 72, delete: 73, get: 74 },
  headerSize: 12,
  filters: [],
  family: 10,
  label: (value) => text(value['prefix']),
  key: ['prefix', 'link'],
  addsUnasked: () => true,
  ensuring: addressLabelEnsuring,
};
