import { NLMSG_HDRLEN, LITTLE_ENDIAN } from '../netlink/constants.js';
import { checkDatagram, eachReply, type FakeDatagram, type FakeReplies, type FakeReply } from './datagram.js';
import type { FakeHandler } from './fake-kernel.js';
import { parseMessages } from './fixtures.js';
import { later, overrun } from './replies.js';

/** The first message says that it has that length (nlmsg_len), whatever it really has. */
export function withLength(each: FakeDatagram, length: number): FakeDatagram {
  checkDatagram('each', each);
  const bytes = each.bytes.slice();
  if (bytes.length >= NLMSG_HDRLEN) new DataView(bytes.buffer).setUint32(0, length, LITTLE_ENDIAN);
  return { ...each, bytes };
}

function withField(each: FakeDatagram, offset: number, value: number): FakeDatagram {
  checkDatagram('each', each);
  const bytes = each.bytes.slice();
  const view = new DataView(bytes.buffer);
  for (const message of parseMessages(bytes)) view.setUint32(message.bytes.byteOffset + offset, value, LITTLE_ENDIAN);
  return { ...each, bytes };
}

/** All messages of it answer that sequence number, instead of the request's. */
export function withSequence(each: FakeDatagram, sequence: number): FakeDatagram {
  return withField(each, 8, sequence);
}

/** All messages of it are meant for that port id (nlmsg_pid). */
export function withPort(each: FakeDatagram, port: number): FakeDatagram {
  return withField(each, 12, port);
}

/** Sent by another process instead of the kernel: what a receiver must not believe. */
export function impostor(each: FakeDatagram, port = 4711): FakeDatagram {
  checkDatagram('each', each);
  return { ...each, sender: port };
}

/** Only that many bytes arrive. Marked as truncated (MSG_TRUNC), unless `silently`: then it is a datagram that simply ends too early. */
export function truncate(each: FakeDatagram, bytes: number, silently = false): FakeDatagram {
  checkDatagram('each', each);
  return { ...each, bytes: each.bytes.slice(0, Math.max(0, bytes)), truncated: !silently };
}

/** A way to answer wrongly, for liar(). */
export type FakeLie =
  | 'missing'
  | 'twice'
  | 'late'
  | 'reversed'
  | 'wrong-length'
  | 'wrong-sequence'
  | 'impostor'
  | 'truncated'
  | 'cut'
  | 'overrun'
  | 'dropped-overrun';

/** All of them. */
export const fakeLies: readonly FakeLie[] = [
  'missing',
  'twice',
  'late',
  'reversed',
  'wrong-length',
  'wrong-sequence',
  'impostor',
  'truncated',
  'cut',
  'overrun',
  'dropped-overrun',
];

type Bend = (datagram: FakeDatagram) => FakeReplies;

function bend(each: FakeReply, bent: Bend): FakeReplies {
  if (each.kind === 'datagram') return bent(each);
  if (each.kind !== 'dump') return each;
  return {
    ...each,
    datagrams: {
      *[Symbol.iterator](): Generator<FakeDatagram, undefined> {
        for (const part of each.datagrams) {
          const inner: FakeDatagram[] = [];
          eachReply(bent(part), (reply) => {
            if (reply.kind === 'datagram') inner.push(reply);
          });
          yield* inner;
        }
      },
    },
  };
}

const tell: Readonly<Record<FakeLie, (replies: readonly FakeReply[], each: (bent: Bend) => FakeReplies) => FakeReplies>> = {
  missing: () => undefined,
  twice: (_replies, each) => each((datagram) => [datagram, datagram]),
  late: (replies) => later(3, replies),
  reversed: (replies) =>
    replies.toReversed().map((reply) => (reply.kind === 'dump' ? { ...reply, datagrams: [...reply.datagrams].reverse() } : reply)),
  'wrong-length': (_replies, each) => each((datagram) => withLength(datagram, datagram.bytes.length + 64)),
  'wrong-sequence': (_replies, each) => each((datagram) => withSequence(datagram, 0xdeadbeef)),
  impostor: (_replies, each) => each((datagram) => impostor(datagram)),
  truncated: (_replies, each) => each((datagram) => truncate(datagram, datagram.bytes.length - 4)),
  cut: (_replies, each) => each((datagram) => truncate(datagram, datagram.bytes.length - 4, true)),
  overrun: (replies) => [replies, overrun()],
  'dropped-overrun': () => overrun(),
};

/**
 * A handler that answers as another one does, but lies where `next` says so: it is asked once for each request, and undefined is the truth.
 * Each lie is about all that answers the request: 'missing' (nothing comes), 'twice', 'late' (3 turns), 'reversed' (the replies in
 * reverse order), 'wrong-length' (beyond the datagram), 'wrong-sequence', 'impostor' (sent by another process), 'truncated' (MSG_TRUNC),
 * 'cut' (ends too early, unmarked), 'overrun' (ENOBUFS behind the replies: what answers the next requests of the same sendmsg is gone), 'dropped-overrun' (ENOBUFS, and the reply is gone).
 */
export function liar(handler: FakeHandler, next: () => FakeLie | undefined): FakeHandler {
  return (request, kernel) => {
    const lie = next();
    if (lie === undefined) return handler(request, kernel);
    const replies: FakeReply[] = [];
    eachReply(handler(request, kernel), (reply) => replies.push(reply));
    return tell[lie](replies, (bent) => replies.map((each) => bend(each, bent)));
  };
}
