import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Piscina } from 'piscina';
import { serve, Stopwatch, timed, type MeasuredRun } from './serve.js';
import { delayOfBystander, withBatch } from './watches.js';

/*
 * What Node alone can do, as a yardstick: bare.js WORK [NAMESPACE]. Workers that do nothing but say that they run, processes that only start, and
 * what the kernel makes everybody wait for.
 */

const [, , work = '', name = ''] = process.argv;

const echo = "const { parentPort } = require('node:worker_threads'); parentPort.postMessage(1); parentPort.on('message', () => undefined);";

async function startWorker(): Promise<Worker> {
  const worker = new Worker(echo, { eval: true });
  await once(worker, 'message');
  return worker;
}

const workerStarts: MeasuredRun = async (count) => {
  const watch = new Stopwatch();
  for (let at = 0; at < count; at++) {
    const worker = await watch.time(startWorker);
    await worker.terminate();
  }
  return { value: watch.value, cpu: watch.cpu, answer: { answers: count } };
};

const workerMemory: MeasuredRun = async (count) => {
  const resident = (): number => {
    globalThis.gc?.();
    return process.memoryUsage.rss();
  };
  const workers = [await startWorker()];
  const before = resident();
  for (let at = 0; at < count; at++) workers.push(await startWorker());
  const value = resident() - before;
  for (const worker of workers) await worker.terminate();
  return { value, cpu: 0, answer: { running: count } };
};

/** On a thread that runs already: the pool is made in the first round, which does not count. */
let pool: Piscina | undefined;

const piscinaRuns: MeasuredRun = timed(async (count) => {
  const filename = fileURLToPath(new URL('./trivial-task.js', import.meta.url));
  pool ??= new (await import('piscina')).Piscina({ filename, minThreads: 1, atomics: 'disabled' });
  let sum = 0;
  for (let at = 0; at < count; at++) sum += (await pool.run(undefined, { name: 'trivial' })) as number;
  return () => ({ sum });
});

const processes: MeasuredRun = timed(async (count) => {
  let ended = 0;
  for (let at = 0; at < count; at++) {
    const [status] = (await once(spawn('/bin/true', [], { stdio: 'ignore' }), 'exit')) as [number];
    if (status === 0) ended++;
  }
  return () => ({ ended });
});

const connections: MeasuredRun = timed(async (count) => {
  const server = createServer((connection) => connection.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  let closed = 0;
  for (let at = 0; at < count; at++) {
    const socket = connect(port, '127.0.0.1');
    socket.resume();
    socket.end();
    await once(socket, 'close');
    closed++;
  }
  server.close();
  return () => ({ closed });
});

/** As users have it. */
const library = import.meta.resolve('netlane');

/** A process that imports something and ends. */
const imports = (source: string): MeasuredRun =>
  timed((count) => {
    for (let at = 0; at < count; at++) execFileSync(process.execPath, ['--input-type=module', '-e', source]);
    return Promise.resolve(() => ({ processes: count }));
  });

/** iproute2's changes, with nobody watching. */
const batches: MeasuredRun = (count) =>
  withBatch(name, count, async (start) => {
    const watch = new Stopwatch();
    await watch.time(start);
    return { value: watch.value, cpu: watch.cpu, answer: { entries: count } };
  });

const works: Readonly<Record<string, MeasuredRun>> = {
  'worker-start': workerStarts,
  'worker-memory': workerMemory,
  'piscina-run': piscinaRuns,
  'process-spawn': processes,
  'net-connect': connections,
  'ip-batch': batches,
  bystander: delayOfBystander(name),
  'import-nothing': imports(''),
  'import-netlane': imports(`import ${JSON.stringify(library)};`),
};

const run = works[work];
if (run === undefined) throw new Error(`no such work: ${work}; there are ${Object.keys(works).join(', ')}`);
await serve(run, async () => {
  await pool?.destroy();
});
