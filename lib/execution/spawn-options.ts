import { homedir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { checkInteger, checkMilliseconds, checkRules, isRecord, type OptionRule } from '../arguments.js';
import { attempt, invalidArgument } from '../errors.js';
import type { SpawnJob } from '../native.js';
import { signalNumber } from './signals.js';
import { checkStdio, type Stdio } from './stdio.js';

/** Options of Namespace.spawn(), which have the names that node:child_process gives them. */
export interface SpawnOptions {
  /**
   * Mounts of the child's own, as `ip netns exec` makes them: /sys shows the devices of the namespace, and each file of /etc/netns/NAME stands in the
   * place of the one in /etc. What is mounted outside is seen inside, not the other way round. Default: true where the namespace was created or
   * opened by a name.
   */
  readonly mounts?: boolean | undefined;
  /** Working directory. Default: the process's own. */
  readonly cwd?: string | URL | undefined;
  /** All environment variables of the child. Default: process.env. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** What the child takes for its name (argv[0]). Default: the file. */
  readonly argv0?: string | undefined;
  /** Default 'pipe'. */
  readonly stdio?: 'pipe' | 'ignore' | 'inherit' | readonly Stdio[] | undefined;
  /** User id, 0 to 4294967294; needs CAP_SETUID. Without `groups` the child has no other groups then. */
  readonly uid?: number | undefined;
  /** Group id, 0 to 4294967294; needs CAP_SETGID. */
  readonly gid?: number | undefined;
  /** Supplementary group ids, set before gid and uid. */
  readonly groups?: readonly number[] | undefined;
  /** In a session, and so a process group, of its own (setsid(2)). It is waited for all the same: unref() it to let this process end. */
  readonly detached?: boolean | undefined;
  /** Ends the child: with killSignal, and an 'error' event (ABORT_ERR). While it starts, spawn() rejects instead. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until the child is sent killSignal; 0 for no limit, the default. */
  readonly timeout?: number | undefined;
  /** Default 'SIGTERM'. */
  readonly killSignal?: NodeJS.Signals | number | undefined;
}

/** Of spawn() and exec(). */
export const commonRules = {
  mounts: 'boolean',
  cwd: 'any',
  env: 'any',
  argv0: 'string',
  uid: 'any',
  gid: 'any',
  groups: 'any',
  signal: 'signal',
  timeout: 'any',
  killSignal: 'any',
} as const;

const rules: Readonly<Record<keyof SpawnOptions, OptionRule>> = { ...commonRules, stdio: 'any', detached: 'boolean' };

/** A spawn that was checked. */
export interface Spawn {
  readonly file: string;
  readonly args: readonly string[];
  /** All of it but the fd of the namespace. */
  readonly job: Omit<SpawnJob, 'namespace'>;
  readonly signal: AbortSignal | undefined;
  /** 0: none. */
  readonly timeout: number;
  readonly killSignal: number;
}

const highestId = 0xfffffffe;
/** Where a file is looked for when the child's environment has no PATH. */
const usualPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

function checkText(name: string, value: unknown): string {
  if (typeof value !== 'string') throw invalidArgument(name, 'a string', value);
  if (value.includes('\0')) throw invalidArgument(name, 'a string without NUL', value);
  return value;
}

function checkFile(file: unknown): string {
  const text = checkText('file', file);
  if (text === '') throw invalidArgument('file', 'the name or the path of a program', text);
  if (!/\s/.test(text.trim()) || text.includes('/')) return text;
  // The commonest mistake: a line for a shell.
  const [first = '', ...rest] = text.trim().split(/\s+/);
  throw invalidArgument('file', 'the name or the path of a program', text, {
    hint: `there is no shell here: '${first}' is the file, and its arguments are an array, [${rest.map((each) => `'${each}'`).join(', ')}]`,
  });
}

function checkArguments(args: unknown): string[] {
  if (args === undefined) return [];
  if (!Array.isArray(args)) throw invalidArgument('args', 'an array of strings', args);
  return args.map((each, index) => checkText(`args[${index}]`, each));
}

function checkEnvironment(env: unknown): Record<string, string> {
  if (env === undefined) return checkEnvironment({ ...process.env });
  if (!isRecord(env) && env !== process.env) throw invalidArgument('options.env', 'an object of strings', env);
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(env as Readonly<Record<string, unknown>>)) {
    if (value === undefined) continue;
    const path = `options.env[${JSON.stringify(name)}]`;
    if (name === '' || name.includes('=') || name.includes('\0'))
      throw invalidArgument(path, 'a variable whose name has no = and no NUL', value);
    result[name] = checkText(path, value);
  }
  return result;
}

function checkDirectory(cwd: unknown): string {
  if (cwd === undefined) return '';
  if (cwd instanceof URL) {
    if (cwd.protocol !== 'file:') throw invalidArgument('options.cwd', 'a path or a file: URL', cwd.href);
    // Bytes that are no text, a host, an encoded slash.
    const path = attempt(() => fileURLToPath(cwd));
    if (path === undefined) throw invalidArgument('options.cwd', 'a file: URL of a path of this machine', cwd.href);
    return checkDirectory(path);
  }
  const path = checkText('options.cwd', cwd);
  if (path === '') throw invalidArgument('options.cwd', 'a path or a file: URL', path);
  if (path === '~' || path.startsWith('~/')) {
    throw invalidArgument('options.cwd', 'a path', path, { hint: `only shells know ~: here it is ${homedir()}` });
  }
  return path;
}

function checkId(name: string, value: number | undefined): number | undefined {
  if (value !== undefined) checkInteger(name, value, 0, highestId);
  return value;
}

function checkGroups(groups: unknown): readonly number[] | undefined {
  if (groups === undefined) return undefined;
  if (!Array.isArray(groups)) throw invalidArgument('options.groups', 'an array of group ids', groups);
  return groups.map((each: unknown, index) => {
    checkInteger(`options.groups[${index}]`, each, 0, highestId);
    return each;
  });
}

/** Every path that execvp(3) would try. */
function candidates(file: string, path: string): string[] {
  if (file.includes('/')) return [file];
  return path.split(':').map((directory) => `${directory === '' ? '.' : directory}/${file}`);
}

/** Checks everything before anything is done. `name` is that of the namespace. Throws NETLANE_INVALID_ARGUMENT. */
export function checkSpawn(name: string | undefined, file: unknown, args: unknown, given: unknown): Spawn {
  const checked = checkFile(file);
  if (isRecord(args)) {
    throw invalidArgument('args', 'an array of strings', args, { hint: 'options come third: pass [] for no arguments' });
  }
  const list = checkArguments(args);
  const options = checkRules<SpawnOptions>('options', given, rules);
  const env = checkEnvironment(options.env);
  const mounts = options.mounts ?? name !== undefined;
  return {
    file: checked,
    args: list,
    job: {
      mounts: mounts ? (name ?? '') : undefined,
      files: candidates(checked, env['PATH'] ?? usualPath),
      arguments: [options.argv0 === undefined ? checked : checkText('options.argv0', options.argv0), ...list],
      environment: Object.entries(env).map(([variable, value]) => `${variable}=${value}`),
      directory: checkDirectory(options.cwd),
      user: checkId('options.uid', options.uid),
      group: checkId('options.gid', options.gid),
      groups: checkGroups(options.groups),
      detached: options.detached ?? false,
      descriptors: checkStdio(options.stdio),
    },
    signal: options.signal,
    timeout: options.timeout === undefined ? 0 : checkMilliseconds('options.timeout', options.timeout),
    killSignal: options.killSignal === undefined ? 15 : signalNumber('options.killSignal', options.killSignal),
  };
}

/** Words for an error's operation: 'spawn ping'. */
export function operationOf(file: unknown): string {
  return `spawn ${typeof file === 'string' ? file : '(no file)'}`;
}

/** What to do about a start that failed, by the system call that did. */
export function startHint(failure: { syscall?: string | undefined; code?: string | undefined }, spawn: Spawn): string | undefined {
  const { syscall, code } = failure;
  if (syscall === 'execve' && code === 'ENOENT') {
    return spawn.job.files.length > 1
      ? `no such program in the PATH of the child: ${spawn.job.files.map((path) => path.slice(0, path.lastIndexOf('/'))).join(':')}`
      : 'the file, or the interpreter that its first line or its ELF header names, does not exist';
  }
  if (syscall === 'execve' && code === 'EACCES') return 'it is not an executable file, or not for this user';
  if (syscall === 'execve' && code === 'E2BIG') return 'the arguments and the environment together are too long (see execve(2))';
  if (syscall === 'chdir') return 'options.cwd, as the child sees it';
  if ((syscall === 'setuid' || syscall === 'setgid' || syscall === 'setgroups') && (code === 'EPERM' || code === 'EINVAL'))
    return 'changing users needs CAP_SETUID and CAP_SETGID, and the ids must exist in this user namespace';
  if (syscall === 'clone') return 'no more processes (ulimit -u, pids.max of the cgroup), or no memory';
  if (spawn.job.mounts !== undefined && (syscall === 'mount' || syscall === 'unshare'))
    return "a child with mounts of its own needs CAP_SYS_ADMIN; pass { mounts: false } to keep this process's /sys and /etc";
  return undefined;
}
