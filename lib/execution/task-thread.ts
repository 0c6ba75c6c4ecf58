import { MessageChannel, receiveMessageOnPort, type MessagePort, type ResourceLimits, type Worker } from 'node:worker_threads';
import type { Piscina } from 'piscina';
import { debug } from '../diagnostics.js';
import { unpackError } from '../error-data.js';
import type { ErrorContext } from '../errors.js';
import { loadPiscina, workerEnvironment } from '../lane/piscina.js';
import { workerUrl } from '../places.js';
import type { TaskCall, ThreadOfCall } from './task-call.js';
import { notCloneable, notStarted, taskLost } from './task-errors.js';
import type { FromThread, TaskData, ToThread } from './task-protocol.js';
import { workingDirectory } from './task-directory.js';
import { taskThreads } from './task-threads.js';

export interface TaskThreadOptions {
  /** String(namespace). */
  readonly namespace: string;
  readonly limits: ResourceLimits | undefined;
  /** Keeps the fd of the namespace open, until the function that is returned is called. */
  readonly acquire: () => () => void;
  /** It can take another call. */
  readonly free: (thread: TaskThread) => void;
  /** It takes no more calls: it was stopped, or is gone. Perhaps both, one after the other. */
  readonly over: (thread: TaskThread) => void;
}

/**
 * A thread of tasks: a Piscina pool of exactly one, which starts and ends it, and the port over which it is given one call after the other: a message
 * there, a message back.
 */
export class TaskThread implements ThreadOfCall {
  readonly #data: TaskData;
  readonly #options: TaskThreadOptions;
  readonly #port: MessagePort;
  readonly #remote: MessagePort;
  #pool: Piscina | undefined;
  #worker: { readonly id: number; readonly ended: Promise<unknown> } | undefined;
  #call: TaskCall | undefined;
  /** How many calls it has been given: what comes for one of before is passed over. */
  #calls = 0;
  /** The working directory that it was told last. */
  #directory: string | undefined;
  /** Gives the fd of the namespace back, which the thread enters by. */
  #release = (): void => undefined;
  #started = false;
  #stopped = false;
  #gone = false;

  constructor(data: TaskData, options: TaskThreadOptions) {
    this.#data = data;
    this.#options = options;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#remote = port2;
    port1.on('message', (message: FromThread) => {
      this.#receive(message);
    });
    port1.on('messageerror', (error) => {
      this.#unreadable('what the task gave', error);
    });
    port1.unref();
  }

  /** Whether it takes calls, now or later. */
  get alive(): boolean {
    return !this.#stopped;
  }

  /** Whether it has ended. */
  get gone(): boolean {
    return this.#gone;
  }

  /** Whether the call that it was given has its result: it is free in a moment. */
  get almostFree(): boolean {
    return this.#call?.over === true;
  }

  /** Resolves when it has ended. */
  get ended(): Promise<unknown> {
    return this.#worker?.ended ?? Promise.resolve();
  }

  get #context(): ErrorContext {
    return { namespace: this.#options.namespace, operation: 'run a task' };
  }

  /** Starts it. It has a call already. What prevents it is told to that call. */
  start(): void {
    // Closed while its call was put on it.
    if (this.#stopped) {
      this.#end();
      return;
    }
    try {
      const release = this.#options.acquire();
      this.#release = release;
      const pool = this.#open();
      for (const worker of pool.threads) this.#meet(worker, release);
      // What keeps it from starting comes as an error of the thread as well, which says more.
      pool.run({ port: this.#remote }, { transferList: [this.#remote] }).then(
        () => {
          this.#started = true;
          release();
        },
        (error: unknown) => {
          this.#fail(error);
        },
      );
    } catch (error) {
      this.#release();
      this.#fail(error);
      this.#end();
    }
  }

  #open(): Piscina {
    const Pool = loadPiscina();
    const pool = new Pool({
      filename: workerUrl('task'),
      name: 'serve',
      minThreads: 1,
      maxThreads: 1,
      idleTimeout: Infinity,
      // Atomics.wait would keep it from its port.
      atomics: 'disabled',
      workerData: this.#data,
      // What is preloaded would come before the thread is inside.
      execArgv: [],
      env: workerEnvironment(),
      ...(this.#options.limits !== undefined && { resourceLimits: this.#options.limits }),
      recordTiming: false,
    });
    this.#pool = pool;
    pool.on('error', (error: unknown) => {
      this.#fail(error);
    });
    return pool;
  }

  #meet(worker: Worker, release: () => void): void {
    const id = worker.threadId;
    this.#port.on('close', () => {
      // The far end went with its thread, and this one kept the process alive for the call: from here on the thread does, so that its end is heard.
      if (this.#call !== undefined && !this.#stopped) worker.ref();
    });
    this.#worker = { id, ended: new Promise((resolve) => worker.once('exit', resolve)) };
    taskThreads.describe(id, `a task thread of ${this.#options.namespace}`);
    debug('started task thread %d of %s', id, this.#options.namespace);
    // Before Piscina hears of it, which would put another thread in its place.
    worker.prependOnceListener('error', (error: unknown) => {
      this.#fail(error);
    });
    worker.prependOnceListener('exit', (exitCode) => {
      this.catchUp();
      this.#call?.lost(() => taskLost({ exitCode }, this.#context));
      release();
      taskThreads.forget(id);
      debug('task thread %d of %s ended', id, this.#options.namespace);
      this.#end();
    });
  }

  /** Gives it a call. Throws NETLANE_NOT_CLONEABLE where the arguments cannot be sent; then it has none. */
  take(call: TaskCall): void {
    const { message: bare, transfer } = call.leave();
    const directory = this.#data.mounts === undefined ? undefined : workingDirectory();
    const message = directory === this.#directory || directory === undefined ? bare : { ...bare, directory };
    // Before it is sent: what runs while the arguments are read may close this thread, and ends the call with it.
    this.#call = call;
    try {
      call.send(() => this.#port.postMessage(message, transfer));
    } catch (error) {
      this.#call = undefined;
      throw error;
    }
    this.#directory = directory;
    if (this.#stopped) return;
    this.#calls += 1;
    call.begin(this);
    // While a task runs, the process lives.
    this.#port.ref();
  }

  /** A message about the iterator of the call that it has. */
  post(message: ToThread): void {
    this.#port.postMessage(message);
  }

  get calls(): number {
    return this.#calls;
  }

  /** Hears what it has said, without waiting for the loop. */
  catchUp(): void {
    while (!this.#stopped) {
      let received: ReturnType<typeof receiveMessageOnPort>;
      try {
        received = receiveMessageOnPort(this.#port);
      } catch (error) {
        this.#unreadable('what the task gave', error);
        return;
      }
      if (received === undefined) return;
      this.#receive(received.message as FromThread);
    }
  }

  /** A message that V8 wrote and cannot read, such as an error that is its own cause: what it said of the thread is lost with it. */
  #unreadable(what: string, error: unknown): void {
    if (this.#stopped) return;
    this.#call?.lost(() => notCloneable(what, error, this.#context));
    this.stop('sent what cannot be read');
  }

  #receive(message: FromThread): void {
    if (this.#stopped) return;
    if (message.kind === 'left') {
      this.stop(`left ${message.what.join(', ')}`);
      return;
    }
    if (message.kind === 'unreadable') {
      this.#unreadable('what the task was sent', unpackError(message.error));
      return;
    }
    if (message.kind !== 'free') this.#call?.receive(message);
    if (message.kind === 'free' || ('free' in message && message.free)) {
      this.#call = undefined;
      this.#port.unref();
      this.#options.free(this);
    }
  }

  /** What it was given is lost, and it is of no more use. */
  #fail(cause: unknown): void {
    this.catchUp();
    this.#call?.lost(() => (this.#started ? undefined : notStarted(cause, this.#context)) ?? taskLost({ cause }, this.#context));
    this.#stop();
  }

  /** Ends it, when it next runs JavaScript: a system call that it is in is waited for by nobody. */
  stop(reason: string): void {
    if (!this.#stopped && this.#worker !== undefined) {
      taskThreads.describe(
        this.#worker.id,
        `a task of ${this.#options.namespace} that was ended (${reason}): its thread ends when its system call returns`,
      );
    }
    this.#stop();
  }

  #stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#port.close();
    // What Piscina would say of its start is not heard any more, and a thread that a system call holds does not end soon.
    if (this.#worker !== undefined && taskThreads.isInside(this.#worker.id)) this.#release();
    void this.#pool?.destroy();
    this.#options.over(this);
  }

  /** Its thread is no more. */
  #end(): void {
    this.#gone = true;
    this.#stop();
    this.#options.over(this);
  }

  /** Ends it, its call with an error of its own. */
  close(why: () => unknown): void {
    this.#call?.end(why(), 'closed');
    this.#stop();
  }

  /** It is not wanted: its time without a call is over, or the arguments of its first call could not be sent. */
  dismiss(): void {
    this.#gone = this.#pool === undefined;
    this.#stop();
  }
}
