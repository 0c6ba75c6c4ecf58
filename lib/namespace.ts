import { inspect } from 'node:util';
import { invalidArgument, NetlaneError } from './errors.js';
import { native } from './native.js';
import { checkMilliseconds, isObject, isRecord } from './arguments.js';
import type { Protocol } from './netlink/constants.js';
import type { SocketOptions } from './netlink/socket-options.js';
import type { NetlinkSocket } from './netlink/socket.js';
import { bindName, checkCreateOptions, createAnonymous, createNamed, deleteName, type CreateOptions } from './namespace/create.js';
import { namespaceError } from './namespace/entry-error.js';
import { Executor } from './namespace/executor.js';
import { bindHandle, callSite, checkTaskChoice, handleOf, NamespaceHandle, type HandleInit } from './namespace/handle.js';
import type { Leaks, LeaksOptions } from './namespace/leaks.js';
import type { ListOptions, NamespaceEntry } from './namespace/list.js';
import type { WatchAll, WatchAllOptions } from './namespace/watch-all.js';
import type {
  ModuleRunOptions,
  ExportOf,
  OptionalOptions,
  ModuleFunction,
  RunOptions,
  TaskFunction,
  TaskResult,
} from './execution/run-types.js';
import type { WatchedName } from './netlink/route/watched.js';
import type { CountingOf, RouteClient, RouteOptions } from './netlink/route.js';
import { checkDirectoryOption, checkName, creationDirectory, hasEntry, searchDirectories } from './namespace/names.js';
import { checkOpenOptions, existsError, openSource, type NamespaceSource, type OpenOptions } from './namespace/open.js';
import { removeName } from './namespace/remove.js';
import type { NamespaceWatch, NamespaceWatchOptions } from './namespace/watch.js';
import * as leaks from './namespace/leaks.js';
import * as lists from './namespace/list.js';
import * as netlink from './namespace/netlink.js';
import * as nsid from './namespace/nsid.js';
import * as routes from './namespace/route.js';
import * as runs from './namespace/run.js';
import * as watches from './namespace/watch.js';
import * as watchAll from './namespace/watch-all.js';

/** An event of a watch whose objects are all of one type. */
export type Change<T extends object> =
  | {
      readonly action: 'existing' | 'added' | 'changed' | 'removed';
      readonly object: string;
      readonly value: T;
      readonly previous?: T;
      readonly namespace: Namespace;
      readonly nsid?: number;
    }
  | { readonly action: 'overrun' }
  | { readonly action: 'synchronized' };

export type { CreateOptions } from './namespace/create.js';
export type { LeakedDescriptor, LeakedMount, LeakedThread, Leaks, LeaksOptions } from './namespace/leaks.js';
export type { ListOptions, NamespaceEntry } from './namespace/list.js';
export type { NamespaceSource, OpenOptions } from './namespace/open.js';
export type { WatchAll, WatchAllOptions } from './namespace/watch-all.js';
export type { NamespaceChange, NamespaceWatch, NamespaceWatchOptions } from './namespace/watch.js';

/** Known to this file only: what makes a Namespace is a static method of it. */
const seal = Symbol('Namespace');

/** Options of attach() and delete(). */
export interface NameOptions {
  /** The directory of the name. Default: /run/netns, and for delete() /var/run/netns as well. An absolute path. */
  readonly directory?: string | undefined;
}

/**
 * One network namespace, held open by a file descriptor of this process. No thread of JavaScript ever enters it on behalf of this class: what
 * has to be opened inside is opened by a native thread, which ends with it, or after half a second without another.
 *
 * Made by create(), open() and current() only. It belongs to the thread that made it. All methods may be called concurrently.
 */
export class Namespace extends Executor {
  readonly #handle: NamespaceHandle;

  private constructor(token: symbol, handle: NamespaceHandle) {
    if (token !== seal) {
      throw new NetlaneError('NETLANE_INVALID_ARGUMENT', 'a Namespace cannot be constructed', {
        hint: 'use Namespace.create(), Namespace.open() or Namespace.current()',
      });
    }
    super();
    this.#handle = handle;
    bindHandle(this, handle);
  }

  /**
   * Creates a network namespace, on a native thread that ends with the call: no thread that lives on is moved.
   *
   * With a name it appears in /run/netns, for iproute2 and in other mount namespaces, and stays until Namespace.delete(). Creation is a transaction:
   * if any part of it fails nothing is left, neither file nor mount nor thread. Without a name it is gone with its last user (a handle, a process, a socket).
   *
   * @param name 1 to 255 bytes, without '/' and NUL, not '.' or '..'; undefined for none.
   * @param options See CreateOptions.
   * @returns An open handle, to be closed by the caller.
   * @throws NETLANE_INVALID_ARGUMENT; EEXIST when the name exists; EPERM without CAP_SYS_ADMIN, or with `loopback` CAP_NET_ADMIN; ENOSPC at the limit
   *   user.max_net_namespaces; EMFILE; with ifExists 'open' NETLANE_NOT_A_NETNS when the entry is stale (a file without a namespace, a link that leads nowhere).
   * Of many calls with one name at once exactly one creates it.
   * Source: unshare(2), mount(2), ip-netns(8). Since Linux 3.0.
   */
  static create(this: void, name?: string, options?: CreateOptions): Promise<Namespace>;
  static create(this: void, options: CreateOptions): Promise<Namespace>;
  static create(this: void, first?: string | CreateOptions, second?: CreateOptions): Promise<Namespace> {
    const opened = callSite(Namespace.create);
    return Namespace.#create(first, second, opened);
  }

  static async #create(first: unknown, second: unknown, opened: string): Promise<Namespace> {
    const [name, given] = second === undefined && isRecord(first) ? [undefined, first] : [first, second];
    const options = checkCreateOptions(given);
    const lane = options.lane ?? 'own';
    const laneIdle = checkLaneIdle(options.laneIdle);
    const tasks = checkTaskChoice(options);
    if (name === undefined) {
      const surplus = (['temporary', 'ifExists', 'directory'] as const).find((key) => options[key] !== undefined && options[key] !== false);
      if (surplus !== undefined) {
        throw new NetlaneError('NETLANE_INVALID_ARGUMENT', `options.${surplus} is about a name, and there is none`, {
          operation: 'create a namespace',
          hint: 'an anonymous namespace is gone with its last user anyway',
        });
      }
      return Namespace.#own({ fd: await createAnonymous(options.loopback === true), lane, laneIdle, tasks, temporary: false, opened });
    }
    const { made, ...created } = await createNamed(checkName(name), options);
    try {
      return Namespace.#own({ ...created, lane, laneIdle, tasks, temporary: made && options.temporary === true, opened });
    } catch (error) {
      if (made && created.directory !== undefined)
        await removeName(created.directory, created.name ?? '', `create namespace ${name as string}`);
      throw error;
    }
  }

  /**
   * Opens a namespace that exists. Never blocks, and opens nothing that is not a network namespace, whatever it is.
   *
   * @param source A name (looked up in /run/netns, then /var/run/netns), or one of
   *   `{ name }`; `{ path }` of a namespace file; `{ pid }` of a process, with `tid` of one of its threads; `{ pidfd }`;
   *   `{ fd }` of a namespace, which is duplicated and stays the caller's; `{ socket }`, the fd of a socket of any family, or an object that has one;
   *   `{ container }`, the id of a running container of Docker, podman, containerd or CRI-O, at least 4 digits of it.
   * @param options See OpenOptions.
   * @returns An open handle, to be closed by the caller.
   * @throws NETLANE_INVALID_ARGUMENT; NETLANE_NOT_A_NETNS; ENOENT when there is no such name or process; EACCES when the process is another user's;
   *   ESRCH when the process behind a pidfd has ended; EBADF; EMFILE; NETLANE_CONTAINER_NOT_FOUND; NETLANE_CONTAINER_AMBIGUOUS, with the candidates in `details`.
   * Source: ioctl_ns(2) (Linux 4.11), SIOCGSKNS (4.10), PIDFD_GET_NET_NAMESPACE (6.11, emulated before), cgroups(7).
   */
  static open(this: void, source: NamespaceSource, options?: OpenOptions): Promise<Namespace> {
    const opened = callSite(Namespace.open);
    return Namespace.#open(source, options, opened);
  }

  static async #open(source: unknown, given: unknown, opened: string): Promise<Namespace> {
    const options = checkOpenOptions(given);
    const laneIdle = checkLaneIdle(options.laneIdle);
    const tasks = checkTaskChoice(options);
    const found = await openSource(source, options);
    return Namespace.#own({ ...found, lane: options.lane ?? 'own', laneIdle, tasks, temporary: false, opened });
  }

  /**
   * Opens the namespace that the calling thread is in: in the main thread the process's own, in a task that of the task.
   * Rejects with EMFILE. Source: /proc/thread-self/ns/net (namespaces(7)).
   */
  static current(this: void): Promise<Namespace> {
    const opened = callSite(Namespace.current);
    // What is thrown becomes a rejection.
    return new Promise((resolve) => resolve(Namespace.#current(opened)));
  }

  static #current(opened: string): Namespace {
    let fd;
    try {
      fd = native().currentNamespace();
    } catch (thrown) {
      throw namespaceError(thrown, { operation: "open this thread's namespace" });
    }
    return Namespace.#own({ fd, lane: 'own', temporary: false, opened });
  }

  /** Takes the fd, or closes it. */
  static #own(init: HandleInit): Namespace {
    let handle;
    try {
      handle = new NamespaceHandle(init);
    } catch (thrown) {
      native().closeFd(init.fd);
      throw thrown;
    }
    return new Namespace(seal, handle);
  }

  /**
   * Gives a name to a namespace that exists, so that `ip netns` and other programs find it. On any failure nothing is left.
   *
   * @param name As in create().
   * @param target An open Namespace, or anything that open() takes.
   * @throws As open() and create(); NETLANE_CLOSED. Source: ip-netns(8) (attach), mount(2).
   */
  static async attach(name: string, target: Namespace | NamespaceSource, options?: NameOptions): Promise<void> {
    checkName(name);
    const directory = checkDirectoryOption(options);
    const operation = `attach the name ${name}`;
    const existing = searchDirectories(directory).find((candidate) => hasEntry(candidate, name, operation));
    if (existing !== undefined) throw existsError(existing, name, `delete it with Namespace.delete('${name}')`, operation);
    const handle = handleOf(target);
    if (handle !== undefined) {
      const release = handle.acquire();
      await bindName(creationDirectory(directory), name, handle.fd, operation).finally(release);
      return;
    }
    const { fd } = await openSource(target, { directory });
    await bindName(creationDirectory(directory), name, fd, operation).finally(() => native().closeFd(fd));
  }

  /**
   * Deletes a name: unmounts what is there, however often, and removes the file. A stale entry (a file without a namespace) is removed as well. The
   * namespace lives on while something else uses it. EBUSY is tried again for 0.6 s. A directory that this process made a mount for its names (see
   * CreateOptions) is none any more after the last of them.
   *
   * @throws NETLANE_INVALID_ARGUMENT; ENOENT when there is no such name; EISDIR for a directory; EPERM, EACCES. Source: umount(2), ip-netns(8).
   */
  static async delete(name: string, options?: NameOptions): Promise<void> {
    checkName(name);
    await deleteName(name, checkDirectoryOption(options));
  }

  /**
   * Lists the namespaces that have names, sorted by name, and with `{ all: true }` those of running processes as well. Stale entries and what this user
   * may not look at are left out. Plain objects: see NamespaceEntry.
   */
  static async list(options?: ListOptions): Promise<NamespaceEntry[]> {
    const { checkListOptions, listNamespaces } = lists;
    const checked = checkListOptions(options);
    const nsids = await nsid.NsidReader.open();
    try {
      return await listNamespaces(checked, (fd) => nsids.of(fd));
    } finally {
      await nsids.close();
    }
  }

  /**
   * Watches names come and go, from this call on: a for-await iterator of NamespaceChange, with `ready`, close(), ref() and unref(). The directory may not
   * exist yet. A name is reported when a namespace is mounted on it. Keeps the process alive; holds no namespace open.
   *
   * @throws NETLANE_INVALID_ARGUMENT at once; while iterating ABORT_ERR, and ENOSPC at the limit fs.inotify.max_user_watches.
   */
  static watch(options?: NamespaceWatchOptions): NamespaceWatch {
    const { checkWatchOptions, NamespaceWatch } = watches;
    return new NamespaceWatch(checkWatchOptions(options));
  }

  /**
   * Watches objects of many namespaces at once: each event tells its namespace. Subscribed when `ready` resolves. A loop over
   * it keeps the process alive, unless unref() was called.
   *
   * @param namespaces open handles.
   * @param objects what to watch, as RouteClient.watch() takes it.
   * @throws NETLANE_INVALID_ARGUMENT at once; while iterating what the watch of any of them ends with.
   */
  static watchAll(namespaces: Iterable<Namespace>, objects: readonly WatchedName[], options: WatchAllOptions = {}): WatchAll<Namespace> {
    const { checkWatchAll, WatchAll } = watchAll;
    const { thread, ...rest } = checkWatchAll(objects, options);
    if (!isObject(namespaces) || typeof namespaces[Symbol.iterator] !== 'function') {
      throw invalidArgument('namespaces', 'an array of Namespaces, or another iterable of them', namespaces);
    }
    // One that is named twice is watched once.
    const all = [...new Set(namespaces)].map((namespace, index) => {
      if (handleOf(namespace) === undefined) throw invalidArgument(`namespaces[${index}]`, 'a Namespace', namespace);
      return () => namespace.route({ thread });
    });
    return new WatchAll(all, objects, rest);
  }

  /**
   * Threads of this process that are in another network namespace than its main thread, fds that keep namespaces alive, and names that this thread made,
   * each with its owner, where the calling thread knows one. What has no owner was left by somebody. Looks at /proc/self: for tests and for finding faults.
   */
  static leaks(options?: LeaksOptions): Leaks {
    return leaks.findLeaks(options);
  }

  /** 'device:inode'. Two namespaces that are open at the same time never have the same; after the last use the kernel gives it to another at once. */
  get id(): string {
    return this.#handle.id;
  }

  /**
   * The kernel's number of the namespace (SO_NETNS_COOKIE), which is never given again while the machine runs; 0n before Linux 5.14. Read when first asked
   * for, by entering the namespace: NETLANE_FOREIGN_USERNS, EPERM, NETLANE_CLOSED. Once read it stays, also after close().
   */
  get cookie(): bigint {
    return this.#handle.cookie;
  }

  /** The name that it was created or opened by; undefined for all others, even where one exists. */
  get name(): string | undefined {
    return this.#handle.name;
  }

  /** Whether close() was called. */
  get closed(): boolean {
    return this.#handle.closed;
  }

  /** The file descriptor, which stays the handle's: valid until close(). Throws NETLANE_CLOSED. */
  get fd(): number {
    return this.#handle.fd;
  }

  /**
   * Opens a netlink socket inside. By default the namespace's lane pumps it: a thread that entered the namespace and never leaves. With
   * thread 'caller' the caller's own loop does.
   *
   * @param protocol 'route', 'generic', 'netfilter', ... or a number from 0 to 31.
   * @throws NETLANE_INVALID_ARGUMENT; NETLANE_CLOSED; EPERM or NETLANE_FOREIGN_USERNS where the namespace cannot be entered; EPROTONOSUPPORT
   *   where the kernel lacks the protocol; EPERM for groups that need CAP_NET_ADMIN; EADDRINUSE; EMFILE. Source: netlink(7).
   */
  async netlink(protocol: Protocol, options: SocketOptions = {}): Promise<NetlinkSocket> {
    return netlink.openNetlink(this.#handle, protocol, options);
  }

  /**
   * Opens a typed client of rtnetlink inside: links, addresses, routes, rules, neighbours.
   *
   * @param options see RouteOptions. With `{ bigint: true }` counters of 64 bits are bigint, in the values and in their types.
   * @throws as netlink.
   */
  async route<const O extends RouteOptions = RouteOptions>(options: O = {} as O): Promise<RouteClient<Namespace, CountingOf<O>>> {
    return routes.openRoute<Namespace, O>(this.#handle, this, options);
  }

  /**
   * Runs a function inside, on a thread of the namespace's tasks: everything that it does synchronously, its sockets and its children are there.
   * The function is sent as its source text: it must be self-contained, and gets its values by `args`. It may be async, and import what it
   * needs itself.
   *
   * Whatever it does (blocks, exits, throws, never returns, runs out of memory) harms neither sockets nor other tasks. It is no sandbox: it
   * has all rights of the process.
   *
   * @param task the function; or the URL of a module, of which `options.export` ('default') is called.
   * @param options see RunOptions.
   * @returns what the function returns, as structured clone copies it, errors in it with all their fields. An iterator for (async) generators and
   *   async iterables, which is stepped through as it is read: `for await (const value of namespace.run(...))`.
   * @throws what the function throws, with its code, stack and cause; NETLANE_FUNCTION_REFUSED, NETLANE_NOT_SELF_CONTAINED, NETLANE_NO_EXPORT,
   *   NETLANE_NOT_CLONEABLE; ABORT_ERR, NETLANE_TIMEOUT, NETLANE_CLOSED, at once; NETLANE_TASK_LOST, NETLANE_OUT_OF_MEMORY; NETLANE_INVALID_ARGUMENT;
   *   EPERM or NETLANE_FOREIGN_USERNS where the namespace cannot be entered.
   */
  run<F extends TaskFunction>(task: F, ...rest: OptionalOptions<Parameters<F>, RunOptions<Parameters<F>>>): TaskResult<ReturnType<F>>;
  run(url: URL | string, options?: ModuleRunOptions): Promise<unknown>;
  run<Module extends object, Name extends ExportOf<Module> = ExportOf<Module>>(
    url: URL | string,
    ...rest: OptionalOptions<Parameters<ModuleFunction<Module, Name>>, ModuleRunOptions<Parameters<ModuleFunction<Module, Name>>, Name>>
  ): TaskResult<ReturnType<ModuleFunction<Module, Name>>>;
  run(task: unknown, options?: unknown): Promise<unknown> {
    try {
      return runs.runInside(this, task, options);
    } catch (error) {
      // What runs tasks could not be loaded.
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Whether both are the same namespace. After a close() only what is certain is true: the same handle, or equal cookies that were read before. */
  equals(other: Namespace): boolean {
    const handle = handleOf(other);
    if (handle === undefined) throw invalidArgument('other', 'a Namespace', other);
    if (handle === this.#handle) return true;
    if (!handle.closed && !this.closed) return handle.id === this.id;
    const cookie = this.#handle.knownCookie ?? 0n;
    return cookie !== 0n && cookie === handle.knownCookie;
  }

  /**
   * Gives the handle up: requests are rejected with NETLANE_CLOSED; sockets, watches and tasks end; a temporary name is deleted. The namespace itself
   * lives on while it has a name or another user, and so do sockets and child processes that were handed out. Idempotent: the same promise every time.
   * Rejects when something could not be ended (a temporary name that may not be deleted, for example); the fd is closed all the same.
   */
  close(): Promise<void> {
    return this.#handle.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** 'Namespace(blue, 4:4026532281)', without a name 'Namespace(4:4026532281)'. */
  override toString(): string {
    return this.#handle.toString();
  }

  [inspect.custom](): string {
    return this.closed ? `${this.toString()} closed` : this.toString();
  }
}

function checkLaneIdle(value: number | undefined): number | undefined {
  return value === undefined ? undefined : checkMilliseconds('laneIdle', value);
}
