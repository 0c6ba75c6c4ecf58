import { abortError, NetlaneError } from '../errors.js';
import { codeOfErrno } from '../errno.js';
import { native, type NativeChild } from '../native.js';
import { Waiting } from '../netlink/waiting.js';
import { newChild, type Child } from './child.js';
import type { Place } from './place.js';
import { checkSpawn, operationOf, startHint, type Spawn } from './spawn-options.js';

function explain(place: Place, thrown: unknown, spawn: Spawn): unknown {
  const failure = thrown as { syscall?: string; errno?: number; path?: string };
  const code = failure.errno === undefined ? undefined : codeOfErrno(failure.errno);
  // Not the first of the directories that were searched, but what was asked for.
  if (failure.syscall === 'execve' && code === 'ENOENT') failure.path = spawn.file;
  return place.explain(thrown, operationOf(spawn.file), startHint({ syscall: failure.syscall, code }, spawn));
}

/** A child that nobody waits for any more. */
function discard(child: NativeChild): void {
  child.kill(9);
  for (const fd of child.streams) if (fd >= 0) native().closeFd(fd);
  child.watch(() => child.end());
}

/**
 * Starts a process that was checked. Whoever watches its signal and its time-out himself has it 'unwatched'; while it starts the signal rejects
 * in any case.
 */
export async function start(place: Place, spawn: Spawn, watch: 'watched' | 'unwatched' = 'watched'): Promise<Child> {
  const context = { operation: operationOf(spawn.file), namespace: place.label };
  if (spawn.signal?.aborted === true) throw abortError(spawn.signal, context);
  const namespace = place.entryFd();
  const waiting = new Waiting(place.label);
  const closed = new NetlaneError('NETLANE_CLOSED', 'the namespace was closed while the process started', context);
  const disown = place.own({ close: () => waiting.end(closed) });
  let wanted = true;
  let made: Child | undefined;
  // Native code duplicates every fd that the job names before it returns.
  const starting = new Promise<NativeChild>((resolve) => resolve(native().spawnAsync({ ...spawn.job, namespace }))).then((child) => {
    if (!wanted) {
      discard(child);
      return;
    }
    made = newChild(child, watch === 'watched' ? spawn : { ...spawn, signal: undefined, timeout: 0 }, place.label);
    return undefined;
  });
  try {
    await waiting.for(starting, spawn.signal);
    if (made === undefined) throw closed;
    return made;
  } catch (thrown) {
    wanted = false;
    made?.discard();
    throw explain(place, thrown, spawn);
  } finally {
    disown();
  }
}

/** Namespace.spawn(). */
export async function spawnInside(place: Place, file: unknown, args: unknown, options: unknown): Promise<Child> {
  const spawn = checkSpawn(place.name, file, args, options);
  return start(place, spawn);
}
