import { readFileSync } from 'node:fs';
import { Namespace, type LeakedThread } from '../../../lib/namespace.js';

/** Threads of this process in the namespace, as leaks() tells them. */
export function threadsIn(namespace: { readonly id: string }): readonly LeakedThread[] {
  return Namespace.leaks().threads.filter(({ id }) => id === namespace.id);
}

/** Whether the thread waits in openat(2) for a path from the current directory on (AT_FDCWD is the first argument): at a FIFO, it stays there. */
function isOpening(tid: number): boolean {
  return / 0x(ffffffff)?ffffff9c /.test(readFileSync(`/proc/self/task/${tid}/syscall`, 'utf8'));
}

/** How many threads of the namespace are held by a FIFO. */
export function heldThreads(namespace: { readonly id: string }): number {
  return threadsIn(namespace).filter(({ tid }) => isOpening(tid)).length;
}
