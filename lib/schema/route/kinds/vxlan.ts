import type { Codec, Infer, InferInput } from '../../../codec/codec.js';
import { attributes } from '../../../codec/attributes.js';
import { field } from '../../../codec/field.js';
import { enumeration } from '../../../codec/names.js';
import { anyIp } from '../../../codec/address.js';
import { link } from '../../../codec/references.js';
import { u8, u32, u16be, u32be, switch8, presence } from '../../../codec/scalars.js';
import { struct, member } from '../../../codec/struct.js';

/** Set by its presence, but reported as a byte that may be 0. */
const reportedAsByte: Codec<boolean> = {
  ...presence,
  decode: (input) => input.end === input.position || u8.decode(input) !== 0,
};

const portRange = struct({ low: member(u16be, 'low', 'First port.'), high: member(u16be, 'high', 'Last port.') });

const schema = attributes({
  id: field(1, u32, 'IFLA_VXLAN_ID', 'Network identifier (VNI), 0 to 16777215.'),
  group: field(2, anyIp, 'IFLA_VXLAN_GROUP', 'Multicast group, or address of the other end.', { ipv6: 16 }),
  link: field(3, link, 'IFLA_VXLAN_LINK', 'Underlying link.'),
  local: field(4, anyIp, 'IFLA_VXLAN_LOCAL', 'Own address.', { ipv6: 17 }),
  ttl: field(5, u8, 'IFLA_VXLAN_TTL', 'Outer TTL; 0 is chosen by the kernel.'),
  tos: field(6, u8, 'IFLA_VXLAN_TOS', 'Outer type of service; 1 inherits.'),
  learning: field(7, switch8, 'IFLA_VXLAN_LEARNING', 'Learn addresses from packets.'),
  ageing: field(8, u32, 'IFLA_VXLAN_AGEING', 'How long learned addresses are kept.', { unit: 'seconds' }),
  limit: field(9, u32, 'IFLA_VXLAN_LIMIT', 'Most entries of the forwarding database; 0 for no limit.'),
  portRange: field(10, portRange, 'IFLA_VXLAN_PORT_RANGE', 'Source ports.'),
  proxy: field(11, switch8, 'IFLA_VXLAN_PROXY', 'Answer ARP.'),
  routeShortCircuit: field(12, switch8, 'IFLA_VXLAN_RSC', 'Route between networks here.'),
  l2Miss: field(13, switch8, 'IFLA_VXLAN_L2MISS', 'Tell of unknown hardware addresses.'),
  l3Miss: field(14, switch8, 'IFLA_VXLAN_L3MISS', 'Tell of unknown IP addresses.'),
  port: field(15, u16be, 'IFLA_VXLAN_PORT', 'Destination port.'),
  udpChecksum: field(18, switch8, 'IFLA_VXLAN_UDP_CSUM', 'Outer UDP checksums over IPv4.'),
  udpZeroChecksum6Send: field(19, switch8, 'IFLA_VXLAN_UDP_ZERO_CSUM6_TX', 'No outer UDP checksums over IPv6.'),
  udpZeroChecksum6Receive: field(20, switch8, 'IFLA_VXLAN_UDP_ZERO_CSUM6_RX', 'Accept packets without UDP checksums over IPv6.'),
  remoteChecksumSend: field(21, switch8, 'IFLA_VXLAN_REMCSUM_TX', 'Leave checksums to the other end.'),
  remoteChecksumReceive: field(22, switch8, 'IFLA_VXLAN_REMCSUM_RX', 'Do checksums for the other end.'),
  groupPolicy: field(23, presence, 'IFLA_VXLAN_GBP', 'Carry the mark of packets (group based policy).'),
  remoteChecksumNoPartial: field(24, presence, 'IFLA_VXLAN_REMCSUM_NOPARTIAL', 'No partial checksums for the other end.'),
  external: field(25, switch8, 'IFLA_VXLAN_COLLECT_METADATA', 'Routes and filters decide about the outer header.', { since: '4.3' }),
  flowLabel: field(26, u32be, 'IFLA_VXLAN_LABEL', 'Outer flow label, 20 bits.', { since: '4.6' }),
  genericProtocol: field(27, presence, 'IFLA_VXLAN_GPE', 'Generic protocol extension.', { since: '4.7' }),
  ttlInherit: field(28, reportedAsByte, 'IFLA_VXLAN_TTL_INHERIT', 'Outer TTL from the packet.', { since: '4.18' }),
  dontFragment: field(29, enumeration(u8, { unset: 0, set: 1, inherit: 2 }), 'IFLA_VXLAN_DF', 'Outer DF bit.', { since: '4.20' }),
  vniFilter: field(30, switch8, 'IFLA_VXLAN_VNIFILTER', 'Only networks of a list; with external.', { since: '5.18' }),
  localBypass: field(31, switch8, 'IFLA_VXLAN_LOCALBYPASS', 'Short cut to a tunnel on the same host.', { since: '6.5' }),
  flowLabelPolicy: field(
    32,
    enumeration(u32, { fixed: 0, inherit: 1 }),
    'IFLA_VXLAN_LABEL_POLICY',
    'Where the outer flow label comes from.',
    { since: '6.8' },
  ),
  reservedBits: field(
    33,
    struct({ flags: member(u32be, 'vx_flags', 'First word.'), vni: member(u32be, 'vx_vni', 'Second word.') }),
    'IFLA_VXLAN_RESERVED_BITS',
    'Bits of the header that must be zero.',
    { since: '6.14' },
  ),
  multicastRoute: field(34, switch8, 'IFLA_VXLAN_MC_ROUTE', 'Route outer multicast packets, also to the host itself.', { since: '6.17' }),
});

/** A VXLAN tunnel (IFLA_VXLAN_, if_link.h). */
export interface VxlanData extends Infer<typeof schema> {}
/** What VxlanData is made from. */
export interface VxlanDataInput extends InferInput<typeof schema> {}
export const vxlan: Codec<VxlanData, VxlanDataInput> = schema;
