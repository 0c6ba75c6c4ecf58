import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Namespace, type CreateOptions } from '../../lib/namespace.js';
import { limit } from './time.js';

/*
 * What integration tests need: namespaces that are gone afterwards, links between them made by `ip` (so that netlane is not tested with
 * itself), and programs that run as somebody else.
 */

let count = 0;

/** A name that no other test and no other run has: at most 15 bytes, so that it can name a link as well. */
export function uniqueName(prefix = 't'): string {
  count += 1;
  return `${prefix}${process.pid.toString(36)}-${count.toString(36)}`.slice(0, 15);
}

/** Runs the test in a namespace of its own, without a name, which is closed in any case. */
export async function withNamespace<T>(
  use: (namespace: Namespace) => T | Promise<T>,
  options: CreateOptions = { loopback: true },
): Promise<T> {
  const namespace = await Namespace.create(options);
  try {
    return await use(namespace);
  } finally {
    await namespace.close();
  }
}

/** As withNamespace, with several. */
export async function withNamespaces<T>(
  number: number,
  use: (...namespaces: Namespace[]) => T | Promise<T>,
  options: CreateOptions = { loopback: true },
): Promise<T> {
  const made: Namespace[] = [];
  try {
    for (let index = 0; index < number; index += 1) made.push(await Namespace.create(options));
    return await use(...made);
  } finally {
    await Promise.all(made.map((namespace) => namespace.close()));
  }
}

/** As withNamespace, with a name, which is deleted afterwards. */
export async function withNamedNamespace<T>(
  use: (namespace: Namespace, name: string) => T | Promise<T>,
  options: CreateOptions = { loopback: true },
): Promise<T> {
  const name = uniqueName();
  const namespace = await Namespace.create(name, { ...options, temporary: true });
  try {
    return await use(namespace, name);
  } finally {
    await namespace.close();
  }
}

/** A path that leads any child process to the namespace. */
export function pathOf(namespace: Namespace): string {
  return `/proc/${process.pid}/fd/${namespace.fd}`;
}

/** The kernel's name of a namespace file: 'net:[4026531840]'. */
export function linkOf(namespace: Namespace): string {
  return `net:[${namespace.id.split(':')[1] ?? ''}]`;
}

/** A worker whose thread is inside the namespace, and the thread's number, until it is terminated. */
export async function threadInside(namespace: Namespace): Promise<{ readonly worker: Worker; readonly tid: number }> {
  const text = `
    const { native } = await import(${JSON.stringify(moduleUrl('native'))});
    const { parentPort, workerData } = await import('node:worker_threads');
    native().enterNamespace(workerData);
    parentPort.postMessage(native().threadId());
    parentPort.once('message', () => undefined);`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(text)}`), { workerData: namespace.fd });
  const [tid] = (await once(worker, 'message')) as [number];
  return { worker, tid };
}

/** Runs a program inside the namespace (nsenter) and gives its output; a failure throws with what it said. */
export function execInside(namespace: Namespace, file: string, args: readonly string[] = []): string {
  return execFileSync('nsenter', [`--net=${pathOf(namespace)}`, '--', file, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 << 20,
    timeout: limit(20_000),
  });
}

/** Runs `ip` inside the namespace, its arguments as one line: ip(blue, 'link set lo up'). */
export function ip(namespace: Namespace, line: string): string {
  return execInside(namespace, 'ip', line.split(' '));
}

/** What `ip -json` prints inside the namespace. */
export function ipJson<T = Record<string, unknown>>(namespace: Namespace, line: string): T[] {
  const text = execInside(namespace, 'ip', ['-json', '-details', ...line.split(' ')]);
  return text.trim() === '' ? [] : (JSON.parse(text) as T[]);
}

export interface Wire {
  /** Names of the ends. Default v0 and v1. */
  readonly names?: readonly [string, string];
  /** Addresses with their prefixes: ['10.0.0.1/24', '10.0.0.2/24']. Default none. */
  readonly addresses?: readonly [string, string];
  /** Default true. */
  readonly up?: boolean;
}

/** Connects two namespaces with a veth pair. */
export function wire(one: Namespace, other: Namespace, wire: Wire = {}): void {
  const names = wire.names ?? ['v0', 'v1'];
  ip(one, `link add ${names[0]} type veth peer name ${names[1]} netns ${pathOf(other)}`);
  for (const [index, namespace] of [one, other].entries()) {
    const name = names[index] ?? '';
    const address = wire.addresses?.[index];
    // Duplicate address detection would keep IPv6 addresses tentative for a second.
    if (address !== undefined) ip(namespace, `address add ${address} dev ${name}${address.includes(':') ? ' nodad' : ''}`);
    if (wire.up !== false) ip(namespace, `link set ${name} up`);
  }
}

/** Mount points at or below a path, the deepest first. */
function mountsBelow(path: string): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => point === path || point.startsWith(`${path}/`))
    .reverse();
}

/** A new directory; whatever was mounted or made there is gone afterwards. */
export async function withDirectory<T>(use: (directory: string) => T | Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'netlane-test-'));
  try {
    return await use(directory);
  } finally {
    // Looked at again after each: one unmount may take others with it.
    for (let [point] = mountsBelow(directory); point !== undefined; [point] = mountsBelow(directory)) {
      execFileSync('umount', ['--lazy', point], { stdio: 'pipe' });
    }
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Names and targets of symbolic links that lead to nothing that could be looked at: in a circle, nowhere, through a file, to a name that is too long. */
export const hostileLinks: readonly (readonly [string, string])[] = [
  ['circle', 'circle'],
  ['dangling', '/nonexistent'],
  ['through', '/etc/passwd/blue'],
  ['long', `/tmp/${'n'.repeat(300)}`],
];

/** URL of a compiled module of the library, for programs that are given as text. */
export function moduleUrl(name: string): string {
  return new URL(`../../lib/${name}.js`, import.meta.url).href;
}

export interface ProgramResult {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What nobody may do: setpriv's arguments for an ordinary user without any capability. */
export const asNobody: readonly string[] = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];

/** Root of a new user namespace, which owns the program's namespaces only where they are made inside. */
export const inUserNamespace: readonly string[] = ['unshare', '--user', '--map-root-user', '--'];

/**
 * Runs a program, the text of an ES module in which `Namespace` is imported, in a Node of its own. `wrapper` comes before `node`: asNobody,
 * inUserNamespace. Output is what the program printed.
 */
export function runProgram(text: string, wrapper: readonly string[] = [], nodeArguments: readonly string[] = []): ProgramResult {
  const program = `import { Namespace } from ${JSON.stringify(moduleUrl('namespace'))};\n${text}`;
  const [file, ...args] = [...wrapper, process.execPath, ...nodeArguments, '--input-type=module', '--eval', program];
  const done = spawnSync(file, args, { encoding: 'utf8', timeout: limit(30_000), killSignal: 'SIGKILL' });
  if (done.error !== undefined) throw done.error;
  return { status: done.status, signal: done.signal, stdout: done.stdout, stderr: done.stderr };
}

/** As runProgram; the last line that the program prints is JSON, and the result. Throws with its stderr when it failed. */
export function resultOfProgram(text: string, wrapper: readonly string[] = [], nodeArguments: readonly string[] = []): unknown {
  const done = runProgram(text, wrapper, nodeArguments);
  if (done.status !== 0) throw new Error(`the program ended with ${done.signal ?? String(done.status)}:\n${done.stdout}${done.stderr}`);
  return JSON.parse(done.stdout.trimEnd().split('\n').at(-1) ?? '') as unknown;
}
