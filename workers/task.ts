import { receiveMessageOnPort, threadId, workerData, type MessagePort } from 'node:worker_threads';
import { packError, type ErrorData } from '../lib/errors.js';
import { explainReference, functionOf, muteLoaderWarning } from '../lib/execution/task-function.js';
import { lookInside } from '../lib/execution/task-lookup.js';
import type { FromTask, TaskData, TaskHandOver, TaskRequest, ToTask } from '../lib/execution/task-protocol.js';
import { iteratorOf, resultOf } from '../lib/execution/task-result.js';
import { notCloneable } from '../lib/execution/task-errors.js';
import { enterTable } from '../lib/execution/task-threads.js';
import { native } from '../lib/native.js';

/*
 * A task thread: enters its namespace before anything else is loaded, and runs users' functions ever after, one at a time.
 */

muteLoaderWarning();
const data = workerData as TaskData;
let enterFailure: ErrorData | undefined;
try {
  const addon = native();
  enterTable(data.table, addon.threadId(), threadId);
  if (data.namespace >= 0) addon.enterNamespace(data.namespace);
  if (data.mounts !== undefined) addon.enterMounts(data.mounts);
  lookInside(data.label, data.name);
  if (data.nodeOptions !== undefined) process.env['NODE_OPTIONS'] = data.nodeOptions;
} catch (error) {
  enterFailure = packError(error);
}

function post(port: MessagePort, message: FromTask, transfer: Parameters<MessagePort['postMessage']>[1] = []): void {
  port.postMessage(message, transfer);
}

/** Called by Piscina, one call at a time. */
export async function run({ port }: TaskHandOver): Promise<void> {
  if (enterFailure !== undefined) {
    post(port, { kind: 'failed', error: enterFailure, entering: true });
    return;
  }
  post(port, { kind: 'started', thread: threadId });
  const request = receiveMessageOnPort(port)?.message as TaskRequest | undefined;
  if (request === undefined) return;
  try {
    const task = await functionOf(request.code);
    const returned = await task(...request.args);
    const iterator = iteratorOf(returned);
    if (iterator === undefined) give(port, returned);
    else await stream(port, request, returned, iterator);
  } catch (error) {
    post(port, { kind: 'failed', error: packError(explainReference(error, request.code)), entering: false });
  }
  await leave(port);
}

function give(port: MessagePort, returned: unknown): void {
  const { value, list } = resultOf(returned);
  try {
    post(port, { kind: 'value', value }, list);
  } catch (error) {
    throw notCloneable('the result', error, {});
  }
}

/** Steps through an iterator as it is asked to, until it is done, throws, or is returned from. */
function stream(
  port: MessagePort,
  request: TaskRequest,
  returned: unknown,
  iterator: NonNullable<ReturnType<typeof iteratorOf>>,
): Promise<void> {
  return new Promise((resolve) => {
    port.on('message', ([method, id, value]: ToTask) => {
      void step(port, iterator, [method, id, value]).then(
        (done) => {
          if (done) resolve();
        },
        (error: unknown) => {
          post(port, { kind: 'refused', id, error: packError(explainReference(error, request.code)) });
          resolve();
        },
      );
    });
    post(port, { kind: 'stream', readable: returned instanceof ReadableStream });
  });
}

async function step(
  port: MessagePort,
  iterator: NonNullable<ReturnType<typeof iteratorOf>>,
  [method, id, given]: ToTask,
): Promise<boolean> {
  const call = iterator[method];
  if (call === undefined) {
    if (method === 'throw') throw given;
    post(port, { kind: 'item', id, done: true, value: given });
    return true;
  }
  const result = (await call.call(iterator, given)) as { readonly done?: boolean; readonly value?: unknown };
  const { value, list } = resultOf(result.value);
  const done = result.done === true;
  try {
    post(port, { kind: 'item', id, done, value }, list);
  } catch (error) {
    await iterator.return?.();
    throw notCloneable('a value', error, {});
  }
  return done;
}

/** What keeps a loop alive but is none of a task's doing: the ports of Piscina and of the call, and of results. */
const own = new Set(['MessagePort']);

/** A thread on which a task left something running is not used again: that could do anything to the next one. */
async function leave(port: MessagePort): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  const left = process.getActiveResourcesInfo().filter((resource) => !own.has(resource));
  if (left.length === 0) return;
  post(port, { kind: 'left', what: left });
  await new Promise(() => undefined);
}
