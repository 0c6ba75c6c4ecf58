import { frameFlags, frameHeader } from '../native.js';
import { LITTLE_ENDIAN, NLMSG_HDRLEN } from './constants.js';

/** A netlink message whose bytes are the caller's: what request() and messages() give. */
export interface Message {
  /** nlmsg_type. */
  readonly type: number;
  /** nlmsg_flags (NLM_F_*). */
  readonly flags: number;
  /** nlmsg_seq. */
  readonly sequence: number;
  /** nlmsg_pid: the port id of whom the message answers, or whose request caused it; 0 is the kernel. */
  readonly port: number;
  /** What follows the header, a copy. */
  readonly body: Uint8Array;
  /** The namespace that it came from, as an nsid here (with listenAllNamespaces). */
  readonly nsid?: number;
  /** The multicast group that it came through; absent for what was sent to this socket alone. */
  readonly group?: number;
  /** Port id of the socket that sent it, where that is not the kernel (with from: 'any'). */
  readonly sender?: number;
}

/**
 * A message in place, in a slab that somebody else owns: what sinks and decoders get. One object is used again for every message of a
 * round, so nobody keeps it or its arrays beyond the call.
 */
export class MessageView {
  bytes: Uint8Array = new Uint8Array();
  view: DataView = new DataView(new ArrayBuffer(0));
  /** Offset of the header in `bytes`. */
  start = 0;
  /** Offset of what follows the header. */
  body = 0;
  /** Offset behind the message. */
  end = 0;
  type = 0;
  flags = 0;
  sequence = 0;
  port = 0;
  /** Port id of the sending socket: 0 is the kernel. */
  sender = 0;
  /** Group number; 0: sent to this socket alone; -1: to groups, which one is not known. */
  group = 0;
  nsid = -1;
  /** Whether it is the first of its datagram. */
  leads = false;

  /** The message with bytes of its own. */
  copy(): Message {
    const { type, flags, sequence, port } = this;
    const body = this.bytes.slice(this.body, this.end);
    // Answers to requests have no more than this.
    if (this.nsid === -1 && this.group <= 0 && this.sender === 0) return { type, flags, sequence, port, body };
    return {
      type,
      flags,
      sequence,
      port,
      body,
      ...(this.nsid === -1 ? undefined : { nsid: this.nsid }),
      ...(this.group > 0 ? { group: this.group } : undefined),
      ...(this.sender === 0 ? undefined : { sender: this.sender }),
    };
  }
}

/** Why a datagram's rest could not be read. */
export type Malformation = 'truncated' | 'length';

/**
 * Walks the messages of the frames in a slab. A cursor, so that a reader who must stop (flow control) goes on at the same place later.
 */
export class FrameCursor {
  readonly slab: ArrayBuffer;
  readonly #end: number;
  #frame = 0;
  #message = 0;
  #frameEnd = 0;
  #frameStart = 0;
  readonly #whole: boolean;

  /** @param whole whether each datagram is one message without a header, as in the words of udev (NETLINK_KOBJECT_UEVENT). */
  constructor(slab: ArrayBuffer, end: number, whole = false) {
    this.#whole = whole;
    this.slab = slab;
    this.#end = Math.min(end, slab.byteLength);
  }

  /**
   * Points the view at the next message; false at the end. A datagram that is not what it says (a length below the header's or beyond the
   * datagram) is told to `malformed` and left from there on; the others are not touched by that.
   */
  next(view: MessageView, malformed: (why: Malformation) => void): boolean {
    if (view.bytes.buffer !== this.slab) {
      view.bytes = new Uint8Array(this.slab);
      view.view = new DataView(this.slab);
    }
    const data = view.view;
    for (;;) {
      if (this.#message >= this.#frameEnd) {
        if (!this.#nextFrame(view, malformed)) return false;
        continue;
      }
      const start = this.#message;
      view.leads = start === this.#frameStart;
      if (this.#whole) {
        Object.assign(view, { start, body: start, end: this.#frameEnd, type: 0, flags: 0, sequence: 0, port: 0 });
        this.#message = this.#frameEnd;
        return true;
      }
      const rest = this.#frameEnd - start;
      const length = rest >= NLMSG_HDRLEN ? data.getUint32(start, LITTLE_ENDIAN) : 0;
      if (length < NLMSG_HDRLEN || length > rest) {
        malformed('length');
        this.#message = this.#frameEnd;
        continue;
      }
      view.start = start;
      view.body = start + NLMSG_HDRLEN;
      view.end = start + length;
      view.type = data.getUint16(start + 4, LITTLE_ENDIAN);
      view.flags = data.getUint16(start + 6, LITTLE_ENDIAN);
      view.sequence = data.getUint32(start + 8, LITTLE_ENDIAN);
      view.port = data.getUint32(start + 12, LITTLE_ENDIAN);
      this.#message = start + ((length + 3) & ~3);
      return true;
    }
  }

  #nextFrame(view: MessageView, malformed: (why: Malformation) => void): boolean {
    const at = this.#frame;
    if (at + frameHeader.size > this.#end) return false;
    const data = view.view;
    const length = data.getUint32(at + frameHeader.length, LITTLE_ENDIAN);
    const start = at + frameHeader.size;
    const group = data.getUint32(at + frameHeader.group, LITTLE_ENDIAN);
    view.sender = data.getUint32(at + frameHeader.port, LITTLE_ENDIAN);
    view.nsid = data.getInt32(at + frameHeader.nsid, LITTLE_ENDIAN);
    view.group = group !== 0 ? group : data.getUint32(at + frameHeader.groups, LITTLE_ENDIAN) === 0 ? 0 : -1;
    if ((data.getUint32(at + frameHeader.flags, LITTLE_ENDIAN) & frameFlags.truncated) !== 0) malformed('truncated');
    this.#message = start;
    this.#frameStart = start;
    this.#frameEnd = Math.min(start + length, this.#end);
    this.#frame = start + ((length + 7) & ~7);
    return true;
  }
}

/** Writes a header of 16 bytes. */
export function writeHeader(
  view: DataView,
  at: number,
  header: { readonly length: number; readonly type: number; readonly flags: number; readonly sequence: number; readonly port: number },
): void {
  view.setUint32(at, header.length, LITTLE_ENDIAN);
  view.setUint16(at + 4, header.type, LITTLE_ENDIAN);
  view.setUint16(at + 6, header.flags, LITTLE_ENDIAN);
  view.setUint32(at + 8, header.sequence, LITTLE_ENDIAN);
  view.setUint32(at + 12, header.port, LITTLE_ENDIAN);
}
