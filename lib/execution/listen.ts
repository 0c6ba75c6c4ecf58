import { once } from 'node:events';
import { statSync, unlinkSync, type Stats } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer, Server, type Socket } from 'node:net';
import { resolve } from 'node:path';
import { checkInteger, checkMilliseconds, checkRules, type OptionRule } from '../arguments.js';
import { abortError, invalidArgument, NetlaneError } from '../errors.js';
import { family } from '../codec/address.js';
import type { InsideSocket } from '../native.js';
import {
  applyPlacement,
  bindHint,
  bindLocal,
  checkPlacement,
  checkPort,
  placementRules,
  socketOption,
  type SocketPlacement,
} from './local-options.js';
import { checkPath } from './connect.js';
import { untilEnded } from './ending.js';
import { addressesOf } from './lookup.js';
import { handOver, openAt, socketType } from './opening.js';
import type { Place } from './place.js';
import { sealServer, type ServerOfNode } from './sealed.js';
import { ipVersion, unixAddress, unixFamily } from './socket-address.js';

/** Options of Namespace.listen(). `reuse` is true unless set otherwise, as everywhere in Node. */
export interface ListenOptions<S extends Server = Server> extends SocketPlacement {
  /** 0 to 65535; 0, the default, is a port of the kernel's choice. */
  readonly port?: number | string | undefined;
  /** The local address, or a name of it. Default: all of the namespace's, of both versions. */
  readonly host?: string | undefined;
  /** In the place of host and port: the path of a Unix socket. With a leading NUL ('\0name') it is abstract, and of this namespace alone. */
  readonly path?: string | undefined;
  /** Connections that may wait to be accepted. Default 511; the kernel's limit is net.core.somaxconn. */
  readonly backlog?: number | undefined;
  /** Whether an IPv6 address takes no IPv4 connections. Default false. */
  readonly ipv6Only?: boolean | undefined;
  /** A server that is to listen here: of node:http, node:https, node:tls or node:net. Default: a new one of node:net. */
  readonly server?: S | undefined;
  /** Closes the server when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** For a new server, as node:net has them. */
  readonly allowHalfOpen?: boolean | undefined;
  readonly pauseOnConnect?: boolean | undefined;
  readonly noDelay?: boolean | undefined;
  readonly keepAlive?: boolean | undefined;
  readonly keepAliveInitialDelay?: number | undefined;
}

const rules: Readonly<Record<keyof ListenOptions, OptionRule>> = {
  ...placementRules,
  port: 'any',
  host: 'string',
  path: 'string',
  backlog: 'any',
  ipv6Only: 'boolean',
  server: 'any',
  signal: 'signal',
  allowHalfOpen: 'boolean',
  pauseOnConnect: 'boolean',
  noDelay: 'boolean',
  keepAlive: 'boolean',
  keepAliveInitialDelay: 'any',
};

/** Servers that are about to listen inside: another call for one of them comes too late. */
const starting = new WeakSet<Server>();

const ofNewServer = ['allowHalfOpen', 'pauseOnConnect', 'noDelay', 'keepAlive', 'keepAliveInitialDelay'] as const;

interface Listen {
  readonly options: ListenOptions;
  readonly port: number;
  readonly backlog: number;
}

function checkListen(given: unknown, listener: unknown): Listen {
  const options = checkRules<ListenOptions>('options', given, rules);
  checkPlacement(options);
  if (listener !== undefined && typeof listener !== 'function') throw invalidArgument('listener', 'a function', listener);
  const port = checkPort('options.port', options.port ?? 0);
  const backlog = options.backlog ?? 511;
  checkInteger('options.backlog', backlog, 0, 0x7fffffff);
  const { server, path, keepAliveInitialDelay } = options;
  if (keepAliveInitialDelay !== undefined) checkMilliseconds('options.keepAliveInitialDelay', keepAliveInitialDelay);
  if (server !== undefined) {
    if (!(server instanceof Server))
      throw invalidArgument('options.server', 'a server of node:net, node:http, node:https or node:tls', server);
    if (server.listening || starting.has(server))
      throw new NetlaneError('NETLANE_BUSY', 'the server listens already', { operation: 'listen' });
    if (listener !== undefined)
      throw new NetlaneError('NETLANE_INVALID_ARGUMENT', 'a listener is of a new server, and options.server is given', {
        hint: 'add it to the server',
      });
    const surplus = ofNewServer.find((key) => options[key] !== undefined);
    if (surplus !== undefined) {
      throw new NetlaneError('NETLANE_INVALID_ARGUMENT', `options.${surplus} is of a new server, and options.server is given`, {
        hint: 'give it to the function that creates the server',
      });
    }
  }
  if (path === undefined) return { options, port, backlog };
  checkPath(path);
  const surplus = (['host', 'port', 'device', 'mark', 'reuse', 'transparent', 'ipv6Only'] as const).find(
    (key) => options[key] !== undefined,
  );
  if (surplus !== undefined)
    throw new NetlaneError('NETLANE_INVALID_ARGUMENT', `options.path and options.${surplus} do not go together`, { operation: 'listen' });
  return { options, port, backlog };
}

/** A socket that is bound to the address, and listens. */
function open(place: Place, address: string, listen: Listen, operation: string): InsideSocket {
  const version = ipVersion(address) === 6 ? 6 : 4;
  const socket = openAt(place, version === 6 ? family.ipv6 : family.ipv4, socketType.stream, 0, operation);
  try {
    applyPlacement(place, socket, version, { ...listen.options, reuse: listen.options.reuse ?? true }, operation);
    if (version === 6) socket.setOption(socketOption.ipv6Level, socketOption.ipv6Only, listen.options.ipv6Only === true ? 1 : 0);
    bindLocal(place, socket, { address, port: listen.port, operation });
    beginListening(place, socket, listen.backlog, operation);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

function beginListening(place: Place, socket: InsideSocket, backlog: number, operation: string): void {
  try {
    socket.listen(backlog);
  } catch (thrown) {
    throw place.explain(thrown, operation, bindHint(thrown));
  }
}

function openPath(place: Place, path: string, backlog: number, operation: string): InsideSocket {
  const socket = openAt(place, unixFamily, socketType.stream, 0, operation);
  try {
    try {
      socket.bind(unixAddress(path));
    } catch (thrown) {
      throw place.explain(thrown, operation);
    }
    beginListening(place, socket, backlog, operation);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

const absent = new Set<unknown>(['EAFNOSUPPORT', 'EADDRNOTAVAIL']);

/** On all addresses: of both versions, where the namespace has IPv6. */
function openOnAll(place: Place, listen: Listen, operation: string): InsideSocket {
  try {
    return open(place, '::', listen, operation);
  } catch (error) {
    if (!absent.has((error as { code?: unknown }).code)) throw error;
    return open(place, '0.0.0.0', listen, operation);
  }
}

const require = createRequire(import.meta.url);

/** Whether this is a worker of node:cluster, which net itself loads when it listens. */
function isClusterWorker(): boolean {
  return (require('node:cluster') as typeof import('node:cluster').default).isWorker;
}

/**
 * Has a server listen on a descriptor. In a worker of node:cluster, listen() would ask the primary to do it, to whom the number is another file or none:
 * there it is what listen() does elsewhere in the end.
 */
function listenHere(server: ServerOfNode, isWorker: boolean, { fd, backlog }: { readonly fd: number; readonly backlog: number }): void {
  if (isWorker && server._listen2 !== undefined) server._listen2(null, null, null, backlog, fd);
  // By the prototype: its own refuses.
  else if (!isWorker) Server.prototype.listen.call(server, { fd, backlog });
  else
    throw new NetlaneError('NETLANE_NOT_SUPPORTED', 'a server in a worker of node:cluster cannot listen inside with this version of Node', {
      hint: 'listen in the primary, or in a process that is no worker of a cluster',
    });
}

interface PipeServer extends Server {
  /** What address() gives. */
  _pipeName?: string;
  readonly _handle?: { close(done?: () => void): void } | null;
}

/** Does for the path what node:net does for one that it bound itself: address() has it, and close() removes the file, if it still is that one. */
function keepPath(server: PipeServer, path: string): void {
  server._pipeName = path;
  const { _handle: handle } = server;
  if (path.startsWith('\0') || handle === undefined || handle === null) return;
  // The directory may be another one by then.
  const file = resolve(path);
  const made = statOf(file);
  const close = handle.close.bind(handle);
  handle.close = (done) => {
    const now = statOf(file);
    if (made !== undefined && now?.dev === made.dev && now.ino === made.ino) {
      try {
        unlinkSync(file);
      } catch {
        // As for a file that node:net made: it stays where it cannot be removed, and the server is closed all the same.
      }
    }
    close(done);
  };
}

/** undefined where there is no such file, or where it cannot be looked at any more. */
function statOf(file: string): Stats | undefined {
  try {
    return statSync(file);
  } catch {
    return undefined;
  }
}

/** Namespace.listen(). */
export async function listenInside(place: Place, given: unknown, listener: unknown): Promise<Server> {
  const listen = checkListen(given, listener);
  const server = listen.options.server ?? createServer(Object.fromEntries(ofNewServer.map((key) => [key, listen.options[key]])));
  starting.add(server);
  try {
    return await start(place, server, listen, listener);
  } finally {
    starting.delete(server);
  }
}

async function start(place: Place, server: Server, listen: Listen, listener: unknown): Promise<Server> {
  const { options, port, backlog } = listen;
  const { signal, host, path } = options;
  const operation = path === undefined ? `listen on ${host ?? 'all addresses'} port ${port}` : `listen on ${path.replaceAll('\0', '@')}`;
  const context = { operation, namespace: place.label };
  const socket = await untilEnded(place, context, { signal, timeout: 0 }, async (ending) => {
    if (path !== undefined) return openPath(place, path, backlog, operation);
    if (host === undefined) return openOnAll(place, listen, operation);
    const [first] = await addressesOf(place, host, 0, ending);
    ending.assertGoing();
    return open(place, first?.address ?? host, listen, operation);
  });
  const listening = once(server, 'listening');
  // Its rejection is looked at below, unless what comes before it throws.
  listening.catch(() => undefined);
  const onConnection = (connection: Socket & { readonly _handle?: { readonly fd?: unknown } | null }): void => {
    const fd = connection._handle?.fd;
    if (typeof fd === 'number' && fd >= 0) place.account(fd, `accept a connection: ${operation}`);
  };
  handOver(place, socket, operation, (fd) => {
    const isWorker = isClusterWorker();
    const start = (): void => listenHere(server, isWorker, { fd, backlog });
    sealServer(server, { label: place.label, onConnection, isClusterWorker: isWorker, start });
    if (path !== undefined) keepPath(server, path);
  });
  await listening;
  if (typeof listener === 'function') server.on('connection', listener as (connection: Socket) => void);
  if (signal !== undefined) endBy(server, signal);
  if (signal?.aborted === true) throw abortError(signal, context);
  return server;
}

function endBy(server: Server, signal: AbortSignal): void {
  const close = (): void => {
    server.close();
  };
  if (signal.aborted) {
    close();
    return;
  }
  signal.addEventListener('abort', close, { once: true });
  server.once('close', () => signal.removeEventListener('abort', close));
}
