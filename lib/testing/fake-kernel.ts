import { NetlaneError, SystemError, describeValue, invalidArgument } from '../errors.js';
import {
  EADDRINUSE,
  ECONNREFUSED,
  NETLINK_LISTEN_ALL_NSID,
  NLM_F_ACK,
  NLM_F_REQUEST,
  NLMSG_MIN_TYPE,
  SOL_NETLINK,
  protocols,
} from '../netlink/constants.js';
import type { Transport, TransportEvents, TransportFactory, TransportOptions } from '../netlink/transport.js';
import { datagram, type FakeDatagram, type FakeReplies } from './datagram.js';
import type { FakeRequest, FakeSend, FakeTransportFacts } from './fake-request.js';
import { FakeTransport, type FakeTransportHost } from './fake-transport.js';
import { parseMessages, type ParsedMessage } from './fixtures.js';
import { ack, notification, refuse } from './replies.js';

const EOPNOTSUPP = 95;

/** The kernel's part: what a request is answered with. A generator is drawn reply by reply, so that what it does lies between them. */
export type FakeHandler = (request: FakeRequest, kernel: FakeKernel) => FakeReplies;

/** How a fake kernel behaves; each of them may be left out. */
export interface FakeKernelOptions {
  /** What errors call the namespace. Default 'fake'. */
  readonly namespace?: string | undefined;
  /**
   * When things move: each turn of the pump in a microtask, or in a setImmediate of its own, so that timers and other callbacks run in
   * between. Default 'immediate'.
   */
  readonly delivery?: 'microtask' | 'immediate' | undefined;
  /** Datagrams that one received() brings at most, 1 or more. Default 4: small, so that draining is exercised. */
  readonly batch?: number | undefined;
  /** Bytes of a slab, 256 or more. Default 262,144, a lane's. */
  readonly slabSize?: number | undefined;
  /** Whether buffers are detached when they change hands, as towards a lane, so that using one afterwards fails. Default true. */
  readonly transfer?: boolean | undefined;
  /** What the transports say they are. Default 'fake'. */
  readonly kind?: Transport['kind'] | undefined;
  /** Whether there are openSync() and pumpSync(), as on the caller's thread. Default true. */
  readonly synchronous?: boolean | undefined;
  /** net.core.rmem_default and wmem_default. Default 212,992. */
  readonly defaultBuffer?: number | undefined;
  /** net.core.rmem_max and wmem_max. Default 212,992. */
  readonly largestBuffer?: number | undefined;
  /** Whether SO_RCVBUFFORCE, SO_SNDBUFFORCE and NETLINK_LISTEN_ALL_NSID are allowed. Default true. */
  readonly privileged?: boolean | undefined;
  /** Options of SOL_NETLINK that an older kernel does not know (ENOPROTOOPT). Default none. */
  readonly unknownOptions?: readonly number[] | undefined;
  /** Highest group number: more is EINVAL. Default 64. */
  readonly largestGroup?: number | undefined;
}

function noSuchOperation(request: FakeRequest): FakeDatagram {
  return refuse(request, EOPNOTSUPP);
}

function positive(name: string, value: number | undefined, fallback: number, least: number): number {
  if (value === undefined) return fallback;
  if (!Number.isInteger(value) || value < least) throw invalidArgument(name, `an integer of ${least} or more`, value);
  return value;
}

/**
 * A kernel that is a function from requests to replies: no native code, no privileges, no timers, the same order in every run. Give it to
 * whatever takes a TransportFactory, or to openSocket().
 *
 * It behaves as Linux does where that can surprise: a receive buffer that overflows drops and says ENOBUFS (before what is still
 * queued), dumps are made as they are read and only one at a time, replies to one sendmsg pile up before the first is received, a message
 * longer than the send buffer is EMSGSIZE, extended acknowledgements come only to sockets that asked for them. And it lies where it is
 * told to: see the faults (withLength, withSequence, impostor, truncate, overrun, later, liar).
 *
 * Not concurrent with other threads; any number of sockets may use it at once.
 */
export class FakeKernel implements TransportFactory {
  readonly namespace: string;
  /** The same as open(), at once; absent with `synchronous: false`. */
  readonly openSync?: (options: TransportOptions, events: TransportEvents) => Transport;
  readonly #handler: FakeHandler;
  readonly #host: FakeTransportHost;
  readonly #delivery: 'microtask' | 'immediate';
  readonly #transports: FakeTransport[] = [];
  readonly #requests: FakeRequest[] = [];
  readonly #awake = new Set<FakeTransport>();
  readonly #openFailures: Error[] = [];
  readonly #sendFailures: { errno: number; times: number; matches: (send: Omit<FakeSend, 'errno'>) => boolean }[] = [];
  readonly #troubles: string[] = [];
  #failure: Error | undefined;
  readonly #waiting: (() => void)[] = [];
  readonly #opening: (() => void)[] = [];
  #scheduled = false;
  #paused = false;
  #ports = 0;

  /** @throws NETLANE_INVALID_ARGUMENT for options that cannot be meant. */
  constructor(handler: FakeHandler = noSuchOperation, options: FakeKernelOptions = {}) {
    if (typeof handler !== 'function') throw invalidArgument('handler', 'a function from requests to replies', handler);
    this.#handler = handler;
    this.namespace = options.namespace ?? 'fake';
    this.#delivery = options.delivery ?? 'immediate';
    const paused = (): boolean => this.#paused;
    this.#host = {
      namespace: this.namespace,
      kind: options.kind ?? 'fake',
      slabSize: positive('slabSize', options.slabSize, 256 * 1024, 256),
      batch: positive('batch', options.batch, 4, 1),
      transfer: options.transfer ?? true,
      synchronous: options.synchronous ?? true,
      defaultBuffer: positive('defaultBuffer', options.defaultBuffer, 212_992, 1),
      largestBuffer: positive('largestBuffer', options.largestBuffer, 212_992, 1),
      privileged: options.privileged ?? true,
      unknownOptions: options.unknownOptions ?? [],
      largestGroup: positive('largestGroup', options.largestGroup, 64, 1),
      get paused() {
        return paused();
      },
      wake: (transport) => this.#wake(transport),
      sent: (transport, send) => this.#sent(transport, send),
      misused: (what) => this.#troubles.push(what),
      threw: (transport, thrown) => this.#threw(transport, thrown),
      left: (transport) => this.#awake.delete(transport),
    };
    if (this.#host.synchronous) this.openSync = (transportOptions, events) => this.#open(transportOptions, events);
  }

  /** All requests, in the order in which they reached the kernel. */
  get requests(): readonly FakeRequest[] {
    return this.#requests;
  }

  /** All transports that were ever opened, in order. */
  get transports(): readonly FakeTransportFacts[] {
    return this.#transports;
  }

  /** Those that are open now: after a test there should be none. */
  get openTransports(): readonly FakeTransportFacts[] {
    return this.#transports.filter(({ closed, gone }) => !closed && !gone);
  }

  /** All sendmsg calls, in order for each transport. */
  get sends(): readonly FakeSend[] {
    return this.#transports.flatMap(({ sends }) => sends);
  }

  open(options: TransportOptions, events: TransportEvents): Promise<Transport> {
    return new Promise((resolve, reject) => {
      this.#opening.push(() => {
        try {
          resolve(this.#open(options, events));
        } catch (error) {
          reject(error instanceof Error ? error : new Error(describeValue(error)));
        }
      });
      this.#schedule();
    });
  }

  /** Replies to a request that was answered with nothing, or answers it once more. */
  answer(request: FakeRequest, ...replies: readonly FakeReplies[]): void {
    this.#own(request.transport).deliver(replies);
  }

  /**
   * A notification to all open sockets that joined the group, each with its own receive buffer. With an nsid it comes from another
   * namespace and only those hear it that listen to all (NETLINK_LISTEN_ALL_NSID). A ready-made datagram is delivered as it is.
   */
  event(
    group: number,
    message:
      | FakeDatagram
      | { readonly type: number; readonly body?: Uint8Array | readonly Uint8Array[] | undefined; readonly cause?: FakeRequest | undefined },
    to: { readonly protocol?: number | undefined; readonly nsid?: number | undefined } = {},
  ): void {
    const each = 'kind' in message ? { ...message, group } : notification(group, message, to.nsid);
    for (const transport of this.#transports) {
      if (transport.closed || transport.gone || !transport.socket.groups.has(group)) continue;
      if (to.protocol !== undefined && transport.options.protocol !== to.protocol) continue;
      if (each.nsid !== undefined && transport.option(NETLINK_LISTEN_ALL_NSID, SOL_NETLINK) === 0) continue;
      transport.deliver(each);
    }
  }

  /** Drops something on its way to a socket: the next receive of that transport says ENOBUFS. */
  overrun(transport: FakeTransportFacts): void {
    this.#own(transport).deliver({ kind: 'overrun' });
  }

  /** Takes a transport away, as when its lane ends: lost() with that error comes in the next turn. */
  lose(
    transport: FakeTransportFacts,
    error: Error = new NetlaneError('NETLANE_LANE_LOST', 'the fake lane ended', { namespace: this.namespace }),
  ): void {
    this.#own(transport).lose(error);
  }

  /** Lets the next `times` opens fail with an errno (of either sign) or an error of one's own. */
  failOpen(failure: number | Error, times = 1): void {
    const error =
      typeof failure === 'number' ? new SystemError({ errno: failure, syscall: 'socket' }, { namespace: this.namespace }) : failure;
    for (let count = 0; count < times; count += 1) this.#openFailures.push(error);
  }

  /** Lets the next `times` sendmsg (of those that match) fail with a positive errno: the kernel sees nothing of them. */
  failSend(errno: number, times = 1, matches: (send: Omit<FakeSend, 'errno'>) => boolean = () => true): void {
    this.#sendFailures.push({ errno: Math.abs(errno), times, matches });
  }

  /** From now on nothing moves: no send reaches the kernel, nothing is received, nothing opens. */
  pause(): void {
    this.#paused = true;
  }

  /** Ends pause(). */
  resume(): void {
    this.#paused = false;
    this.#schedule();
  }

  /** Resolves when nothing is on its way any more: all sends worked off, all replies received, but for those that wait for a slab. */
  settled(): Promise<void> {
    if (!this.#scheduled && this.#awake.size === 0 && this.#opening.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /**
   * For the end of a test.
   * @throws what a handler threw; NETLANE_INVALID_ARGUMENT for misuse of a transport (a slab released twice, a send after close), or when a
   * transport is still open.
   */
  verify(): void {
    if (this.#failure !== undefined) throw this.#failure;
    const open = this.openTransports.map(({ number }) => `transport ${number} is still open`);
    const troubles = [...this.#troubles, ...open];
    if (troubles.length > 0) throw new NetlaneError('NETLANE_INVALID_ARGUMENT', `the fake kernel was misused: ${troubles.join('; ')}`);
  }

  #own(facts: FakeTransportFacts): FakeTransport {
    const transport = this.#transports[facts.number - 1];
    if (transport !== facts) throw invalidArgument('transport', 'one of this kernel', facts);
    return transport;
  }

  #open(options: TransportOptions, events: TransportEvents): Transport {
    const failure = this.#openFailures.shift();
    if (failure !== undefined) throw failure;
    if (!Number.isInteger(options.slabs) || options.slabs < 1) throw invalidArgument('slabs', 'one or more', options.slabs);
    const number = this.#transports.length + 1;
    const transport = new FakeTransport(this.#host, number, this.#portFor(options), options, events);
    this.#transports.push(transport);
    return transport;
  }

  #portFor({ protocol, port }: TransportOptions): number {
    const taken = (each: number): boolean =>
      this.openTransports.some(({ options, state }) => options.protocol === protocol && state.port === each);
    if (port === 0) {
      do this.#ports += 1;
      while (taken(this.#ports));
      return this.#ports;
    }
    if (taken(port)) throw new SystemError({ errno: EADDRINUSE, syscall: 'bind' }, { namespace: this.namespace });
    return port;
  }

  #wake(transport: FakeTransport): void {
    this.#awake.add(transport);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#paused) return;
    this.#scheduled = true;
    if (this.#delivery === 'microtask') queueMicrotask(() => this.#turn());
    else setImmediate(() => this.#turn());
  }

  /** Everything that can move moves by one step. */
  #turn(): void {
    this.#scheduled = false;
    if (this.#paused) return;
    for (const open of this.#opening.splice(0)) open();
    const awake = Array.from(this.#awake);
    this.#awake.clear();
    for (const transport of awake) {
      if (transport.turn()) this.#awake.add(transport);
    }
    if (this.#awake.size > 0 || this.#opening.length > 0) this.#schedule();
    else for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #sent(transport: FakeTransport, send: Omit<FakeSend, 'errno'>): number {
    const failing = this.#sendFailures.find(({ times, matches }) => times > 0 && matches(send));
    if (failing !== undefined) {
      failing.times -= 1;
      return failing.errno;
    }
    return this.#route(transport, send);
  }

  /** netlink_sendmsg: to the groups first, then to the port, and only the latter decides what is returned. */
  #route(transport: FakeTransport, send: Omit<FakeSend, 'errno'>): number {
    const { bytes, port, groups } = send;
    const { protocol } = transport.options;
    const others = this.#transports.filter(
      (other) => other !== transport && !other.closed && !other.gone && other.options.protocol === protocol,
    );
    for (let group = 1; group <= 32; group += 1) {
      if ((groups & (1 << (group - 1))) === 0) continue;
      const each = datagram(bytes, { sender: transport.state.port, group });
      for (const other of others) if (other.socket.groups.has(group) && other.state.port !== port) other.deliver(each);
    }
    if (port === 0 && protocol !== protocols.usersock) {
      this.#work(transport, send);
      return 0;
    }
    const target = port === transport.state.port ? transport : others.find(({ state }) => state.port === port);
    target?.deliver(datagram(bytes, { sender: transport.state.port }));
    // Nobody has port 0 of NETLINK_USERSOCK, so that a send to groups alone says ECONNREFUSED though they heard it.
    return target === undefined ? ECONNREFUSED : 0;
  }

  #work(transport: FakeTransport, send: Omit<FakeSend, 'errno'>): void {
    for (const message of parseMessages(send.bytes)) {
      if (transport.closed || transport.gone) return;
      this.#request(transport, message, { ...send, errno: 0 });
    }
  }

  #request(transport: FakeTransport, message: ParsedMessage, send: FakeSend): void {
    const request: FakeRequest = { ...message, transport, send };
    transport.requests.push(request);
    this.#requests.push(request);
    // netlink_rcv_skb: control messages and what is no request are acknowledged at most.
    if ((message.flags & NLM_F_REQUEST) === 0 || message.type < NLMSG_MIN_TYPE) {
      if ((message.flags & NLM_F_ACK) !== 0) transport.deliver(ack(request));
      return;
    }
    try {
      transport.deliver(this.#handler(request, this));
    } catch (thrown) {
      this.#threw(transport, thrown);
    }
  }
  /** A handler's error reaches the one who waits for its answer, and verify(). */
  #threw(transport: FakeTransport, thrown: unknown): void {
    const error = thrown instanceof Error ? thrown : new Error(`the handler of the fake kernel threw ${describeValue(thrown)}`);
    this.#failure ??= error;
    transport.lose(error);
  }
}
