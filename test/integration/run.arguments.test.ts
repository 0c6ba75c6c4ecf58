import { MessageChannel } from 'node:worker_threads';
import { expect } from 'chai';
import { Namespace } from '../../lib/namespace.js';
import { rejectionOf } from '../support/error-of.js';
import { needsRoot } from '../support/skip.js';

/** Something that does a thing when it is read: each time, or the how many-th. Arguments are read twice, to find errors and to be sent. */
function read(what: () => void, when?: number): { readonly value: number } {
  let times = 0;
  return {
    get value(): number {
      times += 1;
      if (when === undefined || times === when) what();
      return 1;
    },
  };
}

describe('The arguments of a task', function () {
  this.timeout(60_000);
  const never = (given: { readonly value: number }): Promise<number> => new Promise(() => given);

  before(function () {
    needsRoot(this);
  });

  for (const warm of [false, true]) {
    const state = warm ? 'on a thread that waits' : 'on a new thread';

    it(`may run another task while they are read, ${state}: each call has its own result`, async () => {
      const namespace = await Namespace.create({ taskThreads: 2 });
      try {
        if (warm) await namespace.run(() => 0);
        const inner: Promise<unknown>[] = [];
        const given = read(() => inner.push(namespace.run((at: number) => ['inner', at], { args: [inner.length] })));
        const outer = await namespace.run(({ value }: { readonly value: number }) => ['outer', value], { args: [given] });
        expect(outer).to.deep.equal(['outer', 1]);
        expect(inner).not.to.be.empty;
        expect(await Promise.all(inner)).to.deep.equal(inner.map((_, at) => ['inner', at]));
      } finally {
        await namespace.close();
      }
    });

    it(`may abort their own call while they are read, ${state}`, async () => {
      const namespace = await Namespace.create();
      try {
        if (warm) await namespace.run(() => 0);
        for (const when of [1, 2]) {
          const aborted = new AbortController();
          const given = read(() => aborted.abort(), when);
          expect(await rejectionOf(namespace.run(never, { args: [given], signal: aborted.signal }))).to.have.property('code', 'ABORT_ERR');
        }
      } finally {
        await namespace.close();
      }
    });

    it(`may close the namespace while they are read, ${state}`, async () => {
      for (const when of [1, 2]) {
        const namespace = await Namespace.create();
        try {
          if (warm) await namespace.run(() => 0);
          const given = read(() => void namespace.close(), when);
          expect(await rejectionOf(namespace.run(never, { args: [given] })), `${when}`).to.have.property('code', 'NETLANE_CLOSED');
        } finally {
          await namespace.close();
        }
      }
    });
  }

  it('are refused without the namespace, as by every other method', async () => {
    const error = await rejectionOf(
      Reflect.apply(Reflect.get(Namespace.prototype, 'run') as () => unknown, undefined, [() => 1]) as Promise<unknown>,
    );
    expect(error).to.have.property('code', 'NETLANE_INVALID_ARGUMENT');
  });

  it('of a call that is aborted while it waits for a thread are let go at once', async () => {
    const namespace = await Namespace.create({ taskThreads: 1 });
    const { port1, port2 } = new MessageChannel();
    try {
      const busy = rejectionOf(namespace.run(() => new Promise<void>(() => undefined)));
      const aborted = new AbortController();
      const waiting = namespace.run((port: unknown) => port, { args: [port2], transfer: [port2], signal: aborted.signal });
      const letGo = new Promise<string>((resolve) => port1.once('close', () => resolve('let go')));
      aborted.abort();
      expect(await rejectionOf(waiting)).to.have.property('code', 'ABORT_ERR');
      expect(await letGo).to.equal('let go');
      await namespace.close();
      expect(await busy).to.have.property('code', 'NETLANE_CLOSED');
    } finally {
      port1.close();
      await namespace.close();
    }
  });
});
