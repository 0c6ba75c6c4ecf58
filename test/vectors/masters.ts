import { byIndex, type Calls } from '../support/vectors.js';

export const masters: Calls = {
  'ip link add b0 type bond mode balance-rr miimon 100 updelay 200 downdelay 300 peer_notify_delay 400 use_carrier 1 resend_igmp 5 num_grat_arp 3 all_slaves_active 1 min_links 1 lp_interval 2 packets_per_slave 4 xmit_hash_policy layer2':
    (route) =>
      route.links.add({
        name: 'b0',
        kind: 'bond',
        data: {
          mode: 'balance-rr',
          miiMonitor: 100,
          upDelay: 200,
          downDelay: 300,
          peerNotificationDelay: 400,
          useCarrier: true,
          resendIgmp: 5,
          peerNotifications: 3,
          allPortsActive: true,
          minLinks: 1,
          learnPacketInterval: 2,
          packetsPerPort: 4,
          transmitHashPolicy: 'layer2',
        },
      }),
  'ip link add b0 type bond mode active-backup active_slave lower primary lower primary_reselect always fail_over_mac none arp_interval 1000 arp_validate none arp_all_targets any arp_ip_target 10.0.0.1,10.0.0.2 arp_missed_max 3':
    (route) =>
      route.links.add({
        name: 'b0',
        kind: 'bond',
        data: {
          mode: 'active-backup',
          activePort: 'lower',
          primary: 'lower',
          primaryReselect: 'always',
          failOverMac: 'none',
          arpInterval: 1000,
          arpValidate: 'none',
          arpAllTargets: 'any',
          arpTargets: ['10.0.0.1', '10.0.0.2'],
          missedMax: 3,
        },
      }),
  'ip link add b0 type bond mode active-backup primary_reselect better fail_over_mac active arp_validate active arp_all_targets all ns_ip6_target fd00::1,fd00::2 num_unsol_na 4':
    (route) =>
      route.links.add({
        name: 'b0',
        kind: 'bond',
        data: {
          mode: 'active-backup',
          primaryReselect: 'better',
          failOverMac: 'active',
          arpValidate: 'active',
          arpAllTargets: 'all',
          nsTargets: ['fd00::1', 'fd00::2'],
          peerNotifications: 4,
        },
      }),
  'ip link add b0 type bond mode active-backup primary_reselect failure fail_over_mac follow arp_validate filter': (route) =>
    route.links.add({
      name: 'b0',
      kind: 'bond',
      data: { mode: 'active-backup', primaryReselect: 'failure', failOverMac: 'follow', arpValidate: 'filter' },
    }),
  'ip link add b0 type bond mode active-backup arp_validate filter_active': (route) =>
    route.links.add({ name: 'b0', kind: 'bond', data: { mode: 'active-backup', arpValidate: 'filter-active' } }),
  'ip link add b0 type bond mode active-backup arp_validate filter_backup': (route) =>
    route.links.add({ name: 'b0', kind: 'bond', data: { mode: 'active-backup', arpValidate: 'filter-backup' } }),
  'ip link add b0 type bond mode balance-xor xmit_hash_policy layer2+3 arp_validate backup': (route) =>
    route.links.add({ name: 'b0', kind: 'bond', data: { mode: 'balance-xor', transmitHashPolicy: 'layer2+3', arpValidate: 'backup' } }),
  'ip link add b0 type bond mode broadcast arp_validate all': (route) =>
    route.links.add({ name: 'b0', kind: 'bond', data: { mode: 'broadcast', arpValidate: 'all' } }),
  'ip link add b0 type bond mode 802.3ad lacp_rate slow lacp_active off ad_select stable ad_user_port_key 7 ad_actor_sys_prio 100 ad_actor_system 02:00:00:00:00:09 xmit_hash_policy layer3+4':
    (route) =>
      route.links.add({
        name: 'b0',
        kind: 'bond',
        data: {
          mode: '802.3ad',
          lacpRate: 'slow',
          lacpActive: false,
          adSelect: 'stable',
          adUserPortKey: 7,
          adActorSystemPriority: 100,
          adActorSystem: '02:00:00:00:00:09',
          transmitHashPolicy: 'layer3+4',
        },
      }),
  'ip link add b0 type bond mode 802.3ad lacp_rate fast lacp_active on ad_select bandwidth xmit_hash_policy encap2+3': (route) =>
    route.links.add({
      name: 'b0',
      kind: 'bond',
      data: { mode: '802.3ad', lacpRate: 'fast', lacpActive: true, adSelect: 'bandwidth', transmitHashPolicy: 'encap2+3' },
    }),
  'ip link add b0 type bond mode 802.3ad ad_select count xmit_hash_policy encap3+4': (route) =>
    route.links.add({ name: 'b0', kind: 'bond', data: { mode: '802.3ad', adSelect: 'count', transmitHashPolicy: 'encap3+4' } }),
  'ip link add b0 type bond mode balance-tlb tlb_dynamic_lb 0 xmit_hash_policy vlan+srcmac': (route) =>
    route.links.add({
      name: 'b0',
      kind: 'bond',
      data: { mode: 'balance-tlb', tlbDynamicBalance: false, transmitHashPolicy: 'vlan+srcmac' },
    }),
  'ip link add b0 type bond mode balance-alb tlb_dynamic_lb 1 use_carrier 0': (route) =>
    route.links.add({ name: 'b0', kind: 'bond', data: { mode: 'balance-alb', tlbDynamicBalance: true, useCarrier: false } }),
  'ip link set bond0 type bond clear_active_slave': (route) => route.links.set(byIndex('bond0'), { kind: 'bond', data: { activePort: 0 } }),
  'ip link set port type bond_slave queue_id 5 prio 10': (route) =>
    route.links.set(byIndex('port'), { port: { kind: 'bond', data: { queueId: 5, priority: 10 } } }),
  'ip link add br9 type bridge forward_delay 1600 hello_time 250 max_age 1900 ageing_time 20000 stp_state 1 priority 4096 group_fwd_mask 0x8 group_address 01:80:c2:00:00:04 no_linklocal_learn 1 vlan_filtering 1 vlan_protocol 802.1ad vlan_default_pvid 10 vlan_stats_enabled 1 vlan_stats_per_port 1':
    (route) =>
      route.links.add({
        name: 'br9',
        kind: 'bridge',
        data: {
          forwardDelay: 1600,
          helloTime: 250,
          maxAge: 1900,
          ageingTime: 20000,
          stp: 'kernel',
          priority: 4096,
          groupForwardMask: 8,
          groupAddress: '01:80:c2:00:00:04',
          vlanFiltering: true,
          vlanProtocol: '802.1ad',
          vlanDefaultPvid: 10,
          vlanStatistics: true,
          vlanStatisticsPerPort: true,
          options: { noLinkLocalLearn: true },
        },
      }),
  'ip link add br9 type bridge mcast_snooping 1 mcast_vlan_snooping 1 mcast_router 2 mcast_query_use_ifaddr 1 mcast_querier 1 mcast_hash_elasticity 16 mcast_hash_max 1024 mcast_last_member_count 3 mcast_startup_query_count 4 mcast_last_member_interval 110 mcast_membership_interval 26100 mcast_querier_interval 25600 mcast_query_interval 12600 mcast_query_response_interval 1100 mcast_startup_query_interval 3200 mcast_stats_enabled 1 mcast_igmp_version 3 mcast_mld_version 2':
    (route) =>
      route.links.add({
        name: 'br9',
        kind: 'bridge',
        data: {
          multicastSnooping: true,
          multicastRouter: 'permanent',
          multicastQueryUseInterfaceAddress: true,
          multicastQuerier: true,
          multicastHashElasticity: 16,
          multicastHashMax: 1024,
          multicastLastMemberCount: 3,
          multicastStartupQueryCount: 4,
          multicastLastMemberInterval: 110,
          multicastMembershipInterval: 26100,
          multicastQuerierInterval: 25600,
          multicastQueryInterval: 12600,
          multicastQueryResponseInterval: 1100,
          multicastStartupQueryInterval: 3200,
          multicastStatistics: true,
          igmpVersion: 3,
          mldVersion: 2,
          options: { vlanMulticastSnooping: true },
        },
      }),
  'ip link add br9 type bridge nf_call_iptables 1 nf_call_ip6tables 0 nf_call_arptables 1': (route) =>
    route.links.add({
      name: 'br9',
      kind: 'bridge',
      data: { netfilterIptables: true, netfilterIp6tables: false, netfilterArptables: true },
    }),
  'ip link set br0 type bridge vlan_filtering 0 vlan_protocol 802.1Q no_linklocal_learn 0 mcast_vlan_snooping 0 mcast_snooping 0 mcast_router 0':
    (route) =>
      route.links.set(byIndex('br0'), {
        kind: 'bridge',
        data: {
          vlanFiltering: false,
          vlanProtocol: '802.1q',
          multicastSnooping: false,
          multicastRouter: 'disabled',
          options: { noLinkLocalLearn: false, vlanMulticastSnooping: false },
        },
      }),
  'ip link set br0 type bridge fdb_flush': (route) => route.links.set(byIndex('br0'), { kind: 'bridge', data: { flushFdb: true } }),
  'ip link set port type bridge_slave state 3 priority 16 cost 100 guard on hairpin on fastleave on root_block on learning on flood on proxy_arp on proxy_arp_wifi on mcast_router 2 mcast_flood on bcast_flood on mcast_to_unicast on group_fwd_mask 0x8 neigh_suppress on vlan_tunnel on isolated on locked on backup_port lower':
    (route) =>
      route.links.set(byIndex('port'), {
        port: {
          kind: 'bridge',
          data: {
            state: 'forwarding',
            priority: 16,
            cost: 100,
            guard: true,
            hairpin: true,
            fastLeave: true,
            rootBlock: true,
            learning: true,
            unicastFlood: true,
            proxyArp: true,
            proxyArpWifi: true,
            multicastRouter: 'permanent',
            multicastFlood: true,
            broadcastFlood: true,
            multicastToUnicast: true,
            groupForwardMask: 8,
            neighbourSuppress: true,
            vlanTunnel: true,
            isolated: true,
            locked: true,
            backupPort: 'lower',
          },
        },
      }),
  'ip link set port type bridge_slave state 0 guard off hairpin off fastleave off root_block off learning off flood off proxy_arp off proxy_arp_wifi off mcast_router 0 mcast_flood off bcast_flood off mcast_to_unicast off neigh_suppress off vlan_tunnel off isolated off locked off nobackup_port':
    (route) =>
      route.links.set(byIndex('port'), {
        port: {
          kind: 'bridge',
          data: {
            state: 'disabled',
            guard: false,
            hairpin: false,
            fastLeave: false,
            rootBlock: false,
            learning: false,
            unicastFlood: false,
            proxyArp: false,
            proxyArpWifi: false,
            multicastRouter: 'disabled',
            multicastFlood: false,
            broadcastFlood: false,
            multicastToUnicast: false,
            neighbourSuppress: false,
            vlanTunnel: false,
            isolated: false,
            locked: false,
            backupPort: 0,
          },
        },
      }),
  'ip link set port type bridge_slave mcast_fast_leave on': (route) =>
    route.links.set(byIndex('port'), { port: { kind: 'bridge', data: { fastLeave: true } } }),
  'ip link set port type bridge_slave fdb_flush': (route) =>
    route.links.set(byIndex('port'), { port: { kind: 'bridge', data: { flush: true } } }),
  'ip link add t0 type team': (route) => route.links.add({ name: 't0', kind: 'team' }),
  'ip link set port type team_slave': (route) => route.links.set(byIndex('port'), { port: { kind: 'team' } }),
  'ip link add v0 type vrf table 100': (route) => route.links.add({ name: 'v0', kind: 'vrf', data: { table: 100 } }),
  'ip link set port type vrf_slave': (route) => route.links.set(byIndex('port'), { port: { kind: 'vrf' } }),
};
