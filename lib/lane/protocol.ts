import type { ChannelMemory } from './channel.js';
import type { ErrorData } from '../error-data.js';
import type { TransportOptions, TransportState, TransportStatistics } from '../netlink/transport.js';

/*
 * The messages between a caller's thread and a lane. Control (open, options, close) are Piscina tasks: the exported functions of
 * workers/lane.ts by name. Data goes over one channel per lane (channel.ts): small records through its rings, what is too long for them,
 * and the slabs themselves, over its port as arrays of records.
 */

/** What Piscina hands the worker at its start. */
export interface LaneData {
  /** fd of the namespace to enter for good; -1 for a shared lane, which stays and opens each socket by the opener. */
  readonly namespace: number;
  readonly name: string;
}

export interface ConnectTask {
  readonly port: import('node:worker_threads').MessagePort;
  readonly memory: ChannelMemory;
}

export interface OpenTask {
  readonly id: number;
  /** For shared lanes: fd of the namespace. -1: the lane's own. */
  readonly namespace: number;
  readonly options: TransportOptions;
}

export interface SocketTask {
  readonly id: number;
}

export interface OptionTask extends SocketTask {
  readonly level: number;
  readonly option: number;
  readonly value: number;
}

/** The sends that came with it are in the lane before the task is, as are later ones: how many are meant is said. */
export interface DrainedTask extends SocketTask {
  readonly sends: number;
}

export interface FilterTask extends SocketTask {
  readonly program: Uint8Array;
}

/** The control functions of a lane: name, argument, result. */
export interface LaneTasks {
  connect: [ConnectTask, { readonly thread: number }];
  open: [OpenTask, TransportState];
  setOption: [OptionTask, undefined];
  getOption: [Omit<OptionTask, 'value'>, number];
  memberships: [SocketTask, number[]];
  setFilter: [FilterTask, undefined];
  statistics: [SocketTask, TransportStatistics];
  drained: [DrainedTask, undefined];
  close: [SocketTask, undefined];
}

/** Errors cross as data: structured clone drops their fields, and Piscina their codes. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: ErrorData };

/** Kinds of records towards the lane. */
export const toLane = { send: 0, release: 1, returned: 2, exchange: 3 } as const;
/** Records of the port towards the lane. In the ring stand those of `send` (tag, port, groups), `exchange` (tag, answers) and `returned` (bytes). */
export type ToLane =
  | readonly [kind: typeof toLane.send, id: number, tag: number, port: number, groups: number, bytes: Uint8Array<ArrayBuffer>]
  | readonly [kind: typeof toLane.exchange, id: number, tag: number, answers: number, bytes: Uint8Array<ArrayBuffer>]
  | readonly [kind: typeof toLane.release, id: number, slab: ArrayBuffer]
  /** So many bytes that came in buffers that were no slabs were read. */
  | readonly [kind: typeof toLane.returned, id: number, bytes: number];

/** Kinds of records from the lane. */
export const fromLane = { received: 0, overrun: 1, refused: 2, lost: 3 } as const;
/** Records of the port from the lane. In the ring stand those of `received` (copies only), `overrun` and `refused` (tag, errno). */
export type FromLane =
  | readonly [kind: typeof fromLane.received, id: number, slab: ArrayBuffer, end: number, spilled: boolean]
  | readonly [kind: typeof fromLane.overrun, id: number]
  | readonly [kind: typeof fromLane.refused, id: number, tag: number, errno: number]
  | readonly [kind: typeof fromLane.lost, id: number, error: ErrorData];

/** Up to so many bytes a copy over the port is cheaper than a transfer, and the slab stays where it is. */
export const smallest = 8 * 1024;

/** Bytes of copies that are read before the lane is told: a credit for each would cost as much as the copy. */
export const returnedAtOnce = 128 * 1024;
