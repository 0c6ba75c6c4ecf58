import { checkMilliseconds } from '../arguments.js';
import { ownRequest } from './checked-request.js';
import type { CheckedRequest } from './pending.js';
import type { Line } from './line.js';
import type { LineSlot } from './line-slot.js';
import { notOpened } from './refusal.js';
import type { ConversationOptions, Reply, RequestContext } from './request.js';

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

/** What becomes of it: one of the two is called, never from within the call that puts it down, perhaps from within the reading of replies. */
export interface Settlement {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

/** The request that it is; what says nothing of a time-out has the socket's. */
export function requestOf({ type, flags, body, reads, options }: Submission, timeout: number): CheckedRequest {
  return {
    type,
    flags,
    body,
    acknowledge: !reads,
    repeatable: reads,
    signal: options?.signal,
    timeout: options?.timeout === undefined ? timeout : checkMilliseconds('timeout', options.timeout),
  };
}

/** Puts a request down where requests go, to leave with this tick, or when the line is open. */
export function putDown(
  slot: LineSlot,
  options: ConversationOptions,
  request: CheckedRequest,
  context: RequestContext,
  { resolve, reject }: Settlement,
): void {
  if (slot.current !== undefined) {
    slot.current.conversation.submit(request, context, resolve, reject);
    return;
  }
  const kept = ownRequest(request);
  const { signal, timeout, type } = kept;
  const limit = { timeout, error: () => notOpened({ ...options, type, context }, timeout) };
  const begin = ({ conversation }: Line): void => {
    conversation.submit(kept, context, resolve, reject);
  };
  slot.get(signal, limit).then(begin).catch(reject);
}

/** Submissions between two looks at what was answered: some part of what the receive buffer has room for. */
const atOnce = 64;

let openSinks = 0;

/** Says for as long as the request lasts that somebody's own function is called from within the reading of replies. */
export async function withSink(reply: Promise<Reply>): Promise<Reply> {
  openSinks++;
  try {
    return await reply;
  } finally {
    openSinks--;
  }
}

/** When whoever puts down one submission after the other, without returning to the loop, is to look at what was answered. */
export class Pace {
  #count = 0;

  /** Notes another. Never while a function of somebody else would be called, who is at something else. */
  get due(): boolean {
    if (++this.#count < atOnce) return false;
    this.#count = 0;
    return openSinks === 0;
  }
}
