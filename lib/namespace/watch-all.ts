import { checkOptions } from '../arguments.js';
import { abortError, NetlaneError } from '../errors.js';
import { leavable, type Reader } from '../netlink/leavable.js';
import type { RouteClient } from '../netlink/route.js';
import { offAbort, onAbort } from '../netlink/waiting.js';
import type { Event, RouteWatch } from '../netlink/route/watch.js';
import { checkWatch, type WatchOptions } from '../netlink/route/watch-options.js';
import type { WatchedName } from '../netlink/route/watched.js';

/** Options of Namespace.watchAll(). */
export interface WatchAllOptions extends WatchOptions {
  /** Whose loops poll the sockets: the namespaces' lanes (default), or the caller's. */
  readonly thread?: 'lane' | 'caller' | undefined;
}

/** Checks before anything is opened. */
export function checkWatchAll(objects: readonly WatchedName[], options: WatchAllOptions): WatchAllOptions {
  checkOptions('options', options, ['existing', 'receiveBuffer', 'allNamespaces', 'signal', 'thread']);
  const { thread: _thread, ...rest } = options;
  checkWatch(objects, rest);
  return options;
}

/** What one of the watches told; undefined at its end. */
type Pulled<N> = { readonly index: number } & ({ readonly event: Event<N> | undefined } | { readonly error: unknown });

/** One namespace that is closed ends the watch of all: the message says which it was. */
function placed(error: unknown): unknown {
  if (!(error instanceof NetlaneError) || error.code !== 'NETLANE_CLOSED' || error.namespace === undefined) return error;
  const { namespace, operation } = error;
  return new NetlaneError('NETLANE_CLOSED', `what was watched in ${namespace} is closed`, { namespace, operation, cause: error });
}

/** The watches of many namespaces as one async iterator. One loop; leaving it, or close(), ends them all. */
export class WatchAll<N> implements AsyncIterable<Event<N>> {
  /** Resolves when every namespace is subscribed; rejects with what prevents one, and then all are closed. */
  readonly ready: Promise<void>;
  readonly #clients: RouteClient<N>[] = [];
  readonly #watches: RouteWatch<N>[] = [];
  readonly #signal: AbortSignal | undefined;
  readonly #abort = (): void => void this.close();
  #closing: Promise<void> | undefined;
  #reader: Reader | undefined;
  #referenced = true;

  constructor(open: readonly (() => Promise<RouteClient<N>>)[], objects: readonly WatchedName[], options: WatchOptions) {
    this.#signal = options.signal;
    // Also where nobody reads it; the watches say why they end.
    if (this.#signal !== undefined) onAbort(this.#signal, this.#abort);
    this.ready = this.#start(open, objects, options);
    // Whoever iterates is told as well; nobody has to wait for `ready`.
    this.ready.catch(() => undefined);
  }

  async #start(open: readonly (() => Promise<RouteClient<N>>)[], objects: readonly WatchedName[], options: WatchOptions): Promise<void> {
    const opened = await Promise.allSettled(open.map((one) => one()));
    for (const result of opened) if (result.status === 'fulfilled') this.#clients.push(result.value);
    try {
      for (const result of opened) if (result.status === 'rejected') throw result.reason;
      if (this.#signal?.aborted === true) throw abortError(this.#signal);
      if (this.#closing !== undefined) throw new NetlaneError('NETLANE_CLOSED', 'the watch is closed');
      for (const client of this.#clients) this.#watches.push(client.watch(objects, options));
      if (!this.#referenced) this.unref();
      await Promise.all(this.#watches.map((watch) => watch.ready));
    } catch (error) {
      await this.#end();
      throw error;
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<Event<N>, undefined, undefined> {
    return leavable(
      (reader) => this.#events(reader),
      (reader) => {
        if (this.#reader === reader) void this.close();
      },
    );
  }

  async *#events(reader: Reader): AsyncGenerator<Event<N>, undefined, undefined> {
    if (this.#reader !== undefined) throw new NetlaneError('NETLANE_BUSY', 'another loop reads this watch');
    this.#reader = reader;
    try {
      await this.ready;
      const iterators = this.#watches.map((watch) => watch[Symbol.asyncIterator]());
      // Never rejects: what still waits when the loop is left is told by nobody.
      const pull = async (index: number): Promise<Pulled<N>> => {
        try {
          const result = await iterators[index]?.next();
          return { index, event: result?.done === false ? result.value : undefined };
        } catch (error) {
          return { index, error };
        }
      };
      const pending = new Map(iterators.map((_, index) => [index, pull(index)]));
      while (pending.size > 0) {
        const pulled = await Promise.race(pending.values());
        if ('error' in pulled) throw this.#closing === undefined ? placed(pulled.error) : pulled.error;
        const { index, event } = pulled;
        pending.delete(index);
        if (event === undefined) continue;
        // Behind the others, so that a busy namespace does not hide the quiet ones.
        pending.set(index, pull(index));
        yield event;
      }
      return undefined;
    } catch (error) {
      if (reader.left) return undefined;
      throw error;
    } finally {
      this.#reader = undefined;
      await this.close();
    }
  }

  /** A loop over the watches keeps the process alive while it waits: the default. */
  ref(): this {
    this.#referenced = true;
    for (const watch of this.#watches) watch.ref();
    return this;
  }

  /** A loop over the watches does not keep the process alive. Opening them does, and what they list, until that is answered. */
  unref(): this {
    this.#referenced = false;
    for (const watch of this.#watches) watch.unref();
    return this;
  }

  async #end(): Promise<void> {
    if (this.#signal !== undefined) offAbort(this.#signal, this.#abort);
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  /** Ends all of it. Idempotent: the same promise every time. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
