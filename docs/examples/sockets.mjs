// Servers and clients of Node's own inside a namespace, on this thread's loop, which never enters it.
// Prints:
//   a web server of the namespace says: hello from 127.0.0.1
//   over TCP: echo
//   connect() on the old socket: NETLANE_REBIND
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { Namespace } from 'netlane';

const blue = await Namespace.create({ loopback: true });
try {
  const web = createServer((request, response) => response.end(`hello from ${request.socket.localAddress}`));
  await blue.listen({ host: '127.0.0.1', port: 8080, server: web });
  const response = await blue.fetch('http://127.0.0.1:8080/');
  console.log(`a web server of the namespace says: ${await response.text()}`);
  web.close();
  web.closeAllConnections();

  const server = await blue.listen({ port: 7, backlog: 16 }, (connection) => connection.pipe(connection));
  const socket = await blue.connect({ host: 'localhost', port: 7, timeout: 5000 });
  socket.end('echo');
  console.log(`over TCP: ${await text(socket)}`);
  server.close();

  try {
    socket.connect(7); // Node would make a new socket, in this thread's own namespace.
  } catch (error) {
    console.log(`connect() on the old socket: ${error.code}`);
  }
} finally {
  await blue.close();
}
