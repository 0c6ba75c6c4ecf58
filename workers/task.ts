import { setImmediate } from 'node:timers';
import { receiveMessageOnPort, threadId, workerData, type MessagePort } from 'node:worker_threads';
import { completeErrors, packError, postBeside, type ErrorData } from '../lib/error-data.js';
import { followDirectories } from '../lib/execution/task-directory.js';
import { explainReference, functionOf, muteLoaderWarning } from '../lib/execution/task-function.js';
import { lookInside } from '../lib/execution/task-lookup.js';
import type { FromTask, FromThread, Step, TaskData, TaskHandOver, TaskRequest, ToThread } from '../lib/execution/task-protocol.js';
import { iteratorOf, resultOf, stepOf } from '../lib/execution/task-result.js';
import { notCloneable } from '../lib/execution/task-errors.js';
import { enterTable } from '../lib/execution/task-threads.js';
import { native } from '../lib/native.js';

/*
 * A task thread: enters its namespace before anything else is loaded, and runs users' functions ever after, one at a time.
 */

muteLoaderWarning();
const data = workerData as TaskData;
let enterFailure: ErrorData | undefined;
/** Before each call: goes where the process is. */
let goTo: (directory: string | undefined) => void = () => undefined;
try {
  const addon = native();
  const isInside = enterTable(data.table, addon.threadId(), threadId);
  if (data.namespace >= 0) addon.enterNamespace(data.namespace);
  isInside();
  if (data.mounts !== undefined) {
    addon.enterMounts(data.mounts);
    goTo = followDirectories(addon.followDirectory);
  }
  lookInside(data.label, data.name);
  if (data.nodeOptions !== undefined) process.env['NODE_OPTIONS'] = data.nodeOptions;
} catch (error) {
  enterFailure = packError(error);
}

type Transfer = Parameters<MessagePort['postMessage']>[1];

let port: MessagePort | undefined;
/** How many calls there have been. */
let calls = 0;
/** Steps through the iterator of the call that is on. */
let take: ((step: Step) => void) | undefined;

function post(message: FromThread, transfer: Transfer = []): void {
  port?.postMessage(message, transfer);
}

/** Called by Piscina, once: calls come over the port from then on. */
export function serve(handOver: TaskHandOver): void {
  port = handOver.port;
  port.on('message', onMessage);
  port.on('messageerror', onUnreadable);
  // The thread lives as long as its pool: nothing here keeps its loop.
  port.unref();
}

function onMessage(message: ToThread): void {
  if ('step' in message) {
    if (message.errors !== undefined) completeErrors(message.errors);
    if (message.call === calls) take?.(message.step);
    return;
  }
  calls += 1;
  const request = 'request' in message ? message.request : unpark(message.parked);
  if (request !== undefined) void run(request, message.directory);
}

/** undefined where the request cannot be read, which is said. */
function unpark(parked: MessagePort): TaskRequest | undefined {
  try {
    return receiveMessageOnPort(parked)?.message as TaskRequest;
  } catch (error) {
    onUnreadable(error);
    return undefined;
  } finally {
    parked.close();
  }
}

/** The caller's side does not use this thread again. */
function onUnreadable(error: unknown): void {
  post({ kind: 'unreadable', error: packError(error) });
}

async function run(request: TaskRequest, directory: string | undefined): Promise<void> {
  if (enterFailure !== undefined) {
    post({ kind: 'failed', error: enterFailure, entering: true, free: true });
    return;
  }
  try {
    goTo(directory);
    if (request.errors !== undefined) completeErrors(request.errors);
    const task = await functionOf(request.code);
    const returned = await task(...request.args);
    const iterator = iteratorOf(returned);
    if (iterator === undefined) await give(returned);
    else {
      await stream(request, returned, iterator);
      await leave();
    }
  } catch (error) {
    await end({ kind: 'failed', error: packError(explainReference(error, request.code)), entering: false });
  }
}

async function give(returned: unknown): Promise<void> {
  const { value, list, errors } = resultOf(returned);
  try {
    await end({ kind: 'value', value, ...(errors !== undefined && { errors }) }, list);
  } catch (error) {
    throw notCloneable('the result', error, {});
  }
}

/** What keeps a loop alive but is none of a task's doing: the ports of Piscina and of the thread, and of results. */
const own = new Set(['MessagePort']);

function leftovers(): readonly string[] {
  return process.getActiveResourcesInfo().filter((resource) => !own.has(resource));
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * The last word of a call. Where it has left nothing behind, not even after a turn of the loop, that goes with it: then there is one message only.
 * A call that did may block, exit or throw when the loop goes on: so its result leaves first.
 */
async function end(
  message: Omit<Extract<FromTask, { kind: 'value' }>, 'free'> | Omit<Extract<FromTask, { kind: 'failed' }>, 'free'>,
  transfer: Transfer = [],
): Promise<void> {
  let free = leftovers().length === 0;
  if (free) {
    await turn();
    free = leftovers().length === 0;
  }
  postBeside('errors' in message ? message.errors : undefined, () => post({ ...message, free }, transfer));
  if (!free) await leave();
}

/** A thread on which a task left something running is not used again: that could do anything to the next one. */
async function leave(): Promise<void> {
  await turn();
  const what = leftovers();
  post(what.length === 0 ? { kind: 'free' } : { kind: 'left', what });
}

/** Steps through an iterator as it is asked to, until it is done, throws, or is returned from. */
function stream(request: TaskRequest, returned: unknown, iterator: NonNullable<ReturnType<typeof iteratorOf>>): Promise<void> {
  return new Promise((resolve) => {
    let open = true;
    const finish = (): void => {
      open = false;
      take = undefined;
      resolve();
    };
    take = (given) => {
      step(iterator, given, () => open).then(
        (done) => {
          if (open && done) finish();
        },
        (error: unknown) => {
          if (!open) return;
          post({ kind: 'refused', id: given[1], error: packError(explainReference(error, request.code)) });
          finish();
        },
      );
    };
    post({ kind: 'stream', readable: returned instanceof ReadableStream });
  });
}

/** One step; whether it was the last. What comes out when another one was the last is nobody's. */
async function step(
  iterator: NonNullable<ReturnType<typeof iteratorOf>>,
  [method, id, given]: Step,
  isOpen: () => boolean,
): Promise<boolean> {
  const call = iterator[method] ?? undefined;
  if (call === undefined) {
    if (method === 'next') throw new TypeError('the iterator has no function next()');
    if (method === 'throw') throw given;
    post({ kind: 'item', id, done: true, value: given });
    return true;
  }
  const result = await call.call(iterator, given);
  if (!isOpen()) return false;
  const { done, value: stepped } = stepOf(result);
  const { value, list, errors } = resultOf(stepped);
  try {
    postBeside(errors, () => post({ kind: 'item', id, done, value, ...(errors !== undefined && { errors }) }, list));
  } catch (error) {
    await iterator.return?.();
    throw notCloneable('a value', error, {});
  }
  return done;
}
