import { expect } from 'chai';
import { channel } from 'node:diagnostics_channel';
import { readdirSync } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import type { NetlaneError } from '../../lib/errors.js';
import type { Namespace } from '../../lib/namespace.js';
import type { NetlinkSocket } from '../../lib/netlink/socket.js';
import { rejectionOf } from '../support/error-of.js';
import { resultOfProgram } from '../support/namespaces.js';
import { needsNobody } from '../support/skip.js';
import { openFds, Scratch } from './support/namespaces.js';
import { take, takeUntil } from './support/reading.js';
import { allLinks, getLink, linkOf, newBridge, RTM_DELLINK, RTM_NEWLINK, RTNLGRP_LINK, setUp, until, deleteLink } from './support/route.js';

/** Never answered, so that they are pending whenever the lane ends. */
const unanswered = { ...setUp(1, true), acknowledge: false };
const unansweredDump = { type: 1, flags: 0x300 };

describe('The loss of a lane', function () {
  this.timeout(60_000);
  const scratch = new Scratch();
  /** Workers that were started since the last test. */
  let workers: Worker[] = [];
  const onWorker = (worker: Worker): void => void workers.push(worker);
  let namespace: Namespace;

  before(() => {
    process.on('worker', onWorker);
  });
  beforeEach(async () => {
    workers = [];
    namespace = await scratch.namespace();
  });
  afterEach(() => scratch.close());
  after(() => {
    process.off('worker', onWorker);
  });

  const kill = async (): Promise<void> => {
    const worker = workers.at(-1);
    if (worker === undefined) throw new Error('no lane was started');
    await worker.terminate();
  };

  const ways: Readonly<Record<string, () => Promise<void>>> = {
    'it is terminated': kill,
    'it crashes': async () => {
      const worker = workers.at(-1);
      const ended = new Promise((resolve) => worker?.once('exit', resolve));
      // Nothing that Piscina's worker understands: it throws there.
      worker?.postMessage(null);
      await ended;
    },
  };
  for (const [how, end] of Object.entries(ways)) {
    it(`rejects all that is pending, once, when ${how}`, async () => {
      const socket = await scratch.socket(namespace, 'route', { groups: [RTNLGRP_LINK] });
      const plain = await scratch.socket(namespace);
      const rejections: unknown[] = [];
      const note = (promise: Promise<unknown>): Promise<void> =>
        promise.then(
          () => void rejections.push(undefined),
          (error: unknown) => void rejections.push(error),
        );
      const stream = socket.stream(unansweredDump);
      const pending = [
        ...Array.from({ length: 20 }, () => note(plain.request(unanswered))),
        ...Array.from({ length: 20 }, () => note(socket.request(unanswered))),
        ...Array.from({ length: 12 }, () => note(plain.request(unansweredDump))),
        note(stream.next()),
        note(socket.messages().next()),
        note(plain.messages().next()),
      ];
      await new Promise((resolve) => setTimeout(resolve, 10));
      // These are on their way to the lane, or have not left.
      pending.push(...Array.from({ length: 500 }, () => note(plain.request(unanswered))));
      await end();
      await Promise.all(pending);
      expect(rejections).to.have.length(pending.length);
      for (const error of rejections) {
        expect(error).to.include({ name: 'NetlaneError', code: 'NETLANE_LANE_LOST', namespace: String(namespace) });
        expect((error as NetlaneError).cause).to.be.instanceOf(Error);
      }
      // On a new lane.
      expect((await plain.request(getLink(1))).messages).to.have.length(1);
      expect((await socket.request(getLink(1))).messages).to.have.length(1);
      expect((await plain.request(allLinks)).messages).to.have.length(1);
      expect(workers).to.have.length(2);
    });
  }

  it('is told to the reader of a subscription, which hears again when it is opened anew, with all that was set', async () => {
    const socket = await scratch.socket(namespace, 'route', { groups: [RTNLGRP_LINK], port: 4711 });
    await socket.join(5);
    await socket.leave(RTNLGRP_LINK);
    await socket.join(RTNLGRP_LINK);
    await socket.setOption('receiveBuffer', 300_000);
    await socket.setFilter([
      { code: 0x28, jt: 0, jf: 0, k: 4 },
      { code: 0x15, jt: 0, jf: 1, k: RTM_DELLINK << 8 },
      { code: 0x06, jt: 0, jf: 0, k: 0xffffffff },
      { code: 0x06, jt: 0, jf: 0, k: 0 },
    ]);
    const other = await scratch.socket(namespace, 'route', { thread: 'caller' });
    const change = (name: string): void => {
      other.requestSync(newBridge(name, 30));
      other.requestSync(deleteLink(30));
    };
    change('before');
    const reading = socket.messages();
    expect(linkOf((await reading.next()).value ?? (await take(socket, 1))[0] ?? ({ body: new Uint8Array() } as never)).name).to.equal(
      'before',
    );
    const next = rejectionOf(reading.next());
    await kill();
    expect(await next).to.include({ code: 'NETLANE_LANE_LOST' });
    change('missed');
    const again = socket.messages().next();
    await until('it is open again', async () => (await socket.memberships()).length === 2);
    change('after');
    const { value } = await again;
    expect(value).to.include({ type: RTM_DELLINK, group: RTNLGRP_LINK });
    expect(linkOf(value as never).name).to.equal('after');
    expect(socket.port).to.equal(4711);
    expect(await socket.memberships()).to.deep.equal([RTNLGRP_LINK, 5]);
    expect(await socket.getOption('receiveBuffer')).to.equal(600_000);
  });

  it('keeps what was heard before, and marks the gap for a reader who comes later', async () => {
    const socket = await scratch.socket(namespace, 'route', { groups: [RTNLGRP_LINK] });
    const other = await scratch.socket(namespace, 'route', { thread: 'caller' });
    other.requestSync(newBridge('b', 10));
    other.requestSync(setUp(10, true));
    await until('both are heard', () => socket.waiting >= 2);
    await kill();
    other.requestSync(setUp(10, false));
    const reading = takeUntil(socket, ({ type }) => type === 4);
    expect((await reading).map(({ type }) => type).filter((type) => type !== RTM_NEWLINK)).to.deep.equal([4]);
    other.requestSync(setUp(10, true));
    expect((await take(socket, 1)).map(({ type }) => type)).to.deep.equal([RTM_NEWLINK]);
  });

  it('is told on the diagnostics channel, with the start of the next', async () => {
    const told: unknown[] = [];
    const listener = (message: unknown): void => void told.push((message as { state: unknown }).state);
    channel('netlane:lane').subscribe(listener);
    try {
      const socket = await scratch.socket(namespace);
      await kill();
      await socket.request(getLink(1));
      await namespace.close();
      expect(told).to.deep.equal(['started', 'lost', 'started', 'ended']);
    } finally {
      channel('netlane:lane').unsubscribe(listener);
    }
  });

  it('in its first moments rejects who opens it, and the next one gets a new one', async () => {
    const murder = (worker: Worker): void => void worker.terminate();
    process.on('worker', murder);
    try {
      for (let count = 0; count < 3; count++) {
        const error = await rejectionOf(namespace.netlink('route'));
        expect(error).to.include({ code: 'NETLANE_LANE_LOST', namespace: String(namespace) });
      }
    } finally {
      process.off('worker', murder);
    }
    expect(workers).to.have.length(3);
    expect((await (await scratch.socket(namespace)).request(getLink(1))).messages).to.have.length(1);
    expect(workers).to.have.length(4);
  });

  it('rejects a socket that is just being opened', async () => {
    await scratch.socket(namespace);
    // Those before may have been opened already, by a thread that was quicker than this one; those after never.
    const before = Array.from({ length: 10 }, () => scratch.socket(namespace));
    const killed = kill();
    const after = Array.from({ length: 10 }, () => rejectionOf(namespace.netlink('route')));
    await killed;
    for (const error of await Promise.all(after)) expect(error).to.include({ code: 'NETLANE_LANE_LOST' });
    for (const outcome of await Promise.allSettled(before)) {
      if (outcome.status === 'rejected') expect(outcome.reason).to.include({ code: 'NETLANE_LANE_LOST' });
      else expect((await outcome.value.request(getLink(1))).messages).to.have.length(1);
    }
  });

  it('does not keep close() waiting', async () => {
    const socket = await scratch.socket(namespace, 'route', { groups: [RTNLGRP_LINK] });
    const pending = rejectionOf(socket.request(unanswered));
    const killed = kill();
    await namespace.close();
    expect(await pending)
      .to.have.property('code')
      .that.is.oneOf(['NETLANE_CLOSED', 'NETLANE_LANE_LOST']);
    await killed;
    await socket.close();
  });

  it('of a shared one hits all its namespaces, and all go on', async () => {
    const others = await Promise.all(Array.from({ length: 6 }, () => scratch.namespace('shared lane')));
    const sockets = await Promise.all(others.map((other) => scratch.socket(other)));
    const pending = sockets.map((socket) => rejectionOf(socket.request(unanswered)));
    await new Promise((resolve) => setTimeout(resolve, 10));
    await Promise.all(workers.map((worker) => worker.terminate()));
    for (const [at, error] of (await Promise.all(pending)).entries()) {
      expect(error).to.include({ code: 'NETLANE_LANE_LOST', namespace: String(others[at]) });
      expect(error.message).to.include(`the lane of ${String(others[at])} was lost`);
    }
    for (const socket of sockets) expect((await socket.request(getLink(1))).messages).to.have.length(1);
  });

  it('leaves no fds and no threads, again and again in the middle of traffic', async () => {
    const sockets = await Promise.all(Array.from({ length: 3 }, () => scratch.socket(namespace, 'route', { groups: [RTNLGRP_LINK] })));
    const traffic = async (socket: NetlinkSocket, until: { over: boolean }): Promise<void> => {
      while (!until.over) {
        try {
          await Promise.all([socket.request(getLink(1)), socket.request(allLinks), socket.request(setUp(1, true))]);
        } catch (error) {
          expect(error).to.include({ code: 'NETLANE_LANE_LOST' });
          return;
        }
      }
    };
    const round = async (): Promise<void> => {
      const state = { over: false };
      const running = sockets.map((socket) => traffic(socket, state));
      await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 10));
      await kill();
      state.over = true;
      await Promise.all(running);
    };
    await round();
    const rest = async (): Promise<{ fds: number; threads: number }> => {
      await Promise.all(sockets.map((socket) => socket.request(getLink(1))));
      await new Promise((resolve) => setTimeout(resolve, 50));
      return { fds: openFds(), threads: readdirSync('/proc/self/task').length };
    };
    const before = await rest();
    for (let count = 0; count < 15; count++) await round();
    await until('fds and threads are as before', async () => {
      const { fds, threads } = await rest();
      return fds <= before.fds && threads <= before.threads;
    });
    expect(workers).to.have.length(17);
  });
});

describe('A lane that cannot start', function () {
  this.timeout(60_000);

  it('for want of fds says so, and starts when there are some', () => {
    const program = `
      import { closeSync, openSync } from 'node:fs';
      const namespace = await Namespace.create({ loopback: true, laneIdle: 0 });
      void namespace.cookie;
      // What is loaded when it is first used has been.
      await (await namespace.netlink('route', { thread: 'caller' })).close();
      const body = new Uint8Array(16);
      new DataView(body.buffer).setInt32(4, 1, true);
      const works = async () => {
        const socket = await namespace.netlink('route');
        const { messages } = await socket.request({ type: 18, body });
        await socket.close();
        return messages.length === 1;
      };
      const codes = new Set();
      let failures = 0;
      let successes = 0;
      for (let spare = 0; spare < 40 && successes < 3; spare++) {
        const fillers = [];
        try { for (;;) fillers.push(openSync('/dev/null')); } catch (error) { if (error.code !== 'EMFILE') throw error; }
        for (let count = 0; count < spare; count++) closeSync(fillers.pop());
        try { if (await works()) successes++; } catch (error) { failures++; codes.add(error.message.includes('ulimit -n') ? 'EMFILE' : error.code); if (typeof error.message !== 'string' || !error.message.includes('Namespace(')) throw error; }
        for (const fd of fillers) closeSync(fd);
        if (!(await works())) throw new Error('it does not work afterwards');
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await namespace.close();
      console.log(JSON.stringify({ failed: failures > 0, succeeded: successes > 0, codes: [...codes] }));`;
    const result = resultOfProgram(program, ['prlimit', '--nofile=256:256', '--']) as {
      failed: boolean;
      succeeded: boolean;
      codes: string[];
    };
    expect(result).to.include({ failed: true, succeeded: true });
    // Node 24's loader of modules has a code of its own for it; the words are the same.
    expect(result.codes).to.include('EMFILE');
    for (const code of result.codes) expect(code).to.be.oneOf(['EMFILE', 'NETLANE_LANE_LOST']);
  });

  it('for want of privileges says so, and starts when they are back', function () {
    needsNobody(this);
    const program = `
      const namespace = await Namespace.create({ loopback: true });
      void namespace.cookie;
      process.seteuid(65534);
      const errors = [];
      for (let count = 0; count < 3; count++) await namespace.netlink('route').catch((error) => errors.push({ code: error.code, syscall: error.syscall, message: error.message }));
      process.seteuid(0);
      const socket = await namespace.netlink('route');
      const body = new Uint8Array(16);
      new DataView(body.buffer).setInt32(4, 1, true);
      const { messages } = await socket.request({ type: 18, body });
      await namespace.close();
      console.log(JSON.stringify({ errors, messages: messages.length }));`;
    const { errors, messages } = resultOfProgram(program) as {
      errors: { code: string; syscall: string; message: string }[];
      messages: number;
    };
    expect(messages).to.equal(1);
    expect(errors).to.have.length(3);
    for (const error of errors) {
      expect(error).to.include({ code: 'EPERM', syscall: 'setns' });
      expect(error.message).to.include('CAP_SYS_ADMIN').and.to.include('Namespace(').and.to.include('open a route socket');
    }
  });
});
