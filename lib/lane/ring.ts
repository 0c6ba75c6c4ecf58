/*
 * A ring of bytes in shared memory, for small records in one direction between two threads: to put one costs a copy, where a message of
 * a port costs its serialization and, as a rule, a system call to wake the other side. One thread writes, one reads.
 */

/** Words of the control area: positions in bytes, counted on and on (modulo 2^32), of what was read and written; and the state of the reader. */
const read = 0;
const written = 1;
const sleeps = 2;
/** Messages that the writer has posted on the port beside the ring. */
const posted = 3;
const controlSize = 64;

/** Words before the bytes of a record: how many bytes, messages posted before it, kind, id, and three more. */
const headerSize = 32;
/** In the place of a size: the rest of the ring is not used. */
const skip = 0xffff_ffff;

/** The words of a record; what x, y and z are depends on the kind. */
export interface RingRecord {
  readonly kind: number;
  readonly id: number;
  readonly x?: number;
  readonly y?: number;
  readonly z?: number;
}

/** What a reader takes out. One object is used again for all; the bytes stand in the ring, and only during the call. */
export interface Taken {
  kind: number;
  id: number;
  x: number;
  y: number;
  z: number;
  bytes: Uint8Array;
}

const noBytes = new Uint8Array();

export class Ring {
  readonly memory: SharedArrayBuffer;
  readonly #bytes: Uint8Array<SharedArrayBuffer>;
  readonly #control: Int32Array<SharedArrayBuffer>;
  readonly #words: Uint32Array<SharedArrayBuffer>;
  readonly #size: number;
  readonly #taken: Taken = { kind: 0, id: 0, x: 0, y: 0, z: 0, bytes: noBytes };
  #taking = false;

  /** @param memory what ringMemory() gave, here or on the other thread. */
  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.#size = memory.byteLength - controlSize;
    this.#control = new Int32Array(memory, 0, controlSize / 4);
    this.#bytes = new Uint8Array(memory, controlSize);
    this.#words = new Uint32Array(memory, controlSize);
  }

  /** The longest bytes of one record: several fit in. */
  get longest(): number {
    return this.#size / 4;
  }

  /** For the writer. False where there is no room. */
  put(record: RingRecord, bytes: Uint8Array | undefined): boolean {
    const length = bytes === undefined ? 0 : bytes.length;
    const size = (headerSize + length + 7) & ~7;
    const control = this.#control;
    let at = Atomics.load(control, written) >>> 0;
    const used = (at - (Atomics.load(control, read) >>> 0)) >>> 0;
    const rest = this.#size - (at & (this.#size - 1));
    const needed = size <= rest ? size : size + rest;
    if (used + needed > this.#size) return false;
    if (size > rest) {
      this.#words[(at & (this.#size - 1)) >> 2] = skip;
      at += rest;
    }
    const start = at & (this.#size - 1);
    const word = start >> 2;
    const words = this.#words;
    words[word] = length;
    words[word + 1] = Atomics.load(control, posted);
    words[word + 2] = record.kind;
    words[word + 3] = record.id;
    words[word + 4] = record.x ?? 0;
    words[word + 5] = record.y ?? 0;
    words[word + 6] = record.z ?? 0;
    if (bytes !== undefined) this.#bytes.set(bytes, start + headerSize);
    Atomics.store(control, written, (at + size) | 0);
    return true;
  }

  /** For the writer: a message stands on the port, behind all that was put until now and before all that follows. */
  countPost(): void {
    Atomics.add(this.#control, posted, 1);
  }

  /** For the writer, after it has written: whether the reader slept. Then the writer is to wake it, once. */
  wake(): boolean {
    return Atomics.load(this.#control, sleeps) === 1 && Atomics.exchange(this.#control, sleeps, 0) === 1;
  }

  /** For the reader: how many messages were posted on the port. */
  get posts(): number {
    return Atomics.load(this.#control, posted) >>> 0;
  }

  /** For the reader: whether there is a record. */
  get filled(): boolean {
    return Atomics.load(this.#control, written) !== Atomics.load(this.#control, read);
  }

  /** For the reader: it sleeps from now on, and must be woken; or no longer. After it has said so it looks once more. */
  set sleeping(sleeping: boolean) {
    Atomics.store(this.#control, sleeps, sleeping ? 1 : 0);
  }

  /**
   * For the reader: takes the next record out; false where there is none. One that messages of the port come before stays.
   * @param posts how many messages of the port were read.
   */
  take(posts: number, take: (record: Taken) => void): boolean {
    if (this.#taking) return false;
    const control = this.#control;
    const words = this.#words;
    const mask = this.#size - 1;
    let at = Atomics.load(control, read) >>> 0;
    if (at === Atomics.load(control, written) >>> 0) return false;
    if (words[(at & mask) >> 2] === skip) at = (at + this.#size - (at & mask)) >>> 0;
    const start = at & mask;
    const word = start >> 2;
    if (words[word + 1] !== posts) return false;
    const length = words[word] ?? 0;
    const taken = this.#taken;
    taken.kind = words[word + 2] ?? 0;
    taken.id = words[word + 3] ?? 0;
    taken.x = words[word + 4] ?? 0;
    taken.y = words[word + 5] ?? 0;
    taken.z = words[word + 6] ?? 0;
    taken.bytes = length === 0 ? noBytes : this.#bytes.subarray(start + headerSize, start + headerSize + length);
    this.#taking = true;
    try {
      take(taken);
    } finally {
      this.#taking = false;
      Atomics.store(control, read, (at + ((headerSize + length + 7) & ~7)) | 0);
    }
    return true;
  }
}

/** Memory of a ring for so many bytes, a power of two. */
export function ringMemory(size: number): SharedArrayBuffer {
  return new SharedArrayBuffer(controlSize + size);
}
