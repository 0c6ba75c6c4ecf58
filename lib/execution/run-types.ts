import type { ResourceLimits, Transferable } from 'node:worker_threads';
import type { TaskIterator } from './task-stream.js';

/** A function that runs in a namespace: what it is given and gives back crosses from one thread to another. */
export type TaskFunction = (...args: never[]) => unknown;

export interface RunOptions<Args extends readonly unknown[] = readonly unknown[]> {
  /** The arguments, as structured clone copies them (see `transfer`), now: later changes do not arrive. */
  readonly args?: Args | undefined;
  /** Ends the task: the call rejects at once with ABORT_ERR, also where the task is in a system call that does not return. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Milliseconds, 0 to 2^31 - 1, until NETLANE_TIMEOUT ends the task: from the call to the result, waiting for a thread included; of an iterator,
   * from each next() to its value. Default 0: no limit.
   */
  readonly timeout?: number | undefined;
  /** Parts of `args` that are moved instead of copied: ArrayBuffers, MessagePorts, streams, file handles. Of no more use here afterwards. */
  readonly transfer?: readonly Transferable[] | undefined;
  /**
   * Limits of memory for this call, which gets a thread of its own: see ResourceLimits of node:worker_threads. In MiB; `stackSizeMb` 0.5 to 4096,
   * `codeRangeSizeMb` 4096 at most.
   */
  readonly resourceLimits?: ResourceLimits | undefined;
  /**
   * Whether the task sees the mounts of the namespace, as `ip netns exec` shows them: its devices in /sys, /etc/netns/NAME/* in the place of
   * /etc/*. Needs CAP_SYS_ADMIN. Default: true for a namespace with a name, else false. Only for those with a name.
   */
  readonly mounts?: boolean | undefined;
}

export interface ModuleRunOptions<
  Args extends readonly unknown[] = readonly unknown[],
  Export extends string = string,
> extends RunOptions<Args> {
  /** Which export of the module is called. Default 'default'. */
  readonly export?: Export | undefined;
}

type ReadableStream<Item> = import('node:stream/web').ReadableStream<Item>;

/** What run() gives: an iterator for a function that gives one, else a promise of the result. */
export type TaskResult<Returned> =
  Awaited<Returned> extends ReadableStream<infer Item>
    ? Promise<ReadableStream<Item>>
    : Awaited<Returned> extends AsyncIterable<infer Item> | Generator<infer Item, unknown, never>
      ? Promise<TaskIterator<Item>> & AsyncIterable<Item>
      : Promise<Awaited<Returned>>;

/** Options may be left out where there is nothing that must be passed. */
export type OptionalOptions<Args extends readonly unknown[], Options> = [] extends Args
  ? [options?: Options]
  : [options: Options & { readonly args: Args }];

/** Names of the functions among what a module exports. */
export type ExportOf<Module> = { [Name in keyof Module]: Module[Name] extends TaskFunction ? Name : never }[keyof Module] & string;

export type ModuleFunction<Module, Name extends string> = Name extends keyof Module
  ? Module[Name] extends TaskFunction
    ? Module[Name]
    : never
  : never;
