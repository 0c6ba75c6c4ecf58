import { expect } from 'chai';
import type { Native } from '../../lib/native.js';
import { needsRoot } from '../support/skip.js';
import { resultOf, runScenario } from './support/scenario.js';

/*
 * Each test works in a process with a mount namespace and a folder of its own: what it mounts ends with the process, and the folder can
 * be made a mount of any kind.
 */

interface Failure {
  errno: number;
  syscall: string;
  path: string;
}

interface Room {
  file: string;
  native: Native;
  folder: string;
  shell: (script: string) => string;
  /** Mounts below the folder: path below it and root of what is mounted, in order. */
  mounts: () => string[];
  fails: (call: Promise<unknown>) => Promise<Failure>;
  isNamespace: (path: string, fd: number) => boolean;
}

/** Runs in the scenario's process; the folder is gone afterwards. */
async function inFolder(file: string, body: (room: Room) => Promise<unknown>): Promise<void> {
  const fs = process.getBuiltinModule('node:fs');
  const { execFileSync } = process.getBuiltinModule('node:child_process');
  const native = process.getBuiltinModule('node:module').createRequire('/')(file) as Native;
  const folder = fs.mkdtempSync(`${process.getBuiltinModule('node:os').tmpdir()}/netlane-names-`);
  const shell = (script: string): string => execFileSync('sh', ['-c', `cd ${folder} && ${script}`], { encoding: 'utf8', stdio: 'pipe' });
  const mounts = (): string[] =>
    fs
      .readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .map((line) => line.split(' '))
      .filter((fields) => fields[4]?.startsWith(folder) === true)
      .map((fields) => `${fields[4]?.slice(folder.length)} ${fields[3]?.replace(/\d+/, 'N').replace(/^.*netlane-names-\w+/, '')}`);
  const fails = async (call: Promise<unknown>): Promise<Failure> => {
    const [outcome] = await Promise.allSettled([call]);
    if (outcome.status === 'fulfilled') throw new Error('the call succeeded');
    const { errno, syscall, path } = outcome.reason as Failure;
    return { errno, syscall, path: path.replace(folder, '') };
  };
  const isNamespace = (path: string, fd: number): boolean => {
    const opened = native.openNamespace(path);
    const same = native.identity(opened).inode === native.identity(fd).inode;
    native.closeFd(opened);
    return same;
  };
  try {
    const result = await body({ file, native, folder, shell, mounts, fails, isNamespace });
    console.log(JSON.stringify(result));
  } finally {
    execFileSync('sh', ['-c', `until ! umount -R ${folder}/*; do :; done 2>/dev/null; rm -rf ${folder}`]);
  }
}

async function room<T>(body: (room: Room) => Promise<T>): Promise<T> {
  const program = `(file) => inFolder(file, ${String(body)})`;
  return resultOf(await runScenario(program, [], { ownMounts: true, helpers: [inFolder] })) as T;
}

describe('Names of namespaces', function () {
  this.timeout(60_000);

  before(function () {
    needsRoot(this);
  });

  it('make a folder that is a shared mount of its own, once', async () => {
    const result = await room(async ({ native, folder, shell, mounts, isNamespace }) => {
      const fd = await native.createNamespaceAsync(false);
      const netns = `${folder}/deep/er/netns`;
      await native.bindNameAsync(netns, 'a', fd);
      const first = mounts();
      await native.bindNameAsync(netns, 'b.c', fd);
      const propagation = shell('findmnt -no PROPAGATION deep/er/netns').trim();
      const modes = shell('umount deep/er/netns/a && stat -c %a deep deep/er deep/er/netns deep/er/netns/a').trim().split('\n');
      const same = isNamespace(`${netns}/b.c`, fd);
      shell('umount -R deep/er/netns');
      return { first, second: mounts(), propagation, modes, same };
    });
    expect(result).to.deep.equal({
      first: ['/deep/er/netns /deep/er/netns', '/deep/er/netns/a net:[N]'],
      second: [],
      propagation: 'shared',
      modes: ['755', '755', '755', '444'],
      same: true,
    });
  });

  it('appear in mount namespaces that were made after the folder was shared', async () => {
    const seen = await room(async ({ native, folder, shell }) => {
      const { spawn } = process.getBuiltinModule('node:child_process');
      const fd = await native.createNamespaceAsync(false);
      await native.bindNameAsync(`${folder}/netns`, 'first', fd);
      const other = spawn('unshare', ['--mount', '--propagation', 'unchanged', 'sh', '-c', 'echo ready; cat >/dev/null']);
      await new Promise((resolve) => other.stdout.once('data', resolve));
      await native.bindNameAsync(`${folder}/netns`, 'second', fd);
      const there = () => shell(`grep -c netns/second /proc/${other.pid}/mountinfo || true`).trim();
      const before = there();
      await native.unbindNameAsync(`${folder}/netns`, 'second');
      const after = there();
      other.stdin.end();
      await new Promise((resolve) => other.once('close', resolve));
      return { before, after };
    });
    expect(seen).to.deep.equal({ before: '1', after: '0' });
  });

  it('are left alone when they exist, and nothing is made a mount for them', async () => {
    const result = await room(async ({ native, folder, shell, mounts, fails }) => {
      const fd = await native.createNamespaceAsync(false);
      shell('mkdir netns && echo kept > netns/file && ln -s /nowhere netns/link && mkdir netns/folder && mkfifo netns/fifo');
      const failures = [];
      for (const name of ['file', 'link', 'folder', 'fifo']) failures.push(await fails(native.bindNameAsync(`${folder}/netns`, name, fd)));
      return { failures, mounts: mounts(), kept: shell('cat netns/file; ls netns') };
    });
    expect(result).to.deep.equal({
      failures: ['file', 'link', 'folder', 'fifo'].map((name) => ({ errno: -17, syscall: 'open', path: `/netns/${name}` })),
      mounts: [],
      kept: 'kept\nfifo\nfile\nfolder\nlink\n',
    });
  });

  it('leave nothing when the mount fails, not even a folder that was made for them', async () => {
    const result = await room(async ({ native, folder, shell, mounts, fails }) => {
      const fs = process.getBuiltinModule('node:fs');
      // A directory cannot be mounted on a file: the last step fails.
      shell('mkdir wrong');
      const wrong = fs.openSync(`${folder}/wrong`, 'r');
      const failure = await fails(native.bindNameAsync(`${folder}/netns`, 'a', wrong));
      // The same below a mount that was there before: that one stays.
      shell('mkdir own && mount --bind own own');
      const second = await fails(native.bindNameAsync(`${folder}/own`, 'a', wrong));
      fs.closeSync(wrong);
      return { failure, second, mounts: mounts(), names: shell('ls -A . own') };
    });
    expect(result.failure).to.deep.equal({ errno: -20, syscall: 'mount', path: '/netns/a' });
    expect(result.second).to.deep.equal({ errno: -20, syscall: 'mount', path: '/own/a' });
    expect(result.mounts).to.deep.equal(['/own /own']);
    expect(result.names).to.equal('.:\nown\nwrong\n\nown:\n');
  });

  it('are not possible below a file, or in a folder that cannot be made', async () => {
    const failures = await room(async ({ native, folder, shell, fails }) => {
      const fd = await native.createNamespaceAsync(false);
      shell('echo > file && ln -s nowhere dangling');
      return [
        await fails(native.bindNameAsync(`${folder}/file`, 'a', fd)),
        await fails(native.bindNameAsync(`${folder}/file/below`, 'a', fd)),
        await fails(native.bindNameAsync(`${folder}/dangling`, 'a', fd)),
        await fails(native.unbindNameAsync(`${folder}/missing`, 'a')),
      ];
    });
    expect(failures).to.deep.equal([
      { errno: -20, syscall: 'open', path: '/file' },
      { errno: -20, syscall: 'mkdir', path: '/file/below' },
      { errno: -2, syscall: 'open', path: '/dangling' },
      { errno: -2, syscall: 'open', path: '/missing' },
    ]);
  });

  it('are taken away with all that is mounted on them', async () => {
    const result = await room(async ({ native, folder, shell, mounts, fails }) => {
      const fd = await native.createNamespaceAsync(false);
      const netns = `${folder}/netns`;
      await native.bindNameAsync(netns, 'stacked', fd);
      shell('mount --bind /proc/self/ns/net netns/stacked && mount --bind /proc/self/ns/net netns/stacked');
      const before = mounts().length;
      await native.unbindNameAsync(netns, 'stacked');
      shell('echo > netns/stale && ln -s /etc/hostname netns/link');
      await native.unbindNameAsync(netns, 'stale');
      await native.unbindNameAsync(netns, 'link');
      const gone = await fails(native.unbindNameAsync(netns, 'stacked'));
      return { before, after: mounts(), names: shell('ls -A netns'), gone };
    });
    expect(result).to.deep.equal({
      before: 4,
      after: [],
      names: '',
      gone: { errno: -2, syscall: 'stat', path: '/netns/stacked' },
    });
  });

  it('are never taken for the target of a symbolic link, nor for a folder with its mounts', async () => {
    const result = await room(async ({ native, folder, shell, mounts, fails }) => {
      const fd = await native.createNamespaceAsync(false);
      await native.bindNameAsync(`${folder}/netns`, 'real', fd);
      shell('ln -s real netns/link && mkdir netns/folder && mount -t tmpfs none netns/folder');
      await native.unbindNameAsync(`${folder}/netns`, 'link');
      const refused = await fails(native.unbindNameAsync(`${folder}/netns`, 'folder'));
      return { refused, mounts: mounts(), names: shell('ls -A netns') };
    });
    expect(result).to.deep.equal({
      refused: { errno: -21, syscall: 'unlink', path: '/netns/folder' },
      mounts: ['/netns /netns', '/netns/real net:[N]', '/netns/folder /'],
      names: 'folder\nreal\n',
    });
  });

  it('can be made and taken away by many at once: one wins, and nothing is left', async () => {
    const result = await room(async ({ native, folder, shell, mounts }) => {
      const fd = await native.createNamespaceAsync(false);
      const netns = `${folder}/netns`;
      const made = await Promise.allSettled(Array.from({ length: 16 }, () => native.bindNameAsync(netns, 'one', fd)));
      await Promise.all(Array.from({ length: 16 }, (_, index) => native.bindNameAsync(netns, `n${index}`, fd)));
      const between = mounts().length;
      const taken = await Promise.allSettled(Array.from({ length: 16 }, () => native.unbindNameAsync(netns, 'one')));
      await Promise.all(Array.from({ length: 16 }, (_, index) => native.unbindNameAsync(netns, `n${index}`)));
      const outcomes = (list: PromiseSettledResult<void>[]) =>
        list.map((entry) => (entry.status === 'fulfilled' ? 0 : (entry.reason as Failure).errno)).sort((left, right) => right - left);
      return { made: outcomes(made), taken: outcomes(taken), between, after: mounts(), names: shell('ls -A netns') };
    });
    expect(result).to.deep.equal({
      made: [0, ...Array<number>(15).fill(-17)],
      taken: [0, ...Array<number>(15).fill(-2)],
      between: 18,
      after: [],
      names: '',
    });
  });

  it('wait for the lock of another program, and a thread that ends meanwhile waits no longer', async () => {
    const result = await room(async ({ file, native, folder, shell, mounts }) => {
      const { spawn } = process.getBuiltinModule('node:child_process');
      const { Worker } = process.getBuiltinModule('node:worker_threads');
      const fd = await native.createNamespaceAsync(false);
      shell('mkdir netns');
      const holder = spawn('flock', [`${folder}/netns`, 'sh', '-c', 'echo locked; cat >/dev/null']);
      await new Promise((resolve) => holder.stdout.once('data', resolve));
      let settled = false;
      const waiting = native.bindNameAsync(`${folder}/netns`, 'a', fd).then(() => (settled = true));
      const worker = new Worker(
        `require(${JSON.stringify(file)}).bindNameAsync('${folder}/netns', 'b', ${fd});
         require('node:worker_threads').parentPort.postMessage('waits');`,
        { eval: true },
      );
      worker.once('message', () => void worker.terminate());
      await new Promise((resolve) => worker.once('exit', resolve));
      const early = settled;
      holder.stdin.end();
      await waiting;
      return { early, mounts: mounts(), names: shell('ls -A netns') };
    });
    expect(result).to.deep.equal({ early: false, mounts: ['/netns /netns', '/netns/a net:[N]'], names: 'a\n' });
  });
});
