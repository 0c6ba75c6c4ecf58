import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An HTTP server that runs as a task, as long as its iterator is held. Yields its port; says who asked, and by which name. */
export async function* serveWeb(address: string): AsyncGenerator<number> {
  const server = createServer((request, response) => {
    response.setHeader('connection', 'close');
    response.end(`${request.socket.remoteAddress ?? ''} asked ${request.headers.host ?? ''}`);
  });
  server.listen(0, address);
  await once(server, 'listening');
  try {
    for (;;) yield (server.address() as AddressInfo).port;
  } finally {
    server.close();
    await once(server, 'close');
  }
}
