import { execFileSync } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { mkdirSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { Namespace, type NamespaceChange, type NamespaceWatch } from '../../lib/namespace.js';
import { errorOf, rejectionOf } from '../support/error-of.js';
import { hostileLinks, pathOf, resultOfProgram, uniqueName, withDirectory } from '../support/namespaces.js';
import { needsRoot } from '../support/skip.js';

/** The next changes, as 'action name'. */
async function take(watch: NamespaceWatch, number: number): Promise<NamespaceChange[]> {
  const changes: NamespaceChange[] = [];
  while (changes.length < number) {
    const { value, done } = await watch.next();
    if (done === true) throw new Error(`the watch ended after ${changes.length} changes`);
    changes.push(value);
  }
  return changes;
}

function words(changes: readonly NamespaceChange[]): string[] {
  return changes.map((change) => `${change.action} ${change.name}`);
}

function namespaceFds(): string[] {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('net:');
    } catch {
      return false;
    }
  });
}

async function withWatch(directory: string, use: (watch: NamespaceWatch) => Promise<void>, existing = false): Promise<void> {
  const watch = Namespace.watch({ directory, existing });
  try {
    await watch.ready;
    await use(watch);
  } finally {
    await watch.close();
  }
}

describe('Namespace.watch', () => {
  before(function () {
    needsRoot(this);
  });

  it('reports what netlane and iproute2 add and remove in /run/netns', async () => {
    const name = uniqueName();
    const watch = Namespace.watch();
    await watch.ready;
    const namespace = await Namespace.create(name);
    const [added] = await take(watch, 1);
    expect(added).to.deep.equal({ action: 'added', name, directory: '/run/netns', id: namespace.id, cookie: namespace.cookie });
    execFileSync('ip', ['netns', 'delete', name]);
    const [removed] = await take(watch, 1);
    expect(removed).to.deep.equal({ ...added, action: 'removed' });
    execFileSync('ip', ['netns', 'add', name]);
    expect(words(await take(watch, 1))).to.deep.equal([`added ${name}`]);
    await Namespace.delete(name);
    expect(words(await take(watch, 1))).to.deep.equal([`removed ${name}`]);
    await Promise.all([watch.close(), namespace.close()]);
  });

  it('yields what exists first only when asked', async () => {
    await withDirectory(async (directory) => {
      const made = await Promise.all(['b', 'a'].map((name) => Namespace.create(name, { directory })));
      await withWatch(
        directory,
        async (watch) => {
          expect(words(await take(watch, 2))).to.deep.equal(['existing a', 'existing b']);
        },
        true,
      );
      await withWatch(directory, async (watch) => {
        made.push(await Namespace.create('c', { directory }));
        expect(words(await take(watch, 1))).to.deep.equal(['added c']);
      });
      await Promise.all(made.map((namespace) => namespace.close()));
    });
  });

  it('waits for the mount: a file alone, and other things, are no namespace', async () => {
    await withDirectory(async (directory) => {
      const other = await Namespace.create();
      await withWatch(directory, async (watch) => {
        execFileSync('mkfifo', [join(directory, 'fifo')]);
        for (const [name, target] of hostileLinks) symlinkSync(target, join(directory, name));
        mkdirSync(join(directory, 'directory'));
        writeFileSync(join(directory, 'uts'), '');
        execFileSync('mount', ['--bind', '/proc/self/ns/uts', join(directory, 'uts')]);
        writeFileSync(join(directory, 'blue'), '');
        await sleep(20);
        execFileSync('mount', ['--bind', pathOf(other), join(directory, 'blue')]);
        const [change] = await take(watch, 1);
        expect(change).to.include({ action: 'added', name: 'blue', id: other.id, cookie: other.cookie });
        // Only the mount goes; the file stays.
        execFileSync('umount', [join(directory, 'blue')]);
        expect(words(await take(watch, 1))).to.deep.equal(['removed blue']);
      });
      await other.close();
    });
  });

  it('waits for a directory that does not exist yet, and for one that is removed and comes again', async () => {
    await withDirectory(async (parent) => {
      const directory = join(parent, 'a', 'b');
      await withWatch(directory, async (watch) => {
        for (let round = 0; round < 3; round += 1) {
          const namespace = await Namespace.create('blue', { directory, temporary: true });
          expect(words(await take(watch, 1))).to.deep.equal(['added blue']);
          await namespace.close();
          expect(words(await take(watch, 1))).to.deep.equal(['removed blue']);
          rmSync(join(parent, 'a'), { recursive: true });
          // Moved into its place, with a name in it already.
          const elsewhere = join(parent, `elsewhere-${round}`);
          mkdirSync(elsewhere);
          mkdirSync(join(parent, 'a'));
          renameSync(elsewhere, directory);
          rmSync(join(parent, 'a'), { recursive: true });
        }
      });
    });
  });

  it('sees a file system that is mounted over the directory, and taken away', async () => {
    await withDirectory(async (directory) => {
      const below = await Namespace.create('below', { directory });
      await withWatch(directory, async (watch) => {
        execFileSync('mount', ['-t', 'tmpfs', 'none', directory]);
        expect(words(await take(watch, 1))).to.deep.equal(['removed below']);
        const above = await Namespace.create('above', { directory });
        expect(words(await take(watch, 1))).to.deep.equal(['added above']);
        execFileSync('umount', ['--lazy', directory]);
        expect(words(await take(watch, 2))).to.have.members(['removed above', 'added below']);
        await above.close();
      });
      await below.close();
    });
  });

  it('tells a namespace from its successor under the same name, also with the same inode', async () => {
    await withDirectory(async (directory) => {
      await withWatch(directory, async (watch) => {
        for (let round = 0; round < 40; round += 1) {
          const namespace = await Namespace.create('blue', { directory, temporary: true });
          await namespace.close();
        }
        const last = await Namespace.create('blue', { directory });
        // Transitions may be joined, but the last state is the one that is there, and each removal belongs to what was added.
        let present: bigint | undefined;
        for (;;) {
          const [change] = await take(watch, 1);
          if (change === undefined) break;
          if (change.action === 'removed') expect(change.cookie).to.equal(present);
          else expect(present).to.equal(undefined);
          present = change.action === 'removed' ? undefined : change.cookie;
          if (present === last.cookie) break;
        }
        // Another namespace mounted on the same file: nothing but the mount table tells.
        const next = await Namespace.create();
        execFileSync('sh', ['-c', `umount ${directory}/blue && mount --bind ${pathOf(next)} ${directory}/blue`]);
        const [removed, added] = await take(watch, 2);
        expect(removed).to.include({ action: 'removed', cookie: last.cookie });
        expect(added).to.include({ action: 'added', cookie: next.cookie, id: next.id });
        await Promise.all([last.close(), next.close()]);
      });
    });
  });

  it('loses nothing between the first look and the rest', async () => {
    await withDirectory(async (directory) => {
      const names = Array.from({ length: 30 }, (_, index) => `n${index}`);
      const creating = (async () => {
        const made: Namespace[] = [];
        for (const name of names) made.push(await Namespace.create(name, { directory }));
        return made;
      })();
      const watches: NamespaceWatch[] = [];
      for (let round = 0; round < 5; round += 1) {
        watches.push(Namespace.watch({ directory, existing: true }));
        await sleep(3);
      }
      for (const watch of watches) {
        const changes = await take(watch, names.length);
        expect(changes.map((change) => change.name)).to.have.members(names);
        await watch.close();
      }
      await Promise.all((await creating).map((namespace) => namespace.close()));
    });
  });

  it('keeps up with 200 names that come and go, and ends with the truth', async () => {
    await withDirectory(async (directory) => {
      const present = new Map<string, bigint>();
      const watch = Namespace.watch({ directory });
      await watch.ready;
      const reading = (async () => {
        for await (const change of watch) {
          if (change.action === 'removed') present.delete(change.name);
          else present.set(change.name, change.cookie);
          if (change.name === 'z-end') break;
        }
      })();
      for (let index = 0; index < 200; index += 1) {
        const namespace = await Namespace.create(`n${index % 50}`, { directory, ifExists: 'open' });
        await namespace.close();
        if (index % 3 === 0) await Namespace.delete(`n${index % 50}`, { directory });
      }
      // Changes that one look finds come sorted by name: this is the last of the last look.
      const end = await Namespace.create('z-end', { directory });
      await end.close();
      await reading;
      const list = await Namespace.list({ directory });
      expect([...present]).to.have.deep.members(list.map((entry) => [entry.name, entry.cookie]));
    });
  });

  it('holds no namespace open', async () => {
    await withDirectory(async (directory) => {
      const namespace = await Namespace.create('blue', { directory });
      await namespace.close();
      const before = namespaceFds();
      await withWatch(
        directory,
        async (watch) => {
          await take(watch, 1);
          expect(namespaceFds()).to.deep.equal(before);
          await Namespace.delete('blue', { directory });
          await take(watch, 1);
          expect(namespaceFds()).to.deep.equal(before);
        },
        true,
      );
    });
  });

  it('ends with its signal: ABORT_ERR with the reason, then done', async () => {
    await withDirectory(async (directory) => {
      const controller = new AbortController();
      const watch = Namespace.watch({ directory, signal: controller.signal });
      await watch.ready;
      const waiting = watch.next();
      const reason = new Error('enough');
      controller.abort(reason);
      expect(await rejectionOf(waiting)).to.deep.include({ code: 'ABORT_ERR', cause: reason, operation: 'watch namespaces' });
      expect(await watch.next()).to.deep.equal({ done: true, value: undefined });

      const aborted = Namespace.watch({ directory, signal: AbortSignal.abort('before') });
      expect(await rejectionOf(aborted.ready)).to.include({ code: 'ABORT_ERR', cause: 'before' });
      expect(await rejectionOf(aborted.next())).to.include({ code: 'ABORT_ERR' });
      expect(await aborted.next()).to.deep.equal({ done: true, value: undefined });

      const both = Namespace.watch({ directory: '/proc/self/nothing', signal: AbortSignal.abort('before') });
      const first = both.next();
      expect(await rejectionOf(first)).to.include({ code: 'ABORT_ERR' });
      expect(await rejectionOf(both.ready)).to.include({ code: 'ABORT_ERR' });

      const early = new AbortController();
      const between = Namespace.watch({ directory, signal: early.signal, existing: true });
      const next = between.next();
      early.abort();
      expect(await rejectionOf(next)).to.include({ code: 'ABORT_ERR' });
      expect(await rejectionOf(between.ready)).to.include({ code: 'ABORT_ERR' });
      expect(await between.next()).to.deep.equal({ done: true, value: undefined });
    });
  });

  it('shares a signal with any number of others, without a warning of Node', async () => {
    await withDirectory(async (directory) => {
      const controller = new AbortController();
      const watches = Array.from({ length: 20 }, () => Namespace.watch({ directory, signal: controller.signal }));
      await Promise.all(watches.map(({ ready }) => ready));
      expect(getEventListeners(controller.signal, 'abort')).to.have.length(1);
      await Promise.all(watches.slice(10).map((watch) => watch.close()));
      const waiting = watches.map((watch) => watch.next());
      controller.abort();
      for (const [at, next] of waiting.entries()) {
        if (at < 10) expect(await rejectionOf(next)).to.include({ code: 'ABORT_ERR' });
        else expect(await next).to.deep.equal({ done: true, value: undefined });
      }
      expect(getEventListeners(controller.signal, 'abort')).to.have.length(0);
    });
  });

  it('ends with close(), with return() and by leaving the loop; everyone who waits is done', async () => {
    await withDirectory(async (directory) => {
      const watch = Namespace.watch({ directory });
      await watch.ready;
      const waiting = [watch.next(), watch.next()];
      await watch.close();
      await watch[Symbol.asyncDispose]();
      expect(await Promise.all(waiting)).to.deep.equal([
        { done: true, value: undefined },
        { done: true, value: undefined },
      ]);
      const namespace = await Namespace.create('blue', { directory, temporary: true });
      const left = Namespace.watch({ directory, existing: true });
      for await (const change of left) {
        expect(change.name).to.equal('blue');
        break;
      }
      expect(await left.next()).to.deep.equal({ done: true, value: undefined });
      const never = Namespace.watch({ directory });
      await never.close();
      await never.ready;
      await namespace.close();
    });
  });

  it('keeps the process alive until it ends, unless it is told not to', () => {
    const directory = `/run/netns`;
    const kept = `
      const watch = Namespace.watch({ directory: '${directory}' });
      await watch.ready;
      const timer = setTimeout(() => { console.log('1'); watch.close(); }, 200);
      timer.unref();`;
    expect(resultOfProgram(kept)).to.equal(1);
    const released = `
      const watch = Namespace.watch({ directory: '${directory}' }).unref();
      watch.next();
      await watch.ready;
      console.log('1');`;
    expect(resultOfProgram(released)).to.equal(1);
  });

  it('refuses options that cannot be meant, at once', () => {
    for (const options of [{ exsting: true }, { existing: 1 }, { signal: {} }, { directory: 'x' }, 5]) {
      expect(errorOf(() => Namespace.watch(options as never))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    }
  });
});
