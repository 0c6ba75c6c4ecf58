import { checkBoolean, checkInteger, checkOptions, checkSignal } from '../arguments.js';
import { NetlaneError } from '../errors.js';
import { NETLINK_ADD_MEMBERSHIP, NETLINK_DROP_MEMBERSHIP, SOL_NETLINK } from './constants.js';
import { Dumps } from './dumps.js';
import { Entries, type Batches } from './entries.js';
import { Reception } from './reception.js';
import { Line, type LineOwner } from './line.js';
import { openLine } from './line-opening.js';
import { sumStatistics, type SocketStatistics } from './socket-statistics.js';
import { LineSlot } from './line-slot.js';
import type { Message, MessageView } from './message.js';
import { isDump, protocolName } from './names.js';
import { checkRequest, ownRequest } from './checked-request.js';
import { encodeFilter, type FilterInstruction } from './filter.js';
import { encodeOutgoing, type OutgoingMessage } from './outgoing-message.js';
import { groupHint, optionHint, telling } from './opening.js';
import { busy, closed } from './refusal.js';
import type { ConversationOptions, Reply, Request, RequestContext } from './request.js';
import {
  checkGroup,
  checkSocketOptions,
  LaterOptions,
  liveOption,
  type CheckedSocketOptions,
  type SocketOptionName,
  type SocketOptions,
} from './socket-options.js';
import { ask, Submissions, withSink } from './submission.js';
import type { TransportFactory, TransportOptions } from './transport.js';

/**
 * A netlink socket in a namespace. Any number of requests, dumps, streams and one reader of messages may run at the same time. Requests
 * are sent in the order of the calls; dumps and streams have fds of their own and are in no order with them.
 */
export class NetlinkSocket {
  readonly #factory: TransportFactory;
  readonly #protocol: number;
  readonly #checked: CheckedSocketOptions;
  readonly #options: ConversationOptions;
  readonly #onClose: (socket: NetlinkSocket) => void;
  readonly #reception: Reception;
  readonly #ownerOfPrimary: LineOwner;
  readonly #dumps: Dumps;
  readonly #later: LaterOptions;
  readonly #groups: Set<number>;
  readonly #primary: LineSlot;
  readonly #companion: LineSlot;
  #reading = false;
  #referenced = true;
  #closing: Promise<void> | undefined;
  #failure: Error | undefined;
  /** Bytes of the filter, while there is one. */
  #filter: Uint8Array | undefined;
  #inSync = false;
  /** @internal Requests of typed clients, without their checks and without a promise of their own. Also of a closed socket: they reject. */
  readonly submissions: Submissions;

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
    this.submissions = new Submissions(this.#options, () => this.requestSlot);
    this.#groups = new Set(checked.groups);
    this.#later = new LaterOptions(checked);
    this.#dumps = new Dumps(factory, checked.side, this.#options);
    this.#reception = new Reception({ namespace: factory.namespace, protocol }, checked.from === 'any', {
      room: () => this.#primary.current?.resume(),
      waiting: (waiting) => {
        this.#reading = waiting;
        this.#keep();
      },
    });
    this.#ownerOfPrimary = this.#reception.ofPrimary((line, error) => {
      void line.close(error);
      this.#failure = error;
      this.#primary.take();
    });
    const ownerOfCompanion = this.#reception.ofCompanion((line, error) => {
      void line.close(error);
      this.#companion.take();
    });
    this.#primary = new LineSlot(
      factory.namespace,
      () => {
        const [transport, options, owner, filter] = [this.#openingOptions, this.#options, this.#ownerOfPrimary, this.#filter];
        return openLine({ factory, transport, options, owner, filter }, this.#failure !== undefined, () => this.closed);
      },
      () => Line.openSync(factory, this.#openingOptions, this.#options, this.#ownerOfPrimary),
      (line) => {
        this.#failure = undefined;
        this.#reception.recover(this.#hears);
        line.keep(this.#reading && this.#referenced);
      },
    );
    this.#companion = new LineSlot(
      factory.namespace,
      () => Line.open(factory, this.#later.side, this.#options, ownerOfCompanion),
      () => Line.openSync(factory, this.#later.side, this.#options, ownerOfCompanion),
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
    await socket.#primary.get();
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
    if (this.#primary.current === undefined) throw this.#failure ?? this.#closedError();
    return this.#primary.current;
  }

  get #openingOptions(): TransportOptions {
    return { ...this.#later.primary, groups: [...this.#groups] };
  }

  #closedError(): NetlaneError {
    return closed('the socket', this.#options.namespace);
  }

  /** Whether anything but replies comes in. */
  get #hears(): boolean {
    return this.#groups.size > 0 || this.#checked.from === 'any';
  }

  /** Whether replies would share their fd with what may fill it: groups, other senders, an inbox that nobody reads. */
  get #needsCompanion(): boolean {
    return this.#hears || this.#filter !== undefined || this.#reception.inbox.full || this.#companion.current?.conversation.idle === false;
  }

  /**
   * Asks the kernel and waits for the whole answer. A refusal rejects with NetlinkError; a dump that changed under every attempt with
   * NETLANE_DUMP_INTERRUPTED; a lost reply to a change with NETLANE_REPLY_LOST.
   */
  request(request: Request, context: RequestContext = {}): Promise<Reply> {
    try {
      const checked = checkRequest(this.#protocol, this.#checked.timeout, request);
      this.#checkOpen();
      const reply = isDump(this.#protocol, checked.type, checked.flags)
        ? this.#dumps.list(ownRequest(checked), context)
        : ask(this.requestSlot, this.#options, checked, context);
      return context.sink === undefined ? reply : withSink(reply);
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** @internal Where requests go now. */
  get requestSlot(): LineSlot {
    return this.#needsCompanion ? this.#companion : this.#primary;
  }

  /**
   * The same without returning to the loop, for sockets with thread 'caller'. What else arrives meanwhile is kept for the next turn.
   * The kernel's time blocks the caller. NETLANE_BUSY when called from within another requestSync().
   */
  requestSync(request: Request, context: RequestContext = {}): Reply {
    const checked = checkRequest(this.#protocol, this.#checked.timeout, request);
    this.#checkOpen();
    if (this.#factory.openSync === undefined) {
      throw new NetlaneError('NETLANE_NOT_SUPPORTED', "requestSync needs a socket that was opened with thread: 'caller'", {
        namespace: this.#options.namespace,
      });
    }
    if (this.#inSync) throw busy(this.#options.namespace);
    this.#inSync = true;
    try {
      if (isDump(this.#protocol, checked.type, checked.flags)) return this.#dumps.listSync(checked, context);
      const line = this.requestSlot.getSync();
      if (line === undefined) throw this.#closedError();
      return line.conversation.requestSync(checked, context);
    } finally {
      this.#inSync = false;
    }
  }

  /**
   * A dump as an async iterator with bounded memory: no more is read from the kernel than the loop takes. The loop may take its time, and
   * ask for other things meanwhile. Leaving it early closes the stream's fd. An interruption is an error after the last message, since
   * what was given cannot be taken back.
   */
  stream(request: Request): AsyncGenerator<Message, undefined, undefined>;
  stream<T>(request: Request, context: RequestContext, take: (view: MessageView) => T | undefined): AsyncGenerator<T, undefined, undefined>;
  stream<T>(
    request: Request,
    context: RequestContext = {},
    take?: (view: MessageView) => T | undefined,
  ): AsyncGenerator<T | Message, undefined, undefined> {
    const batches = this.batches<T | Message>(request, context, take ?? ((view): Message => view.copy()));
    return new Entries(() => batches);
  }

  /** @internal The same as it comes: what `take` gives for the messages, but undefined. */
  batches<T>(request: Request, context: RequestContext, take: (view: MessageView) => T | undefined): Batches<T> {
    const checked = ownRequest(checkRequest(this.#protocol, this.#checked.timeout, request));
    this.#checkOpen();
    return this.#dumps.batches(checked, context, take);
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
    return this.#reception.read(() => this.#primary.get(options.signal), options.signal);
  }

  /** Sends a message as it is. Resolves when the kernel took it; rejects with what sendmsg said: ECONNREFUSED when nobody has the port. Whether a group has members is not told. */
  async send(message: OutgoingMessage): Promise<void> {
    const outgoing = encodeOutgoing(message);
    this.#checkOpen();
    await (await this.#primary.get()).sendMessage(outgoing, this.#options.namespace);
  }

  /** Joins a group (NETLINK_ADD_MEMBERSHIP): what it tells from now on comes out of messages(). */
  async join(group: number): Promise<void> {
    checkGroup('group', group);
    this.#checkOpen();
    const line = await this.#primary.get();
    this.#groups.add(group);
    const joining = line.transport.setOption(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group);
    await this.#telling(joining, `join ${this.protocol} group ${group}`, groupHint).catch((error: unknown) => {
      this.#groups.delete(group);
      throw error;
    });
  }

  async leave(group: number): Promise<void> {
    checkGroup('group', group);
    this.#checkOpen();
    const line = await this.#primary.get();
    await this.#telling(line.transport.setOption(SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, group), `leave ${this.protocol} group ${group}`);
    this.#groups.delete(group);
  }

  /** The groups that the kernel has this socket in (NETLINK_LIST_MEMBERSHIPS, Linux 4.2). */
  async memberships(): Promise<number[]> {
    this.#checkOpen();
    const { transport } = await this.#primary.get();
    return this.#telling(transport.memberships(), `read the groups of a ${this.protocol} socket`);
  }

  /**
   * Sets an option on the open socket: extendedAck, capAck, strict and sendBuffer on the fds of its dumps and requests, too, from the next
   * one on.
   * @param options force: a buffer beyond the limit of the system, with CAP_NET_ADMIN (EPERM without).
   */
  async setOption(name: SocketOptionName, value: number | boolean, options: { readonly force?: boolean | undefined } = {}): Promise<void> {
    const { level } = liveOption(name);
    const number = typeof value === 'boolean' && level === SOL_NETLINK ? Number(value) : value;
    checkInteger('value', number, 0, 0x7fffffff);
    checkOptions('options', options, ['force']);
    checkBoolean('force', options.force);
    this.#checkOpen();
    const line = await this.#primary.get();
    const set = (on: Line): Promise<void> =>
      this.#telling(on.setOption(name, number, options.force), `set ${name} of a ${this.protocol} socket`, optionHint(name));
    await set(line);
    if (!this.#later.change(name, number)) return;
    this.#dumps.reopenWith(this.#later.side);
    if (this.#companion.current !== undefined) await set(this.#companion.current);
  }

  async getOption(name: SocketOptionName): Promise<number> {
    const { level, option } = liveOption(name);
    this.#checkOpen();
    const { transport } = await this.#primary.get();
    const reading = transport.getOption(level, option).catch((error: unknown) => this.#later.unreadable(name, option, error));
    return this.#telling(reading, `read ${name} of a ${this.protocol} socket`);
  }

  /**
   * A classic BPF filter over whole datagrams, for sockets that hear groups only: on one with requests it would drop acknowledgements
   * in silence (NETLANE_FILTER_REFUSED). An empty program takes the filter off.
   */
  async setFilter(program: readonly FilterInstruction[]): Promise<void> {
    const bytes = encodeFilter(program);
    this.#checkOpen();
    const line = await this.#primary.get();
    // Without groups it may be taken off, not put on; and never while a request of an earlier time awaits its reply there.
    const mayAdd = this.#hears && line.conversation.idle;
    if (program.length > 0 && !mayAdd) {
      throw new NetlaneError('NETLANE_FILTER_REFUSED', 'a filter on a socket for requests drops their acknowledgements in silence', {
        namespace: this.#options.namespace,
        hint: "open a socket with groups, or with from: 'any'",
      });
    }
    // From now on requests keep off the fd, whether it has the filter yet or not.
    const before = this.#filter;
    this.#filter ??= bytes;
    await this.#telling(line.transport.setFilter(bytes), `set the filter of a ${this.protocol} socket`).catch((error: unknown) => {
      this.#filter = before;
      throw error;
    });
    this.#filter = program.length === 0 ? undefined : bytes;
  }

  /** Counters of this socket's fds since they were opened, dumps and streams not included. */
  async statistics(): Promise<SocketStatistics> {
    this.#checkOpen();
    return sumStatistics([this.#primary.current, this.#companion.current], this.#reception.dropped);
  }

  /** Messages that wait for a reader here; more may wait in the kernel. */
  get waiting(): number {
    return this.#reception.inbox.length;
  }

  /** @internal What waits for a reader, without waiting: for those who read in batches. */
  takeWaiting(): Message[] {
    return this.#reception.inbox.take();
  }

  /** A loop over messages() keeps the process alive while it waits: the default. */
  ref(): this {
    this.#referenced = true;
    this.#keep();
    return this;
  }

  /** A loop over messages() does not keep the process alive. Requests, dumps and streams do all the same while they wait for an answer. */
  unref(): this {
    this.#referenced = false;
    this.#keep();
    return this;
  }

  #keep(): void {
    this.#primary.current?.keep(this.#reading && this.#referenced);
  }

  #telling<T>(asked: Promise<T>, operation: string, hint?: string): Promise<T> {
    return telling(asked, operation, this.#options.namespace, hint);
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw this.#closedError();
  }

  /** Rejects whatever waits with NETLANE_CLOSED and closes every fd. Idempotent: the same promise each time. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const error = this.#closedError();
    const lines = [this.#primary.close(error), this.#companion.close(error)];
    this.#failure = error;
    this.#reception.inbox.fail(error);
    this.#onClose(this);
    await Promise.all([this.#dumps.close(error), ...lines]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
