import { checkBytes } from '../arguments.js';
import { invalidArgument, NetlaneError } from '../errors.js';
import { writeHeader } from '../netlink/message.js';
import { checkUint, viewOf } from './byte-order.js';
import { NLM_F_REQUEST, sizeofNlMsghdr } from './constants.js';
import { executeOn, iterateOn, withSocket, type Executable } from './execute.js';
import type { NsLike } from './netns.js';
import { checkData, type NetlinkRequestData } from './rt-attr.js';
import type { SocketHandle } from './socket.js';
import type { Warning } from '../netlink/request.js';

let lastSequence = 0;

/** The next number of this thread's counter; never 0, which is the kernel's for notifications. */
function nextSequence(): number {
  lastSequence = lastSequence === 0xffff_ffff ? 1 : lastSequence + 1;
  return lastSequence;
}

/** A netlink message to be: its header, and what is behind it. */
export class NetlinkRequest implements Executable {
  /** Bytes of the whole message; right once serialize() was called, as in Go. */
  len: number = sizeofNlMsghdr;
  type: number;
  flags: number;
  /** Sequence number, for send(). What execute() sends gets one of the engine's, so that none is in flight twice. */
  seq: number;
  /** Port id of the sender; 0 lets the kernel fill it in. */
  pid = 0;
  data: NetlinkRequestData[] = [];
  /** Bytes behind all data. */
  rawData: Uint8Array = new Uint8Array();
  /**
   * Sockets to use, by protocol: the one of the protocol that is executed, if there is one, and any number of requests may be on it at once.
   * For other protocols a socket is opened for the one request.
   */
  sockets: Map<number, SocketHandle> | undefined;
  /** Where a socket for the one request is opened. Default: the caller's own namespace. */
  netNS: NsLike | undefined;
  /**
   * Whether a dump that was interrupted is sent again, up to 10 times with pauses. true: the ancestor's false gives ErrDumpInterrupted with
   * whatever came.
   */
  retryInterrupted = true;
  /** What the kernel had to say about the last request that it carried out. */
  warnings: readonly Warning[] = [];

  /** As newNetlinkRequest, but with the flags exactly as they are given, and without a sequence number. */
  constructor(type = 0, flags = 0) {
    this.type = checkUint('type', type, 16);
    this.flags = checkUint('flags', flags, 16);
    this.seq = 0;
  }

  /** Adds data: an IfInfomsg, an RtAttr, anything that knows its bytes. Its bytes follow those of the former without padding. */
  addData(data: NetlinkRequestData): void {
    checkData('data', data);
    this.data.push(data);
  }

  /** Adds bytes behind all data. They are copied. */
  addRawData(data: Uint8Array): void {
    checkBytes('data', data);
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

  /**
   * Sends the request and waits for the whole answer. An acknowledgement is always asked for, so that a change that succeeds ends as well.
   * @param sockType Protocol, NETLINK_ROUTE, ...
   * @param resType Type of the messages to give; 0 for all.
   * @returns What follows the header of each message.
   * Rejects with NetlinkError when the kernel refuses, ErrDumpInterrupted, NETLANE_TIMEOUT (settings.socketTimeoutTv, or the receive time-out of a socket
   * of `sockets`), NETLANE_REPLY_LOST, NETLANE_CLOSED, and what opening a socket rejects with.
   */
  async execute(sockType: number, resType = 0): Promise<Uint8Array[]> {
    return withSocket(this, sockType, (socket, timeout) =>
      executeOn(this, socket, { resType: checkUint('resType', resType, 16), timeout }),
    );
  }

  /**
   * As execute(), giving each message to a function until it returns false; nothing is given after that. A dump with retryInterrupted is read to its
   * end first, since a message that was given cannot be taken back; without it memory stays bounded, and an interruption rejects at the end.
   * What the function throws rejects. It may make other requests, on the same socket, too.
   */
  async executeIter(sockType: number, resType: number, f: (message: Uint8Array) => boolean | Promise<boolean>): Promise<void> {
    if (typeof f !== 'function') throw invalidArgument('f', 'a function', f);
    await withSocket(this, sockType, (socket, timeout) =>
      iterateOn(this, socket, { resType: checkUint('resType', resType, 16), timeout }, f),
    );
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
  const request = new NetlinkRequest(proto, checkUint('flags', flags, 16) | NLM_F_REQUEST);
  request.seq = nextSequence();
  return request;
}
