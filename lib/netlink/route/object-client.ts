import { invalidArgument, NetlinkError } from '../../errors.js';
import type { Codec } from '../../codec/codec.js';
import { NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE } from '../constants.js';
import { isRecord } from '../../arguments.js';
import { Entries, type Batches } from '../entries.js';
import { isCode, isGone } from './codes.js';
import { checkOperationOptions, type Call, type Exchange, type OperationOptions } from './exchange.js';
import { Comparison, leftAsItIs, merged, named, settable, type Ensuring, type Sought } from './ensuring.js';
import { absences, matcher, same, standsFor, type Plain } from './matching.js';
import { asListed, prefixes, withAllMembers } from './pattern.js';

/** What a client must know of a kind of kernel object: one declaration for each. */
export interface ObjectType<T extends object, I extends object> {
  /** In words, for errors and for Change.object: 'route'. */
  readonly title: string;
  readonly codec: Codec<T, I>;
  readonly types: { readonly create: number; readonly delete: number; readonly get: number };
  /** Size of the fixed header, whose first byte is the address family. */
  readonly headerSize: number;
  /** Fields of a filter that the kernel itself filters a dump by (strict checking). */
  readonly filters: readonly string[];
  /** Filters that the objects themselves do not have. */
  readonly queries?: readonly string[] | undefined;
  /** Filters that the kernel takes by another field than the objects have them in. */
  readonly sentAs?: Readonly<Record<string, string>> | undefined;
  /** Family that a dump asks for, whatever the filter. */
  readonly family?: number | undefined;
  /** What a filter can say that is no filter: the name of a field and the value, as lists would have it. */
  readonly any?: Plain | undefined;
  /** What every filter has. */
  readonly asked?: Readonly<Record<string, unknown>> | undefined;
  /** Which one a value is, for errors: 'v0'. */
  readonly label: (value: Readonly<Record<string, unknown>>) => string;
  /** Whether the kernel adds what it was asked to change and did not find. */
  readonly addsUnasked?: ((value: Readonly<Record<string, unknown>>) => boolean) | undefined;
  /** What every change must say. */
  readonly required?: readonly string[] | undefined;
  /** Whether a delete says more than what many objects have in common: the kernel takes the first that fits. Default: whether it says anything. */
  readonly tells?: ((value: Readonly<Record<string, unknown>>) => boolean) | undefined;
  /** The fields by which the kernel tells one object from another. */
  readonly key: readonly string[];
  /** What a change has that is not given; what iproute2 would put there. */
  readonly defaults?: ((value: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>) | undefined;
  /** The fields that a delete has; default all. */
  readonly only?: readonly string[] | undefined;
  /** The same for a delete. */
  readonly deletion?: ((value: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>) | undefined;
  /** How ensure() finds, compares and changes one. */
  readonly ensuring?: Ensuring | undefined;
}

/** What ensure() did. */
export interface Ensured<T> {
  /** Whether anything had to be changed. */
  readonly changed: boolean;
  /** The object as it is now. */
  readonly value: T;
}

/** Fields to find objects by: any of those that the objects have; an address without a prefix length matches any length. */
export type Filter<I> = Partial<I>;

function saysAnything(value: Plain): boolean {
  for (const name in value) if (value[name] !== undefined) return true;
  return false;
}

export function plain(value: object): Plain {
  return value as Plain;
}

/** AF_UNSPEC: to list, no family is every family. */
const everyFamily: ReadonlySet<unknown> = new Set([0, 'unspecified', 'unspec', 'any']);

const ENOENT = 2;

/** Prefixes that have all addresses. */
export const everywhere: ReadonlySet<string> = new Set(['0.0.0.0/0', '::/0']);

/** How often ensure() adds what others add and delete meanwhile. */
export const attempts = 5;

/** What is done with one object. */
export type Verb = 'add' | 'replace' | 'change' | 'append' | 'delete';

const verbFlags = {
  add: NLM_F_CREATE | NLM_F_EXCL,
  replace: NLM_F_CREATE | NLM_F_REPLACE,
  change: NLM_F_REPLACE,
  append: NLM_F_CREATE | NLM_F_APPEND,
  delete: 0,
} as const;

/**
 * The operations that rtnetlink has for every kind of object. All may run concurrently; changes are sent in the order of the calls, but
 * for those that name links by name, which wait for the look-up of the index. What list() gave, add() accepts: fields that only the
 * kernel sets are passed over.
 * @typeParam D What tells one that is there, for delete() and ensure().
 */
export class ObjectClient<T extends object, I extends object, D extends object = I> {
  protected readonly exchange: Exchange;
  protected readonly type: ObjectType<T, I>;
  /** What fields stand for that the kernel does not tell. */
  readonly #absent: Plain;
  /** Fields that are prefixes. */
  readonly #prefixed: ReadonlySet<string>;

  constructor(exchange: Exchange, type: ObjectType<T, I>) {
    this.exchange = exchange;
    this.type = type;
    this.#absent = absences(type.codec);
    this.#prefixed = prefixes(type.codec);
  }

  protected words(verb: string, value?: object): () => string {
    return () => `${verb} ${this.type.title}${value === undefined ? '' : ` ${this.type.label(plain(value))}`}`.trimEnd();
  }

  protected checkValue(name: string, value: unknown): asserts value is I {
    if (!isRecord(value)) throw invalidArgument(name, `an object (a ${this.type.title})`, value);
  }

  /** The call that a change is. */
  call(verb: Verb, value: I): Call<I> {
    this.checkValue('value', value);
    const { types, codec, required, defaults, deletion, tells = saysAnything } = this.type;
    if (verb === 'delete' && !tells(plain(value))) {
      // The kernel would take the first that it finds.
      throw invalidArgument('value', `what tells the ${this.type.title} that is meant`, value);
    }
    if (required !== undefined)
      for (const name of required) if (plain(value)[name] === undefined) throw invalidArgument(`value.${name}`, 'given', undefined);
    const isDeletion = verb === 'delete';
    return {
      type: isDeletion ? types.delete : types.create,
      flags: verbFlags[verb],
      codec,
      value: isDeletion ? (this.#deletable(plain(value)) as I) : value,
      defaults: (isDeletion ? deletion : defaults)?.(plain(value)),
      operation: this.words(verb, value),
    };
  }

  #deletable(value: Plain): Plain {
    const { only } = this.type;
    return only === undefined ? value : Object.fromEntries(Object.entries(value).filter(([name]) => only.includes(name)));
  }

  /** Makes a change; what is wrong with the arguments is a rejection. */
  protected make(verb: Verb, value: I, options: OperationOptions | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      checkOperationOptions(options);
      this.exchange.changeNow(this.call(verb, value), options, resolve, reject);
    });
  }

  /** Adds one. Rejects with EEXIST when there is one with the same key. */
  add(value: I, options?: OperationOptions): Promise<void> {
    return this.make('add', value, options);
  }

  /** Adds one, or puts it in the place of the one with the same key. */
  replace(value: I, options?: OperationOptions): Promise<void> {
    return this.make('replace', value, options);
  }

  /**
   * Changes one that exists. Rejects with ENOENT, or what the kernel says instead, when there is none. Of addresses, proxies, address labels
   * and forwarding entries of devices it would add one: there it is looked for first, so that one deleted in between comes back.
   */
  async change(value: I, options?: OperationOptions): Promise<void> {
    checkOperationOptions(options);
    const call = this.call('change', value);
    if (this.looksFirst('change', value)) {
      const { find } = await this.#seek(settable(plain(value), this.type.codec) as unknown as I, options);
      if ((await find()).length === 0) throw this.missing(value, { verb: 'change' });
    }
    await this.exchange.change(call, options);
  }

  /** Whether it takes more than the one message of call(). */
  looksFirst(verb: Verb, value: I): boolean {
    return verb === 'change' && this.type.addsUnasked?.(plain(value)) === true;
  }

  /**
   * Deletes one; what list() gave is enough. Rejects with ENOENT, ESRCH or ENODEV when there is none, and with NETLANE_INVALID_ARGUMENT where
   * nothing tells which: of a rule or a route that is no more than its family, say, the kernel would take the first.
   */
  delete(value: D, options?: OperationOptions): Promise<void> {
    return this.make('delete', value as unknown as I, options);
  }

  /** The filter as the objects have it: names of links are indexes, numbers are names. */
  async normalize(filter: Filter<I>, options?: OperationOptions): Promise<{ readonly body: Uint8Array; readonly pattern: Plain }> {
    this.checkValue('filter', filter);
    const all = Object.entries({ ...plain(filter), ...this.type.asked });
    const given = all.filter(([name, value]) => value !== undefined && !(name === 'family' && everyFamily.has(value)));
    const { codec, headerSize, filters, sentAs } = this.type;
    const encoded = await this.exchange.encode({ codec, value: Object.fromEntries(given) as I }, options);
    encoded.release();
    const read = plain(this.exchange.read(codec, encoded.bytes));
    const listed = asListed(Object.fromEntries(given), read, codec, (one, bytes) => this.exchange.read(one, bytes));
    const pattern: Record<string, unknown> = {};
    for (const [name, value] of given) {
      if (this.type.queries?.includes(name) === true) continue;
      // As routes have it, of rules.
      const normal = listed[name] === 'default' && this.#absent[name] === 'all' ? 'all' : listed[name];
      if (this.type.any?.[name] === normal) continue;
      if (typeof normal === 'string' && everywhere.has(normal) && typeof this.#absent[name] === 'string') {
        // '::/0' is told as 'default', and so is '0.0.0.0/0'.
        pattern[name] = this.#absent[name];
        pattern['family'] ??= read['family'];
        continue;
      }
      // '10.0.0.1' stands for that address with any prefix length.
      pattern[name] =
        this.#prefixed.has(name) && typeof value === 'string' && typeof normal === 'string' && normal.startsWith(`${value}/`)
          ? value
          : normal;
    }
    const kernel = Object.fromEntries(
      // What is absent the kernel cannot look for: it would take 0 for no filter, or refuse it.
      given
        .filter(([name]) => filters.includes(name) && !standsFor(pattern[name], this.#absent[name]))
        .map(([name, value]) => [sentAs?.[name] ?? name, value]),
    );
    const narrowed = await this.exchange.encode({ codec, value: kernel as I }, options);
    narrowed.release();
    const body = narrowed.bytes.slice(0, Math.max(narrowed.bytes.length, headerSize));
    const family = this.type.family ?? (given.some(([name]) => name === 'family') ? (encoded.bytes[0] ?? 0) : 0);
    body[0] = family;
    return { body, pattern };
  }

  #keep(pattern: Plain): ((value: T) => boolean) | undefined {
    if (Object.keys(pattern).length === 0) return undefined;
    const fits = matcher(pattern, this.#absent, this.#prefixed);
    return (value) => fits(plain(value));
  }

  /** All that the filter fits; all without one. Never a part: a dump that was interrupted is repeated. Rejects with NETLANE_DUMP_INTERRUPTED. */
  async list(filter: Filter<I> = {}, options?: OperationOptions): Promise<T[]> {
    checkOperationOptions(options);
    const { body, pattern } = await this.normalize(filter, options);
    return this.exchange.list(this.#dump(body, pattern), options);
  }

  #dump(body: Uint8Array, pattern: Plain): import('./exchange.js').DumpCall<T> {
    const { types, codec } = this.type;
    return { type: types.get, answer: types.create, body, codec, keep: this.#keep(pattern), operation: this.words('list') };
  }

  /** The same one by one, with bounded memory. An interruption is an error after the last. */
  stream(filter: Filter<I> = {}, options?: OperationOptions): AsyncGenerator<T, undefined, undefined> {
    return new Entries(
      () => this.batches(filter, options),
      (error) => this.isNothing(error, filter),
    );
  }

  protected async batches(filter: Filter<I>, options: OperationOptions | undefined): Promise<Batches<T>> {
    checkOperationOptions(options);
    const { body, pattern } = await this.normalize(filter, options);
    return this.exchange.batches(this.#dump(body, pattern), options);
  }

  /** Whether an error of a list only says that there is nothing to be listed. */
  protected isNothing(_error: unknown, _filter: Filter<I>): boolean {
    return false;
  }

  /** The first that the filter fits; undefined when there is none. */
  async find(filter: Filter<I>, options?: OperationOptions): Promise<T | undefined> {
    return (await this.list(filter, options))[0];
  }

  /** The first that the filter fits. Rejects with ENOENT when there is none. */
  async get(filter: Filter<I>, options?: OperationOptions): Promise<T> {
    const found = await this.find(filter, options);
    if (found === undefined) throw this.missing(filter);
    return found;
  }

  protected missing(filter: object, { verb = 'get' }: { readonly verb?: string } = {}): NetlinkError {
    return new NetlinkError({ errno: -ENOENT, operation: this.words(verb, filter)() }, { namespace: this.exchange.namespace });
  }

  /**
   * Makes it so: adds it when it is missing, changes what was named and is different, keeps all that was not named. The object is the one
   * that the kernel would take for it, with the family, table, type of service and metric that it puts where none is given; an address
   * alone has all its bits. Afterwards it is read again. Rejects with NETLANE_NOT_SUPPORTED where the kernel took the change and left a
   * field as it was (`details`: field, found, wanted), with ENOENT where somebody else deleted the object meanwhile. Of callers that add the
   * same at once, one is told `changed`; more may be where it takes several messages (links with an alias), of proxies, which the kernel adds
   * again without a word, and of callers that change the same at once.
   */
  async ensure(wish: D, options?: OperationOptions): Promise<Ensured<T>> {
    checkOperationOptions(options);
    const words = this.words('ensure', this.call('add', wish as unknown as I).value);
    const value = settable(plain(wish), this.type.codec) as unknown as I;
    const { ensuring = {} } = this.type;
    const absent = ensuring.needed?.find((name) => plain(value)[name] === undefined);
    if (absent !== undefined) throw invalidArgument(`value.${absent}`, 'given', undefined);
    const { wanted, canonical, find } = await this.#seek(value, options);
    let changed = false;
    for (let attempt = 1; ; attempt++) {
      const all = await find();
      const comparison = new Comparison(ensuring, changed, this.#absent);
      const so = all.find((one) => comparison.difference(wanted, canonical(plain(one))) === undefined);
      if (so !== undefined) return { changed, value: so };
      const found = ensuring.choose === undefined ? all[0] : ensuring.choose(all, wanted);
      if (changed) {
        const left = found === undefined ? undefined : comparison.difference(wanted, canonical(plain(found)));
        throw left === undefined ? this.missing(value) : leftAsItIs(left, { operation: words(), namespace: this.exchange.namespace });
      }
      try {
        if (found === undefined) await this.add(value, options);
        else await this.#alter(plain(found), value, options);
        changed = true;
      } catch (error) {
        // Somebody else was faster: it is looked at again.
        if (found !== undefined || attempt === attempts || !isCode(error, ['EEXIST'])) throw error;
      }
    }
  }

  /** What is wanted as lists would have it, and how to find those that the kernel would take for it. */
  async #seek(value: I, options: OperationOptions | undefined): Promise<Sought<T>> {
    const { ensuring = {}, key } = this.type;
    const canonical = ensuring.canonical ?? ((one: Plain): Plain => one);
    const identity = ensuring.identity ?? ((one: Plain): Plain => Object.fromEntries(key.map((name) => [name, one[name]])));
    const read = await this.asked(value, options);
    const given = named(value, withAllMembers(plain(value), read, this.type.codec)) as Plain;
    const wanted = canonical(key.includes('family') ? { ...given, family: read['family'] } : given);
    const who = identity(wanted);
    const filter = Object.fromEntries(Object.entries(who).filter(([name, one]) => one !== undefined && key.includes(name)));
    const find = async (): Promise<readonly T[]> =>
      (await this.list(this.#lookFor(filter, wanted), options)).filter((one) => same(identity(canonical(plain(one))), who));
    return { wanted, canonical, find };
  }

  /** The value as the kernel is told it. */
  protected async asked(value: I, options: OperationOptions | undefined): Promise<Plain> {
    const encoded = await this.exchange.encode({ codec: this.type.codec, value }, options);
    encoded.release();
    return plain(this.exchange.read(this.type.codec, encoded.bytes));
  }

  /** Those that have these fields as they are. */
  #lookFor(filter: Plain, wanted: Plain): Filter<I> {
    // 0 and none are the same to the kernel, and lists have none.
    const { metric: _metric, tos: _tos, ...fields } = filter;
    return (
      wanted['family'] === undefined || !this.type.filters.includes('family') ? fields : { ...fields, family: wanted['family'] }
    ) as Filter<I>;
  }

  /** Changes one that is there to what was given; what was not stays. */
  async #alter(found: Plain, value: I, options: OperationOptions | undefined): Promise<void> {
    const { kept, reported } = this.type.ensuring ?? {};
    const ways = kept?.(found, plain(value)) ?? [found];
    for (const [index, way] of ways.entries()) {
      try {
        await this.replace(merged(way, plain(value), reported) as I, options);
        return;
      } catch (error) {
        if (index + 1 === ways.length || !isCode(error, ['EINVAL', 'ENETUNREACH', 'EHOSTUNREACH', 'ENODEV'])) throw error;
      }
    }
  }

  /** Deletes all that the filter fits ({}: all there is), and tells how many. One that somebody else deleted first is no error. Not atomic: the kernel has no such thing. */
  async flush(filter: Filter<I>, options?: OperationOptions): Promise<number> {
    this.checkValue('filter', filter);
    // All is meant by {}, not by a field that happens to be undefined.
    if (Object.keys(filter).length > 0 && !saysAnything(plain(filter)))
      throw invalidArgument('filter', '{} for all, or a field that is not undefined', filter);
    const all = await this.list(filter, options);
    const results = await Promise.allSettled(all.map((value) => this.delete(value as unknown as D, options)));
    let count = 0;
    for (const result of results) {
      if (result.status === 'fulfilled') count++;
      else if (!isGone(result.reason)) throw result.reason;
    }
    return count;
  }
}

/** Objects of which there may be several with one key. */
export class AppendingClient<T extends object, I extends object> extends ObjectClient<T, I> {
  /**
   * Adds one beside others with the same key (NLM_F_APPEND): further next hops of a route, further destinations of a forwarding entry of
   * a VXLAN tunnel.
   */
  append(value: I, options?: OperationOptions): Promise<void> {
    return this.make('append', value, options);
  }
}
