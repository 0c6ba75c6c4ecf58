import type { Calls } from '../support/vectors.js';

export const neighbours: Calls = {
  'ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev lower': (route) =>
    route.neighbours.add({ link: 'lower', address: '10.0.0.2', hardwareAddress: '02:00:00:00:00:02' }),
  'ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 nud permanent dev lower': (route) =>
    route.neighbours.add({ link: 'lower', state: 'permanent', address: '10.0.0.2', hardwareAddress: '02:00:00:00:00:02' }),
  'ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 nud reachable dev lower': (route) =>
    route.neighbours.add({ link: 'lower', state: 'reachable', address: '10.0.0.2', hardwareAddress: '02:00:00:00:00:02' }),
  'ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 nud stale dev lower': (route) =>
    route.neighbours.add({ link: 'lower', state: 'stale', address: '10.0.0.2', hardwareAddress: '02:00:00:00:00:02' }),
  'ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 nud delay dev lower': (route) =>
    route.neighbours.add({ link: 'lower', state: 'delay', address: '10.0.0.2', hardwareAddress: '02:00:00:00:00:02' }),
  'ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 nud probe dev lower': (route) =>
    route.neighbours.add({ link: 'lower', state: 'probe', address: '10.0.0.2', hardwareAddress: '02:00:00:00:00:02' }),
  'ip neigh add 10.0.0.2 nud failed dev lower': (route) => route.neighbours.add({ link: 'lower', state: 'failed', address: '10.0.0.2' }),
  'ip neigh add 10.0.0.2 nud incomplete dev lower': (route) =>
    route.neighbours.add({ link: 'lower', state: 'incomplete', address: '10.0.0.2' }),
  'ip neigh add 10.0.0.2 nud none dev lower': (route) => route.neighbours.add({ link: 'lower', state: 'none', address: '10.0.0.2' }),
  'ip neigh add fd00::2 nud noarp dev lower': (route) => route.neighbours.add({ link: 'lower', state: 'noarp', address: 'fd00::2' }),
  'ip neigh add fd00::2 lladdr 02:00:00:00:00:02 router dev lower protocol static': (route) =>
    route.neighbours.add({
      link: 'lower',
      protocol: 'static',
      address: 'fd00::2',
      hardwareAddress: '02:00:00:00:00:02',
      flags: ['router'],
    }),
  'ip neigh add 10.0.0.2 dev lower use': (route) => route.neighbours.add({ link: 'lower', address: '10.0.0.2', flags: ['use'] }),
  'ip neigh add 10.0.0.2 dev lower managed': (route) => route.neighbours.add({ link: 'lower', address: '10.0.0.2', flags: ['managed'] }),
  'ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev lower extern_learn': (route) =>
    route.neighbours.add({ link: 'lower', address: '10.0.0.2', hardwareAddress: '02:00:00:00:00:02', flags: ['extern-learn'] }),
  'ip neigh add proxy 10.0.0.3 dev lower': (route) => route.proxies.add({ link: 'lower', address: '10.0.0.3' }),
  'ip neigh add proxy fd00::3 dev lower': (route) => route.proxies.add({ link: 'lower', address: 'fd00::3' }),
  'ip neigh replace 10.0.0.2 lladdr 02:00:00:00:00:03 dev lower': (route) =>
    route.neighbours.replace({ link: 'lower', address: '10.0.0.2', hardwareAddress: '02:00:00:00:00:03' }),
  'ip neigh change 10.0.0.2 lladdr 02:00:00:00:00:03 dev lower': (route) =>
    route.neighbours.change({ link: 'lower', address: '10.0.0.2', hardwareAddress: '02:00:00:00:00:03' }),
  'ip neigh del 10.0.0.2 dev lower': (route) => route.neighbours.delete({ link: 'lower', address: '10.0.0.2' }),
  'ip neigh del proxy 10.0.0.3 dev lower': (route) => route.proxies.delete({ link: 'lower', address: '10.0.0.3' }),
  'bridge fdb add 02:00:00:00:00:02 dev port': (route) => route.fdb.add({ link: 'port', address: '02:00:00:00:00:02' }),
  'bridge fdb add 02:00:00:00:00:02 dev port self': (route) => route.fdb.add({ link: 'port', address: '02:00:00:00:00:02' }),
  'bridge fdb add 02:00:00:00:00:02 dev port master': (route) =>
    route.fdb.add({ link: 'port', address: '02:00:00:00:00:02', flags: ['master'] }),
  'bridge fdb add 02:00:00:00:00:02 dev port master static vlan 5': (route) =>
    route.fdb.add({ link: 'port', state: ['reachable', 'noarp'], address: '02:00:00:00:00:02', vlan: 5, flags: ['master'] }),
  'bridge fdb add 02:00:00:00:00:02 dev port master dynamic': (route) =>
    route.fdb.add({ link: 'port', state: ['reachable'], address: '02:00:00:00:00:02', flags: ['master'] }),
  'bridge fdb add 02:00:00:00:00:02 dev port master local sticky': (route) =>
    route.fdb.add({ link: 'port', address: '02:00:00:00:00:02', flags: ['master', 'sticky'] }),
  'bridge fdb add 02:00:00:00:00:02 dev port master use router extern_learn': (route) =>
    route.fdb.add({ link: 'port', address: '02:00:00:00:00:02', flags: ['use', 'master', 'extern-learn', 'router'] }),
  'bridge fdb add 02:00:00:00:00:02 dev vx0 dst 10.0.0.2 port 4790 vni 42 via lower src_vni 43': (route) =>
    route.fdb.add({ link: 'vx0', address: '02:00:00:00:00:02', remote: '10.0.0.2', port: 4790, vni: 42, sourceVni: 43, via: 'lower' }),
  'bridge fdb add 02:00:00:00:00:02 dev vx0 dst fd00::2': (route) =>
    route.fdb.add({ link: 'vx0', address: '02:00:00:00:00:02', remote: 'fd00::2' }),
  'bridge fdb add 02:00:00:00:00:02 dev vx0 nhid 13': (route) =>
    route.fdb.add({ link: 'vx0', address: '02:00:00:00:00:02', nexthopId: 13 }),
  'bridge fdb append 00:00:00:00:00:00 dev vx0 dst 10.0.0.3': (route) =>
    route.fdb.append({ link: 'vx0', address: '00:00:00:00:00:00', remote: '10.0.0.3' }),
  'bridge fdb replace 02:00:00:00:00:02 dev vx0 dst 10.0.0.4': (route) =>
    route.fdb.replace({ link: 'vx0', address: '02:00:00:00:00:02', remote: '10.0.0.4' }),
  'bridge fdb del 02:00:00:00:00:02 dev port master vlan 5': (route) =>
    route.fdb.delete({ link: 'port', address: '02:00:00:00:00:02', vlan: 5, flags: ['master'] }),
  'bridge fdb del 02:00:00:00:00:02 dev vx0 dst 10.0.0.2': (route) =>
    route.fdb.delete({ link: 'vx0', address: '02:00:00:00:00:02', remote: '10.0.0.2' }),
};
