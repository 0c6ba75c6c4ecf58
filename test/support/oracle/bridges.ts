import { linkName, numbered, zeroOrOne } from './conversions.js';
import { flags } from './links.js';
import { protocolName } from './routes.js';
import { linkFlags } from '../../../lib/schema/route/link.js';
import { at, isPlain, plainly, shows, unmapped, type Conversion, type ObjectTable, type Plain, type Table } from './table.js';

/* bridge -json -details: link, vlan, vlan global, vlan tunnelshow, mdb, vni */

const router = numbered({ disabled: 0, automatic: 1, permanent: 2, temporary: 3 });

/** Flags of a link that are a number here and names there. */
const numberedFlags: Conversion = (value, around) => {
  const names = typeof value === 'number' ? linkFlags.names(value) : value;
  return flags(names, around);
};

export const bridgeLinks: ObjectTable = {
  keys: {
    ifindex: shows('index'),
    ifname: shows('name'),
    link: shows('parent', linkName),
    link_index: unmapped('the other end in another namespace: compared in links'),
    flags: shows('flags', numberedFlags),
    mtu: shows('mtu'),
    master: shows('master', linkName),
    ...plainly({
      state: 'port.state',
      priority: 'port.priority',
      cost: 'port.cost',
      hairpin: 'port.hairpin',
      guard: 'port.guard',
      root_block: 'port.rootBlock',
      fastleave: 'port.fastLeave',
      learning: 'port.learning',
      learning_sync: 'port.learningSync',
      flood: 'port.unicastFlood',
      mcast_flood: 'port.multicastFlood',
      bcast_flood: 'port.broadcastFlood',
      mcast_to_unicast: 'port.multicastToUnicast',
      neigh_suppress: 'port.neighbourSuppress',
      vlan_tunnel: 'port.vlanTunnel',
      isolated: 'port.isolated',
      locked: 'port.locked',
    }),
    mcast_router: shows('port.multicastRouter', router),
    backup_port: shows('port.backupPort', linkName),
    hwmode: shows('mode', (value) => (typeof value === 'string' ? value.toUpperCase() : undefined)),
    deleted: unmapped('printed of notifications only'),
  },
  beyond: {
    family: 'always bridge',
    type: 'ifi_type: not printed by bridge',
    address: 'IFLA_ADDRESS: not printed by bridge',
    operationalState: 'IFLA_OPERSTATE: not printed by bridge',
    port: 'IFLA_PROTINFO: what bridge does not print of it, ip link does',
    vlans: 'printed by bridge vlan',
    target: 'IFLA_BRIDGE_FLAGS: not printed by bridge',
  },
};

/** 'vlan' and 'vlanEnd'. */
const range = {
  vlan: shows('first'),
  vlanEnd: shows('last', (value, { object }) => (value === object['first'] ? undefined : value)),
} as const;

const flagNames: Conversion = (value) => {
  if (!Array.isArray(value)) return undefined;
  return [...(value.includes('pvid') ? ['PVID'] : []), ...(value.includes('untagged') ? ['Egress Untagged'] : [])];
};
/** Without any flag the key is missing; with others only it is empty. */
const vlanFlags: Conversion = (value, around) => (Array.isArray(value) && value.length === 0 ? undefined : flagNames(value, around));

/** Of a port: name and VLANs, joined() by the ends of their ranges. */
export const vlans: ObjectTable = {
  keys: {
    ifname: shows('index', linkName),
    vlans: { each: 'vlans', keys: { ...range, flags: shows('flags', flagNames) } },
    tunnels: {
      each: 'tunnels',
      keys: {
        ...range,
        tunid: shows('id'),
        tunidEnd: shows('lastId', (value, { object }) => (value === object['id'] ? undefined : value)),
      },
    },
  },
  beyond: {},
};

const ranged: ReadonlySet<unknown> = new Set(['range-begin', 'range-end']);

/** The kernel reports a range as two entries, iproute2 prints one. */
export function joined(entries: unknown): Plain[] {
  const made: Record<string, unknown>[] = [];
  for (const entry of Array.isArray(entries) ? entries.filter(isPlain) : []) {
    const all = Array.isArray(entry['flags']) ? (entry['flags'] as unknown[]) : [];
    const open = made.at(-1);
    const isTunnel = entry['id'] !== undefined;
    // Without any flag iproute2 prints none; of a range it prints what is left, nothing perhaps.
    const flags = all.length === 0 || isTunnel ? {} : { flags: all.filter((flag) => !ranged.has(flag)) };
    const ids = isTunnel ? { id: entry['id'], lastId: entry['id'] } : {};
    if (all.includes('range-end') && open !== undefined)
      Object.assign(open, { last: entry['vlan'] }, isTunnel ? { lastId: entry['id'] } : {});
    else made.push({ first: entry['vlan'], last: entry['vlan'], ...ids, ...flags });
  }
  return made;
}

const counters: Table = {
  rx_bytes: shows('statistics.rxBytes', (value) => value ?? 0, { moving: 'between' }),
  rx_packets: shows('statistics.rxPackets', (value) => value ?? 0, { moving: 'between' }),
  tx_bytes: shows('statistics.txBytes', (value) => value ?? 0, { moving: 'between' }),
  tx_packets: shows('statistics.txPackets', (value) => value ?? 0, { moving: 'between' }),
};

const entryRange: Table = {
  vlan: shows('info.vlan'),
  vlanEnd: shows('range', (value, { object }) => (value === at(object, 'info.vlan') ? undefined : value)),
};

/** bridge -details -statistics vlan show: RTM_GETVLAN. */
export const vlanEntries: ObjectTable = {
  keys: {
    ifname: shows('link', linkName),
    vlans: {
      each: 'vlans',
      keys: {
        ...entryRange,
        flags: shows('info.flags', vlanFlags),
        state: shows('state'),
        mcast_router: shows('multicastRouter', router),
        ...counters,
      },
    },
  },
  beyond: {
    family: 'always bridge',
    'vlans[].tunnel': 'BRIDGE_VLANDB_ENTRY_TUNNEL_INFO: printed by bridge vlan tunnelshow',
    'vlans[].multicastGroupCount': 'BRIDGE_VLANDB_ENTRY_MCAST_N_GROUPS (Linux 6.3): not known to bridge 6.1',
    'vlans[].multicastGroupMax': 'BRIDGE_VLANDB_ENTRY_MCAST_MAX_GROUPS (Linux 6.3): not known to bridge 6.1',
    'vlans[].neighbourSuppress': 'BRIDGE_VLANDB_ENTRY_NEIGH_SUPPRESS (Linux 6.4): not known to bridge 6.1',
  },
};

/** As text: seconds in four places, and hundredths. */
const routerTimer: Conversion = (value) =>
  typeof value === 'number' ? `${String(Math.floor(value / 100)).padStart(4)}.${String(value % 100).padStart(2, '0')}` : undefined;
const routerPort: Table = {
  port: shows('port', linkName),
  timer: shows('timer', routerTimer, { moving: 'free' }),
  type: shows('type', (value) => (value === undefined ? undefined : value === 'permanent' ? 'permanent' : 'temp')),
};
const routerBeyond = {
  ipv4Timer: 'MDBA_ROUTER_PATTR_INET_TIMER: not printed by bridge',
  ipv6Timer: 'MDBA_ROUTER_PATTR_INET6_TIMER: not printed by bridge',
  vlan: 'MDBA_ROUTER_PATTR_VID: not printed by bridge',
} as const;

function beyondRouters(list: string): Record<string, string> {
  return Object.fromEntries(Object.entries(routerBeyond).map(([name, reason]) => [`${list}[].${name}`, reason]));
}

/** bridge -details -statistics vlan global show. */
export const globalVlans: ObjectTable = {
  keys: {
    ifname: shows('link', linkName),
    vlans: {
      each: 'global',
      keys: {
        vlan: shows('vlan'),
        vlanEnd: shows('range', (value, { object }) => (value === object['vlan'] ? undefined : value)),
        ...plainly({ mcast_snooping: 'multicastSnooping', mcast_querier: 'multicastQuerier' }, zeroOrOne),
        ...plainly({
          mcast_igmp_version: 'igmpVersion',
          mcast_mld_version: 'mldVersion',
          mcast_last_member_count: 'multicastLastMemberCount',
          mcast_last_member_interval: 'multicastLastMemberInterval',
          mcast_startup_query_count: 'multicastStartupQueryCount',
          mcast_startup_query_interval: 'multicastStartupQueryInterval',
          mcast_membership_interval: 'multicastMembershipInterval',
          mcast_querier_interval: 'multicastQuerierInterval',
          mcast_query_interval: 'multicastQueryInterval',
          mcast_query_response_interval: 'multicastQueryResponseInterval',
        }),
        router_ports: { each: 'routerPorts', keys: routerPort },
      },
    },
  },
  beyond: {
    family: 'always bridge',
    'global[].querierState': 'BRIDGE_VLANDB_GOPTS_MCAST_QUERIER_STATE: not printed by bridge',
    'global[].instance': 'BRIDGE_VLANDB_GOPTS_MSTI (Linux 5.18): not printed by bridge 6.1',
    ...beyondRouters('global[].routerPorts'),
  },
};

/** Hundredths of a second, as text of the width that the plain output has. */
const timerText: Conversion = (value) => (typeof value === 'number' ? Math.floor(value) / 100 : undefined);

const groupFlags: Conversion = (value) => {
  const names = { offload: 'offload', 'fast-leave': 'fast_leave', 'star-exclude': 'added_by_star_ex', blocked: 'blocked' };
  return Object.entries(names).flatMap(([name, shown]) => (Array.isArray(value) && value.includes(name) ? [shown] : []));
};

/** A membership has 260 s to go, anew with each report of it. */
const renewed = { moving: 'between', slack: 5 } as const;

/** An entry for each port of each group, with the index of the bridge. */
export const multicastEntries: ObjectTable = {
  keys: {
    index: shows('bridge'),
    dev: shows('bridge', linkName),
    port: shows('port', linkName),
    grp: shows('group'),
    src: shows('source'),
    state: shows('state', (value) => (value === 'permanent' ? 'permanent' : 'temp')),
    filter_mode: shows('mode'),
    source_list: { each: 'sources', keys: { address: shows('address'), timer: shows('timer', timerText, renewed) } },
    protocol: shows('protocol', protocolName),
    flags: shows('flags', groupFlags),
    vid: shows('vlan', (value) => (value === 0 ? undefined : value)),
    timer: shows('timer', timerText, renewed),
    deleted: unmapped('printed of notifications only'),
  },
  beyond: {
    remote: 'MDBA_MDB_EATTR_DST (Linux 6.4): not known to bridge 6.1',
    remotePort: 'MDBA_MDB_EATTR_DST_PORT (Linux 6.4): not known to bridge 6.1',
    vni: 'MDBA_MDB_EATTR_VNI (Linux 6.4): not known to bridge 6.1',
    via: 'MDBA_MDB_EATTR_IFINDEX (Linux 6.4): not known to bridge 6.1',
    sourceVni: 'MDBA_MDB_EATTR_SRC_VNI (Linux 6.4): not known to bridge 6.1',
  },
};

/** What bridge prints of them, timers as numbers. */
export function printedEntries(printed: readonly Plain[]): Plain[] {
  const number = (entry: Plain): Plain => ({
    ...entry,
    ...(typeof entry['timer'] === 'string' ? { timer: Number(entry['timer']) } : {}),
    ...(Array.isArray(entry['source_list']) ? { source_list: entry['source_list'].filter(isPlain).map(number) } : {}),
  });
  return printed.flatMap((one) => (Array.isArray(one['mdb']) ? one['mdb'].filter(isPlain).map(number) : []));
}

/** A port towards a router, with the bridge: bridge prints { br0: [ports] }. */
export const routerPorts: ObjectTable = { keys: { dev: shows('bridge', linkName), ...routerPort }, beyond: routerBeyond };

export function printedRouters(printed: readonly Plain[]): Plain[] {
  return printed.flatMap(({ router: byBridge }) =>
    Object.entries(isPlain(byBridge) ? byBridge : {}).flatMap(([dev, ports]) =>
      (Array.isArray(ports) ? ports : []).filter(isPlain).map((port) => ({ dev, ...port })),
    ),
  );
}

const isGroup = (address: string): boolean => (address.includes(':') ? /^ff/i.test(address) : Number(address.split('.')[0]) >> 4 === 14);
function remote(group: boolean): Conversion {
  return (value) => (typeof value !== 'string' || value === '0.0.0.0' || value === '::' || isGroup(value) !== group ? undefined : value);
}

/** bridge -statistics vni show. */
export const vniFilters: ObjectTable = {
  keys: {
    ifname: shows('link', linkName),
    vnis: {
      each: 'entries',
      keys: {
        vni: shows('first'),
        vniEnd: shows('last', (value, { object }) => (value === object['first'] ? undefined : value)),
        group: shows('group', remote(true)),
        remote: shows('group', remote(false)),
        stats: {
          of: 'statistics',
          keys: plainly({
            rx_bytes: 'rxBytes',
            rx_pkts: 'rxPackets',
            rx_drops: 'rxDropped',
            rx_errors: 'rxErrors',
            tx_bytes: 'txBytes',
            tx_pkts: 'txPackets',
            tx_drops: 'txDropped',
            tx_errors: 'txErrors',
          }),
        },
      },
    },
    deleted: unmapped('printed of notifications only'),
  },
  beyond: { family: 'always bridge', flags: 'what was asked for' },
};
