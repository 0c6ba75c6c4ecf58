import type { Counted, Counting } from '../../codec/scalars.js';
import { abortError, NetlaneError } from '../../errors.js';
import { LITTLE_ENDIAN, NLM_F_REPLACE, NLMSG_OVERRUN } from '../constants.js';
import type { Message } from '../message.js';
import { leavable, type Reader } from '../leavable.js';
import { Queue } from '../queue.js';
import { closed } from '../refusal.js';
import type { NetlinkSocket } from '../socket.js';
import { offAbort, onAbort } from '../waiting.js';
import type { Exchange } from './exchange.js';
import { askForLinks } from './link-request.js';
import { LinkStates } from './link-states.js';
import { same, type Plain } from './matching.js';
import type { WatchOptions } from './watch-options.js';
import { OwnChanges } from './watch-own.js';
import type { Watched, WatchedObjects } from './watched.js';

/** What a watch tells of one object of one sort. */
export interface ChangeOf<O extends keyof WatchedObjects, N = unknown, C extends Counting = 'number'> {
  /** Without `existing`, only of links 'added' and 'changed' are told apart. */
  readonly action: 'existing' | 'added' | 'changed' | 'removed';
  /** What `value` is. */
  readonly object: O;
  readonly value: Counted<WatchedObjects[O], C>;
  /** With `existing`: what it was before. */
  readonly previous?: Counted<WatchedObjects[O], C>;
  /** The watched namespace. */
  readonly namespace: N;
  /** With `allNamespaces`: the number of the namespace where it happened; absent for the watched one. */
  readonly nsid?: number;
}

/** What a watch tells of one object: `object` says which, and so the type of `value`. */
export type ObjectChange<N = unknown, C extends Counting = 'number'> = {
  readonly [O in keyof WatchedObjects]: ChangeOf<O, N, C>;
}[keyof WatchedObjects];

/** A change; or that the kernel dropped events; or that the differences are told and the state is right again. */
export type Event<N = unknown, C extends Counting = 'number'> =
  ObjectChange<N, C> | { readonly action: 'overrun'; readonly namespace: N } | { readonly action: 'synchronized'; readonly namespace: N };

/** An event before it has its namespace; that value and object belong together is the business of `watched`. */
interface Untold {
  readonly action: Event['action'];
  readonly object?: string;
  readonly value?: object;
  readonly previous?: object;
  readonly nsid?: number;
}

/** What is known of the objects of one sort. */
interface Known {
  readonly watched: Watched;
  readonly values: Map<string, object>;
}

/**
 * A subscription to objects of one namespace, as an async iterator; subscribed from the call on. One loop at a time. Left or closed, it
 * ends its socket.
 */
export class RouteWatch<N = unknown, C extends Counting = 'number'> implements AsyncIterable<Event<N, C>> {
  /** Resolves when the kernel tells changes, and with `existing` when the list of what is there was taken. Rejects with what prevents it. */
  readonly ready: Promise<void>;
  readonly #exchange: Exchange;
  readonly #known: readonly Known[];
  readonly #existing: boolean;
  readonly #signal: AbortSignal | undefined;
  readonly #receiveBuffer: number | undefined;
  readonly #allNamespaces: boolean | undefined;
  readonly #onClose: () => void;
  readonly #queue = new Queue<Event<N, C>>();
  readonly #namespace: N;
  #socket: NetlinkSocket | undefined;
  #own: OwnChanges | undefined;
  readonly #states = new LinkStates();
  readonly #abort = (): void => void this.close();
  /** Sorts of which the kernel drops objects without a word: listed again when it has gone quiet. */
  readonly #doubtful = new Set<Known>();
  /** Whether the kernel dropped events, and the differences are not told yet. */
  #lost = false;
  /** Messages to take before what they are about is listed again, if so many still wait. */
  #before = 0;
  #closing: Promise<void> | undefined;
  #reader: Reader | undefined;
  #referenced = true;

  constructor(exchange: Exchange, namespace: N, watched: readonly Watched[], options: WatchOptions, onClose: () => void) {
    this.#namespace = namespace;
    this.#exchange = exchange;
    this.#known = watched.map((one) => ({ watched: one, values: new Map() }));
    this.#existing = options.existing ?? false;
    this.#signal = options.signal;
    this.#receiveBuffer = options.receiveBuffer;
    this.#allNamespaces = options.allNamespaces;
    this.#onClose = onClose;
    this.ready = this.#begin();
    // Whoever iterates is told as well; nobody has to wait for `ready`.
    this.ready.catch(() => undefined);
  }

  async #begin(): Promise<void> {
    try {
      await this.#start();
    } catch (error) {
      await this.close();
      throw this.#explain(error);
    }
  }

  /** What was aborted is closed, and says why. */
  #explain(error: unknown): unknown {
    const signal = this.#signal;
    const isClosed = error instanceof NetlaneError && error.code === 'NETLANE_CLOSED';
    return signal?.aborted === true && isClosed ? abortError(signal, { namespace: this.#exchange.namespace }) : error;
  }

  async #start(): Promise<void> {
    if (this.#signal?.aborted === true) throw abortError(this.#signal, { namespace: this.#exchange.namespace });
    if (this.#exchange.socket.closed) throw closed('the client', this.#exchange.namespace);
    // Also where nobody reads it.
    if (this.#signal !== undefined) onAbort(this.#signal, this.#abort);
    // Who keeps a state hears also of what changes it in silence.
    const groups = new Set(
      this.#known.flatMap(({ watched }) => [...watched.groups, ...(this.#existing ? (watched.silence?.groups ?? []) : [])]),
    );
    const own = this.#existing ? new OwnChanges(this.#exchange, this.#known, (known) => this.#doubtful.add(known as Known)) : undefined;
    this.#own = own;
    const socket = await this.#exchange.subscribe([...groups], {
      receiveBuffer: this.#receiveBuffer,
      allNamespaces: this.#allNamespaces,
    });
    this.#socket = socket;
    if (!this.#referenced) socket.unref();
    if (this.#closing !== undefined) {
      await socket.close();
      throw this.#closedError();
    }
    if (this.#existing) {
      own?.begin(socket);
      for (const known of this.#known) {
        for (const value of await this.#listWhole(known)) {
          this.#put(known, known.watched.key(value as Plain), value);
          this.#tell({ action: 'existing', object: known.watched.object, value });
        }
      }
    }
  }

  /** What is known of an object from now on; undefined: it is gone. */
  #put({ watched, values }: Known, key: string, value: object | undefined): void {
    const previous = values.get(key);
    if (value === undefined) values.delete(key);
    else values.set(key, value);
    if (watched.object === 'link') this.#own?.told(previous, value);
  }

  #closedError(): NetlaneError {
    return closed('the watch', this.#exchange.namespace);
  }

  async #list({ watched }: Known): Promise<object[]> {
    const body = watched.object === 'link' ? askForLinks() : new Uint8Array(watched.headerSize);
    body[0] = watched.family ?? 0;
    const { get: type, create: answer, codec } = watched;
    const operation = (): string => `list ${watched.object}s`;
    const listed = await this.#exchange.list({ type, answer, body, codec, operation }, { signal: this.#signal });
    return listed.flatMap((value) => objectsOf(watched, value));
  }

  /** The first list: without it the watch has nothing to tell, however often others interrupt it. */
  async #listWhole(known: Known): Promise<object[]> {
    for (;;) {
      const listed = await this.#listUnlessInterrupted(known);
      if (listed !== undefined) return listed;
      if (this.#closing !== undefined) throw this.#closedError();
    }
  }

  /** undefined where the list was interrupted each time that it was tried. */
  async #listUnlessInterrupted(known: Known): Promise<object[] | undefined> {
    try {
      return await this.#list(known);
    } catch (error) {
      if (error instanceof NetlaneError && error.code === 'NETLANE_DUMP_INTERRUPTED') return undefined;
      throw error;
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<Event<N, C>, undefined, undefined> {
    return leavable(
      (reader) => this.#events(reader),
      (reader) => {
        if (this.#reader === reader) void this.close();
      },
    );
  }

  async *#events(reader: Reader): AsyncGenerator<Event<N, C>, undefined, undefined> {
    if (this.#reader !== undefined)
      throw new NetlaneError('NETLANE_BUSY', 'another loop reads this watch', { namespace: this.#exchange.namespace });
    this.#reader = reader;
    try {
      await this.ready;
      const socket = this.#socket;
      if (socket === undefined) throw this.#closedError();
      const messages = socket.messages({ signal: this.#signal });
      for (;;) {
        for (;;) {
          const event = this.#queue.shift();
          if (event === undefined) break;
          yield event;
        }
        if (this.#doubtful.size > 0 && (socket.waiting === 0 || (this.#lost && this.#before === 0))) {
          await this.#relist();
          continue;
        }
        const message = await messages.next();
        if (message.done === true) return undefined;
        if (this.#before > 0) this.#before--;
        if (message.value.type === NLMSG_OVERRUN) this.#lose(socket.waiting);
        else this.#take(message.value);
      }
    } catch (error) {
      if (reader.left) return undefined;
      throw this.#explain(error);
    } finally {
      this.#reader = undefined;
      await this.close();
    }
  }

  #take(message: Message): void {
    // The answer to a look says how a link is, and is no sign of anything else.
    const isAnswer = this.#own?.isAnswer(message) === true;
    const own = message.nsid === undefined;
    const isSign = this.#existing && own && !isAnswer;
    const moved = isSign && this.#states.take(message);
    for (const known of this.#known) {
      const { watched } = known;
      if (isSign && watched.silence?.broken(message, known.values, moved) === true) this.#doubtful.add(known);
      if (message.type !== watched.create && message.type !== watched.delete) continue;
      if (watched.family !== undefined && message.body[0] !== watched.family) {
        if (this.#existing && own && message.type === watched.create) this.#takePart(known, message);
        continue;
      }
      for (const value of objectsOf(watched, this.#exchange.read(watched.codec, message.body))) {
        if (!this.#existing || !own) this.#pass(known, value, message);
        else if (message.type === watched.create) this.#made(known, value, message.flags);
        else this.#gone(known, value);
      }
    }
  }

  /** What another family tells of an object that is known. */
  #takePart(known: Known, { body }: Message): void {
    const { part, object, key } = known.watched;
    if (part === undefined || body[0] !== part.family) return;
    const told = this.#exchange.read(part.codec, body);
    const previous = known.values.get(key(told as Plain));
    if (previous === undefined) return;
    const value = part.merge(previous as Plain, told as Plain);
    this.#put(known, key(value), value);
    if (!this.#alike(known, previous, value)) this.#tell({ action: 'changed', object, value, previous });
  }

  /** As the kernel tells it, without knowing what was before. */
  #pass({ watched }: Known, value: object, message: Message): void {
    const { object } = watched;
    const action = message.type === watched.delete ? 'removed' : object !== 'link' || isNewLink(message) ? 'added' : 'changed';
    this.#tell({ action, object, value, ...(message.nsid === undefined ? undefined : { nsid: message.nsid }) });
  }

  #made(known: Known, told: object, flags: number): void {
    const { object, key: keyOf, partial } = known.watched;
    const key = keyOf(told as Plain);
    const previous = known.values.get(key);
    const value = partial === true ? { ...previous, ...told } : told;
    this.#put(known, key, value);
    if (previous === undefined) this.#tell({ action: 'added', object, value });
    else if (!this.#alike(known, previous, value)) this.#tell({ action: 'changed', object, value, previous });
    if (
      object === 'route' &&
      ((flags & NLM_F_REPLACE) !== 0 || (value as Plain)['nexthops'] !== undefined || known.watched.family === 10)
    ) {
      // A replaced route is not reported as deleted; IPv6 reports the next hops of one route one by one or together.
      this.#doubtful.add(known);
    }
  }

  #gone(known: Known, value: object): void {
    const { object, key: keyOf, strict } = known.watched;
    const key = keyOf(value as Plain);
    const previous = known.values.get(key);
    this.#put(known, key, undefined);
    if (previous !== undefined) this.#tell({ action: 'removed', object, value, previous });
    else if (strict === true) this.#doubtful.add(known);
  }

  #tell(event: Untold): void {
    this.#queue.push({ ...event, namespace: this.#namespace } as Event<N, C>);
  }

  #alike(known: Known, a: object, b: object): boolean {
    return same(a, b, known.watched.ignored);
  }

  /**
   * The kernel dropped events. What waits already may have further losses in it, and is taken first: one look for all of them, or a slow
   * reader would look for each and be ever further behind.
   */
  #lose(waiting: number): void {
    if (!this.#lost) this.#tell({ action: 'overrun' });
    this.#states.forget();
    if (!this.#existing || this.#lost) return;
    this.#lost = true;
    this.#before = waiting;
    for (const known of this.#known) this.#doubtful.add(known);
  }

  /** Tells the differences between what is known and what is there, of the sorts that are in doubt. */
  async #relist(): Promise<void> {
    const sorts = Array.from(this.#doubtful);
    for (const known of sorts) {
      this.#doubtful.delete(known);
      const listed = await this.#listUnlessInterrupted(known);
      if (listed === undefined) this.#doubtful.add(known);
      else this.#compare(known, listed);
    }
    if (!this.#lost || this.#doubtful.size > 0) return;
    this.#lost = false;
    this.#tell({ action: 'synchronized' });
  }

  #compare(known: Known, listed: readonly object[]): void {
    const { object, key } = known.watched;
    const now = new Map(listed.map((value) => [key(value as Plain), value]));
    for (const [name, previous] of known.values) {
      if (now.has(name)) continue;
      this.#put(known, name, undefined);
      this.#tell({ action: 'removed', object, value: previous, previous });
    }
    for (const [name, value] of now) {
      const previous = known.values.get(name);
      this.#put(known, name, value);
      if (previous === undefined) this.#tell({ action: 'added', object, value });
      else if (!this.#alike(known, previous, value)) this.#tell({ action: 'changed', object, value, previous });
    }
  }

  /** A loop over the watch keeps the process alive while it waits: the default. */
  ref(): this {
    this.#referenced = true;
    this.#socket?.ref();
    return this;
  }

  /** A loop over the watch does not keep the process alive. What it lists, at its beginning and after losses, does until that is answered. */
  unref(): this {
    this.#referenced = false;
    this.#socket?.unref();
    return this;
  }

  /** Ends the watch; a loop that waits is rejected with NETLANE_CLOSED. Idempotent. */
  close(): Promise<void> {
    if (this.#closing === undefined) {
      this.#onClose();
      this.#own?.end();
      if (this.#signal !== undefined) offAbort(this.#signal, this.#abort);
      this.#closing = this.#socket?.close() ?? Promise.resolve();
    }
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** The objects that a message is about, of those that are told. */
function objectsOf({ expand, told }: Watched, value: object): readonly object[] {
  const all = expand?.(value as Plain) ?? [value];
  return told === undefined ? all : all.filter((one) => told(one as Plain));
}

/** Of a link that is new to its namespace the kernel says that all its flags changed (ifi_change), of one that changes which did. */
function isNewLink({ body }: Message): boolean {
  return new DataView(body.buffer, body.byteOffset).getUint32(12, LITTLE_ENDIAN) === 0xffff_ffff;
}
