import { readFileSync, statSync } from 'node:fs';
import { codeOfErrno } from '../errno.js';
import { NetlaneError } from '../errors.js';
import { native, translate } from '../native.js';

/*
 * Errors of making and entering namespaces, with what to do about them. EPERM alone hides two different situations: the process has no
 * CAP_SYS_ADMIN, or it has, but in a user namespace that does not own the network namespace.
 */

const CAP_SYS_ADMIN = 21n;

const withoutPrivilege =
  "it needs CAP_SYS_ADMIN, which this process does not have: run it as root, or the whole program in a user namespace of its own: 'npx netlane rootless -- COMMAND'";

const withoutEntry =
  "to enter a namespace takes CAP_SYS_ADMIN, which this process does not have: run it as root (sudo); an ordinary user's program can enter those that it makes itself, by 'npx netlane rootless -- COMMAND'";

const ownerOfNetwork = 'in the user namespace that owns the network namespace';

/** What a system call misses that answers EPERM. Not all ask for the same: what is none of these says nothing that would be true of all of them. */
function missingPrivilege(syscall: unknown): string | undefined {
  switch (syscall) {
    case 'setns':
      return hasSysAdmin() ? undefined : withoutEntry;
    case 'unshare':
    case 'clone':
    case 'mount':
    case 'umount':
    case 'fsopen':
    case 'fsconfig':
    case 'fsmount':
      return hasSysAdmin() ? undefined : withoutPrivilege;
    case 'socket':
      return `raw and packet sockets need CAP_NET_RAW ${ownerOfNetwork}`;
    case 'setsockopt':
      return `it needs CAP_NET_ADMIN, for some options CAP_NET_RAW, ${ownerOfNetwork}`;
    default:
      return undefined;
  }
}

export interface EntryContext {
  readonly operation: string;
  /** String(namespace). */
  readonly namespace?: string | undefined;
}

/** code of a failed system call: 'EPERM'; undefined for anything else that was thrown. */
export function codeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const { code, errno } = thrown as { code?: unknown; errno?: unknown };
  if (typeof code === 'string') return code;
  return typeof errno === 'number' ? codeOfErrno(errno) : undefined;
}

/** What stat(2) and open(2) say where a path leads to nothing: a name on its way is not there, is no directory, is too long, or the links go in a circle. */
export const missing: readonly string[] = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'];

/**
 * Whether what a path leads to is nothing that this user could look at: it is not there, has ended (a process), is closed to this user, or is on a file
 * system whose server is gone. For whoever looks at many things, and leaves such out.
 */
export function isOutOfReach(thrown: unknown): boolean {
  const code = codeOf(thrown) ?? '';
  return missing.includes(code) || ['EACCES', 'EPERM', 'ESRCH', 'ENOTCONN', 'ESTALE', 'EHOSTDOWN', 'EIO'].includes(code);
}

/** Whether this thread has CAP_SYS_ADMIN in its own user namespace. True where that cannot be read, so that no error blames it wrongly. */
export function hasSysAdmin(): boolean {
  try {
    const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/thread-self/status', 'latin1'))?.[1];
    return effective === undefined || (BigInt(`0x${effective}`) & (1n << CAP_SYS_ADMIN)) !== 0n;
  } catch {
    return true;
  }
}

function hintFor(thrown: unknown): string | undefined {
  switch (codeOf(thrown)) {
    case 'EPERM':
      return missingPrivilege((thrown as { syscall?: unknown }).syscall);
    case 'EMFILE':
      return "this process is out of file descriptors: raise 'ulimit -n', or close namespaces that are not needed";
    case 'ENFILE':
      return 'the machine is out of file descriptors (sysctl fs.file-max)';
    case 'ENOSPC':
      return 'the limit of network namespaces is reached (sysctl user.max_net_namespaces), or of user namespaces inside each other';
    case 'ENOMEM':
    case 'EAGAIN':
      return 'the kernel has no memory for it, or no more threads (ulimit -u, pids.max of the cgroup)';
    case undefined:
    default:
      return undefined;
  }
}

/** A failed system call about namespaces as netlane's error, with a hint where one helps. Anything else comes back as it is. */
export function namespaceError(thrown: unknown, context: EntryContext & { readonly hint?: string | undefined }): unknown {
  const hint = context.hint ?? hintFor(thrown);
  return translate(thrown, {
    operation: context.operation,
    ...(context.namespace === undefined ? {} : { namespace: context.namespace }),
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Whether the kernel refused to let a thread in: setns(2) said EPERM. */
function isRefusedEntry(thrown: unknown): boolean {
  return codeOf(thrown) === 'EPERM' && (thrown as { syscall?: unknown }).syscall === 'setns';
}

/**
 * The error of a failed entry into a namespace (setns(2)): NETLANE_FOREIGN_USERNS when a user namespace owns it that is not this process's,
 * EPERM with a hint when CAP_SYS_ADMIN is missing, anything else as the kernel said it.
 */
export function entryError(thrown: unknown, fd: number, context: EntryContext): unknown {
  if (!isRefusedEntry(thrown)) return namespaceError(thrown, context);
  const owner = native().owner(fd);
  const own = statSync('/proc/self/ns/user', { bigint: true });
  if (owner !== undefined && owner.device === own.dev && owner.inode === own.ino) return namespaceError(thrown, context);
  const who = owner === undefined ? 'a user namespace out of reach of this process' : `user namespace user:[${owner.inode}]`;
  return new NetlaneError('NETLANE_FOREIGN_USERNS', `the network namespace belongs to ${who}, this process is in user:[${own.ino}]`, {
    ...context,
    cause: translate(thrown, { operation: context.operation }),
    hint: "enter the user namespace first, for the whole program: 'nsenter --user --preserve-credentials --target PID' of a process inside",
    details: owner === undefined ? { own: own.ino } : { owner: owner.inode, own: own.ino },
  });
}
