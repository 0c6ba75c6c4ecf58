import { checkBytes, checkInteger, checkRules, nearest, type OptionRule } from '../arguments.js';
import { invalidArgument, NetlaneError } from '../errors.js';
import { family } from '../codec/address.js';
import type { InsideSocket } from '../native.js';
import { handOver, openAt, socketType } from './opening.js';
import type { Place } from './place.js';
import { unixFamily } from './socket-address.js';

const families = {
  unix: unixFamily,
  ipv4: family.ipv4,
  ipv6: family.ipv6,
  netlink: 16,
  packet: family.packet,
  can: 29,
  tipc: 30,
  bluetooth: 31,
  vsock: 40,
  xdp: 44,
} as const;
const types = {
  stream: socketType.stream,
  datagram: socketType.datagram,
  raw: socketType.raw,
  sequentialPacket: socketType.sequentialPacket,
} as const;
const protocols = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58, sctp: 132, udplite: 136, mptcp: 262 } as const;

/** Options of Namespace.socket(): the three arguments of socket(2). */
export interface OwnedSocketOptions {
  /** A name, or the kernel's number (AF_INET and so on). */
  readonly family: keyof typeof families | number;
  /** A name, or the kernel's number (SOCK_STREAM and so on). */
  readonly type: keyof typeof types | number;
  /** A name, or a number: of the family's protocol, in the byte order of the machine, except for packet sockets, which take it in network order. Default 0. */
  readonly protocol?: keyof typeof protocols | number | undefined;
}

const rules: Readonly<Record<keyof OwnedSocketOptions, OptionRule>> = { family: 'any', type: 'any', protocol: 'any' };

function numberOf(name: string, value: unknown, known: Readonly<Record<string, number>>, most: number): number {
  if (typeof value === 'string' && Object.hasOwn(known, value)) return known[value] ?? 0;
  if (typeof value === 'number') {
    checkInteger(name, value, 0, most);
    return value;
  }
  const near = typeof value === 'string' ? nearest(value, Object.keys(known)) : undefined;
  const hint = near === undefined ? undefined : `did you mean '${near}'?`;
  throw invalidArgument(name, `a number, or one of ${Object.keys(known).join(', ')}`, value, { hint });
}

/**
 * A socket that was opened in a namespace: an fd and its owner. It does not block, is closed on exec, and neither bound nor connected. The fd is
 * closed by close(), or when this object is garbage-collected, unless release() gave it away. It lives on when the namespace's handle is closed.
 */
export class OwnedSocket {
  readonly #socket: InsideSocket;
  readonly #place: Place;
  readonly #release: (socket: InsideSocket) => number;
  #closed = false;

  constructor(place: Place, socket: InsideSocket, release: (socket: InsideSocket) => number) {
    this.#place = place;
    this.#socket = socket;
    this.#release = release;
  }

  /** The file descriptor, which stays this object's. Throws NETLANE_CLOSED. */
  get fd(): number {
    this.#assertOpen('read the fd of a socket');
    return this.#socket.fd;
  }

  /** Whether close() or release() was called. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Gives the descriptor away: whoever called closes it from now on. Throws NETLANE_CLOSED, EMFILE. */
  release(): number {
    this.#assertOpen('release a socket');
    const fd = this.#release(this.#socket);
    this.#closed = true;
    return fd;
  }

  /** Sets an option (setsockopt(2)): an int, or bytes. Throws what the kernel says. */
  setOption(level: number, option: number, value: number | Uint8Array): void {
    this.#assertOpen('set an option of a socket');
    checkInteger('level', level, 0, 0x7fffffff);
    checkInteger('option', option, 0, 0x7fffffff);
    if (value instanceof Uint8Array) checkBytes('value', value);
    else checkInteger('value', value, -0x80000000, 0x7fffffff);
    try {
      this.#socket.setOption(level, option, value);
    } catch (thrown) {
      throw this.#place.explain(thrown, `set option ${option} of level ${level}`);
    }
  }

  /** Reads an option (getsockopt(2)), 4 bytes unless said otherwise. Throws what the kernel says. */
  getOption(level: number, option: number, length = 4): Uint8Array {
    this.#assertOpen('read an option of a socket');
    checkInteger('level', level, 0, 0x7fffffff);
    checkInteger('option', option, 0, 0x7fffffff);
    checkInteger('length', length, 0, 65536);
    const bytes = new Uint8Array(length);
    try {
      return bytes.subarray(0, this.#socket.getOption(level, option, bytes));
    } catch (thrown) {
      throw this.#place.explain(thrown, `read option ${option} of level ${level}`);
    }
  }

  /** Closes the fd. Idempotent. */
  close(): Promise<void> {
    this.#closed = true;
    this.#socket.close();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #assertOpen(operation: string): void {
    if (this.#closed) throw new NetlaneError('NETLANE_CLOSED', 'the socket is closed', { operation, namespace: this.#place.label });
  }
}

/** Namespace.socket(). */
export function openOwned(place: Place, given: unknown): OwnedSocket {
  if (given === undefined) throw invalidArgument('options', 'an object with family and type', given);
  const options = checkRules<OwnedSocketOptions>('options', given, rules);
  const number = numberOf('options.family', options.family, families, 255);
  const type = numberOf('options.type', options.type, types, 15);
  const protocol = options.protocol === undefined ? 0 : numberOf('options.protocol', options.protocol, protocols, 0x7fffffff);
  const release = (socket: InsideSocket): number => handOver(place, socket, 'release a socket', (fd) => fd);
  return new OwnedSocket(place, openAt(place, number, type, protocol, `open a socket of family ${options.family}`), release);
}
