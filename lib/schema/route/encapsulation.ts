import { ValueError, type Codec, type Fixed, type Infer, type InferInput, type Input, type Output } from '../../codec/codec.js';
import { ipv4, ipv6 } from '../../codec/address.js';
import { attributes } from '../../codec/attributes.js';
import { repeated } from '../../codec/repeated.js';
import { field, type Field, type UnknownAttribute } from '../../codec/field.js';
import { variant } from '../../codec/variant.js';
import { enumeration, flags } from '../../codec/names.js';
import { link } from '../../codec/references.js';
import { converted, counter64, u16, u16be, u32, u32be, u64be, u8 } from '../../codec/scalars.js';
import { member, struct } from '../../codec/struct.js';
import { bytes, string } from '../../codec/text.js';
import { table } from './names.js';

/** Flags of tunnels over IP (TUNNEL_, if_tunnel.h), in network byte order. */
export const tunnelFlags = flags(u16be, {
  csum: 0x01,
  routing: 0x02,
  key: 0x04,
  seq: 0x08,
  strict: 0x10,
  rec: 0x20,
  version: 0x40,
  nokey: 0x80,
  'dont-fragment': 0x0100,
  oam: 0x0200,
  critopt: 0x0400,
  'geneve-opt': 0x0800,
  'vxlan-opt': 0x1000,
  nocache: 0x2000,
  'erspan-opt': 0x4000,
  'gtp-opt': 0x8000,
});

/** Labels of MPLS, outermost first: [100, 200]; each is 20 bits. Also accepts '100/200'. */
export const labelStack: Codec<number[], readonly number[] | string> = {
  shape: { is: 'converted', of: { is: 'bytes', length: undefined }, samples: [[16], [100, 200], [1048575, 3]] },
  decode(input) {
    const labels: number[] = [];
    while (input.position + 4 <= input.end) {
      const entry = u32be.decode(input);
      labels.push(entry >>> 12);
      if ((entry & 0x100) !== 0) break;
    }
    return labels;
  },
  encode(value, output) {
    const labels = typeof value === 'string' ? value.split('/').map(Number) : value;
    if (!Array.isArray(labels) || labels.length === 0) throw new ValueError("a list of labels, or text such as '100/200'", value);
    for (const [index, label] of (labels as readonly unknown[]).entries()) {
      if (typeof label !== 'number' || !Number.isInteger(label) || label < 0 || label > 0xfffff)
        throw new ValueError('a label from 0 to 1048575', label);
      u32be.encode(label * 4096 + (index === labels.length - 1 ? 0x100 : 0), output);
    }
  },
};

const geneveOption = attributes({
  class: field(1, u16be, 'LWTUNNEL_IP_OPT_GENEVE_CLASS', 'Who defines the type.'),
  type: field(2, u8, 'LWTUNNEL_IP_OPT_GENEVE_TYPE', 'Type of the option.'),
  data: field(3, bytes, 'LWTUNNEL_IP_OPT_GENEVE_DATA', 'Content, a multiple of 4 bytes.'),
});

const ipOptions = attributes({
  geneve: field(1, repeated(geneveOption, 1), 'LWTUNNEL_IP_OPTS_GENEVE', 'Options of GENEVE, in their order.', { since: '5.5' }),
  vxlan: field(
    2,
    attributes({ policy: field(1, u32, 'LWTUNNEL_IP_OPT_VXLAN_GBP', 'Group policy identifier.') }),
    'LWTUNNEL_IP_OPTS_VXLAN',
    'Option of VXLAN.',
    { since: '5.5' },
  ),
  erspan: field(
    3,
    attributes({
      version: field(1, u8, 'LWTUNNEL_IP_OPT_ERSPAN_VER', 'Version, 1 or 2.'),
      index: field(2, u32be, 'LWTUNNEL_IP_OPT_ERSPAN_INDEX', 'Index of the port (version 1).'),
      direction: field(3, u8, 'LWTUNNEL_IP_OPT_ERSPAN_DIR', 'Mirrored direction (version 2): 0 received, 1 sent.'),
      hardware: field(4, u8, 'LWTUNNEL_IP_OPT_ERSPAN_HWID', 'Engine of the switch (version 2).'),
    }),
    'LWTUNNEL_IP_OPTS_ERSPAN',
    'Option of ERSPAN.',
    { since: '5.5' },
  ),
});

const overIpv4 = attributes(
  {
    id: field(1, u64be, 'LWTUNNEL_IP_ID', 'Tunnel identifier (VNI, key).', { since: '4.3' }),
    destination: field(2, ipv4, 'LWTUNNEL_IP_DST', 'Outer destination.', { since: '4.3' }),
    source: field(3, ipv4, 'LWTUNNEL_IP_SRC', 'Outer source.', { since: '4.3' }),
    ttl: field(4, u8, 'LWTUNNEL_IP_TTL', 'Outer TTL; 0 inherits.', { since: '4.3' }),
    tos: field(5, u8, 'LWTUNNEL_IP_TOS', 'Outer type of service.', { since: '4.3' }),
    flags: field(6, tunnelFlags, 'LWTUNNEL_IP_FLAGS', 'What the outer header has.', { since: '4.3' }),
    options: field(8, ipOptions, 'LWTUNNEL_IP_OPTS', 'Option of the tunnel protocol.', { since: '5.5' }),
  },
  [7],
);

const overIpv6 = attributes(
  {
    id: field(1, u64be, 'LWTUNNEL_IP6_ID', 'Tunnel identifier (VNI, key).', { since: '4.3' }),
    destination: field(2, ipv6, 'LWTUNNEL_IP6_DST', 'Outer destination.', { since: '4.3' }),
    source: field(3, ipv6, 'LWTUNNEL_IP6_SRC', 'Outer source.', { since: '4.3' }),
    hopLimit: field(4, u8, 'LWTUNNEL_IP6_HOPLIMIT', 'Outer hop limit; 0 inherits.', { since: '4.3' }),
    trafficClass: field(5, u8, 'LWTUNNEL_IP6_TC', 'Outer traffic class.', { since: '4.3' }),
    flags: field(6, tunnelFlags, 'LWTUNNEL_IP6_FLAGS', 'What the outer header has.', { since: '4.3' }),
    options: field(8, ipOptions, 'LWTUNNEL_IP6_OPTS', 'Option of the tunnel protocol.', { since: '5.5' }),
  },
  [7],
);

const mpls = attributes({
  labels: field(1, labelStack, 'MPLS_IPTUNNEL_DST', 'Labels that are pushed, outermost first.', { since: '4.3' }),
  ttl: field(2, u8, 'MPLS_IPTUNNEL_TTL', 'TTL of the labels.', { since: '4.12' }),
});

const ila = attributes(
  {
    locator: field(1, u64be, 'ILA_ATTR_LOCATOR', 'Locator that replaces the upper half of the address.', { since: '4.3' }),
    checksumMode: field(
      7,
      enumeration(u8, { 'adj-transport': 0, 'neutral-map': 1, 'no-action': 2, 'neutral-map-auto': 3 }),
      'ILA_ATTR_CSUM_MODE',
      'How checksums are kept right.',
      { since: '4.7' },
    ),
    identifierType: field(
      8,
      enumeration(u8, { iid: 0, luid: 1, 'virt-v4': 2, 'virt-uni-v6': 3, 'virt-multi-v6': 4, nonlocal: 5, 'use-format': 32 }),
      'ILA_ATTR_IDENT_TYPE',
      'Type of the identifier.',
      { since: '4.15' },
    ),
    hookType: field(9, enumeration(u8, { output: 0, input: 1 }), 'ILA_ATTR_HOOK_TYPE', 'Where the address is translated.', {
      since: '4.15',
    }),
  },
  [6],
);

/** Segments of SRv6, in the order in which they are visited. */
export interface SegmentHeader {
  segments: string[];
  /** Key of the HMAC, undefined without one. */
  hmacKeyId?: number;
}
/** What SegmentHeader is made from. */
export interface SegmentHeaderInput {
  readonly segments: readonly string[];
  readonly hmacKeyId?: number | undefined;
}

const filler = '::';

/** Reads struct ipv6_sr_hdr (seg6.h). Where segments are inserted, the last one is a place for the packet's destination and not shown. */
function readSegments(input: Input, inserted: boolean): SegmentHeader {
  const start = input.position;
  const { end } = input;
  input.need(8);
  const words = input.bytes[start + 1] ?? 0;
  const count = (input.bytes[start + 4] ?? 0) + 1;
  const flagBits = input.bytes[start + 5] ?? 0;
  const stop = Math.min(end, start + (words + 1) * 8);
  const value: SegmentHeader = { segments: [] };
  input.position = start + 8;
  for (let index = 0; index < count && input.position + 16 <= stop; index++) value.segments.push(ipv6.decode(input));
  if (inserted && value.segments[0] === filler) value.segments.shift();
  value.segments.reverse();
  if ((flagBits & 8) !== 0 && input.position + 8 <= stop) value.hmacKeyId = input.view.getUint32(input.position + 4, false);
  input.position = end;
  return value;
}

function writeSegments(value: SegmentHeaderInput, output: Output, inserted: boolean): void {
  const { segments, hmacKeyId } = value;
  if (!Array.isArray(segments) || segments.length === 0 || segments.length > 120)
    throw new ValueError('a list of 1 to 120 IPv6 addresses', segments, 'segments');
  const all = (segments as readonly string[]).toReversed();
  if (inserted) all.unshift(filler);
  // The HMAC's content is the kernel's to compute: type, length, flags, key id and 32 bytes.
  const words = all.length * 2 + (hmacKeyId === undefined ? 0 : 5);
  for (const byte of [0, words, 4, all.length - 1, all.length - 1, hmacKeyId === undefined ? 0 : 8, 0, 0]) u8.encode(byte, output);
  for (const segment of all) ipv6.encode(segment, output);
  if (hmacKeyId === undefined) return;
  u8.encode(5, output);
  u8.encode(38, output);
  u16.encode(0, output);
  u32be.encode(hmacKeyId, output);
  output.zero(32);
}

/** Segments of SRv6 as they are visited; on the wire they are in the reverse order. */
const segmentHeader: Codec<SegmentHeader, SegmentHeaderInput> = {
  shape: {
    is: 'converted',
    of: { is: 'bytes', length: undefined },
    samples: [{ segments: ['fc00::1'] }, { segments: ['fc00::1', 'fc00::2'], hmacKeyId: 7 }],
  },
  decode: (input) => readSegments(input, input.target['action'] === 'End.B6'),
  encode: (value, output) => writeSegments(value, output, output.source['action'] === 'End.B6'),
};

const seg6Mode = enumeration(u32, { inline: 0, encap: 1, l2encap: 2, 'encap.red': 3, 'l2encap.red': 4 });

/** How packets get their segments. */
export interface Seg6Tunnel extends SegmentHeader {
  mode: 'inline' | 'encap' | 'l2encap' | 'encap.red' | 'l2encap.red' | number;
}
/** What Seg6Tunnel is made from. */
export interface Seg6TunnelInput extends SegmentHeaderInput {
  readonly mode: Seg6Tunnel['mode'];
}

const seg6Tunnel: Codec<Seg6Tunnel, Seg6TunnelInput> = {
  shape: {
    is: 'converted',
    of: { is: 'bytes', length: undefined },
    samples: [
      { mode: 'encap', segments: ['fc00::1', 'fc00::2'] },
      { mode: 'inline', segments: ['fc00::1'] },
    ],
  },
  decode(input) {
    const mode = seg6Mode.decode(input);
    return { mode, ...readSegments(input, mode === 'inline') };
  },
  encode(value, output) {
    seg6Mode.encode(value.mode, output);
    writeSegments(value, output, value.mode === 'inline' || value.mode === 0);
  },
};

const seg6 = attributes({
  route: field(1, seg6Tunnel, 'SEG6_IPTUNNEL_SRH', 'How segments are put in, and which, in the order in which they are visited.', {
    since: '4.10',
  }),
});

const bpfProgram = (fdName: string, textName: string) =>
  attributes({
    fd: field(1, u32, fdName, 'fd of the loaded program; dumps have its id instead.'),
    name: field(2, string(), textName, 'Name of the program.'),
  });

const seg6local = attributes({
  action: field(
    1,
    enumeration(u32, {
      End: 1,
      'End.X': 2,
      'End.T': 3,
      'End.DX2': 4,
      'End.DX6': 5,
      'End.DX4': 6,
      'End.DT6': 7,
      'End.DT4': 8,
      'End.B6': 9,
      'End.B6.Encaps': 10,
      'End.BM': 11,
      'End.S': 12,
      'End.AS': 13,
      'End.AM': 14,
      'End.BPF': 15,
      'End.DT46': 16,
    }),
    'SEG6_LOCAL_ACTION',
    'What is done with packets for this segment.',
    { since: '4.14' },
  ),
  header: field(2, segmentHeader, 'SEG6_LOCAL_SRH', 'Segments of End.B6 and End.B6.Encaps.', { since: '4.14' }),
  table: field(3, table, 'SEG6_LOCAL_TABLE', 'Table for the lookup.', { since: '4.14' }),
  nexthop4: field(4, ipv4, 'SEG6_LOCAL_NH4', 'IPv4 nexthop.', { since: '4.14' }),
  nexthop6: field(5, ipv6, 'SEG6_LOCAL_NH6', 'IPv6 nexthop.', { since: '4.14' }),
  input: field(6, link, 'SEG6_LOCAL_IIF', 'Link that packets come in on.', { since: '4.14' }),
  output: field(7, link, 'SEG6_LOCAL_OIF', 'Link that packets leave by.', { since: '4.14' }),
  program: field(8, bpfProgram('SEG6_LOCAL_BPF_PROG', 'SEG6_LOCAL_BPF_PROG_NAME'), 'SEG6_LOCAL_BPF', 'Program of End.BPF.', {
    since: '4.18',
  }),
  vrfTable: field(9, table, 'SEG6_LOCAL_VRFTABLE', 'Table of the VRF for the lookup.', { since: '5.11' }),
  counters: field(
    10,
    attributes(
      {
        packets: field(2, counter64, 'SEG6_LOCAL_CNT_PACKETS', 'Packets handled.'),
        bytes: field(3, counter64, 'SEG6_LOCAL_CNT_BYTES', 'Bytes handled.', { unit: 'bytes' }),
        errors: field(4, counter64, 'SEG6_LOCAL_CNT_ERRORS', 'Packets that failed.'),
      },
      [1],
    ),
    'SEG6_LOCAL_COUNTERS',
    'Counters; an empty object asks for them.',
    { since: '5.14' },
  ),
  flavors: field(
    11,
    attributes({
      operations: field(1, flags(u32, { psp: 2, usp: 4, usd: 8, 'next-csid': 16 }), 'SEG6_LOCAL_FLV_OPERATION', 'Which flavours.'),
      locatorBlock: field(2, u8, 'SEG6_LOCAL_FLV_LCBLOCK_BITS', 'Length of the locator block.', { unit: 'bits' }),
      locatorNode: field(3, u8, 'SEG6_LOCAL_FLV_LCNODE_FN_BITS', 'Length of the locator node and function.', { unit: 'bits' }),
    }),
    'SEG6_LOCAL_FLAVORS',
    'Flavours of End.',
    { since: '6.1' },
  ),
});

const bpf = attributes({
  in: field(1, bpfProgram('LWT_BPF_PROG_FD', 'LWT_BPF_PROG_NAME'), 'LWT_BPF_IN', 'Program for packets that come in.', { since: '4.10' }),
  out: field(2, bpfProgram('LWT_BPF_PROG_FD', 'LWT_BPF_PROG_NAME'), 'LWT_BPF_OUT', 'Program for packets that go out.', { since: '4.10' }),
  xmit: field(3, bpfProgram('LWT_BPF_PROG_FD', 'LWT_BPF_PROG_NAME'), 'LWT_BPF_XMIT', 'Program for packets about to be sent.', {
    since: '4.10',
  }),
  headroom: field(4, u32, 'LWT_BPF_XMIT_HEADROOM', 'Room that the program may add, at most 256.', { unit: 'bytes', since: '4.10' }),
});

/** Segments of RPL source routing. */
export interface RplHeader {
  segments: string[];
}

/** Segments of RPL source routing, uncompressed (struct ipv6_rpl_sr_hdr, rpl.h): the reverse of the order on the wire, as `ip route` has it. */
const rplHeader: Codec<RplHeader, { readonly segments: readonly string[] }> = {
  shape: {
    is: 'converted',
    of: { is: 'bytes', length: undefined },
    samples: [{ segments: ['fd00::1'] }, { segments: ['fd00::1', 'fd00::2'] }],
  },
  decode(input) {
    input.need(8);
    const count = input.bytes[input.position + 3] ?? 0;
    input.position += 8;
    const segments: string[] = [];
    while (segments.length < count && input.position + 16 <= input.end) segments.push(ipv6.decode(input));
    input.position = input.end;
    return { segments: segments.reverse() };
  },
  encode(value, output) {
    const { segments } = value;
    if (!Array.isArray(segments) || segments.length === 0 || segments.length > 127)
      throw new ValueError('a list of 1 to 127 IPv6 addresses', segments, 'segments');
    for (const byte of [0, segments.length * 2, 3, segments.length, 0, 0, 0, 0]) u8.encode(byte, output);
    for (const segment of (segments as readonly string[]).toReversed()) ipv6.encode(segment, output);
  },
};

const rpl = attributes({
  route: field(1, rplHeader, 'RPL_IPTUNNEL_SRH', 'Segments, in the order in which they are visited.', { since: '5.7' }),
});

/** Five bits of a byte hold the length of a node's data, a bit says that it did not fit, seven bits of the next hold what is left. */
const nodeLength: Fixed<number> = converted(u8, { from: (byte) => byte >> 3, to: (value: number) => value << 3, samples: [0, 3, 31] });
const remainingLength: Fixed<number> = converted(u8, { from: (byte) => byte & 0x7f, to: (value: number) => value, samples: [0, 12, 61] });

const ioam6 = attributes({
  mode: field(1, enumeration(u8, { inline: 1, encap: 2, auto: 3 }), 'IOAM6_IPTUNNEL_MODE', 'How the option is put in.', { since: '5.16' }),
  destination: field(2, ipv6, 'IOAM6_IPTUNNEL_DST', 'Outer destination of encap and auto.', { since: '5.16' }),
  trace: field(
    3,
    struct({
      namespaceId: member(u16be, 'namespace_id', 'IOAM namespace.'),
      nodeLength: member(nodeLength, 'nodelen', 'Data that each node adds; the kernel computes it.', { unit: '4 bytes' }),
      remaining: member(remainingLength, 'remlen', 'Room for data.', { unit: '4 bytes' }),
      type: member(u32be, 'type_be32', 'Which data nodes add: a mask, the first bit is bit 31, the last 8 bits are reserved.'),
    }),
    'IOAM6_IPTUNNEL_TRACE',
    'The trace that is begun.',
    { since: '5.15' },
  ),
  every: field(4, u32, 'IOAM6_IPTUNNEL_FREQ_K', 'The trace is put into this many packets ...', { since: '6.1' }),
  outOf: field(5, u32, 'IOAM6_IPTUNNEL_FREQ_N', '... out of this many, 1 to 1000000.', { since: '6.1' }),
  source: field(6, ipv6, 'IOAM6_IPTUNNEL_SRC', 'Outer source of encap and auto.', { since: '6.12' }),
});

const xfrm = attributes({
  interfaceId: field(1, u32, 'LWT_XFRM_IF_ID', 'Interface id of the policies that apply.', { since: '6.1' }),
  link: field(2, link, 'LWT_XFRM_LINK', 'Underlying link.', { since: '6.1' }),
});

export const encapsulationType = enumeration(u16, {
  none: 0,
  mpls: 1,
  ip: 2,
  ila: 3,
  ip6: 4,
  seg6: 5,
  bpf: 6,
  seg6local: 7,
  rpl: 8,
  ioam6: 9,
  xfrm: 10,
});

const cases = { mpls, ip: overIpv4, ila, ip6: overIpv6, seg6, bpf, seg6local, rpl, ioam6, xfrm };

type Cases = typeof cases;

/** An encapsulation, told apart by its type. */
export type Encapsulation =
  { [K in keyof Cases]: { type: K } & Infer<Cases[K]> }[keyof Cases] | { type: 'none' | number; unknown?: UnknownAttribute[] };
/** What an encapsulation is made from. */
export type EncapsulationInput =
  | { [K in keyof Cases]: { readonly type: K } & InferInput<Cases[K]> }[keyof Cases]
  | { readonly type: 'none' | number; readonly unknown?: readonly UnknownAttribute[] | undefined };

/** Lightweight tunnels (lwtunnel.h): packets of the route are encapsulated. The two attributes have other numbers in each message. */
export function encapsulation(
  typeAttribute: number,
  typeKernel: string,
  attribute: number,
  kernel: string,
): Field<Encapsulation, EncapsulationInput> {
  const made = variant({
    tag: 'type',
    tagType: typeAttribute,
    tagKernel: typeKernel,
    tagCodec: encapsulationType,
    type: attribute,
    kernel,
    cases,
    doc: "Encapsulation of the packets: { type: 'mpls', labels: [100] }, { type: 'seg6', ... }, { type: 'ip', ... } and so on.",
    notes: { since: '4.3' },
  });
  return made;
}
