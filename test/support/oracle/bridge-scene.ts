import type { Part } from './scene.js';

const bridge = [
  'link add v0 type veth peer name v1',
  'link add w0 type veth peer name w1',
  'link add br0 type bridge mcast_querier 1',
  'link set v0 up',
  'link set v1 up',
  'link set w0 up',
  'link set w1 up',
  'link set br0 up',
  'link set v0 master br0',
  'link set w0 master br0',
];

export const bridgeLinkScene: readonly Part[] = [
  { name: 'a bridge with ports', ip: bridge, objects: /^[vw]0$/ },
  {
    name: 'options of ports',
    bridge: [
      'link set dev v0 cost 7 priority 5 guard on hairpin on fastleave on root_block on learning off flood off mcast_flood off bcast_flood off',
      'link set dev v0 mcast_router 2 mcast_to_unicast on neigh_suppress on vlan_tunnel on isolated on locked on backup_port w0',
      'link set dev w0 learning_sync on state 3',
    ],
    objects: /^[vw]0$/,
  },
];

const vlanBridge = [
  'link add v0 type veth peer name v1',
  'link add w0 type veth peer name w1',
  'link add br0 type bridge vlan_filtering 1 vlan_stats_enabled 1 vlan_stats_per_port 1 mcast_snooping 1 mcast_vlan_snooping 1',
  'link set v0 up',
  'link set v1 up',
  'link set w0 up',
  'link set w1 up',
  'link set br0 up',
  'link set v0 master br0',
  'link set w0 master br0',
];
const vlanLines = [
  'vlan add vid 7 dev v0',
  'vlan add vid 8 dev v0 pvid untagged',
  'vlan add vid 10-20 dev v0',
  'vlan add vid 30-40 dev w0 untagged',
  'vlan add vid 7 dev br0 self',
  'vlan add vid 50-60 dev br0 self',
];

export const vlanScene: readonly Part[] = [
  { name: 'a bridge with VLANs', ip: vlanBridge, bridge: vlanLines, objects: /^(?:v0|w0|br0)$/ },
  {
    name: 'options of VLANs',
    bridge: [
      'vlan set vid 7 dev v0 state blocking',
      'vlan set vid 10-12 dev v0 state learning',
      'vlan set vid 8 dev v0 mcast_router 2',
      'vlan global set vid 7 dev br0 mcast_snooping 1 mcast_querier 1 mcast_igmp_version 3 mcast_mld_version 2 mcast_last_member_count 3',
      'vlan global set vid 7 dev br0 mcast_last_member_interval 150 mcast_startup_query_count 4 mcast_startup_query_interval 3300',
      'vlan global set vid 50-52 dev br0 mcast_membership_interval 30000 mcast_querier_interval 20000 mcast_query_interval 11000',
      'vlan global set vid 50-52 dev br0 mcast_query_response_interval 1100',
    ],
    objects: /^(?:v0|br0)$/,
  },
];

export const tunnelScene: readonly Part[] = [
  {
    name: 'VLANs of tunnels',
    ip: [
      'link add br0 type bridge vlan_filtering 1',
      'link add vx0 type vxlan external dstport 4789',
      'link set vx0 master br0',
      'link set vx0 type bridge_slave vlan_tunnel on',
    ],
    bridge: [
      'vlan add vid 7 dev vx0',
      'vlan add vid 10-20 dev vx0',
      'vlan add dev vx0 vid 7 tunnel_info id 700',
      'vlan add dev vx0 vid 10-20 tunnel_info id 1010-1020',
    ],
    objects: /^vx0$/,
  },
];

export const multicastScene: readonly Part[] = [
  { name: 'a bridge with ports', ip: bridge },
  {
    name: 'groups',
    bridge: [
      'mdb add dev br0 port v0 grp 239.1.1.1 permanent',
      'mdb add dev br0 port w0 grp 239.1.1.1 temp',
      'mdb add dev br0 port v0 grp ff0e::5 temp',
      'mdb add dev br0 port v0 grp 239.1.1.2 src 10.0.0.9 permanent',
      'mdb add dev br0 port v0 grp ff0e::6 src fd00::9 permanent',
      'mdb add dev br0 port w0 grp 01:00:5e:01:02:03 permanent',
      'mdb add dev br0 port br0 grp 239.1.1.3 temp',
    ],
    objects: /^(?:239|ff0e|01:)/,
  },
  {
    name: 'groups in VLANs',
    ip: [
      'link add br1 type bridge vlan_filtering 1',
      'link add x0 type veth peer name x1',
      'link set x0 up',
      'link set x1 up',
      'link set br1 up',
      'link set x0 master br1',
    ],
    bridge: ['vlan add vid 7 dev x0', 'mdb add dev br1 port x0 grp 239.7.7.7 permanent vid 7'],
    objects: /^239\.7/,
  },
];

export const routerScene: readonly Part[] = [
  { name: 'a bridge with ports', ip: bridge, objects: /./ },
  { name: 'ports towards routers', bridge: ['link set dev v0 mcast_router 2', 'link set dev w0 mcast_router 3'], objects: /^[vw]0$/ },
];

export const vniScene: readonly Part[] = [
  {
    name: 'a tunnel with a filter of networks',
    ip: ['link add v0 type veth peer name v1', 'link set v0 up', 'link add vx0 type vxlan external vnifilter dstport 4789 dev v0'],
    bridge: [
      'vni add vni 100 dev vx0',
      'vni add vni 200-210 dev vx0',
      'vni add vni 300 group 239.1.1.1 dev vx0',
      'vni add vni 400-401 remote 10.0.0.9 dev vx0',
    ],
    objects: /^vx0$/,
  },
  {
    name: 'a tunnel over IPv6 with a filter of networks',
    ip: ['link add vx6 type vxlan external vnifilter dstport 4790 local fd00::1 dev v0'],
    bridge: ['vni add vni 500 remote fd00::9 dev vx6'],
    objects: /^vx6$/,
  },
];
