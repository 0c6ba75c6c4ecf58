import type { Part } from './scene.js';

/* Routes of all types, and nexthop objects and rules. What no kernel here may be asked for (geneve_opts and the like) is not in it. */

const ground = [
  'link set lo up',
  'link add v0 type veth peer name v1',
  'link add v2 type veth peer name v3',
  'link add d0 type veth peer name d1',
  'link set v0 up',
  'link set v1 up',
  'link set v2 up',
  'link set v3 up',
  'link set d0 up',
  'address add 10.0.0.1/24 dev v0',
  'address add 10.0.9.1/24 dev v2',
  'address add fd00::1/64 dev v0 nodad',
  'address add fd09::1/64 dev v2 nodad',
];

const metricsOf = [
  'mtu lock 1400 window 5000 rtt 100ms rttvar 50ms ssthresh 20 cwnd lock 30 initcwnd 11 initrwnd 12 advmss 1300 reordering 7 hoplimit 33',
  'rto_min 200ms quickack 1 congctl reno fastopen_no_cookie 1 features ecn',
].join(' ');

export const routeScene: readonly Part[] = [
  { name: 'links with addresses', ip: ground },
  {
    name: 'routes of IPv4',
    ip: [
      'route add 10.1.0.0/16 via 10.0.0.2',
      'route add 10.1.1.1 via 10.0.0.2 dev v0 src 10.0.0.1 metric 7 proto static',
      'route add 10.1.2.0/24 dev v0 scope link proto 77 table 100',
      'route add 10.1.3.0/24 dev v0 table 70000 proto bird',
      'route add 10.1.4.0/24 via 192.0.2.1 dev v0 onlink',
      'route add tos 0x10 10.1.5.0/24 via 10.0.0.2',
      'route add default via 10.0.0.2 metric 100 proto dhcp',
      'route add default dev v0 table 101 proto ra',
      `route add 10.1.6.0/24 via 10.0.0.2 ${metricsOf}`,
      'route add 10.1.7.0/24 dev d0 scope 77 metric 4294967295',
    ],
    objects: /^10\.1\./,
  },
  {
    name: 'types of routes',
    ip: [
      'route add blackhole 10.2.0.0/24',
      'route add unreachable 10.2.1.0/24',
      'route add prohibit 10.2.2.0/24 metric 5',
      'route add throw 10.2.3.0/24 table 100',
      'route add local 10.2.4.0/24 dev v0',
      'route add broadcast 10.2.5.255 dev v0',
      'route add multicast 239.2.6.0/24 dev v0',
      'route add blackhole fd02::/64',
      'route add unreachable fd02:1::/64 metric 77',
      'route add prohibit fd02:2::/64',
      'route add throw fd02:3::/64 table 100',
      'route add local fd02:4::1 dev v0',
      'route add anycast fd02:5::1 dev v0',
      'route add multicast ff0e::/32 dev v0',
    ],
    objects: /^(?:10\.2|fd02:)/,
  },
  {
    name: 'realms',
    ip: ['route add 10.3.0.0/24 realm 2 via 10.0.0.2', 'route add 10.3.1.0/24 realm 1/2 via 10.0.0.2'],
    objects: /^10\.3\./,
  },
  {
    name: 'routes with several nexthops',
    ip: [
      'route add 10.4.0.0/24 nexthop via 10.0.0.2 weight 2 nexthop via 10.0.9.2 dev v2 weight 5',
      'route add 10.4.1.0/24 nexthop dev v0 weight 256 nexthop dev v2',
      'route add 10.4.2.0/24 nexthop via 192.0.2.1 dev v0 onlink nexthop via inet6 fe80::2 dev v2',
      'route add fd04::/64 nexthop via fd00::2 weight 2 nexthop via fd09::2 dev v2',
    ],
    objects: /^(?:10\.4|fd04:)/,
  },
  {
    name: 'realms of several nexthops',
    ip: ['route add 10.4.3.0/24 nexthop via 10.0.0.2 realm 1/2 nexthop via 10.0.0.3 realm 3'],
    objects: /^10\.4\.3/,
  },
  { name: 'routes by the other family', ip: ['route add 10.5.0.0/24 via inet6 fd00::2 dev v0'], objects: /^10\.5\./ },
  {
    name: 'routes of IPv6',
    ip: [
      'route add fd06::/64 via fd00::2',
      'route add fd06:1::/64 via fe80::2 dev v0 metric 7 proto static src fd00::1',
      'route add fd06:2::1 dev v0 expires 1000',
      'route add default via fd00::2 pref high metric 50',
      'route add fd06:3::/64 via fd00::2 pref low table 70001',
      'route add fd06:4::/64 via fd77::9 dev v2 onlink',
      `route add fd06:5::/64 via fd00::2 ${metricsOf}`,
    ],
    objects: /^fd06:/,
  },
  {
    name: 'routes by source',
    ip: ['route add fd07::/64 from fd99::/64 via fd00::2', 'route add fd07:1::/64 from fd99::1 dev v0'],
    objects: /^fd07:/,
  },
  {
    name: 'encapsulation ip and ip6',
    ip: [
      'route add 10.8.0.0/24 encap ip id 5 src 10.0.0.1 dst 10.0.0.2 ttl 9 tos 0x10 key csum seq dev v0',
      'route add 10.8.1.0/24 encap ip id 12345678901 dst 10.0.0.2 dev v0',
      'route add 10.8.2.0/24 encap ip6 id 6 src fd00::1 dst fd00::2 hoplimit 9 tc 0x10 key csum seq dev v0',
      'route add fd08::/64 encap ip6 id 6 dst fd00::2 dev v0',
      'route add 10.8.3.0/24 nexthop encap ip id 1 dst 10.0.0.2 dev v0 nexthop encap ip id 2 dst 10.0.9.2 dev v2',
    ],
    objects: /^(?:10\.8|fd08:)/,
  },
  {
    name: 'encapsulation seg6',
    ip: [
      'route add fd0a::/64 encap seg6 mode encap segs fc00::1,fc00::2 dev v0',
      'route add fd0a:1::/64 encap seg6 mode inline segs fc00::1,fc00::2 dev v0',
      'route add 10.10.0.0/24 encap seg6 mode encap segs fc00::1 dev v0',
    ],
    objects: /^(?:10\.10\.|fd0a:)/,
  },
  { name: 'encapsulation seg6 of frames', ip: ['route add fd0a:2::/64 encap seg6 mode l2encap segs fc00::1 dev v0'], objects: /^fd0a:2/ },
  {
    name: 'encapsulation seg6, reduced',
    ip: [
      'route add fd0a:3::/64 encap seg6 mode encap.red segs fc00::1,fc00::2 dev v0',
      'route add fd0a:4::/64 encap seg6 mode l2encap.red segs fc00::1,fc00::2 dev v0',
    ],
    objects: /^fd0a:[34]/,
  },
  {
    name: 'encapsulation seg6local',
    ip: [
      'route add fd0b::/64 encap seg6local action End dev v0',
      'route add fd0b:1::/64 encap seg6local action End.X nh6 fd00::2 dev v0',
      'route add fd0b:2::/64 encap seg6local action End.T table 100 dev v0',
      'route add fd0b:3::/64 encap seg6local action End.DX2 oif v2 dev v0',
      'route add fd0b:4::/64 encap seg6local action End.DX6 nh6 fd00::2 dev v0',
      'route add fd0b:5::/64 encap seg6local action End.DX4 nh4 10.0.0.2 dev v0',
      'route add fd0b:6::/64 encap seg6local action End.DT6 table main dev v0',
      'route add fd0b:7::/64 encap seg6local action End.B6 srh segs fc00::1,fc00::2 dev v0',
      'route add fd0b:8::/64 encap seg6local action End.B6.Encaps srh segs fc00::1,fc00::2 dev v0',
      'route add fd0b:9::/64 encap seg6local action End count dev v0',
    ],
    objects: /^fd0b:/,
  },
  { name: 'flavour psp of seg6local', ip: ['route add fd0b:a::/64 encap seg6local action End flavors psp dev v0'], objects: /^fd0b:a:/ },
  {
    name: 'compressed segments of seg6local',
    ip: ['route add fd0b:b::/64 encap seg6local action End flavors next-csid lblen 48 nflen 16 dev v0'],
    objects: /^fd0b:b:/,
  },
  {
    name: 'VRFs',
    ip: ['link add vrf100 type vrf table 100', 'link set vrf100 up'],
  },
  {
    name: 'seg6local into VRFs',
    sysctls: { 'net/vrf/strict_mode': '1' },
    ip: [
      'route add fd0b:c::/64 encap seg6local action End.DT4 vrftable 100 dev v0',
      'route add fd0b:d::/64 encap seg6local action End.DT46 vrftable 100 dev v0',
    ],
    objects: /^fd0b:[cd]:/,
  },
  {
    name: 'encapsulation mpls',
    ip: [
      'route add 10.12.0.0/24 encap mpls 100/200 via 10.0.0.2 dev v0',
      'route add 10.12.1.0/24 encap mpls 300 ttl 9 via 10.0.0.2 dev v0',
      'route add 10.12.2.0/24 ttl-propagate disabled encap mpls 300 via 10.0.0.2 dev v0',
      'route add 10.12.3.0/24 nexthop encap mpls 100 via 10.0.0.2 dev v0 nexthop encap mpls 200/300 via 10.0.9.2 dev v2',
    ],
    objects: /^10\.12\./,
  },
  {
    name: 'routes of MPLS',
    sysctls: { 'net/mpls/platform_labels': '1000' },
    mpls: [
      'route add 100 via inet 10.0.0.2 dev v0',
      'route add 101 as 200/300 via inet 10.0.0.2 dev v0',
      'route add 102 as 200 via inet6 fd00::2 dev v0 proto static',
      'route add 103 dev lo',
      'route add 104 ttl-propagate disabled via inet 10.0.0.2 dev v0',
      'route add 105 nexthop as 200 via inet 10.0.0.2 dev v0 nexthop as 300/400 via inet 10.0.9.2 dev v2',
    ],
    objects: /^10\d$/,
  },
  {
    name: 'encapsulation ioam6',
    ip: [
      'route add fd0d::/64 encap ioam6 mode inline trace prealloc type 0x800000 ns 1 size 12 dev v0',
      'route add fd0d:1::/64 encap ioam6 freq 1/3 mode encap tundst fd00::2 trace prealloc type 0xc00000 ns 2 size 24 dev v0',
      'route add fd0d:2::/64 encap ioam6 mode auto tundst fd00::2 trace prealloc type 0x800000 ns 1 size 12 dev v0',
    ],
    objects: /^fd0d:/,
  },
  { name: 'encapsulation rpl', ip: ['route add fd0e::/64 encap rpl segs fc00::1,fc00::2 dev v0'], objects: /^fd0e:/ },
  {
    name: 'encapsulation ila',
    ip: ['route add 2001:db8::/64 encap ila 1:2:3:4 csum-mode adj-transport ident-type luid hook-type output dev v0'],
    objects: /^2001:/,
  },
  {
    name: 'encapsulation xfrm',
    ip: ['link add xf0 type xfrm external', 'link set xf0 up', 'route add 10.15.0.0/24 dev xf0 encap xfrm if_id 5 link_dev v0'],
    objects: /^10\.15\./,
  },
  {
    name: 'routes by nexthop objects',
    ip: [
      'nexthop add id 5 via 10.0.0.2 dev v0',
      'nexthop add id 6 via 10.0.9.2 dev v2',
      'nexthop add id 7 group 5,3/6',
      'nexthop add id 8 via fd00::2 dev v0',
      'nexthop add id 9 blackhole',
      'route add 10.16.0.0/24 nhid 5',
      'route add 10.16.1.0/24 nhid 7',
      'route add 10.16.2.0/24 nhid 8',
      'route add fd10::/64 nhid 8 metric 9',
      'route add 10.16.3.0/24 nhid 9',
    ],
    objects: /^(?:10\.16\.|fd10:)/,
  },
];
