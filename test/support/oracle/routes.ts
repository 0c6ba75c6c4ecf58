import { asText, hasAsNull, linkName, renamed, unlessZero, withoutFullLength } from './conversions.js';
import { encapsulation, gathered } from './encapsulations.js';
import { isPlain, plainly, shows, unmapped, type Conversion, type ObjectTable, type Plain, type Table } from './table.js';

/* ip -json -details -statistics route show table all */

export const protocolName = renamed({ unspecified: 'unspec' });
export const scopeName = renamed({});
export const tableName = renamed({ unspecified: 'unspec' });

const flagNames = [
  'dead',
  'onlink',
  'pervasive',
  'offload',
  'trap',
  'notify',
  'linkdown',
  'unresolved',
  'rt-offload',
  'rt-trap',
  'rt-offload-failed',
];

/** As iproute2 orders and writes them. */
export const routeFlags: Conversion = (value) =>
  flagNames.filter((name) => Array.isArray(value) && value.includes(name)).map((name) => name.replaceAll('-', '_'));

const realms: Table = {
  from: shows('from', asText),
  to: shows('to', asText),
};

const via: Table = { family: shows('family', renamed({ ipv4: 'inet', ipv6: 'inet6' })), host: shows('address') };

const labels: Conversion = (value) => (Array.isArray(value) ? value.join('/') : undefined);

const hop: Table = {
  encap: encapsulation,
  to: shows('newDestination', labels),
  gateway: shows('gateway'),
  via: { of: 'via', keys: via },
  flow: { of: 'realms', keys: realms },
  dev: shows('link', linkName),
  weight: shows('weight', (value, { whole }) => (whole['family'] === 'mpls' ? undefined : value)),
  flags: shows('flags', routeFlags),
  ttl: unmapped('routes of multicast forwarding are those of ip mroute'),
};

const metricNames: Table = {
  ...plainly({
    mtu: 'mtu',
    window: 'window',
    ssthresh: 'slowStartThreshold',
    cwnd: 'congestionWindow',
    advmss: 'advertisedMss',
    reordering: 'reordering',
    initcwnd: 'initialCongestionWindow',
    rto_min: 'minimumRetransmissionTimeout',
    initrwnd: 'initialReceiveWindow',
    congestion: 'congestionControl',
  }),
  rtt: shows('rtt', (value) => (typeof value === 'number' ? Math.floor(value / 8) : undefined)),
  rttvar: shows('rttVariance', (value) => (typeof value === 'number' ? Math.floor(value / 4) : undefined)),
  hoplimit: shows('hopLimit', (value) => (value === 0xffffffff ? undefined : value)),
  quickack: shows('quickAck', (value) => (value === undefined ? undefined : Number(value))),
  fastopen_no_cookie: shows('fastOpenNoCookie', (value) => (value === undefined ? undefined : Number(value))),
  ecn: shows('features', hasAsNull('ecn')),
  // All of them as a number, where there is one without a name.
  features: shows('features', (value) => {
    const bits: Readonly<Record<string, number>> = { ecn: 1, sack: 2, timestamp: 4, allfrag: 8, 'tcp-usec-ts': 16 };
    const all = Array.isArray(value) ? (value as string[]).reduce((sum, name) => sum + (bits[name] ?? 0), 0) : 0;
    return all > 1 ? `0x${all.toString(16)}` : undefined;
  }),
};

/** `metrics` is arranged() as an object. */
export const routes: ObjectTable = {
  keys: {
    type: shows('type'),
    dst: shows('destination', withoutFullLength),
    from: shows('source', withoutFullLength),
    src: unmapped('a source with a length and no address: the kernel reports none'),
    nhid: shows('nexthopId'),
    to: shows('newDestination', labels),
    encap: encapsulation,
    tos: shows('tos', (value) => (typeof value === 'number' && value !== 0 ? `0x${value.toString(16).padStart(2, '0')}` : undefined)),
    gateway: shows('gateway'),
    via: { of: 'via', keys: via },
    dev: shows('link', linkName),
    table: shows('table', tableName),
    protocol: shows('protocol', protocolName),
    scope: shows('scope', scopeName),
    prefsrc: shows('preferredSource'),
    metric: shows('metric'),
    flags: shows('flags', routeFlags),
    mark: shows('mark', unlessZero),
    flow: { of: 'realms', keys: realms },
    uid: shows('uid'),
    cache: unmapped('printed of cached routes: the answers of ip route get'),
    expires: shows('cache.expires', (value) => (typeof value === 'number' && value !== 0 ? Math.trunc(value / 100) : undefined), {
      moving: 'between',
    }),
    error: shows('cache.error', unlessZero),
    users: shows('cache.references', unlessZero, { moving: 'between' }),
    used: shows('cache.used', unlessZero, { moving: 'between' }),
    age: shows('cache.lastUse', unlessZero, { moving: 'between' }),
    ipid: unmapped('rta_id: always 0 since Linux 3.6'),
    ts: unmapped('rta_ts: always 0 since Linux 3.6'),
    tsage: unmapped('rta_tsage: always 0 since Linux 3.6'),
    metrics: { of: 'metrics', keys: metricNames, when: (route) => route['metrics'] !== undefined },
    iif: shows('inputLink', linkName),
    pref: shows('preference'),
    'ttl-propogate': shows('ttlPropagate'),
    nh_info: unmapped('the nexthop object, which is compared with the list of nexthops'),
    nexthops: { each: 'nexthops', keys: hop },
    deleted: unmapped('printed of notifications only'),
  },
  beyond: {
    family: 'told by the addresses',
    'metrics.lock': 'RTAX_LOCK: printed in the text form only',
    'cache.id': 'rta_id: always 0 since Linux 3.6',
    'cache.timestamp': 'rta_ts: always 0 since Linux 3.6',
    'cache.timestampAge': 'rta_tsage: always 0 since Linux 3.6',
  },
};

/** With encapsulations and metrics as objects of their own. */
export function arranged(printed: Plain): Plain {
  const made: Record<string, unknown> = { ...gathered(printed) };
  if (Array.isArray(made['nexthops'])) made['nexthops'] = made['nexthops'].filter(isPlain).map(gathered);
  const { metrics } = made;
  if (Array.isArray(metrics)) made['metrics'] = metrics[0];
  return made;
}
