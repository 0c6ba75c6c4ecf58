import { expect } from 'chai';
import { literalWords } from '../support/help-texts.js';
import { newer, recording } from '../support/vectors.js';

const commands = [recording, newer].flatMap(({ files }) => files.flatMap(({ vectors }) => vectors.map(({ command }) => command)));

/** Words of a command; the parts of 'a,b' and '1/2' as well. */
function wordsOf(command: string): string[] {
  return command.split(/[ ,]/);
}

const prose = 'is no option: the text explains with it';
const placeholder = 'stands for a number, in small letters';
const documentedOnly = 'is in the help text only: iproute2 takes encap-udp6-csum and noencap-udp6-csum, which have vectors';
const dies = 'ends iproute2 6.1 with a segmentation fault';
const notTaken = 'is in the help text only: iproute2 6.1 refuses it';
const question = 'only asks or restores: nothing is encoded that a change would have';
const needsProgram = 'loads a BPF program first, which takes another system call and a file';
const erspanOnly = 'is printed for all of IPv6, and taken of ip6erspan only, which has vectors';
const filter = 'only filters what is listed';

/** Words of help texts that no vector has, and why not. */
const withoutVector: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'ip link bareudp': words('can be given as number or protocol name etc', prose),
  'ip link can': words('in bps ns tc ms', prose),
  'ip link hsr': words(
    'name of new device e.g hsr0 the two slave devices bound to last byte multicast address used for frames protocol be network connect s',
    prose,
  ),
  'ip link ipvlan': words('first values are the defaults if nothing is specified', prose),
  'ip link ipvtap': words('first values are the defaults if nothing is specified', prose),
  'ip link macvlan': words('for of the rx queue broadcast queueing 32-bit integer', prose),
  'ip link macvtap': words('for of the rx queue broadcast queueing 32-bit integer', prose),
  'ip link netkit': words('first values are the defaults if nothing is specified get', prose),
  'ip link veth': words('get', prose),
  'ip link vxcan': words('get', prose),
  'ip link vxlan': words('any', notTaken),
  'ip link gre': words('encap-csum6 noencap-csum6', documentedOnly),
  'ip link gretap': words('encap-csum6 noencap-csum6', documentedOnly),
  'ip link erspan': { ...words('encap-csum6 noencap-csum6', documentedOnly), ...words('version hwid', placeholder) },
  'ip link ip6gre': {
    ...words('encap-csum6 noencap-csum6', documentedOnly),
    ...words('erspan_ver erspan erspan_dir ingress egress erspan_hwid', erspanOnly),
    ...words('version hwid', placeholder),
  },
  'ip link ip6gretap': {
    ...words('encap-csum6 noencap-csum6', documentedOnly),
    ...words('erspan_ver erspan erspan_dir ingress egress erspan_hwid', erspanOnly),
    ...words('version hwid', placeholder),
  },
  'ip link ip6erspan': { ...words('encap-csum6 noencap-csum6', documentedOnly), ...words('version hwid', placeholder) },
  'ip link ip6tnl': words('encap-csum6 noencap-csum6', documentedOnly),
  'ip link ipip': { ...words('encap-csum6 noencap-csum6', documentedOnly), ...words('6rd-reset', dies) },
  'ip link sit': { ...words('encap-csum6 noencap-csum6', documentedOnly), ...words('6rd-reset', dies) },
  'ip link': {
    ...words('object section program verbose pinned', needsProgram),
    ...words('show xstats afstats help', question),
    ...words('novf', filter),
  },
  'ip addrlabel': words('list flush help', question),
  'ip ntable': words('show', question),
  'ip token': words('list get', question),
  'ip stats': {
    ...words('help show', question),
    ...words(
      'group subgroup suite link xstats xstats_slave offload afstats bridge stp mcast bond 802.3ad cpu_hit hw_stats_info mpls',
      filter,
    ),
  },
  'ip address': {
    ...words('save show showdump restore flush', question),
    ...words('permanent dynamic secondary primary tentative deprecated dadfailed temporary to up down type master nomaster vrf', filter),
    // They are what it can filter by.
    ...words([...literalWords((newer.help['ip link'] ?? []).join('\n').split('TYPE :=').slice(-1))].join(' '), filter),
  },
  'ip neighbour': { ...words('show flush', question), ...words('to nomaster vrf', filter) },
  'ip nexthop': {
    ...words('list flush get bucket', question),
    ...words('vrf master groups index nhid', filter),
  },
  'ip route': {
    ...words('list flush save restore showdump', question),
    ...words('root match exact all', filter),
    ...words('pervasive cleanup bridge', notTaken),
    ...words('s ms', 'is a unit: 2s and 100ms are in a vector'),
    ...words('endpoint', needsProgram),
  },
  'ip rule': words('flush save restore list', question),
  'bridge fdb': { ...words('show', question), ...words('state', filter) },
  'bridge link': words('show', question),
  'bridge mdb': words('show', question),
  'bridge mst': words('show', question),
  'bridge vlan': words('show tunnelshow', question),
  'bridge vni': words('show del', 'only asks, or is refused: iproute2 6.1 takes delete'),
};

function words(list: string, why: string): Record<string, string> {
  return Object.fromEntries(list.split(' ').map((word) => [word, why]));
}

/** The commands that a help text is about. */
function commandsOf(title: string): string[] {
  const kind = /^ip link (\w+)$/.exec(title)?.[1];
  if (kind !== undefined) return commands.filter((command) => `${command} `.includes(` type ${kind} `));
  const [program = '', object = ''] = title.split(' ');
  const short = object === 'neighbour' ? 'neigh' : object;
  return commands.filter((command) => new RegExp(`^${program} (?:-6 |-f mpls )?${short} `).test(command));
}

for (const { iproute2, help } of [recording, newer]) {
  describe(`the help texts of ${iproute2}`, () => {
    it('are those of each kind of link that it knows, and of each object', () => {
      const titles = Object.keys(help);
      expect(titles.filter((title) => title.startsWith('ip link ')).length).to.be.at.least(47);
      expect(Object.keys(withoutVector).filter((title) => !titles.includes(title) && !(title in newer.help))).to.deep.equal([]);
    });

    for (const [title, lines] of Object.entries(help)) {
      it(`${title}: every option has a vector, or a reason why not`, () => {
        const own = commandsOf(title);
        expect(own, 'no vector at all').to.not.deep.equal([]);
        const used = new Set(own.flatMap(wordsOf));
        const without = withoutVector[title] ?? {};
        expect([...literalWords(lines)].filter((word) => !used.has(word) && !Object.hasOwn(without, word))).to.deep.equal([]);
      });
    }
  });
}

describe('the vectors of iproute2', () => {
  it('have no exception that is not needed', () => {
    const unneeded = Object.entries(withoutVector).flatMap(([title, reasons]) => {
      const used = new Set(commandsOf(title).flatMap(wordsOf));
      const printed = new Set([recording, newer].flatMap(({ help }) => [...literalWords(help[title] ?? [])]));
      return Object.keys(reasons)
        .filter((word) => used.has(word) || !printed.has(word))
        .map((word) => `${title}: ${word}`);
    });
    expect(unneeded).to.deep.equal([]);
  });

  it('are read as they are meant', () => {
    const found = literalWords(['Usage: ... gre [ remote ADDR ] [ [no][i|o]seq ] [ [i|o]key KEY | no[i|o]key ] [ encap { fou | none } ]']);
    expect([...found].sort()).to.deep.equal(
      'encap fou gre ikey iseq key noikey noiseq nokey none nookey nooseq noseq okey oseq remote seq'.split(' ').sort(),
    );
  });

  it('have as many vectors as were asked for', () => {
    const count = (pattern: RegExp): number => commands.filter((command) => pattern.test(command)).length;
    expect(count(/^ip (?:-6 |-f mpls )?route /)).to.be.at.least(25);
    expect(count(/^ip (?:-6 )?rule /)).to.be.at.least(15);
    expect(count(/^ip (?:-6 )?nexthop /)).to.be.at.least(10);
    expect(count(/^ip address /)).to.be.at.least(10);
    expect(count(/^(?:ip neigh|bridge fdb) /)).to.be.at.least(10);
    expect(count(/^bridge (?:vlan|mdb|vni) /)).to.be.at.least(10);
    expect(new Set(commands)).to.have.property('size', commands.length);
  });
});
