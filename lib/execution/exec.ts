import type { Readable } from 'node:stream';
import { abortError, invalidArgument, NetlaneError, ProcessError, type ErrorContext, type NetlaneCode } from '../errors.js';
import { checkBytes, checkRules, type OptionRule } from '../arguments.js';
import { offAbort, onAbort } from '../netlink/waiting.js';
import type { Child } from './child.js';
import type { Place } from './place.js';
import { checkSpawn, commonRules, type Spawn, type SpawnOptions } from './spawn-options.js';
import { start } from './spawn.js';

/** Options of Namespace.exec(). */
export interface ExecOptions extends Omit<SpawnOptions, 'stdio' | 'detached'> {
  /** What the program reads. Default: nothing (/dev/null). */
  readonly input?: string | Uint8Array | undefined;
  /** How the output is decoded; 'buffer' leaves it as it is. Default 'utf8'. */
  readonly encoding?: BufferEncoding | 'buffer' | undefined;
  /** Bytes that stdout, and stderr, may have; Infinity for no limit. Default 1048576. */
  readonly maxBuffer?: number | undefined;
  /** Whether an exit status other than 0, or the end by a signal, rejects. Default true. A time-out, an abort and too much output always do. */
  readonly reject?: boolean | undefined;
}

/** What a program said, and how it ended. */
export interface ExecResult<Output = string> {
  readonly stdout: Output;
  readonly stderr: Output;
  /** null when a signal ended it. */
  readonly exitCode: number | null;
  /** null when it ended by itself. */
  readonly signal: NodeJS.Signals | null;
}

const rules: Readonly<Record<keyof ExecOptions, OptionRule>> = {
  ...commonRules,
  input: 'any',
  encoding: 'any',
  maxBuffer: 'any',
  reject: 'boolean',
};

interface Exec {
  readonly spawn: Spawn;
  readonly input: string | Uint8Array | undefined;
  readonly encoding: BufferEncoding | 'buffer';
  readonly maxBuffer: number;
  readonly reject: boolean;
}

function checkExec(name: string | undefined, file: unknown, args: unknown, given: unknown): Exec {
  const { input, encoding = 'utf8', maxBuffer = 1024 * 1024, reject = true, ...rest } = checkRules<ExecOptions>('options', given, rules);
  if (input instanceof Uint8Array) checkBytes('options.input', input);
  else if (input !== undefined && typeof input !== 'string') throw invalidArgument('options.input', 'a string or a Uint8Array', input);
  if (encoding !== 'buffer' && !(typeof encoding === 'string' && Buffer.isEncoding(encoding)))
    throw invalidArgument('options.encoding', "an encoding ('utf8', 'latin1', ...) or 'buffer'", encoding);
  if (typeof maxBuffer !== 'number' || !(maxBuffer >= 0))
    throw invalidArgument('options.maxBuffer', 'bytes from 0, or Infinity', maxBuffer);
  const spawn = checkSpawn(name, file, args, { ...rest, stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] });
  return { spawn, input, encoding, maxBuffer, reject };
}

/** Gathers what comes, up to a limit. */
class Output {
  readonly #parts: Buffer[] = [];
  #length = 0;

  constructor(stream: Readable | null, limit: number, onOverflow: () => void) {
    stream?.on('data', (part: Buffer) => {
      const room = limit - this.#length;
      this.#parts.push(part.length > room ? part.subarray(0, room) : part);
      this.#length += Math.min(part.length, room);
      if (part.length > room) onOverflow();
    });
    // A pipe that cannot be read ends as any other; what came before it counts.
    stream?.on('error', () => undefined);
  }

  text(encoding: BufferEncoding): string {
    return this.buffer().toString(encoding);
  }

  buffer(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

/** Runs a child to its end; rejects at once when it takes too long, says too much, or is not wanted any more. */
class Run {
  readonly #child: Child;
  readonly #exec: Exec;
  readonly #context: ErrorContext;
  readonly #stdout: Output;
  readonly #stderr: Output;
  readonly #onAbort = (): void => this.#onAborted();
  readonly #onClose = (): void => this.#finish();
  readonly #timer: NodeJS.Timeout | undefined;
  #resolve: (result: ExecResult<string | Buffer>) => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;
  readonly ended = new Promise<ExecResult<string | Buffer>>((resolve, reject) => {
    this.#resolve = resolve;
    this.#reject = reject;
  });

  constructor(child: Child, exec: Exec, context: ErrorContext) {
    this.#child = child;
    this.#exec = exec;
    this.#context = context;
    const { timeout, signal } = exec.spawn;
    this.#stdout = new Output(child.stdout, exec.maxBuffer, () => this.#overflow());
    this.#stderr = new Output(child.stderr, exec.maxBuffer, () => this.#overflow());
    if (timeout > 0)
      this.#timer = setTimeout(() => this.#give(this.#error('NETLANE_TIMEOUT', `it had not ended after ${timeout} ms`)), timeout);
    child.once('close', this.#onClose);
    // What it does not want to read is no failure of its.
    child.stdin?.on('error', () => undefined).end(exec.input);
    if (signal === undefined) return;
    if (signal.aborted) this.#onAborted();
    else onAbort(signal, this.#onAbort);
  }

  /** The namespace is closed: nobody was given this child, so that it ends as requests do. */
  close(): void {
    this.#give(new NetlaneError('NETLANE_CLOSED', 'the namespace was closed while the program ran', this.#context));
  }

  #result(): ExecResult<string | Buffer> {
    const { encoding } = this.#exec;
    const decode = (output: Output): string | Buffer => (encoding === 'buffer' ? output.buffer() : output.text(encoding));
    const { exitCode, signalCode } = this.#child;
    return { stdout: decode(this.#stdout), stderr: decode(this.#stderr), exitCode, signal: signalCode };
  }

  #error(code: NetlaneCode, reason: string, hint?: string): ProcessError {
    return new ProcessError(code, reason, this.#result(), { ...this.#context, hint });
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#child.off('close', this.#onClose);
    if (this.#exec.spawn.signal !== undefined) offAbort(this.#exec.spawn.signal, this.#onAbort);
  }

  #give(error: Error): void {
    this.#stop();
    this.#child.discard(this.#exec.spawn.killSignal);
    this.#reject(error);
  }

  #onAborted(): void {
    if (this.#exec.spawn.signal !== undefined) this.#give(abortError(this.#exec.spawn.signal, this.#context));
  }

  #overflow(): void {
    const hint = 'raise maxBuffer, or use spawn() and read its streams';
    this.#give(this.#error('NETLANE_OUTPUT_TOO_LONG', `it wrote more than ${this.#exec.maxBuffer} bytes`, hint));
  }

  #finish(): void {
    this.#stop();
    const { exitCode, signalCode } = this.#child;
    if (exitCode === 0 || !this.#exec.reject) {
      this.#resolve(this.#result());
      return;
    }
    const how = signalCode === null ? `exit status ${exitCode ?? 'unknown'}` : `ended by ${signalCode}`;
    const last = this.#stderr.text('utf8').trimEnd().split('\n').at(-1) ?? '';
    this.#reject(this.#error('NETLANE_PROCESS_FAILED', last === '' ? how : `${how}: ${last}`));
  }
}

/** Namespace.exec(). */
export async function execInside(place: Place, file: unknown, args: unknown, options: unknown): Promise<ExecResult<string | Buffer>> {
  const exec = checkExec(place.name, file, args, options);
  const child = await start(place, exec.spawn, 'unwatched');
  const run = new Run(child, exec, { operation: `exec ${exec.spawn.file}`, namespace: place.label });
  let disown: (() => void) | undefined;
  try {
    disown = place.own(run);
  } catch {
    // Closed in the meantime.
    run.close();
  }
  return run.ended.finally(() => disown?.());
}
