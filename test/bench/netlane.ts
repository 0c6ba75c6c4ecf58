import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Namespace, type Link, type Route } from 'netlane';
import { serve, Stopwatch, timed, type MeasuredRun } from './serve.js';
import { watchWorks } from './watches.js';

/*
 * Our side of the benchmark: netlane.js WORK NAMESPACE [LINK], a process on the host that works in a namespace through its API, with what the package ships.
 */

const [, , work = '', name = '', linkName = 'v0'] = process.argv;

const encoder = new TextEncoder();

function fnv(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of encoder.encode(text)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value;
}

/** A sum that does not depend on the order. */
function sum(entries: readonly string[]): { entries: number; sum: number } {
  return { entries: entries.length, sum: entries.reduce((total, entry) => (total + fnv(entry)) >>> 0, 0) };
}

const tables: Readonly<Record<string, number>> = { main: 254, local: 255, default: 253 };
const protocols: Readonly<Record<string, number>> = { kernel: 2, boot: 3, static: 4 };
const scopes: Readonly<Record<string, number>> = { global: 0, link: 253, host: 254 };
const types: Readonly<Record<string, number>> = { unicast: 1, local: 2, broadcast: 3 };

const numberOf = (names: Readonly<Record<string, number>>, value: string | number | undefined): number =>
  typeof value === 'number' ? value : (names[value ?? ''] ?? 0);

function routeText(route: Route): string {
  const destination = route.destination === 'default' ? '' : (route.destination ?? '');
  return [
    destination === '' || destination.includes('/') ? destination : `${destination}/32`,
    route.gateway ?? '',
    route.link ?? 0,
    numberOf(tables, route.table),
    numberOf(protocols, route.protocol),
    numberOf(scopes, route.scope),
    numberOf(types, route.type),
    route.metric ?? 0,
  ].join('|');
}

/** As Go has it: an address of zeros is none. */
const linkText = (link: Link): string =>
  [link.index, link.name, link.mtu, link.address === '00:00:00:00:00:00' ? '' : (link.address ?? '')].join('|');

const change = (number: number): { destination: string; gateway: string; table: number; protocol: 'static' } => ({
  destination: `16.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}/32`,
  gateway: '10.0.0.2',
  table: 1000,
  protocol: 'static',
});

const RTM_GETLINK = 18;

type Open = (namespace: Namespace, name: string) => Promise<MeasuredRun>;

const linkGets =
  (thread: 'lane' | 'caller'): Open =>
  async (namespace) => {
    const { links } = await namespace.route({ thread });
    const { index } = await links.get(linkName);
    return timed(async (count) => {
      let mtu: number | undefined;
      for (let at = 0; at < count; at++) ({ mtu } = await links.get(index));
      return () => ({ mtu: mtu ?? 0 });
    });
  };

const linkGetsRaw: Open = async (namespace) => {
  const route = await namespace.route();
  const { index, mtu } = await route.links.get(linkName);
  await route.close();
  const socket = await namespace.netlink('route', { thread: 'caller' });
  const body = new Uint8Array(16);
  new DataView(body.buffer).setInt32(4, index, true);
  // As the peers ask: without an acknowledgement behind the answer.
  return timed((count) => {
    let messages = 0;
    for (let at = 0; at < count; at++) messages += socket.requestSync({ type: RTM_GETLINK, body, acknowledge: false }).messages.length;
    return Promise.resolve(() => ({ mtu: messages === count ? (mtu ?? 0) : 0 }));
  });
};

const linkGetsInFlight: Open = async (namespace) => {
  const { links } = await namespace.route();
  const { index } = await links.get(linkName);
  return timed(async (count) => {
    let mtu: number | undefined;
    for (let at = 0; at < count; at += 64) {
      const found = await Promise.all(Array.from({ length: 64 }, () => links.get(index)));
      mtu = found.at(-1)?.mtu;
    }
    return () => ({ mtu: mtu ?? 0 });
  });
};

const batchedChanges: Open = async (namespace) => {
  const route = await namespace.route();
  const all = async (verb: 'add' | 'delete', count: number): Promise<void> => {
    const results = await route.batch((batch) => {
      for (let at = 0; at < count; at++) batch.routes[verb](change(at));
    });
    for (const result of results) if (!result.ok) throw result.error;
  };
  return timed(async (count) => {
    await all('add', count);
    await all('delete', count);
    return () => ({ changed: 2 * count });
  });
};

const concurrentChanges: Open = async (namespace) => {
  const { routes } = await namespace.route();
  return timed(async (count) => {
    await Promise.all(Array.from({ length: count }, (_, at) => routes.add(change(at))));
    await Promise.all(Array.from({ length: count }, (_, at) => routes.delete(change(at))));
    return () => ({ changed: 2 * count });
  });
};

const routeLists: Open = async (namespace) => {
  const { routes } = await namespace.route();
  return timed(async (count) => {
    let found: Route[] = [];
    for (let at = 0; at < count; at++) {
      // As with a program that is done with one before it asks for the next.
      found = [];
      found = await routes.list({ family: 'ipv4' });
    }
    return () => sum(found.map(routeText));
  });
};

const routeStreams: Open = async (namespace) => {
  const { routes } = await namespace.route();
  return timed(async (count) => {
    let entries = 0;
    for (let at = 0; at < count; at++) {
      entries = 0;
      for await (const route of routes.stream({ family: 'ipv4' })) if (route.family === 'ipv4') entries++;
    }
    return () => ({ entries });
  });
};

const linkLists: Open = async (namespace) => {
  const { links } = await namespace.route();
  return timed(async (count) => {
    let found: Link[] = [];
    for (let at = 0; at < count; at++) found = await links.list();
    return () => sum(found.map(linkText));
  });
};

/** Namespaces that nobody has used yet: the first answer from each. */
const cold =
  (thread: 'lane' | 'caller', lane?: 'shared'): Open =>
  async () => {
    // What is loaded once has been loaded; a shared lane runs already, until the process ends.
    const other = await Namespace.create({ lane });
    const first = await other.netlink('route', { thread });
    await first.request({ type: RTM_GETLINK, body: Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) });
    return async (count) => {
      const watch = new Stopwatch();
      for (let at = 0; at < count; at++) {
        const fresh = await Namespace.create({ lane });
        await watch.time(async () => {
          const socket = await fresh.netlink('route', { thread });
          await socket.request({ type: RTM_GETLINK, body: Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0) });
        });
        await fresh.close();
      }
      return { value: watch.value, cpu: watch.cpu, answer: { answers: count } };
    };
  };

/** Resident memory that each further namespace with a socket takes. */
const memory =
  (lane?: 'shared'): Open =>
  () => {
    const resident = (): number => {
      globalThis.gc?.();
      return process.memoryUsage.rss();
    };
    return Promise.resolve(async (count) => {
      const namespaces: Namespace[] = [];
      const use = async (): Promise<void> => {
        const namespace = await Namespace.create({ lane });
        namespaces.push(namespace);
        await namespace.netlink('route');
      };
      await use();
      const before = resident();
      for (let at = 0; at < count; at++) await use();
      const value = resident() - before;
      for (const namespace of namespaces) await namespace.close();
      return { value, cpu: 0, answer: { running: count } };
    });
  };

const namespaces: Open = () =>
  Promise.resolve(
    timed(async (count) => {
      for (let at = 0; at < count; at++) await (await Namespace.create({ loopback: true })).close();
      return () => ({ made: count });
    }),
  );

/** Tasks on threads that run already. */
const runs: Open = async (namespace) => {
  await namespace.run(() => 1);
  return timed(async (count) => {
    let sum = 0;
    for (let at = 0; at < count; at++) sum += await namespace.run(() => 1);
    return () => ({ sum });
  });
};

const spawns: Open = (namespace) =>
  Promise.resolve(
    timed(async (count) => {
      let ended = 0;
      for (let at = 0; at < count; at++) {
        const child = await namespace.spawn('/bin/true', [], { stdio: 'ignore', mounts: false });
        const [status] = (await once(child, 'exit')) as [number];
        if (status === 0) ended++;
      }
      return () => ({ ended });
    }),
  );

const connections: Open = async (namespace) => {
  const server = await namespace.listen({ host: '127.0.0.1', port: 0 }, (connection) => connection.end());
  const { port } = server.address() as AddressInfo;
  return timed(async (count) => {
    let closed = 0;
    for (let at = 0; at < count; at++) {
      const socket = await namespace.connect({ host: '127.0.0.1', port });
      socket.resume();
      socket.end();
      await once(socket, 'close');
      closed++;
    }
    return () => ({ closed });
  });
};

const works: Readonly<Record<string, Open>> = {
  'link-get': linkGets('lane'),
  'link-get-caller': linkGets('caller'),
  'link-get-sync': linkGetsRaw,
  'link-get-64': linkGetsInFlight,
  'routes-batch': batchedChanges,
  'routes-promises': concurrentChanges,
  'routes-list': routeLists,
  'routes-stream': routeStreams,
  'links-list': linkLists,
  'cold-lane': cold('lane'),
  'cold-shared': cold('lane', 'shared'),
  'cold-caller': cold('caller'),
  'memory-lane': memory(),
  'memory-shared': memory('shared'),
  'namespace-create': namespaces,
  run: runs,
  spawn: spawns,
  connect: connections,
  ...watchWorks,
};

const open = works[work];
if (open === undefined) throw new Error(`no such work: ${work}; there are ${Object.keys(works).join(', ')}`);
const namespace = name === '' ? await Namespace.current() : await Namespace.open(name);
await serve(await open(namespace, name), () => namespace.close());
