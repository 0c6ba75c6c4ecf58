import { expect } from 'chai';
import { Namespace } from '../../lib/namespace.js';
import type { RouteClient } from '../../lib/netlink/route.js';
import type { Event } from '../../lib/netlink/route/watch.js';
import type { WatchedName } from '../../lib/netlink/route/watched.js';
import { numbers } from '../support/numbers.js';
import { seed } from '../support/seed.js';
import { needs } from '../support/skip.js';
import { limit } from '../support/time.js';
import { changeOf, freshOf, furnish, stateOf } from './support/watch-model.js';

const everything: readonly WatchedName[] = [
  'link',
  'bridge-link',
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

/** Last changes in all three namespaces until the watch must have come to rest. */
const mostRounds = 60;
let lastChanges = 0;

/** Reads a watch, and keeps what it tells. */
class Reader {
  readonly events: Event<Namespace>[] = [];
  /** The error that the watch ended with. */
  readonly end: Promise<unknown>;
  #seen: () => void = () => undefined;

  constructor(watch: AsyncIterable<Event<Namespace>>) {
    this.end = this.#read(watch);
  }

  async #read(watch: AsyncIterable<Event<Namespace>>): Promise<unknown> {
    try {
      for await (const event of watch) {
        this.events.push(event);
        this.#seen();
      }
      return new Error('the watch ended by itself');
    } catch (error) {
      return error;
    }
  }

  /** Resolves when something of the kind was told; rejects where the watch ended before. */
  async told(what: (event: Event<Namespace>) => boolean): Promise<void> {
    for (let next = 0; ; next++) {
      while (next >= this.events.length) {
        const ended = await Promise.race([this.end, new Promise<undefined>((resolve) => (this.#seen = () => resolve(undefined)))]);
        if (ended !== undefined) throw new Error('the watch ended', { cause: ended });
      }
      const event = this.events[next];
      if (event !== undefined && what(event)) return;
    }
  }
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
    // The kernel lists an address from the start, and tells of it when nobody else was found to have it: a second later, or at once without a look.
    await Promise.all(namespaces.map((namespace) => namespace.sysctl('net.ipv6.conf.default.accept_dad', 0)));
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
      const reader = new Reader(watch);
      const bursts = 4;
      const each = 120;
      for (let burst = 0; burst < bursts; burst++) {
        const changes: Promise<unknown>[] = [];
        for (let count = 0; count < each; count++) {
          const at = pick(3);
          const [route, namespace] = [routes[at], namespaces[at]];
          if (route !== undefined && namespace !== undefined) changes.push(changeOf(route, namespace, pick)());
        }
        await Promise.allSettled(changes);
      }
      const scratch = await Namespace.create();
      await Promise.all(routes.map((route, at) => route.namespaceIds.add(scratch, 5 + at)));
      await scratch.close();
      // By work, not by time: once a last change is told, so is all that came before it, but for what the watch still has to list again.
      let rounds = 0;
      for (const [at, route] of routes.entries()) {
        const namespace = namespaces[at];
        if (namespace === undefined) continue;
        for (;;) {
          rounds++;
          const name = `last${lastChanges++}`;
          await route.links.add({ name, kind: 'ifb' });
          await reader.told(
            (event) => 'value' in event && event.namespace === namespace && 'name' in event.value && event.value.name === name,
          );
          const [told, there] = [stateOf(reader.events, namespace), await freshOf(route)];
          const missing = [...there].filter((key) => !told.has(key));
          const untrue = [...told].filter((key) => !there.has(key));
          if (missing.length + untrue.length === 0) break;
          if (rounds > mostRounds) expect({ missing, untrue }).to.deep.equal({ missing: [], untrue: [] });
        }
      }
      const { events } = reader;
      const losses = events.filter(({ action }) => action === 'overrun').length;
      if (receiveBuffer !== undefined) expect(losses).to.be.greaterThan(0);
      // A watch that was kept busy by its own looks would lose more than there was to lose.
      expect(losses).to.be.at.most(bursts * each + rounds);
      expect(new Set(events.map((event) => ('object' in event ? event.object : event.action))).size).to.be.at.least(11);
      await watch.close();
      expect(await reader.end).to.include({ code: 'NETLANE_CLOSED' });
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
