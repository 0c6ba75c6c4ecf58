import { watchProcesses } from '../../lib/nl.js';
import { needsRoot, skip } from './skip.js';

let answer: Promise<string | undefined> | undefined;

/** Why the kernel tells this process nothing; undefined where it does. */
async function ask(): Promise<string | undefined> {
  const watch = watchProcesses();
  try {
    await watch.ready;
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'NETLANE_NOT_SUPPORTED' && code !== 'EPERM') throw error;
    return message;
  } finally {
    await watch.close();
  }
}

/** Skips where the kernel does not tell of processes: in most containers, and as root of a user namespace. */
export async function needsProcessEvents(context: Mocha.Context): Promise<void> {
  needsRoot(context);
  const reason = await (answer ??= ask());
  if (reason !== undefined) skip(context, reason);
}
