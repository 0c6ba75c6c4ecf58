import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { Namespace } from '../../lib/index.js';

/** Set for a run inside the user namespace, so that none is made inside of it again. */
const marker = 'NETLANE_DEMO_ROOTLESS';

/** The command of the package that makes a user namespace, with a network, mounts and names of its own. */
const rootless = [fileURLToPath(new URL('../../lib/command-line/main.js', import.meta.url)), 'rootless', '--'];

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
  const probe = spawnSync(process.execPath, [...rootless, 'true'], { encoding: 'utf8', timeout: 30_000 });
  if (probe.status === 0) return { kind: 'possible' };
  return { kind: 'impossible', why: probe.error?.message ?? probe.stderr.trim().replace(/^netlane: /, '') };
}

/** Runs this program again inside a user namespace, hands signals on, and gives its exit status. */
export async function runInUserNamespace(): Promise<number> {
  const child = spawn(process.execPath, [...rootless, process.execPath, ...process.execArgv, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...process.env, [marker]: '1' },
  });
  const numbers = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
  const handOn = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of Object.keys(numbers)) process.on(signal, handOn);
  const [status, signal] = (await once(child, 'exit')) as [number | null, keyof typeof numbers | null];
  return status ?? 128 + (signal === null ? 0 : numbers[signal]);
}
