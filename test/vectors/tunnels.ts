import type { LinkInput } from '../../lib/schema/route/link.js';
import type { Calls } from '../support/vectors.js';

/* Tunnels. iproute2 sends most options unasked: they are here as it has them, and a call has its own. */

const gre = {
  inputKey: 0,
  outputKey: 0,
  inputFlags: [],
  outputFlags: [],
  pathMtuDiscovery: true,
  tos: 0,
  ttl: 0,
  mark: 0,
  encapType: 'none',
  encapFlags: [],
  encapSourcePort: 0,
  encapDestinationPort: 0,
} as const;

const gre6 = {
  inputKey: 0,
  outputKey: 0,
  inputFlags: [],
  outputFlags: [],
  hopLimit: 64,
  encapsulationLimit: 4,
  flowInformation: 0,
  flags: [],
  mark: 0,
  erspanVersion: 1,
  encapType: 'none',
  encapFlags: ['csum6'],
  encapSourcePort: 0,
  encapDestinationPort: 0,
} as const;

const ip = {
  protocol: 'any',
  pathMtuDiscovery: true,
  tos: 0,
  ttl: 0,
  link: 0,
  mark: 0,
  encapType: 'none',
  encapFlags: [],
  encapSourcePort: 0,
  encapDestinationPort: 0,
} as const;

const ip6 = {
  protocol: 'any',
  hopLimit: 64,
  encapsulationLimit: 4,
  flowInformation: 0,
  flags: [],
  link: 0,
  mark: 0,
  encapType: 'none',
  encapFlags: ['csum6'],
  encapSourcePort: 0,
  encapDestinationPort: 0,
} as const;

/** ERSPAN is what some of these kinds have besides; the texts are those of the first three commands. */
const erspan = [
  [' erspan_ver 1 erspan 77', { erspanVersion: 1, erspanIndex: 77 }],
  [' erspan_ver 2 erspan_dir ingress erspan_hwid 3', { erspanVersion: 2, erspanDirection: 'ingress', erspanHardware: 3 }],
  [' erspan_ver 2 erspan_dir egress erspan_hwid 4', { erspanVersion: 2, erspanDirection: 'egress', erspanHardware: 4 }],
] as const;
const nothing = [
  ['', {}],
  ['', {}],
  ['', {}],
] as const;

const all = ['csum', 'key', 'seq'] as const;
const encapsulated = {
  encapType: 'fou',
  encapSourcePort: 5555,
  encapDestinationPort: 6666,
  encapFlags: ['csum', 'csum6', 'remcsum'],
} as const;
const fou = 'encap fou encap-sport 5555 encap-dport 6666 encap-csum encap-udp6-csum encap-remcsum';
const gue = 'encap gue encap-sport auto noencap-csum noencap-udp6-csum noencap-remcsum';

function add(kind: string, data: object): Calls[string] {
  return (route) => route.links.add({ name: 't0', kind, data } as LinkInput);
}

function greCalls(kind: 'gre' | 'gretap' | 'erspan'): Calls {
  const [first, second, third] = kind === 'erspan' ? erspan : nothing;
  const usual = kind === 'erspan' ? { ...gre, erspanVersion: 1 } : gre;
  return {
    [`ip link add t0 type ${kind} remote 10.0.0.2 local 10.0.0.1 seq key 42 csum ttl 64 tos inherit pmtudisc ignore-df dev lower fwmark 0x10 ${fou}${first[0]}`]:
      add(kind, {
        ...usual,
        remote: '10.0.0.2',
        local: '10.0.0.1',
        inputKey: 42,
        outputKey: 42,
        inputFlags: all,
        outputFlags: all,
        ttl: 64,
        tos: 1,
        pathMtuDiscovery: true,
        ignoreDontFragment: true,
        link: 'lower',
        mark: 16,
        ...encapsulated,
        ...first[1],
      }),
    [`ip link add t0 type ${kind} remote 10.0.0.2 local any iseq ikey 1.2.3.4 icsum ttl inherit tos 0x10 noignore-df ${gue}${second[0]}`]:
      add(kind, {
        ...usual,
        remote: '10.0.0.2',
        inputKey: 0x01020304,
        inputFlags: all,
        ttl: 0,
        tos: 16,
        ignoreDontFragment: false,
        encapType: 'gue',
        ...second[1],
      }),
    [`ip link add t0 type ${kind} remote any local 10.0.0.1 oseq okey 7 ocsum nopmtudisc encap none${third[0]}`]: add(kind, {
      ...usual,
      local: '10.0.0.1',
      outputKey: 7,
      outputFlags: all,
      pathMtuDiscovery: false,
      ...third[1],
    }),
    [`ip link add t0 type ${kind} seq key 1 csum noseq nokey nocsum noencap`]: add(kind, usual),
    [`ip link add t0 type ${kind} seq noiseq key 1 noikey csum noicsum`]: add(kind, { ...usual, outputKey: 1, outputFlags: all }),
    [`ip link add t0 type ${kind} seq nooseq key 1 nookey csum noocsum`]: add(kind, { ...usual, inputKey: 1, inputFlags: all }),
    [`ip link add t0 type ${kind} external`]: add(kind, { external: true }),
  };
}

function gre6Calls(kind: 'ip6gre' | 'ip6gretap' | 'ip6erspan'): Calls {
  const [first, second, third] = kind === 'ip6erspan' ? erspan : nothing;
  return {
    [`ip link add t0 type ${kind} remote fd00::2 local fd00::1 seq key 42 csum hoplimit 32 encaplimit 5 tclass 0x10 flowlabel 0x12345 dev lower fwmark 0x10 allow-localremote ${fou}${first[0]}`]:
      add(kind, {
        ...gre6,
        remote: 'fd00::2',
        local: 'fd00::1',
        inputKey: 42,
        outputKey: 42,
        inputFlags: all,
        outputFlags: all,
        hopLimit: 32,
        encapsulationLimit: 5,
        flowInformation: 0x01012345,
        flags: ['allow-local-remote'],
        link: 'lower',
        mark: 16,
        ...encapsulated,
        ...first[1],
      }),
    [`ip link add t0 type ${kind} remote fd00::2 local fd00::1 iseq ikey 1.2.3.4 icsum encaplimit none tclass inherit flowlabel inherit dscp inherit fwmark inherit noallow-localremote ${gue}${second[0]}`]:
      add(kind, {
        ...gre6,
        remote: 'fd00::2',
        local: 'fd00::1',
        inputKey: 0x01020304,
        inputFlags: all,
        flags: ['ignore-encap-limit', 'use-original-traffic-class', 'use-original-flow-label', 'copy-dscp', 'use-original-mark'],
        encapType: 'gue',
        encapFlags: [],
        ...second[1],
      }),
    [`ip link add t0 type ${kind} remote fd00::2 oseq okey 7 ocsum encap none${third[0]}`]: add(kind, {
      ...gre6,
      remote: 'fd00::2',
      outputKey: 7,
      outputFlags: all,
      ...third[1],
    }),
    [`ip link add t0 type ${kind} seq key 1 csum noseq nokey nocsum noencap`]: add(kind, gre6),
    [`ip link add t0 type ${kind} seq noiseq key 1 noikey csum noicsum`]: add(kind, { ...gre6, outputKey: 1, outputFlags: all }),
    [`ip link add t0 type ${kind} seq nooseq key 1 nookey csum noocsum`]: add(kind, { ...gre6, inputKey: 1, inputFlags: all }),
    [`ip link add t0 type ${kind} external`]: add(kind, { external: true }),
  };
}

/** IPv4 around something: ipip and sit have the same options but for the modes. */
function ipCalls(kind: 'ipip' | 'sit', modes: readonly (readonly [string, 'ipv6' | 'ipip' | 'mpls' | 'any'])[]): Calls {
  const usual = kind === 'sit' ? { ...ip, flags: [] } : ip;
  const [[first, one] = ['', 'any'], [second, two] = ['', 'any'], [third, three] = ['', 'any']] = modes;
  return {
    [`ip link add t0 type ${kind} mode ${first} remote 10.0.0.2 local 10.0.0.1 ttl 64 tos inherit pmtudisc dev lower fwmark 0x10 ${fou}`]:
      add(kind, {
        ...usual,
        protocol: one,
        remote: '10.0.0.2',
        local: '10.0.0.1',
        ttl: 64,
        tos: 1,
        link: 'lower',
        mark: 16,
        ...encapsulated,
      }),
    [`ip link add t0 type ${kind} mode ${second} remote 10.0.0.2 local any ttl inherit tos 0x10 ${gue}`]: add(kind, {
      ...usual,
      protocol: two,
      remote: '10.0.0.2',
      tos: 16,
      encapType: 'gue',
    }),
    [`ip link add t0 type ${kind} mode ${third} remote any local 10.0.0.1 nopmtudisc encap none`]: add(kind, {
      ...usual,
      protocol: three,
      local: '10.0.0.1',
      pathMtuDiscovery: false,
    }),
    [`ip link add t0 type ${kind} external`]: add(kind, { protocol: 'any', external: true }),
  };
}

export const tunnels: Calls = {
  ...greCalls('gre'),
  ...greCalls('gretap'),
  ...greCalls('erspan'),
  ...gre6Calls('ip6gre'),
  ...gre6Calls('ip6gretap'),
  ...gre6Calls('ip6erspan'),
  ...ipCalls('ipip', [
    ['ipip', 'ipip'],
    ['mplsip', 'mpls'],
    ['any', 'any'],
  ]),
  ...ipCalls('sit', [
    ['ip6ip', 'ipv6'],
    ['ipip', 'ipip'],
    ['mplsip', 'mpls'],
  ]),
  'ip link add t0 type ipip remote 10.0.0.2 noencap': (route) =>
    route.links.add({ name: 't0', kind: 'ipip', data: { ...ip, remote: '10.0.0.2' } }),
  // It takes the options of 6rd, and sends none.
  'ip link add t0 type ipip 6rd-prefix 2001:db8::/32 6rd-relay_prefix 10.0.0.0/8': (route) =>
    route.links.add({ name: 't0', kind: 'ipip', data: ip }),
  'ip link add t0 type sit mode any remote 10.0.0.2 noencap isatap': (route) =>
    route.links.add({ name: 't0', kind: 'sit', data: { ...ip, remote: '10.0.0.2', flags: ['isatap'] } }),
  'ip link add t0 type sit 6rd-prefix 2001:db8::/32 6rd-relay_prefix 10.0.0.0/8': (route) =>
    route.links.add({
      name: 't0',
      kind: 'sit',
      data: {
        ...ip,
        flags: [],
        sixRdPrefix: '2001:db8::',
        sixRdPrefixLength: 32,
        sixRdRelayPrefix: '10.0.0.0',
        sixRdRelayPrefixLength: 8,
      },
    }),
  [`ip link add t0 type ip6tnl mode ip6ip6 remote fd00::2 local fd00::1 encaplimit 5 hoplimit 32 tclass 0x10 flowlabel 0x12345 dev lower fwmark 0x10 allow-localremote ${fou}`]:
    (route) =>
      route.links.add({
        name: 't0',
        kind: 'ip6tnl',
        data: {
          ...ip6,
          protocol: 'ipv6',
          remote: 'fd00::2',
          local: 'fd00::1',
          encapsulationLimit: 5,
          hopLimit: 32,
          flowInformation: 0x01012345,
          link: 'lower',
          mark: 16,
          flags: ['allow-local-remote'],
          ...encapsulated,
        },
      }),
  [`ip link add t0 type ip6tnl mode ipip6 remote fd00::2 local fd00::1 encaplimit none tclass inherit flowlabel inherit dscp inherit fwmark inherit noallow-localremote ${gue}`]:
    (route) =>
      route.links.add({
        name: 't0',
        kind: 'ip6tnl',
        data: {
          ...ip6,
          protocol: 'ipip',
          remote: 'fd00::2',
          local: 'fd00::1',
          flags: ['ignore-encap-limit', 'use-original-traffic-class', 'use-original-flow-label', 'copy-dscp', 'use-original-mark'],
          encapType: 'gue',
          encapFlags: [],
        },
      }),
  'ip link add t0 type ip6tnl mode any remote fd00::2 encap none': (route) =>
    route.links.add({ name: 't0', kind: 'ip6tnl', data: { ...ip6, remote: 'fd00::2' } }),
  'ip link add t0 type ip6tnl remote fd00::2 noencap': (route) =>
    route.links.add({ name: 't0', kind: 'ip6tnl', data: { ...ip6, remote: 'fd00::2' } }),
  'ip link add t0 type ip6tnl external': (route) =>
    route.links.add({ name: 't0', kind: 'ip6tnl', data: { protocol: 'any', external: true } }),
  'ip link add v0 type vti remote 10.0.0.2 local 10.0.0.1 key 42 dev lower fwmark 0x10': (route) =>
    route.links.add({
      name: 'v0',
      kind: 'vti',
      data: { inputKey: 42, outputKey: 42, local: '10.0.0.1', remote: '10.0.0.2', mark: 16, link: 'lower' },
    }),
  'ip link add v0 type vti remote 10.0.0.2 ikey 1.2.3.4 okey 7': (route) =>
    route.links.add({ name: 'v0', kind: 'vti', data: { inputKey: 0x01020304, outputKey: 7, remote: '10.0.0.2', mark: 0 } }),
  'ip link add v0 type vti6 remote fd00::2 local fd00::1 key 42 dev lower fwmark 0x10': (route) =>
    route.links.add({
      name: 'v0',
      kind: 'vti6',
      data: { inputKey: 42, outputKey: 42, local: 'fd00::1', remote: 'fd00::2', mark: 16, link: 'lower' },
    }),
  'ip link add v0 type vti6 remote fd00::2 ikey 1.2.3.4 okey 7': (route) =>
    route.links.add({ name: 'v0', kind: 'vti6', data: { inputKey: 0x01020304, outputKey: 7, remote: 'fd00::2', mark: 0 } }),
};
