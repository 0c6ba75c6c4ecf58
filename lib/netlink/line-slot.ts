import type { Line } from './line.js';

/** The place of one line of a socket: opened when first needed, however many wait for it, and again after a loss. */
export class LineSlot {
  readonly #open: () => Promise<Line>;
  readonly #refuse: () => Error | undefined;
  readonly #opened: (line: Line) => void;
  #opening: Promise<Line> | undefined;
  /** Open and in use. */
  current: Line | undefined;

  /**
   * @param refuse the error with which a line is not wanted any more, though it opened.
   * @param opened called with each line that is put to use.
   */
  constructor(open: () => Promise<Line>, refuse: () => Error | undefined, opened: (line: Line) => void = () => undefined) {
    this.#open = open;
    this.#refuse = refuse;
    this.#opened = opened;
  }

  get(): Promise<Line> {
    if (this.current !== undefined) return Promise.resolve(this.current);
    this.#opening ??= this.#fill().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #fill(): Promise<Line> {
    const line = await this.#open();
    const refusal = this.#refuse();
    if (refusal !== undefined) {
      await line.close();
      throw refusal;
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
}
