import type { Calls } from '../support/vectors.js';

export const overlays: Calls = {
  'ip link add a0 type amt mode gateway discovery 10.0.0.1 local 10.0.0.2 dev lower gateway_port 2268 relay_port 2269': (route) =>
    route.links.add({
      name: 'a0',
      kind: 'amt',
      data: { mode: 'gateway', discovery: '10.0.0.1', local: '10.0.0.2', link: 'lower', gatewayPort: 2268, relayPort: 2269 },
    }),
  'ip link add a0 type amt mode relay local 10.0.0.1 dev lower relay_port 2268 max_tunnels 64': (route) =>
    route.links.add({
      name: 'a0',
      kind: 'amt',
      data: { mode: 'relay', local: '10.0.0.1', link: 'lower', relayPort: 2268, maxTunnels: 64 },
    }),
  'ip link add b0 type bareudp dstport 6635 ethertype mpls_uc srcportmin 12000 multiproto': (route) =>
    route.links.add({
      name: 'b0',
      kind: 'bareudp',
      data: { port: 6635, etherType: 'mpls', sourcePortMinimum: 12000, multiProtocol: true },
    }),
  'ip link add b0 type bareudp dstport 6635 ethertype ipv4 nomultiproto': (route) =>
    route.links.add({ name: 'b0', kind: 'bareudp', data: { port: 6635, etherType: 'ipv4' } }),
  'ip link add b0 type bareudp dstport 6635 ethertype ipv6': (route) =>
    route.links.add({ name: 'b0', kind: 'bareudp', data: { port: 6635, etherType: 'ipv6' } }),
  'ip link add b0 type bareudp dstport 6635 ethertype 0x800 nomultiproto': (route) =>
    route.links.add({ name: 'b0', kind: 'bareudp', data: { port: 6635, etherType: 'ipv4' } }),
  'ip link add g0 type geneve id 42 remote 10.0.0.2 ttl 64 tos 0x10 df set dstport 6082 udpcsum noudp6zerocsumtx noudp6zerocsumrx': (
    route,
  ) =>
    route.links.add({
      name: 'g0',
      kind: 'geneve',
      data: {
        dontFragment: 'set',
        id: 42,
        remote: '10.0.0.2',
        flowLabel: 0,
        ttl: 64,
        tos: 16,
        port: 6082,
        udpChecksum: true,
        udpZeroChecksum6Send: false,
        udpZeroChecksum6Receive: false,
      },
    }),
  'ip link add g0 type geneve id 42 remote fd00::2 ttl auto tos inherit df unset flowlabel 0x12345 udp6zerocsumtx udp6zerocsumrx noudpcsum':
    (route) =>
      route.links.add({
        name: 'g0',
        kind: 'geneve',
        data: {
          dontFragment: 'unset',
          id: 42,
          remote: 'fd00::2',
          flowLabel: 74565,
          ttl: 0,
          tos: 1,
          udpChecksum: false,
          udpZeroChecksum6Send: true,
          udpZeroChecksum6Receive: true,
        },
      }),
  'ip link add g0 type geneve id 42 remote 10.0.0.2 ttl inherit df inherit noexternal': (route) =>
    route.links.add({
      name: 'g0',
      kind: 'geneve',
      data: { ttlInherit: true, dontFragment: 'inherit', id: 42, remote: '10.0.0.2', flowLabel: 0, ttl: 0, tos: 0 },
    }),
  'ip link add g0 type geneve external innerprotoinherit': (route) =>
    route.links.add({
      name: 'g0',
      kind: 'geneve',
      data: { id: 0, flowLabel: 0, ttl: 0, tos: 0, external: true, innerProtocolInherit: true },
    }),
  'ip link add g0 type gtp role sgsn hsize 1024 restart_count 5': (route) =>
    route.links.add({ name: 'g0', kind: 'gtp', data: { createSockets: true, role: 'sgsn', hashSize: 1024, restartCount: 5 } }),
  'ip link add g0 type gtp role ggsn': (route) =>
    route.links.add({ name: 'g0', kind: 'gtp', data: { createSockets: true, role: 'ggsn', hashSize: 1024 } }),
  'ip link add link lower s0 type macsec port 11 cipher default icvlen 16 encrypt on send_sci on protect on replay on window 32 validate strict encodingsa 2':
    (route) =>
      route.links.add({
        name: 's0',
        parent: 'lower',
        kind: 'macsec',
        data: {
          port: 11,
          encrypt: true,
          includeSci: true,
          protect: true,
          validation: 'strict',
          cipherSuite: 'default',
          icvLength: 16,
          window: 32,
          replayProtect: true,
          encodingSa: 2,
        },
      }),
  'ip link add link lower s0 type macsec address 02:00:00:00:00:05 port 12 cipher gcm-aes-128 encrypt off send_sci off end_station on validate check offload mac':
    (route) =>
      route.links.add({
        name: 's0',
        parent: 'lower',
        kind: 'macsec',
        data: {
          sci: 144115188076183564n,
          encrypt: false,
          includeSci: false,
          endStation: true,
          validation: 'check',
          offload: 'mac',
          cipherSuite: 'gcm-aes-128',
        },
      }),
  'ip link add link lower s0 type macsec sci 0x0200000000050001 cipher gcm-aes-256 send_sci off scb on protect off replay off validate disabled offload phy':
    (route) =>
      route.links.add({
        name: 's0',
        parent: 'lower',
        kind: 'macsec',
        data: {
          sci: 144115188076183553n,
          includeSci: false,
          singleCopyBroadcast: true,
          protect: false,
          validation: 'disabled',
          offload: 'phy',
          cipherSuite: 'gcm-aes-256',
          window: 4294967295,
          replayProtect: false,
        },
      }),
  'ip link add link lower s0 type macsec port 13 cipher gcm-aes-xpn-128 end_station off scb off offload off': (route) =>
    route.links.add({
      name: 's0',
      parent: 'lower',
      kind: 'macsec',
      data: { port: 13, endStation: false, singleCopyBroadcast: false, offload: 'off', cipherSuite: 'gcm-aes-xpn-128' },
    }),
  'ip link add link lower s0 type macsec port 14 cipher gcm-aes-xpn-256': (route) =>
    route.links.add({ name: 's0', parent: 'lower', kind: 'macsec', data: { port: 14, cipherSuite: 'gcm-aes-xpn-256' } }),
  'ip link add v0 type vxlan id 42 group 239.1.1.1 local 10.0.0.1 ttl 64 tos 0x10 df set dev lower dstport 4789 srcport 1000 2000 learning proxy rsc l2miss l3miss ageing 300 maxaddress 1000 udpcsum udp6zerocsumtx udp6zerocsumrx remcsumtx remcsumrx gbp':
    (route) =>
      route.links.add({
        name: 'v0',
        kind: 'vxlan',
        data: {
          ttl: 64,
          tos: 16,
          dontFragment: 'set',
          link: 'lower',
          portRange: { low: 1000, high: 2000 },
          proxy: true,
          routeShortCircuit: true,
          l2Miss: true,
          l3Miss: true,
          ageing: 300,
          limit: 1000,
          udpChecksum: true,
          udpZeroChecksum6Send: true,
          udpZeroChecksum6Receive: true,
          remoteChecksumSend: true,
          remoteChecksumReceive: true,
          groupPolicy: true,
          id: 42,
          local: '10.0.0.1',
          group: '239.1.1.1',
          learning: true,
          port: 4789,
        },
      }),
  'ip link add v0 type vxlan id 42 remote fd00::2 local fd00::1 ttl auto tos inherit df unset flowlabel 0x12345 dstport 4789 nolearning noproxy norsc nol2miss nol3miss noudpcsum noudp6zerocsumtx noudp6zerocsumrx':
    (route) =>
      route.links.add({
        name: 'v0',
        kind: 'vxlan',
        data: {
          ttl: 0,
          tos: 1,
          dontFragment: 'unset',
          flowLabel: 74565,
          proxy: false,
          routeShortCircuit: false,
          l2Miss: false,
          l3Miss: false,
          udpChecksum: false,
          udpZeroChecksum6Send: false,
          udpZeroChecksum6Receive: false,
          id: 42,
          local: 'fd00::1',
          group: 'fd00::2',
          learning: false,
          port: 4789,
        },
      }),
  'ip link add v0 type vxlan id 42 remote 10.0.0.2 ttl inherit df inherit dstport 4790 noexternal gpe': (route) =>
    route.links.add({
      name: 'v0',
      kind: 'vxlan',
      data: {
        ttlInherit: true,
        dontFragment: 'inherit',
        external: false,
        genericProtocol: true,
        id: 42,
        group: '10.0.0.2',
        learning: true,
        port: 4790,
      },
    }),
  'ip link add v0 type vxlan id 42 remote 10.0.0.2 dstport 4789 noremcsumtx noremcsumrx': (route) =>
    route.links.add({
      name: 'v0',
      kind: 'vxlan',
      data: { remoteChecksumSend: false, remoteChecksumReceive: false, id: 42, group: '10.0.0.2', learning: true, port: 4789 },
    }),
  'ip link add v0 type vxlan external vnifilter dstport 4789': (route) =>
    route.links.add({ name: 'v0', kind: 'vxlan', data: { external: true, vniFilter: true, learning: false, port: 4789 } }),
  'ip link add v0 type vxlan external novnifilter dstport 4789': (route) =>
    route.links.add({ name: 'v0', kind: 'vxlan', data: { external: true, vniFilter: false, learning: false, port: 4789 } }),
};
