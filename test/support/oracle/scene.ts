import { spawnSync } from 'node:child_process';
import type { Namespace } from '../../../lib/namespace.js';
import { execInside, pathOf } from '../namespaces.js';
import { limit } from '../time.js';

/*
 * Namespaces full of objects, made by iproute2 itself: what the library reads there it has not written. A scene is lines for `ip -batch` and
 * `bridge -batch`, in parts of which each needs something that a kernel may not have.
 */

const tools = { ip: ['ip'], ip6: ['ip', '-6'], mpls: ['ip', '-f', 'mpls'], bridge: ['bridge'] } as const;
type Tool = keyof typeof tools;

/** A part of a scene: lines of each tool, which run in the order in which they stand here. */
export interface Part extends Partial<Readonly<Record<Tool, readonly string[]>>> {
  /** What it needs, in words: 'links of kind gre'. */
  readonly name: string;
  /** Settings in /proc/sys that are made first. */
  readonly sysctls?: Readonly<Record<string, string>> | undefined;
  /** Labels of the objects that it makes; default all. */
  readonly objects?: RegExp | undefined;
}

/** How iproute2 says that the kernel has not got something, or that /dev/net/tun is not this user's. */
const absent =
  /tuntap add .*: open: Permission denied|Unknown device type|not supported|Unknown lightweight tunnel|not enabled|not built|Unsupported|Invalid uid range|Error talking to the kernel/i;

/** Runs lines until one fails, and gives what was said then; undefined when all went through. */
export function batch(namespace: Namespace, tool: Tool, lines: readonly string[]): string | undefined {
  const done = spawnSync('nsenter', [`--net=${pathOf(namespace)}`, '--', ...tools[tool], '-batch', '-'], {
    input: `${lines.join('\n')}\n`,
    encoding: 'utf8',
    timeout: limit(20_000),
  });
  if (done.error !== undefined) throw done.error;
  if (done.status === 0) return undefined;
  const line = lines[Number(/^Command failed -:(\d+)$/m.exec(done.stderr)?.[1]) - 1];
  return `${tool} ${line ?? '(one of the lines)'}: ${done.stderr.trim()}`;
}

/** Writes settings; gives the first that is not there. */
function set(namespace: Namespace, sysctls: Readonly<Record<string, string>>): string | undefined {
  for (const [name, value] of Object.entries(sysctls)) {
    const path = `/proc/sys/${name}`;
    if (execInside(namespace, 'sh', ['-c', `test -e ${path} || echo missing`]).trim() === 'missing') return `${name}: not supported`;
    // Without a line end: some settings take one byte at a time, and say so.
    execInside(namespace, 'sh', ['-c', `printf %s ${value} > ${path}`]);
  }
  return undefined;
}

/**
 * Makes the parts of a scene. Gives, for each part that the kernel has not got, what iproute2 said; whatever else fails throws. What comes
 * after such a failure in the same part is left out: it has nothing to build on.
 */
export function build(namespace: Namespace, parts: readonly Part[]): Map<string, string> {
  const missing = new Map<string, string>();
  for (const part of parts) {
    let said = set(namespace, part.sysctls ?? {});
    for (const tool of Object.keys(tools) as Tool[]) {
      const lines = part[tool] ?? [];
      if (said === undefined && lines.length > 0) said = batch(namespace, tool, lines);
    }
    if (said === undefined) continue;
    if (!absent.test(said)) throw new Error(`${part.name}: ${said}`);
    missing.set(part.name, said);
  }
  return missing;
}
