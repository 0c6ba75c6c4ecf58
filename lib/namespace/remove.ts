import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { native, translate } from '../native.js';
import { endAccount } from './accounts.js';
import { codeOf, namespaceError } from './entry-error.js';

/** Another mount namespace that is just letting go of the mount makes unlink fail for a moment. */
const busyPauses = [5, 10, 20, 40, 80, 160, 320];

/** Why flock(2) on the directory was given up. */
export function lockHint(directory: string): string {
  return `another program has held the lock on ${directory} for 10 s: look for it with lslocks`;
}

/** Unmounts and unlinks a name, and a file that nothing is mounted on just as well. EBUSY is tried again for 0.6 s. */
export async function removeName(directory: string, name: string, operation: string): Promise<void> {
  for (const pause of [...busyPauses, undefined]) {
    try {
      await native().unbindNameAsync(directory, name);
      endAccount('mount', join(directory, name));
      return;
    } catch (thrown) {
      const code = codeOf(thrown);
      if (code === 'EBUSY' && pause !== undefined) {
        await sleep(pause);
        continue;
      }
      throw removalError(thrown, code, { directory, path: join(directory, name), operation });
    }
  }
}

function removalError(thrown: unknown, code: string | undefined, asked: { directory: string; path: string; operation: string }): unknown {
  const { directory, path, operation } = asked;
  switch (code) {
    case 'EBUSY':
      return translate(thrown, { operation, hint: `something still uses ${path}: look for it with findmnt and lsof` });
    case 'ETIMEDOUT':
      return translate(thrown, { operation, hint: lockHint(directory) });
    case 'ENOENT':
      return translate(thrown, { operation, hint: 'no namespace has this name' });
    case 'EACCES':
    case 'EPERM':
      return translate(thrown, {
        operation,
        hint: `it needs CAP_SYS_ADMIN (to unmount) and the right to write in ${directory}`,
      });
    case 'EROFS':
      return translate(thrown, { operation, hint: `the file system of ${path} is mounted read-only` });
    case undefined:
    default:
      return namespaceError(thrown, { operation });
  }
}
