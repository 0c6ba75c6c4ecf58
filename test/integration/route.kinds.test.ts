import { expect } from 'chai';
import { NetlinkError } from '../../lib/errors.js';
import { Namespace } from '../../lib/namespace.js';
import type { RouteClient } from '../../lib/netlink/route.js';
import type { LinkInput } from '../../lib/schema/route/link.js';
import { ipJson } from '../support/namespaces.js';
import { skip } from '../support/skip.js';
import { limit } from '../support/time.js';

interface Shown {
  readonly ifname: string;
  readonly link_type: string;
  readonly linkinfo?: { readonly info_kind?: string; readonly info_data?: Readonly<Record<string, unknown>> };
}

/** A link that the library makes, and what ip shows of its options. */
interface Made {
  readonly input: LinkInput;
  readonly shows?: Readonly<Record<string, unknown>>;
}

const tunnel4 = { local: '10.0.0.1', remote: '10.0.0.2', ttl: 64 } as const;
const tunnel6 = { local: 'fd00::1', remote: 'fd00::2', hopLimit: 63 } as const;

/** Below the links: p0 and p1 are the ends of a pair. */
const links: readonly Made[] = [
  { input: { name: 'x', kind: 'veth', peer: { name: 'y' } } },
  {
    input: { name: 'x', kind: 'bridge', data: { ageingTime: 20_000, priority: 100 } },
    shows: { ageing_time: 20_000, priority: 100 },
  },
  { input: { name: 'x', kind: 'dummy' } },
  { input: { name: 'x', kind: 'ifb' } },
  { input: { name: 'x', kind: 'nlmon' } },
  { input: { name: 'x', kind: 'vcan' } },
  { input: { name: 'x', kind: 'vlan', parent: 'p0', data: { id: 7, protocol: '802.1ad' } }, shows: { id: 7, protocol: '802.1ad' } },
  { input: { name: 'x', kind: 'macvlan', parent: 'p0', data: { mode: 'vepa' } }, shows: { mode: 'vepa' } },
  { input: { name: 'x', kind: 'macvtap', parent: 'p0', data: { mode: 'bridge' } }, shows: { mode: 'bridge' } },
  {
    input: { name: 'x', kind: 'ipvlan', parent: 'p0', data: { mode: 'l3s', flags: ['private'] } },
    shows: { mode: 'l3s', private: true },
  },
  {
    input: { name: 'x', kind: 'vxlan', data: { id: 42, group: '10.0.0.2', local: '10.0.0.1', port: 4789, ttl: 9 } },
    shows: { id: 42, remote: '10.0.0.2', local: '10.0.0.1', port: 4789, ttl: 9 },
  },
  {
    input: { name: 'x', kind: 'geneve', data: { id: 42, remote: '10.0.0.2', port: 6081 } },
    shows: { id: 42, remote: '10.0.0.2', port: 6081 },
  },
  { input: { name: 'x', kind: 'vrf', data: { table: 100 } }, shows: { table: 100 } },
  { input: { name: 'x', kind: 'bond', data: { mode: 'active-backup', miiMonitor: 100 } }, shows: { mode: 'active-backup', miimon: 100 } },
  {
    input: { name: 'x', kind: 'gre', data: { ...tunnel4, inputKey: 5, outputKey: 5 } },
    shows: { remote: '10.0.0.2', local: '10.0.0.1', ttl: 64, ikey: '0.0.0.5', okey: '0.0.0.5' },
  },
  { input: { name: 'x', kind: 'gretap', data: tunnel4 }, shows: { remote: '10.0.0.2', local: '10.0.0.1', ttl: 64 } },
  { input: { name: 'x', kind: 'ip6gre', data: tunnel6 }, shows: { remote: 'fd00::2', local: 'fd00::1' } },
  { input: { name: 'x', kind: 'ip6gretap', data: tunnel6 }, shows: { remote: 'fd00::2', local: 'fd00::1' } },
  { input: { name: 'x', kind: 'ipip', data: tunnel4 }, shows: { remote: '10.0.0.2', local: '10.0.0.1', ttl: 64 } },
  { input: { name: 'x', kind: 'sit', data: tunnel4 }, shows: { remote: '10.0.0.2', local: '10.0.0.1', ttl: 64 } },
  { input: { name: 'x', kind: 'ip6tnl', data: tunnel6 }, shows: { remote: 'fd00::2', local: 'fd00::1' } },
  {
    input: { name: 'x', kind: 'vti', data: { local: '10.0.0.1', remote: '10.0.0.2', inputKey: 3 } },
    shows: { remote: '10.0.0.2', local: '10.0.0.1', ikey: '0.0.0.3' },
  },
  { input: { name: 'x', kind: 'vti6', data: { local: 'fd00::1', remote: 'fd00::2' } }, shows: { remote: 'fd00::2', local: 'fd00::1' } },
  { input: { name: 'x', kind: 'xfrm', data: { interfaceId: 9, link: 'p0' } }, shows: { if_id: '0x9' } },
  { input: { name: 'x', kind: 'macsec', parent: 'p0', data: { port: 11, encrypt: true } }, shows: { encrypt: true } },
  { input: { name: 'x', kind: 'wireguard' } },
  { input: { name: 'x', kind: 'team' } },
  { input: { name: 'x', kind: 'hsr', data: { port1: 'p0', port2: 'p1' } } },
  { input: { name: 'x', kind: 'bareudp', data: { port: 6635, etherType: 'mpls_uc' } }, shows: { port: 6635, ethertype: 'mpls_uc' } },
  { input: { name: 'x', kind: 'batadv' } },
];

/** Without what is made of the address that a bridge had before it was given one, and what runs. */
function lasting(shown: Shown | undefined): unknown {
  const passing = /^(bridge_id|root_id|.*_timer|topology_change.*)$/;
  return Object.entries(shown?.linkinfo?.info_data ?? {}).filter(([name]) => !passing.test(name));
}

describe('A link of each kind that this kernel can make', function () {
  this.timeout(limit(60_000));
  let namespace: Namespace;
  let route: RouteClient<Namespace>;

  before(async () => {
    namespace = await Namespace.create({ loopback: true });
    route = await namespace.route({ thread: 'caller' });
    await route.links.add({ name: 'p0', kind: 'veth', peer: { name: 'p1' } });
    await route.links.list();
  });
  after(() => namespace.close());

  for (const { input, shows = {} } of links) {
    it(`${input.kind ?? ''} is shown by ip as asked, listed as made, and can be made again from the list`, async function () {
      try {
        await route.links.add(input);
      } catch (error) {
        if (error instanceof NetlinkError && error.code === 'EOPNOTSUPP')
          skip(this, `this kernel has no links of kind ${input.kind ?? ''}`);
        throw error;
      }
      try {
        const [shown] = ipJson<Shown>(namespace, 'link show dev x');
        expect(shown?.linkinfo?.info_kind).to.equal(input.kind);
        expect(shown?.linkinfo?.info_data ?? {}).to.deep.include(shows);
        const listed = await route.links.get('x');
        expect(listed.kind).to.equal(input.kind);
        expect(listed.data ?? {}).to.not.have.property('unknown');
        await route.links.delete('x');
        await route.links.add(listed);
        const [again] = ipJson<Shown>(namespace, 'link show dev x');
        expect(lasting(again)).to.deep.equal(lasting(shown));
      } finally {
        if ((await route.links.find('x')) !== undefined) await route.links.delete('x');
      }
    });
  }
});
