import { expect } from 'chai';
import { needsRoot } from '../support/skip.js';
import { cycles } from './support/addon.js';
import { callForEver, census, gained, keepBusy, nothing, settledCensus, type Census, type Ending } from './support/busy.js';
import { resultOf, runScenario, type ModuleKind } from './support/scenario.js';

interface Report {
  /** How the workers ended: 'exit 1', 'error thrown in a callback', and how often. */
  readonly ends: Record<string, number>;
  readonly before: Census;
  readonly after: Census;
}

interface Plan {
  readonly kind: ModuleKind;
  readonly ending: Ending;
  readonly loadedFirst: 'in main' | 'in a worker';
  readonly cycles: number;
}

/** Starts busy workers, ends them, and counts what is left; in a process of its own. */
async function endWorkers(file: string, plan: Plan): Promise<void> {
  const { Worker } = process.getBuiltinModule('node:worker_threads');
  if (plan.loadedFirst === 'in main') process.getBuiltinModule('node:module').createRequire('/')(file);
  const program =
    plan.ending === 'is ended within a call' ? `(file, ending, announce) => (${String(callForEver)})(file, announce)` : String(keepBusy);
  const body = `const busy = ${program};
    busy(${JSON.stringify(file)}, ${JSON.stringify(plan.ending)}, () => process.getBuiltinModule('node:worker_threads').parentPort.postMessage('busy'));`;
  const start = () =>
    plan.kind === 'module' ? new Worker(new URL(`data:text/javascript,${encodeURIComponent(body)}`)) : new Worker(body, { eval: true });
  const ends: Record<string, number> = {};
  const count = (what: string) => (ends[what] = (ends[what] ?? 0) + 1);
  const one = (): Promise<void> =>
    new Promise((resolve) => {
      const worker = start();
      if (plan.ending.startsWith('is ended')) worker.on('message', () => setTimeout(() => void worker.terminate(), Math.random() * 4));
      worker.on('error', (error: Error) => count(`error ${error.message}`));
      worker.on('exit', (code) => {
        count(`exit ${code}`);
        resolve();
      });
    });
  await Promise.all([one(), one()]);
  for (const what of Object.keys(ends)) delete ends[what];
  const before = census();
  for (let cycle = 0; cycle < plan.cycles; cycle += 2) await Promise.all([one(), one()]);
  console.log(JSON.stringify({ ends, before, after: await settledCensus(before) }));
}

const expectedEnds: Record<Ending, readonly string[]> = {
  'is ended from outside': ['exit 1'],
  'is ended with calls under way': ['exit 1'],
  'is ended within a call': ['exit 1'],
  exits: ['exit 7'],
  'throws in a callback': ['error thrown in a callback', 'exit 1'],
  rejects: ['error rejected in a callback', 'exit 1'],
  'closes and ends': ['exit 0'],
  'ends with sockets open': ['exit 0'],
};

describe('A worker that uses the addon', function () {
  this.timeout(20_000 + cycles * 2000);

  before(function () {
    needsRoot(this);
  });

  for (const ending of Object.keys(expectedEnds) as Ending[]) {
    for (const kind of ['commonjs', 'module'] as const) {
      for (const loadedFirst of ['in main', 'in a worker'] as const) {
        it(`leaves nothing when it ${ending} (${kind}, loaded first ${loadedFirst})`, async () => {
          const outcome = await runScenario(endWorkers, [{ kind, ending, loadedFirst, cycles }], {
            kind,
            ownMounts: true,
            helpers: [keepBusy, callForEver, census, settledCensus],
          });
          const { ends, before, after } = resultOf(outcome) as Report;
          const even = Math.ceil(cycles / 2) * 2;
          expect(ends).to.deep.equal(Object.fromEntries(expectedEnds[ending].map((end) => [end, even])));
          expect(gained(before, after)).to.deep.equal(nothing);
          expect(outcome.stderr).to.equal('');
        });
      }
    }
  }
});
