import { NLMSG_HDRLEN } from './constants.js';

/** The buffer of requests that will leave in one sendmsg. Grows; handed over (and lost here) by take(). */
export class Outgoing {
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView<ArrayBuffer>;
  position = 0;

  constructor(size = 1024) {
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Makes room for so many more bytes. */
  reserve(more: number): void {
    const needed = this.position + more;
    if (needed <= this.bytes.length) return;
    const bytes = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    bytes.set(this.bytes.subarray(0, this.position));
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }

  /** Appends a message: room for the header, and the body padded to 4. Returns the offset of the header. */
  append(body: Uint8Array | undefined): number {
    const start = this.position;
    const length = NLMSG_HDRLEN + (body?.length ?? 0);
    this.reserve((length + 3) & ~3);
    if (body !== undefined) this.bytes.set(body, start + NLMSG_HDRLEN);
    this.position = start + ((length + 3) & ~3);
    return start;
  }
}
