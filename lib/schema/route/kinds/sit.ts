import type { Codec, Infer, InferInput } from '../../../codec/codec.js';
import { attributes } from '../../../codec/attributes.js';
import { field } from '../../../codec/field.js';
import { flags } from '../../../codec/names.js';
import { ipv4, ipv6 } from '../../../codec/address.js';
import { u16 } from '../../../codec/scalars.js';
import { ipTunnelFields } from './tunnel.js';

const schema = attributes({
  ...ipTunnelFields,
  flags: field(8, flags(u16, { isatap: 1 }), 'IFLA_IPTUN_FLAGS', 'Switches.'),
  sixRdPrefix: field(11, ipv6, 'IFLA_IPTUN_6RD_PREFIX', 'Prefix of 6rd.'),
  sixRdRelayPrefix: field(12, ipv4, 'IFLA_IPTUN_6RD_RELAY_PREFIX', 'Prefix of the relays of 6rd.'),
  sixRdPrefixLength: field(13, u16, 'IFLA_IPTUN_6RD_PREFIXLEN', 'Length of the prefix of 6rd.', { unit: 'bits' }),
  sixRdRelayPrefixLength: field(14, u16, 'IFLA_IPTUN_6RD_RELAY_PREFIXLEN', 'Length of the prefix of the relays.', { unit: 'bits' }),
});

/** IPv6 (or IPv4, MPLS) over IPv4 (IFLA_IPTUN_, if_tunnel.h). */
export interface SitData extends Infer<typeof schema> {}
/** What SitData is made from. */
export interface SitDataInput extends InferInput<typeof schema> {}
export const sit: Codec<SitData, SitDataInput> = schema;
