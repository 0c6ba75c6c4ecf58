/** How long a reader may go on without the loop (milliseconds). */
const longest = 2;
/** How many are read between two looks at the clock. */
const unlooked = 32;

/**
 * The turns of the loop beside a reader. Messages from a lane, which fills what was read again, are handed over one after the other
 * without the loop having its turn between them: a reader that keeps up with it would keep timers and other sockets waiting to its end.
 */
export class Turns {
  #since = performance.now();
  #read = 0;

  /** Notes that something was read; whether the loop is to have its turn now. */
  get due(): boolean {
    if (++this.#read < unlooked) return false;
    this.#read = 0;
    return this.overdue;
  }

  /** Whether the loop is to have its turn now, looked at for certain. */
  get overdue(): boolean {
    return performance.now() - this.#since > longest;
  }

  /** Resolves when the loop had its turn. */
  async take(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#since = performance.now();
  }
}
