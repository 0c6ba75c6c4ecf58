import type { Calls } from '../support/vectors.js';

export const bridge: Calls = {
  'bridge vlan add vid 5 dev port': (route) => route.bridgeLinks.set({ index: 'port', vlans: [{ vlan: 5 }] }),
  'bridge vlan add vid 5 dev port pvid untagged': (route) =>
    route.bridgeLinks.set({ index: 'port', vlans: [{ flags: ['pvid', 'untagged'], vlan: 5 }] }),
  'bridge vlan add vid 5 dev port master': (route) => route.bridgeLinks.set({ index: 'port', target: ['master'], vlans: [{ vlan: 5 }] }),
  'bridge vlan add vid 5 dev br0 self': (route) => route.bridgeLinks.set({ index: 'br0', target: ['self'], vlans: [{ vlan: 5 }] }),
  'bridge vlan add vid 5-10 dev port tunnel_info id 1005-1010': (route) =>
    route.bridgeLinks.set({
      index: 'port',

      tunnels: [
        { id: 1005, vlan: 5, flags: ['range-begin'] },
        { id: 1010, vlan: 10, flags: ['range-end'] },
      ],
    }),
  'bridge vlan add vid 5 dev port tunnel_info id 1005': (route) =>
    route.bridgeLinks.set({ index: 'port', tunnels: [{ id: 1005, vlan: 5, flags: [] }] }),
  'bridge vlan add vid 20-30 dev port': (route) =>
    route.bridgeLinks.set({
      index: 'port',

      vlans: [
        { flags: ['range-begin'], vlan: 20 },
        { flags: ['range-end'], vlan: 30 },
      ],
    }),
  'bridge vlan del vid 5 dev port': (route) => route.bridgeLinks.delete({ index: 'port', vlans: [{ vlan: 5 }] }),
  'bridge vlan del vid 20-30 dev port': (route) =>
    route.bridgeLinks.delete({
      index: 'port',

      vlans: [
        { flags: ['range-begin'], vlan: 20 },
        { flags: ['range-end'], vlan: 30 },
      ],
    }),
  'bridge vlan set vid 5 dev port state forwarding': (route) =>
    route.bridgeVlans.add({ link: 'port', vlans: [{ info: { flags: ['only-options'], vlan: 5 }, state: 'forwarding' }] }),
  'bridge vlan set vid 5-7 dev port state 4': (route) =>
    route.bridgeVlans.add({ link: 'port', vlans: [{ info: { flags: ['only-options'], vlan: 5 }, range: 7, state: 'blocking' }] }),
  'bridge vlan set vid 5 dev port mcast_router 2': (route) =>
    route.bridgeVlans.add({ link: 'port', vlans: [{ info: { flags: ['only-options'], vlan: 5 }, multicastRouter: 'permanent' }] }),
  'bridge vlan global set vid 5 dev br0 mcast_snooping 1 mcast_querier 1 mcast_igmp_version 3 mcast_mld_version 2 mcast_last_member_count 3 mcast_last_member_interval 110 mcast_startup_query_count 4 mcast_startup_query_interval 3200 mcast_membership_interval 26100 mcast_querier_interval 25600 mcast_query_interval 12600 mcast_query_response_interval 1100':
    (route) =>
      route.bridgeVlans.add({
        link: 'br0',
        global: [
          {
            vlan: 5,
            multicastSnooping: true,
            multicastQuerier: true,
            igmpVersion: 3,
            mldVersion: 2,
            multicastLastMemberCount: 3,
            multicastLastMemberInterval: 110,
            multicastStartupQueryCount: 4,
            multicastStartupQueryInterval: 3200,
            multicastMembershipInterval: 26100,
            multicastQuerierInterval: 25600,
            multicastQueryInterval: 12600,
            multicastQueryResponseInterval: 1100,
          },
        ],
      }),
  'bridge vlan global set vid 5-7 dev br0 mcast_snooping 0': (route) =>
    route.bridgeVlans.add({ link: 'br0', global: [{ vlan: 5, range: 7, multicastSnooping: false }] }),
  'bridge mdb add dev br0 port port grp 239.1.1.1': (route) => route.multicast.add({ bridge: 'br0', port: 'port', group: '239.1.1.1' }),
  'bridge mdb add dev br0 port port grp 239.1.1.1 permanent vid 5': (route) =>
    route.multicast.add({ bridge: 'br0', port: 'port', state: 'permanent', vlan: 5, group: '239.1.1.1' }),
  'bridge mdb add dev br0 port port grp 239.1.1.1 temp': (route) =>
    route.multicast.add({ bridge: 'br0', port: 'port', group: '239.1.1.1' }),
  'bridge mdb add dev br0 port port grp 239.1.1.1 src 10.0.0.9': (route) =>
    route.multicast.add({
      bridge: 'br0',
      port: 'port',
      group: '239.1.1.1',
      source: '10.0.0.9',
    }),
  'bridge mdb add dev br0 port port grp ff05::1 src fd00::9 vid 5': (route) =>
    route.multicast.add({
      bridge: 'br0',
      port: 'port',
      vlan: 5,
      group: 'ff05::1',
      source: 'fd00::9',
    }),
  'bridge mdb add dev br0 port port grp 01:00:5e:00:00:05 permanent': (route) =>
    route.multicast.add({ bridge: 'br0', port: 'port', state: 'permanent', group: '01:00:5e:00:00:05' }),
  'bridge mdb add dev br0 port br0 grp 239.1.1.1 permanent': (route) =>
    route.multicast.add({ bridge: 'br0', port: 'br0', state: 'permanent', group: '239.1.1.1' }),
  'bridge mdb del dev br0 port port grp 239.1.1.1': (route) => route.multicast.delete({ bridge: 'br0', port: 'port', group: '239.1.1.1' }),
  'bridge mdb del dev br0 port port grp ff05::1 src fd00::9 vid 5': (route) =>
    route.multicast.delete({
      bridge: 'br0',
      port: 'port',
      vlan: 5,
      group: 'ff05::1',
      source: 'fd00::9',
    }),
  'bridge vni add vni 42 dev vx0': (route) => route.vniFilters.add({ link: 'vx0', entries: [{ first: 42 }] }),
  'bridge vni add vni 42 group 239.1.1.1 dev vx0': (route) =>
    route.vniFilters.add({ link: 'vx0', entries: [{ first: 42, group: '239.1.1.1' }] }),
  'bridge vni add vni 42-44 remote fd00::2 dev vx0': (route) =>
    route.vniFilters.add({ link: 'vx0', entries: [{ first: 42, last: 44, group: 'fd00::2' }] }),
  'bridge vni delete vni 42 dev vx0': (route) => route.vniFilters.delete({ link: 'vx0', entries: [{ first: 42 }] }),
  'bridge link set dev port cost 100 priority 16 state forwarding guard on hairpin on fastleave on root_block on learning on learning_sync on flood on mcast_router 2 mcast_flood on bcast_flood on mcast_to_unicast on neigh_suppress on vlan_tunnel on isolated on locked on backup_port lower':
    (route) =>
      route.bridgeLinks.set({
        index: 'port',

        port: {
          guard: true,
          hairpin: true,
          fastLeave: true,
          rootBlock: true,
          unicastFlood: true,
          multicastRouter: 'permanent',
          multicastFlood: true,
          broadcastFlood: true,
          multicastToUnicast: true,
          learning: true,
          learningSync: true,
          cost: 100,
          priority: 16,
          state: 'forwarding',
          neighbourSuppress: true,
          vlanTunnel: true,
          isolated: true,
          locked: true,
          backupPort: 'lower',
        },
      }),
  'bridge link set dev port state 4 guard off hairpin off fastleave off root_block off learning off learning_sync off flood off mcast_flood off bcast_flood off mcast_to_unicast off neigh_suppress off vlan_tunnel off isolated off locked off nobackup_port':
    (route) =>
      route.bridgeLinks.set({
        index: 'port',

        port: {
          guard: false,
          hairpin: false,
          fastLeave: false,
          rootBlock: false,
          unicastFlood: false,
          multicastFlood: false,
          broadcastFlood: false,
          multicastToUnicast: false,
          learning: false,
          learningSync: false,
          state: 'blocking',
          neighbourSuppress: false,
          vlanTunnel: false,
          isolated: false,
          locked: false,
          backupPort: 0,
        },
      }),
  'bridge link set dev port hwmode vepa self': (route) =>
    route.bridgeLinks.set({ index: 'port', port: {}, target: ['self'], mode: 'vepa' }),
  'bridge link set dev port hwmode veb master': (route) =>
    route.bridgeLinks.set({ index: 'port', port: {}, target: ['master', 'self'], mode: 'veb' }),
};
