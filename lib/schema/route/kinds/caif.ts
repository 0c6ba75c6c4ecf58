import type { Codec, Infer, InferInput } from '../../../codec/codec.js';
import { attributes } from '../../../codec/attributes.js';
import { field } from '../../../codec/field.js';
import { u32, switch8 } from '../../../codec/scalars.js';

const schema = attributes({
  ipv4Connection: field(1, u32, 'IFLA_CAIF_IPV4_CONNID', 'Connection for IPv4.'),
  ipv6Connection: field(2, u32, 'IFLA_CAIF_IPV6_CONNID', 'Connection for IPv6.'),
  loopback: field(3, switch8, 'IFLA_CAIF_LOOPBACK', 'Loop back.'),
});

/** A CAIF connection to a modem (IFLA_CAIF_, caif_socket.h). */
export interface CaifData extends Infer<typeof schema> {}
/** What CaifData is made from. */
export interface CaifDataInput extends InferInput<typeof schema> {}
export const caif: Codec<CaifData, CaifDataInput> = schema;
