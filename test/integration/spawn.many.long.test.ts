import { expect } from 'chai';
import { withNamedNamespace } from '../support/namespaces.js';
import { needsRoot } from '../support/skip.js';
import { growthByChildren } from './support/many-children.js';

describe('1,000 children', function () {
  this.timeout(300_000);
  before(function () {
    needsRoot(this);
  });

  it('leave descriptors, threads, mounts, processes and memory as they were, failures included', () =>
    withNamedNamespace(async (namespace) => expect(await growthByChildren(namespace, 1000), 'MiB').to.be.below(64)));
});
