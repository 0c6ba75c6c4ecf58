import { NLMSG_NOOP } from './constants.js';
import type { Message } from './message.js';
import type { Outgoing } from './outgoing.js';
import type { Asked } from './refusal.js';
import type { ConversationOptions, Reply, RequestContext, Warning } from './request.js';

/** A request whose arguments were checked. */
export interface CheckedRequest {
  readonly type: number;
  readonly flags: number;
  readonly body: Uint8Array | undefined;
  readonly acknowledge: boolean;
  readonly repeatable: boolean;
  readonly signal: AbortSignal | undefined;
  readonly timeout: number;
}

/** What was answered: a Reply without what most replies do not have. */
export type Answer = { readonly [Part in keyof Reply]: Reply[Part] | undefined };

/** As a caller has it. */
export function replyOf({ messages = [], warnings = [] }: Answer): Reply {
  return { messages, warnings };
}

/** What becomes of a request: one of the two is called, never from within the call that puts it down, perhaps from within the reading of replies. */
export interface Settlement {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

/** For somebody who waits for the reply. */
export function promised(resolve: (reply: Reply) => void, reject: (error: Error) => void): Settlement {
  return {
    resolve: (answer) => {
      resolve(replyOf(answer));
    },
    reject,
  };
}

/** What is asked, with a body that need not be the request's own. */
export interface AskedWith {
  readonly request: CheckedRequest;
  readonly body: Uint8Array | undefined;
  readonly context: RequestContext;
}

/** A request on its way. Thousands may wait at the same time: what it holds is what the garbage collector copies. */
export class Pending implements Asked, Answer {
  readonly #options: ConversationOptions;
  readonly context: RequestContext;
  /** What is asked; its body is below. */
  readonly request: CheckedRequest;
  /** Bytes of its body. */
  readonly size: number;
  /** What to send behind the header, or what was sent, where it does not stand in `outgoing`. */
  body: Uint8Array | undefined;
  /** The buffer that it left in, or waits in, while its body is read from there. */
  outgoing: Outgoing | undefined;
  /** Whether the body is a copy: else it is the caller's, and not to be read after the call. */
  owned = false;
  /** In which sendmsg it left, and where it stands in that. */
  tag = -1;
  start = 0;
  sequence = 0;
  /** What ReplyCosts know it as. */
  kind = 0;
  /** What its answer may take of the receive buffer. */
  cost = 0;
  /** How many datagrams answer it as a rule: a read has its object before the acknowledgement. */
  readonly answers: number;
  /** performance.now() at which the wait is over; Infinity without a limit. */
  deadline = Infinity;
  attempt = 1;
  /** Bytes of its messages so far. */
  received = 0;
  messages: Message[] | undefined;
  warnings: Warning[] | undefined;
  /** Something that could not be read came while it was open: its answer may not be whole. */
  damaged = false;
  /** Only asks whether everything before it is answered. */
  readonly barrier: boolean;
  /** What a sink threw: the reply is read to its end all the same. */
  failure: Error | undefined;
  /** Its caller has its answer, or has gone (abort): then the reply is awaited for the sake of the accounts only. */
  done = false;
  onAbort: (() => void) | undefined;
  readonly settlement: Settlement;

  constructor(options: ConversationOptions, asked: AskedWith, settlement: Settlement, barrier = false) {
    const { request, body, context } = asked;
    this.#options = options;
    this.context = context;
    this.request = request;
    this.size = body === undefined ? 0 : body.length;
    this.body = body;
    this.outgoing = undefined;
    this.answers = request.acknowledge && request.repeatable ? 2 : 1;
    this.messages = undefined;
    this.warnings = undefined;
    this.barrier = barrier;
    this.failure = undefined;
    this.onAbort = undefined;
    this.settlement = settlement;
  }

  get protocol(): number {
    return this.#options.protocol;
  }

  get type(): number {
    return this.request.type;
  }

  get namespace(): string {
    return this.#options.namespace;
  }
}

/** When its wait is over, if the last progress was at that time of performance.now(). */
export function deadlineOf({ request }: Pending, progress: number): number {
  return request.timeout === 0 ? Infinity : progress + request.timeout;
}

/** An empty message with an acknowledgement: when that has come, everything earlier that is unanswered is lost. */
export function createBarrier(options: ConversationOptions): Pending {
  const request: CheckedRequest = {
    type: NLMSG_NOOP,
    flags: 0,
    body: undefined,
    acknowledge: true,
    repeatable: false,
    signal: undefined,
    timeout: options.timeout,
  };
  // Whoever waits is told by a time-out or a loss of its own.
  return new Pending(options, { request, body: undefined, context: barrierContext }, nobody, true);
}

const barrierContext: RequestContext = { operation: () => 'find out what an overrun lost' };
const nobody: Settlement = { resolve: () => undefined, reject: () => undefined };
