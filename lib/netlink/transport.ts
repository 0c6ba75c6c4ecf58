/*
 * What carries a socket's bytes: through a lane, on the caller's thread, or a fake kernel in tests. One transport is one fd. It knows
 * nothing of netlink's protocol but where one datagram ends: sequence numbers, acknowledgements, retries and errors are the engine's.
 */

/** How the fd of a transport is opened. */
export interface TransportOptions {
  readonly protocol: number;
  /** Fixed port id; 0: the kernel's choice. */
  readonly port: number;
  /** Asked for with SO_RCVBUFFORCE, then SO_RCVBUF; undefined leaves the kernel's default. */
  readonly receiveBuffer?: number | undefined;
  readonly sendBuffer?: number | undefined;
  /** setsockopt(SOL_NETLINK, option, value), in order. `optional` ones may be refused with ENOPROTOOPT (older kernels). */
  readonly options: readonly { readonly option: number; readonly value: number; readonly optional: boolean }[];
  /** Groups to join before anything else happens on the socket. */
  readonly groups: readonly number[];
  /**
   * When overrun() comes: behind what the kernel had queued before it dropped (default), for readers of events; or as soon as the kernel
   * tells, for dumps, where a loss must be known before the end is read.
   */
  readonly promptOverruns?: boolean | undefined;
  /** Slabs (256 KiB each) that the receiver may fill before the consumer gave one back. */
  readonly slabs: number;
}

/** What the kernel really gave. */
export interface TransportState {
  readonly fd: number;
  readonly port: number;
  /** SO_RCVBUF as the kernel accounts it (twice what was asked). */
  readonly receiveBuffer: number;
  readonly sendBuffer: number;
  /** Options that the kernel did not know, of those marked optional. */
  readonly refused: readonly number[];
}

/** The buffers that have a size. */
export type BufferName = 'receiveBuffer' | 'sendBuffer';

export interface TransportStatistics {
  /** Datagrams given to the kernel. */
  sent: number;
  /** Datagrams received. */
  received: number;
  /** Times the kernel said ENOBUFS: it dropped messages. */
  overruns: number;
  /** Datagrams that arrived without their end (longer than 1 MiB). */
  truncated: number;
}

/** What a transport tells its owner. Called in the order of the facts; never from within a call into the transport, but exchange() and pumpSync(). */
export interface TransportEvents {
  /**
   * Frames (lib/native.ts: frameHeader) up to `end`. The slab is the receiver's until release(slab) gives it back as a credit; frames of
   * datagrams that did not fit a slab come in a buffer of their own, and releasing that one is harmless.
   */
  received(slab: ArrayBuffer, end: number): void;
  /** The kernel dropped messages (ENOBUFS): after all that was received so far, unless promptOverruns was set. */
  overrun(): void;
  /** The kernel refused the send() of that tag: the positive errno of sendmsg. Successes are not told. */
  refused(tag: number, errno: number): void;
  /** The socket is gone for good, though nobody closed it: lane lost, fd broken. */
  lost(error: Error): void;
}

export interface Transport {
  readonly kind: 'lane' | 'caller' | 'fake';
  /** Whether another thread handles what was sent, while this one goes on. */
  readonly overlaps?: boolean | undefined;
  readonly state: TransportState;
  /**
   * One sendmsg to `port` (0: the kernel) and `groups` (a mask). The bytes are taken: the buffer must not be touched afterwards (it may be
   * transferred; it must be a plain ArrayBuffer used from offset 0), unless true comes back: then they were copied, and the buffer is the
   * caller's again. A socket that is full (EAGAIN) is waited for in order.
   */
  send(bytes: Uint8Array<ArrayBuffer>, tag: number, port: number, groups: number): boolean;
  /**
   * send() to the kernel of the first `length` bytes, where it is known how many datagrams are awaited now: as many are looked for at
   * once. On the caller's thread they are given to the events from within the call. The bytes are the caller's again afterwards.
   * @param wait whether the caller waits for them (requestSync): else they are left to the loop when it has not had its turn for long.
   */
  exchange?(bytes: Uint8Array<ArrayBuffer>, length: number, tag: number, answers: number, wait: boolean): void;
  /** Gives what another thread has sent meanwhile to the events, of all sockets there, without waiting. */
  keepUp?(): void;
  /** Gives a slab back. */
  release(slab: ArrayBuffer): void;
  setOption(level: number, option: number, value: number): Promise<void>;
  getOption(level: number, option: number): Promise<number>;
  memberships(): Promise<number[]>;
  /** Bytes of struct sock_filter; empty detaches. */
  setFilter(program: Uint8Array): Promise<void>;
  statistics(): Promise<TransportStatistics>;
  /** Resolves when the kernel took or refused all that was given to send() before; refusals are told by then. */
  drained(): Promise<void>;
  /** While true, the transport keeps the process alive. */
  ref(keep: boolean): void;
  /** Idempotent, never waits longer than 100 ms for another thread. No event comes after the call. */
  close(): Promise<void>;
  /**
   * Only on the caller's thread: sends all that is queued, blocks until something was received or the time (ms) is over, and gives
   * what came to the events, from within the call. False on time-out.
   */
  pumpSync?(milliseconds: number): boolean;
}

/** Opens transports in one namespace. The engine and the sockets get theirs from here, so that tests can put a fake kernel in. */
export interface TransportFactory {
  /** String(namespace), for errors. */
  readonly namespace: string;
  open(options: TransportOptions, events: TransportEvents): Promise<Transport>;
  /** Only where it can be done without waiting: the caller's thread. */
  openSync?(options: TransportOptions, events: TransportEvents): Transport;
}

/** What a conversation needs of a transport. */
export type ConversationTransport = Pick<Transport, 'state' | 'send' | 'exchange' | 'overlaps' | 'keepUp' | 'ref' | 'pumpSync'>;
