import { ValueError, type Codec, type Fields, type Infer, type InferInput, type Input, type Output } from '../../codec/codec.js';
import { hardwareAddress } from '../../codec/address.js';
import { always, field, inline, readOnly, type UnknownAttribute } from '../../codec/field.js';
import { attributes } from '../../codec/attributes.js';
import { lazy } from '../../codec/lazy.js';
import { variant } from '../../codec/variant.js';
import { choice, list } from '../../codec/containers.js';
import { addressFamily, enumeration, flags, givenFamily, type FamilyName } from '../../codec/names.js';
import { derived, numberOf, object } from '../../codec/object.js';
import { link as linkReference, namespaceFd, type LinkReference } from '../../codec/references.js';
import { boolean, counter, counter64, s32, switch8, u16, u32, u8 } from '../../codec/scalars.js';
import { hidden, later, member, padding, struct } from '../../codec/struct.js';
import { bytes, linkName, string, unterminated } from '../../codec/text.js';
import { kinds, ports, type KindInputs, type KindValues, type PortInputs, type PortValues } from './kinds.js';
import { canStatistics } from './kinds/can.js';
import { plain, type PlainData, type PlainDataInput } from './kinds/plain.js';
import { netkit, type NetkitData, type NetkitDataInput } from './kinds/netkit.js';
import { linkProtocols, ipv6Link } from './link-protocols.js';
import { virtualFunctions, virtualPort, virtualPorts, xdp } from './link-virtual.js';
import { hardwareType } from './names.js';
import { extendedMask } from './bridging.js';
import type { OtherKind } from './other-kind.js';

/** Flags of a link (IFF_, if.h). */
export const linkFlags = flags(u32, {
  up: 1 << 0,
  broadcast: 1 << 1,
  debug: 1 << 2,
  loopback: 1 << 3,
  pointopoint: 1 << 4,
  notrailers: 1 << 5,
  running: 1 << 6,
  noarp: 1 << 7,
  promisc: 1 << 8,
  allmulti: 1 << 9,
  master: 1 << 10,
  slave: 1 << 11,
  multicast: 1 << 12,
  portsel: 1 << 13,
  automedia: 1 << 14,
  dynamic: 1 << 15,
  'lower-up': 1 << 16,
  dormant: 1 << 17,
  echo: 1 << 18,
});

/** Counters of a link (struct rtnl_link_stats64, if_link.h). */
const statistics = struct(
  {
    rxPackets: member(counter64, 'rx_packets', 'Good packets received.'),
    txPackets: member(counter64, 'tx_packets', 'Packets sent.'),
    rxBytes: member(counter64, 'rx_bytes', 'Bytes of good packets received.', { unit: 'bytes' }),
    txBytes: member(counter64, 'tx_bytes', 'Bytes sent.', { unit: 'bytes' }),
    rxErrors: member(counter64, 'rx_errors', 'Bad packets received.'),
    txErrors: member(counter64, 'tx_errors', 'Packets that could not be sent.'),
    rxDropped: member(counter64, 'rx_dropped', 'Packets received and dropped, for lack of memory or of a protocol.'),
    txDropped: member(counter64, 'tx_dropped', 'Packets dropped on their way out.'),
    multicast: member(counter64, 'multicast', 'Multicast packets received.'),
    collisions: member(counter64, 'collisions', 'Collisions.'),
    rxLengthErrors: member(counter64, 'rx_length_errors', 'Packets of a wrong length.'),
    rxOverErrors: member(counter64, 'rx_over_errors', 'Overflows of the receiver.'),
    rxCrcErrors: member(counter64, 'rx_crc_errors', 'Packets with a wrong checksum.'),
    rxFrameErrors: member(counter64, 'rx_frame_errors', 'Packets with an alignment error.'),
    rxFifoErrors: member(counter64, 'rx_fifo_errors', 'Overflows of the receive FIFO.'),
    rxMissedErrors: member(counter64, 'rx_missed_errors', 'Packets that the device had no buffer for.'),
    txAbortedErrors: member(counter64, 'tx_aborted_errors', 'Sending given up after collisions.'),
    txCarrierErrors: member(counter64, 'tx_carrier_errors', 'Sending failed for lack of a carrier.'),
    txFifoErrors: member(counter64, 'tx_fifo_errors', 'Underruns of the send FIFO.'),
    txHeartbeatErrors: member(counter64, 'tx_heartbeat_errors', 'Missing heartbeats of old half-duplex Ethernet.'),
    txWindowErrors: member(counter64, 'tx_window_errors', 'Late collisions.'),
    rxCompressed: member(counter64, 'rx_compressed', 'Compressed packets received.'),
    txCompressed: member(counter64, 'tx_compressed', 'Compressed packets sent.'),
    rxNoHandler: later(counter64, 'rx_nohandler', 'Packets dropped since the device is inactive in its group.', { since: '4.6' }),
    rxOtherHostDropped: later(counter64, 'rx_otherhost_dropped', 'Packets dropped since they were for another address.', { since: '5.19' }),
  },
  (input) => ({
    rxPackets: counter64.decode(input),
    txPackets: counter64.decode(input),
    rxBytes: counter64.decode(input),
    txBytes: counter64.decode(input),
    rxErrors: counter64.decode(input),
    txErrors: counter64.decode(input),
    rxDropped: counter64.decode(input),
    txDropped: counter64.decode(input),
    multicast: counter64.decode(input),
    collisions: counter64.decode(input),
    rxLengthErrors: counter64.decode(input),
    rxOverErrors: counter64.decode(input),
    rxCrcErrors: counter64.decode(input),
    rxFrameErrors: counter64.decode(input),
    rxFifoErrors: counter64.decode(input),
    rxMissedErrors: counter64.decode(input),
    txAbortedErrors: counter64.decode(input),
    txCarrierErrors: counter64.decode(input),
    txFifoErrors: counter64.decode(input),
    txHeartbeatErrors: counter64.decode(input),
    txWindowErrors: counter64.decode(input),
    rxCompressed: counter64.decode(input),
    txCompressed: counter64.decode(input),
    rxNoHandler: counter64.decode(input),
    rxOtherHostDropped: counter64.decode(input),
  }),
);

export interface LinkStatistics extends Infer<typeof statistics> {}
/** Counters of a link (struct rtnl_link_stats64, if_link.h). */
export const linkStatistics: Codec<LinkStatistics, InferInput<typeof statistics>> & { readonly size: number } = statistics;

const map = struct(
  {
    memoryStart: member(counter64, 'mem_start', 'Start of shared memory.'),
    memoryEnd: member(counter64, 'mem_end', 'End of shared memory.'),
    baseAddress: member(counter64, 'base_addr', 'Base address of the device.'),
    irq: member(u16, 'irq', 'Interrupt.'),
    dma: member(u8, 'dma', 'DMA channel.'),
    port: member(u8, 'port', 'Connector in use.'),
  },
  (input) => ({
    memoryStart: counter64.decode(input),
    memoryEnd: counter64.decode(input),
    baseAddress: counter64.decode(input),
    irq: u16.decode(input),
    dma: u8.decode(input),
    port: u8.decode(input),
  }),
);

/** In messages of the bridge family the attribute is another one: bridgeLink (bridge-link.ts) reads those. */
function unlessBridge<T, I>(of: Codec<T, I>): Codec<T, I> {
  return {
    shape: of.shape,
    decode: (input: Input) => (input.family === 7 ? (undefined as T) : of.decode(input)),
    encode: (value: I, output: Output) => of.encode(value, output),
  };
}

const peerLink: Codec<Fields, Readonly<Fields>> = lazy(() => link as unknown as Codec<Fields, Readonly<Fields>>);
const pair = attributes({ peer: field(1, peerLink, 'VETH_INFO_PEER', 'The other end.', { outer: true }) });
const canPair = attributes({ peer: field(1, peerLink, 'VXCAN_INFO_PEER', 'The other end.', { outer: true, since: '4.12' }) });

const allKinds = { ...kinds, veth: pair, vxcan: canPair, netkit: netkit(peerLink) };

// As iproute2 writes it: the kernel takes a string with or without its end.
const kindName = unterminated(31);

const linkAttributes = attributes(
  {
    address: field(1, hardwareAddress, 'IFLA_ADDRESS', 'Hardware address.'),
    broadcast: field(2, hardwareAddress, 'IFLA_BROADCAST', 'Broadcast address of the hardware.'),
    name: always(field(3, linkName, 'IFLA_IFNAME', 'Name of the link, 1 to 15 bytes.')),
    mtu: field(4, u32, 'IFLA_MTU', 'Largest packet that the link carries.', { unit: 'bytes' }),
    parent: field(5, linkReference, 'IFLA_LINK', 'The link underneath, or the other end of a pair; 0 for none.'),
    qdisc: readOnly(6, string(), 'IFLA_QDISC', 'Root queueing discipline.'),
    cost: field(8, u32, 'IFLA_COST', 'Unused by the kernel.'),
    priority: field(9, u32, 'IFLA_PRIORITY', 'Unused by the kernel.'),
    master: field(10, linkReference, 'IFLA_MASTER', 'The bridge, bond, VRF, team ... that the link is a port of; 0 takes it out.'),
    wireless: readOnly(11, bytes, 'IFLA_WIRELESS', 'Event of the wireless extensions.'),
    ipv6: readOnly(12, unlessBridge(ipv6Link), 'IFLA_PROTINFO', 'IPv6 on the link, in messages of the group ipv6-ifinfo.'),
    txQueueLength: field(13, u32, 'IFLA_TXQLEN', 'Length of the send queue.', { unit: 'packets' }),
    map: readOnly(14, map, 'IFLA_MAP', 'Resources of an old device.'),
    weight: field(15, u32, 'IFLA_WEIGHT', 'Unused by the kernel.'),
    operationalState: field(
      16,
      enumeration(u8, { unknown: 0, 'not-present': 1, down: 2, 'lower-layer-down': 3, testing: 4, dormant: 5, up: 6 }),
      'IFLA_OPERSTATE',
      'State as RFC 2863 has it.',
    ),
    linkMode: field(
      17,
      enumeration(u8, { default: 0, dormant: 1, testing: 2 }),
      'IFLA_LINKMODE',
      'Whether user space takes part in the operational state.',
    ),
    info: inline(
      18,
      attributes({
        kind: field(1, kindName, 'IFLA_INFO_KIND', "Kind of the link: 'veth', 'bridge', 'vlan', ..."),
        data: field(2, choice('kind', allKinds, plain as Codec<unknown, never>), 'IFLA_INFO_DATA', 'Options of the kind.'),
        extraStatistics: readOnly(
          3,
          choice('kind', { can: canStatistics }, bytes as Codec<unknown, never>),
          'IFLA_INFO_XSTATS',
          'Further counters of the kind.',
        ),
        port: variant({
          tag: 'kind',
          tagType: 4,
          tagKernel: 'IFLA_INFO_SLAVE_KIND',
          tagCodec: kindName,
          type: 5,
          kernel: 'IFLA_INFO_SLAVE_DATA',
          cases: ports,
          under: 'data',
          otherTag: (target) => masterOf(target['kind']),
          doc: "What the master knows of its port: { kind: 'bridge', data: { cost: 4 } }.",
        }),
      }),
      'IFLA_LINKINFO',
      'Kind and options.',
    ),
    namespacePid: field(19, u32, 'IFLA_NET_NS_PID', 'Move the link to the network namespace of this process.'),
    alias: field(20, unterminated(255), 'IFLA_IFALIAS', 'Text for people; the empty text takes it away.'),
    virtualFunctionCount: readOnly(21, u32, 'IFLA_NUM_VF', 'Number of virtual functions.'),
    virtualFunctions: field(22, virtualFunctions, 'IFLA_VFINFO_LIST', 'Virtual functions of an SR-IOV device.'),
    statistics: readOnly(23, statistics, 'IFLA_STATS64', 'Counters.'),
    virtualPorts: field(24, virtualPorts, 'IFLA_VF_PORTS', 'Port profiles of virtual functions.'),
    portSelf: field(25, virtualPort, 'IFLA_PORT_SELF', 'Port profile of the device itself.'),
    protocols: field(26, unlessBridge(linkProtocols), 'IFLA_AF_SPEC', 'Settings of the address families on the link.'),
    group: field(27, enumeration(u32, { default: 0 }), 'IFLA_GROUP', "Group of links: 'default' or a number."),
    namespace: field(28, namespaceFd, 'IFLA_NET_NS_FD', 'Move the link to this network namespace (a Namespace, or an fd).'),
    extended: field(29, extendedMask, 'IFLA_EXT_MASK', 'What a request wants to be told beside the usual (RTEXT_FILTER_).'),
    promiscuity: readOnly(30, u32, 'IFLA_PROMISCUITY', 'How many want promiscuous mode.'),
    txQueues: field(31, u32, 'IFLA_NUM_TX_QUEUES', 'Number of send queues.'),
    rxQueues: field(32, u32, 'IFLA_NUM_RX_QUEUES', 'Number of receive queues.'),
    carrier: field(33, switch8, 'IFLA_CARRIER', 'Whether there is a carrier; some virtual links let it be set.'),
    physicalPortId: readOnly(34, hardwareAddress, 'IFLA_PHYS_PORT_ID', 'Identifier of the physical port, in hex.'),
    carrierChanges: readOnly(35, u32, 'IFLA_CARRIER_CHANGES', 'Changes of the carrier.'),
    physicalSwitchId: readOnly(36, hardwareAddress, 'IFLA_PHYS_SWITCH_ID', 'Identifier of the switch that the port is of, in hex.'),
    linkNamespaceId: field(37, s32, 'IFLA_LINK_NETNSID', 'nsid of the namespace that the link underneath, or the other end, is in.', {
      absent: null,
    }),
    physicalPortName: readOnly(38, string(), 'IFLA_PHYS_PORT_NAME', 'Name of the physical port.', { since: '4.1' }),
    protocolDown: field(39, switch8, 'IFLA_PROTO_DOWN', 'Keep the link down for protocols.', { since: '4.3' }),
    gsoMaxSegments: field(40, u32, 'IFLA_GSO_MAX_SEGS', 'Most segments of a packet that the device splits.', { since: '4.6' }),
    gsoMaxSize: field(41, u32, 'IFLA_GSO_MAX_SIZE', 'Largest packet that the device splits.', { unit: 'bytes', since: '4.6' }),
    xdp: field(43, xdp, 'IFLA_XDP', 'XDP program on the link.', { since: '4.8' }),
    event: readOnly(
      44,
      enumeration(u32, {
        none: 0,
        reboot: 1,
        features: 2,
        'bonding-failover': 3,
        'notify-peers': 4,
        'igmp-resend': 5,
        'bonding-options': 6,
      }),
      'IFLA_EVENT',
      'What a notification is about.',
      { since: '4.13' },
    ),
    newNamespaceId: field(
      45,
      s32,
      'IFLA_NEW_NETNSID',
      'nsid of the namespace that the link was moved to; with `namespace`, the nsid it is to have.',
      { since: '4.15', absent: null },
    ),
    targetNamespaceId: field(46, s32, 'IFLA_TARGET_NETNSID', 'Work in the namespace with this nsid.', { since: '4.15', absent: null }),
    carrierUpCount: readOnly(47, u32, 'IFLA_CARRIER_UP_COUNT', 'Times the carrier came.', { since: '4.16' }),
    carrierDownCount: readOnly(48, u32, 'IFLA_CARRIER_DOWN_COUNT', 'Times the carrier went.', { since: '4.16' }),
    newIndex: field(49, s32, 'IFLA_NEW_IFINDEX', 'Index in the namespace that the link moves to.', { since: '4.16' }),
    minimumMtu: readOnly(50, u32, 'IFLA_MIN_MTU', 'Smallest MTU that the link takes.', { unit: 'bytes', since: '4.19' }),
    maximumMtu: readOnly(51, u32, 'IFLA_MAX_MTU', 'Largest MTU that the link takes; 0 for no limit.', { unit: 'bytes', since: '4.19' }),
    alternativeNames: field(52, list(string(127), 53), 'IFLA_PROP_LIST', 'Further names of the link, 1 to 127 bytes each.', {
      since: '5.5',
    }),
    alternativeName: field(53, string(127), 'IFLA_ALT_IFNAME', 'A further name that a request looks for.', { since: '5.5' }),
    permanentAddress: readOnly(54, hardwareAddress, 'IFLA_PERM_ADDRESS', 'Hardware address that the device was made with.', {
      since: '5.6',
    }),
    protocolDownReasons: field(
      55,
      attributes({
        mask: field(1, u32, 'IFLA_PROTO_DOWN_REASON_MASK', 'Bits that change.'),
        value: field(2, u32, 'IFLA_PROTO_DOWN_REASON_VALUE', 'Their new values, or all that are set.'),
      }),
      'IFLA_PROTO_DOWN_REASON',
      'Who keeps the link down, a bit for each.',
      { since: '5.9' },
    ),
    parentDeviceName: field(56, string(), 'IFLA_PARENT_DEV_NAME', 'Name of the device underneath, where that is no link (wwan).', {
      since: '5.14',
    }),
    parentDeviceBus: readOnly(57, string(), 'IFLA_PARENT_DEV_BUS_NAME', 'Bus of the device underneath.', { since: '5.14' }),
    groMaxSize: field(58, u32, 'IFLA_GRO_MAX_SIZE', 'Largest packet that is put together on receiving.', { unit: 'bytes', since: '5.18' }),
    tsoMaxSize: readOnly(59, u32, 'IFLA_TSO_MAX_SIZE', 'Largest packet that the hardware splits.', { unit: 'bytes', since: '5.19' }),
    tsoMaxSegments: readOnly(60, u32, 'IFLA_TSO_MAX_SEGS', 'Most segments that the hardware splits into.', { since: '5.19' }),
    allMulticastCount: readOnly(61, u32, 'IFLA_ALLMULTI', 'How many want all multicast packets.', { since: '6.0' }),
    devlinkPort: readOnly(
      62,
      attributes({
        bus: field(1, string(), 'DEVLINK_ATTR_BUS_NAME', 'Bus of the devlink device.'),
        device: field(2, string(), 'DEVLINK_ATTR_DEV_NAME', 'Name of the devlink device.'),
        port: field(3, u32, 'DEVLINK_ATTR_PORT_INDEX', 'Number of the port.'),
      }),
      'IFLA_DEVLINK_PORT',
      'The devlink port of the link.',
      { since: '6.2' },
    ),
    gsoIpv4MaxSize: field(63, u32, 'IFLA_GSO_IPV4_MAX_SIZE', 'Largest IPv4 packet that the device splits.', {
      unit: 'bytes',
      since: '6.3',
    }),
    groIpv4MaxSize: field(64, u32, 'IFLA_GRO_IPV4_MAX_SIZE', 'Largest IPv4 packet that is put together on receiving.', {
      unit: 'bytes',
      since: '6.3',
    }),
    dpllPin: readOnly(
      65,
      attributes({ id: field(1, u32, 'DPLL_A_PIN_ID', 'Number of the pin.') }),
      'IFLA_DPLL_PIN',
      'Clock input of the device.',
      { since: '6.7' },
    ),
    pacingOffloadHorizon: readOnly(66, counter, 'IFLA_MAX_PACING_OFFLOAD_HORIZON', 'How far ahead the hardware paces.', {
      unit: 'ns',
      since: '6.13',
    }),
    namespaceImmutable: readOnly(67, switch8, 'IFLA_NETNS_IMMUTABLE', 'The link cannot move to another namespace.', { since: '6.15' }),
    headroom: readOnly(68, u16, 'IFLA_HEADROOM', 'Room before packets that the device wants.', { unit: 'bytes', since: '6.18' }),
    tailroom: readOnly(69, u16, 'IFLA_TAILROOM', 'Room after packets that the device wants.', { unit: 'bytes', since: '6.18' }),
  },
  // The counters of 32 bits, and padding.
  [7, 42],
);

/** iproute2 asks for changes of ports as of links of the kind 'bridge_slave': the master is meant, and the kernel does not look at the kind. */
function masterOf(kind: unknown): string | undefined {
  if (typeof kind !== 'string' || !kind.endsWith('_slave')) return undefined;
  const master = kind.slice(0, -'_slave'.length);
  return Object.hasOwn(ports, master) ? master : undefined;
}

const header = struct({
  familyNumber: hidden(u8, 'ifi_family', 'Address family.'),
  reserved: padding(1),
  type: member(hardwareType, 'ifi_type', "Kind of hardware: 'ether', 'loopback', ..."),
  index: member(linkReference, 'ifi_index', 'Number of the link in its namespace, 1 to 2147483647.'),
  flagBits: hidden(u32, 'ifi_flags'),
  changeBits: hidden(u32, 'ifi_change'),
});

function flagSwitch(bit: number, doc: string, kernel: string, inverted = false) {
  return derived<boolean>({
    codec: boolean(u32),
    kernel: `ifi_flags ${kernel}`,
    doc,
    read: (from) => ((numberOf(from, 'flagBits') & bit) !== 0) !== inverted,
    write(value, to) {
      const given: unknown = value;
      if (typeof given !== 'boolean') throw new ValueError('true or false', given);
      to['changeBits'] = (numberOf(to, 'changeBits') | bit) >>> 0;
      if (value !== inverted) to['flagBits'] = (numberOf(to, 'flagBits') | bit) >>> 0;
    },
  });
}

const common = {
  up: flagSwitch(1, 'Whether the link is up, as an administrator wants it.', 'IFF_UP'),
  promiscuous: flagSwitch(0x100, 'Receive all packets.', 'IFF_PROMISC'),
  allMulticast: flagSwitch(0x200, 'Receive all multicast packets.', 'IFF_ALLMULTI'),
  multicast: flagSwitch(0x1000, 'The link can do multicast.', 'IFF_MULTICAST'),
  arp: flagSwitch(0x80, 'The link resolves addresses with ARP or neighbour discovery.', 'IFF_NOARP', true),
  dynamic: flagSwitch(0x8000, 'The addresses are lost when the link goes down.', 'IFF_DYNAMIC'),
  flags: derived<ReturnType<typeof linkFlags.names>, unknown>({
    codec: linkFlags,
    kernel: 'ifi_flags',
    doc: 'All flags of the link; to change one, use its switch (up, promiscuous, ...).',
    read: (from) => linkFlags.names(numberOf(from, 'flagBits')),
  }),
  family: derived<FamilyName | number>({
    codec: addressFamily,
    kernel: 'ifi_family',
    doc: 'Address family that a message is about; undefined for links as such.',
    read: (from) => {
      const number = numberOf(from, 'familyNumber');
      return number === 0 ? undefined : number === 7 ? 'bridge' : number === 10 ? 'ipv6' : number;
    },
    write: (value, to) => {
      to['familyNumber'] = givenFamily(value);
    },
  }),
};

const linkParts = object({ title: 'link', header, attributes: linkAttributes, derived: common, family: 'familyNumber' });

type Own = Omit<Infer<typeof linkParts>, 'kind' | 'data' | 'index' | 'port'>;
type OwnInput = Omit<InferInput<typeof linkParts>, 'kind' | 'data' | 'port'>;

/** What the master of a link knows of it: told apart by the kind of the master. */
export type LinkPort =
  | { [K in keyof PortValues]: { kind: K; data?: PortValues[K] } }[keyof PortValues]
  | { kind: OtherKind; data?: undefined; unknown?: UnknownAttribute[] };
/** What LinkPort is made from. */
export type LinkPortInput =
  | { [K in keyof PortInputs]: { readonly kind: K; readonly data?: PortInputs[K] | undefined } }[keyof PortInputs]
  | { readonly kind: OtherKind; readonly data?: undefined; readonly unknown?: readonly UnknownAttribute[] | undefined };

/** What all links have. */
export interface LinkFields extends Own {
  index: number;
  port?: LinkPort;
}
/** What all links can be made from. */
export interface LinkFieldsInput extends OwnInput {
  readonly port?: LinkPortInput | undefined;
}

type PairData = PlainData;
interface Pairs {
  veth: PairData;
  vxcan: PairData;
  netkit: NetkitData;
}
interface PairInputs {
  veth: PlainDataInput;
  vxcan: PlainDataInput;
  netkit: NetkitDataInput;
}
type AllValues = KindValues & Pairs;
type AllInputs = KindInputs & PairInputs;

/** Names of the kinds of links that have a schema here. */
export type LinkKind = keyof AllValues;

/** kind and data of links: a union that is told apart by kind. */
export type LinkKindFields =
  | { [K in LinkKind]: { kind: K; data?: AllValues[K]; peer?: K extends keyof Pairs ? LinkPeer : undefined } }[LinkKind]
  | { kind: OtherKind; data?: PlainData; peer?: undefined }
  | { kind?: undefined; data?: undefined; peer?: undefined };

type LinkKindInputs =
  | {
      [K in LinkKind]: K extends keyof Pairs
        ? { readonly kind: K; readonly data?: AllInputs[K] | undefined; readonly peer?: LinkPeerInput | undefined }
        : { readonly kind: K; readonly data?: AllInputs[K] | undefined; readonly peer?: undefined };
    }[LinkKind]
  | { readonly kind: OtherKind; readonly data?: PlainDataInput | undefined; readonly peer?: undefined }
  | { readonly kind?: undefined; readonly data?: undefined; readonly peer?: undefined };

/** The other end of a pair, as a request has it; the kernel does not report it but by `parent` and `linkNamespaceId`. */
export interface LinkPeer extends LinkFields {}
/** The other end of a pair: its name, the namespace it is to be in, its address and so on. */
export interface LinkPeerInput extends LinkFieldsInput {}

/** A link (struct ifinfomsg, rtnetlink.h). */
export type Link = LinkFields & LinkKindFields;
/** What a link is made from. */
export type LinkInput = LinkFieldsInput & LinkKindInputs;

type LinkKindChanges =
  | { [K in LinkKind]: { readonly kind: K; readonly data?: AllInputs[K] | undefined } }[LinkKind]
  | { readonly kind: OtherKind; readonly data?: PlainDataInput | undefined }
  | { readonly kind?: undefined; readonly data?: undefined };
/** Fields of a link that changes are about; data with the kind that it is of. Further names have calls of their own. */
export type LinkChanges = Omit<LinkFieldsInput, 'index' | 'alternativeNames'> & LinkKindChanges;

const paired: ReadonlySet<unknown> = new Set(Object.keys({ veth: 0, vxcan: 0, netkit: 0 }));

/** The other end of a pair is a field of the link here, and of its data for the kernel. */
const completeLink = object({
  title: 'link',
  header,
  attributes: linkAttributes,
  family: 'familyNumber',
  derived: {
    ...common,
    peer: derived<Fields, Readonly<Fields>>({
      codec: peerLink,
      kernel: 'VETH_INFO_PEER, VXCAN_INFO_PEER, IFLA_NETKIT_PEER_INFO',
      doc: 'The other end of a pair (veth, vxcan, netkit).',
      read: () => undefined,
      write() {
        // Its place is in the data: prepare() has put it there.
      },
    }),
  },
  prepare(value) {
    const { peer, ...others } = value;
    if (peer === undefined || !paired.has(value['kind'])) return value;
    return { ...others, data: { ...(value['data'] as Fields | undefined), peer } };
  },
  decoded(value) {
    const master = masterOf(value['kind']);
    if (master !== undefined) {
      delete value['kind'];
      value['port'] ??= { kind: master };
    }
    if (!paired.has(value['kind'])) return;
    const { peer, ...data } = (value['data'] ?? {}) as Fields;
    if (peer === undefined) return;
    value['peer'] = peer;
    if (Object.keys(data).length > 0) value['data'] = data;
    else delete value['data'];
  },
});

export const link: Codec<Link, LinkInput> = completeLink as unknown as Codec<Link, LinkInput>;

export type { LinkReference, UnknownAttribute };
