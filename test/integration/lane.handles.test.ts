import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect } from 'chai';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { NetlinkError } from '../../lib/errors.js';
import { Namespace } from '../../lib/namespace.js';
import { rejectionOf } from '../support/error-of.js';
import { linkOf as nameOfNamespace } from '../support/namespaces.js';
import { Scratch } from './support/namespaces.js';
import { take } from './support/reading.js';
import { getLink, linkOf, newBridge, RTNLGRP_LINK, setUp, until } from './support/route.js';

/** Threads of this process that are in the namespace, but for those on their way out: PF_EXITING in the flags of their stat. */
function threadsIn(namespace: Namespace): number[] {
  return readdirSync('/proc/self/task')
    .map(Number)
    .filter((thread) => {
      try {
        if (readlinkSync(`/proc/self/task/${thread}/ns/net`) !== nameOfNamespace(namespace)) return false;
        const [, rest = ''] = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8').split(/\) (?=[A-Z] )/);
        return (Number(rest.split(' ')[6]) & 4) === 0;
      } catch (error) {
        if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
        throw error;
      }
    });
}

describe('A lane', function () {
  this.timeout(60_000);
  const scratch = new Scratch();

  afterEach(() => scratch.close());

  it('is one thread inside the namespace, however many sockets and handles there are', async () => {
    const first = await scratch.namespace();
    const handles = [first, ...(await Promise.all(Array.from({ length: 4 }, () => Namespace.open({ fd: first.fd }))))];
    for (const handle of handles) scratch.keep(handle);
    expect(threadsIn(first)).to.deep.equal([]);
    const sockets = await Promise.all(handles.flatMap((handle) => [scratch.socket(handle), scratch.socket(handle, 'generic')]));
    expect(sockets).to.have.length(10);
    const [thread, ...others] = threadsIn(first);
    expect(others).to.deep.equal([]);
    expect(thread).to.be.a('number');
    const second = await scratch.namespace();
    await scratch.socket(second);
    expect(threadsIn(second)).to.have.length(1);
    expect(threadsIn(first)).to.deep.equal([thread]);
  });

  it('is started by the first socket that needs it, and by nothing else', async () => {
    const namespace = await scratch.namespace();
    await scratch.socket(namespace, 'route', { thread: 'caller' });
    expect(namespace.cookie > 0n).to.equal(true);
    expect(threadsIn(namespace)).to.deep.equal([]);
    const shared = await scratch.namespace('shared lane');
    await scratch.socket(shared);
    expect(threadsIn(shared)).to.deep.equal([]);
    await Promise.all(Array.from({ length: 20 }, () => scratch.socket(namespace)));
    expect(threadsIn(namespace)).to.have.length(1);
  });

  it('stands in leaks() with its owner', async () => {
    const namespace = await scratch.namespace();
    await scratch.socket(namespace);
    const [thread] = threadsIn(namespace);
    const { threads } = Namespace.leaks();
    expect(threads).to.have.length(1);
    expect(threads[0]).to.include({ tid: thread, id: namespace.id, owner: `the lane of ${String(namespace)}` });
  });

  it('ends when its last socket has been closed for a while, and starts again at the next use', async () => {
    const patient = scratch.keep(await Namespace.create({ loopback: true, laneIdle: 60_000 }));
    const first = await scratch.socket(patient);
    const [still] = threadsIn(patient);
    await first.close();
    // Not at once.
    await scratch.socket(patient);
    expect(threadsIn(patient)).to.deep.equal([still]);
    await patient.close();

    const namespace = scratch.keep(await Namespace.create({ loopback: true, laneIdle: 30 }));
    const socket = await scratch.socket(namespace);
    const [before] = threadsIn(namespace);
    await socket.close();
    await until('the lane has ended', () => threadsIn(namespace).length === 0);
    await until('no thread is left', () => Namespace.leaks().threads.length === 0);
    const again = await scratch.socket(namespace);
    const [after] = threadsIn(namespace);
    expect(after).to.not.equal(before);
    expect((await again.request(getLink(1))).messages).to.have.length(1);
  });

  it('does not end while a socket is open', async () => {
    const namespace = scratch.keep(await Namespace.create({ loopback: true, laneIdle: 1 }));
    const socket = await scratch.socket(namespace);
    const [before] = threadsIn(namespace);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await socket.request(getLink(1))).messages).to.have.length(1);
    expect(threadsIn(namespace)).to.deep.equal([before]);
  });

  it('ends with the last handle of its namespace, and not before', async () => {
    const namespace = scratch.keep(await Namespace.create({ loopback: true, laneIdle: 60_000 }));
    const other = scratch.keep(await Namespace.open({ fd: namespace.fd }, { laneIdle: 60_000 }));
    await scratch.socket(namespace);
    const socket = await scratch.socket(other);
    const [thread] = threadsIn(other);
    await namespace.close();
    expect((await socket.request(getLink(1))).messages).to.have.length(1);
    expect(threadsIn(other)).to.deep.equal([thread]);
    const third = await Namespace.open({ fd: other.fd });
    await other.close();
    await until('the lane has ended', () => threadsIn(third).length === 0);
    await third.close();
  });

  it('rejects what its namespace’s close() finds open, and lets others be', async () => {
    const namespace = await scratch.namespace();
    const other = scratch.keep(await Namespace.open({ fd: namespace.fd }));
    const [mine, theirs] = [await scratch.socket(namespace, 'route', { groups: [RTNLGRP_LINK] }), await scratch.socket(other)];
    const outcomes = [
      rejectionOf(mine.messages().next()),
      rejectionOf(mine.request({ ...setUp(1, true), acknowledge: false })),
      rejectionOf(mine.request({ type: 1, flags: 0x300 })),
    ];
    const pending = theirs.request(getLink(1));
    await namespace.close();
    for (const error of await Promise.all(outcomes)) expect(error).to.include({ code: 'NETLANE_CLOSED' });
    expect((await pending).messages).to.have.length(1);
    expect(mine.closed).to.equal(true);
    expect(await rejectionOf(namespace.netlink('route'))).to.include({ code: 'NETLANE_CLOSED' });
  });

  it('is not starved by a burst: other sockets of it are read as well', async () => {
    const namespace = await scratch.namespace();
    const busy = await scratch.socket(namespace);
    await busy.request(newBridge('b', 10));
    const listener = await scratch.socket(namespace, 'route', { groups: [RTNLGRP_LINK] });
    let rounds = 0;
    let heardAt: number | undefined;
    const heard = take(listener, 1).then(([message]) => {
      heardAt = rounds;
      return message;
    });
    const other = await scratch.socket(namespace, 'route', { thread: 'caller' });
    // One request after the other, so that the lane finds the next one each time it looks.
    for (; rounds < 20_000 && heardAt === undefined; rounds++) {
      await busy.request(getLink(10));
      if (rounds === 200) other.requestSync(setUp(10, true));
    }
    const message = await heard;
    expect(message === undefined ? undefined : linkOf(message).name).to.equal('b');
    expect(heardAt).to.be.lessThan(20_000);
  });

  it('opens sockets for all who ask at once', async () => {
    const namespace = await scratch.namespace();
    const outcomes = await Promise.allSettled([
      ...Array.from({ length: 30 }, () => scratch.socket(namespace)),
      ...Array.from({ length: 30 }, () => namespace.netlink('route', { groups: [5000] })),
    ]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).to.have.length(30);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect((outcome.reason as NetlinkError).code).to.equal('EINVAL');
      else expect((await outcome.value.request(getLink(1))).messages).to.have.length(1);
    }
  });

  it('can be closed while it starts', async () => {
    const namespace = scratch.keep(await Namespace.create({ loopback: true }));
    const opening = rejectionOf(namespace.netlink('route'));
    await namespace.close();
    expect(await opening).to.include({ code: 'NETLANE_CLOSED' });
    await until('no thread is left', () => Namespace.leaks().threads.length === 0);
  });
});

describe('Shared lanes', () => {
  const scratch = new Scratch();

  after(() => scratch.close());

  it('pump the sockets of many namespaces on two threads, each in its own namespace', async () => {
    const count = (): number => readdirSync('/proc/self/task').length;
    const started: string[] = [];
    const note = (message: unknown): void => {
      const { namespace, state } = message as { namespace: string; state: string };
      if (state === 'started') started.push(namespace);
    };
    const warm = await scratch.namespace('shared lane');
    await scratch.socket(warm);
    const before = count();
    subscribe('netlane:lane', note);
    const namespaces = await Promise.all(Array.from({ length: 40 }, () => scratch.namespace('shared lane')));
    const few = await Promise.all(namespaces.map((namespace) => scratch.socket(namespace)));
    // One that runs answers at once: the second is for a crowd.
    expect(started).to.deep.equal([]);
    const more = await Promise.all(Array.from({ length: 40 }, () => scratch.namespace('shared lane')));
    const sockets = [...few, ...(await Promise.all(more.map((namespace) => scratch.socket(namespace))))];
    unsubscribe('netlane:lane', note);
    expect(started).to.have.lengthOf(1);
    await Promise.all(sockets.map((socket, at) => socket.request(newBridge(`only-${at}`, 7))));
    const answers = await Promise.all(
      sockets.map(async (socket) => (await socket.request(getLink(7))).messages.map((message) => linkOf(message).name)),
    );
    expect(answers).to.deep.equal(sockets.map((_, at) => [`only-${at}`]));
    // The second of them, and what V8 and libuv keep with it.
    expect(count() - before).to.be.lessThan(8);
    expect(Namespace.leaks().threads).to.deep.equal([]);
    await sockets[0]?.close();
    expect((await sockets[1]?.request(getLink(7)))?.messages).to.have.length(1);
  });
});
