import { ReadableStream } from 'node:stream/web';
import { MessageChannel, type MessagePort, type Transferable } from 'node:worker_threads';
import { completeErrors, postBeside, unpackError, type ErrorData } from '../error-data.js';
import { abortError, NetlaneError, type ErrorContext } from '../errors.js';
import { offAbort, onAbort } from '../netlink/waiting.js';
import { contentsOf } from './contents.js';
import { notCloneable } from './task-errors.js';
import type { FromTask, Step, TaskMessage, TaskRequest, ToThread } from './task-protocol.js';
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

/** The thread that a call is on, as the call sees it. */
export interface ThreadOfCall {
  /** The number of the call on the thread. */
  readonly calls: number;
  post(message: ToThread): void;
  /** Hears what it has said, without waiting for the loop. */
  catchUp(): void;
  stop(reason: string): void;
}

/** One call of run(), from the caller's side: what it sends, its time, its result. */
export class TaskCall {
  /** Taken out by who called: it would hold the iterator that it resolves with. */
  #result: Promise<unknown> | undefined;
  readonly #options: CallOptions;
  /** Until it is sent. */
  #request: TaskRequest | undefined;
  /** Both ends of the channel on which the request waits for a thread. */
  #parking: { readonly near: MessagePort; readonly far: MessagePort } | undefined;
  #resolve: (value: unknown) => void = () => undefined;
  #reject: (reason: unknown) => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;
  #stream: StreamEnd | undefined;
  #over = false;
  /** Takes it out of the queue. */
  #unqueue: (() => void) | undefined;
  #thread: ThreadOfCall | undefined;

  constructor(request: TaskRequest, options: CallOptions) {
    this.#request = request;
    this.#options = options;
    this.#result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
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

  /** No thread is free: the arguments are put aside as they are now. Throws as send(). @param unqueue called when it is over while it waits. */
  park(unqueue: () => void): void {
    this.#unqueue = unqueue;
    const { port1: near, port2: far } = new MessageChannel();
    this.#parking = { near, far };
    try {
      const { request, transfer } = this.#outgoing();
      this.send(() => near.postMessage(request, transfer));
    } catch (error) {
      this.unpark();
      throw error;
    }
    this.#wait();
  }

  /** No thread needs to know of it. */
  unpark(): void {
    // What was sent lies at the far end.
    this.#parking?.near.close();
    this.#parking?.far.close();
    this.#parking = undefined;
  }

  #outgoing(): { readonly request: TaskRequest; readonly transfer: Transferable[] } {
    const request = this.#request;
    if (request === undefined) throw new Error('the request was sent');
    return { request, transfer: [...this.#options.transfer] };
  }

  /** What a thread is to be sent. */
  leave(): { readonly message: TaskMessage; readonly transfer: Transferable[] } {
    if (this.#parking !== undefined) {
      const { far } = this.#parking;
      return { message: { parked: far }, transfer: [far] };
    }
    const { request, transfer } = this.#outgoing();
    return { message: { request }, transfer };
  }

  /** Sends it. Throws NETLANE_NOT_CLONEABLE where the arguments cannot be. */
  send(post: () => void): void {
    try {
      postBeside(this.#request?.errors, post);
    } catch (error) {
      throw notCloneable('the arguments', error, this.#options.context);
    }
    this.#request = undefined;
  }

  /** A thread has it. */
  begin(thread: ThreadOfCall): void {
    this.#thread = thread;
    this.#unqueue = undefined;
    if (this.#parking === undefined) this.#wait();
    else this.#parking = undefined;
  }

  /** Its time begins. */
  #wait(): void {
    if (this.#over) return;
    const { signal } = this.#options;
    // What ran while the arguments were read (getters of theirs) may have aborted it.
    if (signal?.aborted === true) {
      this.#abort();
      return;
    }
    if (signal !== undefined) onAbort(signal, this.#abort);
    this.#startTimer();
  }

  /** Ends it from outside: aborted, out of time, closed. Rejects at once; the thread ends when it can. */
  end(error: unknown, reason: string): void {
    this.#thread?.catchUp();
    if (this.#over) return;
    this.#finish();
    this.#fail(error);
    this.#thread?.stop(reason);
  }

  /** The thread has ended, or could not be started. */
  lost(why: () => unknown): void {
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
      const waited = this.#thread === undefined;
      const what = waited ? `no thread was free for it within ${timeout} ms` : `it gave nothing within ${timeout} ms`;
      const hint = waited
        ? 'it was not called: other tasks and open iterators have all the threads, of which taskThreads is the number'
        : 'its thread was ended; what it did before stays done';
      this.end(new NetlaneError('NETLANE_TIMEOUT', what, { ...context, hint }), 'out of time');
    }, timeout);
  }

  receive(message: FromTask): void {
    if (this.#over) return;
    if ('errors' in message && message.errors !== undefined) completeErrors(message.errors);
    switch (message.kind) {
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
        else if (this.#stream?.isAsked === true) this.#startTimer();
        break;
      case 'refused':
        this.#stream?.refuse(message.id, this.#unpack(message.error));
        this.#finish();
        break;
    }
  }

  #openStream(readable: boolean): void {
    const thread = this.#thread;
    const call = thread?.calls ?? 0;
    const { stream, end } = TaskStream.open(
      (...step: Step) => {
        try {
          const { errors } = contentsOf(step[2]);
          postBeside(errors, () => thread?.post({ call, step, ...(errors !== undefined && { errors }) }));
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
    this.#unqueue?.();
    clearTimeout(this.#timer);
    if (this.#options.signal !== undefined) offAbort(this.#options.signal, this.#abort);
  }
}
