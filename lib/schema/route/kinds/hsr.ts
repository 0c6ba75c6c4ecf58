import type { Codec, Infer, InferInput } from '../../../codec/codec.js';
import { attributes } from '../../../codec/attributes.js';
import { field, readOnly } from '../../../codec/field.js';
import { enumeration } from '../../../codec/names.js';
import { mac } from '../../../codec/address.js';
import { link } from '../../../codec/references.js';
import { u8, u16 } from '../../../codec/scalars.js';

const schema = attributes({
  port1: field(1, link, 'IFLA_HSR_SLAVE1', 'First port.'),
  port2: field(2, link, 'IFLA_HSR_SLAVE2', 'Second port.'),
  multicastSpec: field(3, u8, 'IFLA_HSR_MULTICAST_SPEC', 'Last byte of the address of supervision frames.'),
  supervisionAddress: readOnly(4, mac, 'IFLA_HSR_SUPERVISION_ADDR', 'Address of supervision frames.'),
  sequence: readOnly(5, u16, 'IFLA_HSR_SEQ_NR', 'Sequence number.'),
  version: field(6, u8, 'IFLA_HSR_VERSION', 'Version of HSR, 0 or 1.', { since: '4.7' }),
  protocol: field(7, enumeration(u8, { hsr: 0, prp: 1 }), 'IFLA_HSR_PROTOCOL', 'Which of both.', { since: '5.7' }),
  interlink: field(8, link, 'IFLA_HSR_INTERLINK', 'Port to a network without redundancy.', { since: '6.10' }),
});

/** A ring of HSR, or two networks of PRP (IFLA_HSR_, if_link.h). */
export interface HsrData extends Infer<typeof schema> {}
/** What HsrData is made from. */
export interface HsrDataInput extends InferInput<typeof schema> {}
export const hsr: Codec<HsrData, HsrDataInput> = schema;
