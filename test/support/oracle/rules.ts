import { existsSync, readFileSync } from 'node:fs';
import { asText, hasAsNull, hex } from './conversions.js';
import { protocolName, tableName } from './routes.js';
import type { Part } from './scene.js';
import { shows, unmapped, type Conversion, type ObjectTable } from './table.js';

/* ip -json -details rule show, for each family */

/** The address of a selector; `instead` where there is none. */
function addressOf(instead: string | undefined): Conversion {
  return (value) => (typeof value === 'string' ? value.replace(/\/\d+$/, '') : instead);
}

/** The length of a selector, where it is not that of a whole address. */
const lengthOf: Conversion = (value) => {
  const length = typeof value === 'string' ? Number(/\/(\d+)$/.exec(value)?.[1]) : undefined;
  return typeof value === 'string' && length === (value.includes(':') ? 128 : 32) ? undefined : length;
};

/** Where there is no mark, but a mask. */
const mark: Conversion = (value, { object }) => {
  if (value === undefined && object['markMask'] === undefined) return undefined;
  return hex(value ?? 0, { object, whole: object, linkOf: () => undefined });
};

const one: Conversion = (value) => {
  const { from, to } = (value ?? {}) as { from?: number; to?: number };
  return from === to ? from : undefined;
};
function several(end: 'from' | 'to'): Conversion {
  return (value) => {
    const range = (value ?? {}) as { from?: number; to?: number };
    return range.from === range.to ? undefined : range[end];
  };
}

/** Names of protocols are those of /etc/protocols, which not every system has. */
function namesOfProtocols(): ReadonlyMap<number, string> {
  const text = existsSync('/etc/protocols') ? readFileSync('/etc/protocols', 'utf8') : '';
  return new Map([...text.matchAll(/^(\S+)\s+(\d+)/gm)].map(([, name = '', number]) => [Number(number), name]));
}
const protocol: Conversion = (value) => {
  if (value === undefined) return undefined;
  const number = value === 'tcp' ? 6 : value === 'udp' ? 17 : value;
  return typeof number === 'number' ? (namesOfProtocols().get(number) ?? `ipproto-${number}`) : number;
};

function whenAction(action: string, printed: unknown): Conversion {
  return (value) => (value === action ? printed : undefined);
}

/** Only of rules with a table. */
const withTable: Conversion = (value, { object }) => (value === -1 || object['table'] === undefined ? undefined : value);

export const rules: ObjectTable = {
  keys: {
    priority: shows('priority', (value) => value ?? 0),
    not: shows('flags', hasAsNull('invert')),
    src: shows('source', addressOf('all')),
    srclen: shows('source', lengthOf),
    dst: shows('destination', addressOf(undefined)),
    dstlen: shows('destination', lengthOf),
    tos: shows('tos', (value) => (typeof value === 'number' && value !== 0 ? `0x${value.toString(16).padStart(2, '0')}` : undefined)),
    fwmark: shows('mark', mark, { with: ['markMask'] }),
    fwmask: shows('markMask', (value, around) => (value === 0xffffffff ? undefined : hex(value, around))),
    iif: shows('inputLink'),
    iif_detached: shows('flags', hasAsNull('input-detached')),
    oif: shows('outputLink'),
    oif_detached: shows('flags', hasAsNull('output-detached')),
    l3mdev: shows('l3mdev', (value) => (value === true ? null : undefined)),
    uid_start: shows('uidRange.from'),
    uid_end: shows('uidRange.to'),
    ipproto: shows('ipProtocol', protocol),
    sport: shows('sourcePorts', one),
    sport_start: shows('sourcePorts', several('from')),
    sport_end: shows('sourcePorts', several('to')),
    dport: shows('destinationPorts', one),
    dport_start: shows('destinationPorts', several('from')),
    dport_end: shows('destinationPorts', several('to')),
    tun_id: shows('tunnelId'),
    table: shows('table', tableName),
    suppress_prefixlen: shows('suppressPrefixLength', withTable),
    suppress_ifgroup: shows('suppressGroup', (value, around) => {
      const group = withTable(value, around);
      return group === 0 ? 'default' : asText(group, around);
    }),
    flow_from: shows('realms.from', asText),
    flow_to: shows('realms.to', asText),
    goto: shows('target', (value, { object }) => (object['action'] === 'goto' ? (value ?? 'none') : undefined), { with: ['action'] }),
    unresolved: shows('flags', (value, around) =>
      around.object['action'] === 'goto' ? hasAsNull('unresolved')(value, around) : undefined,
    ),
    nop: shows('action', whenAction('nop', null)),
    action: shows('action', (value) => (value === 'table' || value === 'goto' || value === 'nop' ? undefined : value)),
    protocol: shows('protocol', protocolName),
    nat_gateway: unmapped('rules with network address translation: gone since Linux 2.6'),
    masquerade: unmapped('rules with network address translation: gone since Linux 2.6'),
    deleted: unmapped('printed of notifications only'),
  },
  beyond: {
    family: 'asked for by ip -4, ip -6',
    dscp: 'FRA_DSCP (Linux 6.13): not known to iproute2 6.1',
    dscpMask: 'FRA_DSCP_MASK (Linux 6.15): not known to iproute2 6.1',
    sourcePortMask: 'FRA_SPORT_MASK (Linux 6.15): not known to iproute2 6.1',
    destinationPortMask: 'FRA_DPORT_MASK (Linux 6.15): not known to iproute2 6.1',
  },
};

const selectors = [
  'priority 100 from 10.0.0.0/8 table 100',
  'priority 101 from 10.1.2.3 to 10.4.0.0/16 lookup 70000 protocol static',
  'priority 102 not fwmark 5 table 100',
  'priority 103 fwmark 0x10/0xff table main',
  'priority 104 iif v0 oif d0 table 100',
  'priority 105 iif nobody table 100',
  'priority 106 oif nobody table 100',
  'priority 107 uidrange 0-0 table 100',
  'priority 108 ipproto tcp sport 1000-2000 dport 80 table 100',
  'priority 109 ipproto udp sport 53 dport 1-5 table 100',
  'priority 110 table main suppress_prefixlength 8',
  'priority 111 table main suppress_ifgroup 5',
  'priority 112 table main suppress_ifgroup default suppress_prefixlength 0',
  'priority 113 goto 120',
  'priority 114 goto 9999',
  'priority 115 nop',
  'priority 116 from 10.5.0.0/16 type blackhole',
  'priority 117 from 10.6.0.0/16 type unreachable',
  'priority 118 from 10.7.0.0/16 type prohibit protocol 77',
  'priority 119 tun_id 12345678901 table 100',
  'priority 120 tos 0x10 table 100',
  'priority 121 ipproto 200 table default',
  'priority 122 from 0.0.0.0/8 table local',
];

export const ruleScene: readonly Part[] = [
  { name: 'a link', ip: ['link add v0 type veth peer name d0'] },
  { name: 'rules of IPv4', ip: selectors.map((line) => `rule add ${line}`), objects: /^1[0-2]\d$/ },
  {
    name: 'realms of rules',
    ip: ['rule add priority 130 from 10.8.0.0/16 realms 1/2 table 100', 'rule add priority 131 realms 3 table 100'],
    objects: /^13\d$/,
  },
  { name: 'rules of users that the user namespace has', ip: ['rule add priority 150 uidrange 1000-2000 table 100'], objects: /^150$/ },
  { name: 'rules of VRFs', ip: ['rule add priority 140 l3mdev'], objects: /^140$/ },
];

export const ruleScene6: readonly Part[] = [
  { name: 'a link', ip: ['link add v0 type veth peer name d0'] },
  {
    name: 'rules of IPv6',
    ip6: selectors.map((line) => {
      const address = line.replace(/10\.1\.2\.3/, 'fd00::1').replace(/(?:10|0)\.(\d)\.0\.0\/(\d+)/g, 'fd0$1::/$2');
      return `rule add ${address}`;
    }),
    objects: /^1[0-2]\d$/,
  },
  { name: 'rules of VRFs', ip6: ['rule add priority 140 l3mdev'], objects: /^140$/ },
];
