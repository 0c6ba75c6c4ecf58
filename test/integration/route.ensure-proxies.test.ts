import { expect } from 'chai';
import { Namespace } from '../../lib/namespace.js';
import type { RouteClient } from '../../lib/netlink/route.js';
import { limit } from '../support/time.js';

describe('Making a proxy so', function () {
  this.timeout(limit(20_000));
  let namespace: Namespace;
  let route: RouteClient<Namespace>;

  beforeEach(async () => {
    namespace = await Namespace.create({ loopback: true });
    route = await namespace.route({ thread: 'caller' });
    // One without a link outlives its namespace, and turns up in a later one.
    await route.proxies.flush({});
    await route.links.add({ name: 'v0', index: 100, kind: 'veth', peer: { name: 'v1' } });
  });
  afterEach(async () => {
    await route.proxies.flush({});
    await namespace.close();
  });

  it('of all links is another than of one', async () => {
    const address = '10.7.0.2';
    await route.proxies.add({ link: 'v0', address });
    for (const changed of [true, false]) {
      const made = await route.proxies.ensure({ address });
      expect(made).to.deep.nested.include({ changed, 'value.link': 0 });
      expect(await route.proxies.ensure(made.value)).to.deep.include({ changed: false });
      expect(await route.proxies.ensure({ link: 'v0', address })).to.deep.nested.include({ changed: false, 'value.link': 100 });
    }
    expect((await route.proxies.list()).map(({ link }) => link)).to.have.members([0, 100]);
    await route.proxies.change({ address });
    await route.proxies.delete({ address });
    expect((await route.proxies.list()).map(({ link }) => link)).to.deep.equal([100]);
  });

  it('at once by several makes one, of which one is told at least', async () => {
    const made = await Promise.all(Array.from({ length: 8 }, () => route.proxies.ensure({ link: 'v0', address: '10.7.0.3' })));
    expect(made.some(({ changed }) => changed)).to.equal(true);
    expect(await route.proxies.list({ address: '10.7.0.3' })).to.have.length(1);
    const links = await Promise.all(Array.from({ length: 8 }, () => route.links.ensure({ name: 'b0', kind: 'bridge', alias: 'one' })));
    expect(links.some(({ changed }) => changed)).to.equal(true);
    for (const { value } of links) expect(value).to.include({ name: 'b0', alias: 'one', index: links[0]?.value.index });
  });
});
