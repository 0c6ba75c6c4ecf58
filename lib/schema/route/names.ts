import { enumeration, flags, type FlagsCodec } from '../../codec/names.js';
import { u16, u16be, u32, u8 } from '../../codec/scalars.js';
import type { Fixed } from '../../codec/codec.js';

/** Distance of a destination (rt_scope_t, rtnetlink.h). */
export const scope = enumeration(u8, { global: 0, site: 200, link: 253, host: 254, nowhere: 255 }, { universe: 0 });

/** Routing tables (rt_class_t, rtnetlink.h): names for the kernel's own, numbers up to 4294967295 for all others. */
export const table = enumeration(u32, { default: 253, main: 254, local: 255 }, { unspecified: 0, all: 0 });
export const tableNumbers = { default: 253, main: 254, local: 255 } as const;

const protocolNames = {
  unspecified: 0,
  redirect: 1,
  kernel: 2,
  boot: 3,
  static: 4,
  gated: 8,
  ra: 9,
  mrt: 10,
  zebra: 11,
  bird: 12,
  dnrouted: 13,
  xorp: 14,
  ntk: 15,
  dhcp: 16,
  mrouted: 17,
  keepalived: 18,
  babel: 42,
  ovn: 84,
  openr: 99,
  bgp: 186,
  isis: 187,
  ospf: 188,
  rip: 189,
  eigrp: 192,
} as const;

/** Who installed a route, rule or nexthop (RTPROT_, rtnetlink.h). */
export const routeProtocol = enumeration(u8, protocolNames, { unspec: 0 });

/** Kinds of routes (RTN_, rtnetlink.h). */
export const routeType = enumeration(u8, {
  unspecified: 0,
  unicast: 1,
  local: 2,
  broadcast: 3,
  anycast: 4,
  multicast: 5,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
  throw: 9,
  nat: 10,
  xresolve: 11,
});

/** Flags of nexthops (RTNH_F_, rtnetlink.h). */
export const nexthopFlags = {
  dead: 1,
  pervasive: 2,
  onlink: 4,
  offload: 8,
  linkdown: 16,
  unresolved: 32,
  trap: 64,
} as const;

/** Those of them that only the kernel sets: all but pervasive and onlink. */
export const nexthopState = 1 | 8 | 16 | 32 | 64;

/** Flags of a route: those of its nexthop, and RTM_F_ ones (rtnetlink.h). */
export const routeFlags: FlagsCodec<
  | keyof typeof nexthopFlags
  | 'notify'
  | 'cloned'
  | 'equalize'
  | 'prefix'
  | 'lookup-table'
  | 'fib-match'
  | 'rt-offload'
  | 'rt-trap'
  | 'rt-offload-failed'
> = flags(
  u32,
  {
    ...nexthopFlags,
    notify: 0x100,
    cloned: 0x200,
    equalize: 0x400,
    prefix: 0x800,
    'lookup-table': 0x1000,
    'fib-match': 0x2000,
    'rt-offload': 0x4000,
    'rt-trap': 0x8000,
    'rt-offload-failed': 0x20000000,
  },
  nexthopState | 0x200 | 0x4000 | 0x8000 | 0x20000000,
);

/** Protocols over IP that have names here (in.h); others are numbers. */
export const ipProtocol = enumeration(u8, {
  icmp: 1,
  igmp: 2,
  ipip: 4,
  tcp: 6,
  udp: 17,
  dccp: 33,
  ipv6: 41,
  rsvp: 46,
  gre: 47,
  esp: 50,
  ah: 51,
  'ipv6-icmp': 58,
  ospf: 89,
  pim: 103,
  sctp: 132,
  udplite: 136,
  mpls: 137,
  ethernet: 143,
});

/** By number and name, where no codec is needed. */
export const etherTypes = {
  loop: 0x0060,
  ipv4: 0x0800,
  arp: 0x0806,
  teb: 0x6558,
  rarp: 0x8035,
  '802.1q': 0x8100,
  ipv6: 0x86dd,
  mpls: 0x8847,
  'mpls-multicast': 0x8848,
  'pppoe-discovery': 0x8863,
  'pppoe-session': 0x8864,
  '802.1ad': 0x88a8,
  lldp: 0x88cc,
  macsec: 0x88e5,
  ptp: 0x88f7,
  prp: 0x88fb,
  hsr: 0x892f,
  all: 0x0003,
} as const;
const etherAliases = { '802.1Q': 0x8100, '802.1AD': 0x88a8, ip: 0x0800, mpls_uc: 0x8847, mpls_mc: 0x8848 } as const;

export type EtherType = keyof typeof etherTypes | number;
export type EtherTypeInput = EtherType | keyof typeof etherAliases;

/** Ethernet protocol numbers (if_ether.h), in network byte order. */
export const etherType: Fixed<EtherType, EtherTypeInput> = enumeration(u16be, etherTypes, etherAliases);
/** The same in the machine's byte order. */
export const etherTypeNative: Fixed<EtherType, EtherTypeInput> = enumeration(u16, etherTypes, etherAliases);

/** VLAN protocols. */
export const vlanProtocol: Fixed<'802.1q' | '802.1ad' | number, '802.1q' | '802.1ad' | '802.1Q' | '802.1AD' | number> = enumeration(
  u16be,
  { '802.1q': 0x8100, '802.1ad': 0x88a8 },
  { '802.1Q': 0x8100, '802.1AD': 0x88a8 },
);

/** What a link's hardware is (ARPHRD_, if_arp.h). */
export const hardwareType = enumeration(u16, {
  netrom: 0,
  ether: 1,
  eether: 2,
  ax25: 3,
  pronet: 4,
  chaos: 5,
  ieee802: 6,
  arcnet: 7,
  appletlk: 8,
  dlci: 15,
  atm: 19,
  metricom: 23,
  ieee1394: 24,
  eui64: 27,
  infiniband: 32,
  slip: 256,
  cslip: 257,
  slip6: 258,
  cslip6: 259,
  rsrvd: 260,
  adapt: 264,
  rose: 270,
  x25: 271,
  hwx25: 272,
  can: 280,
  mctp: 290,
  ppp: 512,
  hdlc: 513,
  lapb: 516,
  ddcmp: 517,
  rawhdlc: 518,
  rawip: 519,
  tunnel: 768,
  tunnel6: 769,
  frad: 770,
  skip: 771,
  loopback: 772,
  localtlk: 773,
  fddi: 774,
  bif: 775,
  sit: 776,
  ipddp: 777,
  ipgre: 778,
  pimreg: 779,
  hippi: 780,
  ash: 781,
  econet: 782,
  irda: 783,
  fcpp: 784,
  fcal: 785,
  fcpl: 786,
  fcfabric: 787,
  ieee802_tr: 800,
  ieee80211: 801,
  'ieee80211-prism': 802,
  'ieee80211-radiotap': 803,
  ieee802154: 804,
  'ieee802154-monitor': 805,
  phonet: 820,
  'phonet-pipe': 821,
  caif: 822,
  ip6gre: 823,
  netlink: 824,
  '6lowpan': 825,
  vsockmon: 826,
  none: 0xfffe,
  void: 0xffff,
});
