/** Time that stands still until it is told to go on: setTimeout, clearTimeout and performance.now() of this thread. */
export class FakeClock {
  #now = 1_000_000;
  #next = 1;
  readonly #timers = new Map<number, { readonly due: number; readonly call: () => void }>();
  readonly #real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };

  /** Runs a test with it and puts the real ones back afterwards. */
  static async during(test: (clock: FakeClock) => Promise<void>): Promise<void> {
    const clock = new FakeClock();
    clock.#install();
    try {
      await test(clock);
    } finally {
      clock.#remove();
    }
  }

  /** Lets so many milliseconds pass: what is due runs, in order. */
  advance(milliseconds: number): void {
    const until = this.#now + milliseconds;
    for (;;) {
      const [first] = [...this.#timers].filter(([, { due }]) => due <= until).sort(([, a], [, b]) => a.due - b.due);
      if (first === undefined) break;
      const [id, { due, call }] = first;
      this.#timers.delete(id);
      this.#now = Math.max(this.#now, due);
      call();
    }
    this.#now = until;
  }

  /** Timers that are set. */
  get pending(): number {
    return this.#timers.size;
  }

  #install(): void {
    const set = (call: (...args: unknown[]) => void, wait = 0, ...args: unknown[]): unknown => {
      const id = this.#next;
      this.#next += 1;
      this.#timers.set(id, { due: this.#now + wait, call: () => call(...args) });
      const handle = {
        unref: () => handle,
        ref: () => handle,
        hasRef: () => true,
        refresh: () => handle,
        id,
        [Symbol.toPrimitive]: () => id,
      };
      return handle;
    };
    globalThis.setTimeout = set as unknown as typeof globalThis.setTimeout;
    globalThis.clearTimeout = ((handle: unknown): void => {
      if (typeof handle === 'object' && handle !== null && 'id' in handle) this.#timers.delete(Number(handle.id));
      else this.#real.clearTimeout(handle as Parameters<typeof globalThis.clearTimeout>[0]);
    }) as typeof globalThis.clearTimeout;
    Object.defineProperty(performance, 'now', { configurable: true, value: () => this.#now });
  }

  #remove(): void {
    globalThis.setTimeout = this.#real.setTimeout;
    globalThis.clearTimeout = this.#real.clearTimeout;
    Reflect.deleteProperty(performance, 'now');
  }
}
