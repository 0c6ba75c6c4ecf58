import { expect } from 'chai';
import type { Native } from '../../lib/native.js';
import { needsRoot } from '../support/skip.js';
import { resultOf, runScenario } from './support/scenario.js';

interface Seen {
  readonly etc: readonly string[];
  readonly devices: readonly string[];
  readonly cgroup: readonly string[];
}

interface Report {
  readonly main: Seen;
  readonly worker: Seen;
  readonly without: Seen;
  readonly after: Seen;
  readonly mountsOfMain: boolean;
  readonly propagated: boolean;
  readonly onMain: string;
}

/** Two files for `blue`, one of which the machine has not got; a worker with mounts, and one for a name that has no files. */
async function enterMounts(file: string): Promise<void> {
  const fs = process.getBuiltinModule('node:fs');
  const { execFileSync } = process.getBuiltinModule('node:child_process');
  const { Worker } = process.getBuiltinModule('node:worker_threads');
  const native = process.getBuiltinModule('node:module').createRequire('/')(file) as Native;
  execFileSync('mount', ['-t', 'tmpfs', 'netlane-tests', '/etc']);
  fs.mkdirSync('/etc/netns/blue/directory', { recursive: true });
  fs.mkdirSync('/etc/directory');
  for (const [path, text] of [
    ['/etc/resolv.conf', 'of the machine'],
    ['/etc/other', 'of the machine'],
    ['/etc/netns/blue/resolv.conf', 'of blue'],
    ['/etc/netns/blue/missing', 'of blue'],
    ['/etc/netns/blue/directory/file', 'of blue'],
  ] as const)
    fs.writeFileSync(path, text);
  const look = (): Seen => ({
    etc: ['resolv.conf', 'other', 'missing', 'directory/file'].map((name) =>
      fs.existsSync(`/etc/${name}`) ? fs.readFileSync(`/etc/${name}`, 'utf8') : 'none',
    ),
    devices: fs.readdirSync('/sys/class/net').sort(),
    cgroup: fs.readdirSync('/sys/fs/cgroup').sort(),
  });
  const inWorker = (addonFile: string, namespace: number, name: string, lookInside: () => Seen): void => {
    const workerFs = process.getBuiltinModule('node:fs');
    const { parentPort } = process.getBuiltinModule('node:worker_threads');
    const native = process.getBuiltinModule('node:module').createRequire('/')(addonFile) as Native;
    native.enterNamespace(namespace);
    native.enterMounts(name);
    parentPort?.on('message', (path: string) => parentPort.postMessage(workerFs.existsSync(path), []));
    parentPort?.postMessage(lookInside(), []);
  };
  const namespace = await native.createNamespaceAsync(false);
  execFileSync('nsenter', [`--net=/proc/${process.pid}/fd/${namespace}`, 'ip', 'link', 'add', 'v0', 'type', 'veth', 'peer', 'v1']);
  const start = async (name: string) => {
    const values = [file, namespace, name].map((value) => JSON.stringify(value)).join(', ');
    const program = `const fs = require('node:fs'); (${String(inWorker)})(${values}, ${String(look)})`;
    const worker = new Worker(program, { eval: true });
    const next = (): Promise<unknown> =>
      new Promise((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
      });
    return { worker, next, seen: (await next()) as Seen };
  };
  const before = fs.readFileSync('/proc/self/mountinfo', 'utf8');
  const main = look();
  const blue = await start('blue');
  const none = await start('none');
  const mountsOfMain = fs.readFileSync('/proc/self/mountinfo', 'utf8') === before;
  // What is mounted outside is seen inside (the program's own mounts are shared for this).
  fs.mkdirSync('/etc/later');
  execFileSync('mount', ['--make-shared', '/etc']);
  const late = await start('none');
  execFileSync('mount', ['-t', 'tmpfs', 'netlane-tests', '/etc/later']);
  fs.writeFileSync('/etc/later/file', '');
  const told = late.next();
  late.worker.postMessage('/etc/later/file', []);
  const propagated = (await told) as boolean;
  let onMain = 'entered';
  try {
    native.enterMounts('blue');
  } catch (error) {
    onMain = (error as { syscall: string }).syscall;
  }
  await Promise.all([blue, none, late].map(({ worker }) => worker.terminate()));
  console.log(
    JSON.stringify({ main, worker: blue.seen, without: none.seen, after: look(), mountsOfMain, propagated, onMain } satisfies Report),
  );
}

describe("A thread's own mounts for its namespace", function () {
  before(function () {
    needsRoot(this);
  });

  it('show the devices of the namespace and its files of /etc/netns, to that thread alone', async () => {
    const report = resultOf(await runScenario(enterMounts, [], { ownMounts: true })) as Report;
    expect(report.main.etc).to.deep.equal(['of the machine', 'of the machine', 'none', 'none']);
    expect(report.worker.etc).to.deep.equal(['of blue', 'of the machine', 'none', 'of blue']);
    expect(report.without.etc).to.deep.equal(report.main.etc);
    expect(report.worker.devices).to.deep.equal(['lo', 'v0', 'v1']);
    expect(report.without.devices).to.deep.equal(['lo', 'v0', 'v1']);
    expect(report.main.devices).to.not.include('v0');
    expect(report.after).to.deep.equal(report.main);
    expect(report.mountsOfMain, 'mounts of the process unchanged').to.equal(true);
    expect(report.onMain).to.equal('unshare');
  });

  it('have what is mounted on /sys, and what is mounted later outside', async () => {
    const report = resultOf(await runScenario(enterMounts, [], { ownMounts: true })) as Report;
    expect(report.worker.cgroup).to.deep.equal(report.main.cgroup);
    expect(report.propagated).to.equal(true);
  });
});
