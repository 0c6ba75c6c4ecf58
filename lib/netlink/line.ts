import { ECONNREFUSED } from './constants.js';
import { Conversation } from './conversation.js';
import type { MessageView } from './message.js';
import type { EncodedMessage } from './outgoing-message.js';
import { messageNotSent } from './refusal.js';
import type { ConversationOptions } from './request.js';
import { forcedOption, isBuffer, liveOption, type SocketOptionName } from './socket-options.js';
import type { Transport, TransportEvents, TransportFactory, TransportOptions } from './transport.js';

/** What the owner of a line hears. */
export interface LineOwner {
  /** A message that is no reply. */
  message(view: MessageView): void;
  dropped(reason: 'impostor' | 'late' | 'truncated' | 'length'): void;
  overrun(): void;
  lost(line: Line, error: Error): void;
  /** Whether messages should stay in the kernel for now. */
  readonly full: boolean;
}

/** What came in and waits for room, in order. */
type Held = { readonly slab: ArrayBuffer; readonly end: number } | 'overrun';

/** Tags of sends that are no requests. */
const firstTag = 0x8000_0000;

/** One fd with its conversation, and what else comes in on it held back while nobody takes it. */
export class Line implements TransportEvents {
  readonly #owner: LineOwner;
  #transport: Transport | undefined;
  #conversation: Conversation | undefined;
  readonly #held: Held[] = [];
  #lost: Error | undefined;
  readonly #refusals = new Map<number, number>();
  #tag = firstTag;
  #keptByRequests = false;
  #keptByReader = false;

  private constructor(owner: LineOwner) {
    this.#owner = owner;
  }

  static async open(factory: TransportFactory, transport: TransportOptions, options: ConversationOptions, owner: LineOwner): Promise<Line> {
    const line = new Line(owner);
    line.#set(await factory.open(transport, line), options);
    return line;
  }

  static openSync(
    factory: TransportFactory,
    transport: TransportOptions,
    options: ConversationOptions,
    owner: LineOwner,
  ): Line | undefined {
    if (factory.openSync === undefined) return undefined;
    const line = new Line(owner);
    line.#set(factory.openSync(transport, line), options);
    return line;
  }

  #set(transport: Transport, options: ConversationOptions): void {
    this.#transport = transport;
    this.#conversation = new Conversation(
      {
        state: transport.state,
        overlaps: transport.overlaps,
        send: (bytes, tag, port, groups) => transport.send(bytes, tag, port, groups),
        ref: (keep) => {
          this.#keptByRequests = keep;
          this.#keep();
        },
        ...(transport.exchange === undefined ? undefined : { exchange: transport.exchange.bind(transport) }),
        ...(transport.keepUp === undefined ? undefined : { keepUp: (): void => transport.keepUp?.() }),
        ...(transport.pumpSync === undefined ? undefined : { pumpSync: (milliseconds) => transport.pumpSync?.(milliseconds) ?? false }),
      },
      options,
      this.#owner,
    );
    if (this.#lost !== undefined) throw this.#lost;
    this.resume();
  }

  get transport(): Transport {
    if (this.#transport === undefined) throw new Error('the line is not open yet');
    return this.#transport;
  }

  get conversation(): Conversation {
    if (this.#conversation === undefined) throw new Error('the line is not open yet');
    return this.#conversation;
  }

  #keep(): void {
    this.#transport?.ref(this.#keptByRequests || this.#keptByReader);
  }

  /** A reader waits on it. */
  keep(keep: boolean): void {
    this.#keptByReader = keep;
    this.#keep();
  }

  received(slab: ArrayBuffer, end: number): void {
    // Replies are among it while requests are open, so that nothing is held back then. Groups may speak before open() has come back.
    const conversation = this.#conversation;
    if (conversation === undefined || this.#held.length > 0 || (this.#owner.full && conversation.idle)) this.#held.push({ slab, end });
    else this.#deliver({ slab, end });
  }

  overrun(): void {
    if (this.#conversation === undefined || this.#held.length > 0) this.#held.push('overrun');
    else this.#deliver('overrun');
  }

  #deliver(held: Held): void {
    if (held === 'overrun') {
      this.conversation.overrun();
      this.#owner.overrun();
      return;
    }
    this.conversation.received(held.slab, held.end);
    this.#transport?.release(held.slab);
  }

  /** The reader has made room. */
  resume(): void {
    while (!this.#owner.full) {
      const held = this.#held.shift();
      if (held === undefined) return;
      this.#deliver(held);
    }
  }

  refused(tag: number, errno: number): void {
    if (tag >= firstTag) this.#refusals.set(tag, errno);
    else this.conversation.refused(tag, errno);
  }

  lost(error: Error): void {
    this.#lost = error;
    if (this.#conversation === undefined) return;
    // What was heard before is not lost.
    for (const held of this.#held.splice(0)) this.#deliver(held);
    this.#conversation.close(error);
    this.#owner.lost(this, error);
  }

  /** Sets an option of the fd; of a buffer the kernel says what it gave. */
  async setOption(name: SocketOptionName, value: number, force = false): Promise<void> {
    const { level, option } = liveOption(name);
    const asked = force ? forcedOption(name) : option;
    if (!isBuffer(name)) {
      await this.transport.setOption(level, asked, value);
      return;
    }
    this.conversation.beforeResize(name);
    try {
      await this.transport.setOption(level, asked, value);
    } finally {
      this.conversation.resize(name, await this.transport.getOption(level, option));
    }
  }

  /** Sends bytes that no reply is awaited for; resolves with sendmsg's errno. */
  async send(bytes: Uint8Array<ArrayBuffer>, port: number, groups: number): Promise<number> {
    const tag = this.#tag++;
    this.transport.send(bytes, tag, port, groups);
    await this.transport.drained();
    if (this.#lost !== undefined) throw this.#lost;
    const errno = this.#refusals.get(tag) ?? 0;
    this.#refusals.delete(tag);
    return errno;
  }

  /** Sends a message to everyone it is for; throws what sendmsg said. */
  async sendMessage(message: EncodedMessage, namespace: string): Promise<void> {
    for (const { port, groups } of message.destinations) {
      const errno = await this.send(message.bytes(this.transport.state.port), port, groups);
      // After the group the kernel looks for the port, 0 being its own: where no part of it listens, that is no failure.
      if (errno !== 0 && !(errno === ECONNREFUSED && groups !== 0 && port === 0)) throw messageNotSent(errno, namespace);
    }
  }

  async close(error?: Error): Promise<void> {
    this.#lost ??= error;
    this.#conversation?.close(error);
    await this.#transport?.close();
  }
}
