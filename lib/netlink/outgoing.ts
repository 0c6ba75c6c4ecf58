import { LITTLE_ENDIAN, NLMSG_HDRLEN, NLMSG_NOOP } from './constants.js';

/** Buffers above this are not kept for the next requests. */
const keptSize = 65_536;

/** The buffer of requests that will leave in one sendmsg. Grows. */
export class Outgoing {
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView<ArrayBuffer>;
  position = 0;
  /** What the sendmsg will be known by. */
  tag = 0;
  /** Requests in it that are not settled yet, and whoever else reads it. */
  users = 0;
  /** Whether a body is being written behind what is in it: that place is not to be used meanwhile. */
  lent = false;
  /** What the answers to it may cost in the receive buffer. */
  cost = 0;
  /** How many datagrams will answer it. */
  answers = 0;
  #chunk: Uint8Array<ArrayBuffer>;
  /** A body that stands in its place already, and where its message would begin. */
  #placed: Uint8Array | undefined;
  #placedAt = 0;

  constructor(size = 1024) {
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
    this.#chunk = this.bytes;
  }

  /** What is in it so far. */
  get chunk(): Uint8Array<ArrayBuffer> {
    if (this.#chunk.length !== this.position || this.#chunk.buffer !== this.bytes.buffer)
      this.#chunk = this.bytes.subarray(0, this.position);
    return this.#chunk;
  }

  /** Empties it, to be filled again; false where it is too large to be worth keeping. */
  reset(): boolean {
    this.position = 0;
    this.cost = 0;
    this.answers = 0;
    return this.bytes.length <= keptSize;
  }

  /** Makes room for so many more bytes. */
  #reserve(more: number): void {
    const needed = this.position + more;
    if (needed <= this.bytes.length) return;
    const bytes = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    bytes.set(this.bytes.subarray(0, this.position));
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }

  /** Where the body of the next message belongs. */
  get next(): number {
    return this.position + NLMSG_HDRLEN;
  }

  /** The body of the next message was written into its place: it need not be copied there. */
  place(body: Uint8Array): void {
    this.#placed = body;
    this.#placedAt = this.position;
  }

  /** Appends a message, its body padded to 4. Returns the offset of the header. */
  append(type: number, flags: number, sequence: number, body: Uint8Array | undefined): number {
    const start = this.position;
    const length = NLMSG_HDRLEN + (body === undefined ? 0 : body.length);
    const padded = (length + 3) & ~3;
    const before = this.bytes;
    this.#reserve(padded);
    const { view, bytes } = this;
    view.setUint32(start, length, LITTLE_ENDIAN);
    view.setUint16(start + 4, type, LITTLE_ENDIAN);
    view.setUint16(start + 6, flags, LITTLE_ENDIAN);
    view.setUint32(start + 8, sequence, LITTLE_ENDIAN);
    view.setUint32(start + 12, 0, LITTLE_ENDIAN);
    if (body !== undefined && (body !== this.#placed || start !== this.#placedAt || bytes !== before))
      bytes.set(body, start + NLMSG_HDRLEN);
    // It may have been used before.
    if (padded !== length) bytes.fill(0, start + length, start + padded);
    this.position = start + padded;
    return start;
  }

  /** What follows the header of the message that starts there. */
  bodyAt(start: number): Uint8Array {
    return this.bytes.subarray(start + NLMSG_HDRLEN, start + this.view.getUint32(start, LITTLE_ENDIAN));
  }

  /** Takes a message back by turning it into one that the kernel passes over. */
  withdraw(start: number): void {
    this.view.setUint16(start + 4, NLMSG_NOOP, LITTLE_ENDIAN);
    this.view.setUint16(start + 6, 0, LITTLE_ENDIAN);
  }
}
