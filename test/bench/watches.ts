import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isDeepStrictEqual } from 'node:util';
import { Namespace, type Route } from '../../lib/index.js';
import type { MeasuredRun } from './serve.js';

/*
 * Works of watches and streams that measure something else than how long they take: memory, the longest time that the loop was blocked, the
 * longest that somebody else waited.
 */

/** @param name what `ip -n` calls the namespace. */
type Open = (namespace: Namespace, name: string) => Promise<MeasuredRun>;

const table = 1000;

/** The routes of a batch; those of an address and of the loopback are in other tables. */
const isOurs = (route: Route): boolean => route.table === table;

/** Runs iproute2's -batch with so many new routes; `during` runs beside it. Whatever happens, the routes are gone afterwards. */
export async function withBatch<T>(name: string, count: number, during: (start: () => Promise<void>) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'netlane-bench-'));
  const file = join(directory, 'batch');
  const line = (at: number): string => `route add 16.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}/32 dev lo table ${table}`;
  writeFileSync(file, Array.from({ length: count }, (_, at) => `${line(at)}\n`).join(''));
  let ended: Promise<void> | undefined;
  const start = (): Promise<void> => {
    const writer = spawn('ip', ['-n', name, '-batch', file], { stdio: ['ignore', 'ignore', 'inherit'] });
    ended = once(writer, 'exit').then(([status]) => {
      if (status !== 0) throw new Error(`ip -batch ended with ${status}`);
    });
    return ended;
  };
  try {
    const result = await during(start);
    await ended;
    return result;
  } finally {
    execFileSync('ip', ['-n', name, 'route', 'flush', 'table', String(table)], { stdio: 'ignore' });
    rmSync(directory, { recursive: true });
  }
}

/** The longest time that the loop was blocked while something ran, in nanoseconds. */
async function longestBlock(work: () => Promise<void>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  // The first interval begins now.
  await new Promise((resolve) => setTimeout(resolve, 5));
  delay.reset();
  await work();
  await new Promise((resolve) => setTimeout(resolve, 5));
  delay.disable();
  return delay.max;
}

/** What a work measured, for all of COUNT; that it is not more for more is the point of some. */
async function sample(count: number, of: 'each' | 'all', work: () => Promise<number>): Promise<Awaited<ReturnType<MeasuredRun>>> {
  const before = process.cpuUsage();
  const value = await work();
  const { user, system } = process.cpuUsage(before);
  return { value: of === 'all' ? value : value * count, cpu: (user + system) * 1000, answer: { entries: count } };
}

/** Every event of a watch is told; how long the last one took, or how long the loop was blocked meanwhile. */
const changesTold =
  (measured: 'time' | 'block'): Open =>
  async (namespace, name) => {
    const client = await namespace.route();
    return (count) =>
      sample(count, measured === 'time' ? 'all' : 'each', () =>
        withBatch(name, count, async (start) => {
          const watch = client.watch(['ipv4-route']);
          await watch.ready;
          const began = performance.now();
          const block = await longestBlock(async () => {
            start().catch(() => watch.close());
            let told = 0;
            for await (const event of watch) {
              if (event.action === 'overrun') throw new Error(`events were lost after ${told}`);
              if (event.action !== 'synchronized' && event.action !== 'removed' && ++told === count) break;
            }
            if (told !== count) throw new Error(`${told} events of ${count}`);
          });
          return measured === 'time' ? (performance.now() - began) * 1e6 : block;
        }),
      );
  };

/** A watch that loses events, finds that out, and has the state of a fresh list in the end. */
const changesFound =
  (receiveBuffer: number): Open =>
  async (namespace, name) => {
    const client = await namespace.route();
    return (count) =>
      sample(count, 'all', () =>
        withBatch(name, count, async (start) => {
          const watch = client.watch(['ipv4-route'], { existing: true, receiveBuffer });
          await watch.ready;
          const began = performance.now();
          start().catch(() => watch.close());
          const state = new Map<string | undefined, Route>();
          for await (const event of watch) {
            if (!('object' in event) || event.object !== 'route' || !isOurs(event.value)) continue;
            if (event.action === 'removed') state.delete(event.value.destination);
            else state.set(event.value.destination, event.value);
            if (state.size === count) break;
          }
          const took = (performance.now() - began) * 1e6;
          const fresh = new Map((await client.routes.list({ family: 'ipv4', table })).map((route) => [route.destination, route]));
          if (!isDeepStrictEqual(state, fresh))
            throw new Error(`the watch has ${state.size} routes, the list ${fresh.size}, or they differ`);
          return took;
        }),
      );
  };

const resident = (): number => {
  globalThis.gc?.();
  return process.memoryUsage.rss();
};

/** The most that the process ever had resident. */
function highest(): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) * 1024;
}

const streamed =
  (measured: 'memory' | 'block'): Open =>
  async (namespace) => {
    const { routes, links } = await namespace.route();
    // The lane runs, and has answered.
    await links.get(1);
    const idle = resident();
    return (count) =>
      sample(count, 'each', async () => {
        const block = await longestBlock(async () => {
          for await (const route of routes.stream({ family: 'ipv4' })) if (route.family !== 'ipv4') throw new Error('another family');
        });
        return measured === 'block' ? block : highest() - idle;
      });
  };

/** So many namespaces on shared lanes, each with a watch of its links. */
async function watched(count: number): Promise<{ readonly namespaces: Namespace[]; readonly close: () => Promise<void> }> {
  const namespaces: Namespace[] = [];
  const close = async (): Promise<void> => {
    for (const namespace of namespaces.splice(0)) await namespace.close();
  };
  try {
    for (let at = 0; at < count; at++) {
      const namespace = await Namespace.create({ loopback: true, lane: 'shared' });
      namespaces.push(namespace);
      await (await namespace.route()).watch(['link']).ready;
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { namespaces, close };
}

/** Of what the first samples took, later ones use again what the process has kept: all count from the same idle process. */
const watchesMemory: Open = async () => {
  const first = await watched(1);
  const idle = resident();
  await first.close();
  return (count) =>
    sample(count, 'all', async () => {
      const { close } = await watched(count);
      const value = resident() - idle;
      await close();
      return value;
    });
};

const busyEvents = 100_000;

/** The longest that somebody waited who asked every millisecond, in nanoseconds. */
async function longestWait(ask: (at: number) => unknown, isOver: () => boolean): Promise<number> {
  let longest = 0;
  for (let at = 0; !isOver(); at++) {
    const began = performance.now();
    await ask(at);
    longest = Math.max(longest, performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return longest * 1e6;
}

/** The longest that a request took in any of so many namespaces while another one had its events. */
const delayBesideBusy: Open = async (_, name) => {
  const busy = await Namespace.open(name, { lane: 'shared' });
  const client = await busy.route();
  return (count) =>
    sample(count, 'each', async () => {
      const { namespaces, close } = await watched(count);
      try {
        const others = await Promise.all(namespaces.map((namespace) => namespace.route()));
        return await withBatch(name, busyEvents, async (start) => {
          const watch = client.watch(['ipv4-route']);
          await watch.ready;
          let told = 0;
          const telling = (async () => {
            for await (const event of watch) {
              if (event.action === 'overrun') throw new Error('events were lost');
              if (event.action !== 'synchronized' && event.action !== 'removed' && ++told === busyEvents) break;
            }
          })();
          start().catch(() => watch.close());
          const longest = await longestWait(
            (at) => others[at % others.length]?.links.get(1),
            () => told >= busyEvents,
          );
          await telling;
          return longest;
        });
      } finally {
        await close();
      }
    });
};

/** The longest that a request took that has nothing to do with lanes, on its own thread and with nobody watching, while the kernel makes the same changes. */
export const delayOfBystander =
  (name: string): MeasuredRun =>
  (count) =>
    sample(count, 'each', async () => {
      const other = await Namespace.create();
      const socket = await other.netlink('route', { thread: 'caller' });
      try {
        return await withBatch(name, busyEvents, async (start) => {
          let over = false;
          const made = start().finally(() => (over = true));
          const longest = await longestWait(
            () => socket.requestSync({ type: 18, body: Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) }),
            () => over,
          );
          await made;
          return longest;
        });
      } finally {
        await socket.close();
        await other.close();
      }
    });

export const watchWorks: Readonly<Record<string, Open>> = {
  'changes-told': changesTold('time'),
  'changes-told-block': changesTold('block'),
  'changes-found-small': changesFound(4096),
  'changes-found-unforced': changesFound(212_992),
  'routes-stream-memory': streamed('memory'),
  'routes-stream-block': streamed('block'),
  'watches-memory': watchesMemory,
  'watches-delay': delayBesideBusy,
};
