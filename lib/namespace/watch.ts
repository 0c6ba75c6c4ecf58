import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { abortError, describeValue, SystemError } from '../errors.js';
import { native } from '../native.js';
import { checkRules, isObject } from '../arguments.js';
import { offAbort, onAbort } from '../netlink/waiting.js';
import { DirectoryAlarm } from './directory-alarm.js';
import { isOutOfReach, namespaceError } from './entry-error.js';
import { cookieIfAllowed, namedEntries, type NameEntry } from './list.js';
import { searchDirectories } from './names.js';

/** What Namespace.watch() yields. */
export interface NamespaceChange {
  /** 'existing': it was there when the watch began. A name that is given to another namespace is 'removed', then 'added'. */
  readonly action: 'existing' | 'added' | 'removed';
  readonly name: string;
  /** The directory that has, or had, the name. */
  readonly directory: string;
  /** 'device:inode', of the namespace that is gone in 'removed'. */
  readonly id: string;
  /** SO_NETNS_COOKIE, which tells namespaces apart that had the same id one after the other; 0n where it may not be read. */
  readonly cookie: bigint;
}

export interface NamespaceWatchOptions {
  /** Yields what is there already first. Default false. */
  readonly existing?: boolean | undefined;
  /** Ends the watch: what waits rejects with ABORT_ERR. */
  readonly signal?: AbortSignal | undefined;
  /** Default: /run/netns and /var/run/netns. An absolute path; it need not exist yet. */
  readonly directory?: string | undefined;
}

export const watchOptionRules = { existing: 'boolean', signal: 'signal', directory: 'string' } as const;

export function checkWatchOptions(options: unknown): NamespaceWatchOptions {
  return checkRules<NamespaceWatchOptions>('options', options, watchOptionRules);
}

interface Known extends NameEntry {
  readonly cookie: bigint;
}

interface Waiter {
  readonly resolve: (result: IteratorResult<NamespaceChange, undefined>) => void;
  readonly reject: (error: Error) => void;
}

/** A consumer that is this far behind gets the differences between states from then on, not each transition. */
const mostQueued = 4096;
/** Names that are opened before others get a turn. */
const namesPerTurn = 16;
const longestPause = 250;

const operation = 'watch namespaces';
const finished: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * Names that come and go, as an async iterator for one consumer. Each alarm of the kernel (inotify on the directory, a change of the mounts) leads to a
 * look at everything that is there; what differs from the last look is yielded. So nothing that lasts can be missed, and nothing is reported
 * before it is a namespace. It keeps the process alive until it ends, or unref().
 */
export class NamespaceWatch implements AsyncIterableIterator<NamespaceChange> {
  /** Resolves when every change from now on will be seen. Rejects with what ended the watch before that. */
  readonly ready: Promise<void>;
  readonly #directories: readonly string[];
  readonly #alarms: DirectoryAlarm[] = [];
  readonly #signal: AbortSignal | undefined;
  readonly #known = new Map<string, Known>();
  readonly #queue: NamespaceChange[] = [];
  readonly #waiters: Waiter[] = [];
  /** Names whose files changed since the last look: the namespace may be another though the id is the same. */
  readonly #touched = new Set<string>();
  #mounts: ReturnType<ReturnType<typeof native>['watchMounts']> | undefined;
  #mountsChanged = false;
  #due = false;
  #looking = false;
  #waiting = false;
  #restUntil = 0;
  #keepsAlive = true;
  #ended = false;
  /** What ended the watch, and whether a next() has told it. */
  #failure: Error | undefined;
  #told = false;

  constructor(options: NamespaceWatchOptions) {
    this.#directories = searchDirectories(options.directory);
    this.#signal = options.signal;
    this.ready = this.#start(options.existing === true ? 'existing' : undefined);
    // Whoever only iterates gets the same error there.
    this.ready.catch(() => undefined);
  }

  async #start(action: 'existing' | undefined): Promise<void> {
    try {
      if (this.#signal?.aborted === true) throw abortError(this.#signal, { operation });
      if (this.#signal !== undefined) onAbort(this.#signal, this.#abort);
      // First the alarms, then the first look: what happens in between is seen by the look that the alarm causes.
      for (const directory of this.#directories) this.#alarms.push(new DirectoryAlarm(directory, this.#onAlarm, this.#fail));
      this.#mounts = native().watchMounts(() => {
        this.#mountsChanged = true;
        this.#schedule();
      });
      this.#mounts.ref(this.#keepsAlive);
      this.#looking = true;
      // The loop adds the mount table to its epoll set when it polls next, and adding swallows a change from before: only what is looked at
      // afterwards is complete. A turn that starts in the middle of polling has none of its own, the second has.
      await nextTurn();
      await nextTurn();
      if (!this.#ended) await this.#look(action, true);
      this.#looking = false;
    } catch (thrown) {
      // What an alarm said has its hint already.
      this.#fail(thrown instanceof SystemError ? thrown : namespaceError(thrown, { operation }));
    }
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#due) this.#schedule();
  }

  /** The next change. After an error or close(): done. */
  next(): Promise<IteratorResult<NamespaceChange, undefined>> {
    const change = this.#queue.shift();
    if (change !== undefined) {
      if (this.#due) this.#schedule();
      return Promise.resolve({ done: false, value: change });
    }
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined && !this.#told) {
        this.#told = true;
        reject(this.#failure);
      } else if (this.#ended) resolve(finished);
      else this.#waiters.push({ resolve, reject });
    });
  }

  /** Ends the watch; what waits is done. Also called by leaving a `for await` loop. */
  return(): Promise<IteratorResult<NamespaceChange, undefined>> {
    this.#queue.length = 0;
    this.#end();
    return Promise.resolve(finished);
  }

  /** Ends the watch. Idempotent. */
  async close(): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Keeps the process alive (as from the start). */
  ref(): this {
    return this.#setReference(true);
  }

  /** Lets the process end though the watch is open. */
  unref(): this {
    return this.#setReference(false);
  }

  #setReference(keep: boolean): this {
    this.#keepsAlive = keep;
    if (this.#ended) return this;
    for (const alarm of this.#alarms) alarm.ref(keep);
    this.#mounts?.ref(keep);
    return this;
  }

  readonly #abort = (): void => {
    if (this.#signal === undefined) return;
    this.#queue.length = 0;
    this.#fail(abortError(this.#signal, { operation }));
  };

  readonly #fail = (thrown: unknown): void => {
    if (this.#ended) return;
    const error = thrown instanceof Error ? thrown : new Error(describeValue(thrown));
    const waiting = this.#waiters.shift();
    this.#failure = error;
    this.#told = waiting !== undefined;
    this.#end();
    waiting?.reject(error);
  };

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#signal !== undefined) offAbort(this.#signal, this.#abort);
    for (const alarm of this.#alarms) alarm.close();
    this.#mounts?.close();
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(finished);
  }

  readonly #onAlarm = (name: string | undefined): void => {
    if (name === undefined) for (const known of this.#known.keys()) this.#touched.add(known);
    else this.#touched.add(name);
    this.#schedule();
  };

  /** Looks in this round of the loop; on a machine in uproar at most a fifth of the time. */
  #schedule(): void {
    this.#due = true;
    if (this.#ended || this.#looking || this.#waiting || this.#queue.length >= mostQueued) return;
    this.#waiting = true;
    const begin = (): void => {
      this.#waiting = false;
      if (!this.#ended) this.#lookAgain().catch(this.#fail);
    };
    const pause = this.#restUntil - performance.now();
    // What exists for a few milliseconds only is seen all the same, if the watch was at rest.
    const timer = pause > 0 ? setTimeout(begin, pause) : setImmediate(begin);
    if (!this.#keepsAlive) timer.unref();
  }

  async #lookAgain(): Promise<void> {
    this.#due = false;
    this.#looking = true;
    let spent = 0;
    try {
      const mountsChanged = this.#mountsChanged;
      this.#mountsChanged = false;
      const first = await this.#look('added', false);
      // Mounts changed, and not so that any file shows it: another namespace with the same inode may have come into the place of one.
      const second = mountsChanged && !first.differs ? await this.#look('added', true) : undefined;
      spent = first.spent + (second?.spent ?? 0);
    } finally {
      this.#looking = false;
    }
    this.#restUntil = performance.now() + Math.min(longestPause, spent * 4);
    if (this.#due) this.#schedule();
  }

  /** One look at everything. `thorough` asks every namespace for its cookie. Says whether anything differed, and the milliseconds it took. */
  async #look(action: 'existing' | 'added' | undefined, thorough: boolean): Promise<{ differs: boolean; spent: number }> {
    let since = performance.now();
    let spent = 0;
    for (const alarm of this.#alarms) alarm.renew();
    const touched = new Set(this.#touched);
    this.#touched.clear();
    const entries = namedEntries(this.#directories);
    const present = new Set(entries.map((entry) => entry.name));
    let differs = false;
    for (const known of this.#known.values()) {
      if (present.has(known.name)) continue;
      this.#forget(known);
      differs = true;
    }
    let opened = 0;
    for (const entry of entries) {
      const known = this.#known.get(entry.name);
      const same = known?.id === entry.id && known.directory === entry.directory;
      if (same && !thorough && !touched.has(entry.name)) continue;
      if ((opened += 1) % namesPerTurn === 0) {
        // What others do in their turns is not this watch's doing.
        spent += performance.now() - since;
        await nextTurn();
        since = performance.now();
        if (this.#ended) break;
      }
      if (this.#compare(entry, known, action)) differs = true;
    }
    return { differs, spent: spent + performance.now() - since };
  }

  #forget(known: Known): void {
    this.#known.delete(known.name);
    this.#emit('removed', known);
  }

  #compare(entry: NameEntry, known: Known | undefined, action: 'existing' | 'added' | undefined): boolean {
    const now = identify(entry);
    const same = known !== undefined && now?.id === known.id && now.cookie === known.cookie && now.directory === known.directory;
    if (same) return false;
    if (known !== undefined) this.#forget(known);
    if (now === undefined) return known !== undefined;
    this.#known.set(now.name, now);
    if (action !== undefined) this.#emit(action, now);
    return true;
  }

  #emit(action: NamespaceChange['action'], of: Known): void {
    const change: NamespaceChange = { action, name: of.name, directory: of.directory, id: of.id, cookie: of.cookie };
    const waiting = this.#waiters.shift();
    if (waiting === undefined) this.#queue.push(change);
    else waiting.resolve({ done: false, value: change });
  }
}

/** What a name is now; undefined when it has just gone, is no network namespace, or is closed to this user. The fd lives for this call only. */
function identify(entry: NameEntry): Known | undefined {
  let fd;
  try {
    fd = native().openNamespace(join(entry.directory, entry.name));
  } catch (thrown) {
    if (isObject(thrown) && thrown['notNamespace'] === true) return undefined;
    if (isOutOfReach(thrown)) return undefined;
    throw namespaceError(thrown, { operation });
  }
  try {
    const { device, inode } = native().identity(fd);
    const id = `${device}:${inode}`;
    return { ...entry, id, cookie: cookieIfAllowed(fd, id) };
  } finally {
    native().closeFd(fd);
  }
}
