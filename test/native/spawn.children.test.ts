import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Native, SpawnJob } from '../../lib/native.js';
import { childDescriptors } from '../../lib/native.js';
import { rejectionOf } from '../support/error-of.js';
import { needsNobody, needsRoot } from '../support/skip.js';
import { addon, cycles, failureOf, inNamespace } from './support/addon.js';
import { resultOf, runScenario } from './support/scenario.js';

const { ignored, fromChild, toChild, both } = childDescriptors;

function job(namespace: number, changes: Partial<SpawnJob> = {}): SpawnJob {
  return {
    namespace,
    mounts: undefined,
    files: ['/bin/sh'],
    arguments: ['sh', '-c', 'exit 3'],
    environment: ['PATH=/usr/bin:/bin'],
    directory: '',
    user: undefined,
    group: undefined,
    groups: undefined,
    detached: false,
    descriptors: [ignored, ignored, ignored],
    ...changes,
  };
}

/** Starts, waits for the end, and gives back what was handed out. */
async function run(
  namespace: number,
  changes: Partial<SpawnJob> = {},
): Promise<{ code: number | null; signal: number | null } | undefined> {
  const child = await addon().spawnAsync(job(namespace, changes));
  for (const fd of child.streams) if (fd >= 0) addon().closeFd(fd);
  await new Promise<void>((resolve) => child.watch(resolve));
  const end = child.end();
  expect(child.end()).to.equal(undefined);
  expect(child.kill(0)).to.equal(3); // ESRCH
  child.watch(() => undefined);
  child.ref(false);
  return end;
}

describe('Starting a process', () => {
  before(function () {
    needsRoot(this);
  });

  it('tells how it ended, for every way in which it can be started', () =>
    inNamespace(async (namespace) => {
      for (const changes of [
        {},
        { mounts: '' },
        { user: 0, group: 0 },
        { detached: true, directory: '/' },
        { files: ['/missing/sh', '/etc/passwd', '/bin/sh'] },
        { descriptors: [toChild, fromChild, fromChild, both, ignored, both] },
        { descriptors: [toChild, fromChild, fromChild, 0, 1, 2] },
      ])
        expect(await run(namespace, changes), JSON.stringify(changes)).to.deep.equal({ code: 3, signal: null });
      expect(await run(-1, { arguments: ['sh', '-c', 'kill -9 $$'] })).to.deep.equal({ code: null, signal: 9 });
    }));

  it('takes the groups away', function () {
    needsNobody(this); // setgroups(2) is forbidden where an ordinary user is the only one
    return inNamespace(async (namespace) => expect(await run(namespace, { groups: [] })).to.deep.equal({ code: 3, signal: null }));
  });

  it('tells which step failed, and leaves nothing', () =>
    inNamespace(async (namespace) => {
      const before = readdirSync('/proc/self/fd').length;
      const streams = { descriptors: [toChild, fromChild, fromChild, both] };
      for (const [changes, expected] of [
        [{ files: ['/missing/sh'] }, { errno: -2, syscall: 'execve', path: '/missing/sh' }],
        [{ files: ['/missing/sh', '/etc/passwd'] }, { errno: -13, syscall: 'execve', path: '/etc/passwd' }],
        [{ directory: '/missing' }, { errno: -2, syscall: 'chdir', path: '/missing' }],
        [
          { user: 0, group: 0, directory: '/missing' },
          { errno: -2, syscall: 'chdir', path: '/missing' },
        ],
        [{ namespace: 1 }, { errno: -22, syscall: 'setns' }],
      ] as const)
        expect(failureOf(await rejectionOf(addon().spawnAsync(job(namespace, { ...streams, ...changes }))))).to.deep.equal(expected);
      expect(readdirSync('/proc/self/fd')).to.have.lengthOf(before);
      expect(readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8')).to.equal('');
    }));

  it('refuses what it cannot use, before it does anything', () => {
    const wrong: object[] = [
      { namespace: '1' },
      { mounts: 7 },
      { files: 'sh' },
      { files: [7] },
      { arguments: ['a\0b'] },
      { environment: undefined },
      { directory: null },
      { user: -1 },
      { user: 0xffffffff },
      { groups: ['x'] },
      { detached: 1 },
      { descriptors: [ignored] },
      { descriptors: [ignored, ignored, -5] },
    ];
    for (const changes of wrong) expect(() => addon().spawnAsync(job(-1, changes)), JSON.stringify(changes)).to.throw(TypeError);
    expect(() => addon().spawnAsync(undefined as never)).to.throw(TypeError);
    expect(() => addon().spawnAsync(job(-1, { descriptors: [ignored, ignored, 4_000_000] }))).to.throw(/EBADF/);
  });

  it('survives the end of workers with children, and of those that start them', async () => {
    const program = async (file: string, count: number): Promise<void> => {
      const { Worker } = process.getBuiltinModule('node:worker_threads');
      const fs = process.getBuiltinModule('node:fs');
      const work = (addonFile: string): void => {
        const native = process.getBuiltinModule('node:module').createRequire('/')(addonFile) as Native;
        const start = () =>
          native.spawnAsync({
            namespace: -1,
            mounts: undefined,
            files: ['/bin/cat'],
            arguments: ['cat'],
            environment: [],
            directory: '',
            user: undefined,
            group: undefined,
            groups: undefined,
            detached: false,
            descriptors: [-2, -3, -1],
          });
        const { parentPort } = process.getBuiltinModule('node:worker_threads');
        void start().then(async (child) => {
          child.watch(() => child.end());
          parentPort?.postMessage('started', []);
          for (;;) await Promise.all([start(), start()]);
        });
      };
      for (let cycle = 0; cycle < count; cycle += 1) {
        const worker = new Worker(`(${String(work)})(${JSON.stringify(file)})`, { eval: true });
        await new Promise((resolve) => worker.once('message', resolve));
        await worker.terminate();
      }
      const childrenOf = (tid: string): string => {
        try {
          return fs.readFileSync(`/proc/self/task/${tid}/children`, 'utf8').trim();
        } catch {
          return ''; // The thread has ended since.
        }
      };
      const children = () => fs.readdirSync('/proc/self/task').map(childrenOf);
      while (children().some((text) => text !== '')) await new Promise((resolve) => setTimeout(resolve, 5));
      console.log(JSON.stringify(children().length > 0));
    };
    expect(resultOf(await runScenario(program, [Math.min(cycles, 6)]))).to.equal(true);
  }).timeout(60_000);

  it('reads and writes files inside, and refuses what it cannot use', () =>
    inNamespace(async (namespace) => {
      const native = addon();
      await native.accessFileAsync(namespace, '/proc/sys/net/ipv4/ip_forward', '1\n');
      expect(String(await native.accessFileAsync(namespace, '/proc/sys/net/ipv4/ip_forward'))).to.equal('1\n');
      expect(String(await native.accessFileAsync(namespace, '/sys/class/net/lo/mtu'))).to.equal('65536\n');
      for (const [path, expected] of [
        ['/etc/passwd', { errno: -2, syscall: 'open', path: '/etc/passwd' }],
        ['/proc/self', { errno: -40, syscall: 'open', path: '/proc/self' }],
        ['/sys/class/net', { errno: -21, syscall: 'read', path: '/sys/class/net' }],
      ] as const)
        expect(failureOf(await rejectionOf(native.accessFileAsync(namespace, path)))).to.deep.equal(expected);
      expect(() => native.accessFileAsync(namespace, 7 as never)).to.throw(TypeError);
      expect(() => native.accessFileAsync(namespace, '/proc/net/dev', 'a\0b')).to.throw(TypeError);
    }));
});
