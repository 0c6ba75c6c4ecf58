import type { Codec, Infer, InferInput } from '../../../codec/codec.js';
import { attributes } from '../../../codec/attributes.js';
import { field } from '../../../codec/field.js';
import { flags } from '../../../codec/names.js';
import { ipv4, ipv6 } from '../../../codec/address.js';
import { link } from '../../../codec/references.js';
import { u8, u16, u32, presence } from '../../../codec/scalars.js';
import { encapsulationFields, tunnelProtocol, pathMtu } from './tunnel.js';

const schema = attributes({
  link: field(1, link, 'IFLA_IPTUN_LINK', 'Underlying link.'),
  local: field(2, ipv4, 'IFLA_IPTUN_LOCAL', 'Own address.'),
  remote: field(3, ipv4, 'IFLA_IPTUN_REMOTE', 'Address of the other end.'),
  ttl: field(4, u8, 'IFLA_IPTUN_TTL', 'Outer TTL; 0 inherits.'),
  tos: field(5, u8, 'IFLA_IPTUN_TOS', 'Outer type of service; 1 inherits.'),
  flags: field(8, flags(u16, { isatap: 1 }), 'IFLA_IPTUN_FLAGS', 'Switches.'),
  protocol: field(9, tunnelProtocol, 'IFLA_IPTUN_PROTO', 'What is inside.'),
  pathMtuDiscovery: field(10, pathMtu, 'IFLA_IPTUN_PMTUDISC', 'Path MTU discovery.'),
  sixRdPrefix: field(11, ipv6, 'IFLA_IPTUN_6RD_PREFIX', 'Prefix of 6rd.'),
  sixRdRelayPrefix: field(12, ipv4, 'IFLA_IPTUN_6RD_RELAY_PREFIX', 'Prefix of the relays of 6rd.'),
  sixRdPrefixLength: field(13, u16, 'IFLA_IPTUN_6RD_PREFIXLEN', 'Length of the prefix of 6rd.', { unit: 'bits' }),
  sixRdRelayPrefixLength: field(14, u16, 'IFLA_IPTUN_6RD_RELAY_PREFIXLEN', 'Length of the prefix of the relays.', { unit: 'bits' }),
  ...encapsulationFields(15, 'IFLA_IPTUN'),
  external: field(19, presence, 'IFLA_IPTUN_COLLECT_METADATA', 'Routes and filters decide about the outer header.', { since: '4.9' }),
  mark: field(20, u32, 'IFLA_IPTUN_FWMARK', 'Mark of outer packets.', { since: '4.12' }),
});

/** IPv6 (or IPv4, MPLS) over IPv4 (IFLA_IPTUN_, if_tunnel.h). */
export interface SitData extends Infer<typeof schema> {}
/** What SitData is made from. */
export interface SitDataInput extends InferInput<typeof schema> {}
export const sit: Codec<SitData, SitDataInput> = schema;
