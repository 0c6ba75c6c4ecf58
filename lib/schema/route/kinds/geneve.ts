import type { Codec, Fields, Infer, InferInput } from '../../../codec/codec.js';
import { attributes } from '../../../codec/attributes.js';
import { field } from '../../../codec/field.js';
import { enumeration } from '../../../codec/names.js';
import { anyIp } from '../../../codec/address.js';
import { u8, u32, u16be, u32be, switch8, presence } from '../../../codec/scalars.js';
import { struct, member } from '../../../codec/struct.js';

/** The kernel passes the TTL over where it is told anything of inheriting, be it that it does not. */
function withTtl(value: Readonly<Fields>): Readonly<Fields> {
  if (value['ttl'] === undefined || value['ttlInherit'] !== false) return value;
  const { ttlInherit: _ttlInherit, ...others } = value;
  return others;
}

const schema = attributes(
  {
    id: field(1, u32, 'IFLA_GENEVE_ID', 'Network identifier (VNI), 0 to 16777215.', { since: '4.2' }),
    remote: field(2, anyIp, 'IFLA_GENEVE_REMOTE', 'Address of the other end.', { ipv6: 7, since: '4.2' }),
    ttl: field(3, u8, 'IFLA_GENEVE_TTL', 'Outer TTL; 0 is chosen by the kernel.', { since: '4.2' }),
    tos: field(4, u8, 'IFLA_GENEVE_TOS', 'Outer type of service; 1 inherits.', { since: '4.2' }),
    port: field(5, u16be, 'IFLA_GENEVE_PORT', 'Destination port.', { since: '4.3' }),
    external: field(6, presence, 'IFLA_GENEVE_COLLECT_METADATA', 'Routes and filters decide about the outer header.', { since: '4.3' }),
    udpChecksum: field(8, switch8, 'IFLA_GENEVE_UDP_CSUM', 'Outer UDP checksums over IPv4.', { since: '4.5' }),
    udpZeroChecksum6Send: field(9, switch8, 'IFLA_GENEVE_UDP_ZERO_CSUM6_TX', 'No outer UDP checksums over IPv6.', { since: '4.5' }),
    udpZeroChecksum6Receive: field(10, switch8, 'IFLA_GENEVE_UDP_ZERO_CSUM6_RX', 'Accept packets without UDP checksums over IPv6.', {
      since: '4.5',
    }),
    flowLabel: field(11, u32be, 'IFLA_GENEVE_LABEL', 'Outer flow label, 20 bits.', { since: '4.6' }),
    ttlInherit: field(12, switch8, 'IFLA_GENEVE_TTL_INHERIT', 'Outer TTL from the packet.', { since: '4.20' }),
    dontFragment: field(13, enumeration(u8, { unset: 0, set: 1, inherit: 2 }), 'IFLA_GENEVE_DF', 'Outer DF bit.', { since: '4.20' }),
    innerProtocolInherit: field(14, presence, 'IFLA_GENEVE_INNER_PROTO_INHERIT', 'Carry IP packets without an Ethernet header.', {
      since: '5.18',
    }),
    portRange: field(
      15,
      struct({ low: member(u16be, 'low', 'First port.'), high: member(u16be, 'high', 'Last port.') }),
      'IFLA_GENEVE_PORT_RANGE',
      'Source ports.',
      { since: '6.16' },
    ),
  },
  [],
  withTtl,
);

/** A GENEVE tunnel (IFLA_GENEVE_, if_link.h). */
export interface GeneveData extends Infer<typeof schema> {}
/** What GeneveData is made from. */
export interface GeneveDataInput extends InferInput<typeof schema> {}
export const geneve: Codec<GeneveData, GeneveDataInput> = schema;
