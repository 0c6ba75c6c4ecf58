import { setTimeout as sleep } from 'node:timers/promises';
import { unpackError } from '../error-data.js';
import { translate } from '../native.js';
import { slabSize } from '../netlink/pump.js';
import type { Transport, TransportEvents, TransportState, TransportStatistics } from '../netlink/transport.js';
import { fromLane, returnedAtOnce, toLane, type FromLane, type LaneTasks, type ToLane } from './protocol.js';
import type { RingRecord, Taken } from './ring.js';

/** What a transport needs of its lane. */
export interface LaneChannel {
  put(record: RingRecord, bytes?: Uint8Array): boolean;
  post(record: ToLane): void;
  /** Handles what has come, now. */
  keepUp(): void;
  /** A control task, in order with the data on both ways. */
  task<Name extends keyof LaneTasks>(name: Name, task: LaneTasks[Name][0]): Promise<LaneTasks[Name][1]>;
  /** Counts who keeps the process alive. */
  keep(keep: boolean): void;
  forget(id: number): void;
  /** The error for a socket of a namespace, when the lane is of no more use. */
  goneFor(namespace: string): Error | undefined;
}

/** Most answers are shorter. */
const scratchSize = 4096;
/** Buffers of either size that are kept for what comes next: as many as a lane may have sent ahead. */
const mostSpare = 8;
/** Buffers that nobody has now, for what comes through the rings: of all sockets of this thread, since each has them for a moment only. */
const spares = { small: [] as Uint8Array<ArrayBuffer>[], large: [] as Uint8Array<ArrayBuffer>[] };

function sparesFor(length: number): Uint8Array<ArrayBuffer>[] {
  return length <= scratchSize ? spares.small : spares.large;
}

/** Milliseconds that close() waits for a lane. */
const patience = 100;

/** Waits for another thread, but not for long. */
export async function patiently(done: Promise<unknown>): Promise<void> {
  const waited = new AbortController();
  await Promise.race([done, sleep(patience, undefined, { signal: waited.signal }).catch(() => undefined)]);
  waited.abort();
}

/** A socket of a lane, at the caller's end. */
export class LaneTransport implements Transport {
  readonly kind = 'lane';
  readonly overlaps = true;
  readonly #events: TransportEvents;
  state: TransportState = { fd: -1, port: 0, receiveBuffer: 0, sendBuffer: 0, refused: [] };
  readonly #client: LaneChannel;
  readonly #id: number;
  /** String(namespace). */
  readonly namespace: string;
  readonly #slabs = new Set<ArrayBuffer>();
  /** Slabs that go back with the next, until they are half of what the lane has. */
  readonly #emptied: ArrayBuffer[] = [];
  readonly #credit: number;
  /** Copies that the owner keeps: bytes in them, and what is one of the above. */
  readonly #copies = new Map<ArrayBuffer, { readonly bytes: number; readonly copy: Uint8Array<ArrayBuffer> | undefined }>();
  #kept = false;
  #returned = 0;
  #sends = 0;
  #closing: Promise<void> | undefined;

  /** @param credit slabs that the lane has for it. */
  constructor(client: LaneChannel, id: number, namespace: string, credit: number, events: TransportEvents) {
    this.#credit = credit;
    this.#client = client;
    this.#id = id;
    this.namespace = namespace;
    this.#events = events;
  }

  /** A record of the ring. */
  take({ kind, x, y, bytes }: Taken): void {
    if (this.#closing !== undefined) return;
    if (kind === fromLane.overrun) this.#events.overrun();
    else if (kind === fromLane.refused) this.#events.refused(x, y);
    else this.#received(bytes);
  }

  #received(frames: Uint8Array): void {
    const copy = sparesFor(frames.length).pop() ?? new Uint8Array(frames.length <= scratchSize ? scratchSize : slabSize);
    copy.set(frames);
    this.#copies.set(copy.buffer, { bytes: frames.length, copy });
    this.#events.received(copy.buffer, frames.length);
  }

  handle(record: FromLane): void {
    if (this.#closing !== undefined) return;
    switch (record[0]) {
      case fromLane.received:
        if (record[4]) this.#copies.set(record[2], { bytes: record[2].byteLength, copy: undefined });
        else this.#slabs.add(record[2]);
        this.#events.received(record[2], record[3]);
        break;
      case fromLane.overrun:
        this.#events.overrun();
        break;
      case fromLane.refused:
        this.#events.refused(record[2], record[3]);
        break;
      case fromLane.lost:
        this.lost(unpackError(record[2]));
        break;
    }
  }

  lost(error: Error): void {
    if (this.#closing !== undefined) return;
    this.ref(false);
    this.#slabs.clear();
    this.#emptied.length = 0;
    this.#copies.clear();
    this.#closing = Promise.resolve();
    this.#events.lost(error);
  }

  send(bytes: Uint8Array<ArrayBuffer>, tag: number, port: number, groups: number): boolean {
    if (this.#closing !== undefined) return false;
    this.#sends++;
    if (this.#client.put({ kind: toLane.send, id: this.#id, x: tag, y: port, z: groups }, bytes)) return true;
    this.#client.post([toLane.send, this.#id, tag, port, groups, bytes]);
    return false;
  }

  exchange(bytes: Uint8Array<ArrayBuffer>, length: number, tag: number, answers: number): void {
    if (this.#closing !== undefined) return;
    this.#sends++;
    if (this.#client.put({ kind: toLane.exchange, id: this.#id, x: tag, y: answers }, bytes.subarray(0, length))) return;
    this.#client.post([toLane.exchange, this.#id, tag, answers, bytes.slice(0, length)]);
  }

  keepUp(): void {
    if (this.#closing === undefined) this.#client.keepUp();
  }

  release(slab: ArrayBuffer): void {
    if (this.#closing !== undefined) return;
    if (this.#slabs.delete(slab)) {
      // The lane has others: waking it for each would only interrupt it, or this thread.
      this.#emptied.push(slab);
      if (this.#emptied.length * 2 < this.#credit) return;
      for (const one of this.#emptied) this.#client.post([toLane.release, this.#id, one]);
      this.#emptied.length = 0;
      return;
    }
    const lent = this.#copies.get(slab);
    if (lent === undefined) return;
    this.#copies.delete(slab);
    const { bytes, copy } = lent;
    const spare = sparesFor(bytes);
    if (copy !== undefined && spare.length < mostSpare) spare.push(copy);
    this.#returned += bytes;
    if (this.#returned < returnedAtOnce) return;
    if (!this.#client.put({ kind: toLane.returned, id: this.#id, x: this.#returned })) {
      this.#client.post([toLane.returned, this.#id, this.#returned]);
    }
    this.#returned = 0;
  }

  async #task<Name extends Exclude<keyof LaneTasks, 'connect' | 'open'>>(
    name: Name,
    task: LaneTasks[Name][0],
  ): Promise<LaneTasks[Name][1]> {
    try {
      return await this.#client.task(name, task);
    } catch (error) {
      throw this.#client.goneFor(this.namespace) ?? translate(error, { namespace: this.namespace });
    }
  }

  async setOption(level: number, option: number, value: number): Promise<void> {
    await this.#task('setOption', { id: this.#id, level, option, value });
  }

  getOption(level: number, option: number): Promise<number> {
    return this.#task('getOption', { id: this.#id, level, option });
  }

  memberships(): Promise<number[]> {
    return this.#task('memberships', { id: this.#id });
  }

  async setFilter(program: Uint8Array): Promise<void> {
    await this.#task('setFilter', { id: this.#id, program });
  }

  statistics(): Promise<TransportStatistics> {
    return this.#task('statistics', { id: this.#id });
  }

  async drained(): Promise<void> {
    await this.#task('drained', { id: this.#id, sends: this.#sends });
  }

  ref(keep: boolean): void {
    if (keep === this.#kept) return;
    this.#kept = keep;
    this.#client.keep(keep);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.ref(false);
    // A lane that was lost has closed everything.
    await patiently(this.#client.task('close', { id: this.#id }).catch(() => undefined));
    this.#client.forget(this.#id);
  }
}
