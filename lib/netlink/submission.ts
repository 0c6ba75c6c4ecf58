import { checkMilliseconds } from '../arguments.js';
import { ownRequest } from './checked-request.js';
import { promised, type CheckedRequest, type Settlement } from './pending.js';
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

/** Puts a request down where requests go, to leave with this tick, or when the line is open. */
export function putDown(
  slot: LineSlot,
  options: ConversationOptions,
  request: CheckedRequest,
  { context, body = request.body }: { readonly context: RequestContext; readonly body?: Uint8Array | undefined },
  settlement: Settlement,
): void {
  if (slot.current !== undefined) {
    slot.current.conversation.submit({ request, body, context }, settlement);
    return;
  }
  const kept = ownRequest({ ...request, body });
  const { signal, timeout, type } = kept;
  const limit = { timeout, error: () => notOpened({ ...options, type, context }, timeout) };
  const begin = ({ conversation }: Line): void => {
    conversation.submit({ request: kept, body: kept.body, context }, settlement);
  };
  slot
    .get(signal, limit)
    .then(begin)
    .catch((error: unknown) => {
      settlement.reject(error as Error);
    });
}

/** The same for somebody who waits for the reply. */
export function ask(slot: LineSlot, options: ConversationOptions, request: CheckedRequest, context: RequestContext): Promise<Reply> {
  return new Promise((resolve, reject) => {
    putDown(slot, options, request, { context }, promised(resolve, reject));
  });
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

/** The submissions of one socket. */
export class Submissions {
  readonly #options: ConversationOptions;
  readonly #slot: () => LineSlot;
  /** Those that are alike have one, without their bodies. */
  #latest: CheckedRequest | undefined;
  #count = 0;

  /**
   * @param options with the time-out of those that say nothing of one.
   * @param slot where requests go now.
   */
  constructor(options: ConversationOptions, slot: () => LineSlot) {
    this.#options = options;
    this.#slot = slot;
  }

  #requestOf({ type, flags, reads, options }: Submission): CheckedRequest {
    const latest = this.#latest;
    if (options === undefined && latest !== undefined && latest.type === type && latest.flags === flags && latest.repeatable === reads)
      return latest;
    const timeout = options?.timeout === undefined ? this.#options.timeout : checkMilliseconds('timeout', options.timeout);
    const request = { type, flags, body: undefined, acknowledge: !reads, repeatable: reads, signal: options?.signal, timeout };
    if (options === undefined) this.#latest = request;
    return request;
  }

  /** Puts one down, to leave with this tick. */
  submit(submission: Submission, context: RequestContext, settlement: Settlement): void {
    putDown(this.#slot(), this.#options, this.#requestOf(submission), { context, body: submission.body }, settlement);
  }

  /**
   * For whoever puts down one after the other without returning to the loop: takes what was answered meanwhile, now and then. Never while a
   * function of somebody else would be called, who is at something else.
   */
  keepUp(): void {
    if (++this.#count < atOnce) return;
    this.#count = 0;
    if (openSinks === 0) this.#slot().current?.conversation.keepUp();
  }
}
