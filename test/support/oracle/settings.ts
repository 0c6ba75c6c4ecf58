import { familyName } from './addresses.js';
import { hex, linkName } from './conversions.js';
import type { Part } from './scene.js';
import { isPlain, plainly, shows, unmapped, type Conversion, type ObjectTable, type Plain } from './table.js';

/* ip -json netconf, ip -statistics ntable, ip netns list-id, ip token */

const onOff: Conversion = (value) => (typeof value === 'number' ? value !== 0 : undefined);

export const netconf: ObjectTable = {
  keys: {
    family: shows('family', familyName),
    interface: shows('link', (value, around) => (typeof value === 'number' ? linkName(value, around) : value)),
    ...plainly(
      {
        forwarding: 'forwarding',
        mc_forwarding: 'multicastForwarding',
        proxy_neigh: 'proxyNeighbour',
        ignore_routes_with_linkdown: 'ignoreRoutesWithLinkDown',
        input: 'input',
      },
      onOff,
    ),
    rp_filter: shows('reversePathFilter', (value) => (typeof value === 'number' ? ['off', 'strict', 'loose'][value] : undefined)),
    deleted: unmapped('printed of notifications only'),
  },
  beyond: {
    broadcastForwarding: 'NETCONFA_BC_FORWARDING: not printed by iproute2 6.1',
    forceForwarding: 'NETCONFA_FORCE_FORWARDING (Linux 6.17): not known to iproute2 6.1',
  },
};

export const netconfScene: readonly Part[] = [
  {
    name: 'links',
    ip: ['link add v0 type veth peer name v1', 'link add w0 type veth peer name w1'],
    objects: /^v0 inet/,
  },
  {
    name: 'settings of IPv4',
    sysctls: {
      'net/ipv4/conf/v0/forwarding': '1',
      'net/ipv4/conf/v0/rp_filter': '1',
      'net/ipv4/conf/w0/rp_filter': '2',
      'net/ipv4/conf/v0/proxy_arp': '1',
      'net/ipv4/conf/v0/ignore_routes_with_linkdown': '1',
      'net/ipv4/conf/default/forwarding': '1',
    },
    objects: /^(?:v0|w0|default) inet$/,
  },
  {
    name: 'settings of IPv6',
    sysctls: {
      'net/ipv6/conf/v0/forwarding': '1',
      'net/ipv6/conf/w0/proxy_ndp': '1',
      'net/ipv6/conf/w0/ignore_routes_with_linkdown': '1',
    },
    objects: /^[vw]0 inet6$/,
  },
  { name: 'settings of MPLS', sysctls: { 'net/mpls/conf/v0/input': '1' }, objects: /^v0 mpls$/ },
];

const parameters = plainly({
  refcnt: 'references',
  base_reachable: 'baseReachableTime',
  reachable: 'reachableTime',
  retrans: 'retransmitTime',
  gc_stale: 'gcStaleTime',
  delay_probe: 'delayProbeTime',
  queue: 'queueLength',
  app_probes: 'applicationProbes',
  ucast_probes: 'unicastProbes',
  mcast_probes: 'multicastProbes',
  anycast_delay: 'anycastDelay',
  proxy_delay: 'proxyDelay',
  proxy_queue: 'proxyQueueLength',
  locktime: 'lockTime',
});

function under(object: string, keys: Readonly<Record<string, string>>) {
  return Object.fromEntries(
    Object.entries(keys).map(([key, field]) => [key, shows(`${object}.${field}`, undefined, { moving: 'between' })]),
  );
}

export const neighbourTables: ObjectTable = {
  keys: {
    family: shows('family', familyName),
    name: shows('name'),
    thresh1: shows('threshold1'),
    thresh2: shows('threshold2'),
    thresh3: shows('threshold3'),
    gc_interval: shows('gcInterval'),
    key_length: shows('config.keyLength'),
    entry_size: shows('config.entrySize'),
    // Entries of all namespaces: they come and go while this is read.
    entries: shows('config.entries', undefined, { moving: 'free' }),
    last_flush: unmapped('a time of day, computed from the clock; the kernel tells milliseconds since then'),
    last_rand: unmapped('a time of day, computed from the clock; the kernel tells milliseconds since then'),
    hash_rnd: shows('config.hashRandom', undefined, { moving: 'free' }),
    hash_mask: shows('config.hashMask', hex, { moving: 'free' }),
    hash_chain_gc: shows('config.hashChainGc'),
    proxy_qlen: shows('config.proxyQueueLength', undefined, { moving: 'free' }),
    dev: shows('parameters.link', linkName),
    ...Object.fromEntries(Object.entries(parameters).map(([key, row]) => [key, { ...row, field: `parameters.${row.field}` }])),
    ...under('statistics', {
      allocs: 'allocations',
      destroys: 'destroys',
      hash_grows: 'hashGrows',
      res_failed: 'resolutionsFailed',
      lookups: 'lookups',
      hits: 'hits',
      rcv_probes_mcast: 'multicastProbes',
      rcv_probes_ucast: 'unicastProbes',
      periodic_gc_runs: 'periodicGcRuns',
      forced_gc_runs: 'forcedGcRuns',
      table_fulls: 'tableFulls',
    }),
  },
  beyond: {
    'config.lastFlush': 'ndtc_last_flush: printed as a time of day',
    'config.lastRandom': 'ndtc_last_rand: printed as a time of day',
    'parameters.queueBytes': 'NDTPA_QUEUE_LENBYTES: not printed by iproute2',
    'parameters.multicastReprobes': 'NDTPA_MCAST_REPROBES: not printed by iproute2',
    'parameters.intervalProbeTime': 'NDTPA_INTERVAL_PROBE_TIME_MS: not printed by iproute2',
  },
};

const change = [
  'dev v0 base_reachable 31000 retrans 2000 gc_stale 70000 delay_probe 6000 queue 50 app_probes 1 ucast_probes 4 mcast_probes 5',
  'dev v0 anycast_delay 900 proxy_delay 700 proxy_queue 60 locktime 900',
];

export const tableScene: readonly Part[] = [
  { name: 'a link', ip: ['link add v0 type veth peer name v1'], objects: /^\S+ v0$/ },
  {
    name: 'timing of a link',
    ip: ['arp_cache', 'ndisc_cache'].flatMap((name) => change.map((line) => `ntable change name ${name} ${line}`)),
    objects: /^\S+ v0$/,
  },
];

export const namespaceIds: ObjectTable = {
  keys: {
    nsid: shows('id'),
    name: unmapped('iproute2 finds the name by the files in /run/netns'),
    'current-nsid': shows('currentId'),
  },
  beyond: {},
};

/** ip token: what links have in another form. */
export const tokens: ObjectTable = {
  keys: { token: shows('token'), ifname: shows('name') },
  beyond: {},
};

export const tokenScene: readonly Part[] = [
  {
    name: 'links with a token',
    ip: [
      'link add v0 type veth peer name v1',
      'link set v0 up',
      'link set v1 up',
      'link set v0 addrgenmode eui64',
      'token set ::1:2:3:4 dev v0',
    ],
    objects: /^v0$/,
  },
];

/** Links as ip token shows them: those of IPv6, which can do ARP. */
export function tokensOf(links: readonly object[]): Plain[] {
  return links.filter(isPlain).flatMap((link) => {
    const { protocols, name, arp } = link;
    const ipv6 = isPlain(protocols) ? protocols['ipv6'] : undefined;
    return isPlain(ipv6) && arp === true && link['type'] !== 'loopback' ? [{ name, token: ipv6['token'] }] : [];
  });
}
