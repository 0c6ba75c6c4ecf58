import type { Calls } from '../support/vectors.js';

export const encapsulations: Calls = {
  'ip route add 10.1.0.0/16 encap mpls 100/200 via 10.0.0.2 dev lower': (route) =>
    route.routes.add({
      destination: '10.1.0.0/16',
      gateway: '10.0.0.2',
      link: 'lower',
      encapsulation: { type: 'mpls', labels: [100, 200] },
    }),
  'ip route add 10.1.0.0/16 encap mpls 100 ttl 20 via inet6 fe80::1 dev lower': (route) =>
    route.routes.add({
      destination: '10.1.0.0/16',
      via: { family: 'ipv6', address: 'fe80::1' },
      link: 'lower',
      encapsulation: { type: 'mpls', labels: [100], ttl: 20 },
    }),
  'ip route add 10.1.0.0/16 encap ip id 42 dst 10.0.0.2 src 10.0.0.1 tos 0x10 ttl 64 key csum seq dev lower': (route) =>
    route.routes.add({
      destination: '10.1.0.0/16',
      link: 'lower',
      encapsulation: { type: 'ip', id: 42n, destination: '10.0.0.2', source: '10.0.0.1', tos: 16, ttl: 64, flags: ['csum', 'key', 'seq'] },
    }),
  'ip route add 10.1.0.0/16 encap ip6 id 42 dst fd00::2 src fd00::1 tc 0x10 hoplimit 64 key csum seq dev lower': (route) =>
    route.routes.add({
      destination: '10.1.0.0/16',
      link: 'lower',
      encapsulation: {
        type: 'ip6',
        id: 42n,
        destination: 'fd00::2',
        source: 'fd00::1',
        trafficClass: 16,
        hopLimit: 64,
        flags: ['csum', 'key', 'seq'],
      },
    }),
  'ip -6 route add fd03::/32 encap seg6 mode encap segs fd00::a,fd00::b,fd00::c dev lower': (route) =>
    route.routes.add({
      destination: 'fd03::/32',
      link: 'lower',
      encapsulation: { type: 'seg6', route: { mode: 'encap', segments: ['fd00::a', 'fd00::b', 'fd00::c'] } },
    }),
  'ip -6 route add fd03::/32 encap seg6 mode encap.red segs fd00::a,fd00::b dev lower': (route) =>
    route.routes.add({
      destination: 'fd03::/32',
      link: 'lower',
      encapsulation: { type: 'seg6', route: { mode: 'encap.red', segments: ['fd00::a', 'fd00::b'] } },
    }),
  'ip -6 route add fd03::/32 encap seg6 mode inline segs fd00::a dev lower': (route) =>
    route.routes.add({
      destination: 'fd03::/32',
      link: 'lower',
      encapsulation: { type: 'seg6', route: { mode: 'inline', segments: ['fd00::a'] } },
    }),
  'ip route add 10.1.0.0/16 encap seg6 mode l2encap segs fd00::a dev lower': (route) =>
    route.routes.add({
      destination: '10.1.0.0/16',
      link: 'lower',
      encapsulation: { type: 'seg6', route: { mode: 'l2encap', segments: ['fd00::a'] } },
    }),
  'ip route add 10.1.0.0/16 encap seg6 mode l2encap.red segs fd00::a dev lower': (route) =>
    route.routes.add({
      destination: '10.1.0.0/16',
      link: 'lower',
      encapsulation: { type: 'seg6', route: { mode: 'l2encap.red', segments: ['fd00::a'] } },
    }),
  'ip -6 route add fd03::/32 encap seg6 mode encap segs fd00::a hmac 7 dev lower': (route) =>
    route.routes.add({
      destination: 'fd03::/32',
      link: 'lower',
      encapsulation: { type: 'seg6', route: { mode: 'encap', segments: ['fd00::a'], hmacKeyId: 7 } },
    }),
  'ip -6 route add fd05::1 encap seg6local action End dev lower': (route) =>
    route.routes.add({ destination: 'fd05::1/128', link: 'lower', encapsulation: { type: 'seg6local', action: 'End' } }),
  'ip -6 route add fd05::1 encap seg6local action End count dev lower': (route) =>
    route.routes.add({
      destination: 'fd05::1/128',
      link: 'lower',
      encapsulation: { type: 'seg6local', action: 'End', counters: { packets: 0, bytes: 0, errors: 0 } },
    }),
  'ip -6 route add fd05::1 encap seg6local action End flavors psp,usp,usd dev lower': (route) =>
    route.routes.add({
      destination: 'fd05::1/128',
      link: 'lower',
      encapsulation: { type: 'seg6local', action: 'End', flavors: { operations: ['psp', 'usp', 'usd'] } },
    }),
  'ip -6 route add fd05::1 encap seg6local action End flavors next-csid lblen 32 nflen 16 dev lower': (route) =>
    route.routes.add({
      destination: 'fd05::1/128',
      link: 'lower',
      encapsulation: { type: 'seg6local', action: 'End', flavors: { operations: ['next-csid'], locatorBlock: 32, locatorNode: 16 } },
    }),
  'ip -6 route add fd05::1 encap seg6local action End.X nh6 fd00::1 dev lower': (route) =>
    route.routes.add({
      destination: 'fd05::1/128',
      link: 'lower',
      encapsulation: { type: 'seg6local', action: 'End.X', nexthop6: 'fd00::1' },
    }),
  'ip -6 route add fd05::1 encap seg6local action End.T table 100 dev lower': (route) =>
    route.routes.add({
      destination: 'fd05::1/128',
      link: 'lower',
      encapsulation: { type: 'seg6local', action: 'End.T', table: 100 },
    }),
  'ip -6 route add fd05::1 encap seg6local action End.DX2 oif upper dev lower': (route) =>
    route.routes.add({
      destination: 'fd05::1/128',
      link: 'lower',
      encapsulation: { type: 'seg6local', action: 'End.DX2', output: 'upper' },
    }),
  'ip -6 route add fd05::1 encap seg6local action End.DX6 nh6 fd00::1 dev lower': (route) =>
    route.routes.add({
      destination: 'fd05::1/128',
      link: 'lower',
      encapsulation: { type: 'seg6local', action: 'End.DX6', nexthop6: 'fd00::1' },
    }),
  'ip -6 route add fd05::1 encap seg6local action End.DX4 nh4 10.0.0.1 dev lower': (route) =>
    route.routes.add({
      destination: 'fd05::1/128',
      link: 'lower',
      encapsulation: { type: 'seg6local', action: 'End.DX4', nexthop4: '10.0.0.1' },
    }),
  'ip -6 route add fd05::1 encap seg6local action End.DT6 table 100 dev lower': (route) =>
    route.routes.add({
      destination: 'fd05::1/128',
      link: 'lower',
      encapsulation: { type: 'seg6local', action: 'End.DT6', table: 100 },
    }),
  'ip -6 route add fd05::1 encap seg6local action End.DT4 vrftable 100 dev lower': (route) =>
    route.routes.add({
      destination: 'fd05::1/128',
      link: 'lower',
      encapsulation: { type: 'seg6local', action: 'End.DT4', vrfTable: 100 },
    }),
  'ip -6 route add fd05::1 encap seg6local action End.DT46 vrftable 100 dev lower': (route) =>
    route.routes.add({
      destination: 'fd05::1/128',
      link: 'lower',
      encapsulation: { type: 'seg6local', action: 'End.DT46', vrfTable: 100 },
    }),
  'ip -6 route add fd05::1 encap seg6local action End.B6 srh segs fd00::a,fd00::b dev lower': (route) =>
    route.routes.add({
      destination: 'fd05::1/128',
      link: 'lower',
      encapsulation: { type: 'seg6local', action: 'End.B6', header: { segments: ['fd00::a', 'fd00::b'] } },
    }),
  'ip -6 route add fd05::1 encap seg6local action End.B6.Encaps srh segs fd00::a hmac 7 dev lower': (route) =>
    route.routes.add({
      destination: 'fd05::1/128',
      link: 'lower',
      encapsulation: { type: 'seg6local', action: 'End.B6.Encaps', header: { segments: ['fd00::a'], hmacKeyId: 7 } },
    }),
  'ip -6 route add fd05::1 encap seg6local action End.BM dev lower': (route) =>
    route.routes.add({ destination: 'fd05::1/128', link: 'lower', encapsulation: { type: 'seg6local', action: 'End.BM' } }),
  'ip -6 route add fd05::1 encap seg6local action End.S table 100 dev lower': (route) =>
    route.routes.add({
      destination: 'fd05::1/128',
      link: 'lower',
      encapsulation: { type: 'seg6local', action: 'End.S', table: 100 },
    }),
  'ip -6 route add fd05::1 encap seg6local action End.AS iif upper oif lower dev lower': (route) =>
    route.routes.add({
      destination: 'fd05::1/128',
      link: 'lower',
      encapsulation: { type: 'seg6local', action: 'End.AS', input: 'upper', output: 'lower' },
    }),
  'ip -6 route add fd05::1 encap seg6local action End.AM dev lower': (route) =>
    route.routes.add({ destination: 'fd05::1/128', link: 'lower', encapsulation: { type: 'seg6local', action: 'End.AM' } }),
  'ip -6 route add fd03::/32 encap rpl segs fd00::a,fd00::b dev lower': (route) =>
    route.routes.add({
      destination: 'fd03::/32',
      link: 'lower',
      encapsulation: { type: 'rpl', route: { segments: ['fd00::a', 'fd00::b'] } },
    }),
  'ip -6 route add fd03::/32 encap ioam6 trace prealloc type 0x800000 ns 1 size 12 dev lower': (route) =>
    route.routes.add({
      destination: 'fd03::/32',
      link: 'lower',
      encapsulation: {
        type: 'ioam6',
        every: 1,
        outOf: 1,
        mode: 'inline',
        trace: { namespaceId: 1, nodeLength: 0, remaining: 3, type: 2147483648 },
      },
    }),
  'ip -6 route add fd03::/32 encap ioam6 freq 2/5 mode encap tundst fd00::2 trace prealloc type 0x800000 ns 1 size 12 dev lower': (route) =>
    route.routes.add({
      destination: 'fd03::/32',
      link: 'lower',
      encapsulation: {
        type: 'ioam6',
        every: 2,
        outOf: 5,
        mode: 'encap',
        destination: 'fd00::2',
        trace: { namespaceId: 1, nodeLength: 0, remaining: 3, type: 2147483648 },
      },
    }),
  'ip -6 route add fd03::/32 encap ioam6 mode inline trace prealloc type 0xc00000 ns 2 size 16 dev lower': (route) =>
    route.routes.add({
      destination: 'fd03::/32',
      link: 'lower',
      encapsulation: {
        type: 'ioam6',
        every: 1,
        outOf: 1,
        mode: 'inline',
        trace: { namespaceId: 2, nodeLength: 0, remaining: 4, type: 3221225472 },
      },
    }),
  'ip -6 route add fd03::/32 encap ioam6 mode auto tundst fd00::2 trace prealloc type 0xc00000 ns 2 size 16 dev lower': (route) =>
    route.routes.add({
      destination: 'fd03::/32',
      link: 'lower',
      encapsulation: {
        type: 'ioam6',
        every: 1,
        outOf: 1,
        mode: 'auto',
        destination: 'fd00::2',
        trace: { namespaceId: 2, nodeLength: 0, remaining: 4, type: 3221225472 },
      },
    }),
  'ip route add 10.1.0.0/16 encap xfrm if_id 0x10 link_dev upper dev lower': (route) =>
    route.routes.add({ destination: '10.1.0.0/16', encapsulation: { type: 'xfrm', interfaceId: 16, link: 'upper' } }),
  'ip route add 10.1.0.0/16 encap ip id 42 dst 10.0.0.2 geneve_opts 0:0:1212121234567890 dev lower': (route) =>
    route.routes.add({
      destination: '10.1.0.0/16',
      link: 'lower',
      encapsulation: {
        type: 'ip',
        id: 42n,
        destination: '10.0.0.2',
        options: { geneve: [{ class: 0, type: 0, data: Uint8Array.of(0x12, 0x12, 0x12, 0x12, 0x34, 0x56, 0x78, 0x90) }] },
      },
    }),
  'ip route add 10.1.0.0/16 encap ip id 42 dst 10.0.0.2 geneve_opts 0:0:12121212,1:2:3434343456565656 dev lower': (route) =>
    route.routes.add({
      destination: '10.1.0.0/16',
      link: 'lower',
      encapsulation: {
        type: 'ip',
        id: 42n,
        destination: '10.0.0.2',
        options: {
          geneve: [
            { class: 0, type: 0, data: Uint8Array.of(0x12, 0x12, 0x12, 0x12) },
            { class: 1, type: 2, data: Uint8Array.of(0x34, 0x34, 0x34, 0x34, 0x56, 0x56, 0x56, 0x56) },
          ],
        },
      },
    }),
  'ip route add 10.1.0.0/16 encap ip id 42 dst 10.0.0.2 vxlan_opts 456 dev lower': (route) =>
    route.routes.add({
      destination: '10.1.0.0/16',
      link: 'lower',
      encapsulation: { type: 'ip', id: 42n, destination: '10.0.0.2', options: { vxlan: { policy: 456 } } },
    }),
  'ip route add 10.1.0.0/16 encap ip id 42 dst 10.0.0.2 erspan_opts 1:123:0:0 dev lower': (route) =>
    route.routes.add({
      destination: '10.1.0.0/16',
      link: 'lower',
      encapsulation: {
        type: 'ip',
        id: 42n,
        destination: '10.0.0.2',
        options: { erspan: { version: 1, index: 123, direction: 0, hardware: 0 } },
      },
    }),
  'ip route add 10.1.0.0/16 encap ip id 42 dst 10.0.0.2 erspan_opts 2:0:1:3 dev lower': (route) =>
    route.routes.add({
      destination: '10.1.0.0/16',
      link: 'lower',
      encapsulation: {
        type: 'ip',
        id: 42n,
        destination: '10.0.0.2',
        options: { erspan: { version: 2, index: 0, direction: 1, hardware: 3 } },
      },
    }),
  'ip -6 route add fd03::/32 encap ip6 id 42 dst fd00::2 geneve_opts 0:0:12121212 dev lower': (route) =>
    route.routes.add({
      destination: 'fd03::/32',
      link: 'lower',
      encapsulation: {
        type: 'ip6',
        id: 42n,
        destination: 'fd00::2',
        options: { geneve: [{ class: 0, type: 0, data: Uint8Array.of(0x12, 0x12, 0x12, 0x12) }] },
      },
    }),
};
