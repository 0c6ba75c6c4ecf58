import { statSync, watch, type FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';
import { codeOf, namespaceError } from './entry-error.js';
import { statId } from './processes.js';

/** Tries at a directory that is made and removed all the time, before the next alarm is waited for. */
const mostTries = 16;

/**
 * Tells when the entries of a directory change, also of one that does not exist yet, is removed, comes again or is mounted over: then its
 * nearest ancestor that exists is watched (inotify(7), by fs.watch).
 */
export class DirectoryAlarm {
  readonly #directory: string;
  readonly #onChange: (name: string | undefined) => void;
  readonly #onFailure: (error: unknown) => void;
  #watcher: FSWatcher | undefined;
  #path: string | undefined;
  #id: string | undefined;
  #keepsAlive = true;
  #closed = false;

  /** `onChange` gets the name of the entry, undefined where anything may have changed. */
  constructor(directory: string, onChange: (name: string | undefined) => void, onFailure: (error: unknown) => void) {
    this.#directory = directory;
    this.#onChange = onChange;
    this.#onFailure = onFailure;
    this.renew();
  }

  /** Makes sure that what is watched is what the path leads to now. To be called before looking at the directory. */
  renew(): void {
    // What appears between the look for the nearest ancestor and the start of the watch is seen by the next round.
    for (let tries = 0; tries < mostTries && !this.#closed; tries += 1) {
      const path = this.#nearest();
      const id = statId(path);
      if (this.#watcher !== undefined && path === this.#path && id === this.#id) return;
      this.#replace(path, id);
    }
  }

  ref(keep: boolean): void {
    this.#keepsAlive = keep;
    if (keep) this.#watcher?.ref();
    else this.#watcher?.unref();
  }

  close(): void {
    this.#closed = true;
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #nearest(): string {
    let path = this.#directory;
    while (path !== '/' && statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) path = dirname(path);
    return path;
  }

  #replace(path: string, id: string | undefined): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    try {
      this.#watcher = this.#watch(path);
      this.#path = path;
      this.#id = id;
    } catch (error) {
      // It went away again; the next round finds what is there now.
      if (codeOf(error) === 'ENOENT') return;
      const hint = codeOf(error) === 'ENOSPC' ? 'the limit of inotify watches is reached (sysctl fs.inotify.max_user_watches)' : undefined;
      throw namespaceError(error, { operation: `watch ${path}`, hint });
    }
  }

  #watch(path: string): FSWatcher {
    // Of an ancestor only the one entry counts that leads to the directory: /run is busy.
    const awaited = path === this.#directory ? undefined : this.#directory.slice(path === '/' ? 1 : path.length + 1).split('/')[0];
    const watcher = watch(path, (_, name) => {
      if (this.#closed || this.#watcher !== watcher) return;
      // inotify tells of the directory's own end by its own name.
      if (awaited === undefined) this.#onChange(name === null || name === basename(path) ? undefined : name);
      else if (name === null || name === awaited || name === basename(path)) this.#onChange(undefined);
    });
    if (!this.#keepsAlive) watcher.unref();
    watcher.on('error', (error) => {
      if (!this.#closed) this.#onFailure(namespaceError(error, { operation: `watch ${path}` }));
    });
    return watcher;
  }
}
