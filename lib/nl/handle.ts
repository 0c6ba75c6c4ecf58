import { checkBoolean, checkOptions } from '../arguments.js';
import { NetlaneError } from '../errors.js';
import { FAMILY_ALL, NLM_F_DUMP, RTM_GETLINK } from './constants.js';
import { IfInfomsg } from './if-infomsg.js';
import { NsHandle, none, type NsLike } from './netns.js';
import { namespaceFor } from './reopen.js';
import { uint32Attr } from './payload.js';
import { newNetlinkRequest, type NetlinkRequest } from './request.js';
import { RtAttr } from './rt-attr.js';
import { settings, timevalOf } from './settings.js';
import { SocketHandle, getNetlinkSocketAt, type NetlinkSocket } from './socket.js';

/** IFLA_EXT_MASK, and its bit for the virtual functions of network cards (linux/if_link.h). */
const IFLA_EXT_MASK = 29;
const RTEXT_FILTER_VF = 1;

/** How a handle is made. */
export interface HandleOptions {
  /** Leaves out of newLinkListRequest() the virtual functions of network cards, which are slow to list. Default false. */
  readonly disableVFInfoCollection?: boolean | undefined;
  /** Whether interrupted dumps are sent again, up to 10 times. Default true; the ancestor's is false. */
  readonly retryInterrupted?: boolean | undefined;
  /** The namespace. It may be closed afterwards. Default: the caller's own. */
  readonly netNS?: NsLike | undefined;
}

interface Flags {
  disableVFInfoCollection: boolean;
  readonly retryInterrupted: boolean;
}

/**
 * One socket per protocol in one namespace, shared by all requests that the handle makes, any number at once. Made by newHandle() and its like.
 */
export class Handle {
  readonly #flags: Flags;
  readonly #namespace: NsHandle;
  #sockets: Map<number, SocketHandle> | undefined;
  #closing: Promise<void> | undefined;

  private constructor(namespace: NsHandle, flags: Flags, sockets: Map<number, SocketHandle>) {
    this.#namespace = namespace;
    this.#flags = flags;
    this.#sockets = sockets;
  }

  /** For newHandle() and its like. What was opened is closed again when the rest cannot be. @internal */
  static async open(options: HandleOptions, protocols: readonly number[]): Promise<Handle> {
    checkOptions('options', options, ['disableVFInfoCollection', 'retryInterrupted', 'netNS']);
    checkBoolean('disableVFInfoCollection', options.disableVFInfoCollection);
    checkBoolean('retryInterrupted', options.retryInterrupted);
    const namespace = new NsHandle(await namespaceFor('options.netNS', options.netNS ?? none()));
    const sockets = new Map<number, SocketHandle>();
    const flags = { disableVFInfoCollection: options.disableVFInfoCollection ?? false, retryInterrupted: options.retryInterrupted ?? true };
    const handle = new Handle(namespace, flags, sockets);
    try {
      for (const protocol of new Set(protocols)) {
        sockets.set(protocol, new SocketHandle(await getNetlinkSocketAt(namespace, none(), protocol)));
      }
    } catch (error) {
      await handle.close();
      throw error;
    }
    return handle;
  }

  /** The sockets by protocol; undefined after close(). */
  get sockets(): Map<number, SocketHandle> | undefined {
    return this.#sockets;
  }

  /** Whether the handle has a socket for the protocol. */
  supportsNetlinkFamily(nlFamily: number): boolean {
    return this.#sockets?.has(nlFamily) ?? false;
  }

  /** Sets the send and receive time-outs of each socket; there are none at first. @param to Milliseconds, at least 0.001. */
  setSocketTimeout(to: number): void {
    const timeout = timevalOf('to', to);
    for (const socket of this.#open()) {
      socket.setSendTimeout(timeout);
      socket.setReceiveTimeout(timeout);
    }
  }

  /** Sets the receive buffer of each socket, as NetlinkSocket.setReceiveBufferSize(). Stops at the first that fails. */
  async setSocketReceiveBufferSize(size: number, force = false): Promise<void> {
    for (const socket of this.#open()) await socket.setReceiveBufferSize(size, force);
  }

  /** The receive buffer of each socket, bytes: twice what was set. */
  async getSocketReceiveBufferSize(): Promise<number[]> {
    return Promise.all(this.#open().map((socket) => socket.getReceiveBufferSize()));
  }

  /** Whether the kernel checks the requests of each socket strictly, and filters dumps. Stops at the first that fails. */
  async setStrictCheck(state: boolean): Promise<void> {
    for (const socket of this.#open()) await socket.setStrictCheck(state);
  }

  /**
   * As the option of the same name. Gives the handle back.
   * @deprecated Use newHandleWithOptions().
   */
  disableVFInfoCollection(): this {
    this.#flags.disableVFInfoCollection = true;
    return this;
  }

  /** A request for this handle's sockets, and for protocols that it has none for in its namespace. @throws NETLANE_CLOSED. */
  newNetlinkRequest(proto: number, flags = 0): NetlinkRequest {
    this.#open();
    const request = newNetlinkRequest(proto, flags);
    request.sockets = this.#sockets;
    request.netNS = this.#namespace;
    request.retryInterrupted = this.#flags.retryInterrupted;
    return request;
  }

  /** The request that lists links, for execute(NETLINK_ROUTE, RTM_NEWLINK): with virtual functions unless they are disabled. @throws NETLANE_CLOSED. */
  newLinkListRequest(): NetlinkRequest {
    const request = this.newNetlinkRequest(RTM_GETLINK, NLM_F_DUMP);
    request.addData(new IfInfomsg(FAMILY_ALL));
    if (!this.#flags.disableVFInfoCollection) request.addData(new RtAttr(IFLA_EXT_MASK, uint32Attr(RTEXT_FILTER_VF)));
    return request;
  }

  /**
   * Closes all sockets; what waits on them rejects with NETLANE_CLOSED. The same promise each time. Afterwards nothing can be asked: the ancestor's
   * closed handle goes on in the caller's namespace.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /**
   * As close().
   * @deprecated Use close().
   */
  delete(): Promise<void> {
    return this.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const sockets = [...(this.#sockets?.values() ?? [])];
    this.#sockets = undefined;
    const results = await Promise.allSettled([...sockets.map((socket) => socket.close()), this.#namespace.close()]);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  #open(): NetlinkSocket[] {
    if (this.#sockets === undefined) throw new NetlaneError('NETLANE_CLOSED', 'the handle is closed');
    return [...this.#sockets.values()].flatMap(({ socket }) => (socket === undefined ? [] : [socket]));
  }
}

function protocolsOf(nlFamilies: readonly number[]): readonly number[] {
  return nlFamilies.length === 0 ? settings.supportedNlFamilies : nlFamilies;
}

/**
 * A handle in the caller's namespace.
 * @param nlFamilies Protocols to open sockets for; those of settings.supportedNlFamilies unless any are given. Rejects with EPROTONOSUPPORT where the
 * kernel lacks one.
 */
export async function newHandle(...nlFamilies: number[]): Promise<Handle> {
  return Handle.open({}, protocolsOf(nlFamilies));
}

/** A handle in a namespace, otherwise as newHandle(). @param ns none() for the caller's own; it may be closed afterwards. */
export async function newHandleAt(ns: NsLike, ...nlFamilies: number[]): Promise<Handle> {
  return Handle.open({ netNS: ns }, protocolsOf(nlFamilies));
}

/** As newHandleAt(). @param _curNs Where Go's thread goes back to; not used, since no thread moves. */
export async function newHandleAtFrom(newNs: NsLike, _curNs: NsLike): Promise<Handle> {
  return newHandleAt(newNs);
}

/** A handle with options, otherwise as newHandle(). */
export async function newHandleWithOptions(options: HandleOptions = {}, ...nlFamilies: number[]): Promise<Handle> {
  return Handle.open(options, protocolsOf(nlFamilies));
}

let configured: Promise<Handle> | undefined;

/**
 * Makes the handle that packageHandle() gives, once for each thread that loaded netlane. Rejects with NETLANE_INVALID_ARGUMENT the second time, also
 * after the handle was closed; one that could not be made may be tried again.
 */
export async function configureHandle(...nlFamilies: number[]): Promise<void> {
  if (configured !== undefined) throw new NetlaneError('NETLANE_INVALID_ARGUMENT', 'the handle has already been configured');
  configured = newHandle(...nlFamilies);
  try {
    await configured;
  } catch (error) {
    configured = undefined;
    throw error;
  }
}

/** The handle that configureHandle() made; undefined before. It is the caller's to close. */
export async function packageHandle(): Promise<Handle | undefined> {
  return configured;
}
