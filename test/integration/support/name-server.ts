import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv4 } from 'node:net';

/* A name server of a few lines, for the tests: run in a namespace as a task, it serves as long as its iterator is held. */

const A = 1;
const AAAA = 28;
const nxdomain = 3;

interface Question {
  readonly name: string;
  readonly type: number;
  /** Where it ends in the message. */
  readonly end: number;
}

function questionOf(message: Buffer): Question {
  const labels: string[] = [];
  let at = 12;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: message.readUInt16BE(at + 1), end: at + 5 };
}

function bytesOf(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail = ''] = address.split('::');
  const groups = (text: string): number[] => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const [first, last] = [groups(head), groups(tail)];
  const bytes = Buffer.alloc(16);
  [...first, ...Array.from({ length: 8 - first.length - last.length }, () => 0), ...last].forEach((group, index) =>
    bytes.writeUInt16BE(group, index * 2),
  );
  return bytes;
}

function replyTo(message: Buffer, records: Readonly<Record<string, readonly string[]>>): Buffer {
  const { name, type, end } = questionOf(message);
  const known = records[name];
  const answers = (known ?? []).map(bytesOf).filter(({ length }) => length === (type === A ? 4 : type === AAAA ? 16 : 0));
  const header = Buffer.from(message.subarray(0, 12));
  header.writeUInt16BE(0x8580 | (known === undefined ? nxdomain : 0), 2);
  header.writeUInt16BE(answers.length, 6);
  header.writeUInt16BE(0, 8);
  header.writeUInt16BE(0, 10);
  const records_ = answers.map((bytes) => {
    const record = Buffer.alloc(12);
    record.writeUInt16BE(0xc00c, 0);
    record.writeUInt16BE(type, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt32BE(60, 6);
    record.writeUInt16BE(bytes.length, 10);
    return Buffer.concat([record, bytes]);
  });
  return Buffer.concat([header, message.subarray(12, end), ...records_]);
}

/** Yields once it serves; return() ends it. A name that starts with 'silent.' gets no answer. */
export async function* serveNames(address: string, records: Readonly<Record<string, readonly string[]>>): AsyncGenerator<string> {
  const socket = createSocket(isIPv4(address) ? 'udp4' : 'udp6');
  socket.on('message', (message, peer) => {
    if (!questionOf(message).name.startsWith('silent.')) socket.send(replyTo(message, records), peer.port, peer.address);
  });
  socket.bind(53, address);
  await once(socket, 'listening');
  try {
    for (;;) yield address;
  } finally {
    socket.close();
    await once(socket, 'close');
  }
}
