import { byIndex, type Calls } from '../support/vectors.js';

export const kinds: Calls = {
  'ip link add m0 type batadv ra BATMAN_IV': (route) => route.links.add({ name: 'm0', kind: 'batadv', data: { algorithm: 'BATMAN_IV' } }),
  'ip link add m0 type batadv ra BATMAN_V': (route) => route.links.add({ name: 'm0', kind: 'batadv', data: { algorithm: 'BATMAN_V' } }),
  'ip link set can0 type can bitrate 500000 sample-point 0.875 dbitrate 2000000 dsample-point 0.800 loopback on listen-only on triple-sampling on one-shot on berr-reporting on fd on fd-non-iso on presume-ack on cc-len8-dlc on tdc-mode auto restart-ms 100 termination 120':
    (route) =>
      route.links.set(byIndex('can0'), {
        kind: 'can',
        data: {
          restartDelay: 100,
          termination: 120,
          bitTiming: {
            bitRate: 500000,
            samplePoint: 875,
            timeQuantum: 0,
            propagationSegment: 0,
            phaseSegment1: 0,
            phaseSegment2: 0,
            jumpWidth: 0,
            prescaler: 0,
          },
          dataBitTiming: {
            bitRate: 2000000,
            samplePoint: 800,
            timeQuantum: 0,
            propagationSegment: 0,
            phaseSegment1: 0,
            phaseSegment2: 0,
            jumpWidth: 0,
            prescaler: 0,
          },
          mode: {
            loopback: true,
            listenOnly: true,
            tripleSampling: true,
            oneShot: true,
            busErrorReporting: true,
            fd: true,
            presumeAck: true,
            fdNonIso: true,
            classicLength8: true,
            delayCompensationAuto: true,
          },
        },
      }),
  'ip link set can0 type can tq 125 prop-seg 6 phase-seg1 7 phase-seg2 2 sjw 1 dtq 25 dprop-seg 5 dphase-seg1 6 dphase-seg2 3 dsjw 2 tdcv 20 tdco 10 tdcf 5 fd on tdc-mode manual':
    (route) =>
      route.links.set(byIndex('can0'), {
        kind: 'can',
        data: {
          bitTiming: {
            bitRate: 0,
            samplePoint: 0,
            timeQuantum: 125,
            propagationSegment: 6,
            phaseSegment1: 7,
            phaseSegment2: 2,
            jumpWidth: 1,
            prescaler: 0,
          },
          dataBitTiming: {
            bitRate: 0,
            samplePoint: 0,
            timeQuantum: 25,
            propagationSegment: 5,
            phaseSegment1: 6,
            phaseSegment2: 3,
            jumpWidth: 2,
            prescaler: 0,
          },
          mode: { fd: true, delayCompensationManual: true },
          delayCompensation: { value: 20, offset: 10, filter: 5 },
        },
      }),
  'ip link set can0 type can loopback off listen-only off triple-sampling off one-shot off berr-reporting off fd off fd-non-iso off presume-ack off cc-len8-dlc off tdc-mode off':
    (route) =>
      route.links.set(byIndex('can0'), {
        kind: 'can',
        data: {
          mode: {
            loopback: false,
            listenOnly: false,
            tripleSampling: false,
            oneShot: false,
            busErrorReporting: false,
            fd: false,
            presumeAck: false,
            fdNonIso: false,
            classicLength8: false,
            delayCompensationAuto: false,
            delayCompensationManual: false,
          },
        },
      }),
  'ip link set can0 type can restart': (route) => route.links.set(byIndex('can0'), { kind: 'can', data: { restart: 1 } }),
  'ip link set lower type dsa conduit upper': (route) => route.links.set(byIndex('lower'), { kind: 'dsa', data: { conduit: 'upper' } }),
  'ip link add d0 type dummy': (route) => route.links.add({ name: 'd0', kind: 'dummy' }),
  'ip link add h0 type hsr slave1 lower slave2 upper supervision 45 version 1': (route) =>
    route.links.add({ name: 'h0', kind: 'hsr', data: { port1: 'lower', port2: 'upper', multicastSpec: 45, version: 1 } }),
  'ip link add h0 type hsr slave1 lower slave2 upper proto 1': (route) =>
    route.links.add({ name: 'h0', kind: 'hsr', data: { port1: 'lower', port2: 'upper', protocol: 'prp' } }),
  'ip link add i0 type ifb': (route) => route.links.add({ name: 'i0', kind: 'ifb' }),
  'ip link add link lower p0 type ipoib pkey 0x8003 mode datagram umcast 0': (route) =>
    route.links.add({ name: 'p0', parent: 'lower', kind: 'ipoib', data: { pkey: 32771, mode: 'datagram', userMulticast: false } }),
  'ip link add link lower p0 type ipoib pkey 0x8004 mode connected umcast 1': (route) =>
    route.links.add({ name: 'p0', parent: 'lower', kind: 'ipoib', data: { pkey: 32772, mode: 'connected', userMulticast: true } }),
  'ip link add link lower v0 type ipvlan mode l3 bridge': (route) =>
    route.links.add({ name: 'v0', parent: 'lower', kind: 'ipvlan', data: { mode: 'l3', flags: [] } }),
  'ip link add link lower v0 type ipvlan mode l3s private': (route) =>
    route.links.add({ name: 'v0', parent: 'lower', kind: 'ipvlan', data: { mode: 'l3s', flags: ['private'] } }),
  'ip link add link lower v0 type ipvlan mode l2 vepa': (route) =>
    route.links.add({ name: 'v0', parent: 'lower', kind: 'ipvlan', data: { mode: 'l2', flags: ['vepa'] } }),
  'ip link add link lower v0 type ipvtap mode l3 bridge': (route) =>
    route.links.add({ name: 'v0', parent: 'lower', kind: 'ipvtap', data: { mode: 'l3', flags: [] } }),
  'ip link add link lower v0 type ipvtap mode l3s private': (route) =>
    route.links.add({ name: 'v0', parent: 'lower', kind: 'ipvtap', data: { mode: 'l3s', flags: ['private'] } }),
  'ip link add link lower v0 type ipvtap mode l2 vepa': (route) =>
    route.links.add({ name: 'v0', parent: 'lower', kind: 'ipvtap', data: { mode: 'l2', flags: ['vepa'] } }),
  'ip link add link lower v0 type macvlan mode private bcqueuelen 1000': (route) =>
    route.links.add({ name: 'v0', parent: 'lower', kind: 'macvlan', data: { broadcastQueueLength: 1000, mode: 'private' } }),
  'ip link add link lower v0 type macvlan mode vepa': (route) =>
    route.links.add({ name: 'v0', parent: 'lower', kind: 'macvlan', data: { mode: 'vepa' } }),
  'ip link add link lower v0 type macvlan mode bridge flag null': (route) =>
    route.links.add({ name: 'v0', parent: 'lower', kind: 'macvlan', data: { mode: 'bridge', flags: [] } }),
  'ip link add link lower v0 type macvlan mode passthru flag nopromisc': (route) =>
    route.links.add({ name: 'v0', parent: 'lower', kind: 'macvlan', data: { mode: 'passthru', flags: ['nopromisc'] } }),
  'ip link add link lower v0 type macvlan mode source flag nodst': (route) =>
    route.links.add({ name: 'v0', parent: 'lower', kind: 'macvlan', data: { mode: 'source', flags: ['nodst'] } }),
  'ip link set mv0 type macvlan macaddr add 02:00:00:00:00:01': (route) =>
    route.links.set(byIndex('mv0'), { kind: 'macvlan', data: { addressMode: 'add', sourceAddress: '02:00:00:00:00:01' } }),
  'ip link set mv0 type macvlan macaddr del 02:00:00:00:00:01': (route) =>
    route.links.set(byIndex('mv0'), { kind: 'macvlan', data: { addressMode: 'delete', sourceAddress: '02:00:00:00:00:01' } }),
  'ip link set mv0 type macvlan macaddr set 02:00:00:00:00:01 02:00:00:00:00:02': (route) =>
    route.links.set(byIndex('mv0'), {
      kind: 'macvlan',
      data: { addressMode: 'set', sourceAddresses: ['02:00:00:00:00:01', '02:00:00:00:00:02'] },
    }),
  'ip link set mv0 type macvlan macaddr flush': (route) =>
    route.links.set(byIndex('mv0'), { kind: 'macvlan', data: { addressMode: 'flush' } }),
  'ip link add link lower v0 type macvtap mode private bcqueuelen 1000': (route) =>
    route.links.add({ name: 'v0', parent: 'lower', kind: 'macvtap', data: { broadcastQueueLength: 1000, mode: 'private' } }),
  'ip link add link lower v0 type macvtap mode vepa': (route) =>
    route.links.add({ name: 'v0', parent: 'lower', kind: 'macvtap', data: { mode: 'vepa' } }),
  'ip link add link lower v0 type macvtap mode bridge flag null': (route) =>
    route.links.add({ name: 'v0', parent: 'lower', kind: 'macvtap', data: { mode: 'bridge', flags: [] } }),
  'ip link add link lower v0 type macvtap mode passthru flag nopromisc': (route) =>
    route.links.add({ name: 'v0', parent: 'lower', kind: 'macvtap', data: { mode: 'passthru', flags: ['nopromisc'] } }),
  'ip link add link lower v0 type macvtap mode source flag nodst': (route) =>
    route.links.add({ name: 'v0', parent: 'lower', kind: 'macvtap', data: { mode: 'source', flags: ['nodst'] } }),
  'ip link set mv0 type macvtap macaddr add 02:00:00:00:00:01': (route) =>
    route.links.set(byIndex('mv0'), { kind: 'macvtap', data: { addressMode: 'add', sourceAddress: '02:00:00:00:00:01' } }),
  'ip link set mv0 type macvtap macaddr del 02:00:00:00:00:01': (route) =>
    route.links.set(byIndex('mv0'), { kind: 'macvtap', data: { addressMode: 'delete', sourceAddress: '02:00:00:00:00:01' } }),
  'ip link set mv0 type macvtap macaddr set 02:00:00:00:00:01 02:00:00:00:00:02': (route) =>
    route.links.set(byIndex('mv0'), {
      kind: 'macvtap',
      data: { addressMode: 'set', sourceAddresses: ['02:00:00:00:00:01', '02:00:00:00:00:02'] },
    }),
  'ip link set mv0 type macvtap macaddr flush': (route) =>
    route.links.set(byIndex('mv0'), { kind: 'macvtap', data: { addressMode: 'flush' } }),
  'ip link add n0 type netdevsim': (route) => route.links.add({ name: 'n0', kind: 'netdevsim' }),
  'ip link add n0 type nlmon': (route) => route.links.add({ name: 'n0', kind: 'nlmon' }),
  'ip link add link lower r0 type rmnet mux_id 5': (route) =>
    route.links.add({ name: 'r0', parent: 'lower', kind: 'rmnet', data: { muxId: 5 } }),
  'ip link add v0 type vcan': (route) => route.links.add({ name: 'v0', kind: 'vcan' }),
  'ip link add v0 type veth': (route) => route.links.add({ name: 'v0', kind: 'veth' }),
  'ip link add v0 mtu 1400 type veth peer name v1 address 02:00:00:00:00:07 mtu 1300 netns blue': (route) =>
    route.links.add({ name: 'v0', mtu: 1400, kind: 'veth', peer: { address: '02:00:00:00:00:07', mtu: 1300, namespace: 4, name: 'v1' } }),
  'ip link add link lower v0 type vlan id 5 protocol 802.1Q reorder_hdr on gvrp on mvrp on loose_binding on bridge_binding on ingress-qos-map 1:2 3:4 egress-qos-map 0:1 5:6':
    (route) =>
      route.links.add({
        name: 'v0',
        parent: 'lower',
        kind: 'vlan',
        data: {
          id: 5,
          protocol: '802.1q',
          ingressPriorities: [
            { from: 1, to: 2 },
            { from: 3, to: 4 },
          ],
          egressPriorities: [
            { from: 0, to: 1 },
            { from: 5, to: 6 },
          ],
          flags: { reorderHeader: true, gvrp: true, looseBinding: true, mvrp: true, bridgeBinding: true },
        },
      }),
  'ip link add link lower v0 type vlan protocol 802.1ad id 4094 reorder_hdr off gvrp off mvrp off loose_binding off bridge_binding off': (
    route,
  ) =>
    route.links.add({
      name: 'v0',
      parent: 'lower',
      kind: 'vlan',
      data: {
        protocol: '802.1ad',
        id: 4094,
        flags: { reorderHeader: false, gvrp: false, looseBinding: false, mvrp: false, bridgeBinding: false },
      },
    }),
  'ip link add v0 type vxcan': (route) => route.links.add({ name: 'v0', kind: 'vxcan' }),
  'ip link add v0 type vxcan peer name v1': (route) => route.links.add({ name: 'v0', kind: 'vxcan', peer: { name: 'v1' } }),
  'ip link add v0 type wwan linkid 5': (route) => route.links.add({ name: 'v0', kind: 'wwan', data: { linkId: 5 } }),
  'ip link add x0 type xfrm dev lower if_id 0x10': (route) =>
    route.links.add({ name: 'x0', kind: 'xfrm', data: { interfaceId: 16, link: 'lower' } }),
  'ip link add x0 type xfrm external': (route) => route.links.add({ name: 'x0', kind: 'xfrm', data: { external: true } }),
  'ip link add link lower w0 type virt_wifi': (route) => route.links.add({ name: 'w0', parent: 'lower', kind: 'virt_wifi' }),
};
