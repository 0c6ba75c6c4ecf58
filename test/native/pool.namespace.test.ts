import { expect } from 'chai';
import { needsRoot } from '../support/skip.js';
import type { Native } from '../../lib/native.js';
import { resultOf, runScenario, type ModuleKind } from './support/scenario.js';

interface Report {
  readonly home: string;
  readonly inside: string;
  /** What fs.promises, which runs on the pool, saw as its thread's namespace: in the worker, and in main after the worker has gone. */
  readonly seenInWorker: string[];
  readonly seenInMain: string[];
  /** Threads outside the process's namespace while the worker lives (without the worker), and after it. */
  readonly strayDuring: string[];
  readonly strayAfter: string[];
}

/** A worker enters a namespace and uses the pool before anybody else does. */
async function useThePool(file: string, loadedFirst: 'in main' | 'in a worker'): Promise<void> {
  const fs = process.getBuiltinModule('node:fs');
  const { Worker } = process.getBuiltinModule('node:worker_threads');
  if (loadedFirst === 'in main') process.getBuiltinModule('node:module').createRequire('/')(file);

  const inWorker = async (addonFile: string): Promise<void> => {
    const workerFs = process.getBuiltinModule('node:fs');
    const { parentPort } = process.getBuiltinModule('node:worker_threads');
    const native = process.getBuiltinModule('node:module').createRequire('/')(addonFile) as Native;
    native.enterNamespace(await native.createNamespaceAsync(true));
    const pool = await Promise.all(Array.from({ length: 16 }, () => workerFs.promises.readlink('/proc/thread-self/ns/net')));
    const own = workerFs.readlinkSync('/proc/thread-self/ns/net');
    parentPort?.postMessage({ thread: native.threadId(), own, pool: [...new Set(pool)] }, []);
    setInterval(() => undefined, 1000);
  };
  const home = fs.readlinkSync('/proc/self/ns/net');
  const isAway = (thread: string): boolean => {
    try {
      return fs.readlinkSync(`/proc/self/task/${thread}/ns/net`) !== home;
    } catch {
      return false; // It ended while the folder was read.
    }
  };
  // A thread that was joined stands in /proc a moment longer.
  const stray = async (except: number): Promise<string[]> => {
    for (let look = 0; ; look += 1) {
      const found = fs.readdirSync('/proc/self/task').filter((thread) => Number(thread) !== except && isAway(thread));
      if (found.length === 0 || look === 500) return found;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const worker = new Worker(`(${String(inWorker)})(${JSON.stringify(file)})`, { eval: true });
  const seen = await new Promise<{ thread: number; own: string; pool: string[] }>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  const strayDuring = await stray(seen.thread);
  await worker.terminate();
  const seenInMain = await Promise.all(Array.from({ length: 16 }, () => fs.promises.readlink('/proc/thread-self/ns/net')));
  console.log(
    JSON.stringify({
      home,
      inside: seen.own,
      seenInWorker: seen.pool,
      seenInMain: [...new Set(seenInMain)],
      strayDuring,
      strayAfter: await stray(0),
    } satisfies Report),
  );
}

describe('The thread pool', function () {
  before(function () {
    needsRoot(this);
  });

  for (const kind of ['commonjs', 'module'] as const satisfies ModuleKind[]) {
    for (const loadedFirst of ['in main', 'in a worker'] as const) {
      it(`stays at home when a worker enters a namespace and uses it first (${kind}, loaded first ${loadedFirst})`, async () => {
        const report = resultOf(await runScenario(useThePool, [loadedFirst], { kind })) as Report;
        expect(report.inside).not.to.equal(report.home);
        expect(report.seenInWorker).to.deep.equal([report.home]);
        expect(report.seenInMain).to.deep.equal([report.home]);
        expect(report.strayDuring).to.deep.equal([]);
        expect(report.strayAfter).to.deep.equal([]);
      });
    }
  }
});
