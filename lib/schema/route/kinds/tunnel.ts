import type { Fields } from '../../../codec/codec.js';
import { field } from '../../../codec/field.js';
import { enumeration, flags } from '../../../codec/names.js';
import { switch8, u16, u16be, u32, u8 } from '../../../codec/scalars.js';

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

/** Whether path MTU discovery is done. */
export const pathMtu = switch8;

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
