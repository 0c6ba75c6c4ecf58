import { LITTLE_ENDIAN, NLMSG_HDRLEN, NLMSG_NOOP } from './constants.js';
import { writeHeader } from './message.js';

/** The buffer of requests that will leave in one sendmsg. Grows; whoever sends it gives it away. */
export class Outgoing {
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView<ArrayBuffer>;
  position = 0;
  /** Sequence numbers of what is in it, and where each starts. */
  readonly sequences: number[] = [];
  readonly #starts: number[] = [];
  #kept = false;

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

  /** Appends a message, its body padded to 4. Returns the offset of the header. */
  append(header: { readonly type: number; readonly flags: number; readonly sequence: number }, body: Uint8Array | undefined): number {
    const start = this.position;
    const length = NLMSG_HDRLEN + (body?.length ?? 0);
    this.reserve((length + 3) & ~3);
    writeHeader(this.view, start, { ...header, length, port: 0 });
    if (body !== undefined) this.bytes.set(body, start + NLMSG_HDRLEN);
    this.position = start + ((length + 3) & ~3);
    this.sequences.push(header.sequence);
    this.#starts.push(start);
    return start;
  }

  /** What gives the bytes of a message also when the buffer has left. One copy serves all that leave in one sendmsg. */
  keep(start: number, length: number): () => Uint8Array {
    this.#kept = true;
    return () => this.bytes.subarray(start, start + length);
  }

  /** The bytes to send, given away. */
  take(): Uint8Array<ArrayBuffer> {
    const bytes = this.bytes.subarray(0, this.position);
    this.bytes = this.#kept ? bytes.slice() : new Uint8Array();
    return bytes;
  }

  /** Takes a message back by turning it into one that the kernel passes over; false where it is not in here. */
  withdraw(sequence: number): boolean {
    const at = this.sequences.indexOf(sequence);
    const start = this.#starts[at];
    if (start === undefined) return false;
    this.view.setUint16(start + 4, NLMSG_NOOP, LITTLE_ENDIAN);
    this.view.setUint16(start + 6, 0, LITTLE_ENDIAN);
    return true;
  }
}
