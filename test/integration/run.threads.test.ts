import { readdirSync } from 'node:fs';
import { MessagePort } from 'node:worker_threads';
import { expect } from 'chai';
import { Namespace } from '../../lib/namespace.js';
import { rejectionOf } from '../support/error-of.js';
import { needsRoot } from '../support/skip.js';
import { until } from './support/route.js';
import { threadsIn } from './support/tasks.js';

describe('The threads of tasks', function () {
  this.timeout(60_000);
  const threadId = (): number => process.getBuiltinModule('node:worker_threads').threadId;

  before(function () {
    needsRoot(this);
  });

  it('are as many as was said, and are used again', async () => {
    const namespace = await Namespace.create({ taskThreads: 2, taskIdle: 60_000 });
    try {
      const ids = await Promise.all(Array.from({ length: 20 }, () => namespace.run(threadId)));
      expect(new Set(ids).size).to.be.within(1, 2);
      const more: number[] = [];
      for (let count = 0; count < 10; count++) more.push(await namespace.run(threadId));
      expect([...new Set(more)].every((id) => ids.includes(id))).to.equal(true);
      expect(threadsIn(namespace).every(({ owner }) => owner === `a task thread of ${String(namespace)}`)).to.equal(true);
    } finally {
      await namespace.close();
    }
    await until('they have ended', () => threadsIn(namespace).length === 0);
  });

  it('are sent one message for a call, and send one back', async () => {
    const namespace = await Namespace.create({ taskThreads: 1 });
    const postMessage = Reflect.get(MessagePort.prototype, 'postMessage') as (...parameters: unknown[]) => void;
    try {
      // What Piscina says of a start has been said.
      await namespace.run(() => 0);
      const received = await namespace.run(() => {
        const { MessagePort: Port } = process.getBuiltinModule('node:worker_threads');
        const original = Reflect.get(Port.prototype, 'postMessage') as () => void;
        const counted = { messages: 0 };
        Reflect.set(globalThis, 'counted', counted);
        Reflect.set(Port.prototype, 'postMessage', function (this: unknown, ...parameters: []) {
          counted.messages += 1;
          Reflect.apply(original, this, parameters);
        });
        return 0;
      });
      expect(received).to.equal(0);
      let sent = 0;
      MessagePort.prototype.postMessage = function (this: MessagePort, ...parameters: unknown[]) {
        sent += 1;
        Reflect.apply(postMessage, this, parameters);
      };
      for (let count = 1; count <= 50; count++) expect(await namespace.run((given: number) => given, { args: [count] })).to.equal(count);
      expect(sent).to.equal(50);
      const counted = await namespace.run(() => (Reflect.get(globalThis, 'counted') as { messages: number }).messages);
      // The one that patched it has answered as well, and the last has not yet.
      expect(counted).to.equal(51);
    } finally {
      MessagePort.prototype.postMessage = postMessage;
      await namespace.close();
    }
  });

  it('are used again also where a task has put its own in the place of timers', async () => {
    const namespace = await Namespace.create({ taskThreads: 1 });
    try {
      const replaced = await namespace.run(() => {
        for (const name of ['setImmediate', 'setTimeout', 'queueMicrotask']) Reflect.set(globalThis, name, () => undefined);
        return 'replaced';
      });
      expect(replaced).to.equal('replaced');
      expect(await namespace.run(() => 'later')).to.equal('later');
    } finally {
      await namespace.close();
    }
  });

  it('get the arguments as they were when the call was made, also when it had to wait', async () => {
    const namespace = await Namespace.create({ taskThreads: 1 });
    try {
      const list = [1];
      const moved = new ArrayBuffer(8);
      const first = namespace.run((given: number[]) => given, { args: [list] });
      const waiting = namespace.run((given: number[], bytes: ArrayBuffer) => [given.length, bytes.byteLength], {
        args: [list, moved],
        transfer: [moved],
      });
      expect(moved.byteLength).to.equal(0);
      list.push(2);
      expect(await first).to.deep.equal([1]);
      expect(await waiting).to.deep.equal([1, 8]);
      expect(await rejectionOf(namespace.run((given: unknown) => given, { args: [() => 1] }))).to.include({
        code: 'NETLANE_NOT_CLONEABLE',
      });
      const busy = namespace.run(() => 'busy');
      const refused = rejectionOf(namespace.run((given: unknown) => given, { args: [() => 1] }));
      expect(await refused).to.include({ code: 'NETLANE_NOT_CLONEABLE' });
      expect(await busy).to.equal('busy');
      expect(await namespace.run(() => 'later')).to.equal('later');
    } finally {
      await namespace.close();
    }
  });

  it('that are all taken are told as that to a call that was out of time before it had one', async () => {
    const own = await Namespace.create({ taskThreads: 1 });
    try {
      const iterator = await own.run(function* () {
        yield 1;
        yield 2;
      });
      await iterator.next();
      const called = new Int32Array(new SharedArrayBuffer(4));
      const mark = (cells: Int32Array<SharedArrayBuffer>): number => (cells[0] = 1);
      const error = (await rejectionOf(own.run(mark, { args: [called], timeout: 50 }))) as Error & { readonly hint?: string };
      expect(error).to.have.property('code', 'NETLANE_TIMEOUT');
      expect(error.message).to.include('no thread was free').and.not.to.include('its thread was ended');
      expect(error.message).to.include('taskThreads');
      expect(await iterator.next()).to.deep.equal({ done: false, value: 2 });
      await iterator.return();
      expect(await own.run(() => 1)).to.equal(1);
      expect(called[0]).to.equal(0);
    } finally {
      await own.close();
    }
  });

  it('are not confused by steps that were asked for behind the last one', async () => {
    const namespace = await Namespace.create({ taskThreads: 1 });
    try {
      for (let round = 0; round < 10; round++) {
        const iterator = await namespace.run(function* () {
          yield 1;
          return 2;
        });
        const steps = await Promise.all([iterator.next(), iterator.next(), iterator.next(), iterator.next()]);
        expect(steps.map(({ done, value }) => [done, value])).to.deep.equal([
          [false, 1],
          [true, 2],
          [true, undefined],
          [true, undefined],
        ]);
        expect(await namespace.run((given: number) => given, { args: [round] })).to.equal(round);
      }
    } finally {
      await namespace.close();
    }
  });

  it('end when they are idle, and start again', async () => {
    const namespace = await Namespace.create({ taskIdle: 1 });
    try {
      const first = await namespace.run(threadId);
      await until('it has ended', () => threadsIn(namespace).length === 0);
      expect(await namespace.run(threadId)).not.to.equal(first);
    } finally {
      await namespace.close();
    }
  });

  it('with limits of their own are for one call', async () => {
    const namespace = await Namespace.create({ taskIdle: 60_000 });
    try {
      const shared = await namespace.run(threadId);
      const limited = await namespace.run(
        () => {
          const { threadId: id, resourceLimits } = process.getBuiltinModule('node:worker_threads');
          return { id, limit: resourceLimits.maxOldGenerationSizeMb };
        },
        { resourceLimits: { maxOldGenerationSizeMb: 40 } },
      );
      expect(limited.limit).to.equal(40);
      expect(limited.id).not.to.equal(shared);
      await until('its thread has ended', () => threadsIn(namespace).length === 1);
      expect(await namespace.run(threadId)).to.equal(shared);
    } finally {
      await namespace.close();
    }
  });

  it('that a task left something running on are not used again', async () => {
    const namespace = await Namespace.create({ taskIdle: 60_000 });
    try {
      const first = await namespace.run(() => {
        setInterval(() => undefined, 1000);
        return process.getBuiltinModule('node:worker_threads').threadId;
      });
      expect(await namespace.run(threadId)).not.to.equal(first);
      await until('the first has ended', () => threadsIn(namespace).length === 1);
    } finally {
      await namespace.close();
    }
  });

  it('leave no descriptor open that a task left open', async () => {
    const namespace = await Namespace.create({ taskIdle: 1 });
    try {
      await namespace.run(() => 1);
      await until('it has ended', () => threadsIn(namespace).length === 0);
      const before = readdirSync('/proc/self/fd').length;
      await namespace.run(() => process.getBuiltinModule('node:fs').openSync('/dev/null', 'r'));
      await until('the fd is closed', () => readdirSync('/proc/self/fd').length <= before);
    } finally {
      await namespace.close();
    }
  });

  it('take their options checked', async () => {
    for (const options of [{ taskThreads: 0 }, { taskThreads: 1.5 }, { taskThreads: 1001 }, { taskIdle: -1 }, { taskIdle: 'x' as never }]) {
      expect(await rejectionOf(Namespace.create(options))).to.have.property('code', 'NETLANE_INVALID_ARGUMENT');
      expect(await rejectionOf(Namespace.open({ pid: process.pid }, options))).to.have.property('code', 'NETLANE_INVALID_ARGUMENT');
    }
  });
});
