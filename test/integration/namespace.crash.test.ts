import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { Namespace } from '../../lib/namespace.js';
import { moduleUrl, withDirectory } from '../support/namespaces.js';
import { needsRoot, skip } from '../support/skip.js';

function mountsOf(path: string): number {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.split(' ')[4] === path).length;
}

/** A program that makes and deletes one name without end, and says so when it has begun. */
function churn(directory: string): string {
  return `
    import { Namespace } from ${JSON.stringify(moduleUrl('namespace'))};
    const directory = ${JSON.stringify(directory)};
    process.stdout.write('ready');
    for (;;) {
      const namespace = await Namespace.create('blue', { directory, ifExists: 'open' });
      await namespace.close();
      await Namespace.delete('blue', { directory });
    }`;
}

describe('a process that is killed while it creates and deletes', function () {
  this.timeout(60_000);

  before(function () {
    needsRoot(this);
  });

  it('leaves at most one entry, which delete() repairs, and no lock', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'blue');
      for (let round = 0; round < 15; round += 1) {
        const child = spawn(process.execPath, ['--input-type=module', '--eval', churn(directory)], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        await once(child.stdout, 'data');
        await sleep(5 + round * 3);
        child.kill('SIGKILL');
        const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
        expect(signal).to.equal('SIGKILL');
        const entries = readdirSync(directory);
        const mounts = mountsOf(path);
        expect(entries.length).to.be.at.most(1);
        expect(mounts).to.be.at.most(1);
        if (entries.length > 0) await Namespace.delete('blue', { directory });
        expect(readdirSync(directory)).to.deep.equal([]);
        expect(mountsOf(path)).to.equal(0);
        const again = await Namespace.create('blue', { directory, temporary: true });
        await again.close();
      }
    });
  });

  for (const call of ['mount', 'unlinkat', 'umount2'] as const) {
    it(`can be repaired when the kill comes at ${call}(2)`, async function () {
      if (spawnSync('strace', ['-V']).error !== undefined) skip(this, 'no strace here, which stops a program at a system call');
      await withDirectory(async (directory) => {
        const first = await Namespace.create('other', { directory });
        await first.close();
        // The second call to mount puts the namespace onto its file; the first makes sure that the directory is shared.
        const inject = `inject=${call}:signal=SIGKILL:when=${call === 'mount' ? 2 : 1}`;
        const text = `
          import { Namespace } from ${JSON.stringify(moduleUrl('namespace'))};
          const namespace = await Namespace.create('blue', { directory: ${JSON.stringify(directory)} });
          await Namespace.delete('blue', { directory: ${JSON.stringify(directory)} });`;
        const done = spawnSync('strace', [
          '-f',
          '-qq',
          '-o',
          '/dev/null',
          '-e',
          `trace=${call}`,
          '-e',
          inject,
          process.execPath,
          '--input-type=module',
          '--eval',
          text,
        ]);
        expect(done.signal ?? done.status).to.be.oneOf(['SIGKILL', 137]);
        expect(readdirSync(directory)).to.have.members(['other', 'blue']);
        expect(mountsOf(join(directory, 'blue'))).to.equal(call === 'umount2' ? 1 : 0);
        await Namespace.delete('blue', { directory });
        expect(readdirSync(directory)).to.deep.equal(['other']);
        expect(mountsOf(join(directory, 'blue'))).to.equal(0);
        const again = await Namespace.create('blue', { directory, temporary: true });
        await again.close();
      });
    });
  }
});
