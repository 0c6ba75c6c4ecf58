import { readFileSync } from 'node:fs';
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

/** Whether there is a process of this number, be it only a zombie. */
export function isThere(pid: number): boolean {
  try {
    readFileSync(`/proc/${pid}/stat`);
    return true;
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}
