import type { Calls } from '../support/vectors.js';

export const addresses: Calls = {
  'ip address add 10.0.0.1/24 dev lower': (route) => route.addresses.add({ link: 'lower', address: '10.0.0.1/24' }),
  'ip address add 10.0.0.1/24 broadcast + dev lower': (route) =>
    route.addresses.add({ link: 'lower', broadcast: '10.0.0.255', address: '10.0.0.1/24' }),
  'ip address add 10.0.0.1/24 broadcast 10.0.0.255 label lower:1 scope link metric 50 dev lower': (route) =>
    route.addresses.add({ scope: 'link', link: 'lower', broadcast: '10.0.0.255', label: 'lower:1', metric: 50, address: '10.0.0.1/24' }),
  'ip address add 10.0.0.1 peer 10.0.0.2/32 dev lower': (route) =>
    route.addresses.add({ link: 'lower', address: '10.0.0.1/32', peer: '10.0.0.2' }),
  'ip address add 10.0.0.1/24 dev lower valid_lft 600 preferred_lft 300': (route) =>
    route.addresses.add({ link: 'lower', lifetime: { preferred: 300, valid: 600 }, address: '10.0.0.1/24' }),
  'ip address add 10.0.0.1/24 dev lower valid_lft forever preferred_lft forever': (route) =>
    route.addresses.add({ link: 'lower', lifetime: { preferred: 'forever', valid: 'forever' }, address: '10.0.0.1/24' }),
  'ip address add 10.0.0.1/24 dev lower noprefixroute scope host': (route) =>
    route.addresses.add({ scope: 'host', link: 'lower', flags: ['noprefixroute'], address: '10.0.0.1/24' }),
  'ip address add 239.1.1.1/32 dev lower autojoin scope 200': (route) =>
    route.addresses.add({ scope: 'site', link: 'lower', flags: ['autojoin'], address: '239.1.1.1/32' }),
  'ip address add fd00::1/64 dev lower home nodad': (route) =>
    route.addresses.add({ link: 'lower', address: 'fd00::1/64', flags: ['nodad', 'home'] }),
  'ip address add fd00::1/64 dev lower mngtmpaddr scope global': (route) =>
    route.addresses.add({ link: 'lower', flags: ['managetempaddr'], address: 'fd00::1/64' }),
  'ip address add fd00::1/64 anycast fd00:: dev lower': (route) =>
    route.addresses.add({ link: 'lower', anycast: 'fd00::', address: 'fd00::1/64' }),
  'ip address add fd00::1 peer fd00::2/128 dev lower': (route) =>
    route.addresses.add({ link: 'lower', address: 'fd00::1/128', peer: 'fd00::2' }),
  'ip address add 127.0.0.2/8 dev lo': (route) => route.addresses.add({ link: 'lo', address: '127.0.0.2/8' }),
  'ip address replace 10.0.0.1/24 dev lower metric 60': (route) =>
    route.addresses.replace({ link: 'lower', metric: 60, address: '10.0.0.1/24' }),
  'ip address change fd00::1/64 dev lower valid_lft 600 preferred_lft 0': (route) =>
    route.addresses.change({ link: 'lower', lifetime: { preferred: 0, valid: 600 }, address: 'fd00::1/64' }),
  'ip address del 10.0.0.1/24 dev lower': (route) => route.addresses.delete({ link: 'lower', address: '10.0.0.1/24' }),
  'ip address del fd00::1/64 dev lower': (route) => route.addresses.delete({ link: 'lower', address: 'fd00::1/64' }),
  'ip address del fd00::1/64 dev lower mngtmpaddr': (route) =>
    route.addresses.delete({ link: 'lower', flags: ['managetempaddr'], address: 'fd00::1/64' }),
};
