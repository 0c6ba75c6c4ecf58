import type { Codec, Infer, InferInput } from '../../../codec/codec.js';
import { attributes } from '../../../codec/attributes.js';
import { field, readOnly } from '../../../codec/field.js';
import { link } from '../../../codec/references.js';
import { u16, u32, switch8, presence, counter64 } from '../../../codec/scalars.js';
import { bridgeId } from './bridge-id.js';
import { multicastRouter, portState } from '../bridging.js';

const schema = attributes(
  {
    state: field(1, portState, 'IFLA_BRPORT_STATE', 'State in the spanning tree.'),
    priority: field(2, u16, 'IFLA_BRPORT_PRIORITY', 'Priority in the spanning tree, 0 to 63.'),
    cost: field(3, u32, 'IFLA_BRPORT_COST', 'Cost of the path, 1 to 65535.'),
    hairpin: field(4, switch8, 'IFLA_BRPORT_MODE', 'Send frames back out of the port that they came in on.'),
    guard: field(5, switch8, 'IFLA_BRPORT_GUARD', 'Disable the port when a BPDU comes in.'),
    rootBlock: field(6, switch8, 'IFLA_BRPORT_PROTECT', 'The port must not become the root port.'),
    fastLeave: field(7, switch8, 'IFLA_BRPORT_FAST_LEAVE', 'Leave a multicast group at once.'),
    learning: field(8, switch8, 'IFLA_BRPORT_LEARNING', 'Learn addresses from frames.'),
    unicastFlood: field(9, switch8, 'IFLA_BRPORT_UNICAST_FLOOD', 'Flood frames for unknown addresses.'),
    proxyArp: field(10, switch8, 'IFLA_BRPORT_PROXYARP', 'Answer ARP for hosts behind other ports.'),
    learningSync: field(11, switch8, 'IFLA_BRPORT_LEARNING_SYNC', 'Take over what the device has learned.'),
    proxyArpWifi: field(12, switch8, 'IFLA_BRPORT_PROXYARP_WIFI', 'Proxy ARP as IEEE 802.11 wants it.', { since: '4.1' }),
    rootId: readOnly(13, bridgeId, 'IFLA_BRPORT_ROOT_ID', 'Root that the designated bridge tells of.', { since: '4.4' }),
    bridgeId: readOnly(14, bridgeId, 'IFLA_BRPORT_BRIDGE_ID', 'Designated bridge.', { since: '4.4' }),
    designatedPort: readOnly(15, u16, 'IFLA_BRPORT_DESIGNATED_PORT', 'Designated port.', { since: '4.4' }),
    designatedCost: readOnly(16, u16, 'IFLA_BRPORT_DESIGNATED_COST', 'Designated cost.', { since: '4.4' }),
    id: readOnly(17, u16, 'IFLA_BRPORT_ID', 'Identifier of the port.', { since: '4.4' }),
    number: readOnly(18, u16, 'IFLA_BRPORT_NO', 'Number of the port.', { since: '4.4' }),
    topologyChangeAck: readOnly(19, switch8, 'IFLA_BRPORT_TOPOLOGY_CHANGE_ACK', 'A change is to be acknowledged.', { since: '4.4' }),
    configPending: readOnly(20, switch8, 'IFLA_BRPORT_CONFIG_PENDING', 'A BPDU is to be sent.', { since: '4.4' }),
    messageAgeTimer: readOnly(21, counter64, 'IFLA_BRPORT_MESSAGE_AGE_TIMER', 'Time until what was told is too old.', {
      unit: '1/100 second',
      since: '4.4',
    }),
    forwardDelayTimer: readOnly(22, counter64, 'IFLA_BRPORT_FORWARD_DELAY_TIMER', 'Time until the next state.', {
      unit: '1/100 second',
      since: '4.4',
    }),
    holdTimer: readOnly(23, counter64, 'IFLA_BRPORT_HOLD_TIMER', 'Time until a BPDU may be sent.', { unit: '1/100 second', since: '4.4' }),
    flush: field(24, presence, 'IFLA_BRPORT_FLUSH', 'Forget the addresses learned on the port.', { since: '4.4' }),
    multicastRouter: field(25, multicastRouter, 'IFLA_BRPORT_MULTICAST_ROUTER', 'Whether the port gets all multicast.', { since: '4.4' }),
    multicastFlood: field(27, switch8, 'IFLA_BRPORT_MCAST_FLOOD', 'Flood multicast for unknown groups.', { since: '4.9' }),
    multicastToUnicast: field(28, switch8, 'IFLA_BRPORT_MCAST_TO_UCAST', 'Send multicast to each member as unicast.', { since: '4.11' }),
    vlanTunnel: field(29, switch8, 'IFLA_BRPORT_VLAN_TUNNEL', 'Map VLANs to tunnels.', { since: '4.11' }),
    broadcastFlood: field(30, switch8, 'IFLA_BRPORT_BCAST_FLOOD', 'Flood broadcast.', { since: '4.12' }),
    groupForwardMask: field(31, u16, 'IFLA_BRPORT_GROUP_FWD_MASK', 'Link-local groups that are forwarded, a bit for each.', {
      since: '4.15',
    }),
    neighbourSuppress: field(32, switch8, 'IFLA_BRPORT_NEIGH_SUPPRESS', 'Answer ARP and neighbour discovery here, and do not flood them.', {
      since: '4.15',
    }),
    isolated: field(33, switch8, 'IFLA_BRPORT_ISOLATED', 'Talk only to ports that are not isolated.', { since: '4.18' }),
    backupPort: field(34, link, 'IFLA_BRPORT_BACKUP_PORT', 'Port that takes over without a carrier; 0 for none.', { since: '4.19' }),
    mrpRingOpen: readOnly(35, switch8, 'IFLA_BRPORT_MRP_RING_OPEN', 'The MRP ring is open.', { since: '5.8' }),
    mrpInterconnectOpen: readOnly(36, switch8, 'IFLA_BRPORT_MRP_IN_OPEN', 'The MRP interconnection is open.', { since: '5.9' }),
    multicastHostsLimit: field(37, u32, 'IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT', 'Most hosts that are tracked.', { since: '5.12' }),
    multicastHostsCount: readOnly(38, u32, 'IFLA_BRPORT_MCAST_EHT_HOSTS_CNT', 'Hosts that are tracked.', { since: '5.12' }),
    locked: field(39, switch8, 'IFLA_BRPORT_LOCKED', 'Only hosts in the forwarding database may send.', { since: '5.18' }),
    macAuthenticationBypass: field(40, switch8, 'IFLA_BRPORT_MAB', 'Put hosts that knock on a locked port into the database, locked.', {
      since: '6.2',
    }),
    multicastGroupCount: readOnly(41, u32, 'IFLA_BRPORT_MCAST_N_GROUPS', 'Groups on the port.', { since: '6.3' }),
    multicastGroupMax: field(42, u32, 'IFLA_BRPORT_MCAST_MAX_GROUPS', 'Most groups on the port; 0 for no limit.', { since: '6.3' }),
    neighbourVlanSuppress: field(43, switch8, 'IFLA_BRPORT_NEIGH_VLAN_SUPPRESS', 'Suppress neighbour discovery by VLAN.', { since: '6.4' }),
    backupNexthopId: field(44, u32, 'IFLA_BRPORT_BACKUP_NHID', 'Nexthop that takes over with the backup port; 0 for none.', {
      since: '6.6',
    }),
  },
  [26],
);

/** A port of a bridge (IFLA_BRPORT_, if_link.h). */
export interface BridgePort extends Infer<typeof schema> {}
/** What BridgePort is made from. */
export interface BridgePortInput extends InferInput<typeof schema> {}
export const bridgePort: Codec<BridgePort, BridgePortInput> = schema;
