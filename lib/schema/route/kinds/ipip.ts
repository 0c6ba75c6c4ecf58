import type { Codec, Infer, InferInput } from '../../../codec/codec.js';
import { attributes } from '../../../codec/attributes.js';
import { field } from '../../../codec/field.js';
import { ipv4 } from '../../../codec/address.js';
import { link } from '../../../codec/references.js';
import { u8, u32, presence } from '../../../codec/scalars.js';
import { encapsulationFields, tunnelProtocol, pathMtu } from './tunnel.js';

const schema = attributes({
  link: field(1, link, 'IFLA_IPTUN_LINK', 'Underlying link.'),
  local: field(2, ipv4, 'IFLA_IPTUN_LOCAL', 'Own address.'),
  remote: field(3, ipv4, 'IFLA_IPTUN_REMOTE', 'Address of the other end.'),
  ttl: field(4, u8, 'IFLA_IPTUN_TTL', 'Outer TTL; 0 inherits.'),
  tos: field(5, u8, 'IFLA_IPTUN_TOS', 'Outer type of service; 1 inherits.'),
  protocol: field(9, tunnelProtocol, 'IFLA_IPTUN_PROTO', 'What is inside.'),
  pathMtuDiscovery: field(10, pathMtu, 'IFLA_IPTUN_PMTUDISC', 'Path MTU discovery.'),
  ...encapsulationFields(15, 'IFLA_IPTUN'),
  external: field(19, presence, 'IFLA_IPTUN_COLLECT_METADATA', 'Routes and filters decide about the outer header.', { since: '4.9' }),
  mark: field(20, u32, 'IFLA_IPTUN_FWMARK', 'Mark of outer packets.', { since: '4.12' }),
});

/** IPv4 (or MPLS) over IPv4 (IFLA_IPTUN_, if_tunnel.h). */
export interface IpipData extends Infer<typeof schema> {}
/** What IpipData is made from. */
export interface IpipDataInput extends InferInput<typeof schema> {}
export const ipip: Codec<IpipData, IpipDataInput> = schema;
