import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import type { ResourceLimits, Transferable } from 'node:worker_threads';
import { checkMilliseconds, checkRules, isObject, type OptionRule } from '../arguments.js';
import type { ErrorsBeside } from '../error-data.js';
import { abortError, invalidArgument, NetlaneError, type ErrorContext } from '../errors.js';
import type { LaneNamespace } from '../lane/registry.js';
import { contentsOf } from './contents.js';
import { inlineFunction } from './inline-function.js';
import type { ModuleRunOptions, TaskFunction } from './run-types.js';
import { TaskCall } from './task-call.js';
import { TaskPool } from './task-pool.js';
import type { TaskCode } from './task-protocol.js';
import { taskThreads } from './task-threads.js';

/** Threads of a namespace's pool unless it was told otherwise: more than cores, since tasks wait more than they compute. */
export const defaultTaskThreads = Math.max(4, availableParallelism());
export const defaultTaskIdle = 5000;

const limitNames = ['maxOldGenerationSizeMb', 'maxYoungGenerationSizeMb', 'codeRangeSizeMb', 'stackSizeMb'] as const;

const rules: Readonly<Record<keyof ModuleRunOptions, OptionRule>> = {
  args: 'any',
  signal: 'signal',
  timeout: 'any',
  transfer: 'any',
  resourceLimits: 'any',
  mounts: 'boolean',
  export: 'string',
};

/** MiB of stack: with 0.25 and less, Node.js ends not the thread but the process, while it starts (0.27 is enough for Node.js 20). */
const leastStack = 0.5;

/** MiB that a thread reserves of its addresses while it starts: with more than there are, Node.js ends the process (and with 2^44, which overflows). */
const most = 4096;

/** A call of run() whose arguments were checked. */
export interface CheckedRun {
  readonly code: TaskCode;
  readonly args: readonly unknown[];
  /** Those in the arguments. */
  readonly errors: ErrorsBeside | undefined;
  readonly signal: AbortSignal | undefined;
  readonly timeout: number;
  readonly transfer: readonly Transferable[];
  readonly limits: ResourceLimits | undefined;
  readonly mounts: boolean | undefined;
  readonly site: string;
}

function checkLimits(given: unknown): ResourceLimits | undefined {
  if (given === undefined) return undefined;
  const limits = checkRules<Record<(typeof limitNames)[number], number>>('options.resourceLimits', given, {
    maxOldGenerationSizeMb: 'any',
    maxYoungGenerationSizeMb: 'any',
    codeRangeSizeMb: 'any',
    stackSizeMb: 'any',
  });
  for (const [name, value] of Object.entries(limits)) {
    if (typeof value !== 'number' || !(value > 0))
      throw invalidArgument(`options.resourceLimits.${name}`, 'a number of MiB above 0', value);
  }
  for (const [name, least] of [
    ['stackSizeMb', leastStack],
    ['codeRangeSizeMb', 0],
  ] as const) {
    if (limits[name] < least || limits[name] > most) {
      const expected = least === 0 ? `${most} MiB or less` : `${least} to ${most} MiB, with which Node.js can start a thread`;
      throw invalidArgument(`options.resourceLimits.${name}`, expected, limits[name]);
    }
  }
  return limits;
}

function checkList(name: string, value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw invalidArgument(name, 'an array', value);
  return value;
}

/** A module: a URL, or what can be made one without guessing where from. */
function moduleUrl(given: URL | string): string {
  if (given instanceof URL) return given.href;
  if (given.startsWith('/')) return pathToFileURL(given).href;
  if (URL.canParse(given)) return given;
  throw new NetlaneError('NETLANE_INVALID_ARGUMENT', `task must be a function or the URL of a module, got ${JSON.stringify(given)}`, {
    hint: `new URL(${JSON.stringify(given)}, import.meta.url) is relative to your file`,
  });
}

/** Checks everything, before anything is done; that reads the arguments, whose getters may do anything. @param site the caller's lines of a stack. */
export function checkRun(task: unknown, given: unknown, site: string, context: ErrorContext): CheckedRun {
  const options = checkRules<ModuleRunOptions>('options', given, rules);
  const args = checkList('options.args', options.args);
  const transfer = checkList('options.transfer', options.transfer) as readonly Transferable[];
  const timeout = options.timeout === undefined ? 0 : checkMilliseconds('options.timeout', options.timeout);
  const limits = checkLimits(options.resourceLimits);
  let code: TaskCode;
  if (typeof task === 'function') {
    if (options.export !== undefined)
      throw new NetlaneError('NETLANE_INVALID_ARGUMENT', 'options.export is for the URL of a module, and a function was given');
    code = { kind: 'inline', inline: inlineFunction(task as TaskFunction, site, context) };
  } else if (task instanceof URL || typeof task === 'string') {
    code = { kind: 'module', url: moduleUrl(task), export: options.export ?? 'default' };
  } else {
    throw invalidArgument('task', 'a function or the URL of a module', task);
  }
  const { errors } = contentsOf(args);
  return { code, args, errors, signal: options.signal, timeout, transfer, limits, mounts: options.mounts, site };
}

export interface RunnerNamespace extends Omit<LaneNamespace, 'key'> {
  /** The name of a named namespace. */
  readonly etcName: string | undefined;
  readonly threads: number;
  readonly idle: number;
  /** Makes an error of what a thread said that could not enter. */
  readonly entryFailure: (error: Error) => unknown;
}

/** Runs the tasks of one handle of a namespace. */
export class Runner {
  readonly #namespace: RunnerNamespace;
  /** Threads with and without the mounts of the namespace, and those with limits of their own. */
  readonly #pools = new Map<string | TaskCall, TaskPool>();
  /** Called when the last pool has ended. */
  readonly #rest: () => void;

  constructor(namespace: RunnerNamespace, rest: () => void) {
    this.#namespace = namespace;
    this.#rest = rest;
  }

  get context(): ErrorContext {
    return { namespace: this.#namespace.name, operation: 'run a task' };
  }

  /** Rejects, never throws. */
  async run(checked: CheckedRun): Promise<unknown> {
    const { code, args, errors, signal, timeout, transfer, site, limits } = checked;
    const mounts = checked.mounts ?? this.#namespace.etcName !== undefined;
    if (mounts && this.#namespace.etcName === undefined) {
      throw new NetlaneError('NETLANE_INVALID_ARGUMENT', 'options.mounts is for a namespace with a name, and this has none', this.context);
    }
    if (signal?.aborted === true) throw abortError(signal, this.context);
    const { entryFailure } = this.#namespace;
    const call = new TaskCall(
      { code, args, ...(errors !== undefined && { errors }) },
      { signal, timeout, transfer, site, context: this.context, entryFailure },
    );
    const result = call.takeResult();
    try {
      this.#pool(limits === undefined ? String(mounts) : call, mounts, limits).run(call);
    } catch (error) {
      // It may be over all the same, as where a getter of an argument closes the namespace and throws.
      result.catch(() => undefined);
      throw error;
    }
    return result;
  }

  #pool(key: string | TaskCall, mounts: boolean, limits: ResourceLimits | undefined): TaskPool {
    const existing = this.#pools.get(key);
    if (existing !== undefined) return existing;
    const { etcName, name, idle, threads } = this.#namespace;
    const pool: TaskPool = new TaskPool(
      {
        namespace: this.#namespace.fd(),
        mounts: mounts ? etcName : undefined,
        label: name,
        name: etcName,
        table: taskThreads.table,
        nodeOptions: process.env['NODE_OPTIONS'],
      },
      {
        namespace: name,
        size: limits === undefined ? threads : 1,
        idle: limits === undefined ? idle : 0,
        limits,
        acquire: () => this.#namespace.acquire(),
        rest: () => {
          if (this.#pools.get(key) === pool) this.#pools.delete(key);
          if (this.#pools.size === 0) this.#rest();
        },
      },
    );
    this.#pools.set(key, pool);
    return pool;
  }

  /** Rejects all calls with NETLANE_CLOSED at once; resolves when their threads have ended, or after 100 ms. */
  async close(): Promise<void> {
    const why = (): NetlaneError => new NetlaneError('NETLANE_CLOSED', 'the namespace was closed', this.context);
    await Promise.all([...this.#pools.values()].map((pool) => pool.close(why)));
  }
}

const iteration = {
  async *[Symbol.asyncIterator](this: Promise<unknown>): AsyncGenerator {
    const value = await this;
    if (!isObject(value) || !(Symbol.asyncIterator in value)) throw new TypeError('the task gave no iterator');
    yield* value as unknown as AsyncIterable<unknown>;
  },
};

/** A promise of an iterator can be iterated itself: for await (const value of namespace.run(...)). */
export function iterable(result: Promise<unknown>): Promise<unknown> {
  return Object.assign(result, iteration);
}
