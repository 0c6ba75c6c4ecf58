import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { InsideSocket } from '../../lib/native.js';
import { errorOf } from '../support/error-of.js';
import { needsNobody, needsRoot } from '../support/skip.js';
import { limit } from '../support/time.js';
import { addon, failureOf, inNamespace } from './support/addon.js';
import { resultOf, runScenario } from './support/scenario.js';

/** Opens sockets, one after the other, and gives the namespace of the last. */
function namespaceOfLast(fd: number, count: number): string {
  const { InsideSocket, namespaceOfSocket, identity, closeFd } = addon();
  let inode = '';
  for (let at = 0; at < count; at += 1) {
    const socket = new InsideSocket(fd, 2, 1, 0);
    const inside = namespaceOfSocket(socket.fd);
    inode = String(identity(inside).inode);
    closeFd(inside);
    socket.close();
  }
  return inode;
}

/** This thread's openers that stay, by their numbers. */
function openers(): { readonly tid: number; readonly inode: string; readonly link: string }[] {
  return readdirSync('/proc/self/task').flatMap((entry) => {
    const inside = addon().namespaceOfOpener(Number(entry));
    if (inside === undefined) return [];
    try {
      return [{ tid: Number(entry), inode: String(inside.inode), link: readlinkSync(`/proc/self/task/${entry}/ns/net`) }];
    } catch (error) {
      // It has just ended by itself.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  });
}

const inodeOf = (fd: number): string => String(addon().identity(fd).inode);

describe('The opener', function () {
  this.timeout(limit(20_000));

  before(function () {
    needsRoot(this);
  });

  it('ends with the first socket, and stays inside from the second on until it is ended: it is gone by then', () =>
    inNamespace((namespace) => {
      const inode = inodeOf(namespace);
      expect(namespaceOfLast(namespace, 1)).to.equal(inode);
      expect(openers()).to.deep.equal([]);
      expect(namespaceOfLast(namespace, 1)).to.equal(inode);
      const [opener, ...others] = openers();
      expect(others).to.deep.equal([]);
      expect(opener).to.include({ inode, link: `net:[${inode}]` });
      expect(namespaceOfLast(namespace, 20)).to.equal(inode);
      expect(openers()).to.deep.equal([opener]);
      addon().endOpener(namespace);
      expect(existsSync(`/proc/self/task/${opener?.tid}`)).to.equal(false);
      expect(openers()).to.deep.equal([]);
      // Nothing is there to be ended.
      addon().endOpener(namespace);
      expect(namespaceOfLast(namespace, 3)).to.equal(inode);
      addon().endOpener(namespace);
    }));

  it('ends by itself when nothing is opened for a while, and another one comes', () =>
    inNamespace(async (namespace) => {
      namespaceOfLast(namespace, 2);
      const [opener] = openers();
      expect(opener).to.not.equal(undefined);
      while (existsSync(`/proc/self/task/${opener?.tid}`)) await sleep(20);
      expect(openers()).to.deep.equal([]);
      expect(namespaceOfLast(namespace, 3)).to.equal(inodeOf(namespace));
      addon().endOpener(namespace);
    }));

  it('is of the namespace, and not of the number that its descriptor had', async () => {
    const { createNamespaceAsync, duplicateNamespace, endOpener, closeFd } = addon();
    const first = await createNamespaceAsync(false);
    const inode = inodeOf(first);
    expect(namespaceOfLast(first, 3)).to.equal(inode);
    const others = [await createNamespaceAsync(false)];
    const other = inodeOf(others[0] ?? -1);
    closeFd(first);
    try {
      while (!others.includes(first)) others.push(duplicateNamespace(others[0] ?? -1));
      expect(namespaceOfLast(first, 3)).to.equal(other).and.to.not.equal(inode);
    } finally {
      for (const fd of others) {
        endOpener(fd);
        closeFd(fd);
      }
    }
    // The first one's opener keeps its namespace until it has ended by itself: nobody can ask for it any more.
    while (openers().length > 0) await sleep(20);
  });

  it('tells what fails, and opens the next socket all the same', () =>
    inNamespace((namespace) => {
      namespaceOfLast(namespace, 2);
      const before = openers();
      const failure = errorOf(() => new (addon().InsideSocket)(namespace, 2, 1, 250));
      expect(failureOf(failure)).to.deep.equal({ errno: -93, syscall: 'socket' });
      expect(namespaceOfLast(namespace, 1)).to.equal(inodeOf(namespace));
      expect(openers()).to.deep.equal(before).and.to.have.length(1);
      addon().endOpener(namespace);
    }));

  it('does each piece of work once, at whatever moment of its looking, sleeping and ending it comes', () =>
    inNamespace(async (namespace) => {
      const inode = inodeOf(namespace);
      const wait = (milliseconds: number): void => {
        const until = performance.now() + milliseconds;
        while (performance.now() < until);
      };
      // Looking (0.4 ms at most, and only after another one that came soon), and just asleep.
      for (let at = 0; at < 1500; at += 1) {
        expect(namespaceOfLast(namespace, 1)).to.equal(inode);
        wait(((at * 37) % 50) / 100);
      }
      expect(openers()).to.have.length(1);
      // About to end, after half a second.
      for (const milliseconds of [498, 499.5, 500, 500.5, 502]) {
        namespaceOfLast(namespace, 2);
        await sleep(480);
        wait(milliseconds - 480);
        expect(namespaceOfLast(namespace, 1)).to.equal(inode);
      }
      addon().endOpener(namespace);
      expect(openers()).to.deep.equal([]);
    }));

  it('stays in 32 namespaces at most, and opens in all', async () => {
    const fds: number[] = [];
    try {
      for (let at = 0; at < 40; at += 1) fds.push(await addon().createNamespaceAsync(false));
      for (const fd of fds) expect(namespaceOfLast(fd, 3)).to.equal(inodeOf(fd));
      expect(openers().length).to.be.within(1, 32);
    } finally {
      for (const fd of fds) {
        addon().endOpener(fd);
        addon().closeFd(fd);
      }
    }
    expect(openers()).to.deep.equal([]);
  });

  it('opens nothing more when the process has given up its privileges', async function () {
    needsNobody(this);
    const program = (file: string): void => {
      const native = process.getBuiltinModule('node:module').createRequire('/')(file) as ReturnType<typeof addon>;
      void native.createNamespaceAsync(false).then((namespace) => {
        for (let at = 0; at < 3; at += 1) new native.InsideSocket(namespace, 2, 1, 0).close();
        process.seteuid?.(65_534);
        const failures = [1, 2, 3].map(() => {
          try {
            new native.InsideSocket(namespace, 2, 1, 0).close();
            return 'opened';
          } catch (error) {
            return (error as NodeJS.ErrnoException).syscall;
          }
        });
        process.seteuid?.(0);
        new native.InsideSocket(namespace, 2, 1, 0).close();
        console.log(JSON.stringify(failures));
      });
    };
    expect(resultOf(await runScenario(program, []))).to.deep.equal(['setns', 'setns', 'setns']);
  });

  for (const ending of ['ends', 'exits'] as const) {
    it(`does not keep a process that ${ending}, with sockets open and without a word to it`, async () => {
      const program = (file: string, how: string): void => {
        const native = process.getBuiltinModule('node:module').createRequire('/')(file) as ReturnType<typeof addon>;
        const held: InsideSocket[] = [];
        void native.createNamespaceAsync(false).then((namespace) => {
          for (let at = 0; at < 3; at += 1) held.push(new native.InsideSocket(namespace, 2, 1, 0));
          console.log(JSON.stringify(held.length));
          if (how === 'exits') process.exit();
        });
      };
      const outcome = await runScenario(program, [ending]);
      expect(resultOf(outcome)).to.equal(3);
      expect(outcome.stderr).to.equal('');
    });
  }
});
