import type { Codec, Infer, InferInput } from '../../../codec/codec.js';
import { attributes } from '../../../codec/attributes.js';
import { field } from '../../../codec/field.js';
import { ipv6 } from '../../../codec/address.js';
import { link } from '../../../codec/references.js';
import { u32, u32be } from '../../../codec/scalars.js';

const schema = attributes({
  link: field(1, link, 'IFLA_VTI_LINK', 'Underlying link.'),
  inputKey: field(2, u32be, 'IFLA_VTI_IKEY', 'Mark of policies on receiving.'),
  outputKey: field(3, u32be, 'IFLA_VTI_OKEY', 'Mark of policies on sending.'),
  local: field(4, ipv6, 'IFLA_VTI_LOCAL', 'Own address.'),
  remote: field(5, ipv6, 'IFLA_VTI_REMOTE', 'Address of the other end.'),
  mark: field(6, u32, 'IFLA_VTI_FWMARK', 'Mark of outer packets.', { since: '4.12' }),
});

/** A virtual tunnel interface of IPsec over IPv6 (IFLA_VTI_, if_tunnel.h). */
export interface Vti6Data extends Infer<typeof schema> {}
/** What Vti6Data is made from. */
export interface Vti6DataInput extends InferInput<typeof schema> {}
export const vti6: Codec<Vti6Data, Vti6DataInput> = schema;
