import type { Codec, Infer, InferInput } from '../../../codec/codec.js';
import { attributes } from '../../../codec/attributes.js';
import { field } from '../../../codec/field.js';
import { u16, u16be, presence } from '../../../codec/scalars.js';
import { etherType } from '../names.js';

const schema = attributes({
  port: field(1, u16be, 'IFLA_BAREUDP_PORT', 'Destination port.', { since: '5.7' }),
  etherType: field(2, etherType, 'IFLA_BAREUDP_ETHERTYPE', 'What is inside.', { since: '5.7' }),
  sourcePortMinimum: field(3, u16, 'IFLA_BAREUDP_SRCPORT_MIN', 'Lowest source port.', { since: '5.7' }),
  multiProtocol: field(4, presence, 'IFLA_BAREUDP_MULTIPROTO_MODE', 'With IPv4 also IPv6; with MPLS also multicast.', { since: '5.7' }),
});

/** A tunnel of bare packets in UDP (IFLA_BAREUDP_, if_link.h). */
export interface BareudpData extends Infer<typeof schema> {}
/** What BareudpData is made from. */
export interface BareudpDataInput extends InferInput<typeof schema> {}
export const bareudp: Codec<BareudpData, BareudpDataInput> = schema;
