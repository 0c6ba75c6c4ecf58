import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { native } from '../native.js';
import { checkRules } from '../arguments.js';
import { accountFor } from './accounts.js';
import { codeOf, namespaceError } from './entry-error.js';
import type { LaneChoice, TaskChoice } from './handle.js';
import { checkName, creationDirectory, directoryOf, hasEntry, searchDirectories } from './names.js';
import { existsError, openName, type Opened } from './open.js';
import { lockHint, removeName } from './remove.js';

export interface CreateOptions extends TaskChoice {
  /** Sets the loopback link `lo` up, which needs CAP_NET_ADMIN. Default false: as the kernel makes it, down. */
  readonly loopback?: boolean | undefined;
  /**
   * close() deletes the name. Needs a name; only for a namespace that this call made. Default false. A process that ends without close() leaves
   * the name.
   */
  readonly temporary?: boolean | undefined;
  /** What an existing name means: 'error' (default) rejects with EEXIST, 'open' opens what is there, as it is. */
  readonly ifExists?: 'error' | 'open' | undefined;
  /**
   * Where the name goes. Default /run/netns, where iproute2 sees it. An absolute path; it is made if missing. It becomes a shared mount of itself, so that
   * its names appear in other mount namespaces, too: until this process deletes the last name in it (/run/netns stays one, as iproute2 leaves it).
   */
  readonly directory?: string | undefined;
  /** As in OpenOptions. */
  readonly lane?: LaneChoice | undefined;
  /** Milliseconds after which a lane without sockets ends, 0 to 2^31 - 1; the next socket starts it again. Default 5000. */
  readonly laneIdle?: number | undefined;
}

export const createOptionRules = {
  loopback: 'boolean',
  temporary: 'boolean',
  ifExists: ['error', 'open'],
  directory: 'string',
  lane: ['own', 'shared'],
  laneIdle: 'any',
  taskThreads: 'any',
  taskIdle: 'any',
} as const;

export function checkCreateOptions(options: unknown): CreateOptions {
  return checkRules<CreateOptions>('options', options, createOptionRules);
}

/** A new namespace without a name: gone with its last user. */
export async function createAnonymous(loopback: boolean, operation = 'create a namespace'): Promise<number> {
  try {
    return await native().createNamespaceAsync(loopback);
  } catch (thrown) {
    throw namespaceError(thrown, { operation, hint: loopbackHint(thrown) });
  }
}

/** The one ioctl(2) that may not be allowed sets lo up, and takes another capability than all else. */
function loopbackHint(thrown: unknown): string | undefined {
  if (codeOf(thrown) !== 'EPERM' || (thrown as { syscall?: unknown }).syscall !== 'ioctl') return undefined;
  return 'setting lo up needs CAP_NET_ADMIN, which this process does not have; { loopback: false } leaves it down';
}

/** What create() made or found. */
export interface Created extends Opened {
  readonly made: boolean;
}

/**
 * A file that was created is a namespace only after the mount, a moment later: another program's entry may be caught in between.
 * In milliseconds.
 */
const unfinishedPauses = [1, 2, 5, 10, 20, 50, 100, 200];

/** Creates a namespace with a name, or opens it, in a transaction: either all of it is there, or nothing. */
export async function createNamed(name: string, options: CreateOptions): Promise<Created> {
  checkName(name);
  const directory = creationDirectory(options.directory);
  const pauses = [...unfinishedPauses];
  for (;;) {
    const existing = searchDirectories(options.directory).find((candidate) => hasEntry(candidate, name, `create namespace ${name}`));
    if (existing === undefined) {
      const made = await makeNamed(name, directory, options);
      if (made !== undefined) return made;
      // Somebody else was faster, and may have deleted it again by now: look once more.
      continue;
    }
    if (options.ifExists !== 'open') throw existsError(existing, name, existsHint(name), `create namespace ${name}`);
    try {
      return { ...openName(name, options.directory), made: false };
    } catch (error) {
      const code = codeOf(error);
      if (code === 'ENOENT') continue;
      const pause = code === 'NETLANE_NOT_A_NETNS' ? pauses.shift() : undefined;
      if (pause === undefined) throw error;
      await sleep(pause);
    }
  }
}

function existsHint(name: string): string {
  return `open it with { ifExists: 'open' }, or delete it with Namespace.delete('${name}'), which also removes a stale entry`;
}

/** Undefined when the name exists and that is no error. */
async function makeNamed(name: string, directory: string, options: CreateOptions): Promise<Created | undefined> {
  const operation = `create namespace ${name}`;
  const fd = await createAnonymous(options.loopback === true, operation);
  try {
    await bindName(directory, name, fd, operation);
  } catch (error) {
    native().closeFd(fd);
    if (codeOf(error) !== 'EEXIST' || options.ifExists !== 'open') throw error;
    return undefined;
  }
  return { fd, name, directory, made: true };
}

/** Gives a namespace a name. On any failure nothing is left. */
export async function bindName(directory: string, name: string, fd: number, operation: string): Promise<void> {
  try {
    await native().bindNameAsync(directory, name, fd);
  } catch (thrown) {
    const code = codeOf(thrown);
    if (code === 'EEXIST') throw existsError(directory, name, existsHint(name), operation, thrown);
    throw namespaceError(thrown, { operation, hint: bindHint(code, directory) });
  }
  // The name outlives its handle on purpose, so the account is the name's, until it is deleted.
  accountFor('mount', join(directory, name), operation);
}

function bindHint(code: string | undefined, directory: string): string | undefined {
  switch (code) {
    case 'EPERM':
    case 'EACCES':
      return `a name needs CAP_SYS_ADMIN in the user namespace that owns the mounts, and the right to write in ${directory}; a namespace without a name needs neither`;
    case 'EROFS':
      return `${directory} is on a read-only file system; { directory } sets another`;
    case 'ETIMEDOUT':
      return lockHint(directory);
    case 'ENOTDIR':
      return `a part of ${directory} is not a directory`;
    case 'EINVAL':
      return `the mount of ${directory} refuses it: namespaces cannot be mounted inside a mount of another user namespace`;
    case undefined:
    default:
      return undefined;
  }
}

/** Deletes a name. Throws ENOENT when no directory has it. */
export async function deleteName(name: string, directory: string | undefined): Promise<void> {
  const operation = `delete namespace ${name}`;
  const found = directoryOf(name, directory, operation);
  await removeName(found, name, operation);
}
