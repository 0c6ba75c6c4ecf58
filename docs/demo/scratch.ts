import { readFileSync, readdirSync } from 'node:fs';
import process from 'node:process';
import { Namespace } from '../../lib/index.js';
import type { Belongings } from './belongings.js';

/* Names say whose they are, so that a run finds what one before it had to leave when it was killed with SIGKILL. */

const prefix = 'netlane-demo-';
const pattern = /^netlane-demo-(\d+)-[a-z]+$/;

/**
 * A namespace of this run. Where names cannot be made (a read-only /run, a container without the right to mount) it has none.
 */
export function createScratch(belongings: Belongings, role: string): Promise<Namespace> {
  return belongings.keep(async () => {
    try {
      return await Namespace.create(`${prefix}${process.pid}-${role}`, { temporary: true, loopback: true });
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      if (!['EACCES', 'EPERM', 'EROFS'].includes(String(code))) throw error;
      return Namespace.create({ loopback: true });
    }
  });
}

/** Deletes the names of runs that are over; how many they were. */
export async function removeLeftovers(): Promise<number> {
  let removed = 0;
  for (const name of names()) {
    const pid = Number(pattern.exec(name)?.[1]);
    if (pid === process.pid || isDemo(pid)) continue;
    try {
      await Namespace.delete(name);
      removed++;
    } catch (error) {
      // Another run was faster.
      if ((error as { code?: unknown }).code !== 'ENOENT') throw error;
    }
  }
  return removed;
}

/** Names of scratch namespaces, of this run or of any. */
export function names(pid?: number): string[] {
  let all: string[];
  try {
    all = readdirSync('/run/netns');
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return [];
    throw error;
  }
  return all.filter((name) => (pid === undefined ? pattern.test(name) : name.startsWith(`${prefix}${pid}-`)));
}

/** Whether the process is there and is a demo: its number may have been given to another. */
function isDemo(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('demo');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}
