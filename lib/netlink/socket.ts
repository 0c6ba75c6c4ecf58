import { checkBoolean, checkInteger, checkMilliseconds, checkOptions, checkSignal } from '../arguments.js';
import { channels } from '../diagnostics.js';
import { invalidArgument, NetlaneError, SystemError } from '../errors.js';
import {
  EADDRINUSE,
  LITTLE_ENDIAN,
  NETLINK_ADD_MEMBERSHIP,
  NETLINK_DROP_MEMBERSHIP,
  NLM_F_REQUEST,
  NLMSG_HDRLEN,
  NLMSG_OVERRUN,
  SOL_NETLINK,
} from './constants.js';
import type { CheckedRequest } from './conversation.js';
import { Dumps } from './dumps.js';
import { Inbox } from './inbox.js';
import { Line, type LineOwner } from './line.js';
import { writeHeader, type Message, type MessageView } from './message.js';
import { isDump, isRead, protocolName } from './names.js';
import { closed } from './refusal.js';
import type { ConversationOptions, Reply, Request, RequestContext } from './request.js';
import {
  checkGroup,
  checkSocketOptions,
  forcedOption,
  liveOption,
  shapesReplies,
  withOption,
  type CheckedSocketOptions,
  type SocketOptionName,
  type SocketOptions,
} from './socket-options.js';
import type { TransportFactory, TransportOptions, TransportStatistics } from './transport.js';

const requestNames = [
  'type',
  'flags',
  'body',
  'acknowledge',
  'repeatable',
  'signal',
  'timeout',
] as const satisfies readonly (keyof Request)[];
const outgoingNames = ['type', 'flags', 'body', 'sequence', 'port', 'groups'] as const;

/** Bytes of messages that wait for a reader before the rest stays in the kernel. */
const inboxLimit = 1024 * 1024;

/** A message to send as it is, with no reply awaited. */
export interface OutgoingMessage {
  readonly type: number;
  /** Default 0; NLM_F_REQUEST is set for what goes to the kernel. */
  readonly flags?: number | undefined;
  readonly body?: Uint8Array | undefined;
  /** nlmsg_seq, default 0. */
  readonly sequence?: number | undefined;
  /** Port id of the receiver; default 0, the kernel. */
  readonly port?: number | undefined;
  /** Groups to send to, by number 1 to 32. */
  readonly groups?: readonly number[] | undefined;
}

/** One instruction of a classic BPF program (struct sock_filter). */
export interface FilterInstruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

export interface SocketStatistics extends TransportStatistics {
  /** Datagrams and messages that were dropped here: from others than the kernel, too late, or not what they say they are. */
  dropped: number;
}

/**
 * A netlink socket in a namespace. Any number of requests, dumps, streams and one reader of messages may run at the same time. Requests
 * are sent in the order of the calls; dumps and streams have fds of their own and are in no order with them.
 */
export class NetlinkSocket implements LineOwner {
  readonly #factory: TransportFactory;
  readonly #protocol: number;
  readonly #checked: CheckedSocketOptions;
  readonly #options: ConversationOptions;
  readonly #onClose: (socket: NetlinkSocket) => void;
  readonly #inbox: Inbox;
  readonly #dumps: Dumps;
  /** As they were asked for, and changed by setOption(): for fds that are opened later. */
  #primaryOptions: TransportOptions;
  #sideOptions: TransportOptions;
  readonly #groups: Set<number>;
  #primary: Line | undefined;
  #openingPrimary: Promise<Line> | undefined;
  #companion: Line | undefined;
  #openingCompanion: Promise<Line> | undefined;
  #reading = false;
  #dropped = 0;
  #closing: Promise<void> | undefined;
  #failure: Error | undefined;
  #inSync = false;

  private constructor(
    factory: TransportFactory,
    protocol: number,
    checked: CheckedSocketOptions,
    onClose: (socket: NetlinkSocket) => void,
  ) {
    this.#factory = factory;
    this.#protocol = protocol;
    this.#checked = checked;
    this.#onClose = onClose;
    this.#options = { protocol, namespace: factory.namespace, timeout: checked.timeout };
    this.#groups = new Set(checked.groups);
    this.#primaryOptions = checked.primary;
    this.#sideOptions = checked.side;
    this.#dumps = new Dumps(factory, checked.side, this.#options);
    this.#inbox = new Inbox(
      factory.namespace,
      inboxLimit,
      () => this.#primary?.resume(),
      (waiting) => {
        this.#reading = waiting;
        this.#primary?.keep(waiting);
      },
    );
  }

  /** Opens a socket; for Namespace.netlink() and for tests with a fake kernel. */
  static async open(
    factory: TransportFactory,
    protocol: number,
    options: SocketOptions = {},
    onClose: (socket: NetlinkSocket) => void = () => undefined,
  ): Promise<NetlinkSocket> {
    const socket = new NetlinkSocket(factory, protocol, checkSocketOptions(protocol, options), onClose);
    await socket.#openPrimary();
    return socket;
  }

  get protocol(): string {
    return protocolName(this.#protocol);
  }

  /** The kernel's port id of this socket. */
  get port(): number {
    return this.#line.transport.state.port;
  }

  /** The fd, for looking: it belongs to the socket and ends with it. */
  get fd(): number {
    return this.#line.transport.state.fd;
  }

  /** SO_RCVBUF as the kernel accounts it, when the socket was opened. */
  get receiveBuffer(): number {
    return this.#line.transport.state.receiveBuffer;
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  get #line(): Line {
    if (this.#primary === undefined) throw this.#failure ?? closed('the socket', this.#options.namespace);
    return this.#primary;
  }

  // What lines tell their owner; not for users.

  /** @internal */
  get full(): boolean {
    return this.#inbox.full;
  }

  /** @internal */
  message(view: MessageView): void {
    if (view.sender !== 0 && this.#checked.from === 'kernel') {
      this.dropped('impostor');
      return;
    }
    this.#inbox.push(view.copy());
    if (channels.event.hasSubscribers) {
      channels.event.publish({ namespace: this.#options.namespace, protocol: this.#protocol, message: view.copy() });
    }
  }

  /** @internal */
  dropped(reason: 'impostor' | 'late' | 'truncated' | 'length'): void {
    this.#dropped++;
    if (channels.event.hasSubscribers) {
      channels.event.publish({ namespace: this.#options.namespace, protocol: this.#protocol, dropped: reason });
    }
  }

  /** @internal */
  overrun(): void {
    this.#inbox.push({ type: NLMSG_OVERRUN, flags: 0, sequence: 0, port: 0, body: new Uint8Array() });
    if (channels.event.hasSubscribers) {
      channels.event.publish({ namespace: this.#options.namespace, protocol: this.#protocol, overrun: true });
    }
  }

  /** @internal */
  lost(line: Line, error: Error): void {
    void line.close(error);
    if (line === this.#companion) {
      this.#companion = undefined;
      return;
    }
    this.#failure = error;
    this.#primary = undefined;
    this.#inbox.fail(error);
  }

  #openPrimary(): Promise<Line> {
    this.#openingPrimary ??= this.#reopen().then(
      (line) => {
        this.#openingPrimary = undefined;
        if (this.#closing !== undefined) {
          void line.close();
          throw closed('the socket', this.#options.namespace);
        }
        this.#primary = line;
        this.#failure = undefined;
        this.#inbox.recover();
        line.keep(this.#reading);
        return line;
      },
      (error: unknown) => {
        this.#openingPrimary = undefined;
        throw error;
      },
    );
    return this.#openingPrimary;
  }

  /** A fixed port may still be held by the fd of a lane that is just ending: after a loss it is asked for again for a second. */
  async #reopen(): Promise<Line> {
    const reopening = this.#failure !== undefined && this.#checked.primary.port !== 0;
    const until = performance.now() + 1000;
    for (;;) {
      try {
        return await Line.open(this.#factory, { ...this.#primaryOptions, groups: [...this.#groups] }, this.#options, this);
      } catch (error) {
        const taken = error instanceof SystemError && error.errno === -EADDRINUSE;
        if (!reopening || !taken || performance.now() > until) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  #openCompanion(): Promise<Line> {
    const owner: LineOwner = {
      full: false,
      message: () => undefined,
      dropped: (reason) => {
        this.dropped(reason);
      },
      overrun: () => undefined,
      lost: (line, error) => {
        this.lost(line, error);
      },
    };
    this.#openingCompanion ??= Line.open(this.#factory, this.#sideOptions, this.#options, owner)
      .then((line) => {
        if (this.#closing !== undefined) {
          void line.close();
          throw closed('the socket', this.#options.namespace);
        }
        this.#companion = line;
        return line;
      })
      .finally(() => {
        this.#openingCompanion = undefined;
      });
    return this.#openingCompanion;
  }

  /** Whether replies would share their fd with what may fill it: groups, other senders, an inbox that nobody reads. */
  get #needsCompanion(): boolean {
    return this.#groups.size > 0 || this.#checked.from === 'any' || this.#inbox.full || this.#companion?.conversation.idle === false;
  }

  #check(request: Request): CheckedRequest {
    checkOptions('request', request, requestNames);
    const { type, flags = 0, body, signal } = request;
    checkInteger('type', type, 0, 0xffff);
    checkInteger('flags', flags, 0, 0xffff);
    if (body !== undefined && !(body instanceof Uint8Array)) throw invalidArgument('body', 'a Uint8Array', body);
    checkSignal('signal', signal);
    checkBoolean('acknowledge', request.acknowledge);
    checkBoolean('repeatable', request.repeatable);
    return {
      type,
      flags,
      body,
      acknowledge: request.acknowledge ?? true,
      repeatable: request.repeatable ?? isRead(this.#protocol, type, flags),
      signal,
      timeout: request.timeout === undefined ? this.#checked.timeout : checkMilliseconds('timeout', request.timeout),
    };
  }

  /**
   * Asks the kernel and waits for the whole answer. A refusal rejects with NetlinkError; a dump that changed under every attempt with
   * NETLANE_DUMP_INTERRUPTED; a lost reply to a change with NETLANE_REPLY_LOST.
   */
  async request(request: Request, context: RequestContext = {}): Promise<Reply> {
    const checked = this.#check(request);
    this.#checkOpen();
    if (isDump(this.#protocol, checked.type, checked.flags)) return this.#dumps.list(own(checked), context);
    if (this.#needsCompanion) {
      const line = this.#companion;
      if (line !== undefined) return line.conversation.request(checked, context);
      const kept = own(checked);
      return (await this.#openCompanion()).conversation.request(kept, context);
    }
    if (this.#primary !== undefined) return this.#primary.conversation.request(checked, context);
    const kept = own(checked);
    return (await this.#openPrimary()).conversation.request(kept, context);
  }

  /**
   * The same without returning to the loop, for sockets with thread 'caller'. What else arrives meanwhile is kept for the next turn.
   * The kernel's time blocks the caller. NETLANE_BUSY when called from within another requestSync().
   */
  requestSync(request: Request, context: RequestContext = {}): Reply {
    const checked = this.#check(request);
    this.#checkOpen();
    if (this.#factory.openSync === undefined) {
      throw new NetlaneError('NETLANE_NOT_SUPPORTED', "requestSync needs a socket that was opened with thread: 'caller'", {
        namespace: this.#options.namespace,
      });
    }
    if (this.#inSync)
      throw new NetlaneError('NETLANE_BUSY', 'requestSync is already running on this socket', { namespace: this.#options.namespace });
    this.#inSync = true;
    try {
      if (isDump(this.#protocol, checked.type, checked.flags)) return this.#dumps.listSync(checked, context);
      const line = this.#needsCompanion
        ? (this.#companion ??= Line.openSync(this.#factory, this.#sideOptions, this.#options, {
            full: false,
            message: () => undefined,
            dropped: (reason) => {
              this.dropped(reason);
            },
            overrun: () => undefined,
            lost: (lost, error) => {
              this.lost(lost, error);
            },
          }))
        : this.#primary;
      if (line === undefined) throw this.#failure ?? closed('the socket', this.#options.namespace);
      return line.conversation.requestSync(checked, context);
    } finally {
      this.#inSync = false;
    }
  }

  /**
   * A dump as an async iterator with bounded memory: no more is read from the kernel than the loop takes. Leaving the loop early closes
   * the stream's fd. An interruption is an error after the last message, since what was given cannot be taken back.
   */
  stream(request: Request): AsyncGenerator<Message, undefined, undefined>;
  stream<T>(request: Request, context: RequestContext, take: (view: MessageView) => T): AsyncGenerator<T, undefined, undefined>;
  stream<T>(
    request: Request,
    context: RequestContext = {},
    take?: (view: MessageView) => T,
  ): AsyncGenerator<T | Message, undefined, undefined> {
    const checked = own(this.#check(request));
    this.#checkOpen();
    return this.#dumps.stream<T | Message>(checked, context, take ?? ((view): Message => view.copy()));
  }

  /**
   * Everything that is no reply: what the groups tell, what other sockets send. Messages wait, up to 1 MiB here and then in the kernel,
   * until they are read; where the kernel dropped some, a message of type NLMSG_OVERRUN (4) stands. One reader at a time
   * (NETLANE_BUSY). Rejects with NETLANE_CLOSED when the socket is closed, NETLANE_LANE_LOST when its lane died.
   */
  messages(options: { readonly signal?: AbortSignal | undefined } = {}): AsyncGenerator<Message, undefined, undefined> {
    checkOptions('options', options, ['signal']);
    checkSignal('signal', options.signal);
    this.#checkOpen();
    return this.#messages(options.signal);
  }

  async *#messages(signal: AbortSignal | undefined): AsyncGenerator<Message, undefined, undefined> {
    if (this.#primary === undefined) await this.#openPrimary();
    return yield* this.#inbox.read(signal);
  }

  /** Sends a message as it is. Resolves when the kernel took it; rejects with what sendmsg said: ECONNREFUSED when nobody has the port. */
  async send(message: OutgoingMessage): Promise<void> {
    checkOptions('message', message, outgoingNames);
    const { type, flags = 0, body, sequence = 0, port = 0, groups = [] } = message;
    checkInteger('type', type, 0, 0xffff);
    checkInteger('flags', flags, 0, 0xffff);
    checkInteger('sequence', sequence, 0, 0xffffffff);
    checkInteger('port', port, 0, 0xffffffff);
    if (body !== undefined && !(body instanceof Uint8Array)) throw invalidArgument('body', 'a Uint8Array', body);
    let mask = 0;
    for (const [index, group] of groups.entries()) {
      checkInteger(`groups[${index}]`, group, 1, 32);
      mask = (mask | (1 << (group - 1))) >>> 0;
    }
    this.#checkOpen();
    const length = NLMSG_HDRLEN + (body?.length ?? 0);
    const bytes = new Uint8Array((length + 3) & ~3);
    if (body !== undefined) bytes.set(body, NLMSG_HDRLEN);
    const toKernel = port === 0 && mask === 0 ? NLM_F_REQUEST : 0;
    const line = this.#primary ?? (await this.#openPrimary());
    writeHeader(new DataView(bytes.buffer), 0, { length, type, flags: flags | toKernel, sequence, port: line.transport.state.port });
    const errno = await line.send(bytes, port, mask);
    if (errno !== 0)
      throw new SystemError({ errno, syscall: 'sendmsg' }, { operation: 'send a message', namespace: this.#options.namespace });
  }

  /** Joins a group (NETLINK_ADD_MEMBERSHIP): what it tells from now on comes out of messages(). */
  async join(group: number): Promise<void> {
    checkGroup('group', group);
    this.#checkOpen();
    const line = this.#primary ?? (await this.#openPrimary());
    this.#groups.add(group);
    try {
      await line.transport.setOption(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group);
    } catch (error) {
      this.#groups.delete(group);
      throw error;
    }
  }

  async leave(group: number): Promise<void> {
    checkGroup('group', group);
    this.#checkOpen();
    const line = this.#primary ?? (await this.#openPrimary());
    await line.transport.setOption(SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, group);
    this.#groups.delete(group);
  }

  /** The groups that the kernel has this socket in (NETLINK_LIST_MEMBERSHIPS, Linux 4.2). */
  async memberships(): Promise<number[]> {
    this.#checkOpen();
    return this.#line.transport.memberships();
  }

  /**
   * Sets an option on the open socket: extendedAck, capAck and strict on the fds of its dumps and requests, too, from the next one on.
   * @param options force: a buffer beyond the limit of the system, with CAP_NET_ADMIN (EPERM without).
   */
  async setOption(name: SocketOptionName, value: number | boolean, options: { readonly force?: boolean | undefined } = {}): Promise<void> {
    const { level, option } = liveOption(name);
    const number = typeof value === 'boolean' ? Number(value) : value;
    checkInteger('value', number, 0, 0x7fffffff);
    checkOptions('options', options, ['force']);
    checkBoolean('force', options.force);
    const asked = options.force === true ? forcedOption(name) : option;
    this.#checkOpen();
    const line = this.#line;
    await line.transport.setOption(level, asked, number);
    if (name === 'receiveBuffer') line.conversation.resize(await line.transport.getOption(level, option));
    if (level === SOL_NETLINK) this.#primaryOptions = withOption(this.#primaryOptions, option, number);
    if (!shapesReplies(name)) return;
    this.#sideOptions = withOption(this.#sideOptions, option, number);
    this.#dumps.reopenWith(this.#sideOptions);
    await this.#companion?.transport.setOption(level, option, number);
  }

  async getOption(name: SocketOptionName): Promise<number> {
    const { level, option } = liveOption(name);
    this.#checkOpen();
    return this.#line.transport.getOption(level, option);
  }

  /**
   * A classic BPF filter over whole datagrams, for sockets that hear groups only: on one with requests it would drop acknowledgements
   * in silence (NETLANE_FILTER_REFUSED). An empty program takes the filter off.
   */
  async setFilter(program: readonly FilterInstruction[]): Promise<void> {
    if (!Array.isArray(program) || program.length > 4096)
      throw invalidArgument('program', 'an array of at most 4096 instructions', program);
    const bytes = new Uint8Array(program.length * 8);
    const view = new DataView(bytes.buffer);
    for (const [index, { code, jt, jf, k }] of program.entries()) {
      checkInteger(`program[${index}].code`, code, 0, 0xffff);
      checkInteger(`program[${index}].jt`, jt, 0, 255);
      checkInteger(`program[${index}].jf`, jf, 0, 255);
      checkInteger(`program[${index}].k`, k, 0, 0xffffffff);
      view.setUint16(index * 8, code, LITTLE_ENDIAN);
      view.setUint8(index * 8 + 2, jt);
      view.setUint8(index * 8 + 3, jf);
      view.setUint32(index * 8 + 4, k, LITTLE_ENDIAN);
    }
    this.#checkOpen();
    if (!this.#needsCompanion) {
      throw new NetlaneError('NETLANE_FILTER_REFUSED', 'a filter on a socket for requests drops their acknowledgements in silence', {
        namespace: this.#options.namespace,
        hint: "open a socket with groups, or with from: 'any'",
      });
    }
    await this.#line.transport.setFilter(bytes);
  }

  /** Counters of this socket's fds since they were opened, dumps and streams not included. */
  async statistics(): Promise<SocketStatistics> {
    this.#checkOpen();
    const total: SocketStatistics = { sent: 0, received: 0, overruns: 0, truncated: 0, dropped: this.#dropped };
    for (const line of [this.#primary, this.#companion]) {
      if (line === undefined) continue;
      const one = await line.transport.statistics();
      for (const name of ['sent', 'received', 'overruns', 'truncated'] as const) total[name] += one[name];
    }
    return total;
  }

  /**
   * What waits for a reader, without waiting: for those who read in batches.
   * @internal
   */
  takeWaiting(): Message[] {
    return this.#inbox.take();
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw closed('the socket', this.#options.namespace);
  }

  /** Rejects whatever waits with NETLANE_CLOSED and closes every fd. Idempotent: the same promise each time. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const error = closed('the socket', this.#options.namespace);
    const lines = [this.#primary, this.#companion];
    this.#primary = undefined;
    this.#companion = undefined;
    this.#failure = error;
    this.#inbox.fail(error);
    this.#onClose(this);
    await Promise.all([this.#dumps.close(error), ...lines.map((line) => line?.close(error))]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** The request with a body of its own, for when it is read after the call. */
function own(request: CheckedRequest): CheckedRequest {
  return request.body === undefined ? request : { ...request, body: request.body.slice() };
}
