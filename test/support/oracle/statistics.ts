import { counting, rx, tx } from './links.js';
import type { Part } from './scene.js';
import { isPlain, plainly, shows, unmapped, type ObjectTable, type Plain, type Table } from './table.js';

/* ip -json -statistics -statistics stats show: an entry for each group of counters, gathered() by link here. */

function nested(keys: Readonly<Record<string, Readonly<Record<string, string>>>>): Table {
  return Object.fromEntries(Object.entries(keys).map(([key, table]) => [key, { keys: counting(plainly(table)) }]));
}

const versions = (what: string, numbers: readonly number[]): Record<string, string> =>
  Object.fromEntries(
    ['rx', 'tx'].flatMap((way) => numbers.map((number) => [`${way}_v${number}`, `${what.replace('#', `V${number}`)}.${way}`])),
  );

const bridge: Table = {
  mcast: {
    keys: {
      multicast: {
        of: 'multicast',
        keys: {
          ...nested({
            igmp_queries: versions('igmp#Queries', [1, 2, 3]),
            igmp_reports: versions('igmp#Reports', [1, 2, 3]),
            igmp_leaves: { rx: 'igmpLeaves.rx', tx: 'igmpLeaves.tx' },
            mld_queries: versions('mld#Queries', [1, 2]),
            mld_reports: versions('mld#Reports', [1, 2]),
            mld_leaves: { rx: 'mldLeaves.rx', tx: 'mldLeaves.tx' },
          }),
          ...counting(plainly({ igmp_parse_errors: 'igmpParseErrors', mld_parse_errors: 'mldParseErrors' })),
        },
      },
    },
  },
  stp: {
    keys: {
      stp: {
        of: 'stp',
        keys: counting(
          plainly({
            rx_bpdu: 'rxBpdus',
            tx_bpdu: 'txBpdus',
            rx_tcn: 'rxChanges',
            tx_tcn: 'txChanges',
            transition_blk: 'transitionsBlocking',
            transition_fwd: 'transitionsForwarding',
          }),
        ),
      },
    },
  },
};

const bond: Table = {
  '802.3ad': {
    keys: {
      '802.3ad': {
        of: 'lacp',
        keys: counting(
          plainly({
            lacpdu_rx: 'rxLacpdus',
            lacpdu_tx: 'txLacpdus',
            lacpdu_unknown_rx: 'rxUnknown',
            lacpdu_illegal_rx: 'rxIllegal',
            marker_rx: 'rxMarkers',
            marker_tx: 'txMarkers',
            marker_response_rx: 'rxMarkerResponses',
            marker_response_tx: 'txMarkerResponses',
            marker_unknown_rx: 'rxUnknownMarkers',
          }),
        ),
      },
    },
  },
};

const extended: Table = { bridge: { of: 'bridge', keys: bridge }, bond: { of: 'bond', keys: bond } };

const switches = plainly({ request: 'requested', used: 'used' });

export const statistics: ObjectTable = {
  keys: {
    ifindex: shows('link'),
    link: { keys: { stats64: { of: 'link64', keys: { rx: { keys: counting(rx) }, tx: { keys: counting(tx) } } } } },
    xstats: { of: 'extended', keys: extended },
    xstats_slave: { of: 'portExtended', keys: extended },
    offload: {
      of: 'offload',
      keys: {
        hw_stats_info: { keys: { info: { keys: { l3_stats: { of: 'hardwareInfo.l3', keys: switches } } } } },
        l3_stats: {
          keys: {
            info: { of: 'hardwareInfo.l3', keys: switches },
            stats64: unmapped('needs hardware that counts routed packets'),
          },
        },
        cpu_hit: { keys: { stats64: unmapped('needs hardware that forwards') } },
      },
    },
    afstats: {
      of: 'families',
      keys: {
        mpls: {
          of: 'mpls.link',
          keys: {
            mpls_stats: {
              keys: {
                rx: {
                  keys: counting(
                    plainly({ bytes: 'rxBytes', packets: 'rxPackets', errors: 'rxErrors', dropped: 'rxDropped', noroute: 'rxNoRoute' }),
                  ),
                },
                tx: { keys: counting(plainly({ bytes: 'txBytes', packets: 'txPackets', errors: 'txErrors', dropped: 'txDropped' })) },
              },
            },
          },
        },
      },
    },
  },
  beyond: {
    filter: 'filter_mask: the groups that are told',
    'extended.bridge.multicast.bytes': 'mcast_bytes: not printed by iproute2',
    'extended.bridge.multicast.packets': 'mcast_packets: not printed by iproute2',
    'portExtended.bridge.multicast.bytes': 'mcast_bytes: not printed by iproute2',
    'portExtended.bridge.multicast.packets': 'mcast_packets: not printed by iproute2',
    'extended.bridge.vlans': 'BRIDGE_XSTATS_VLAN: printed by bridge -statistics vlan',
    'portExtended.bridge.vlans': 'BRIDGE_XSTATS_VLAN: printed by bridge -statistics vlan',
  },
};

/** Entries by link: { ifindex, xstats: { bridge: { stp: ... } } }. */
export function byLink(printed: readonly Plain[]): Plain[] {
  const made = new Map<unknown, Record<string, unknown>>();
  for (const { ifindex, ifname: _ifname, group, subgroup, suite, ...rest } of printed) {
    const link = made.get(ifindex) ?? { ifindex };
    made.set(ifindex, link);
    let place = link;
    const path = [group, subgroup, suite].filter((name) => typeof name === 'string');
    for (const name of path) {
      const inner = place[name];
      place = (place[name] = isPlain(inner) ? inner : {}) as Record<string, unknown>;
    }
    Object.assign(place, rest);
  }
  return [...made.values()];
}

export const statisticsScene: readonly Part[] = [
  {
    name: 'a bridge with a port',
    ip: [
      'link add v0 type veth peer name v1',
      'link add br0 type bridge mcast_stats_enabled 1 mcast_querier 1 stp_state 1',
      'link set v0 up',
      'link set v1 up',
      'link set br0 up',
      'link set v0 master br0',
    ],
    objects: /^\d+$/,
  },
  {
    name: 'a bond',
    ip: [
      'link add bo0 type bond mode 802.3ad miimon 100',
      'link add w0 type veth peer name w1',
      'link set w0 master bo0',
      'link set w0 up',
      'link set w1 up',
      'link set bo0 up',
    ],
    objects: /^\d+$/,
  },
  { name: 'MPLS', sysctls: { 'net/mpls/conf/v0/input': '1' }, objects: /^\d+$/ },
];
