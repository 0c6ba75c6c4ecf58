/*
 * What a reply costs in the receive buffer. The kernel counts not the bytes but the memory of the buffers that hold them
 * (skb->truesize): the payload and its bookkeeping rounded up to a power of two, and the buffer's head. Measured: 832 for an
 * acknowledgement, 2,315 for a link without features, 4,437 for a bridge port.
 */
import { NLM_F_ECHO, NLMSG_HDRLEN, protocols } from './constants.js';
import type { Pending } from './pending.js';

/** Bookkeeping behind the data (struct skb_shared_info) and the headroom. */
const overhead = 384;
/** struct sk_buff. */
const head = 320;

/** Cost of one datagram of so many bytes. */
export function costOf(bytes: number): number {
  // The next power of two: that of 1 to 2^31.
  return 2 ** (32 - Math.clz32(bytes + overhead - 1)) + head;
}

/** Room for the kernel's text and hints in an acknowledgement of a failure. */
const hints = 160;

/** The worst that an acknowledgement of a request of so many bytes costs: a failure echoes the request. */
export function acknowledgementCost(requestBytes: number): number {
  return costOf(36 + requestBytes + hints);
}

/** What a reply with a message may cost before one of its kind was seen: a link with much to say. */
const unseen = 4096 + head;

/** The largest replies seen, by kind of request. */
export class ReplyCosts {
  readonly #protocol: number;
  readonly #seen = new Map<number, number>();

  constructor(protocol: number) {
    this.#protocol = protocol;
  }

  /** The worst that the whole answer to a request may cost. */
  of({ request, size, kind }: Pick<Pending, 'request' | 'size' | 'kind'>): number {
    const acknowledgement = acknowledgementCost(NLMSG_HDRLEN + size);
    // Changes of rtnetlink are answered with an acknowledgement alone, unless they ask for an echo. Of others it shows.
    const quiet = this.#protocol === protocols.route && !request.repeatable && request.acknowledge && (request.flags & NLM_F_ECHO) === 0;
    if (quiet) return acknowledgement;
    const seen = this.#seen.get(kind);
    if (seen === 0) return acknowledgement;
    return acknowledgement + Math.max(unseen, seen === undefined ? 0 : costOf(seen));
  }

  /** Learns from an answer with so many bytes of messages. Only ever grows: what was large once can be so again. */
  learn(kind: number, bytes: number): void {
    if (bytes > (this.#seen.get(kind) ?? -1)) this.#seen.set(kind, bytes);
  }

  /** Of generic netlink, the type is only the family: the command stands behind the header. */
  kindOf({ request: { type }, body }: Pick<Pending, 'request' | 'body'>): number {
    return this.#protocol === protocols.generic ? type | ((body?.[0] ?? 0) << 16) : type;
  }
}
