import type { Codec, Infer, InferInput } from '../../codec/codec.js';
import { attributes } from '../../codec/attributes.js';
import { field, readOnly, inline } from '../../codec/field.js';
import { repeated } from '../../codec/repeated.js';
import { list } from '../../codec/containers.js';
import { addressFamily, enumeration, flags } from '../../codec/names.js';
import { hardwareAddress } from '../../codec/address.js';
import { link } from '../../codec/references.js';
import { object } from '../../codec/object.js';
import { u8, u16, u32 } from '../../codec/scalars.js';
import { struct, member, hidden, padding, reported } from '../../codec/struct.js';
import { linkName } from '../../codec/text.js';
import { hardwareType } from './names.js';
import { bridgePort } from './kinds/bridge-port.js';
import { extendedMask, ofBridges, portState } from './bridging.js';

const vlanFlags = { master: 1, pvid: 2, untagged: 4, 'range-begin': 8, 'range-end': 16, entry: 32, 'only-options': 64 } as const;

const vlan = struct({
  flags: member(flags(u16, vlanFlags), 'flags', 'What is special about the VLAN.'),
  vlan: member(u16, 'vid', 'The VLAN, 1 to 4094.'),
});

const bridgeLinkSchema = object({
  title: 'bridge link',
  family: 'family',
  header: struct({
    family: member(addressFamily, 'ifi_family', "Always 'bridge'."),
    reserved: padding(1),
    type: reported(hardwareType, 'ifi_type', "Kind of hardware: 'ether', ..."),
    index: member(link, 'ifi_index', 'Number of the link in its namespace.'),
    flags: reported(u32, 'ifi_flags', 'Flags of the link, as a number (IFF_).'),
    change: hidden(u32, 'ifi_change'),
  }),
  attributes: attributes({
    address: readOnly(1, hardwareAddress, 'IFLA_ADDRESS', 'Hardware address.'),
    name: field(3, linkName, 'IFLA_IFNAME', 'Name of the link.'),
    mtu: readOnly(4, u32, 'IFLA_MTU', 'Largest packet that the link carries.', { unit: 'bytes' }),
    parent: readOnly(5, link, 'IFLA_LINK', 'The link underneath.'),
    master: field(10, link, 'IFLA_MASTER', 'The bridge.'),
    port: field(12, bridgePort, 'IFLA_PROTINFO', 'Settings of the port.'),
    operationalState: readOnly(
      16,
      enumeration(u8, { unknown: 0, 'not-present': 1, down: 2, 'lower-layer-down': 3, testing: 4, dormant: 5, up: 6 }),
      'IFLA_OPERSTATE',
      'State as RFC 2863 has it.',
    ),
    settings: inline(
      26,
      attributes({
        target: field(0, flags(u16, { master: 1, self: 2 }), 'IFLA_BRIDGE_FLAGS', 'Who is meant: the bridge, the device, or both.'),
        mode: field(
          1,
          enumeration(u16, { veb: 0, vepa: 1 }),
          'IFLA_BRIDGE_MODE',
          'Whether the device itself switches between its functions.',
        ),
        vlans: field(2, repeated(vlan, 2), 'IFLA_BRIDGE_VLAN_INFO', 'VLANs; a range is two entries, range-begin and range-end.'),
        tunnels: field(
          3,
          repeated(
            attributes({
              id: field(1, u32, 'IFLA_BRIDGE_VLAN_TUNNEL_ID', 'Network (VNI) that the VLAN is mapped to.'),
              vlan: field(2, u16, 'IFLA_BRIDGE_VLAN_TUNNEL_VID', 'The VLAN.'),
              flags: field(3, flags(u16, vlanFlags), 'IFLA_BRIDGE_VLAN_TUNNEL_FLAGS', 'range-begin and range-end.'),
            }),
            3,
          ),
          'IFLA_BRIDGE_VLAN_TUNNEL_INFO',
          'VLANs that are mapped to tunnels.',
          { since: '4.11' },
        ),
        trees: field(
          6,
          list(
            attributes({
              instance: field(1, u16, 'IFLA_BRIDGE_MST_ENTRY_MSTI', 'Instance of the spanning tree.'),
              state: field(2, portState, 'IFLA_BRIDGE_MST_ENTRY_STATE', 'State of the port in it.'),
            }),
            1,
          ),
          'IFLA_BRIDGE_MST',
          'States in the instances of the multiple spanning tree.',
          { since: '5.18' },
        ),
      }),
      'IFLA_AF_SPEC',
      'Settings of the bridge.',
    ),
    extended: field(29, extendedMask, 'IFLA_EXT_MASK', 'What a request wants to be told beside the usual (RTEXT_FILTER_).'),
  }),
  encoding: ofBridges,
});

/** A link as its bridge sees it (struct ifinfomsg with family AF_BRIDGE): port settings and VLANs. */
export interface BridgeLink extends Infer<typeof bridgeLinkSchema> {}
/** What BridgeLink is made from. */
export interface BridgeLinkInput extends InferInput<typeof bridgeLinkSchema> {}
export const bridgeLink: Codec<BridgeLink, BridgeLinkInput> = bridgeLinkSchema;
