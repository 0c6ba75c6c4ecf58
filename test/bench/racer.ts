import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** One contestant of a work: a program that says "ready", then answers each line "COUNT" with one line of JSON (see peers/protocol.h). */
export interface Contestant {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** How often it does the work in one sample, where that is not what the others do: slow ones less often. */
  readonly count?: number | undefined;
}

/** One run of the work, COUNT times. */
export interface Sample {
  /** What was measured, for all of COUNT: nanoseconds, or bytes. */
  readonly value: number;
  /** CPU time of the process, in nanoseconds. */
  readonly cpu: number;
  /** What came out; members that two contestants both have must be equal. */
  readonly answer: Readonly<Record<string, number | string>>;
}

function isSample(value: unknown): value is Sample {
  const sample = value as Partial<Sample> | null;
  return (
    typeof sample === 'object' && typeof sample?.value === 'number' && typeof sample.cpu === 'number' && typeof sample.answer === 'object'
  );
}

/** A contestant that runs. */
export class Racer {
  readonly contestant: Contestant;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  readonly #limit: number;
  #began = 0;
  #ended = 0;

  private constructor(contestant: Contestant, limit: number) {
    const [file, ...args] = contestant.command;
    this.contestant = contestant;
    this.#limit = limit;
    this.#child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...contestant.environment } });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  static async start(contestant: Contestant, limit: number): Promise<Racer> {
    const racer = new Racer(contestant, limit);
    await once(racer.#child, 'spawn');
    const line = await racer.#line();
    if (line !== 'ready') throw new Error(`${contestant.name} said ${JSON.stringify(line)} instead of "ready"`);
    return racer;
  }

  async #line(): Promise<string> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), this.#limit);
    try {
      const next = await this.#lines.next();
      if (next.done === true)
        throw new Error(`${this.contestant.name} ended (or was ended after ${this.#limit / 1000} s) without an answer`);
      return next.value;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Milliseconds since it did something. */
  get idle(): number {
    return performance.now() - this.#ended;
  }

  /** Milliseconds that its latest sample took. */
  get latest(): number {
    return this.#ended - this.#began;
  }

  async sample(count: number): Promise<Sample> {
    this.#began = performance.now();
    this.#child.stdin.write(`${count}\n`);
    const sample: unknown = JSON.parse(await this.#line());
    this.#ended = performance.now();
    if (!isSample(sample)) throw new Error(`${this.contestant.name} answered ${JSON.stringify(sample)}`);
    return sample;
  }

  /** Peak of its resident memory, in bytes. */
  peak(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5000);
    await exited;
    clearTimeout(timer);
  }
}
