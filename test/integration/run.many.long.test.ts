import { expect } from 'chai';
import { withNamedNamespace } from '../support/namespaces.js';
import { needsRoot } from '../support/skip.js';
import { growthByRuns } from './support/many-runs.js';

describe('Ten thousand calls', function () {
  this.timeout(600_000);
  before(function () {
    needsRoot(this);
  });

  it('leave threads, descriptors, mounts and memory as they were', () =>
    withNamedNamespace(
      async (namespace) => {
        const growth = [await growthByRuns(namespace, 10_000), await growthByRuns(namespace, 10_000)];
        // What is lost by each call is lost again by the next ten thousand; an arena that malloc keeps is not.
        expect(Math.min(...growth), `MiB: ${growth.map((each) => each.toFixed(1)).join(', ')}`).to.be.below(32);
      },
      { taskThreads: 2, taskIdle: 1 },
    ));
});
