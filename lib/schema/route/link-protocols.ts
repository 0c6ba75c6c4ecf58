import { Input, ValueError, type Codec, type Fields, type Infer, type InferInput } from '../../codec/codec.js';
import { ipv6 } from '../../codec/address.js';
import { attributes } from '../../codec/attributes.js';
import { field, readOnly } from '../../codec/field.js';
import { enumeration, flags } from '../../codec/names.js';
import { littleEndian, s32, u32, u8 } from '../../codec/scalars.js';
import { member, refuseUnknown, struct } from '../../codec/struct.js';

/** Settings of a link: what makes an object of the kernel's array of 32-bit numbers, and the names, in the array's order. */
interface Settings<T> {
  readonly read: (input: Input) => T;
  readonly names: readonly string[];
}

/**
 * Settings whose order is that of a literal. A literal, since V8 makes such an object in one go: a field that is added by a computed name
 * costs as much as twenty of its fields, and a link has a hundred settings.
 */
function settings<T extends object>(read: (input: Input) => T): Settings<T> {
  return { read, names: Object.keys(read(new Input(new Uint8Array()))) };
}

/** The next setting; 0 behind the last, where the kernel has fewer than there are names. */
function setting(input: Input): number {
  const at = input.position;
  input.position = at + 4;
  return at + 4 <= input.end ? input.view.getInt32(at, littleEndian) : 0;
}

/** IPv4 settings of a link, by their sysctl names, with their index in the kernel's array (IPV4_DEVCONF_, ip.h). */
const ipv4Settings = settings((input) => ({
  forwarding: setting(input),
  mc_forwarding: setting(input),
  proxy_arp: setting(input),
  accept_redirects: setting(input),
  secure_redirects: setting(input),
  send_redirects: setting(input),
  shared_media: setting(input),
  rp_filter: setting(input),
  accept_source_route: setting(input),
  bootp_relay: setting(input),
  log_martians: setting(input),
  tag: setting(input),
  arp_filter: setting(input),
  medium_id: setting(input),
  disable_xfrm: setting(input),
  disable_policy: setting(input),
  force_igmp_version: setting(input),
  arp_announce: setting(input),
  arp_ignore: setting(input),
  promote_secondaries: setting(input),
  arp_accept: setting(input),
  arp_notify: setting(input),
  accept_local: setting(input),
  src_valid_mark: setting(input),
  proxy_arp_pvlan: setting(input),
  route_localnet: setting(input),
  igmpv2_unsolicited_report_interval: setting(input),
  igmpv3_unsolicited_report_interval: setting(input),
  ignore_routes_with_linkdown: setting(input),
  drop_unicast_in_l2_multicast: setting(input),
  drop_gratuitous_arp: setting(input),
  bc_forwarding: setting(input),
  arp_evict_nocarrier: setting(input),
}));

/** IPv6 settings of a link, by their sysctl names, in the kernel's order (DEVCONF_, ipv6.h). */
const ipv6Settings = settings((input) => ({
  forwarding: setting(input),
  hop_limit: setting(input),
  mtu: setting(input),
  accept_ra: setting(input),
  accept_redirects: setting(input),
  autoconf: setting(input),
  dad_transmits: setting(input),
  router_solicitations: setting(input),
  router_solicitation_interval: setting(input),
  router_solicitation_delay: setting(input),
  use_tempaddr: setting(input),
  temp_valid_lft: setting(input),
  temp_prefered_lft: setting(input),
  regen_max_retry: setting(input),
  max_desync_factor: setting(input),
  max_addresses: setting(input),
  force_mld_version: setting(input),
  accept_ra_defrtr: setting(input),
  accept_ra_pinfo: setting(input),
  accept_ra_rtr_pref: setting(input),
  router_probe_interval: setting(input),
  accept_ra_rt_info_max_plen: setting(input),
  proxy_ndp: setting(input),
  optimistic_dad: setting(input),
  accept_source_route: setting(input),
  mc_forwarding: setting(input),
  disable_ipv6: setting(input),
  accept_dad: setting(input),
  force_tllao: setting(input),
  ndisc_notify: setting(input),
  mldv1_unsolicited_report_interval: setting(input),
  mldv2_unsolicited_report_interval: setting(input),
  suppress_frag_ndisc: setting(input),
  accept_ra_from_local: setting(input),
  use_optimistic: setting(input),
  accept_ra_mtu: setting(input),
  stable_secret: setting(input),
  use_oif_addrs_only: setting(input),
  accept_ra_min_hop_limit: setting(input),
  ignore_routes_with_linkdown: setting(input),
  drop_unicast_in_l2_multicast: setting(input),
  drop_unsolicited_na: setting(input),
  keep_addr_on_down: setting(input),
  router_solicitation_max_interval: setting(input),
  seg6_enabled: setting(input),
  seg6_require_hmac: setting(input),
  enhanced_dad: setting(input),
  addr_gen_mode: setting(input),
  disable_policy: setting(input),
  accept_ra_rt_info_min_plen: setting(input),
  ndisc_tclass: setting(input),
  rpl_seg_enabled: setting(input),
  ra_defrtr_metric: setting(input),
  ioam6_enabled: setting(input),
  ioam6_id: setting(input),
  ioam6_id_wide: setting(input),
  ndisc_evict_nocarrier: setting(input),
  accept_untracked_na: setting(input),
  accept_ra_min_lft: setting(input),
  force_forwarding: setting(input),
}));

/** Types of attributes are smaller or the same (NLA_TYPE_MASK). */
const mostAttributes = 0x3fff;

/**
 * An array of 32-bit settings as an object by name. Settings that this list does not have yet are under their number. The kernel reports
 * an array and takes attributes, numbered from 1: `take` says that those are what is encoded.
 */
function settingsArray<T extends object>(
  { names, read }: Settings<T>,
  take: 'attributes' | 'array',
): Codec<Record<string, number> & { [K in keyof T]?: number }, { readonly [K in keyof T]?: number | undefined }> {
  const indexes = new Map(names.map((name, index) => [name, index] as const));
  /** A name, or the number of one that has none here: it is the type of an attribute, less one. */
  const isSetting = (name: string): boolean =>
    indexes.has(name) || (/^[1-9][0-9]{0,4}$/.test(name) && Number(name) >= names.length && Number(name) < mostAttributes);
  const known = names.map((name, index) => ({ name, type: index + 1, kernel: `sysctl ${name}`, doc: `The setting ${name} of the link.` }));
  const shape =
    take === 'attributes'
      ? ({ is: 'converted', of: { is: 'bytes', length: undefined }, samples: [] } as const)
      : ({
          is: 'converted',
          of: { is: 'bytes', length: undefined },
          samples: [{ [names[0] ?? '']: 1 }, Object.fromEntries(known.map(({ name, type }) => [name, type]))],
        } as const);
  const codec: Codec<Fields, Readonly<Fields>> = {
    shape,
    decode(input) {
      const count = (input.end - input.position) >> 2;
      const value = read(input) as Fields;
      // The last field first: V8 takes that back without giving up the object's shape.
      for (let index = names.length - 1; index >= count; index--) delete value[names[index] ?? ''];
      for (let index = names.length; index < count; index++) value[String(index)] = setting(input);
      return value;
    },
    encode(value, output) {
      refuseUnknown(value, isSetting, () => names);
      const given = new Map<number, number>();
      for (const [name, one] of Object.entries(value)) {
        if (one === undefined) continue;
        if (typeof one !== 'number' || (one | 0) !== one) throw new ValueError('an integer of 32 bits, with its sign', one, name);
        given.set(indexes.get(name) ?? Number(name), one);
      }
      if (take === 'array') {
        const length = Math.max(-1, ...given.keys()) + 1;
        for (let index = 0; index < length; index++) s32.encode(given.get(index) ?? 0, output);
        return;
      }
      for (const [index, one] of [...given].sort(([a], [b]) => a - b)) {
        output.reserve(8);
        output.view.setUint16(output.position, 8, littleEndian);
        output.view.setUint16(output.position + 2, index + 1, littleEndian);
        output.view.setInt32(output.position + 4, one, littleEndian);
        output.position += 8;
      }
    },
  };
  return codec as unknown as Codec<Record<string, number> & { [K in keyof T]?: number }, { readonly [K in keyof T]?: number | undefined }>;
}

const ipv4Protocol = attributes({
  settings: field(
    1,
    settingsArray(ipv4Settings, 'attributes'),
    'IFLA_INET_CONF',
    'IPv4 settings (net.ipv4.conf) by their sysctl names; only those that are given change.',
  ),
});

const ipv6Protocol = attributes({
  flags: readOnly(
    1,
    flags(u32, { 'rs-sent': 0x10, 'ra-received': 0x20, 'ra-managed': 0x40, 'ra-other': 0x80, ready: 0x80000000 }),
    'IFLA_INET6_FLAGS',
    'What router discovery did so far.',
  ),
  settings: readOnly(
    2,
    settingsArray(ipv6Settings, 'array'),
    'IFLA_INET6_CONF',
    'IPv6 settings (net.ipv6.conf) by their sysctl names; they are changed by sysctl.',
  ),
  statistics: readOnly(3, counters64(), 'IFLA_INET6_STATS', 'IPv6 counters of the link (IPSTATS_MIB_, snmp.h), by their place.'),
  cache: readOnly(
    5,
    struct({
      maximumReassembly: member(u32, 'max_reasm_len', 'Longest packet that is reassembled.', { unit: 'bytes' }),
      updated: member(u32, 'tstamp', 'When the interface last changed, since boot.', { unit: '1/100 second' }),
      reachableTime: member(u32, 'reachable_time', 'How long a neighbour is taken to be reachable.', { unit: 'ms' }),
      retransmitTime: member(u32, 'retrans_time', 'Time between solicitations.', { unit: 'ms' }),
    }),
    'IFLA_INET6_CACHEINFO',
    'Times of neighbour discovery.',
  ),
  icmpStatistics: readOnly(6, counters64(), 'IFLA_INET6_ICMP6STATS', 'ICMPv6 counters of the link, by their place.'),
  token: field(7, ipv6, 'IFLA_INET6_TOKEN', 'Host part of addresses that router advertisements make.'),
  addressGeneration: field(
    8,
    enumeration(u8, { eui64: 0, none: 1, 'stable-privacy': 2, random: 3 }),
    'IFLA_INET6_ADDR_GEN_MODE',
    'How link-local addresses are made.',
  ),
  raMtu: readOnly(9, u32, 'IFLA_INET6_RA_MTU', 'MTU that the last router advertisement told.', { unit: 'bytes', since: '5.15' }),
});

/** An array of 64-bit counters without names. */
function counters64(): Codec<number[], readonly number[]> {
  return {
    shape: { is: 'converted', of: { is: 'bytes', length: undefined }, samples: [[3, 1, 2]] },
    decode(input) {
      const { view, position } = input;
      // Of its final size from the start: one that grows is copied over and over.
      const list = Array<number>((input.end - position) >> 3);
      for (let index = 0; index < list.length; index++) {
        const at = position + 8 * index;
        const low = view.getUint32(littleEndian ? at : at + 4, littleEndian);
        const high = view.getUint32(littleEndian ? at + 4 : at, littleEndian);
        list[index] = high === 0 ? low : high * 0x1_0000_0000 + low;
      }
      input.position = position + 8 * list.length;
      return list;
    },
    encode(value, output) {
      for (const one of value) {
        output.reserve(8);
        output.view.setBigUint64(output.position, BigInt(one), littleEndian);
        output.position += 8;
      }
    },
  };
}

export interface Ipv6LinkSettings extends Infer<typeof ipv6Protocol> {}
export interface Ipv6LinkSettingsInput extends InferInput<typeof ipv6Protocol> {}
export const ipv6Link: Codec<Ipv6LinkSettings, Ipv6LinkSettingsInput> = ipv6Protocol;

const protocolsSchema = attributes({
  ipv4: field(2, ipv4Protocol, 'AF_INET', 'IPv4 on the link.'),
  ipv6: field(10, ipv6Link, 'AF_INET6', 'IPv6 on the link.'),
  mctp: field(
    45,
    attributes({
      network: field(1, u32, 'IFLA_MCTP_NET', 'MCTP network of the link.'),
      binding: readOnly(2, u8, 'IFLA_MCTP_PHYS_BINDING', 'Physical binding of the link (DSP0239).', { since: '6.15' }),
    }),
    'AF_MCTP',
    'MCTP on the link.',
    { since: '5.15' },
  ),
});

/** What the address families have to say about a link (IFLA_AF_SPEC). */
export interface LinkProtocols extends Infer<typeof protocolsSchema> {}
export interface LinkProtocolsInput extends InferInput<typeof protocolsSchema> {}
export const linkProtocols: Codec<LinkProtocols, LinkProtocolsInput> = protocolsSchema;
