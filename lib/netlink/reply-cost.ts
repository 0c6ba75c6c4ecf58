/*
 * What a reply costs in the receive buffer. The kernel counts not the bytes but the memory of the buffers that hold them
 * (skb->truesize): the payload and its bookkeeping rounded up to a power of two, and the buffer's head. Measured: 832 for an
 * acknowledgement, 2,315 for a link without features, 4,437 for a bridge port.
 */

/** Bookkeeping behind the data (struct skb_shared_info) and the headroom. */
const overhead = 384;
/** struct sk_buff. */
const head = 320;

/** Cost of one datagram of so many bytes. */
export function costOf(bytes: number): number {
  return 2 ** Math.ceil(Math.log2(bytes + overhead)) + head;
}

/** Room for the kernel's text and hints in an acknowledgement of a failure. */
const hints = 160;

/** The worst that an acknowledgement of a request of so many bytes costs: a failure echoes the request. */
export function acknowledgementCost(requestBytes: number): number {
  return costOf(36 + requestBytes + hints);
}

/** What a reply with a message may cost before one of its kind was seen: a link with much to say. */
const unseen = 4096 + head;

/** The largest replies seen, by message type of the request. */
export class ReplyCosts {
  readonly #seen = new Map<number, number>();

  of(type: number): number {
    return this.#seen.get(type) ?? unseen;
  }

  /** Learns from a reply of so many bytes. Only ever grows: what was large once can be so again. */
  learn(type: number, bytes: number): void {
    const cost = costOf(bytes);
    if (cost > (this.#seen.get(type) ?? unseen)) this.#seen.set(type, cost);
  }
}
