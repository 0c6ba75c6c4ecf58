import type { ResourceLimits } from 'node:worker_threads';
import { patiently } from '../lane/transport.js';
import type { TaskCall } from './task-call.js';
import type { TaskData } from './task-protocol.js';
import { TaskThread, type TaskThreadOptions } from './task-thread.js';

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

/** Task threads of one namespace: started when they are needed, used again, ended when they are idle; and the calls that wait for one. */
export class TaskPool {
  readonly #data: TaskData;
  readonly #options: TaskPoolOptions;
  readonly #threadOptions: TaskThreadOptions;
  /** All that have not ended, those that were stopped included. */
  readonly #threads = new Set<TaskThread>();
  /** Those that wait for a call; the last one had one last. */
  readonly #free: TaskThread[] = [];
  /** In their order. Those that are over are taken out. */
  readonly #queue = new Set<TaskCall>();
  /** One for each thread that has been free. */
  readonly #timers = new WeakMap<TaskThread, NodeJS.Timeout>();

  constructor(data: TaskData, options: TaskPoolOptions) {
    this.#data = data;
    this.#options = options;
    this.#threadOptions = {
      namespace: options.namespace,
      limits: options.limits,
      acquire: options.acquire,
      free: (thread) => {
        this.#goOn(thread);
      },
      over: (thread) => {
        this.#leave(thread);
      },
    };
  }

  /** Whether no thread is left and nothing waits. */
  get #atRest(): boolean {
    return this.#threads.size === 0 && this.#queue.size === 0;
  }

  /**
   * Throws NETLANE_NOT_CLONEABLE where the arguments cannot be sent. They are as they were now, whenever the task begins. Reading them may run
   * getters, which may do anything: run another task, abort one, close the namespace.
   */
  run(call: TaskCall): void {
    const free = this.#free.pop();
    if (free !== undefined) {
      try {
        free.take(call);
      } catch (error) {
        if (free.alive) this.#goOn(free);
        throw error;
      }
      return;
    }
    const alive = [...this.#threads].filter((thread) => thread.alive);
    // A thread whose call has its result is free in a moment: sooner than another one could start.
    const soon = alive.filter((thread) => thread.almostFree).length - this.#queue.size;
    if (soon > 0 || alive.length >= this.#options.size) {
      call.park(() => {
        this.#queue.delete(call);
        call.unpark();
      });
      if (call.over) return;
      this.#queue.add(call);
      const freed = this.#free.pop();
      if (freed !== undefined) this.#goOn(freed);
    } else this.#start(call);
  }

  #start(call: TaskCall): void {
    const thread = new TaskThread(this.#data, this.#threadOptions);
    this.#threads.add(thread);
    try {
      thread.take(call);
    } catch (error) {
      thread.dismiss();
      throw error;
    }
    thread.start();
  }

  /** The next call that waits. */
  #next(): TaskCall | undefined {
    const [next] = this.#queue;
    if (next !== undefined) this.#queue.delete(next);
    return next;
  }

  #goOn(thread: TaskThread): void {
    const next = this.#next();
    if (next !== undefined) {
      thread.take(next);
      return;
    }
    if (this.#options.idle === 0) {
      thread.dismiss();
      return;
    }
    this.#free.push(thread);
    const timer = this.#timers.get(thread);
    if (timer !== undefined) {
      timer.refresh();
      return;
    }
    const idle = setTimeout(() => {
      // One that is at work starts it again.
      if (this.#free.includes(thread)) thread.dismiss();
    }, this.#options.idle);
    idle.unref();
    this.#timers.set(thread, idle);
  }

  /** A thread takes no more calls: others may have to. */
  #leave(thread: TaskThread): void {
    clearTimeout(this.#timers.get(thread));
    const at = this.#free.indexOf(thread);
    if (at !== -1) this.#free.splice(at, 1);
    if (thread.gone) this.#threads.delete(thread);
    while ([...this.#threads].filter(({ alive }) => alive).length < this.#options.size) {
      const next = this.#next();
      if (next === undefined) break;
      this.#start(next);
    }
    if (this.#atRest) this.#options.rest();
  }

  /** Ends everything: each call is rejected at once with its own error. Resolves when the threads have ended, or after 100 ms. */
  async close(why: () => unknown): Promise<void> {
    for (const call of this.#queue) call.end(why(), 'closed');
    const ended = [...this.#threads].map((thread) => {
      thread.close(why);
      return thread.ended;
    });
    // Threads that a system call holds are waited for by nobody.
    await patiently(Promise.allSettled(ended));
  }
}
