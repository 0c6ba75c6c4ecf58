import { hasAsNull, linkName, unlessZero, wholeSeconds } from './conversions.js';
import { protocolName } from './routes.js';
import type { Part } from './scene.js';
import { shows, unmapped, type Conversion, type ObjectTable } from './table.js';

/* ip -json -details -statistics neighbour show, the same of proxies, and bridge -json -details -statistics fdb show */

const stateOf: Conversion = (value) => {
  if (value === 'none') return undefined;
  if (typeof value === 'string') return [value.toUpperCase()];
  const names = ['INCOMPLETE', 'REACHABLE', 'STALE', 'DELAY', 'PROBE', 'FAILED', 'NOARP', 'PERMANENT'];
  return typeof value === 'number' ? names.filter((_, bit) => ((value >> bit) & 1) === 1) : undefined;
};

const ages = {
  used: shows('cache.used', wholeSeconds, { moving: 'between' }),
  updated: shows('cache.updated', wholeSeconds, { moving: 'between' }),
} as const;

const neighbourKeys = {
  dst: shows('address'),
  dev: shows('link', linkName),
  lladdr: shows('hardwareAddress'),
  router: shows('flags', hasAsNull('router')),
  proxy: shows('flags', hasAsNull('proxy')),
  managed: shows('flags', hasAsNull('managed')),
  extern_learn: shows('flags', hasAsNull('extern-learn')),
  offload: shows('flags', hasAsNull('offload')),
  ...ages,
  confirmed: shows('cache.confirmed', wholeSeconds, { moving: 'between' }),
  refcnt: shows('cache.references', unlessZero, { moving: 'between' }),
  probes: shows('probes', undefined, { moving: 'between' }),
  state: shows('state', stateOf),
  protocol: shows('protocol', protocolName),
  deleted: unmapped('printed of notifications only'),
  miss: unmapped('printed of notifications only'),
} as const;

export const neighbours: ObjectTable = {
  keys: neighbourKeys,
  beyond: { family: 'told by the address', type: 'ndm_type: not printed by iproute2' },
};

export const neighbourScene: readonly Part[] = [
  {
    name: 'links with addresses',
    ip: [
      'link add v0 type veth peer name v1',
      'link set v0 up',
      'link set v1 up',
      'address add 10.0.0.1/24 dev v0',
      'address add fd00::1/64 dev v0 nodad',
      'neigh add 10.0.0.8 lladdr 02:00:00:00:00:08 dev v0',
    ],
  },
  {
    name: 'neighbours',
    ip: [
      'neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev v0',
      'neigh add 10.0.0.10 lladdr 02:00:00:00:00:0a dev v0 nud stale',
      'neigh add 10.0.0.11 lladdr 02:00:00:00:00:0b dev v0 nud noarp',
      'neigh add 10.0.0.12 lladdr 02:00:00:00:00:0c dev v0 nud permanent protocol static',
      'neigh add 10.0.0.13 lladdr 02:00:00:00:00:0d dev v0 nud permanent protocol 77',
      'neigh add 10.0.0.14 lladdr 02:00:00:00:00:0e dev v0 nud stale extern_learn',
      'neigh add 10.0.0.15 dev v0 nud none',
      'neigh add fd00::9 lladdr 02:00:00:00:00:09 dev v0 router',
      'neigh add fd00::a lladdr 02:00:00:00:00:0a dev v1 nud stale router extern_learn',
    ],
    objects: /^(?:10\.0\.0\.(?:9|1\d)|fd00)/,
  },
];

/** Proxies are listed as neighbours are. */
export const proxyScene: readonly Part[] = [
  { name: 'links', ip: ['link add v0 type veth peer name v1', 'link set v0 up', 'neigh add proxy 10.0.0.70 dev v0'] },
  {
    name: 'proxies',
    ip: [
      'neigh add proxy 10.0.0.77 dev v0',
      'neigh add proxy fd00::77 dev v0',
      'neigh add proxy fd00::78 dev v1 router',
      'neigh add proxy 10.0.0.78 dev v1 protocol static',
      'neigh add proxy 10.0.0.79 dev v1 extern_learn',
    ],
    objects: /7[789]$/,
  },
];

const states: Conversion = (value) => {
  if (!Array.isArray(value)) return undefined;
  const names: readonly (readonly [string, string])[] = [
    ['permanent', 'permanent'],
    ['noarp', 'static'],
    ['stale', 'stale'],
    ['reachable', ''],
  ];
  return names.find(([name]) => value.includes(name))?.[1];
};

const flags: Conversion = (value) =>
  ['self', 'router', 'extern-learn', 'offload', 'master', 'sticky']
    .filter((name) => Array.isArray(value) && value.includes(name))
    .map((name) => name.replace('-', '_'));

export const fdb: ObjectTable = {
  keys: {
    mac: shows('address'),
    ifname: shows('link', linkName),
    dst: shows('remote'),
    vlan: shows('vlan', unlessZero),
    port: shows('port'),
    vni: shows('vni'),
    src_vni: shows('sourceVni'),
    viaIf: shows('via', (value, around) => (around.object['linkNamespaceId'] === undefined ? linkName(value, around) : undefined)),
    viaIfIndex: shows('via', (value, { object }) => (object['linkNamespaceId'] === undefined ? undefined : value)),
    linkNetNsId: shows('linkNamespaceId'),
    nhid: shows('nexthopId'),
    ...ages,
    flags: shows('flags', flags),
    master: shows('master', linkName),
    state: shows('state', states),
    deleted: unmapped('printed of notifications only'),
  },
  beyond: {
    family: 'always bridge',
    type: 'ndm_type: not printed by iproute2',
    'cache.confirmed': 'ndm_confirmed of NDA_CACHEINFO: not printed by bridge',
    'cache.references': 'ndm_refcnt of NDA_CACHEINFO: not printed by bridge',
    protocol: 'NDA_PROTOCOL: not printed by bridge 6.1',
    extension: 'NDA_FDB_EXT_ATTRS: not printed by bridge 6.1',
  },
};

export const fdbScene: readonly Part[] = [
  {
    name: 'bridge and tunnels',
    ip: [
      'link add v0 type veth peer name v1',
      'link set v0 up',
      'link set v1 up',
      'link add br0 type bridge',
      'link set br0 up',
      'link set v0 master br0',
      'link add vx0 type vxlan id 42 dstport 4789 remote 10.0.0.2',
      'link set vx0 up',
      'link add vx1 type vxlan dstport 4790 external',
      'link set vx1 up',
      'link add vx6 type vxlan id 43 dstport 4791 remote fd00::2',
      'link set vx6 up',
      'link add link v1 mv0 type macvlan mode bridge',
      'link set mv0 up',
    ],
  },
  {
    name: 'entries of a bridge',
    bridge: [
      'fdb add 02:00:00:00:00:05 dev v0 master static',
      'fdb add 02:00:00:00:00:06 dev v0 master dynamic',
      'fdb add 02:00:00:00:00:07 dev v0 master extern_learn',
      'fdb add 02:00:00:00:00:08 dev v0 self',
      'fdb add 02:00:00:00:00:09 dev v0 master permanent',
      'fdb add 02:00:00:00:00:0a dev br0 self local',
    ],
    objects: /^02:00:00:00:00:0[5-9]/,
  },
  { name: 'sticky entries of a bridge', bridge: ['fdb add 02:00:00:00:00:0b dev v0 master static sticky'], objects: /^02:00:00:00:00:0b/ },
  {
    name: 'entries of tunnels',
    bridge: [
      'fdb append 02:00:00:00:01:01 dev vx0 dst 10.0.0.3 vni 43 port 4444 via v0',
      'fdb append 02:00:00:00:01:02 dev vx0 dst 10.0.0.4',
      'fdb append 00:00:00:00:00:00 dev vx0 dst 10.0.0.5',
      'fdb append 02:00:00:00:01:03 dev vx0 dst 10.0.0.6 router',
      'fdb append 02:00:00:00:01:04 dev vx0 dst 10.0.0.6 extern_learn',
      'fdb append 02:00:00:00:01:05 dev vx6 dst fd00::3',
      'fdb append 02:00:00:00:01:06 dev vx1 dst 10.0.0.3 src_vni 42 vni 43',
    ],
    objects: /^(?:02:00:00:00:01|00:)/,
  },
  {
    name: 'entries with nexthops',
    ip: ['nexthop add id 30 via 10.0.0.7 fdb', 'nexthop add id 32 group 30 fdb'],
    bridge: ['fdb add 02:00:00:00:02:01 dev vx0 nhid 32'],
    objects: /^02:00:00:00:02/,
  },
  {
    name: 'entries with VLANs',
    ip: ['link add br1 type bridge vlan_filtering 1', 'link add w0 type veth peer name w1', 'link set w0 master br1'],
    bridge: ['vlan add vid 7 dev w0', 'fdb add 02:00:00:00:03:01 dev w0 master static vlan 7'],
    objects: /^02:00:00:00:03/,
  },
];
