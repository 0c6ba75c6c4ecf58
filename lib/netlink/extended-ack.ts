import type { AttributePolicy } from '../errors.js';
import { LITTLE_ENDIAN, NLA_HDRLEN, NLM_F_ACK_TLVS, NLM_F_CAPPED, NLMSG_DONE, NLMSG_ERROR, NLMSG_HDRLEN } from './constants.js';
import type { MessageView } from './message.js';

/** NLMSGERR_ATTR_* of linux/netlink.h. */
const attributes = { message: 1, offset: 2, cookie: 3, policy: 4, missingType: 5, missingNest: 6 } as const;

/** NL_POLICY_TYPE_ATTR_*. */
const policyAttributes = { type: 1, minSigned: 2, maxSigned: 3, min: 4, max: 5, minLength: 6, maxLength: 7, mask: 12 } as const;

/** enum netlink_attribute_type. */
const policyTypes: Readonly<Record<number, string>> = {
  1: 'flag',
  2: 'u8',
  3: 'u16',
  4: 'u32',
  5: 'u64',
  6: 's8',
  7: 's16',
  8: 's32',
  9: 's64',
  10: 'binary',
  11: 'string',
  12: 'zero-terminated string',
  13: 'nested',
  14: 'array of nested',
  15: 'bitfield32',
  16: 'sint',
  17: 'uint',
};

/** What an acknowledgement (NLMSG_ERROR) or the end of a dump (NLMSG_DONE) says. */
export interface Acknowledgement {
  /** 0, or negative. */
  errno: number;
  message?: string;
  offset?: number;
  cookie?: Uint8Array;
  policy?: AttributePolicy;
  missingType?: number;
  missingNest?: number;
  /** The request as the kernel echoed it, header included; absent where it was capped. */
  echo?: Uint8Array;
}

interface Attribute {
  readonly type: number;
  readonly start: number;
  readonly end: number;
}

/** Attributes in a range; stops where one is not what it says, since a reply must never throw for a hint that cannot be read. */
export function* walkAttributes(view: DataView, start: number, end: number): Generator<Attribute, undefined> {
  let at = start;
  while (at + NLA_HDRLEN <= end) {
    const length = view.getUint16(at, LITTLE_ENDIAN);
    if (length < NLA_HDRLEN || at + length > end) return;
    yield { type: view.getUint16(at + 2, LITTLE_ENDIAN) & 0x3fff, start: at + NLA_HDRLEN, end: at + length };
    at += (length + 3) & ~3;
  }
}

function integer(view: DataView, attribute: Attribute): bigint {
  const size = attribute.end - attribute.start;
  if (size >= 8) return view.getBigUint64(attribute.start, LITTLE_ENDIAN);
  return size >= 4 ? BigInt(view.getUint32(attribute.start, LITTLE_ENDIAN)) : 0n;
}

function signed(view: DataView, attribute: Attribute): bigint {
  return BigInt.asIntN(64, integer(view, attribute));
}

function readPolicy(view: DataView, start: number, end: number): AttributePolicy {
  const policy: { -readonly [Key in keyof AttributePolicy]: AttributePolicy[Key] } = { type: 'unknown' };
  for (const attribute of walkAttributes(view, start, end)) {
    switch (attribute.type) {
      case policyAttributes.type: {
        const type = Number(integer(view, attribute));
        policy.type = policyTypes[type] ?? `type ${type}`;
        break;
      }
      case policyAttributes.minSigned:
        policy.minimum = signed(view, attribute);
        break;
      case policyAttributes.maxSigned:
        policy.maximum = signed(view, attribute);
        break;
      case policyAttributes.min:
        policy.minimum = integer(view, attribute);
        break;
      case policyAttributes.max:
        policy.maximum = integer(view, attribute);
        break;
      case policyAttributes.minLength:
        policy.minimumLength = Number(integer(view, attribute));
        break;
      case policyAttributes.maxLength:
        policy.maximumLength = Number(integer(view, attribute));
        break;
      case policyAttributes.mask:
        policy.mask = integer(view, attribute);
        break;
    }
  }
  return policy;
}

/** Whether an acknowledgement says that it was done, and nothing else. */
export function isPlainSuccess(message: MessageView): boolean {
  const { body, end } = message;
  return (
    message.type === NLMSG_ERROR &&
    (message.flags & NLM_F_ACK_TLVS) === 0 &&
    end - body >= 4 + NLMSG_HDRLEN &&
    message.view.getInt32(body, LITTLE_ENDIAN) === 0
  );
}

/**
 * Reads an NLMSG_ERROR or NLMSG_DONE. A body too short for an errno is EPROTO (71): the kernel never sends one, and taking it for a
 * success would be a lie.
 */
export function readAcknowledgement(message: MessageView): Acknowledgement {
  const { view, body, end } = message;
  if (end - body < 4) {
    // An NLMSG_DONE of old kernels has no body.
    return { errno: message.type === NLMSG_DONE && end === body ? 0 : -71 };
  }
  const ack: Acknowledgement = { errno: Math.min(view.getInt32(body, LITTLE_ENDIAN), 0) };
  let at = body + 4;
  if (message.type !== NLMSG_DONE) {
    if (end - at < NLMSG_HDRLEN) return ack.errno === 0 && end === at ? ack : { errno: ack.errno === 0 ? -71 : ack.errno };
    const echoed = view.getUint32(at, LITTLE_ENDIAN);
    // A success echoes the header only, whatever length stands in it; so does a capped failure.
    const whole = ack.errno !== 0 && (message.flags & NLM_F_CAPPED) === 0;
    if (whole && echoed >= NLMSG_HDRLEN && at + echoed <= end) ack.echo = message.bytes.slice(at, at + echoed);
    at += whole ? (Math.max(echoed, NLMSG_HDRLEN) + 3) & ~3 : NLMSG_HDRLEN;
  }
  if ((message.flags & NLM_F_ACK_TLVS) === 0) return ack;
  for (const attribute of walkAttributes(view, at, end)) {
    switch (attribute.type) {
      case attributes.message: {
        const text = Buffer.from(message.bytes.slice(attribute.start, attribute.end)).toString('utf8');
        const zero = text.indexOf('\0');
        ack.message = zero === -1 ? text : text.slice(0, zero);
        break;
      }
      case attributes.offset:
        ack.offset = Number(integer(view, attribute));
        break;
      case attributes.cookie:
        ack.cookie = message.bytes.slice(attribute.start, attribute.end);
        break;
      case attributes.policy:
        ack.policy = readPolicy(view, attribute.start, attribute.end);
        break;
      case attributes.missingType:
        ack.missingType = Number(integer(view, attribute));
        break;
      case attributes.missingNest:
        ack.missingNest = Number(integer(view, attribute));
        break;
    }
  }
  return ack;
}

/**
 * The path of type numbers ('18.2.1') of the attribute that starts at an offset of a request, by walking the request itself; undefined
 * where no attribute starts there, since a path is never guessed.
 */
export function attributePath(request: Uint8Array, offset: number, fixedHeader: number): string | undefined {
  const view = new DataView(request.buffer, request.byteOffset, request.byteLength);
  let start = NLMSG_HDRLEN + ((fixedHeader + 3) & ~3);
  let end = request.byteLength;
  const path: number[] = [];
  for (;;) {
    let inside: Attribute | undefined;
    for (const attribute of walkAttributes(view, start, end)) {
      const header = attribute.start - NLA_HDRLEN;
      if (header === offset) return [...path, attribute.type].join('.');
      if (offset > header && offset < attribute.end) inside = attribute;
    }
    if (inside === undefined) return undefined;
    path.push(inside.type);
    start = inside.start;
    end = inside.end;
  }
}
