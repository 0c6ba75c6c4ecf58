import { readFileSync } from 'node:fs';
import { Namespace } from '../../lib/index.js';
import type { NamespaceEntry, RouteClient } from '../../lib/index.js';
import type { Belongings } from './belongings.js';

/** One lane is a thread; from so many namespaces on, a few threads serve all of them. */
const mostLanes = 5;
/** Namespaces that are looked at at the same time. */
const atOnce = 4;

/** One namespace of the machine, and what is in it. */
export interface Found {
  readonly title: string;
  readonly own: boolean;
  readonly processes: number;
  /** Why nothing is known of it. */
  readonly refused?: string;
  readonly links: number;
  readonly addresses: number;
  readonly routes: number;
  /** The lane's start included. */
  readonly milliseconds: number;
  /** 'lo 127.0.0.1/8'. */
  readonly summary: readonly string[];
}

export interface Machine {
  readonly found: readonly Found[];
  readonly lanes: 'own' | 'shared';
}

/** Opens every namespace of the machine that can be found, and lists what is in it through its lane. */
export async function surveyMachine(belongings: Belongings): Promise<Machine> {
  const home = await belongings.keep(() => Namespace.current());
  const entries = new Map<string, NamespaceEntry>();
  // One that has several names is still one.
  for (const entry of await Namespace.list({ all: true })) if (!entries.has(entry.id)) entries.set(entry.id, entry);
  // A process that may not look into /proc of its own namespace still has it.
  const own = entries.get(home.id);
  const waiting = [...entries.values()].filter((entry) => entry.id !== home.id);
  const lanes = waiting.length < mostLanes ? 'own' : 'shared';
  const first = await survey(belongings, { title: 'this one', processes: own?.pids.length ?? 1, own: true }, () => Promise.resolve(home));
  const found: Found[] = [];
  const next = async (): Promise<void> => {
    for (let entry = waiting.shift(); entry !== undefined; entry = waiting.shift()) {
      const { name, pids } = entry;
      const source = name === undefined ? { pid: pids[0] ?? 0 } : { name };
      const open = async (): Promise<Namespace> => {
        const namespace = await belongings.keep(() => Namespace.open(source, { lane: lanes }));
        // The name, or the number of the process, may be another's by now.
        if (namespace.id !== entry.id) await namespace.close();
        return namespace;
      };
      found.push(await survey(belongings, { title: titleOf(entry), processes: pids.length, own: false }, open));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, next));
  return { found: [first, ...found.sort((one, other) => (one.title < other.title ? -1 : 1))], lanes };
}

function titleOf({ name, pids: [pid] }: NamespaceEntry): string {
  if (name !== undefined) return name;
  return pid === undefined ? '?' : `${commandOf(pid)}, pid ${pid}`;
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return 'process';
    throw error;
  }
}

async function survey(
  belongings: Belongings,
  { title, processes, own }: Pick<Found, 'title' | 'processes' | 'own'>,
  open: () => Promise<Namespace>,
): Promise<Found> {
  const start = performance.now();
  const about = { title, own, processes };
  let namespace: Namespace | undefined;
  try {
    namespace = await open();
    const contents = await list(await namespace.route());
    return { ...about, ...contents, milliseconds: performance.now() - start };
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    // It is somebody else's, or was gone before it was looked at: neither is a fault.
    if (own || belongings.closing || typeof code !== 'string') throw error;
    const refused = ['ENOENT', 'ESRCH', 'NETLANE_CLOSED', 'NETLANE_NOT_A_NETNS'].includes(code)
      ? 'gone in the meantime'
      : `closed to this user: ${code}`;
    return { ...about, refused, links: 0, addresses: 0, routes: 0, milliseconds: performance.now() - start, summary: [] };
  } finally {
    await namespace?.close();
  }
}

async function list(route: RouteClient): Promise<Pick<Found, 'links' | 'addresses' | 'routes' | 'summary'>> {
  // Three dumps at once, each on a socket of its own.
  const [links, addresses, routes] = await Promise.all([route.links.list(), route.addresses.list(), count(route)]);
  const lines = links.map(({ index, name }) => {
    const own = addresses.filter(({ link }) => link === index);
    const best = own.find(({ family }) => family === 'ipv4') ?? own.find(({ scope }) => scope === 'global') ?? own[0];
    const interest = best === undefined ? 0 : name === 'lo' ? 1 : 2;
    return { text: best === undefined ? name : `${name} ${best.address}`, interest };
  });
  const summary = lines.sort((one, other) => other.interest - one.interest).map(({ text }) => text);
  return { links: links.length, addresses: addresses.length, routes, summary };
}

/** A router may have a million routes: they are counted as they come and never held. */
async function count(route: RouteClient): Promise<number> {
  let routes = 0;
  for await (const one of route.routes.stream()) if (one.destination !== '') routes++;
  return routes;
}
