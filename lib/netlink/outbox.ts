import { NLM_F_ACK, NLM_F_REQUEST } from './constants.js';
import { Outgoing } from './outgoing.js';
import type { Pending } from './pending.js';
import type { Transport } from './transport.js';

/** Small copies share the memory of Node's pool of buffers; a slice would be an allocation of its own each time. */
function copyOf(body: Uint8Array): Uint8Array {
  const copy = Buffer.allocUnsafe(body.length);
  copy.set(body);
  return copy;
}

/** Makes the body of a request one that may be read after the call. */
export function ownBody(pending: Pending): void {
  if (pending.body !== undefined && !pending.owned) pending.body = copyOf(pending.body);
  pending.owned = true;
}

/** Requests made in one tick, which leave in one sendmsg. */
export class Outbox {
  readonly #transport: Pick<Transport, 'send'>;
  /** Bytes that leave in one sendmsg. */
  #largest = 0;
  readonly #answers: () => number;
  readonly #alone: boolean;
  #outgoing: Outgoing | undefined;
  /** One that was sent, for the next requests. */
  #spare: Outgoing | undefined;
  #tag = 0;
  #flushing = false;
  readonly #flushInTurn = (): void => {
    this.flush();
  };

  /**
   * @param answers how many replies are awaited now.
   * @param alone whether each request leaves in a sendmsg of its own.
   */
  constructor(transport: Pick<Transport, 'send' | 'state'>, answers: () => number, alone: boolean) {
    this.#transport = transport;
    this.#alone = alone;
    this.#answers = answers;
    this.resize(transport.state.sendBuffer);
  }

  /** The send buffer's size: the kernel refuses a message above it, less its own bookkeeping. None is smaller than 4 KiB. */
  resize(sendBuffer: number): void {
    this.#largest = Math.max(sendBuffer - 64, 4096);
  }

  /** Whether so many more bytes, and their padding, may leave in the same sendmsg. */
  fits(bytes: number): boolean {
    return (this.#outgoing?.position ?? 0) + bytes + 3 <= this.#largest;
  }

  /**
   * Puts a request down, to leave at the end of the tick. Its body is its own afterwards: a read may have to be sent again, and a warning of
   * the kernel does not echo what it is about. Gives the flags that it leaves with.
   */
  append(pending: Pending): number {
    if (this.#alone) this.flush();
    const outgoing = (this.#outgoing ??= this.#next());
    const { request } = pending;
    const flags = request.flags | NLM_F_REQUEST | (request.acknowledge ? NLM_F_ACK : 0);
    pending.tag = outgoing.tag;
    pending.start = outgoing.append(request.type, flags, pending.sequence, pending.body);
    ownBody(pending);
    if (!this.#flushing) {
      this.#flushing = true;
      queueMicrotask(this.#flushInTurn);
    }
    return flags;
  }

  #next(): Outgoing {
    const outgoing = this.#spare ?? new Outgoing();
    this.#spare = undefined;
    // Below 2^31: others are for sends that are no requests.
    this.#tag = (this.#tag + 1) & 0x7fffffff;
    outgoing.tag = this.#tag;
    return outgoing;
  }

  /** The request as it stands here, header and all: a copy. */
  bytesOf(pending: Pending): Uint8Array {
    const { bytes, position } = this.#outgoing ?? new Outgoing(0);
    return bytes.slice(pending.start, position);
  }

  flush(): void {
    this.#flushing = false;
    const outgoing = this.#outgoing;
    if (outgoing === undefined) return;
    this.#outgoing = undefined;
    const free = this.#transport.send(outgoing.chunk, outgoing.tag, 0, 0, this.#answers());
    if (free && outgoing.reset()) this.#spare = outgoing;
  }

  /** Whether a request has not left yet: then the kernel will not hear of it. */
  withdraw(pending: Pending): boolean {
    if (this.#outgoing === undefined || this.#outgoing.tag !== pending.tag) return false;
    this.#outgoing.withdraw(pending.start);
    return true;
  }

  /** Forgets what waits. */
  clear(): void {
    this.#outgoing = undefined;
  }
}
