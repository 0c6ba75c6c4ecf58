import { dotted, has, hex, hexUnlessZero, ifTrue, linkName, renamed, unlessZero } from './conversions.js';
import { plainly, shows, type Conversion, type Table } from './table.js';

/* linkinfo.info_data of tunnels. */

/** An endpoint: 'any' where there is none. */
const endpoint: Conversion = (value) => (value === undefined || value === '0.0.0.0' || value === '::' ? 'any' : value);

const isMulticast = (address: string): boolean =>
  address.includes(':') ? /^ff/i.test(address) : Number(address.split('.')[0]) >> 4 === 14;

/** An address under a key that tells its family, and whether it is a group. */
function address(wanted: { ipv6: boolean; group?: boolean }): Conversion {
  return (value) => {
    if (typeof value !== 'string' || value === '0.0.0.0' || value === '::' || value.includes(':') !== wanted.ipv6) return undefined;
    return wanted.group === undefined || isMulticast(value) === wanted.group ? value : undefined;
  };
}

/** Not printed where it is inherited. */
const ttl: Conversion = (value, { object }) => (object['ttlInherit'] === true ? undefined : value);

const ports: Table = plainly({ low: 'low', high: 'high' });

const vxlan: Table = {
  external: shows('external', ifTrue),
  vnifilter: shows('vniFilter', ifTrue),
  id: shows('id'),
  group: shows('group', address({ ipv6: false, group: true })),
  remote: shows('group', address({ ipv6: false, group: false })),
  group6: shows('group', address({ ipv6: true, group: true })),
  remote6: shows('group', address({ ipv6: true, group: false })),
  local: shows('local', address({ ipv6: false })),
  local6: shows('local', address({ ipv6: true })),
  link: shows('link', linkName),
  port_range: { of: 'portRange', keys: ports },
  ...plainly({
    port: 'port',
    learning: 'learning',
    df: 'dontFragment',
    ageing: 'ageing',
    udp_csum: 'udpChecksum',
    udp_zero_csum6_tx: 'udpZeroChecksum6Send',
    udp_zero_csum6_rx: 'udpZeroChecksum6Receive',
  }),
  ...plainly(
    {
      proxy: 'proxy',
      rsc: 'routeShortCircuit',
      l2miss: 'l2Miss',
      l3miss: 'l3Miss',
      remcsum_tx: 'remoteChecksumSend',
      remcsum_rx: 'remoteChecksumReceive',
      gbp: 'groupPolicy',
      gpe: 'genericProtocol',
    },
    ifTrue,
  ),
  tos: shows('tos', hexUnlessZero),
  ttl: shows('ttl', ttl, { with: ['ttlInherit'] }),
  label: shows('flowLabel', hexUnlessZero),
  limit: shows('limit', unlessZero),
};

const geneve: Table = {
  external: shows('external', ifTrue),
  id: shows('id'),
  remote: shows('remote', address({ ipv6: false })),
  remote6: shows('remote', address({ ipv6: true, group: false })),
  ttl: shows('ttl', ttl, { with: ['ttlInherit'] }),
  tos: shows('tos', hexUnlessZero),
  df: shows('dontFragment'),
  label: shows('flowLabel', hexUnlessZero),
  ...plainly({
    port: 'port',
    udp_csum: 'udpChecksum',
    udp_zero_csum6_tx: 'udpZeroChecksum6Send',
    udp_zero_csum6_rx: 'udpZeroChecksum6Receive',
  }),
  inner_proto_inherit: shows('innerProtocolInherit', ifTrue),
};

/** Keys are written as IPv4 addresses, and only where their flag is set. */
function key(flags: string): Conversion {
  return (value, { object }) => {
    const set = object[flags];
    return typeof value === 'number' && Array.isArray(set) && set.includes('key') ? dotted(value) : undefined;
  };
}

const dottedUnlessZero: Conversion = (value) => (typeof value === 'number' && value !== 0 ? dotted(value) : undefined);

const greKeys: Table = {
  ikey: shows('inputKey', key('inputFlags'), { with: ['inputFlags'] }),
  okey: shows('outputKey', key('outputFlags'), { with: ['outputFlags'] }),
  iseq: shows('inputFlags', has('seq')),
  oseq: shows('outputFlags', has('seq')),
  icsum: shows('inputFlags', has('csum')),
  ocsum: shows('outputFlags', has('csum')),
};

const erspan: Table = {
  ...plainly({ erspan_index: 'erspanIndex', erspan_ver: 'erspanVersion', erspan_dir: 'erspanDirection' }),
  erspan_hwid: shows('erspanHardware', hex),
};

const encap: Table = {
  encap: {
    when: (tunnel) => tunnel['encapType'] !== undefined && tunnel['encapType'] !== 'none',
    keys: {
      type: shows('encapType'),
      sport: shows('encapSourcePort'),
      dport: shows('encapDestinationPort'),
      csum: shows('encapFlags', (value) => Array.isArray(value) && value.includes('csum')),
      csum6: shows('encapFlags', (value) => Array.isArray(value) && value.includes('csum6')),
      remcsum: shows('encapFlags', (value) => Array.isArray(value) && value.includes('remcsum')),
    },
  },
};

const ends: Table = {
  external: shows('external', ifTrue),
  remote: shows('remote', endpoint),
  local: shows('local', endpoint),
  link: shows('link', linkName),
};

/** 0 where the kernel does not report it. */
const orZero: Conversion = (value) => value ?? 0;

const overIpv4: Table = {
  ...ends,
  ttl: shows('ttl', orZero),
  tos: shows('tos', hexUnlessZero),
  fwmark: shows('mark', hexUnlessZero),
  ...encap,
};

const gre: Table = {
  ...overIpv4,
  ...greKeys,
  ...erspan,
  pmtudisc: shows('pathMtuDiscovery'),
  ignore_df: shows('ignoreDontFragment', ifTrue),
};

/** What the flags of a tunnel over IPv6 say instead of a value is told by a key of its own. */
function unless(flag: string, as: Conversion): Conversion {
  return (value, around) => {
    const { flags } = around.object;
    return Array.isArray(flags) && flags.includes(flag) ? undefined : as(value, around);
  };
}

const overIpv6: Table = {
  ...ends,
  ttl: shows('hopLimit', orZero),
  encap_limit: shows(
    'encapsulationLimit',
    unless('ignore-encap-limit', (value) => value),
    { with: ['flags'] },
  ),
  tclass: shows(
    'flowInformation',
    unless('use-original-traffic-class', (value) =>
      typeof value === 'number' ? `0x${((value >>> 20) & 255).toString(16).padStart(2, '0')}` : undefined,
    ),
  ),
  flowlabel: shows(
    'flowInformation',
    unless('use-original-flow-label', (value) =>
      typeof value === 'number' ? `0x${(value & 0xfffff).toString(16).padStart(5, '0')}` : undefined,
    ),
  ),
  fwmark: shows('mark', unless('use-original-mark', hexUnlessZero)),
  ip6_tnl_f_ign_encap_limit: shows('flags', has('ignore-encap-limit')),
  ip6_tnl_f_use_orig_tclass: shows('flags', has('use-original-traffic-class')),
  ip6_tnl_f_use_orig_flowlabel: shows('flags', has('use-original-flow-label')),
  ip6_tnl_f_rcv_dscp_copy: shows('flags', has('copy-dscp')),
  ip6_tnl_f_allow_local_remote: shows('flags', has('allow-local-remote')),
  ip6_tnl_f_use_orig_fwmark: shows('flags', has('use-original-mark')),
  ...encap,
};

const ip6gre: Table = { ...overIpv6, ...greKeys, ...erspan };

const iptunnel: Table = {
  ...overIpv4,
  proto: shows('protocol', renamed({ ipv6: 'ip6ip', mpls: 'mplsip' })),
  pmtudisc: shows('pathMtuDiscovery', (value) => value === true),
};

const hasSixRd = (as: Conversion): Conversion => {
  return (value, around) => (Number(around.object['sixRdPrefixLength'] ?? 0) === 0 ? undefined : as(value, around));
};
const hasRelay = (as: Conversion): Conversion =>
  hasSixRd((value, around) => (around.object['sixRdRelayPrefix'] === '0.0.0.0' ? undefined : as(value, around)));
const same: Conversion = (value) => value;

const vti: Table = {
  remote: shows('remote', endpoint),
  local: shows('local', endpoint),
  link: shows('link', linkName),
  ikey: shows('inputKey', dottedUnlessZero),
  okey: shows('outputKey', dottedUnlessZero),
  fwmark: shows('mark', hexUnlessZero),
};

export const infoTunnels: Readonly<Record<string, Table>> = {
  vxlan,
  geneve,
  gre,
  gretap: gre,
  erspan: gre,
  ip6gre,
  ip6gretap: ip6gre,
  ip6erspan: ip6gre,
  ipip: iptunnel,
  sit: {
    ...iptunnel,
    isatap: shows('flags', has('isatap')),
    prefix: shows('sixRdPrefix', hasSixRd(same)),
    prefixlen: shows('sixRdPrefixLength', unlessZero),
    relay_prefix: shows('sixRdRelayPrefix', hasRelay(same)),
    relay_prefixlen: shows('sixRdRelayPrefixLength', hasRelay(same)),
  },
  ip6tnl: {
    ...overIpv6,
    proto: shows('protocol', renamed({ ipip: 'ipip6', ipv6: 'ip6ip6' })),
    ip6_tnl_f_mip6_dev: shows('flags', has('mobile-ipv6')),
  },
  vti,
  vti6: vti,
};
