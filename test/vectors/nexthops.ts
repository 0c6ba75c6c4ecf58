import type { Calls } from '../support/vectors.js';

export const nexthops: Calls = {
  'ip nexthop add id 1 via 10.0.0.2 dev lower': (route) => route.nexthops.add({ id: 1, gateway: '10.0.0.2', link: 'lower' }),
  'ip nexthop add id 2 via fe80::1 dev lower onlink protocol static': (route) =>
    route.nexthops.add({ protocol: 'static', flags: ['onlink'], id: 2, gateway: 'fe80::1', link: 'lower' }),
  'ip nexthop add id 3 dev lower': (route) => route.nexthops.add({ family: 'ipv4', id: 3, link: 'lower' }),
  'ip nexthop add id 4 blackhole': (route) => route.nexthops.add({ family: 'ipv4', id: 4, blackhole: true }),
  'ip -6 nexthop add id 5 blackhole': (route) => route.nexthops.add({ family: 'ipv6', id: 5, blackhole: true }),
  'ip nexthop add id 6 encap mpls 100/200 via 10.0.0.2 dev lower': (route) =>
    route.nexthops.add({ id: 6, gateway: '10.0.0.2', link: 'lower', encapsulation: { type: 'mpls', labels: [100, 200] } }),
  'ip nexthop add id 10 group 1/2': (route) =>
    route.nexthops.add({
      id: 10,
      group: [
        { id: 1, weight: 1 },
        { id: 2, weight: 1 },
      ],
    }),
  'ip nexthop add id 11 group 1,3/2,5 type mpath': (route) =>
    route.nexthops.add({
      id: 11,
      group: [
        { id: 1, weight: 3 },
        { id: 2, weight: 5 },
      ],
      groupType: 'multipath',
    }),
  'ip nexthop add id 12 group 1/2 type resilient buckets 64 idle_timer 60 unbalanced_timer 120': (route) =>
    route.nexthops.add({
      id: 12,
      group: [
        { id: 1, weight: 1 },
        { id: 2, weight: 1 },
      ],
      resilient: { buckets: 64, idleTimer: 6000, unbalancedTimer: 12000 },
      groupType: 'resilient',
    }),
  'ip nexthop add id 13 group 1/2 fdb': (route) =>
    route.nexthops.add({
      id: 13,
      group: [
        { id: 1, weight: 1 },
        { id: 2, weight: 1 },
      ],
      fdb: true,
    }),
  'ip nexthop add id 14 via 10.0.0.2 fdb': (route) => route.nexthops.add({ id: 14, gateway: '10.0.0.2', fdb: true }),
  'ip nexthop replace id 1 via 10.0.0.3 dev lower': (route) => route.nexthops.replace({ id: 1, gateway: '10.0.0.3', link: 'lower' }),
  'ip nexthop replace id 10 group 1': (route) => route.nexthops.replace({ id: 10, group: [{ id: 1, weight: 1 }] }),
  'ip nexthop del id 1': (route) => route.nexthops.delete({ id: 1 }),
  'ip nexthop add via 10.0.0.2 dev lower': (route) => route.nexthops.add({ gateway: '10.0.0.2', link: 'lower' }),
};
