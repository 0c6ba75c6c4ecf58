import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { abortError, SystemError } from '../errors.js';
import type { NativeChild } from '../native.js';
import { offAbort, onAbort } from '../netlink/waiting.js';
import { signalName, signalNumber } from './signals.js';
import type { Spawn } from './spawn-options.js';
import { openStreams } from './stdio.js';

/** Events of a child, as those of node:child_process. */
export interface ChildEvents {
  /** It has ended: its exit status, or null and the name of the signal that ended it. Its streams may still hold output. */
  exit: [code: number | null, signal: NodeJS.Signals | null];
  /** It has ended, and all its streams are closed. */
  close: [code: number | null, signal: NodeJS.Signals | null];
  /** It could not be killed, or was ended by its AbortSignal (ABORT_ERR). */
  error: [error: Error];
}

const EPERM = 1;
const ESRCH = 3;

const seal = Symbol('Child');

/**
 * A process that was started inside a namespace: what node:child_process calls a ChildProcess, except that it runs already. Belongs to the thread
 * that started it; when that thread ends, the process lives on and is reaped all the same.
 */
export class Child<
  In extends Writable | null = Writable | null,
  Out extends Readable | null = Readable | null,
  Err extends Readable | null = Readable | null,
> extends EventEmitter<ChildEvents> {
  /** The number by which this process sees it. */
  readonly pid: number;
  /** The file that was asked for. */
  readonly spawnfile: string;
  /** Its arguments, with argv[0]. */
  readonly spawnargs: readonly string[];
  /** What the child reads; null unless it is a 'pipe'. */
  readonly stdin: In;
  /** What the child writes to its standard output; null unless it is a 'pipe'. */
  readonly stdout: Out;
  readonly stderr: Err;
  /** All of them by number. Those above 2 go both ways. */
  readonly stdio: readonly (Readable | Writable | null)[];
  readonly #native: NativeChild;
  readonly #spawn: Spawn;
  readonly #label: string;
  #exitCode: number | null = null;
  #signalCode: NodeJS.Signals | null = null;
  #ended = false;
  #killed = false;
  readonly #timer: NodeJS.Timeout | undefined;
  #open = 1;
  readonly #onAbort = (): void => this.#abort();

  /** Made by spawn() only. */
  constructor(token: symbol, native: NativeChild, spawn: Spawn, label: string) {
    super();
    if (token !== seal) throw new TypeError('a Child cannot be constructed: use namespace.spawn()');
    this.#native = native;
    this.#spawn = spawn;
    this.#label = label;
    this.pid = native.pid;
    this.spawnfile = spawn.file;
    this.spawnargs = spawn.job.arguments;
    const streams = openStreams(native.streams, label);
    this.stdio = streams;
    this.stdin = (streams[0] ?? null) as unknown as In;
    this.stdout = (streams[1] ?? null) as unknown as Out;
    this.stderr = (streams[2] ?? null) as unknown as Err;
    for (const stream of streams) if (stream !== null) this.#count(stream);
    native.watch(() => this.#look());
    if (spawn.timeout > 0) this.#timer = setTimeout(() => this.kill(spawn.killSignal), spawn.timeout);
    if (spawn.signal !== undefined) onAbort(spawn.signal, this.#onAbort);
  }

  /** The exit status; null while it runs, and when a signal ended it. */
  get exitCode(): number | null {
    return this.#exitCode;
  }

  /** The signal that ended it. */
  get signalCode(): NodeJS.Signals | null {
    return this.#signalCode;
  }

  /** Whether kill() has sent a signal to it, which it may have ignored. */
  get killed(): boolean {
    return this.#killed;
  }

  /**
   * Sends a signal. By a descriptor of the process: never to another one that got its number.
   *
   * @param signal name or number; 0 only asks whether it runs. Default 'SIGTERM'.
   * @returns whether it was sent: false when the process has ended. What else fails is an 'error' event (EPERM: it runs as somebody else).
   * @throws NETLANE_INVALID_ARGUMENT. Source: pidfd_send_signal(2), Linux 5.1.
   */
  kill(signal: NodeJS.Signals | number = 'SIGTERM'): boolean {
    const number = signalNumber('signal', signal, true);
    const errno = this.#ended ? ESRCH : this.#native.kill(number);
    if (errno === 0) {
      if (number > 0) this.#killed = true;
      return true;
    }
    if (errno !== ESRCH) {
      const hint = errno === EPERM ? 'it runs as another user' : undefined;
      const context = { operation: `kill process ${this.pid} (${this.spawnfile})`, namespace: this.#label, hint };
      this.emit('error', new SystemError({ errno, syscall: 'pidfd_send_signal' }, context));
    }
    return false;
  }

  /** Keeps this process alive until the child has ended, which is the default. */
  ref(): void {
    this.#native.ref(true);
  }

  /** Lets this process end before the child does. Its streams count by themselves. */
  unref(): void {
    this.#native.ref(false);
    this.#timer?.unref();
  }

  /** Ends it and all that belongs to it, unheard. For exec(), and for one that nobody waits for any more. */
  discard(signal = 9): void {
    if (!this.#ended) this.#native.kill(signal);
    for (const stream of this.stdio) stream?.destroy();
    if (this.#spawn.signal !== undefined) offAbort(this.#spawn.signal, this.#onAbort);
    clearTimeout(this.#timer);
  }

  #count(stream: Socket): void {
    this.#open += 1;
    stream.once('close', () => this.#closed());
  }

  #closed(): void {
    this.#open -= 1;
    if (this.#open === 0) this.emit('close', this.#exitCode, this.#signalCode);
  }

  #look(): void {
    const end = this.#native.end();
    if (end === undefined) return;
    this.#ended = true;
    this.#exitCode = end.code;
    this.#signalCode = end.signal === null ? null : signalName(end.signal);
    clearTimeout(this.#timer);
    if (this.#spawn.signal !== undefined) offAbort(this.#spawn.signal, this.#onAbort);
    this.stdin?.destroy();
    try {
      this.emit('exit', this.#exitCode, this.#signalCode);
    } finally {
      process.nextTick(() => this.#drain());
      this.#closed();
    }
  }

  /** Nobody has asked for what these hold, so nobody will: they are read to their end, or 'close' would never come. */
  #drain(): void {
    for (const stream of this.stdio as readonly (Socket | null)[]) {
      if (stream !== null && stream.readable && stream.readableFlowing === null && stream.listenerCount('readable') === 0) stream.resume();
    }
  }

  #abort(): void {
    const { signal, killSignal } = this.#spawn;
    if (signal === undefined || this.#ended) return;
    this.kill(killSignal);
    this.emit('error', abortError(signal, { operation: `spawn ${this.spawnfile}`, namespace: this.#label }));
  }
}

/** The only maker of children. */
export function newChild(native: NativeChild, spawn: Spawn, label: string): Child {
  return new Child(seal, native, spawn, label);
}
