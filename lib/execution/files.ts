import { invalidArgument } from '../errors.js';
import { checkRules } from '../arguments.js';
import { codeOfErrno } from '../errno.js';
import { native } from '../native.js';
import { showsThisNamespace } from './mounted-sysfs.js';
import type { Place } from './place.js';

/* Files that every network namespace has for itself: parameters below /proc/sys/net, /proc/net, and the devices in /sys. */

/** Options of Namespace.readFile(). */
export interface ReadFileOptions {
  /** How it is decoded; 'buffer' leaves it as it is. Default 'utf8'. */
  readonly encoding?: BufferEncoding | 'buffer' | undefined;
}

const expectedName = "a parameter below net, as sysctl(8) writes it: 'net.ipv4.ip_forward' or 'net/ipv4/ip_forward'";

/**
 * The parts of a parameter's name. As in sysctl(8) the first separator decides: where it is a dot, a slash stands for a dot within a part, which
 * names of devices may have (net.ipv4.conf.eth0/100.forwarding); where it is a slash, dots are only dots.
 */
function partsOf(name: string): string[] {
  const separator = /[./]/.exec(name)?.[0];
  if (separator === '.') return name.split('.').map((part) => part.replaceAll('/', '.'));
  return name.split('/');
}

/** Path of a parameter. Throws NETLANE_INVALID_ARGUMENT for whatever is not below /proc/sys/net. */
export function sysctlPath(name: unknown): string {
  if (typeof name !== 'string') throw invalidArgument('name', expectedName, name);
  const parts = partsOf(name.replace(/^\/?proc\/sys\//, ''));
  const usable = parts.every((part) => part !== '' && part !== '.' && part !== '..' && !part.includes('\0'));
  if (!usable || parts.length < 2) throw invalidArgument('name', expectedName, name);
  if (parts[0] !== 'net') {
    throw invalidArgument('name', expectedName, name, {
      hint: 'only those below net belong to a network namespace; all others are the machine’s',
    });
  }
  return `/proc/sys/${parts.join('/')}`;
}

function checkValue(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  const isText = typeof value === 'string' && !/[\0\n\r]/.test(value);
  if (!isText) throw invalidArgument('value', 'a number, or a string of one line', value);
  return value;
}

function hintFor(thrown: unknown): string | undefined {
  const { errno, syscall } = thrown as { errno?: number; syscall?: string };
  const code = errno === undefined ? undefined : codeOfErrno(errno);
  if (syscall === 'setns') return undefined;
  if (syscall === 'write' && code === 'ENOENT') return 'the parameter is there: it is the value that the kernel has nothing for';
  if (code === 'ENOENT')
    return 'this namespace has no such parameter; its module may not be loaded, and some are in the initial namespace only';
  if (code === 'EISDIR') return 'it is a directory of parameters';
  if (syscall === 'write' && (code === 'EINVAL' || code === 'ERANGE')) return 'the kernel does not take this value';
  if (code === 'EROFS') return '/proc/sys is read-only here, as in most containers';
  if (code === 'EACCES' || code === 'EPERM')
    return 'the parameter may not be used so, or only by root of the user namespace that owns the namespace';
  return undefined;
}

/** Namespace.sysctl(). */
export async function sysctlInside(place: Place, name: unknown, value: unknown): Promise<string | undefined> {
  const path = sysctlPath(name);
  const content = checkValue(value);
  const namespace = place.entryFd();
  try {
    if (content === undefined) return (await native().accessFileAsync(namespace, path)).toString().replace(/\n$/, '');
    await native().accessFileAsync(namespace, path, `${content}\n`);
    return undefined;
  } catch (thrown) {
    const operation = content === undefined ? `read sysctl ${String(name)}` : `set sysctl ${String(name)} to ${content}`;
    throw place.explain(thrown, operation, hintFor(thrown));
  }
}

const expectedPath = 'a path below /proc/net, /proc/sys/net, /sys/class/net or /sys/devices/virtual/net';

function hintForPath(path: string): string {
  const process = /^\/proc\/(\d+)\/(?:task\/\d+\/)?net(?:\/|$)/.exec(path)?.[1];
  if (process !== undefined) return `it is of the namespace of that process: Namespace.open({ pid: ${process} }) has it as /proc/net`;
  if (/^\/sys\/(?:class|devices\/(?:.+\/)?virtual)\/net$/.test(path))
    return 'it is a directory: (await namespace.route()).links.list() tells the devices';
  return 'no other file is told by its namespace here: read it with node:fs';
}

/** Where the thread that reads finds it: /proc/net is a link to what the process's main thread sees. */
function insidePath(path: unknown): string {
  if (typeof path !== 'string') throw invalidArgument('path', expectedPath, path);
  const parts = path.split('/');
  const plain =
    path.startsWith('/') && !path.includes('\0') && parts.slice(1).every((part) => part !== '' && part !== '.' && part !== '..');
  if (!plain) throw invalidArgument('path', `${expectedPath}, without . and ..`, path);
  const net = /^\/proc\/(?:(?:self|thread-self)\/)?net\/(.+)$/.exec(path)?.[1];
  if (net !== undefined) return `/proc/thread-self/net/${net}`;
  if (/^\/proc\/sys\/net\/./.test(path) || /^\/sys\/class\/net\/./.test(path) || /^\/sys\/devices\/(?:.+\/)?net\/./.test(path)) return path;
  throw invalidArgument('path', expectedPath, path, { hint: hintForPath(path) });
}

/** The steps of mounting a sysfs (native/inside_files.cc). */
const mounting: readonly unknown[] = ['fsopen', 'fsconfig', 'fsmount'];

async function read(namespace: number, path: string): Promise<Buffer> {
  try {
    return await native().accessFileAsync(namespace, path);
  } catch (thrown) {
    // In the calling thread's own namespace the /sys that is there may do.
    const { syscall } = thrown as { syscall?: string };
    if (namespace !== -1 || !mounting.includes(syscall) || !(await showsThisNamespace())) throw thrown;
    return await native().accessFileAsync(namespace, path, undefined, true);
  }
}

function sysHint(thrown: unknown, namespace: number): string | undefined {
  const { syscall, errno } = thrown as { syscall?: string; errno?: number };
  const code = errno === undefined ? undefined : codeOfErrno(errno);
  // What is lacking is no privilege: that is explained as everywhere.
  if (!mounting.includes(syscall) || code === 'EMFILE' || code === 'ENFILE' || code === 'ENOMEM') return undefined;
  return namespace === -1
    ? 'the /sys that is mounted here is not known to show this namespace, and to mount one that does takes CAP_SYS_ADMIN, and Linux 5.2'
    : 'to look into /sys of another namespace takes CAP_SYS_ADMIN, and Linux 5.2';
}

/** Namespace.readFile(). */
export async function readFileInside(place: Place, path: unknown, given: unknown): Promise<string | Buffer> {
  const actual = insidePath(path);
  const { encoding = 'utf8' } = checkRules<ReadFileOptions>('options', given, { encoding: 'any' });
  if (encoding !== 'buffer' && !(typeof encoding === 'string' && Buffer.isEncoding(encoding)))
    throw invalidArgument('options.encoding', "an encoding ('utf8', 'latin1', ...) or 'buffer'", encoding);
  const namespace = place.entryFd();
  let content;
  try {
    content = await read(namespace, actual);
  } catch (thrown) {
    throw place.explain(thrown, `read ${String(path)}`, sysHint(thrown, namespace));
  }
  return encoding === 'buffer' ? content : content.toString(encoding);
}
