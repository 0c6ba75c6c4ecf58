import process from 'node:process';
import { native } from '../native.js';

const styles = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
} as const;

const EPERM = 1;

export type Style = keyof typeof styles;

/** Output as `--json` and pipes have it, or as people read it. */
export class Terminal {
  readonly #out: NodeJS.WriteStream;
  readonly #error: NodeJS.WriteStream;
  readonly #colours: boolean;
  #progress: NodeJS.Timeout | undefined;
  #shown = false;
  #onLeft: (() => void) | undefined;

  constructor(out: NodeJS.WriteStream = process.stdout, error: NodeJS.WriteStream = process.stderr) {
    this.#out = out;
    this.#error = error;
    this.#colours = wantsColours(out);
    // `netlane ls | head`: nobody reads on, which is no failure.
    for (const stream of [out, error]) {
      stream.on('error', (failure: NodeJS.ErrnoException) => {
        if (stream === out && failure.code === 'EPIPE' && this.#onLeft !== undefined) this.#onLeft();
        else process.exit(failure.code === 'EPIPE' ? 0 : 1);
      });
    }
  }

  /** Columns of the terminal; undefined where there is none, and lines are as long as they are. */
  get width(): number | undefined {
    return this.#out.isTTY && this.#out.columns > 0 ? this.#out.columns : undefined;
  }

  /**
   * Calls back, which may be more than once, when nobody reads the output any more, instead of ending the process, and at once: `netlane monitor | head -n 1`
   * would hear of it with the next event only. Returns the function that ends it.
   */
  whenLeft(callback: () => void): () => void {
    this.#onLeft = callback;
    const watch = this.#watchReader(callback);
    return () => {
      this.#onLeft = undefined;
      watch?.close();
    };
  }

  #watchReader(callback: () => void): { close(): void } | undefined {
    const { fd, isTTY } = this.#out as { readonly fd?: number; readonly isTTY?: boolean };
    if (fd === undefined || isTTY === true) return undefined;
    try {
      const watch = native().watchHangUp(fd, () => {
        watch.close();
        callback();
      });
      return watch;
    } catch (error) {
      // Of a file nobody need be the reader.
      if ((error as { errno?: unknown }).errno === -EPERM) return undefined;
      throw error;
    }
  }

  /** Writes bytes as they are. Calls back when they are gone, or with the error. */
  bytes(chunk: Uint8Array, callback: (error?: Error | null) => void): void {
    this.#out.write(chunk, callback);
  }

  style(style: Style, text: string): string {
    const [on, off] = styles[style];
    return this.#colours && text !== '' ? `\x1b[${on}m${text}\x1b[${off}m` : text;
  }

  line(text = ''): void {
    this.#clear();
    this.#out.write(`${text}\n`);
  }

  json(value: unknown, indent?: number): void {
    this.line(JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? String(each) : each), indent));
  }

  /** What people must know and programs must not parse. */
  complain(text: string): void {
    this.#clear();
    this.#error.write(`netlane: ${text}\n`);
  }

  /** Rows of equally many cells, the first of them the head; the last column is cut at the edge of the terminal. */
  table(rows: readonly (readonly string[])[], right: readonly number[] = []): void {
    const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
    for (const [index, row] of rows.entries()) {
      const cells = row.map((cell, column) =>
        right.includes(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      );
      const text = this.cut(cells.join('  ').trimEnd());
      this.line(index === 0 ? this.style('dim', text) : text);
    }
  }

  cut(text: string): string {
    const width = this.width;
    return width === undefined || text.length <= width ? text : `${text.slice(0, Math.max(1, width - 1))}…`;
  }

  /** Shows what is being done when it takes longer than a second, on a terminal only. Returns the function that ends it. */
  progress(text: () => string): () => void {
    if (!this.#error.isTTY) return () => undefined;
    const show = (): void => {
      this.#error.write(`\r\x1b[K${text()}`);
      this.#shown = true;
      this.#progress?.refresh();
    };
    this.#progress = setTimeout(show, 1000);
    this.#progress.unref();
    return () => {
      clearTimeout(this.#progress);
      this.#progress = undefined;
      this.#clear();
    };
  }

  #clear(): void {
    if (this.#shown) this.#error.write('\r\x1b[K');
    this.#shown = false;
  }
}

/** NO_COLOR and TERM=dumb are respected by hasColors(); FORCE_COLOR counts for pipes as well. */
function wantsColours(out: NodeJS.WriteStream): boolean {
  const { NO_COLOR, FORCE_COLOR } = process.env;
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return out.isTTY && out.hasColors();
}

/** Text from elsewhere (names of links, of processes) without what a terminal would take for an order. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- those are what it is about
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

export function plural(count: number, word: string): string {
  const many = /(s|x|ch)$/.test(word) ? `${word}es` : `${word}s`;
  return `${count} ${count === 1 ? word : many}`;
}
