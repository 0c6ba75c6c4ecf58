import { readlinkSync } from 'node:fs';
import { availableParallelism, release } from 'node:os';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { Namespace } from '../lib/index.js';
import { FAMILY_ALL, newIfInfomsg, RTM_GETLINK } from '../lib/nl.js';
import { Belongings } from './demo/belongings.js';
import { LaneWatch, quiet } from './demo/lane-watch.js';
import { surveyMachine, type Machine } from './demo/machine.js';
import { lookForUserNamespace, mayMakeNamespaces, runInUserNamespace } from './demo/rootless.js';
import { createScratch, names, removeLeftovers } from './demo/scratch.js';
import { cut, formatTime, plural, Screen } from './demo/screen.js';
import { transfer } from './demo/transfer.js';

/*
 * netlane at work on this machine: every namespace it finds, then three of its own. Whatever ends it, what it made is removed.
 */

const started = performance.now();
const screen = new Screen();
const belongings = new Belongings();
/** The figures of the last line. */
const facts: Record<string, unknown> = {};

const signals = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
/** What takes longer to remove than this is not going to be removed: the kernel holds it. */
const patience = 10_000;
/** Namespaces of the machine that are shown; the others are listed as well. */
const mostShown = 5;

let ending = false;

/** Ends it before its end: everything is removed, then the process ends. */
async function end(status: number, why: Readonly<Record<string, unknown>>): Promise<never> {
  screen.mute();
  const late = setTimeout(() => {
    screen.last({ ok: false, ...why, left: names(process.pid) }, `Not everything could be removed within ${patience / 1000} s.`);
    process.exit(status);
  }, patience);
  try {
    await belongings.close();
    screen.last({ ok: false, ...why, ...facts }, 'Ended early; everything is removed.');
  } catch (error) {
    screen.last({ ok: false, ...why, ...facts, left: names(process.pid) }, String(error));
  }
  clearTimeout(late);
  process.exit(status);
}

/** What went wrong, for people; then as any other end. */
function fail(error: unknown): void {
  // An interruption takes things away from under the story: what that breaks is no news.
  if (ending) return;
  ending = true;
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  void end(1, { error: String(error) });
}

function interrupt(status: number, why: string): void {
  // A second signal while things are being removed changes nothing: it would only leave them there.
  if (ending) return;
  ending = true;
  void end(status, { interrupted: why });
}

function takeSignals(): void {
  for (const [name, number] of Object.entries(signals)) process.on(name, () => interrupt(128 + number, name));
  // `npm run demo | head`: nobody reads on.
  process.stdout.on('error', () => interrupt(1, 'EPIPE'));
  process.on('uncaughtException', fail);
}

function showMachine({ found, lanes }: Machine): void {
  screen.heading('Every network namespace on this machine, each listed through its lane');
  const rows = found.slice(0, mostShown).map((one) => {
    const counts = [one.links, one.addresses, one.routes].map((count) => (one.refused === undefined ? `${count}` : '-'));
    return [cut(one.title, 32), ...counts, `${one.processes}`, formatTime(one.milliseconds), one.refused ?? one.summary.join(', ')];
  });
  const head = ['namespace', 'links', 'addresses', 'routes', 'processes', 'took', 'what is in it'];
  screen.table([head, ...rows], { right: [1, 2, 3, 4, 5], head: true });
  const sum = (field: 'links' | 'addresses' | 'routes', of = found): number => of.reduce((total, one) => total + one[field], 0);
  const rest = found.slice(mostShown);
  const shared = lanes === 'shared' ? '; they are many, so two shared lanes serve them' : '';
  if (rest.length > 0) {
    const counts = [plural(sum('links', rest), 'link'), plural(sum('addresses', rest), 'address'), plural(sum('routes', rest), 'route')];
    screen.line(`  and ${rest.length} more: ${counts.join(', ')}${shared}`);
  }
  Object.assign(facts, {
    namespaces: found.length,
    refused: found.filter((one) => one.refused !== undefined).length,
    links: sum('links'),
    addresses: sum('addresses'),
    routes: sum('routes'),
  });
}

type Trio = readonly [client: LaneWatch, router: LaneWatch, server: LaneWatch];

async function timed<T>(action: () => Promise<T>): Promise<{ readonly value: T; readonly took: number }> {
  const start = performance.now();
  const value = await action();
  return { value, took: performance.now() - start };
}

/** Does one step, waits until the lanes fall silent, and shows what each of them heard. */
async function step<T>(watches: Trio, title: string, action: () => Promise<T>): Promise<T> {
  const { value, took } = await timed(action);
  await quiet(watches);
  screen.line(`  ${screen.style('cyan', title)} ${screen.style('dim', formatTime(took))}`);
  const columns = watches.map((watch) => watch.take());
  const width = Math.floor((screen.width - 4) / columns.length);
  for (let row = 0; row < Math.max(...columns.map((column) => column.length)); row++) {
    const cells = columns.map((column) => cut(column[row] ?? '', width - 1).padEnd(width));
    screen.line(`    ${cells.join('').trimEnd()}`);
  }
  return value;
}

async function openScratch(): Promise<Trio> {
  const roles = ['client', 'router', 'server'] as const;
  const made = await timed(() => Promise.all(roles.map((role) => createScratch(belongings, role))));
  const watched = await timed(() =>
    Promise.all(made.value.map((namespace, index) => belongings.keep(() => LaneWatch.open(roles[index] ?? '', namespace)))),
  );
  screen.heading('Three namespaces of its own, watched through their lanes while they are configured');
  screen.line('    client eth0 ------ to-client router to-server ------ eth0 server');
  screen.line('       10.77.1.2/24    10.77.1.1/24   10.77.2.1/24    10.77.2.2/24');
  const called = made.value.map((one) => one.name ?? `${one.id} (no name could be made)`);
  screen.line(`  created in ${formatTime(made.took)}, lanes started and subscribed in ${formatTime(watched.took)}`);
  screen.line(`  ${called.join('  ')}`);
  Object.assign(facts, { createMs: round(made.took), lanesMs: round(watched.took) });
  return watched.value as unknown as Trio;
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}

async function configure(trio: Trio): Promise<void> {
  const [client, router, server] = trio;
  const width = Math.floor((screen.width - 4) / 3);
  screen.line(screen.style('dim', `    ${trio.map((watch) => `${watch.title} hears`.padEnd(width)).join('')}`.trimEnd()));
  const { took } = await timed(async () => {
    await step(trio, 'two veth pairs', () =>
      Promise.all([
        client.route.links.add({ name: 'eth0', kind: 'veth', peer: { name: 'to-client', namespace: router.namespace } }),
        server.route.links.add({ name: 'eth0', kind: 'veth', peer: { name: 'to-server', namespace: router.namespace } }),
      ]),
    );
    const ends: readonly (readonly [LaneWatch, string, string])[] = [
      [client, 'eth0', '10.77.1.2/24'],
      [router, 'to-client', '10.77.1.1/24'],
      [router, 'to-server', '10.77.2.1/24'],
      [server, 'eth0', '10.77.2.2/24'],
    ];
    await step(trio, 'addresses', () => Promise.all(ends.map(([{ route }, link, address]) => route.addresses.add({ link, address }))));
    await step(trio, 'everything up, the router forwards', async () => {
      // What net.ipv4.conf.LINK.forwarding is, set without /proc.
      const forwarding = { protocols: { ipv4: { settings: { forwarding: 1 } } } };
      await Promise.all(
        ends.map(([{ route }, link]) => route.links.set(link, { up: true, ...(route === router.route ? forwarding : {}) })),
      );
      await Promise.all(ends.map(([watch, link]) => watch.carrier(link)));
    });
    await step(trio, 'default routes', () =>
      Promise.all([
        client.route.routes.add({ destination: 'default', gateway: '10.77.1.1' }),
        server.route.routes.add({ destination: 'default', gateway: '10.77.2.1' }),
      ]),
    );
  });
  facts['configureMs'] = round(took);
}

async function packetsThrough({ route }: LaneWatch): Promise<number> {
  const links = await Promise.all(['to-client', 'to-server'].map((name) => route.links.get(name)));
  return links.reduce((total, link) => total + (link.statistics?.rxPackets ?? 0), 0);
}

async function moveBytes(trio: Trio): Promise<void> {
  const [client, router, server] = trio;
  const before = await packetsThrough(router);
  const megabytes = 16;
  const moved = await step(trio, `a TCP connection, ${megabytes} MiB`, () =>
    transfer(belongings, { client: client.namespace, server: server.namespace, host: '10.77.2.2' }, megabytes * 2 ** 20),
  );
  const packets = (await packetsThrough(router)) - before;
  if (!moved.intact) throw new Error('the server got other bytes than the client sent');
  const rate = moved.bytes / 1e6 / (moved.move / 1000);
  screen.line(
    `  the server saw ${moved.from}; connected in ${formatTime(moved.connect)}, moved in ${formatTime(moved.move)} (${rate.toFixed(0)} MB/s),`,
  );
  screen.line(`  the router passed ${packets} packets; both ends are net.Sockets of this thread, which is in neither namespace`);
  Object.assign(facts, { bytes: moved.bytes, packets, connectMs: round(moved.connect), moveMs: round(moved.move) });
}

function showEvents(trio: Trio): void {
  const overruns = trio.reduce((total, watch) => total + watch.overruns, 0);
  const counts = trio.map((watch) => `${watch.title} ${watch.events}`);
  screen.line(`  events in all: ${counts.join(', ')}; the kernel dropped ${overruns === 0 ? 'none' : `some ${plural(overruns, 'time')}`}`);
  Object.assign(facts, { events: Object.fromEntries(trio.map((watch) => [watch.title, watch.events])), overruns });
}

async function refuse({ route }: LaneWatch): Promise<void> {
  const [outcome] = await Promise.allSettled([route.routes.add({ destination: '10.99.0.0/16', gateway: '192.0.2.1' })]);
  if (outcome.status === 'fulfilled') throw new Error('the kernel took a route over a gateway that nobody can reach');
  screen.heading('What the kernel says to a route over a gateway that nobody can reach');
  screen.line(`  ${(outcome.reason as Error).message}`);
}

/** The middle one of some times. */
function median(times: readonly number[]): number {
  return times.toSorted((one, other) => one - other)[times.length >> 1] ?? 0;
}

async function measure({ namespace }: LaneWatch): Promise<void> {
  const caller = await namespace.netlink('route', { thread: 'caller' });
  const lane = await namespace.netlink('route');
  // Index 1 is lo everywhere.
  const header = newIfInfomsg(FAMILY_ALL);
  header.index = 1;
  const getLoopback = { type: RTM_GETLINK, body: header.serialize() };
  const one: number[] = [];
  const direct: number[] = [];
  const burst: number[] = [];
  for (let index = 0; index < 300; index++) {
    one.push((await timed(() => lane.request(getLoopback))).took);
    const start = performance.now();
    caller.requestSync(getLoopback);
    direct.push(performance.now() - start);
  }
  const many = 500;
  for (let index = 0; index < 5; index++) {
    const { took } = await timed(() => Promise.all(Array.from({ length: many }, () => lane.request(getLoopback))));
    burst.push(took / many);
  }
  await Promise.all([caller.close(), lane.close()]);
  screen.heading('How long it takes to ask the kernel for a link (the median of many)');
  screen.table([
    ['through the lane, one at a time', formatTime(median(one))],
    [`through the lane, ${many} at once`, `${formatTime(median(burst))} each`],
    ["on the caller's own thread, requestSync()", formatTime(median(direct))],
  ]);
  Object.assign(facts, { laneUs: round(median(one) * 1000), burstUs: round(median(burst) * 1000), callerUs: round(median(direct) * 1000) });
}

/** A lane ends a moment after its last socket. */
async function leftovers(): Promise<{ threads: number; fds: number; names: number }> {
  const until = performance.now() + 10_000;
  for (;;) {
    const { threads, fds } = Namespace.leaks();
    const left = { threads: threads.length, fds: fds.length, names: names(process.pid).length };
    if (left.threads + left.fds + left.names === 0 || performance.now() > until) return left;
    await sleep(10);
  }
}

async function story(): Promise<void> {
  const home = readlinkSync('/proc/thread-self/ns/net');
  screen.line(
    `${screen.style('bold', 'netlane')}: a lane for every network namespace ${screen.style('dim', `(Node ${process.versions.node}, Linux ${release()}, ${plural(availableParallelism(), 'CPU')})`)}`,
  );
  const removed = await removeLeftovers();
  if (removed > 0) screen.line(`  removed ${plural(removed, 'namespace')} of a run that was killed`);
  showMachine(await surveyMachine(belongings));
  const trio = await openScratch();
  await configure(trio);
  await moveBytes(trio);
  await step(trio, 'the client unplugs its link', () => trio[0].route.links.delete('eth0'));
  showEvents(trio);
  await refuse(trio[2]);
  await measure(trio[1]);
  const { took } = await timed(() => belongings.close());
  const left = await leftovers();
  screen.heading('Removed again');
  screen.line(
    `  everything in ${formatTime(took)}; left: ${plural(left.threads, 'thread')}, ${plural(left.fds, 'descriptor')}, ${plural(left.names, 'name')}`,
  );
  const stayed = readlinkSync('/proc/thread-self/ns/net') === home;
  screen.line(`  this thread was in ${home} all the time`);
  if (!stayed || left.threads + left.fds + left.names > 0) throw new Error(`left behind: ${JSON.stringify(Namespace.leaks())}`);
  Object.assign(facts, { left, milliseconds: Math.round(performance.now() - started) });
}

async function main(): Promise<void> {
  if (!(await mayMakeNamespaces())) {
    const rootless = lookForUserNamespace();
    if (rootless.kind === 'possible') {
      screen.line('Making namespaces needs CAP_SYS_ADMIN. Running again as root of a user namespace: netlane rootless -- ...');
      process.exitCode = await runInUserNamespace();
      return;
    }
    const why = rootless.kind === 'inside' ? 'the user namespace has no right to it' : rootless.why;
    screen.line(`Making network namespaces needs root (CAP_SYS_ADMIN), or a user namespace, and there is neither: ${why}`);
    screen.line('Run it with sudo, or allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, or');
    screen.line('kernel.apparmor_restrict_unprivileged_userns=0); in a container: --cap-add SYS_ADMIN --cap-add NET_ADMIN.');
    process.exitCode = 1;
    screen.last({ ok: false, missing: 'CAP_SYS_ADMIN' });
    return;
  }
  takeSignals();
  await story();
  screen.last({ ok: true, ...facts });
}

main().catch(fail);
