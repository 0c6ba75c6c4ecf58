import { expect } from 'chai';
import type { RouteClient } from '../../lib/netlink/route.js';
import { Namespace } from '../../lib/namespace.js';
import { rejectionOf } from '../support/error-of.js';
import { ipJson } from '../support/namespaces.js';
import { needs } from '../support/skip.js';
import { limit } from '../support/time.js';

interface Shown {
  readonly ifname: string;
  readonly mtu: number;
  readonly altnames?: readonly string[];
}

describe('Requests that iproute2 showed to be lacking', function () {
  this.timeout(limit(60_000));
  let namespace: Namespace;
  let route: RouteClient<Namespace>;

  before(async () => {
    namespace = await Namespace.create({ loopback: true });
    route = await namespace.route();
    for (const name of ['a0', 'a1', 'a2']) await route.links.add({ name, kind: 'ifb', group: name === 'a2' ? 0 : 7 });
    await route.routes.add({ destination: 'fd00::/64', link: 'lo' });
  });
  after(() => namespace.close());

  it('look up ways of IPv6, which takes no flag for the table', async () => {
    expect(await route.routes.lookup('fd00::1')).to.include({ type: 'unicast', link: 1 });
    expect(await route.routes.lookup('fd00::1', { entry: true })).to.include({ destination: 'fd00::/64', table: 'main' });
  });

  it('look up entries with the table that they are in', async () => {
    await route.routes.add({ destination: '10.9.0.0/16', link: 'lo', table: 100 });
    await route.rules.add({ destination: '10.9.0.0/16', table: 100 });
    expect(await route.routes.lookup('10.9.1.2', { entry: true })).to.include({ destination: '10.9.0.0/16', table: 100 });
  });

  it('change all links of a group', async () => {
    await route.links.set({ group: 7 }, { mtu: 1300 });
    expect(ipJson<Shown>(namespace, 'link show type ifb').map(({ ifname, mtu }) => [ifname, mtu])).to.deep.equal([
      ['a0', 1300],
      ['a1', 1300],
      ['a2', 1500],
    ]);
    const refused = await rejectionOf(route.links.set({ group: 7 }, { name: 'b' }));
    expect(refused).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
  });

  it('give a link further names and take them away', async () => {
    await route.links.addAlternativeNames('a2', ['a-further-name-of-a2', 'another']);
    expect(ipJson<Shown>(namespace, 'link show dev a2')[0]?.altnames).to.have.members(['a-further-name-of-a2', 'another']);
    expect(await route.links.get('a-further-name-of-a2')).to.include({ name: 'a2' });
    await route.links.set('a-further-name-of-a2', { mtu: 1400 });
    expect(await route.links.get('another')).to.include({ mtu: 1400 });
    await route.links.set('a-further-name-of-a2', { name: 'a3' });
    await route.links.set('a-further-name-of-a2', { name: 'a2', mtu: 1500 });
    expect(await route.links.find('a-name-that-no-link-has')).to.equal(undefined);
    expect(await rejectionOf(route.links.addAlternativeNames('a0', ['another']))).to.include({
      code: 'EEXIST',
      operation: 'add names of link a0',
    });
    await route.links.deleteAlternativeNames('another', ['a-further-name-of-a2']);
    expect(ipJson<Shown>(namespace, 'link show dev a2')[0]?.altnames).to.deep.equal(['another']);
    expect(await rejectionOf(route.links.addAlternativeNames('a0', []))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
  });

  it('add further destinations to a forwarding entry', async () => {
    await route.links.add({ name: 'x0', kind: 'vxlan', data: { id: 5, port: 4789, local: '127.0.0.1' } });
    const entry = { link: 'x0', address: '00:00:00:00:00:00' };
    await route.fdb.append({ ...entry, remote: '127.0.0.2' });
    await route.fdb.append({ ...entry, remote: '127.0.0.3' });
    expect((await route.fdb.list({ link: 'x0' })).map(({ remote }) => remote)).to.have.members(['127.0.0.2', '127.0.0.3']);
  });

  it('leave the state of neighbours that the kernel manages to the kernel', async () => {
    await route.links.add({ name: 'm0', kind: 'veth', peer: { name: 'm1' } });
    await route.links.set('m0', { up: true });
    await route.neighbours.add({ link: 'm0', address: '10.0.0.9', flags: ['managed'] });
    const [found] = await route.neighbours.list({ link: 'm0', address: '10.0.0.9' });
    expect(found?.flags).to.include('managed');
    expect(found?.state).to.not.equal('permanent');
  });

  describe('for multicast groups of a bridge', () => {
    const group = { bridge: 'b0', port: 'p0', state: 'permanent', group: '239.1.1.1' } as const;

    before(async function () {
      await route.links.add({ name: 'b0', kind: 'bridge', up: true, data: { multicastSnooping: true } });
      await route.links.add({ name: 'p0', kind: 'veth', master: 'b0', peer: { name: 'p1' } });
      await route.links.set('p0', { up: true });
      await route.multicast.add(group);
      await needs(this, 'questions for one multicast group (Linux 6.8)', () =>
        route.multicast.members({ bridge: 'b0', group: '239.1.1.1' }),
      );
    });

    it('ask for one', async () => {
      await route.multicast.add({ ...group, group: 'ff05::1' });
      const found = await route.multicast.members({ bridge: 'b0', group: 'ff05::1' });
      expect(found.map((one) => one.group)).to.deep.equal(['ff05::1']);
      expect(await rejectionOf(route.multicast.members({ bridge: 'b0', group: 'ff05::2' }))).to.include({ code: 'ENOENT' });
    });

    it('delete many at once', async () => {
      const groups = async (): Promise<unknown[]> => (await route.multicast.list()).map((one) => one.group);
      await route.multicast.replace({ ...group, protocol: 77 });
      await route.multicast.flush({ bridge: 'b0', protocol: 77 });
      expect(await groups())
        .to.include('ff05::1')
        .and.to.not.include('239.1.1.1');
      await route.multicast.flush({ bridge: 'b0', port: 'p0' });
      expect(await groups()).to.not.include('ff05::1');
    });
  });

  it('delete all links of a group, but not those of the default one', async () => {
    expect(await rejectionOf(route.links.delete({ group: 0 }))).to.include({ code: 'EPERM', operation: 'delete link group 0' });
    expect(await rejectionOf(route.links.delete({ group: 7, mtu: 1300 }))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    await route.links.delete({ group: 7 });
    expect(ipJson<Shown>(namespace, 'link show type ifb').map(({ ifname }) => ifname)).to.deep.equal(['a2']);
  });
});
