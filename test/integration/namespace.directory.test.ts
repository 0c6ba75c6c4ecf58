import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Namespace } from '../../lib/namespace.js';
import { withDirectory } from '../support/namespaces.js';
import { limit } from '../support/time.js';

/** What is mounted on a directory, and on names in it. */
function mountPointsAt(directory: string): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => point === directory || point.startsWith(`${directory}/`));
}

async function make(name: string, directory: string): Promise<void> {
  await (await Namespace.create(name, { directory })).close();
}

describe('A directory of names', function () {
  this.timeout(limit(60_000));

  it('becomes a mount of its own once, however many names are made in it at the same moment', async () => {
    await withDirectory(async (directory) => {
      const names = Array.from({ length: 8 }, (_, index) => `n${index}`);
      const made = await Promise.all(names.map((name) => Namespace.create(name, { directory })));
      try {
        expect(mountPointsAt(directory)).to.have.members([directory, ...names.map((name) => `${directory}/${name}`)]);
      } finally {
        await Promise.all(made.map((namespace) => namespace.close()));
        await Promise.all(names.map((name) => Namespace.delete(name, { directory })));
      }
    });
  });

  it('is no mount any more when the last name in it was deleted, and can be one again', async () => {
    await withDirectory(async (parent) => {
      const directory = join(parent, 'names');
      for (const round of [1, 2]) {
        mkdirSync(directory);
        await make('one', directory);
        await make('two', directory);
        await Namespace.delete('one', { directory });
        expect(mountPointsAt(directory), `round ${round}`).to.deep.equal([directory, join(directory, 'two')]);
        const three = await Namespace.create('three', { directory, temporary: true });
        await Namespace.delete('two', { directory });
        expect(mountPointsAt(directory)).to.deep.equal([directory, join(directory, 'three')]);
        await three.close();
        expect(mountPointsAt(directory)).to.deep.equal([]);
        rmdirSync(directory);
      }
    });
  });

  it('stays a mount that somebody else made, or has mounted something on', async () => {
    await withDirectory(async (parent) => {
      const [theirs, over, below] = ['theirs', 'over', 'below'].map((name) => join(parent, name)) as [string, string, string];
      for (const directory of [theirs, over, below]) mkdirSync(directory);
      execFileSync('mount', ['--bind', theirs, theirs]);
      for (const directory of [theirs, over, below]) await make('blue', directory);
      execFileSync('mount', ['--bind', over, over]);
      writeFileSync(join(below, 'file'), '');
      execFileSync('mount', ['--bind', '/proc/self/ns/net', join(below, 'file')]);
      for (const directory of [theirs, below]) await Namespace.delete('blue', { directory });
      // The only one that can be seen there.
      await make('red', over);
      await Namespace.delete('red', { directory: over });
      expect(mountPointsAt(theirs)).to.deep.equal([theirs]);
      expect(mountPointsAt(over).filter((point) => point === over)).to.have.lengthOf(2);
      expect(mountPointsAt(below)).to.deep.equal([below, join(below, 'file')]);
      expect(readdirSync(theirs)).to.deep.equal([]);
    });
  });
});
