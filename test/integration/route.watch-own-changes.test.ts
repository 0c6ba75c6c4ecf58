import { expect } from 'chai';
import { Namespace } from '../../lib/namespace.js';
import type { RouteClient } from '../../lib/netlink/route.js';
import type { Event } from '../../lib/netlink/route/watch.js';
import { withNamedNamespace } from '../support/namespaces.js';
import { limit } from '../support/time.js';

type Plain = Readonly<Record<string, unknown>>;

/** What a watch of links tells of them, in the words of `say`, until the link `last` is there. */
async function toldUntil(watch: AsyncIterable<Event<Namespace>>, last: string, say: (link: Plain) => unknown): Promise<string[]> {
  const told: string[] = [];
  for await (const event of watch) {
    if (!('value' in event) || event.object !== 'link') continue;
    const { name } = event.value;
    if (name === last) break;
    if (event.action !== 'existing') told.push(`${event.action} ${name} ${String(say(event.value as unknown as Plain))}`);
  }
  return told;
}

/** What a watch tells of links, kept in the words of `say`. */
class State {
  readonly #links = new Map<number, string>();
  readonly #say: (link: Plain) => string;
  /** The error that the watch ended with. */
  readonly end: Promise<unknown>;

  constructor(watch: AsyncIterable<Event<Namespace>>, say: (link: Plain) => string) {
    this.#say = say;
    this.end = this.#read(watch).catch((error: unknown) => error);
  }

  async #read(watch: AsyncIterable<Event<Namespace>>): Promise<void> {
    for await (const event of watch) {
      if (!('value' in event) || event.object !== 'link') continue;
      if (event.action === 'removed') this.#links.delete(event.value.index);
      else this.#links.set(event.value.index, this.#say(event.value as unknown as Plain));
    }
  }

  /** Waits until it is what is there. */
  async alike(route: RouteClient<Namespace>, step: string): Promise<void> {
    const end = performance.now() + limit(10_000);
    for (;;) {
      const wanted = (await route.links.list()).map((link) => this.#say(link as unknown as Plain)).sort();
      const known = [...this.#links.values()].sort();
      if (JSON.stringify(known) === JSON.stringify(wanted)) return;
      if (performance.now() > end) expect(known, step).to.deep.equal(wanted);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

describe('Changes that this library makes of links that are down, of which the kernel tells nobody', function () {
  this.timeout(limit(60_000));

  for (const thread of ['lane', 'caller'] as const) {
    describe(`with sockets of the ${thread}`, () => {
      let namespace: Namespace;
      let route: RouteClient<Namespace>;

      beforeEach(async () => {
        namespace = await Namespace.create();
        route = await namespace.route({ thread });
        await route.links.add({ name: 'd0', kind: 'ifb' });
        await route.links.add({ name: 'd1', kind: 'ifb' });
        await route.links.add({ name: 'b0', kind: 'bridge' });
      });
      afterEach(() => namespace.close());

      const alias = (link: Plain): unknown => link['alias'];

      it('are told once and in order, however the link is named', async () => {
        const watch = route.watch(['link'], { existing: true });
        await watch.ready;
        const { index } = await route.links.get('d0');
        await route.links.set('d0', { alias: 'by name' });
        await route.links.set(index, { alias: 'by index' });
        await route.links.addAlternativeNames('d0', ['another name of the link']);
        await route.links.set('another name of the link', { alias: 'by another name' });
        await route.links.set('d0', { group: 7 });
        await route.links.set({ group: 7 }, { alias: 'by group' });
        await route.links.ensure({ name: 'd0', alias: 'ensured' });
        await route.links.deleteAlternativeNames(index, ['another name of the link']);
        await route.links.set('d0', { name: 'd9' });
        await route.links.set('d9', { alias: 'by a new name' });
        await route.links.add({ name: 'last', kind: 'ifb' });
        const say = (link: Plain): string => `${String(link['alias'])}, ${String(link['alternativeNames'])}, ${String(link['group'])}`;
        const other = 'another name of the link';
        expect(await toldUntil(watch, 'last', say)).to.deep.equal([
          'changed d0 by name, undefined, default',
          'changed d0 by index, undefined, default',
          `changed d0 by index, ${other}, default`,
          `changed d0 by another name, ${other}, default`,
          `changed d0 by another name, ${other}, 7`,
          `changed d0 by group, ${other}, 7`,
          `changed d0 ensured, ${other}, 7`,
          'changed d0 ensured, undefined, 7',
          'changed d9 ensured, undefined, 7',
          'changed d9 by a new name, undefined, 7',
        ]);
      });

      it('are told with those that the kernel tells, each once, while the link goes up and down', async () => {
        const watch = route.watch(['link'], { existing: true });
        await watch.ready;
        for (let round = 0; round < 20; round++) {
          // None of them waits for another.
          await Promise.all([
            route.links.set('d0', { up: round % 2 === 0 }),
            route.links.set('d0', { alias: `a${round}` }),
            route.links.set('d1', { alias: `b${round}` }),
          ]);
        }
        await route.links.set('d0', { up: true, alias: 'up' });
        await route.links.set('d0', { up: false });
        await route.links.set('d0', { alias: 'down' });
        await route.links.add({ name: 'last', kind: 'ifb' });
        const told = await toldUntil(watch, 'last', alias);
        expect(told.filter((one, at) => at > 0 && one.endsWith(' down'))).to.deep.equal(['changed d0 down']);
        const rounds = told.filter((one) => one.startsWith('changed d1'));
        expect(rounds).to.deep.equal(Array.from({ length: 20 }, (_, round) => `changed d1 b${round}`));
      });

      it('of a batch, and of data of a kind, are told; so is a bridge with its first port and without its last', async () => {
        const say = ({ name, alias: called, data, tsoMaxSize }: Plain): string =>
          [name, called, (data as Plain | undefined)?.['forwardDelay'], tsoMaxSize].map(String).join(' ');
        const watch = route.watch(['link'], { existing: true });
        await watch.ready;
        const state = new State(watch, say);
        const results = await route.batch(({ links }) => {
          links.set('b0', { kind: 'bridge', data: { forwardDelay: 400 } });
          links.set('d0', { alias: 'one' });
          links.set('d0', { alias: 'two' });
          links.set('none', { alias: 'three' });
        });
        expect(results.map(({ ok }) => ok)).to.deep.equal([true, true, true, false]);
        await state.alike(route, 'after the batch');
        await route.links.set('d0', { master: 'b0' });
        await state.alike(route, 'with the first port');
        await route.links.set('d0', { master: 0 });
        await state.alike(route, 'without the last port');
        await watch.close();
        expect(await state.end).to.include({ code: 'NETLANE_CLOSED' });
      });

      it('are told of both ends of a pair, and of tun devices that are opened and closed', async () => {
        const say = ({ name, parent, carrier, data }: Plain): string =>
          [name, parent, carrier, (data as Plain | undefined)?.['persist'], (data as Plain | undefined)?.['owner']].map(String).join(' ');
        const watch = route.watch(['link'], { existing: true });
        await watch.ready;
        const state = new State(watch, say);
        await route.links.add({ name: 'v0', kind: 'veth', peer: { name: 'v1' } });
        await state.alike(route, 'a pair');
        await using other = await Namespace.create();
        await route.links.set('v1', { namespace: other });
        await state.alike(route, 'an end elsewhere');
        await route.links.add({ name: 't0', kind: 'tun', data: { type: 'tap' } });
        await state.alike(route, 'a tap device');
        const device = await route.links.openTun({ mode: 'tap', name: 't0', attach: true, owner: 5 });
        await state.alike(route, 'open');
        await device.close();
        await state.alike(route, 'closed');
        await watch.close();
        expect(await state.end).to.include({ code: 'NETLANE_CLOSED' });
      });

      it('are told of addresses in the filter of a device, which make it promiscuous', async () => {
        await route.links.add({ name: 'v0', kind: 'veth', peer: { name: 'v1' } });
        await route.links.set('v0', { up: true });
        const watch = route.watch(['link'], { existing: true });
        await watch.ready;
        await route.fdb.add({ link: 'v0', address: '02:00:00:00:00:05', flags: ['self'], state: ['permanent'] });
        await route.fdb.delete({ link: 'v0', address: '02:00:00:00:00:05', flags: ['self'], state: ['permanent'] });
        const listed = (await route.links.get('v0')).promiscuity;
        await route.links.add({ name: 'last', kind: 'ifb' });
        const told = await toldUntil(watch, 'last', ({ promiscuity }) => promiscuity);
        // Its operational state changes as well, when the kernel gets to it.
        const steps = told.filter((one, at) => one !== (told[at - 1] ?? 'changed v0 0'));
        expect([listed, steps]).to.deep.equal([0, ['changed v0 1', 'changed v0 0']]);
      });
    });
  }

  it('are told to every watch of the namespace in this thread, whoever made them through whichever handle, and to none of another', async () => {
    await withNamedNamespace(async (namespace, name) => {
      await using other = await Namespace.create();
      const again = await Namespace.open(name);
      try {
        const [route, elsewhere, same] = await Promise.all([namespace.route(), other.route(), again.route({ thread: 'caller' })]);
        for (const one of [route, elsewhere]) await one.links.add({ name: 'd0', kind: 'ifb' });
        const watches = [
          route.watch(['link'], { existing: true }),
          same.watch(['link'], { existing: true }),
          Namespace.watchAll([namespace], ['link'], { existing: true }),
          elsewhere.watch(['link'], { existing: true }),
        ];
        await Promise.all(watches.map((watch) => watch.ready));
        await same.links.set('d0', { alias: 'here' });
        for (const one of [route, elsewhere]) await one.links.add({ name: 'last', kind: 'ifb' });
        const told = await Promise.all(watches.map((watch) => toldUntil(watch, 'last', ({ alias }) => alias)));
        expect(told).to.deep.equal([['changed d0 here'], ['changed d0 here'], ['changed d0 here'], []]);
      } finally {
        await again.close();
      }
    });
  });
});
