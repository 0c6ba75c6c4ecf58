/*
 * Which threads of the process are tasks. A task thread enters itself in a table that all threads share, so that it is known from the moment
 * on at which it is in a namespace, also when it never comes back to its loop; the caller's side takes it out when it has ended.
 */

/** More threads than a process can have: Node's end near 1,500. */
const rows = 4096;

/** gettid() and Node's own number of the thread, which is never given again, in one cell: a thread can be ended between any two steps. */
function cellOf(tid: number, thread: number): bigint {
  return (BigInt(tid) << 32n) | BigInt(thread);
}

export function newTable(): SharedArrayBuffer {
  return new SharedArrayBuffer(rows * BigInt64Array.BYTES_PER_ELEMENT);
}

/** Called by the thread itself. */
export function enterTable(table: SharedArrayBuffer, tid: number, thread: number): void {
  const cells = new BigInt64Array(table);
  for (let row = 0; row < rows; row++) if (Atomics.compareExchange(cells, row, 0n, cellOf(tid, thread)) === 0n) return;
}

/** The task threads that the calling thread has started, and what they are for. */
export class TaskThreads {
  readonly table = newTable();
  readonly #cells = new BigInt64Array(this.table);
  readonly #descriptions = new Map<number, string>();

  /** @param thread Worker.threadId. */
  describe(thread: number, description: string): void {
    this.#descriptions.set(thread, description);
  }

  /** It has ended. */
  forget(thread: number): void {
    this.#descriptions.delete(thread);
    const row = this.#cells.findIndex((cell) => cell !== 0n && BigInt.asUintN(32, cell) === BigInt(thread));
    if (row !== -1) Atomics.store(this.#cells, row, 0n);
  }

  /** What the thread is for, by gettid(); undefined for one that is no task of this thread's. */
  ownerOf(tid: number): string | undefined {
    const cell = this.#cells.find((each) => each >> 32n === BigInt(tid));
    return cell === undefined || cell === 0n ? undefined : this.#descriptions.get(Number(BigInt.asUintN(32, cell)));
  }
}

export const taskThreads = new TaskThreads();
