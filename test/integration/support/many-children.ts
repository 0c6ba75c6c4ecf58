import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Namespace } from '../../../lib/namespace.js';
import { childrenOfThisProcess, end } from './children.js';

function threads(): number {
  return readdirSync('/proc/self/task').length;
}

/** fds, without the one of the listing. */
function descriptors(): number {
  return readdirSync('/proc/self/fd').length - 1;
}

/**
 * Starts so many children in a namespace, some that fail among them, after a fifth as many to warm up, and compares what the process has before and after. Gives the
 * MiB that it has grown by.
 */
export async function growthByChildren(namespace: Namespace, count: number): Promise<number> {
  const round = async (number: number): Promise<void> => {
    for (let index = 0; index < number; index += 20) {
      const some = Array.from({ length: 20 }, async (_, offset) => {
        if (offset === 0) return namespace.spawn('netlane-has-no-such-program').catch((error: Error) => error.message.length);
        if (offset === 1) return namespace.exec('sleep', ['1000'], { timeout: 5 }).catch((error: Error) => error.message.length);
        if (offset === 2) return namespace.exec('true', [], { uid: 0, gid: 0 });
        return end(await namespace.spawn('sh', ['-c', 'echo out; echo err >&2'], { mounts: offset % 2 === 0 }));
      });
      await Promise.all(some);
    }
  };
  // One that was given up may still be on its way out; its descriptor is closed in the turn after.
  const settled = async (): Promise<void> => {
    while (childrenOfThisProcess().length > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc?.();
  };
  await round(Math.ceil(count / 5));
  await settled();
  const before = { threads: threads(), descriptors: descriptors(), mounts: readFileSync('/proc/self/mountinfo', 'utf8') };
  const memory = process.memoryUsage.rss();
  await round(count);
  await settled();
  expect({ threads: threads(), descriptors: descriptors(), mounts: readFileSync('/proc/self/mountinfo', 'utf8') }).to.deep.equal(before);
  expect(childrenOfThisProcess()).to.deep.equal([]);
  return (process.memoryUsage.rss() - memory) / 2 ** 20;
}
