import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { native } from '../native.js';
import { checkRules, isObject } from '../arguments.js';
import { codeOf, isOutOfReach, namespaceError } from './entry-error.js';
import { searchDirectories } from './names.js';
import { namespaceDevice } from './open.js';
import { ownId, processesByNamespace, statId } from './processes.js';

/** A namespace that exists, as Namespace.list() gives it. */
export interface NamespaceEntry {
  /** Absent where it has none. A namespace with several names has an entry for each. */
  readonly name?: string;
  /** 'device:inode', as Namespace.id. */
  readonly id: string;
  readonly device: number;
  readonly inode: number;
  /** SO_NETNS_COOKIE; 0n where this process may not read it (it takes entering the namespace), and before Linux 5.14. */
  readonly cookie: bigint;
  /** The number that this thread's namespace gave it; absent where it gave none. */
  readonly nsid?: number;
  /** Processes whose main thread is in it, ascending, of those that this user may look at. */
  readonly pids: readonly number[];
}

export interface ListOptions {
  /** Namespaces without a name as well, those of processes in /proc. Default false. */
  readonly all?: boolean | undefined;
  /** Default: /run/netns, then /var/run/netns. An absolute path. */
  readonly directory?: string | undefined;
}

/** Tells the nsid of a namespace, given an fd that is open for the time of the call. */
export type NsidOf = (fd: number) => Promise<number | undefined> | number | undefined;

export const listOptionRules = { all: 'boolean', directory: 'string' } as const;

export function checkListOptions(options: unknown): ListOptions {
  return checkRules<ListOptions>('options', options, listOptionRules);
}

/** A name and the file that bears it. */
export interface NameEntry {
  readonly name: string;
  readonly directory: string;
  /** By stat: what is mounted there now. */
  readonly id: string;
}

/** The entries of the directories that are on the kernel's file system of namespaces. Nothing is opened. */
export function namedEntries(directories: readonly string[]): NameEntry[] {
  const device = namespaceDevice();
  const found = new Map<string, NameEntry>();
  for (const directory of directories) {
    for (const name of namesIn(directory)) {
      const id = statId(join(directory, name));
      // The first directory wins, as it does for open(). Stale files and other things are not namespaces.
      if (id?.startsWith(`${device}:`) === true && !found.has(name)) found.set(name, { name, directory, id });
    }
  }
  return [...found.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (thrown) {
    // No namespace was ever named here.
    if (codeOf(thrown) === 'ENOENT') return [];
    throw namespaceError(thrown, { operation: `list the namespaces of ${directory}` });
  }
}

interface Facts {
  readonly id: string;
  readonly device: bigint;
  readonly inode: bigint;
  readonly cookie: bigint;
  readonly nsid?: number;
}

/** The cookie of an open namespace; 0n where it may not be entered. */
export function cookieIfAllowed(fd: number, id: string): bigint {
  try {
    // -1: the calling thread's own, which needs not be entered.
    return native().cookie(id === ownId() ? -1 : fd);
  } catch (thrown) {
    if (codeOf(thrown) === 'EPERM') return 0n;
    throw namespaceError(thrown, { operation: 'read the cookie of a namespace' });
  }
}

/** What is known of the namespace behind a path; undefined when it is gone, closed to this user, or no network namespace. */
async function factsOf(path: string, nsidOf: NsidOf | undefined): Promise<Facts | undefined> {
  let fd;
  try {
    fd = native().openNamespace(path);
  } catch (thrown) {
    if (isObject(thrown) && thrown['notNamespace'] === true) return undefined;
    if (isOutOfReach(thrown)) return undefined;
    throw namespaceError(thrown, { operation: 'list namespaces' });
  }
  try {
    const { device, inode } = native().identity(fd);
    const id = `${device}:${inode}`;
    const cookie = cookieIfAllowed(fd, id);
    const nsid = await nsidOf?.(fd);
    return { id, device, inode, cookie, ...(nsid === undefined ? {} : { nsid }) };
  } finally {
    native().closeFd(fd);
  }
}

/** The namespaces that have a name and, with `all`, those of running processes. One fd is open at a time, none afterwards. */
export async function listNamespaces(options: ListOptions, nsidOf?: NsidOf): Promise<NamespaceEntry[]> {
  const processes = await processesByNamespace();
  const known = new Map<string, Facts>();
  const entries: NamespaceEntry[] = [];
  for (const { name, directory } of namedEntries(searchDirectories(options.directory))) {
    const facts = await factsOf(join(directory, name), nsidOf);
    if (facts === undefined) continue;
    known.set(facts.id, facts);
    entries.push(entry(name, facts, processes));
  }
  if (options.all !== true) return entries;
  for (const [id, pids] of processes) {
    if (known.has(id)) continue;
    const facts = await firstFacts(id, pids, nsidOf);
    if (facts !== undefined) entries.push(entry(undefined, facts, processes));
  }
  return entries;
}

async function firstFacts(id: string, pids: readonly number[], nsidOf: NsidOf | undefined): Promise<Facts | undefined> {
  for (const pid of pids) {
    const facts = await factsOf(`/proc/${pid}/ns/net`, nsidOf);
    // The process may have ended, and another have its number.
    if (facts?.id === id) return facts;
  }
  return undefined;
}

function entry(name: string | undefined, facts: Facts, processes: ReadonlyMap<string, readonly number[]>): NamespaceEntry {
  const value: NamespaceEntry = {
    ...(name === undefined ? {} : { name }),
    id: facts.id,
    device: Number(facts.device),
    inode: Number(facts.inode),
    cookie: facts.cookie,
    ...(facts.nsid === undefined ? {} : { nsid: facts.nsid }),
    pids: [...(processes.get(facts.id) ?? [])],
  };
  // JSON knows no bigint. Not enumerable, so that the entry stays a plain object for everything else.
  Object.defineProperty(value, 'toJSON', { value: () => ({ ...value, cookie: String(value.cookie) }), enumerable: false });
  return value;
}
