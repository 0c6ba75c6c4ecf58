import type { Codec, Infer, InferInput } from '../../../codec/codec.js';
import { attributes } from '../../../codec/attributes.js';
import { field } from '../../../codec/field.js';
import { enumeration } from '../../../codec/names.js';
import { u8 } from '../../../codec/scalars.js';

const schema = attributes({
  mode: field(1, enumeration(u8, { p2p: 0, multipeer: 1 }), 'IFLA_OVPN_MODE', 'One peer or many.', { since: '6.16' }),
});

/** Offloaded OpenVPN (IFLA_OVPN_, if_link.h). */
export interface OvpnData extends Infer<typeof schema> {}
/** What OvpnData is made from. */
export interface OvpnDataInput extends InferInput<typeof schema> {}
export const ovpn: Codec<OvpnData, OvpnDataInput> = schema;
