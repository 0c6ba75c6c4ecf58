import type { Line } from './line.js';
import { Waiting, type TimeLimit } from './waiting.js';

/** The place of one line of a socket: opened when first needed, however many wait for it, and again after a loss. */
export class LineSlot {
  readonly #open: () => Promise<Line>;
  readonly #openSync: () => Line | undefined;
  readonly #opened: (line: Line) => void;
  readonly #waiting: Waiting;
  #opening: Promise<Line> | undefined;
  /** Open and in use. */
  current: Line | undefined;

  /**
   * @param openSync opens a line without waiting; gives undefined where that cannot be done.
   * @param opened called with each line that is put to use.
   */
  constructor(
    namespace: string,
    open: () => Promise<Line>,
    openSync: () => Line | undefined,
    opened: (line: Line) => void = () => undefined,
  ) {
    this.#waiting = new Waiting(namespace);
    this.#open = open;
    this.#openSync = openSync;
    this.#opened = opened;
  }

  /** The line, opened if there is none. An abort, the limit or close() ends the wait at once; the line opens all the same, for the others who wait. */
  get(signal?: AbortSignal, limit?: TimeLimit): Promise<Line> {
    if (this.current !== undefined) return Promise.resolve(this.current);
    const { ended } = this.#waiting;
    if (ended !== undefined) return Promise.reject(ended);
    if (this.#opening === undefined) {
      this.#opening = this.#fill().finally(() => {
        this.#opening = undefined;
      });
      this.#waiting.track(this.#opening);
    }
    return this.#waiting.for(this.#opening, signal, limit);
  }

  /** The same without waiting. */
  getSync(): Line | undefined {
    const { ended } = this.#waiting;
    if (ended !== undefined) throw ended;
    if (this.current === undefined) {
      this.current = this.#openSync();
      if (this.current !== undefined) this.#opened(this.current);
    }
    return this.current;
  }

  async #fill(): Promise<Line> {
    const line = await this.#open();
    const { ended } = this.#waiting;
    if (ended !== undefined) {
      await line.close();
      throw ended;
    }
    if (this.current !== undefined) {
      // getSync() did not wait for this one.
      await line.close();
      return this.current;
    }
    this.current = line;
    this.#opened(line);
    return line;
  }

  /** Empties the place. */
  take(): Line | undefined {
    const line = this.current;
    this.current = undefined;
    return line;
  }

  /** For good: whoever waits for a line gets the error at once. Resolves when the line is closed, also one that was just being opened. */
  async close(error: Error): Promise<void> {
    await Promise.all([this.#waiting.end(error), this.take()?.close(error)]);
  }
}
