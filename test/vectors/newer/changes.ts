import { byIndex, type Calls } from '../../support/vectors.js';

export const changes: Calls = {
  'ip link add b0 type bond mode 802.3ad coupled_control on': (route) =>
    route.links.add({ name: 'b0', kind: 'bond', data: { mode: '802.3ad', coupledControl: true } }),
  'ip link add b0 type bond mode 802.3ad coupled_control off': (route) =>
    route.links.add({ name: 'b0', kind: 'bond', data: { mode: '802.3ad', coupledControl: false } }),
  'ip link add br9 type bridge mst_enabled 1 fdb_max_learned 1000': (route) =>
    route.links.add({ name: 'br9', kind: 'bridge', data: { learnedMax: 1000, options: { mst: true } } }),
  'ip link set port type bridge_slave neigh_vlan_suppress on mab on backup_nhid 5': (route) =>
    route.links.set(byIndex('port'), {
      port: { kind: 'bridge', data: { neighbourVlanSuppress: true, macAuthenticationBypass: true, backupNexthopId: 5 } },
    }),
  'ip link set port type bridge_slave neigh_vlan_suppress off mab off backup_nhid 0': (route) =>
    route.links.set(byIndex('port'), {
      port: { kind: 'bridge', data: { neighbourVlanSuppress: false, macAuthenticationBypass: false, backupNexthopId: 0 } },
    }),
  'ip link add h0 type hsr slave1 lower slave2 upper interlink br0 supervision 45 version 1': (route) =>
    route.links.add({ name: 'h0', kind: 'hsr', data: { port1: 'lower', port2: 'upper', interlink: 'br0', multicastSpec: 45, version: 1 } }),
  'ip link add link lower v0 type macvlan mode bridge bclim 5': (route) =>
    route.links.add({ name: 'v0', parent: 'lower', kind: 'macvlan', data: { broadcastCutoff: 5, mode: 'bridge' } }),
  'ip link add link lower v0 type macvtap mode bridge bclim -1': (route) =>
    route.links.add({ name: 'v0', parent: 'lower', kind: 'macvtap', data: { broadcastCutoff: -1, mode: 'bridge' } }),
  'ip link add n0 type netkit': (route) => route.links.add({ name: 'n0', kind: 'netkit' }),
  'ip link add n0 type netkit mode l3 forward scrub default peer forward name n1': (route) =>
    route.links.add({
      name: 'n0',
      kind: 'netkit',
      data: { mode: 'l3', policy: 'forward', scrub: 'default', peerPolicy: 'forward' },
      peer: { name: 'n1' },
    }),
  'ip link add n0 type netkit mode l2 blackhole scrub none peer blackhole name n1 mtu 1300 netns blue': (route) =>
    route.links.add({
      name: 'n0',
      kind: 'netkit',
      data: { mode: 'l2', policy: 'blackhole', scrub: 'none', peerPolicy: 'blackhole' },
      peer: { mtu: 1300, namespace: 4, name: 'n1' },
    }),
  'ip link add link lower r0 type rmnet mux_id 5 ingress-deaggregation on ingress-commands on ingress-mapv4-checksum on egress-mapv4-checksum on ingress-mapv5-checksum on egress-mapv5-checksum on':
    (route) =>
      route.links.add({
        name: 'r0',
        parent: 'lower',
        kind: 'rmnet',
        data: {
          muxId: 5,
          flags: {
            ingressDeaggregation: true,
            ingressMapCommands: true,
            ingressMapChecksum4: true,
            egressMapChecksum4: true,
            ingressMapChecksum5: true,
            egressMapChecksum5: true,
          },
        },
      }),
  'ip link add link lower r0 type rmnet mux_id 5 ingress-deaggregation off ingress-commands off': (route) =>
    route.links.add({
      name: 'r0',
      parent: 'lower',
      kind: 'rmnet',
      data: { muxId: 5, flags: { ingressDeaggregation: false, ingressMapCommands: false } },
    }),
  'ip link add v0 type vxlan id 42 remote 10.0.0.2 dstport 4789 reserved_bits 0xf7ffffff000000ff localbypass': (route) =>
    route.links.add({
      name: 'v0',
      kind: 'vxlan',
      data: { reservedBits: { flags: 0xf7ffffff, vni: 0xff }, localBypass: true, id: 42, group: '10.0.0.2', learning: true, port: 4789 },
    }),
  'ip link add v0 type vxlan id 42 remote 10.0.0.2 dstport 4789 nolocalbypass': (route) =>
    route.links.add({ name: 'v0', kind: 'vxlan', data: { localBypass: false, id: 42, group: '10.0.0.2', learning: true, port: 4789 } }),
  'ip link add p0 type pfcp': (route) => route.links.add({ name: 'p0', kind: 'pfcp' }),
  'ip link set lower gso_ipv4_max_size 65536': (route) => route.links.set(byIndex('lower'), { gsoIpv4MaxSize: 65536 }),
  'ip link set lower gro_ipv4_max_size 65536': (route) => route.links.set(byIndex('lower'), { groIpv4MaxSize: 65536 }),
  'ip link change lower mtu 1400': (route) => route.links.set(byIndex('lower'), { mtu: 1400 }),
  'ip address add 10.0.0.1/24 dev lower proto 77': (route) => route.addresses.add({ link: 'lower', protocol: 77, address: '10.0.0.1/24' }),
  'ip address add fd00::1/64 dev lower proto 3': (route) =>
    route.addresses.add({ link: 'lower', protocol: 'kernel_ll', address: 'fd00::1/64' }),
  'ip nexthop add id 10 group 1/2 hw_stats on': (route) =>
    route.nexthops.add({
      id: 10,
      group: [
        { id: 1, weight: 1 },
        { id: 2, weight: 1 },
      ],
      hardwareStatistics: true,
    }),
  'ip nexthop add id 10 group 1/2 hw_stats off': (route) =>
    route.nexthops.add({
      id: 10,
      group: [
        { id: 1, weight: 1 },
        { id: 2, weight: 1 },
      ],
      hardwareStatistics: false,
    }),
  'ip route get fd03::1 flowlabel 0x12345': (route) => route.routes.lookup('fd03::1', { flowLabel: 0x12345 }),
  'ip route get 10.1.2.3 connected': (route) => route.routes.lookup('10.1.2.3'),
  'ip rule add dscp 10 table 100': (route) => route.rules.add({ dscp: 10, table: 100 }),
  'ip rule add dscp 8/0x38 table 100': (route) => route.rules.add({ dscp: 8, dscpMask: 56, table: 100 }),
  'ip -6 rule add flowlabel 0x12345 table 100': (route) =>
    route.rules.add({ family: 'ipv6', flowLabel: 0x12345, flowLabelMask: 0xfffff, table: 100 }),
  'ip -6 rule add flowlabel 0x10/0xf0 table 100': (route) =>
    route.rules.add({ family: 'ipv6', flowLabel: 16, flowLabelMask: 240, table: 100 }),
  'ip rule add sport 1000/0xfff0 dport 80/0xffff table 100': (route) =>
    route.rules.add({
      sourcePorts: { from: 1000, to: 1000 },
      sourcePortMask: 65520,
      destinationPorts: { from: 80, to: 80 },
      table: 100,
    }),
  'bridge link set dev port mcast_max_groups 10 neigh_vlan_suppress on mab on backup_nhid 5': (route) =>
    route.bridgeLinks.set({
      index: 'port',
      port: { multicastGroupMax: 10, neighbourVlanSuppress: true, macAuthenticationBypass: true, backupNexthopId: 5 },
    }),
  'bridge link set dev port mcast_max_groups 0 neigh_vlan_suppress off mab off': (route) =>
    route.bridgeLinks.set({
      index: 'port',
      port: { multicastGroupMax: 0, neighbourVlanSuppress: false, macAuthenticationBypass: false },
    }),
  'bridge mdb add dev br0 port port grp 239.1.1.1 permanent filter_mode include source_list 10.0.0.8,10.0.0.9 proto 77': (route) =>
    route.multicast.add({
      bridge: 'br0',
      port: 'port',
      state: 'permanent',
      group: '239.1.1.1',
      mode: 'include',
      sources: [{ address: '10.0.0.8' }, { address: '10.0.0.9' }],
      protocol: 77,
    }),
  'bridge mdb replace dev br0 port port grp ff05::1 permanent filter_mode exclude source_list fd00::8': (route) =>
    route.multicast.replace({
      bridge: 'br0',
      port: 'port',
      state: 'permanent',
      group: 'ff05::1',
      mode: 'exclude',
      sources: [{ address: 'fd00::8' }],
    }),
  'bridge mdb add dev vx0 port vx0 grp 239.1.1.1 permanent dst 10.0.0.2 dst_port 4790 vni 42 src_vni 43 via lower': (route) =>
    route.multicast.add({
      bridge: 'vx0',
      port: 'vx0',
      state: 'permanent',
      group: '239.1.1.1',
      remote: '10.0.0.2',
      remotePort: 4790,
      vni: 42,
      sourceVni: 43,
      via: 'lower',
    }),
  'bridge mdb get dev br0 grp 239.1.1.1 src 10.0.0.9 vid 5': (route) =>
    route.multicast.members({ bridge: 'br0', vlan: 5, group: '239.1.1.1', source: '10.0.0.9' }),
  'bridge mdb get dev vx0 grp ff05::1 src_vni 43': (route) => route.multicast.members({ bridge: 'vx0', group: 'ff05::1', sourceVni: 43 }),
  'bridge mdb flush dev br0 port port vid 5 proto 77 permanent': (route) =>
    route.multicast.flush({ bridge: 'br0', port: 'port', state: 'permanent', vlan: 5, protocol: 77, stateMask: 1 }),
  'bridge mdb flush dev vx0 nopermanent dst 10.0.0.2 dst_port 4790 vni 42 src_vni 43': (route) =>
    route.multicast.flush({ bridge: 'vx0', remote: '10.0.0.2', remotePort: 4790, vni: 42, sourceVni: 43, stateMask: 1 }),
  'bridge vlan set vid 5 dev port mcast_max_groups 10 neigh_suppress on': (route) =>
    route.bridgeVlans.add({
      link: 'port',
      vlans: [{ info: { flags: ['only-options'], vlan: 5 }, multicastGroupMax: 10, neighbourSuppress: true }],
    }),
  'bridge vlan set vid 5 dev port neigh_suppress off': (route) =>
    route.bridgeVlans.add({ link: 'port', vlans: [{ info: { flags: ['only-options'], vlan: 5 }, neighbourSuppress: false }] }),
  'bridge vlan global set vid 5 dev br0 msti 3': (route) => route.bridgeVlans.add({ link: 'br0', global: [{ vlan: 5, instance: 3 }] }),
  'bridge mst set dev port msti 5 state forwarding': (route) =>
    route.bridgeLinks.set({ index: 'port', trees: [{ instance: 5, state: 'forwarding' }] }),
  'bridge mst set dev port msti 5 state 4': (route) =>
    route.bridgeLinks.set({ index: 'port', trees: [{ instance: 5, state: 'blocking' }] }),
};
