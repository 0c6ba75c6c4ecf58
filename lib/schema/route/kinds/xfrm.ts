import type { Codec, Infer, InferInput } from '../../../codec/codec.js';
import { attributes } from '../../../codec/attributes.js';
import { field } from '../../../codec/field.js';
import { link } from '../../../codec/references.js';
import { u32, presence } from '../../../codec/scalars.js';

const schema = attributes({
  link: field(1, link, 'IFLA_XFRM_LINK', 'Underlying link.', { since: '4.19' }),
  interfaceId: field(2, u32, 'IFLA_XFRM_IF_ID', 'Identifier of policies and states that belong to it.', { since: '4.19' }),
  external: field(3, presence, 'IFLA_XFRM_COLLECT_METADATA', 'Routes decide about the identifier.', { since: '6.1' }),
});

/** An interface of IPsec (IFLA_XFRM_, if_link.h). */
export interface XfrmData extends Infer<typeof schema> {}
/** What XfrmData is made from. */
export interface XfrmDataInput extends InferInput<typeof schema> {}
export const xfrm: Codec<XfrmData, XfrmDataInput> = schema;
