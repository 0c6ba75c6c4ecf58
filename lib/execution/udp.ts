import { createSocket, type Socket, type SocketOptions } from 'node:dgram';
import { checkInteger, checkRules, type OptionRule } from '../arguments.js';
import { abortError, invalidArgument } from '../errors.js';
import { family } from '../codec/address.js';
import {
  applyPlacement,
  bindLocal,
  checkAddress,
  checkPlacement,
  checkPort,
  placementRules,
  socketOption,
  type SocketPlacement,
} from './local-options.js';
import { handOver, openAt, socketType } from './opening.js';
import type { Place } from './place.js';
import { sealDatagrams } from './sealed.js';
import { ipVersion } from './socket-address.js';

/** Options of Namespace.udp(). */
export interface UdpOptions extends SocketPlacement {
  /** 'udp4', the default, or 'udp6'. */
  readonly type?: 'udp4' | 'udp6' | undefined;
  /** The local port, 0 to 65535; 0, the default, is a port of the kernel's choice. */
  readonly port?: number | undefined;
  /** The local address. Default: all of the namespace's. */
  readonly address?: string | undefined;
  /** Whether a socket of type 'udp6' takes no IPv4 datagrams. Default false. */
  readonly ipv6Only?: boolean | undefined;
  /** Whether it may send to broadcast addresses (SO_BROADCAST). Default false. */
  readonly broadcast?: boolean | undefined;
  /** Bytes of the kernel's buffers (SO_RCVBUF, SO_SNDBUF). */
  readonly recvBufferSize?: number | undefined;
  readonly sendBufferSize?: number | undefined;
  /** Closes the socket when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

const rules: Readonly<Record<keyof UdpOptions, OptionRule>> = {
  ...placementRules,
  type: ['udp4', 'udp6'],
  port: 'any',
  address: 'string',
  ipv6Only: 'boolean',
  broadcast: 'boolean',
  recvBufferSize: 'any',
  sendBufferSize: 'any',
  signal: 'signal',
};

/** How names that datagrams are sent to become addresses. */
export type DatagramLookup = NonNullable<SocketOptions['lookup']>;

export function checkUdp(given: unknown): UdpOptions {
  const options = checkRules<UdpOptions>('options', given, rules);
  checkPlacement(options);
  checkPort('options.port', options.port ?? 0);
  checkAddress('options.address', options.address);
  const version = options.type === 'udp6' ? 6 : 4;
  if (options.address !== undefined && ipVersion(options.address) !== version)
    throw invalidArgument('options.address', `an IPv${version} address, as options.type says`, options.address);
  for (const key of ['recvBufferSize', 'sendBufferSize'] as const)
    if (options[key] !== undefined) checkInteger(`options.${key}`, options[key], 1, 0x3fffffff);
  return options;
}

/** A socket that is bound already, since Node would make another descriptor for one that is not. */
export function openUdp(place: Place, options: UdpOptions, lookup: DatagramLookup): Socket {
  const { type = 'udp4', port = 0, address, ipv6Only, broadcast, recvBufferSize, sendBufferSize, signal, ...placement } = options;
  const version = type === 'udp6' ? 6 : 4;
  const local = address ?? (version === 6 ? '::' : '0.0.0.0');
  const operation = `open UDP port ${port}`;
  if (signal?.aborted === true) throw abortError(signal, { operation, namespace: place.label });
  const socket = openAt(place, version === 6 ? family.ipv6 : family.ipv4, socketType.datagram, 0, operation);
  let datagrams: Socket | undefined;
  try {
    applyPlacement(place, socket, version, placement, operation);
    if (version === 6) socket.setOption(socketOption.ipv6Level, socketOption.ipv6Only, ipv6Only === true ? 1 : 0);
    if (broadcast === true) socket.setOption(socketOption.socketLevel, socketOption.broadcast, 1);
    bindLocal(place, socket, { address: local, port, operation });
    datagrams = createSocket({ type, lookup, recvBufferSize, sendBufferSize, ...(signal !== undefined && { signal }) });
    const made = datagrams;
    handOver(place, socket, operation, (fd) => made.bind({ fd, exclusive: true }));
    return sealDatagrams(made, place.label);
  } catch (error) {
    socket.close();
    datagrams?.close();
    throw error;
  }
}
