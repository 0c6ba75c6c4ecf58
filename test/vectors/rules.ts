import type { Calls } from '../support/vectors.js';

export const rules: Calls = {
  'ip rule add from 10.0.0.0/8 table 100': (route) => route.rules.add({ source: '10.0.0.0/8', table: 100 }),
  'ip rule add to 10.1.0.0/16 lookup main pref 1000': (route) => route.rules.add({ destination: '10.1.0.0/16', priority: 1000 }),
  'ip rule add from all table local': (route) => route.rules.add({ source: 'all', table: 'local' }),
  'ip rule add not from 10.0.0.0/8 fwmark 0x10/0xff table default': (route) =>
    route.rules.add({ flags: ['invert'], source: '10.0.0.0/8', mark: 16, markMask: 255, table: 'default' }),
  'ip rule add fwmark 5 table 1000 priority 2000': (route) => route.rules.add({ mark: 5, priority: 2000, table: 1000 }),
  'ip rule add iif lower oif upper tos 0x10 table 100': (route) =>
    route.rules.add({ tos: 16, inputLink: 'lower', outputLink: 'upper', table: 100 }),
  'ip rule add l3mdev pref 900': (route) => route.rules.add({ l3mdev: true, priority: 900 }),
  'ip rule add uidrange 1000-1999 table 100': (route) => route.rules.add({ uidRange: { from: 1000, to: 1999 }, table: 100 }),
  'ip rule add ipproto tcp sport 1000 dport 80-90 table 100': (route) =>
    route.rules.add({
      ipProtocol: 'tcp',
      sourcePorts: { from: 1000, to: 1000 },
      destinationPorts: { from: 80, to: 90 },
      table: 100,
    }),
  'ip rule add ipproto udp sport 1000-2000 dport 53 table 100 protocol static': (route) =>
    route.rules.add({
      ipProtocol: 'udp',
      sourcePorts: { from: 1000, to: 2000 },
      destinationPorts: { from: 53, to: 53 },
      protocol: 'static',
      table: 100,
    }),
  'ip rule add from 10.0.0.0/8 realms 3/7 table 100': (route) =>
    route.rules.add({ source: '10.0.0.0/8', realms: { from: 3, to: 7 }, table: 100 }),
  'ip rule add from 10.0.0.0/8 realms 7 table 100': (route) => route.rules.add({ source: '10.0.0.0/8', realms: { to: 7 }, table: 100 }),
  'ip rule add pref 100 goto 200': (route) => route.rules.add({ action: 'goto', priority: 100, target: 200 }),
  'ip rule add pref 100 nop': (route) => route.rules.add({ action: 'nop', priority: 100 }),
  'ip rule add from 10.0.0.0/8 blackhole': (route) => route.rules.add({ action: 'blackhole', source: '10.0.0.0/8' }),
  'ip rule add from 10.0.0.0/8 unreachable': (route) => route.rules.add({ action: 'unreachable', source: '10.0.0.0/8' }),
  'ip rule add from 10.0.0.0/8 prohibit': (route) => route.rules.add({ action: 'prohibit', source: '10.0.0.0/8' }),
  'ip rule add table main suppress_prefixlength 0': (route) => route.rules.add({ suppressPrefixLength: 0 }),
  'ip rule add table main suppress_ifgroup 7': (route) => route.rules.add({ suppressGroup: 7 }),
  'ip rule add tun_id 42 table 100': (route) => route.rules.add({ tunnelId: 42n, table: 100 }),
  'ip -6 rule add from fd00::/64 to fd01::/32 table 300 pref 500': (route) =>
    route.rules.add({ source: 'fd00::/64', destination: 'fd01::/32', priority: 500, table: 300 }),
  'ip -6 rule add fwmark 7 unreachable': (route) => route.rules.add({ family: 'ipv6', action: 'unreachable', mark: 7 }),
  'ip rule del pref 1000': (route) => route.rules.delete({ priority: 1000 }),
  'ip rule del from 10.0.0.0/8 table 100': (route) => route.rules.delete({ source: '10.0.0.0/8', table: 100 }),
  'ip -6 rule del from fd00::/64 table 300': (route) => route.rules.delete({ source: 'fd00::/64', table: 300 }),
};
