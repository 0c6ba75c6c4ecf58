import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { errorOf } from '../support/error-of.js';
import { addon, failureOf } from './support/addon.js';

/*
 * None of these may be opened, which would block for ever on a FIFO without a writer and does things on a device. A call that blocks
 * would end in the time-out of the whole run, since nothing else runs on this thread: that is how the test fails.
 */
describe('What is no network namespace', () => {
  let folder = '';
  let server: Server;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'netlane-hostile-'));
    const made = spawnSync('mkfifo', [join(folder, 'fifo')]);
    expect(made.status, String(made.stderr)).to.equal(0);
    mkdirSync(join(folder, 'directory'));
    writeFileSync(join(folder, 'file'), '');
    symlinkSync('loop', join(folder, 'loop'));
    symlinkSync('fifo', join(folder, 'link-to-fifo'));
    symlinkSync('missing', join(folder, 'dangling'));
    server = createServer();
    await new Promise<void>((resolve) => server.listen(join(folder, 'socket'), resolve));
  });

  after(async () => {
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true });
  });

  for (const what of ['fifo', 'link-to-fifo', 'directory', 'file', 'socket']) {
    it(`is refused and not opened: a ${what}`, () => {
      const path = join(folder, what);
      const failure = failureOf(errorOf(() => addon().openNamespace(path)));
      expect(failure).to.deep.equal({ errno: -22, syscall: 'setns', path, notNamespace: true });
    });
  }

  for (const path of ['/dev/null', '/dev/zero', '/dev/ptmx', '/proc/self/mem', '/proc/self/fd/0']) {
    it(`is refused and not opened: ${path}`, () => {
      expect(failureOf(errorOf(() => addon().openNamespace(path)))).to.include({ notNamespace: true, path });
    });
  }

  for (const kind of ['mnt', 'uts', 'ipc', 'pid', 'user', 'cgroup', 'time']) {
    it(`is refused: a namespace of another kind (${kind})`, () => {
      const path = `/proc/self/ns/${kind}`;
      expect(failureOf(errorOf(() => addon().openNamespace(path)))).to.include({ notNamespace: true, path });
      const fd = openSync(path, 'r');
      try {
        expect(failureOf(errorOf(() => addon().duplicateNamespace(fd)))).to.include({ notNamespace: true });
        expect(addon().namespaceType(fd)).to.be.greaterThan(0).and.not.equal(0x40000000);
      } finally {
        closeSync(fd);
      }
    });
  }

  it('is told from a path that leads nowhere', () => {
    const native = addon();
    expect(failureOf(errorOf(() => native.openNamespace(join(folder, 'loop'))))).to.deep.equal({
      errno: -40,
      syscall: 'open',
      path: join(folder, 'loop'),
    });
    for (const missing of ['dangling', 'missing', 'file/below']) {
      const errno = missing === 'file/below' ? -20 : -2;
      expect(failureOf(errorOf(() => native.openNamespace(join(folder, missing))))).to.deep.equal({
        errno,
        syscall: 'open',
        path: join(folder, missing),
      });
    }
    expect(failureOf(errorOf(() => native.openNamespace('')))).to.include({ errno: -2, syscall: 'open' });
    expect(failureOf(errorOf(() => native.openNamespace('x'.repeat(5000))))).to.include({ errno: -36, syscall: 'open' });
  });

  it('is refused before the path ends early at a NUL', () => {
    expect(() => addon().openNamespace('/proc/self/ns/net\0.old')).to.throw(TypeError, 'NUL');
  });

  it('is refused as an fd, too', () => {
    const native = addon();
    const fd = openSync('/dev/null', 'r');
    try {
      expect(failureOf(errorOf(() => native.duplicateNamespace(fd)))).to.include({ notNamespace: true });
      expect(native.namespaceType(fd)).to.equal(0);
      expect(failureOf(errorOf(() => native.namespaceOfSocket(fd)))).to.deep.equal({ errno: -88, syscall: 'ioctl' });
      expect(failureOf(errorOf(() => native.namespaceOfPidfd(fd)))).to.deep.equal({ errno: -9, syscall: 'pidfd' });
    } finally {
      closeSync(fd);
    }
    for (const closed of [-1, 1_000_000]) {
      expect(failureOf(errorOf(() => native.duplicateNamespace(closed)))).to.deep.equal({ errno: -9, syscall: 'fcntl' });
      expect(failureOf(errorOf(() => native.namespaceOfPidfd(closed)))).to.deep.equal({ errno: -9, syscall: 'pidfd' });
      expect(failureOf(errorOf(() => native.namespaceOfSocket(closed)))).to.include({ errno: -9 });
      expect(failureOf(errorOf(() => native.closeFd(closed)))).to.deep.equal({ errno: -9, syscall: 'close' });
      expect(native.namespaceType(closed)).to.equal(0);
    }
  });
});
