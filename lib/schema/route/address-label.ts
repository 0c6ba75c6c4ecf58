import type { Codec, Infer, InferInput } from '../../codec/codec.js';
import { attributes } from '../../codec/attributes.js';
import { always, field } from '../../codec/field.js';
import { addressFamily } from '../../codec/names.js';
import { prefix } from '../../codec/address.js';
import { link } from '../../codec/references.js';
import { object } from '../../codec/object.js';
import { u8, u32 } from '../../codec/scalars.js';
import { struct, member, hidden, padding, reported } from '../../codec/struct.js';

const addressLabelSchema = object({
  title: 'address label',
  family: 'family',
  header: struct({
    family: member(addressFamily, 'ifal_family', "Always 'ipv6'."),
    reserved: padding(1),
    prefixLength: hidden(u8, 'ifal_prefixlen'),
    flags: member(u8, 'ifal_flags', 'Unused.'),
    link: member(link, 'ifal_index', 'Link that the label is for; 0 for all.'),
    sequence: reported(u32, 'ifal_seq', 'Version of the table.'),
  }),
  attributes: attributes({
    prefix: always(field(1, prefix('prefixLength', { isNetwork: true }), 'IFAL_ADDRESS', 'Addresses that have the label.')),
    label: always(field(2, u32, 'IFAL_LABEL', 'The label.')),
  }),
});

/** A label of addresses, for the choice of source addresses (struct ifaddrlblmsg, if_addrlabel.h; RFC 6724). */
export interface AddressLabel extends Infer<typeof addressLabelSchema> {}
type AnyAddressLabelInput = InferInput<typeof addressLabelSchema>;
/** What AddressLabel is made from. The kernel wants the label to delete one as well. */
export interface AddressLabelInput extends AnyAddressLabelInput {
  readonly prefix: string;
  readonly label: number;
}
export const addressLabel: Codec<AddressLabel, AddressLabelInput> = addressLabelSchema;
