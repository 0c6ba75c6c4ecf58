import type { Codec, Infer, InferInput } from '../../../codec/codec.js';
import { attributes } from '../../../codec/attributes.js';
import { field, readOnly } from '../../../codec/field.js';
import { enumeration, maskedSwitches } from '../../../codec/names.js';
import { mac } from '../../../codec/address.js';
import { u8, u16, u32, switch8, presence, counter64 } from '../../../codec/scalars.js';
import { vlanProtocol } from '../names.js';
import { bridgeId } from './bridge-id.js';
import { querierState } from '../bridging.js';

const schema = attributes(
  {
    forwardDelay: field(1, u32, 'IFLA_BR_FORWARD_DELAY', 'Time in the states listening and learning.', { unit: '1/100 second' }),
    helloTime: field(2, u32, 'IFLA_BR_HELLO_TIME', 'Time between hello packets.', { unit: '1/100 second' }),
    maxAge: field(3, u32, 'IFLA_BR_MAX_AGE', 'How long what a root told is believed.', { unit: '1/100 second' }),
    ageingTime: field(4, u32, 'IFLA_BR_AGEING_TIME', 'How long learned addresses are kept.', { unit: '1/100 second', since: '4.1' }),
    stp: field(5, enumeration(u32, { off: 0, kernel: 1, user: 2 }), 'IFLA_BR_STP_STATE', 'Who does the spanning tree, if anybody.', {
      since: '4.1',
    }),
    priority: field(6, u16, 'IFLA_BR_PRIORITY', 'Priority in the spanning tree.', { since: '4.1' }),
    vlanFiltering: field(7, switch8, 'IFLA_BR_VLAN_FILTERING', 'Look at VLANs.', { since: '4.3' }),
    vlanProtocol: field(8, vlanProtocol, 'IFLA_BR_VLAN_PROTOCOL', 'Kind of tag.', { since: '4.3' }),
    groupForwardMask: field(9, u16, 'IFLA_BR_GROUP_FWD_MASK', 'Link-local groups that are forwarded, a bit for each.', { since: '4.4' }),
    rootId: readOnly(10, bridgeId, 'IFLA_BR_ROOT_ID', 'The root of the spanning tree.', { since: '4.4' }),
    bridgeId: readOnly(11, bridgeId, 'IFLA_BR_BRIDGE_ID', 'This bridge in the spanning tree.', { since: '4.4' }),
    rootPort: readOnly(12, u16, 'IFLA_BR_ROOT_PORT', 'Port towards the root.', { since: '4.4' }),
    rootPathCost: readOnly(13, u32, 'IFLA_BR_ROOT_PATH_COST', 'Cost of the path to the root.', { since: '4.4' }),
    topologyChange: readOnly(14, switch8, 'IFLA_BR_TOPOLOGY_CHANGE', 'A change of the topology is going on.', { since: '4.4' }),
    topologyChangeDetected: readOnly(15, switch8, 'IFLA_BR_TOPOLOGY_CHANGE_DETECTED', 'A change of the topology was seen here.', {
      since: '4.4',
    }),
    helloTimer: readOnly(16, counter64, 'IFLA_BR_HELLO_TIMER', 'Time until the next hello.', { unit: '1/100 second', since: '4.4' }),
    tcnTimer: readOnly(17, counter64, 'IFLA_BR_TCN_TIMER', 'Time until a change is told again.', { unit: '1/100 second', since: '4.4' }),
    topologyChangeTimer: readOnly(18, counter64, 'IFLA_BR_TOPOLOGY_CHANGE_TIMER', 'Time until the change is over.', {
      unit: '1/100 second',
      since: '4.4',
    }),
    gcTimer: readOnly(19, counter64, 'IFLA_BR_GC_TIMER', 'Time until old entries are removed.', { unit: '1/100 second', since: '4.4' }),
    groupAddress: field(20, mac, 'IFLA_BR_GROUP_ADDR', 'Group address of the spanning tree.', { since: '4.4' }),
    flushFdb: field(21, presence, 'IFLA_BR_FDB_FLUSH', 'Forget all learned addresses.', { since: '4.4' }),
    multicastRouter: field(
      22,
      enumeration(u8, { disabled: 0, automatic: 1, permanent: 2 }),
      'IFLA_BR_MCAST_ROUTER',
      'Whether the bridge itself gets all multicast.',
      { since: '4.4' },
    ),
    multicastSnooping: field(23, switch8, 'IFLA_BR_MCAST_SNOOPING', 'Listen to IGMP and MLD.', { since: '4.4' }),
    multicastQueryUseInterfaceAddress: field(24, switch8, 'IFLA_BR_MCAST_QUERY_USE_IFADDR', "Query with the bridge's own address.", {
      since: '4.4',
    }),
    multicastQuerier: field(25, switch8, 'IFLA_BR_MCAST_QUERIER', 'Send queries.', { since: '4.4' }),
    multicastHashElasticity: field(26, u32, 'IFLA_BR_MCAST_HASH_ELASTICITY', 'Without effect since Linux 4.20.', { since: '4.4' }),
    multicastHashMax: field(27, u32, 'IFLA_BR_MCAST_HASH_MAX', 'Most groups.', { since: '4.4' }),
    multicastLastMemberCount: field(28, u32, 'IFLA_BR_MCAST_LAST_MEMBER_CNT', 'Queries before a group is left.', { since: '4.4' }),
    multicastStartupQueryCount: field(29, u32, 'IFLA_BR_MCAST_STARTUP_QUERY_CNT', 'Queries at the start.', { since: '4.4' }),
    multicastLastMemberInterval: field(30, counter64, 'IFLA_BR_MCAST_LAST_MEMBER_INTVL', 'Time between queries before a group is left.', {
      unit: '1/100 second',
      since: '4.4',
    }),
    multicastMembershipInterval: field(31, counter64, 'IFLA_BR_MCAST_MEMBERSHIP_INTVL', 'How long a member stays without a report.', {
      unit: '1/100 second',
      since: '4.4',
    }),
    multicastQuerierInterval: field(32, counter64, 'IFLA_BR_MCAST_QUERIER_INTVL', 'How long another querier is believed to be there.', {
      unit: '1/100 second',
      since: '4.4',
    }),
    multicastQueryInterval: field(33, counter64, 'IFLA_BR_MCAST_QUERY_INTVL', 'Time between queries.', {
      unit: '1/100 second',
      since: '4.4',
    }),
    multicastQueryResponseInterval: field(34, counter64, 'IFLA_BR_MCAST_QUERY_RESPONSE_INTVL', 'Time that answers may take.', {
      unit: '1/100 second',
      since: '4.4',
    }),
    multicastStartupQueryInterval: field(35, counter64, 'IFLA_BR_MCAST_STARTUP_QUERY_INTVL', 'Time between queries at the start.', {
      unit: '1/100 second',
      since: '4.4',
    }),
    netfilterIptables: field(36, switch8, 'IFLA_BR_NF_CALL_IPTABLES', 'Pass IPv4 packets to iptables.', { since: '4.4' }),
    netfilterIp6tables: field(37, switch8, 'IFLA_BR_NF_CALL_IP6TABLES', 'Pass IPv6 packets to ip6tables.', { since: '4.4' }),
    netfilterArptables: field(38, switch8, 'IFLA_BR_NF_CALL_ARPTABLES', 'Pass ARP packets to arptables.', { since: '4.4' }),
    vlanDefaultPvid: field(39, u16, 'IFLA_BR_VLAN_DEFAULT_PVID', 'VLAN of untagged frames on new ports; 0 for none.', { since: '4.4' }),
    vlanStatistics: field(41, switch8, 'IFLA_BR_VLAN_STATS_ENABLED', 'Count for each VLAN.', { since: '4.7' }),
    multicastStatistics: field(42, switch8, 'IFLA_BR_MCAST_STATS_ENABLED', 'Count multicast control packets.', { since: '4.8' }),
    igmpVersion: field(43, u8, 'IFLA_BR_MCAST_IGMP_VERSION', 'Version of IGMP that is spoken, 2 or 3.', { since: '4.10' }),
    mldVersion: field(44, u8, 'IFLA_BR_MCAST_MLD_VERSION', 'Version of MLD that is spoken, 1 or 2.', { since: '4.10' }),
    vlanStatisticsPerPort: field(
      45,
      switch8,
      'IFLA_BR_VLAN_STATS_PER_PORT',
      'Count for each VLAN and port; only without ports it can change.',
      { since: '4.20' },
    ),
    options: field(
      46,
      maskedSwitches({ noLinkLocalLearn: 1, vlanMulticastSnooping: 2, mst: 4, mdbOffloadFailNotification: 8, fdbLocalVlan0: 16 }),
      'IFLA_BR_MULTI_BOOLOPT',
      'Switches: noLinkLocalLearn (Linux 5.0), vlanMulticastSnooping (5.15), mst (5.18), mdbOffloadFailNotification (6.16), fdbLocalVlan0 (6.18).',
      { since: '5.0' },
    ),
    multicastQuerierState: readOnly(47, querierState, 'IFLA_BR_MCAST_QUERIER_STATE', 'Who sends queries.', { since: '5.15' }),
    learnedCount: readOnly(48, u32, 'IFLA_BR_FDB_N_LEARNED', 'Addresses that were learned.', { since: '6.7' }),
    learnedMax: field(49, u32, 'IFLA_BR_FDB_MAX_LEARNED', 'Most addresses that are learned; 0 for no limit.', { since: '6.7' }),
  },
  [40],
);

/** A bridge (IFLA_BR_, if_link.h). */
export interface BridgeData extends Infer<typeof schema> {}
/** What BridgeData is made from. */
export interface BridgeDataInput extends InferInput<typeof schema> {}
export const bridge: Codec<BridgeData, BridgeDataInput> = schema;
