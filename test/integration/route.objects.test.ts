import { expect } from 'chai';
import type { NetlaneError, NetlinkError } from '../../lib/errors.js';
import { Namespace } from '../../lib/namespace.js';
import type { RouteClient } from '../../lib/netlink/route.js';
import { rejectionOf } from '../support/error-of.js';
import { ip, ipJson, withNamespaces } from '../support/namespaces.js';
import { limit } from '../support/time.js';

interface IpLink {
  ifindex: number;
  ifname: string;
  mtu: number;
  flags: string[];
  address: string;
  linkinfo?: { info_kind?: string };
}
interface IpRoute {
  dst: string;
  gateway?: string;
  dev?: string;
  metric?: number;
}

for (const thread of ['lane', 'caller'] as const) {
  describe(`The typed client (${thread})`, function () {
    this.timeout(limit(60_000));
    let one: Namespace;
    let other: Namespace;
    let route: RouteClient<Namespace>;
    let far: RouteClient<Namespace>;

    before(async () => {
      one = await Namespace.create({ loopback: true });
      other = await Namespace.create({ loopback: true });
      route = await one.route({ thread });
      far = await other.route({ thread });
      await route.links.add({ name: 'v0', kind: 'veth', peer: { name: 'v1', namespace: other } });
      // No address of IPv6 that comes by itself, a while after both are up.
      ip(one, 'link set v0 addrgenmode none');
      ip(other, 'link set v1 addrgenmode none');
      await route.links.set('v0', { up: true });
      await far.links.set('v1', { up: true });
      // The first dump of each opens the fd that is kept for the next.
      await Promise.all([route.links.list(), far.links.list()]);
    });
    after(() => Promise.all([one.close(), other.close()]));

    it('makes a pair across two namespaces, as ip shows it', () => {
      const [near] = ipJson<IpLink>(one, 'link show dev v0');
      const [away] = ipJson<IpLink>(other, 'link show dev v1');
      expect(near?.linkinfo?.info_kind).to.equal('veth');
      expect(away?.linkinfo?.info_kind).to.equal('veth');
      expect(near?.flags).to.include.members(['UP', 'LOWER_UP']);
    });

    it('lists links as ip does', async () => {
      const links = await route.links.list();
      const shown = ipJson<IpLink>(one, 'link show');
      expect(links.map((link) => [link.index, link.name, link.mtu, link.address])).to.deep.equal(
        shown.map((link) => [link.ifindex, link.ifname, link.mtu, link.address]),
      );
    });

    it('finds links by name, index and object', async () => {
      const byName = await route.links.get('v0');
      expect(await route.links.get(byName.index)).to.include({ name: 'v0' });
      expect(await route.links.get(byName)).to.include({ name: 'v0' });
      expect(await route.links.find('missing')).to.equal(undefined);
      const error = (await rejectionOf(route.links.get('missing'))) as NetlinkError;
      expect(error).to.include({ code: 'ENODEV', operation: 'get link missing', namespace: String(one) });
    });

    it('changes only what is given, and renames', async () => {
      await route.links.add({ name: 'b0', kind: 'bridge', mtu: 1300 });
      await route.links.set('b0', { name: 'b1', alias: 'the bridge' });
      expect(ipJson<IpLink & { ifalias?: string }>(one, 'link show dev b1')[0]).to.include({ mtu: 1300, ifalias: 'the bridge' });
      await route.links.delete('b1');
      expect(await route.links.find('b1')).to.equal(undefined);
    });

    it('moves a link to another namespace by its handle', async () => {
      await route.links.add({ name: 'm0', kind: 'veth', peer: { name: 'm1' } });
      await route.links.set('m0', { namespace: other });
      expect(await route.links.find('m0')).to.equal(undefined);
      expect(await far.links.get('m0')).to.include({ kind: 'veth' });
      await far.links.delete('m0');
    });

    it('adds, lists and deletes addresses as ip shows them', async () => {
      await route.addresses.add({ link: 'v0', address: '10.0.0.1/24', broadcast: '10.0.0.255' });
      await route.addresses.add({ link: 'v0', address: 'fd00::1/64', flags: ['nodad'] });
      const shown =
        ipJson<{ addr_info: { local: string; prefixlen: number; scope: string }[] }>(one, 'address show dev v0')[0]?.addr_info ?? [];
      const listed = await route.addresses.list({ link: 'v0' });
      expect(listed.map((address) => `${address.address ?? ''} ${address.scope}`)).to.have.members(
        shown.map((address) => `${address.local}/${address.prefixlen} ${address.scope}`),
      );
      expect(await route.addresses.find({ address: '10.0.0.1' })).to.include({ address: '10.0.0.1/24', broadcast: '10.0.0.255' });
      const again = (await rejectionOf(route.addresses.add({ link: 'v0', address: '10.0.0.1/24' }))) as NetlinkError;
      expect(again.code).to.equal('EEXIST');
      expect(again.message).to.include('add address 10.0.0.1/24 on v0');
      const [found] = await route.addresses.list({ address: 'fd00::1/64' });
      if (found === undefined) throw new Error('the address is not there');
      await route.addresses.delete(found);
      await route.addresses.add(found);
      expect(ip(one, 'address show dev v0')).to.include('fd00::1/64');
    });

    it('adds routes that ip shows as asked, and lists what ip adds', async () => {
      await route.addresses.ensure({ link: 'v0', address: '10.0.0.1/24' });
      await route.routes.add({ destination: '10.1.0.0/16', gateway: '10.0.0.2' });
      await route.routes.add({ destination: '10.2.0.0/16', link: 'v0', metric: 7, table: 100 });
      await route.routes.add({ destination: '10.3.0.0/16', type: 'blackhole' });
      ip(one, 'route add 10.4.0.0/16 nexthop via 10.0.0.2 weight 2 nexthop via 10.0.0.3 weight 5');
      const shown = ipJson<IpRoute>(one, 'route show table all');
      const listed = await route.routes.list({ family: 'ipv4' });
      const short = (destination: string | undefined): string => (destination ?? '').replace(/\/32$/, '');
      expect(listed.map((one_) => `${short(one_.destination)} ${one_.gateway ?? ''} ${one_.metric ?? ''}`)).to.have.members(
        shown.filter((one_) => !one_.dst.includes(':')).map((one_) => `${one_.dst} ${one_.gateway ?? ''} ${one_.metric ?? ''}`),
      );
      expect(await route.routes.list({ table: 100 })).to.have.length(1);
      expect((await route.routes.find({ destination: '10.4.0.0/16' }))?.nexthops).to.have.length(2);
      expect(await route.routes.lookup('10.1.2.3')).to.include({ gateway: '10.0.0.2', preferredSource: '10.0.0.1' });
      const lost = (await rejectionOf(route.routes.add({ destination: '10.5.0.0/16', gateway: '192.0.2.1' }))) as NetlinkError;
      expect(lost).to.include({ code: 'ENETUNREACH', operation: 'add route 10.5.0.0/16 via 192.0.2.1' });
    });

    it('adds again what it listed: routes, rules, neighbours', async () => {
      await route.rules.add({ priority: 100, source: '10.7.0.0/16', table: 100 });
      await route.rules.add({ priority: 101, mark: 5, table: 200, family: 'ipv6' });
      await route.neighbours.add({ link: 'v0', address: '10.0.0.9', hardwareAddress: '02:00:00:00:00:09' });
      // Of IPv6, addresses and routes come by themselves a while after a link is up.
      const before = ['-4 route show table all', 'rule show', '-6 rule show', '-4 neigh show nud permanent'].map((line) => ip(one, line));
      for (const rule of await route.rules.list()) {
        if (rule.priority !== 100 && rule.priority !== 101) continue;
        await route.rules.delete(rule);
        await route.rules.add(rule);
      }
      for (const neighbour of await route.neighbours.list({ address: '10.0.0.9' })) {
        await route.neighbours.delete(neighbour);
        await route.neighbours.add(neighbour);
      }
      for (const value of await route.routes.list({ family: 'ipv4', protocol: 'boot' })) {
        await route.routes.delete(value);
        await route.routes.add(value);
      }
      const after = ['-4 route show table all', 'rule show', '-6 rule show', '-4 neigh show nud permanent'].map((line) => ip(one, line));
      const sorted = (text: string): string[] =>
        text
          .split('\n')
          .map((line) => line.trim())
          .sort((a, b) => a.localeCompare(b));
      expect(after.map(sorted)).to.deep.equal(before.map(sorted));
    });

    it('makes it so, and only if it is not', async () => {
      expect((await route.routes.ensure({ destination: '10.6.0.0/16', gateway: '10.0.0.2' })).changed).to.equal(true);
      expect((await route.routes.ensure({ destination: '10.6.0.0/16', gateway: '10.0.0.2' })).changed).to.equal(false);
      expect((await route.routes.ensure({ destination: '10.6.0.0/16', gateway: '10.0.0.3' })).changed).to.equal(true);
      expect(ipJson<IpRoute>(one, 'route show 10.6.0.0/16')).to.have.length(1);
      expect((await route.links.ensure({ name: 'e0', kind: 'bridge', mtu: 1400 })).changed).to.equal(true);
      expect((await route.links.ensure({ name: 'e0', kind: 'bridge', mtu: 1400 })).changed).to.equal(false);
      expect((await route.links.ensure({ name: 'e0', kind: 'bridge', mtu: 1450 })).value.mtu).to.equal(1450);
      expect(await rejectionOf(route.links.ensure({ name: 'e0', kind: 'dummy' }))).to.include({ code: 'EEXIST' });
      await route.links.delete('e0');
    });

    it('changes many things in one go, each with its own result, in order', async () => {
      const results = await route.batch((batch) => {
        batch.links.add({ name: 'b7', kind: 'bridge' });
        batch.links.set('b7', { up: true });
        batch.addresses.add({ link: 'b7', address: '10.70.0.1/16' });
        for (let index = 1; index <= 300; index++) {
          batch.routes.add({ destination: `10.${80 + (index >> 8)}.${index & 255}.0/24`, gateway: '10.70.0.2' });
        }
        batch.addresses.delete({ link: 'b7', address: '10.71.0.1/16' });
        batch.addresses.add({ link: 'nobody', address: '10.71.0.1/16' });
        batch.addresses.add({ link: 'b7', address: '10.72.0.1/16' });
      });
      expect(results).to.have.length(306);
      expect(results.map((result) => (result.ok ? 'ok' : (result.error as NetlinkError).code))).to.deep.equal([
        ...Array.from({ length: 303 }, () => 'ok'),
        'EADDRNOTAVAIL',
        'ENODEV',
        'ok',
      ]);
      expect(ipJson<IpRoute>(one, 'route show via 10.70.0.2')).to.have.length(300);
      expect(await route.routes.flush({ gateway: '10.70.0.2' })).to.equal(300);
      expect(ipJson<IpRoute>(one, 'route show via 10.70.0.2')).to.have.length(0);
      await route.links.delete('b7');
    });

    it('streams what it would list', async () => {
      const streamed = [];
      for await (const value of route.routes.stream({ table: 'main' })) streamed.push(value.destination);
      expect(streamed).to.deep.equal((await route.routes.list({ table: 'main' })).map((value) => value.destination));
    });

    it('streams any number at the same time, whose loops list something themselves', async () => {
      const loop = async (): Promise<number> => {
        let listed = 0;
        for await (const value of route.routes.stream({ table: 'main' })) {
          const links = await route.links.list();
          if (value.table === 'main' && links.some(({ name }) => name === 'lo')) listed += 1;
        }
        return listed;
      };
      const all = (await route.routes.list({ table: 'main' })).length;
      expect(all).to.be.greaterThan(1);
      expect(await Promise.all(Array.from({ length: 40 }, loop))).to.deep.equal(Array.from({ length: 40 }, () => all));
    });

    it('waits for a link to be as it should', async () => {
      const waiting = route.links.waitFor('w0', (link) => link?.up === true);
      await route.links.add({ name: 'w0', kind: 'bridge' });
      ip(one, 'link set w0 up');
      expect((await waiting)?.name).to.equal('w0');
      const gone = route.links.waitFor('w0', (link) => link === undefined);
      await route.links.delete('w0');
      expect(await gone).to.equal(undefined);
      const aborted = await rejectionOf(route.links.waitFor('never', (link) => link !== undefined, { signal: AbortSignal.timeout(20) }));
      expect(aborted).to.include({ code: 'ABORT_ERR' });
    });

    it('finds what list() gave, and waits for it, by its index: whatever was changed since', async () => {
      await route.links.add({ name: 'w1', kind: 'bridge' });
      const listed = await route.links.get('w1');
      expect(await route.links.find(listed)).to.deep.include({ index: listed.index, name: 'w1' });
      await route.links.set(listed, { name: 'w2', mtu: 1400 });
      expect(await route.links.find(listed)).to.deep.include({ index: listed.index, name: 'w2' });
      const timeout = limit(5000);
      expect(await route.links.waitFor(listed, (link) => link?.mtu === 1400, { timeout })).to.deep.include({ name: 'w2' });
      expect(await route.links.waitFor({ name: 'w2', up: false } as never, (link) => link !== undefined, { timeout })).to.include({
        name: 'w2',
      });
      await route.links.addAlternativeNames('w2', ['a-name-of-more-than-15-bytes']);
      const called = { name: 'a-name-of-more-than-15-bytes', mtu: 1500 } as never;
      expect(await route.links.waitFor(called, (link) => link !== undefined, { timeout })).to.include({ name: 'w2' });
      await route.links.delete('w2');
      expect(await route.links.find(listed)).to.equal(undefined);
      expect(await route.links.waitFor(listed, (link) => link === undefined, { timeout })).to.equal(undefined);
      // Without an index it is a filter.
      expect(await route.links.find({ name: 'lo', up: false })).to.equal(undefined);
      expect(await route.links.find({ name: 'lo', up: true })).to.include({ name: 'lo' });
    });

    it('refuses what cannot be meant before anything is changed', async () => {
      const wrong: [Promise<unknown>, RegExp][] = [
        [route.links.set('v0', { mtu: 'large' } as never), /mtu must be an integer/],
        [route.links.set('v0', { mtuu: 1400 } as never), /mtuu.*did you mean mtu/],
        [route.links.add({ name: 'a name that is too long', kind: 'bridge' }), /name/],
        [route.addresses.add({ link: 'v0', address: '10.0.0.256/24' }), /address/],
        [route.addresses.add({ link: {}, address: '10.0.0.3/24' }), /link/],
        [route.addresses.add({ address: '10.0.0.3/24' } as never), /value\.link must be given/],
        [route.addresses.delete({ link: 'v0' } as never), /value\.address/],
        [route.routes.add({ destination: '10.0.0.0/33' }), /destination/],
        [route.routes.add('10.0.0.0/8' as never), /value must be an object/],
        [route.routes.add(new Map() as never), /value must be an object .*got a Map/],
        [route.rules.delete({}), /value must be what tells the rule that is meant/],
        [route.rules.delete({ priority: undefined }), /value must be/],
        [route.links.find(null as never), /filter must be|link must be/],
        [route.links.get('' as never), /link must be/],
        [route.links.list({}, { timeout: -1 }), /timeout/],
        [route.links.list({}, { tiemout: 1 } as never), /did you mean timeout/],
        [route.batch('x' as never), /put must be a function/],
      ];
      for (const [promise, text] of wrong) {
        const error = (await rejectionOf(promise)) as NetlaneError;
        expect(error.code, error.message).to.equal('NETLANE_INVALID_ARGUMENT');
        expect(error.message).to.match(text);
      }
    });

    it('gives counters as bigint where asked', async () => {
      await withNamespaces(1, async (namespace) => {
        const client = await namespace.route({ thread, bigint: true });
        const lo = await client.links.get('lo');
        expect(lo.statistics?.rxBytes as unknown).to.be.a('bigint');
      });
    });
  });
}
