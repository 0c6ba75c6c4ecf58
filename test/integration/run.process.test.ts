import { expect } from 'chai';
import { asNobody, resultOfProgram, runProgram } from '../support/namespaces.js';
import { needsNobody, needsRoot } from '../support/skip.js';

const start = `const namespace = await Namespace.create({ loopback: true });`;

describe('A process with tasks', function () {
  this.timeout(60_000);
  before(function () {
    needsRoot(this);
  });

  it('ends by itself while threads are idle, and stays for a task that runs', () => {
    const idle = runProgram(`${start} console.log(await namespace.run(() => 'done'));`);
    expect(idle).to.deep.equal({ status: 0, signal: null, stdout: 'done\n', stderr: '' });
    const runs = runProgram(`${start}
      namespace.run(() => new Promise((resolve) => setTimeout(resolve, 300, 'waited for'))).then((value) => console.log(value));`);
    expect(runs).to.deep.equal({ status: 0, signal: null, stdout: 'waited for\n', stderr: '' });
  });

  const endings: Readonly<Record<string, readonly [run: string, code: string]>> = {
    'exits at once': ['() => process.exit(3)', 'NETLANE_TASK_LOST'],
    'exits later': ['() => new Promise(() => { setTimeout(() => process.exit(0), 20); })', 'NETLANE_TASK_LOST'],
    'throws where nobody can catch it': [
      "() => new Promise(() => { setTimeout(() => { throw new Error('late'); }, 20); })",
      'NETLANE_TASK_LOST',
    ],
    'uses up its memory': [
      '() => { const all = []; for (;;) all.push(new Array(1000).fill(1)); }, { resourceLimits: { maxOldGenerationSizeMb: 20 } }',
      'NETLANE_OUT_OF_MEMORY',
    ],
  };
  for (const [how, [run, code]] of Object.entries(endings)) {
    it(`hears of a task that ${how}, also where it has nothing else to do`, () => {
      const settled = `.catch((error) => console.log(error.code)).finally(() => { console.log('settled'); return namespace.close(); })`;
      const expected = { status: 0, signal: null, stdout: `${code}\nsettled\n`, stderr: '' };
      expect(runProgram(`${start} await namespace.run(${run})${settled};`)).to.deep.equal(expected);
      const warm = runProgram(`${start} await namespace.run(() => 1); void namespace.run(${run})${settled};`);
      expect(warm).to.deep.equal(expected);
    });
  }

  it('hears of an iterator whose thread ends between two values', () => {
    const result = runProgram(`${start}
      const iterator = await namespace.run(function* () { yield 1; process.exit(4); });
      console.log((await iterator.next()).value);
      await iterator.next().catch((error) => console.log(error.code, error.details.exitCode));
      await namespace.close();`);
    expect(result).to.deep.equal({ status: 0, signal: null, stdout: '1\nNETLANE_TASK_LOST 4\n', stderr: '' });
  });

  it('that has no fds for a thread is told so, and not that its function threw', () => {
    const result = resultOfProgram(
      `import { closeSync, openSync } from 'node:fs';
      ${start}
      await namespace.run(() => 1);
      const found = [];
      for (const left of [0, 4]) {
        const held = [];
        try { for (;;) held.push(openSync('/dev/null')); } catch {}
        for (const fd of held.splice(0, left)) closeSync(fd);
        found.push(await namespace.run(() => 1, { resourceLimits: { maxOldGenerationSizeMb: 50 } }).catch(({ code, message }) => ({ code, message })));
        for (const fd of held) closeSync(fd);
      }
      found.push(await namespace.run(() => 1, { resourceLimits: { maxOldGenerationSizeMb: 50 } }));
      await namespace.close();
      console.log(JSON.stringify(found));`,
      ['sh', '-c', 'ulimit -n 200; exec "$@"', 'sh'],
    ) as readonly { readonly code: string; readonly message: string }[];
    expect(result.at(-1)).to.equal(1);
    for (const error of result.slice(0, -1)) {
      expect(error.code).to.equal('NETLANE_TASK_LOST');
      expect(error.message)
        .to.match(/its thread could not start: .*EMFILE.*ulimit -n/)
        .and.not.to.include('thrown in a callback');
    }
  });

  it('ends by process.exit() and by an exception while a task loops', () => {
    const loop = `${start}
      const cells = new Int32Array(new SharedArrayBuffer(4));
      namespace.run((shared) => { Atomics.store(shared, 0, 1); for (;;); }, { args: [cells] }).catch(() => {});
      while (Atomics.load(cells, 0) === 0) await new Promise(setImmediate);`;
    expect(runProgram(`${loop} process.exit(7);`)).to.include({ status: 7, signal: null });
    expect(runProgram(`${loop} throw new Error('on purpose');`)).to.include({ status: 1, signal: null });
  });

  it('runs tasks in its own namespace without any privilege', function () {
    needsNobody(this);
    const result = resultOfProgram(
      `const here = await Namespace.current();
      const link = await here.run(() => process.getBuiltinModule('node:fs').readlinkSync('/proc/thread-self/ns/net'));
      const { readlinkSync } = process.getBuiltinModule('node:fs');
      await here.close();
      console.log(JSON.stringify(link === readlinkSync('/proc/self/ns/net')));`,
      asNobody,
    );
    expect(result).to.equal(true);
  });

  it('that may not enter the namespace is told so, as of everything else', function () {
    needsNobody(this);
    const result = resultOfProgram(
      `${start}
      const { setuid, setgid } = process;
      setgid(65534);
      setuid(65534);
      const error = await namespace.run(() => 1).catch((error) => error);
      console.log(JSON.stringify({ code: error.code, syscall: error.syscall, message: error.message }));
      await namespace.close();`,
    ) as { readonly code: string; readonly syscall: string; readonly message: string };
    expect(result).to.include({ code: 'EPERM', syscall: 'setns' });
    expect(result.message).to.match(/run a task in Namespace\(.*CAP_SYS_ADMIN/);
  });

  it('has its thread pool at home, also where a task uses it first', () => {
    const result = resultOfProgram(`${start}
      const { readFileSync } = process.getBuiltinModule('node:fs');
      const home = process.getBuiltinModule('node:fs').readlinkSync('/proc/self/ns/net');
      const pooled = await namespace.run(() => process.getBuiltinModule('node:fs').promises.readlink('/proc/thread-self/ns/net'));
      await namespace.close();
      const after = await process.getBuiltinModule('node:fs').promises.readlink('/proc/thread-self/ns/net');
      console.log(JSON.stringify({ task: pooled === home, main: after === home }));`);
    expect(result).to.deep.equal({ task: true, main: true });
  });

  it('gives tasks of a named namespace its devices and files, and keeps its own', () => {
    const own = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c'];
    const result = resultOfProgram(
      `import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
      mkdirSync('/etc/netns/blue', { recursive: true });
      writeFileSync('/etc/hosts', 'of the machine');
      writeFileSync('/etc/netns/blue/hosts', 'of blue');
      const blue = await Namespace.create('blue', { temporary: true });
      const route = await blue.route();
      await route.links.add({ name: 'inside0', kind: 'veth', peer: { name: 'inside1' } });
      const look = (mounts) => blue.run(() => {
        const fs = process.getBuiltinModule('node:fs');
        return { hosts: fs.readFileSync('/etc/hosts', 'utf8'), device: fs.existsSync('/sys/class/net/inside0') };
      }, { mounts });
      const mounts = readFileSync('/proc/self/mountinfo', 'utf8');
      const result = { unsaid: await look(), mounted: await look(true), unmounted: await look(false) };
      const same = readFileSync('/proc/self/mountinfo', 'utf8') === mounts;
      await blue.close();
      console.log(JSON.stringify({ ...result, here: readFileSync('/etc/hosts', 'utf8'), same }));`,
      [...own, 'mount -t tmpfs netlane-tests /etc && mount -t tmpfs netlane-tests /run/netns && exec "$@"', 'sh'],
    );
    const inside = { hosts: 'of blue', device: true };
    const outside = { hosts: 'of the machine', device: false };
    expect(result).to.deep.equal({ unsaid: inside, mounted: inside, unmounted: outside, here: 'of the machine', same: true });
  });
});
