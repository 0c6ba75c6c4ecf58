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

const cellBytes = rows * BigInt64Array.BYTES_PER_ELEMENT;

function cellsOf(table: SharedArrayBuffer): BigInt64Array<SharedArrayBuffer> {
  return new BigInt64Array(table, 0, rows);
}

/** Whether the thread of the row is inside: it needs the fd that it entered by no more. */
function marksOf(table: SharedArrayBuffer): Int32Array<SharedArrayBuffer> {
  return new Int32Array(table, cellBytes, rows);
}

export function newTable(): SharedArrayBuffer {
  return new SharedArrayBuffer(cellBytes + rows * Int32Array.BYTES_PER_ELEMENT);
}

/** Called by the thread itself, before it enters its namespace. Gives the function that says that it has. */
export function enterTable(table: SharedArrayBuffer, tid: number, thread: number): () => void {
  const cells = cellsOf(table);
  const row = cells.findIndex((_, at) => Atomics.compareExchange(cells, at, 0n, cellOf(tid, thread)) === 0n);
  return () => {
    if (row !== -1) Atomics.store(marksOf(table), row, 1);
  };
}

/** The task threads that the calling thread has started, and what they are for. */
export class TaskThreads {
  readonly table = newTable();
  readonly #cells = cellsOf(this.table);
  readonly #marks = marksOf(this.table);
  readonly #descriptions = new Map<number, string>();

  /** @param thread Worker.threadId. */
  describe(thread: number, description: string): void {
    this.#descriptions.set(thread, description);
  }

  #rowOf(thread: number): number {
    return this.#cells.findIndex((cell) => cell !== 0n && BigInt.asUintN(32, cell) === BigInt(thread));
  }

  /** Whether it has entered its namespace, as it says itself. */
  isInside(thread: number): boolean {
    const row = this.#rowOf(thread);
    return row !== -1 && Atomics.load(this.#marks, row) === 1;
  }

  /** It has ended. */
  forget(thread: number): void {
    this.#descriptions.delete(thread);
    const row = this.#rowOf(thread);
    if (row === -1) return;
    Atomics.store(this.#marks, row, 0);
    Atomics.store(this.#cells, row, 0n);
  }

  /** What the thread is for, by gettid(); undefined for one that is no task of this thread's. */
  ownerOf(tid: number): string | undefined {
    const cell = this.#cells.find((each) => each >> 32n === BigInt(tid));
    return cell === undefined || cell === 0n ? undefined : this.#descriptions.get(Number(BigInt.asUintN(32, cell)));
  }
}

export const taskThreads = new TaskThreads();
