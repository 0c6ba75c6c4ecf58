import { checkMilliseconds, checkOptions, checkSignal } from '../../arguments.js';
import { Input, Output, type Codec, type References } from '../../codec/codec.js';
import type { Counted, Counting } from '../../codec/scalars.js';
import { locate, locateMissing } from '../../codec/locate.js';
import { invalidArgument, NetlaneError } from '../../errors.js';
import { LITTLE_ENDIAN, NLM_F_DUMP, NLMSG_HDRLEN } from '../constants.js';
import type { MessageView } from '../message.js';
import type { Reply, RequestContext, Warning } from '../request.js';
import type { NetlinkSocket } from '../socket.js';
import type { SocketOptions } from '../socket-options.js';

/** An fd of a namespace that stays open until it is given back. */
export interface HeldNamespace {
  readonly fd: number;
  release(): void;
}

/** Turns a handle that a caller passed into an fd. Throws NETLANE_INVALID_ARGUMENT for what is none, NETLANE_CLOSED for a closed one. */
export type HoldNamespace = (handle: object) => HeldNamespace;

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

/** A message's body, valid until the next one is encoded, and the namespaces that it names by fd: to be released when the kernel has answered. */
export interface Encoded {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly release: () => void;
}

/** One message type with its codec, and words for errors. */
export interface Call<I> {
  readonly type: number;
  readonly flags: number;
  readonly codec: Codec<unknown, I>;
  readonly value: I;
  /** 'add link v0'. */
  readonly operation: () => string;
}

const RTM_GETLINK = 18;
const IFLA_IFNAME = 3;
const IFLA_TARGET_NETNSID = 46;
const IFLA_ALT_IFNAME = 53;
const ifinfomsg = 16;
/** IFNAMSIZ less the zero; longer names are alternative ones (Linux 5.5). */
const longestName = 15;

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
}
const nothing = (): void => undefined;

/** Values in, messages out, and back: what all clients of rtnetlink objects stand on. */
export class Exchange {
  readonly socket: NetlinkSocket;
  readonly namespace: string;
  readonly #hold: HoldNamespace;
  readonly #bigint: boolean;
  #buffer: Uint8Array<ArrayBuffer> | undefined;
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
    this.inside = options.inside;
  }

  /**
   * The index of a link, by asking: names change hands, so that none is remembered. Rejects with ENODEV.
   * @param target nsid of the namespace where it is.
   */
  async linkIndex(name: string, options: OperationOptions = {}, target?: number): Promise<number> {
    const text = Buffer.from(`${name}\0`);
    const length = 4 + text.length;
    const end = ifinfomsg + ((length + 3) & ~3);
    const body = new Uint8Array(target === undefined ? end : end + 8);
    const view = new DataView(body.buffer);
    if (target !== undefined) {
      view.setUint16(end, 8, LITTLE_ENDIAN);
      view.setUint16(end + 2, IFLA_TARGET_NETNSID, LITTLE_ENDIAN);
      view.setInt32(end + 4, target, LITTLE_ENDIAN);
    }
    view.setUint16(ifinfomsg, length, LITTLE_ENDIAN);
    view.setUint16(ifinfomsg + 2, text.length - 1 > longestName ? IFLA_ALT_IFNAME : IFLA_IFNAME, LITTLE_ENDIAN);
    body.set(text, ifinfomsg + 4);
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
  encodeNow<I>(
    codec: Codec<unknown, I>,
    value: I,
    known?: ReadonlyMap<string, number>,
  ): Encoded | { readonly missing: ReadonlySet<string> } {
    let missing: Set<string> | undefined;
    let held: Map<object, HeldNamespace> | undefined;
    const release = (): void => {
      if (held !== undefined) for (const one of held.values()) one.release();
    };
    const references: References = {
      link: (name) => {
        const index = known?.get(name);
        if (index === undefined) (missing ??= new Set()).add(name);
        return index ?? 0;
      },
      namespace: (handle) => {
        held ??= new Map();
        const one = held.get(handle) ?? this.#hold(handle);
        held.set(handle, one);
        return one.fd;
      },
    };
    // One buffer for all: whoever sends copies. A value whose getters encode others gets one of its own.
    const buffer = this.#buffer ?? new Uint8Array(512);
    this.#buffer = undefined;
    const output = new Output({ references, bytes: buffer });
    try {
      codec.encode(value, output);
      if (missing === undefined) return { bytes: output.finish(), release: held === undefined ? nothing : release };
    } catch (error) {
      release();
      throw error;
    } finally {
      this.#buffer = output.bytes;
    }
    release();
    return { missing };
  }

  /** Encodes a value; names of links are asked for, all at once, and then it is encoded again. */
  async encode<I>(codec: Codec<unknown, I>, value: I, options: OperationOptions = {}, known = new Map<string, number>()): Promise<Encoded> {
    const encoded = this.encodeNow(codec, value, known);
    if ('bytes' in encoded) return { bytes: encoded.bytes.slice(), release: encoded.release };
    await Promise.all([...encoded.missing].map(async (name) => known.set(name, await this.linkIndex(name, options))));
    const again = this.encodeNow(codec, value, known);
    if ('bytes' in again) return { bytes: again.bytes.slice(), release: again.release };
    // A value that gives other names each time it is read.
    throw invalidArgument('value', 'the same each time it is read', value);
  }

  /** Sends an encoded change, which leaves in the same tick; the namespaces it names are the caller's to release, with the answer. */
  submit<I>(call: Call<I>, encoded: Encoded, options?: OperationOptions): Promise<Reply> {
    const { locate, nameMissing } = this.#naming(call.codec);
    const reply = this.socket.request(
      { type: call.type, flags: call.flags, body: encoded.bytes, signal: options?.signal, timeout: options?.timeout },
      { operation: call.operation, locate, nameMissing },
    );
    return options?.onWarning === undefined ? reply : tellWarnings(reply, options.onWarning);
  }

  /** The same, released when the kernel has answered. */
  async send<I>(call: Call<I>, encoded: Encoded, options?: OperationOptions): Promise<readonly Warning[]> {
    try {
      return (await this.submit(call, encoded, options)).warnings;
    } finally {
      encoded.release();
    }
  }

  async change<I>(call: Call<I>, options?: OperationOptions): Promise<readonly Warning[]> {
    const encoded = this.encodeNow(call.codec, call.value);
    if ('bytes' in encoded) return this.send(call, encoded, options);
    return this.send(call, await this.encode(call.codec, call.value, options), options);
  }

  /** One object by a request without acknowledgement. */
  async get<T, I>(call: Call<I> & { readonly reply: Codec<T, never> }, options?: OperationOptions): Promise<T> {
    const now = this.encodeNow(call.codec, call.value);
    const encoded = 'bytes' in now ? now : await this.encode(call.codec, call.value, options);
    const { locate, nameMissing } = this.#naming(call.codec);
    let answered = false;
    let value: T | undefined;
    const sink = (view: MessageView): void => {
      value = this.decode(call.reply, view);
      answered = true;
    };
    try {
      await this.socket.request(
        {
          type: call.type,
          flags: call.flags,
          body: encoded.bytes,
          acknowledge: false,
          repeatable: true,
          signal: options?.signal,
          timeout: options?.timeout,
        },
        { operation: call.operation, locate, nameMissing, sink },
      );
    } finally {
      encoded.release();
    }
    if (!answered) {
      throw new NetlaneError('NETLANE_UNEXPECTED_REPLY', 'the kernel answered without the object', {
        operation: call.operation(),
        namespace: this.namespace,
      });
    }
    return value as T;
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

  async *stream<T>(call: DumpCall<T>, options: OperationOptions = {}): AsyncGenerator<T, undefined, undefined> {
    const context: RequestContext = { operation: call.operation };
    const { signal, timeout } = options;
    const request = { type: call.type, flags: NLM_F_DUMP, body: call.body, signal, timeout };
    const values = this.socket.stream(request, context, this.#taker(call));
    for await (const value of values) if (value !== undefined) yield value;
    return undefined;
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
