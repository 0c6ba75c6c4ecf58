import type { Socket } from 'node:net';
import { checkInteger, checkMilliseconds, checkRules, type OptionRule } from '../arguments.js';
import { invalidArgument, NetlaneError } from '../errors.js';
import { connectFirst, type Target } from './attempt.js';
import { untilEnded } from './ending.js';
import { checkLocal, checkPort, localRules, type LocalOptions } from './local-options.js';
import { addressesOf } from './lookup.js';
import { streamOf } from './opening.js';
import type { Place } from './place.js';
import { ipVersion, longestPath } from './socket-address.js';

/** Options of Namespace.connect(): where to, and from where. */
export interface ConnectOptions extends LocalOptions {
  /** A name, which is looked up inside, or an address. Default 'localhost'. */
  readonly host?: string | undefined;
  /** 1 to 65535. */
  readonly port?: number | string | undefined;
  /** In the place of host and port: the path of a Unix socket. With a leading NUL ('\0name') it is abstract, and of this namespace alone. */
  readonly path?: string | undefined;
  /** Only addresses of this version: 4 or 6; 0, the default, for both. */
  readonly family?: 0 | 4 | 6 | undefined;
  /** Milliseconds until it must be connected, looking up included; then NETLANE_TIMEOUT. Default: 0, the kernel's own patience (about two minutes). */
  readonly timeout?: number | undefined;
  /** Milliseconds after which the next address is tried beside the one before (RFC 8305). Default 250. */
  readonly attemptDelay?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Whether this end stays open for writing when the peer has ended. Default false. */
  readonly allowHalfOpen?: boolean | undefined;
  /** Whether small pieces leave at once (TCP_NODELAY). Default false. */
  readonly noDelay?: boolean | undefined;
  /** Whether the kernel probes an idle connection (SO_KEEPALIVE). Default false. */
  readonly keepAlive?: boolean | undefined;
  /** Milliseconds of idleness before the first probe. Default: the kernel's. */
  readonly keepAliveInitialDelay?: number | undefined;
}

export const connectRules: Readonly<Record<keyof ConnectOptions, OptionRule>> = {
  ...localRules,
  host: 'string',
  port: 'any',
  path: 'string',
  family: 'any',
  timeout: 'any',
  attemptDelay: 'any',
  signal: 'signal',
  allowHalfOpen: 'boolean',
  noDelay: 'boolean',
  keepAlive: 'boolean',
  keepAliveInitialDelay: 'any',
};

export function checkFamily(value: unknown): 0 | 4 | 6 {
  if (value === undefined) return 0;
  if (value !== 0 && value !== 4 && value !== 6) throw invalidArgument('options.family', '0, 4 or 6', value);
  return value;
}

export function checkPath(path: string): void {
  if (path === '' || Buffer.byteLength(path) > longestPath || path.includes('\0', 1))
    throw invalidArgument('options.path', `the path of a Unix socket, 1 to ${longestPath} bytes, with NUL only in front`, path);
}

export interface Connect {
  readonly options: ConnectOptions;
  readonly destination: { readonly path: string } | { readonly host: string; readonly port: number };
  readonly family: 0 | 4 | 6;
  readonly timeout: number;
  readonly attemptDelay: number;
}

export function checkConnect(given: unknown): Connect {
  const options = checkRules<ConnectOptions>('options', given, connectRules);
  checkLocal(options);
  const family = checkFamily(options.family);
  const timeout = checkMilliseconds('options.timeout', options.timeout ?? 0);
  const attemptDelay = options.attemptDelay ?? 250;
  checkInteger('options.attemptDelay', attemptDelay, 10, 60_000);
  if (options.keepAliveInitialDelay !== undefined) checkMilliseconds('options.keepAliveInitialDelay', options.keepAliveInitialDelay);
  const { path, host = 'localhost', port } = options;
  if (path === undefined) {
    if (host === '') throw invalidArgument('options.host', 'a name or an address', host);
    if (options.localAddress !== undefined && ipVersion(host) !== 0 && ipVersion(options.localAddress) !== ipVersion(host))
      throw invalidArgument('options.localAddress', `an address of the same family as ${host}`, options.localAddress);
    return { options, destination: { host, port: checkPort('options.port', port, 1) }, family, timeout, attemptDelay };
  }
  const surplus = (['host', 'port', 'device', 'mark', 'reuse', 'localAddress', 'localPort', 'transparent'] as const).find(
    (key) => options[key] !== undefined,
  );
  if (surplus !== undefined) {
    throw new NetlaneError('NETLANE_INVALID_ARGUMENT', `options.path and options.${surplus} do not go together`, {
      operation: 'connect',
      hint: 'a path is of a Unix socket, which has neither addresses nor links',
    });
  }
  checkPath(path);
  return { options, destination: { path }, family, timeout, attemptDelay };
}

/** Addresses of the two versions in turn, beginning with that of the first, so that a version that leads nowhere costs one delay only. */
export function interleave<A extends { readonly family: number }>(addresses: readonly A[]): A[] {
  const first = addresses[0]?.family;
  const own = addresses.filter((address) => address.family === first);
  const other = addresses.filter((address) => address.family !== first);
  const result: A[] = [];
  for (let index = 0; index < Math.max(own.length, other.length); index += 1)
    for (const address of [own[index], other[index]]) if (address !== undefined) result.push(address);
  return result;
}

/** Namespace.connect(). */
export async function connectInside(place: Place, given: unknown): Promise<Socket> {
  return connectChecked(place, checkConnect(given));
}

/** As connectInside, with options that were checked. */
export async function connectChecked(place: Place, connect: Connect): Promise<Socket> {
  const { options, destination, timeout, attemptDelay } = connect;
  const operation = 'path' in destination ? 'connect' : `connect to ${destination.host} port ${destination.port}`;
  const context = { operation, namespace: place.label };
  return untilEnded(place, context, { signal: options.signal, timeout }, async (ending) => {
    let targets: readonly Target[];
    if ('path' in destination) targets = [destination];
    else {
      // A local address leaves only those of its own version to connect to.
      const version = options.localAddress === undefined ? connect.family : ipVersion(options.localAddress);
      const found = await addressesOf(place, destination.host, version, ending);
      targets = interleave(found).map(({ address }) => ({ address, port: destination.port }));
    }
    ending.assertGoing();
    const socket = await connectFirst(place, targets, options, { delay: attemptDelay, ending, operation });
    const stream = streamOf(place, socket, options.allowHalfOpen === true, operation);
    if (options.noDelay === true) stream.setNoDelay(true);
    if (options.keepAlive === true) stream.setKeepAlive(true, options.keepAliveInitialDelay);
    return stream;
  });
}
