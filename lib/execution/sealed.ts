import type { Socket as DatagramSocket } from 'node:dgram';
import type { Server, Socket } from 'node:net';
import { NetlaneError } from '../errors.js';

/*
 * Node makes a new descriptor, in the caller's own namespace, when a socket that was closed is told to connect again, or a server to listen. What
 * was handed out from a namespace must not leave it like that, whichever way it is asked to: not by the methods of the prototype, nor from a listener
 * that runs while it is being made, nor after all listeners are gone.
 */

/** Of which namespace it is, as String(namespace) prints it. */
const labels = new WeakMap<object, string>();

/** Those that are pipes of children. */
const pipes = new WeakSet<object>();

function rebind(target: object | undefined, method: string, instead: string): NetlaneError {
  const isPipe = target !== undefined && pipes.has(target);
  return new NetlaneError('NETLANE_REBIND', `${method}() would open a new socket, in this thread's own namespace`, {
    operation: `${method} a socket again`,
    namespace: target === undefined ? undefined : labels.get(target),
    hint: isPipe ? `it is a pipe of a child, and no socket: connect by ${instead}` : `make a new one: ${instead}`,
  });
}

/** One for all objects of a kind, so that they keep one shape. */
function refusal(method: string, instead: string): PropertyDescriptor {
  return {
    value(this: object | undefined) {
      throw rebind(this, method, instead);
    },
    enumerable: false,
    writable: false,
    configurable: false,
  };
}

const noConnect = refusal('connect', 'namespace.connect()');
const noListen = refusal('listen', 'namespace.listen()');
const noBind = refusal('bind', 'namespace.udp()');

interface Handle {
  close?(): void;
}

/** Handles of sealed streams and servers, which Node's own code reads and writes under this name. */
const handles = new WeakMap<object, Handle | null | undefined>();

/**
 * Lets nothing but null take the place of the handle that an object has: another one is closed.
 *
 * @param refuse called then: tells whoever set it.
 */
function handleProperty<T extends object>(
  isAdmitted: (target: T) => boolean,
  refuse: (target: T) => void,
): PropertyDescriptor & ThisType<T> {
  return {
    get() {
      return handles.get(this);
    },
    set(handle: Handle | null | undefined) {
      if (handle === null || handle === undefined || handle === handles.get(this) || isAdmitted(this)) {
        handles.set(this, handle);
        return;
      }
      handle.close?.();
      refuse(this);
    },
    enumerable: true,
    configurable: false,
  };
}

/** One pair for all streams, so that they keep one shape. */
const streamHandle = handleProperty<Socket>(
  () => false,
  (stream) => {
    throw rebind(stream, 'connect', 'namespace.connect()');
  },
);

/** Has connect() throw NETLANE_REBIND. */
export function sealStream<S extends Socket>(socket: S, label: string): S {
  // A connection that two events tell of.
  if (labels.has(socket)) return socket;
  labels.set(socket, label);
  Object.defineProperty(socket, 'connect', noConnect);
  const { _handle: handle } = socket as { readonly _handle?: Handle | null };
  // A server can be given streams of other kinds as its connections, which have none.
  if (handle === undefined || handle === null) return socket;
  handles.set(socket, handle);
  Object.defineProperty(socket, '_handle', streamHandle);
  return socket;
}

/** Has connect() of the caller's end of a child's pipe throw NETLANE_REBIND: it is a stream of node:net, which would connect in the caller's own namespace. */
export function sealPipe(pipe: Socket, label: string): Socket {
  pipes.add(pipe);
  return sealStream(pipe, label);
}

/** What net.Server.listen() does in the end, with a name that Node has kept since before there were clusters. */
type SetUpListening = (this: Server, ...parameters: [address: null, port: null, addressType: null, backlog: number, fd: number]) => void;

export interface ServerOfNode extends Server {
  readonly _listen2?: SetUpListening;
  readonly _handle?: Handle | null;
}

/** Servers that are given a descriptor from inside at the moment. */
const admitted = new WeakSet<Server>();

/** Those in a worker of node:cluster, where the primary may give a server its handle. Node then calls _listen2(), which tells, and would not catch what is thrown. */
const inClusterWorker = new WeakSet<Server>();

const serverHandle = handleProperty<Server>(
  (server) => admitted.has(server),
  (server) => {
    if (!inClusterWorker.has(server)) throw rebind(server, 'listen', 'namespace.listen()');
  },
);

/**
 * Has listen() throw NETLANE_REBIND from now on, except within `start`; and connect() of each connection, those of TLS as well.
 *
 * @param options.onConnection hears of each connection before any listener does.
 * @param options.isClusterWorker whether this process is a worker of node:cluster.
 */
export function sealServer(
  server: ServerOfNode,
  {
    label,
    onConnection,
    isClusterWorker,
    start,
  }: {
    readonly label: string;
    readonly onConnection: (connection: Socket) => void;
    readonly isClusterWorker: boolean;
    readonly start: () => void;
  },
): void {
  // One that listened inside before has all of it, for whichever namespace it listens in now.
  if (!labels.has(server)) sealMethods(server);
  if (isClusterWorker) inClusterWorker.add(server);
  labels.set(server, label);
  connectionHooks.set(server, onConnection);
  admitted.add(server);
  try {
    start();
  } finally {
    admitted.delete(server);
  }
}

const connectionHooks = new WeakMap<Server, (connection: Socket) => void>();

function sealMethods(server: ServerOfNode): void {
  Object.defineProperty(server, 'listen', noListen);
  const { _listen2: setUp, _handle: handle } = server;
  handles.set(server, handle);
  Object.defineProperty(server, '_handle', serverHandle);
  Object.defineProperty(server, '_listen2', {
    value: function (this: Server, ...parameters: Parameters<SetUpListening>) {
      if (admitted.has(server)) setUp?.apply(this, parameters);
      // As Node tells what failed in listen(): it may have looked up a name meanwhile, and nobody would catch what is thrown here.
      else process.nextTick(() => server.emit('error', rebind(server, 'listen', 'namespace.listen()')));
    },
    enumerable: false,
    writable: false,
    configurable: false,
  });
  // Not a listener, which can be removed.
  const emit = server.emit.bind(server) as (event: string | symbol, ...parameters: unknown[]) => boolean;
  server.emit = (event: string | symbol, ...parameters: unknown[]): boolean => {
    if (event === 'connection' || event === 'secureConnection') {
      const connection = parameters[0] as Socket;
      sealStream(connection, labels.get(server) ?? '');
      if (event === 'connection') connectionHooks.get(server)?.(connection);
    }
    return emit(event, ...parameters);
  };
}

/** Has bind() throw NETLANE_REBIND. connect() of a datagram socket stays on its descriptor. */
export function sealDatagrams(socket: DatagramSocket, label: string): DatagramSocket {
  labels.set(socket, label);
  Object.defineProperty(socket, 'bind', noBind);
  return socket;
}
