import { expect } from 'chai';
import type { NetlinkError } from '../../lib/errors.js';
import { Namespace } from '../../lib/namespace.js';
import type { RouteClient } from '../../lib/netlink/route.js';
import { rejectionOf } from '../support/error-of.js';
import { limit } from '../support/time.js';

describe('A view of another namespace by its nsid', function () {
  this.timeout(limit(60_000));
  let here: Namespace;
  let there: Namespace;
  let unknown: Namespace;
  let route: RouteClient<Namespace>;
  let far: RouteClient<Namespace>;

  before(async () => {
    here = await Namespace.create({ loopback: true });
    there = await Namespace.create({ loopback: true });
    unknown = await Namespace.create();
    route = await here.route({ thread: 'caller' });
    far = await there.route({ thread: 'caller' });
    await route.links.add({ name: 'p0', index: 50, kind: 'bridge' });
    await far.links.add({ name: 'b0', index: 40, kind: 'bridge' });
    await far.links.add({ name: 'v0', index: 41, kind: 'veth', peer: { name: 'v1' }, master: 'b0' });
    await far.addresses.add({ link: 'v0', address: '10.0.0.1/24' });
    await far.addresses.add({ link: 'b0', address: 'fd00::1/64', flags: ['nodad'] });
    await route.namespaceIds.add(there, 7);
    await Promise.all([route.links.list(), far.links.list()]);
  });
  after(() => Promise.all([here.close(), there.close(), unknown.close()]));

  for (const [how, view] of [
    ['its number', () => 7],
    ['its handle', () => there],
  ] as const) {
    it(`by ${how} lists links and addresses as a client there does`, async () => {
      const seen = await route.links.list({}, { nsid: view() });
      expect(seen.map((link) => [link.index, link.name, link.kind, link.master])).to.deep.equal(
        (await far.links.list()).map((link) => [link.index, link.name, link.kind, link.master]),
      );
      expect(seen.every((link) => link.targetNamespaceId === 7)).to.equal(true);
      const addresses = await route.addresses.list({}, { nsid: view() });
      expect(addresses.map((one) => [one.link, one.address])).to.deep.equal(
        (await far.addresses.list()).map((one) => [one.link, one.address]),
      );
    });
  }

  it('finds links by the names that they have there', async () => {
    expect(await route.links.get('v0', { nsid: there })).to.include({ index: 41, kind: 'veth' });
    expect(await route.links.get(40, { nsid: 7 })).to.include({ name: 'b0' });
    expect(await route.links.find('p0', { nsid: there })).to.equal(undefined);
    expect((await route.links.list({ master: 'b0' }, { nsid: there })).map((link) => link.name)).to.deep.equal(['v0']);
    expect((await route.addresses.list({ link: 'v0' }, { nsid: there })).map((one) => one.address)).to.deep.equal(['10.0.0.1/24']);
    const names: string[] = [];
    for await (const link of route.links.stream({}, { nsid: there })) names.push(link.name);
    expect(names).to.include.members(['lo', 'b0', 'v0', 'v1']);
    const error = (await rejectionOf(route.links.get('p0', { nsid: there }))) as NetlinkError;
    expect(error).to.include({ code: 'ENODEV', operation: 'get link p0' });
  });

  it('refuses to make or change a link there, by whatever call, and leaves the namesake here as it is', async () => {
    const viewed = await route.links.get('v1', { nsid: there });
    const target = { targetNamespaceId: 7 };
    await route.links.add({ name: 'v1', index: viewed.index, kind: 'bridge' });
    const [before, beforeThere] = await Promise.all([route.links.list(), far.links.list()]);
    for (const wrong of [
      () => route.links.change({ name: 'v1', mtu: 1400, ...target }),
      () => route.links.set('v1', { mtu: 1400, ...target }),
      () => route.links.set({ name: 'v1', ...target }, { name: 'v9' }),
      () => route.links.set({ name: 'v1', ...({ targetNamespaceId: '7' } as object) }, { mtu: 1400 }),
      () => route.links.addAlternativeNames(viewed, ['viewed-name']),
      () => route.links.deleteAlternativeNames(viewed, ['viewed-name']),
      () => route.links.ensure({ name: 'v1', kind: 'veth', mtu: 1400, ...target }),
      () => route.links.replace({ name: 'v1', kind: 'bridge', mtu: 1400, ...target }),
      () => route.links.add({ name: 'n0', kind: 'bridge', ...target }),
      () => route.links.add({ name: 'n0', kind: 'bridge', alias: 'x', ...target }),
      () => route.links.add({ name: 'n0', kind: 'tun', ...target }),
    ]) {
      const error = (await rejectionOf(wrong())) as Error;
      expect(error, String(wrong)).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
      expect(error.message).to.include('open a client there');
    }
    const [result] = await route.batch((batch) => batch.links.add({ name: 'n0', kind: 'bridge', ...target }));
    expect(result?.ok === false && result.error).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    const plain = (links: readonly { name: string; mtu?: number; alternativeNames?: string[] }[]): unknown =>
      links.map(({ name, mtu, alternativeNames }) => [name, mtu, alternativeNames]);
    expect(plain(await route.links.list())).to.deep.equal(plain(before));
    expect(plain(await far.links.list())).to.deep.equal(plain(beforeThere));
    await route.links.delete('v1');
  });

  it('gives links that can be deleted there, and nothing that could be mistaken for something here', async () => {
    const link = await route.links.get('v0', { nsid: there });
    const namesake = { name: 'same', index: 41, kind: 'bridge' } as const;
    await route.links.add(namesake);
    for (const wrong of [
      () => route.links.set(link, { mtu: 1300 }),
      () => route.addresses.add({ link, address: '10.0.0.2/24' }),
      () => route.routes.add({ destination: '10.9.0.0/16', link }),
    ]) {
      expect(await rejectionOf(wrong())).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    }
    expect(await route.links.get('same')).to.include({ index: 41, kind: 'bridge' });
    await route.links.delete('same');
    await far.links.add({ name: 'x0', index: 50, kind: 'bridge' });
    await route.links.delete(await route.links.get('x0', { nsid: there }));
    expect(await far.links.find('x0')).to.equal(undefined);
    expect(await route.links.find('p0')).to.include({ name: 'p0' });
    const [address] = await route.addresses.list({ link: 'v0' }, { nsid: there });
    if (address === undefined) throw new Error('there is no address');
    expect(await rejectionOf(route.addresses.delete(address))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
  });

  it('is refused where the namespace has no number, and gives it none', async () => {
    const error = (await rejectionOf(route.links.list({}, { nsid: unknown }))) as Error;
    expect(error).to.include({ code: 'NETLANE_NO_NSID', namespace: String(here) });
    expect(error.message).to.include(String(unknown));
    expect(await rejectionOf(route.links.get('lo', { nsid: unknown }))).to.include({ code: 'NETLANE_NO_NSID' });
    expect(await route.namespaceIds.get(unknown)).to.equal(undefined);
    expect(await rejectionOf(route.addresses.list({}, { nsid: 99 }))).to.include({ code: 'EINVAL' });
    for (const nsid of [-1, 'there', {}]) {
      expect(await rejectionOf(route.links.list({}, { nsid: nsid as number }))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    }
  });
});
