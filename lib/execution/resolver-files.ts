import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { SystemError, type ErrorContext } from '../errors.js';

/* What /etc/resolv.conf and /etc/hosts say: resolv.conf(5), hosts(5). Which files those are is the caller's business. */

export interface ResolverSettings {
  /** Addresses, in order, with a port where one is given: 'ADDRESS' or '[ADDRESS]:PORT'. */
  readonly servers: readonly string[];
  readonly search: readonly string[];
  /** A name with so many dots is tried as it is before the search domains. */
  readonly dots: number;
  /** Milliseconds for one attempt. */
  readonly timeout: number;
  readonly attempts: number;
  /** Whether each lookup begins with the next server. */
  readonly rotate: boolean;
  /** Whether to ask by TCP alone (use-vc). */
  readonly tcp: boolean;
}

/** As glibc: further ones are not looked at. */
const mostServers = 3;

function number(text: string | undefined, most: number, otherwise: number): number {
  const value = Number(text);
  return text !== undefined && text !== '' && Number.isInteger(value) && value >= 0 ? Math.min(value, most) : otherwise;
}

export function parseResolvConf(text: string): ResolverSettings {
  const servers: string[] = [];
  let search: string[] = [];
  let dots = 1;
  let seconds = 5;
  let attempts = 2;
  let rotate = false;
  let tcp = false;
  for (const line of text.split('\n')) {
    const [keyword, ...words] = line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/);
    const [first] = words;
    if (keyword === 'nameserver' && first !== undefined && isIP(first) !== 0) servers.push(first);
    else if (keyword === 'search') search = words;
    else if (keyword === 'domain' && first !== undefined) search = [first];
    else if (keyword === 'options') {
      for (const option of words) {
        const [name, value] = option.split(':');
        if (name === 'ndots') dots = number(value, 15, dots);
        else if (name === 'timeout') seconds = Math.max(1, number(value, 30, seconds));
        else if (name === 'rotate') rotate = true;
        else if (name === 'use-vc') tcp = true;
        else if (name === 'attempts') attempts = Math.max(1, number(value, 5, attempts));
      }
    }
  }
  return {
    servers: servers.length === 0 ? ['127.0.0.1'] : servers.slice(0, mostServers),
    search: search.map((domain) => domain.replace(/\.$/, '')).filter((domain) => domain !== ''),
    dots,
    timeout: seconds * 1000,
    attempts,
    rotate,
    tcp,
  };
}

/** Addresses of each name, in lower case, in the order of the file. */
export function parseHosts(text: string): ReadonlyMap<string, readonly string[]> {
  const hosts = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [address, ...names] = line.replace(/#.*$/, '').trim().split(/\s+/);
    if (address === undefined || isIP(address) === 0) continue;
    for (const name of names) {
      const key = name.toLowerCase();
      const addresses = hosts.get(key) ?? [];
      if (!addresses.includes(address)) addresses.push(address);
      hosts.set(key, addresses);
    }
  }
  return hosts;
}

const EISDIR = 21;
const EINVAL = 22;

/** The text of a file. What is there may be anything, and must not be waited for: a FIFO without a writer would hold the thread for ever. */
function textOf(path: string): string {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const status = fstatSync(fd);
    if (status.isFile()) return readFileSync(fd, 'utf8');
    // A link to /dev/null is the usual way to have none.
    if (status.isCharacterDevice() && status.rdev === nullDevice) return '';
    throw Object.assign(new Error('no file'), { errno: status.isDirectory() ? EISDIR : EINVAL, syscall: 'read' });
  } finally {
    closeSync(fd);
  }
}

/** Major 1, minor 3, as the kernel numbers /dev/null (admin-guide/devices.txt). */
const nullDevice = 0x103;

/**
 * The first of the files that exists, with its text; undefined when there is none.
 * Throws what the kernel says of one that cannot be read: EISDIR for a directory, EINVAL for a FIFO or a device, EACCES.
 */
export function firstFile(paths: readonly string[], context: ErrorContext): { readonly path: string; readonly text: string } | undefined {
  for (const path of paths) {
    try {
      return { path, text: textOf(path) };
    } catch (error) {
      const { code, errno, syscall = 'open' } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') continue;
      if (errno === undefined) throw error;
      const hint =
        code === 'EMFILE'
          ? "this process is out of file descriptors: raise 'ulimit -n'; the next call tries anew"
          : 'it has to be a file that can be read, or not to be there';
      throw new SystemError({ errno, syscall, path }, { ...context, hint });
    }
  }
  return undefined;
}

/** Where a file of /etc is for a namespace: its own of /etc/netns/NAME first, then the machine's. */
export function etcPaths(file: string, name: string | undefined): string[] {
  return name === undefined ? [`/etc/${file}`] : [`/etc/netns/${name}/${file}`, `/etc/${file}`];
}

/** The full names that are asked for, in order, for a name as it was given: resolv.conf(5), search and ndots. */
export function candidates(name: string, { search, dots }: Pick<ResolverSettings, 'search' | 'dots'>): string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)];
  const searched = search.map((domain) => `${name}.${domain}`);
  return name.split('.').length - 1 >= dots ? [name, ...searched] : [...searched, name];
}
