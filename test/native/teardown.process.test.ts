import { expect } from 'chai';
import { needsRoot } from '../support/skip.js';
import { cycles } from './support/addon.js';
import { keepBusy, type Ending } from './support/busy.js';
import { runScenario, type ModuleKind } from './support/scenario.js';

/** Busy workers, and a main thread that comes to its end in the given way once all are busy. */
function endProcess(file: string, kind: ModuleKind, ending: Ending, workers: number): void {
  const { Worker } = process.getBuiltinModule('node:worker_threads');
  const body = `const busy = ${String(keepBusy)};
    busy(${JSON.stringify(file)}, 'is ended with calls under way', () => process.getBuiltinModule('node:worker_threads').parentPort.postMessage('busy'));`;
  const start = () =>
    kind === 'module' ? new Worker(new URL(`data:text/javascript,${encodeURIComponent(body)}`)) : new Worker(body, { eval: true });
  let busy = 0;
  const proceed = (): void => {
    busy += 1;
    if (busy === workers || workers === 0) void keepBusy(file, ending, () => undefined);
  };
  for (let count = 0; count < workers; count += 1) {
    const worker = start();
    worker.on('message', () => {
      worker.unref(); // Only once it runs: before, this keeps the process alive for ever.
      proceed();
    });
  }
  if (workers === 0) proceed();
}

const expected: Partial<Record<Ending, { code: number; stderr: RegExp }>> = {
  exits: { code: 7, stderr: /^$/ },
  'throws in a callback': { code: 1, stderr: /Error: thrown in a callback/ },
  rejects: { code: 1, stderr: /Error: rejected in a callback/ },
  'closes and ends': { code: 0, stderr: /^$/ },
  'ends with sockets open': { code: 0, stderr: /^$/ },
};

describe('A process that uses the addon', function () {
  this.timeout(20_000 + cycles * 2000);

  before(function () {
    needsRoot(this);
  });

  for (const [ending, { code, stderr }] of Object.entries(expected)) {
    for (const kind of ['commonjs', 'module'] as const) {
      it(`does not crash when it ${ending} while workers are busy (${kind})`, async () => {
        const endOne = async (workers: number): Promise<void> => {
          const outcome = await runScenario(endProcess, [kind, ending as Ending, workers], { kind, helpers: [keepBusy] });
          expect({ code: outcome.code, signal: outcome.signal }, outcome.stderr).to.deep.equal({ code, signal: null });
          expect(outcome.stderr).to.match(stderr);
        };
        for (let cycle = 0; cycle < cycles; cycle += 2) await Promise.all([endOne(cycle % 3), endOne((cycle + 1) % 3)]);
      });
    }
  }
});
