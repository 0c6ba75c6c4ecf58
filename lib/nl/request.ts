import { NetlaneError } from '../errors.js';
import { writeHeader } from '../netlink/message.js';
import { checkUint, viewOf } from './byte-order.js';
import { NLM_F_REQUEST, sizeofNlMsghdr } from './constants.js';
import type { NetlinkRequestData } from './rt-attr.js';

let lastSequence = 0;

/** The next number of this thread's counter; never 0, which is the kernel's for notifications. */
function nextSequence(): number {
  lastSequence = lastSequence === 0xffff_ffff ? 1 : lastSequence + 1;
  return lastSequence;
}

/** A netlink message to be: its header, and what is behind it. */
export class NetlinkRequest {
  /** Bytes of the whole message; right once serialize() was called, as in Go. */
  len: number = sizeofNlMsghdr;
  type: number;
  flags: number;
  /** Sequence number. What is sent by execute() gets the socket's own, so that none is in flight twice. */
  seq: number;
  /** Port id of the sender; 0 lets the kernel fill it in. */
  pid = 0;
  data: NetlinkRequestData[] = [];
  /** Bytes behind all data. */
  rawData: Uint8Array = new Uint8Array();

  /** As newNetlinkRequest, but with the flags exactly as they are given, and without a sequence number. */
  constructor(type = 0, flags = 0) {
    this.type = checkUint('type', type, 16);
    this.flags = checkUint('flags', flags, 16);
    this.seq = 0;
  }

  /** Adds data: an IfInfomsg, an RtAttr, anything that knows its bytes. Its bytes follow those of the former without padding. */
  addData(data: NetlinkRequestData): void {
    this.data.push(data);
  }

  /** Adds bytes behind all data. They are copied. */
  addRawData(data: Uint8Array): void {
    const joined = new Uint8Array(this.rawData.length + data.length);
    joined.set(this.rawData);
    joined.set(data, this.rawData.length);
    this.rawData = joined;
  }

  /** What follows the header. @throws what the data's serialize() throws. */
  body(): Uint8Array<ArrayBuffer> {
    return this.#write(0);
  }

  /**
   * The message's bytes. Sets `len`.
   * @throws NETLANE_INVALID_ARGUMENT for a header field that does not fit, and what the data's serialize() throws.
   */
  serialize(): Uint8Array<ArrayBuffer> {
    const bytes = this.#write(sizeofNlMsghdr);
    this.len = bytes.length;
    writeHeader(viewOf(bytes), 0, {
      length: bytes.length,
      type: checkUint('type', this.type, 16),
      flags: checkUint('flags', this.flags, 16),
      sequence: checkUint('seq', this.seq, 32),
      port: checkUint('pid', this.pid, 32),
    });
    return bytes;
  }

  #write(header: number): Uint8Array<ArrayBuffer> {
    const parts = this.data.map((data) => data.serialize());
    const length = parts.reduce((sum, part) => sum + part.length, header + this.rawData.length);
    if (length > 0xffff_ffff) throw new NetlaneError('NETLANE_MESSAGE_TOO_LONG', `message ${this.type} has ${length} bytes`);
    const bytes = new Uint8Array(length);
    let next = header;
    for (const part of parts) {
      bytes.set(part, next);
      next += part.length;
    }
    bytes.set(this.rawData, next);
    return bytes;
  }
}

/**
 * A request of this type, with NLM_F_REQUEST and the next sequence number of this thread's counter.
 * @param proto The type, RTM_GETLINK, ...: 0 to 65535. @param flags Further flags, NLM_F_DUMP, ...
 */
export function newNetlinkRequest(proto: number, flags = 0): NetlinkRequest {
  const request = new NetlinkRequest(proto, flags | NLM_F_REQUEST);
  request.seq = nextSequence();
  return request;
}
