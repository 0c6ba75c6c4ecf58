/** Below this many emptied places, the array is left as it is. */
const leastEmptied = 1024;

/** First in, first out. Taking the first costs the same however many there are. */
export class Queue<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  /** The next one. */
  get first(): T | undefined {
    return this.#items[this.#head];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** Puts one before all others. */
  unshift(item: T): void {
    if (this.#head > 0) this.#items[--this.#head] = item;
    else this.#items.unshift(item);
  }

  shift(): T | undefined {
    const item = this.#items[this.#head];
    if (this.#head < this.#items.length) {
      // What was taken is its taker's: nothing keeps it alive here.
      this.#items[this.#head] = undefined;
      this.#head++;
    }
    if (this.#head === this.#items.length) {
      this.#items.length = 0;
      this.#head = 0;
    } else if (this.#head >= leastEmptied && this.#head * 2 > this.#items.length) {
      this.#items.splice(0, this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Takes one out, wherever it is. */
  delete(item: T): void {
    const at = this.#items.indexOf(item, this.#head);
    if (at !== -1) this.#items.splice(at, 1);
  }

  /** Takes those out that are meant, in order. */
  deleteAll(meant: (item: T) => boolean): T[] {
    const taken: T[] = [];
    const rest = this.clear().filter((item) => !meant(item) || taken.push(item) === 0);
    this.#items = rest;
    this.#head = 0;
    return taken;
  }

  /** Takes all out. */
  clear(): T[] {
    // Behind the head are items only.
    const rest = this.#items.slice(this.#head) as T[];
    this.#items = [];
    this.#head = 0;
    return rest;
  }
}
