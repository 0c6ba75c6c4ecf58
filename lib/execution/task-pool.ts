import type { ResourceLimits, Worker } from 'node:worker_threads';
import type { Piscina } from 'piscina';
import { debug } from '../diagnostics.js';
import type { ErrorContext } from '../errors.js';
import { loadPiscina, workerEnvironment } from '../lane/piscina.js';
import { patiently } from '../lane/transport.js';
import { workerUrl } from '../places.js';
import type { TaskCall } from './task-call.js';
import { taskLost } from './task-errors.js';
import type { TaskData, TaskHandOver } from './task-protocol.js';
import { taskThreads } from './task-threads.js';

export interface TaskPoolOptions {
  /** String(namespace). */
  readonly namespace: string;
  /** Threads at most. */
  readonly size: number;
  /** Milliseconds after which a thread without a task ends. */
  readonly idle: number;
  readonly limits: ResourceLimits | undefined;
  /** Keeps the fd of the namespace open, until the function that is returned is called. */
  readonly acquire: () => () => void;
  /** The last thread has ended and nothing waits. */
  readonly rest: () => void;
}

/** What is known of a thread; Worker.threadId is -1 from its end on. */
interface Thread {
  readonly id: number;
  ready: boolean;
  readonly release: () => void;
  readonly ended: Promise<unknown>;
}

/**
 * Task threads of one namespace: a Piscina pool, which starts, reuses and ends them. What waits for a thread waits here: Piscina's own queue
 * stands still when the thread that it waits for is ended.
 */
export class TaskPool {
  readonly #data: TaskData;
  readonly #options: TaskPoolOptions;
  readonly #threads = new Map<Worker, Thread>();
  readonly #running = new Set<TaskCall>();
  readonly #queue: TaskCall[] = [];
  #pool: Piscina | undefined;

  constructor(data: TaskData, options: TaskPoolOptions) {
    this.#data = data;
    this.#options = options;
  }

  /** Whether no thread is left and nothing waits. */
  get atRest(): boolean {
    return this.#threads.size === 0 && this.#running.size === 0 && this.#queue.length === 0;
  }

  run(call: TaskCall): void {
    // A thread whose call has its result is free in a moment: sooner than another one could start.
    const free = [...this.#running].filter(({ over }) => over).length - this.#queue.length;
    if (free > 0 || this.#running.size >= this.#options.size) this.#queue.push(call);
    else this.#dispatch(call);
  }

  #dispatch(call: TaskCall): void {
    const stop = new AbortController();
    this.#running.add(call);
    call.dispatched((reason) => {
      this.#abandon(call, reason);
      stop.abort();
    });
    void this.#start(call, stop.signal)
      .then(
        () => undefined,
        (error: unknown) => error,
      )
      .then((error) => {
        call.lost(() => taskLost({ cause: error }, this.#context));
        call.closePort();
        this.#running.delete(call);
        this.#goOn();
      });
  }

  /** Resolves when its thread is free again; rejects when that has ended, or could not be started. */
  async #start(call: TaskCall, signal: AbortSignal): Promise<void> {
    this.#pool ??= this.#open();
    const task: TaskHandOver = { port: call.remote };
    const done = this.#pool.run(task, { name: 'run', transferList: [call.remote], signal });
    this.#meet(this.#pool);
    await done;
  }

  /** A place is free. */
  #goOn(): void {
    while (this.#running.size < this.#options.size) {
      const next = this.#queue.shift();
      if (next === undefined) break;
      if (next.over) next.closePort();
      else this.#dispatch(next);
    }
    if (this.atRest) this.#options.rest();
  }

  get #context(): ErrorContext {
    return { namespace: this.#options.namespace, operation: 'run a task' };
  }

  #open(): Piscina {
    const Pool = loadPiscina();
    const pool = new Pool({
      filename: workerUrl('task'),
      name: 'run',
      minThreads: 0,
      maxThreads: this.#options.size,
      concurrentTasksPerWorker: 1,
      idleTimeout: this.#options.idle,
      // Atomics.wait would hold up what a task left on its loop, and the messages of a stream.
      atomics: 'disabled',
      workerData: this.#data,
      // What is preloaded would come before the thread is inside.
      execArgv: [],
      env: workerEnvironment(),
      ...(this.#options.limits !== undefined && { resourceLimits: this.#options.limits }),
      recordTiming: false,
    });
    pool.on('error', (error: unknown) => {
      this.#startFailed(() => taskLost({ cause: error }, this.#context));
    });
    pool.on('workerCreate', ({ id }: { readonly id: number }) => {
      for (const thread of this.#threads.values()) {
        if (thread.id !== id) continue;
        thread.ready = true;
        // It is inside.
        thread.release();
      }
    });
    return pool;
  }

  /** Gets to know threads that the pool has just started. */
  #meet(pool: Piscina): void {
    for (const worker of pool.threads) {
      if (this.#threads.has(worker)) continue;
      const thread: Thread = {
        id: worker.threadId,
        ready: false,
        release: this.#options.acquire(),
        ended: new Promise((resolve) => worker.once('exit', resolve)),
      };
      this.#threads.set(worker, thread);
      taskThreads.describe(thread.id, `a task thread of ${this.#options.namespace}`);
      debug('started task thread %d of %s', thread.id, this.#options.namespace);
      // Before Piscina hears of it, which rejects its tasks with less.
      worker.prependOnceListener('error', (error: unknown) => {
        this.#callOf(thread)?.lost(() => taskLost({ cause: error }, this.#context));
      });
      worker.prependOnceListener('exit', (exitCode) => {
        this.#ended(worker, thread, exitCode);
      });
    }
  }

  #callOf(thread: Thread): TaskCall | undefined {
    return [...this.#running].find((call) => call.thread === thread.id);
  }

  #ended(worker: Worker, thread: Thread, exitCode: number): void {
    this.#callOf(thread)?.lost(() => taskLost({ exitCode }, this.#context));
    this.#threads.delete(worker);
    thread.release();
    taskThreads.forget(thread.id);
    debug('task thread %d of %s ended', thread.id, this.#options.namespace);
    if (!thread.ready) this.#startFailed(() => taskLost({ exitCode }, this.#context));
    if (this.atRest) this.#options.rest();
  }

  /** A thread died before it could take a call: those that wait for one would wait for ever. */
  #startFailed(why: () => unknown): void {
    for (const call of this.#running) {
      if (call.thread !== undefined || call.over) continue;
      call.end(why(), 'not started');
    }
  }

  /** Its thread ends when it next runs JavaScript: a system call that it is in is waited for by nobody. */
  #abandon(call: TaskCall, reason: string): void {
    const { thread } = call;
    if (thread === undefined) return;
    taskThreads.describe(
      thread,
      `a task of ${this.#options.namespace} that was ended (${reason}): its thread ends when its system call returns`,
    );
  }

  /** Ends everything: each call is rejected at once with its own error. Resolves when the threads have ended, or after 100 ms. */
  async close(why: () => unknown): Promise<void> {
    for (const call of [...this.#queue.splice(0), ...this.#running]) call.end(why(), 'closed');
    const ended = [...this.#threads.values()].map((thread) => thread.ended);
    // Threads that a system call holds are waited for by nobody.
    void this.#pool?.destroy();
    await patiently(Promise.allSettled(ended));
  }
}
