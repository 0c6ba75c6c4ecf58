import { createInterface } from 'node:readline';
import type { Sample } from './racer.js';

/** Does the work COUNT times; what it gives is called afterwards, outside the time, and tells what came out. */
export type Run = (count: number) => Promise<() => Sample['answer'] | Promise<Sample['answer']>>;

/** Does work that measures itself: not all of what it does counts. */
export type MeasuredRun = (count: number) => Promise<Sample>;

function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) * 1000;
}

export function timed(run: Run): MeasuredRun {
  return async (count) => {
    const cpu = process.cpuUsage();
    const start = performance.now();
    const answer = await run(count);
    const value = (performance.now() - start) * 1e6;
    const used = cpuSince(cpu);
    return { value, cpu: used, answer: await answer() };
  };
}

/** A stopwatch for runs in which only some moments count. */
export class Stopwatch {
  readonly #times: number[] = [];
  cpu = 0;

  /** The median of the moments, times how many they are: between them the kernel takes apart what the one before has left, which delays some of them. */
  get value(): number {
    const sorted = this.#times.toSorted((a, b) => a - b);
    return (sorted[sorted.length >> 1] ?? 0) * sorted.length;
  }

  async time<T>(work: () => Promise<T>): Promise<T> {
    const cpu = process.cpuUsage();
    const start = performance.now();
    const result = await work();
    this.#times.push((performance.now() - start) * 1e6);
    this.cpu += cpuSince(cpu);
    return result;
  }
}

/** Speaks the protocol of the benchmark until its input ends (see peers/protocol.h). */
export async function serve(run: MeasuredRun, close: () => Promise<void>): Promise<void> {
  process.stdout.write('ready\n');
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await run(Number(line)))}\n`);
  }
  await close();
}
