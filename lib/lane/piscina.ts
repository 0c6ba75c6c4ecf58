import { createRequire } from 'node:module';
import type { Piscina } from 'piscina';

// Resolved now, loaded when first needed: the look-up reads files, which must not fail later for want of fds (Node remembers what it did
// not find). By require(), which, unlike import(), forgets a module that could not be read.
const require = createRequire(import.meta.url);
const piscinaFile = require.resolve('piscina');

export function loadPiscina(): typeof Piscina {
  return (require(piscinaFile) as typeof import('piscina')).Piscina;
}

/** The environment of a thread in another namespace: what is preloaded by NODE_OPTIONS is not meant for it, and would come before it enters. */
export function workerEnvironment(): Record<string, string> {
  const env: Record<string, string | undefined> = { ...process.env };
  delete env['NODE_OPTIONS'];
  return env as Record<string, string>;
}
