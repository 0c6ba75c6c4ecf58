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

  it('of rules: family', async () => {
    expect(new Set(await names(route.rules.list({ family: 'ipv6' }), 'family'))).to.deep.equal(new Set(['ipv6']));
    expect(new Set(await names(route.rules.list({ family: 'ipv4' }), 'family'))).to.deep.equal(new Set(['ipv4']));
  });
});
