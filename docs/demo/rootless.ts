import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { Namespace } from '../../lib/index.js';

/** Set for a run inside the user namespace, so that none is made inside of it again. */
const marker = 'NETLANE_DEMO_ROOTLESS';

/** unshare -rnm: root in a user namespace, with a network and mounts of its own. Its /run is its own, too, for the names. */
const unshare = ['-rnm', 'sh', '-c', 'mount -t tmpfs netlane-demo /run && exec "$@"', 'sh'];

/** Whether this process may make namespaces: found out by making one. */
export async function mayMakeNamespaces(): Promise<boolean> {
  try {
    const namespace = await Namespace.create();
    await namespace.close();
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'EPERM') return false;
    throw error;
  }
}

export type Rootless = { readonly kind: 'inside' } | { readonly kind: 'possible' } | { readonly kind: 'impossible'; readonly why: string };

/** Whether it can be had in a user namespace; where not, what is missing. */
export function lookForUserNamespace(): Rootless {
  if (process.env[marker] !== undefined) return { kind: 'inside' };
  const probe = spawnSync('unshare', [...unshare, 'true'], { encoding: 'utf8', timeout: 10_000 });
  if (probe.error !== undefined) return { kind: 'impossible', why: 'unshare is missing: apt-get install -y util-linux mount' };
  if (probe.status === 0) return { kind: 'possible' };
  return { kind: 'impossible', why: probe.stderr.trim() };
}

/** Runs this program again inside a user namespace, hands signals on, and gives its exit status. */
export async function runInUserNamespace(): Promise<number> {
  const child = spawn('unshare', [...unshare, process.execPath, ...process.execArgv, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...process.env, [marker]: '1' },
  });
  const numbers = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
  const handOn = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of Object.keys(numbers)) process.on(signal, handOn);
  const [status, signal] = (await once(child, 'exit')) as [number | null, keyof typeof numbers | null];
  return status ?? 128 + (signal === null ? 0 : numbers[signal]);
}
