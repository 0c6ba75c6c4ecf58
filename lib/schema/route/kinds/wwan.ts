import type { Codec, Infer, InferInput } from '../../../codec/codec.js';
import { attributes } from '../../../codec/attributes.js';
import { field } from '../../../codec/field.js';
import { u32 } from '../../../codec/scalars.js';

const schema = attributes({
  linkId: field(1, u32, 'IFLA_WWAN_LINK_ID', 'Number of the session.', { since: '5.14' }),
});

/** A session of a modem (IFLA_WWAN_, wwan.h). */
export interface WwanData extends Infer<typeof schema> {}
/** What WwanData is made from. */
export interface WwanDataInput extends InferInput<typeof schema> {}
export const wwan: Codec<WwanData, WwanDataInput> = schema;
