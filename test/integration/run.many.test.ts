import { expect } from 'chai';
import { withNamedNamespace } from '../support/namespaces.js';
import { needsRoot } from '../support/skip.js';
import { growthByRuns } from './support/many-runs.js';

describe('Four hundred calls', function () {
  this.timeout(60_000);
  before(function () {
    needsRoot(this);
  });

  it('leave threads, descriptors, mounts and memory as they were', () =>
    withNamedNamespace(async (namespace) => expect(await growthByRuns(namespace, 400), 'MiB').to.be.below(48), {
      taskThreads: 2,
      taskIdle: 1,
    }));
});
