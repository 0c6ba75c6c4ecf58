import type { Codec, Fields, Infer, InferInput } from '../../codec/codec.js';
import { familyOf, ip, settleFamily, splitPrefix } from '../../codec/address.js';
import { attributes } from '../../codec/attributes.js';
import { field, ingredient } from '../../codec/field.js';
import { putAttribute } from '../../codec/attribute.js';
import { addressFamily, enumeration, familyNumber, flags } from '../../codec/names.js';
import { derived, numberOf, object } from '../../codec/object.js';
import { link } from '../../codec/references.js';
import { s32, u32, u8 } from '../../codec/scalars.js';
import { hidden, member, reported, struct } from '../../codec/struct.js';
import { linkName } from '../../codec/text.js';
import { scope } from './names.js';

/** Flags of an address (IFA_F_, if_addr.h). */
export const addressFlags = flags(u32, {
  secondary: 0x01,
  nodad: 0x02,
  optimistic: 0x04,
  dadfailed: 0x08,
  home: 0x10,
  deprecated: 0x20,
  tentative: 0x40,
  permanent: 0x80,
  managetempaddr: 0x100,
  noprefixroute: 0x200,
  autojoin: 0x400,
  'stable-privacy': 0x800,
});

const lifetime = enumeration(u32, { forever: 0xffffffff });

const lifetimes = struct({
  preferred: member(lifetime, 'ifa_prefered', "How long the address is used for new connections, or 'forever'.", { unit: 'seconds' }),
  valid: member(lifetime, 'ifa_valid', "How long the address exists, or 'forever'.", { unit: 'seconds' }),
  created: reported(u32, 'cstamp', 'When it was created, since boot.', { unit: '1/100 second' }),
  updated: reported(u32, 'tstamp', 'When it was last changed, since boot.', { unit: '1/100 second' }),
});

const addressSchema = object({
  title: 'address',
  family: 'family',
  header: struct({
    family: member(addressFamily, 'ifa_family', 'Address family.'),
    prefixLength: hidden(u8, 'ifa_prefixlen'),
    lowFlags: hidden(u8, 'ifa_flags'),
    scope: member(scope, 'ifa_scope', 'Where the address is valid.'),
    link: member(link, 'ifa_index', 'The link that has the address.'),
  }),
  attributes: attributes({
    remote: ingredient(1, ip, 'IFA_ADDRESS', 'address'),
    local: ingredient(2, ip, 'IFA_LOCAL', 'address'),
    label: field(3, linkName, 'IFA_LABEL', "Name of the address: the link's name, or that and ':' and a tag. IPv4 only."),
    broadcast: field(4, ip, 'IFA_BROADCAST', 'Broadcast address. IPv4 only.'),
    anycast: field(5, ip, 'IFA_ANYCAST', 'An anycast address that the host has joined (dump of RTM_GETANYCAST).'),
    lifetime: field(6, lifetimes, 'IFA_CACHEINFO', 'How long the address is preferred and valid.'),
    multicast: field(7, ip, 'IFA_MULTICAST', 'A multicast group that the host has joined (dump of RTM_GETMULTICAST).'),
    flags: field(8, addressFlags, 'IFA_FLAGS', 'What is special about the address.', {
      absorb(content, output) {
        const number = addressFlags.number(content as number);
        if (number > 0xff) return false;
        output.header['lowFlags'] = number;
        return true;
      },
    }),
    metric: field(9, u32, 'IFA_RT_PRIORITY', 'Metric of the route to the prefix that the kernel makes.', { since: '4.18' }),
    targetNamespaceId: field(10, s32, 'IFA_TARGET_NETNSID', 'Work in the namespace with this nsid.', {
      since: '4.20',
      absent: null,
    }),
    protocol: field(
      11,
      enumeration(u8, { unspecified: 0, kernel_lo: 1, kernel_ra: 2, kernel_ll: 3 }),
      'IFA_PROTO',
      'Who configured the address.',
      { since: '5.18' },
    ),
  }),
  derived: {
    address: derived<string, string>({
      codec: { ...ip, shape: { is: 'prefix', family: 'by header' } },
      kernel: 'IFA_LOCAL, IFA_ADDRESS, ifa_prefixlen',
      doc: "The address and the length of its prefix: '10.0.0.1/24'. An address alone has all its bits.",
      read(header) {
        const own = header['local'] ?? header['remote'];
        return typeof own === 'string' ? `${own}/${numberOf(header, 'prefixLength')}` : undefined;
      },
      write(value, header, output) {
        const { end, length } = splitPrefix(value);
        const own = value.slice(0, end);
        settleFamily(own, output);
        header['prefixLength'] ??= length;
        putAttribute(2, ip, own, output);
        if (output.source['peer'] === undefined) putAttribute(1, ip, own, output);
      },
    }),
    peer: derived<string, string>({
      codec: ip,
      kernel: 'IFA_ADDRESS',
      doc: 'Address of the other end of a point-to-point link; with a prefix, that is the network which is reached. Undefined where it is the address itself.',
      read(header) {
        const { local, remote } = header;
        return typeof remote === 'string' && local !== undefined && local !== remote ? remote : undefined;
      },
      write(value, header, output) {
        const { end, length } = splitPrefix(value);
        const remote = value.slice(0, end);
        settleFamily(remote, output);
        if (end < value.length) header['prefixLength'] = length;
        putAttribute(1, ip, remote, output);
      },
    }),
  },
  encoding(value: Readonly<Fields>, _header, output) {
    const { address: own, family } = value;
    output.family = familyNumber(family) || (typeof own === 'string' ? familyOf(own) : 0);
  },
  decoded(value, header) {
    // Before Linux 3.14 there is no IFA_FLAGS.
    value['flags'] ??= addressFlags.names(numberOf(header, 'lowFlags'));
  },
});

/** An address of a link (struct ifaddrmsg, if_addr.h). */
export interface Address extends Infer<typeof addressSchema> {
  address: string;
}
type AnyAddressInput = InferInput<typeof addressSchema>;
/** What an address is made from. The kernel has no address without a link. */
export interface AddressInput extends AnyAddressInput {
  readonly link: NonNullable<AnyAddressInput['link']>;
  readonly address: string;
}
// Every message has the address.
export const address = addressSchema as Codec<Address, AddressInput>;
