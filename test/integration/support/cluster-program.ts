import cluster from 'node:cluster';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Server, type AddressInfo } from 'node:net';
import process from 'node:process';
import { Namespace } from '../../../lib/namespace.js';
import { native } from '../../../lib/native.js';
import { fdOf } from './insideness.js';

/*
 * A primary with one worker, which serves inside a namespace of its own by TCP, by HTTP, on a Unix socket and by UDP, and prints what became of it as JSON.
 */

function namespaceOf(fd: number): string {
  const found = native().namespaceOfSocket(fd);
  const { device, inode } = native().identity(found);
  native().closeFd(found);
  return `${device}:${inode}`;
}

async function work(): Promise<Record<string, unknown>> {
  const blue = await Namespace.create({ loopback: true });
  try {
    const server = await blue.listen({ port: 0, host: '127.0.0.1' }, (connection) => connection.end('from inside'));
    const { port } = server.address() as AddressInfo;
    const connection = await blue.connect({ port, host: '127.0.0.1' });
    let text = '';
    for await (const part of connection) text += String(part);
    const web = createServer((_, response) => response.end('web'));
    await blue.listen({ server: web, port: 80, host: '127.0.0.1' });
    const fetched = await (await blue.fetch('http://127.0.0.1/')).text();
    const inUse = await blue.listen({ port: 80, host: '127.0.0.1' }).catch((error: { code?: string }) => error.code);
    const local = await blue.listen({ path: '\0cluster' });
    const udp = await blue.udp({ port: 53 });
    const fds = [server, web, local].map((each) => namespaceOf(fdOf(each)) === blue.id);
    const ended = [server, web, local, udp].map((each) => once(each, 'close'));
    web.closeAllConnections();
    for (const each of [server, web, local, udp]) each.close();
    await Promise.all(ended);
    // The primary would listen for it, in its own namespace.
    const refused = once(server, 'error') as Promise<[{ readonly code?: string }]>;
    Reflect.apply(Reflect.get(Server.prototype, 'listen') as () => unknown, server, [0, '127.0.0.1']);
    const [{ code: again }] = await refused;
    return { worker: cluster.isWorker, text, fetched, inUse, inside: fds, again, address: server.address() };
  } finally {
    await blue.close();
  }
}

if (cluster.isPrimary) {
  const worker = cluster.fork();
  worker.once('message', (message) => console.log(JSON.stringify(message)));
  const [code] = (await once(worker, 'exit')) as [number | null];
  process.exitCode = code ?? 1;
} else {
  process.send?.(await work(), () => process.exit());
}
