import type { Socket } from 'node:net';
import { connectFirst } from './attempt.js';
import { decodeReply, encodeQuestion, type Question, type Reply } from './dns-message.js';
import { Ending } from './ending.js';
import { streamOf } from './opening.js';
import type { Place } from './place.js';
import { ipVersion } from './socket-address.js';
import { openUdp, type DatagramLookup } from './udp.js';

/** A server that did not answer: `code` ETIMEOUT, or what the kernel said of it. */
export class NoAnswer extends Error {
  readonly code: string;
  /** Whether it did by UDP, with less than all of it. */
  readonly truncated: boolean;
  constructor(server: string, code: string, truncated = false) {
    super(`${server}: ${code}`);
    this.code = code;
    this.truncated = truncated;
  }
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : 'EIO';
}

interface Exchange {
  readonly place: Place;
  readonly server: string;
  readonly question: Question;
  /** Milliseconds. */
  readonly timeout: number;
  readonly ending: Ending;
}

/** Waits for the answer that `start` passes on, within the time; `stop` closes what was opened, in any case. */
function answered(
  { server, timeout, ending }: Exchange,
  start: (done: (reply: Reply) => void, fail: (code: string) => void) => () => void,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const stopping = { now: (): void => undefined };
    let over = false;
    const finish = (settle: () => void): void => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      off();
      stopping.now();
      settle();
    };
    const timer = setTimeout(() => finish(() => reject(new NoAnswer(server, 'ETIMEOUT'))), timeout);
    const off = ending.on((error) => queueMicrotask(() => finish(() => reject(error))));
    stopping.now = start(
      (reply) => finish(() => resolve(reply)),
      (code) => finish(() => reject(new NoAnswer(server, code))),
    );
    // It may have failed at once.
    if (over) stopping.now();
  });
}

/** Servers have addresses, and nothing needs to be looked up. */
const noLookup: DatagramLookup = (address, _options, callback) => callback(null, address, ipVersion(address));

/** Asks by UDP, from a port of its own for each question. */
function askByUdp(exchange: Exchange, extended: boolean): Promise<Reply> {
  const { place, server, question } = exchange;
  const { id, bytes } = encodeQuestion(question, extended);
  const socket = openUdp(place, { type: ipVersion(server) === 6 ? 'udp6' : 'udp4' }, noLookup);
  return answered(exchange, (done, fail) => {
    let closed = false;
    socket.on('error', (error) => fail(codeOf(error)));
    socket.on('message', (message) => {
      const reply = decodeReply(message, id, question);
      if (reply !== undefined) done(reply);
    });
    // Connected, so that the kernel tells when nobody is there, and takes no datagrams of others.
    socket.connect(53, server, (error?: unknown) => {
      if (error instanceof Error) fail(codeOf(error));
      // Given up in the tick in which it was asked: Node calls back all the same.
      else if (!closed)
        socket.send(bytes, (failure) => {
          if (failure !== null) fail(codeOf(failure));
        });
    });
    return () => {
      closed = true;
      socket.close();
    };
  });
}

/** Gathers the messages of a stream, which have their length in front (RFC 1035, 4.2.2). */
function readMessages(stream: Socket, onMessage: (message: Buffer) => void): void {
  let gathered = Buffer.alloc(0);
  stream.on('data', (part: Buffer) => {
    gathered = Buffer.concat([gathered, part]);
    while (gathered.length >= 2 && gathered.length >= 2 + gathered.readUInt16BE(0)) {
      const end = 2 + gathered.readUInt16BE(0);
      onMessage(gathered.subarray(2, end));
      gathered = gathered.subarray(end);
    }
  });
}

async function askByTcp(exchange: Exchange, extended: boolean): Promise<Reply> {
  const { place, server, question, ending, timeout } = exchange;
  const operation = `ask ${server} by TCP`;
  const started = performance.now();
  const limited = new Ending();
  const off = ending.on((error) => limited.end(error));
  const timer = setTimeout(() => limited.end(new NoAnswer(server, 'ETIMEOUT')), timeout);
  let stream: Socket;
  try {
    const target = { address: server, port: 53 };
    stream = streamOf(place, await connectFirst(place, [target], {}, { delay: timeout, ending: limited, operation }), false, operation);
  } catch (error) {
    ending.assertGoing();
    throw new NoAnswer(server, codeOf(error));
  } finally {
    clearTimeout(timer);
    off();
  }
  const { id, bytes } = encodeQuestion(question, extended);
  const left = Math.max(1, timeout - (performance.now() - started));
  return answered({ ...exchange, timeout: left }, (done, fail) => {
    stream.on('error', (error) => fail(codeOf(error)));
    stream.on('close', () => fail('EOF'));
    readMessages(stream, (message) => {
      const reply = decodeReply(message, id, question);
      if (reply !== undefined) done(reply);
    });
    const length = Buffer.alloc(2);
    length.writeUInt16BE(bytes.length);
    stream.write(Buffer.concat([length, bytes]));
    return () => stream.destroy();
  });
}

/** Asks one server: by UDP, and by TCP what does not fit; without extensions where it does not know them. Throws NoAnswer, or what ended it. */
export async function ask(exchange: Exchange, tcp: boolean): Promise<Reply> {
  let extended = true;
  let reply = tcp ? await askByTcp(exchange, extended) : await askByUdp(exchange, extended);
  if (reply.rcode === 'FORMERR' || reply.rcode === 'NOTIMP') {
    extended = false;
    reply = tcp ? await askByTcp(exchange, extended) : await askByUdp(exchange, extended);
  }
  if (!reply.truncated || tcp) return reply;
  try {
    return await askByTcp(exchange, extended);
  } catch (error) {
    throw error instanceof NoAnswer ? new NoAnswer(exchange.server, error.code, true) : error;
  }
}
