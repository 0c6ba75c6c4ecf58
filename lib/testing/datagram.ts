import { checkInteger, isObject } from '../arguments.js';
import { invalidArgument } from '../errors.js';
import { frameFlags, frameHeader } from '../native.js';
import { LITTLE_ENDIAN } from '../netlink/constants.js';
import type { FakeRequest } from './fake-request.js';
import { concatenate } from './fixtures.js';

/** Longest datagram that arrives whole: the size of the receiver's scratch area. */
export const longestDatagram = 1 << 20;

/** What one recvmsg gives: one or more messages, and who sent them. */
export interface FakeDatagram {
  readonly kind: 'datagram';
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Port id of the sender; 0 is the kernel. */
  readonly sender: number;
  /** The multicast group that it was sent to; 0: to one socket alone. */
  readonly group: number;
  /** The namespace of the sender as an nsid; undefined: the socket's own. */
  readonly nsid: number | undefined;
  /** The end is missing (MSG_TRUNC). */
  readonly truncated: boolean;
}

/** The replies of a dump: the kernel makes each when the one before was received, so that they never overflow the receive buffer. */
export interface FakeDump {
  readonly kind: 'dump';
  readonly request: FakeRequest;
  readonly datagrams: Iterable<FakeDatagram>;
}

/** The kernel drops a message here: the next receive fails with ENOBUFS. */
export interface FakeOverrun {
  readonly kind: 'overrun';
}

/** Replies that come only after that many turns of delivery, 1 or more. */
export interface FakeDelay {
  readonly kind: 'later';
  readonly turns: number;
  readonly replies: FakeReplies;
}

export type FakeReply = FakeDatagram | FakeDump | FakeOverrun | FakeDelay;

/** What a fake answers a request with, in order; nothing is an answer, too: the one of a kernel that never answers. */
export type FakeReplies = FakeReply | Iterable<FakeReplies> | undefined;

/** Calls back for each reply in order; generators are drawn as they are walked. */
export function eachReply(replies: FakeReplies, visit: (reply: FakeReply) => void): void {
  if (replies === undefined) return;
  if (Symbol.iterator in replies) for (const each of replies) eachReply(each, visit);
  else visit(replies);
}

/** @throws NETLANE_INVALID_ARGUMENT for what no function of this kit made. */
export function checkDatagram(name: string, value: unknown): asserts value is FakeDatagram {
  if (isObject(value) && value['kind'] === 'datagram') return;
  throw invalidArgument(name, 'a datagram, as reply(), ack() and datagram() make it', value);
}

/** A datagram from bytes: one message, or several put behind each other (each padded to 4). */
export function datagram(
  messages: Uint8Array | readonly Uint8Array[],
  from: { readonly sender?: number | undefined; readonly group?: number | undefined; readonly nsid?: number | undefined } = {},
): FakeDatagram {
  if (!(messages instanceof Uint8Array) && !Array.isArray(messages)) {
    throw invalidArgument('messages', 'a Uint8Array, or an array of them', messages);
  }
  const bytes = messages instanceof Uint8Array ? new Uint8Array(messages) : concatenate(...(messages as readonly Uint8Array[]));
  return { kind: 'datagram', bytes, sender: from.sender ?? 0, group: from.group ?? 0, nsid: from.nsid, truncated: false };
}

/** Puts the messages of several datagrams in one, as the kernel does in dumps. The sender and group are the first one's. */
export function join(...datagrams: readonly FakeDatagram[]): FakeDatagram {
  const [first] = datagrams;
  if (first === undefined) throw invalidArgument('datagrams', 'one or more datagrams', datagrams);
  for (const each of datagrams) checkDatagram('datagram', each);
  return { ...first, bytes: concatenate(...datagrams.map(({ bytes }) => bytes)), truncated: datagrams.some(({ truncated }) => truncated) };
}

/** What a datagram of that many bytes takes of the receive buffer (skb->truesize: data, its tail, and struct sk_buff), measured on Linux 6.18. */
export function bufferCost(bytes: number): number {
  checkInteger('bytes', bytes, 0, 2 ** 32);
  return 2 ** Math.ceil(Math.log2(bytes + 384)) + 320;
}

/** Bytes of a frame (header, datagram, padding to 8). */
export function frameSize(each: FakeDatagram): number {
  return frameHeader.size + ((Math.min(each.bytes.length, longestDatagram) + 7) & ~7);
}

/** Writes a datagram as a frame (lib/native.ts) and gives the offset behind it. */
export function writeFrame(
  slab: ArrayBuffer,
  at: number,
  each: FakeDatagram,
  socket: { readonly showGroup: boolean; readonly showNsid: boolean },
): number {
  const length = Math.min(each.bytes.length, longestDatagram);
  const truncated = each.truncated || each.bytes.length > longestDatagram;
  const mask = each.group >= 1 && each.group <= 32 ? 2 ** (each.group - 1) : 0;
  const view = new DataView(slab, at);
  view.setUint32(frameHeader.length, length, LITTLE_ENDIAN);
  view.setUint32(frameHeader.port, each.sender, LITTLE_ENDIAN);
  view.setUint32(frameHeader.groups, mask, LITTLE_ENDIAN);
  view.setUint32(frameHeader.group, socket.showGroup ? each.group : 0, LITTLE_ENDIAN);
  view.setInt32(frameHeader.nsid, socket.showNsid ? (each.nsid ?? -1) : -1, LITTLE_ENDIAN);
  view.setUint32(frameHeader.flags, truncated ? frameFlags.truncated : 0, LITTLE_ENDIAN);
  new Uint8Array(slab, at + frameHeader.size, length).set(each.bytes.subarray(0, length));
  return at + frameSize(each);
}
