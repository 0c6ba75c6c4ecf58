import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { root } from '../support/documents.js';
import { needsRoot, skip } from '../support/skip.js';
import { limit } from '../support/time.js';

const demo = ['dist/docs/demo.js'];

/** Names that the run with this pid made: others may be running. */
function scratchNames(pid: number | undefined): string[] {
  expect(pid).to.be.a('number');
  try {
    return readdirSync('/run/netns').filter((name) => name.startsWith(`netlane-demo-${pid}-`));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function run(file = process.execPath, args: readonly string[] = demo): Promise<string> {
  const { stdout } = await promisify(execFile)(file, args, { cwd: root, timeout: limit(30_000), killSignal: 'SIGKILL' });
  return stdout;
}

function factsOf(output: string): Record<string, unknown> {
  return JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>;
}

/**
 * Starts the demo, and stops it for a moment when its three namespaces have names. On a busy machine it may be through with all before
 * this is seen: then another one is started.
 */
async function startedWithNames(): Promise<ReturnType<typeof spawn>> {
  const end = performance.now() + limit(60_000);
  for (;;) {
    const child = spawn(process.execPath, demo, { cwd: root, stdio: 'ignore' });
    while (scratchNames(child.pid).length < 3 && child.exitCode === null) {
      if (performance.now() > end) throw new Error('the demo was not seen with three names');
      await sleep(2);
    }
    child.kill('SIGSTOP');
    while (child.exitCode === null && !/^State:\tT/m.test(readFileSync(`/proc/${child.pid}/status`, 'utf8'))) await sleep(1);
    if (scratchNames(child.pid).length === 3) return child;
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
}

describe('The demo', function () {
  this.timeout(60_000);
  before(function () {
    needsRoot(this);
  });

  it('tells its story in plain text where there is no terminal, and ends with one line for machines', async () => {
    const output = await run();
    expect(output).to.not.include('\x1b');
    const lines = output.trimEnd().split('\n');
    expect(lines).to.have.length.within(40, 100);
    const facts = factsOf(output);
    expect(facts).to.include({ netlane: 'demo', ok: true, bytes: 16 * 2 ** 20, overruns: 0 });
    expect(facts['left']).to.deep.equal({ threads: 0, fds: 0, names: 0 });
    expect(facts['namespaces']).to.be.a('number').and.be.at.least(1);
    for (const lane of ['client', 'router', 'server']) expect(facts['events']).to.have.property(lane).that.is.at.least(5);
    const [, pid] = /netlane-demo-(\d+)-client/.exec(output) ?? [];
    expect(scratchNames(Number(pid))).to.deep.equal([]);
  });

  for (const [signal, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    it(`removes all that it made on ${signal}, also when it comes twice, and ends with ${status}`, async () => {
      const child = await startedWithNames();
      const ended = once(child, 'exit');
      child.kill(signal);
      child.kill('SIGCONT');
      await sleep(5);
      child.kill(signal);
      expect(await ended).to.deep.equal([status, null]);
      expect(scratchNames(child.pid)).to.deep.equal([]);
    });
  }

  it('removes what a run before it left that was killed with SIGKILL', async () => {
    const child = await startedWithNames();
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    expect(scratchNames(child.pid)).to.have.length(3);
    expect(await run()).to.match(/removed \d+ namespaces of a run that was killed/);
    expect(scratchNames(child.pid)).to.deep.equal([]);
  });

  it('removes all that it made when nobody reads what it says', async () => {
    const child = spawn(process.execPath, demo, { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] });
    const ended = once(child, 'exit');
    child.stdout.destroy();
    expect(await ended).to.deep.equal([1, null]);
    expect(scratchNames(child.pid)).to.deep.equal([]);
  });

  it('does without names where none can be made', async () => {
    const output = await run('unshare', [
      '--mount',
      'sh',
      '-c',
      `mount -t tmpfs -o ro none /run && exec "$@"`,
      'sh',
      process.execPath,
      ...demo,
    ]);
    expect(output).to.include('no name could be made');
    expect(factsOf(output)).to.include({ ok: true });
  });

  it('runs itself again in a user namespace where it is nobody', async function () {
    const wrapper = ['--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all', '--bounding-set=-all'];
    if (spawnSync('setpriv', [...wrapper, 'unshare', '-rnm', 'true']).status !== 0) skip(this, 'no user namespaces for ordinary users');
    const output = await run('setpriv', [...wrapper, process.execPath, ...demo]);
    expect(output).to.match(/^Making namespaces needs CAP_SYS_ADMIN\. Running again as root of a user namespace/);
    expect(factsOf(output)).to.include({ ok: true });
  });

  it('says what is missing where it may not make namespaces at all', async () => {
    const script = 'echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --bounding-set=-all --inh-caps=-all "$@"';
    const refused = await promisify(execFile)('unshare', ['-rn', 'sh', '-c', script, 'sh', process.execPath, ...demo], {
      cwd: root,
      timeout: limit(30_000),
      killSignal: 'SIGKILL',
    }).then(
      () => undefined,
      (error: unknown) => error as { code: number; stdout: string },
    );
    expect(refused?.code).to.equal(1);
    expect(refused?.stdout).to.include('root (CAP_SYS_ADMIN)').and.include('sudo').and.include('--cap-add SYS_ADMIN');
    expect(factsOf(refused?.stdout ?? '')).to.deep.equal({ netlane: 'demo', ok: false, missing: 'CAP_SYS_ADMIN' });
  });
});
