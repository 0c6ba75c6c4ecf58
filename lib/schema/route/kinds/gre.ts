import type { Codec, Infer, InferInput } from '../../../codec/codec.js';
import { attributes } from '../../../codec/attributes.js';
import { field } from '../../../codec/field.js';
import { ipv4 } from '../../../codec/address.js';
import { u8 } from '../../../codec/scalars.js';
import { greFields, keyed, pathMtu } from './tunnel.js';

const schema = attributes(
  {
    ...greFields,
    local: field(6, ipv4, 'IFLA_GRE_LOCAL', 'Own address.'),
    remote: field(7, ipv4, 'IFLA_GRE_REMOTE', 'Address of the other end.'),
    ttl: field(8, u8, 'IFLA_GRE_TTL', 'Outer TTL; 0 inherits.'),
    tos: field(9, u8, 'IFLA_GRE_TOS', 'Outer type of service; 1 inherits.'),
    pathMtuDiscovery: field(10, pathMtu, 'IFLA_GRE_PMTUDISC', 'Path MTU discovery.'),
  },
  [],
  keyed,
);

/** GRE over IPv4: gre, gretap and erspan (IFLA_GRE_, if_tunnel.h). */
export interface GreData extends Infer<typeof schema> {}
/** What GreData is made from. */
export interface GreDataInput extends InferInput<typeof schema> {}
export const gre: Codec<GreData, GreDataInput> = schema;
