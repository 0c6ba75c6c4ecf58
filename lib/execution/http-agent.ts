import type { Agent as HttpAgent, AgentOptions as HttpAgentOptions, ClientRequestArgs } from 'node:http';
import type { Agent as HttpsAgent, AgentOptions as HttpsAgentOptions } from 'node:https';
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { checkRules, isRecord } from '../arguments.js';
import { invalidArgument } from '../errors.js';
import { checkConnect, connectChecked, connectRules, type Connect, type ConnectOptions } from './connect.js';
import type { Place } from './place.js';
import { sealStream } from './sealed.js';

/** How the connections of an agent are made: what connect() takes, but for where to. */
export type ConnectionOptions = Omit<ConnectOptions, 'host' | 'port' | 'path' | 'signal' | 'allowHalfOpen'>;

/** Options of Namespace.agent('http:'). */
export interface InsideHttpAgentOptions extends HttpAgentOptions {
  /** How connections are made: device, mark, local address, time-out, ... */
  readonly connection?: ConnectionOptions | undefined;
}

/** Options of Namespace.agent('https:'). */
export interface InsideHttpsAgentOptions extends HttpsAgentOptions {
  readonly connection?: ConnectionOptions | undefined;
}

/** Checks them before there is anywhere to connect to. */
export function checkConnection(given: unknown): ConnectionOptions {
  const { host: _host, port: _port, path: _path, signal: _signal, allowHalfOpen: _half, ...rules } = connectRules;
  const options = checkRules<ConnectionOptions>('options.connection', given, rules);
  checkConnect({ ...options, port: 1, host: options.localAddress ?? 'localhost' });
  return options;
}

type Created = (error: Error | null, stream: Duplex) => void;

/** Where a request of node:http goes to. Its own options of the local end come before the agent's. */
function connectionOf(request: ClientRequestArgs, connection: ConnectionOptions): Connect {
  if (typeof request.socketPath === 'string') return checkConnect({ ...connection, path: request.socketPath });
  const { host, port, family, localAddress, localPort } = request;
  return checkConnect({
    ...connection,
    host: host ?? 'localhost',
    port: port ?? undefined,
    ...(family !== undefined && { family }),
    ...(localAddress !== undefined && { localAddress }),
    ...(localPort !== undefined && { localPort }),
  });
}

/** Connects inside and calls back once, with what `wrap` makes of the socket. */
function connectFor(
  place: Place,
  request: ClientRequestArgs,
  connection: ConnectionOptions,
  { created, wrap }: { readonly created: Created | undefined; readonly wrap: (socket: Socket) => Duplex | null | undefined },
): void {
  const connected = async (): Promise<Duplex> => {
    const socket = await connectChecked(place, connectionOf(request, connection));
    const wrapped = wrap(socket);
    if (wrapped === null || wrapped === undefined) throw new Error('the agent made no stream of the connection');
    return wrapped;
  };
  connected().then(
    (stream) => created?.(null, stream),
    // Node looks at the error alone where there is one.
    (error: unknown) => created?.(error as Error, undefined as never),
  );
}

/** Loaded when first needed: they cost more than all else here. */
const require = createRequire(import.meta.url);

function httpAgent(place: Place, { connection, ...options }: InsideHttpAgentOptions): HttpAgent {
  const { Agent } = require('node:http') as typeof import('node:http');
  const checked = checkConnection(connection);
  return new (class InsideAgent extends Agent {
    override createConnection(request: ClientRequestArgs, created?: Created): undefined {
      connectFor(place, request, checked, { created, wrap: (socket) => socket });
    }
  })(options);
}

function httpsAgent(place: Place, { connection, ...options }: InsideHttpsAgentOptions): HttpsAgent {
  const { Agent } = require('node:https') as typeof import('node:https');
  const checked = checkConnection(connection);
  return new (class InsideAgent extends Agent {
    override createConnection(request: ClientRequestArgs, created?: Created): undefined {
      const wrap = (socket: Socket): Duplex | null | undefined => {
        // With the socket given, Node's own only adds TLS, with its cache of sessions.
        const stream = super.createConnection({ ...request, socket } as ClientRequestArgs);
        if (stream !== null && stream !== undefined) sealStream(stream as Socket, place.label);
        return stream;
      };
      connectFor(place, request, checked, { created, wrap });
    }
  })(options);
}

/** Namespace.agent(). */
export function agentInside(place: Place, protocol: unknown, options: unknown = {}): HttpAgent | HttpsAgent {
  if (!isRecord(options)) throw invalidArgument('options', 'an object', options);
  if (protocol === 'http:') return httpAgent(place, options);
  if (protocol === 'https:') return httpsAgent(place, options);
  throw invalidArgument('protocol', "'http:' or 'https:'", protocol);
}
