import { ValueError, type Codec, type Infer, type InferInput } from '../../codec/codec.js';
import { attributes } from '../../codec/attributes.js';
import { field, readOnly } from '../../codec/field.js';
import { list } from '../../codec/containers.js';
import { enumeration, flags } from '../../codec/names.js';
import { converted, counter64, s32, switch32, u16, u32, u64, u8 } from '../../codec/scalars.js';
import { member, padding, struct } from '../../codec/struct.js';
import { bytes, fixedBytes, string } from '../../codec/text.js';
import { vlanProtocol } from './names.js';

/** A hardware address in a member of 32 bytes; Ethernet's have six, and the rest is zero. */
const longAddress = converted(fixedBytes(32), {
  from(octets) {
    const last = octets.subarray(6).every((byte) => byte === 0) ? 6 : octets.subarray(20).every((byte) => byte === 0) ? 20 : 32;
    return Array.from(octets.subarray(0, last), (byte) => byte.toString(16).padStart(2, '0')).join(':');
  },
  to(value: string) {
    const parts = typeof value === 'string' ? value.split(/[:-]/) : [];
    if (parts.length === 0 || parts.length > 32 || !parts.every((part) => /^[0-9a-fA-F]{2}$/.test(part)))
      throw new ValueError('a hardware address', value);
    const octets = new Uint8Array(32);
    octets.set(parts.map((part) => Number.parseInt(part, 16)));
    return octets;
  },
  samples: ['02:00:00:00:00:01', '00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00:11:22:33'],
});

const vf = member(u32, 'vf', 'Number of the virtual function.');

function setting(kernel: string, doc: string) {
  return struct({ vf, on: member(switch32, kernel, doc) });
}

const guid = struct({ vf, reserved: padding(4), guid: member(u64, 'guid', 'The GUID.') });

const virtualFunction = attributes({
  address: field(
    1,
    struct({ vf, address: member(longAddress, 'mac', 'Hardware address.') }),
    'IFLA_VF_MAC',
    'Hardware address of the function.',
  ),
  vlan: field(
    2,
    struct({ vf, vlan: member(u32, 'vlan', 'VLAN, 0 for none.'), qos: member(u32, 'qos', 'Priority in the VLAN header.') }),
    'IFLA_VF_VLAN',
    'VLAN that the device puts frames into.',
  ),
  txRate: field(
    3,
    struct({ vf, rate: member(u32, 'rate', 'Largest rate, 0 for no limit.', { unit: 'Mbit/s' }) }),
    'IFLA_VF_TX_RATE',
    'Limit of what is sent (older form).',
  ),
  spoofCheck: field(
    4,
    setting('setting', 'Whether source addresses are checked.'),
    'IFLA_VF_SPOOFCHK',
    'Drop frames with a foreign source address.',
  ),
  linkState: field(
    5,
    struct({ vf, state: member(enumeration(u32, { auto: 0, enable: 1, disable: 2 }), 'link_state', 'What the function sees.') }),
    'IFLA_VF_LINK_STATE',
    'Link state that the function sees.',
  ),
  rate: field(
    6,
    struct({
      vf,
      minimum: member(u32, 'min_tx_rate', 'Guaranteed rate.', { unit: 'Mbit/s' }),
      maximum: member(u32, 'max_tx_rate', 'Largest rate, 0 for no limit.', { unit: 'Mbit/s' }),
    }),
    'IFLA_VF_RATE',
    'Limits of what is sent.',
  ),
  rssQuery: field(
    7,
    setting('setting', 'Whether it may be read.'),
    'IFLA_VF_RSS_QUERY_EN',
    'Let the function read the RSS configuration.',
    { since: '4.1' },
  ),
  statistics: readOnly(
    8,
    attributes(
      {
        rxPackets: field(0, counter64, 'IFLA_VF_STATS_RX_PACKETS', 'Packets received.'),
        txPackets: field(1, counter64, 'IFLA_VF_STATS_TX_PACKETS', 'Packets sent.'),
        rxBytes: field(2, counter64, 'IFLA_VF_STATS_RX_BYTES', 'Bytes received.', { unit: 'bytes' }),
        txBytes: field(3, counter64, 'IFLA_VF_STATS_TX_BYTES', 'Bytes sent.', { unit: 'bytes' }),
        broadcast: field(4, counter64, 'IFLA_VF_STATS_BROADCAST', 'Broadcast packets received.'),
        multicast: field(5, counter64, 'IFLA_VF_STATS_MULTICAST', 'Multicast packets received.'),
        rxDropped: field(7, counter64, 'IFLA_VF_STATS_RX_DROPPED', 'Packets dropped on receiving.', { since: '4.16' }),
        txDropped: field(8, counter64, 'IFLA_VF_STATS_TX_DROPPED', 'Packets dropped on sending.', { since: '4.16' }),
      },
      [6],
    ),
    'IFLA_VF_STATS',
    'Counters of the function.',
    { since: '4.2' },
  ),
  trust: field(
    9,
    setting('setting', 'Whether it is trusted.'),
    'IFLA_VF_TRUST',
    'Let the function do what needs trust, such as changing its address.',
    { since: '4.4' },
  ),
  nodeGuid: field(10, guid, 'IFLA_VF_IB_NODE_GUID', 'InfiniBand node GUID.', { since: '4.6' }),
  portGuid: field(11, guid, 'IFLA_VF_IB_PORT_GUID', 'InfiniBand port GUID.', { since: '4.6' }),
  vlans: field(
    12,
    list(
      struct({
        vf,
        vlan: member(u32, 'vlan', 'VLAN, 0 for none.'),
        qos: member(u32, 'qos', 'Priority in the VLAN header.'),
        protocol: member(vlanProtocol, 'vlan_proto', 'Kind of tag.'),
        reserved: padding(2),
      }),
      1,
    ),
    'IFLA_VF_VLAN_LIST',
    'VLANs with their kind of tag.',
    { since: '4.9' },
  ),
  broadcast: readOnly(
    13,
    struct({ broadcast: member(longAddress, 'broadcast', 'Broadcast address.') }),
    'IFLA_VF_BROADCAST',
    'Broadcast address of the function.',
    { since: '5.3' },
  ),
});

export interface VirtualFunction extends Infer<typeof virtualFunction> {}
export interface VirtualFunctionInput extends InferInput<typeof virtualFunction> {}
const one: Codec<VirtualFunction, VirtualFunctionInput> = virtualFunction;
/** The virtual functions of an SR-IOV device (IFLA_VFINFO_LIST). */
export const virtualFunctions: Codec<VirtualFunction[], readonly VirtualFunctionInput[]> = list(one, 1);

const portSchema = attributes({
  vf: field(1, u32, 'IFLA_PORT_VF', 'Number of the virtual function.'),
  profile: field(2, string(40), 'IFLA_PORT_PROFILE', 'Name of the profile.'),
  vsiType: field(3, bytes, 'IFLA_PORT_VSI_TYPE', 'Type of the virtual station interface (802.1Qbg).'),
  instance: field(4, fixedBytes(16), 'IFLA_PORT_INSTANCE_UUID', 'UUID of the client.'),
  host: field(5, fixedBytes(16), 'IFLA_PORT_HOST_UUID', 'UUID of the host.'),
  request: field(
    6,
    enumeration(u8, { preassociate: 0, 'preassociate-rr': 1, associate: 2, disassociate: 3 }),
    'IFLA_PORT_REQUEST',
    'What is asked.',
  ),
  response: readOnly(7, u16, 'IFLA_PORT_RESPONSE', 'What was answered.'),
});

export interface VirtualPort extends Infer<typeof portSchema> {}
export interface VirtualPortInput extends InferInput<typeof portSchema> {}
export const virtualPort: Codec<VirtualPort, VirtualPortInput> = portSchema;
export const virtualPorts: Codec<VirtualPort[], readonly VirtualPortInput[]> = list(virtualPort, 1);

const xdpSchema = attributes({
  fd: field(1, s32, 'IFLA_XDP_FD', 'fd of the program to attach; -1 takes it away.', { since: '4.8' }),
  attached: readOnly(
    2,
    enumeration(u8, { none: 0, driver: 1, generic: 2, hardware: 3, multiple: 4 }),
    'IFLA_XDP_ATTACHED',
    'How a program is attached.',
    { since: '4.8' },
  ),
  flags: field(
    3,
    flags(u32, { 'if-none': 1, generic: 2, driver: 4, hardware: 8, replace: 16 }),
    'IFLA_XDP_FLAGS',
    'How the program is attached.',
    {
      since: '4.10',
    },
  ),
  programId: readOnly(4, u32, 'IFLA_XDP_PROG_ID', 'Id of the program.', { since: '4.13' }),
  driverProgramId: readOnly(5, u32, 'IFLA_XDP_DRV_PROG_ID', 'Id of the program in the driver.', { since: '4.19' }),
  genericProgramId: readOnly(6, u32, 'IFLA_XDP_SKB_PROG_ID', 'Id of the generic program.', { since: '4.19' }),
  hardwareProgramId: readOnly(7, u32, 'IFLA_XDP_HW_PROG_ID', 'Id of the program in hardware.', { since: '4.19' }),
  expectedFd: field(8, s32, 'IFLA_XDP_EXPECTED_FD', 'fd of the program that must be attached now, with the flag replace.', {
    since: '5.7',
  }),
});

/** An XDP program on a link. */
export interface Xdp extends Infer<typeof xdpSchema> {}
export interface XdpInput extends InferInput<typeof xdpSchema> {}
export const xdp: Codec<Xdp, XdpInput> = xdpSchema;
