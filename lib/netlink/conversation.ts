import { Alarm } from './alarm.js';
import { channels } from '../diagnostics.js';
import { abortError, type NetlaneError } from '../errors.js';
import { NLM_F_ACK, NLM_F_MULTI, NLM_F_REQUEST, NLMSG_DONE, NLMSG_ERROR, NLMSG_HDRLEN, NLMSG_NOOP, protocols } from './constants.js';
import { readAcknowledgement, type Acknowledgement } from './extended-ack.js';
import { FrameCursor, MessageView, writeHeader } from './message.js';
import { Outgoing } from './outgoing.js';
import { closed, notSent, refusal, replyLost, timedOut, warningOf } from './refusal.js';
import type { ReplyCosts } from './reply-cost.js';
import { acknowledgementCost } from './reply-cost.js';
import { createBarrier, createPending, type CheckedRequest, type Pending } from './pending.js';
import type { ConversationOptions, Reply, RequestContext } from './request.js';
import { trace, tracing } from './trace.js';
import type { Transport } from './transport.js';

/** How often a read is sent again when its reply is lost. */
const attempts = 5;

/** What a conversation needs of a transport. */
export type ConversationTransport = Pick<Transport, 'state' | 'send' | 'ref' | 'pumpSync'>;

/** What a conversation passes on: everything that is no reply to its requests. */
export interface ConversationEvents {
  message(view: MessageView): void;
  /** Datagrams that were dropped, with the reason. */
  dropped(reason: 'impostor' | 'late' | 'truncated' | 'length'): void;
}

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
  readonly #pending = new Map<number, Pending>();
  /** Not yet sent for want of room. */
  readonly #waiting: Pending[] = [];
  #outgoing: Outgoing | undefined;
  #outgoingSequences: number[] = [];
  #flushing = false;
  readonly #sent = new Map<number, readonly number[]>();
  #tag = 0;
  #sequence: number;
  readonly #firstSequence: number;
  #cost = 0;
  #limit: number;
  readonly #largest: number;
  readonly #alarm = new Alarm(() => {
    this.#expire();
  });
  #closed: Error | undefined;
  /** Requests whose callers wait. */
  #live = 0;
  #kept = false;

  constructor(transport: ConversationTransport, options: ConversationOptions, events: ConversationEvents, costs: ReplyCosts) {
    this.#transport = transport;
    this.#options = options;
    this.#events = events;
    this.#costs = costs;
    this.#limit = transport.state.receiveBuffer;
    // The kernel refuses a message above the buffer less its own bookkeeping.
    this.#largest = Math.max(transport.state.sendBuffer - 64, 4096);
    // Not 1: the port id of a socket that was just closed may be the next one's, and with it a late reply.
    this.#sequence = Math.floor(Math.random() * 0x7fffffff);
    this.#firstSequence = this.#sequence;
  }

  get idle(): boolean {
    return this.#pending.size === 0 && this.#waiting.length === 0;
  }

  /** The receive buffer has another size now. */
  resize(receiveBuffer: number): void {
    this.#limit = receiveBuffer;
  }

  request(request: CheckedRequest, context: RequestContext): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.#start(request, context, resolve, reject);
    });
  }

  /** The synchronous form, where the transport can wait. */
  requestSync(request: CheckedRequest, context: RequestContext): Reply {
    let reply: Reply | undefined;
    let failure: Error | undefined;
    const pending = this.#start(
      request,
      context,
      (value) => (reply = value),
      (error) => (failure = error),
    );
    this.#flush();
    while (reply === undefined && failure === undefined) {
      const left = pending.deadline === Infinity ? -1 : Math.max(0, Math.ceil(pending.deadline - performance.now()));
      this.#transport.pumpSync?.(left);
      this.#flush();
      if (left === 0 && reply === undefined && failure === undefined) this.#expire();
    }
    if (failure !== undefined) throw failure;
    return reply ?? { messages: [], warnings: [] };
  }

  #start(request: CheckedRequest, context: RequestContext, resolve: (reply: Reply) => void, reject: (error: Error) => void): Pending {
    const cost =
      acknowledgementCost(NLMSG_HDRLEN + (request.body?.length ?? 0)) +
      (request.repeatable || !request.acknowledge ? this.#costs.of(request.type) : 0);
    const pending = createPending(this.#options, request, context, cost, { resolve, reject });
    if (this.#closed !== undefined) {
      reject(this.#closed);
      return pending;
    }
    const { signal } = request;
    if (signal !== undefined) {
      if (signal.aborted) {
        reject(abortError(signal, { namespace: this.#options.namespace }));
        return pending;
      }
      pending.onAbort = (): void => {
        this.#abandon(pending, abortError(signal, { namespace: this.#options.namespace }));
      };
      signal.addEventListener('abort', pending.onAbort, { once: true });
    }
    this.#live++;
    this.#dispatch(pending);
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
    if (pending.bytes === undefined) {
      const own = new Outgoing(NLMSG_HDRLEN + (pending.request.body?.length ?? 0) + 3);
      own.append(pending.request.body);
      pending.bytes = own.bytes.subarray(0, NLMSG_HDRLEN + (pending.request.body?.length ?? 0));
    }
    this.#waiting.push(pending);
  }

  #hasRoom(pending: Pending): boolean {
    if (this.#pending.size === 0) return true;
    const bytes = pending.bytes?.length ?? NLMSG_HDRLEN + (pending.request.body?.length ?? 0);
    return this.#cost + pending.cost <= this.#limit && (this.#outgoing?.position ?? 0) + bytes + 3 <= this.#largest;
  }

  #append(pending: Pending): void {
    const outgoing = (this.#outgoing ??= new Outgoing());
    const { request } = pending;
    const body = pending.bytes === undefined ? request.body : pending.bytes.subarray(NLMSG_HDRLEN);
    const start = outgoing.append(body);
    const length = NLMSG_HDRLEN + (body?.length ?? 0);
    pending.sequence = this.#nextSequence();
    writeHeader(outgoing.view, start, {
      length,
      type: request.type,
      flags: request.flags | NLM_F_REQUEST | (request.acknowledge ? NLM_F_ACK : 0),
      sequence: pending.sequence,
      port: 0,
    });
    pending.bytes = request.repeatable ? outgoing.bytes.slice(start, start + length) : undefined;
    if (channels.request.hasSubscribers) this.#publish(pending, outgoing.bytes.slice(start, start + length));
    if (tracing()) trace('->', this.#options.namespace, this.#options.protocol, { ...request, sequence: pending.sequence }, body);
    pending.deadline = request.timeout === 0 ? Infinity : performance.now() + request.timeout;
    this.#alarm.set(pending.deadline);
    this.#cost += pending.cost;
    this.#pending.set(pending.sequence, pending);
    this.#outgoingSequences.push(pending.sequence);
    if (!this.#flushing) {
      this.#flushing = true;
      queueMicrotask(() => {
        this.#flush();
      });
    }
  }

  #publish(pending: Pending, bytes: Uint8Array): void {
    channels.request.publish({ namespace: this.#options.namespace, protocol: this.#options.protocol, type: pending.type, bytes });
  }

  #nextSequence(): number {
    do this.#sequence = (this.#sequence + 1) >>> 0;
    while (this.#sequence === 0 || this.#pending.has(this.#sequence));
    return this.#sequence;
  }

  /** Whether a sequence number was given out here: then what carries it is late, not new. */
  #issued(sequence: number): boolean {
    return sequence !== 0 && (sequence - this.#firstSequence) >>> 0 <= (this.#sequence - this.#firstSequence) >>> 0;
  }

  #flush(): void {
    this.#flushing = false;
    const outgoing = this.#outgoing;
    if (outgoing === undefined) return;
    this.#outgoing = undefined;
    const tag = (this.#tag = (this.#tag + 1) >>> 0);
    this.#sent.set(tag, this.#outgoingSequences);
    // What was refused is told before the replies of later sends; older tags are of no use then.
    if (this.#sent.size > 64) for (const old of this.#sent.keys()) if (this.#isSettled(old)) this.#sent.delete(old);
    this.#outgoingSequences = [];
    this.#transport.send(outgoing.bytes.subarray(0, outgoing.position), tag, 0, 0);
  }

  #isSettled(tag: number): boolean {
    return this.#sent.get(tag)?.every((sequence) => !this.#pending.has(sequence)) ?? true;
  }

  /** Room came free: the next ones in the line leave. */
  #advance(): void {
    let taken = 0;
    for (const pending of this.#waiting) {
      if (!this.#hasRoom(pending)) break;
      this.#append(pending);
      taken++;
      if ((this.#outgoing?.position ?? 0) >= this.#largest) break;
    }
    if (taken > 0) this.#waiting.splice(0, taken);
  }

  /** TransportEvents.received, without the release of the slab. */
  received(slab: ArrayBuffer, end: number): void {
    const cursor = new FrameCursor(slab, end);
    const view = this.#view;
    while (cursor.next(view, this.#onMalformed)) this.deliver(view);
    this.#advance();
    this.#keep();
  }

  readonly #onMalformed = (why: 'truncated' | 'length'): void => {
    this.#events.dropped(why);
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
      if (this.#issued(view.sequence)) this.#events.dropped('late');
      else this.#events.message(view);
      return;
    }
    pending.received += view.end - view.start;
    if (view.type === NLMSG_ERROR || view.type === NLMSG_DONE) {
      this.#acknowledged(pending, readAcknowledgement(view));
      return;
    }
    if (view.type === NLMSG_NOOP) return;
    if (!pending.done) this.#read(pending, view);
    if ((view.flags & NLM_F_MULTI) !== 0) {
      // Progress: the time counts anew.
      if (pending.request.timeout !== 0) pending.deadline = performance.now() + pending.request.timeout;
    } else if (!pending.request.acknowledge) this.#settle(pending);
  }

  #isOurs(view: MessageView): boolean {
    // The audit subsystem puts 0 where others put the port id of who asked.
    return view.port === this.#transport.state.port || (view.port === 0 && this.#options.protocol === protocols.audit);
  }

  #read(pending: Pending, view: MessageView): void {
    const { sink } = pending.context;
    if (sink === undefined) {
      pending.messages.push(view.copy());
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
      const warning = warningOf(pending, ack, pending.bytes);
      if (warning !== undefined) pending.warnings.push(warning);
    }
    this.#settle(pending);
  }

  #settle(pending: Pending): void {
    // In order: whoever left earlier and is still open will not be answered any more.
    for (const earlier of this.#pending.values()) {
      if (earlier === pending) break;
      this.#lost(earlier);
    }
    this.#remove(pending);
    if (pending.request.repeatable) this.#costs.learn(pending.type, pending.received);
    if (pending.failure !== undefined) this.#fail(pending, pending.failure);
    else if (this.#finish(pending)) pending.resolve({ messages: pending.messages, warnings: pending.warnings });
  }

  #remove(pending: Pending): void {
    if (this.#pending.delete(pending.sequence)) this.#cost -= pending.cost;
  }

  /** Whether the caller still waits; from now on it does not. */
  #finish(pending: Pending): boolean {
    if (pending.done) return false;
    pending.done = true;
    this.#live--;
    if (pending.onAbort !== undefined) pending.request.signal?.removeEventListener('abort', pending.onAbort);
    return true;
  }

  #fail(pending: Pending, error: Error): void {
    if (this.#finish(pending)) pending.reject(error);
  }

  #lost(pending: Pending): void {
    this.#remove(pending);
    if (pending.request.repeatable && !pending.done && pending.attempt < attempts) {
      pending.attempt++;
      pending.messages = [];
      pending.failure = undefined;
      pending.context.restart?.();
      this.#waiting.unshift(pending);
      return;
    }
    this.#fail(pending, replyLost(pending));
  }

  /** TransportEvents.overrun. Replies may be among what the kernel dropped: an empty acknowledged message tells which. */
  overrun(): void {
    if (this.#pending.size === 0) return;
    const pending = createBarrier(this.#options);
    this.#live++;
    this.#append(pending);
  }

  /** TransportEvents.refused. */
  refused(tag: number, errno: number): void {
    const sequences = this.#sent.get(tag) ?? [];
    this.#sent.delete(tag);
    for (const sequence of sequences) {
      const pending = this.#pending.get(sequence);
      if (pending === undefined) continue;
      this.#remove(pending);
      this.#fail(pending, notSent(pending, errno));
    }
    this.#advance();
    this.#keep();
  }

  #abandon(pending: Pending, error: NetlaneError): void {
    this.#fail(pending, error);
    const at = this.#waiting.indexOf(pending);
    if (at !== -1) this.#waiting.splice(at, 1);
    this.#keep();
  }

  #expire(): void {
    const now = performance.now();
    for (const pending of this.#pending.values()) {
      if (pending.deadline <= now) {
        this.#remove(pending);
        this.#fail(pending, timedOut(pending, pending.request.timeout));
      } else this.#alarm.set(pending.deadline);
    }
    this.#advance();
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
    const open = [...this.#pending.values(), ...this.#waiting];
    this.#pending.clear();
    this.#waiting.length = 0;
    this.#outgoing = undefined;
    for (const pending of open) this.#fail(pending, error);
    if (this.#kept) this.#transport.ref(false);
    this.#kept = false;
  }
}
