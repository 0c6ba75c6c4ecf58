import type { Message, MessageView } from './message.js';

/** A word of the kernel about a request that it carried out (extended acknowledgement on success). */
export interface Warning {
  /** The kernel's text. */
  readonly message: string;
  /** Offset in the request of the attribute meant. */
  readonly offset?: number;
  /** The attribute at that offset: its name where a schema knows it, else the path of its type numbers. */
  readonly attribute?: string;
}

/** The answer to a request. */
export interface Reply {
  /** What the kernel sent, without acknowledgements: empty for most changes. */
  readonly messages: Message[];
  readonly warnings: Warning[];
}

/** What to ask of the kernel. */
export interface Request {
  /** nlmsg_type, 0 to 65535. */
  readonly type: number;
  /** nlmsg_flags besides NLM_F_REQUEST, which is always set. Default 0. NLM_F_DUMP makes the request a dump. */
  readonly flags?: number | undefined;
  /** What follows the header. Copied in the call. Default: nothing. */
  readonly body?: Uint8Array | undefined;
  /**
   * Whether the kernel is asked for an acknowledgement (NLM_F_ACK) and the request ends with it. Default true, but for dumps, which end
   * with NLMSG_DONE, for reads of the audit subsystem, which acknowledges before it answers, and for fib_lookup, which never does. Without
   * it, the request ends with the first message that is not part of a multi-part reply, or with an error.
   */
  readonly acknowledge?: boolean | undefined;
  /** Whether the request only reads and is sent again when its reply is lost. Default: known for rtnetlink and xfrm, else false. */
  readonly repeatable?: boolean | undefined;
  /** Ends the wait at once with ABORT_ERR; what the kernel was already told is not taken back. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Milliseconds without any progress; 0 is no limit. Default: the socket's. They count from the call on, anew from the hand-over to the
   * kernel, and anew with each part of the answer. While it waits for room or for its turn, what those before it get is progress as well.
   */
  readonly timeout?: number | undefined;
}

/** What the layers above say of a request besides the request itself. */
export interface RequestContext {
  /** What is asked, in words, for errors: 'add link v0'. Computed only when needed. */
  readonly operation?: (() => string) | undefined;
  /** Reads each message in place; without it they are copied into the reply. What it throws rejects the request. */
  readonly sink?: ((message: MessageView) => void) | undefined;
  /** Names the attribute at an offset of a request. */
  readonly locate?: ((request: Uint8Array, offset: number) => string | undefined) | undefined;
  /** Names an attribute type inside the nest at an offset (undefined: in the message itself). */
  readonly nameMissing?: ((request: Uint8Array, nest: number | undefined, type: number) => string | undefined) | undefined;
  /** Called before each attempt of a dump: what an interrupted one gave is void. */
  readonly restart?: (() => void) | undefined;
}

export interface ConversationOptions {
  readonly protocol: number;
  /** String(namespace). */
  readonly namespace: string;
  /** Milliseconds; 0 is no limit. */
  readonly timeout: number;
}

/** What a conversation passes on: everything that is no reply to its requests. */
export interface ConversationEvents {
  message(view: MessageView): void;
  /** Datagrams that were dropped, with the reason. */
  dropped(reason: 'impostor' | 'late' | 'truncated' | 'length'): void;
}
