import type { Socket as DatagramSocket } from 'node:dgram';
import type { Server, Socket } from 'node:net';
import { NetlaneError } from '../errors.js';

/*
 * Node makes a new descriptor, in the caller's own namespace, when a socket that was closed is told to connect again, or a server to listen. What
 * was handed out from a namespace must not leave it like that.
 */

function seal(target: object, method: string, label: string, instead: string): void {
  // A server that listened inside before, or a connection that two servers see.
  if (Object.getOwnPropertyDescriptor(target, method)?.configurable === false) return;
  Object.defineProperty(target, method, {
    value: () => {
      throw new NetlaneError('NETLANE_REBIND', `${method}() would open a new socket, in this thread's own namespace`, {
        operation: `${method} a socket again`,
        namespace: label,
        hint: `make a new one: ${instead}`,
      });
    },
    enumerable: false,
    writable: false,
    configurable: false,
  });
}

/** Has connect() throw NETLANE_REBIND. */
export function sealStream<S extends Socket>(socket: S, label: string): S {
  seal(socket, 'connect', label, 'namespace.connect()');
  return socket;
}

/** Has listen() throw NETLANE_REBIND, and connect() of each connection; those of TLS as well. */
export function sealServer<S extends Server>(server: S, label: string): S {
  seal(server, 'listen', label, 'namespace.listen()');
  const onConnection = (connection: Socket): void => {
    sealStream(connection, label);
  };
  server.prependListener('connection', onConnection);
  server.prependListener('secureConnection', onConnection);
  return server;
}

/** Has bind() throw NETLANE_REBIND. connect() of a datagram socket stays on its descriptor. */
export function sealDatagrams(socket: DatagramSocket, label: string): DatagramSocket {
  seal(socket, 'bind', label, 'namespace.udp()');
  return socket;
}
