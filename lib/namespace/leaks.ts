import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { native } from '../native.js';
import { accountedFor, accountOf } from './accounts.js';
import { codeOf } from './entry-error.js';
import { statId } from './processes.js';

/** A thread of this process that is in another network namespace than the process itself (its main thread). */
export interface LeakedThread {
  readonly tid: number;
  /** As the kernel has it (comm): at most 15 bytes. */
  readonly name: string;
  /** 'device:inode' of the namespace it is in. */
  readonly id: string;
  /** What it belongs to; absent when nothing on the calling thread accounts for it. */
  readonly owner?: string;
}

/** A file descriptor of this process that keeps a network namespace alive. */
export interface LeakedDescriptor {
  readonly fd: number;
  /** 'namespace': the fd is one itself; 'socket': a socket in another namespace than the process itself. */
  readonly kind: 'namespace' | 'socket';
  readonly id: string;
  readonly owner?: string;
}

/** A name that this thread gave and that keeps a network namespace alive. */
export interface LeakedMount {
  readonly path: string;
  readonly id: string;
  readonly owner?: string;
}

/** What Namespace.leaks() finds. Everything with an owner is in use; what has none belongs to nobody. */
export interface Leaks {
  readonly threads: readonly LeakedThread[];
  readonly fds: readonly LeakedDescriptor[];
  readonly mounts: readonly LeakedMount[];
}

function withOwner(owner: string | undefined): { owner?: string } {
  return owner === undefined ? {} : { owner };
}

function idOf(fd: number): string {
  const { device, inode } = native().identity(fd);
  return `${device}:${inode}`;
}

/** PF_EXITING of linux/sched.h. */
const exiting = 4;

/** The name of a thread that runs. One that was joined still stands in /proc for a moment, in its namespace, on its way out. */
function commandOf(tid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/self/task/${tid}/stat`, 'utf8');
    // pid (comm) state ppid pgrp session tty_nr tpgid flags: a comm may hold spaces and parentheses.
    const flags = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[6]);
    return (flags & exiting) === 0 ? stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')')) : undefined;
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(codeOf(error) ?? '')) return undefined;
    throw error;
  }
}

function threads(home: string | undefined): LeakedThread[] {
  return readdirSync('/proc/self/task').flatMap((entry) => {
    const tid = Number(entry);
    const id = statId(`/proc/self/task/${tid}/ns/net`);
    const name = id === undefined || id === home ? undefined : commandOf(tid);
    // One that ended while it was looked at leaks nothing.
    return id === undefined || name === undefined ? [] : [{ tid, name, id, ...withOwner(accountOf('thread', tid)) }];
  });
}

/** The namespace of a socket, where it can be told: SIOCGSKNS needs CAP_NET_ADMIN, and not every family has it. */
function socketNamespace(fd: number): string | undefined {
  let opened;
  try {
    opened = native().namespaceOfSocket(fd);
  } catch (error) {
    if (['EPERM', 'ENOTTY', 'ENOTSOCK', 'EBADF', 'EOPNOTSUPP', 'ENOTSUP', 'EINVAL', 'EMFILE'].includes(codeOf(error) ?? ''))
      return undefined;
    throw error;
  }
  try {
    return idOf(opened);
  } finally {
    native().closeFd(opened);
  }
}

function descriptor(fd: number, home: string | undefined): LeakedDescriptor | undefined {
  let target;
  try {
    target = readlinkSync(`/proc/self/fd/${fd}`);
  } catch (error) {
    // The fd of the directory listing itself, or one that another thread closed meanwhile.
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  const owner = withOwner(accountOf('fd', fd));
  if (target.startsWith('net:[')) return { fd, kind: 'namespace', id: statId(`/proc/self/fd/${fd}`) ?? target, ...owner };
  if (!target.startsWith('socket:[')) return undefined;
  const id = socketNamespace(fd);
  return id === undefined || id === home ? undefined : { fd, kind: 'socket', id, ...owner };
}

/** The names that this thread made and that are still mounted. */
function mounts(): LeakedMount[] {
  return accountedFor('mount').flatMap((path) => {
    const id = statId(path);
    const isNamespace = id !== undefined && id.split(':')[0] === statId('/proc/self/ns/net')?.split(':')[0];
    return isNamespace ? [{ path, id, ...withOwner(accountOf('mount', path)) }] : [];
  });
}

/** Looks at the whole process; owners are those that the calling thread knows of. */
export function findLeaks(): Leaks {
  // /proc/self is the main thread: where the process is at home.
  const home = statId('/proc/self/ns/net');
  const fds = readdirSync('/proc/self/fd').flatMap((entry) => descriptor(Number(entry), home) ?? []);
  return { threads: threads(home), fds, mounts: mounts() };
}
