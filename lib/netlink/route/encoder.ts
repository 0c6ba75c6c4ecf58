import type { Outbox } from '../outbox.js';
import { Output, type Codec, type References } from '../../codec/codec.js';

/** An fd of a namespace that stays open until it is given back. */
export interface HeldNamespace {
  readonly fd: number;
  release(): void;
}

/** Turns a handle that a caller passed into an fd. Throws NETLANE_INVALID_ARGUMENT for what is none, NETLANE_CLOSED for a closed one. */
export type HoldNamespace = (handle: object) => HeldNamespace;

/** What is encoded. */
export interface Subject<I> {
  readonly codec: Codec<unknown, I>;
  readonly value: I;
  /** Fields that stand in for those of the value that are absent or undefined. Not copied into one object with them: that costs more than all else here. */
  readonly defaults?: Readonly<Record<string, unknown>> | undefined;
}

/** A message's body, valid until the next one is encoded, and the namespaces that it names by fd: to be released when the kernel has answered. */
export interface Encoded {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly release: () => void;
}

/** Names of links whose indexes are not known. */
export interface Missing {
  readonly missing: ReadonlySet<string>;
}

const nothing = (): void => undefined;

/** Encodes one value after the other, and notes which links and namespaces each of them names. */
export class Encoder implements References {
  readonly #hold: HoldNamespace;
  readonly #output: Output;
  /** Where it writes what has no place of its own. */
  #bytes = new Uint8Array(512);
  #view = new DataView(this.#bytes.buffer);
  #known: ReadonlyMap<string, number> | undefined;
  #missing: Set<string> | undefined;
  #held: Map<object, HeldNamespace> | undefined;

  constructor(hold: HoldNamespace) {
    this.#hold = hold;
    this.#output = new Output({ references: this });
  }

  link(name: string): number {
    const index = this.#known?.get(name);
    if (index === undefined) (this.#missing ??= new Set()).add(name);
    return index ?? 0;
  }

  namespace(handle: object): number {
    this.#held ??= new Map();
    const one = this.#held.get(handle) ?? this.#hold(handle);
    this.#held.set(handle, one);
    return one.fd;
  }

  /**
   * @param outbox where the message is to leave from: it is written where it will stand there.
   */
  encode<I>(subject: Subject<I>, known: ReadonlyMap<string, number> | undefined, outbox: Outbox | undefined): Encoded | Missing {
    this.#known = known;
    this.#missing = undefined;
    this.#held = undefined;
    const output = this.#output;
    const outgoing = outbox?.lend();
    if (outgoing === undefined) output.restart(this.#bytes, this.#view, 0);
    else output.restart(outgoing.bytes, outgoing.view, outgoing.next);
    output.defaults = subject.defaults;
    try {
      subject.codec.encode(subject.value, output);
    } catch (error) {
      releaseAll(this.#held);
      throw error;
    } finally {
      if (outgoing !== undefined) outbox?.giveBack(outgoing);
      else if (output.bytes !== this.#bytes) {
        // It has grown.
        this.#bytes = output.bytes;
        this.#view = output.view;
      }
    }
    const held = this.#held as Map<object, HeldNamespace> | undefined;
    const missing = this.#missing as Set<string> | undefined;
    if (missing !== undefined) {
      releaseAll(held);
      return { missing };
    }
    const release =
      held === undefined
        ? nothing
        : (): void => {
            releaseAll(held);
          };
    const bytes = output.finish();
    if (outgoing !== undefined && output.bytes === outgoing.bytes) outgoing.place(bytes);
    return { bytes, release };
  }
}

function releaseAll(held: ReadonlyMap<object, HeldNamespace> | undefined): void {
  if (held !== undefined) for (const one of held.values()) one.release();
}
