import { expect } from 'chai';
import { Namespace } from '../../lib/namespace.js';
import type { RouteClient } from '../../lib/netlink/route.js';
import type { FdbEntry } from '../../lib/schema/route/neighbour.js';
import { batch } from '../support/oracle/scene.js';
import { limit } from '../support/time.js';

/** How bridge adds it, and the address that it is for. */
const added = {
  '02:00:00:00:00:11 dev v1 master sticky static': 'v1',
  '02:00:00:00:00:12 dev v1 master extern_learn': 'v1',
  '02:00:00:00:00:13 dev v1 master static': 'v1',
  '02:00:00:00:00:14 dev br0 self local': 'br0',
  '02:00:00:00:00:15 dev v0 self': 'v0',
};

describe('Forwarding entries that bridge added', function () {
  this.timeout(limit(60_000));
  let namespace: Namespace;
  let route: RouteClient<Namespace>;

  before(async () => {
    namespace = await Namespace.create({ loopback: true });
    route = await namespace.route();
    await route.links.add({ name: 'br0', kind: 'bridge', up: true });
    await route.links.add({ name: 'v0', kind: 'veth', peer: { name: 'v1' }, up: true });
    await route.links.set('v1', { master: 'br0', up: true });
    expect(
      batch(
        namespace,
        'bridge',
        Object.keys(added).map((entry) => `fdb add ${entry}`),
      ),
    ).to.equal(undefined);
  });
  after(() => namespace.close());

  for (const [entry, link] of Object.entries(added)) {
    it(`are deleted, and added again, as they are listed: ${entry}`, async () => {
      const address = entry.slice(0, 17);
      const listed = async (): Promise<Omit<FdbEntry, 'cache'>[]> =>
        (await route.fdb.list({ address })).map(({ cache: _cache, ...others }) => others);
      const before = await listed();
      expect(before).to.have.length(1);
      const [value] = before as [FdbEntry];
      expect(value.link).to.equal((await route.links.get(link)).index);
      await route.fdb.delete(value);
      expect(await listed()).to.deep.equal([]);
      await route.fdb.add(value);
      expect(await listed()).to.deep.equal(before);
      await route.fdb.change(value);
      await route.fdb.replace(value);
      expect((await route.fdb.ensure(value)).changed).to.equal(false);
      expect(await listed()).to.deep.equal(before);
      expect(await route.batch((changes) => changes.fdb.delete(value))).to.deep.equal([{ ok: true, value: undefined }]);
      expect(await route.fdb.find({ address })).to.equal(undefined);
    });
  }

  it('may have flags as a number, and the bridge by name', async () => {
    const address = '02:00:00:00:00:21';
    await route.fdb.add({ link: 'br0', address, state: ['permanent'], flags: 0x02 });
    expect(await route.fdb.find({ address })).to.deep.include({ state: ['permanent'] });
    await route.fdb.add({ link: 'v1', master: 'br0', address: '02:00:00:00:00:22', state: ['noarp'], flags: 0x40 });
    expect(await route.fdb.find({ address: '02:00:00:00:00:22' })).to.deep.include({ flags: ['sticky'] });
  });
});
