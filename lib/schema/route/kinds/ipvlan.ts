import type { Codec, Infer, InferInput } from '../../../codec/codec.js';
import { attributes } from '../../../codec/attributes.js';
import { field } from '../../../codec/field.js';
import { enumeration, flags } from '../../../codec/names.js';
import { u16 } from '../../../codec/scalars.js';

const schema = attributes({
  mode: field(1, enumeration(u16, { l2: 0, l3: 1, l3s: 2 }), 'IFLA_IPVLAN_MODE', 'At which layer packets are told apart.'),
  flags: field(2, flags(u16, { private: 1, vepa: 2 }), 'IFLA_IPVLAN_FLAGS', 'Who talks to whom; none is bridge mode.', { since: '4.15' }),
});

/** A further IP address on a link: ipvlan and ipvtap (IFLA_IPVLAN_, if_link.h). */
export interface IpvlanData extends Infer<typeof schema> {}
/** What IpvlanData is made from. */
export interface IpvlanDataInput extends InferInput<typeof schema> {}
export const ipvlan: Codec<IpvlanData, IpvlanDataInput> = schema;
