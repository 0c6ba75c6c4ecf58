import { ReadableStream } from 'node:stream/web';
import { MessageChannel, receiveMessageOnPort, type MessagePort, type Transferable } from 'node:worker_threads';
import { abortError, NetlaneError, unpackError, type ErrorContext, type ErrorData } from '../errors.js';
import { offAbort, onAbort } from '../netlink/waiting.js';
import { notCloneable } from './task-errors.js';
import type { FromTask, TaskRequest, ToTask } from './task-protocol.js';
import { TaskStream, type StreamEnd } from './task-stream.js';

export interface CallOptions {
  readonly signal: AbortSignal | undefined;
  /** Milliseconds; 0: no limit. */
  readonly timeout: number;
  readonly transfer: readonly Transferable[];
  /** The caller's lines of a stack. */
  readonly site: string;
  readonly context: ErrorContext;
  /** Makes an error of what a thread said that could not enter the namespace. */
  readonly entryFailure: (error: Error) => unknown;
}

/** One call of run(), from the caller's side: its channel, its time, its result. */
export class TaskCall {
  /** The end for the task thread. */
  readonly remote: MessagePort;
  /** Taken out by who called: it would hold the iterator that it resolves with. */
  #result: Promise<unknown> | undefined;
  readonly #local: MessagePort;
  readonly #options: CallOptions;
  #resolve: (value: unknown) => void = () => undefined;
  #reject: (reason: unknown) => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;
  #stream: StreamEnd | undefined;
  #over = false;
  #thread: number | undefined;
  #stop: ((reason: string) => void) | undefined;

  /** Throws NETLANE_NOT_CLONEABLE where the arguments cannot be sent. They are as they were now, whenever the task begins. */
  constructor(request: TaskRequest, options: CallOptions) {
    this.#options = options;
    const { port1, port2 } = new MessageChannel();
    this.#local = port1;
    this.remote = port2;
    try {
      port1.postMessage(request, [...options.transfer]);
    } catch (error) {
      port1.close();
      throw notCloneable('the arguments', error, options.context);
    }
    this.#result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    port1.on('message', (message: FromTask) => {
      this.#receive(message);
    });
    // The pool keeps the process alive while a task runs.
    port1.unref();
    if (options.signal !== undefined) onAbort(options.signal, this.#abort);
    this.#startTimer();
  }

  /** The promise of the result, once. */
  takeResult(): Promise<unknown> {
    const result = this.#result;
    if (result === undefined) throw new Error('the result was taken');
    this.#result = undefined;
    return result;
  }

  get over(): boolean {
    return this.#over;
  }

  /** Worker.threadId of the thread that runs it, once it has begun. */
  get thread(): number | undefined {
    this.#catchUp();
    return this.#thread;
  }

  /** It was given to a thread, or is about to be; `stop` ends that. */
  dispatched(stop: (reason: string) => void): void {
    this.#stop = stop;
  }

  /** Ends it from outside: aborted, out of time, closed. Rejects at once; the thread ends when it can. */
  end(error: unknown, reason: string): void {
    this.#catchUp();
    if (this.#over) return;
    this.#finish();
    this.#fail(error);
    this.#stop?.(reason);
  }

  /** The thread has ended, or could not be started: what it said before counts. */
  lost(why: () => unknown): void {
    this.#catchUp();
    if (this.#over) return;
    this.#finish();
    this.#fail(why());
  }

  readonly #abort = (): void => {
    const { signal, context } = this.#options;
    if (signal !== undefined) this.end(abortError(signal, context), 'aborted');
  };

  #startTimer(): void {
    const { timeout, context } = this.#options;
    if (timeout === 0) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const error = new NetlaneError('NETLANE_TIMEOUT', `it gave nothing within ${timeout} ms`, {
        ...context,
        hint: 'its thread was ended; what it did before stays done',
      });
      this.end(error, 'out of time');
    }, timeout);
  }

  #catchUp(): void {
    while (!this.#over) {
      const received = receiveMessageOnPort(this.#local);
      if (received === undefined) return;
      this.#receive(received.message as FromTask);
    }
  }

  #receive(message: FromTask): void {
    if (this.#over && message.kind !== 'left') return;
    switch (message.kind) {
      case 'started':
        this.#thread = message.thread;
        break;
      case 'value':
        this.#finish();
        this.#resolve(message.value);
        break;
      case 'failed':
        this.#finish();
        this.#fail(message.entering ? this.#options.entryFailure(unpackError(message.error)) : this.#unpack(message.error));
        break;
      case 'stream':
        clearTimeout(this.#timer);
        this.#openStream(message.readable);
        break;
      case 'item':
        clearTimeout(this.#timer);
        this.#stream?.deliver(message.id, { done: message.done, value: message.value });
        if (message.done) this.#finish();
        break;
      case 'refused':
        this.#stream?.refuse(message.id, this.#unpack(message.error));
        this.#finish();
        break;
      case 'left':
        this.#stop?.(`left ${message.what.join(', ')}`);
        this.closePort();
        break;
    }
  }

  #openStream(readable: boolean): void {
    const { stream, end } = TaskStream.open(
      (...call: ToTask) => {
        try {
          this.#local.postMessage(call);
        } catch (error) {
          throw notCloneable('the value', error, this.#options.context);
        }
        this.#startTimer();
      },
      () => {
        this.end(undefined, 'given up');
      },
    );
    this.#stream = end;
    this.#resolve(readable ? ReadableStream.from(stream) : stream);
    this.#resolve = this.#reject = () => undefined;
  }

  /** The error as it was thrown in the task, its stack continued by the caller's. */
  #unpack(data: ErrorData): Error {
    const error = unpackError(data);
    const where = this.#options.context.namespace ?? 'a namespace';
    const stack = `${error.stack ?? String(error)}\n    in a task of ${where}, run\n${this.#options.site}`;
    Object.defineProperty(error, 'stack', { value: stack, configurable: true, writable: true });
    return error;
  }

  #fail(error: unknown): void {
    this.#reject(error);
    this.#stream?.fail(error);
  }

  /** Nothing more is waited for. */
  #finish(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    if (this.#options.signal !== undefined) offAbort(this.#options.signal, this.#abort);
  }

  /** The thread is done with it. */
  closePort(): void {
    this.#local.close();
  }
}
