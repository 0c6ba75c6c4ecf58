import type { Codec, Infer, InferInput } from '../../../codec/codec.js';
import { attributes } from '../../../codec/attributes.js';

const schema = attributes({});

/** Kinds without options of their own, and options of kinds that nobody here knows: all is in `unknown`. */
export interface PlainData extends Infer<typeof schema> {}
export interface PlainDataInput extends InferInput<typeof schema> {}
export const plain: Codec<PlainData, PlainDataInput> = schema;
