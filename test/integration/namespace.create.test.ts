import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Namespace, type CreateOptions } from '../../lib/namespace.js';
import { rejectionOf } from '../support/error-of.js';
import { execInside, inUserNamespace, linkOf, resultOfProgram, runProgram, uniqueName, withDirectory } from '../support/namespaces.js';
import { needsRoot } from '../support/skip.js';
import { until } from './support/route.js';

function namespaceFds(): string[] {
  return readdirSync('/proc/self/fd')
    .map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return '';
      }
    })
    .filter((target) => target.startsWith('net:'));
}

/** All mounts. That one is shared is no change of what is mounted where: iproute2 does it as well. */
function mountTable(): string {
  return readFileSync('/proc/self/mountinfo', 'utf8').replaceAll(/ shared:\d+/g, '');
}

describe('Namespace.create', () => {
  before(function () {
    needsRoot(this);
  });

  it('makes an anonymous namespace that is none of the others, with lo down', async () => {
    const one = await Namespace.create();
    const other = await Namespace.create();
    try {
      expect(one.name).to.equal(undefined);
      expect(linkOf(one)).to.not.equal(readlinkSync('/proc/self/ns/net'));
      expect(one.id).to.not.equal(other.id);
      expect(one.equals(other)).to.equal(false);
      expect(execInside(one, 'ip', ['-brief', 'link'])).to.match(/^lo +DOWN/);
      expect(String(one)).to.equal(`Namespace(${one.id})`);
    } finally {
      await Promise.all([one.close(), other.close()]);
    }
  });

  it('sets lo up when asked', async () => {
    const namespace = await Namespace.create({ loopback: true });
    try {
      expect(execInside(namespace, 'ip', ['-brief', 'link'])).to.match(/^lo +UNKNOWN .*<LOOPBACK,UP,LOWER_UP>/);
      execInside(namespace, 'ip', ['route', 'get', '127.0.0.1']);
    } finally {
      await namespace.close();
    }
  });

  it('leaves every thread of the process where it was', async () => {
    const home = readlinkSync('/proc/self/ns/net');
    const namespace = await Namespace.create();
    const isAway = (tid: string): boolean => {
      try {
        return readlinkSync(`/proc/self/task/${tid}/ns/net`) !== home;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
        throw error;
      }
    };
    // The thread that made it has ended, but stands in /proc a moment longer.
    await until('all are at home', () => !readdirSync('/proc/self/task').some(isAway));
    await namespace.close();
  });

  it('gives a name that iproute2 finds, and that stays after close()', async () => {
    const name = uniqueName();
    const namespace = await Namespace.create(name, { loopback: true });
    try {
      expect(String(namespace)).to.equal(`Namespace(${name}, ${namespace.id})`);
      expect(execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' }).split(/\s/)).to.include(name);
      expect(execFileSync('ip', ['netns', 'exec', name, 'readlink', '/proc/self/ns/net'], { encoding: 'utf8' }).trim()).to.equal(
        linkOf(namespace),
      );
      expect(execFileSync('findmnt', ['-n', '-o', 'FSTYPE', `/run/netns/${name}`], { encoding: 'utf8' }).trim()).to.equal('nsfs');
      await namespace.close();
      expect(execFileSync('ip', ['-n', name, '-brief', 'link'], { encoding: 'utf8' })).to.match(/^lo/);
    } finally {
      await namespace.close();
      await Namespace.delete(name);
    }
  });

  it('is seen in mount namespaces that were made before and after', async () => {
    const name = uniqueName();
    const first = await Namespace.create(uniqueName(), { temporary: true });
    const before = execFileSync('sh', ['-c', 'unshare --mount --propagation unchanged sleep 600 >/dev/null 2>&1 & echo $!'], {
      encoding: 'utf8',
    }).trim();
    const home = readlinkSync('/proc/self/ns/mnt');
    try {
      while (readlinkSync(`/proc/${before}/ns/mnt`) === home) await new Promise((resolve) => setTimeout(resolve, 2));
      const namespace = await Namespace.create(name, { temporary: true });
      try {
        const stat = ['stat', '--format=%i', `/run/netns/${name}`];
        const inode = namespace.id.split(':')[1];
        expect(execFileSync('nsenter', ['--mount', '--target', before, ...stat], { encoding: 'utf8' }).trim()).to.equal(inode);
        expect(execFileSync('unshare', ['--mount', ...stat], { encoding: 'utf8' }).trim()).to.equal(inode);
      } finally {
        await namespace.close();
      }
    } finally {
      process.kill(Number(before), 'SIGKILL');
      await first.close();
    }
  });

  it('makes a missing directory, and puts the name there', async () => {
    await withDirectory(async (parent) => {
      const directory = join(parent, 'a', 'b');
      const namespace = await Namespace.create('blue', { directory });
      expect(`${statSync(join(directory, 'blue')).dev}:${statSync(join(directory, 'blue')).ino}`).to.equal(namespace.id);
      await namespace.close();
      const again = await Namespace.open('blue', { directory: `${directory}/` });
      await again.close();
      expect(again.name).to.equal('blue');
      await Namespace.delete('blue', { directory });
      expect(readdirSync(directory)).to.deep.equal([]);
    });
  });

  it('refuses a name that exists with EEXIST, and leaves that namespace alone', async () => {
    await withDirectory(async (directory) => {
      const first = await Namespace.create('blue', { directory });
      const error = await rejectionOf(Namespace.create('blue', { directory, temporary: true }));
      expect(error).to.include({ code: 'EEXIST', errno: -17, operation: 'create namespace blue', path: join(directory, 'blue') });
      expect(error.message).to.include("ifExists: 'open'");
      const still = await Namespace.open('blue', { directory });
      expect(still.equals(first)).to.equal(true);
      await Promise.all([first.close(), still.close()]);
    });
  });

  it("opens a name that exists with ifExists: 'open', and does not delete what it did not make", async () => {
    await withDirectory(async (directory) => {
      const options: CreateOptions = { directory, ifExists: 'open', temporary: true };
      const first = await Namespace.create('blue', { directory });
      const second = await Namespace.create('blue', options);
      expect(second.equals(first)).to.equal(true);
      await second.close();
      expect(readdirSync(directory)).to.deep.equal(['blue']);
      await first.close();
      await Namespace.delete('blue', { directory });
      const made = await Namespace.create('blue', options);
      expect(readdirSync(directory)).to.deep.equal(['blue']);
      await made.close();
      expect(readdirSync(directory)).to.deep.equal([]);
    });
  });

  it('says that an entry is stale, and how to remove it', async () => {
    await withDirectory(async (directory) => {
      writeFileSync(join(directory, 'blue'), '');
      const error = await rejectionOf(Namespace.create('blue', { directory, ifExists: 'open' }));
      expect(error).to.include({ code: 'NETLANE_NOT_A_NETNS' });
      expect(error.message).to.include("Namespace.delete('blue')");
      const plain = await rejectionOf(Namespace.create('blue', { directory }));
      expect(plain).to.include({ code: 'EEXIST' });
      expect(plain.message).to.include("Namespace.delete('blue')");
      expect(readFileSync(join(directory, 'blue'), 'utf8')).to.equal('');
    });
  });

  it('says so where the entry is a link that leads nowhere, or in a circle', async () => {
    await withDirectory((directory) => {
      symlinkSync('/nonexistent', join(directory, 'blue'));
      symlinkSync('red', join(directory, 'red'));
      // In a program of its own: what looks at it for ever never gives the loop back.
      const text = `
        const result = {};
        for (const name of ['blue', 'red']) {
          const { code, message } = await Namespace.create(name, { directory: ${JSON.stringify(directory)}, ifExists: 'open' }).catch((error) => error);
          result[name] = { code, message };
        }
        console.log(JSON.stringify(result));`;
      const result = resultOfProgram(text) as Record<string, { readonly code: string; readonly message: string }>;
      for (const name of ['blue', 'red']) {
        expect(result[name]?.code, name).to.equal('NETLANE_NOT_A_NETNS');
        expect(result[name]?.message, name).to.include('a symbolic link that leads nowhere').and.to.include(`Namespace.delete('${name}')`);
      }
      expect(readdirSync(directory).sort()).to.deep.equal(['blue', 'red']);
    });
  });

  it('waits for an entry that another program is just making', async () => {
    await withDirectory(async (directory) => {
      const other = await Namespace.create('other', { directory });
      writeFileSync(join(directory, 'blue'), '');
      const opening = Namespace.create('blue', { directory, ifExists: 'open' });
      execFileSync('mount', ['--bind', join(directory, 'other'), join(directory, 'blue')]);
      const blue = await opening;
      expect(blue.equals(other)).to.equal(true);
      await Promise.all([blue.close(), other.close()]);
    });
  });

  it('waits for a program that holds the lock of the directory, as iproute2 does', async () => {
    await withDirectory(async (directory) => {
      const holder = spawn('flock', [directory, 'sh', '-c', 'echo locked; read line'], { stdio: ['pipe', 'pipe', 'inherit'] });
      await once(holder.stdout, 'data');
      let made = false;
      const creating = Namespace.create('blue', { directory }).then((namespace) => {
        made = true;
        return namespace;
      });
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(made).to.equal(false);
      expect(readdirSync(directory)).to.deep.equal([]);
      holder.stdin.end('go\n');
      await (await creating).close();
      expect(readdirSync(directory)).to.deep.equal(['blue']);
      if (holder.exitCode === null) await once(holder, 'exit');
    });
  });

  it('lets exactly one of 20 calls with the same name create it, and leaves nothing of the others', async () => {
    await withDirectory(async (directory) => {
      const before = namespaceFds().length;
      const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => Namespace.create('blue', { directory })));
      const made = outcomes.filter((outcome) => outcome.status === 'fulfilled').map((outcome) => outcome.value);
      const codes = outcomes.filter((outcome) => outcome.status === 'rejected').map((outcome) => (outcome.reason as { code: string }).code);
      expect(made).to.have.length(1);
      expect(new Set(codes)).to.deep.equal(new Set(['EEXIST']));
      expect(namespaceFds()).to.have.length(before + 1);
      const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
        .split('\n')
        .filter((line) => line.includes(`${directory}/blue `));
      expect(mounts).to.have.length(1);
      await made[0]?.close();
      expect(namespaceFds()).to.have.length(before);
    });
  });

  it("gives all of 20 calls with ifExists: 'open' the same namespace", async () => {
    await withDirectory(async (directory) => {
      const all = await Promise.all(Array.from({ length: 20 }, () => Namespace.create('blue', { directory, ifExists: 'open' })));
      expect(new Set(all.map((namespace) => namespace.cookie)).size).to.equal(1);
      await Promise.all(all.map((namespace) => namespace.close()));
    });
  });

  it('survives being created and deleted under the same name by many at once', async () => {
    await withDirectory(async (directory) => {
      const churn = async (): Promise<void> => {
        for (let round = 0; round < 10; round += 1) {
          const namespace = await Namespace.create('blue', { directory, ifExists: 'open' });
          await namespace.close();
          await Namespace.delete('blue', { directory }).catch((error: unknown) =>
            expect((error as { code: string }).code).to.equal('ENOENT'),
          );
        }
      };
      await Promise.all(Array.from({ length: 6 }, churn));
      expect(readdirSync(directory)).to.deep.equal([]);
    });
  });

  for (const [what, prepare, code] of [
    ['the directory is a file', (directory: string) => writeFileSync(join(directory, 'names'), ''), 'EEXIST|ENOTDIR'],
    ['a parent is a file', (directory: string) => writeFileSync(join(directory, 'parent'), ''), 'ENOTDIR'],
    [
      'the file system is read-only',
      (directory: string) => {
        mkdirSync(join(directory, 'names'));
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'none', join(directory, 'names')]);
      },
      'EROFS',
    ],
  ] as const) {
    it(`leaves nothing when ${what}`, async () => {
      await withDirectory(async (parent) => {
        prepare(parent);
        const directory = what === 'a parent is a file' ? join(parent, 'parent', 'names') : join(parent, 'names');
        const before = namespaceFds();
        const mounts = mountTable();
        const error = await rejectionOf(Namespace.create('blue', { directory }));
        expect((error as { code?: string }).code).to.match(new RegExp(`^(${code})$`));
        expect((error as { operation?: string }).operation).to.equal('create namespace blue');
        expect(namespaceFds()).to.deep.equal(before);
        expect(mountTable()).to.equal(mounts);
      });
    });
  }

  it('leaves no file when the mount is refused (in a user namespace that does not own the mounts)', async () => {
    await withDirectory((directory) => {
      const text = `
        import { readdirSync, readlinkSync } from 'node:fs';
        const fds = () => readdirSync('/proc/self/fd').filter((fd) => { try { return readlinkSync('/proc/self/fd/' + fd).startsWith('net:') } catch { return false } }).length;
        const error = await Namespace.create('blue', { directory: ${JSON.stringify(directory)} }).then(() => ({}), (error) => error);
        console.log(JSON.stringify({ code: error.code, message: error.message, left: readdirSync(${JSON.stringify(directory)}), fds: fds() }));`;
      const result = resultOfProgram(text, inUserNamespace) as { code: string; message: string; left: string[]; fds: number };
      expect(result).to.include({ code: 'EPERM', fds: 0 });
      expect(result.message).to.include('CAP_SYS_ADMIN');
      expect(result.left).to.deep.equal([]);
    });
  });

  it('makes an anonymous namespace in a user namespace', () => {
    const done = runProgram(
      `const n = await Namespace.create({ loopback: true }); console.log(n.cookie > 0n); await n.close();`,
      inUserNamespace,
    );
    expect(done).to.include({ status: 0, stdout: 'true\n' });
  });

  it('says which limit is reached when the kernel makes no more', () => {
    const text = `
      import { writeFileSync } from 'node:fs';
      writeFileSync('/proc/sys/user/max_net_namespaces', '0');
      const error = await Namespace.create().then(() => ({}), (error) => error);
      console.log(JSON.stringify({ code: error.code, message: error.message }));`;
    const result = resultOfProgram(text, inUserNamespace) as { code: string; message: string };
    expect(result.code).to.equal('ENOSPC');
    expect(result.message).to.include('user.max_net_namespaces');
  });

  it('refuses names and options that cannot be meant, and makes nothing', async () => {
    const bad: readonly (readonly [() => Promise<unknown>, RegExp])[] = [
      ...['', '.', '..', 'a/b', 'a\0b', 'x'.repeat(256), '\ud800'].map(
        (name) => [() => Namespace.create(name), /^name must be the name of a namespace/] as const,
      ),
      ...[1, null, [], true, Symbol('x')].map((name) => [() => Namespace.create(name as never), /^name must be the name/] as const),
      [() => Namespace.create('blue', { loopbak: true } as never), /options has no option "loopbak" \(did you mean loopback\?\)/],
      [() => Namespace.create('blue', { loopback: 1 } as never), /options\.loopback must be true or false, got 1/],
      [() => Namespace.create('blue', { ifExists: 'replace' } as never), /options\.ifExists must be 'error' or 'open', got "replace"/],
      [() => Namespace.create('blue', { lane: 'mine' } as never), /options\.lane must be 'own' or 'shared'/],
      [() => Namespace.create('blue', { directory: 'relative' }), /options\.directory must be an absolute path/],
      [() => Namespace.create('blue', null as never), /options must be a plain object, got null/],
      [() => Namespace.create({ temporary: true }), /options\.temporary is about a name, and there is none/],
    ];
    for (const [call, message] of bad) {
      const error = await rejectionOf(call());
      expect(error).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
      expect(error.message).to.match(message);
    }
    expect(existsSync('/run/netns/blue')).to.equal(false);
  });

  it('takes the longest name, and names that only look special', async () => {
    await withDirectory(async (directory) => {
      for (const name of ['x'.repeat(255), 'é'.repeat(127), 'a.b', '...', '-rf', ' ', 'new\nline', '../x'.replace('/', '∕')]) {
        const namespace = await Namespace.create(name, { directory, temporary: true });
        expect(readdirSync(directory)).to.deep.equal([name]);
        await namespace.close();
      }
      expect(readdirSync(directory)).to.deep.equal([]);
    });
  });

  it('cannot be constructed by hand', () => {
    expect(() => new (Namespace as unknown as new (...parameters: unknown[]) => unknown)(Symbol('Namespace'), {})).to.throw(
      'a Namespace cannot be constructed',
    );
  });
});
