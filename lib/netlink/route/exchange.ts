import { checkMilliseconds, checkOptions, checkSignal } from '../../arguments.js';
import { Input, type Codec } from '../../codec/codec.js';
import type { Counted, Counting } from '../../codec/scalars.js';
import { locate, locateMissing } from '../../codec/locate.js';
import { invalidArgument, NetlaneError } from '../../errors.js';
import { LITTLE_ENDIAN, NLM_F_DUMP, NLMSG_HDRLEN } from '../constants.js';
import type { MessageView } from '../message.js';
import type { Reply, RequestContext, Warning } from '../request.js';
import { promised, type Answer, type Settlement } from '../pending.js';
import type { NetlinkSocket } from '../socket.js';
import type { SocketOptions } from '../socket-options.js';
import type { Batches } from '../entries.js';
import { Encoder, type Encoded, type HoldNamespace, type Missing, type Subject } from './encoder.js';
import { hearLinkChanges, linkChangedBy, tellLinkChange, type ChangedLink } from './link-changes.js';
import { askForLink, checkLinkName, RTM_GETLINK } from './link-request.js';

/** Opens a socket in the same namespace that hears groups. */
export type Subscribe = (
  groups: readonly number[],
  options?: Pick<SocketOptions, 'receiveBuffer' | 'allNamespaces'>,
) => Promise<NetlinkSocket>;

/** Options that every operation takes. */
export interface OperationOptions {
  /** Ends the wait at once with ABORT_ERR; what the kernel was told is not taken back. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds without progress; 0: no limit. Default: the client's. */
  readonly timeout?: number | undefined;
  /**
   * Called with each warning of the kernel: it did what was asked, but not gladly. For changes and lists. What it throws rejects the operation, which is done
   * all the same.
   */
  readonly onWarning?: ((warning: Warning) => void) | undefined;
}

export const operationOptionNames = ['signal', 'timeout', 'onWarning'] as const;

export function checkOperationOptions(options: OperationOptions | undefined): void {
  checkOptions('options', options, operationOptionNames);
  checkSignal('signal', options?.signal);
  if (options?.timeout !== undefined) checkMilliseconds('timeout', options.timeout);
  if (options?.onWarning !== undefined && typeof options.onWarning !== 'function')
    throw invalidArgument('onWarning', 'a function', options.onWarning);
}

/** Tells the warnings of a reply. */
async function tellWarnings(reply: Promise<Reply>, tell: (warning: Warning) => void): Promise<Reply> {
  const { warnings } = await reply;
  for (const warning of warnings) tell(warning);
  return reply;
}

/** One message type with its codec, and words for errors. */
export interface Call<I> extends Subject<I> {
  readonly type: number;
  readonly flags: number;
  /** 'add link v0'. */
  readonly operation: () => string;
}

/** A codec with the types of a client that counts in numbers or bigint: which it is, its Exchange knows when it reads. */
export function counting<T, I, C extends Counting>(codec: Codec<T, I>): Codec<Counted<T, C>, I> {
  return codec as unknown as Codec<Counted<T, C>, I>;
}

export interface ExchangeOptions {
  readonly namespace: string;
  readonly hold: HoldNamespace;
  /** Counters of 64 bits as bigint. */
  readonly bigint: boolean;
  readonly inside?: (() => number) | undefined;
  /** What the namespace is told from others by, while it is held open; absent where there is none (a fake kernel). */
  readonly identity?: string | undefined;
}

/** A change that is under way. An object, since functions for each would be twice as much for the garbage collector to copy. */
class Change implements Settlement {
  readonly #release: () => void;
  readonly #done: () => void;
  readonly #failed: (error: Error) => void;

  constructor(release: () => void, done: () => void, failed: (error: Error) => void) {
    this.#release = release;
    this.#done = done;
    this.#failed = failed;
  }

  resolve(): void {
    this.#release();
    this.#done();
  }

  reject(error: Error): void {
    this.#release();
    this.#failed(error);
  }
}

/** Values in, messages out, and back: what all clients of rtnetlink objects stand on. */
export class Exchange {
  readonly socket: NetlinkSocket;
  readonly namespace: string;
  readonly #hold: HoldNamespace;
  readonly #bigint: boolean;
  readonly #identity: string | undefined;
  readonly #input: ReusedInput;
  #encoder: Encoder | undefined;
  readonly #namings = new WeakMap<object, Pick<RequestContext, 'locate' | 'nameMissing'>>();

  /** Opens a socket in the same namespace that hears groups. */
  readonly subscribe: Subscribe;

  /** fd of the namespace, open for as long as the call lasts; absent where there is none (a fake kernel). Throws NETLANE_CLOSED. */
  readonly inside: (() => number) | undefined;

  constructor(socket: NetlinkSocket, subscribe: Subscribe, options: ExchangeOptions) {
    this.socket = socket;
    this.subscribe = subscribe;
    this.namespace = options.namespace;
    this.#hold = options.hold;
    this.#bigint = options.bigint;
    this.#input = new ReusedInput(options.bigint);
    this.inside = options.inside;
    this.#identity = options.identity;
  }

  /** Hears of changes that this thread makes of links of the namespace, which the kernel may tell nobody. Returns what ends it. */
  hearLinkChanges(hear: (link: ChangedLink) => void): () => void {
    return this.#identity === undefined ? (): void => undefined : hearLinkChanges(this.#identity, hear);
  }

  /** Tells of a change that was made without a message. */
  tellLinkChange(link: ChangedLink): void {
    if (this.#identity !== undefined) tellLinkChange(this.#identity, link);
  }

  /**
   * The index of a link, by asking: names change hands, so that none is remembered. Rejects with ENODEV, and with NETLANE_INVALID_ARGUMENT
   * for what cannot be a name.
   * @param target nsid of the namespace where it is.
   */
  async linkIndex(name: string, options: OperationOptions = {}, target?: number): Promise<number> {
    checkLinkName(name);
    const body = askForLink(name, target);
    let index = 0;
    await this.socket.request(
      { type: RTM_GETLINK, body, acknowledge: false, signal: options.signal, timeout: options.timeout },
      {
        operation: () => `find link ${name}`,
        sink: (message) => {
          index = message.view.getInt32(message.body + 4, LITTLE_ENDIAN);
        },
      },
    );
    return index;
  }

  /**
   * Encodes a value at once where every name of a link in it is known; else gives the names that are not. At once: what is sent in one
   * tick leaves in one sendmsg.
   */
  encodeNow<I>(subject: Subject<I>, known?: ReadonlyMap<string, number>): Encoded | Missing {
    // One for all: whoever sends copies. A value whose getters encode others gets one of its own.
    const encoder = this.#encoder ?? new Encoder(this.#hold);
    this.#encoder = undefined;
    try {
      return encoder.encode(subject, known, this.socket.requestSlot.current?.conversation.outbox);
    } finally {
      this.#encoder = encoder;
    }
  }

  /** Encodes a value; names of links are asked for, all at once, and then it is encoded again. */
  async encode<I>(subject: Subject<I>, options: OperationOptions = {}, known = new Map<string, number>()): Promise<Encoded> {
    const encoded = this.encodeNow(subject, known);
    if ('bytes' in encoded) return { bytes: encoded.bytes.slice(), release: encoded.release };
    // The value is its owner's, who may go on with it.
    const kept = { ...subject, value: { ...subject.value } };
    await Promise.all([...encoded.missing].map(async (name) => known.set(name, await this.linkIndex(name, options))));
    const again = this.encodeNow(kept, known);
    if ('bytes' in again) return { bytes: again.bytes.slice(), release: again.release };
    // A value that gives other names each time it is read.
    throw invalidArgument('value', 'the same each time it is read', subject.value);
  }

  /** Sends an encoded change, which leaves in the same tick; the namespaces it names are the caller's to release, with the answer. */
  submit<I>(call: Call<I>, encoded: Encoded, options?: OperationOptions): Promise<Reply> {
    const reply = new Promise<Reply>((resolve, reject) => {
      this.submitNow(call, encoded, options, promised(resolve, reject));
    });
    return options?.onWarning === undefined ? reply : tellWarnings(reply, options.onWarning);
  }

  /** The same without a promise: one of the two is called, never from within this call. Warnings are in the reply only. */
  submitNow<I>(call: Call<I>, encoded: Encoded, options: OperationOptions | undefined, settlement: Settlement): void {
    const { locate, nameMissing } = this.#naming(call.codec);
    const { type, flags, operation } = call;
    const submission = { type, flags, body: encoded.bytes, reads: false, options };
    const identity = this.#identity;
    const link = identity === undefined ? undefined : linkChangedBy(type, flags, encoded.bytes, call.value);
    if (identity === undefined || link === undefined) {
      this.socket.submissions.submit(submission, { operation, locate, nameMissing }, settlement);
      return;
    }
    // A change that was refused may have been made in part.
    const telling = {
      resolve: (answer: Answer): void => {
        tellLinkChange(identity, link);
        settlement.resolve(answer);
      },
      reject: (error: Error): void => {
        tellLinkChange(identity, link);
        settlement.reject(error);
      },
    };
    this.socket.submissions.submit(submission, { operation, locate, nameMissing }, telling);
  }

  /** Makes a change. Where no name must be looked up, it is put down within the call. */
  change<I>(call: Call<I>, options?: OperationOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      this.changeNow(call, options, resolve, reject);
    });
  }

  /** The same without a promise. Throws where the value cannot be encoded. */
  changeNow<I>(call: Call<I>, options: OperationOptions | undefined, resolve: () => void, reject: (error: unknown) => void): void {
    this.socket.submissions.keepUp();
    const encoded = this.encodeNow(call);
    if (!('bytes' in encoded) || options?.onWarning !== undefined) {
      this.#changeLater(call, 'bytes' in encoded ? encoded : undefined, options).then(resolve, reject);
      return;
    }
    this.submitNow(call, encoded, options, new Change(encoded.release, resolve, reject));
  }

  async #changeLater<I>(call: Call<I>, now: Encoded | undefined, options: OperationOptions | undefined): Promise<void> {
    const encoded = now ?? (await this.encode(call, options));
    try {
      await this.submit(call, encoded, options);
    } finally {
      encoded.release();
    }
  }

  /** One object by a request without acknowledgement. */
  get<T, I>(call: Call<I> & { readonly reply: Codec<T, never> }, options?: OperationOptions): Promise<T> {
    try {
      const encoded = this.encodeNow(call);
      if ('bytes' in encoded) return this.#get(call, encoded, options);
      return this.encode(call, options).then((known) => this.#get(call, known, options));
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #get<T, I>(call: Call<I> & { readonly reply: Codec<T, never> }, encoded: Encoded, options: OperationOptions | undefined): Promise<T> {
    const { type, flags, operation, reply } = call;
    const { locate, nameMissing } = this.#naming(call.codec);
    let answered = false;
    let value: T | undefined;
    const sink = (view: MessageView): void => {
      value = reply.decode(this.#input.of(view));
      answered = true;
    };
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        encoded.release();
        if (answered) resolve(value as T);
        else
          reject(
            new NetlaneError('NETLANE_UNEXPECTED_REPLY', 'the kernel answered without the object', {
              operation: operation(),
              namespace: this.namespace,
            }),
          );
      };
      const fail = (error: Error): void => {
        encoded.release();
        reject(error);
      };
      const submission = { type, flags, body: encoded.bytes, reads: true, options };
      this.socket.submissions.submit(submission, { operation, locate, nameMissing, sink }, { resolve: settle, reject: fail });
    });
  }

  /** All objects that `keep` keeps, as one array. */
  async list<T>(call: DumpCall<T>, options: OperationOptions = {}): Promise<T[]> {
    const values: T[] = [];
    const take = this.#taker(call);
    const { warnings } = await this.socket.request(
      { type: call.type, flags: NLM_F_DUMP, body: call.body, signal: options.signal, timeout: options.timeout },
      {
        operation: call.operation,
        restart: () => {
          values.length = 0;
        },
        sink: (view) => {
          const value = take(view);
          if (value !== undefined) values.push(value);
        },
      },
    );
    if (options.onWarning !== undefined) for (const warning of warnings) options.onWarning(warning);
    return values;
  }

  /** The same as they come. */
  batches<T>(call: DumpCall<T>, options: OperationOptions = {}): Batches<T> {
    const { signal, timeout } = options;
    const request = { type: call.type, flags: NLM_F_DUMP, body: call.body, signal, timeout };
    return this.socket.batches(request, { operation: call.operation }, this.#taker(call));
  }

  #taker<T>(call: DumpCall<T>): (view: MessageView) => T | undefined {
    const input = new ReusedInput(this.#bigint);
    return (view) => {
      // Most objects are told by RTM_NEW..., multicast groups of bridges by the type that was asked with.
      if (view.type !== call.answer && view.type !== call.type) return undefined;
      const value = call.codec.decode(input.of(view));
      return call.keep === undefined || call.keep(value) ? value : undefined;
    };
  }

  decode<T>(codec: Codec<T, never>, view: MessageView): T {
    return codec.decode(new Input(view.bytes, { position: view.body, end: view.end, bigint: this.#bigint }));
  }

  /** Reads one object from a copied message. */
  read<T>(codec: Codec<T, never>, body: Uint8Array): T {
    return codec.decode(new Input(body, { bigint: this.#bigint }));
  }

  #naming(codec: Codec<unknown, never>): Pick<RequestContext, 'locate' | 'nameMissing'> {
    const known = this.#namings.get(codec);
    if (known !== undefined) return known;
    const naming: Pick<RequestContext, 'locate' | 'nameMissing'> = {
      locate: (request, offset) => locate(codec, request.subarray(NLMSG_HDRLEN), offset - NLMSG_HDRLEN),
      nameMissing: (request, nest, type) =>
        locateMissing(codec, request.subarray(NLMSG_HDRLEN), nest === undefined ? undefined : nest - NLMSG_HDRLEN, type),
    };
    this.#namings.set(codec, naming);
    return naming;
  }
}

export interface DumpCall<T> {
  readonly type: number;
  /** Type of the messages that are objects. */
  readonly answer: number;
  readonly body: Uint8Array;
  readonly codec: Codec<T, never>;
  readonly keep?: ((value: T) => boolean) | undefined;
  readonly operation: () => string;
}

/** One Input for all messages of a slab. */
class ReusedInput {
  readonly #bigint: boolean;
  #input: Input | undefined;

  constructor(bigint: boolean) {
    this.#bigint = bigint;
  }

  of(view: MessageView): Input {
    if (this.#input?.bytes !== view.bytes) this.#input = new Input(view.bytes, { bigint: this.#bigint });
    return this.#input.at(view.body, view.end);
  }
}
