import { NLMSG_HDRLEN, NLMSG_NOOP } from './constants.js';
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

/** A request on its way. */
export interface Pending extends Asked {
  readonly request: CheckedRequest;
  /** What to send behind the header, or what was sent, where it does not stand in `outgoing`. */
  body: Uint8Array | undefined;
  /** The buffer that it left in, while its body is read from there. */
  outgoing: Outgoing | undefined;
  /** Whether the body is a copy: else it is the caller's, and not to be read after the call. */
  owned: boolean;
  /** In which sendmsg it left, and where it stands in that. */
  tag: number;
  start: number;
  sequence: number;
  /** What ReplyCosts know it as. */
  kind: number;
  /** What its answer may take of the receive buffer. */
  cost: number;
  /** How many datagrams answer it as a rule: a read has its object before the acknowledgement. */
  readonly answers: number;
  /** performance.now() at which the wait is over; Infinity without a limit. */
  deadline: number;
  attempt: number;
  /** Bytes of its messages so far. */
  received: number;
  messages: Message[] | undefined;
  warnings: Warning[] | undefined;
  /** Something that could not be read came while it was open: its answer may not be whole. */
  damaged: boolean;
  /** Only asks whether everything before it is answered. */
  readonly barrier: boolean;
  /** What a sink threw: the reply is read to its end all the same. */
  failure: Error | undefined;
  /** Its caller has its answer, or has gone (abort): then the reply is awaited for the sake of the accounts only. */
  done: boolean;
  onAbort: (() => void) | undefined;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

export function createPending(
  options: ConversationOptions,
  request: CheckedRequest,
  context: RequestContext,
  resolve: (reply: Reply) => void,
  reject: (error: Error) => void,
): Pending {
  return {
    protocol: options.protocol,
    type: request.type,
    namespace: options.namespace,
    context,
    request,
    body: request.body,
    outgoing: undefined,
    owned: false,
    tag: -1,
    start: 0,
    sequence: 0,
    kind: 0,
    cost: 0,
    answers: request.acknowledge && request.repeatable ? 2 : 1,
    deadline: Infinity,
    attempt: 1,
    received: 0,
    messages: undefined,
    warnings: undefined,
    damaged: false,
    barrier: false,
    failure: undefined,
    done: false,
    onAbort: undefined,
    resolve,
    reject,
  };
}

/** A request as offsets count it: what stands in its header does not matter. */
export function withHeader(body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(NLMSG_HDRLEN + body.length);
  bytes.set(body, NLMSG_HDRLEN);
  return bytes;
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
  const nothing = (): void => undefined;
  // Whoever waits is told by a time-out or a loss of its own.
  const pending = createPending(options, request, { operation: () => 'find out what an overrun lost' }, nothing, nothing);
  return { ...pending, barrier: true };
}
