import { spawnSync } from 'node:child_process';
import type { Namespace } from '../../../lib/namespace.js';
import { pathOf } from '../namespaces.js';
import { limit } from '../time.js';

/*
 * Namespaces full of objects, made by iproute2 itself: what the library reads there it has not written. A scene is lines for `ip -batch` and
 * `bridge -batch`, in parts of which each needs something that a kernel may not have.
 */

/** A part of a scene. */
export interface Part {
  /** What it needs, in words: 'links of kind gre'. */
  readonly name: string;
  readonly ip?: readonly string[] | undefined;
  readonly bridge?: readonly string[] | undefined;
  /** Labels of the objects that it makes; default all. */
  readonly objects?: RegExp | undefined;
}

/** How iproute2 says that the kernel has not got something. */
const absent =
  /Unknown device type|Operation not supported|not supported|Protocol not supported|Unknown lightweight tunnel|not enabled|not built/i;

/** Runs lines until one fails, and gives what was said then; undefined when all went through. */
export function batch(namespace: Namespace, tool: 'ip' | 'bridge', lines: readonly string[]): string | undefined {
  const done = spawnSync('nsenter', [`--net=${pathOf(namespace)}`, '--', tool, '-batch', '-'], {
    input: `${lines.join('\n')}\n`,
    encoding: 'utf8',
    timeout: limit(20_000),
  });
  if (done.error !== undefined) throw done.error;
  if (done.status === 0) return undefined;
  const line = lines[Number(/^Command failed -:(\d+)$/m.exec(done.stderr)?.[1]) - 1];
  return `${tool} ${line ?? '(one of the lines)'}: ${done.stderr.trim()}`;
}

/**
 * Makes the parts of a scene. Gives, for each part that the kernel has not got, what iproute2 said; whatever else fails throws. What comes
 * after such a failure in the same part is left out: it has nothing to build on.
 */
export function build(namespace: Namespace, parts: readonly Part[]): Map<string, string> {
  const missing = new Map<string, string>();
  for (const part of parts) {
    for (const tool of ['ip', 'bridge'] as const) {
      const lines = part[tool] ?? [];
      const said = lines.length === 0 || missing.has(part.name) ? undefined : batch(namespace, tool, lines);
      if (said === undefined) continue;
      if (!absent.test(said)) throw new Error(`${part.name}: ${said}`);
      missing.set(part.name, said);
    }
  }
  return missing;
}
