import type { Codec, Fields, Infer, InferInput } from '../../../codec/codec.js';
import { attributes } from '../../../codec/attributes.js';
import { field, readOnly } from '../../../codec/field.js';
import { numbered } from '../../../codec/containers.js';
import { enumeration } from '../../../codec/names.js';
import { ipv4, ipv6, mac } from '../../../codec/address.js';
import { link } from '../../../codec/references.js';
import { u8, u16, u32, switch8 } from '../../../codec/scalars.js';

const modes = {
  'balance-rr': 0,
  'active-backup': 1,
  'balance-xor': 2,
  broadcast: 3,
  '802.3ad': 4,
  'balance-tlb': 5,
  'balance-alb': 6,
} as const;

/** Options that some modes do not have: with the value that is reported all the same, and the modes that have them. */
const inSomeModes: Readonly<Record<string, readonly [unknown, readonly number[]]>> = {
  arpInterval: [0, [0, 1, 2, 3]],
  arpValidate: ['none', [0, 1, 2, 3]],
  missedMax: [2, [0, 1, 2, 3]],
  packetsPerPort: [1, [0]],
  lacpActive: [true, [4]],
  lacpRate: ['slow', [4]],
  adSelect: ['stable', [4]],
  adActorSystemPriority: [65535, [4]],
  adUserPortKey: [0, [4]],
  // The kernel reports the empty address, and takes none.
  adActorSystem: ['00:00:00:00:00:00', []],
  tlbDynamicBalance: [true, [5, 6]],
  coupledControl: [true, [4]],
  broadcastNeighbour: [false, [4]],
};

/** Options that need the monitor. */
const monitored = ['upDelay', 'downDelay', 'peerNotificationDelay'] as const;

/**
 * The kernel reports all options and takes those of the mode only: what is at its default there is left out, so that what was listed can
 * be added. Anything else goes to the kernel, and its refusal to the caller.
 */
function ofMode(value: Readonly<Fields>): Readonly<Fields> {
  const { mode } = value;
  const made: Fields = { ...value };
  const number =
    typeof mode === 'number'
      ? mode
      : typeof mode === 'string' && Object.hasOwn(modes, mode)
        ? modes[mode as keyof typeof modes]
        : undefined;
  if (number !== undefined) {
    for (const [name, [usual, has]] of Object.entries(inSomeModes)) if (made[name] === usual && !has.includes(number)) delete made[name];
  }
  if (value['miiMonitor'] === 0) for (const name of monitored) if (made[name] === 0) delete made[name];
  return made;
}

const schema = attributes(
  {
    mode: field(1, enumeration(u8, modes), 'IFLA_BOND_MODE', 'How the ports are used.'),
    activePort: field(2, link, 'IFLA_BOND_ACTIVE_SLAVE', 'The port in use; 0 for none. A new bond has none, whatever is given.'),
    miiMonitor: field(3, u32, 'IFLA_BOND_MIIMON', 'Time between looks at the carrier; 0 does not look.', { unit: 'ms' }),
    upDelay: field(4, u32, 'IFLA_BOND_UPDELAY', 'Wait before a port that came up is used.', { unit: 'ms' }),
    downDelay: field(5, u32, 'IFLA_BOND_DOWNDELAY', 'Wait before a port that went down is not used.', { unit: 'ms' }),
    useCarrier: field(6, switch8, 'IFLA_BOND_USE_CARRIER', "Look at the driver's carrier; always so since Linux 6.18."),
    arpInterval: field(7, u32, 'IFLA_BOND_ARP_INTERVAL', 'Time between ARP probes; 0 for none.', { unit: 'ms' }),
    arpTargets: field(8, numbered(ipv4, 0), 'IFLA_BOND_ARP_IP_TARGET', 'Who is probed, at most 16.'),
    arpValidate: field(
      9,
      enumeration(u32, { none: 0, active: 1, backup: 2, all: 3, filter: 4, 'filter-active': 5, 'filter-backup': 6 }),
      'IFLA_BOND_ARP_VALIDATE',
      'Which probes and answers are looked at.',
    ),
    arpAllTargets: field(10, enumeration(u32, { any: 0, all: 1 }), 'IFLA_BOND_ARP_ALL_TARGETS', 'How many targets must answer.'),
    primary: field(11, link, 'IFLA_BOND_PRIMARY', 'The port that is used when it can be; 0 for none.'),
    primaryReselect: field(
      12,
      enumeration(u8, { always: 0, better: 1, failure: 2 }),
      'IFLA_BOND_PRIMARY_RESELECT',
      'When the primary port is used again.',
    ),
    failOverMac: field(
      13,
      enumeration(u8, { none: 0, active: 1, follow: 2 }),
      'IFLA_BOND_FAIL_OVER_MAC',
      'Which hardware address the ports have.',
    ),
    transmitHashPolicy: field(
      14,
      enumeration(u8, { layer2: 0, 'layer3+4': 1, 'layer2+3': 2, 'encap2+3': 3, 'encap3+4': 4, 'vlan+srcmac': 5 }),
      'IFLA_BOND_XMIT_HASH_POLICY',
      'What chooses the port of a packet.',
    ),
    resendIgmp: field(15, u32, 'IFLA_BOND_RESEND_IGMP', 'IGMP reports after a change of the port, 0 to 255.'),
    peerNotifications: field(16, u8, 'IFLA_BOND_NUM_PEER_NOTIF', 'Gratuitous ARPs after a change of the port.'),
    allPortsActive: field(17, switch8, 'IFLA_BOND_ALL_SLAVES_ACTIVE', 'Deliver what comes in on inactive ports.'),
    minLinks: field(18, u32, 'IFLA_BOND_MIN_LINKS', 'Ports that must be up for a carrier.'),
    learnPacketInterval: field(19, u32, 'IFLA_BOND_LP_INTERVAL', 'Time between learning packets.', { unit: 'seconds' }),
    packetsPerPort: field(20, u32, 'IFLA_BOND_PACKETS_PER_SLAVE', 'Packets through a port before the next is used; 0 is random.'),
    lacpRate: field(21, enumeration(u8, { slow: 0, fast: 1 }), 'IFLA_BOND_AD_LACP_RATE', 'How often the partner is to send.'),
    adSelect: field(
      22,
      enumeration(u8, { stable: 0, bandwidth: 1, count: 2, 'actor-port-prio': 3 }),
      'IFLA_BOND_AD_SELECT',
      "What chooses the aggregator; 'actor-port-prio' is of Linux 6.18.",
    ),
    adInfo: readOnly(
      23,
      attributes({
        aggregator: field(1, u16, 'IFLA_BOND_AD_INFO_AGGREGATOR', 'Active aggregator.'),
        ports: field(2, u16, 'IFLA_BOND_AD_INFO_NUM_PORTS', 'Ports of it.'),
        actorKey: field(3, u16, 'IFLA_BOND_AD_INFO_ACTOR_KEY', 'Own key.'),
        partnerKey: field(4, u16, 'IFLA_BOND_AD_INFO_PARTNER_KEY', "The partner's key."),
        partnerAddress: field(5, mac, 'IFLA_BOND_AD_INFO_PARTNER_MAC', "The partner's address."),
      }),
      'IFLA_BOND_AD_INFO',
      'State of 802.3ad.',
    ),
    adActorSystemPriority: field(24, u16, 'IFLA_BOND_AD_ACTOR_SYS_PRIO', 'Own priority in 802.3ad, 1 to 65535.', { since: '4.2' }),
    adUserPortKey: field(25, u16, 'IFLA_BOND_AD_USER_PORT_KEY', 'Own port key in 802.3ad, 0 to 1023.', { since: '4.2' }),
    adActorSystem: field(26, mac, 'IFLA_BOND_AD_ACTOR_SYSTEM', 'Own address in 802.3ad.', { since: '4.2' }),
    tlbDynamicBalance: field(27, switch8, 'IFLA_BOND_TLB_DYNAMIC_LB', 'Move flows between ports.', { since: '4.3' }),
    peerNotificationDelay: field(28, u32, 'IFLA_BOND_PEER_NOTIF_DELAY', 'Time between gratuitous ARPs.', { unit: 'ms', since: '5.3' }),
    lacpActive: field(29, switch8, 'IFLA_BOND_AD_LACP_ACTIVE', 'Send LACP packets unasked.', { since: '5.15' }),
    missedMax: field(30, u8, 'IFLA_BOND_MISSED_MAX', 'Probes without an answer before a port is down.', { since: '5.17' }),
    nsTargets: field(31, numbered(ipv6, 0), 'IFLA_BOND_NS_IP6_TARGET', 'Who is probed by neighbour solicitations, at most 16.', {
      since: '5.18',
    }),
    coupledControl: field(32, switch8, 'IFLA_BOND_COUPLED_CONTROL', 'Receiving and sending start together in 802.3ad.', { since: '6.9' }),
    broadcastNeighbour: field(33, switch8, 'IFLA_BOND_BROADCAST_NEIGH', 'Send ARP and neighbour discovery through all ports in 802.3ad.', {
      since: '6.17',
    }),
  },
  [],
  ofMode,
);

/** A bond (IFLA_BOND_, if_link.h). */
export interface BondData extends Infer<typeof schema> {}
/** What BondData is made from. */
export interface BondDataInput extends InferInput<typeof schema> {}
export const bond: Codec<BondData, BondDataInput> = schema;
