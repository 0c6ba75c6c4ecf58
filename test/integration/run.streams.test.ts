import { expect } from 'chai';
import { Namespace } from '../../lib/namespace.js';
import type { transfer } from '../../lib/execution/transfer.js';
import { rejectionOf } from '../support/error-of.js';
import { needsRoot } from '../support/skip.js';
import { until } from './support/route.js';

async function listOf<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

describe('An iterator that a task gives', function () {
  this.timeout(60_000);
  let namespace: Namespace;
  const cells = new Int32Array(new SharedArrayBuffer(16));

  before(async function () {
    needsRoot(this);
    namespace = await Namespace.create({ taskIdle: 60_000 });
  });
  beforeEach(() => {
    cells.fill(0);
  });
  after(() => namespace?.close());

  it('that is none is a TypeError, as the language has it', async () => {
    const broken = [
      () => ({ [Symbol.asyncIterator]: () => 5 }),
      () => ({ [Symbol.asyncIterator]: () => ({}) }),
      () => ({ [Symbol.asyncIterator]: () => ({ next: () => 5 }) }),
      () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve(null) }) }),
    ];
    for (const make of broken) {
      const error = await rejectionOf(
        (async () => {
          const given = (await namespace.run(make as () => AsyncGenerator<number>)) as AsyncIterable<unknown>;
          for await (const value of given) throw new Error(`it gave ${String(value)}`);
        })(),
      );
      expect(error, String(make)).to.be.instanceOf(TypeError);
    }
  });

  it('is read value by value, with and without an await of the call', async () => {
    const count = async function* (to: number): AsyncGenerator<number> {
      for (let number = 1; number <= to; number++) yield await Promise.resolve(number);
    };
    expect(await listOf(await namespace.run(count, { args: [4] }))).to.deep.equal([1, 2, 3, 4]);
    expect(await listOf(namespace.run(count, { args: [4] }))).to.deep.equal([1, 2, 3, 4]);
    const url = new URL('./support/probe.js', import.meta.url);
    const counted = await namespace.run<typeof import('./support/probe.js'), 'countTo'>(url, { export: 'countTo', args: [3] });
    expect(await listOf(counted)).to.deep.equal([1, 2, 3]);
  });

  it('may be any that can be iterated: a generator, an async iterable, a ReadableStream', async () => {
    const generator = await namespace.run(function* () {
      yield* ['a', 'b'];
    });
    expect(await listOf(generator)).to.deep.equal(['a', 'b']);
    const iterable = await namespace.run(() => ({
      [Symbol.asyncIterator]: () => {
        let left = 2;
        return {
          next: () => Promise.resolve(left-- > 0 ? { done: false as const, value: left } : { done: true as const, value: undefined }),
        };
      },
    }));
    expect(await listOf(iterable)).to.deep.equal([1, 0]);
    const readable = await namespace.run(async () => (await import('node:stream/web')).ReadableStream.from(['x', 'y']));
    expect(readable).to.be.instanceOf(ReadableStream);
    expect(await listOf(readable)).to.deep.equal(['x', 'y']);
    expect(await namespace.run(() => [1, 2]), 'an array is a value').to.deep.equal([1, 2]);
  });

  it('is never ahead of its reader', async () => {
    const numbers = await namespace.run(
      function* (shared: Int32Array) {
        for (let number = 1; ; number++) {
          Atomics.store(shared, 0, number);
          yield number;
        }
      },
      { args: [cells] },
    );
    for (const expected of [1, 2, 3]) {
      expect(await numbers.next()).to.deep.equal({ done: false, value: expected });
      // Another round trip: had it gone on, it would have by now.
      await namespace.run(() => 1);
      expect(Atomics.load(cells, 0)).to.equal(expected);
    }
    await numbers.return();
  });

  it('is ended by leaving the loop: its finally runs, and its thread is free', async () => {
    const counting = function* (shared: Int32Array): Generator<number> {
      try {
        for (let number = 1; ; number++) yield number;
      } finally {
        Atomics.store(shared, 1, 5);
      }
    };
    for await (const number of namespace.run(counting, { args: [cells] })) if (number === 3) break;
    expect(Atomics.load(cells, 1)).to.equal(5);
    const left = await namespace.run(counting, { args: [cells] });
    expect(await left.return('given')).to.deep.equal({ done: true, value: 'given' });
    expect(await left.next()).to.deep.equal({ done: true, value: undefined });
    const several = new Set(
      await Promise.all([1, 2].map(() => namespace.run(() => process.getBuiltinModule('node:worker_threads').threadId))),
    );
    expect([...several]).to.satisfy((ids: number[]) => ids.every((id) => id > 0));
  });

  it('is given what next() and throw() are given', async () => {
    const echo = await namespace.run(function* (): Generator<unknown, string, unknown> {
      let heard: unknown = 'nothing';
      for (;;) {
        try {
          heard = yield heard;
          if (heard === 'end') return 'ended';
        } catch (error) {
          heard = error instanceof Error ? `caught ${error.message}` : 'caught';
        }
      }
    });
    expect(await echo.next()).to.deep.equal({ done: false, value: 'nothing' });
    expect(await echo.next('one')).to.deep.equal({ done: false, value: 'one' });
    expect(await echo.throw(new Error('it'))).to.deep.equal({ done: false, value: 'caught it' });
    expect(await rejectionOf(echo.next(() => 1))).to.have.property('code', 'NETLANE_NOT_CLONEABLE');
    expect(await echo.next('end')).to.deep.equal({ done: true, value: 'ended' });
  });

  it('answers several calls in their order', async () => {
    const numbers = await namespace.run(async function* () {
      for (const number of [1, 2, 3]) yield await Promise.resolve(number);
    });
    const all = await Promise.all([1, 2, 3, 4, 5].map(() => numbers.next()));
    expect(all.map(({ value }) => value as unknown)).to.deep.equal([1, 2, 3, undefined, undefined]);
    // Behind the end it is as with any generator that is done, whether that was known when they were asked for or not.
    for (const ended of [false, true]) {
      const none = await namespace.run(function* () {});
      if (ended) await none.next();
      const given = new Error('given');
      const [first, returned, thrown] = await Promise.allSettled([none.next(), none.return('back'), none.throw(given)]);
      expect(first).to.deep.equal({ status: 'fulfilled', value: { done: true, value: undefined } });
      expect(returned).to.deep.equal({ status: 'fulfilled', value: { done: true, value: 'back' } });
      expect(thrown).to.deep.equal({ status: 'rejected', reason: given });
    }
  });

  it('throws what it throws, once, and is then done', async () => {
    const numbers = await namespace.run(function* () {
      yield 1;
      throw Object.assign(new RangeError('in the middle'), { code: 'E_MIDDLE' });
    });
    await numbers.next();
    const error = await rejectionOf(numbers.next());
    expect(error).to.be.instanceOf(RangeError).and.to.include({ code: 'E_MIDDLE' });
    expect(await numbers.next()).to.deep.equal({ done: true, value: undefined });
    const outside = 1;
    const missing = await namespace.run(function* () {
      yield outside;
    });
    expect(await rejectionOf(missing.next())).to.have.nested.property('details.variable', 'outside');
  });

  it('moves what its values say, and refuses those that cannot cross', async () => {
    const url = new URL('../../lib/index.js', import.meta.url).href;
    const chunks = await namespace.run(
      async function* (library: string) {
        const { transfer: move } = (await import(library)) as { transfer: typeof transfer };
        const bytes = new Uint8Array(8).fill(3);
        yield move(bytes, [bytes.buffer]);
        yield bytes.byteLength;
      },
      { args: [url] },
    );
    expect(await listOf(chunks)).to.deep.equal([new Uint8Array(8).fill(3), 0]);
    const functions = await namespace.run(function* () {
      yield () => 1;
    });
    expect(await rejectionOf(functions.next())).to.have.property('code', 'NETLANE_NOT_CLONEABLE');
  });

  it('is ended by abort and time-out in the middle, at once', async () => {
    const stuck = async function* (): AsyncGenerator<number> {
      yield 1;
      await new Promise(() => undefined);
    };
    const aborted = new AbortController();
    const first = await namespace.run(stuck, { signal: aborted.signal });
    await first.next();
    const waiting = rejectionOf(first.next());
    aborted.abort();
    expect(await waiting).to.have.property('code', 'ABORT_ERR');
    expect(await first.next()).to.deep.equal({ done: true, value: undefined });
    const second = await namespace.run(stuck, { timeout: 500 });
    await second.next();
    expect(await rejectionOf(second.next())).to.have.property('code', 'NETLANE_TIMEOUT');
    const both = await namespace.run(stuck, { timeout: 500 });
    const [one, other] = [both.next(), both.next()];
    expect(await one).to.deep.equal({ done: false, value: 1 });
    expect(await rejectionOf(other)).to.have.property('code', 'NETLANE_TIMEOUT');
    // Between two steps nothing is out of time.
    const third = await namespace.run(stuck, { signal: aborted.signal }).catch((error: unknown) => error);
    expect(third).to.have.property('code', 'ABORT_ERR');
  });

  it('that is aborted between two steps says so at the next', async () => {
    const aborted = new AbortController();
    const numbers = await namespace.run(
      function* () {
        yield* [1, 2];
      },
      { signal: aborted.signal },
    );
    await numbers.next();
    aborted.abort();
    expect(await rejectionOf(numbers.next())).to.have.property('code', 'ABORT_ERR');
    expect(await numbers.next()).to.deep.equal({ done: true, value: undefined });
  });

  it('is lost with its thread', async () => {
    const numbers = await namespace.run(function* () {
      yield 1;
      process.exit(4);
    });
    await numbers.next();
    expect(await rejectionOf(numbers.next())).to.deep.include({ code: 'NETLANE_TASK_LOST', details: { exitCode: 4 } });
  });

  it('that was forgotten gives its thread back', async () => {
    const own = await Namespace.create({ taskThreads: 1, taskIdle: 60_000 });
    try {
      await (async () => {
        const forgotten = await own.run(function* () {
          for (;;) yield 1;
        });
        await forgotten.next();
      })();
      // With one thread for all, this waits for the end of the other.
      const next = own
        .run(() => 'free')
        .then(
          (value) => value,
          (error: unknown) => error,
        );
      let result: unknown;
      void next.then((value) => (result = value));
      await until('the iterator was collected', () => {
        gc?.();
        return result !== undefined;
      });
      expect(result).to.equal('free');
    } finally {
      await own.close();
    }
  });

  it('is not forgotten while somebody waits for a value of it', async () => {
    const step = (async () => {
      const slow = await namespace.run(
        async function* (shared: Int32Array) {
          while (Atomics.load(shared, 2) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
          yield 'slow';
        },
        { args: [cells] },
      );
      return slow.next();
    })();
    // The iterator is nobody's but the promise's, and one that was forgotten for certain is collected in the meantime.
    let collected = false;
    const registry = new FinalizationRegistry(() => (collected = true));
    await namespace.run(() => 1);
    registry.register({}, undefined);
    await until('another object was collected', () => {
      gc?.();
      return collected;
    });
    await namespace.run(() => 1);
    Atomics.store(cells, 2, 1);
    expect(await step).to.deep.equal({ done: false, value: 'slow' });
  });

  it('moves ports and bytes of a result', async () => {
    const url = new URL('../../lib/index.js', import.meta.url).href;
    const bytes = await namespace.run(
      async (library: string) => {
        const { transfer: move } = (await import(library)) as { transfer: typeof transfer };
        const made = new Uint8Array(1000).fill(9);
        return move({ made }, [made.buffer]);
      },
      { args: [url] },
    );
    expect(bytes.made.every((byte) => byte === 9)).to.equal(true);
    const { port } = await namespace.run(async () => {
      const { MessageChannel } = await import('node:worker_threads');
      const { port1, port2 } = new MessageChannel();
      port1.once('message', (message: number) => port1.postMessage(message + 1));
      return { port: port2 };
    });
    const answer = new Promise((resolve) => port.once('message', resolve));
    port.postMessage(1);
    expect(await answer).to.equal(2);
    port.close();
  });
});
