import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { Namespace } from '../../lib/namespace.js';
import { withDirectory } from '../support/namespaces.js';
import { limit } from '../support/time.js';

describe('A directory of names', function () {
  this.timeout(limit(60_000));

  it('becomes a mount of its own once, however many names are made in it at the same moment', async () => {
    await withDirectory(async (directory) => {
      const names = Array.from({ length: 8 }, (_, index) => `n${index}`);
      const made = await Promise.all(names.map((name) => Namespace.create(name, { directory })));
      try {
        const points = readFileSync('/proc/self/mountinfo', 'utf8')
          .split('\n')
          .map((line) => line.split(' ')[4] ?? '')
          .filter((point) => point === directory || point.startsWith(`${directory}/`));
        expect(points).to.have.members([directory, ...names.map((name) => `${directory}/${name}`)]);
      } finally {
        await Promise.all(made.map((namespace) => namespace.close()));
        await Promise.all(names.map((name) => Namespace.delete(name, { directory })));
      }
    });
  });
});
