import { expect } from 'chai';
import type { RouteClient } from '../../lib/netlink/route.js';
import { WatchAll } from '../../lib/namespace/watch-all.js';
import { FakeKernel, multi, openSocket } from '../../lib/testing.js';
import { openRoute } from '../support/fake-route.js';
import { rejectionOf } from '../support/error-of.js';
import { settle } from '../support/fake-socket.js';

/** A kernel in which nothing is and nothing happens, and a client of it; afterwards nothing may be open. */
async function withRoute(use: (route: RouteClient, kernel: FakeKernel) => Promise<void>): Promise<void> {
  const kernel = new FakeKernel((request) => multi(request, []));
  const route = await openRoute(kernel);
  try {
    await use(route, kernel);
  } finally {
    await route.close();
    await kernel.settled();
  }
  kernel.verify();
}

const subscriptions = (kernel: FakeKernel): number => kernel.openTransports.filter(({ options }) => options.groups.length > 0).length;

describe('a watch that nothing is told to', () => {
  for (const existing of [false, true]) {
    it(`is closed by its signal where nobody reads it, ${existing ? 'with' : 'without'} a state, and says so to who comes later`, async () => {
      await withRoute(async (route, kernel) => {
        const controller = new AbortController();
        const watch = route.watch(['link'], { existing, signal: controller.signal });
        await watch.ready;
        expect(subscriptions(kernel)).to.equal(1);
        controller.abort('enough');
        await settle(kernel);
        expect(subscriptions(kernel)).to.equal(0);
        expect(await rejectionOf(watch[Symbol.asyncIterator]().next())).to.include({ code: 'ABORT_ERR', cause: 'enough' });
      });
    });
  }

  it('is refused by a client that is closed, and opens nothing', async () => {
    await withRoute(async (route, kernel) => {
      await route.close();
      for (const existing of [false, true]) {
        const watch = route.watch(['link'], { existing });
        expect(await rejectionOf(watch.ready)).to.include({ code: 'NETLANE_CLOSED' });
        expect(await rejectionOf(watch[Symbol.asyncIterator]().next())).to.include({ code: 'NETLANE_CLOSED' });
      }
      expect(subscriptions(kernel)).to.equal(0);
    });
  });

  it('of several namespaces is closed by its signal where nobody reads it', async () => {
    const kernel = new FakeKernel((request) => multi(request, []));
    const controller = new AbortController();
    const watch = new WatchAll([() => openRoute(kernel), () => openRoute(kernel)], ['link'], { signal: controller.signal });
    await watch.ready;
    controller.abort('enough');
    await settle(kernel);
    expect(kernel.openTransports).to.deep.equal([]);
    expect(await rejectionOf(watch[Symbol.asyncIterator]().next())).to.include({ code: 'ABORT_ERR', cause: 'enough' });
    kernel.verify();
  });

  it('can be left while a reader waits: the wait ends as if there were no more', async () => {
    await withRoute(async (route, kernel) => {
      const watch = route.watch(['link'], { existing: true });
      await watch.ready;
      const events = watch[Symbol.asyncIterator]();
      const waiting = events.next();
      await settle(kernel);
      expect(await events.return(undefined)).to.deep.equal({ done: true, value: undefined });
      expect(await waiting).to.deep.equal({ done: true, value: undefined });
      expect(await events.next()).to.deep.equal({ done: true, value: undefined });
      await settle(kernel);
      expect(subscriptions(kernel)).to.equal(0);
    });
  });

  it('of several namespaces can be left while a reader waits', async () => {
    const kernel = new FakeKernel((request) => multi(request, []));
    const watch = new WatchAll([() => openRoute(kernel), () => openRoute(kernel)], ['link'], {});
    const events = watch[Symbol.asyncIterator]();
    const waiting = events.next();
    await watch.ready;
    await settle(kernel);
    expect(await events.return(undefined)).to.deep.equal({ done: true, value: undefined });
    expect(await waiting).to.deep.equal({ done: true, value: undefined });
    await settle(kernel);
    expect(kernel.openTransports).to.deep.equal([]);
    kernel.verify();
  });

  it('goes on when a second loop, which was refused, is left', async () => {
    await withRoute(async (route, kernel) => {
      const watch = route.watch(['link']);
      await watch.ready;
      const first = watch[Symbol.asyncIterator]();
      const waiting = first.next();
      await settle(kernel);
      const second = watch[Symbol.asyncIterator]();
      expect(await rejectionOf(second.next())).to.include({ code: 'NETLANE_BUSY' });
      await second.return(undefined);
      await settle(kernel);
      expect(subscriptions(kernel)).to.equal(1);
      await watch.close();
      expect(await rejectionOf(waiting)).to.include({ code: 'NETLANE_CLOSED' });
    });
  });
});

describe('the messages of a socket', () => {
  it('can be left while a reader waits, and read again', async () => {
    const kernel = new FakeKernel();
    const socket = await openSocket(kernel, 'route', { groups: [1] });
    const messages = socket.messages();
    const waiting = messages.next();
    await settle(kernel);
    await messages.return(undefined);
    expect(await waiting).to.deep.equal({ done: true, value: undefined });
    const again = socket.messages();
    const next = again.next();
    kernel.event(1, { type: 16 });
    expect((await next).value).to.include({ type: 16 });
    await again.return(undefined);
    await socket.close();
    await kernel.settled();
    kernel.verify();
  });
});
