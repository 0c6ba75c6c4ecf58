import type { Codec, Fields, Infer, InferInput } from '../../codec/codec.js';
import { ipv6 } from '../../codec/address.js';
import { attributes } from '../../codec/attributes.js';
import { field, readOnly } from '../../codec/field.js';
import { enumeration, flags } from '../../codec/names.js';
import { littleEndian, u32, u8 } from '../../codec/scalars.js';
import { member, struct } from '../../codec/struct.js';

/** IPv4 settings of a link, by their sysctl names, with their index in the kernel's array (IPV4_DEVCONF_, ip.h). */
export const ipv4Settings = [
  'forwarding',
  'mc_forwarding',
  'proxy_arp',
  'accept_redirects',
  'secure_redirects',
  'send_redirects',
  'shared_media',
  'rp_filter',
  'accept_source_route',
  'bootp_relay',
  'log_martians',
  'tag',
  'arp_filter',
  'medium_id',
  'disable_xfrm',
  'disable_policy',
  'force_igmp_version',
  'arp_announce',
  'arp_ignore',
  'promote_secondaries',
  'arp_accept',
  'arp_notify',
  'accept_local',
  'src_valid_mark',
  'proxy_arp_pvlan',
  'route_localnet',
  'igmpv2_unsolicited_report_interval',
  'igmpv3_unsolicited_report_interval',
  'ignore_routes_with_linkdown',
  'drop_unicast_in_l2_multicast',
  'drop_gratuitous_arp',
  'bc_forwarding',
  'arp_evict_nocarrier',
] as const;

/** IPv6 settings of a link, by their sysctl names, in the kernel's order (DEVCONF_, ipv6.h). */
export const ipv6Settings = [
  'forwarding',
  'hop_limit',
  'mtu',
  'accept_ra',
  'accept_redirects',
  'autoconf',
  'dad_transmits',
  'router_solicitations',
  'router_solicitation_interval',
  'router_solicitation_delay',
  'use_tempaddr',
  'temp_valid_lft',
  'temp_prefered_lft',
  'regen_max_retry',
  'max_desync_factor',
  'max_addresses',
  'force_mld_version',
  'accept_ra_defrtr',
  'accept_ra_pinfo',
  'accept_ra_rtr_pref',
  'router_probe_interval',
  'accept_ra_rt_info_max_plen',
  'proxy_ndp',
  'optimistic_dad',
  'accept_source_route',
  'mc_forwarding',
  'disable_ipv6',
  'accept_dad',
  'force_tllao',
  'ndisc_notify',
  'mldv1_unsolicited_report_interval',
  'mldv2_unsolicited_report_interval',
  'suppress_frag_ndisc',
  'accept_ra_from_local',
  'use_optimistic',
  'accept_ra_mtu',
  'stable_secret',
  'use_oif_addrs_only',
  'accept_ra_min_hop_limit',
  'ignore_routes_with_linkdown',
  'drop_unicast_in_l2_multicast',
  'drop_unsolicited_na',
  'keep_addr_on_down',
  'router_solicitation_max_interval',
  'seg6_enabled',
  'seg6_require_hmac',
  'enhanced_dad',
  'addr_gen_mode',
  'disable_policy',
  'accept_ra_rt_info_min_plen',
  'ndisc_tclass',
  'rpl_seg_enabled',
  'ra_defrtr_metric',
  'ioam6_enabled',
  'ioam6_id',
  'ioam6_id_wide',
  'ndisc_evict_nocarrier',
  'accept_untracked_na',
  'accept_ra_min_lft',
  'force_forwarding',
] as const;

/**
 * An array of 32-bit settings as an object by name. Settings that this list does not have yet are under their number. The kernel reports
 * an array and takes attributes, numbered from 1: `take` says that those are what is encoded.
 */
function settingsArray<const N extends readonly string[]>(
  names: N,
  take: 'attributes' | 'array',
): Codec<Record<string, number> & { [K in N[number]]?: number }, { readonly [K in N[number]]?: number | undefined }> {
  const indexes = new Map(names.map((name, index) => [name, index] as const));
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
      const value: Fields = {};
      for (let index = 0; input.position + 4 <= input.end; index++) value[names[index] ?? String(index)] = u32.decode(input) | 0;
      return value;
    },
    encode(value, output) {
      const length = Math.max(-1, ...Object.keys(value).map((name) => indexes.get(name) ?? Number(name))) + 1;
      for (let index = 0; index < length; index++) {
        const one = value[names[index] ?? String(index)];
        const number = typeof one === 'number' ? one >>> 0 : 0;
        if (take === 'array') u32.encode(number, output);
        else if (one !== undefined) {
          output.reserve(8);
          output.view.setUint16(output.position, 8, littleEndian);
          output.view.setUint16(output.position + 2, index + 1, littleEndian);
          output.view.setUint32(output.position + 4, number, littleEndian);
          output.position += 8;
        }
      }
    },
  };
  return codec as unknown as Codec<
    Record<string, number> & { [K in N[number]]?: number },
    { readonly [K in N[number]]?: number | undefined }
  >;
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
      const list: number[] = [];
      while (input.position + 8 <= input.end) {
        const low = input.view.getUint32(input.position + (littleEndian ? 0 : 4), littleEndian);
        const high = input.view.getUint32(input.position + (littleEndian ? 4 : 0), littleEndian);
        list.push(high * 0x1_0000_0000 + low);
        input.position += 8;
      }
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
