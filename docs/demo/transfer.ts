import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, Socket, type AddressInfo, type Server } from 'node:net';
import type { Namespace } from '../../lib/index.js';
import { native } from '../../lib/native.js';
import type { Belongings } from './belongings.js';

const AF_INET = 2;
const SOCK_STREAM = 1;

/** What became of a connection. */
export interface Transfer {
  readonly bytes: number;
  /** Whom the server saw at the other end. */
  readonly from: string;
  /** Milliseconds from connect() until connected. */
  readonly connect: number;
  /** Milliseconds from the first byte sent until the server's answer was back. */
  readonly move: number;
  readonly intact: boolean;
}

/** An fd of a TCP socket in the namespace: it stays there, whatever thread uses it. */
function openTcp(namespace: Namespace): number {
  return native().openSocket(namespace.fd, AF_INET, SOCK_STREAM, 0);
}

/**
 * Moves bytes from a client in one namespace to a server in another. Both are Node's own, on this very thread, which is in neither.
 * The server answers with a digest of what it got.
 */
export async function transfer(
  belongings: Belongings,
  ends: { readonly client: Namespace; readonly server: Namespace; readonly host: string },
  bytes: number,
): Promise<Transfer> {
  const payload = Buffer.alloc(bytes, 'netlane ');
  const server = await listen(belongings, ends.server);
  const accepted = answer(server);
  const client = new Socket({ fd: openTcp(ends.client), manualStart: true } as ConstructorParameters<typeof Socket>[0]);
  await belongings.keep(() => Promise.resolve({ close: () => Promise.resolve(client.destroy()) }));
  const start = performance.now();
  client.connect({ host: ends.host, port: (server.address() as AddressInfo).port, noDelay: true });
  await once(client, 'connect');
  const connected = performance.now();
  client.end(payload);
  let digest = '';
  client.setEncoding('utf8');
  for await (const part of client) digest += String(part);
  const done = performance.now();
  const from = await accepted;
  return {
    bytes,
    from,
    connect: connected - start,
    move: done - connected,
    intact: digest === createHash('sha256').update(payload).digest('hex'),
  };
}

async function listen(belongings: Belongings, namespace: Namespace): Promise<Server> {
  const server = createServer({ allowHalfOpen: true });
  const close = (): Promise<unknown> => new Promise((resolve) => server.close(resolve));
  await belongings.keep(() => Promise.resolve({ close }));
  server.listen({ fd: openTcp(namespace) });
  await once(server, 'listening');
  return server;
}

/** Takes one connection, reads it to its end and answers it; who it was. */
async function answer(server: Server): Promise<string> {
  const [connection] = (await once(server, 'connection')) as [Socket];
  server.close();
  const hash = createHash('sha256');
  // Not by for await, which destroys what it has read to its end.
  connection.on('data', (part: Buffer) => hash.update(part));
  await once(connection, 'end');
  connection.end(hash.digest('hex'));
  return connection.remoteAddress ?? 'nobody';
}
