import { abortError, NetlaneError } from '../errors.js';
import {
  ENOBUFS,
  NETLINK_PKTINFO,
  NLM_F_DUMP_INTR,
  NLM_F_MULTI,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLMSG_HDRLEN,
  NLMSG_MIN_TYPE,
  NLMSG_NOOP,
} from './constants.js';
import { readAcknowledgement } from './extended-ack.js';
import type { CheckedRequest } from './pending.js';
import type { GuardedPass } from './guard-pieces.js';
import type { Guard } from './guards.js';
import { FrameCursor, MessageView, writeHeader } from './message.js';
import { closed, notSent, operationOf, refusal, timedOut, warningOf, type Asked } from './refusal.js';
import type { RequestContext, Warning } from './request.js';
import { trace, tracing } from './trace.js';
import type { Transport, TransportEvents, TransportFactory, TransportOptions } from './transport.js';
import { offAbort, onAbort } from './waiting.js';

/** How one pass of a dump ended, when it did not fail. With a `likeness`, a list is whole when the next pass has the same. */
export type Outcome =
  { readonly kind: 'complete'; readonly warnings: Warning[]; readonly likeness?: string | undefined } | { readonly kind: 'interrupted' };

/** Messages that a stream decodes in one go: each is an object until its reader has had it. */
const streamed = 256;

interface Pass {
  readonly asked: Asked;
  readonly context: RequestContext;
  readonly sequence: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly timeout: number;
  readonly guard: GuardedPass | undefined;
  interrupted: boolean;
  warnings: Warning[];
  /** Set when the kernel has said its last word on it. */
  outcome: Outcome | Error | undefined;
}

/** A dump and its fd: one conversation at a time, its replies read as fast as the consumer takes them and no faster. */
export class DumpSocket implements TransportEvents {
  readonly #namespace: string;
  readonly #view = new MessageView();
  #transport: Transport | undefined;
  /** Slabs that came and were not read to their end. */
  readonly #slabs: FrameCursor[] = [];
  #pass: Pass | undefined;
  #sequence = Math.floor(Math.random() * 0x7fffffff);
  readonly #guard: Guard | undefined;
  /** What watches, or watched, over the latest pass. */
  #watched: GuardedPass | undefined;
  #failure: Error | undefined;
  /** performance.now() when something came last. */
  lastArrival = 0;
  #wake: (() => void) | undefined;
  #eager = false;
  #closing: Promise<void> | undefined;

  private constructor(namespace: string, guard: Guard | undefined) {
    this.#namespace = namespace;
    this.#guard = guard;
  }

  static async open(factory: TransportFactory, options: TransportOptions, guard?: Guard): Promise<DumpSocket> {
    const dump = new DumpSocket(factory.namespace, guard);
    dump.#transport = await factory.open(guarded(options, guard), dump);
    return dump;
  }

  static openSync(factory: TransportFactory, options: TransportOptions, guard?: Guard): DumpSocket {
    const dump = new DumpSocket(factory.namespace, guard);
    if (factory.openSync === undefined) throw new NetlaneError('NETLANE_NOT_SUPPORTED', "requestSync needs a socket with thread: 'caller'");
    dump.#transport = factory.openSync(guarded(options, guard), dump);
    return dump;
  }

  /** Whether another dump may use the fd. */
  get reusable(): boolean {
    return this.#failure === undefined && this.#closing === undefined && this.#pass === undefined && this.#guard === undefined;
  }

  /** Sends the request of a pass. Its messages are then taken by complete() or by next(). */
  start(asked: Asked, request: CheckedRequest, context: RequestContext): void {
    if (this.#failure !== undefined) throw this.#failure;
    const body = request.body;
    const length = NLMSG_HDRLEN + (body?.length ?? 0);
    const bytes = new Uint8Array(length);
    if (body !== undefined) bytes.set(body, NLMSG_HDRLEN);
    this.#sequence = (this.#sequence + 1) >>> 0 || 1;
    const flags = request.flags | NLM_F_REQUEST;
    writeHeader(new DataView(bytes.buffer), 0, { length, type: request.type, flags, sequence: this.#sequence, port: 0 });
    this.#pass = {
      asked,
      context,
      sequence: this.#sequence,
      bytes: bytes.slice(),
      timeout: request.timeout,
      guard: (this.#watched = this.#guard?.begin(this.#watched)),
      interrupted: false,
      warnings: [],
      outcome: undefined,
    };
    if (tracing()) trace('->', this.#namespace, asked.protocol, { type: request.type, flags, sequence: this.#sequence }, body);
    this.#transport?.ref(true);
    this.#transport?.send(bytes, this.#sequence, 0, 0);
  }

  /** Reads the pass to its end, giving every message to `deliver` as it comes. */
  async complete(deliver: (view: MessageView) => void, signal: AbortSignal | undefined): Promise<Outcome> {
    this.#eager = true;
    this.#deliver = deliver;
    try {
      for (;;) {
        while (this.#slabs.length > 0 && this.#pass?.outcome === undefined) this.#read();
        const outcome = this.#take();
        if (outcome !== undefined) return outcome;
        await this.#arrival(signal);
      }
    } finally {
      this.#eager = false;
      this.#deliver = undefined;
    }
  }

  completeSync(deliver: (view: MessageView) => void): Outcome {
    this.#deliver = deliver;
    this.#eager = true;
    try {
      for (;;) {
        const outcome = this.#take();
        if (outcome !== undefined) return outcome;
        const pass = this.#pass;
        const limit = pass === undefined || pass.timeout === 0 ? -1 : pass.timeout;
        if (this.#transport?.pumpSync?.(limit) === false && pass !== undefined) throw this.#abandon(timedOut(pass.asked, pass.timeout));
      }
    } finally {
      this.#eager = false;
      this.#deliver = undefined;
    }
  }

  /** Reads some messages for a stream: false when the pass has ended (take its outcome with outcome()). */
  async next(deliver: (view: MessageView) => void, signal: AbortSignal | undefined): Promise<boolean> {
    for (;;) {
      if (this.#slabs.length > 0 && this.#pass?.outcome === undefined) {
        this.#deliver = deliver;
        this.#read(streamed);
        return true;
      }
      if (this.#pass?.outcome !== undefined || this.#failure !== undefined) return false;
      await this.#arrival(signal);
    }
  }

  /** The outcome of a pass that has ended. Throws what it failed with. */
  outcome(): Outcome {
    const outcome = this.#take();
    if (outcome === undefined) throw this.#failure ?? closed('the dump', this.#namespace);
    return outcome;
  }

  #deliver: ((view: MessageView) => void) | undefined;

  #take(): Outcome | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    const pass = this.#pass;
    if (pass?.outcome === undefined) return undefined;
    this.#pass = undefined;
    this.#transport?.ref(false);
    this.#drop();
    if (pass.outcome instanceof Error) throw pass.outcome;
    return pass.outcome;
  }

  /** What is left in slabs of a pass that has ended concerns nobody. */
  #drop(): void {
    for (const cursor of this.#slabs.splice(0)) this.#transport?.release(cursor.slab);
  }

  #abandon(error: Error): Error {
    this.#failure = error;
    void this.close();
    return error;
  }

  /** Waits until something came. */
  async #arrival(signal: AbortSignal | undefined): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const pass = this.#pass;
    let timer: NodeJS.Timeout | undefined;
    let abort: (() => void) | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve;
        if (signal?.aborted === true) {
          reject(this.#abandon(abortError(signal, { namespace: this.#namespace })));
          return;
        }
        if (pass !== undefined && pass.timeout !== 0) {
          timer = setTimeout(() => {
            reject(this.#abandon(timedOut(pass.asked, pass.timeout)));
          }, pass.timeout);
          timer.unref();
        }
        if (signal !== undefined) {
          abort = (): void => {
            reject(this.#abandon(abortError(signal, { namespace: this.#namespace })));
          };
          onAbort(signal, abort);
        }
      });
    } finally {
      this.#wake = undefined;
      clearTimeout(timer);
      if (abort !== undefined && signal !== undefined) offAbort(signal, abort);
    }
  }

  received(slab: ArrayBuffer, end: number): void {
    this.lastArrival = performance.now();
    this.#slabs.push(new FrameCursor(slab, end));
    // A list takes everything at once, so that the slab goes back before the waiter has run.
    if (this.#eager) while (this.#slabs.length > 0 && this.#pass?.outcome === undefined) this.#read();
    if (this.#pass === undefined) this.#drop();
    this.#wake?.();
  }

  /** Reads the first slab to its end or to the end of the pass, or so many messages of it. */
  #read(most = Infinity): void {
    const cursor = this.#slabs.shift();
    if (cursor === undefined) return;
    const view = this.#view;
    const pass = this.#pass;
    // Most of a dump are objects in a row, of which nothing but the object is of interest.
    const deliver = pass?.guard === undefined && !tracing() ? this.#deliver : undefined;
    const sequence = pass?.sequence ?? 0;
    try {
      for (let read = 0; pass?.outcome === undefined && cursor.next(view, this.#onMalformed);) {
        if (deliver !== undefined && view.flags === NLM_F_MULTI && view.type >= NLMSG_MIN_TYPE && isAnswer(view, sequence)) deliver(view);
        else this.#message(view);
        if (++read < most) continue;
        this.#slabs.unshift(cursor);
        return;
      }
    } catch (thrown) {
      if (pass !== undefined) pass.outcome = thrown instanceof Error ? thrown : new Error(String(thrown));
      // The rest of the dump is still to come on this fd.
      this.#failure ??= thrown instanceof Error ? thrown : new Error(String(thrown));
    }
    this.#transport?.release(cursor.slab);
  }

  // A part of the answer that cannot be read: the answer as a whole would be a lie.
  readonly #onMalformed = (): void => {
    const pass = this.#pass;
    if (pass !== undefined) pass.interrupted = true;
  };

  #message(view: MessageView): void {
    const pass = this.#pass;
    if (pass === undefined || view.sender !== 0) return;
    if (tracing()) trace('<-', this.#namespace, pass.asked.protocol, view, view.bytes.subarray(view.body, view.end));
    if (view.group !== 0) {
      pass.guard?.event(view);
      return;
    }
    if (view.sequence !== pass.sequence) {
      // Nothing else can answer on this fd: what does may be part of the answer, and a list must be whole.
      pass.interrupted = true;
      return;
    }
    if ((view.flags & NLM_F_DUMP_INTR) !== 0) pass.interrupted = true;
    if (view.type === NLMSG_DONE || view.type === NLMSG_ERROR) {
      const ack = readAcknowledgement(view);
      // The kernel could not allocate, or the guard's events fill the buffer: as good as interrupted.
      if (ack.errno === -ENOBUFS) pass.outcome = { kind: 'interrupted' };
      else if (ack.errno !== 0) pass.outcome = refusal(pass.asked, { ...ack, echo: ack.echo ?? pass.bytes });
      else {
        const warning = warningOf(pass.asked, ack, pass.bytes);
        if (warning !== undefined) pass.warnings.push(warning);
        pass.outcome = this.#ended(pass);
      }
      return;
    }
    if (view.type === NLMSG_NOOP) return;
    pass.guard?.object(view);
    this.#deliver?.(view);
    // A subsystem that answers a dump's flags with one plain message.
    if ((view.flags & NLM_F_MULTI) === 0) pass.outcome = { kind: 'complete', warnings: pass.warnings };
  }

  #ended({ interrupted, guard, warnings }: Pass): Outcome {
    if (interrupted || guard?.torn === true) return { kind: 'interrupted' };
    return { kind: 'complete', warnings, likeness: guard?.likeness };
  }

  overrun(): void {
    const pass = this.#pass;
    if (pass !== undefined) pass.interrupted = true;
  }

  refused(tag: number, errno: number): void {
    const pass = this.#pass;
    if (pass?.sequence !== tag) return;
    pass.outcome = notSent(pass.asked, errno);
    this.#wake?.();
  }

  lost(error: Error): void {
    this.#failure ??= error;
    this.#wake?.();
  }

  fail(error: Error): void {
    this.lost(error);
  }

  close(): Promise<void> {
    this.#closing ??= this.#transport?.close() ?? Promise.resolve();
    return this.#closing;
  }
}

/** Whether the kernel sent it to this fd alone, for the request of that number. */
function isAnswer({ sender, group, sequence }: MessageView, number: number): boolean {
  return sequence === number && group === 0 && sender === 0;
}

/** The guard's groups are joined before anything is dumped; those above 32 are known by PKTINFO alone. A loss counts from the moment it is known. */
function guarded(options: TransportOptions, guard: Guard | undefined): TransportOptions {
  const prompt = { ...options, promptOverruns: true };
  if (guard === undefined) return prompt;
  const packetInfo = { option: NETLINK_PKTINFO, value: 1, optional: true };
  return { ...prompt, groups: [...options.groups, ...guard.groups], options: [...options.options, packetInfo] };
}

/** The error of a dump that changed under every attempt. */
export function dumpInterrupted(asked: Asked, tries: number): NetlaneError {
  return new NetlaneError('NETLANE_DUMP_INTERRUPTED', `what was listed changed during each of ${tries} attempts`, {
    operation: operationOf(asked),
    namespace: asked.namespace,
    hint: 'ask for less (a filter), or again when it is quieter',
  });
}
