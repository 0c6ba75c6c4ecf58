import { expect } from 'chai';
import { encodeToBytes } from '../../lib/codec/codec.js';
import type { Event, RouteWatch } from '../../lib/netlink/route/watch.js';
import { link } from '../../lib/schema/route/link.js';
import { attribute, concatenate, FakeKernel, multi, nest, u64, type FakeDumpOptions } from '../../lib/testing.js';
import { openRoute } from '../support/fake-route.js';

const [NEWLINK, GETLINK] = [16, 18];
const RTNLGRP_LINK = 1;

const [IFLA_AF_SPEC, AF_INET6, IFLA_INET6_STATS] = [26, 10, 3];

/** @param packets counted of IPv6. */
function linkBody(index: number, packets = 0): Uint8Array {
  const counted = nest(IFLA_AF_SPEC, nest(AF_INET6, attribute(IFLA_INET6_STATS, concatenate(u64(2n), u64(BigInt(packets))))));
  return concatenate(encodeToBytes(link, { name: `l${index}`, index }), counted);
}

/** A kernel with links, whose lists are interrupted as often as it is told. */
class Links {
  readonly indexes = new Set([1]);
  lists = 0;
  interruptions = 0;
  packets = 0;
  readonly kernel = new FakeKernel((request) => {
    this.lists++;
    const options: FakeDumpOptions = { interrupted: this.interruptions-- > 0 };
    return multi(
      request,
      [...this.indexes].map((index) => linkBody(index, this.packets)),
      options,
    );
  });

  add(index: number): void {
    this.indexes.add(index);
    this.kernel.event(RTNLGRP_LINK, { type: NEWLINK, body: linkBody(index) });
  }

  /** Drops something on its way to the watch. */
  lose(): void {
    const own = this.kernel.transports.find((transport) => transport.options.groups?.includes(RTNLGRP_LINK));
    if (own === undefined) throw new Error('nothing is watched');
    this.kernel.overrun(own);
  }
}

/** A watch of the links; afterwards nothing may be open. */
async function withWatch(links: Links, use: (watch: RouteWatch) => Promise<void>): Promise<void> {
  const { kernel } = links;
  const route = await openRoute(kernel);
  try {
    await use(route.watch(['link'], { existing: true }));
  } finally {
    await route.close();
    await kernel.settled();
  }
  expect(kernel.requests.every(({ type }) => type === GETLINK)).to.equal(true);
  kernel.verify();
}

/** What a watch tells until something of the kind. */
async function toldUntil(watch: RouteWatch, last: (event: Event) => boolean): Promise<string[]> {
  const told: string[] = [];
  for await (const event of watch) {
    told.push('value' in event && event.object === 'link' ? `${event.action} ${event.value.name}` : event.action);
    if (last(event)) break;
  }
  return told;
}

const synchronized = ({ action }: Event): boolean => action === 'synchronized';

describe('a watch that keeps the state, over a fake kernel', () => {
  it('looks once for all the losses in what waits, and tells what it missed', async () => {
    const links = new Links();
    await withWatch(links, async (watch) => {
      await watch.ready;
      for (let index = 2; index < 22; index++) {
        links.add(index);
        await links.kernel.settled();
        links.lose();
        await links.kernel.settled();
      }
      links.indexes.delete(5);
      links.indexes.add(99);
      const told = await toldUntil(watch, synchronized);
      expect(told.filter((event) => event === 'overrun')).to.have.length(1);
      expect(told.slice(-3)).to.deep.equal(['removed l5', 'added l99', 'synchronized']);
      expect(links.lists).to.equal(2);
    });
  });

  it('tells no link as changed of which only what is counted is another', async () => {
    const links = new Links();
    await withWatch(links, async (watch) => {
      await watch.ready;
      links.packets = 5;
      links.lose();
      links.indexes.add(7);
      const events: Event[] = [];
      for await (const event of watch) if (events.push(event) > 0 && synchronized(event)) break;
      expect(events.map(({ action }) => action)).to.deep.equal(['existing', 'overrun', 'added', 'synchronized']);
      const counted = events.map((event) => ('value' in event && event.object === 'link' ? event.value.protocols?.ipv6?.statistics : []));
      expect(counted).to.deep.equal([[2, 0], [], [2, 5], []]);
    });
  });

  it('goes on where its list is interrupted again and again, and tells the differences when it is not', async () => {
    const links = new Links();
    await withWatch(links, async (watch) => {
      await watch.ready;
      links.lose();
      links.indexes.add(7);
      links.interruptions = 15;
      expect(await toldUntil(watch, synchronized)).to.deep.equal(['existing l1', 'overrun', 'added l7', 'synchronized']);
      expect(links.lists).to.equal(17);
    });
  });

  it('is ready when a first list was whole, however often that was interrupted', async () => {
    const links = new Links();
    links.interruptions = 25;
    await withWatch(links, async (watch) => {
      await watch.ready;
      expect(links.lists).to.equal(26);
      links.add(2);
      expect(await toldUntil(watch, ({ action }) => action === 'added')).to.deep.equal(['existing l1', 'added l2']);
    });
  });

  it('ends when it is closed while its first list is interrupted without an end', async () => {
    const links = new Links();
    links.interruptions = Infinity;
    await withWatch(links, async (watch) => {
      while (links.lists < 12) await new Promise((resolve) => setImmediate(resolve));
      const ready = watch.ready.then(
        () => 'ready',
        (error: unknown) => (error as { code: string }).code,
      );
      await watch.close();
      expect(await ready).to.equal('NETLANE_CLOSED');
    });
  });
});
