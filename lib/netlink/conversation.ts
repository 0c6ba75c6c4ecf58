import { Alarm } from './alarm.js';
import { abortError, type NetlaneError } from '../errors.js';
import { NLM_F_MULTI, NLMSG_DONE, NLMSG_ERROR, NLMSG_HDRLEN, NLMSG_NOOP, protocols } from './constants.js';
import { isPlainSuccess, readAcknowledgement, type Acknowledgement } from './extended-ack.js';
import { InFlight } from './in-flight.js';
import { FrameCursor, MessageView } from './message.js';
import { answersPortZero, takesOneMessage } from './names.js';
import { asSent, Outbox, ownBody } from './outbox.js';
import { busyReading, closed, noTurn, notSent, refusal, replyLost, timedOut, warningOf } from './refusal.js';
import { ReplyCosts } from './reply-cost.js';
import { Sequence } from './sequence.js';
import { createBarrier, deadlineOf, Pending, promised, replyOf, type AskedWith, type CheckedRequest, type Settlement } from './pending.js';
import type { ConversationEvents, ConversationOptions, Reply, RequestContext } from './request.js';
import { announce, announcing, trace, tracing } from './trace.js';
import type { BufferName, ConversationTransport } from './transport.js';
import { WaitingLine } from './waiting-line.js';
import { offAbort, onAbort } from './waiting.js';

/** How often a read is sent again when its reply is lost. */
const attempts = 5;

/**
 * Requests and their replies on one fd. Requests made in one tick leave in one sendmsg, as many as the receive buffer can hold the worst
 * replies of. The kernel answers in order, so a reply that overtakes another tells that the other was lost.
 */
export class Conversation {
  readonly #transport: ConversationTransport;
  readonly #options: ConversationOptions;
  readonly #events: ConversationEvents;
  readonly #costs: ReplyCosts;
  readonly #view = new MessageView();
  /** On their way, in the order they left. */
  readonly #pending = new InFlight();
  readonly outbox: Outbox;
  readonly #isInUse = (sequence: number): boolean => this.#pending.has(sequence);
  readonly #sequence = Sequence.random();
  #cost = 0;
  /** Datagrams that are on their way, as far as is known. */
  #answers = 0;
  #limit: number;
  readonly #alarm = new Alarm(() => {
    this.#expire();
  });
  /** Not yet sent for want of room. */
  readonly #waiting = new WaitingLine(this.#alarm);
  #closed: Error | undefined;
  /** Requests whose callers wait. */
  #live = 0;
  #kept = false;
  /** A datagram of the kernel could not be read while requests were open. */
  #damaged = false;
  #delivering = false;

  constructor(transport: ConversationTransport, options: ConversationOptions, events: ConversationEvents) {
    this.#transport = transport;
    this.#options = options;
    this.#events = events;
    this.outbox = new Outbox(transport, () => this.#answers, takesOneMessage(options.protocol));
    this.#costs = new ReplyCosts(options.protocol);
    this.#limit = transport.state.receiveBuffer;
  }

  get idle(): boolean {
    return this.#pending.size === 0 && this.#waiting.length === 0;
  }

  /** A buffer is about to have another size: what was asked before leaves before (others may take its room at once), and until resize() says which, no buffer is smaller. */
  beforeResize(buffer: BufferName): void {
    this.resize(buffer, 0);
    this.outbox.flush();
  }

  /** A buffer has so many bytes now, as the kernel accounts it. */
  resize(buffer: BufferName, size: number): void {
    if (buffer === 'receiveBuffer') this.#limit = size;
    else this.outbox.resize(size);
    this.#advance();
  }

  request(request: CheckedRequest, context: RequestContext): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.#start({ request, body: request.body, context }, promised(resolve, reject));
    });
  }

  /** The same without a promise, with a body that is not the request's own. */
  submit(asked: AskedWith, settlement: Settlement): void {
    if (this.#closed === undefined && asked.request.signal?.aborted !== true) this.#start(asked, settlement);
    else {
      queueMicrotask(() => {
        this.#start(asked, settlement);
      });
    }
  }

  /** Takes what was answered meanwhile, without a turn of the loop, so that the next leave. Not between a lend() of the outbox and its request. */
  keepUp(): void {
    if (this.#waiting.length > 0 && !this.#delivering) this.#transport.keepUp?.();
  }

  /** The synchronous form, where the transport can wait. */
  requestSync(request: CheckedRequest, context: RequestContext): Reply {
    // What was read already and not yet delivered would come after what is read now.
    if (this.#delivering) throw busyReading(this.#options.namespace);
    let reply: Reply | undefined;
    let failure: Error | undefined;
    const pending = this.#start(
      { request, body: request.body, context },
      { resolve: (answer) => (reply = replyOf(answer)), reject: (error) => (failure = error) },
    );
    while (reply === undefined && failure === undefined) {
      // What was received along with it may have made room for others.
      if (!this.outbox.empty) {
        this.outbox.flush(true);
        continue;
      }
      // Timers do not fire meanwhile: others may time out first and make room for this one.
      const deadline = Math.min(pending.deadline, this.#alarm.deadline);
      const left = deadline === Infinity ? -1 : Math.max(0, Math.ceil(deadline - performance.now()));
      if (this.#transport.pumpSync?.(left) === false) this.#expire(deadline);
    }
    if (failure !== undefined) throw failure;
    return reply ?? { messages: [], warnings: [] };
  }

  #start(asked: AskedWith, settlement: Settlement): Pending {
    const pending = new Pending(this.#options, asked, settlement);
    pending.kind = this.#costs.kindOf(pending);
    if (this.#closed !== undefined) {
      settlement.reject(this.#closed);
      return pending;
    }
    const { signal } = asked.request;
    if (signal?.aborted === true) {
      settlement.reject(abortError(signal, { namespace: this.#options.namespace }));
      return pending;
    }
    // Whatever it throws, nothing is kept of the request.
    this.#dispatch(pending);
    if (signal !== undefined) {
      pending.onAbort = (): void => {
        this.#abandon(pending, abortError(signal, { namespace: this.#options.namespace }));
      };
      onAbort(signal, pending.onAbort);
    }
    this.#live++;
    this.#keep();
    return pending;
  }

  /** Into the next chunk where there is room, else to the end of the line. */
  #dispatch(pending: Pending): void {
    if (this.#waiting.length === 0 && this.#hasRoom(pending)) {
      this.#append(pending);
      return;
    }
    // The body is the caller's: it must not be read after this call.
    this.outbox.park(pending);
    this.#waiting.join(pending);
  }

  #hasRoom(pending: Pending): boolean {
    const expected = this.#costs.of(pending);
    // What was lost may be larger than expected: each attempt leaves it more room, the last one all there is.
    pending.cost = pending.attempt === attempts ? Math.max(expected, this.#limit) : expected * 4 ** (pending.attempt - 1);
    if (this.#pending.size === 0) return true;
    return this.#cost + pending.cost <= this.#limit && this.outbox.fits(NLMSG_HDRLEN + pending.size);
  }

  #append(pending: Pending): void {
    pending.sequence = this.#sequence.next(this.#isInUse);
    const flags = this.outbox.append(pending);
    if (announcing()) announce(this.#options, pending, flags, this.outbox.bytesOf(pending));
    pending.deadline = deadlineOf(pending, performance.now());
    this.#alarm.set(pending.deadline);
    this.#cost += pending.cost;
    this.#answers += pending.answers;
    this.#pending.add(pending);
    // While another thread has one half of what there is room for, this one can make the other half ready.
    if (this.#transport.overlaps === true && this.outbox.gathered * 2 >= this.#limit) this.outbox.flush();
  }

  /** Room came free: the next ones in the line leave. */
  #advance(): void {
    for (let pending = this.#waiting.first; pending !== undefined && this.#hasRoom(pending); pending = this.#waiting.first) {
      this.#waiting.shift();
      this.#append(pending);
    }
  }

  /** TransportEvents.received, without the release of the slab. */
  received(slab: ArrayBuffer, end: number): void {
    const cursor = new FrameCursor(slab, end, this.#options.protocol === protocols.kobject_uevent);
    const view = this.#view;
    this.#delivering = true;
    try {
      while (cursor.next(view, this.#onMalformed)) this.deliver(view);
    } finally {
      this.#delivering = false;
    }
    if (this.#damaged) this.#findLosses();
    this.#advance();
    this.#keep();
  }

  readonly #onMalformed = (why: 'truncated' | 'length'): void => {
    this.#events.dropped(why);
    if (this.#view.sender !== 0 || this.#view.group !== 0) return;
    // It was part of the answer to one of these, and there is no telling which.
    for (const pending of this.#pending.all()) pending.damaged = this.#damaged = true;
  };

  /** One message: a reply, or something for the owner. */
  deliver(view: MessageView): void {
    if (tracing()) trace('<-', this.#options.namespace, this.#options.protocol, view, view.bytes.subarray(view.body, view.end));
    if (view.sender !== 0 || view.group !== 0 || !this.#isOurs(view)) {
      this.#events.message(view);
      return;
    }
    const pending = this.#pending.get(view.sequence);
    if (pending === undefined) {
      if (this.#sequence.issued(view.sequence)) this.#events.dropped('late');
      else this.#events.message(view);
      return;
    }
    this.#waiting.progressed();
    if (view.type === NLMSG_ERROR || view.type === NLMSG_DONE) {
      // Most say no more than that it was done: nothing need be read of them.
      if (isPlainSuccess(view)) this.#settle(pending);
      else this.#acknowledged(pending, readAcknowledgement(view));
      return;
    }
    if (view.type === NLMSG_NOOP) return;
    pending.received += view.end - view.start;
    if (!pending.done) this.#read(pending, view);
    if ((view.flags & NLM_F_MULTI) !== 0) {
      // Progress: the time counts anew.
      pending.deadline = deadlineOf(pending, performance.now());
    } else if (!pending.request.acknowledge) this.#settle(pending);
  }

  #isOurs(view: MessageView): boolean {
    return view.port === this.#transport.state.port || (view.port === 0 && answersPortZero(this.#options.protocol));
  }

  #read(pending: Pending, view: MessageView): void {
    const { sink } = pending.context;
    if (sink === undefined) {
      (pending.messages ??= []).push(view.copy());
      return;
    }
    try {
      if (pending.failure === undefined) sink(view);
    } catch (thrown) {
      pending.failure = thrown instanceof Error ? thrown : new Error(String(thrown));
    }
  }

  #acknowledged(pending: Pending, ack: Acknowledgement): void {
    if (ack.errno !== 0) {
      pending.failure = refusal(pending, ack);
    } else if (ack.message !== undefined) {
      const warning = warningOf(pending, ack, asSent(pending));
      if (warning !== undefined) (pending.warnings ??= []).push(warning);
    }
    this.#settle(pending);
  }

  #settle(pending: Pending): void {
    // In order: whoever left earlier and is still open will not be answered any more.
    for (let first = this.#pending.first; first !== undefined && first !== pending; first = this.#pending.first) this.#lost(first);
    if (pending.damaged && pending.failure === undefined) {
      this.#lost(pending, 'malformed');
      return;
    }
    this.#remove(pending);
    if (pending.failure === undefined) this.#costs.learn(pending.kind, pending.received);
    if (pending.failure !== undefined) this.#fail(pending, pending.failure);
    else if (this.#finish(pending)) pending.settlement.resolve(pending);
  }

  #remove(pending: Pending): void {
    if (!this.#pending.delete(pending.sequence)) return;
    this.#cost -= pending.cost;
    this.#answers -= pending.answers;
    this.outbox.settled(pending);
  }

  /** Whether the caller still waits; from now on not. */
  #finish(pending: Pending): boolean {
    if (pending.done) return false;
    pending.done = true;
    this.#live--;
    if (pending.onAbort !== undefined && pending.request.signal !== undefined) offAbort(pending.request.signal, pending.onAbort);
    return true;
  }

  #fail(pending: Pending, error: Error): void {
    if (this.#finish(pending)) pending.settlement.reject(error);
  }

  #lost(pending: Pending, why: 'overrun' | 'malformed' = pending.damaged ? 'malformed' : 'overrun'): void {
    const again = pending.request.repeatable && !pending.done && pending.attempt < attempts;
    if (again) ownBody(pending);
    this.#remove(pending);
    if (again) {
      pending.attempt++;
      pending.messages = undefined;
      pending.received = 0;
      pending.damaged = false;
      pending.failure = undefined;
      pending.context.restart?.();
      this.#waiting.unshift(pending);
      return;
    }
    this.#fail(pending, replyLost(pending, why, pending.request.repeatable ? this.#limit : undefined));
  }

  /** TransportEvents.overrun. Replies may be among what the kernel dropped: an empty acknowledged message tells which. */
  overrun(): void {
    this.#damaged = false;
    for (const pending of this.#pending.all()) {
      if (pending.barrier) continue;
      const barrier = createBarrier(this.#options);
      this.#live++;
      this.#append(barrier);
      return;
    }
  }

  /** Unlike an overrun this asks once: whoever answers everything malformed would be asked for ever. */
  #findLosses(): void {
    this.#damaged = false;
    for (const pending of this.#pending.all()) if (pending.barrier) return;
    this.overrun();
  }

  refused(tag: number, errno: number): void {
    for (const pending of this.#pending.all()) {
      if (pending.tag !== tag) continue;
      this.#remove(pending);
      this.#fail(pending, notSent(pending, errno));
    }
    this.#advance();
    this.#keep();
  }

  #abandon(pending: Pending, error: NetlaneError): void {
    this.#fail(pending, error);
    // What has not left yet, the kernel need not hear of.
    if (this.#pending.has(pending.sequence) && this.outbox.withdraw(pending)) this.#remove(pending);
    if (this.#pending.size === 0) this.outbox.clear();
    this.#waiting.delete(pending);
    if (!this.#pending.has(pending.sequence)) this.outbox.settled(pending);
    this.#advance();
    this.#keep();
  }

  #expire(now = performance.now()): void {
    this.#alarm.clear();
    for (const pending of this.#pending.all()) {
      if (pending.deadline <= now) {
        this.#remove(pending);
        this.#fail(pending, timedOut(pending, pending.request.timeout));
      } else this.#alarm.set(pending.deadline);
    }
    // Some have the room of those that were given up. The others had no more of an answer than those before them.
    this.#advance();
    for (const pending of this.#waiting.takeLate(now)) {
      this.outbox.settled(pending);
      this.#fail(pending, noTurn(pending, pending.request.timeout));
    }
    this.#keep();
  }

  #keep(): void {
    const keep = this.#live > 0;
    if (keep === this.#kept) return;
    this.#kept = keep;
    this.#transport.ref(keep);
  }

  /** Rejects everything. The transport is the owner's to close. */
  close(error: Error = closed('the socket', this.#options.namespace)): void {
    if (this.#closed !== undefined) return;
    this.#closed = error;
    this.#alarm.clear();
    const open = [...this.#pending.all(), ...this.#waiting.clear()];
    this.#pending.clear();
    this.#answers = 0;
    this.outbox.clear();
    for (const pending of open) {
      this.outbox.settled(pending);
      this.#fail(pending, error);
    }
    this.#keep();
  }
}
