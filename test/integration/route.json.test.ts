import { expect } from 'chai';
import { Namespace } from '../../lib/namespace.js';
import type { RouteClient } from '../../lib/netlink/route.js';
import type { RouteInput } from '../../lib/schema/route/route.js';
import type { RuleInput } from '../../lib/schema/route/rule.js';
import { limit } from '../support/time.js';

describe('What lists give', function () {
  this.timeout(limit(20_000));
  const large = 2n ** 63n + 5n;
  let namespace: Namespace;
  let route: RouteClient<Namespace>;

  before(async () => {
    namespace = await Namespace.create({ loopback: true });
    route = await namespace.route({ thread: 'caller' });
    await route.links.add({ name: 'v0', kind: 'veth', peer: { name: 'v1' }, up: true });
    await route.addresses.add({ link: 'v0', address: '10.0.0.1/24' });
    await route.routes.add({ destination: '10.1.0.0/16', link: 'v0', encapsulation: { type: 'ip', id: large, destination: '10.9.9.9' } });
    await route.rules.add({ family: 'ipv4', priority: 70, tunnelId: large, table: 100 });
  });
  after(() => namespace.close());

  /** The same as it comes out of a file or from a network. */
  function through<T>(value: unknown): T {
    return JSON.parse(JSON.stringify(value)) as T;
  }

  it('goes through JSON, with identifiers of 64 bits as decimal text, and add() takes it again', async () => {
    const tunnel = await route.routes.get({ destination: '10.1.0.0/16' });
    expect(tunnel.encapsulation).to.include({ id: large });
    const routes = through<RouteInput[]>(await route.routes.list());
    const written = routes.find(({ destination }) => destination === '10.1.0.0/16');
    expect(written?.encapsulation).to.include({ id: String(large) });
    const rule = through<RuleInput[]>(await route.rules.list()).find(({ priority }) => priority === 70);
    expect(rule?.tunnelId).to.equal(String(large));
    if (written === undefined || rule === undefined) throw new Error('neither was found');
    await route.routes.delete(written);
    await route.routes.add(written);
    expect(await route.routes.get({ destination: '10.1.0.0/16' })).to.deep.equal(tunnel);
    await route.rules.delete(rule);
    await route.rules.add(rule);
    expect((await route.rules.get({ priority: 70, tunnelId: `${large}` })).tunnelId).to.equal(large);
  });

  it('can be cloned, with bigint as it was', async () => {
    for (const list of [await route.routes.list(), await route.rules.list(), await route.links.list()])
      expect(structuredClone(list)).to.deep.equal(list);
  });

  it('goes through JSON from a client that counts in bigint', async () => {
    const wide = await namespace.route({ thread: 'caller', bigint: true });
    const links = await wide.links.list();
    const written = through<{ name: string; statistics?: { rxPackets: string } }[]>(links);
    expect(typeof links[0]?.statistics?.rxPackets).to.equal('bigint');
    expect(written.map(({ name }) => name)).to.include.members(['lo', 'v0', 'v1']);
    for (const { statistics } of written) expect(statistics?.rxPackets).to.match(/^\d+$/);
    for (const list of [
      await wide.statistics.list(),
      await wide.neighbourTables.list(),
      await wide.bridgeLinks.list(),
      await wide.routes.list(),
    ])
      expect(through<unknown[]>(list)).to.have.length(list.length);
    await wide.close();
  });

  it('comes from a watch, which knows rules with a tunnel from others', async () => {
    const watch = route.watch(['ipv4-rule'], { existing: true });
    const rules = [];
    for await (const event of watch) {
      if (event.action === 'existing') rules.push(event.value);
      if (rules.length === 4) break;
    }
    expect(through<RuleInput[]>(rules).map(({ tunnelId }) => tunnelId)).to.deep.include(String(large));
  });
});
