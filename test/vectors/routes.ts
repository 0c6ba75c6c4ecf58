import type { Calls } from '../support/vectors.js';

export const routes: Calls = {
  'ip route add 10.1.0.0/16 via 10.0.0.2': (route) => route.routes.add({ destination: '10.1.0.0/16', gateway: '10.0.0.2' }),
  'ip route add default via 10.0.0.2 dev lower': (route) =>
    route.routes.add({ gateway: '10.0.0.2', link: 'lower', destination: 'default' }),
  'ip -6 route add default via fe80::1 dev lower': (route) => route.routes.add({ destination: '::/0', gateway: 'fe80::1', link: 'lower' }),
  'ip route add unicast 10.1.0.0/16 via 10.0.0.2 dev lower onlink': (route) =>
    route.routes.add({ flags: ['onlink'], destination: '10.1.0.0/16', gateway: '10.0.0.2', link: 'lower' }),
  'ip route add 10.1.0.0/16 dev lower scope link src 10.0.0.1 metric 100 table 1000 proto static': (route) =>
    route.routes.add({
      protocol: 'static',
      destination: '10.1.0.0/16',
      preferredSource: '10.0.0.1',
      metric: 100,
      link: 'lower',
      table: 1000,
      scope: 'link',
    }),
  'ip route add 10.1.0.0/16 dev lower table main proto 77 scope host': (route) =>
    route.routes.add({ scope: 'host', protocol: 77, destination: '10.1.0.0/16', link: 'lower' }),
  'ip route add 10.1.0.0/16 dev lower table default proto kernel scope global tos 0x10': (route) =>
    route.routes.add({ scope: 'global', tos: 16, protocol: 'kernel', destination: '10.1.0.0/16', link: 'lower', table: 'default' }),
  'ip route add 10.1.0.0/16 dev lower table local proto boot scope 200': (route) =>
    route.routes.add({ scope: 'site', destination: '10.1.0.0/16', link: 'lower', table: 'local' }),
  'ip route add local 10.9.0.1 dev lower': (route) => route.routes.add({ type: 'local', destination: '10.9.0.1/32', link: 'lower' }),
  'ip route add broadcast 10.9.0.255 dev lower': (route) =>
    route.routes.add({ type: 'broadcast', destination: '10.9.0.255/32', link: 'lower' }),
  'ip route add multicast 239.0.0.0/8 dev lower': (route) =>
    route.routes.add({ type: 'multicast', destination: '239.0.0.0/8', link: 'lower' }),
  'ip route add blackhole 10.2.0.0/16': (route) => route.routes.add({ type: 'blackhole', destination: '10.2.0.0/16' }),
  'ip route add unreachable 10.3.0.0/16 metric 500': (route) =>
    route.routes.add({ type: 'unreachable', destination: '10.3.0.0/16', metric: 500 }),
  'ip route add prohibit 10.4.0.0/16': (route) => route.routes.add({ type: 'prohibit', destination: '10.4.0.0/16' }),
  'ip route add throw 10.5.0.0/16 table 100': (route) => route.routes.add({ type: 'throw', destination: '10.5.0.0/16', table: 100 }),
  'ip route add nat 10.6.0.0/16 via 10.0.0.2': (route) =>
    route.routes.add({ type: 'nat', destination: '10.6.0.0/16', gateway: '10.0.0.2' }),
  'ip -6 route add blackhole fd01::/32': (route) => route.routes.add({ type: 'blackhole', destination: 'fd01::/32' }),
  'ip -6 route add local fd02::1 dev lower': (route) => route.routes.add({ type: 'local', destination: 'fd02::1/128', link: 'lower' }),
  'ip -6 route add fd03::/32 via fe80::1 dev lower pref low expires 600 metric 20': (route) =>
    route.routes.add({
      destination: 'fd03::/32',
      gateway: 'fe80::1',
      preference: 'low',
      expires: 600,
      metric: 20,
      link: 'lower',
    }),
  'ip -6 route add fd03::/32 via fe80::1 dev lower pref high': (route) =>
    route.routes.add({ destination: 'fd03::/32', gateway: 'fe80::1', preference: 'high', link: 'lower' }),
  'ip -6 route add fd03::/32 via fe80::1 dev lower pref medium': (route) =>
    route.routes.add({ destination: 'fd03::/32', gateway: 'fe80::1', preference: 'medium', link: 'lower' }),
  'ip -6 route add fd03::/32 from fd04::/64 dev lower': (route) =>
    route.routes.add({ destination: 'fd03::/32', source: 'fd04::/64', link: 'lower' }),
  'ip route add 10.1.0.0/16 nexthop via 10.0.0.2 dev lower weight 3 nexthop via 10.0.0.3 dev upper weight 5 onlink': (route) =>
    route.routes.add({
      destination: '10.1.0.0/16',
      nexthops: [
        { weight: 3, link: 'lower', gateway: '10.0.0.2' },
        { flags: ['onlink'], weight: 5, link: 'upper', gateway: '10.0.0.3' },
      ],
    }),
  'ip -6 route add fd03::/32 nexthop via fe80::1 dev lower nexthop via fe80::2 dev lower weight 256': (route) =>
    route.routes.add({
      destination: 'fd03::/32',
      nexthops: [
        { link: 'lower', gateway: 'fe80::1' },
        { weight: 256, link: 'lower', gateway: 'fe80::2' },
      ],
    }),
  'ip route add 10.1.0.0/16 nexthop via inet6 fe80::1 dev lower nexthop dev upper realms 4': (route) =>
    route.routes.add({
      destination: '10.1.0.0/16',
      nexthops: [
        { link: 'lower', via: { family: 'ipv6', address: 'fe80::1' } },
        { link: 'upper', realms: { to: 4 } },
      ],
    }),
  'ip route add 10.1.0.0/16 via inet6 fe80::1 dev lower': (route) =>
    route.routes.add({ destination: '10.1.0.0/16', via: { family: 'ipv6', address: 'fe80::1' }, link: 'lower' }),
  'ip route add 10.1.0.0/16 via inet 10.0.0.2 dev lower': (route) =>
    route.routes.add({ destination: '10.1.0.0/16', gateway: '10.0.0.2', link: 'lower' }),
  'ip route add 10.1.0.0/16 nhid 12': (route) => route.routes.add({ destination: '10.1.0.0/16', nexthopId: 12 }),
  'ip -6 route add fd03::/32 nhid 12': (route) => route.routes.add({ destination: 'fd03::/32', nexthopId: 12 }),
  'ip route add 10.1.0.0/16 via 10.0.0.2 mtu 1400 advmss 1360 rtt 100ms rttvar 50ms reordering 5 window 65536 cwnd 20 initcwnd 10 ssthresh 30 rto_min 200ms hoplimit 32 initrwnd 12 features ecn quickack 1 congctl reno fastopen_no_cookie 1':
    (route) =>
      route.routes.add({
        destination: '10.1.0.0/16',
        gateway: '10.0.0.2',
        metrics: {
          mtu: 1400,
          advertisedMss: 1360,
          rtt: 800,
          rttVariance: 200,
          reordering: 5,
          window: 65536,
          congestionWindow: 20,
          initialCongestionWindow: 10,
          slowStartThreshold: 30,
          minimumRetransmissionTimeout: 200,
          hopLimit: 32,
          initialReceiveWindow: 12,
          features: ['ecn'],
          quickAck: true,
          congestionControl: 'reno',
          fastOpenNoCookie: true,
          lock: ['minimumRetransmissionTimeout'],
        },
      }),
  'ip route add 10.1.0.0/16 via 10.0.0.2 mtu lock 1400 cwnd lock 20 congctl lock cubic rtt 2s quickack 0 fastopen_no_cookie 0': (route) =>
    route.routes.add({
      destination: '10.1.0.0/16',
      gateway: '10.0.0.2',
      metrics: {
        mtu: 1400,
        congestionWindow: 20,
        congestionControl: 'cubic',
        rtt: 16000,
        quickAck: false,
        fastOpenNoCookie: false,
        lock: ['mtu', 'congestionWindow', 'congestionControl'],
      },
    }),
  'ip route add 10.1.0.0/16 via 10.0.0.2 realms 3/7': (route) =>
    route.routes.add({ destination: '10.1.0.0/16', gateway: '10.0.0.2', realms: { from: 3, to: 7 } }),
  'ip route add 10.1.0.0/16 via 10.0.0.2 realms 7': (route) =>
    route.routes.add({ destination: '10.1.0.0/16', gateway: '10.0.0.2', realms: { to: 7 } }),
  'ip route replace 10.1.0.0/16 via 10.0.0.3': (route) => route.routes.replace({ destination: '10.1.0.0/16', gateway: '10.0.0.3' }),
  'ip route change 10.1.0.0/16 via 10.0.0.3': (route) => route.routes.change({ destination: '10.1.0.0/16', gateway: '10.0.0.3' }),
  'ip route append 10.1.0.0/16 via 10.0.0.4': (route) => route.routes.append({ destination: '10.1.0.0/16', gateway: '10.0.0.4' }),
  'ip route del 10.1.0.0/16': (route) => route.routes.delete({ destination: '10.1.0.0/16' }),
  'ip route del 10.1.0.0/16 via 10.0.0.2 table 1000 metric 100': (route) =>
    route.routes.delete({ destination: '10.1.0.0/16', gateway: '10.0.0.2', metric: 100, table: 1000 }),
  'ip -6 route del fd03::/32 via fe80::1 dev lower': (route) =>
    route.routes.delete({ destination: 'fd03::/32', gateway: 'fe80::1', link: 'lower' }),
  'ip route del default': (route) => route.routes.delete({ destination: 'default' }),
  'ip -f mpls route add 100 via inet 10.0.0.2 dev lower': (route) =>
    route.routes.add({ family: 'mpls', destination: '100', via: { family: 'ipv4', address: '10.0.0.2' }, link: 'lower' }),
  'ip -f mpls route add 100 as 200/300 via inet6 fe80::1 dev lower': (route) =>
    route.routes.add({
      family: 'mpls',
      destination: '100',
      newDestination: [200, 300],
      via: { family: 'ipv6', address: 'fe80::1' },
      link: 'lower',
    }),
  'ip -f mpls route add 100 as to 200 via inet 10.0.0.2 dev lower ttl-propagate enabled': (route) =>
    route.routes.add({
      family: 'mpls',
      destination: '100',
      newDestination: [200],
      via: { family: 'ipv4', address: '10.0.0.2' },
      ttlPropagate: true,
      link: 'lower',
    }),
  'ip -f mpls route add 101 via inet 10.0.0.2 dev lower ttl-propagate disabled': (route) =>
    route.routes.add({
      family: 'mpls',
      destination: '101',
      via: { family: 'ipv4', address: '10.0.0.2' },
      ttlPropagate: false,
      link: 'lower',
    }),
  'ip -f mpls route add 102 dev lower': (route) => route.routes.add({ family: 'mpls', destination: '102', link: 'lower' }),
  'ip -f mpls route add 103 nexthop as 200 via inet 10.0.0.2 dev lower nexthop as 201 via inet 10.0.0.3 dev lower': (route) =>
    route.routes.add({
      family: 'mpls',
      destination: '103',
      nexthops: [
        { link: 'lower', newDestination: [200], via: { family: 'ipv4', address: '10.0.0.2' } },
        { link: 'lower', newDestination: [201], via: { family: 'ipv4', address: '10.0.0.3' } },
      ],
    }),
  'ip -f mpls route del 100': (route) => route.routes.delete({ family: 'mpls', destination: '100' }),
  'ip route get 10.1.2.3': (route) => route.routes.lookup('10.1.2.3'),
  'ip route get fibmatch 10.1.2.3': (route) => route.routes.lookup('10.1.2.3', { entry: true }),
  'ip route get 10.1.2.3 from 10.0.0.1 iif lower': (route) => route.routes.lookup('10.1.2.3', { source: '10.0.0.1', inputLink: 'lower' }),
  'ip route get 10.1.2.3 oif lower tos 0x10 mark 5 uid 1000 ipproto tcp sport 1000 dport 80': (route) =>
    route.routes.lookup('10.1.2.3', {
      tos: 16,
      uid: 1000,
      ipProtocol: 'tcp',
      sourcePort: 1000,
      destinationPort: 80,
      link: 'lower',
      mark: 5,
    }),
  'ip route get fd03::1 from fd00::1 oif lower': (route) => route.routes.lookup('fd03::1', { source: 'fd00::1', link: 'lower' }),
  // A VRF stands for its table, and in a question for itself.
  'ip route add 10.1.0.0/16 vrf vrf0 via 10.0.0.2': (route) =>
    route.routes.add({ destination: '10.1.0.0/16', gateway: '10.0.0.2', table: 1100 }),
  'ip route get 10.1.2.3 oif lower vrf vrf0': (route) => route.routes.lookup('10.1.2.3', { link: 'vrf0' }),
};
