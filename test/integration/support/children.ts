import { readdirSync, readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import type { Child } from '../../../lib/index.js';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

function textOf(stream: Readable | null): () => string {
  let text = '';
  stream?.setEncoding('utf8').on('data', (part: string) => (text += part));
  return () => text;
}

/** All that a child says and how it ends; to be called in the turn in which it was started. */
export function end(child: Child): Promise<Ended> {
  const [stdout, stderr] = [textOf(child.stdout), textOf(child.stderr)];
  // Not once(), which an 'error' rejects: it may come before.
  return new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal, stdout: stdout(), stderr: stderr() })));
}

/** A file of a process or a thread; undefined when that has ended. */
function readOfLiving(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** The state of a process as /proc has it: 'S', 'Z', ...; undefined when there is none of this number. */
export function stateOf(pid: number): string | undefined {
  const stat = readOfLiving(`/proc/${pid}/stat`);
  return stat === undefined ? undefined : /\) (\S)/.exec(stat)?.[1];
}

/** Whether there is a process of this number, be it only a zombie. */
export function isThere(pid: number): boolean {
  return stateOf(pid) !== undefined;
}

/** Something of every thread of this process: 'comm', 'children'. */
export function ofThreads(file: string): string[] {
  return readdirSync('/proc/self/task').flatMap((tid) => readOfLiving(`/proc/self/task/${tid}/${file}`)?.trim() ?? []);
}

export function childrenOfThisProcess(): string[] {
  return ofThreads('children').filter((pids) => pids !== '');
}
