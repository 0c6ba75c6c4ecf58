import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { Namespace } from '../../../lib/namespace.js';
import { until } from './route.js';
import { threadsIn } from './tasks.js';

interface State {
  readonly threads: number;
  readonly descriptors: number;
  readonly mounts: string;
  /** Mount namespaces that threads of this process are in. */
  readonly mountNamespaces: readonly string[];
}

function mountNamespaces(): string[] {
  const found = new Set<string>();
  for (const thread of readdirSync('/proc/self/task')) {
    try {
      found.add(readlinkSync(`/proc/self/task/${thread}/ns/mnt`));
    } catch (error) {
      if (!['ENOENT', 'ESRCH', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  return [...found];
}

function state(): State {
  return {
    threads: readdirSync('/proc/self/task').length,
    // Without that of the listing.
    descriptors: readdirSync('/proc/self/fd').length - 1,
    mounts: readFileSync('/proc/self/mountinfo', 'utf8'),
    mountNamespaces: mountNamespaces(),
  };
}

/** Garbage is no leak, and the thread that collects it needs a moment. */
async function residentMemory(): Promise<number> {
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc?.();
    await sleep(20);
  }
  return process.memoryUsage.rss();
}

async function calls(namespace: Namespace, count: number): Promise<void> {
  const atOnce = 100;
  for (let first = 0; first < count; first += atOnce) {
    const numbers = Array.from({ length: Math.min(atOnce, count - first) }, (_, index) => first + index);
    const results = await Promise.all(
      numbers.map((number) =>
        // Some fail.
        number % 50 === 7
          ? namespace.run(() => Promise.reject(new Error('expected'))).catch((error: Error) => error.message)
          : namespace.run((value: number) => value, { args: [number] }),
      ),
    );
    expect(results).to.deep.equal(numbers.map((number) => (number % 50 === 7 ? 'expected' : number)));
  }
}

/**
 * Calls run() so many times in a namespace with mounts of its own, after a tenth as many to warm up, in four generations of threads, and compares what the process has
 * before and after. Gives the MiB that it has grown by.
 */
export async function growthByRuns(namespace: Namespace, count: number): Promise<number> {
  const idle = (): Promise<void> => until('no thread of a task is left', () => threadsIn(namespace).length === 0);
  await calls(namespace, Math.ceil(count / 10));
  await idle();
  const before = state();
  const memory = await residentMemory();
  for (let generation = 0; generation < 4; generation += 1) {
    await calls(namespace, count / 4);
    await idle();
  }
  const settled = (): boolean => {
    const now = state();
    return now.threads <= before.threads && now.descriptors <= before.descriptors;
  };
  await until('threads and descriptors are as they were', settled);
  const after = state();
  expect(after.mounts).to.equal(before.mounts);
  expect(after.mountNamespaces).to.deep.equal(before.mountNamespaces);
  expect(Namespace.leaks().threads).to.deep.equal([]);
  return ((await residentMemory()) - memory) / 2 ** 20;
}
