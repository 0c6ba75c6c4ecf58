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

/** Skips unless the run has root's rights over a namespace of its own. */
export function needsRoot(context: Mocha.Context): void {
  if (process.getuid?.() !== 0) skip(context, 'not root, and no user namespace to be root in');
}
