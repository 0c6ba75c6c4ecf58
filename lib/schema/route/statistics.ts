import type { Codec, Infer, InferInput } from '../../codec/codec.js';
import { attributes } from '../../codec/attributes.js';
import { field, readOnly } from '../../codec/field.js';
import { repeated } from '../../codec/repeated.js';
import { flags } from '../../codec/names.js';
import { link } from '../../codec/references.js';
import { object } from '../../codec/object.js';
import { u8, u16, u32, switch8, counter64 } from '../../codec/scalars.js';
import { struct, member, hidden, padding } from '../../codec/struct.js';
import { linkStatistics } from './link.js';

const hardwareInfo = attributes({
  requested: field(1, switch8, 'IFLA_OFFLOAD_XSTATS_HW_S_INFO_REQUEST', 'Counting was asked for.'),
  used: field(2, switch8, 'IFLA_OFFLOAD_XSTATS_HW_S_INFO_USED', 'Hardware does count.'),
});

/** What both count first (struct rtnl_hw_stats64, struct mpls_link_stats). */
const packets = {
  rxPackets: member(counter64, 'rx_packets', 'Packets received.'),
  txPackets: member(counter64, 'tx_packets', 'Packets sent.'),
  rxBytes: member(counter64, 'rx_bytes', 'Bytes received.', { unit: 'bytes' }),
  txBytes: member(counter64, 'tx_bytes', 'Bytes sent.', { unit: 'bytes' }),
  rxErrors: member(counter64, 'rx_errors', 'Bad packets received.'),
  txErrors: member(counter64, 'tx_errors', 'Packets that could not be sent.'),
  rxDropped: member(counter64, 'rx_dropped', 'Packets dropped on receiving.'),
  txDropped: member(counter64, 'tx_dropped', 'Packets dropped on sending.'),
};

const hardwareStatistics = struct({
  ...packets,
  multicast: member(counter64, 'multicast', 'Multicast packets received.'),
});

const mplsStatistics = struct({
  ...packets,
  rxNoRoute: member(counter64, 'rx_noroute', 'Packets without a route for their label.'),
});

const both = struct({ rx: member(counter64, 'BR_MCAST_DIR_RX', 'Received.'), tx: member(counter64, 'BR_MCAST_DIR_TX', 'Sent.') });

const multicastStatistics = struct({
  igmpV1Queries: member(both, 'igmp_v1queries', 'IGMP version 1 queries.'),
  igmpV2Queries: member(both, 'igmp_v2queries', 'IGMP version 2 queries.'),
  igmpV3Queries: member(both, 'igmp_v3queries', 'IGMP version 3 queries.'),
  igmpLeaves: member(both, 'igmp_leaves', 'IGMP leaves.'),
  igmpV1Reports: member(both, 'igmp_v1reports', 'IGMP version 1 reports.'),
  igmpV2Reports: member(both, 'igmp_v2reports', 'IGMP version 2 reports.'),
  igmpV3Reports: member(both, 'igmp_v3reports', 'IGMP version 3 reports.'),
  igmpParseErrors: member(counter64, 'igmp_parse_errors', 'Bad IGMP packets.'),
  mldV1Queries: member(both, 'mld_v1queries', 'MLD version 1 queries.'),
  mldV2Queries: member(both, 'mld_v2queries', 'MLD version 2 queries.'),
  mldLeaves: member(both, 'mld_leaves', 'MLD leaves.'),
  mldV1Reports: member(both, 'mld_v1reports', 'MLD version 1 reports.'),
  mldV2Reports: member(both, 'mld_v2reports', 'MLD version 2 reports.'),
  mldParseErrors: member(counter64, 'mld_parse_errors', 'Bad MLD packets.'),
  bytes: member(both, 'mcast_bytes', 'Bytes of multicast.', { unit: 'bytes' }),
  packets: member(both, 'mcast_packets', 'Packets of multicast.'),
});

const extended = attributes({
  bridge: field(
    1,
    attributes(
      {
        vlans: field(
          1,
          repeated(
            struct({
              rxBytes: member(counter64, 'rx_bytes', 'Bytes received.', { unit: 'bytes' }),
              rxPackets: member(counter64, 'rx_packets', 'Packets received.'),
              txBytes: member(counter64, 'tx_bytes', 'Bytes sent.', { unit: 'bytes' }),
              txPackets: member(counter64, 'tx_packets', 'Packets sent.'),
              vlan: member(u16, 'vid', 'The VLAN.'),
              flags: member(
                flags(u16, { master: 1, pvid: 2, untagged: 4, 'range-begin': 8, 'range-end': 16, entry: 32 }),
                'flags',
                'What is special about it.',
              ),
              reserved: padding(4),
            }),
            1,
          ),
          'BRIDGE_XSTATS_VLAN',
          'Counters of each VLAN.',
        ),
        multicast: field(2, multicastStatistics, 'BRIDGE_XSTATS_MCAST', 'Multicast control packets.', { since: '4.8' }),
        stp: field(
          4,
          struct({
            transitionsBlocking: member(counter64, 'transition_blk', 'Changes to blocking.'),
            transitionsForwarding: member(counter64, 'transition_fwd', 'Changes to forwarding.'),
            rxBpdus: member(counter64, 'rx_bpdu', 'BPDUs received.'),
            txBpdus: member(counter64, 'tx_bpdu', 'BPDUs sent.'),
            rxChanges: member(counter64, 'rx_tcn', 'Changes of the topology that were told here.'),
            txChanges: member(counter64, 'tx_tcn', 'Changes of the topology that were told by us.'),
          }),
          'BRIDGE_XSTATS_STP',
          'Spanning tree.',
          { since: '5.6' },
        ),
      },
      [3],
    ),
    'LINK_XSTATS_TYPE_BRIDGE',
    'Counters of a bridge.',
  ),
  bond: field(
    2,
    attributes({
      lacp: field(
        1,
        attributes(
          {
            rxLacpdus: field(0, counter64, 'BOND_3AD_STAT_LACPDU_RX', 'LACP packets received.'),
            txLacpdus: field(1, counter64, 'BOND_3AD_STAT_LACPDU_TX', 'LACP packets sent.'),
            rxUnknown: field(2, counter64, 'BOND_3AD_STAT_LACPDU_UNKNOWN_RX', 'Unknown packets received.'),
            rxIllegal: field(3, counter64, 'BOND_3AD_STAT_LACPDU_ILLEGAL_RX', 'Illegal packets received.'),
            rxMarkers: field(4, counter64, 'BOND_3AD_STAT_MARKER_RX', 'Markers received.'),
            txMarkers: field(5, counter64, 'BOND_3AD_STAT_MARKER_TX', 'Markers sent.'),
            rxMarkerResponses: field(6, counter64, 'BOND_3AD_STAT_MARKER_RESP_RX', 'Answers to markers received.'),
            txMarkerResponses: field(7, counter64, 'BOND_3AD_STAT_MARKER_RESP_TX', 'Answers to markers sent.'),
            rxUnknownMarkers: field(8, counter64, 'BOND_3AD_STAT_MARKER_UNKNOWN_RX', 'Unknown markers received.'),
          },
          [9],
        ),
        'BOND_XSTATS_3AD',
        'Counters of 802.3ad.',
      ),
    }),
    'LINK_XSTATS_TYPE_BOND',
    'Counters of a bond.',
    { since: '5.1' },
  ),
});

const header = struct({
  family: hidden(u8, 'family', 'Unused.'),
  reserved: padding(3),
  link: member(link, 'ifindex', 'The link.'),
  filter: member(
    flags(u32, { link64: 1, extended: 2, 'port-extended': 4, offload: 8, families: 16 }),
    'filter_mask',
    'Which groups of counters are wanted, or told.',
  ),
});

const statisticsSchema = object({
  title: 'statistics',
  since: '4.7',
  header,
  attributes: attributes({
    link64: readOnly(1, linkStatistics, 'IFLA_STATS_LINK_64', 'Counters of every link.', { since: '4.7' }),
    extended: readOnly(2, extended, 'IFLA_STATS_LINK_XSTATS', 'Counters of a bridge or bond.', { since: '4.7' }),
    portExtended: readOnly(3, extended, 'IFLA_STATS_LINK_XSTATS_SLAVE', 'Counters of a port of a bridge or bond.', { since: '4.8' }),
    offload: readOnly(
      4,
      attributes({
        cpuHit: field(1, linkStatistics, 'IFLA_OFFLOAD_XSTATS_CPU_HIT', 'What was not forwarded by hardware.', { since: '4.9' }),
        hardwareInfo: field(
          2,
          attributes({ l3: field(3, hardwareInfo, 'IFLA_OFFLOAD_XSTATS_L3_STATS', 'Counters of routed packets.') }),
          'IFLA_OFFLOAD_XSTATS_HW_S_INFO',
          'What hardware counts.',
          { since: '5.18' },
        ),
        l3: field(3, hardwareStatistics, 'IFLA_OFFLOAD_XSTATS_L3_STATS', 'Packets that hardware routed.', { since: '5.18' }),
      }),
      'IFLA_STATS_LINK_OFFLOAD_XSTATS',
      'Counters of hardware.',
      { since: '4.9' },
    ),
    families: readOnly(
      5,
      attributes({
        mpls: field(28, attributes({ link: field(1, mplsStatistics, 'MPLS_STATS_LINK', 'Counters.') }), 'AF_MPLS', 'MPLS on the link.'),
      }),
      'IFLA_STATS_AF_SPEC',
      'Counters of address families.',
      { since: '4.11' },
    ),
  }),
});

/** Counters of a link (struct if_stats_msg, if_link.h; RTM_GETSTATS). Linux 4.7. */
export interface Statistics extends Infer<typeof statisticsSchema> {}
/** What Statistics is made from. */
export interface StatisticsInput extends InferInput<typeof statisticsSchema> {}
export const statistics: Codec<Statistics, StatisticsInput> = statisticsSchema;

const statisticsRequestSchema = object({
  title: 'statistics request',
  since: '4.7',
  header,
  attributes: attributes({
    filters: field(
      1,
      attributes({
        offload: field(
          4,
          flags(u32, { 'cpu-hit': 1, 'hardware-info': 2, l3: 4 }),
          'IFLA_STATS_LINK_OFFLOAD_XSTATS',
          'Which counters of hardware.',
          { since: '5.18' },
        ),
      }),
      'IFLA_STATS_GET_FILTERS',
      'Which counters of a group are wanted.',
      { since: '5.18' },
    ),
    l3: field(2, switch8, 'IFLA_STATS_SET_OFFLOAD_XSTATS_L3_STATS', 'Let hardware count routed packets.', { since: '5.18' }),
  }),
});

/** What RTM_GETSTATS and RTM_SETSTATS are asked for. */
export interface StatisticsRequest extends Infer<typeof statisticsRequestSchema> {}
/** What StatisticsRequest is made from. */
export interface StatisticsRequestInput extends InferInput<typeof statisticsRequestSchema> {}
export const statisticsRequest: Codec<StatisticsRequest, StatisticsRequestInput> = statisticsRequestSchema;
