import { checkMilliseconds } from '../arguments.js';
import { ownRequest } from './checked-request.js';
import type { CheckedRequest } from './pending.js';
import type { Reply, RequestContext } from './request.js';
import type { NetlinkSocket } from './socket.js';

/** A request of a typed client: its arguments are known to be right, and it is no dump. */
export interface Submission {
  readonly type: number;
  readonly flags: number;
  /** Valid for as long as the call lasts. */
  readonly body: Uint8Array;
  /** Whether it only reads; then the first message is the answer, with no acknowledgement behind it. */
  readonly reads: boolean;
  readonly options: { readonly signal?: AbortSignal | undefined; readonly timeout?: number | undefined } | undefined;
}

/** What becomes of it: one of the two is called, never from within submit(), perhaps from within the reading of replies. */
export interface Settlement {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

/** Puts a request down, to leave with this tick: request() without its checks and without a promise of its own. */
export function submit(socket: NetlinkSocket, submission: Submission, context: RequestContext, { resolve, reject }: Settlement): void {
  const { type, flags, body, reads, options } = submission;
  const request: CheckedRequest = {
    type,
    flags,
    body,
    acknowledge: !reads,
    repeatable: reads,
    signal: options?.signal,
    timeout: options?.timeout === undefined ? socket.timeout : checkMilliseconds('timeout', options.timeout),
  };
  const slot = socket.requestSlot;
  if (slot.current !== undefined) {
    slot.current.conversation.submit(request, context, resolve, reject);
    return;
  }
  const kept = ownRequest(request);
  // Also of a closed socket: it rejects.
  slot.get(kept.signal).then(({ conversation }) => {
    conversation.submit(kept, context, resolve, reject);
  }, reject);
}
