import type { Line } from './line.js';
import { waitFor } from './waiting.js';

/** The place of one line of a socket: opened when first needed, however many wait for it, and again after a loss. */
export class LineSlot {
  readonly #namespace: string;
  readonly #open: () => Promise<Line>;
  readonly #opened: (line: Line) => void;
  readonly #ended = new AbortController();
  #opening: Promise<Line> | undefined;
  /** Open and in use. */
  current: Line | undefined;

  /** @param opened called with each line that is put to use. */
  constructor(namespace: string, open: () => Promise<Line>, opened: (line: Line) => void = () => undefined) {
    this.#namespace = namespace;
    this.#open = open;
    this.#opened = opened;
  }

  /** The line, opened if there is none. An abort, or close(), ends the wait at once; the line opens all the same, for the others who wait. */
  get(signal?: AbortSignal): Promise<Line> {
    if (this.current !== undefined) return Promise.resolve(this.current);
    this.#opening ??= this.#fill().finally(() => {
      this.#opening = undefined;
    });
    return waitFor(this.#opening, { ended: this.#ended.signal, signal, namespace: this.#namespace });
  }

  async #fill(): Promise<Line> {
    const line = await this.#open();
    if (this.#ended.signal.aborted) {
      await line.close();
      throw this.#ended.signal.reason;
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

  /** Empties the place for good: whoever waits for a line gets the error. The line that was in it is the caller's to close. */
  close(error: Error): Line | undefined {
    this.#ended.abort(error);
    return this.take();
  }
}
