import type { Part } from './scene.js';

/* Links of every kind that iproute2 can make, with every option that they have. The names begin with what is special about them. */

const bridgeOptions = [
  'forward_delay 1000 hello_time 150 max_age 1500 ageing_time 20000 stp_state 0 priority 100 group_fwd_mask 8',
  'group_address 01:80:c2:00:00:0e mcast_snooping 1 mcast_router 2 mcast_query_use_ifaddr 1 mcast_querier 1 mcast_hash_elasticity 8 mcast_hash_max 1024',
  'mcast_last_member_count 3 mcast_startup_query_count 4 mcast_last_member_interval 150 mcast_membership_interval 30000',
  'mcast_querier_interval 20000 mcast_query_interval 11000 mcast_query_response_interval 1100 mcast_startup_query_interval 3300',
  'mcast_stats_enabled 1 mcast_igmp_version 3 mcast_mld_version 2 nf_call_iptables 1 nf_call_ip6tables 1 nf_call_arptables 1 no_linklocal_learn 1',
].join(' ');

const portOptions = [
  'state 3 priority 20 cost 77 hairpin on guard on root_block on fastleave on learning off flood off proxy_arp on proxy_arp_wifi on',
  'mcast_router 2 mcast_fast_leave on mcast_flood off bcast_flood off mcast_to_unicast on group_fwd_mask 16392 neigh_suppress on',
  'vlan_tunnel on isolated on locked on backup_port p1',
].join(' ');

const tunnel = 'remote 10.0.0.2 local 10.0.0.1';
const tunnel6 = 'remote fd00::2 local fd00::1';

/** Below the others: pairs p0 and p1, p2 and p3, up. */
const pairs = [
  'link add p0 type veth peer name p1',
  'link add p2 type veth peer name p3',
  'link set p0 up',
  'link set p1 up',
  'link set p2 up',
];

const parts: readonly Part[] = [
  { name: 'pairs', ip: pairs },
  {
    name: 'settings of any link',
    ip: [
      'link add v0 numtxqueues 4 numrxqueues 2 type veth peer name v1',
      'link set v0 address 02:00:00:00:00:10 mtu 1400 txqueuelen 500 group 7 alias "a link"',
      'link set v0 gso_max_size 60000 gso_max_segs 30 gro_max_size 50000',
      'link property add dev v0 altname another-name-of-the-link altname second',
      'link set v0 addrgenmode random',
      'link set v1 addrgenmode none promisc on allmulticast on multicast off arp off dynamic on mode dormant',
      'link set v1 up',
    ],
  },
  {
    name: 'settings of a link that is no pair',
    ip: [
      'link add set0 address 02:00:00:00:00:11 mtu 1400 txqueuelen 500 numtxqueues 4 numrxqueues 2 gso_max_size 60000 gso_max_segs 30 type ifb',
      'link set set0 group 7 alias "another link"',
      'link property add dev set0 altname a-link-with-a-longer-name altname third',
      'link set set0 multicast off arp off allmulticast on promisc on',
    ],
  },
  {
    name: 'links that are kept down',
    ip: ['link add link p0 pd0 type macvlan', 'link set pd0 protodown on', 'link set pd0 protodown_reason 3 on'],
  },
  {
    name: 'links of kind bridge',
    ip: [
      `link add br0 type bridge ${bridgeOptions}`,
      'link add br1 type bridge stp_state 1',
      'link set br0 up',
      'link set br1 up',
      'link add bp0 type veth peer name bp1',
      'link add bp2 type veth peer name bp3',
      'link set p1 master br0',
      'link set bp0 master br0',
      'link set bp2 master br1',
      'link set bp0 up',
      'link set bp1 up',
      'link set bp3 up',
      'link set bp2 up',
      `link set bp0 type bridge_slave ${portOptions}`,
    ],
  },
  {
    name: 'bridges with VLANs',
    ip: [
      'link add br2 type bridge vlan_filtering 1 vlan_protocol 802.1ad vlan_default_pvid 5 vlan_stats_enabled 1 vlan_stats_per_port 1 mcast_vlan_snooping 1',
      'link set br2 up',
    ],
  },
  { name: 'links of kind dummy', ip: ['link add dummy0 type dummy', 'link set dummy0 up'] },
  { name: 'links of kind ifb', ip: ['link add ifb0 numtxqueues 2 numrxqueues 2 type ifb', 'link set ifb0 up'] },
  { name: 'links of kind vsockmon', ip: ['link add vsm0 type vsockmon'] },
  { name: 'links of kind nlmon', ip: ['link add nlmon0 type nlmon'] },
  { name: 'links of kind vcan', ip: ['link add vcan0 type vcan', 'link set vcan0 up'] },
  { name: 'links of kind vxcan', ip: ['link add vxcan0 type vxcan peer name vxcan1'] },
  {
    name: 'links of kind macvlan',
    ip: [
      'link add link p0 mvprivate type macvlan mode private',
      'link add link p0 mvvepa type macvlan mode vepa bcqueuelen 2000',
      'link add link p0 mvbridge type macvlan mode bridge',
      'link add link p0 mvsource type macvlan mode source macaddr add 02:00:00:00:00:21',
      'link set mvsource type macvlan macaddr add 02:00:00:00:00:22',
      'link add link p2 mvpass type macvlan mode passthru nopromisc',
      'link set mvbridge up',
    ],
  },
  { name: 'macvlan with nodst', ip: ['link add link p0 mvnodst type macvlan mode source nodst'] },
  {
    name: 'links of kind macvtap',
    ip: ['link add link p0 mtvepa type macvtap mode vepa', 'link add link p0 mtsource type macvtap mode source'],
  },
  {
    name: 'links of kind vxlan',
    ip: [
      'link add vxplain type vxlan id 42 dstport 4789',
      'link add vxall type vxlan id 43 remote 10.0.0.2 local 10.0.0.1 dev p0 ttl 9 tos 0x10 df set srcport 2000 3000 dstport 4790 nolearning ageing 77 maxaddress 100 proxy rsc l2miss l3miss udpcsum gbp',
      'link add vxgroup type vxlan id 44 group 239.1.1.1 dev p0 dstport 4789 ttl inherit tos inherit df inherit',
      'link add vx6 type vxlan id 45 remote fd00::2 local fd00::1 dev p0 flowlabel 0x12345 dstport 4791 udp6zerocsumtx udp6zerocsumrx noudpcsum',
      'link add vxgroup6 type vxlan id 46 group ff05::1 dev p0 dstport 4792 remcsumtx remcsumrx',
      'link add vxgpe type vxlan external dstport 4793 gpe',
      'link add vxexternal type vxlan external dstport 4794',
    ],
  },
  { name: 'vxlan with a filter of networks', ip: ['link add vxfilter type vxlan external vnifilter dstport 4795'] },
  {
    name: 'links of kind tun',
    ip: [
      'tuntap add dev tun0 mode tun',
      'tuntap add dev tun1 mode tun user 1234 group 567 pi vnet_hdr',
      'tuntap add dev tap0 mode tap multi_queue',
      'tuntap add dev tap1 mode tap',
    ],
  },
  {
    name: 'links of kind vlan',
    ip: [
      'link add link p0 vlan7 type vlan id 7',
      'link add link p0 vlan8 type vlan protocol 802.1ad id 8 reorder_hdr off gvrp on mvrp on loose_binding on bridge_binding off ingress-qos-map 1:2 3:4 egress-qos-map 5:6 7:1',
      'link add link br1 vlan9 type vlan id 9 bridge_binding on',
    ],
  },
  {
    name: 'links of kind bond',
    ip: [
      'link add bo0 type bond mode active-backup miimon 100 updelay 200 downdelay 300 peer_notify_delay 400 primary_reselect better fail_over_mac active num_grat_arp 3 resend_igmp 5 all_slaves_active 1 lp_interval 7',
      'link add bo1 type bond mode 802.3ad miimon 100 lacp_rate fast ad_select bandwidth ad_actor_sys_prio 1000 ad_user_port_key 22 ad_actor_system 02:00:00:00:00:31 xmit_hash_policy layer3+4 min_links 2 lacp_active off',
      'link add bo2 type bond mode active-backup arp_interval 500 arp_ip_target 10.0.0.2,10.0.0.3 arp_validate active arp_all_targets all arp_missed_max 4 ns_ip6_target fd00::2,fd00::3',
      'link add bo3 type bond mode balance-rr packets_per_slave 9',
      'link add bo4 type bond mode balance-tlb tlb_dynamic_lb 0 miimon 50 use_carrier 1',
      'link add bs0 type veth peer name bs1',
      'link add bs2 type veth peer name bs3',
      'link add bs4 type veth peer name bs5',
      'link set bs0 master bo0',
      'link set bs2 master bo0',
      'link set bs4 master bo1',
      'link set bs2 type bond_slave queue_id 3 prio 4',
      'link set bo0 type bond primary bs0',
      'link set bs0 up',
      'link set bs1 up',
      'link set bs4 up',
      'link set bs5 up',
      'link set bo0 up',
      'link set bo1 up',
    ],
  },
  {
    name: 'links of kind vrf',
    ip: ['link add vrf0 type vrf table 1000', 'link set vrf0 up', 'link add vp0 type veth peer name vp1', 'link set vp0 master vrf0'],
  },
  { name: 'links of kind team', ip: ['link add team0 type team', 'link add tp0 type veth peer name tp1', 'link set tp0 master team0'] },
  { name: 'links of kind netdevsim', ip: ['link add nds0 type netdevsim'] },
  {
    name: 'links of kind ipvlan',
    ip: [
      'link add il type veth peer name il1',
      'link add link il ill2 type ipvlan mode l2 bridge',
      'link add il3 type veth peer name il4',
      'link add link il3 ill3s type ipvlan mode l3s private',
      'link add il5 type veth peer name il6',
      'link add link il5 ill3 type ipvlan mode l3 vepa',
    ],
  },
  { name: 'links of kind ipvtap', ip: ['link add it0 type veth peer name it1', 'link add link it0 itl2 type ipvtap mode l2 bridge'] },
  {
    name: 'links of kind geneve',
    ip: [
      'link add ge0 type geneve id 42 remote 10.0.0.2 ttl 9 tos 0x10 df set dstport 6082 udpcsum',
      'link add ge1 type geneve id 43 remote fd00::2 ttl inherit tos inherit df inherit flowlabel 0x12345 udp6zerocsumtx udp6zerocsumrx dstport 6083',
      'link add ge2 type geneve external dstport 6084',
    ],
  },
  {
    name: 'geneve with the protocol of what is inside',
    ip: ['link add ge3 type geneve id 44 remote 10.0.0.3 dstport 6085 innerprotoinherit'],
  },
  {
    name: 'links of kind gre',
    ip: [
      `link add gr0 type gre ${tunnel} ttl 64 tos 0x10 dev p0 ikey 5 okey 6 icsum ocsum iseq oseq fwmark 7`,
      `link add gr1 type gre ${tunnel} ttl inherit nopmtudisc ignore-df`,
      'link add gr3 type gre external',
    ],
  },
  {
    name: 'links of kind gretap',
    ip: [
      `link add gt0 type gretap ${tunnel} ttl 64 tos inherit key 1.2.3.4 csum`,
      'link add gt1 type gretap external',
      `link add gt2 type gretap ${tunnel} okey 77 nopmtudisc ignore-df`,
    ],
  },
  {
    name: 'links of kind erspan',
    ip: [
      `link add er1 type erspan seq key 30 ${tunnel} erspan_ver 1 erspan 123`,
      `link add er2 type erspan seq key 31 ${tunnel} erspan_ver 2 erspan_dir egress erspan_hwid 17`,
      'link add er3 type erspan external',
    ],
  },
  {
    name: 'links of kind ip6gre',
    ip: [
      `link add g60 type ip6gre ${tunnel6} hoplimit 63 encaplimit 3 tclass 0x20 flowlabel 0x12345 dev p0 ikey 5 okey 6 icsum ocsum iseq oseq fwmark 7`,
      'link add g61 type ip6gre remote fd00::3 local fd00::1 encaplimit none tclass inherit flowlabel inherit dscp inherit fwmark inherit allow-localremote',
      'link add g62 type ip6gre external',
    ],
  },
  {
    name: 'links of kind ip6gretap',
    ip: [`link add t60 type ip6gretap ${tunnel6} hoplimit 63 key 9`],
  },
  {
    name: 'links of kind ip6erspan',
    ip: [
      `link add e61 type ip6erspan seq key 40 ${tunnel6} erspan_ver 1 erspan 123`,
      `link add e62 type ip6erspan seq key 41 ${tunnel6} erspan_ver 2 erspan_dir ingress erspan_hwid 17`,
    ],
  },
  {
    name: 'links of kind ipip',
    ip: [
      `link add ii0 type ipip ${tunnel} ttl 64 tos 0x10 dev p0 fwmark 7`,
      'link add ii1 type ipip remote 10.0.0.3 local 10.0.0.1 ttl inherit nopmtudisc',
      'link add ii2 type ipip external',
      'link add ii3 type ipip remote 10.0.0.4 mode any',
    ],
  },
  {
    name: 'links of kind sit',
    ip: [
      `link add si0 type sit ${tunnel} ttl 64 tos 0x10 mode ip6ip fwmark 7`,
      'link add si1 type sit remote any local 10.0.0.1 ttl inherit isatap',
      'link add si2 type sit remote 10.0.0.4 mode any nopmtudisc',
    ],
  },
  {
    name: 'sit with 6rd',
    ip: ['link add si3 type sit local 10.0.0.9 ttl 64', 'tunnel 6rd dev si3 6rd-prefix 2001:db8::/32 6rd-relay_prefix 10.0.0.0/8'],
  },
  {
    name: 'links of kind ip6tnl',
    ip: [
      `link add it60 type ip6tnl ${tunnel6} hoplimit 63 encaplimit 3 tclass 0x20 flowlabel 0x12345 dev p0 fwmark 7 mode ip6ip6`,
      'link add it61 type ip6tnl remote fd00::3 local fd00::1 encaplimit none tclass inherit flowlabel inherit dscp inherit fwmark inherit allow-localremote mode ipip6',
      'link add it62 type ip6tnl external',
      'link add it63 type ip6tnl remote fd00::4 mode any',
    ],
  },
  {
    name: 'links of kind vti',
    ip: [`link add vt0 type vti ${tunnel} dev p0 ikey 5 okey 6 fwmark 7`, 'link add vt1 type vti remote 10.0.0.3 local 10.0.0.1 key 8'],
  },
  { name: 'links of kind vti6', ip: [`link add vt60 type vti6 ${tunnel6} dev p0 ikey 5 okey 6 fwmark 7`] },
  { name: 'links of kind xfrm', ip: ['link add xf0 type xfrm dev p0 if_id 9', 'link add xf1 type xfrm if_id 10'] },
  { name: 'xfrm with metadata', ip: ['link add xf2 type xfrm external'] },
  {
    name: 'links of kind macsec',
    ip: [
      'link add mp0 type veth peer name mp1',
      'link add link mp0 ms0 type macsec port 11 encrypt on send_sci on end_station off scb off replay on window 32 validate check encodingsa 2 protect on icvlen 16',
      'link add link mp1 ms1 type macsec port 1 cipher gcm-aes-256 send_sci off end_station on validate disabled',
      'link add mp2 type veth peer name mp3',
      'link add link mp2 ms2 type macsec sci 0200000000310001 replay on window 64',
    ],
  },
  { name: 'links of kind wireguard', ip: ['link add wg0 type wireguard'] },
  {
    name: 'links of kind hsr',
    ip: [
      'link add hp0 type veth peer name hp1',
      'link add hp2 type veth peer name hp3',
      'link add hsr0 type hsr slave1 hp0 slave2 hp2 supervision 45 version 1',
    ],
  },
  {
    name: 'links of kind prp',
    ip: [
      'link add hp4 type veth peer name hp5',
      'link add hp6 type veth peer name hp7',
      'link add prp0 type hsr slave1 hp4 slave2 hp6 proto 1',
    ],
  },
  {
    name: 'links of kind bareudp',
    ip: [
      'link add bu0 type bareudp dstport 6635 ethertype mpls_uc srcportmin 1000',
      'link add bu1 type bareudp dstport 6636 ethertype ip multiproto',
    ],
  },
  { name: 'links of kind batadv', ip: ['link add bat0 type batadv ra BATMAN_IV'] },
  {
    name: 'links of kind amt',
    ip: [
      'link add amt0 type amt mode gateway local 10.0.0.1 discovery 10.0.0.2 dev p0 gateway_port 2268 relay_port 2269',
      'link add amt1 type amt mode relay local 10.0.0.1 dev p0 relay_port 2269 max_tunnels 16',
    ],
  },
  { name: 'links of kind gtp', ip: ['link add gtp0 type gtp role sgsn hsize 64 restart_count 3'] },
  { name: 'links of kind rmnet', ip: ['link add rp0 type veth peer name rp1', 'link add link rp0 rm0 type rmnet mux_id 3'] },
];

/** The names of the links that a line makes. */
function namesOf(line: string): string[] {
  const made = /^(?:link add (?:link \S+ )?(?:dev )?|tuntap add dev )(\S+)/.exec(line)?.[1];
  const peer = / peer name (\S+)/.exec(line)?.[1];
  return [made, peer].filter((name) => name !== undefined);
}

export const linkScene: readonly Part[] = parts.map((part) => ({
  ...part,
  objects: new RegExp(`^(?:${(part.ip ?? []).flatMap(namesOf).join('|')})$`),
}));
