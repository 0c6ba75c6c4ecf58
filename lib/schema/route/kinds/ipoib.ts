import type { Codec, Infer, InferInput } from '../../../codec/codec.js';
import { attributes } from '../../../codec/attributes.js';
import { field } from '../../../codec/field.js';
import { enumeration } from '../../../codec/names.js';
import { u16, switch16 } from '../../../codec/scalars.js';

const schema = attributes({
  pkey: field(1, u16, 'IFLA_IPOIB_PKEY', 'Partition key.'),
  mode: field(2, enumeration(u16, { datagram: 0, connected: 1 }), 'IFLA_IPOIB_MODE', 'Unreliable datagrams or connections.'),
  userMulticast: field(3, switch16, 'IFLA_IPOIB_UMCAST', 'User space takes care of multicast groups.'),
});

/** A partition of an InfiniBand link (IFLA_IPOIB_, if_link.h). */
export interface IpoibData extends Infer<typeof schema> {}
/** What IpoibData is made from. */
export interface IpoibDataInput extends InferInput<typeof schema> {}
export const ipoib: Codec<IpoibData, IpoibDataInput> = schema;
