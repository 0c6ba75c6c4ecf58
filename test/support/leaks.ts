import { once } from 'node:events';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { stat } from 'node:fs/promises';
import { timeFactor } from './time.js';

/*
 * Root hooks of every mocha run: what a test leaves behind in the process or on the machine fails its suite, with the test's name.
 *
 * A suite may hold things from its `before` to its `after`, and a lane may end a moment later than its last handle. So each test only
 * notes what is new after it; the verdict falls at the end of the outermost suite, after its own `after` hooks, with patience of 8 s: on a busy machine a thread takes its time to end.
 */

/** Everything that could be left, as text that says what it is and where it comes from. */
export type Snapshot = ReadonlySet<string>;

const netnsDirectory = '/run/netns';
const patience = 8000 * timeFactor;

/** Opened once by Node itself when first needed, and kept for the life of the process. */
const keptByNode = /anon_inode:\[io_uring\]|anon_inode:inotify|\/dev\/u?random$|\/sys\/fs\/cgroup\//;

/** A directory that vanishes while it is read, or is not ours to read, has nothing to say. */
function readOr<T>(read: () => T, fallback: T): T {
  try {
    return read();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM' || code === 'EINVAL') return fallback;
    throw error;
  }
}

function* descriptors(): Generator<string> {
  for (const fd of readdirSync('/proc/self/fd')) {
    const target = readOr(() => readlinkSync(`/proc/self/fd/${fd}`), '');
    // The descriptor of this very listing is already closed.
    if (target !== '' && !keptByNode.test(target)) yield `fd ${fd} -> ${target}`;
  }
}

function* threads(): Generator<string> {
  const home = readlinkSync('/proc/self/ns/net');
  for (const thread of readdirSync('/proc/self/task')) {
    const namespace = readOr(() => readlinkSync(`/proc/self/task/${thread}/ns/net`), '');
    if (namespace === '') continue;
    const name = readOr(() => readFileSync(`/proc/self/task/${thread}/comm`, 'utf8').trim(), '?');
    // V8 and Node rename a thread after it has started: only a stranger's name is worth telling.
    yield namespace === home ? `thread ${thread}` : `thread ${thread} (${name}) outside the process's namespace, in ${namespace}`;
    for (const child of readOr(() => readFileSync(`/proc/self/task/${thread}/children`, 'utf8'), '').split(' ')) {
      if (child.trim() !== '') yield `child process ${child}`;
    }
  }
}

function* names(): Generator<string> {
  for (const name of readOr(() => readdirSync(netnsDirectory), [])) yield `name ${netnsDirectory}/${name}`;
}

function* mounts(): Generator<string> {
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    const [left = '', right = ''] = line.split(' - ');
    const [id, , , root, point] = left.split(' ');
    if (right.startsWith('nsfs ')) yield `mount ${id ?? ''} of ${root ?? ''} on ${point ?? ''}`;
  }
}

/** What modules bring into every namespace when they are loaded, which happens when somebody first asks for such a link. */
const madeByModules = /^(?:bond|dummy|ifb|tunl|gre|gretap|erspan|sit|ip6tnl|ip6gre|ip_vti|ip6_vti)\d$/;

/** The links of the process's own namespace, which no test may change. */
function* links(): Generator<string> {
  const folder = '/sys/class/net';
  for (const link of readOr(() => readdirSync(folder, { withFileTypes: true }), [])) {
    // Bonding has a file among them.
    if (link.isFile() || madeByModules.test(link.name)) continue;
    const mtu = readOr(() => readFileSync(`${folder}/${link.name}/mtu`, 'utf8').trim(), '');
    if (mtu !== '') yield `link ${link.name} with mtu ${mtu}`;
  }
}

export function snapshot(): Snapshot {
  return new Set([...descriptors(), ...threads(), ...names(), ...mounts(), ...links()]);
}

/** What is there now and was not before. */
export function added(before: Snapshot, now: Snapshot = snapshot()): string[] {
  return [...now].filter((entry) => !before.has(entry));
}

/**
 * Waits until nothing is there that was not before; what is left when the patience is over. Counted in looks, not in time: on a machine
 * that is busy with other things everything takes longer.
 */
export async function settled(before: Snapshot, milliseconds: number = patience): Promise<string[]> {
  const pause = 20;
  let rest = added(before);
  for (let look = 0; rest.length > 0 && look < milliseconds / pause; look += 1) {
    await sleep(pause);
    rest = added(before);
  }
  return rest;
}

let baseline: Snapshot = new Set();
const firstSeenAfter = new Map<string, string>();

function note(title: string): void {
  const now = new Set(added(baseline));
  for (const entry of now) if (!firstSeenAfter.has(entry)) firstSeenAfter.set(entry, title);
  for (const entry of firstSeenAfter.keys()) if (!now.has(entry)) firstSeenAfter.delete(entry);
}

async function judge(suite: string): Promise<void> {
  const left = await settled(baseline);
  const lines = left.map((entry) => `  ${entry}; first seen after: ${firstSeenAfter.get(entry) ?? `the hooks of ${suite}`}`);
  baseline = snapshot();
  firstSeenAfter.clear();
  if (lines.length > 0) throw new Error(`left behind by ${suite}:\n${lines.join('\n')}`);
}

/** Limits are written for a machine of its own; an emulated one multiplies them all (NETLANE_TIME_FACTOR). */
function stretch(suite: Mocha.Suite): void {
  // getHooks is there but not declared.
  const withHooks = suite as Mocha.Suite & { getHooks(kind: string): Mocha.Hook[] };
  const hooks = ['beforeAll', 'beforeEach', 'afterEach', 'afterAll'].flatMap((kind) => withHooks.getHooks(kind));
  for (const runnable of [...hooks, ...suite.tests]) runnable.timeout(runnable.timeout() * timeFactor);
  for (const inner of suite.suites) stretch(inner);
}

/** Node keeps the thread pool, and libuv the spare fd of its first stream, for ever: they are made before anything is counted. */
async function startWhatStays(): Promise<void> {
  await Promise.all(Array.from({ length: 16 }, () => stat('/proc/self')));
  const server = createServer().listen(`\0netlane-leaks-${process.pid}`);
  await once(server, 'listening');
  server.close();
  await once(server, 'close');
}

export const mochaHooks = {
  async beforeAll(this: Mocha.Context): Promise<void> {
    await startWhatStays();
    const root = this.test?.parent;
    if (root === undefined) throw new Error('the leak check must be a root hook');
    for (const suite of root.suites) {
      suite.afterAll('leaves nothing behind', async function (this: Mocha.Context) {
        this.timeout(patience + 30_000 * timeFactor);
        await judge(suite.title);
      });
    }
    if (timeFactor !== 1) for (const suite of root.suites) stretch(suite);
    baseline = snapshot();
  },
  beforeEach(this: Mocha.Context): void {
    note(`the hooks before ${this.currentTest?.fullTitle() ?? 'a test'}`);
  },
  afterEach(this: Mocha.Context): void {
    note(this.currentTest?.fullTitle() ?? 'a test without a name');
  },
};
