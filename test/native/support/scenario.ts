import { spawn } from 'node:child_process';
import { addonPath } from './addon.js';

export type ModuleKind = 'commonjs' | 'module';

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ScenarioOptions {
  /** How the program is loaded: a module's loader has used the thread pool before the first line runs, a CommonJS one has not. */
  readonly kind?: ModuleKind;
  readonly node?: readonly string[];
  /** In a mount namespace of its own, so that what it mounts ends with it. */
  readonly ownMounts?: boolean;
  /** How many fds it may have (RLIMIT_NOFILE). */
  readonly limit?: number;
  /** Functions that the program finds as globals under their names. */
  readonly helpers?: readonly ((...args: never[]) => unknown)[];
}

/**
 * Runs a self-contained function, or its source, in a process of its own, where a crash is an exit status. It must not use anything of the file it is
 * written in but `helpers`; its first argument is the addon's file.
 */
export async function runScenario<Args extends unknown[]>(
  program: string | ((addon: string, ...args: Args) => unknown),
  args: Args,
  options: ScenarioOptions = {},
): Promise<Outcome> {
  const helpers = (options.helpers ?? []).map((helper) => `globalThis.${helper.name} = ${String(helper)};`).join('\n');
  const values = [addonPath, ...args].map((value) => JSON.stringify(value)).join(', ');
  const source = `${helpers}\n(${String(program)})(${values});`;
  const node = [process.execPath, ...(options.node ?? []), `--input-type=${options.kind ?? 'commonjs'}`, '-e', source];
  const limited = options.limit === undefined ? node : ['sh', '-c', `ulimit -n ${options.limit}; exec "$@"`, 'sh', ...node];
  const command = options.ownMounts === true ? ['unshare', '--mount', '--propagation', 'private', ...limited] : limited;
  const child = spawn(command[0] ?? '', command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (stdout += part));
  child.stderr.setEncoding('utf8').on('data', (part: string) => (stderr += part));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** What a scenario printed as JSON before it ended well; its stderr otherwise. */
export function resultOf(outcome: Outcome): unknown {
  if (outcome.code !== 0) {
    throw new Error(`the process ended with ${outcome.signal ?? outcome.code}\n${outcome.stdout}\n${outcome.stderr}`);
  }
  return JSON.parse(outcome.stdout);
}
