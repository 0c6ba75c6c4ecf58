import type { Codec, Infer, InferInput } from '../../codec/codec.js';
import { attributes } from '../../codec/attributes.js';
import { field, inline, readOnly } from '../../codec/field.js';
import { repeated } from '../../codec/repeated.js';
import { list } from '../../codec/containers.js';
import { addressFamily, enumeration, flags } from '../../codec/names.js';
import { link } from '../../codec/references.js';
import { object } from '../../codec/object.js';
import { u8, u16, u32, switch8, counter64 } from '../../codec/scalars.js';
import { struct, member, padding } from '../../codec/struct.js';
import { multicastRouter, ofBridges, portState, querierState, routerPort } from './bridging.js';

const info = struct({
  flags: member(
    flags(u16, { master: 1, pvid: 2, untagged: 4, 'range-begin': 8, 'range-end': 16, entry: 32, 'only-options': 64 }),
    'flags',
    'What is special about the VLAN.',
  ),
  vlan: member(u16, 'vid', 'The VLAN, 1 to 4094.'),
});

const entry = attributes({
  info: field(1, info, 'BRIDGE_VLANDB_ENTRY_INFO', 'The VLAN.'),
  range: field(2, u16, 'BRIDGE_VLANDB_ENTRY_RANGE', 'Last VLAN, where the entry is about several.'),
  state: field(3, portState, 'BRIDGE_VLANDB_ENTRY_STATE', 'State in the spanning tree.', { since: '5.6' }),
  tunnel: field(
    4,
    attributes({
      id: field(1, u32, 'BRIDGE_VLANDB_TINFO_ID', 'Network (VNI) that the VLAN is mapped to.'),
      command: field(2, enumeration(u32, { add: 19, delete: 17 }), 'BRIDGE_VLANDB_TINFO_CMD', 'What is done (RTM_SETLINK, RTM_DELLINK).'),
    }),
    'BRIDGE_VLANDB_ENTRY_TUNNEL_INFO',
    'Tunnel that the VLAN is mapped to.',
    { since: '5.7' },
  ),
  statistics: readOnly(
    5,
    attributes(
      {
        rxBytes: field(1, counter64, 'BRIDGE_VLANDB_STATS_RX_BYTES', 'Bytes received.', { unit: 'bytes' }),
        rxPackets: field(2, counter64, 'BRIDGE_VLANDB_STATS_RX_PACKETS', 'Packets received.'),
        txBytes: field(3, counter64, 'BRIDGE_VLANDB_STATS_TX_BYTES', 'Bytes sent.', { unit: 'bytes' }),
        txPackets: field(4, counter64, 'BRIDGE_VLANDB_STATS_TX_PACKETS', 'Packets sent.'),
      },
      [5],
    ),
    'BRIDGE_VLANDB_ENTRY_STATS',
    'Counters of the VLAN.',
    { since: '5.7' },
  ),
  multicastRouter: field(6, multicastRouter, 'BRIDGE_VLANDB_ENTRY_MCAST_ROUTER', 'Whether the VLAN gets all multicast.', { since: '5.15' }),
  multicastGroupCount: readOnly(7, u32, 'BRIDGE_VLANDB_ENTRY_MCAST_N_GROUPS', 'Groups in the VLAN.', { since: '6.3' }),
  multicastGroupMax: field(8, u32, 'BRIDGE_VLANDB_ENTRY_MCAST_MAX_GROUPS', 'Most groups in the VLAN; 0 for no limit.', { since: '6.3' }),
  neighbourSuppress: field(
    9,
    switch8,
    'BRIDGE_VLANDB_ENTRY_NEIGH_SUPPRESS',
    'Answer ARP and neighbour discovery here, and do not flood them.',
    { since: '6.4' },
  ),
});

const globalOptions = attributes(
  {
    vlan: field(1, u16, 'BRIDGE_VLANDB_GOPTS_ID', 'The VLAN.'),
    range: field(2, u16, 'BRIDGE_VLANDB_GOPTS_RANGE', 'Last VLAN, where the entry is about several.'),
    multicastSnooping: field(3, switch8, 'BRIDGE_VLANDB_GOPTS_MCAST_SNOOPING', 'Listen to IGMP and MLD.'),
    igmpVersion: field(4, u8, 'BRIDGE_VLANDB_GOPTS_MCAST_IGMP_VERSION', 'Version of IGMP that is spoken, 2 or 3.'),
    mldVersion: field(5, u8, 'BRIDGE_VLANDB_GOPTS_MCAST_MLD_VERSION', 'Version of MLD that is spoken, 1 or 2.'),
    multicastLastMemberCount: field(6, u32, 'BRIDGE_VLANDB_GOPTS_MCAST_LAST_MEMBER_CNT', 'Queries before a group is left.'),
    multicastStartupQueryCount: field(7, u32, 'BRIDGE_VLANDB_GOPTS_MCAST_STARTUP_QUERY_CNT', 'Queries at the start.'),
    multicastLastMemberInterval: field(
      8,
      counter64,
      'BRIDGE_VLANDB_GOPTS_MCAST_LAST_MEMBER_INTVL',
      'Time between queries before a group is left.',
      { unit: '1/100 second' },
    ),
    multicastMembershipInterval: field(
      10,
      counter64,
      'BRIDGE_VLANDB_GOPTS_MCAST_MEMBERSHIP_INTVL',
      'How long a member stays without a report.',
      { unit: '1/100 second' },
    ),
    multicastQuerierInterval: field(
      11,
      counter64,
      'BRIDGE_VLANDB_GOPTS_MCAST_QUERIER_INTVL',
      'How long another querier is believed to be there.',
      { unit: '1/100 second' },
    ),
    multicastQueryInterval: field(12, counter64, 'BRIDGE_VLANDB_GOPTS_MCAST_QUERY_INTVL', 'Time between queries.', {
      unit: '1/100 second',
    }),
    multicastQueryResponseInterval: field(13, counter64, 'BRIDGE_VLANDB_GOPTS_MCAST_QUERY_RESPONSE_INTVL', 'Time that answers may take.', {
      unit: '1/100 second',
    }),
    multicastStartupQueryInterval: field(
      14,
      counter64,
      'BRIDGE_VLANDB_GOPTS_MCAST_STARTUP_QUERY_INTVL',
      'Time between queries at the start.',
      { unit: '1/100 second' },
    ),
    multicastQuerier: field(15, switch8, 'BRIDGE_VLANDB_GOPTS_MCAST_QUERIER', 'Send queries.'),
    routers: inline(
      16,
      attributes({ routerPorts: readOnly(2, list(routerPort, 1), 'MDBA_ROUTER', 'Ports towards multicast routers.') }),
      'BRIDGE_VLANDB_GOPTS_MCAST_ROUTER_PORTS',
      'Ports towards multicast routers.',
    ),
    querierState: readOnly(17, querierState, 'BRIDGE_VLANDB_GOPTS_MCAST_QUERIER_STATE', 'Who sends queries.'),
    instance: field(18, u16, 'BRIDGE_VLANDB_GOPTS_MSTI', 'Instance of the multiple spanning tree.', { since: '5.18' }),
  },
  [9],
);

const header = struct({
  family: member(addressFamily, 'family', "Always 'bridge'."),
  reserved: padding(3),
  link: member(link, 'ifindex', 'The port, or the bridge.'),
});

const bridgeVlanSchema = object({
  title: 'bridge VLAN',
  since: '5.6',
  family: 'family',
  header,
  attributes: attributes({
    vlans: field(1, repeated(entry, 1), 'BRIDGE_VLANDB_ENTRY', 'VLANs of the link.', { since: '5.6' }),
    global: field(2, repeated(globalOptions, 2), 'BRIDGE_VLANDB_GLOBAL_OPTIONS', 'Options of VLANs of the whole bridge.', {
      since: '5.15',
    }),
  }),
  encoding: ofBridges,
});

/** VLANs of a port or bridge, with their options (struct br_vlan_msg, if_bridge.h; RTM_NEWVLAN). Linux 5.6. */
export interface BridgeVlan extends Infer<typeof bridgeVlanSchema> {}
/** What BridgeVlan is made from. */
export interface BridgeVlanInput extends InferInput<typeof bridgeVlanSchema> {}
export const bridgeVlan: Codec<BridgeVlan, BridgeVlanInput> = bridgeVlanSchema;

/** One VLAN of a port or bridge, by itself: what a watch tells. */
export interface PortVlan extends Omit<Infer<typeof entry>, 'info' | 'range'> {
  /** The port, or the bridge. */
  link: number;
  /** The VLAN, 1 to 4094. */
  vlan: number;
  /** What is special about it. */
  flags: Infer<typeof info>['flags'];
}

const bridgeVlanQuerySchema = object({
  title: 'bridge VLAN query',
  since: '5.6',
  family: 'family',
  header,
  attributes: attributes({
    flags: field(1, flags(u32, { statistics: 1, global: 2 }), 'BRIDGE_VLANDB_DUMP_FLAGS', 'What is wanted.', { since: '5.6' }),
  }),
  encoding: ofBridges,
});

/** What a dump of RTM_GETVLAN is asked for. */
export interface BridgeVlanQuery extends Infer<typeof bridgeVlanQuerySchema> {}
/** What BridgeVlanQuery is made from. */
export interface BridgeVlanQueryInput extends InferInput<typeof bridgeVlanQuerySchema> {}
export const bridgeVlanQuery: Codec<BridgeVlanQuery, BridgeVlanQueryInput> = bridgeVlanQuerySchema;
