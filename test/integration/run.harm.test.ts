import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { TaskIterator } from '../../lib/execution/task-stream.js';
import { Namespace } from '../../lib/namespace.js';
import type { RouteClient } from '../../lib/netlink/route.js';
import { rejectionOf } from '../support/error-of.js';
import { withDirectory } from '../support/namespaces.js';
import { needsRoot } from '../support/skip.js';
import { until } from './support/route.js';
import { heldThreads, threadsIn } from './support/tasks.js';

/** Runs with a FIFO that nobody has open; whoever opens it blocks until release() is called. */
async function withFifo<T>(use: (path: string, release: () => void) => Promise<T>): Promise<T> {
  return withDirectory(async (directory) => {
    const path = join(directory, 'fifo');
    execFileSync('mkfifo', [path]);
    // Whoever waits goes on, and then reads the end of the file.
    const release = (): void => closeSync(openSync(path, constants.O_RDWR | constants.O_NONBLOCK));
    try {
      return await use(path, release);
    } finally {
      release();
    }
  });
}

const readFifo = (path: string): string => process.getBuiltinModule('node:fs').readFileSync(path, 'utf8');

describe('A task that does harm', function () {
  this.timeout(60_000);
  let namespace: Namespace;
  let route: RouteClient<Namespace>;
  let bystander: TaskIterator<number>;
  let steps = 0;

  before(async function () {
    needsRoot(this);
    namespace = await Namespace.create({ loopback: true, taskThreads: 3, laneIdle: 50 });
    route = await namespace.route();
    bystander = await namespace.run(function* () {
      for (let step = 1; ; step++) yield step;
    });
  });
  afterEach('leaves the socket, the other task and later tasks unharmed', async () => {
    expect(await bystander.next()).to.deep.equal({ done: false, value: ++steps });
    expect((await route.links.get('lo')).name).to.equal('lo');
    expect(await namespace.run(() => 'later')).to.equal('later');
  });
  after(async () => {
    await bystander?.return();
    await namespace?.close();
  });

  it('calls process.exit()', async () => {
    const error = await rejectionOf(namespace.run(() => process.exit(3)));
    expect(error).to.deep.include({ code: 'NETLANE_TASK_LOST', details: { exitCode: 3 } });
    const later = await rejectionOf(
      namespace.run(() => {
        setImmediate(() => process.exit(0));
        return new Promise<void>(() => undefined);
      }),
    );
    expect(later).to.deep.include({ code: 'NETLANE_TASK_LOST', details: { exitCode: 0 } });
  });

  it('throws where nobody can catch it', async () => {
    const thrown = await rejectionOf(
      namespace.run(() => {
        setImmediate(() => {
          throw Object.assign(new RangeError('out of reach'), { code: 'E_REACH' });
        });
        return new Promise<void>(() => undefined);
      }),
    );
    expect(thrown).to.have.property('code', 'NETLANE_TASK_LOST');
    expect(thrown.cause).to.include({ message: 'out of reach', code: 'E_REACH' });
    const rejected = await rejectionOf(
      namespace.run(() => {
        void Promise.reject(new Error('not waited for'));
        return new Promise<void>(() => undefined);
      }),
    );
    expect(rejected.message).to.include('not waited for');
  });

  it('does so after it has returned', async () => {
    for (let round = 0; round < 3; round++) {
      const left = await namespace.run(
        (exit: boolean) => {
          setImmediate(() => {
            if (exit) process.exit(1);
            throw new Error('too late');
          });
          setTimeout(() => process.exit(1), 20);
          return 'returned';
        },
        { args: [round % 2 === 0] },
      );
      expect(left).to.equal('returned');
      expect(await Promise.all([1, 2, 3].map((value) => namespace.run((given: number) => given, { args: [value] })))).to.deep.equal([
        1, 2, 3,
      ]);
    }
  });

  it('never returns, and is aborted', async () => {
    const aborted = new AbortController();
    const runs = new Int32Array(new SharedArrayBuffer(4));
    const running = namespace.run(
      (cells: Int32Array) => {
        Atomics.store(cells, 0, 1);
        for (;;);
      },
      { args: [runs], signal: aborted.signal },
    );
    await until('it runs', () => Atomics.load(runs, 0) === 1);
    const reason = new Error('enough');
    aborted.abort(reason);
    const error = await rejectionOf(running);
    expect(error).to.have.property('code', 'ABORT_ERR');
    expect(error.cause).to.equal(reason);
    await until('its thread has ended', () => threadsIn(namespace).every(({ owner }) => owner?.includes('ended') === false));
  });

  it('never returns, and is out of time', async () => {
    const error = await rejectionOf(namespace.run(() => new Promise<void>(() => undefined), { timeout: 50 }));
    expect(error).to.have.property('code', 'NETLANE_TIMEOUT');
    expect(error.message).to.include('50 ms').and.to.include(String(namespace));
  });

  it('is not begun where its signal has been aborted', async () => {
    const error = await rejectionOf(namespace.run(() => 1, { signal: AbortSignal.abort('before') }));
    expect(error).to.include({ code: 'ABORT_ERR', cause: 'before' });
  });

  it('uses up its memory', async () => {
    const error = await rejectionOf(
      namespace.run(
        () => {
          const all: unknown[] = [];
          for (;;) all.push(Array.from({ length: 1000 }, (_, index) => ({ index })));
        },
        { resourceLimits: { maxOldGenerationSizeMb: 24 } },
      ),
    );
    expect(error).to.have.property('code', 'NETLANE_OUT_OF_MEMORY');
  });

  it('blocks in a system call: abort rejects at once, and the thread is accounted for until the call returns', async () => {
    await withFifo(async (path, release) => {
      const aborted = new AbortController();
      const running = [
        namespace.run(readFifo, { args: [path], signal: aborted.signal }),
        namespace.run(readFifo, { args: [path], signal: aborted.signal }),
      ].map(rejectionOf);
      await until('both are held', () => heldThreads(namespace) === 2);
      aborted.abort();
      for (const error of await Promise.all(running)) expect(error).to.have.property('code', 'ABORT_ERR');
      const owner = `a task of ${String(namespace)} that was ended (aborted): its thread ends when its system call returns`;
      expect(threadsIn(namespace).filter((thread) => thread.owner === owner)).to.have.length(2);
      expect(await namespace.run(() => 'meanwhile')).to.equal('meanwhile');
      release();
      await until('the threads have ended', () => threadsIn(namespace).every(({ owner }) => owner?.includes('ended') === false));
    });
  });
});

describe('close() of a namespace with tasks', function () {
  this.timeout(60_000);
  before(function () {
    needsRoot(this);
  });

  it('rejects those that run, wait or stream with NETLANE_CLOSED, and their threads end', async () => {
    const namespace = await Namespace.create({ taskThreads: 2 });
    const stream = await namespace.run(async function* () {
      yield 1;
      await new Promise(() => undefined);
    });
    await stream.next();
    const all = [
      stream.next(),
      namespace.run(() => new Promise<void>(() => undefined)),
      namespace.run(() => 'waits for a thread'),
      namespace.run(() => new Promise<void>(() => undefined), { resourceLimits: { maxOldGenerationSizeMb: 32 } }),
    ];
    const outcomes = Promise.all(all.map((each) => rejectionOf(each)));
    await namespace.close();
    for (const error of await outcomes) {
      expect(error).to.have.property('code', 'NETLANE_CLOSED');
      expect(error.message).to.include(String(namespace));
    }
    expect(await rejectionOf(namespace.run(() => 1))).to.have.property('code', 'NETLANE_CLOSED');
    await until('the threads have ended', () => threadsIn(namespace).length === 0);
  });

  it('does not wait for a task in a system call, and gives the fd back', async () => {
    await withFifo(async (path, release) => {
      const namespace = await Namespace.create();
      const blocked = rejectionOf(namespace.run(readFifo, { args: [path] }));
      await until('it is held', () => heldThreads(namespace) === 1);
      await namespace.close();
      expect(await blocked).to.have.property('code', 'NETLANE_CLOSED');
      expect(Namespace.leaks().fds.filter(({ id }) => id === namespace.id)).to.deep.equal([]);
      release();
      await until('the thread has ended', () => threadsIn(namespace).length === 0);
    });
  });
});
