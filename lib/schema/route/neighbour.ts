import type { Codec, Fields, Infer, InferInput } from '../../codec/codec.js';
import { anyIp, familyOf, hardwareAddress } from '../../codec/address.js';
import { attributes } from '../../codec/attributes.js';
import { always, field, ingredient, readOnly } from '../../codec/field.js';
import { putAttribute } from '../../codec/attribute.js';
import { addressFamily, enumeration, flags } from '../../codec/names.js';
import { derived, numberOf, object } from '../../codec/object.js';
import { link } from '../../codec/references.js';
import { presence, s32, u16, u16be, u32, u8 } from '../../codec/scalars.js';
import { hidden, member, padding, struct } from '../../codec/struct.js';
import { routeProtocol, routeType } from './names.js';

const stateBits = {
  incomplete: 0x01,
  reachable: 0x02,
  stale: 0x04,
  delay: 0x08,
  probe: 0x10,
  failed: 0x20,
  noarp: 0x40,
  permanent: 0x80,
} as const;

/** Flags of neighbours and forwarding entries (NTF_, neighbour.h); the extended ones (NDA_FLAGS_EXT) are the bits from 256 on. */
export const neighbourFlags = flags(u32, {
  use: 0x01,
  self: 0x02,
  master: 0x04,
  proxy: 0x08,
  'extern-learn': 0x10,
  offload: 0x20,
  sticky: 0x40,
  router: 0x80,
  managed: 0x100,
  locked: 0x200,
  'extern-valid': 0x400,
});

type FlagName = ReturnType<typeof neighbourFlags.names>[number];

/** Both flag words as one list. */
const bothFlags = derived<FlagName[], readonly FlagName[] | number>({
  codec: neighbourFlags,
  kernel: 'ndm_flags, NDA_FLAGS_EXT',
  doc: "What is special about the entry; 'managed' is of Linux 5.16, 'locked' of 6.0, 'extern-valid' of 6.17.",
  read(header) {
    return neighbourFlags.names(numberOf(header, 'lowFlags') + numberOf(header, 'highFlags') * 256);
  },
  write(value, header, output) {
    const number = neighbourFlags.number(value);
    header['lowFlags'] = number & 0xff;
    if (number > 0xff) putAttribute(15, u32, number >>> 8, output);
  },
});

const cacheInfo = struct({
  confirmed: member(u32, 'ndm_confirmed', 'Time since the neighbour was last confirmed.', { unit: '1/100 second' }),
  used: member(u32, 'ndm_used', 'Time since the entry was last used.', { unit: '1/100 second' }),
  updated: member(u32, 'ndm_updated', 'Time since the entry was last changed.', { unit: '1/100 second' }),
  references: member(u32, 'ndm_refcnt', 'Users of the entry.'),
});

function settle(value: Readonly<Fields>, names: readonly string[]): number {
  for (const name of names) {
    const text = value[name];
    if (typeof text === 'string' && familyOf(text) !== 0) return familyOf(text);
  }
  return 0;
}

const neighbourSchema = object({
  title: 'neighbour',
  family: 'family',
  header: struct({
    family: member(addressFamily, 'ndm_family', 'Address family.'),
    reserved: padding(3),
    link: member(link, 'ndm_ifindex', 'Link that the neighbour is on.'),
    state: member(
      enumeration(u16, { none: 0, ...stateBits }),
      'ndm_state',
      'How well the neighbour is known; several at once (a filter) are a number.',
    ),
    lowFlags: hidden(u8, 'ndm_flags'),
    type: member(routeType, 'ndm_type', 'Kind of route to the address.'),
  }),
  attributes: attributes({
    address: always(field(1, anyIp, 'NDA_DST', 'IP address of the neighbour, or the address that is answered for (proxy).')),
    hardwareAddress: field(2, hardwareAddress, 'NDA_LLADDR', 'Hardware address of the neighbour.'),
    cache: readOnly(3, cacheInfo, 'NDA_CACHEINFO', 'Ages of the entry.'),
    probes: readOnly(4, u32, 'NDA_PROBES', 'Probes that were sent without an answer.'),
    vlan: field(5, u16, 'NDA_VLAN', 'VLAN of the entry.'),
    port: field(6, u16be, 'NDA_PORT', 'UDP port of the remote tunnel end.'),
    vni: field(7, u32, 'NDA_VNI', 'VXLAN network of the remote tunnel end.'),
    via: field(8, link, 'NDA_IFINDEX', 'Link to the remote tunnel end.'),
    master: field(9, link, 'NDA_MASTER', 'Master of the link; filters a dump.'),
    linkNamespaceId: readOnly(10, s32, 'NDA_LINK_NETNSID', 'Namespace of the link.', { absent: null }),
    sourceVni: field(11, u32, 'NDA_SRC_VNI', 'VXLAN network of the packets.', { since: '4.11' }),
    protocol: field(12, routeProtocol, 'NDA_PROTOCOL', 'Who installed the entry.', { since: '5.2' }),
    nexthopId: field(13, u32, 'NDA_NH_ID', 'Nexthop object that the entry uses.', { since: '5.8' }),
    highFlags: ingredient(15, u32, 'NDA_FLAGS_EXT', 'flags', { since: '5.16' }),
  }),
  derived: { flags: bothFlags },
  alike: {
    copy: (value) => ({ ...value }),
    fields: { address: undefined, hardwareAddress: undefined, cache: undefined, probes: undefined },
  },
  encoding(value, header, output) {
    if (output.family === 0) output.family = settle(value, ['address']);
    header['family'] = output.family;
  },
});

/** An entry of the neighbour table, or a proxy (struct ndmsg, neighbour.h). */
export interface Neighbour extends Infer<typeof neighbourSchema> {}
type AnyNeighbourInput = InferInput<typeof neighbourSchema>;
/** What a neighbour is made from. The kernel has none without a link. */
export interface NeighbourInput extends AnyNeighbourInput {
  readonly link: NonNullable<AnyNeighbourInput['link']>;
  readonly address: string;
}
export const neighbour: Codec<Neighbour, NeighbourInput> = neighbourSchema;
/** What a proxy is made from. One of IPv4 without a link answers on all of them; the kernel has none of IPv6. */
export interface ProxyInput extends AnyNeighbourInput {
  readonly address: string;
}
export const proxy: Codec<Neighbour, ProxyInput> = neighbourSchema;

const fdbSchema = object({
  title: 'forwarding entry',
  family: 'family',
  header: struct({
    family: member(addressFamily, 'ndm_family', "Always 'bridge'."),
    reserved: padding(3),
    link: member(link, 'ndm_ifindex', 'Port of the bridge, or the tunnel, that the entry belongs to.'),
    state: member(
      flags(u16, stateBits),
      'ndm_state',
      "'permanent' for addresses of the host, 'noarp' for static entries, 'reachable' for learned ones.",
    ),
    lowFlags: hidden(u8, 'ndm_flags'),
    type: member(u8, 'ndm_type', 'Unused.'),
  }),
  attributes: attributes({
    remote: field(1, anyIp, 'NDA_DST', 'IP address of the remote tunnel end.'),
    address: always(field(2, hardwareAddress, 'NDA_LLADDR', 'Hardware address that frames are for.')),
    cache: readOnly(3, cacheInfo, 'NDA_CACHEINFO', 'Ages of the entry.'),
    vlan: field(5, u16, 'NDA_VLAN', 'VLAN of the entry.'),
    port: field(6, u16be, 'NDA_PORT', 'UDP port of the remote tunnel end.'),
    vni: field(7, u32, 'NDA_VNI', 'VXLAN network of the remote tunnel end.'),
    via: field(8, link, 'NDA_IFINDEX', 'Link to the remote tunnel end.'),
    master: field(9, link, 'NDA_MASTER', 'The bridge.'),
    linkNamespaceId: readOnly(10, s32, 'NDA_LINK_NETNSID', 'Namespace of the link.', { absent: null }),
    sourceVni: field(11, u32, 'NDA_SRC_VNI', 'VXLAN network of the frames.', { since: '4.11' }),
    protocol: field(12, routeProtocol, 'NDA_PROTOCOL', 'Who installed the entry.', { since: '5.2' }),
    nexthopId: field(13, u32, 'NDA_NH_ID', 'Nexthop object that the entry uses.', { since: '5.8' }),
    extension: field(
      14,
      attributes({
        activityNotify: field(
          1,
          flags(u8, { notify: 1, inactive: 2 }),
          'NFEA_ACTIVITY_NOTIFY',
          'Tell when the entry becomes active or inactive.',
        ),
        dontRefresh: field(2, presence, 'NFEA_DONT_REFRESH', 'Do not refresh the entry when it is replaced.'),
      }),
      'NDA_FDB_EXT_ATTRS',
      'How activity of the entry is told.',
      { since: '5.14' },
    ),
    highFlags: ingredient(15, u32, 'NDA_FLAGS_EXT', 'flags', { since: '5.16' }),
    stateMask: field(16, flags(u16, stateBits), 'NDA_NDM_STATE_MASK', 'States that a flush looks at.', { since: '5.19' }),
    flagsMask: field(
      17,
      flags(u8, { use: 1, self: 2, master: 4, proxy: 8, 'extern-learn': 0x10, offload: 0x20, sticky: 0x40, router: 0x80 }),
      'NDA_NDM_FLAGS_MASK',
      'Flags that a flush looks at.',
      {
        since: '5.19',
      },
    ),
  }),
  derived: { flags: bothFlags },
  alike: {
    copy: (value) => ({ ...value }),
    fields: { address: undefined, cache: undefined, remote: undefined },
  },
  encoding(_value, header, output) {
    output.family = 7;
    header['family'] = 7;
  },
});

/** An entry of a forwarding database: of a bridge, a VXLAN tunnel, a macvlan (struct ndmsg with family AF_BRIDGE). */
export interface FdbEntry extends Infer<typeof fdbSchema> {}
type AnyFdbEntryInput = InferInput<typeof fdbSchema>;
/** What a forwarding entry is made from. The kernel has none without a link. */
export interface FdbEntryInput extends AnyFdbEntryInput {
  readonly link: NonNullable<AnyFdbEntryInput['link']>;
  readonly address: string;
}
export const fdb: Codec<FdbEntry, FdbEntryInput> = fdbSchema;
