import type { Codec, Infer, InferInput } from '../../../codec/codec.js';
import { attributes } from '../../../codec/attributes.js';
import { ipTunnelFields } from './tunnel.js';

const schema = attributes(ipTunnelFields);

/** IPv4 (or MPLS) over IPv4 (IFLA_IPTUN_, if_tunnel.h). */
export interface IpipData extends Infer<typeof schema> {}
/** What IpipData is made from. */
export interface IpipDataInput extends InferInput<typeof schema> {}
export const ipip: Codec<IpipData, IpipDataInput> = schema;
