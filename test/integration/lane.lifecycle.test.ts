import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import type { NetlaneError } from '../../lib/errors.js';
import { Namespace } from '../../lib/namespace.js';
import { rejectionOf } from '../support/error-of.js';
import { resultOfProgram, withNamespace } from '../support/namespaces.js';
import { needsRoot } from '../support/skip.js';
import { limit } from '../support/time.js';

const RTNLGRP_LINK = 1;
/** RTM_GETLINK of the link with index 1. */
const getLoopback = { type: 18, body: Uint8Array.from([0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]) };

/** Threads of this process that are in the namespace. */
function threadsIn(namespace: Namespace): number[] {
  return Namespace.leaks()
    .threads.filter(({ id }) => id === namespace.id)
    .map(({ tid }) => tid);
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + limit(5000);
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not within time: ${what}`);
    await sleep(5);
  }
}

/** What the action gives, and the workers that were started meanwhile. */
async function workersOf<T>(action: () => Promise<T>): Promise<{ events: T; workers: Worker[] }> {
  const workers: Worker[] = [];
  const note = (worker: Worker): void => void workers.push(worker);
  process.on('worker', note);
  try {
    return { events: await action(), workers };
  } finally {
    process.off('worker', note);
  }
}

describe('A lane', function () {
  before(function () {
    needsRoot(this);
  });

  it('starts with the first socket that needs it, and serves every handle of its namespace', () =>
    withNamespace(async (namespace) => {
      const caller = await namespace.netlink('route', { thread: 'caller' });
      expect(caller.requestSync(getLoopback).messages).to.have.length(1);
      expect(threadsIn(namespace)).to.deep.equal([]);
      await namespace.netlink('route');
      const [lane, ...others] = threadsIn(namespace);
      expect(lane).to.be.a('number');
      expect(others).to.deep.equal([]);
      const again = await Namespace.open({ fd: namespace.fd });
      try {
        await Promise.all([again.netlink('route'), again.netlink('generic'), namespace.netlink('netfilter')]);
        expect(threadsIn(namespace)).to.deep.equal([lane]);
      } finally {
        await again.close();
      }
    }));

  it('ends when it has had no sockets for its idle time, and starts again at the next use', async () => {
    const namespace = await Namespace.create({ laneIdle: 20 });
    try {
      const socket = await namespace.netlink('route');
      const [first] = threadsIn(namespace);
      // In use it stays, however long nothing happens.
      await sleep(100);
      expect(threadsIn(namespace)).to.deep.equal([first]);
      await socket.close();
      await until(() => threadsIn(namespace).length === 0, 'the lane has ended');
      const next = await namespace.netlink('route');
      expect((await next.request(getLoopback)).messages).to.have.length(1);
      expect(threadsIn(namespace)).to.have.length(1);
    } finally {
      await namespace.close();
    }
  });

  it('ends with the last handle of its namespace', async () => {
    const namespace = await Namespace.create();
    const again = await Namespace.open({ fd: namespace.fd });
    const { id } = namespace;
    await again.netlink('route');
    const inside = (): number => Namespace.leaks().threads.filter((thread) => thread.id === id).length;
    await namespace.close();
    expect(inside()).to.equal(1);
    await again.close();
    await until(() => inside() === 0, 'the lane has ended');
  });

  it('that dies rejects what waits with NETLANE_LANE_LOST, and the next use starts another', () =>
    withNamespace(async (namespace) => {
      const told: unknown[] = [];
      const listen = (message: unknown): void => void told.push(message);
      subscribe('netlane:lane', listen);
      try {
        const { events, workers } = await workersOf(() => namespace.netlink('route', { groups: [RTNLGRP_LINK] }));
        const [before] = threadsIn(namespace);
        const waiting = rejectionOf(events.messages().next());
        expect(workers).to.have.length(1);
        await workers[0]?.terminate();
        expect((await waiting) as NetlaneError).to.include({ code: 'NETLANE_LANE_LOST', namespace: String(namespace) });
        expect((await events.request(getLoopback)).messages).to.have.length(1);
        const [now] = threadsIn(namespace);
        expect(now).to.be.a('number').and.not.to.equal(before);
        expect(told.map((message) => (message as { state: string }).state)).to.deep.equal(['started', 'lost', 'started']);
      } finally {
        unsubscribe('netlane:lane', listen);
      }
    }));

  it('does not keep the process alive while nobody waits for anything', () => {
    expect(
      resultOfProgram(`const n = await Namespace.create(); await n.netlink('route', { groups: [1] }); await n.route(); console.log('1');`),
    ).to.equal(1);
  });

  it('keeps the process alive while somebody waits for a message', () => {
    const program = `
      const n = await Namespace.create();
      const events = await n.netlink('route', { groups: [1] });
      const route = await n.route();
      setTimeout(() => route.links.set('lo', { up: true }), 200).unref();
      for await (const message of events.messages()) { console.log(String(message.type)); break; }
      await n.close();`;
    expect(resultOfProgram(program)).to.equal(16);
  });

  it('does not hold up close(): sockets and requests end in the call', () =>
    withNamespace(async (namespace) => {
      const socket = await namespace.netlink('route', { groups: [RTNLGRP_LINK] });
      const waiting = rejectionOf(socket.messages().next());
      const request = rejectionOf(socket.request(getLoopback));
      const closing = namespace.close();
      expect((await Promise.all([waiting, request])).map((error) => (error as NetlaneError).code)).to.deep.equal([
        'NETLANE_CLOSED',
        'NETLANE_CLOSED',
      ]);
      await closing;
    }));
});
