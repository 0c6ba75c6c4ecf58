import { expect } from 'chai';
import { Namespace } from '../../lib/namespace.js';
import type { RouteClient } from '../../lib/netlink/route.js';
import { batch } from '../support/oracle/scene.js';
import { limit } from '../support/time.js';

const scene = [
  'link add v0 type veth peer name v1',
  'link add w0 type veth peer name w1',
  'link add br0 type bridge',
  'link set v1 master br0',
  'link set v0 up',
  'link set v1 up',
  'link set w0 up',
  'link set w1 up',
  'link set br0 up',
  'address add 10.0.0.1/24 dev v0',
  'address add fd00::1/64 dev v0 nodad',
  'address add 10.0.1.1/24 dev w0',
  'route add 10.1.0.0/16 via 10.0.0.2 table 100 proto static',
  'route add blackhole 10.2.0.0/16',
  'neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev v0',
  'neigh add 10.0.1.9 lladdr 02:00:00:00:00:0a dev w0',
  'neigh add 10.0.2.9 lladdr 02:00:00:00:00:0b dev v1',
  'neigh add fd00::9 lladdr 02:00:00:00:00:09 dev v0',
  'neigh add proxy 10.0.0.70 dev v0',
  'neigh add proxy 10.0.0.71 dev v1',
  'nexthop add id 1 via 10.0.0.2 dev v0',
  'nexthop add id 2 dev w0',
  'nexthop add id 3 via fd00::2 dev v0',
  'nexthop add id 4 dev v1',
  'nexthop add id 10 group 1/2',
  'nexthop add id 11 group 1/2 type resilient buckets 4',
];

describe('Filters of lists', function () {
  this.timeout(limit(60_000));
  let namespace: Namespace;
  let route: RouteClient<Namespace>;

  before(async () => {
    namespace = await Namespace.create({ loopback: true });
    expect(batch(namespace, 'ip', scene)).to.equal(undefined);
    route = await namespace.route({ thread: 'caller' });
  });
  after(() => namespace.close());

  async function names(list: Promise<readonly object[]>, field: string): Promise<unknown[]> {
    return (await list).map((one) => (one as Readonly<Record<string, unknown>>)[field]);
  }

  it('of links: master and kind', async () => {
    expect(await names(route.links.list({ master: 'br0' }), 'name')).to.deep.equal(['v1']);
    expect(await names(route.links.list({ kind: 'bridge' }), 'name')).to.deep.equal(['br0']);
    expect(await names(route.links.list({ kind: 'veth' }), 'name')).to.have.members(['v0', 'v1', 'w0', 'w1']);
  });

  it('of addresses: link and family', async () => {
    expect(await names(route.addresses.list({ link: 'w0', family: 'ipv4' }), 'address')).to.deep.equal(['10.0.1.1/24']);
    expect(await names(route.addresses.list({ link: 'v0', family: 'ipv4' }), 'address')).to.deep.equal(['10.0.0.1/24']);
    expect(await names(route.addresses.list({ link: 'v0', family: 'ipv6' }), 'address')).to.include('fd00::1/64');
  });

  it('of routes: table, link, protocol, type and family', async () => {
    expect(await names(route.routes.list({ table: 100 }), 'destination')).to.deep.equal(['10.1.0.0/16']);
    expect(await names(route.routes.list({ protocol: 'static' }), 'destination')).to.deep.equal(['10.1.0.0/16']);
    expect(await names(route.routes.list({ type: 'blackhole' }), 'destination')).to.deep.equal(['10.2.0.0/16']);
    expect(await names(route.routes.list({ link: 'w0', table: 'main', family: 'ipv4' }), 'destination')).to.deep.equal(['10.0.1.0/24']);
  });

  it('of rules: family, and the priority 0, which the kernel does not tell', async () => {
    expect(await names(route.rules.list({ family: 'ipv4' }), 'priority')).to.deep.equal([0, 32766, 32767]);
    expect(await names(route.rules.list({ priority: 0 }), 'family')).to.have.members(['ipv4', 'ipv6']);
    expect(await route.rules.find({ priority: 0, family: 'ipv6' })).to.include({ table: 'local' });
    const ensured = await route.rules.ensure({ family: 'ipv4', priority: 0, table: 'local' });
    expect(ensured).to.deep.include({ changed: false });
    // Deleted and added again it is where it was.
    await route.rules.delete(ensured.value);
    await route.rules.add(ensured.value);
    expect(await names(route.rules.list({ family: 'ipv4' }), 'priority')).to.deep.equal([0, 32766, 32767]);
  });

  it('of neighbours: link, master and family', async () => {
    expect(await names(route.neighbours.list({ link: 'v0', state: 'permanent' }), 'address')).to.have.members(['10.0.0.9', 'fd00::9']);
    expect(await names(route.neighbours.list({ link: 'v0', family: 'ipv6', state: 'permanent' }), 'address')).to.deep.equal(['fd00::9']);
    expect(await names(route.neighbours.list({ master: 'br0', state: 'permanent' }), 'address')).to.deep.equal(['10.0.2.9']);
    expect(await names(route.neighbours.list({ address: '10.0.1.9' }), 'address')).to.deep.equal(['10.0.1.9']);
  });

  it('of proxies: link, master and family', async () => {
    expect(await names(route.proxies.list(), 'address')).to.have.members(['10.0.0.70', '10.0.0.71']);
    expect(await names(route.proxies.list({ link: 'v0' }), 'address')).to.deep.equal(['10.0.0.70']);
    expect(await names(route.proxies.list({ master: 'br0' }), 'address')).to.deep.equal(['10.0.0.71']);
    expect(await names(route.proxies.list({ family: 'ipv6' }), 'address')).to.deep.equal([]);
  });

  it('of forwarding entries: link and master', async () => {
    const v1 = (await route.links.get('v1')).index;
    const ofPort = await route.fdb.list({ link: 'v1' });
    expect(ofPort).to.not.have.length(0);
    expect(new Set(ofPort.map((entry) => entry.link))).to.deep.equal(new Set([v1]));
    const bridge = (await route.links.get('br0')).index;
    const ofBridge = await route.fdb.list({ master: 'br0' });
    expect(ofBridge).to.not.have.length(0);
    expect(new Set(ofBridge.map((entry) => entry.master))).to.deep.equal(new Set([bridge]));
  });

  it('of nexthops and buckets', async () => {
    expect(await names(route.nexthops.list({ link: 'v0' }), 'id')).to.have.members([1, 3]);
    expect(await names(route.nexthops.list({ master: 'br0' }), 'id')).to.deep.equal([4]);
    expect(await names(route.nexthops.list({ groupsOnly: true }), 'id')).to.have.members([10, 11]);
    expect(await names(route.nexthops.list({ family: 'ipv6' }), 'id')).to.deep.equal([3]);
    expect(await names(route.buckets.list({ id: 11 }), 'index')).to.deep.equal([0, 1, 2, 3]);
    const byLink = await route.buckets.list({ link: 'w0' });
    expect(new Set(byLink.map((bucket) => bucket.nexthopId))).to.deep.equal(new Set([2]));
  });

  describe('by a value that the kernel does not tell find what is without it', () => {
    before(async () => {
      await route.routes.add({ destination: '10.5.0.0/16', gateway: '10.0.0.2', metric: 7, tos: 4 });
      await route.routes.add({ destination: '10.5.0.0/16', gateway: '10.0.0.2' });
      await route.routes.add({ destination: 'default', gateway: '10.0.0.2' });
      await route.routes.add({ destination: 'default', gateway: 'fd00::2' });
      await route.routes.add({ destination: '10.6.0.0/16', gateway: '10.0.0.2', metrics: { mtu: 1300 } });
      await route.addresses.add({ link: 'w0', address: '10.0.7.1/24', metric: 9, protocol: 99 });
      await route.links.set('w1', { alias: 'named' });
      await route.links.add({ name: 'x0', kind: 'vxlan', data: { id: 7, port: 4789 } });
      await route.fdb.add({ link: 'x0', address: '02:00:00:00:00:31', remote: '10.0.0.5', vni: 9 });
      await route.fdb.add({ link: 'x0', address: '02:00:00:00:00:32', remote: '10.0.0.5' });
      await route.nexthops.add({ id: 20, blackhole: true });
      await route.rules.add({ family: 'ipv4', priority: 50, mark: 5, table: 100 });
      await route.rules.add({ family: 'ipv4', priority: 51, source: '10.9.0.0/16', table: 100 });
    });

    it('routes', async () => {
      for (const absent of [{ metric: 0 }, { tos: 0 }, { metric: 0, tos: 0, mark: 0, nexthopId: 0, expires: 0 }]) {
        expect(await names(route.routes.list({ destination: '10.5.0.0/16', ...absent }), 'metric'), JSON.stringify(absent)).to.deep.equal([
          undefined,
        ]);
      }
      expect(await names(route.routes.list({ destination: '10.5.0.0/16', metric: 7 }), 'tos')).to.deep.equal([4]);
      expect(await names(route.routes.list({ family: 'ipv4', table: 'main', metrics: { mtu: 0 } }), 'destination'))
        .to.include('10.5.0.0/16')
        .and.not.include('10.6.0.0/16');
      expect(await names(route.routes.list({ family: 'ipv4', link: 0 }), 'type')).to.deep.equal(['blackhole']);
      expect(await route.routes.list({ ttlPropagate: false })).to.deep.equal([]);
    });

    it('default routes, however everything is written', async () => {
      expect(await names(route.routes.list({ destination: 'default', table: 'main' }), 'family')).to.have.members(['ipv4', 'ipv6']);
      expect(await names(route.routes.list({ destination: '0.0.0.0/0' }), 'family')).to.deep.equal(['ipv4']);
      expect(await names(route.routes.list({ destination: '::/0', table: 'main' }), 'gateway')).to.deep.equal(['fd00::2']);
      expect(await names(route.routes.list({ destination: 'default', source: '::/0', table: 'main' }), 'family')).to.deep.equal(['ipv6']);
      expect(await names(route.routes.list({ destination: 'default', source: 'default', gateway: '10.0.0.2' }), 'family')).to.deep.equal([
        'ipv4',
      ]);
      expect(await route.routes.ensure({ destination: '0.0.0.0/0', gateway: '10.0.0.2' })).to.deep.include({ changed: false });
      expect(await route.routes.ensure({ destination: '::/0', gateway: 'fd00::2' })).to.deep.include({ changed: false });
    });

    it('routes of all tables', async () => {
      const all = await route.routes.list({ family: 'ipv4' });
      for (const table of ['all', 'unspecified', 0] as const)
        expect(await route.routes.list({ family: 'ipv4', table }), String(table)).to.deep.equal(all);
    });

    it('links', async () => {
      expect(await names(route.links.list({ master: 0 }), 'name')).to.have.members(['lo', 'v0', 'w0', 'w1', 'br0', 'x0']);
      expect(await names(route.links.list({ parent: 0 }), 'name')).to.have.members(['lo', 'br0', 'x0']);
      expect(await names(route.links.list({ alias: '', kind: 'veth' }), 'name')).to.have.members(['v0', 'v1', 'w0']);
      expect(await route.links.list({ group: 0 })).to.have.length(7);
      // Here 0 is a namespace like others.
      expect(await route.links.list({ linkNamespaceId: 0 })).to.deep.equal([]);
      expect(await route.links.ensure({ name: 'w0', alias: '', master: 0 })).to.deep.include({ changed: false });
    });

    it('addresses', async () => {
      expect(await names(route.addresses.list({ link: 'w0', family: 'ipv4', metric: 0 }), 'address')).to.deep.equal(['10.0.1.1/24']);
      expect(await names(route.addresses.list({ link: 'w0', family: 'ipv4', protocol: 'unspecified' }), 'address')).to.deep.equal([
        '10.0.1.1/24',
      ]);
      for (const scope of ['universe', 'global', 0] as const)
        expect(await names(route.addresses.list({ link: 'w0', family: 'ipv4', scope }), 'address')).to.deep.equal([
          '10.0.1.1/24',
          '10.0.7.1/24',
        ]);
      expect(await route.addresses.ensure({ link: 'w0', address: '10.0.1.1/24', metric: 0, protocol: 0 })).to.deep.include({
        changed: false,
      });
    });

    it('neighbours and forwarding entries', async () => {
      const permanent = { link: 'v0', state: 'permanent' } as const;
      expect(
        await names(route.neighbours.list({ ...permanent, vlan: 0, nexthopId: 0, protocol: 0, flags: [] }), 'address'),
      ).to.have.members(['10.0.0.9', 'fd00::9']);
      expect(await names(route.fdb.list({ link: 'x0', vlan: 0, master: 0 }), 'vni')).to.have.members([9, undefined]);
      expect(await names(route.fdb.list({ link: 'x0', vni: 0 }), 'address')).to.deep.equal(['02:00:00:00:00:32']);
    });

    it('nexthops', async () => {
      expect(await names(route.nexthops.list({ link: 0 }), 'id')).to.have.members([10, 11, 20]);
      expect(await names(route.nexthops.list({ blackhole: false }), 'id')).to.have.members([1, 2, 3, 4, 10, 11]);
      // Of one that is no group there is no type to tell.
      expect(await names(route.nexthops.list({ groupType: 'multipath' }), 'id')).to.deep.equal([10]);
    });

    it('rules', async () => {
      const usual = [0, 32766, 32767];
      const rules = async (filter: Parameters<typeof route.rules.list>[0]): Promise<unknown[]> =>
        names(route.rules.list({ family: 'ipv4', ...filter }), 'priority');
      expect(await rules({ mark: 0 })).to.deep.equal([usual[0], 51, ...usual.slice(1)]);
      for (const source of ['all', '0.0.0.0/0']) expect(await rules({ source }), source).to.deep.equal([usual[0], 50, ...usual.slice(1)]);
      expect(await rules({ tunnelId: 0n, inputLink: '', suppressGroup: -1, suppressPrefixLength: -1 })).to.have.length(5);
      // A rule that has none fits any, and not 0 alone.
      expect(await rules({ dscp: 0 })).to.deep.equal([]);
    });
  });

  it('of texts: they are what they are, and no beginning', async () => {
    await route.links.add({ name: 'y0', kind: 'bridge', alias: 'uplink' });
    await route.links.add({ name: 'y1', kind: 'bridge', alias: 'uplink/backup' });
    expect(await names(route.links.list({ alias: 'uplink' }), 'name')).to.deep.equal(['y0']);
    expect(await route.links.flush({ alias: 'uplink' })).to.equal(1);
    expect(await names(route.links.list({ kind: 'bridge' }), 'name')).to.have.members(['br0', 'y1']);
    await route.links.delete('y1');
    // Of prefixes an address stands for any length.
    expect(await names(route.addresses.list({ address: '10.0.0.1' }), 'address')).to.deep.equal(['10.0.0.1/24']);
    expect(await names(route.routes.list({ destination: '10.1.0.0' }), 'destination')).to.deep.equal(['10.1.0.0/16']);
  });

  it('of rules: family', async () => {
    expect(new Set(await names(route.rules.list({ family: 'ipv6' }), 'family'))).to.deep.equal(new Set(['ipv6']));
    expect(new Set(await names(route.rules.list({ family: 'ipv4' }), 'family'))).to.deep.equal(new Set(['ipv4']));
  });

  it('that name no family stand for every family', async () => {
    const all = await names(route.routes.list({ table: 'main' }), 'destination');
    expect(all).to.include('10.2.0.0/16').and.to.include('fd00::/64');
    for (const family of ['unspecified', 'unspec', 'any', 0] as const)
      expect(await names(route.routes.list({ table: 'main', family }), 'destination')).to.have.members(all);
  });
});
