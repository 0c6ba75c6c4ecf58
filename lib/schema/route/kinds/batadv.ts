import type { Codec, Infer, InferInput } from '../../../codec/codec.js';
import { attributes } from '../../../codec/attributes.js';
import { field } from '../../../codec/field.js';
import { string } from '../../../codec/text.js';

const schema = attributes({
  algorithm: field(1, string(20), 'IFLA_BATADV_ALGO_NAME', "Routing algorithm: 'BATMAN_IV' or 'BATMAN_V'.", { since: '5.11' }),
});

/** A mesh of batman-adv (IFLA_BATADV_, batman_adv.h). */
export interface BatadvData extends Infer<typeof schema> {}
/** What BatadvData is made from. */
export interface BatadvDataInput extends InferInput<typeof schema> {}
export const batadv: Codec<BatadvData, BatadvDataInput> = schema;
