import { has, renamed } from './conversions.js';
import type { Part } from './scene.js';
import { shows, type Conversion, type ObjectTable } from './table.js';

/* ip -json -details address show, and ip addrlabel list */

export const familyName = renamed({ ipv4: 'inet', ipv6: 'inet6', unspecified: 'unspec' });

const addressOnly: Conversion = (value) => (typeof value === 'string' ? value.replace(/\/\d+$/, '') : undefined);
const prefixLength: Conversion = (value) => (typeof value === 'string' ? Number(/\/(\d+)$/.exec(value)?.[1]) : undefined);
const lifetime: Conversion = (value) => (value === 'forever' ? 0xffffffff : value);

function flag(name: string, family?: 'ipv4' | 'ipv6') {
  return shows('flags', (value, around) =>
    family === undefined || around.object['family'] === family ? has(name)(value, around) : undefined,
  );
}

/** Addresses of links, each with the index of its link. */
export const addresses: ObjectTable = {
  keys: {
    ifindex: shows('link'),
    family: shows('family', familyName),
    local: shows('address', addressOnly),
    prefixlen: shows('address', prefixLength),
    address: shows('peer', addressOnly),
    metric: shows('metric'),
    broadcast: shows('broadcast'),
    anycast: shows('anycast'),
    scope: shows('scope', renamed({})),
    secondary: flag('secondary', 'ipv4'),
    temporary: flag('secondary', 'ipv6'),
    nodad: flag('nodad'),
    optimistic: flag('optimistic'),
    dadfailed: flag('dadfailed'),
    home: flag('home'),
    deprecated: flag('deprecated'),
    tentative: flag('tentative'),
    dynamic: shows('flags', (value) => (Array.isArray(value) && !value.includes('permanent') ? true : undefined)),
    mngtmpaddr: flag('managetempaddr'),
    noprefixroute: flag('noprefixroute'),
    autojoin: flag('autojoin'),
    'stable-privacy': flag('stable-privacy'),
    label: shows('label'),
    valid_life_time: shows('lifetime.valid', lifetime, { moving: 'between' }),
    preferred_life_time: shows('lifetime.preferred', lifetime, { moving: 'between' }),
    ifa_flags: { unmapped: 'flags that iproute2 has no name for; the kernel has none' },
    deleted: { unmapped: 'printed of notifications only' },
    family_index: { unmapped: 'families that iproute2 has no name for have no addresses' },
  },
  beyond: {
    'lifetime.created': 'cstamp of IFA_CACHEINFO: not printed by iproute2',
    'lifetime.updated': 'tstamp of IFA_CACHEINFO: not printed by iproute2',
    protocol: 'IFA_PROTO (Linux 5.18): not printed by iproute2 6.1',
  },
};

export const addressScene: readonly Part[] = [
  {
    name: 'links for addresses',
    ip: [
      'link add v0 type veth peer name v1',
      'link add d0 type veth peer name d1',
      'link set v0 up',
      'link set v1 up',
      'link set d0 up',
      'link set d1 down',
    ],
    objects: /./,
  },
  {
    name: 'IPv4 addresses',
    ip: [
      'address add 10.0.0.1/24 dev v0 brd + label v0:one',
      'address add 10.0.0.2/24 dev v0',
      'address add 10.0.0.3/24 dev v0 brd 10.0.0.127 noprefixroute metric 7',
      'address add 10.0.1.1 peer 10.0.1.2 dev v0',
      'address add 10.0.2.1 peer 10.0.3.0/24 dev v0 scope link',
      'address add 10.0.4.1/24 dev v0 scope host',
      'address add 10.0.5.1/24 dev v0 scope site',
      'address add 10.0.6.1/24 dev v0 scope 77 metric 99',
      'address add 10.0.7.1/24 dev v0 valid_lft 1000 preferred_lft 500',
      'address add 10.0.8.1/24 dev v0 valid_lft 1000 preferred_lft 0',
      'address add 239.9.9.9/32 dev v0 autojoin',
      'address add 10.0.10.1/32 dev v0',
      'address add 127.0.1.1/8 dev lo',
    ],
    objects: /^(?:10|127|239)\./,
  },
  {
    name: 'IPv6 addresses',
    ip: [
      'address add fd00::1/64 dev v0 nodad',
      'address add fd00::2/64 dev v0 nodad home noprefixroute',
      'address add fd00::3/128 dev v0 nodad metric 55',
      'address add fd00::4 peer fd00::5 dev v0 nodad',
      'address add fd01::1/64 dev v0 nodad mngtmpaddr valid_lft 1000 preferred_lft 500',
      'address add fd02::1/64 dev v0 nodad valid_lft 1000 preferred_lft 0',
      'address add fd03::1/64 dev v0 nodad valid_lft forever preferred_lft 0',
      'address add fe80::77/64 dev v0 nodad scope link',
      'address add fec0::1/64 dev v0 nodad',
      'address add ff0e::77/128 dev v0 nodad autojoin',
      'address add fd04::1/64 dev d0',
    ],
    objects: /^f/,
  },
];

export const addressLabels: ObjectTable = {
  keys: {
    // The kernel reports the length beside the address, and iproute2 prints both.
    address: shows('prefix', addressOnly),
    prefixlen: shows('prefix', prefixLength),
    ifname: shows('link', (value, { linkOf }) => (value === 0 ? undefined : linkOf(value)?.['name'])),
    label: shows('label'),
    deleted: { unmapped: 'printed of notifications only' },
  },
  beyond: { family: 'labels are of IPv6 only', flags: 'ifal_flags: unused', sequence: 'ifal_seq: not printed by iproute2' },
};

export const labelScene: readonly Part[] = [
  {
    name: 'address labels',
    ip: [
      'link add v0 type veth peer name v1',
      'addrlabel add prefix fd00::/8 label 77',
      'addrlabel add prefix fd12:3456::/32 dev v0 label 78',
      'addrlabel add prefix fd00::1/128 label 4294967294',
    ],
    objects: /^(?:fd)/,
  },
];
