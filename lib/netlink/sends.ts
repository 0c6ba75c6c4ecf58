/** What left in which sendmsg, so that a refused one can be told to those who were in it. Successes are not told. */
export class Sends {
  readonly #sent = new Map<number, readonly number[]>();
  #tag = 0;

  /**
   * The tag of a new sendmsg, below 2^31: others are for sends that are no requests.
   * @param isOpen whether a sequence number still waits for its answer.
   */
  add(sequences: readonly number[], isOpen: (sequence: number) => boolean): number {
    this.#tag = (this.#tag + 1) & 0x7fffffff;
    this.#sent.set(this.#tag, sequences);
    if (this.#sent.size > 64) for (const [old, inOld] of this.#sent) if (!inOld.some(isOpen)) this.#sent.delete(old);
    return this.#tag;
  }

  /** The sequence numbers that were in a sendmsg, which is forgotten. */
  take(tag: number): readonly number[] {
    const sequences = this.#sent.get(tag) ?? [];
    this.#sent.delete(tag);
    return sequences;
  }
}
