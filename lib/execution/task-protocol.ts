import type { MessagePort } from 'node:worker_threads';
import type { ErrorData, ErrorsBeside } from '../error-data.js';
import type { InlineFunction } from './inline-function.js';

/*
 * The messages between a caller's thread and a task thread. Each thread has one MessageChannel, whose far end is what Piscina hands to
 * workers/task.ts; one call at a time is on it.
 */

/** What a task thread is given at its start. */
export interface TaskData {
  /** fd of the namespace to enter for good; -1: it is there already, as the thread that starts it. */
  readonly namespace: number;
  /** Name under /etc/netns whose files, and a /sys, the thread is to see; undefined: it keeps the mounts of the process. */
  readonly mounts: string | undefined;
  /** String(namespace), for errors. */
  readonly label: string;
  /** Name of the namespace, whose /etc/netns files tell the servers of names also without mounts. */
  readonly name: string | undefined;
  /** Where the thread enters itself: see TaskThreads. */
  readonly table: SharedArrayBuffer;
  /** What the environment of the program has as NODE_OPTIONS, for the children of tasks. */
  readonly nodeOptions: string | undefined;
}

export type TaskCode =
  { readonly kind: 'inline'; readonly inline: InlineFunction } | { readonly kind: 'module'; readonly url: string; readonly export: string };

export interface TaskRequest {
  readonly code: TaskCode;
  readonly args: readonly unknown[];
  /** Those in the arguments. */
  readonly errors?: ErrorsBeside;
}

/** What Piscina hands over. */
export interface TaskHandOver {
  readonly port: MessagePort;
}

/** For the iterator of a call: one of its methods. */
export type Step = readonly [method: 'next' | 'return' | 'throw', id: number, value: unknown];

/**
 * A call. `directory`: the working directory of the process, where it is another one than at the call before, for threads whose mounts are their
 * own: with those goes a working directory of their own.
 */
export type TaskMessage =
  | { readonly request: TaskRequest; readonly directory?: string }
  /** The call is the one message on that port: it had to wait, and its arguments are as they were when it was made. */
  | { readonly parked: MessagePort; readonly directory?: string };

export type ToThread =
  | TaskMessage
  /** Of the how many-th call, so that one that has ended is not confused with the next. */
  | { readonly call: number; readonly step: Step; readonly errors?: ErrorsBeside };

/** About the call. `free`: it has left nothing behind, and the thread can take the next one. `errors`: those in the value. */
export type FromTask =
  | { readonly kind: 'value'; readonly value: unknown; readonly errors?: ErrorsBeside; readonly free: boolean }
  /** The result is an iterator; readable: it was a ReadableStream. */
  | { readonly kind: 'stream'; readonly readable: boolean }
  | { readonly kind: 'item'; readonly id: number; readonly done: boolean; readonly value: unknown; readonly errors?: ErrorsBeside }
  | { readonly kind: 'refused'; readonly id: number; readonly error: ErrorData }
  /** entering: the thread could not enter its namespace. */
  | { readonly kind: 'failed'; readonly error: ErrorData; readonly entering: boolean; readonly free: boolean };

export type FromThread =
  | FromTask
  /** What it was sent cannot be made a value again here. */
  | { readonly kind: 'unreadable'; readonly error: ErrorData }
  /** The call that has ended has left nothing behind after all. */
  | { readonly kind: 'free' }
  /** Something of it still runs (timers, servers, ...): the thread is not to be used again. */
  | { readonly kind: 'left'; readonly what: readonly string[] };
