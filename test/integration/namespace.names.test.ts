import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Namespace } from '../../lib/namespace.js';
import { rejectionOf } from '../support/error-of.js';
import { linkOf, pathOf, uniqueName, withDirectory, withNamespace } from '../support/namespaces.js';
import { needsRoot } from '../support/skip.js';

function mountsOf(path: string): number {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.split(' ')[4] === path).length;
}

describe('Namespace.attach', () => {
  before(function () {
    needsRoot(this);
  });

  it("gives a name to a running process's namespace", async () => {
    const child = spawn('unshare', ['--net', '--', 'sh', '-c', 'echo ready; exec sleep 600'], { stdio: ['ignore', 'pipe', 'ignore'] });
    await once(child.stdout, 'data');
    const name = uniqueName();
    try {
      await Namespace.attach(name, { pid: child.pid ?? 0 });
      const inside = execFileSync('ip', ['netns', 'exec', name, 'readlink', '/proc/self/ns/net'], { encoding: 'utf8' }).trim();
      expect(inside).to.equal(execFileSync('readlink', [`/proc/${child.pid ?? 0}/ns/net`], { encoding: 'utf8' }).trim());
      expect(execFileSync('ip', ['netns', 'identify', String(child.pid)], { encoding: 'utf8' }).trim()).to.equal(name);
      await Namespace.delete(name);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });

  it('takes an open Namespace and every form of open(), and keeps the namespace alive', async () => {
    await withDirectory(async (directory) => {
      const anonymous = await Namespace.create();
      const link = linkOf(anonymous);
      await Namespace.attach('one', anonymous, { directory });
      await Namespace.attach('two', 'one', { directory });
      await Namespace.attach('three', { path: pathOf(anonymous) }, { directory });
      await Namespace.attach('four', { fd: anonymous.fd }, { directory });
      await anonymous.close();
      for (const name of ['one', 'two', 'three', 'four']) {
        const opened = await Namespace.open(name, { directory });
        expect(linkOf(opened)).to.equal(link);
        await opened.close();
        await Namespace.delete(name, { directory });
      }
      expect(readdirSync(directory)).to.deep.equal([]);
    });
  });

  it('refuses a name that exists, a namespace that was closed, and what is no namespace; and leaves nothing', async () => {
    await withDirectory(async (directory) => {
      const closed = await Namespace.create();
      await closed.close();
      writeFileSync(join(directory, 'taken'), 'mine');
      await withNamespace(async (namespace) => {
        const exists = await rejectionOf(Namespace.attach('taken', namespace, { directory }));
        expect(exists).to.include({ code: 'EEXIST', operation: 'attach the name taken' });
      });
      expect(await rejectionOf(Namespace.attach('a', closed, { directory }))).to.include({ code: 'NETLANE_CLOSED' });
      expect(await rejectionOf(Namespace.attach('a', { path: '/dev/null' }, { directory }))).to.include({ code: 'NETLANE_NOT_A_NETNS' });
      expect(await rejectionOf(Namespace.attach('a', 'missing', { directory }))).to.include({ code: 'ENOENT' });
      expect(await rejectionOf(Namespace.attach('a/b', 'missing', { directory }))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
      expect(await rejectionOf(Namespace.attach('a', undefined as never, { directory }))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
      expect(readdirSync(directory)).to.deep.equal(['taken']);
      expect(readFileSync(join(directory, 'taken'), 'utf8')).to.equal('mine');
    });
  });

  it('lets exactly one of many win a name', async () => {
    await withDirectory(async (directory) => {
      await withNamespace(async (namespace) => {
        const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => Namespace.attach('blue', namespace, { directory })));
        expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).to.have.length(1);
        expect(mountsOf(join(directory, 'blue'))).to.equal(1);
      });
    });
  });
});

describe('Namespace.delete', () => {
  before(function () {
    needsRoot(this);
  });

  it('removes what iproute2 made, and iproute2 removes what it made', async () => {
    const name = uniqueName();
    execFileSync('ip', ['netns', 'add', name]);
    await Namespace.delete(name);
    expect(existsSync(`/run/netns/${name}`)).to.equal(false);
    const namespace = await Namespace.create(name);
    await namespace.close();
    execFileSync('ip', ['netns', 'delete', name]);
    expect(await rejectionOf(Namespace.open(name))).to.include({ code: 'ENOENT' });
  });

  it('says ENOENT when there is no such name', async () => {
    const name = uniqueName();
    const error = await rejectionOf(Namespace.delete(name));
    expect(error).to.include({ code: 'ENOENT', operation: `delete namespace ${name}` });
    expect(error.message).to.include('searched: /run/netns');
    expect(await rejectionOf(Namespace.delete('x', { directory: '/nonexistent' }))).to.include({ code: 'ENOENT' });
  });

  it('repairs stale entries: a file, a FIFO, a dangling link', async () => {
    await withDirectory(async (directory) => {
      writeFileSync(join(directory, 'file'), '');
      execFileSync('mkfifo', [join(directory, 'fifo')]);
      symlinkSync('/nonexistent', join(directory, 'link'));
      for (const name of ['file', 'fifo', 'link']) await Namespace.delete(name, { directory });
      expect(readdirSync(directory)).to.deep.equal([]);
      const again = await Namespace.create('file', { directory, temporary: true });
      await again.close();
    });
  });

  it('does not follow a link to another name', async () => {
    await withDirectory(async (directory) => {
      const real = await Namespace.create('real', { directory });
      symlinkSync('real', join(directory, 'link'));
      await Namespace.delete('link', { directory });
      expect(readdirSync(directory)).to.deep.equal(['real']);
      expect(mountsOf(join(directory, 'real'))).to.equal(1);
      await real.close();
    });
  });

  it('takes away mounts on top of each other', async () => {
    await withDirectory(async (directory) => {
      const namespace = await Namespace.create('blue', { directory });
      const path = join(directory, 'blue');
      execFileSync('mount', ['--bind', pathOf(namespace), path]);
      execFileSync('mount', ['--bind', '/proc/self/ns/net', path]);
      expect(mountsOf(path)).to.equal(3);
      await Namespace.delete('blue', { directory });
      expect(mountsOf(path)).to.equal(0);
      expect(existsSync(path)).to.equal(false);
      await namespace.close();
    });
  });

  it('keeps its hands off a directory', async () => {
    await withDirectory(async (directory) => {
      mkdirSync(join(directory, 'sub', 'deep'), { recursive: true });
      expect(await rejectionOf(Namespace.delete('sub', { directory }))).to.include({ code: 'EISDIR' });
      expect(existsSync(join(directory, 'sub', 'deep'))).to.equal(true);
    });
  });

  it('leaves open handles working', async () => {
    await withDirectory(async (directory) => {
      const namespace = await Namespace.create('blue', { directory, loopback: true });
      await Namespace.delete('blue', { directory });
      expect(execFileSync('nsenter', [`--net=${pathOf(namespace)}`, 'ip', '-brief', 'link'], { encoding: 'utf8' })).to.match(/^lo/);
      expect(lstatSync(directory).isDirectory()).to.equal(true);
      await namespace.close();
    });
  });

  it('succeeds once when many delete the same name', async () => {
    await withDirectory(async (directory) => {
      const namespace = await Namespace.create('blue', { directory });
      await namespace.close();
      const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => Namespace.delete('blue', { directory })));
      const codes = outcomes.map((outcome) => (outcome.status === 'rejected' ? (outcome.reason as { code: string }).code : 'deleted'));
      expect(codes.filter((code) => code === 'deleted')).to.have.length(1);
      expect(new Set(codes)).to.deep.equal(new Set(['deleted', 'ENOENT']));
    });
  });

  it('deletes while another mount namespace still has the mount', async () => {
    await withDirectory(async (directory) => {
      const namespace = await Namespace.create('blue', { directory });
      const holder = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', 'echo ready; exec sleep 600'], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      await once(holder.stdout, 'data');
      try {
        await Namespace.delete('blue', { directory });
        expect(readdirSync(directory)).to.deep.equal([]);
      } finally {
        holder.kill('SIGKILL');
        await once(holder, 'exit');
        await namespace.close();
      }
    });
  });

  it('refuses names and options that cannot be meant', async () => {
    for (const name of ['', '.', '..', 'a/b', '../etc/passwd', 5, undefined]) {
      expect(await rejectionOf(Namespace.delete(name as string)), String(name)).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    }
    const error = await rejectionOf(Namespace.delete('x', { dir: '/tmp' } as never));
    expect(error.message).to.include('options has no option "dir"');
  });
});
