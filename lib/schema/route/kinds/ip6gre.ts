import type { Codec, Infer, InferInput } from '../../../codec/codec.js';
import { attributes } from '../../../codec/attributes.js';
import { field } from '../../../codec/field.js';
import { ipv6 } from '../../../codec/address.js';
import { u8, u32be } from '../../../codec/scalars.js';
import { greFields, keyed, ip6TunnelFlags } from './tunnel.js';

const schema = attributes(
  {
    ...greFields,
    local: field(6, ipv6, 'IFLA_GRE_LOCAL', 'Own address.'),
    remote: field(7, ipv6, 'IFLA_GRE_REMOTE', 'Address of the other end.'),
    hopLimit: field(8, u8, 'IFLA_GRE_TTL', 'Outer hop limit; 0 inherits.'),
    encapsulationLimit: field(11, u8, 'IFLA_GRE_ENCAP_LIMIT', 'Most further encapsulations.'),
    flowInformation: field(12, u32be, 'IFLA_GRE_FLOWINFO', 'Outer traffic class (from bit 20) and flow label.'),
    flags: field(13, ip6TunnelFlags, 'IFLA_GRE_FLAGS', 'Switches.'),
  },
  [],
  keyed,
);

/** GRE over IPv6: ip6gre, ip6gretap and ip6erspan (IFLA_GRE_, if_tunnel.h). */
export interface Ip6greData extends Infer<typeof schema> {}
/** What Ip6greData is made from. */
export interface Ip6greDataInput extends InferInput<typeof schema> {}
export const ip6gre: Codec<Ip6greData, Ip6greDataInput> = schema;
