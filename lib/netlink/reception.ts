import { channels } from '../diagnostics.js';
import { NLMSG_OVERRUN } from './constants.js';
import { Inbox } from './inbox.js';
import { leavable, type Reader } from './leavable.js';
import type { Line, LineOwner } from './line.js';
import type { Message } from './message.js';

/** Bytes of messages that wait for a reader before the rest stays in the kernel. */
const inboxLimit = 1024 * 1024;

type Lost = (line: Line, error: Error) => void;

/** What comes in on a socket's lines besides replies: messages into the inbox, the rest counted and told to who listens. */
export class Reception {
  readonly inbox: Inbox;
  readonly #event: { readonly namespace: string; readonly protocol: number };
  readonly #fromAny: boolean;
  /** Datagrams and messages that were dropped. */
  dropped = 0;

  constructor(
    event: { readonly namespace: string; readonly protocol: number },
    fromAny: boolean,
    reader: { readonly room: () => void; readonly waiting: (waiting: boolean) => void },
  ) {
    this.#event = event;
    this.#fromAny = fromAny;
    this.inbox = new Inbox(event.namespace, inboxLimit, reader.room, reader.waiting);
  }

  #publish(what: Readonly<Record<string, unknown>>): void {
    channels.event.publish({ ...this.#event, ...what });
  }

  #drop(reason: 'impostor' | 'late' | 'truncated' | 'length'): void {
    this.dropped++;
    if (channels.event.hasSubscribers) this.#publish({ dropped: reason });
  }

  #overrun(): void {
    this.inbox.push({ type: NLMSG_OVERRUN, flags: 0, sequence: 0, port: 0, body: new Uint8Array() });
    if (channels.event.hasSubscribers) this.#publish({ overrun: true });
  }

  /**
   * The line was opened anew.
   * @param hears whether there were messages to lose: where no reader had the error, what was lost meanwhile is told as an overrun.
   */
  recover(hears: boolean): void {
    if (this.inbox.recover() && hears) this.#overrun();
  }

  /** What comes in, to one reader at a time, once `opened` resolves. */
  read(opened: () => Promise<unknown>, signal: AbortSignal | undefined): AsyncGenerator<Message, undefined, undefined> {
    return leavable(
      (reader) => this.#read(opened, signal, reader),
      () => this.inbox.look(),
    );
  }

  async *#read(
    opened: () => Promise<unknown>,
    signal: AbortSignal | undefined,
    reader: Reader,
  ): AsyncGenerator<Message, undefined, undefined> {
    await opened();
    return yield* this.inbox.read(signal, reader);
  }

  /** For the line that hears groups and others. */
  ofPrimary(lost: Lost): LineOwner {
    const { inbox } = this;
    return {
      get full(): boolean {
        return inbox.full;
      },
      message: (view) => {
        if (view.sender !== 0 && !this.#fromAny) {
          this.#drop('impostor');
          return;
        }
        const message = view.copy();
        inbox.push(message);
        if (channels.event.hasSubscribers) this.#publish({ message });
      },
      dropped: (reason) => {
        this.#drop(reason);
      },
      overrun: () => {
        this.#overrun();
      },
      lost: (line, error) => {
        lost(line, error);
        inbox.fail(error);
      },
    };
  }

  /** For a line that has nothing but replies: what else comes concerns nobody. */
  ofCompanion(lost: Lost): LineOwner {
    return {
      full: false,
      message: (view) => {
        if (view.sender !== 0) this.#drop('impostor');
      },
      dropped: (reason) => {
        this.#drop(reason);
      },
      overrun: () => undefined,
      lost,
    };
  }
}
