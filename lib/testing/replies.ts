import { checkInteger, isObject } from '../arguments.js';
import { invalidArgument } from '../errors.js';
import {
  NETLINK_CAP_ACK,
  NETLINK_EXT_ACK,
  NLM_F_ACK_TLVS,
  NLM_F_CAPPED,
  NLM_F_DUMP_INTR,
  NLM_F_MULTI,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLMSG_HDRLEN,
} from '../netlink/constants.js';
import { datagram, join, type FakeDatagram, type FakeDump, type FakeOverrun, type FakeDelay, type FakeReplies } from './datagram.js';
import type { FakeRequest } from './fake-request.js';
import { attribute, buildMessage, concatenate, nest, u32, u64 } from './fixtures.js';

/** What else an acknowledgement can say (extended acknowledgements). It is left out where the socket did not ask for it (NETLINK_EXT_ACK). */
export interface FakeExplanation {
  /** The kernel's text (NLMSGERR_ATTR_MSG). */
  readonly message?: string | undefined;
  /** Offset in the request, from its header on, of the attribute that is meant (NLMSGERR_ATTR_OFFS). */
  readonly offset?: number | undefined;
  /** NLMSGERR_ATTR_COOKIE. */
  readonly cookie?: Uint8Array | undefined;
  /** What the attribute would have to be (NLMSGERR_ATTR_POLICY). */
  readonly policy?: FakePolicy | undefined;
  /** Type of the attribute that is missing (NLMSGERR_ATTR_MISS_TYPE). */
  readonly missingType?: number | undefined;
  /** Offset in the request of the nest that misses it (NLMSGERR_ATTR_MISS_NEST). */
  readonly missingNest?: number | undefined;
}

/** A policy as the kernel tells it (NL_POLICY_TYPE_ATTR_*). */
export interface FakePolicy {
  /** enum netlink_attribute_type: 4 is a u32, 11 a string. */
  readonly type: number;
  readonly minimum?: bigint | undefined;
  readonly maximum?: bigint | undefined;
  /** The bounds are signed. */
  readonly signed?: boolean | undefined;
  readonly mask?: bigint | undefined;
  readonly minimumLength?: number | undefined;
  readonly maximumLength?: number | undefined;
}

/** @throws NETLANE_INVALID_ARGUMENT for what is not the request that a handler was given. */
function checkRequest(request: unknown): asserts request is FakeRequest {
  if (isObject(request) && isObject(request['transport']) && request['bytes'] instanceof Uint8Array) return;
  throw invalidArgument('request', 'the request that the handler was given', request);
}

function policyBytes(policy: FakePolicy): Uint8Array {
  const { minimum, maximum, mask, minimumLength, maximumLength } = policy;
  const [low, high] = policy.signed === true ? [2, 3] : [4, 5];
  return nest(
    4,
    attribute(1, u32(policy.type)),
    ...(minimum === undefined ? [] : [attribute(low, u64(minimum))]),
    ...(maximum === undefined ? [] : [attribute(high, u64(maximum))]),
    ...(minimumLength === undefined ? [] : [attribute(6, u32(minimumLength))]),
    ...(maximumLength === undefined ? [] : [attribute(7, u32(maximumLength))]),
    ...(mask === undefined ? [] : [attribute(12, u64(mask))]),
  );
}

function explain(request: FakeRequest, explanation: FakeExplanation): Uint8Array[] {
  if (request.transport.option(NETLINK_EXT_ACK) === 0) return [];
  const { message, offset, cookie, policy, missingType, missingNest } = explanation;
  return [
    ...(message === undefined ? [] : [attribute(1, message)]),
    ...(cookie === undefined ? [] : [attribute(3, cookie)]),
    ...(offset === undefined ? [] : [attribute(2, u32(offset))]),
    ...(policy === undefined ? [] : [policyBytes(policy)]),
    ...(missingType === undefined ? [] : [attribute(5, u32(missingType))]),
    ...(missingNest === undefined ? [] : [attribute(6, u32(missingNest))]),
  ];
}

function acknowledgement(request: FakeRequest, errno: number, explanation: FakeExplanation): FakeDatagram {
  checkRequest(request);
  const capped = errno === 0 || request.transport.option(NETLINK_CAP_ACK) !== 0;
  const echo = capped ? request.bytes.subarray(0, NLMSG_HDRLEN) : request.bytes;
  const told = explain(request, explanation);
  return datagram(
    buildMessage({
      type: NLMSG_ERROR,
      flags: (capped ? NLM_F_CAPPED : 0) | (told.length === 0 ? 0 : NLM_F_ACK_TLVS),
      sequence: request.sequence,
      port: request.transport.state.port,
      body: [u32(errno), echo, ...told],
    }),
  );
}

/** Success (NLMSG_ERROR with 0), as asked for with NLM_F_ACK. A message or an offset make a warning of it. */
export function ack(request: FakeRequest, warning: Pick<FakeExplanation, 'message' | 'offset' | 'cookie'> = {}): FakeDatagram {
  return acknowledgement(request, 0, warning);
}

/** Failure (NLMSG_ERROR), the request echoed whole unless the socket set NETLINK_CAP_ACK. The errno may have either sign. */
export function refuse(request: FakeRequest, errno: number, explanation: FakeExplanation = {}): FakeDatagram {
  checkInteger('errno', errno, -4095, 4095);
  return acknowledgement(request, -Math.abs(errno), explanation);
}

/** What answers a GET of rtnetlink: RTM_NEW* of the same kind; any other type answers itself. */
function answeringType(request: FakeRequest): number {
  return request.transport.options.protocol === 0 && (request.type & 3) === 2 ? request.type - 2 : request.type;
}

/** One message that answers a request. Without a type: RTM_NEW* for RTM_GET* of rtnetlink, else the request's own. */
export function reply(
  request: FakeRequest,
  body: Uint8Array | readonly Uint8Array[] = [],
  header: { readonly type?: number | undefined; readonly flags?: number | undefined } = {},
): FakeDatagram {
  checkRequest(request);
  const { type = answeringType(request), flags = 0 } = header;
  return datagram(buildMessage({ type, flags, sequence: request.sequence, port: request.transport.state.port, body }));
}

/** The end of a multi-part reply (NLMSG_DONE). The errno (either sign, 0 is success) is the dump's. */
export function done(
  request: FakeRequest,
  errno = 0,
  explanation: FakeExplanation & { readonly flags?: number | undefined } = {},
): FakeDatagram {
  checkRequest(request);
  checkInteger('errno', errno, -4095, 4095);
  const told = explain(request, explanation);
  return datagram(
    buildMessage({
      type: NLMSG_DONE,
      flags: NLM_F_MULTI | (explanation.flags ?? 0) | (told.length === 0 ? 0 : NLM_F_ACK_TLVS),
      sequence: request.sequence,
      port: request.transport.state.port,
      body: [u32(-Math.abs(errno)), ...told],
    }),
  );
}

export interface FakeDumpOptions extends FakeExplanation {
  /** nlmsg_type of the parts. Default as of reply(). */
  readonly type?: number | undefined;
  /** Flags of the parts besides NLM_F_MULTI. */
  readonly flags?: number | undefined;
  /** How many messages a datagram holds, 1 or more. Default 2, so that a reader has to drain. */
  readonly perDatagram?: number | undefined;
  /** NLM_F_DUMP_INTR: on the NLMSG_DONE (true), or on all parts from that index on. */
  readonly interrupted?: boolean | number | undefined;
  /** The errno of NLMSG_DONE. */
  readonly errno?: number | undefined;
  /** false: NLMSG_DONE never comes. */
  readonly done?: boolean | undefined;
}

/**
 * A dump: each body a message of a multi-part reply, and NLMSG_DONE. The bodies may come from a generator, which is drawn only when the
 * socket has read what came before: an event that it causes lies in the middle of the dump. While the dump runs, another one on the same
 * socket is refused with EBUSY, as the kernel does.
 */
export function multi(request: FakeRequest, bodies: Iterable<Uint8Array>, options: FakeDumpOptions = {}): FakeDump {
  checkRequest(request);
  if (!isObject(bodies) || typeof bodies[Symbol.iterator] !== 'function')
    throw invalidArgument('bodies', 'an iterable of Uint8Array', bodies);
  return { kind: 'dump', request, datagrams: { [Symbol.iterator]: () => parts(request, bodies, options) } };
}

function* parts(request: FakeRequest, bodies: Iterable<Uint8Array>, options: FakeDumpOptions): Generator<FakeDatagram, undefined> {
  const { type = answeringType(request), flags = 0, perDatagram = 2, interrupted = false } = options;
  let index = 0;
  let some: FakeDatagram[] = [];
  const interruptedAt = (at: number): number => (typeof interrupted === 'number' && at >= interrupted ? NLM_F_DUMP_INTR : 0);
  for (const body of bodies) {
    some.push(reply(request, body, { type, flags: flags | NLM_F_MULTI | interruptedAt(index) }));
    index += 1;
    if (some.length < perDatagram) continue;
    yield join(...some);
    some = [];
  }
  if (options.done !== false) {
    const last = interrupted === true ? NLM_F_DUMP_INTR : interruptedAt(index);
    const end = done(request, options.errno ?? 0, { ...options, flags: flags | last });
    // The kernel puts NLMSG_DONE behind the last part where there is room, and in a datagram of its own otherwise: here both happen.
    if (some.length > 0) some.push(end);
    else some = [end];
  }
  if (some.length > 0) yield join(...some);
}

/**
 * The kernel drops a message at this point, and then all that follows until the socket was read empty: the next receive says ENOBUFS.
 * What was queued before is still received, after that.
 */
export function overrun(): FakeOverrun {
  return { kind: 'overrun' };
}

/** Replies that come only after that many turns of delivery. */
export function later(turns: number, ...replies: readonly FakeReplies[]): FakeDelay {
  checkInteger('turns', turns, 1, 0x7fffffff);
  return { kind: 'later', turns, replies };
}

/** A notification's datagram: sequence and port are those of the request that caused it, 0 where none did. */
export function notification(
  group: number,
  message: {
    readonly type: number;
    readonly body?: Uint8Array | readonly Uint8Array[] | undefined;
    readonly cause?: FakeRequest | undefined;
  },
  nsid?: number,
): FakeDatagram {
  checkInteger('group', group, 1, 0x7fffffff);
  if (!isObject(message)) throw invalidArgument('message', 'an object { type, body, cause }', message);
  const { cause } = message;
  const bytes = buildMessage({ ...message, sequence: cause?.sequence ?? 0, port: cause?.transport.state.port ?? 0 });
  return datagram(concatenate(bytes), { group, nsid });
}
