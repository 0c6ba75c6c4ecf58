import { ValueError, type Codec, type Fields, type Infer, type InferInput, type Fixed } from '../../codec/codec.js';
import { attributes } from '../../codec/attributes.js';
import { field, ingredient, inline, readOnly } from '../../codec/field.js';
import { list } from '../../codec/containers.js';
import { addressFamily, enumeration, flags } from '../../codec/names.js';
import { anyIp, mac, formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from '../../codec/address.js';
import { link } from '../../codec/references.js';
import { derived, object } from '../../codec/object.js';
import { putAttribute } from '../../codec/attribute.js';
import { u8, u16, u32 } from '../../codec/scalars.js';
import { struct, member, padding } from '../../codec/struct.js';
import { routeProtocol } from './names.js';
import { ofBridges, routerPort } from './bridging.js';

/** A group: an IPv4, IPv6 or hardware address, with the protocol that tells which. */
const group: Fixed<string> = {
  size: 20,
  shape: { is: 'converted', of: { is: 'bytes', length: 20 }, samples: ['239.1.1.1', 'ff02::fb', '01:00:5e:00:00:01'] },
  decode(input) {
    input.need(20);
    const at = input.position;
    const protocol = input.view.getUint16(at + 16, false);
    input.position = at + 20;
    if (protocol === 0x0800) return formatIpv4(input.bytes, at);
    if (protocol === 0x86dd) return formatIpv6(input.bytes, at);
    return Array.from(input.bytes.subarray(at, at + 6), (byte) => byte.toString(16).padStart(2, '0')).join(':');
  },
  encode(value, output) {
    const start = output.position;
    output.zero(20);
    if (typeof value !== 'string') throw new ValueError('the address of a group', value);
    if (/^([0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}$/.test(value)) {
      output.position = start;
      mac.encode(value, output);
      output.position = start + 20;
      return;
    }
    if (parseIpv4(value, output.bytes, start)) output.view.setUint16(start + 16, 0x0800, false);
    else if (parseIpv6(value, output.bytes, start)) output.view.setUint16(start + 16, 0x86dd, false);
    else throw new ValueError('the address of a group', value);
  },
};

/** An address of a source: by its length. */
const multicastAddress = anyIp;
const groupMode = enumeration(u8, { exclude: 0, include: 1 });

const entryMembers = {
  port: member(link, 'ifindex', 'Port that members are behind; the bridge itself for the host.'),
  state: member(enumeration(u8, { temporary: 0, permanent: 1 }, { temp: 0 }), 'state', 'Whether the entry ages.'),
  flags: member(
    flags(u8, { offload: 1, 'fast-leave': 2, 'star-exclude': 4, blocked: 8, 'offload-failed': 16 }),
    'flags',
    'What is special about the entry.',
  ),
  vlan: member(u16, 'vid', 'VLAN; 0 for none.'),
  group: member(group, 'addr', 'The group.'),
};
const entryHeader = struct(entryMembers);

const groupEntry = object({
  title: 'multicast group entry',
  header: entryHeader,
  attributes: attributes({
    timer: readOnly(1, u32, 'MDBA_MDB_EATTR_TIMER', 'Time until the entry goes.', { unit: '1/100 second', since: '4.6' }),
    sources: field(
      2,
      list(
        attributes({
          address: field(1, multicastAddress, 'MDBA_MDB_SRCATTR_ADDRESS', 'Address of the source.'),
          timer: field(2, u32, 'MDBA_MDB_SRCATTR_TIMER', 'Time until the source goes.', { unit: '1/100 second' }),
        }),
        1,
      ),
      'MDBA_MDB_EATTR_SRC_LIST',
      'Sources that are wanted, or not.',
      { since: '5.10' },
    ),
    mode: field(3, groupMode, 'MDBA_MDB_EATTR_GROUP_MODE', 'Whether the sources are wanted, or not.', { since: '5.10' }),
    source: field(4, multicastAddress, 'MDBA_MDB_EATTR_SOURCE', 'Source of the group.', { since: '5.10' }),
    protocol: field(5, routeProtocol, 'MDBA_MDB_EATTR_RTPROT', 'Who installed the entry.', { since: '5.10' }),
    remote: field(6, anyIp, 'MDBA_MDB_EATTR_DST', 'Address of the remote tunnel end (VXLAN).', { since: '6.4' }),
    remotePort: field(7, u16, 'MDBA_MDB_EATTR_DST_PORT', 'UDP port of the remote tunnel end.', { since: '6.4' }),
    vni: field(8, u32, 'MDBA_MDB_EATTR_VNI', 'VXLAN network of the remote tunnel end.', { since: '6.4' }),
    via: field(9, link, 'MDBA_MDB_EATTR_IFINDEX', 'Link to the remote tunnel end.', { since: '6.4' }),
    sourceVni: field(10, u32, 'MDBA_MDB_EATTR_SRC_VNI', 'VXLAN network of the packets.', { since: '6.4' }),
  }),
});

const header = struct({
  family: member(addressFamily, 'family', "Always 'bridge'."),
  reserved: padding(3),
  bridge: member(link, 'ifindex', 'The bridge, or the tunnel.'),
});

const multicastDatabaseSchema = object({
  title: 'multicast database',
  family: 'family',
  header,
  attributes: attributes({
    groups: field(1, list(list(groupEntry, 1), 1), 'MDBA_MDB', 'Groups: a list for each, with an entry for each port.'),
    routers: field(2, list(routerPort, 1), 'MDBA_ROUTER', 'Ports towards multicast routers.'),
  }),
});

/** What a bridge, or VXLAN tunnel, knows of multicast groups (struct br_port_msg, if_bridge.h): the form of dumps and notifications. */
export interface MulticastDatabase extends Infer<typeof multicastDatabaseSchema> {}
/** What MulticastDatabase is made from. */
export interface MulticastDatabaseInput extends InferInput<typeof multicastDatabaseSchema> {}
export const multicastDatabase: Codec<MulticastDatabase, MulticastDatabaseInput> = multicastDatabaseSchema;

/** A membership of a multicast group: what lists and watches tell, one for each port of each group. */
export interface MulticastGroup extends Infer<typeof groupEntry> {
  /** The bridge, or the tunnel. */
  bridge: number;
}

/** The form that the kernel tells memberships in. */
export const multicastMembership: Codec<Infer<typeof groupEntry>, InferInput<typeof groupEntry>> = groupEntry;

/** A port towards a multicast router. */
export interface MulticastRouter extends Infer<typeof routerPort> {
  /** The bridge, or the tunnel. */
  bridge: number;
}

/** A member of the entry's struct, as a field of the membership; all of them are written at once. */
function ofEntry<const N extends keyof typeof entryMembers>(name: N) {
  const { codec, kernel, doc } = entryMembers[name];
  return derived({
    codec: codec as unknown as Codec<Infer<(typeof entryMembers)[N]['codec']>, InferInput<(typeof entryMembers)[N]['codec']>>,
    kernel: `MDBA_SET_ENTRY, ${kernel}`,
    doc,
    read: (head) => (head['entry'] as Fields | undefined)?.[name] as Infer<(typeof entryMembers)[N]['codec']> | undefined,
    write: () => undefined,
  });
}

const multicastGroupSchema = object({
  title: 'multicast group',
  family: 'family',
  header,
  attributes: attributes({
    entry: ingredient(1, entryHeader, 'MDBA_SET_ENTRY', 'port, group, vlan and state'),
    options: inline(
      2,
      attributes({
        source: field(1, multicastAddress, 'MDBE_ATTR_SOURCE', 'Source of the group.', { since: '5.10' }),
        sources: field(
          2,
          list(
            attributes({ address: field(1, multicastAddress, 'MDBE_SRCATTR_ADDRESS', 'Address of the source.') }, [], ({ address }) => ({
              address,
            })),
            1,
          ),
          'MDBE_ATTR_SRC_LIST',
          'Sources that are wanted, or not.',
          { since: '6.2' },
        ),
        mode: field(
          3,
          groupMode,
          'MDBE_ATTR_GROUP_MODE',
          'Whether the sources are wanted, or not. One that is wanted is a membership by itself, which always includes: ignored beside `source`.',
          { since: '6.2' },
        ),
        protocol: field(
          4,
          routeProtocol,
          'MDBE_ATTR_RTPROT',
          "Who installed the entry; the kernel's own are ignored, but by a flush, which they are refused for.",
          { since: '6.2' },
        ),
        remote: field(5, anyIp, 'MDBE_ATTR_DST', 'Address of the remote tunnel end (VXLAN).', { since: '6.4' }),
        remotePort: field(6, u16, 'MDBE_ATTR_DST_PORT', 'UDP port of the remote tunnel end.', { since: '6.4' }),
        vni: field(7, u32, 'MDBE_ATTR_VNI', 'VXLAN network of the remote tunnel end.', { since: '6.4' }),
        via: field(8, link, 'MDBE_ATTR_IFINDEX', 'Link to the remote tunnel end.', { since: '6.4' }),
        sourceVni: field(9, u32, 'MDBE_ATTR_SRC_VNI', 'VXLAN network of the packets.', { since: '6.4' }),
        stateMask: field(10, u8, 'MDBE_ATTR_STATE_MASK', 'Bits of the state that a flush looks at.', { since: '6.8' }),
      }),
      'MDBA_SET_ENTRY_ATTRS',
      'Further options.',
      { since: '5.10' },
    ),
  }),
  derived: {
    port: ofEntry('port'),
    state: ofEntry('state'),
    flags: ofEntry('flags'),
    vlan: ofEntry('vlan'),
    group: ofEntry('group'),
    timer: derived<number, unknown>({
      codec: u32,
      kernel: 'MDBA_MDB_EATTR_TIMER',
      doc: 'Time until the entry goes.',
      notes: { unit: '1/100 second', since: '4.6' },
      read: () => undefined,
    }),
  },
  encoding(value, head, output) {
    ofBridges(value, head, output);
    const { port, state, vlan, group: address } = value;
    putAttribute(1, entryHeader, { port, state, vlan, group: address } as InferInput<typeof entryHeader>, output);
  },
});

type AnyMulticastGroupInput = InferInput<typeof multicastGroupSchema>;
/** A membership of a multicast group as it is added: what lists and watches tell, and names of links. */
export interface MulticastGroupInput extends AnyMulticastGroupInput {
  readonly bridge: NonNullable<AnyMulticastGroupInput['bridge']>;
  readonly port: NonNullable<AnyMulticastGroupInput['port']>;
  readonly group: NonNullable<AnyMulticastGroupInput['group']>;
}
/** The form of requests. */
export const multicastGroup: Codec<Infer<typeof multicastGroupSchema>, AnyMulticastGroupInput> = multicastGroupSchema;

/** Protocols below RTPROT_STATIC are the kernel's own, which it refuses to be told; static is what it takes a membership without one for. */
const impliedProtocols: ReadonlySet<unknown> = new Set(['unspecified', 'redirect', 'kernel', 'boot', 'static', 0, 1, 2, 3, 4]);

/**
 * A membership as it is asked for: without what goes without saying. Kernels before Linux 6.2 tell a mode and a protocol, and do not know
 * them in a request. Not for what is a filter: there nothing goes without saying.
 */
export function askedFor<T extends object>(value: T): T {
  const { protocol, mode, ...others } = value as Record<string, unknown>;
  const { source, sources } = others;
  const isImplied =
    source !== undefined
      ? mode === 'include' || mode === 1
      : (mode === 'exclude' || mode === 0) && (!Array.isArray(sources) || sources.length === 0);
  return { ...others, ...(!impliedProtocols.has(protocol) && { protocol }), ...(!isImplied && { mode }) } as T;
}
