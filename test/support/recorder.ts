import { FrameCursor, MessageView, type Message } from '../../lib/netlink/message.js';
import type { Transport, TransportEvents, TransportOptions } from '../../lib/netlink/transport.js';

/** One thing that a transport told its owner. */
export type Told =
  | { readonly what: 'message'; readonly message: Message }
  | { readonly what: 'malformed'; readonly why: 'truncated' | 'length' }
  | { readonly what: 'overrun' }
  | { readonly what: 'refused'; readonly tag: number; readonly errno: number }
  | { readonly what: 'lost'; readonly error: Error };

/** Writes down, in order, what a transport tells, and gives each slab back at once unless told to keep them. */
export class Recorder implements TransportEvents {
  readonly told: Told[] = [];
  /** How many messages each received() brought. */
  readonly rounds: number[] = [];
  readonly kept: ArrayBuffer[] = [];
  keep = false;
  transport: Transport | undefined;

  get messages(): Message[] {
    return this.told.flatMap((each) => (each.what === 'message' ? [each.message] : []));
  }

  /** The facts as words: 'message 2', 'overrun'. */
  get story(): string[] {
    return this.told.map((each) => {
      if (each.what === 'message') return `message ${each.message.type}`;
      if (each.what === 'refused') return `refused ${each.tag} ${each.errno}`;
      return each.what === 'malformed' ? `malformed ${each.why}` : each.what;
    });
  }

  received(slab: ArrayBuffer, end: number): void {
    const cursor = new FrameCursor(slab, end);
    const view = new MessageView();
    const before = this.told.length;
    while (cursor.next(view, (why) => this.told.push({ what: 'malformed', why })))
      this.told.push({ what: 'message', message: view.copy() });
    this.rounds.push(this.told.length - before);
    if (this.keep) this.kept.push(slab);
    else this.transport?.release(slab);
  }

  overrun(): void {
    this.told.push({ what: 'overrun' });
  }

  refused(tag: number, errno: number): void {
    this.told.push({ what: 'refused', tag, errno });
  }

  lost(error: Error): void {
    this.told.push({ what: 'lost', error });
  }
}

/** How an ordinary rtnetlink socket is opened, with what differs. */
export function transportOptions(changes: Partial<TransportOptions> = {}): TransportOptions {
  return { protocol: 0, port: 0, options: [], groups: [], slabs: 4, ...changes };
}
