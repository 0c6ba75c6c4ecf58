import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import { Namespace } from '../../lib/namespace.js';
import { needsRoot } from '../support/skip.js';
import { until } from './support/route.js';
import { threadsIn } from './support/tasks.js';

describe('Ten thousand calls', function () {
  this.timeout(600_000);
  before(function () {
    needsRoot(this);
  });

  it('leave threads, descriptors and mounts as they were', async () => {
    const count = (): readonly [number, number] => [readdirSync('/proc/self/task').length, readdirSync('/proc/self/fd').length];
    const namespace = await Namespace.create({ taskThreads: 2, taskIdle: 1 });
    try {
      await namespace.run(() => 1);
      await until('the first thread has ended', () => threadsIn(namespace).length === 0);
      const [threads, fds] = count();
      for (let round = 0; round < 100; round++) {
        const results = await Promise.all(
          Array.from({ length: 100 }, (_, index) => namespace.run((value: number) => value, { args: [index] })),
        );
        expect(results).to.deep.equal(Array.from({ length: 100 }, (_, index) => index));
      }
      await until('threads and descriptors are gone', () => count()[0] <= threads && count()[1] <= fds);
      expect(Namespace.leaks().threads.filter(({ id }) => id === namespace.id)).to.deep.equal([]);
    } finally {
      await namespace.close();
    }
  });
});
