import { byIndex, type Calls } from '../support/vectors.js';

const lower = byIndex('lower');

export const links: Calls = {
  'ip link add link lower name d0 txqueuelen 500 address 02:00:00:00:00:08 broadcast ff:ff:ff:ff:ff:fe mtu 1400 index 99 numtxqueues 4 numrxqueues 2 type dummy':
    (route) =>
      route.links.add({
        name: 'd0',
        index: 99,
        txQueueLength: 500,
        address: '02:00:00:00:00:08',
        broadcast: 'ff:ff:ff:ff:ff:fe',
        mtu: 1400,
        txQueues: 4,
        rxQueues: 2,
        parent: 'lower',
        kind: 'dummy',
      }),
  'ip link add parentdev mhi0 name w0 type wwan linkid 1': (route) =>
    route.links.add({ name: 'w0', parentDeviceName: 'mhi0', kind: 'wwan', data: { linkId: 1 } }),
  'ip link add name d0 netns blue type dummy': (route) => route.links.add({ name: 'd0', namespace: 4, kind: 'dummy' }),
  'ip link add name d0 netns 1 type dummy': (route) => route.links.add({ name: 'd0', namespacePid: 1, kind: 'dummy' }),
  'ip link add link lower name v0 link-netns blue type vlan id 5': (route) =>
    route.links.add({ name: 'v0', linkNamespaceId: 5, parent: 'lower', kind: 'vlan', data: { id: 5 } }),
  'ip link add link lower name v0 link-netnsid 3 type vlan id 5': (route) =>
    route.links.add({ name: 'v0', linkNamespaceId: 3, parent: 'lower', kind: 'vlan', data: { id: 5 } }),
  'ip link set dev lower up': (route) => route.links.set(lower, { up: true }),
  'ip link set dev lower down': (route) => route.links.set(lower, { up: false }),
  'ip link set lower arp on': (route) => route.links.set(lower, { arp: true }),
  'ip link set lower arp off': (route) => route.links.set(lower, { arp: false }),
  'ip link set lower dynamic on': (route) => route.links.set(lower, { dynamic: true }),
  'ip link set lower dynamic off': (route) => route.links.set(lower, { dynamic: false }),
  'ip link set lower multicast on': (route) => route.links.set(lower, { multicast: true }),
  'ip link set lower multicast off': (route) => route.links.set(lower, { multicast: false }),
  'ip link set lower allmulticast on': (route) => route.links.set(lower, { allMulticast: true }),
  'ip link set lower allmulticast off': (route) => route.links.set(lower, { allMulticast: false }),
  'ip link set lower promisc on': (route) => route.links.set(lower, { promiscuous: true }),
  'ip link set lower promisc off': (route) => route.links.set(lower, { promiscuous: false }),
  'ip link set lower carrier on': (route) => route.links.set(lower, { carrier: true }),
  'ip link set lower carrier off': (route) => route.links.set(lower, { carrier: false }),
  'ip link set lower txqueuelen 100': (route) => route.links.set(lower, { txQueueLength: 100 }),
  'ip link set lower name other': (route) => route.links.set(lower, { name: 'other' }),
  'ip link set lower address 02:00:00:00:00:09': (route) => route.links.set(lower, { address: '02:00:00:00:00:09' }),
  'ip link set lower broadcast ff:ff:ff:ff:ff:fd': (route) => route.links.set(lower, { broadcast: 'ff:ff:ff:ff:ff:fd' }),
  'ip link set lower mtu 9000': (route) => route.links.set(lower, { mtu: 9000 }),
  'ip link set lower netns blue': (route) => route.links.set(lower, { namespace: 4 }),
  'ip link set lower netns 1': (route) => route.links.set(lower, { namespacePid: 1 }),
  'ip link set lower alias uplink': (route) => route.links.set(lower, { alias: 'uplink' }),
  "ip link set lower alias ''": (route) => route.links.set(lower, { alias: '' }),
  'ip link set lower vf 1 mac 02:00:00:00:00:0a': (route) =>
    route.links.set(lower, { virtualFunctions: [{ address: { vf: 1, address: '02:00:00:00:00:0a' } }] }),
  'ip link set lower vf 1 vlan 5': (route) => route.links.set(lower, { virtualFunctions: [{ vlan: { vf: 1, vlan: 5, qos: 0 } }] }),
  'ip link set lower vf 1 vlan 5 qos 3 proto 802.1ad': (route) =>
    route.links.set(lower, { virtualFunctions: [{ vlans: [{ vf: 1, vlan: 5, qos: 3, protocol: '802.1ad' }] }] }),
  'ip link set lower vf 1 rate 100': (route) => route.links.set(lower, { virtualFunctions: [{ txRate: { vf: 1, rate: 100 } }] }),
  'ip link set lower vf 1 max_tx_rate 200 min_tx_rate 50': (route) =>
    route.links.set(lower, { virtualFunctions: [{ rate: { vf: 1, minimum: 50, maximum: 200 } }] }),
  'ip link set lower vf 1 spoofchk on': (route) => route.links.set(lower, { virtualFunctions: [{ spoofCheck: { vf: 1, on: true } }] }),
  'ip link set lower vf 1 spoofchk off': (route) => route.links.set(lower, { virtualFunctions: [{ spoofCheck: { vf: 1, on: false } }] }),
  'ip link set lower vf 1 query_rss on': (route) => route.links.set(lower, { virtualFunctions: [{ rssQuery: { vf: 1, on: true } }] }),
  'ip link set lower vf 1 query_rss off': (route) => route.links.set(lower, { virtualFunctions: [{ rssQuery: { vf: 1, on: false } }] }),
  'ip link set lower vf 1 state auto': (route) => route.links.set(lower, { virtualFunctions: [{ linkState: { vf: 1, state: 'auto' } }] }),
  'ip link set lower vf 1 state enable': (route) =>
    route.links.set(lower, { virtualFunctions: [{ linkState: { vf: 1, state: 'enable' } }] }),
  'ip link set lower vf 1 state disable': (route) =>
    route.links.set(lower, { virtualFunctions: [{ linkState: { vf: 1, state: 'disable' } }] }),
  'ip link set lower vf 1 trust on': (route) => route.links.set(lower, { virtualFunctions: [{ trust: { vf: 1, on: true } }] }),
  'ip link set lower vf 1 trust off': (route) => route.links.set(lower, { virtualFunctions: [{ trust: { vf: 1, on: false } }] }),
  'ip link set lower vf 1 node_guid 00:11:22:33:44:55:66:77': (route) =>
    route.links.set(lower, { virtualFunctions: [{ nodeGuid: { vf: 1, guid: 0x0011223344556677n } }] }),
  'ip link set lower vf 1 port_guid 00:11:22:33:44:55:66:78': (route) =>
    route.links.set(lower, { virtualFunctions: [{ portGuid: { vf: 1, guid: 0x0011223344556678n } }] }),
  'ip link set lower xdp off': (route) => route.links.set(lower, { xdp: { fd: -1, flags: ['if-none'] } }),
  'ip link set lower xdpgeneric off': (route) => route.links.set(lower, { xdp: { fd: -1, flags: ['if-none', 'generic'] } }),
  'ip link set lower xdpdrv off': (route) => route.links.set(lower, { xdp: { fd: -1, flags: ['if-none', 'driver'] } }),
  'ip link set lower xdpoffload off': (route) => route.links.set(lower, { xdp: { fd: -1, flags: ['if-none', 'hardware'] } }),
  'ip link set lower master br0': (route) => route.links.set(lower, { master: 'br0' }),
  'ip link set lower nomaster': (route) => route.links.set(lower, { master: 0 }),
  'ip link set lower addrgenmode eui64': (route) => route.links.set(lower, { protocols: { ipv6: { addressGeneration: 'eui64' } } }),
  'ip link set lower addrgenmode none': (route) => route.links.set(lower, { protocols: { ipv6: { addressGeneration: 'none' } } }),
  'ip link set lower addrgenmode stable_secret': (route) =>
    route.links.set(lower, { protocols: { ipv6: { addressGeneration: 'stable-privacy' } } }),
  'ip link set lower addrgenmode random': (route) => route.links.set(lower, { protocols: { ipv6: { addressGeneration: 'random' } } }),
  'ip link set lower protodown on': (route) => route.links.set(lower, { protocolDown: true }),
  'ip link set lower protodown off': (route) => route.links.set(lower, { protocolDown: false }),
  'ip link set lower protodown on protodown_reason 3 on': (route) =>
    route.links.set(lower, { protocolDown: true, protocolDownReasons: { mask: 8, value: 8 } }),
  'ip link set lower protodown_reason 3 off': (route) => route.links.set(lower, { protocolDownReasons: { mask: 8, value: 0 } }),
  'ip link set lower gso_max_size 32768': (route) => route.links.set(lower, { gsoMaxSize: 32768 }),
  'ip link set lower gso_max_segs 128': (route) => route.links.set(lower, { gsoMaxSegments: 128 }),
  'ip link set lower gro_max_size 65536': (route) => route.links.set(lower, { groMaxSize: 65536 }),
  'ip link set lower group 7': (route) => route.links.set(lower, { group: 7 }),
  'ip link set lower mode dormant': (route) => route.links.set(lower, { linkMode: 'dormant' }),
  'ip link set lower mode default': (route) => route.links.set(lower, { linkMode: 'default' }),
  'ip link set lower state up': (route) => route.links.set(lower, { operationalState: 'up' }),
  'ip link set group 7 down': (route) => route.links.set({ group: 7 }, { up: false }),
  'ip link delete lower': (route) => route.links.delete(lower),
  'ip link delete dev lower type veth': (route) => route.links.delete(lower),
  'ip link delete group 7': (route) => route.links.delete({ group: 7 }),
  'ip link property add dev lower altname a-first-name altname a-second-name': (route) =>
    route.links.addAlternativeNames(lower, ['a-first-name', 'a-second-name']),
  'ip link property del dev lower altname a-first-name': (route) => route.links.deleteAlternativeNames(lower, ['a-first-name']),
  'ip link set lower vrf vrf0': (route) => route.links.set(lower, { master: 'vrf0' }),
};
