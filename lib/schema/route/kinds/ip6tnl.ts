import type { Codec, Infer, InferInput } from '../../../codec/codec.js';
import { attributes } from '../../../codec/attributes.js';
import { field } from '../../../codec/field.js';
import { ipv6 } from '../../../codec/address.js';
import { link } from '../../../codec/references.js';
import { u8, u32, u32be, presence } from '../../../codec/scalars.js';
import { encapsulationFields, tunnelProtocol, ip6TunnelFlags } from './tunnel.js';

const schema = attributes({
  link: field(1, link, 'IFLA_IPTUN_LINK', 'Underlying link.'),
  local: field(2, ipv6, 'IFLA_IPTUN_LOCAL', 'Own address.'),
  remote: field(3, ipv6, 'IFLA_IPTUN_REMOTE', 'Address of the other end.'),
  hopLimit: field(4, u8, 'IFLA_IPTUN_TTL', 'Outer hop limit; 0 inherits.'),
  encapsulationLimit: field(6, u8, 'IFLA_IPTUN_ENCAP_LIMIT', 'Most further encapsulations.'),
  flowInformation: field(7, u32be, 'IFLA_IPTUN_FLOWINFO', 'Outer traffic class (from bit 20) and flow label.'),
  flags: field(8, ip6TunnelFlags, 'IFLA_IPTUN_FLAGS', 'Switches.'),
  protocol: field(9, tunnelProtocol, 'IFLA_IPTUN_PROTO', 'What is inside.'),
  ...encapsulationFields(15, 'IFLA_IPTUN'),
  external: field(19, presence, 'IFLA_IPTUN_COLLECT_METADATA', 'Routes and filters decide about the outer header.', { since: '4.9' }),
  mark: field(20, u32, 'IFLA_IPTUN_FWMARK', 'Mark of outer packets.', { since: '4.12' }),
});

/** IPv6 or IPv4 over IPv6 (IFLA_IPTUN_, if_tunnel.h). */
export interface Ip6tnlData extends Infer<typeof schema> {}
/** What Ip6tnlData is made from. */
export interface Ip6tnlDataInput extends InferInput<typeof schema> {}
export const ip6tnl: Codec<Ip6tnlData, Ip6tnlDataInput> = schema;
