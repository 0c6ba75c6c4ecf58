import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { Agent } from 'undici';
import { checkRules, isObject, isRecord, type OptionRule } from '../arguments.js';
import { invalidArgument, NetlaneError } from '../errors.js';
import { whenUsed } from '../parts.js';
import { checkConnect, connectChecked } from './connect.js';
import { checkConnection, type ConnectionOptions } from './http-agent.js';
import type { Place } from './place.js';
import { sealStream } from './sealed.js';

/** What undici's Agent takes, but for what makes connections, or names where they go to. */
const agentRules = {
  maxOrigins: 'any',
  connections: 'any',
  clientTtl: 'any',
  pipelining: 'any',
  headersTimeout: 'any',
  bodyTimeout: 'any',
  keepAliveTimeout: 'any',
  keepAliveMaxTimeout: 'any',
  keepAliveTimeoutThreshold: 'any',
  maxHeaderSize: 'any',
  maxRequestsPerClient: 'any',
  maxResponseSize: 'any',
  maxCachedSessions: 'any',
  strictContentLength: 'boolean',
  allowH2: 'boolean',
  maxConcurrentStreams: 'any',
  initialWindowSize: 'any',
  connectionWindowSize: 'any',
  pingInterval: 'any',
  webSocket: 'any',
  eventSource: 'any',
} as const satisfies Partial<Record<keyof Agent.Options, OptionRule>>;

const rules: Readonly<Record<keyof DispatcherOptions, OptionRule>> = { ...agentRules, connection: 'any', tls: 'any' };

/** Options of Namespace.dispatcher(): those of undici's Agent, except for how it connects. */
export interface DispatcherOptions extends Pick<Agent.Options, keyof typeof agentRules> {
  /** How connections are made: device, mark, local address, time-out, ... */
  readonly connection?: ConnectionOptions | undefined;
  /** For https: what tls.connect() takes: ca, cert, key, rejectUnauthorized, ... */
  readonly tls?: TlsOptions | undefined;
}

// Resolved now, loaded when first needed: the look-up reads files, which must not fail later for want of fds (Node remembers what it did not find).
const require = createRequire(import.meta.url);
const undiciFile = require.resolve('undici');
const undici = whenUsed(() => require(undiciFile) as typeof import('undici'), 'load undici');

/** Namespace.dispatcher(): an Agent of undici whose connections are made inside. undici is loaded here, and not before. */
export function dispatcherInside(place: Place, given: unknown = {}): Agent {
  const { connection, tls, ...options } = checkRules<DispatcherOptions>('options', given, rules);
  if (tls !== undefined && !isRecord(tls)) throw invalidArgument('options.tls', 'an object', tls);
  const checked = checkConnection(connection);
  // A closed namespace is told of now, not by the first request.
  place.entryFd();
  const { Agent, buildConnector } = undici();
  const overTls = buildConnector({ ...tls, timeout: checked.timeout ?? 10_000 });
  return new Agent({
    ...options,
    connect: (target, callback) => {
      const secure = target.protocol === 'https:';
      // undici writes IPv6 addresses as URLs do.
      const host = target.hostname.replace(/^\[(.*)\]$/, '$1');
      const port = target.port === '' ? (secure ? 443 : 80) : target.port;
      const connected = async (): Promise<void> => {
        let socket;
        try {
          socket = await connectChecked(place, checkConnect({ noDelay: true, ...checked, host, port }));
        } catch (error) {
          callback(error instanceof Error ? error : new Error(String(error)), null);
          return;
        }
        if (secure) encrypt(socket);
        else callback(null, socket);
      };
      const encrypt = (socket: Socket): void => {
        overTls({ ...target, httpSocket: socket }, (error, stream) => {
          if (error !== null) {
            socket.destroy();
            callback(error, null);
          } else callback(null, sealStream(stream, place.label));
        });
      };
      void connected();
    },
  });
}

/** The dispatcher of a namespace's fetch(), which ends with it. */
const dispatchers = new WeakMap<Place, Agent>();

function dispatcherOf(place: Place): Agent {
  const known = dispatchers.get(place);
  if (known !== undefined) return known;
  const made = dispatcherInside(place);
  place.serve({
    close: () =>
      made.destroy(new NetlaneError('NETLANE_CLOSED', 'the namespace was closed', { operation: 'fetch', namespace: place.label })),
    // Bodies are read to their ends.
    retire: () => made.close(),
  });
  dispatchers.set(place, made);
  return made;
}

/** Namespace.fetch(). Node's own fetch does it, so that what comes out is its Response, over a dispatcher that connects inside. */
export async function fetchInside(place: Place, input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
  if (!isObject(init)) throw invalidArgument('init', 'an object', init);
  if ((init as { readonly dispatcher?: unknown }).dispatcher !== undefined) {
    throw new NetlaneError('NETLANE_INVALID_ARGUMENT', 'a dispatcher of its own would connect outside of the namespace', {
      operation: 'fetch',
      namespace: place.label,
      hint: "use Node's fetch() with namespace.dispatcher(options)",
    });
  }
  place.entryFd();
  // The dispatcher ends what is under way; that something is keeps the namespace open, also when it is forgotten.
  const disown = place.own({ close: () => undefined });
  try {
    const dispatcher = dispatcherOf(place);
    // Node declares the dispatcher of an older undici, which it has inside; it takes this one as well.
    return await fetch(input, { ...init, dispatcher: dispatcher as never });
  } finally {
    disown();
  }
}
