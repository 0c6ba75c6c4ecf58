import { linkName, seconds } from './conversions.js';
import { encapsulation } from './encapsulations.js';
import { protocolName, routeFlags, scopeName } from './routes.js';
import type { Part } from './scene.js';
import { plainly, shows, unmapped, type ObjectTable } from './table.js';

/* ip -json -details nexthop show, and ip nexthop bucket show */

export const nexthops: ObjectTable = {
  keys: {
    id: shows('id'),
    group: {
      each: 'group',
      keys: { id: shows('id'), weight: shows('weight', (value) => (value === 1 ? undefined : value)) },
    },
    type: shows('groupType', (value) => (value === 'multipath' ? undefined : value)),
    resilient_args: {
      of: 'resilient',
      keys: {
        buckets: shows('buckets'),
        ...plainly({ idle_timer: 'idleTimer', unbalanced_timer: 'unbalancedTimer' }, seconds),
        unbalanced_time: shows('unbalancedTime', seconds, { moving: 'between' }),
      },
    },
    encap: encapsulation,
    gateway: shows('gateway'),
    dev: shows('link', linkName),
    scope: shows('scope', scopeName),
    blackhole: shows('blackhole', (value) => (value === true ? null : undefined)),
    protocol: shows('protocol', protocolName),
    flags: shows('flags', routeFlags),
    fdb: shows('fdb', (value) => (value === true ? null : undefined)),
    deleted: unmapped('printed of notifications only'),
  },
  beyond: {
    family: 'told by the gateway',
    groupStatistics: 'NHA_GROUP_STATS (Linux 6.9): not known to iproute2 6.1',
    hardwareStatistics: 'NHA_HW_STATS_ENABLE (Linux 6.9): not known to iproute2 6.1',
    hardwareStatisticsUsed: 'NHA_HW_STATS_USED (Linux 6.9): not known to iproute2 6.1',
  },
};

export const buckets: ObjectTable = {
  keys: {
    id: shows('id'),
    bucket: { keys: { index: shows('index'), idle_time: shows('idleTime', seconds, { moving: 'between' }), nhid: shows('nexthopId') } },
    flags: shows('flags', routeFlags),
    deleted: unmapped('printed of notifications only'),
  },
  beyond: { family: 'buckets have none', scope: 'buckets have none', protocol: 'buckets have none' },
};

export const nexthopScene: readonly Part[] = [
  {
    name: 'links with addresses',
    ip: [
      'link add v0 type veth peer name v1',
      'link add d0 type veth peer name d1',
      'link set v0 up',
      'link set v1 up',
      'link set d0 up',
      'address add 10.0.0.1/24 dev v0',
      'address add fd00::1/64 dev v0 nodad',
    ],
  },
  {
    name: 'nexthops',
    ip: [
      'nexthop add id 1 via 10.0.0.2 dev v0',
      'nexthop add id 2 dev v0 proto static',
      'nexthop add id 3 via 192.0.2.1 dev v0 onlink',
      'nexthop add id 4 via fd00::2 dev v0 proto 77',
      'nexthop add id 5 blackhole',
    ],
    objects: /^[1-5]$/,
  },
  { name: 'nexthops of IPv6 without a gateway', ip6: ['nexthop add id 7 dev v0', 'nexthop add id 8 blackhole'], objects: /^[78]$/ },
  { name: 'groups of nexthops', ip: ['nexthop add id 10 group 1', 'nexthop add id 11 group 1,3/2,256/4 proto static'], objects: /^1[01]$/ },
  {
    name: 'resilient groups',
    ip: [
      'nexthop add id 20 group 1,3/2 type resilient buckets 8 idle_timer 60 unbalanced_timer 300',
      'nexthop add id 21 group 1 type resilient buckets 4',
    ],
    objects: /^2[01]$/,
  },
  {
    name: 'nexthops of forwarding entries',
    ip: ['nexthop add id 30 via 10.0.0.7 fdb', 'nexthop add id 31 via 10.0.0.8 fdb', 'nexthop add id 32 group 30/31 fdb'],
    objects: /^3[0-2]$/,
  },
  { name: 'nexthops with an encapsulation', ip: ['nexthop add id 40 encap ip id 5 dst 10.0.0.2 ttl 9 dev v0'], objects: /^40$/ },
  { name: 'nexthops with labels', ip: ['nexthop add id 41 encap mpls 100/200 via 10.0.0.2 dev v0'], objects: /^41$/ },
];

/** What buckets need of it. */
export const bucketScene: readonly Part[] = nexthopScene
  .filter(({ name }) => name === 'links with addresses' || name === 'nexthops' || name === 'resilient groups')
  .map((part) => ({ ...part, objects: part.name === 'resilient groups' ? /^2[01]$/ : /./ }));
