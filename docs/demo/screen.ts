import process from 'node:process';

const styles = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39], cyan: [36, 39] } as const;

export type Style = keyof typeof styles;

/** What people read. Colours only where a terminal wants them (NO_COLOR, TERM=dumb and FORCE_COLOR are Node's to respect). */
export class Screen {
  readonly #out: NodeJS.WriteStream;
  readonly #colours: boolean;
  readonly #width: number;
  #muted = false;

  constructor(out: NodeJS.WriteStream = process.stdout) {
    this.#out = out;
    this.#colours = out.isTTY && out.hasColors();
    this.#width = out.isTTY && out.columns > 0 ? Math.min(Math.max(out.columns, 60), 100) : 100;
  }

  get width(): number {
    return this.#width;
  }

  /** Nothing more is printed but last(). */
  mute(): void {
    this.#muted = true;
  }

  style(style: Style, text: string): string {
    const [on, off] = styles[style];
    return this.#colours && text !== '' ? `\x1b[${on}m${text}\x1b[${off}m` : text;
  }

  line(text = ''): void {
    if (!this.#muted) this.#out.write(`${text}\n`);
  }

  heading(text: string): void {
    this.line();
    this.line(this.style('bold', text));
  }

  /** Rows of equally many cells, each column as wide as its widest; the last is cut at the edge of the screen. */
  table(rows: readonly (readonly string[])[], options: { readonly right?: readonly number[]; readonly head?: boolean } = {}): void {
    const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
    for (const [index, row] of rows.entries()) {
      const cells = row.map((cell, column) => {
        const width = column === row.length - 1 ? 0 : (widths[column] ?? 0);
        return options.right?.includes(column) === true ? cell.padStart(widths[column] ?? 0) : cell.padEnd(width);
      });
      const text = cut(`  ${cells.join('  ')}`.trimEnd(), this.#width);
      this.line(options.head === true && index === 0 ? this.style('dim', text) : text);
    }
  }

  /** The machine-readable end, whatever happened, with a word for people before it. */
  last(facts: Readonly<Record<string, unknown>>, word = ''): void {
    this.#muted = false;
    this.line(word);
    this.line(JSON.stringify({ netlane: 'demo', ...facts }));
  }
}

export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 3)}...`;
}

/** Milliseconds as people read them: three digits, no more. */
export function formatTime(milliseconds: number): string {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(2)} s`;
  if (milliseconds >= 100) return `${milliseconds.toFixed(0)} ms`;
  if (milliseconds >= 1) return `${milliseconds.toFixed(1)} ms`;
  return `${(milliseconds * 1000).toFixed(milliseconds >= 0.1 ? 0 : 1)} us`;
}

export function plural(count: number, word: string): string {
  const many = /(s|x|ch)$/.test(word) ? `${word}es` : `${word}s`;
  return `${count} ${count === 1 ? word : many}`;
}
