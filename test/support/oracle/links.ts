import { ipv6 } from '../../../lib/codec/address.js';
import { decodeFrom } from '../../../lib/codec/codec.js';
import { asText, ifTrue, linkName, renamed, unlessZero } from './conversions.js';
import { infoData, infoPortData } from './link-kinds.js';
import { plainly, shows, unmapped, type Conversion, type ObjectTable, type Plain, type Table } from './table.js';

/* ip -json -details -statistics -statistics link show */

const flagOrder = [
  'loopback',
  'broadcast',
  'pointopoint',
  'multicast',
  'noarp',
  'allmulti',
  'promisc',
  'master',
  'slave',
  'debug',
  'dynamic',
  'automedia',
  'portsel',
  'notrailers',
  'up',
  'lower-up',
  'dormant',
  'echo',
];

/** As iproute2 orders and writes them. That 'running' is missing is told, and that the link underneath is down. */
export const flags: Conversion = (value, { object, linkOf }) => {
  const all = Array.isArray(value) ? (value as string[]) : [];
  const shown = flagOrder.filter((flag) => all.includes(flag)).map((flag) => flag.toUpperCase().replace('-', '_'));
  const { parent, linkNamespaceId } = object;
  const below = typeof parent === 'number' && parent !== 0 && linkNamespaceId === undefined ? linkOf(parent) : undefined;
  return [
    ...(all.includes('up') && !all.includes('running') ? ['NO-CARRIER'] : []),
    ...shown,
    ...(below?.['up'] === false ? ['M-DOWN'] : []),
  ];
};

const upper: Conversion = (value) => (typeof value === 'string' ? value.toUpperCase().replaceAll('-', '') : undefined);

/** Of the other end only the name is shown where it is in the same namespace, and the index where it is not. */
const parentName: Conversion = (value, { object, linkOf }) => {
  if (typeof value !== 'number' || value === 0) return value === 0 ? null : undefined;
  return object['linkNamespaceId'] === undefined ? linkOf(value)?.['name'] : undefined;
};
const parentIndex: Conversion = (value, { object }) =>
  typeof value === 'number' && value !== 0 && object['linkNamespaceId'] !== undefined ? value : undefined;

/** The hardware address of a tunnel is the IP address of its end, and iproute2 writes it so. */
const hardware: Conversion = (value, { object }) => {
  const octets = typeof value === 'string' ? value.split(':').map((octet) => Number.parseInt(octet, 16)) : [];
  const type = String(object['type']);
  if (octets.length === 4 && ['tunnel', 'sit', 'ipgre'].includes(type)) return octets.join('.');
  if (octets.length === 16 && ['tunnel6', 'ip6gre'].includes(type)) return decodeFrom(ipv6, Uint8Array.from(octets));
  return value;
};

/** Not printed where it is the address that the link has. */
const permanent: Conversion = (value, around) => (value === around.object['address'] ? undefined : hardware(value, around));

const bits: Conversion = (value) =>
  typeof value === 'number' && value !== 0
    ? Array.from({ length: 32 }, (_, bit) => bit)
        .filter((bit) => ((value >>> bit) & 1) === 1)
        .map(String)
    : undefined;

export const rx = {
  ...plainly({
    bytes: 'rxBytes',
    packets: 'rxPackets',
    errors: 'rxErrors',
    dropped: 'rxDropped',
    over_errors: 'rxOverErrors',
    multicast: 'multicast',
    length_errors: 'rxLengthErrors',
    crc_errors: 'rxCrcErrors',
    frame_errors: 'rxFrameErrors',
    fifo_errors: 'rxFifoErrors',
    missed_errors: 'rxMissedErrors',
  }),
  ...plainly({ compressed: 'rxCompressed', nohandler: 'rxNoHandler', otherhost: 'rxOtherHostDropped' }, unlessZero),
} as const;

export const tx = {
  ...plainly({
    bytes: 'txBytes',
    packets: 'txPackets',
    errors: 'txErrors',
    dropped: 'txDropped',
    carrier_errors: 'txCarrierErrors',
    collisions: 'collisions',
    aborted_errors: 'txAbortedErrors',
    fifo_errors: 'txFifoErrors',
    window_errors: 'txWindowErrors',
    heartbeat_errors: 'txHeartbeatErrors',
  }),
  ...plainly({ compressed: 'txCompressed' }, unlessZero),
} as const;

/** Counters go up while they are read. */
export function counting(table: Table): Table {
  return Object.fromEntries(
    Object.entries(table).map(([key, row]) => [key, 'field' in row ? { ...row, moving: 'between' as const } : row]),
  );
}

function within(field: string, table: Table): Table {
  return Object.fromEntries(
    Object.entries(table).map(([key, row]) => [key, 'field' in row ? { ...row, field: `${field}.${row.field}` } : row]),
  );
}

/** What is the same in `ip link` and `ip address`. */
const common: Table = {
  ifindex: shows('index'),
  ifname: shows('name'),
  link: shows('parent', parentName, { with: ['linkNamespaceId'] }),
  link_index: shows('parent', parentIndex, { with: ['linkNamespaceId'] }),
  link_netnsid: shows('linkNamespaceId'),
  flags: shows('flags', flags),
  mtu: shows('mtu'),
  qdisc: shows('qdisc'),
  master: shows('master', linkName),
  operstate: shows('operationalState', upper),
  group: shows('group', asText),
  txqlen: shows('txQueueLength', unlessZero),
  // Of some types iproute2 knows the number only.
  link_type: shows('type', renamed({ tunnel: 'ipip', ipgre: 'gre', ip6gre: 'gre6', vsockmon: '[826]' })),
  address: shows('address', hardware),
  link_pointtopoint: shows('flags', (value, { object }) =>
    Array.isArray(value) && value.includes('pointopoint') && object['broadcast'] !== undefined ? true : undefined,
  ),
  broadcast: shows('broadcast', hardware),
  permaddr: shows('permanentAddress', permanent),
  proto_down: shows('protocolDown', ifTrue),
  proto_down_reason: shows('protocolDownReasons.value', bits, { with: ['protocolDownReasons.mask'] }),
  promiscuity: shows('promiscuity'),
  allmulti: shows('allMulticastCount'),
  min_mtu: shows('minimumMtu'),
  max_mtu: shows('maximumMtu'),
  linkinfo: {
    when: (link: Plain) => link['kind'] !== undefined || link['port'] !== undefined,
    keys: {
      info_kind: shows('kind'),
      info_data: infoData,
      info_xstats: unmapped('printed for CAN devices only, which no kernel here has but virtual ones'),
      info_slave_kind: shows('port.kind'),
      info_slave_data: infoPortData,
    },
  },
  inet6_addr_gen_mode: shows('protocols.ipv6.addressGeneration', renamed({ 'stable-privacy': 'stable_secret' })),
  num_tx_queues: shows('txQueues'),
  num_rx_queues: shows('rxQueues'),
  gso_max_size: shows('gsoMaxSize'),
  gso_max_segs: shows('gsoMaxSegments'),
  tso_max_size: shows('tsoMaxSize'),
  tso_max_segs: shows('tsoMaxSegments'),
  gro_max_size: shows('groMaxSize'),
  phys_port_name: shows('physicalPortName'),
  phys_port_id: shows('physicalPortId', (value) => (typeof value === 'string' ? value.replaceAll(':', '') : undefined)),
  phys_switch_id: shows('physicalSwitchId', (value) => (typeof value === 'string' ? value.replaceAll(':', '') : undefined)),
  parentbus: shows('parentDeviceBus'),
  parentdev: shows('parentDeviceName'),
  ifalias: shows('alias'),
  altnames: shows('alternativeNames'),
  xdp: unmapped('of XDP programs: route.bpf.test.ts compares them'),
  event: unmapped('printed of notifications only'),
  vfinfo_list: unmapped('virtual functions need hardware, or netdevsim'),
  deleted: unmapped('printed of notifications only'),
};

const beyond = {
  carrier: 'IFLA_CARRIER: told by the flag LOWER_UP',
  carrierUpCount: 'IFLA_CARRIER_UP_COUNT: not printed by iproute2',
  carrierDownCount: 'IFLA_CARRIER_DOWN_COUNT: not printed by iproute2',
  up: 'a switch of its own here, one of the flags there',
  promiscuous: 'a switch of its own here, one of the flags there',
  allMulticast: 'a switch of its own here, one of the flags there',
  multicast: 'a switch of its own here, one of the flags there',
  arp: 'a switch of its own here, one of the flags there',
  dynamic: 'a switch of its own here, one of the flags there',
  map: 'IFLA_MAP: not printed by iproute2',
  'protocols.ipv4': 'IFLA_INET_CONF: not printed by iproute2',
  'protocols.ipv6.settings': 'IFLA_INET6_CONF: not printed by iproute2',
  'protocols.ipv6.statistics': 'IFLA_INET6_STATS: not printed by iproute2',
  'protocols.ipv6.icmpStatistics': 'IFLA_INET6_ICMP6STATS: not printed by iproute2',
  'protocols.ipv6.cache': 'IFLA_INET6_CACHEINFO: not printed by iproute2',
  'protocols.ipv6.flags': 'IFLA_INET6_FLAGS: not printed by iproute2',
  'protocols.ipv6.token': 'shown by ip token',
  'protocols.ipv6.raMtu': 'IFLA_INET6_RA_MTU: not printed by iproute2',
  'protocols.mctp': 'AF_MCTP: not printed by iproute2',
  gsoIpv4MaxSize: 'IFLA_GSO_IPV4_MAX_SIZE (Linux 6.3): not known to iproute2 6.1',
  groIpv4MaxSize: 'IFLA_GRO_IPV4_MAX_SIZE (Linux 6.3): not known to iproute2 6.1',
  pacingOffloadHorizon: 'IFLA_MAX_PACING_OFFLOAD_HORIZON (Linux 6.13): not known to iproute2 6.1',
  namespaceImmutable: 'IFLA_NETNS_IMMUTABLE (Linux 6.15): not known to iproute2 6.1',
  headroom: 'IFLA_HEADROOM (Linux 6.18): not known to iproute2 6.1',
  tailroom: 'IFLA_TAILROOM (Linux 6.18): not known to iproute2 6.1',
  'data.rootId': 'IFLA_BR_ROOT_ID: iproute2 6.1 prints IFLA_BR_BRIDGE_ID in its place',
  'data.options.mst': 'BR_BOOLOPT_MST_ENABLE (Linux 5.18): not printed by iproute2 6.1',
  'data.options.mdbOffloadFailNotification': 'BR_BOOLOPT_MDB_OFFLOAD_FAIL_NOTIFICATION (Linux 6.16): not known to iproute2 6.1',
  'data.options.fdbLocalVlan0': 'BR_BOOLOPT_FDB_LOCAL_VLAN_0 (Linux 6.18): not known to iproute2 6.1',
  'data.learnedCount': 'IFLA_BR_FDB_N_LEARNED (Linux 6.7): not known to iproute2 6.1',
  'data.learnedMax': 'IFLA_BR_FDB_MAX_LEARNED (Linux 6.7): not known to iproute2 6.1',
  'data.multicastQuerierState': 'IFLA_BR_MCAST_QUERIER_STATE: not printed by iproute2 6.1',
  'port.data.mrpRingOpen': 'IFLA_BRPORT_MRP_RING_OPEN: not printed by iproute2',
  'port.data.mrpInterconnectOpen': 'IFLA_BRPORT_MRP_IN_OPEN: not printed by iproute2',
  'port.data.multicastHostsLimit': 'IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT: not printed by iproute2 6.1',
  'port.data.multicastHostsCount': 'IFLA_BRPORT_MCAST_EHT_HOSTS_CNT: not printed by iproute2 6.1',
  'port.data.macAuthenticationBypass': 'IFLA_BRPORT_MAB (Linux 6.2): not known to iproute2 6.1',
  'port.data.multicastGroupCount': 'IFLA_BRPORT_MCAST_N_GROUPS (Linux 6.3): not known to iproute2 6.1',
  'port.data.multicastGroupMax': 'IFLA_BRPORT_MCAST_MAX_GROUPS (Linux 6.3): not known to iproute2 6.1',
  'port.data.neighbourVlanSuppress': 'IFLA_BRPORT_NEIGH_VLAN_SUPPRESS (Linux 6.4): not known to iproute2 6.1',
  'port.data.backupNexthopId': 'IFLA_BRPORT_BACKUP_NHID (Linux 6.6): not known to iproute2 6.1',
  'data.localBypass': 'IFLA_VXLAN_LOCALBYPASS (Linux 6.5): not known to iproute2 6.1',
  'data.flowLabelPolicy': 'IFLA_VXLAN_LABEL_POLICY (Linux 6.8): not known to iproute2 6.1',
  'data.reservedBits': 'IFLA_VXLAN_RESERVED_BITS (Linux 6.14): not known to iproute2 6.1',
  'data.multicastRoute': 'IFLA_VXLAN_MC_ROUTE (Linux 6.17): not known to iproute2 6.1',
  'data.remoteChecksumNoPartial': 'IFLA_VXLAN_REMCSUM_NOPARTIAL: not printed by iproute2',
  'data.portRange': 'IFLA_GENEVE_PORT_RANGE (Linux 6.16): not known to iproute2 6.1',
  'data.broadcastCutoff': 'IFLA_MACVLAN_BC_CUTOFF (Linux 6.4): not known to iproute2 6.1',
  'data.coupledControl': 'IFLA_BOND_COUPLED_CONTROL (Linux 6.9): not known to iproute2 6.1',
  'data.broadcastNeighbour': 'IFLA_BOND_BROADCAST_NEIGH (Linux 6.17): not known to iproute2 6.1',
  'port.data.actorPortPriority': 'IFLA_BOND_SLAVE_ACTOR_PORT_PRIO (Linux 6.18): not known to iproute2 6.1',
  'port.data.actorChurnState': 'IFLA_BOND_SLAVE_AD_CHURN_ACTOR_STATE (Linux 6.19): not known to iproute2 6.1',
  'port.data.partnerChurnState': 'IFLA_BOND_SLAVE_AD_CHURN_PARTNER_STATE (Linux 6.19): not known to iproute2 6.1',
  'data.link': 'IFLA_XFRM_LINK: printed as the link underneath; every other kind with an underlying link prints it with its data',
  'data.algorithm': 'IFLA_BATADV_ALGO_NAME: not printed by iproute2',
  'data.version': 'IFLA_HSR_VERSION: not printed by iproute2',
  'xdp.attached': 'IFLA_XDP_ATTACHED: nothing is printed where no program is attached',
} as const;

export const links: ObjectTable = {
  keys: {
    ...common,
    linkmode: shows('linkMode', (value) => (typeof value === 'string' ? value.toUpperCase() : value)),
    stats64: {
      when: (link: Plain) => link['statistics'] !== undefined,
      keys: {
        rx: { keys: counting(within('statistics', rx)) },
        tx: { keys: { ...counting(within('statistics', tx)), carrier_changes: shows('carrierChanges', undefined, { moving: 'between' }) } },
      },
    },
  },
  beyond,
};

/** Of the same dump `ip address` prints less of links. */
export const linksOfAddresses: ObjectTable = {
  keys: { ...common, inet6_addr_gen_mode: unmapped('printed by ip link only'), addr_info: unmapped('compared with the list of addresses') },
  beyond: {
    ...beyond,
    linkMode: 'printed by ip link only',
    statistics: 'printed by ip link only',
    carrierChanges: 'printed by ip link only',
    'protocols.ipv6.addressGeneration': 'printed by ip link only',
  },
};
