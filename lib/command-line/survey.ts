import { readFileSync } from 'node:fs';
import { Namespace, type Address, type Link, type NamespaceEntry } from '../index.js';

/** A namespace with what is in it; `error` where that may not be looked at. */
export interface Surveyed {
  readonly name?: string;
  readonly id: string;
  readonly cookie?: number;
  readonly nsid?: number;
  readonly processes: readonly { readonly pid: number; readonly command: string }[];
  readonly links: readonly Link[];
  readonly addresses: readonly Address[];
  readonly error?: { readonly code: string; readonly message: string };
}

/** So many namespaces are looked at at the same time: each costs an fd or two. */
const atOnce = 8;

function commandOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trimEnd();
  } catch {
    return undefined; // It has ended since: it is in no namespace any more.
  }
}

function processesOf(entry: NamespaceEntry): Surveyed['processes'] {
  return entry.pids.flatMap((pid) => {
    const command = commandOf(pid);
    return command === undefined ? [] : [{ pid, command }];
  });
}

/** Opens what an entry of list() stood for; undefined when that is gone. */
export async function openEntry(entry: NamespaceEntry): Promise<Namespace | undefined> {
  const [pid] = entry.pids;
  if (entry.name === undefined && pid === undefined) return undefined;
  let opened;
  try {
    opened = await (entry.name !== undefined ? Namespace.open(entry.name) : Namespace.open({ pid: pid ?? 0 }));
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'NETLANE_NOT_A_NETNS'].includes((error as { code?: string }).code ?? '')) return undefined;
    throw error;
  }
  if (opened.id === entry.id) return opened;
  // The name, or the number of the process, is another one's by now.
  await opened.close();
  return undefined;
}

async function survey(entry: NamespaceEntry): Promise<Surveyed | undefined> {
  const base = {
    ...(entry.name !== undefined && { name: entry.name }),
    id: entry.id,
    ...(entry.cookie !== 0n && { cookie: Number(entry.cookie) }),
    ...(entry.nsid !== undefined && { nsid: entry.nsid }),
    processes: processesOf(entry),
  };
  try {
    const namespace = await openEntry(entry);
    if (namespace === undefined) return undefined;
    try {
      const route = await namespace.route({ thread: 'caller' });
      const [links, addresses] = await Promise.all([route.links.list(), route.addresses.list()]);
      return { ...base, links, addresses };
    } finally {
      await namespace.close();
    }
  } catch (error) {
    const { code = 'unknown', message } = error as { code?: string; message: string };
    return { ...base, links: [], addresses: [], error: { code, message } };
  }
}

/** Looks at namespaces, some at the same time, in the order of the list. What is gone in the meantime is left out. */
export async function surveyAll(entries: readonly NamespaceEntry[], onDone: (count: number) => void): Promise<Surveyed[]> {
  const results: (Surveyed | undefined)[] = [];
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < entries.length; index = next++) {
      const entry = entries[index];
      results[index] = entry === undefined ? undefined : await survey(entry);
      onDone(++done);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return results.filter((result) => result !== undefined);
}
