import { statSync } from 'node:fs';
import { join } from 'node:path';
import { checkInteger, checkMilliseconds } from '../arguments.js';
import { debug } from '../diagnostics.js';
import { NetlaneError } from '../errors.js';
import { native } from '../native.js';
import { accountFor } from './accounts.js';
import { codeOf, entryError } from './entry-error.js';
import { removeName } from './remove.js';

/*
 * The state of a Namespace: the fd, who needs it, and how it ends. Kept apart from the class, so that what runs inside a namespace can hold
 * the state without holding the public object.
 */

/** A lane of its own, or one that pumps the sockets of several namespaces. */
export type LaneChoice = 'own' | 'shared';

/** The threads on which run() runs tasks. They start when they are needed. */
export interface TaskChoice {
  /** Threads that run tasks at the same time, 1 to 1000; further tasks wait. Default: the number of cores, at least 4. */
  readonly taskThreads?: number | undefined;
  /** Milliseconds after which a thread without a task ends, 0 to 2^31 - 1. Default 5000. */
  readonly taskIdle?: number | undefined;
}

export function checkTaskChoice({ taskThreads: threads, taskIdle: idle }: TaskChoice): TaskChoice {
  if (threads !== undefined) checkInteger('options.taskThreads', threads, 1, 1000);
  if (idle !== undefined) checkMilliseconds('options.taskIdle', idle);
  return { taskThreads: threads, taskIdle: idle };
}

export interface HandleInit {
  /** The handle owns it from now on. */
  readonly fd: number;
  readonly name?: string | undefined;
  /** The directory that has the name. */
  readonly directory?: string | undefined;
  readonly lane: LaneChoice;
  /** Milliseconds after which a lane without sockets ends; default 5000. */
  readonly laneIdle?: number | undefined;
  readonly tasks?: TaskChoice | undefined;
  /** Whether close() deletes the name. */
  readonly temporary: boolean;
  /** Where the caller opened it: lines of a stack. */
  readonly opened: string;
}

/** Something that ends with its namespace: a socket, a watch, a task. */
export interface Dependent {
  close(): unknown;
}

/** What dependents use, and nobody else: a lane, connections that wait to be used again. */
export interface Servant extends Dependent {
  /** Ends it when the Namespace was forgotten and has no dependents any more; what is still under way is done first. */
  retire(): unknown;
}

const nothing = (): void => undefined;

/** Each is called at once, so that all that waits is rejected in this very call; one that throws must not keep the others open. */
function allEnded(ends: readonly (() => unknown)[]): Promise<PromiseSettledResult<unknown>[]> {
  return Promise.allSettled(ends.map((end) => new Promise((resolve) => resolve(end()))));
}

export class NamespaceHandle {
  readonly name: string | undefined;
  /** 'device:inode': valid while the handle is open, since the kernel gives inodes again at once. */
  readonly id: string;
  readonly device: bigint;
  readonly inode: bigint;
  readonly lane: LaneChoice;
  readonly laneIdle: number;
  readonly tasks: TaskChoice;
  readonly opened: string;
  readonly #fd: number;
  readonly #directory: string | undefined;
  readonly #temporary: boolean;
  readonly #dependents = new Set<Dependent>();
  readonly #servants = new Set<Servant>();
  readonly #endAccount: () => void;
  #cookie: bigint | undefined;
  /** The handle's own, until close(), and one for each acquire(). */
  #references = 1;
  #forgotten = false;
  #closing: Promise<void> | undefined;

  /** Throws only where the fd is no fd, and then has not taken it. */
  constructor(init: HandleInit) {
    const { device, inode } = native().identity(init.fd);
    this.#fd = init.fd;
    this.#directory = init.directory;
    this.#temporary = init.temporary && init.name !== undefined;
    this.name = init.name;
    this.device = device;
    this.inode = inode;
    this.id = `${device}:${inode}`;
    this.lane = init.lane;
    this.laneIdle = init.laneIdle ?? 5000;
    this.tasks = init.tasks ?? {};
    this.opened = init.opened;
    this.#endAccount = accountFor('fd', init.fd, () => `${String(this)}, opened${init.opened === '' ? '' : `\n${init.opened}`}`);
    debug('opened %s as fd %d', String(this), init.fd);
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /** The fd, for the call that follows at once. What needs it longer uses acquire(). Throws NETLANE_CLOSED. */
  get fd(): number {
    this.assertOpen('use');
    return this.#fd;
  }

  /**
   * The fd for something that is opened inside: -1, which stands for the calling thread's own namespace, where it is that one, since entering
   * even that takes CAP_SYS_ADMIN. Throws NETLANE_CLOSED.
   */
  get entryFd(): number {
    this.assertOpen('use');
    return native().entryOf(this.#fd);
  }

  /**
   * The kernel's number of the namespace, never used again (SO_NETNS_COOKIE, Linux 5.14; 0n before). Read inside the namespace when first
   * asked for, and kept after close(). Throws NETLANE_CLOSED, NETLANE_FOREIGN_USERNS, EPERM.
   */
  get cookie(): bigint {
    if (this.#cookie !== undefined) return this.#cookie;
    this.assertOpen('read the cookie');
    try {
      this.#cookie = native().cookie(this.entryFd);
    } catch (thrown) {
      throw entryError(thrown, this.#fd, { operation: 'read the cookie', namespace: String(this) });
    }
    return this.#cookie;
  }

  /** The cookie if it is known already. */
  get knownCookie(): bigint | undefined {
    return this.#cookie;
  }

  /** Throws NETLANE_CLOSED, with the operation in its text, when close() was called. */
  assertOpen(operation: string): void {
    if (this.#closing === undefined) return;
    throw new NetlaneError('NETLANE_CLOSED', 'the namespace was closed', { operation, namespace: String(this) });
  }

  /**
   * Keeps the fd open, also through close(), until the function that is returned is called (more calls do nothing). For requests that name
   * the fd, which is only a number to the kernel. Throws NETLANE_CLOSED.
   */
  acquire(): () => void {
    this.assertOpen('use');
    this.#references += 1;
    let held = true;
    return () => {
      if (held) this.#release();
      held = false;
    };
  }

  /**
   * Enters something that close() ends first. Returns the function that takes it off. A dependent lives on, and keeps the fd open, when the
   * public Namespace is forgotten. Throws NETLANE_CLOSED.
   */
  own(dependent: Dependent): () => void {
    this.assertOpen('use');
    this.#dependents.add(dependent);
    return () => {
      this.#dependents.delete(dependent);
      if (this.#forgotten) this.abandon();
    };
  }

  /** Enters something that close() ends as it does a dependent, and that keeps no forgotten Namespace open. Throws NETLANE_CLOSED. */
  serve(servant: Servant): void {
    this.assertOpen('use');
    this.#servants.add(servant);
  }

  /**
   * Ends the dependents, deletes a temporary name and gives the fd up. The same promise every time. Rejects with what failed, after
   * everything that could be done was done; several failures come as an AggregateError.
   */
  close(): Promise<void> {
    if (this.#closing !== undefined) return this.#closing;
    let start: () => void = nothing;
    // Set before anything runs, for a dependent whose close() comes back here.
    this.#closing = new Promise<void>((resolve) => (start = resolve)).then(() => this.#end(ended));
    const ended = this.#endDependents();
    start();
    return this.#closing;
  }

  /** What is left to do when the Namespace was garbage-collected: when nothing runs inside any more, says so, once, and closes the fd. */
  abandon(): void {
    this.#forgotten = true;
    // What still runs inside is in use, and may need the fd again.
    if (this.#closing !== undefined || this.#dependents.size > 0) return;
    const text = `${String(this)} was garbage-collected without close(); its file descriptor ${this.#fd} was closed by netlane`;
    const ending = this.#end(this.#retireServants());
    this.#closing = ending;
    const detail = `It was opened${this.opened === '' ? ' at an unknown place' : `\n${this.opened}`}`;
    const warn = (message: string): void => process.emitWarning(message, { type: 'NetlaneWarning', code: 'NETLANE_UNCLOSED', detail });
    warn(text);
    ending.catch((error: unknown) => warn(`${text}, but ${String(error)}`));
  }

  toString(): string {
    return this.name === undefined ? `Namespace(${this.id})` : `Namespace(${this.name}, ${this.id})`;
  }

  #endDependents(): Promise<PromiseSettledResult<unknown>[]> {
    const dependents = [...this.#dependents, ...this.#servants];
    this.#dependents.clear();
    this.#servants.clear();
    return allEnded(dependents.map((dependent) => () => dependent.close()));
  }

  #retireServants(): Promise<PromiseSettledResult<unknown>[]> {
    const servants = [...this.#servants];
    this.#servants.clear();
    return allEnded(servants.map((servant) => () => servant.retire()));
  }

  async #end(ended: Promise<readonly PromiseSettledResult<unknown>[]>): Promise<void> {
    const failures: unknown[] = [];
    for (const result of await ended) if (result.status === 'rejected') failures.push(result.reason);
    native().endOpener(this.#fd);
    let again = false;
    try {
      // While the fd is open nobody else can have this device and inode.
      if (this.#temporary) await this.#deleteName();
    } catch (error) {
      // Deleting takes one fd: the handle's own is the last that there is.
      again = codeOf(error) === 'EMFILE';
      if (!again) failures.push(error);
    }
    this.#release();
    try {
      if (again) await this.#unbind();
    } catch (error) {
      failures.push(error);
    }
    debug('closed %s', String(this));
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, `closing ${String(this)}: ${failures.length} things failed`);
  }

  async #deleteName(): Promise<void> {
    if (this.name === undefined || this.#directory === undefined) return;
    // stat, not open: a process that ran out of fds must be able to clean up.
    let entry;
    try {
      entry = statSync(join(this.#directory, this.name), { bigint: true, throwIfNoEntry: false });
    } catch (thrown) {
      throw entryError(thrown, this.#fd, { operation: `delete the name ${this.name}`, namespace: String(this) });
    }
    // Deleted already, or given to another namespace in the meantime: not this handle's any more.
    if (entry?.dev !== this.device || entry.ino !== this.inode) return;
    await this.#unbind();
  }

  async #unbind(): Promise<void> {
    if (this.name === undefined || this.#directory === undefined) return;
    try {
      await removeName(this.#directory, this.name, `delete the name ${this.name}`);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
  }

  #release(): void {
    this.#references -= 1;
    if (this.#references > 0) return;
    this.#endAccount();
    native().closeFd(this.#fd);
  }
}

const handles = new WeakMap<object, NamespaceHandle>();

const collected = new FinalizationRegistry<NamespaceHandle>((handle) => handle.abandon());

/** Ties a public Namespace to its state. The state must never hold the public object, or it is never collected. */
export function bindHandle(namespace: object, handle: NamespaceHandle): void {
  handles.set(namespace, handle);
  collected.register(namespace, handle);
}

/** The state behind a public Namespace; undefined for anything else. */
export function handleOf(namespace: unknown): NamespaceHandle | undefined {
  return typeof namespace === 'object' && namespace !== null ? handles.get(namespace) : undefined;
}

/** All lines but the first. */
function behindFirst(lines: string): string {
  const end = lines.indexOf('\n');
  return end === -1 ? '' : lines.slice(end + 1);
}

/**
 * The lines of the caller's stack from above `below`, or, with `skipped`, from above its caller, as text: a structured stack would keep the
 * callers' objects alive.
 */
export function callSite(below: (...parameters: never[]) => unknown, skipped = false): string {
  const limit = Error.stackTraceLimit;
  const holder: { stack?: unknown } = {};
  // Reflect.set, since the property may be frozen; then the stack is only longer.
  Reflect.set(Error, 'stackTraceLimit', 8);
  Error.captureStackTrace(holder, below);
  const stack = typeof holder.stack === 'string' ? holder.stack : '';
  Reflect.set(Error, 'stackTraceLimit', limit);
  // The first is that of the error itself.
  const lines = behindFirst(stack);
  return skipped ? behindFirst(lines) : lines;
}
