/** One timer for many deadlines: set to the earliest, it calls back when that is over. The caller then sets the next. */
export class Alarm {
  readonly #onDeadline: () => void;
  #timer: NodeJS.Timeout | undefined;
  #deadline = Infinity;

  constructor(onDeadline: () => void) {
    this.#onDeadline = onDeadline;
  }

  /** What it is set to; Infinity where it is not. */
  get deadline(): number {
    return this.#deadline;
  }

  /** @param deadline performance.now() at which to call at the latest; Infinity is none. */
  set(deadline: number): void {
    if (deadline >= this.#deadline) return;
    this.#deadline = deadline;
    clearTimeout(this.#timer);
    const wait = Math.min(Math.max(0, Math.ceil(deadline - performance.now())), 0x7fffffff);
    this.#timer = setTimeout(() => {
      this.#deadline = Infinity;
      this.#onDeadline();
    }, wait);
    // What is waited for keeps the process alive by its transport; a timer with nothing to do must not.
    this.#timer.unref();
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#deadline = Infinity;
  }
}
