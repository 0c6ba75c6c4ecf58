import { closed } from '../refusal.js';
import { isGoneLink } from './codes.js';
import type { LinkReference } from '../../codec/references.js';
import type { LinkChanges, LinkInput } from '../../schema/route/link.js';
import type { Encoded } from './encoder.js';
import type { Call, Exchange, OperationOptions } from './exchange.js';
import type { LinkClient, LinkGroup } from './links.js';
import { isPlain } from './matching.js';
import type { ObjectClient, Verb } from './object-client.js';

/** How one operation of a batch ended. */
export type BatchResult = { readonly ok: true; readonly value: undefined } | { readonly ok: false; readonly error: Error };

/** Changes that are with the kernel at a time. */
const mostUnderway = 320;
/** Changes that are put down in one go: less than half of them, since a lane has half of what the receive buffer has room for at a time. */
const worthwhile = 128;

/** A change that takes several messages: it is made when everything before it is done, and before anything after it. */
class Whole {
  readonly make: (options: OperationOptions | undefined) => Promise<void>;

  constructor(make: (options: OperationOptions | undefined) => Promise<void>) {
    this.make = make;
  }
}

/** A value as it is when it is put down, which its owner may go on with; objects in it are not copied. What is none, its call refuses. */
function asItIs<T>(value: T): T {
  // A copy of what has a class would lack what it inherits.
  if (!isPlain(value) || Object.getPrototypeOf(value) !== Object.prototype) return value;
  try {
    return { ...value };
  } catch {
    // A getter that throws: so it will for the call, whose result that is.
    return value;
  }
}

/** A change that was put down: an object of its own for each, and no more. */
interface Entry {
  call(): Call<never> | Whole | Promise<Call<never>>;
  readonly renames: boolean;
}

/** Where changes are put down, until the function that does it has returned: later ones would be lost. */
export class Entries {
  readonly #all: Entry[] = [];
  readonly #namespace: string;
  #sealed = false;

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  push(entry: Entry): void {
    if (this.#sealed) throw closed('the batch', this.#namespace);
    this.#all.push(entry);
  }

  /** All of them; there come no more. */
  seal(): Entry[] {
    this.#sealed = true;
    return this.#all;
  }
}

type ObjectCalls<I extends object> = Pick<ObjectClient<object, I>, 'call' | 'change' | 'looksFirst'>;

class ObjectEntry<I extends object> implements Entry {
  readonly #client: ObjectCalls<I>;
  readonly #verb: Verb;
  readonly #value: I;
  readonly renames = false;

  constructor(client: ObjectCalls<I>, verb: Verb, value: I) {
    this.#client = client;
    this.#verb = verb;
    this.#value = value;
  }

  call(): Call<never> {
    return this.#client.call(this.#verb, this.#value) as Call<never>;
  }
}

/** The changes of one kind of object, put down and not yet made. */
export class BatchObjects<I extends object, D extends object = I> {
  protected readonly entries: Entries;
  readonly #client: ObjectCalls<I>;

  constructor(entries: Entries, client: ObjectCalls<I>) {
    this.entries = entries;
    this.#client = client;
  }

  #put(verb: Verb, value: I): void {
    this.entries.push(new ObjectEntry(this.#client, verb, asItIs(value)));
  }

  add(value: I): void {
    this.#put('add', value);
  }

  replace(value: I): void {
    this.#put('replace', value);
  }

  change(given: I): void {
    const value = asItIs(given);
    const call = (): Call<never> | Whole =>
      this.#client.looksFirst('change', value)
        ? new Whole((options) => this.#client.change(value, options))
        : (this.#client.call('change', value) as Call<never>);
    this.entries.push({ call, renames: false });
  }

  append(value: I): void {
    this.#put('append', value);
  }

  delete(value: D): void {
    this.#put('delete', value as unknown as I);
  }
}

type LinkCalls = Pick<LinkClient, 'add' | 'addCall' | 'setCall' | 'deleteCall'>;

/** Changes of links, put down and not yet made. */
export class BatchLinks {
  readonly #entries: Entries;
  readonly #client: LinkCalls;

  constructor(entries: Entries, client: LinkCalls) {
    this.#entries = entries;
    this.#client = client;
  }

  /** As links.add(). One that takes several messages (with an alias, alternative names, settings of a port) has the batch wait for them. */
  add(given: LinkInput): void {
    const value = asItIs(given);
    const call = (): Call<never> | Whole =>
      (this.#client.addCall(value) as Call<never> | undefined) ?? new Whole((options) => this.#client.add(value, options));
    this.#entries.push({ call, renames: true });
  }

  set(which: LinkReference | LinkGroup, given: LinkChanges): void {
    const [reference, changes] = [asItIs(which), asItIs(given)];
    this.#entries.push({
      call: async () => (await this.#client.setCall(reference, changes)) as Call<never>,
      // What is no object is refused with its own result, by the call.
      renames: (changes as LinkChanges | null | undefined)?.name !== undefined,
    });
  }

  delete(which: LinkReference | LinkGroup | LinkInput): void {
    const reference = asItIs(which);
    this.#entries.push({ call: () => this.#client.deleteCall(reference) as Call<never>, renames: true });
  }
}

/**
 * Makes the changes in the order they were put down, many in one sendmsg. A name that is not there is looked up again when everything
 * before it was done, since that may make it.
 */
export async function runBatch(
  exchange: Exchange,
  entries: (Entry | undefined)[],
  options: OperationOptions | undefined,
): Promise<BatchResult[]> {
  const results: BatchResult[] = [];
  const underway = new Underway();
  let known = new Map<string, number>();
  for (let at = 0; at < entries.length; at++) {
    const entry = entries[at];
    if (entry === undefined) continue;
    // What was made need not outlive the next collection.
    entries[at] = undefined;
    if (underway.full) await underway.room();
    try {
      // No await where none is needed: between two awaits, everything leaves in one sendmsg.
      const made = entry.call();
      if (made instanceof Whole) {
        await underway.none();
        await made.make(options);
        results[at] = done;
        known = new Map();
        continue;
      }
      const call = made instanceof Promise ? await made : made;
      const now = exchange.encodeNow(call, known);
      const encoded = 'bytes' in now ? now : await resolve(exchange, call, known, underway, options);
      const change = new BatchedChange(results, at, underway, encoded.release);
      // Warnings are told to the user's code, which is not called from within the reading of replies.
      if (options?.onWarning === undefined) exchange.submitNow(call, encoded, options, change);
      else
        exchange.submit(call, encoded, options).then(
          () => {
            change.resolve();
          },
          (error: unknown) => {
            change.reject(error);
          },
        );
      underway.began();
    } catch (error) {
      results[at] = failed(error);
    }
    if (entry.renames) {
      known = new Map();
    }
  }
  await underway.none();
  return results;
}

/** One that the kernel has. */
class BatchedChange {
  readonly #results: BatchResult[];
  readonly #at: number;
  readonly #underway: Underway;
  readonly #release: () => void;

  constructor(results: BatchResult[], at: number, underway: Underway, release: () => void) {
    this.#results = results;
    this.#at = at;
    this.#underway = underway;
    this.#release = release;
  }

  #settle(result: BatchResult): void {
    this.#results[this.#at] = result;
    this.#release();
    this.#underway.ended();
  }

  resolve(): void {
    this.#settle(done);
  }

  reject(error: unknown): void {
    this.#settle(failed(error));
  }
}

const done: BatchResult = Object.freeze({ ok: true, value: undefined });

function failed(error: unknown): BatchResult {
  return { ok: false, error: error instanceof Error ? error : new Error(String(error)) };
}

/** Changes that the kernel has and has not answered. */
class Underway {
  #count = 0;
  #most = 0;
  #waiting: (() => void) | undefined;

  /** More would only wait in memory: the receive buffer has room for the acknowledgements of some 300. */
  get full(): boolean {
    return this.#count >= mostUnderway;
  }

  began(): void {
    this.#count++;
  }

  ended(): void {
    this.#count--;
    if (this.#waiting === undefined || this.#count > this.#most) return;
    this.#waiting();
    this.#waiting = undefined;
  }

  #fewerThan(most: number): Promise<void> {
    if (this.#count <= most) return Promise.resolve();
    this.#most = most;
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  /** Resolves when so many are answered that it is worth going on: those that left in one sendmsg, as a rule, while the next are with the kernel. */
  room(): Promise<void> {
    return this.#fewerThan(mostUnderway - worthwhile);
  }

  /** Resolves when all of them are answered. */
  none(): Promise<void> {
    return this.#fewerThan(0);
  }
}

/** Looks names up; those that are not there, again when all before it is done. */
async function resolve(
  exchange: Exchange,
  call: Call<never>,
  known: Map<string, number>,
  before: Underway,
  options: OperationOptions | undefined,
): Promise<Encoded> {
  try {
    return await exchange.encode(call, options, known);
  } catch (error) {
    if (!isGoneLink(error)) throw error;
    await before.none();
    return exchange.encode(call, options, known);
  }
}
