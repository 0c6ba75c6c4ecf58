import type { Codec, Infer, InferInput } from '../../../codec/codec.js';
import { attributes } from '../../../codec/attributes.js';
import { field } from '../../../codec/field.js';
import { link } from '../../../codec/references.js';

const schema = attributes({
  conduit: field(1, link, 'IFLA_DSA_CONDUIT', 'Link through which the switch is reached (IFLA_DSA_MASTER before Linux 6.7).', {
    since: '6.1',
  }),
});

/** A port of a switch (IFLA_DSA_, if_link.h). */
export interface DsaData extends Infer<typeof schema> {}
/** What DsaData is made from. */
export interface DsaDataInput extends InferInput<typeof schema> {}
export const dsa: Codec<DsaData, DsaDataInput> = schema;
