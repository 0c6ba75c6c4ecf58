import type { Codec, Infer, InferInput } from '../../../codec/codec.js';
import { attributes } from '../../../codec/attributes.js';
import { field } from '../../../codec/field.js';
import { s32 } from '../../../codec/scalars.js';

const schema = attributes({
  fd: field(1, s32, 'IFLA_PPP_DEV_FD', 'fd of /dev/ppp.', { since: '4.7' }),
});

/** A PPP link (IFLA_PPP_, if_link.h). */
export interface PppData extends Infer<typeof schema> {}
/** What PppData is made from. */
export interface PppDataInput extends InferInput<typeof schema> {}
export const ppp: Codec<PppData, PppDataInput> = schema;
