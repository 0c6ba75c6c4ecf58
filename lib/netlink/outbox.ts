import { NLM_F_ACK, NLM_F_REQUEST, NLMSG_HDRLEN } from './constants.js';
import { Outgoing } from './outgoing.js';
import type { Pending } from './pending.js';
import type { Transport } from './transport.js';

/** Up to so many bytes an array of its own is cheaper than a piece of Node's pool of buffers: V8 has it among its objects. */
const small = 64;

function copyOf(body: Uint8Array): Uint8Array {
  const copy = body.length <= small ? new Uint8Array(body.length) : Buffer.allocUnsafe(body.length);
  copy.set(body);
  return copy;
}

/** Makes the body of a request one that may be read after the call. */
export function ownBody(pending: Pending): void {
  if (pending.outgoing !== undefined) pending.body = copyOf(bodyOf(pending) ?? none);
  else if (pending.body !== undefined && !pending.owned) pending.body = copyOf(pending.body);
  pending.owned = true;
}

const none = new Uint8Array();

/** The body of a request that has left: its own, or as it stands in the buffer that it left in. */
function bodyOf(pending: Pending): Uint8Array | undefined {
  const { outgoing, start } = pending;
  return outgoing === undefined ? pending.body : outgoing.bodyAt(start);
}

/** A request that has left, as offsets count it: what stands in its header does not matter. */
export function asSent(pending: Pending): Uint8Array | undefined {
  const body = bodyOf(pending);
  if (body === undefined) return undefined;
  const bytes = new Uint8Array(NLMSG_HDRLEN + body.length);
  bytes.set(body, NLMSG_HDRLEN);
  return bytes;
}

/** Bytes after which the bodies of further requests that wait go into another buffer: one is let go of as a whole. */
const parkedSize = 32_768;

/** Buffers that are kept for the next requests. */
const mostSpare = 2;

/** Requests made in one tick, which leave in one sendmsg. */
export class Outbox {
  readonly #transport: Pick<Transport, 'send' | 'exchange' | 'overlaps'>;
  /** Bytes that leave in one sendmsg. */
  #largest = 0;
  readonly #answers: () => number;
  readonly #alone: boolean;
  #outgoing: Outgoing | undefined;
  /** Some that were sent, for the next requests. */
  readonly #spare: Outgoing[] = [];
  /** Bodies of requests that wait. */
  #parked: Outgoing | undefined;
  #tag = 0;
  #flushing = false;
  readonly #flushInTurn = (): void => {
    this.flush();
  };

  /**
   * @param answers how many replies are awaited now.
   * @param alone whether each request leaves in a sendmsg of its own.
   */
  constructor(transport: Pick<Transport, 'send' | 'exchange' | 'overlaps' | 'state'>, answers: () => number, alone: boolean) {
    this.#transport = transport;
    this.#alone = alone;
    this.#answers = answers;
    this.resize(transport.state.sendBuffer);
  }

  /** The send buffer's size: the kernel refuses a message above it, less its own bookkeeping. None is smaller than 4 KiB. */
  resize(sendBuffer: number): void {
    this.#largest = Math.max(sendBuffer - 64, 4096);
  }

  /** Whether nothing waits. */
  get empty(): boolean {
    return (this.#outgoing?.position ?? 0) === 0;
  }

  /** What the answers to all that waits here may cost. */
  get gathered(): number {
    return this.#outgoing?.cost ?? 0;
  }

  /** Whether so many more bytes, and their padding, may leave in the same sendmsg. */
  fits(bytes: number): boolean {
    return (this.#outgoing?.position ?? 0) + bytes + 3 <= this.#largest;
  }

  /**
   * Puts a request down, to leave at the end of the tick. Its body is needed afterwards: a read may have to be sent again, and a warning of
   * the kernel does not echo what it is about. So the buffer is used again when all its requests are settled: settled(). Gives the
   * flags that it leaves with.
   */
  append(pending: Pending): number {
    if (this.#alone) this.flush();
    if (this.#outgoing?.lent === true) {
      // A value whose getters make requests of their own is being written behind what is in it.
      this.flush();
      this.#outgoing = undefined;
    }
    const outgoing = (this.#outgoing ??= this.#next());
    const { request } = pending;
    const flags = request.flags | NLM_F_REQUEST | (request.acknowledge ? NLM_F_ACK : 0);
    pending.tag = outgoing.tag;
    outgoing.cost += pending.cost;
    outgoing.answers += pending.answers;
    const start = outgoing.append(request.type, flags, pending.sequence, bodyOf(pending));
    if (this.#transport.exchange === undefined || this.#alone || pending.owned) {
      ownBody(pending);
      this.settled(pending);
    } else {
      this.settled(pending);
      pending.outgoing = outgoing;
      pending.body = undefined;
      outgoing.users++;
    }
    pending.start = start;
    if (!this.#flushing) {
      this.#flushing = true;
      queueMicrotask(this.#flushInTurn);
    }
    return flags;
  }

  /** Keeps the body of a request that cannot leave yet, so that it may be read after the call: with those of others, in one buffer. */
  park(pending: Pending): void {
    if (pending.body === undefined || pending.owned) return;
    let parked = this.#parked;
    if (parked === undefined || parked.position > parkedSize) {
      parked = this.#parked = new Outgoing();
    }
    pending.start = parked.append(0, 0, 0, pending.body);
    pending.outgoing = parked;
    pending.body = undefined;
    parked.users++;
  }

  /** The buffer that the next request leaves in, for its body to be written at `next`, and given back. undefined where bodies are to be elsewhere. */
  lend(): Outgoing | undefined {
    if (this.#transport.exchange === undefined || this.#alone) return undefined;
    const outgoing = (this.#outgoing ??= this.#next());
    if (outgoing.lent) return undefined;
    outgoing.lent = true;
    outgoing.users++;
    return outgoing;
  }

  /** The body is written, or will not be. It stands there until the next request. */
  giveBack(outgoing: Outgoing): void {
    outgoing.lent = false;
    this.#leave(outgoing);
  }

  #next(): Outgoing {
    const outgoing = this.#spare.pop() ?? new Outgoing();
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

  /** @param wait whether the caller waits for the answer (requestSync). */
  flush(wait = false): void {
    this.#flushing = false;
    const outgoing = this.#outgoing;
    if (outgoing === undefined || outgoing.position === 0) return;
    this.#outgoing = undefined;
    const transport = this.#transport;
    // One that leaves from within append() must not be answered there.
    if (transport.exchange === undefined || this.#alone) {
      if (transport.send(outgoing.chunk, outgoing.tag, 0, 0)) this.#keep(outgoing);
      return;
    }
    // For as long as the call lasts it is in use.
    outgoing.users++;
    // Where another thread goes on with it, what was sent before is answered by then.
    const answers = transport.overlaps === true ? outgoing.answers : this.#answers();
    transport.exchange(outgoing.bytes, outgoing.position, outgoing.tag, answers, wait);
    this.#leave(outgoing);
  }

  #keep(outgoing: Outgoing): void {
    if (outgoing.reset() && this.#spare.length < mostSpare) this.#spare.push(outgoing);
  }

  #leave(outgoing: Outgoing): void {
    outgoing.users--;
    if (outgoing === this.#parked) {
      if (outgoing.users === 0) outgoing.reset();
      return;
    }
    // One that has not left belongs to the requests to come, too.
    if (outgoing.users === 0 && outgoing !== this.#outgoing) this.#keep(outgoing);
  }

  /** The request is settled: its body is not read any more. */
  settled(pending: Pending): void {
    const { outgoing } = pending;
    if (outgoing === undefined) return;
    pending.outgoing = undefined;
    this.#leave(outgoing);
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
