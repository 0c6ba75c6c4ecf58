import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, mkdirSync, openSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { handleOf } from '../../lib/namespace/handle.js';
import { Namespace, type NamespaceSource } from '../../lib/namespace.js';
import { native } from '../../lib/native.js';
import { rejectionOf } from '../support/error-of.js';
import {
  linkOf,
  pathOf,
  resultOfProgram,
  threadInside,
  uniqueName,
  withDirectory,
  withNamedNamespace,
  withNamespace,
} from '../support/namespaces.js';
import { needsRoot } from '../support/skip.js';

/** A process inside the namespace, running until it is killed. */
async function withProcess(namespace: Namespace, use: (child: ChildProcess & { pid: number }) => Promise<void>): Promise<void> {
  const child = spawn('nsenter', [`--net=${pathOf(namespace)}`, '--', 'sh', '-c', 'echo ready; exec sleep 600'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(child, 'exit');
  try {
    await once(child.stdout, 'data');
    if (child.pid === undefined) throw new Error('the process has no pid');
    await use(child as ChildProcess & { pid: number });
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

async function expectSame(source: NamespaceSource, namespace: Namespace): Promise<void> {
  const opened = await Namespace.open(source);
  try {
    expect(opened.equals(namespace), String(opened)).to.equal(true);
    expect(opened.cookie).to.equal(namespace.cookie);
  } finally {
    await opened.close();
  }
}

describe('Namespace.open', () => {
  before(function () {
    needsRoot(this);
  });

  it('opens by name, in each form', async () => {
    await withNamedNamespace(async (namespace, name) => {
      await expectSame(name, namespace);
      await expectSame({ name }, namespace);
      const opened = await Namespace.open(name);
      await opened.close();
      expect(opened.name).to.equal(name);
    });
  });

  it('opens by path, and knows the name when the path is one', async () => {
    await withNamedNamespace(async (namespace, name) => {
      await expectSame({ path: pathOf(namespace) }, namespace);
      for (const path of [`/run/netns/${name}`, `/var/run/netns/${name}`, `/run//netns/./${name}`]) {
        const opened = await Namespace.open({ path });
        await opened.close();
        expect(opened.name, path).to.equal(name);
      }
    });
    const own = await Namespace.open({ path: '/proc/self/ns/net' });
    await own.close();
    expect(own.name).to.equal(undefined);
  });

  it('opens the namespace of a process, of a thread and of a pidfd', async () => {
    await withNamespace(async (namespace) => {
      await withProcess(namespace, async ({ pid }) => {
        expect(readlinkSync(`/proc/${pid}/ns/net`)).to.equal(linkOf(namespace));
        await expectSame({ pid }, namespace);
        await expectSame({ pid, tid: pid }, namespace);
      });
    });
    const text = `
      import { execFileSync } from 'node:child_process';
      const pidfd = Number(process.argv[1]);
      const a = await Namespace.open({ pidfd });
      console.log(JSON.stringify(a.id));
      await a.close();`;
    await withNamespace(async (namespace) => {
      await withProcess(namespace, ({ pid }) => {
        // Node has no pidfd_open: Python hands one to the program.
        const python = `import os,sys; fd=os.pidfd_open(${pid}); os.set_inheritable(fd,True); os.execvp(sys.argv[1], sys.argv[1:]+[str(fd)])`;
        expect(resultOfProgram(text, ['python3', '-c', python])).to.equal(namespace.id);
        return Promise.resolve();
      });
    });
  });

  it('tells the threads of a process apart', async () => {
    await withNamespace(async (namespace) => {
      const { worker, tid } = await threadInside(namespace);
      try {
        await expectSame({ pid: process.pid, tid }, namespace);
        const own = await Namespace.current();
        await expectSame({ pid: process.pid }, own);
        await own.close();
      } finally {
        await worker.terminate();
      }
    });
  });

  it('opens the namespace that the calling thread is in', async () => {
    const own = await Namespace.current();
    expect(own.cookie >= 0n).to.equal(true);
    await own.close();
    expect(linkOf(own)).to.equal(readlinkSync('/proc/self/ns/net'));
    expect(own.name).to.equal(undefined);
  });

  it('duplicates an fd: both are closed by their owners', async () => {
    await withNamespace(async (namespace) => {
      const fd = openSync(pathOf(namespace), 'r');
      const opened = await Namespace.open({ fd });
      expect(opened.fd).to.not.equal(fd);
      closeSync(fd);
      expect(opened.cookie).to.equal(namespace.cookie);
      const second = openSync(pathOf(namespace), 'r');
      await opened.close();
      expect(fstatSync(second).ino).to.equal(Number(namespace.id.split(':')[1]));
      closeSync(second);
    });
  });

  it('opens the namespace of a socket: an fd, and those of Node', async () => {
    await withNamespace(async (namespace) => {
      const socket = native().openSocket(namespace.fd, 2, 1, 0);
      try {
        await expectSame({ socket }, namespace);
        await expectSame({ socket: { fd: socket } }, namespace);
      } finally {
        native().closeFd(socket);
      }
    });
    const own = await Namespace.current();
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no address');
    const client = connect(address.port, '127.0.0.1');
    const [accepted] = (await Promise.all([once(server, 'connection'), once(client, 'connect')]))[0] as [ReturnType<typeof connect>];
    try {
      await expectSame({ socket: server }, own);
      await expectSame({ socket: client }, own);
    } finally {
      client.destroy();
      accepted.destroy();
      server.close();
      await own.close();
    }
  });

  it('opens nothing that is no network namespace, and never blocks', async () => {
    await withDirectory(async (directory) => {
      const path = (name: string): string => join(directory, name);
      execFileSync('mkfifo', [path('fifo')]);
      mkdirSync(path('directory'));
      writeFileSync(path('file'), 'text');
      symlinkSync('fifo', path('link'));
      const server = createServer().listen(path('socket'));
      await once(server, 'listening');
      const expected: readonly (readonly [string, RegExp])[] = [
        [path('fifo'), /is a FIFO/],
        [path('link'), /is a FIFO/],
        [path('directory'), /is a directory/],
        [path('file'), /is an ordinary file/],
        [path('socket'), /is a socket/],
        ['/dev/null', /is a device/],
        ['/dev/tty', /is a device/],
        ...['mnt', 'user', 'uts', 'ipc', 'pid', 'cgroup'].map((kind) => [`/proc/self/ns/${kind}`, /a namespace of another kind/] as const),
        ['/proc/self/environ', /is an ordinary file/],
      ];
      try {
        for (const [file, message] of expected) {
          const error = await rejectionOf(Namespace.open({ path: file }));
          expect(error, file).to.include({ code: 'NETLANE_NOT_A_NETNS' });
          expect(error.message).to.match(message);
        }
        for (const name of ['fifo', 'directory', 'file', 'socket']) {
          const error = await rejectionOf(Namespace.open(name, { directory }));
          expect(error, name).to.include({ code: 'NETLANE_NOT_A_NETNS', operation: `open namespace ${name}` });
        }
      } finally {
        server.close();
      }
    });
  });

  it('refuses fds that are no network namespace', async () => {
    for (const path of ['/dev/null', '/proc/self/ns/mnt', '/']) {
      const fd = openSync(path, 'r');
      const error = await rejectionOf(Namespace.open({ fd }));
      expect(error, path).to.include({ code: 'NETLANE_NOT_A_NETNS' });
      closeSync(fd);
    }
    const file = openSync('/dev/null', 'r');
    const socketError = await rejectionOf(Namespace.open({ socket: file }));
    const pidfdError = await rejectionOf(Namespace.open({ pidfd: file }));
    closeSync(file);
    expect(socketError).to.include({ code: 'ENOTSOCK' });
    expect(socketError.message).to.include('is not a socket');
    expect(pidfdError.message).to.include('is not a pidfd');
    for (const source of [{ fd: 999_999 }, { socket: 999_999 }, { pidfd: 999_999 }]) {
      expect(await rejectionOf(Namespace.open(source)), JSON.stringify(source)).to.include({ code: 'EBADF' });
    }
  });

  it('says that a name, a process or a thread is not there', async () => {
    const name = uniqueName();
    const error = await rejectionOf(Namespace.open(name));
    expect(error).to.include({ code: 'ENOENT', errno: -2, path: `/run/netns/${name}` });
    expect(error.message).to.include('searched: /run/netns');
    const child = spawn('true');
    await once(child, 'exit');
    const pid = child.pid ?? 0;
    for (const [source, who] of [
      [{ pid }, `process ${pid}`],
      [{ pid: process.pid, tid: 4_194_304 }, 'thread 4194304 of process'],
    ] as const) {
      const missing = await rejectionOf(Namespace.open(source));
      expect(missing).to.include({ code: 'ENOENT' });
      expect(missing.message).to.include(who).and.to.include('is not there, or has ended');
    }
  });

  it('says that an entry is stale', async () => {
    await withDirectory(async (directory) => {
      writeFileSync(join(directory, 'blue'), '');
      const error = await rejectionOf(Namespace.open('blue', { directory }));
      expect(error).to.include({ code: 'NETLANE_NOT_A_NETNS' });
      expect(error.message).to.include("Namespace.delete('blue') removes the stale entry");
    });
  });

  it('refuses sources that cannot be meant', async () => {
    const bad: readonly (readonly [unknown, RegExp])[] = [
      [undefined, /^source must be a name, or an object with one of name, path/],
      [null, /^source must be/],
      [7, /^source must be/],
      [{}, /^source must be .*got none/],
      [{ pid: 1, fd: 3 }, /got pid and fd/],
      [{ tid: 1 }, /tid only with pid/],
      [{ fd: 1, tid: 1 }, /tid only with pid/],
      [{ pdi: 1 }, /source has no field "pdi" \(did you mean pid\?\)/],
      [{ name: 'blue', lane: 'shared' }, /options such as lane and directory are the second argument|did you mean/],
      [{ pid: 0 }, /source\.pid must be an integer from 1 to 2147483647, got 0/],
      [{ pid: -1 }, /source\.pid/],
      [{ pid: 1.5 }, /source\.pid/],
      [{ pid: '1' }, /source\.pid .* got "1"/],
      [{ pid: 1, tid: Number.NaN }, /source\.tid/],
      [{ fd: -1 }, /source\.fd must be an integer from 0/],
      [{ pidfd: 2 ** 31 }, /source\.pidfd/],
      [{ socket: 'x' }, /source\.socket must be the fd of a socket/],
      [{ socket: {} }, /source\.socket/],
      [{ path: '' }, /source\.path/],
      [{ path: 'a\0b' }, /source\.path/],
      [{ path: 5 }, /source\.path/],
      [{ container: 'abc' }, /source\.container must be a container id/],
      [{ container: '../../etc' }, /source\.container/],
      ['a/b', /a name has no slash; to open a file use \{ path \}/],
      ['', /^name must be/],
      [{ name: '..' }, /^source\.name must be/],
    ];
    for (const [source, message] of bad) {
      const error = await rejectionOf(Namespace.open(source as NamespaceSource));
      expect(error, JSON.stringify(source)).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
      expect(error.message).to.match(message);
    }
    const option = await rejectionOf(Namespace.open('x', { directry: '/tmp' } as never));
    expect(option.message).to.include('did you mean directory?');
  });

  it("keeps the option lane: 'shared' for the sockets", async () => {
    const own = await Namespace.open({ pid: process.pid }, { lane: 'shared' });
    await own.close();
    expect(handleOf(own)?.lane).to.equal('shared');
  });

  it('looks into /run/netns first, then into /var/run/netns, where they are two', () => {
    const text = `
      import { execFileSync } from 'node:child_process';
      const run = (...args) => execFileSync(args[0], args.slice(1), { encoding: 'utf8' });
      run('mount', '-t', 'tmpfs', 'none', '/run');
      run('mount', '-t', 'tmpfs', 'none', '/var');
      run('mkdir', '-p', '/var/run/netns');
      const out = {};
      const old = await Namespace.create('old');
      out.created = run('ls', '/var/run/netns').trim();
      run('mkdir', '/run/netns');
      const opened = await Namespace.open('old');
      out.openedOld = opened.equals(old);
      const first = await Namespace.create('both', { directory: '/run/netns' });
      const second = await Namespace.create('both', { directory: '/var/run/netns' });
      const both = await Namespace.open('both');
      out.firstWins = both.equals(first) && !both.equals(second);
      out.listed = (await Namespace.list()).map((entry) => entry.name + (entry.id === second.id ? ' second' : ''));
      await Namespace.delete('both');
      const rest = await Namespace.open('both');
      out.thenSecond = rest.equals(second);
      out.exists = await Namespace.create('old').then(() => 'made', (error) => error.code);
      await Namespace.delete('both');
      await Namespace.delete('old');
      out.left = await Namespace.list();
      await Promise.all([old, opened, first, second, both, rest].map((n) => n.close()));
      console.log(JSON.stringify(out));`;
    expect(resultOfProgram(text, ['unshare', '--mount', '--'])).to.deep.equal({
      created: 'old',
      openedOld: true,
      firstWins: true,
      listed: ['both', 'old'],
      thenSecond: true,
      exists: 'EEXIST',
      left: [],
    });
  });
});
