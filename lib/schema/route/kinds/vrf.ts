import type { Codec, Infer, InferInput } from '../../../codec/codec.js';
import { attributes } from '../../../codec/attributes.js';
import { field } from '../../../codec/field.js';
import { table } from '../names.js';

const schema = attributes({
  table: field(1, table, 'IFLA_VRF_TABLE', 'Routing table of the domain; it cannot change later.', { since: '4.3' }),
});

/** A virtual routing domain (IFLA_VRF_, if_link.h). */
export interface VrfData extends Infer<typeof schema> {}
export interface VrfDataInput extends InferInput<typeof schema> {}
export const vrf: Codec<VrfData, VrfDataInput> = schema;

const portSchema = attributes({
  table: field(1, table, 'IFLA_VRF_PORT_TABLE', 'Routing table of the domain that the link is in.', { since: '4.3' }),
});

/** A link in a virtual routing domain (IFLA_VRF_PORT_, if_link.h). */
export interface VrfPort extends Infer<typeof portSchema> {}
export interface VrfPortInput extends InferInput<typeof portSchema> {}
export const vrfPort: Codec<VrfPort, VrfPortInput> = portSchema;
