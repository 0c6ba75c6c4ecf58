import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { native } from '../native.js';
import { accountedFor, accountOf, accountOfSocket } from './accounts.js';
import { checkInteger, checkRules } from '../arguments.js';
import { codeOf, namespaceError } from './entry-error.js';
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
  /** Of a namespace, where it was opened; of a socket, what netlane opened it for. Absent for what the calling thread's netlane has not opened. */
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

/** Options of Namespace.leaks(). */
export interface LeaksOptions {
  /** Another process, of which no owners are known. Default: this one. */
  readonly pid?: number | undefined;
}

/** Of whom it is asked: 'self', or the number of another process. */
type Whom = 'self' | number;

/** What is gone when it is looked at: a descriptor that was closed, a thread or a process that ended. */
const gone: readonly unknown[] = ['ENOENT', 'ESRCH'];

function withOwner(owner: string | undefined): { owner?: string } {
  return owner === undefined ? {} : { owner };
}

function idOf(fd: number): string {
  const { device, inode } = native().identity(fd);
  return `${device}:${inode}`;
}

/** undefined for what is gone. */
function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (gone.includes(codeOf(error))) return undefined;
    throw error;
  }
}

function threads(whom: Whom, home: string | undefined): LeakedThread[] {
  return readdirSync(`/proc/${whom}/task`).flatMap((entry) => {
    const tid = Number(entry);
    const id = statId(`/proc/${whom}/task/${tid}/ns/net`);
    if (id === undefined || id === home) return [];
    const name = unlessGone(() => readFileSync(`/proc/${whom}/task/${tid}/comm`, 'utf8').trimEnd());
    // One that ended while it was looked at leaks nothing.
    return name === undefined ? [] : [{ tid, name, id, ...withOwner(whom === 'self' ? accountOf('thread', tid) : undefined) }];
  });
}

/** How the kernel says that it cannot tell the namespace of a socket: SIOCGSKNS needs CAP_NET_ADMIN, and not every family has it. */
const untold: readonly unknown[] = [
  'EPERM',
  'EACCES',
  'ENOTTY',
  'ENOTSOCK',
  'EBADF',
  'EOPNOTSUPP',
  'ENOTSUP',
  'EINVAL',
  'EMFILE',
  'ENOSYS',
  'ESRCH',
];

function socketNamespace(whom: Whom, fd: number): string | undefined {
  let opened;
  try {
    opened = whom === 'self' ? native().namespaceOfSocket(fd) : native().namespaceOfForeignSocket(whom, fd);
  } catch (error) {
    if (untold.includes(codeOf(error))) return undefined;
    throw error;
  }
  try {
    return idOf(opened);
  } finally {
    native().closeFd(opened);
  }
}

function descriptor(whom: Whom, fd: number, home: string | undefined): LeakedDescriptor | undefined {
  const path = `/proc/${whom}/fd/${fd}`;
  // The fd of the directory listing itself, or one that another thread closed meanwhile.
  const target = unlessGone(() => readlinkSync(path));
  if (target === undefined) return undefined;
  if (target.startsWith('net:['))
    return { fd, kind: 'namespace', id: statId(path) ?? target, ...withOwner(whom === 'self' ? accountOf('fd', fd) : undefined) };
  const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
  if (inode === undefined) return undefined;
  const id = socketNamespace(whom, fd);
  if (id === undefined || id === home) return undefined;
  return { fd, kind: 'socket', id, ...withOwner(whom === 'self' ? accountOfSocket(fd, BigInt(inode)) : undefined) };
}

/** The names that this thread made and that are still mounted. */
function ownMounts(): LeakedMount[] {
  return accountedFor('mount').flatMap((path) => {
    const id = statId(path);
    const isNamespace = id !== undefined && id.split(':')[0] === statId('/proc/self/ns/net')?.split(':')[0];
    return isNamespace ? [{ path, id, ...withOwner(accountOf('mount', path)) }] : [];
  });
}

/** Namespaces that are mounted where another process sees them and this one does not. */
function foreignMounts(pid: number, device: string | undefined): LeakedMount[] {
  if (statId(`/proc/${pid}/ns/mnt`) === statId('/proc/self/ns/mnt')) return [];
  const lines = unlessGone(() => readFileSync(`/proc/${pid}/mountinfo`, 'utf8').split('\n')) ?? [];
  return lines.flatMap((line) => {
    const [, , , root = '', path = ''] = line.split(' ');
    const inode = /^net:\[(\d+)\]$/.exec(root)?.[1];
    return inode === undefined ? [] : [{ path, id: `${device ?? '?'}:${inode}` }];
  });
}

/** Looks at a whole process; owners are those that the calling thread knows of, of its own process only. */
export function findLeaks(options: LeaksOptions = {}): Leaks {
  const { pid } = checkRules<LeaksOptions>('options', options, { pid: 'any' });
  if (pid !== undefined) checkInteger('options.pid', pid, 1, 0x7fffffff);
  const whom = pid === undefined || pid === process.pid ? 'self' : pid;
  try {
    // The main thread: where the process is at home.
    const home = statId(`/proc/${whom}/ns/net`);
    const fds = readdirSync(`/proc/${whom}/fd`).flatMap((entry) => descriptor(whom, Number(entry), home) ?? []);
    const mounts = whom === 'self' ? ownMounts() : foreignMounts(whom, home?.split(':')[0]);
    return { threads: threads(whom, home), fds, mounts };
  } catch (thrown) {
    if (whom === 'self') throw thrown;
    const code = codeOf(thrown);
    const hint = gone.includes(code)
      ? `process ${whom} is not there, or has ended`
      : `process ${whom} is another user's: it takes root to look`;
    throw namespaceError(thrown, { operation: `look at process ${whom}`, hint });
  }
}
