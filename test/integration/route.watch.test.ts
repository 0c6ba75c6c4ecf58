import { expect } from 'chai';
import type { NetlaneError } from '../../lib/errors.js';
import { Namespace } from '../../lib/namespace.js';
import type { RouteClient } from '../../lib/netlink/route.js';
import type { Event } from '../../lib/netlink/route/watch.js';
import { errorOf, rejectionOf } from '../support/error-of.js';
import { execInside, ip } from '../support/namespaces.js';
import { needs } from '../support/skip.js';
import { limit } from '../support/time.js';

type Plain = Readonly<Record<string, unknown>>;

/** Reads events into a list until told to stop. */
class Reader {
  readonly events: Event<Namespace>[] = [];
  readonly done: Promise<Error | undefined>;

  constructor(watch: AsyncIterable<Event<Namespace>>) {
    this.done = this.#read(watch);
  }

  async #read(watch: AsyncIterable<Event<Namespace>>): Promise<Error | undefined> {
    try {
      for await (const event of watch) this.events.push(event);
      return undefined;
    } catch (error) {
      return error as Error;
    }
  }

  async until(predicate: (events: readonly Event<Namespace>[]) => boolean): Promise<void> {
    const end = performance.now() + limit(10_000);
    while (!predicate(this.events)) {
      if (performance.now() > end) throw new Error(`not told in time; told: ${JSON.stringify(this.events.map(summary))}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

function summary(event: Event<Namespace>): string {
  if (!('value' in event)) return event.action;
  const value = event.value as Plain;
  return `${event.action} ${event.object} ${JSON.stringify(value['name'] ?? value['address'] ?? value['destination'] ?? '')}`;
}

function keyOf(object: string, value: Plain): string {
  switch (object) {
    case 'link':
      return `link ${String(value['index'])}`;
    case 'address':
      return `address ${JSON.stringify([value['link'], value['address'], value['peer']])}`;
    default:
      return `route ${JSON.stringify([value['family'], value['table'], value['destination'], value['type'], value['metric'], value['gateway'], value['link']])}`;
  }
}

describe('A watch', function () {
  this.timeout(limit(60_000));
  let one: Namespace;
  let two: Namespace;
  let route: RouteClient<Namespace>;
  let other: RouteClient<Namespace>;

  beforeEach(async () => {
    one = await Namespace.create({ loopback: true });
    two = await Namespace.create({ loopback: true });
    route = await one.route();
    other = await two.route({ thread: 'caller' });
  });
  afterEach(() => Promise.all([one.close(), two.close()]));

  it('tells what is there, and then what ip changes', async () => {
    const watch = route.watch(['link', 'ipv4-address', 'ipv4-route'], { existing: true });
    await watch.ready;
    const reader = new Reader(watch);
    ip(one, 'link add b0 type bridge');
    ip(one, 'link set b0 up');
    ip(one, 'address add 10.1.0.1/24 dev b0');
    ip(one, 'link delete b0');
    await reader.until((events) => events.some((event) => summary(event) === 'removed link "b0"'));
    const told = reader.events.map(summary);
    expect(told).to.include.members([
      'existing link "lo"',
      'existing address "127.0.0.1/8"',
      'added link "b0"',
      'added address "10.1.0.1/24"',
    ]);
    expect(told.filter((text) => text === 'added link "b0"')).to.have.length(1);
    expect(reader.events.every((event) => event.namespace === one)).to.equal(true);
    await watch.close();
    expect(await reader.done).to.include({ code: 'NETLANE_CLOSED' });
  });

  it('tells nexthops, and those that go with their link', async () => {
    ip(one, 'link add v0 type veth peer name v1');
    ip(one, 'link set v0 up');
    ip(one, 'link set v1 up');
    ip(one, 'address add 10.3.0.1/24 dev v0');
    const watch = route.watch(['link', 'nexthop'], { existing: true });
    await watch.ready;
    const reader = new Reader(watch);
    ip(one, 'nexthop add id 5 via 10.3.0.2 dev v0');
    await reader.until((events) => events.some((event) => event.action === 'added' && event.object === 'nexthop'));
    ip(one, 'link delete v0');
    await reader.until((events) => events.some((event) => event.action === 'removed' && event.object === 'nexthop'));
    await watch.close();
    await reader.done;
  });

  for (const existing of [true, false]) {
    it(`tells settings of ports that their bridge changes, and the end of a port, ${existing ? 'with' : 'without'} a state`, async () => {
      ip(one, 'link add b0 type bridge');
      ip(one, 'link add v0 type veth peer name v1');
      ip(one, 'link set v0 master b0');
      const watch = route.watch(['link', 'bridge-link'], { existing });
      await watch.ready;
      const reader = new Reader(watch);
      const hairpins = (events: readonly Event<Namespace>[], object: string): unknown[] =>
        events.flatMap((event) => {
          if (!('value' in event) || event.object !== object) return [];
          const { name, port } = event.value as { name?: string; port?: { hairpin?: boolean; data?: { hairpin?: boolean } } };
          const hairpin = port?.data?.hairpin ?? port?.hairpin;
          return name === 'v0' && hairpin !== undefined ? [hairpin] : [];
        });
      execInside(one, 'bridge', ['link', 'set', 'dev', 'v0', 'hairpin', 'on']);
      await reader.until((events) => hairpins(events, 'bridge link').includes(true));
      // A link's own family says nothing of it.
      if (existing) await reader.until((events) => hairpins(events, 'link').includes(true));
      else expect(hairpins(reader.events, 'link')).to.not.include(true);
      execInside(one, 'bridge', ['link', 'set', 'dev', 'v0', 'hairpin', 'off']);
      await reader.until((events) => hairpins(events, 'bridge link').at(-1) === false);
      ip(one, 'link set v0 nomaster');
      await reader.until((events) => events.some((event) => summary(event) === 'removed bridge link "v0"'));
      await watch.close();
      await reader.done;
    });
  }

  it('tells of a neighbour that is deleted that it failed, and that it is gone', async () => {
    ip(one, 'link add v0 type veth peer name v1');
    ip(one, 'link set v0 up');
    ip(one, 'link set v1 up');
    ip(one, 'neigh add 10.4.0.2 lladdr 02:00:00:00:00:02 dev v0');
    execInside(one, 'bridge', ['fdb', 'add', '02:00:00:00:00:03', 'dev', 'v0', 'self']);
    const watch = route.watch(['neighbour', 'fdb'], { existing: true });
    await watch.ready;
    const reader = new Reader(watch);
    ip(one, 'neigh add 10.4.0.3 lladdr 02:00:00:00:00:04 dev v0');
    ip(one, 'neigh del 10.4.0.3 dev v0');
    ip(one, 'neigh del 10.4.0.2 dev v0');
    await reader.until((events) => events.some((event) => summary(event) === 'removed neighbour "10.4.0.2"'));
    const told = reader.events.map(summary);
    expect(told).to.include.members(['existing neighbour "10.4.0.2"', 'existing forwarding entry "02:00:00:00:00:03"']);
    const states = reader.events.flatMap((event) =>
      'value' in event && event.object === 'neighbour' && event.value.address === '10.4.0.3'
        ? [`${event.action} ${event.value.state}`]
        : [],
    );
    expect(states).to.deep.equal(['added permanent', 'changed failed', 'removed failed']);
    await watch.close();
    await reader.done;
  });

  it('of routes alone tells those that go in silence with their link or their address', async () => {
    ip(one, 'link add b0 type bridge');
    ip(one, 'link set b0 up');
    ip(one, 'address add 10.1.0.1/24 dev b0');
    ip(one, 'route add 10.2.0.0/16 dev b0 src 10.1.0.1');
    const watch = route.watch(['ipv4-route'], { existing: true });
    await watch.ready;
    const reader = new Reader(watch);
    const told = (text: string) => (events: readonly Event<Namespace>[]) => events.some((event) => summary(event) === text);
    ip(one, 'address delete 10.1.0.1/24 dev b0');
    await reader.until(told('removed route "10.2.0.0/16"'));
    ip(one, 'route add 10.3.0.0/16 dev b0');
    await reader.until(told('added route "10.3.0.0/16"'));
    ip(one, 'link set b0 down');
    await reader.until(told('removed route "10.3.0.0/16"'));
    expect(reader.events.every((event) => 'object' in event && event.object === 'route')).to.equal(true);
    await watch.close();
    await reader.done;
  });

  it('ends with the signal, with the client, and when its loop is left', async () => {
    const controller = new AbortController();
    const aborted = new Reader(route.watch(['link'], { signal: controller.signal }));
    const left = route.watch(['link'], { existing: true });
    for await (const event of left) {
      expect(event.action).to.equal('existing');
      break;
    }
    const closed = new Reader(route.watch(['address']));
    controller.abort(new Error('enough'));
    expect(await aborted.done).to.include({ code: 'ABORT_ERR' });
    await route.close();
    expect(await closed.done).to.include({ code: 'NETLANE_CLOSED' });
  });

  it('refuses what cannot be watched, at once', async () => {
    expect(() => route.watch(['links' as never])).to.throw(/did you mean link/);
    expect(() => route.watch([])).to.throw(/objects must be/);
    expect(() => route.watch([1n as never])).to.throw(/nothing called 1n/);
    expect(() => route.watch(['link'], { exsting: true } as never)).to.throw(/did you mean existing/);
    const watch = route.watch(['link'], { existing: true });
    const first = watch[Symbol.asyncIterator]();
    await first.next();
    expect(await rejectionOf(watch[Symbol.asyncIterator]().next())).to.include({ code: 'NETLANE_BUSY' });
    await first.return(undefined);
  });

  it('watches many namespaces at once and says which', async () => {
    const watch = Namespace.watchAll([one, two], ['link'], { existing: true });
    await watch.ready;
    const reader = new Reader(watch);
    await route.links.add({ name: 'a0', kind: 'bridge' });
    await other.links.add({ name: 'z0', kind: 'bridge' });
    await reader.until((events) => events.filter((event) => event.action === 'added').length === 2);
    const added = reader.events.filter((event) => event.action === 'added');
    expect(added.map((event) => [summary(event), event.namespace])).to.have.deep.members([
      ['added link "a0"', one],
      ['added link "z0"', two],
    ]);
    await watch.close();
    expect(await reader.done).to.include({ code: 'NETLANE_CLOSED' });
  });

  it('of many namespaces ends when its loop is left while others still wait, and when one of them is closed', async () => {
    const left = Namespace.watchAll([one, two], ['link']);
    await left.ready;
    await route.links.add({ name: 'a0', kind: 'bridge' });
    for await (const event of left) {
      expect(summary(event)).to.equal('added link "a0"');
      break;
    }
    // A rejection that nobody handles would be reported in a later turn, and end the run.
    await new Promise((resolve) => setTimeout(resolve, 20));
    const lost = Namespace.watchAll([one, two], ['link']);
    await lost.ready;
    const reader = new Reader(lost);
    await two.close();
    const error = await reader.done;
    expect(error).to.include({ code: 'NETLANE_CLOSED' });
    const { namespace } = error as NetlaneError;
    expect(namespace).to.contain(two.id);
    expect(error?.message).to.equal(`what was watched in ${namespace} is closed`);
  });

  it('hears namespaces that have a number here when asked to, beside its own state', async function () {
    await needs(this, 'hearing all namespaces', async () => {
      const socket = await one.netlink('route', { groups: [1], allNamespaces: true });
      await socket.close();
    });
    await route.namespaceIds.add(two, 55);
    await other.links.add({ name: 'b1', kind: 'bridge' });
    const watch = route.watch(['link'], { existing: true, allNamespaces: true });
    await watch.ready;
    const reader = new Reader(watch);
    await other.links.set('b1', { mtu: 1400 });
    await other.links.delete('b1');
    await route.links.add({ name: 'b1', kind: 'bridge' });
    await reader.until((events) => events.some((event) => summary(event) === 'added link "b1"' && !('nsid' in event)));
    const told = reader.events.filter((event) => 'value' in event).map((event) => `${summary(event)} ${event.nsid ?? 'here'}`);
    expect(told.slice(0, 2)).to.deep.equal(['existing link "lo" here', 'changed link "b1" 55']);
    expect(told).to.include('removed link "b1" 55');
    expect(told.at(-1)).to.equal('added link "b1" here');
    await watch.close();
    await reader.done;
  });

  it('tells a new link from a changed one without knowing what there was', async () => {
    const watch = route.watch(['link']);
    await watch.ready;
    const reader = new Reader(watch);
    ip(one, 'link add v0 type veth peer name v1');
    ip(one, 'link set v0 mtu 1400');
    ip(one, `link add m0 type veth peer name m1 netns /proc/${process.pid}/fd/${two.fd}`);
    ip(two, `link set m1 netns /proc/${process.pid}/fd/${one.fd}`);
    ip(one, 'link set m1 up');
    ip(one, 'link delete v0');
    await reader.until((events) => events.some((event) => summary(event) === 'removed link "v0"'));
    const told = reader.events.map(summary).filter((line, at, all) => all.indexOf(line) === at);
    expect(told.filter((line) => line.startsWith('added'))).to.have.members(['v0', 'v1', 'm0', 'm1'].map((name) => `added link "${name}"`));
    expect(told).to.include.members(['changed link "v0"', 'changed link "m1"', 'removed link "v1"']);
    await watch.close();
    await reader.done;
  });

  it('that is closed, or never began, is forgotten by its client', async () => {
    const aborted = route.watch(['link'], { signal: AbortSignal.abort() });
    expect(await rejectionOf(aborted.ready)).to.include({ code: 'ABORT_ERR' });
    const forgotten = await (async () => {
      const watch = route.watch(['link'], { existing: true });
      await watch.ready;
      await watch.close();
      return new WeakRef(watch);
    })();
    const end = performance.now() + limit(10_000);
    while (forgotten.deref() !== undefined) {
      if (performance.now() > end) throw new Error('still held');
      await new Promise((resolve) => setTimeout(resolve, 10));
      globalThis.gc?.();
    }
  });

  it('of what are no namespaces is refused at once', () => {
    for (const wrong of [undefined, null, 1, '', 'blue', {}, one, [undefined], ['blue'], [one, null]]) {
      expect(errorOf(() => Namespace.watchAll(wrong as never, ['link']))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    }
    expect(errorOf(() => Namespace.watchAll([one], ['link'], new Date() as never))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
  });

  it('ends equal to a fresh list whatever happens, also with a buffer that is far too small', async () => {
    for (let round = 0; round < 3; round++) {
      const watch = route.watch(['link', 'address', 'route'], { existing: true, receiveBuffer: 2048 });
      await watch.ready;
      const reader = new Reader(watch);
      let random = 12345 + round;
      const pick = (limit_: number): number => {
        random = (random * 1103515245 + 12345) & 0x7fffffff;
        return random % limit_;
      };
      for (let index = 0; index < 4; index++) {
        const name = `r${round}${index}`;
        await route.links.ensure({ name, kind: 'bridge', up: true });
        await route.addresses.ensure({ link: name, address: `10.${round}.${index}.1/24` });
      }
      const changes = Array.from({ length: 150 }, () => {
        const name = `r${round}${pick(4)}`;
        const net = `10.${100 + round}.${pick(40)}.0/24`;
        switch (pick(6)) {
          case 0:
            return () => route.links.set(name, { mtu: 1280 + pick(200) });
          case 1:
            return () => route.links.set(name, { up: pick(3) > 0 });
          case 2:
            return () => route.routes.replace({ destination: net, link: name });
          case 3:
            return () => route.routes.delete({ destination: net });
          case 4:
            return () => route.addresses.add({ link: name, address: `10.${round}.${50 + pick(20)}.1/24` });
          default:
            return () => route.addresses.add({ link: name, address: `fd00:${pick(99)}::1/64`, flags: ['nodad'] });
        }
      });
      await Promise.allSettled(changes.map((change) => change()));
      const state = (): Map<string, Plain> => {
        const map = new Map<string, Plain>();
        for (const event of reader.events) {
          if (!('value' in event)) continue;
          const key = keyOf(event.object, event.value as Plain);
          if (event.action === 'removed') map.delete(key);
          else {
            if (event.action === 'added') expect(map.has(key), `${summary(event)} twice`).to.equal(false);
            map.set(key, event.value as Plain);
          }
        }
        return map;
      };
      const fresh = async (): Promise<Set<string>> => {
        const lists = await Promise.all([route.links.list(), route.addresses.list(), route.routes.list()]);
        return new Set(
          ['link', 'address', 'route'].flatMap((object, index) => (lists[index] ?? []).map((value) => keyOf(object, value as Plain))),
        );
      };
      const end = performance.now() + limit(10_000);
      for (;;) {
        const [told, there] = [new Set(state().keys()), await fresh()];
        if (told.size === there.size && [...told].every((key) => there.has(key))) break;
        if (performance.now() > end)
          expect([...told].sort((a, b) => a.localeCompare(b))).to.deep.equal([...there].sort((a, b) => a.localeCompare(b)));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      expect(
        reader.events.some((event) => event.action === 'overrun'),
        'the buffer was small enough',
      ).to.equal(true);
      await watch.close();
      await reader.done;
    }
  });
});
