import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Namespace } from '../../lib/namespace.js';
import { native } from '../../lib/native.js';
import { moduleUrl, withDirectory } from '../support/namespaces.js';
import { needsRoot, skip } from '../support/skip.js';
import { limit } from '../support/time.js';

interface Outcome {
  readonly code?: string;
  readonly message?: string;
  /** Namespace fds, and threads outside of the process's namespace, that are left. */
  readonly fds: number;
  readonly threads: number;
}

/** Runs the statements in a Node whose system calls fail as strace(1) is told. */
function runWithFault(fault: string, statements: string): Outcome {
  const text = `
    import { Namespace } from ${JSON.stringify(moduleUrl('namespace'))};
    import { readdirSync, readlinkSync } from 'node:fs';
    const count = (folder, link) => readdirSync(folder).filter((entry) => { try { return link(entry) } catch { return false } }).length;
    const error = await (async () => { ${statements} })().then(() => ({}), (error) => error);
    const home = readlinkSync('/proc/self/ns/net');
    console.log(JSON.stringify({
      code: error.code,
      message: error.message,
      fds: count('/proc/self/fd', (fd) => readlinkSync('/proc/self/fd/' + fd).startsWith('net:')),
      threads: count('/proc/self/task', (tid) => readlinkSync('/proc/self/task/' + tid + '/ns/net') !== home),
    }));`;
  const [call] = fault.split(':');
  const strace = ['-f', '-qq', '-o', '/dev/null', '-e', `trace=${call ?? ''}`, '-e', `inject=${fault}`];
  const done = spawnSync('strace', [...strace, process.execPath, '--input-type=module', '--eval', text], {
    encoding: 'utf8',
    timeout: limit(30_000),
  });
  if (done.status !== 0) throw new Error(`strace or the program failed: ${done.stderr}`);
  return JSON.parse(done.stdout) as Outcome;
}

describe('namespaces when a system call fails in the middle', function () {
  this.timeout(60_000);

  before(function () {
    needsRoot(this);
    if (spawnSync('strace', ['-V']).error !== undefined) skip(this, 'no strace here, which makes system calls fail');
  });

  for (const [fault, code] of [
    ['unshare:error=ENOMEM', 'ENOMEM'],
    ['flock:error=ENOLCK', 'ENOLCK'],
    ['mount:error=ENOMEM:when=1', 'ENOMEM'],
    ['mount:error=ENOSPC:when=2', 'ENOSPC'],
    ['mount:error=EPERM:when=2', 'EPERM'],
  ] as const) {
    it(`create() leaves nothing after ${fault}`, async () => {
      await withDirectory(async (directory) => {
        // The directory is shared already, so that the second mount is the name's.
        await (await Namespace.create('other', { directory })).close();
        const mounts = readFileSync('/proc/self/mountinfo', 'utf8');
        const outcome = runWithFault(fault, `await Namespace.create('blue', { directory: ${JSON.stringify(directory)} });`);
        expect(outcome).to.include({ code, fds: 0, threads: 0 });
        expect(outcome.message).to.match(/^create namespace blue: /);
        expect(readdirSync(directory)).to.deep.equal(['other']);
        expect(readFileSync('/proc/self/mountinfo', 'utf8')).to.equal(mounts);
      });
    });
  }

  it('create() takes back the mount of a directory that it made shared, and the directories that it made', async () => {
    await withDirectory((parent) => {
      const directory = join(parent, 'more', 'names');
      const mounts = readFileSync('/proc/self/mountinfo', 'utf8');
      // Shared (EINVAL: no mount yet), mounted on itself, shared, and then the name.
      const outcome = runWithFault(
        'mount:error=ENOMEM:when=4',
        `await Namespace.create('blue', { directory: ${JSON.stringify(directory)} });`,
      );
      expect(outcome).to.include({ code: 'ENOMEM', fds: 0, threads: 0 });
      expect(readFileSync('/proc/self/mountinfo', 'utf8')).to.equal(mounts);
      expect(readdirSync(parent)).to.deep.equal([]);
    });
  });

  it('a name that fails takes the directory that it made from nobody who waits for it', async () => {
    await withDirectory(async (parent) => {
      const file = openSync(parent, 'r');
      try {
        for (let round = 0; round < 20; round += 1) {
          const directory = join(parent, String(round), 'names');
          // A directory cannot be mounted on a file.
          const bad = (name: string): Promise<unknown> => native().bindNameAsync(directory, name, file);
          const good = async (name: string): Promise<void> => (await Namespace.create(name, { directory })).close();
          const outcomes = await Promise.allSettled([bad('a'), good('b'), bad('c'), good('d'), bad('e'), good('f')]);
          expect(outcomes.map(({ status }) => status)).to.deep.equal([
            'rejected',
            'fulfilled',
            'rejected',
            'fulfilled',
            'rejected',
            'fulfilled',
          ]);
          for (const name of ['b', 'd', 'f']) await Namespace.delete(name, { directory });
        }
      } finally {
        closeSync(file);
      }
    });
  });

  it('delete() tries again when the name is busy for a moment', async () => {
    await withDirectory(async (directory) => {
      await (await Namespace.create('blue', { directory })).close();
      const addon = native() as { unbindNameAsync: (directory: string, name: string) => Promise<void> };
      const { unbindNameAsync } = addon;
      let busy = 3;
      addon.unbindNameAsync = (folder, name) => {
        if (busy === 0) return unbindNameAsync(folder, name);
        busy -= 1;
        return Promise.reject(Object.assign(new Error('busy'), { errno: -16, syscall: 'unlink' }));
      };
      try {
        await Namespace.delete('blue', { directory });
      } finally {
        addon.unbindNameAsync = unbindNameAsync;
      }
      expect(busy).to.equal(0);
      expect(readdirSync(directory)).to.deep.equal([]);
    });
  });

  it('delete() gives up on what stays busy, says what to look for, and can be called again', async () => {
    await withDirectory(async (directory) => {
      await (await Namespace.create('blue', { directory })).close();
      const outcome = runWithFault('unlinkat:error=EBUSY', `await Namespace.delete('blue', { directory: ${JSON.stringify(directory)} });`);
      expect(outcome).to.include({ code: 'EBUSY' });
      expect(outcome.message)
        .to.include('findmnt')
        .and.to.match(/^delete namespace blue: EBUSY/);
      await Namespace.delete('blue', { directory });
      expect(readdirSync(directory)).to.deep.equal([]);
    });
  });

  it('the cookie is not confused with another namespace when entering fails', async () => {
    await withDirectory(async (directory) => {
      await (await Namespace.create('blue', { directory })).close();
      const statements = `const n = await Namespace.open('blue', { directory: ${JSON.stringify(directory)} }); try { n.cookie; } finally { await n.close(); }`;
      expect(runWithFault('setns:error=ENOMEM', statements)).to.include({ code: 'ENOMEM', fds: 0, threads: 0 });
      const eperm = runWithFault('setns:error=EPERM', statements);
      expect(eperm).to.include({ code: 'EPERM', fds: 0, threads: 0 });
      // The process has the capability: no hint may say that it has not.
      expect(eperm.message).to.not.include('CAP_SYS_ADMIN, which this process does not have');
    });
  });

  it('watch() says which limit is reached', async () => {
    await withDirectory((directory) => {
      const statements = `const watch = Namespace.watch({ directory: ${JSON.stringify(directory)} }); await watch.next();`;
      const outcome = runWithFault('inotify_add_watch:error=ENOSPC', statements);
      expect(outcome).to.include({ code: 'ENOSPC' });
      expect(outcome.message).to.include('fs.inotify.max_user_watches');
    });
  });

  it('a lock that another program never gives up is named', async () => {
    await withDirectory(async (directory) => {
      await (await Namespace.create('blue', { directory })).close();
      for (const statements of [
        `await Namespace.create('green', { directory: ${JSON.stringify(directory)} });`,
        `await Namespace.delete('blue', { directory: ${JSON.stringify(directory)} });`,
      ]) {
        const outcome = runWithFault('flock:error=ETIMEDOUT', statements);
        expect(outcome).to.include({ code: 'ETIMEDOUT' });
        expect(outcome.message).to.include(`held the lock on ${directory}`);
      }
    });
  });

  it('open() closes what it opened when the check of it fails', async () => {
    await withDirectory(async (directory) => {
      await (await Namespace.create('blue', { directory })).close();
      const outcome = runWithFault(
        'fstatfs:error=EIO',
        `const n = await Namespace.open('blue', { directory: ${JSON.stringify(directory)} }); await n.close();`,
      );
      expect(outcome.code).to.be.a('string');
      expect(outcome).to.include({ fds: 0, threads: 0 });
    });
  });
});
