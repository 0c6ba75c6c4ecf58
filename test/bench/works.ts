import { fileURLToPath } from 'node:url';
import type { Namespace } from '../../lib/index.js';
import { contestants, type Peers } from './peers.js';
import type { Work } from './race.js';
import type { Contestant } from './racer.js';

/** What a work needs in its namespace before it starts. */
export type Setting = 'links' | 'routes' | 'none';

/** A work before it is known who takes part. */
export interface Plan {
  readonly name: string;
  readonly title: string;
  readonly setting: Setting;
  /** How many routes or links there are, for works that list them. */
  readonly size?: number | undefined;
  /** Only without --quick. */
  readonly long?: boolean | undefined;
  /** No more rounds than these: what takes long to prepare. */
  readonly rounds?: number | undefined;
  plan(peers: Peers, namespace: string): Omit<Work, 'name' | 'title'>;
}

const program = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

const ours = (work: string, namespace: string): Contestant => ({
  name: 'netlane',
  command: [process.execPath, '--expose-gc', program('./netlane.js'), work, namespace],
});

const bare = (name: string, work: string, namespace = ''): Contestant => ({
  name,
  command: [process.execPath, '--expose-gc', program('./bare.js'), work, namespace],
});

function linkGets(name: string, title: string, work: string, targets: Work['targets'], limit = 'link-get'): Plan {
  return {
    name,
    title,
    setting: 'links',
    plan: (peers, namespace) => ({
      unit: 'time',
      // Long enough that the system has put the threads of whoever has two onto two cores.
      count: 25_600,
      targets,
      contestants: [
        ours(work, namespace),
        ...contestants(
          peers,
          namespace,
          {
            C: { work: limit },
            Go: { work: 'link-get' },
            'npm netlink': { work: 'link-get', count: 1000 },
            pyroute2: { work: 'link-get', count: 200 },
          },
          'v0',
        ),
      ],
    }),
  };
}

/** Above this many entries, a work is not for --quick. */
const quickSize = 10_000;

function routeChanges(name: string, title: string, work: string, targets: Work['targets'], count: number): Plan {
  return {
    name: `${name}, ${count.toLocaleString('en')}`,
    title,
    setting: 'links',
    long: count > quickSize,
    plan: (peers, namespace) => ({
      unit: 'time',
      count,
      goes: Math.max(1, 30_000 / count),
      targets,
      contestants: [
        ours(work, namespace),
        ...contestants(peers, namespace, {
          C: { work: 'routes-add-delete' },
          Go: { work: 'routes-add-delete' },
          'npm netlink': { work: 'routes-add-delete', count: 2000 },
          pyroute2: { work: 'routes-add-delete', count: 500 },
          iproute2: { work: 'routes-add-delete' },
        }),
      ],
    }),
  };
}

/** How often so many routes are listed in a sample: some hundred milliseconds, so that garbage collections are in all of them. */
const dumps = (size: number): number => Math.min(50, Math.max(1, 500_000 / size));

function routeDumps(name: string, work: string, size: number, targets: Work['targets']): Plan {
  return {
    name: `${name}, ${size.toLocaleString('en')}`,
    title: 'all IPv4 routes of a namespace, as objects',
    setting: 'routes',
    size,
    long: size > quickSize,
    plan: (peers, namespace) => ({
      unit: 'time',
      count: dumps(size),
      targets,
      contestants: [
        ours(work, namespace),
        ...contestants(peers, namespace, {
          C: { work: 'routes-dump' },
          Go: { work: 'routes-dump' },
          'npm netlink': { work: 'routes-dump' },
          ...(size <= 100_000 ? { pyroute2: { work: 'routes-dump', count: 1 } } : {}),
          iproute2: { work: 'routes-dump' },
        }),
      ],
    }),
  };
}

function linkLists(size: number, long: boolean): Plan {
  return {
    name: `list of links, ${size.toLocaleString('en')}`,
    title: 'all links of a namespace with all their attributes, as objects',
    setting: 'links',
    size,
    long,
    plan: (peers, namespace) => ({
      unit: 'time',
      count: Math.max(5, 2000 / size),
      targets: { Go: 1 },
      contestants: [
        ours('links-list', namespace),
        ...contestants(peers, namespace, {
          C: { work: 'links-dump' },
          Go: { work: 'links-dump' },
          'npm netlink': { work: 'links-dump' },
          pyroute2: { work: 'links-dump' },
          iproute2: { work: 'links-dump' },
        }),
      ],
    }),
  };
}

/** A work of ours that has at most one yardstick. */
function alone(
  name: string,
  title: string,
  measured: Pick<Work, 'unit' | 'count' | 'limit'>,
  work: string,
  yardstick?: { readonly peer: Contestant; readonly most: number },
): Plan {
  return {
    name,
    title,
    setting: 'none',
    plan: (_peers, namespace) => ({
      ...measured,
      targets: yardstick === undefined ? {} : { [yardstick.peer.name]: yardstick.most },
      contestants: [ours(work, namespace), ...(yardstick === undefined ? [] : [yardstick.peer])],
    }),
  };
}

const mebibyte = 1 << 20;
const millisecond = 1e6;

/** What has a limit that is no ratio, at three sizes. */
function sized(
  name: string,
  title: string,
  work: string,
  sizes: readonly [number, number, number],
  of: Pick<Work, 'unit'> & {
    readonly limit?: (size: number) => number | undefined;
    readonly setting?: Setting;
    readonly rounds?: number;
    /** Who is beside it. */
    readonly beside?: { readonly name: string; readonly work: string };
  },
): Plan[] {
  return sizes.map((size) => ({
    name: `${name}, ${size.toLocaleString('en')}`,
    title,
    setting: of.setting ?? 'none',
    size,
    long: size === sizes[2],
    rounds: of.rounds,
    plan: (_peers, namespace) => ({
      unit: of.unit,
      limit: of.limit?.(size),
      count: size,
      targets: {},
      contestants: [ours(work, namespace), ...(of.beside === undefined ? [] : [bare(of.beside.name, of.beside.work, namespace)])],
    }),
  }));
}

const changeSizes = [1000, 10_000, 100_000] as const;
/** Each loss costs a list of all that is there. */
const lossySizes = [100, 1000, 10_000] as const;
const streamSizes = [10_000, 100_000, 1_000_000] as const;
const namespaceSizes = [100, 500, 2000] as const;

const iproute2 = { name: 'iproute2 alone', work: 'ip-batch' };

/** Streams and watches: what they take beside time. */
const boundedPlans: readonly Plan[] = [
  ...sized('memory of a stream of routes', 'the most over the idle process', 'routes-stream-memory', streamSizes, {
    unit: 'memory',
    limit: () => 48 * mebibyte,
    setting: 'routes',
    rounds: 3,
  }),
  ...sized('loop blocked by a stream of routes', 'the longest time', 'routes-stream-block', streamSizes, {
    unit: 'time',
    limit: () => 20 * millisecond,
    setting: 'routes',
    rounds: 3,
  }),
  ...sized('watched changes of routes', "made by iproute2's -batch, none lost", 'changes-told', changeSizes, {
    unit: 'time',
    beside: iproute2,
  }),
  ...sized('loop blocked by watched changes', 'the longest time', 'changes-told-block', changeSizes, {
    unit: 'time',
    limit: () => 20 * millisecond,
  }),
  ...sized(
    'watched changes, buffer not forced',
    'with what rmem_max allows; the state is that of a fresh list',
    'changes-found-unforced',
    changeSizes,
    {
      unit: 'time',
      beside: iproute2,
    },
  ),
  ...sized('watched changes, buffer of 4 KiB', 'the same with far too small a buffer', 'changes-found-small', lossySizes, {
    unit: 'time',
    beside: iproute2,
  }),
  ...sized('memory of a watch on shared lanes', 'a namespace with a watch of its links', 'watches-memory', namespaceSizes, {
    unit: 'memory',
    limit: (size) => (size === 2000 ? (300 * mebibyte) / size : undefined),
    rounds: 3,
  }),
  ...sized('delay beside a busy namespace', 'the longest request of others while one has 100,000 events', 'watches-delay', namespaceSizes, {
    unit: 'time',
    limit: () => 10 * millisecond,
    rounds: 3,
    beside: { name: 'a bystander', work: 'bystander' },
  }),
];

/** Every row of the table, in its order. */
export const plans: readonly Plan[] = [
  linkGets('link get, lane', 'one link by index, awaited one by one, typed, through the lane', 'link-get', {
    Go: 1.5,
    'npm netlink': 0.25,
  }),
  linkGets("link get, caller's thread", "the same on the caller's thread", 'link-get-caller', { Go: 1 }),
  linkGets('link get, synchronous', "requestSync() on the caller's thread, raw", 'link-get-sync', { C: 1.3 }),
  linkGets('link gets, 64 at once', '64 of them in flight, through the lane, typed', 'link-get-64', { Go: 1, C: 2 }, 'link-get-batched'),
  ...[1000, 10_000, 100_000].map((count) =>
    routeChanges('route changes, batch()', 'adds, then deletes, by batch()', 'routes-batch', { C: 1.3, Go: 1 }, count),
  ),
  ...[1000, 10_000, 100_000].map((count) =>
    routeChanges('route changes, Promise.all', 'adds, then deletes, all at once', 'routes-promises', { C: 1.8, Go: 1 }, count),
  ),
  ...[1000, 10_000, 100_000].map((size) =>
    routeDumps('list of routes', 'routes-list', size, size < 100_000 ? {} : { C: 1.3, Go: 1 / 3, 'npm netlink': 0.25, pyroute2: 0.02 }),
  ),
  ...[10_000, 100_000, 1_000_000].map((size) =>
    routeDumps('stream of routes', 'routes-stream', size, size < 1_000_000 ? {} : { C: 1.3, Go: 1 / 3, 'npm netlink': 0.25 }),
  ),
  ...[10, 100, 1000].map((size) => linkLists(size, size > 100)),
  ...boundedPlans,
  alone('first answer, lane', 'from a namespace nobody has used yet', { unit: 'time', count: 5 }, 'cold-lane', {
    peer: bare('bare Worker', 'worker-start'),
    most: 1.7,
  }),
  alone('first answer, shared lane', 'the same', { unit: 'time', count: 500, limit: 0.5 * millisecond }, 'cold-shared'),
  alone("first answer, caller's thread", 'the same', { unit: 'time', count: 500, limit: 0.2 * millisecond }, 'cold-caller'),
  alone('memory of a lane', 'resident memory of a further namespace', { unit: 'memory', count: 10 }, 'memory-lane', {
    peer: bare('bare Worker', 'worker-memory'),
    most: 1.2,
  }),
  alone('memory on a shared lane', 'the same', { unit: 'memory', count: 200, limit: 64 << 10 }, 'memory-shared'),
  {
    name: 'namespace created, closed',
    title: 'a namespace with its loopback up',
    setting: 'none',
    plan: (peers, namespace) => ({
      unit: 'time',
      count: 1000,
      targets: { Go: 0.8 },
      contestants: [
        ours('namespace-create', namespace),
        ...contestants(peers, namespace, { C: { work: 'namespace-create' }, Go: { work: 'namespace-create' } }),
      ],
    }),
  },
  alone('run() of a function', 'a trivial one, on a thread that runs already', { unit: 'time', count: 60_000 }, 'run', {
    peer: bare('bare Piscina', 'piscina-run'),
    most: 1.5,
  }),
  alone('spawn() of /bin/true', 'until it has ended', { unit: 'time', count: 50 }, 'spawn', {
    peer: bare('child_process', 'process-spawn'),
    most: 1.5,
  }),
  alone('connect()', 'a TCP connection inside, made and closed', { unit: 'time', count: 2000 }, 'connect', {
    peer: bare('net.connect', 'net-connect'),
    most: 1.5,
  }),
  {
    name: 'import',
    title: 'a process that imports the package and ends',
    setting: 'none',
    plan: () => ({
      unit: 'time',
      count: 5,
      targets: {},
      contestants: [bare('netlane', 'import-netlane'), bare('bare Node', 'import-nothing')],
    }),
  },
];

/** Makes what a work needs: a pair of links, and as many routes or further links as it lists. */
export async function furnish(namespace: Namespace, setting: Setting, size: number): Promise<void> {
  if (setting === 'none') return;
  const route = await namespace.route();
  try {
    await route.links.add({ name: 'v0', kind: 'veth', peer: { name: 'v1' } });
    await Promise.all(['lo', 'v0', 'v1'].map((link) => route.links.set(link, { up: true })));
    await route.addresses.add({ link: 'v0', address: '10.0.0.1/16' });
    const results = await route.batch((batch) => {
      if (setting === 'routes') {
        for (let at = 0; at < size; at++) {
          const destination = `16.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}/32`;
          batch.routes.add({ destination, gateway: '10.0.0.2', metric: 5 });
        }
      } else for (let at = 3; at < size; at += 2) batch.links.add({ name: `w${at}`, kind: 'veth', peer: { name: `x${at}` } });
    });
    for (const result of results) if (!result.ok) throw result.error;
  } finally {
    await route.close();
  }
}
