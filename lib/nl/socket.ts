import { isObject } from '../arguments.js';
import { invalidArgument, NetlaneError, SystemError } from '../errors.js';
import type { Namespace } from '../namespace.js';
import { EAGAIN, ENOBUFS } from '../netlink/constants.js';
import type { Message } from '../netlink/message.js';
import type { NetlinkSocket as Engine } from '../netlink/socket.js';
import { NETLINK_USERSOCK, NLMSG_OVERRUN } from './constants.js';
import { messageOf, senderOf, type Received, type Sendable } from './message.js';
import { Mutex } from './mutex.js';
import { none, type NsLike } from './netns.js';
import { namespaceFor } from './reopen.js';
import { millisecondsOf, settings, type Timeval } from './settings.js';

/**
 * A netlink socket, polled by the loop of the thread that opened it. Requests run on it through NetlinkRequest.execute() with `sockets`;
 * send() and receive() are the bare calls. Everything may run concurrently; receive() calls are served in their order.
 */
export class NetlinkSocket {
  readonly #engine: Engine;
  readonly #namespace: Namespace | undefined;
  /** NETLINK_ROUTE, ... */
  readonly protocol: number;
  readonly #mutex = new Mutex();
  readonly #receiving = new Mutex();
  readonly #held: Message[] = [];
  #send = 0;
  #receive = 0;
  #closing: Promise<void> | undefined;

  private constructor(engine: Engine, namespace: Namespace | undefined, protocol: number) {
    this.#engine = engine;
    this.protocol = protocol;
    this.#namespace = namespace;
  }

  /** Opens a socket that hears the groups; for getNetlinkSocketAt() and its like. @internal */
  static async openAt(ns: NsLike, protocol: number, groups: readonly number[] = []): Promise<NetlinkSocket> {
    checkProtocol(protocol);
    const namespace = await namespaceFor('newNs', ns);
    try {
      const engine = await namespace.netlink(protocol, {
        thread: 'caller',
        groups,
        // None but what a request brings along.
        timeout: 0,
        from: protocol === NETLINK_USERSOCK ? 'any' : 'kernel',
        extendedAck: settings.enableErrorMessageReporting,
        // As the ancestor: its programs send headers that a strict kernel refuses.
        strict: false,
      });
      return new NetlinkSocket(engine, namespace, protocol);
    } catch (error) {
      await namespace.close();
      throw error;
    }
  }

  /**
   * Netlane's own socket under the names of this package: one of Namespace.netlink(), or of a fake kernel in a test. It is closed with this one.
   * @param protocol Its number, NETLINK_ROUTE, ...
   */
  static of(engine: Engine, protocol: number): NetlinkSocket {
    return new NetlinkSocket(engine, undefined, checkProtocol(protocol));
  }

  /** Netlane's own socket behind it: for whatever this package has no name for. */
  get engine(): Engine {
    return this.#engine;
  }

  /** Rejects whatever waits with NETLANE_CLOSED (in the ancestor EAGAIN, like a time-out) and closes every fd. The same promise each time. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    try {
      await this.#engine.close();
    } finally {
      await this.#namespace?.close();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The fd, which stays the socket's. @throws NETLANE_CLOSED after close(), where the ancestor gives a number that may be another's by then. */
  getFd(): number {
    return this.#engine.fd;
  }

  /** The kernel's port id of the socket. @throws NETLANE_CLOSED. */
  getPid(): number {
    return this.#engine.port;
  }

  /** The time-outs in milliseconds (Go: two Durations); 0 for none. */
  getTimeouts(): { send: number; receive: number } {
    return { send: this.#send, receive: this.#receive };
  }

  /** How long send() waits; both fields 0 for ever, which it does at first. @throws NETLANE_INVALID_ARGUMENT. */
  setSendTimeout(timeout: Timeval): void {
    this.#send = millisecondsOf('timeout', timeout);
  }

  /** How long receive() waits, and execute() without progress; both fields 0 for ever, which it does at first. @throws NETLANE_INVALID_ARGUMENT. */
  setReceiveTimeout(timeout: Timeval): void {
    this.#receive = millisecondsOf('timeout', timeout);
  }

  /**
   * Sets SO_RCVBUF. @param size Bytes; the kernel doubles them, up to net.core.rmem_max. @param force Beyond that limit (SO_RCVBUFFORCE): EPERM
   * without CAP_NET_ADMIN.
   */
  async setReceiveBufferSize(size: number, force = false): Promise<void> {
    await this.#engine.setOption('receiveBuffer', size, { force });
  }

  /** SO_RCVBUF as the kernel accounts it, bytes: twice what was set. */
  async getReceiveBufferSize(): Promise<number> {
    return this.#engine.getOption('receiveBuffer');
  }

  /** Whether the kernel explains its refusals on this socket (NETLINK_EXT_ACK, Linux 4.12). */
  async setExtAck(enable: boolean): Promise<void> {
    await this.#engine.setOption('extendedAck', enable);
  }

  /** Whether the kernel checks requests strictly, and filters dumps (NETLINK_GET_STRICT_CHK, Linux 4.20). */
  async setStrictCheck(state: boolean): Promise<void> {
    await this.#engine.setOption('strict', state);
  }

  /**
   * Waits for the socket's lock (sync.Mutex): for those who send and receive in turns. Nothing else takes it: execute() needs no lock.
   * Resolves when it is the caller's.
   */
  lock(): Promise<void> {
    return this.#mutex.lock();
  }

  /** Gives the lock to the next in line. @throws NETLANE_INVALID_ARGUMENT when it is not locked. */
  unlock(): void {
    this.#mutex.unlock();
  }

  /**
   * Sends a request to the kernel as it is and resolves when the kernel took it. Its reply comes out of receive(). The header's port id is the
   * socket's, and what the socket has joined does not count: the ancestor sends to those groups, too.
   * Rejects with NETLANE_TIMEOUT after the send time-out (the message may still leave), with what sendmsg said (ECONNREFUSED where nobody
   * listens to the protocol), and NETLANE_CLOSED.
   */
  async send(request: Sendable): Promise<void> {
    if (!isObject(request) || typeof request.body !== 'function') throw invalidArgument('request', 'a NetlinkRequest', request);
    const { type, flags, seq } = request;
    await this.#within(this.#send, 'send', this.#engine.send({ type, flags, sequence: seq, body: request.body() }));
  }

  /**
   * What came next, at least one message: what groups tell, what other sockets sent (NETLINK_USERSOCK), replies to send().
   * Rejects with NETLANE_TIMEOUT, caused by EAGAIN, after the receive time-out; with NETLANE_OVERRUN, caused by ENOBUFS, once where the kernel
   * dropped messages, and the socket goes on; with NETLANE_CLOSED when it is closed meanwhile.
   */
  async receive(): Promise<Received> {
    if (this.#closing !== undefined) throw this.#closed();
    const started = performance.now();
    const controller = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    if (this.#receive > 0) {
      // A timer may fire up to 1 ms early.
      timer = setTimeout(() => controller.abort(), Math.ceil(this.#receive) + 1);
    }
    try {
      return await this.#receiving.run(() => this.#batch(controller.signal));
    } catch (error) {
      if (!controller.signal.aborted || !(error instanceof NetlaneError) || error.code !== 'ABORT_ERR') throw error;
      throw this.#timedOut('receive', performance.now() - started, 'recvmsg');
    } finally {
      clearTimeout(timer);
    }
  }

  async #batch(signal: AbortSignal): Promise<Received> {
    const first = this.#held.shift() ?? (await this.#next(signal));
    if (this.#held.length === 0) this.#held.push(...this.#engine.takeWaiting());
    const from = senderOf(first);
    const messages = [messageOf(first)];
    for (let next = this.#held[0]; next !== undefined; next = this.#held[0]) {
      const sender = senderOf(next);
      if (sender.pid !== from.pid || sender.group !== from.group) break;
      messages.push(messageOf(next));
      this.#held.shift();
    }
    return { messages, from };
  }

  /** One message, and the reader is gone again: a reader that waits would keep the process alive after the time-out. */
  async #next(signal: AbortSignal): Promise<Message> {
    const reader = this.#engine.messages({ signal });
    try {
      const { value } = await reader.next();
      if (value === undefined) throw this.#closed();
      // What another socket sent may have any type; the mark of a loss comes from nobody.
      if (value.type === NLMSG_OVERRUN && value.sender === undefined && value.group === undefined) throw this.#overrun();
      return value;
    } finally {
      await reader.return(undefined);
    }
  }

  async #within(milliseconds: number, what: 'send', promise: Promise<void>): Promise<void> {
    if (milliseconds === 0) return promise;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(this.#timedOut(what, milliseconds, 'sendmsg')), Math.ceil(milliseconds) + 1);
    });
    try {
      await Promise.race([promise, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  get #context(): { namespace?: string } {
    return this.#namespace === undefined ? {} : { namespace: String(this.#namespace) };
  }

  #closed(): NetlaneError {
    const whose = this.#namespace === undefined ? '' : ` of ${String(this.#namespace)}`;
    return new NetlaneError('NETLANE_CLOSED', `the socket${whose} is closed`, this.#context);
  }

  #timedOut(what: string, milliseconds: number, syscall: string): NetlaneError {
    return new NetlaneError('NETLANE_TIMEOUT', `nothing to ${what} within ${Math.round(milliseconds)} ms`, {
      ...this.#context,
      cause: new SystemError({ errno: EAGAIN, syscall }),
    });
  }

  #overrun(): NetlaneError {
    return new NetlaneError('NETLANE_OVERRUN', 'the kernel dropped messages: they came faster than they were received', {
      ...this.#context,
      cause: new SystemError({ errno: ENOBUFS, syscall: 'recvmsg' }),
      hint: 'list what you watch again; a larger buffer helps: setReceiveBufferSize(size, true)',
    });
  }
}

/** A socket and a counter of its requests (Go: SocketHandle); for NetlinkRequest.sockets. */
export class SocketHandle {
  /** Requests made on the socket. The numbers on the wire are the engine's: none is ever in flight twice. */
  seq = 0;
  socket: NetlinkSocket | undefined;

  constructor(socket?: NetlinkSocket) {
    if (socket !== undefined && !(socket instanceof NetlinkSocket))
      throw invalidArgument('socket', 'a NetlinkSocket of netlane/nl', socket);
    this.socket = socket;
  }

  /** Closes the socket, if there is one. */
  close(): Promise<void> {
    return this.socket?.close() ?? Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function checkProtocol(protocol: number): number {
  if (!Number.isInteger(protocol) || protocol < 0 || protocol > 31) throw invalidArgument('protocol', 'an integer from 0 to 31', protocol);
  return protocol;
}

/**
 * Opens a socket in a namespace. No thread moves.
 * @param newNs The namespace; none() for the caller's own. It may be closed afterwards.
 * @param curNs Where Go's thread goes back to. Here there is nothing to go back from: it is not used.
 * @param protocol NETLINK_ROUTE, ...: 0 to 31. Rejects with EPROTONOSUPPORT where the kernel has no such protocol.
 */
export async function getNetlinkSocketAt(newNs: NsLike, curNs: NsLike, protocol: number): Promise<NetlinkSocket> {
  return subscribeAt(newNs, curNs, protocol);
}

/**
 * Opens a socket that hears multicast groups, in the caller's namespace.
 * @param groups By number, from 1 on. Any number: the ancestor passes over those above 32, and 0 (here NETLANE_INVALID_ARGUMENT), in silence.
 */
export async function subscribe(protocol: number, ...groups: number[]): Promise<NetlinkSocket> {
  return subscribeAt(none(), none(), protocol, ...groups);
}

/** As subscribe(), in a namespace as in getNetlinkSocketAt(). */
export async function subscribeAt(newNs: NsLike, _curNs: NsLike, protocol: number, ...groups: number[]): Promise<NetlinkSocket> {
  return NetlinkSocket.openAt(newNs, protocol, groups);
}
