import type { Message } from '../netlink/message.js';
import { sizeofNlMsghdr } from './constants.js';

/** A message as it came (Go: syscall.NetlinkMessage). */
export interface NetlinkMessage {
  readonly header: {
    /** Bytes with the header. */
    readonly len: number;
    readonly type: number;
    readonly flags: number;
    readonly seq: number;
    readonly pid: number;
  };
  /** What follows the header; a copy. */
  readonly data: Uint8Array;
}

/** Who sent messages (Go: unix.SockaddrNetlink). */
export interface SockaddrNetlink {
  /** Port id; PidKernel for the kernel. */
  readonly pid: number;
  /** The multicast group that they came through, by number; 0 for none. The ancestor has a mask here, which ends at group 32. */
  readonly group: number;
}

/** What send() takes: a NetlinkRequest. */
export interface Sendable {
  readonly type: number;
  readonly flags: number;
  readonly seq: number;
  /** What follows the header. */
  body(): Uint8Array;
}

/** What one receive() gave: at least one message. */
export interface Received {
  readonly messages: readonly NetlinkMessage[];
  readonly from: SockaddrNetlink;
}

export function senderOf(message: Message): SockaddrNetlink {
  return { pid: message.sender ?? 0, group: message.group ?? 0 };
}

export function messageOf(message: Message): NetlinkMessage {
  const { type, flags, sequence, port, body } = message;
  return { header: { len: sizeofNlMsghdr + body.length, type, flags, seq: sequence, pid: port }, data: body };
}
