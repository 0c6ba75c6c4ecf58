import type { Codec, Infer, InferInput } from '../../codec/codec.js';
import { attributes } from '../../codec/attributes.js';
import { field } from '../../codec/field.js';
import { addressFamily, flags } from '../../codec/names.js';
import { prefix } from '../../codec/address.js';
import { link } from '../../codec/references.js';
import { object } from '../../codec/object.js';
import { u8, u32 } from '../../codec/scalars.js';
import { struct, member, hidden, padding } from '../../codec/struct.js';

const prefixNotificationSchema = object({
  title: 'prefix',
  family: 'family',
  header: struct({
    family: member(addressFamily, 'prefix_family', "Always 'ipv6'."),
    reserved: padding(3),
    link: member(link, 'prefix_ifindex', 'Link that the advertisement came in on.'),
    type: member(u8, 'prefix_type', 'Type of the option; 3 is prefix information.'),
    prefixLength: hidden(u8, 'prefix_len'),
    flags: member(flags(u8, { onlink: 1, autoconf: 2, preferred: 16 }), 'prefix_flags', 'What is special about the prefix.'),
    more: padding(1),
  }),
  attributes: attributes({
    prefix: field(1, prefix('prefixLength'), 'PREFIX_ADDRESS', 'The prefix.'),
    lifetime: field(
      2,
      struct({
        preferred: member(u32, 'preferred_time', 'How long addresses in it are used for new connections.', { unit: 'seconds' }),
        valid: member(u32, 'valid_time', 'How long addresses in it exist.', { unit: 'seconds' }),
      }),
      'PREFIX_CACHEINFO',
      'How long the prefix is preferred and valid.',
    ),
  }),
});

/** A prefix that a router has advertised (struct prefixmsg, rtnetlink.h; group ipv6-prefix). Only reported. */
export interface PrefixNotification extends Infer<typeof prefixNotificationSchema> {}
/** What PrefixNotification is made from. */
export interface PrefixNotificationInput extends InferInput<typeof prefixNotificationSchema> {}
export const prefixNotification: Codec<PrefixNotification, PrefixNotificationInput> = prefixNotificationSchema;
