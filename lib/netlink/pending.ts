import { NLMSG_NOOP } from './constants.js';
import type { Message } from './message.js';
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
  /** The request's bytes, header included: for sending again and for naming attributes; undefined for changes that are on their way. */
  bytes: Uint8Array | undefined;
  sequence: number;
  readonly cost: number;
  /** performance.now() at which the wait is over; Infinity without a limit. */
  deadline: number;
  attempt: number;
  received: number;
  messages: Message[];
  warnings: Warning[];
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
  cost: number,
  settle: { readonly resolve: (reply: Reply) => void; readonly reject: (error: Error) => void },
): Pending {
  return {
    protocol: options.protocol,
    type: request.type,
    namespace: options.namespace,
    context,
    request,
    bytes: undefined,
    sequence: 0,
    cost,
    deadline: Infinity,
    attempt: 1,
    received: 0,
    messages: [],
    warnings: [],
    failure: undefined,
    done: false,
    onAbort: undefined,
    resolve: settle.resolve,
    reject: settle.reject,
  };
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
  return createPending(options, request, { operation: () => 'find out what an overrun lost' }, 0, { resolve: nothing, reject: nothing });
}
