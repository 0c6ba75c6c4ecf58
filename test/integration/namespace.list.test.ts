import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Namespace } from '../../lib/namespace.js';
import { rejectionOf } from '../support/error-of.js';
import { hostileLinks, pathOf, uniqueName, withDirectory, withNamedNamespace, withNamespace } from '../support/namespaces.js';
import { needsRoot } from '../support/skip.js';

interface Lsns {
  readonly namespaces: readonly { readonly ns: number | string }[];
}

/** Inodes of the network namespaces that util-linux finds. */
function lsns(): number[] {
  const text = execFileSync('lsns', ['--json', '--type', 'net', '-o', 'NS'], { encoding: 'utf8' });
  return (JSON.parse(text) as Lsns).namespaces.map(({ ns }) => Number(ns));
}

describe('Namespace.list', () => {
  before(function () {
    needsRoot(this);
  });

  it('agrees with ip netns list, whoever made the names', async () => {
    const made = uniqueName('ip');
    execFileSync('ip', ['netns', 'add', made]);
    try {
      await withNamedNamespace(async (namespace, name) => {
        const list = await Namespace.list();
        const iproute = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' })
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => line.split(' ')[0]);
        expect(list.map((entry) => entry.name)).to.have.members(iproute);
        expect(list.map((entry) => entry.name)).to.include.members([made, name]);
        const own = list.find((entry) => entry.name === name);
        const status = statSync(`/run/netns/${name}`);
        expect(own).to.deep.include({ id: namespace.id, device: status.dev, inode: status.ino, cookie: namespace.cookie, pids: [] });
        expect(own).to.not.have.property('nsid');
      });
    } finally {
      execFileSync('ip', ['netns', 'delete', made]);
    }
  });

  it('has the nsid that this namespace gave, and gives none itself', async () => {
    await withNamedNamespace(async (_, name) => {
      expect((await Namespace.list()).find((entry) => entry.name === name)).to.not.have.property('nsid');
      execFileSync('ip', ['netns', 'set', name, '77']);
      expect((await Namespace.list()).find((entry) => entry.name === name)).to.include({ nsid: 77 });
    });
  });

  it('has the processes of each, and with { all: true } what lsns finds', async () => {
    await withNamedNamespace(async (named, name) => {
      await withNamespace(async (anonymous) => {
        const children = [named, anonymous].map((namespace) =>
          spawn('nsenter', [`--net=${pathOf(namespace)}`, '--', 'sh', '-c', 'echo ready; exec sleep 600'], {
            stdio: ['ignore', 'pipe', 'ignore'],
          }),
        );
        await Promise.all(children.map((child) => once(child.stdout, 'data')));
        try {
          const before = lsns();
          const list = await Namespace.list({ all: true });
          const after = lsns();
          const byInode = new Map(list.map((entry) => [entry.inode, entry]));
          // Others on the machine come and go.
          const lasting = before.filter((inode) => after.includes(inode));
          expect(lasting.length).to.be.greaterThan(1);
          for (const inode of lasting) expect(byInode.has(inode), String(inode)).to.equal(true);
          expect(list.filter((entry) => entry.name === undefined && entry.pids.length === 0)).to.deep.equal([]);
          expect(list.find((entry) => entry.name === name)?.pids).to.deep.equal([children[0]?.pid]);
          const unnamed = list.find((entry) => entry.id === anonymous.id);
          expect(unnamed?.pids).to.deep.equal([children[1]?.pid]);
          expect(unnamed?.cookie).to.equal(anonymous.cookie);
          const own = list.find((entry) => `net:[${entry.inode}]` === readlinkSync('/proc/self/ns/net'));
          expect(own?.pids).to.include(process.pid);
          expect((await Namespace.list()).some((entry) => entry.id === anonymous.id)).to.equal(false);
        } finally {
          for (const child of children) child.kill('SIGKILL');
          await Promise.all(children.map((child) => once(child, 'exit')));
        }
      });
    });
  });

  it('has an entry for each name of a namespace, sorted', async () => {
    await withDirectory(async (directory) => {
      const namespace = await Namespace.create('one', { directory });
      for (const name of ['two', 'a', 'Z']) await Namespace.attach(name, namespace, { directory });
      const list = await Namespace.list({ directory });
      expect(list.map((entry) => entry.name)).to.deep.equal(['Z', 'a', 'one', 'two']);
      expect(new Set(list.map((entry) => entry.id))).to.deep.equal(new Set([namespace.id]));
      await namespace.close();
    });
  });

  it('leaves out what is no network namespace, without blocking', async () => {
    await withDirectory(async (directory) => {
      const namespace = await Namespace.create('blue', { directory });
      writeFileSync(join(directory, 'stale'), '');
      for (const [name, target] of hostileLinks) symlinkSync(target, join(directory, name));
      mkdirSync(join(directory, 'directory'));
      execFileSync('mkfifo', [join(directory, 'fifo')]);
      writeFileSync(join(directory, 'uts'), '');
      execFileSync('mount', ['--bind', '/proc/self/ns/uts', join(directory, 'uts')]);
      expect((await Namespace.list({ directory })).map((entry) => entry.name)).to.deep.equal(['blue']);
      expect(await Namespace.list({ directory: '/nonexistent/netns' })).to.deep.equal([]);
      expect(await rejectionOf(Namespace.list({ directory: join(directory, 'stale') }))).to.include({ code: 'ENOTDIR' });
      await namespace.close();
    });
  });

  it('gives plain objects that can be logged, cloned and sent through JSON', async () => {
    await withNamedNamespace(async (namespace, name) => {
      const entry = (await Namespace.list()).find((each) => each.name === name);
      if (entry === undefined) throw new Error('not listed');
      expect(structuredClone(entry)).to.deep.equal(entry);
      expect(Object.getPrototypeOf(entry)).to.equal(Object.prototype);
      expect(JSON.parse(JSON.stringify(entry))).to.deep.equal({ ...entry, cookie: String(namespace.cookie) });
    });
  });

  it('holds nothing open, and finds processes that come and go meanwhile', async () => {
    const before = readFileSync('/proc/self/mountinfo', 'utf8');
    const churn = spawn('sh', ['-c', 'while :; do unshare --net true; done'], { stdio: 'ignore', detached: true });
    await once(churn, 'spawn');
    try {
      for (let round = 0; round < 20; round += 1) {
        const list = await Namespace.list({ all: true });
        expect(list.some((entry) => entry.pids.includes(process.pid))).to.equal(true);
      }
    } finally {
      process.kill(-(churn.pid ?? 0), 'SIGKILL');
      await once(churn, 'exit');
    }
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).to.equal(before);
  });

  it('refuses options that cannot be meant', async () => {
    for (const options of [{ al: true }, { all: 1 }, { directory: 'x' }, 'all', []]) {
      expect(await rejectionOf(Namespace.list(options as never))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    }
  });
});
