import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { foreignEnvironment } from './environment.js';
import { limit } from './time.js';

/** What the summary of the run prints; the reporter reads it. */
const skips: { title: string; reason: string }[] = ((globalThis as Record<symbol, unknown>)[Symbol.for('netlane.skips')] ??= []) as never;

/**
 * Skips the running test, or, called in a `before` hook, its whole suite. The reason is printed in the summary of the run, and
 * NETLANE_NO_SKIP=1 makes it a failure.
 */
export function skip(context: Mocha.Context, reason: string): never {
  const runnable = context.test ?? context.currentTest;
  const isHook = (runnable as { type?: string } | undefined)?.type === 'hook';
  const title = isHook ? (runnable?.parent?.fullTitle() ?? '') : (runnable?.fullTitle() ?? '');
  if (process.env['NETLANE_NO_SKIP'] === '1') throw new Error(`skipped, but NETLANE_NO_SKIP=1: ${reason}`);
  skips.push({ title, reason });
  return context.skip();
}

/** How a kernel or a container says that it has not got something. Anything else that a probe throws is a failure. */
const absent = new Set([
  'ENOENT',
  'ENODEV',
  'EOPNOTSUPP',
  'ENOTSUP',
  'ENOSYS',
  'EPERM',
  'EACCES',
  'EPROTONOSUPPORT',
  'ESOCKTNOSUPPORT',
  'EAFNOSUPPORT',
  'ENOPROTOOPT',
  'EPFNOSUPPORT',
]);

const probed = new Map<string, Promise<string | undefined>>();

async function ask(probe: () => unknown): Promise<string | undefined> {
  try {
    await probe();
    return undefined;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === undefined || !absent.has(code)) throw error;
    return code;
  }
}

/**
 * Skips unless the probe, which does the thing in a namespace of its own, gets through. It runs once for each feature and process.
 * Only errors that say "not here" skip; any other rejects.
 */
export async function needs(context: Mocha.Context, feature: string, probe: () => unknown): Promise<void> {
  let answer = probed.get(feature);
  if (answer === undefined) probed.set(feature, (answer = ask(probe)));
  const code = await answer;
  if (code !== undefined) skip(context, `no ${feature} here (${code})`);
}

/** Skips where one of the programs is not installed; only whether it can be started counts. */
export async function needsPrograms(context: Mocha.Context, ...programs: readonly string[]): Promise<void> {
  for (const program of programs) {
    await needs(context, program, () => {
      const { error } = spawnSync(program, ['--version'], { stdio: 'ignore', timeout: limit(10_000), env: foreignEnvironment() });
      if (error !== undefined) throw error;
    });
  }
}

/** Skips unless the run has root's rights over a namespace of its own. */
export function needsRoot(context: Mocha.Context): void {
  if (process.getuid?.() !== 0) skip(context, 'not root, and no user namespace to be root in');
}

function userRanges(): { readonly first: number; readonly count: number }[] {
  const ranges = readFileSync('/proc/self/uid_map', 'utf8').trim().split('\n');
  return ranges.map((range) => {
    const [first = 0, , count = 0] = range.trim().split(/\s+/).map(Number);
    return { first, count };
  });
}

/** Skips where there is nobody else to be: in a user namespace with one user. */
export function needsNobody(context: Mocha.Context): void {
  needsRoot(context);
  const nobody = 65_534;
  if (!userRanges().some(({ first, count }) => first <= nobody && nobody < first + count)) {
    skip(context, `this user namespace has no user ${nobody} to be`);
  }
}

/** Skips in a user namespace, for what its root may not. */
export function needsMachineRoot(context: Mocha.Context, what: string): void {
  needsRoot(context);
  const [range] = userRanges();
  if (range?.count !== 2 ** 32 - 1) skip(context, `${what} is the business of the machine's own root`);
}
