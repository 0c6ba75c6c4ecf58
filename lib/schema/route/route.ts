import { ValueError, type Codec, type Fields, type Infer, type InferInput, type Input, type Output } from '../../codec/codec.js';
import { family as families, familyOf, ip, prefix, putAddress } from '../../codec/address.js';
import { attributes } from '../../codec/attributes.js';
import { field, ingredient, readOnly } from '../../codec/field.js';
import { putAttribute } from '../../codec/attribute.js';
import { records } from '../../codec/containers.js';
import { addressFamily, enumeration, familyNumber, flags } from '../../codec/names.js';
import { derived, numberOf, object } from '../../codec/object.js';
import { link } from '../../codec/references.js';
import { converted, counter64, s32, switch32, switch8, u16, u16be, u32, u32be, u8 } from '../../codec/scalars.js';
import { hidden, member, struct } from '../../codec/struct.js';
import { unterminated } from '../../codec/text.js';
import { encapsulation, labelStack } from './encapsulation.js';
import { ipProtocol, nexthopFlags, nexthopState, routeFlags, routeProtocol, routeType, scope, table } from './names.js';

function isMpls(thing: Input | Output): boolean {
  return thing.family === families.mpls;
}

function joined(labels: readonly number[]): string {
  return labels.join('/');
}

const plainDestination = prefix('destinationLength', { isNetwork: true });

/** '10.1.0.0/16', 'default', or the label of an MPLS route: '100'. */
const destination: Codec<string> = {
  shape: plainDestination.shape,
  decode: (input) => (isMpls(input) ? joined(labelStack.decode(input)) : plainDestination.decode(input)),
  encode(value, output) {
    if (!isMpls(output)) {
      plainDestination.encode(value, output);
      return;
    }
    output.header['destinationLength'] = 20;
    labelStack.encode(value, output);
  },
};

function absorbDefault(lengthMember: string): (content: unknown, output: Output) => boolean {
  return (content, output) => {
    if (content !== 'default') return false;
    output.header[lengthMember] = 0;
    return true;
  };
}

/** An address with its family before it (struct rtvia): for a gateway of another family than the route's. */
const via: Codec<{ family: 'ipv4' | 'ipv6' | number; address: string }, { readonly family?: unknown; readonly address: string } | string> =
  {
    shape: {
      is: 'converted',
      of: { is: 'bytes', length: undefined },
      samples: [
        { family: 'ipv6', address: 'fe80::1' },
        { family: 'ipv4', address: '10.0.0.1' },
      ],
    },
    decode(input) {
      const number = u16.decode(input);
      return { family: number === families.ipv4 ? 'ipv4' : number === families.ipv6 ? 'ipv6' : number, address: ip.decode(input) };
    },
    encode(value, output) {
      const text = typeof value === 'string' ? value : (value as { readonly address: string } | null)?.address;
      const of = typeof text === 'string' ? familyOf(text) : 0;
      if (of === 0) throw new ValueError('an IP address', text, typeof value === 'string' ? '' : 'address');
      u16.encode(of, output);
      putAddress(text, of, output);
    },
  };

/** A gateway of another family than the route's goes into an attribute of its own (RTA_VIA). */
function absorbForeignGateway(content: unknown, output: Output): boolean {
  if (typeof content !== 'string' || output.family === 0 || familyOf(content) === 0 || familyOf(content) === output.family) return false;
  putAttribute(18, via, content, output);
  return true;
}

function isRealm(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffff;
}

/** Two realms in one number. */
export const realms = converted(u32, {
  from: (number) => (number > 0xffff ? { from: number >>> 16, to: number & 0xffff } : { to: number }),
  to(value: { readonly from?: number | undefined; readonly to: number } | number): number {
    if (typeof value === 'number') return value;
    const { from = 0, to } = (value ?? {}) as { readonly from?: unknown; readonly to?: unknown };
    if (!isRealm(from) || !isRealm(to)) throw new ValueError('{ from, to }, each from 0 to 65535, or the number of both', value);
    return from * 0x10000 + to;
  },
  samples: [{ to: 7 }, { from: 1, to: 65535 }] as { from?: number; to: number }[],
});

const metricBits = {
  mtu: 1 << 2,
  window: 1 << 3,
  rtt: 1 << 4,
  rttVariance: 1 << 5,
  slowStartThreshold: 1 << 6,
  congestionWindow: 1 << 7,
  advertisedMss: 1 << 8,
  reordering: 1 << 9,
  hopLimit: 1 << 10,
  initialCongestionWindow: 1 << 11,
  features: 1 << 12,
  minimumRetransmissionTimeout: 1 << 13,
  initialReceiveWindow: 1 << 14,
  quickAck: 1 << 15,
  congestionControl: 1 << 16,
  fastOpenNoCookie: 1 << 17,
} as const;

/** Metrics of a route (RTAX_, rtnetlink.h). */
export const metrics = attributes({
  lock: field(1, flags(u32, metricBits), 'RTAX_LOCK', 'Metrics that path MTU discovery and the like must not change.'),
  mtu: field(2, u32, 'RTAX_MTU', 'Largest packet.', { unit: 'bytes' }),
  window: field(3, u32, 'RTAX_WINDOW', 'Largest TCP window that is advertised.', { unit: 'bytes' }),
  rtt: field(4, u32, 'RTAX_RTT', 'Initial round trip time.', { unit: '1/8 ms' }),
  rttVariance: field(5, u32, 'RTAX_RTTVAR', 'Initial variance of the round trip time.', { unit: '1/4 ms' }),
  slowStartThreshold: field(6, u32, 'RTAX_SSTHRESH', 'Estimate of the slow start threshold.', { unit: 'packets' }),
  congestionWindow: field(7, u32, 'RTAX_CWND', 'Clamp for the congestion window; needs the lock.', { unit: 'packets' }),
  advertisedMss: field(8, u32, 'RTAX_ADVMSS', 'Segment size that TCP advertises.', { unit: 'bytes' }),
  reordering: field(9, u32, 'RTAX_REORDERING', 'Reordering that is expected on the path.', { unit: 'packets' }),
  hopLimit: field(10, u32, 'RTAX_HOPLIMIT', 'Hop limit of packets; 4294967295 is the default of the host.'),
  initialCongestionWindow: field(11, u32, 'RTAX_INITCWND', 'Initial congestion window.', { unit: 'packets' }),
  features: field(
    12,
    flags(u32, { ecn: 1, sack: 2, timestamp: 4, allfrag: 8, 'tcp-usec-ts': 16 }),
    'RTAX_FEATURES',
    'Features of TCP on this route.',
  ),
  minimumRetransmissionTimeout: field(13, u32, 'RTAX_RTO_MIN', 'Shortest retransmission time-out.', { unit: 'ms' }),
  initialReceiveWindow: field(14, u32, 'RTAX_INITRWND', 'Initial receive window.', { unit: 'packets' }),
  quickAck: field(15, switch32, 'RTAX_QUICKACK', 'Acknowledge at once.'),
  congestionControl: field(16, unterminated(15), 'RTAX_CC_ALGO', 'Congestion control algorithm.'),
  fastOpenNoCookie: field(17, switch32, 'RTAX_FASTOPEN_NO_COOKIE', 'TCP Fast Open without a cookie.', { since: '4.15' }),
});

const hop = object({
  title: 'nexthop',
  header: struct({
    length: hidden(u16, 'rtnh_len'),
    flags: member(
      flags(u8, nexthopFlags, nexthopState),
      'rtnh_flags',
      "'onlink' and 'pervasive'; the rest is the kernel's to tell, and ignored.",
    ),
    weight: member(
      converted(u8, {
        from: (byte) => byte + 1,
        to(value: number): number {
          if (!Number.isInteger(value) || value < 1 || value > 256) throw new ValueError('a weight from 1 to 256', value);
          return value - 1;
        },
        samples: [1, 2, 256],
      }),
      'rtnh_hops',
      'Share of the traffic, 1 to 256.',
    ),
    link: member(link, 'rtnh_ifindex', 'Link that packets leave by; 0 lets the kernel find it.'),
  }),
  attributes: attributes({
    gateway: field(5, ip, 'RTA_GATEWAY', 'Address of the next router.', { absorb: absorbForeignGateway }),
    realms: field(11, realms, 'RTA_FLOW', 'Realms, for accounting and classification.'),
    via: field(18, via, 'RTA_VIA', 'Next router by an address of another family.', { since: '4.1' }),
    newDestination: field(19, labelStack, 'RTA_NEWDST', 'Labels that replace the label.', { since: '4.1' }),
    encapsulation: encapsulation(21, 'RTA_ENCAP_TYPE', 22, 'RTA_ENCAP'),
  }),
});

const cacheInfo = struct({
  references: member(u32, 'rta_clntref', 'Users of the entry.'),
  lastUse: member(u32, 'rta_lastuse', 'Time since it was last used.', { unit: '1/100 second' }),
  expires: member(s32, 'rta_expires', 'Time until it expires; 0 for never.', { unit: '1/100 second' }),
  error: member(u32, 'rta_error', 'Error that packets get, negative, as an unsigned number.'),
  used: member(u32, 'rta_used', 'Times it was used.'),
  id: member(u32, 'rta_id', 'Unused.'),
  timestamp: member(u32, 'rta_ts', 'Unused.'),
  timestampAge: member(u32, 'rta_tsage', 'Unused.'),
});

const routeSchema = object({
  title: 'route',
  family: 'family',
  header: struct({
    family: member(addressFamily, 'rtm_family', "Address family: 'ipv4', 'ipv6', 'mpls', ..."),
    destinationLength: hidden(u8, 'rtm_dst_len'),
    sourceLength: hidden(u8, 'rtm_src_len'),
    tos: member(u8, 'rtm_tos', 'Type of service that packets must have; 0 for any.'),
    lowTable: hidden(u8, 'rtm_table'),
    protocol: member(routeProtocol, 'rtm_protocol', 'Who installed the route.'),
    scope: member(scope, 'rtm_scope', 'Distance of the destination.'),
    type: member(routeType, 'rtm_type', 'What happens to packets.'),
    flags: member(routeFlags, 'rtm_flags', 'What is special about the route, or about what is asked.'),
  }),
  attributes: attributes(
    {
      destination: field(1, destination, 'RTA_DST', "Where packets go: '10.1.0.0/16', 'default', or the label of an MPLS route.", {
        absorb: absorbDefault('destinationLength'),
        absent: 'default',
      }),
      source: field(2, prefix('sourceLength'), 'RTA_SRC', 'Source that packets must have (IPv6 with subtrees; `route get`).', {
        absorb: absorbDefault('sourceLength'),
        absent: 'default',
      }),
      inputLink: field(3, link, 'RTA_IIF', 'Link that packets come in on.'),
      link: field(4, link, 'RTA_OIF', 'Link that packets leave by.'),
      gateway: field(5, ip, 'RTA_GATEWAY', 'Address of the next router. One of another family than the destination goes into RTA_VIA.', {
        absorb: absorbForeignGateway,
      }),
      metric: field(6, u32, 'RTA_PRIORITY', 'Metric: the lowest wins.'),
      preferredSource: field(7, ip, 'RTA_PREFSRC', 'Source address of packets that the host sends.'),
      metrics: field(8, metrics, 'RTA_METRICS', 'Metrics of TCP and of the path.', { absent: {} }),
      nexthops: field(9, records(hop), 'RTA_MULTIPATH', 'Several nexthops that share the traffic.'),
      realms: field(11, realms, 'RTA_FLOW', 'Realms, for accounting and classification.'),
      cache: readOnly(12, cacheInfo, 'RTA_CACHEINFO', 'State of a cached route.'),
      wideTable: ingredient(15, u32, 'RTA_TABLE', 'table'),
      mark: field(16, u32, 'RTA_MARK', 'Mark of packets (`route get`).'),
      multicastStatistics: readOnly(
        17,
        struct({
          packets: member(counter64, 'mfcs_packets', 'Packets.'),
          bytes: member(counter64, 'mfcs_bytes', 'Bytes.', { unit: 'bytes' }),
          wrongInterface: member(counter64, 'mfcs_wrong_if', 'Packets that came in on a wrong interface.'),
        }),
        'RTA_MFC_STATS',
        'Counters of a multicast route.',
      ),
      via: field(18, via, 'RTA_VIA', 'Next router by an address of another family.', { since: '4.1' }),
      newDestination: field(19, labelStack, 'RTA_NEWDST', 'Labels that replace the label of an MPLS route.', { since: '4.1' }),
      preference: field(20, enumeration(u8, { medium: 0, high: 1, low: 3 }), 'RTA_PREF', 'Preference of an IPv6 router (RFC 4191).', {
        since: '4.1',
      }),
      encapsulation: encapsulation(21, 'RTA_ENCAP_TYPE', 22, 'RTA_ENCAP'),
      expires: field(23, u32, 'RTA_EXPIRES', 'Time until the kernel removes the route. IPv6.', { unit: 'seconds', since: '4.5' }),
      uid: field(25, u32, 'RTA_UID', 'User whose packets are asked about (`route get`).', { since: '4.10' }),
      ttlPropagate: field(26, switch8, 'RTA_TTL_PROPAGATE', 'Copy the TTL between MPLS and IP headers.', {
        since: '4.12',
        absent: null,
      }),
      ipProtocol: field(27, ipProtocol, 'RTA_IP_PROTO', 'Protocol that is asked about (`route get`).', { since: '4.18' }),
      sourcePort: field(28, u16be, 'RTA_SPORT', 'Source port that is asked about (`route get`).', { since: '4.18' }),
      destinationPort: field(29, u16be, 'RTA_DPORT', 'Destination port that is asked about (`route get`).', { since: '4.18' }),
      nexthopId: field(
        30,
        u32,
        'RTA_NH_ID',
        "Nexthop object that the route uses. Gateway, link, via, encapsulation and nexthops are the object's then, and ignored.",
        { since: '5.3' },
      ),
      flowLabel: field(31, u32be, 'RTA_FLOWLABEL', 'Flow label that is asked about (`route get`).', { since: '6.14' }),
    },
    [24],
  ),
  derived: {
    table: derived<'default' | 'main' | 'local' | number, 'default' | 'main' | 'local' | 'unspecified' | 'all' | number>({
      codec: table,
      kernel: 'RTA_TABLE, rtm_table',
      doc: "Routing table: 'main', 'local', 'default' or a number.",
      read(header) {
        const number = header['wideTable'] ?? header['lowTable'];
        return tableName(typeof number === 'number' ? number : 0);
      },
      write(value, header, output) {
        const number = tableNumber(value);
        if (number < 256) header['lowTable'] = number;
        else putAttribute(15, u32, number, output);
      },
    }),
  },
  encoding(value: Readonly<Fields>, header, output) {
    if (output.family === 0) output.family = guessFamily(value);
    header['family'] = output.family;
  },
  // The kernel tells what a nexthop object leads to, and refuses to be told.
  prepare(value) {
    if (value['nexthopId'] === undefined) return value;
    const { gateway: _gateway, link: _link, nexthops: _nexthops, via: _via, encapsulation: _encapsulation, ...others } = value;
    return others;
  },
  alike: {
    copy: (value) => ({ ...value }),
    fields: {
      destination: 'destinationLength',
      link: undefined,
      gateway: undefined,
      metric: undefined,
      preferredSource: undefined,
      cache: undefined,
      expires: undefined,
      nexthopId: undefined,
    },
  },
  decoded(value, header, input) {
    if (value['destination'] === undefined && numberOf(header, 'destinationLength') === 0 && input.family !== families.mpls)
      value['destination'] = 'default';
  },
});

function tableName(number: number): 'default' | 'main' | 'local' | number {
  if (number === 254) return 'main';
  if (number === 255) return 'local';
  return number === 253 ? 'default' : number;
}

/** The number of a table given by name or number. */
export function tableNumber(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffffffff) return value;
  if (value === 'main') return 254;
  if (value === 'local') return 255;
  if (value === 'default') return 253;
  if (value === 'all' || value === 'unspecified') return 0;
  throw new ValueError("'main', 'local', 'default' or a number from 0 to 4294967295", value);
}

/** The family of a route that does not say: that of its addresses, whichever there is. */
function guessFamily(value: Readonly<Fields>): number {
  for (const name of ['destination', 'source', 'preferredSource', 'gateway']) {
    const text = value[name];
    const of = typeof text === 'string' ? familyOf(text) : 0;
    if (of !== 0) return of;
  }
  const { nexthops } = value;
  if (Array.isArray(nexthops)) {
    for (const one of nexthops as readonly unknown[]) {
      const text = typeof one === 'object' && one !== null && 'gateway' in one ? one.gateway : undefined;
      const of = typeof text === 'string' ? familyOf(text) : 0;
      if (of !== 0) return of;
    }
  }
  return familyNumber('ipv4');
}

/** A route (struct rtmsg, rtnetlink.h). */
export interface Route extends Infer<typeof routeSchema> {}
/** What a route is made from. */
export interface RouteInput extends InferInput<typeof routeSchema> {}
export const route: Codec<Route, RouteInput> = routeSchema;
