import { has, hex, ifTrue, linkName, numbered, renamed, seconds, zeroOrOne } from './conversions.js';
import { infoTunnels } from './tunnel-kinds.js';
import { plainly, shows, type Chooses, type Conversion, type Table } from './table.js';

/* linkinfo.info_data and linkinfo.info_slave_data of `ip -details link show`, by kind. */

/** As iproute2 writes the identifier of a bridge: bytes of the address without leading zeros. */
export const bridgeId: Conversion = (value) => {
  if (typeof value !== 'object' || value === null) return undefined;
  const { priority, address } = value as { priority: number; address: string };
  const short = address.split(':').map((byte) => Number.parseInt(byte, 16).toString(16));
  return `${priority.toString(16).padStart(4, '0')}.${short.join(':')}`;
};

export const vlanProtocol = renamed({ '802.1q': '802.1Q' });

/** Timers of the spanning tree are set again and again while they run. */
export function timer(field: string) {
  return shows(field, seconds, { moving: 'free' });
}

const router = numbered({ disabled: 0, automatic: 1, permanent: 2, temporary: 3 });

const bridge: Table = {
  ...plainly({
    forward_delay: 'forwardDelay',
    hello_time: 'helloTime',
    max_age: 'maxAge',
    ageing_time: 'ageingTime',
    priority: 'priority',
    root_port: 'rootPort',
    root_path_cost: 'rootPathCost',
    vlan_default_pvid: 'vlanDefaultPvid',
    group_addr: 'groupAddress',
    mcast_hash_elasticity: 'multicastHashElasticity',
    mcast_hash_max: 'multicastHashMax',
    mcast_last_member_cnt: 'multicastLastMemberCount',
    mcast_startup_query_cnt: 'multicastStartupQueryCount',
    mcast_last_member_intvl: 'multicastLastMemberInterval',
    mcast_membership_intvl: 'multicastMembershipInterval',
    mcast_querier_intvl: 'multicastQuerierInterval',
    mcast_query_intvl: 'multicastQueryInterval',
    mcast_query_response_intvl: 'multicastQueryResponseInterval',
    mcast_startup_query_intvl: 'multicastStartupQueryInterval',
    mcast_igmp_version: 'igmpVersion',
    mcast_mld_version: 'mldVersion',
  }),
  ...plainly(
    {
      vlan_filtering: 'vlanFiltering',
      vlan_stats_enabled: 'vlanStatistics',
      vlan_stats_per_port: 'vlanStatisticsPerPort',
      topology_change: 'topologyChange',
      topology_change_detected: 'topologyChangeDetected',
      mcast_snooping: 'multicastSnooping',
      mcast_query_use_ifaddr: 'multicastQueryUseInterfaceAddress',
      mcast_querier: 'multicastQuerier',
      mcast_stats_enabled: 'multicastStatistics',
      nf_call_iptables: 'netfilterIptables',
      nf_call_ip6tables: 'netfilterIp6tables',
      nf_call_arptables: 'netfilterArptables',
      no_linklocal_learn: 'options.noLinkLocalLearn',
      mcast_vlan_snooping: 'options.vlanMulticastSnooping',
    },
    zeroOrOne,
  ),
  stp_state: shows('stp', numbered({ off: 0, kernel: 1, user: 2 })),
  vlan_protocol: shows('vlanProtocol', vlanProtocol),
  bridge_id: shows('bridgeId', bridgeId),
  // iproute2 6.1 prints the bridge's own identifier here, too.
  root_id: shows('bridgeId', bridgeId),
  hello_timer: timer('helloTimer'),
  tcn_timer: timer('tcnTimer'),
  topology_change_timer: timer('topologyChangeTimer'),
  gc_timer: timer('gcTimer'),
  group_fwd_mask: shows('groupForwardMask', hex),
  mcast_router: shows('multicastRouter', router),
};

/** Groups that have a name by it, all others as numbers of their own. */
const forwardedGroups: Conversion = (value) => {
  if (typeof value !== 'number') return undefined;
  const names: Readonly<Record<number, string>> = { 0: 'stp', 2: 'lacp', 14: 'lldp' };
  if (value === 0) return '0x0';
  const set = Array.from({ length: 16 }, (_, bit) => bit).filter((bit) => ((value >> bit) & 1) === 1);
  return set.map((bit) => names[bit] ?? `0x${(1 << bit).toString(16)}`).join(',');
};

export const bridgePort: Table = {
  ...plainly({
    state: 'state',
    priority: 'priority',
    cost: 'cost',
    hairpin: 'hairpin',
    guard: 'guard',
    root_block: 'rootBlock',
    fastleave: 'fastLeave',
    learning: 'learning',
    flood: 'unicastFlood',
    designated_port: 'designatedPort',
    designated_cost: 'designatedCost',
    proxy_arp: 'proxyArp',
    proxy_arp_wifi: 'proxyArpWifi',
    mcast_flood: 'multicastFlood',
    bcast_flood: 'broadcastFlood',
    mcast_to_unicast: 'multicastToUnicast',
    neigh_suppress: 'neighbourSuppress',
    vlan_tunnel: 'vlanTunnel',
    isolated: 'isolated',
    locked: 'locked',
  }),
  ...plainly({ topology_change_ack: 'topologyChangeAck', config_pending: 'configPending' }, zeroOrOne),
  id: shows('id', hex),
  no: shows('number', hex),
  bridge_id: shows('bridgeId', bridgeId),
  root_id: shows('rootId', bridgeId),
  hold_timer: timer('holdTimer'),
  message_age_timer: timer('messageAgeTimer'),
  forward_delay_timer: timer('forwardDelayTimer'),
  multicast_router: shows('multicastRouter', router),
  group_fwd_mask: shows('groupForwardMask', hex),
  group_fwd_mask_str: shows('groupForwardMask', forwardedGroups),
  backup_port: shows('backupPort', linkName),
};

const bond: Table = {
  ...plainly({
    mode: 'mode',
    miimon: 'miiMonitor',
    updelay: 'upDelay',
    downdelay: 'downDelay',
    peer_notify_delay: 'peerNotificationDelay',
    arp_interval: 'arpInterval',
    arp_missed_max: 'missedMax',
    arp_all_targets: 'arpAllTargets',
    primary_reselect: 'primaryReselect',
    fail_over_mac: 'failOverMac',
    xmit_hash_policy: 'transmitHashPolicy',
    resend_igmp: 'resendIgmp',
    num_peer_notif: 'peerNotifications',
    min_links: 'minLinks',
    lp_interval: 'learnPacketInterval',
    packets_per_slave: 'packetsPerPort',
    ad_lacp_rate: 'lacpRate',
    ad_select: 'adSelect',
    ad_actor_sys_prio: 'adActorSystemPriority',
    ad_user_port_key: 'adUserPortKey',
    ad_actor_system: 'adActorSystem',
    arp_ip_target: 'arpTargets',
    ns_ip6_target: 'nsTargets',
  }),
  ...plainly({ use_carrier: 'useCarrier', all_slaves_active: 'allPortsActive', tlb_dynamic_lb: 'tlbDynamicBalance' }, zeroOrOne),
  ...plainly({ active_slave: 'activePort', primary: 'primary' }, linkName),
  arp_validate: shows('arpValidate', renamed({ none: null, 'filter-active': 'filter_active', 'filter-backup': 'filter_backup' })),
  ad_lacp_active: shows('lacpActive', (value) => (typeof value === 'boolean' ? (value ? 'on' : 'off') : undefined)),
  ad_info: {
    of: 'adInfo',
    keys: plainly({
      aggregator: 'aggregator',
      num_ports: 'ports',
      actor_key: 'actorKey',
      partner_key: 'partnerKey',
      partner_mac: 'partnerAddress',
    }),
  },
};

const states = ['active', 'short-timeout', 'aggregating', 'in-sync', 'collecting', 'distributing', 'default', 'expired'];
const stateNumber: Conversion = (value) =>
  Array.isArray(value) ? states.reduce((sum, name, bit) => sum + (value.includes(name) ? 1 << bit : 0), 0) : undefined;
const stateNames: Conversion = (value) => {
  const shown: Readonly<Record<string, string>> = {
    'short-timeout': 'short_timeout',
    aggregating: 'aggregating',
    'in-sync': 'in_sync',
    default: 'defaulted',
  };
  return Array.isArray(value) ? states.filter((name) => value.includes(name)).map((name) => shown[name] ?? name) : undefined;
};

const bondPort: Table = {
  ...plainly({
    link_failure_count: 'linkFailureCount',
    perm_hwaddr: 'permanentAddress',
    queue_id: 'queueId',
    prio: 'priority',
    ad_aggregator_id: 'aggregatorId',
  }),
  state: shows('state', (value) => (typeof value === 'string' ? value.toUpperCase() : undefined)),
  mii_status: shows('miiStatus', renamed({ up: 'UP', 'going-down': 'GOING_DOWN', down: 'DOWN', 'going-back': 'GOING_BACK' })),
  ad_actor_oper_port_state: shows('actorPortState', stateNumber),
  ad_actor_oper_port_state_str: shows('actorPortState', stateNames),
  ad_partner_oper_port_state: shows('partnerPortState', stateNumber),
  ad_partner_oper_port_state_str: shows('partnerPortState', stateNames),
};

const tableNumber = numbered({ default: 253, main: 254, local: 255 });

const macvlan: Table = {
  mode: shows('mode'),
  nopromisc: shows('flags', has('nopromisc')),
  nodst: shows('flags', has('nodst')),
  bcqueuelen: shows('broadcastQueueLength'),
  usedbcqueuelen: shows('broadcastQueueLengthUsed'),
  macaddr_count: shows('sourceAddressCount', (value, { object }) => (object['mode'] === 'source' ? value : undefined), { with: ['mode'] }),
  macaddr_data: shows('sourceAddresses', (value, { object }) => (object['mode'] === 'source' ? value : undefined), { with: ['mode'] }),
};

const ipvlan: Table = {
  mode: shows('mode'),
  private: shows('flags', has('private')),
  vepa: shows('flags', has('vepa')),
  bridge: shows('flags', (value) => (Array.isArray(value) && value.length === 0 ? true : undefined)),
};

const vlan: Table = {
  protocol: shows('protocol', vlanProtocol),
  id: shows('id'),
  flags: shows('flags', (value) => {
    const names = {
      reorderHeader: 'REORDER_HDR',
      gvrp: 'GVRP',
      mvrp: 'MVRP',
      looseBinding: 'LOOSE_BINDING',
      bridgeBinding: 'BRIDGE_BINDING',
    };
    const set = (value ?? {}) as Readonly<Record<string, boolean>>;
    return Object.entries(names).flatMap(([name, shown]) => (set[name] === true ? [shown] : []));
  }),
  ingress_qos: { each: 'ingressPriorities', keys: plainly({ from: 'from', to: 'to' }) },
  egress_qos: { each: 'egressPriorities', keys: plainly({ from: 'from', to: 'to' }) },
};

const tun: Table = {
  type: shows('type'),
  ...plainly({ pi: 'packetInformation', vnet_hdr: 'vnetHeader', persist: 'persist', multi_queue: 'multiQueue' }),
  numqueues: shows('queues', (value, { object }) => (object['multiQueue'] === true ? value : undefined)),
  numdisabled: shows('disabledQueues', (value, { object }) => (object['multiQueue'] === true ? value : undefined)),
  user: shows('owner'),
  group: shows('group'),
};

/** The identifier is in network byte order, so it is read as it is written. */
const sci: Conversion = (value) => (typeof value === 'bigint' ? value.toString(16).padStart(16, '0') : undefined);

const macsec: Table = {
  sci: shows('sci', sci),
  ...plainly({
    icv_len: 'icvLength',
    encoding_sa: 'encodingSa',
    validation: 'validation',
    offload: 'offload',
    window: 'window',
    protect: 'protect',
    encrypt: 'encrypt',
    inc_sci: 'includeSci',
    es: 'endStation',
    scb: 'singleCopyBroadcast',
    replay_protect: 'replayProtect',
  }),
  cipher_suite: shows('cipherSuite', (value) =>
    typeof value === 'string' ? (value === 'default' ? 'GCM-AES-128' : value.toUpperCase()) : undefined,
  ),
};

export const infoData: Chooses = {
  by: 'kind',
  of: 'data',
  cases: {
    ...infoTunnels,
    bridge,
    bond,
    macvlan,
    macvtap: macvlan,
    ipvlan,
    ipvtap: ipvlan,
    vlan,
    vrf: { table: shows('table', tableNumber) },
    tun,
    macsec,
    hsr: {
      slave1: shows('port1', linkName),
      slave2: shows('port2', linkName),
      seq_nr: shows('sequence', undefined, { moving: 'free' }),
      supervision_addr: shows('supervisionAddress'),
      proto: shows('protocol', numbered({ hsr: 0, prp: 1 })),
    },
    bareudp: {
      dstport: shows('port'),
      ethertype: shows('etherType', renamed({ ipv4: 'ip', mpls: 'mpls_uc', 'mpls-multicast': 'mpls_mc' })),
      srcportmin: shows('sourcePortMinimum'),
      multiproto: shows('multiProtocol', (value) => value === true),
    },
    amt: {
      ...plainly({
        mode: 'mode',
        gateway_port: 'gatewayPort',
        relay_port: 'relayPort',
        local: 'local',
        remote: 'remote',
        discovery: 'discovery',
        max_tunnels: 'maxTunnels',
      }),
      link: shows('link', linkName),
    },
    gtp: plainly({ role: 'role', hsize: 'hashSize', restart_count: 'restartCount' }),
    rmnet: { mux_id: shows('muxId') },
    xfrm: {
      if_id: shows('interfaceId', (value, around) => (around.object['external'] === true ? undefined : hex(value, around))),
      external: shows('external', ifTrue),
    },
  },
};

export const infoPortData: Chooses = {
  by: 'port.kind',
  of: 'port.data',
  cases: { bridge: bridgePort, bond: bondPort, vrf: { table: shows('table', tableNumber) } },
};
