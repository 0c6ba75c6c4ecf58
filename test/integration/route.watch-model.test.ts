import { expect } from 'chai';
import { Namespace } from '../../lib/namespace.js';
import type { RouteClient } from '../../lib/netlink/route.js';
import type { Event } from '../../lib/netlink/route/watch.js';
import type { WatchedName } from '../../lib/netlink/route/watched.js';
import { seed } from '../support/seed.js';
import { needs } from '../support/skip.js';
import { limit } from '../support/time.js';
import { changeOf, freshOf, furnish, stateOf } from './support/watch-model.js';

const everything: readonly WatchedName[] = [
  'link',
  'address',
  'route',
  'rule',
  'neighbour',
  'nexthop',
  'fdb',
  'multicast',
  'vni',
  'netconf',
  'nsid',
];

/** The same numbers for the same seed. */
function numbers(start: number): (below: number) => number {
  let state = start >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('A watch of everything, against a model', function () {
  this.timeout(limit(60_000));
  let namespaces: Namespace[];
  let routes: RouteClient<Namespace>[];

  before(async function () {
    await needs(this, 'VXLAN with a filter of networks', async () => {
      await using scratch = await Namespace.create();
      await furnish(await scratch.route({ thread: 'caller' }));
    });
    namespaces = await Promise.all([1, 2, 3].map(() => Namespace.create({ loopback: true, laneIdle: 50 })));
    routes = await Promise.all(namespaces.map((namespace) => namespace.route({ thread: 'caller' })));
    await Promise.all(routes.map(furnish));
    await Promise.all(routes.map(freshOf));
  });
  after(() => Promise.all(namespaces.map((namespace) => namespace.close())));

  for (const [title, receiveBuffer] of [
    ['with a receive buffer of 2 KiB', 2048],
    ['with all the receive buffer that it can get', undefined],
  ] as const) {
    it(`${title}, in three namespaces at once: its state is a fresh list, and nothing is added twice`, async () => {
      const pick = numbers(seed + (receiveBuffer ?? 0));
      await using watch = Namespace.watchAll(namespaces, everything, { existing: true, receiveBuffer });
      await watch.ready;
      const events: Event<Namespace>[] = [];
      const reading = (async (): Promise<unknown> => {
        try {
          for await (const event of watch) events.push(event);
          return undefined;
        } catch (error) {
          return error;
        }
      })();
      for (let burst = 0; burst < 4; burst++) {
        const changes: Promise<unknown>[] = [];
        for (let count = 0; count < 120; count++) {
          const at = pick(3);
          const [route, namespace] = [routes[at], namespaces[at]];
          if (route !== undefined && namespace !== undefined) changes.push(changeOf(route, namespace, pick)());
        }
        await Promise.allSettled(changes);
      }
      const scratch = await Namespace.create();
      await Promise.all(routes.map((route, at) => route.namespaceIds.add(scratch, 5 + at)));
      await scratch.close();
      const end = performance.now() + limit(20_000);
      for (const [at, route] of routes.entries()) {
        const namespace = namespaces[at];
        if (namespace === undefined) continue;
        for (;;) {
          const [told, there] = [stateOf(events, namespace), await freshOf(route)];
          const missing = [...there].filter((key) => !told.has(key));
          const untrue = [...told].filter((key) => !there.has(key));
          if (missing.length + untrue.length === 0) break;
          if (performance.now() > end) expect({ missing, untrue }).to.deep.equal({ missing: [], untrue: [] });
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }
      if (receiveBuffer !== undefined) expect(events.some(({ action }) => action === 'overrun')).to.equal(true);
      expect(new Set(events.map((event) => ('object' in event ? event.object : event.action))).size).to.be.at.least(11);
      await watch.close();
      expect(await reading).to.include({ code: 'NETLANE_CLOSED' });
    });
  }

  it('of VLANs tells each of them by itself, however the kernel puts them into ranges', async function () {
    await needs(this, 'bridges with VLANs', async () => {
      await using scratch = await Namespace.create();
      const route = await scratch.route({ thread: 'caller' });
      await route.links.add({ name: 'br', kind: 'bridge', data: { vlanFiltering: true } });
    });
    await using namespace = await Namespace.create();
    const route = await namespace.route({ thread: 'caller' });
    await route.links.add({ name: 'bv', kind: 'bridge', data: { vlanFiltering: true } });
    const { index } = await route.links.get('bv');
    await using watch = route.watch(['bridge-vlan'], { existing: true });
    await watch.ready;
    await route.bridgeVlans.add({ link: 'bv', vlans: [{ info: { vlan: 10, flags: ['entry'] }, range: 13 }] });
    await route.bridgeVlans.delete({ link: 'bv', vlans: [{ info: { vlan: 11, flags: ['entry'] } }] });
    const told: string[] = [];
    for await (const event of watch) {
      if (!('value' in event) || event.object !== 'bridge VLAN') continue;
      expect(event.value.link).to.equal(index);
      told.push(`${event.action} ${event.value.vlan}`);
      if (event.action === 'removed') break;
    }
    expect(told).to.deep.equal(['existing 1', 'added 10', 'added 11', 'added 12', 'added 13', 'removed 11']);
  });
});
