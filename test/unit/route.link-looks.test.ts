import { expect } from 'chai';
import { decodeFrom, encodeToBytes } from '../../lib/codec/codec.js';
import type { Event, RouteWatch } from '../../lib/netlink/route/watch.js';
import type { RouteClient } from '../../lib/netlink/route.js';
import { link, type LinkInput } from '../../lib/schema/route/link.js';
import { ack, FakeKernel, multi, overrun, refuse, reply, type FakeReplies, type FakeRequest } from '../../lib/testing.js';
import { openRoute } from '../support/fake-route.js';

const [NEWLINK, GETLINK] = [16, 18];
const NLM_F_DUMP = 0x300;
const RTNLGRP_LINK = 1;
const [ENODEV, ENOBUFS] = [19, 105];

interface State {
  readonly index: number;
  readonly name: string;
  readonly up: boolean;
  readonly alias?: string;
}

/** A kernel whose links can be changed; as Linux, it tells what is changed of a link that is up, and of one that is down nothing. */
class Links {
  readonly links = new Map([1, 2].map((index): [number, State] => [index, { index, name: `l${index}`, up: index === 1 }]));
  /** Single links that were asked for, by index or name. */
  readonly asked: (number | string)[] = [];
  /** Answers that are lost on their way. */
  losses = 0;
  lists = 0;
  /** Called in the middle of a list. */
  duringList: () => void = () => undefined;
  readonly kernel = new FakeKernel((request) => (request.type === GETLINK ? this.#get(request) : this.#set(request)));

  #get(request: FakeRequest): FakeReplies {
    if ((request.flags & NLM_F_DUMP) !== 0) {
      this.lists++;
      const all = [...this.links.values()].map((one) => encodeToBytes(link, one as LinkInput));
      this.duringList();
      return multi(request, all);
    }
    const found = this.#find(request);
    const { index = 0, name = '' } = decodeFrom(link, request.body) as { readonly index?: number; readonly name?: string };
    this.asked.push(index === 0 ? name : index);
    if (this.losses-- > 0) return overrun();
    return found === undefined ? refuse(request, ENODEV) : reply(request, encodeToBytes(link, found as LinkInput));
  }

  #find(request: FakeRequest): State | undefined {
    const asked = decodeFrom(link, request.body) as Partial<State>;
    return [...this.links.values()].find(({ index, name }) => (asked.index === 0 ? name === asked.name : index === asked.index));
  }

  #set(request: FakeRequest): FakeReplies {
    const found = this.#find(request);
    if (found === undefined) return refuse(request, ENODEV);
    const { up, alias } = decodeFrom(link, request.body) as Partial<State>;
    const changed = new DataView(request.body.buffer, request.body.byteOffset).getUint32(12, true) !== 0;
    this.put({ ...found, ...(changed && up !== undefined && { up }), ...(alias !== undefined && { alias }) });
    return ack(request);
  }

  put(now: State): void {
    const before = this.links.get(now.index);
    this.links.set(now.index, now);
    if (now.up || before?.up !== false) this.kernel.event(RTNLGRP_LINK, { type: NEWLINK, body: encodeToBytes(link, now as LinkInput) });
  }
}

/** A client and its watch of the links; afterwards nothing may be open. */
async function withWatch(links: Links, use: (route: RouteClient, watch: RouteWatch) => Promise<void>): Promise<void> {
  const { kernel } = links;
  const route = await openRoute(kernel);
  try {
    await use(route, route.watch(['link'], { existing: true }));
  } finally {
    await route.close();
    await kernel.settled();
  }
  kernel.verify();
}

/** What a watch tells, but for what is there from the start, until a link is called that. */
async function toldUntil(watch: RouteWatch, alias: string): Promise<string[]> {
  const told: string[] = [];
  const say = (event: Event): string =>
    'value' in event && event.object === 'link' ? `${event.action} ${event.value.name} ${String(event.value.alias)}` : event.action;
  for await (const event of watch) {
    if (event.action !== 'existing') told.push(say(event));
    if (told.at(-1)?.endsWith(` ${alias}`) === true) break;
  }
  return told;
}

describe('a watch of links that the same thread changes, over a fake kernel', () => {
  it('asks for no link that is up', async () => {
    const links = new Links();
    await withWatch(links, async (route, watch) => {
      await watch.ready;
      for (const alias of ['a', 'b', 'c']) await route.links.set('l1', { alias });
      await route.links.set(1, { alias: 'd' });
      expect(await toldUntil(watch, 'd')).to.deep.equal(['changed l1 a', 'changed l1 b', 'changed l1 c', 'changed l1 d']);
      expect(links.asked).to.deep.equal([]);
    });
  });

  it('asks for one that is down when it was changed, and tells the difference', async () => {
    const links = new Links();
    await withWatch(links, async (route, watch) => {
      await watch.ready;
      await route.links.set('l2', { alias: 'a' });
      await links.kernel.settled();
      await route.links.set(2, { alias: 'b' });
      expect(await toldUntil(watch, 'b')).to.deep.equal(['changed l2 a', 'changed l2 b']);
      expect(links.asked).to.deep.equal(['l2', 2]);
    });
  });

  it('asks for none of which only what the kernel tells in any case is changed', async () => {
    const links = new Links();
    await withWatch(links, async (route, watch) => {
      await watch.ready;
      await route.links.set('l2', { mtu: 1400, master: 0 });
      await route.links.set(2, { up: false });
      await route.links.set(2, { alias: 'a', mtu: 1300 });
      expect(await toldUntil(watch, 'a')).to.deep.equal(['changed l2 a']);
      expect(links.asked).to.deep.equal([2]);
    });
  });

  it('asks once for what is changed at one time', async () => {
    const links = new Links();
    await withWatch(links, async (route, watch) => {
      await watch.ready;
      await route.batch((batch) => {
        for (let count = 0; count < 20; count++) batch.links.set(2, { alias: `a${count}` });
      });
      expect(await toldUntil(watch, 'a19')).to.have.lengthOf.below(20);
      expect(links.asked).to.have.lengthOf.below(20);
    });
  });

  it('asks for one that went down before the change, of which it has not read yet', async () => {
    const links = new Links();
    await withWatch(links, async (route, watch) => {
      await watch.ready;
      await route.links.set('l1', { up: false });
      await route.links.set('l1', { alias: 'a' });
      expect(links.asked).to.deep.equal([]);
      expect(await toldUntil(watch, 'a')).to.deep.equal(['changed l1 undefined', 'changed l1 a']);
    });
  });

  it('asks again by name where another link has it by now', async () => {
    const links = new Links();
    await withWatch(links, async (route, watch) => {
      await watch.ready;
      links.put({ index: 1, name: 'l9', up: true });
      links.links.set(3, { index: 3, name: 'l1', up: false });
      await route.links.set('l1', { alias: 'a' });
      expect(await toldUntil(watch, 'a')).to.deep.equal(['changed l9 undefined', 'added l1 a']);
    });
  });

  it('tells what is changed while it begins', async () => {
    const links = new Links();
    await withWatch(links, async (route, watch) => {
      let change: Promise<void> | undefined;
      links.duringList = (): void =>
        void (change ??= route.links.set({ group: 5 }, { alias: 'x' }).catch(() => route.links.set('l2', { alias: 'a' })));
      await watch.ready;
      expect(await toldUntil(watch, 'a')).to.deep.equal(['changed l2 a']);
      await change;
    });
  });

  it('lists again where the answer is lost', async () => {
    const links = new Links();
    await withWatch(links, async (route, watch) => {
      await watch.ready;
      links.losses = 1;
      await route.links.set('l2', { alias: 'a' });
      expect(await toldUntil(watch, 'a')).to.deep.equal(['overrun', 'changed l2 a']);
      expect(links.lists).to.equal(2);
    });
  });

  it('lists again where it could not ask', async () => {
    const links = new Links();
    await withWatch(links, async (route, watch) => {
      await watch.ready;
      const subscribed = links.kernel.transports.find(({ options }) => options.groups?.includes(RTNLGRP_LINK));
      links.kernel.failSend(ENOBUFS, 1, ({ transport }) => transport === subscribed);
      await route.links.set('l2', { alias: 'a' });
      links.put({ index: 1, name: 'l1', up: true, alias: 'z' });
      expect(await toldUntil(watch, 'a')).to.deep.equal(['changed l1 z', 'changed l2 a']);
    });
  });

  it('passes over one that is not there', async () => {
    const links = new Links();
    await withWatch(links, async (route, watch) => {
      await watch.ready;
      await route.links.set('none', { alias: 'a' }).catch(() => undefined);
      await route.links.set('l2', { alias: 'b' });
      expect(await toldUntil(watch, 'b')).to.deep.equal(['changed l2 b']);
      expect(links.asked).to.deep.equal(['none', 'l2']);
    });
  });

  it('is not needed by who waits for a link: it is looked at when it was changed', async () => {
    const links = new Links();
    await withWatch(links, async (route, watch) => {
      await watch.close();
      let looks = 0;
      const waiting = route.links.waitFor('l2', (one) => ++looks > 0 && one?.alias === 'a');
      while (looks === 0) await new Promise((resolve) => setImmediate(resolve));
      await route.links.set('l2', { alias: 'a' });
      expect(await waiting).to.include({ alias: 'a' });
      expect(looks).to.equal(2);
    });
  });

  it('asks nothing once it is closed', async () => {
    const links = new Links();
    await withWatch(links, async (route, watch) => {
      await watch.ready;
      await watch.close();
      await route.links.set('l2', { alias: 'a' });
      await links.kernel.settled();
      expect(links.asked).to.deep.equal([]);
    });
  });
});
