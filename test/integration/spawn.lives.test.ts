import { spawn as spawnOutside } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { moduleUrl } from '../support/namespaces.js';
import { needsRoot } from '../support/skip.js';
import { limit } from '../support/time.js';
import { childrenOfThisProcess, isThere, ofThreads, stateOf } from './support/children.js';

const library = `const { Namespace } = await import(${JSON.stringify(moduleUrl('namespace'))});`;

async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + limit(20_000);
  while (!condition()) {
    if (performance.now() > end) throw new Error('it did not happen');
    await sleep(10);
  }
}

/** A worker that starts children and tells their pids. */
async function workerWith(count: number): Promise<{ worker: Worker; pids: number[] }> {
  const program = `(async () => {
    ${library}
    const { parentPort } = require('node:worker_threads');
    const n = await Namespace.create();
    const children = [];
    for (let index = 0; index < ${count}; index += 1) children.push(await n.spawn('cat'));
    parentPort.postMessage(children.map(({ pid }) => pid));
    parentPort.on('message', () => undefined);
  })();`;
  const worker = new Worker(program, { eval: true });
  const [pids] = (await once(worker, 'message')) as [number[]];
  return { worker, pids };
}

describe('the life of children', () => {
  before(function () {
    needsRoot(this);
  });

  it('whose worker is terminated: their streams end, and they are reaped by a thread that ends with the last of them', async () => {
    for (let cycle = 0; cycle < 3; cycle += 1) {
      const { worker, pids } = await workerWith(3);
      expect(pids.map(stateOf)).to.have.lengthOf(3).and.to.not.include(undefined);
      await worker.terminate();
      // Their standard input has come to its end, so that they end.
      await until(() => pids.every((pid) => !isThere(pid)));
      await until(() => !ofThreads('comm').includes('netlane-reaper'));
    }
  });

  it('whose worker is terminated while they go on: they do, and are no zombies when they are done', async () => {
    const program = `(async () => {
      ${library}
      const { parentPort } = require('node:worker_threads');
      const n = await Namespace.create();
      const child = await n.spawn('sleep', ['1000'], { stdio: 'ignore' });
      parentPort.postMessage(child.pid);
      parentPort.on('message', () => undefined);
    })();`;
    const worker = new Worker(program, { eval: true });
    const [pid] = (await once(worker, 'message')) as [number];
    await worker.terminate();
    expect(stateOf(pid)).to.be.oneOf(['S', 'R', 'D']);
    process.kill(pid, 'SIGKILL');
    await until(() => !isThere(pid));
  });

  it('whose worker is terminated while they start: none is left as a zombie', async () => {
    for (let cycle = 0; cycle < 4; cycle += 1) {
      const program = `(async () => {
        ${library}
        const { parentPort } = require('node:worker_threads');
        const n = await Namespace.create();
        parentPort.postMessage('ready');
        for (;;) await Promise.all([n.spawn('true'), n.exec('true'), n.spawn('cat', [], { stdio: 'pipe' })]);
      })();`;
      const worker = new Worker(program, { eval: true });
      await once(worker, 'message');
      await sleep(2 * cycle);
      await worker.terminate();
    }
    await until(() => childrenOfThisProcess().length === 0);
  });

  it('whose process is killed: they live on, their streams have ended, and nobody has to clean up', async () => {
    const program = `${library}
      const n = await Namespace.create();
      const [one, other] = [await n.spawn('cat'), await n.spawn('sleep', ['1000'], { stdio: 'ignore' })];
      console.log(JSON.stringify([one.pid, other.pid]));`;
    const parent = spawnOutside(process.execPath, ['--input-type=module', '--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [text] = (await once(parent.stdout, 'data')) as [Buffer];
    const [reader = 0, sleeper = 0] = JSON.parse(String(text)) as number[];
    parent.kill('SIGKILL');
    await once(parent, 'close');
    await until(() => stateOf(reader) === undefined || stateOf(reader) === 'Z');
    expect(stateOf(sleeper)).to.be.oneOf(['S', 'R', 'D']);
    process.kill(sleeper, 'SIGKILL');
    await until(() => stateOf(sleeper) === undefined || stateOf(sleeper) === 'Z');
  });

  it('keeps the process alive until they have ended, unless they are unreferenced', async () => {
    const run = async (unref: boolean): Promise<string> => {
      const program = `${library}
        const n = await Namespace.create();
        const child = await n.spawn('sh', ['-c', 'read line'], { stdio: [0, 'ignore', 'ignore'] });
        child.on('exit', (code) => console.log('ended', code));
        process.on('exit', () => console.log('this process ends'));
        ${unref ? 'child.unref();' : ''}
        console.log('started', child.pid);
        await n.close();`;
      const parent = spawnOutside(process.execPath, ['--input-type=module', '--eval', program], { stdio: ['pipe', 'pipe', 'inherit'] });
      // From the start: it may close while something else is waited for.
      const closed = once(parent, 'close');
      // It may have ended, or been ended, before it read.
      parent.stdin.on('error', () => undefined);
      let text = '';
      parent.stdout.setEncoding('utf8').on('data', (part: string) => {
        text += part;
        // Only now may it end.
        if (!unref && text.includes('started')) parent.stdin.end('\n');
      });
      if (unref) await until(() => text.includes('this process ends'));
      const pid = Number(/started (\d+)/.exec(text)?.[1] ?? 0);
      if (unref) parent.stdin.end('\n');
      await closed;
      if (unref) await until(() => stateOf(pid) === undefined || stateOf(pid) === 'Z');
      return text.replace(/\d{2,}/, 'PID').trim();
    };
    expect(await run(true)).to.equal('started PID\nthis process ends');
    expect(await run(false)).to.equal('started PID\nended 0\nthis process ends');
  });
});
