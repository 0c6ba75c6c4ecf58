import type { Pending } from './pending.js';

/** Places of a socket that has few requests, and of one that has many: powers of two. */
const fewest = 16;
const most = 1024;

const placesOf = (count: number): (Pending | undefined)[] => Array.from({ length: count });

/**
 * Requests on their way, in the order in which they left, by their sequence numbers, which rise (by one as a rule, and around from 2^32 - 1).
 * Not a Map: one that thousands go through is made anew again and again, and each such table holds on to the next, with all that was in it,
 * once the garbage collector has put one of them aside.
 */
export class InFlight {
  #ring = placesOf(fewest);
  /** Those whose place another one needed: all of them left before what is in the ring. */
  readonly #older = new Map<number, Pending>();
  /** Nothing in the ring is older than this sequence number, or as old as the other. */
  #oldest = 0;
  #next = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** One that leaves behind all others. */
  add(pending: Pending): void {
    const { sequence } = pending;
    if (this.#size === this.#older.size) this.#oldest = this.#next = sequence;
    // Numbers that were left out, such as 0, have their places as well: whoever is there is as old as if one had come.
    for (; this.#next !== sequence; this.#next = (this.#next + 1) >>> 0) this.#clearPlace(this.#next);
    this.#clearPlace(sequence);
    this.#ring[this.#placeOf(sequence)] = pending;
    this.#next = (sequence + 1) >>> 0;
    const places = this.#ring.length;
    if ((this.#next - this.#oldest) >>> 0 > places) this.#oldest = (this.#next - places) >>> 0;
    this.#size++;
  }

  #clearPlace(sequence: number): void {
    while (this.#ring[this.#placeOf(sequence)] !== undefined && this.#ring.length < most) this.#grow();
    const at = this.#placeOf(sequence);
    const other = this.#ring[at];
    if (other === undefined) return;
    this.#older.set(other.sequence, other);
    this.#ring[at] = undefined;
  }

  #placeOf(sequence: number): number {
    return sequence & (this.#ring.length - 1);
  }

  #grow(): void {
    const before = this.#ring;
    this.#ring = placesOf(2 * before.length);
    for (const pending of before) if (pending !== undefined) this.#ring[this.#placeOf(pending.sequence)] = pending;
  }

  get(sequence: number): Pending | undefined {
    const found = this.#ring[this.#placeOf(sequence)];
    if (found?.sequence === sequence) return found;
    return this.#older.size === 0 ? undefined : this.#older.get(sequence);
  }

  has(sequence: number): boolean {
    return this.get(sequence) !== undefined;
  }

  /** Whether it was there. */
  delete(sequence: number): boolean {
    const at = this.#placeOf(sequence);
    if (this.#ring[at]?.sequence === sequence) this.#ring[at] = undefined;
    else if (!this.#older.delete(sequence)) return false;
    this.#size--;
    return true;
  }

  /** The one that left first. */
  get first(): Pending | undefined {
    if (this.#older.size > 0) return this.#older.values().next().value;
    if (this.#size === 0) return undefined;
    for (;;) {
      const found = this.#ring[this.#placeOf(this.#oldest)];
      if (found !== undefined) return found;
      this.#oldest = (this.#oldest + 1) >>> 0;
    }
  }

  /** All of them, in their order, as they are now. */
  all(): Pending[] {
    const all = [...this.#older.values()];
    for (let sequence = this.#oldest; all.length < this.#size; sequence = (sequence + 1) >>> 0) {
      const found = this.#ring[this.#placeOf(sequence)];
      if (found !== undefined) all.push(found);
    }
    return all;
  }

  clear(): void {
    this.#ring.fill(undefined);
    this.#older.clear();
    this.#size = 0;
  }
}
