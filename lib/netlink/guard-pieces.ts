import { LITTLE_ENDIAN } from './constants.js';
import type { MessageView } from './message.js';

/** Watches over one pass of a dump: is given what comes, in order, and says what it is worth. */
export interface GuardedPass {
  /** One of the listed objects. */
  object(message: MessageView): void;
  /** What a group told. */
  event(message: MessageView): void;
  /** Whether the pass cannot be trusted. */
  readonly torn: boolean;
  /** What the pass of a list must have in common with the one before it; undefined where one is enough. */
  readonly likeness: string | undefined;
}

interface PiecesOptions {
  readonly concerns: (message: MessageView) => boolean;
  readonly identity: ((message: MessageView) => string) | undefined;
  /** For dumps that some kernels end with their first piece: the next pass has larger pieces, and one that is full may be a part. */
  readonly always: boolean;
}

/** A piece of a dump is at most 32 KiB less what the kernel keeps there for itself. */
const almostFull = 32_000;

/**
 * A change tears a dump between two pieces only: within one, the kernel walks what is there, and whatever is there all the time comes
 * once. So events count when objects came in more than one datagram.
 */
export class Pieces implements GuardedPass {
  readonly #options: PiecesOptions;
  readonly #identities: string[] = [];
  #pieces = 0;
  #bytes = 0;
  #disturbed = false;
  /** Whether the kernel was seen to go on after a piece. */
  #goesOn: boolean;

  constructor(options: PiecesOptions, before: GuardedPass | undefined) {
    this.#options = options;
    this.#goesOn = before instanceof Pieces && before.#goesOn;
  }

  object(message: MessageView): void {
    if (message.leads) this.#pieces++;
    if (this.#pieces > 1) this.#goesOn = true;
    this.#bytes += message.end - message.start;
    const { identity } = this.#options;
    if (identity !== undefined) this.#identities.push(identity(message));
  }

  event(message: MessageView): void {
    this.#disturbed ||= this.#options.concerns(message);
  }

  get torn(): boolean {
    const cut = this.#options.always && !this.#goesOn && this.#bytes > almostFull;
    return cut || (this.#disturbed && this.#pieces > 1);
  }

  get likeness(): string | undefined {
    const { identity, always } = this.#options;
    if (identity === undefined || (this.#pieces < 2 && !always)) return undefined;
    // In any order: a table that is walked by hash may be laid out anew.
    return this.#identities.sort().join('\n');
  }
}

const AF_INET = 2;
const rtmsg = 12;
const RTA_DST = 1;
const RTA_TABLE = 15;

/**
 * Routes. IPv4 goes on behind the last destination, but counts the routes to one destination, and the tables: so an event counts when a
 * piece ended among the routes to one destination; a table that comes again, or destinations that go back, tell by themselves. IPv6
 * counts what it gave whenever the table was changed in between. A busy router thus interrupts its list of IPv4 routes hardly ever.
 */
export class RoutePieces implements GuardedPass {
  readonly likeness = undefined;
  readonly #concerns: (message: MessageView) => boolean;
  readonly #tables = new Set<number>();
  #table = -1;
  #destination = -1;
  /** Datagrams with routes of other families. */
  #others = 0;
  #disturbed = false;
  #exposed = false;
  #broken = false;

  constructor(concerns: (message: MessageView) => boolean) {
    this.#concerns = concerns;
  }

  object(message: MessageView): void {
    if (message.bytes[message.body] !== AF_INET) {
      if (message.leads || this.#others === 0) this.#others++;
      return;
    }
    const { view, body, end } = message;
    let table = message.bytes[body + 4] ?? 0;
    let destination = 0;
    // The kernel writes these two first.
    for (let at = body + rtmsg; at + 8 <= end;) {
      const type = view.getUint16(at + 2, LITTLE_ENDIAN);
      if (type === RTA_TABLE) table = view.getUint32(at + 4, LITTLE_ENDIAN);
      else if (type === RTA_DST) destination = view.getUint32(at + 4, false);
      if (type !== RTA_TABLE) break;
      at += 8;
    }
    if (table !== this.#table) {
      if (this.#tables.has(table)) this.#broken = true;
      this.#tables.add(table);
      this.#table = table;
    } else if (destination < this.#destination) this.#broken = true;
    else if (message.leads && destination === this.#destination) this.#exposed = true;
    this.#destination = destination;
  }

  event(message: MessageView): void {
    this.#disturbed ||= this.#concerns(message);
  }

  get torn(): boolean {
    return this.#broken || (this.#disturbed && (this.#exposed || this.#others > 1));
  }
}
