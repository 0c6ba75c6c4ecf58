import { ipv4 } from '../../../codec/address.js';
import type { Fields } from '../../../codec/codec.js';
import { field } from '../../../codec/field.js';
import { enumeration, flags } from '../../../codec/names.js';
import { link } from '../../../codec/references.js';
import { presence, switch8, u16, u16be, u32, u32be, u8 } from '../../../codec/scalars.js';

/** Protocol inside of a tunnel. */
export const tunnelProtocol = enumeration(u8, { any: 0, ipip: 4, ipv6: 41, mpls: 137 });

/** What a GRE header has (GRE_, if_tunnel.h), in network byte order. */
export const greFlags = flags(u16be, {
  csum: 0x8000,
  routing: 0x4000,
  key: 0x2000,
  seq: 0x1000,
  strict: 0x0800,
  rec: 0x0700,
  ack: 0x0080,
  version: 0x0007,
});

/** Switches of tunnels over IPv6 (IP6_TNL_F_, ip6_tunnel.h); what the tunnel is capable of is the kernel's to tell. */
export const ip6TunnelFlags = flags(
  u32,
  {
    'ignore-encap-limit': 0x1,
    'use-original-traffic-class': 0x2,
    'use-original-flow-label': 0x4,
    'mobile-ipv6': 0x8,
    'copy-dscp': 0x10,
    'use-original-mark': 0x20,
    'allow-local-remote': 0x40,
    'capable-send': 0x10000,
    'capable-receive': 0x20000,
    'capable-per-packet': 0x40000,
  },
  0x70000,
);

/** Encapsulation of tunnels in UDP (foo over UDP, GUE): four attributes from a number on. */
export function encapsulationFields<const N extends number>(first: N, kernel: string) {
  return {
    encapType: field(first, enumeration(u16, { none: 0, fou: 1, gue: 2, mpls: 3 }), `${kernel}_ENCAP_TYPE`, 'Encapsulation in UDP.'),
    encapFlags: field(first + 1, flags(u16, { csum: 1, csum6: 2, remcsum: 4 }), `${kernel}_ENCAP_FLAGS`, 'Checksums of the encapsulation.'),
    encapSourcePort: field(first + 2, u16be, `${kernel}_ENCAP_SPORT`, 'Source port of the encapsulation; 0 is made from the flow.'),
    encapDestinationPort: field(first + 3, u16be, `${kernel}_ENCAP_DPORT`, 'Destination port of the encapsulation.'),
  };
}

/** What GRE over IPv4 and over IPv6 have in common, by the numbers of IFLA_GRE_ (if_tunnel.h). */
export const greFields = {
  link: field(1, link, 'IFLA_GRE_LINK', 'Underlying link.'),
  inputFlags: field(2, greFlags, 'IFLA_GRE_IFLAGS', 'What headers must have on receiving.'),
  outputFlags: field(3, greFlags, 'IFLA_GRE_OFLAGS', 'What headers get on sending.'),
  inputKey: field(4, u32be, 'IFLA_GRE_IKEY', "Key on receiving; given alone, it sets the flag 'key'."),
  outputKey: field(5, u32be, 'IFLA_GRE_OKEY', "Key on sending; given alone, it sets the flag 'key'."),
  ...encapsulationFields(14, 'IFLA_GRE'),
  external: field(18, presence, 'IFLA_GRE_COLLECT_METADATA', 'Routes and filters decide about the outer header.', { since: '4.3' }),
  ignoreDontFragment: field(19, switch8, 'IFLA_GRE_IGNORE_DF', 'Fragment packets that must not be.', { since: '4.8' }),
  mark: field(20, u32, 'IFLA_GRE_FWMARK', 'Mark of outer packets.', { since: '4.12' }),
  erspanIndex: field(21, u32, 'IFLA_GRE_ERSPAN_INDEX', 'Index of the mirrored port (ERSPAN version 1), 20 bits.', { since: '4.14' }),
  erspanVersion: field(22, u8, 'IFLA_GRE_ERSPAN_VER', 'Version of ERSPAN, 0 to 2.', { since: '4.16' }),
  erspanDirection: field(23, enumeration(u8, { ingress: 0, egress: 1 }), 'IFLA_GRE_ERSPAN_DIR', 'Mirrored direction (ERSPAN version 2).', {
    since: '4.16',
  }),
  erspanHardware: field(24, u16, 'IFLA_GRE_ERSPAN_HWID', 'Engine of the switch (ERSPAN version 2), 6 bits.', { since: '4.16' }),
};

/** Whether path MTU discovery is done. */
export const pathMtu = switch8;

/** What tunnels over IPv4 have in common, by the numbers of IFLA_IPTUN_ (if_tunnel.h). */
export const ipTunnelFields = {
  link: field(1, link, 'IFLA_IPTUN_LINK', 'Underlying link.'),
  local: field(2, ipv4, 'IFLA_IPTUN_LOCAL', 'Own address.'),
  remote: field(3, ipv4, 'IFLA_IPTUN_REMOTE', 'Address of the other end.'),
  ttl: field(4, u8, 'IFLA_IPTUN_TTL', 'Outer TTL; 0 inherits.'),
  tos: field(5, u8, 'IFLA_IPTUN_TOS', 'Outer type of service; 1 inherits.'),
  protocol: field(9, tunnelProtocol, 'IFLA_IPTUN_PROTO', 'What is inside.'),
  pathMtuDiscovery: field(10, pathMtu, 'IFLA_IPTUN_PMTUDISC', 'Path MTU discovery.'),
  ...encapsulationFields(15, 'IFLA_IPTUN'),
  external: field(19, presence, 'IFLA_IPTUN_COLLECT_METADATA', 'Routes and filters decide about the outer header.', { since: '4.9' }),
  mark: field(20, u32, 'IFLA_IPTUN_FWMARK', 'Mark of outer packets.', { since: '4.12' }),
};

/**
 * Keys of GRE need their flag: it is set when only the key is given. The other end that a tunnel has not is reported as no address, which
 * tunnels of frames do not take.
 */
export function keyed(value: Readonly<Fields>): Readonly<Fields> {
  let made: Fields | undefined;
  if (value['remote'] === '0.0.0.0' || value['remote'] === '::') delete (made = { ...value })['remote'];
  for (const [key, bits] of [
    ['inputKey', 'inputFlags'],
    ['outputKey', 'outputFlags'],
  ] as const) {
    if (value[key] !== undefined && value[bits] === undefined) (made ??= { ...value })[bits] = ['key'];
  }
  return made ?? value;
}
