import type { Ensuring } from './ensuring.js';
import { standsFor, type Plain } from './matching.js';

/* What makes a kernel object this one and no other, and what stays of it when something else is changed. */

function pick(value: Plain, names: readonly string[]): Plain {
  return Object.fromEntries(names.map((name) => [name, value[name]]));
}

function without(value: Plain, names: readonly string[]): Plain {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));
}

function has(value: Plain, names: readonly string[]): boolean {
  return names.some((name) => value[name] !== undefined);
}

/** Routes that are there instead of the way that packets take. */
const wayless: readonly unknown[] = ['blackhole', 'unreachable', 'prohibit', 'throw'];
const local: readonly unknown[] = ['local', 'nat', 'broadcast', 'anycast'];

/** Who the next router is, of which a route has one, several, or a nexthop object that says so. */
const routers = ['gateway', 'via', 'nexthops', 'nexthopId'] as const;

function hasRouter(value: Plain): boolean {
  return has(value, routers);
}

/** IP6_RT_PRIO_USER: what an IPv6 route without a metric gets. */
const usualMetric = 1024;

/** Whether a prefix has all addresses. */
function everything(prefix: unknown): boolean {
  return prefix === undefined || prefix === 'default' || prefix === 'all' || prefix === '0.0.0.0/0' || prefix === '::/0';
}

/** A list of one next hop is no list to the kernel, which keeps no weight of it either. */
function unlisted(value: Plain): Plain {
  const { nexthops } = value;
  if (!Array.isArray(nexthops) || nexthops.length !== 1) return value;
  return { ...without(value, ['nexthops']), ...without(nexthops[0] as Plain, ['weight']) };
}

function routeCanonical(given: Plain): Plain {
  const value = unlisted(given);
  const isIpv6 = value['family'] === 'ipv6';
  const { metric, table, cache } = value;
  const expires = (cache as { readonly expires?: number } | undefined)?.expires ?? 0;
  return {
    ...value,
    destination: everything(value['destination']) ? 'default' : value['destination'],
    source: everything(value['source']) ? undefined : value['source'],
    table: table === undefined || table === 0 ? (local.includes(value['type']) ? 'local' : 'main') : table,
    tos: value['tos'] ?? 0,
    metric: isIpv6 ? (metric === undefined || metric === 0 ? usualMetric : metric) : (metric ?? 0),
    // Told in another unit than it is asked for.
    ...(expires > 0 && { expires: Math.ceil(expires / 100) }),
  };
}

/**
 * Where packets go is told by several fields together: a router that is named takes the place of all that say who it was. The link stays
 * if the router can be reached by it, else the kernel finds it.
 */
function routeKept(found: Plain, wanted: Plain): readonly Plain[] {
  const { type } = found;
  const named = routers.filter((name) => wanted[name] !== undefined);
  const turned = wanted['type'] !== undefined && wanted['type'] !== type;
  const rerouted = named.length > 0 || has(wanted, ['link']);
  let kept = routeCanonical(found);
  let bare: Plain | undefined;
  if (turned || (rerouted && wayless.includes(type)))
    kept = without(kept, [...routers, 'link', 'encapsulation', 'newDestination', 'type', 'flags']);
  else if (has(wanted, ['nexthops', 'nexthopId'])) kept = without(kept, [...routers, 'link', 'encapsulation', 'newDestination', 'flags']);
  else if (named.length > 0) {
    kept = without(kept, routers);
    if (wanted['link'] === undefined && kept['link'] !== undefined) bare = without(kept, ['link', 'flags']);
  } else if (has(wanted, ['link']) && has(found, ['nexthops', 'nexthopId'])) kept = without(kept, routers);
  // What reaches a router has another scope than what reaches a link.
  const withScope = (value: Plain): Plain =>
    turned || value['type'] === undefined || hasRouter({ ...value, ...wanted }) !== hasRouter(found) ? without(value, ['scope']) : value;
  return (bare === undefined ? [kept] : [kept, bare]).map(withScope);
}

export const routeEnsuring: Ensuring = {
  canonical: routeCanonical,
  identity: (value) => pick(value, ['family', 'destination', 'source', 'table', 'tos', 'metric']),
  reported: {
    flags: [
      'dead',
      'linkdown',
      'offload',
      'unresolved',
      'trap',
      'cloned',
      'rt-offload',
      'rt-trap',
      'rt-offload-failed',
      'notify',
      'prefix',
    ],
  },
  decaying: ['expires'],
  kept: routeKept,
  // IPv6 has routes with a router beside those without one.
  choose: (all, wanted) =>
    hasRouter(wanted) || wanted['link'] !== undefined
      ? (all.find((one) => hasRouter(one as Plain) === hasRouter(wanted)) ?? all[0])
      : all[0],
};

export const addressEnsuring: Ensuring = {
  // IPv6 has an address once on a link, whatever the prefix and the other end.
  identity(value) {
    const { family, link, address, peer } = value;
    return family === 'ipv6' && typeof address === 'string'
      ? { family, link, address: address.slice(0, address.indexOf('/')) }
      : { family, link, address, peer };
  },
  reported: { flags: ['secondary', 'optimistic', 'dadfailed', 'deprecated', 'tentative', 'permanent', 'stable-privacy'] },
  decaying: ['lifetime'],
};

/** States that somebody set; the others are what the kernel found out. */
const setStates: readonly unknown[] = ['permanent', 'noarp'];

export const neighbourEnsuring: Ensuring = {
  reported: { flags: ['offload'] },
  kept: (found) => [setStates.includes(found['state']) ? found : without(found, ['state'])],
};

/** One without a link is of all links. */
export const proxyEnsuring: Ensuring = { ...neighbourEnsuring, canonical: (value) => ({ ...value, link: value['link'] ?? 0 }) };

export const fdbEnsuring: Ensuring = {
  // A bridge and the device that is its port have an entry each.
  canonical(value) {
    const flags = Array.isArray(value['flags']) ? (value['flags'] as readonly unknown[]) : undefined;
    // Its own entries a bridge tells with itself as the link and as the master, and without a flag.
    const isBelow = value['master'] !== undefined && value['master'] !== value['link'];
    const isMaster = flags?.includes('master') === true || (isBelow && flags?.includes('self') !== true);
    const others = flags?.filter((flag) => flag !== 'master' && flag !== 'self');
    return { ...value, ...(others !== undefined && { flags: others }), side: isMaster ? 'master' : 'self' };
  },
  identity: (value) => pick(value, ['link', 'address', 'vlan', 'sourceVni', 'side']),
  reported: { flags: ['offload'] },
};

export const addressLabelEnsuring: Ensuring = { canonical: (value) => ({ ...value, link: value['link'] ?? 0 }) };

/** A nexthop is a way, a group of others, or none. */
const ways = ['link', 'gateway', 'encapsulation'] as const;
const groups = ['group', 'groupType', 'resilient'] as const;

export const nexthopEnsuring: Ensuring = {
  needed: ['id'],
  reported: routeEnsuring.reported,
  kept(found, wanted) {
    if (has(wanted, groups)) return [without(found, [...ways, 'blackhole', ...(has(found, groups) ? [] : ['family', 'flags'])])];
    if (wanted['blackhole'] === true) return [without(found, [...ways, ...groups, 'flags'])];
    if (has(wanted, ways)) return [without(found, [...groups, 'blackhole', ...(has(found, groups) ? ['family'] : [])])];
    return [found];
  },
};

/** What the kernel chooses for a rule that does not say it: no rule is another by it. */
export const ruleChoices = ['priority', 'protocol', 'table'] as const;
/** Flags of rules that somebody sets; the others are the kernel's to tell. */
const ruleFlags: readonly unknown[] = ['invert', 'find-source'];
const [wholeMark, wholePort, wholeDscp] = [0xffffffff, 0xffff, 0x3f];
/** What 0 stands for itself in: the kernel tells it. */
const absentOfRules: Plain = { dscp: null, flowLabel: null, suppressGroup: null, suppressPrefixLength: null };

/** All of a port: what a mask is that was not given. */
function portMask(ports: unknown, mask: unknown): unknown {
  const { from, to } = (ports ?? {}) as { readonly from?: number; readonly to?: number };
  return mask ?? (from !== undefined && from === to ? wholePort : undefined);
}

/** What a rule says of packets, and does with them: what it says nothing of is not in it. */
export function ruleSays(value: Plain): Plain {
  const { mark, dscp, realms, sourcePorts, destinationPorts } = value;
  const { from = 0, to = 0 } = (realms ?? {}) as { readonly from?: number; readonly to?: number };
  const flags = Array.isArray(value['flags']) ? (value['flags'] as readonly unknown[]) : [];
  const said: Plain = {
    ...without(value, ruleChoices),
    source: everything(value['source']) ? undefined : value['source'],
    destination: everything(value['destination']) ? undefined : value['destination'],
    flags: flags.filter((flag) => ruleFlags.includes(flag)),
    realms: from === 0 && to === 0 ? undefined : { from, to },
    suppressGroup: value['suppressGroup'] === -1 ? undefined : value['suppressGroup'],
    suppressPrefixLength: value['suppressPrefixLength'] === -1 ? undefined : value['suppressPrefixLength'],
    // All bits are compared where no mask is given; which the kernel tells depends on its version.
    markMask: value['markMask'] ?? (mark === undefined || mark === 0 ? undefined : wholeMark),
    sourcePortMask: portMask(sourcePorts, value['sourcePortMask']),
    destinationPortMask: portMask(destinationPorts, value['destinationPortMask']),
    dscpMask: value['dscpMask'] ?? (dscp === undefined ? undefined : wholeDscp),
  };
  const meaningful = Object.entries(said).filter(([name, one]) => one !== undefined && !standsFor(one, absentOfRules[name]));
  return Object.fromEntries(meaningful);
}
