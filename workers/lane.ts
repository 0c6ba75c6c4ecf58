import { workerData } from 'node:worker_threads';
import { packError, type ErrorData } from '../lib/error-data.js';
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
import { Channel } from '../lib/lane/channel.js';
import { Looking } from '../lib/lane/looking.js';
import type { RingRecord, Taken } from '../lib/lane/ring.js';
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
/** Sockets whose replies have not all come: they are looked for without poll in this turn. */
const active = new Set<OpenSocket>();
let channel: Channel<readonly FromLane[], readonly ToLane[]> | undefined;
let outbox: FromLane[] = [];
let transfers: ArrayBuffer[] = [];
const looking = new Looking();

/** Puts a small record; what is in line for the port leaves before it. False where there is no room for it now. */
function put(record: RingRecord, bytes?: Uint8Array): boolean {
  flush();
  return channel?.put(record, bytes) === true;
}

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
  channel?.post(records, transfer);
}

/** What was sent through the ring: it is copied out of shared memory. */
let request = new Uint8Array(4096);

function exchange(open: OpenSocket, tag: number, answers: number, bytes: Uint8Array<ArrayBuffer>, length: number): void {
  const before = open.pump.statistics.received;
  open.pump.exchange(bytes, length, tag, answers);
  if (open.pump.statistics.received - before < answers) active.add(open);
}

/** A record of the ring. */
function take({ kind, id, x, y, z, bytes }: Taken): void {
  const open = sockets.get(id);
  if (open === undefined) return;
  if (kind === toLane.returned) {
    open.pump.returned(x);
    return;
  }
  const { length } = bytes;
  if (request.length < length) request = new Uint8Array(length);
  request.set(bytes);
  if (kind === toLane.exchange) {
    exchange(open, x, y, request, length);
    return;
  }
  active.add(open);
  // False: it waits for room in a queue.
  if (!open.pump.send(request.subarray(0, length), x, y, z)) request = new Uint8Array(4096);
}

function handle(records: readonly ToLane[]): void {
  for (const record of records) {
    const open = sockets.get(record[1]);
    if (open === undefined) continue;
    if (record[0] === toLane.send) {
      open.pump.send(record[5], record[2], record[3], record[4]);
      active.add(open);
    } else if (record[0] === toLane.exchange) exchange(open, record[2], record[3], record[4], record[4].length);
    else if (record[0] === toLane.release) open.pump.release(record[2]);
    else open.pump.returned(record[2]);
  }
}

function receive(): void {
  for (const open of active) open.pump.receive();
  flush();
}

function look(): void {
  if (channel === undefined) return;
  if (!looking.pays) {
    rest();
    return;
  }
  const start = addon.now();
  let last = start;
  let found = 0;
  for (;;) {
    const any = channel.filled && channel.drain();
    if (any || active.size > 0) receive();
    const now = addon.now();
    if (any) {
      found++;
      last = now;
    }
    if (found >= most || now - start > longest || now - last > patience) {
      looking.note(found > 0);
      // The sockets have their turn, and then it goes on: to sleep in the middle of a conversation is what costs.
      if (found > 0) setImmediate(lookOn);
      else rest();
      return;
    }
  }
}

function lookOn(): void {
  active.clear();
  look();
}

/** Who opens a socket asks something of it as a rule, as soon as it is told: the thread does not go to sleep before that. */
function expectRequest(): void {
  channel?.stayAwake();
  lookOn();
}

/** Until the next message. */
function rest(): void {
  active.clear();
  channel?.sleep();
}

/** Everything that was sent before a task was: tasks and data come over different ports. */
function catchUp(): void {
  channel?.catchUp();
  receive();
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
  const { toLane: incoming, fromLane: out } = task.memory;
  channel = new Channel(task.port, out, incoming, {
    take,
    message: handle,
    woken: () => {
      receive();
      look();
    },
  });
  // The thread lives as long as its pool: nothing here keeps its loop.
  task.port.unref();
  return { ok: true, value: { thread: addon.threadId() } };
}

export function open({ id, namespace, options }: OpenTask): Outcome<TransportState> {
  return attempt(() => {
    const { socket, state } = openNativeSocket(namespace, options);
    const pump: SocketPump = new SocketPump(socket, state.receiveBuffer, options, {
      received(slab, end, spilled) {
        const copied = put({ kind: fromLane.received, id }, new Uint8Array(slab, 0, end));
        if (copied || end <= smallest) {
          if (!copied) post([fromLane.received, id, slab.slice(0, end), end, true]);
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
        if (!put({ kind: fromLane.overrun, id })) post([fromLane.overrun, id]);
      },
      refused(tag, errno) {
        if (!put({ kind: fromLane.refused, id, x: tag, y: errno })) post([fromLane.refused, id, tag, errno]);
      },
      lost(error) {
        post([fromLane.lost, id, packError(error)]);
        sockets.delete(id);
        void pump.close();
      },
    });
    sockets.set(id, { socket, pump });
    // Behind the answer to this task.
    setImmediate(expectRequest);
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
