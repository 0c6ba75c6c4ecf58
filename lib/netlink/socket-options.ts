import { checkBoolean, checkInteger, checkMilliseconds, checkOptions, nearest } from '../arguments.js';
import { describeValue, invalidArgument, NetlaneError } from '../errors.js';
import {
  NETLINK_BROADCAST_ERROR,
  NETLINK_CAP_ACK,
  NETLINK_EXT_ACK,
  NETLINK_GET_STRICT_CHK,
  NETLINK_LISTEN_ALL_NSID,
  NETLINK_NO_ENOBUFS,
  NETLINK_PKTINFO,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_SNDBUF,
  SO_SNDBUFFORCE,
  SOL_NETLINK,
  SOL_SOCKET,
} from './constants.js';
import type { BufferName, TransportOptions } from './transport.js';

/** How a netlink socket is opened. */
export interface SocketOptions {
  /** Multicast groups to join, by number (1 to 2^31 - 1), before open() resolves. */
  readonly groups?: readonly number[] | undefined;
  /** Whose loop polls the socket: its namespace's lane (default), or the caller's, which has the lowest latency and requestSync(). */
  readonly thread?: 'lane' | 'caller' | undefined;
  /** Whom to listen to: the kernel alone (default), or other sockets of the namespace as well (NETLINK_USERSOCK). */
  readonly from?: 'kernel' | 'any' | undefined;
  /** Port id to bind to, 1 to 2^32 - 1. Default: the kernel's choice. EADDRINUSE where it is taken. */
  readonly port?: number | undefined;
  /** Bytes of SO_RCVBUF: beyond the limit of the system with CAP_NET_ADMIN, else as much as it allows. Default: 8 MiB with groups, else the kernel's. */
  readonly receiveBuffer?: number | undefined;
  /** Bytes of SO_SNDBUF; likewise. Default: the kernel's. */
  readonly sendBuffer?: number | undefined;
  /** Milliseconds without progress after which a request is given up with NETLANE_TIMEOUT; 0: never. Default 30,000. */
  readonly timeout?: number | undefined;
  /** NETLINK_EXT_ACK (Linux 4.12): errors say why. Default true. */
  readonly extendedAck?: boolean | undefined;
  /** NETLINK_CAP_ACK (Linux 4.3): errors do not echo the request; the attribute they mean can then not be named. Default false. */
  readonly capAck?: boolean | undefined;
  /** NETLINK_GET_STRICT_CHK (Linux 4.20): the kernel filters dumps and refuses what it does not know. Default true. */
  readonly strict?: boolean | undefined;
  /** NETLINK_NO_ENOBUFS (Linux 2.6.30): overruns are not reported. Default false. */
  readonly noOverruns?: boolean | undefined;
  /** NETLINK_LISTEN_ALL_NSID (Linux 4.2): hear the namespaces that have an nsid here; needs CAP_NET_BROADCAST. Default false. */
  readonly allNamespaces?: boolean | undefined;
  /** NETLINK_BROADCAST_ERROR (Linux 2.6.30): who sends to a group learns of receivers that overran. Default false. */
  readonly broadcastErrors?: boolean | undefined;
}

export const socketOptionNames = [
  'groups',
  'thread',
  'from',
  'port',
  'receiveBuffer',
  'sendBuffer',
  'timeout',
  'extendedAck',
  'capAck',
  'strict',
  'noOverruns',
  'allNamespaces',
  'broadcastErrors',
] as const satisfies readonly (keyof SocketOptions)[];

/** Socket options that can be read and set on an open socket. */
export const liveOptions = {
  receiveBuffer: { level: SOL_SOCKET, option: SO_RCVBUF },
  sendBuffer: { level: SOL_SOCKET, option: SO_SNDBUF },
  extendedAck: { level: SOL_NETLINK, option: NETLINK_EXT_ACK },
  capAck: { level: SOL_NETLINK, option: NETLINK_CAP_ACK },
  strict: { level: SOL_NETLINK, option: NETLINK_GET_STRICT_CHK },
  noOverruns: { level: SOL_NETLINK, option: NETLINK_NO_ENOBUFS },
  allNamespaces: { level: SOL_NETLINK, option: NETLINK_LISTEN_ALL_NSID },
  broadcastErrors: { level: SOL_NETLINK, option: NETLINK_BROADCAST_ERROR },
  packetInfo: { level: SOL_NETLINK, option: NETLINK_PKTINFO },
} as const;

export type SocketOptionName = keyof typeof liveOptions;

/** The options that shape requests and replies. They hold for every fd of a socket: those of its dumps and streams, too. */
const sharedOptions: ReadonlySet<SocketOptionName> = new Set(['extendedAck', 'capAck', 'strict', 'sendBuffer']);

export function isBuffer(name: SocketOptionName): name is BufferName {
  return name === 'receiveBuffer' || name === 'sendBuffer';
}

/** A transport's options with one set, or set anew. */
function withOption(transport: TransportOptions, name: SocketOptionName, value: number): TransportOptions {
  if (isBuffer(name)) return { ...transport, [name]: value };
  const { option } = liveOption(name);
  return { ...transport, options: [...transport.options.filter((one) => one.option !== option), { option, value, optional: false }] };
}

/** The option that goes beyond the limit of the system and needs CAP_NET_ADMIN. */
export function forcedOption(name: SocketOptionName): number {
  if (name === 'receiveBuffer') return SO_RCVBUFFORCE;
  if (name === 'sendBuffer') return SO_SNDBUFFORCE;
  throw new NetlaneError('NETLANE_INVALID_ARGUMENT', `only buffers can be forced, not ${name}`);
}

export function liveOption(name: unknown): { readonly level: number; readonly option: number } {
  if (typeof name === 'string' && Object.hasOwn(liveOptions, name)) return liveOptions[name as SocketOptionName];
  const known = Object.keys(liveOptions);
  const near = typeof name === 'string' ? nearest(name, known) : undefined;
  throw new NetlaneError('NETLANE_INVALID_ARGUMENT', `there is no socket option ${typeof name === 'string' ? name : describeValue(name)}`, {
    hint: near === undefined ? `known are ${known.join(', ')}` : `did you mean ${near}?`,
  });
}

/** Receive buffer of a subscription: a default one holds 256 events. */
const subscriptionBuffer = 8 * 1024 * 1024;
/** Slabs of a socket. */
const slabs = 12;

export interface CheckedSocketOptions {
  readonly groups: readonly number[];
  readonly from: 'kernel' | 'any';
  readonly timeout: number;
  /** For the socket that was asked for. */
  readonly primary: TransportOptions;
  /** For the fds beside it: dumps, streams, requests of a socket that hears groups. */
  readonly side: TransportOptions;
}

export function checkGroup(name: string, group: unknown): asserts group is number {
  checkInteger(name, group, 1, 0x7fffffff);
}

export function checkSocketOptions(protocol: number, options: SocketOptions): CheckedSocketOptions {
  checkOptions('options', options, socketOptionNames);
  const { groups = [], from = 'kernel', port = 0, receiveBuffer, sendBuffer } = options;
  if (!Array.isArray(groups)) throw invalidArgument('groups', 'an array of group numbers', groups);
  for (const [index, group] of groups.entries()) checkGroup(`groups[${index}]`, group);
  if (from !== 'kernel' && from !== 'any') throw invalidArgument('from', "'kernel' or 'any'", from);
  if (options.thread !== undefined && options.thread !== 'lane' && options.thread !== 'caller') {
    throw invalidArgument('thread', "'lane' or 'caller'", options.thread);
  }
  if (options.port !== undefined) checkInteger('port', port, 1, 0xffffffff);
  if (receiveBuffer !== undefined) checkInteger('receiveBuffer', receiveBuffer, 1, 0x3fffffff);
  if (sendBuffer !== undefined) checkInteger('sendBuffer', sendBuffer, 1, 0x3fffffff);
  for (const name of ['extendedAck', 'capAck', 'strict', 'noOverruns', 'allNamespaces', 'broadcastErrors'] as const)
    checkBoolean(name, options[name]);
  const timeout = options.timeout === undefined ? 30_000 : checkMilliseconds('timeout', options.timeout);
  const common = [
    ...flag(NETLINK_EXT_ACK, options.extendedAck ?? true, options.extendedAck === undefined),
    ...flag(NETLINK_CAP_ACK, options.capAck ?? false, false),
    ...flag(NETLINK_GET_STRICT_CHK, options.strict ?? true, options.strict === undefined),
  ];
  return {
    groups,
    from,
    timeout,
    primary: {
      protocol,
      port,
      receiveBuffer: receiveBuffer ?? (groups.length > 0 ? subscriptionBuffer : undefined),
      sendBuffer,
      options: [
        ...common,
        ...flag(NETLINK_PKTINFO, true, true),
        ...flag(NETLINK_NO_ENOBUFS, options.noOverruns ?? false, false),
        ...flag(NETLINK_LISTEN_ALL_NSID, options.allNamespaces ?? false, false),
        ...flag(NETLINK_BROADCAST_ERROR, options.broadcastErrors ?? false, false),
      ],
      groups,
      slabs,
    },
    side: { protocol, port: 0, receiveBuffer: undefined, sendBuffer, options: common, groups: [], slabs },
  };
}

function flag(option: number, on: boolean, optional: boolean): { option: number; value: number; optional: boolean }[] {
  return on ? [{ option, value: 1, optional }] : [];
}

/** How fds are opened that come later (after a loss, for dumps): as it was asked for, and as setOption() changed it since. */
export class LaterOptions {
  primary: TransportOptions;
  side: TransportOptions;

  constructor(checked: CheckedSocketOptions) {
    this.primary = checked.primary;
    this.side = checked.side;
  }

  /** What an option was set to that the kernel sets but cannot tell: NETLINK_LISTEN_ALL_NSID, in Linux 6.1. Any other failure is thrown. */
  unreadable(name: SocketOptionName, option: number, error: unknown): number {
    if (name !== 'allNamespaces' || (error as { code?: unknown }).code !== 'ENOPROTOOPT') throw error;
    return this.primary.options.find((one) => one.option === option)?.value ?? 0;
  }

  /** Whether the option concerns the fds beside the socket's own as well. */
  change(name: SocketOptionName, value: number): boolean {
    this.primary = withOption(this.primary, name, value);
    if (!sharedOptions.has(name)) return false;
    this.side = withOption(this.side, name, value);
    return true;
  }
}
