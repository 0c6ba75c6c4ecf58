import { readdirSync, readFileSync, statSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { codeOf, isOutOfReach } from './entry-error.js';

/** Device and inode of a namespace as text, the form of Namespace.id; undefined where there is nothing that this user could look at. */
export function statId(path: string): string | undefined {
  try {
    const status = statSync(path, { bigint: true, throwIfNoEntry: false });
    return status === undefined ? undefined : `${status.dev}:${status.ino}`;
  } catch (error) {
    // Another user's process, one that ended while it was looked at, a link in a circle: none of them is in, or is, a namespace that this user could see.
    if (isOutOfReach(error)) return undefined;
    throw error;
  }
}

/** The namespace that the calling thread is in. */
export function ownId(): string | undefined {
  return statId('/proc/thread-self/ns/net');
}

/** The processes of each namespace, by its id, in ascending order. Processes that this user may not look at are left out. */
export async function processesByNamespace(): Promise<Map<string, number[]>> {
  const found = new Map<string, number[]>();
  const pids = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .sort((one, other) => one - other);
  for (const [index, pid] of pids.entries()) {
    // A machine with ten thousand processes must not hold up the event loop for a tenth of a second.
    if (index % 256 === 255) await turn();
    const id = statId(`/proc/${pid}/ns/net`);
    if (id === undefined) continue;
    const there = found.get(id);
    if (there === undefined) found.set(id, [pid]);
    else there.push(pid);
  }
  return found;
}

/** When the process started, in clock ticks since boot (field 22 of /proc/PID/stat); undefined when it is gone. */
export function startTime(pid: number): bigint | undefined {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command may hold spaces and brackets, so count from its end.
    const field = line.slice(line.lastIndexOf(')') + 2).split(' ')[19];
    return field === undefined ? undefined : BigInt(field);
  } catch (error) {
    if (['EACCES', 'EPERM', 'ESRCH', 'ENOENT'].includes(codeOf(error) ?? '')) return undefined;
    throw error;
  }
}
