import { lstatSync, statSync, type BigIntStats } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { invalidArgument, NetlaneError, SystemError } from '../errors.js';
import { native } from '../native.js';
import * as containers from './containers.js';
import { checkInteger, checkRules, isObject, isRecord, nearest } from '../arguments.js';
import { codeOf, missing, namespaceError } from './entry-error.js';
import type { LaneChoice, TaskChoice } from './handle.js';
import { checkName, directoryOf, nameDirectories, searchDirectories } from './names.js';

/** What a source may say; exactly one place, and a thread only with its process. */
interface Places {
  readonly name: string;
  readonly path: string;
  readonly pid: number;
  readonly tid: number;
  readonly pidfd: number;
  readonly fd: number;
  readonly socket: number | object;
  readonly container: string;
}

/** One place, perhaps with what belongs to it, and nothing else. */
type Place<Name extends keyof Places, With extends keyof Places = never> = { readonly [K in Name]: Places[K] } & {
  readonly [K in With]?: Places[K] | undefined;
} & { readonly [K in Exclude<keyof Places, Name | With>]?: undefined };

/** Where a namespace is. A string is a name. */
export type NamespaceSource =
  string | Place<'name'> | Place<'path'> | Place<'pid', 'tid'> | Place<'pidfd'> | Place<'fd'> | Place<'socket'> | Place<'container'>;

export interface OpenOptions extends TaskChoice {
  /** 'shared': netlink sockets of this handle are pumped by a lane that serves several namespaces. Default 'own'. */
  readonly lane?: LaneChoice | undefined;
  /** Milliseconds after which a lane without sockets ends, 0 to 2^31 - 1; the next socket starts it again. Default 5000. */
  readonly laneIdle?: number | undefined;
  /** Where names are looked up. Default: /run/netns, then /var/run/netns. An absolute path. */
  readonly directory?: string | undefined;
}

/** An fd that the receiver owns, and what is known about it. */
export interface Opened {
  readonly fd: number;
  readonly name?: string | undefined;
  readonly directory?: string | undefined;
}

const EEXIST = 17;
const largestId = 2 ** 31 - 1;
const sourceKeys = ['name', 'path', 'pid', 'tid', 'pidfd', 'fd', 'socket', 'container'] as const;

export const openOptionRules = {
  lane: ['own', 'shared'],
  laneIdle: 'any',
  taskThreads: 'any',
  taskIdle: 'any',
  directory: 'string',
} as const;

/** Opens what the source names. Never blocks, whatever is there. Throws the errors that Namespace.open() lists. */
export async function openSource(source: unknown, options: OpenOptions): Promise<Opened> {
  if (typeof source === 'string') return openName(source, options.directory);
  const fields = checkSource(source);
  if (fields['name'] !== undefined) return openName(checkName(fields['name'], 'source.name'), options.directory);
  if (fields['path'] !== undefined) return openPath(fields['path'], options.directory);
  if (fields['pid'] !== undefined) return { fd: openProcess(fields['pid'], fields['tid']) };
  if (fields['pidfd'] !== undefined) return { fd: openPidfd(integer('source.pidfd', fields['pidfd'], 0)) };
  if (fields['fd'] !== undefined) return { fd: duplicate(integer('source.fd', fields['fd'], 0)) };
  if (fields['socket'] !== undefined) return { fd: openSocketNamespace(fields['socket']) };
  return { fd: await containers.openContainer(fields['container']) };
}

function integer(name: string, value: unknown, least: number): number {
  checkInteger(name, value, least, largestId);
  return value;
}

/** Throws NETLANE_INVALID_ARGUMENT unless exactly one place is named. */
function checkSource(source: unknown): Readonly<Record<string, unknown>> {
  const expected = 'a name, or an object with one of name, path, pid, pidfd, fd, socket, container';
  if (!isRecord(source)) throw invalidArgument('source', expected, source);
  const given = Object.keys(source).filter((key) => source[key] !== undefined);
  for (const key of given) {
    if ((sourceKeys as readonly string[]).includes(key)) continue;
    const meant = nearest(key, sourceKeys);
    const hint = meant === undefined ? 'options such as lane and directory are the second argument' : `did you mean ${meant}?`;
    throw new NetlaneError('NETLANE_INVALID_ARGUMENT', `source has no field "${key}"`, { hint });
  }
  const places = given.filter((key) => key !== 'tid');
  if (places.length !== 1 || (given.includes('tid') && places[0] !== 'pid')) {
    throw new NetlaneError(
      'NETLANE_INVALID_ARGUMENT',
      `source must be ${expected} (tid only with pid), got ${given.length === 0 ? 'none' : given.join(' and ')}`,
    );
  }
  return source;
}

export function openName(name: string, directory: string | undefined): Opened {
  checkName(name);
  const operation = `open namespace ${name}`;
  const found = directoryOf(name, directory, operation);
  return { fd: openEntry(join(found, name), name, operation), name, directory: found };
}

function openEntry(path: string, name: string, operation: string): number {
  const hint = `if nothing is mounted there, Namespace.delete('${name}') removes the stale entry`;
  try {
    return openFile(path, operation, hint);
  } catch (error) {
    // ENOENT would say that there is no entry, and nobody could make one: the link is in the way.
    if (missing.includes(codeOf(error) ?? '') && isLink(path)) {
      throw notNamespace(path, 'a symbolic link that leads nowhere', operation, hint, error);
    }
    throw error;
  }
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

function openPath(path: unknown, directory: string | undefined): Opened {
  if (typeof path !== 'string' || path === '' || path.includes('\0'))
    throw invalidArgument('source.path', 'the path of a namespace file', path);
  const fd = openFile(path, `open namespace ${path}`);
  const parent = dirname(normalize(path));
  const directories = directory === undefined ? nameDirectories : searchDirectories(directory);
  return directories.includes(parent) ? { fd, name: basename(path), directory: parent } : { fd };
}

/**
 * Opens a namespace file. What is not on the kernel's namespace file system is not even opened: a FIFO could block, opening a device
 * can do something, and a network file system can hang.
 */
export function openFile(path: string, operation: string, hint?: string): number {
  try {
    const status = statSync(path, { bigint: true });
    if (status.dev !== namespaceDevice()) throw notNamespace(path, describeFile(status), operation, hint);
    return native().openNamespace(path);
  } catch (thrown) {
    if (thrown instanceof NetlaneError) throw thrown;
    if (isObject(thrown) && thrown['notNamespace'] === true)
      throw notNamespace(path, 'a namespace of another kind', operation, hint, thrown);
    throw namespaceError(thrown, { operation, hint: codeOf(thrown) === 'EACCES' ? 'this user may not read it' : undefined });
  }
}

let device: bigint | undefined;

/** The device of the kernel's file system of namespaces (nsfs): there is one as long as the machine runs. */
export function namespaceDevice(): bigint {
  device ??= statSync('/proc/self/ns/net', { bigint: true }).dev;
  return device;
}

function notNamespace(path: string, what: string, operation: string, hint: string | undefined, cause?: unknown): NetlaneError {
  return new NetlaneError('NETLANE_NOT_A_NETNS', `'${path}' is ${what}, not a network namespace`, { operation, hint, cause });
}

function describeFile(status: BigIntStats): string {
  if (status.isFIFO()) return 'a FIFO';
  if (status.isDirectory()) return 'a directory';
  if (status.isSocket()) return 'a socket';
  if (status.isCharacterDevice() || status.isBlockDevice()) return 'a device';
  return 'an ordinary file';
}

function openProcess(pid: unknown, tid: unknown): number {
  const process = integer('source.pid', pid, 1);
  const thread = tid === undefined ? undefined : integer('source.tid', tid, 1);
  const who = thread === undefined ? `process ${process}` : `thread ${thread} of process ${process}`;
  const path = thread === undefined ? `/proc/${process}/ns/net` : `/proc/${process}/task/${thread}/ns/net`;
  const operation = `open the namespace of ${who}`;
  try {
    return native().openNamespace(path);
  } catch (thrown) {
    throw namespaceError(thrown, { operation, hint: processHint(codeOf(thrown), who) });
  }
}

function processHint(code: string | undefined, who: string): string | undefined {
  if (code === 'ENOENT' || code === 'ESRCH') return `${who} is not there, or has ended`;
  if (code === 'EACCES' || code === 'EPERM') return `${who} is another user's: it needs root, or CAP_SYS_PTRACE`;
  return undefined;
}

function openPidfd(pidfd: number): number {
  try {
    return native().namespaceOfPidfd(pidfd);
  } catch (thrown) {
    const code = codeOf(thrown);
    const hint =
      code === 'EBADF' || code === 'EINVAL' || code === 'ENOTTY' ? `fd ${pidfd} is not a pidfd` : processHint(code, 'the process');
    throw namespaceError(thrown, { operation: `open the namespace of the process behind pidfd ${pidfd}`, hint });
  }
}

export function duplicate(fd: number): number {
  const operation = `open the namespace of fd ${fd}`;
  try {
    return native().duplicateNamespace(fd);
  } catch (thrown) {
    throw namespaceError(thrown, { operation, hint: codeOf(thrown) === 'EBADF' ? `fd ${fd} is not open` : undefined });
  }
}

function openSocketNamespace(socket: unknown): number {
  const fd = socketFd(socket);
  try {
    return native().namespaceOfSocket(fd);
  } catch (thrown) {
    const code = codeOf(thrown);
    let hint: string | undefined;
    if (code === 'ENOTTY' || code === 'ENOTSOCK' || code === 'EBADF') hint = `fd ${fd} is not a socket`;
    else if (code === 'EPERM') hint = 'it needs CAP_NET_ADMIN in the namespace of the socket (SIOCGSKNS)';
    throw namespaceError(thrown, { operation: `open the namespace of socket ${fd}`, hint });
  }
}

/** The fd of a number, of an object with `fd`, or of Node's own net.Socket and net.Server. */
function socketFd(socket: unknown): number {
  if (typeof socket === 'number') return integer('source.socket', socket, 0);
  const expected = 'the fd of a socket, or an open socket that has one';
  if (!isObject(socket)) throw invalidArgument('source.socket', expected, socket);
  const inner = socket['_handle'];
  const fd = typeof socket['fd'] === 'number' ? socket['fd'] : isObject(inner) ? inner['fd'] : undefined;
  if (typeof fd !== 'number' || !Number.isInteger(fd) || fd < 0) throw invalidArgument('source.socket', expected, socket);
  return fd;
}

/** Checks the options of open(). */
export function checkOpenOptions(options: unknown): OpenOptions {
  return checkRules<OpenOptions>('options', options, openOptionRules);
}

/** The error of a name that exists already. */
export function existsError(directory: string, name: string, hint: string, operation: string, cause?: unknown): SystemError {
  return new SystemError({ errno: EEXIST, syscall: 'open', path: join(directory, name) }, { operation, hint, cause });
}
