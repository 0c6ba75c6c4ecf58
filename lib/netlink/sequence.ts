/** The sequence numbers of one fd: never 0, which stands for events, and never one that is still in use. */
export class Sequence {
  readonly #first: number;
  #last: number;

  /** @param first the number before the first one, 0 to 2^32 - 1. */
  constructor(first: number) {
    this.#first = first;
    this.#last = first;
  }

  /** Starts anywhere: the port id of a socket that was just closed may be the next one's, and with it a late reply. */
  static random(): Sequence {
    return new Sequence(Math.floor(Math.random() * 0x7fffffff));
  }

  next(inUse: (sequence: number) => boolean): number {
    do this.#last = (this.#last + 1) >>> 0;
    while (this.#last === 0 || inUse(this.#last));
    return this.#last;
  }

  /** Whether a number was given out here: then what carries it is late, not new. */
  issued(sequence: number): boolean {
    return sequence !== 0 && (sequence - this.#first - 1) >>> 0 < (this.#last - this.#first) >>> 0;
  }
}
