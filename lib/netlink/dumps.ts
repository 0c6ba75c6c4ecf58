import { setTimeout as sleep } from 'node:timers/promises';
import { abortError } from '../errors.js';
import { Admission, type Place } from './admission.js';
import type { CheckedRequest } from './pending.js';
import type { Batches } from './entries.js';
import { DumpSocket, dumpInterrupted, type Outcome } from './dump.js';
import { guardOf, type Guard } from './guards.js';
import type { Message, MessageView } from './message.js';
import { closed, notOpened, type Asked } from './refusal.js';
import type { ConversationOptions, Reply, RequestContext } from './request.js';
import type { TransportFactory, TransportOptions } from './transport.js';
import { Turns } from './turns.js';
import { Waiting } from './waiting.js';

/** Attempts at a dump that is interrupted each time. */
const attempts = 10;
/** fds that are kept while nobody waits for one. */
const idleLimit = 4;
/** Milliseconds that an idle fd is kept. */
const idleTime = 2000;
/** Dumps at the same time; the others wait for their turn. Each holds up to 768 KiB of slabs. Streams whose consumers take their time do not count. */
const concurrent = 16;

/** The passes of one list. */
class Passes {
  #likeness: string | undefined;

  /** Takes how another pass ended; gives it back when the list is whole with it. */
  add(outcome: Outcome): Extract<Outcome, { kind: 'complete' }> | undefined {
    const before = this.#likeness;
    this.#likeness = outcome.kind === 'complete' ? outcome.likeness : undefined;
    if (outcome.kind !== 'complete') return undefined;
    return outcome.likeness === undefined || outcome.likeness === before ? outcome : undefined;
  }
}

/** The dumps of one socket: each on an fd of its own, so that none holds up another or a request; idle fds are used again. */
export class Dumps {
  readonly #factory: TransportFactory;
  #transport: TransportOptions;
  readonly #options: ConversationOptions;
  readonly #idle: DumpSocket[] = [];
  readonly #busy = new Set<DumpSocket>();
  /** Busy with options that are no longer wanted: not to be used again. */
  readonly #outdated = new WeakSet<DumpSocket>();
  readonly #admission: Admission;
  #timer: NodeJS.Timeout | undefined;
  readonly #waiting: Waiting;

  constructor(factory: TransportFactory, transport: TransportOptions, options: ConversationOptions) {
    this.#factory = factory;
    this.#transport = transport;
    this.#options = options;
    this.#waiting = new Waiting(options.namespace);
    this.#admission = new Admission(concurrent, this.#waiting, () => Math.max(0, ...[...this.#busy].map(({ lastArrival }) => lastArrival)));
  }

  #asked(request: CheckedRequest, context: RequestContext): Asked {
    return { protocol: this.#options.protocol, type: request.type, namespace: this.#options.namespace, context };
  }

  async list(request: CheckedRequest, context: RequestContext): Promise<Reply> {
    const asked = this.#asked(request, context);
    const place = await this.#turn(asked, request);
    let dump: DumpSocket | undefined;
    try {
      dump = await this.#acquire(asked, request);
      const messages: Message[] = [];
      const deliver = context.sink ?? ((view: MessageView): void => void messages.push(view.copy()));
      const started = performance.now();
      const passes = new Passes();
      for (let attempt = 1; ; attempt++) {
        messages.length = 0;
        context.restart?.();
        dump.start(asked, request, context);
        const outcome: Outcome = await dump.complete(deliver, request.signal);
        const whole = passes.add(outcome);
        if (whole !== undefined) return { messages, warnings: whole.warnings };
        const late = request.timeout !== 0 && performance.now() - started > request.timeout;
        if (attempt === attempts || late) throw dumpInterrupted(asked, attempt);
        if (outcome.kind === 'complete') continue;
        // Longer each time, and never in step with whoever makes the changes.
        await this.#waiting.for(sleep(Math.min(2 ** attempt, 64) * (0.5 + Math.random())), request.signal);
      }
    } finally {
      this.#release(dump, place);
    }
  }

  listSync(request: CheckedRequest, context: RequestContext): Reply {
    this.#checkOpen(request.signal);
    const asked = this.#asked(request, context);
    const messages: Message[] = [];
    const deliver = context.sink ?? ((view: MessageView): void => void messages.push(view.copy()));
    const dump = DumpSocket.openSync(this.#factory, this.#transport, this.#guardOf(request));
    try {
      const passes = new Passes();
      for (let attempt = 1; attempt <= attempts; attempt++) {
        messages.length = 0;
        context.restart?.();
        dump.start(asked, request, context);
        const outcome = dump.completeSync(deliver);
        const whole = passes.add(outcome);
        if (whole !== undefined) return { messages, warnings: whole.warnings };
      }
      throw dumpInterrupted(asked, attempts);
    } finally {
      void dump.close();
    }
  }

  /**
   * A dump as it comes: what `take` returns for each message, but undefined, is yielded. What was yielded cannot be taken back, so an
   * interruption is an error at the end.
   */
  async *batches<T>(request: CheckedRequest, context: RequestContext, take: (view: MessageView) => T | undefined): Batches<T> {
    const asked = this.#asked(request, context);
    const place = await this.#turn(asked, request);
    let dump: DumpSocket | undefined;
    try {
      dump = await this.#acquire(asked, request);
      dump.start(asked, request, context);
      let taken: T[] = [];
      const turns = new Turns();
      const deliver = (view: MessageView): void => {
        const value = take(view);
        if (value !== undefined) taken.push(value);
      };
      while (await dump.next(deliver, request.signal)) {
        if (taken.length === 0) {
          // Nothing of it is wanted: whoever waits for what comes next does not give the loop its turn.
          if (turns.overdue) await turns.take();
          continue;
        }
        const values = taken;
        taken = [];
        // Others may have the place while the consumer is busy with what it got.
        this.#admission.rest(place);
        yield { values, place };
        place.resting = false;
      }
      if (dump.outcome().kind === 'interrupted') throw dumpInterrupted(asked, 1);
      return undefined;
    } finally {
      // Left early, the rest of the dump is still on its way: the fd goes with it.
      this.#release(dump, place);
    }
  }

  #checkOpen(signal: AbortSignal | undefined): void {
    const { ended } = this.#waiting;
    if (ended !== undefined) throw ended;
    if (signal?.aborted === true) throw abortError(signal, { namespace: this.#options.namespace });
  }

  /** Waits for one of the places; rejects at once when the signal says so. */
  async #turn(asked: Asked, request: CheckedRequest): Promise<Place> {
    this.#checkOpen(request.signal);
    return this.#admission.take(asked, request);
  }

  #guardOf(request: CheckedRequest): Guard | undefined {
    return guardOf(this.#options.protocol, request.type, request.body);
  }

  /** One that lives: those of a lane that was lost are of no use. */
  #takeIdle(): DumpSocket | undefined {
    for (;;) {
      const dump = this.#idle.pop();
      if (dump === undefined || dump.reusable) return dump;
      void dump.close();
    }
  }

  async #acquire(asked: Asked, request: CheckedRequest): Promise<DumpSocket> {
    this.#checkOpen(request.signal);
    const guard = this.#guardOf(request);
    const idle = guard === undefined ? this.#takeIdle() : undefined;
    const dump = idle ?? (await this.#open(guard, asked, request));
    if (this.#waiting.ended !== undefined) void dump.close();
    this.#checkOpen(undefined);
    this.#busy.add(dump);
    return dump;
  }

  async #open(guard: Guard | undefined, asked: Asked, { signal, timeout }: CheckedRequest): Promise<DumpSocket> {
    let wanted = true;
    let opened: DumpSocket | undefined;
    const opening = DumpSocket.open(this.#factory, this.#transport, guard).then(async (dump) => {
      // Whoever waited may have gone while it opened.
      if (wanted && this.#waiting.ended === undefined) opened = dump;
      else await dump.close();
      return dump;
    });
    this.#waiting.track(opening);
    try {
      return await this.#waiting.for(opening, signal, { timeout, error: () => notOpened(asked, timeout) });
    } catch (error) {
      wanted = false;
      void opened?.close();
      throw error;
    }
  }

  #release(dump: DumpSocket | undefined, place: Place): void {
    const passedOn = this.#admission.give(place);
    if (dump === undefined) return;
    this.#busy.delete(dump);
    const wanted = dump.reusable && !this.#outdated.has(dump) && this.#waiting.ended === undefined;
    if (wanted && (passedOn || this.#idle.length < idleLimit)) {
      this.#idle.push(dump);
      this.#timer ??= setTimeout(() => {
        this.#expire();
      }, idleTime).unref();
    } else void dump.close();
  }

  #expire(): void {
    this.#timer = undefined;
    for (const dump of this.#idle.splice(0)) void dump.close();
  }

  /** Other options for the fds to come; those that are idle have the old ones. */
  reopenWith(transport: TransportOptions): void {
    this.#transport = transport;
    for (const dump of this.#busy) this.#outdated.add(dump);
    for (const dump of this.#idle.splice(0)) void dump.close();
  }

  /** Everybody who waits gets the error, at once. */
  async close(error: Error = closed('the socket', this.#options.namespace)): Promise<void> {
    clearTimeout(this.#timer);
    this.#admission.close();
    const open = [...this.#idle.splice(0), ...this.#busy];
    for (const dump of this.#busy) dump.fail(error);
    await Promise.all([this.#waiting.end(error), ...open.map((dump) => dump.close())]);
  }
}
