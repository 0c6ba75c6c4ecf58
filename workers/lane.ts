import { receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';
import { packError, type ErrorData } from '../lib/errors.js';
import {
  fromLane,
  smallest,
  toLane,
  type ConnectTask,
  type DrainedTask,
  type FilterTask,
  type FromLane,
  type LaneData,
  type OpenTask,
  type OptionTask,
  type Outcome,
  type SocketTask,
  type ToLane,
} from '../lib/lane/protocol.js';
import { Looking } from '../lib/lane/looking.js';
import { native, type NativeSocket } from '../lib/native.js';
import { openNativeSocket } from '../lib/netlink/opening.js';
import { SocketPump } from '../lib/netlink/pump.js';
import type { TransportState, TransportStatistics } from '../lib/netlink/transport.js';

/*
 * The lane: enters its namespace before anything else happens and pumps bytes ever after. No protocol, no policy, no user code here.
 */

/** How long the port is looked at again before the thread goes to sleep (nanoseconds): waking it is the expensive part. */
const patience = 100_000;
/** The most that looking may take in all, and the most messages in one go: the loop has sockets to poll. */
const longest = 200_000;
const most = 64;

interface OpenSocket {
  readonly socket: NativeSocket;
  readonly pump: SocketPump;
}

const data = workerData as LaneData;
const addon = native();
let enterFailure: ErrorData | undefined;
try {
  if (data.namespace >= 0) addon.enterNamespace(data.namespace);
} catch (error) {
  enterFailure = packError(error);
}

const sockets = new Map<number, OpenSocket>();
/** Sockets that were sent something in this turn: their replies are looked for without poll. */
const active = new Set<OpenSocket>();
let port: MessagePort | undefined;
let outbox: FromLane[] = [];
let transfers: ArrayBuffer[] = [];
const looking = new Looking();

function post(record: FromLane): void {
  if (outbox.length === 0) queueMicrotask(flush);
  outbox.push(record);
}

function flush(): void {
  if (outbox.length === 0) return;
  const records = outbox;
  const transfer = transfers;
  outbox = [];
  transfers = [];
  port?.postMessage(records, transfer);
}

function handle(records: readonly ToLane[]): void {
  for (const record of records) {
    const open = sockets.get(record[1]);
    if (open === undefined) continue;
    if (record[0] === toLane.send) {
      open.pump.send(record[5], record[2], record[3], record[4]);
      active.add(open);
    } else if (record[0] === toLane.release) open.pump.release(record[2]);
    else open.pump.returned(record[2]);
  }
  for (const open of active) open.pump.receive();
  flush();
}

function onMessage(records: readonly ToLane[]): void {
  if (port === undefined) return;
  handle(records);
  look(port);
  active.clear();
}

function look(from: MessagePort): void {
  if (!looking.pays) return;
  const start = addon.now();
  let last = start;
  let found = 0;
  for (;;) {
    const received = receiveMessageOnPort(from);
    const now = addon.now();
    if (received !== undefined) {
      handle(received.message as readonly ToLane[]);
      found++;
      last = now;
    } else if (now - last > patience) break;
    if (found >= most || now - start > longest) {
      // The sockets have their turn, and then it goes on: to sleep in the middle of a conversation is what costs.
      if (found > 0) setImmediate(lookOn);
      break;
    }
  }
  looking.note(found > 0);
}

function lookOn(): void {
  if (port !== undefined) look(port);
  active.clear();
}

/** Everything that was posted before a task was: tasks and data come over different ports. */
function catchUp(): void {
  if (port === undefined) return;
  for (;;) {
    const received = receiveMessageOnPort(port);
    if (received === undefined) return;
    handle(received.message as readonly ToLane[]);
  }
}

function attempt<T>(action: () => T): Outcome<T> {
  try {
    catchUp();
    return { ok: true, value: action() };
  } catch (error) {
    // As the addon threw it: who asked knows for which namespace.
    return { ok: false, error: packError(error) };
  } finally {
    flush();
  }
}

function find(id: number): OpenSocket {
  const open = sockets.get(id);
  if (open === undefined) throw new Error(`the lane has no socket ${id}`);
  return open;
}

export function connect(task: ConnectTask): Outcome<{ readonly thread: number }> {
  if (enterFailure !== undefined) return { ok: false, error: enterFailure };
  port = task.port;
  port.on('message', onMessage);
  // The thread lives as long as its pool: nothing here keeps its loop.
  port.unref();
  return { ok: true, value: { thread: addon.threadId() } };
}

export function open({ id, namespace, options }: OpenTask): Outcome<TransportState> {
  return attempt(() => {
    const { socket, state } = openNativeSocket(namespace, options);
    const pump: SocketPump = new SocketPump(socket, state.receiveBuffer, options, {
      received(slab, end, spilled) {
        if (end <= smallest) {
          post([fromLane.received, id, slab.slice(0, end), end, true]);
          if (!spilled) {
            pump.lend(end);
            pump.release(slab);
          }
          return;
        }
        post([fromLane.received, id, slab, end, spilled]);
        transfers.push(slab);
      },
      overrun() {
        post([fromLane.overrun, id]);
      },
      refused(tag, errno) {
        post([fromLane.refused, id, tag, errno]);
      },
      lost(error) {
        post([fromLane.lost, id, packError(error)]);
        sockets.delete(id);
        void pump.close();
      },
    });
    sockets.set(id, { socket, pump });
    return state;
  });
}

export function setOption({ id, level, option, value }: OptionTask): Outcome<undefined> {
  return attempt(() => {
    find(id).pump.setOption(level, option, value);
    return undefined;
  });
}

export function getOption({ id, level, option }: Omit<OptionTask, 'value'>): Outcome<number> {
  return attempt(() => find(id).socket.getOption(level, option));
}

export function memberships({ id }: SocketTask): Outcome<number[]> {
  return attempt(() => find(id).socket.memberships());
}

export function setFilter({ id, program }: FilterTask): Outcome<undefined> {
  return attempt(() => {
    find(id).socket.setFilter(program);
    return undefined;
  });
}

export function statistics({ id }: SocketTask): Outcome<TransportStatistics> {
  return attempt(() => ({ ...find(id).pump.statistics }));
}

/** An attempt whose result takes its time. */
async function attemptLonger(action: () => Promise<void> | undefined): Promise<Outcome<undefined>> {
  const outcome = attempt(action);
  if (!outcome.ok) return outcome;
  await outcome.value;
  flush();
  return { ok: true, value: undefined };
}

export function drained({ id, sends }: DrainedTask): Promise<Outcome<undefined>> {
  return attemptLonger(() => find(id).pump.drained(sends));
}

export function close({ id }: SocketTask): Promise<Outcome<undefined>> {
  return attemptLonger(() => {
    const open = sockets.get(id);
    sockets.delete(id);
    if (open !== undefined) active.delete(open);
    return open?.pump.close();
  });
}
