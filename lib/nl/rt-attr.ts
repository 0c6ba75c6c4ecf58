import { checkBytes, isObject } from '../arguments.js';
import { DecodeError, invalidArgument, NetlaneError, SystemError } from '../errors.js';
import { BigEndian, checkUint, littleEndian, nativeEndian, readView, viewOf } from './byte-order.js';
import { NLA_F_NET_BYTEORDER, rtaAlignOf, sizeofRtAttr } from './constants.js';

/** What a request or an attribute is made of: anything that knows its bytes. */
export interface NetlinkRequestData {
  /** Bytes that serialize() gives, without the padding at the end. */
  len(): number;
  serialize(): Uint8Array;
}

/** @throws NETLANE_INVALID_ARGUMENT for what does not know its bytes. */
export function checkData(name: string, value: unknown): asserts value is NetlinkRequestData {
  if (isObject(value) && typeof value['len'] === 'function' && typeof value['serialize'] === 'function') return;
  throw invalidArgument(name, 'an RtAttr, an IfInfomsg, or another object with len() and serialize()', value);
}

/** An attribute (struct rtattr) with bytes, with children, or both: the bytes come first. */
export class RtAttr implements NetlinkRequestData {
  /** With its flag bits (NLA_F_NESTED, NLA_F_NET_BYTEORDER). */
  type: number;
  data: Uint8Array | undefined;
  readonly #children: NetlinkRequestData[] = [];
  #measuring = false;

  /** @param attrType 0 to 65535. */
  constructor(attrType: number, data?: Uint8Array | null) {
    this.type = checkUint('attrType', attrType, 16);
    this.data = data ?? undefined;
    if (this.data !== undefined) checkBytes('data', this.data);
  }

  /** Adds an attribute as a child, and gives it back. */
  addRtAttr(attrType: number, data?: Uint8Array | null): RtAttr {
    const attr = new RtAttr(attrType, data);
    this.#children.push(attr);
    return attr;
  }

  /** Adds anything with bytes as a child; children are padded to 4. */
  addChild(attr: NetlinkRequestData): void {
    checkData('attr', attr);
    this.#children.push(attr);
  }

  /** @throws NETLANE_INVALID_ARGUMENT when it is among its own children, or theirs. */
  len(): number {
    const own = this.data?.length ?? 0;
    if (this.#children.length === 0) return sizeofRtAttr + own;
    if (this.#measuring) throw invalidArgument('child', 'an attribute of which this one is no child itself', this);
    this.#measuring = true;
    try {
      return this.#children.reduce((sum, child) => sum + rtaAlignOf(child.len()), sizeofRtAttr + rtaAlignOf(own));
    } finally {
      this.#measuring = false;
    }
  }

  /**
   * The attribute's bytes, padded to 4.
   * @throws NETLANE_MESSAGE_TOO_LONG above 65535 bytes: the length field has 16 bits, and the ancestor writes a wrapped one.
   * @throws NETLANE_INVALID_ARGUMENT when a child's serialize() and len() disagree, or it is among its own children.
   */
  serialize(): Uint8Array<ArrayBuffer> {
    const length = this.len();
    if (length > 0xffff) {
      throw new NetlaneError('NETLANE_MESSAGE_TOO_LONG', `attribute ${this.type} has ${length} bytes, 65535 are the most`);
    }
    const bytes = new Uint8Array(rtaAlignOf(length));
    const view = viewOf(bytes);
    view.setUint16(0, length, littleEndian);
    view.setUint16(2, checkUint('type', this.type, 16), littleEndian);
    let next = sizeofRtAttr;
    if (this.data !== undefined) {
      bytes.set(this.data, next);
      next += rtaAlignOf(this.data.length);
    }
    for (const child of this.#children) {
      const part = child.serialize();
      const room = rtaAlignOf(child.len());
      if (rtaAlignOf(part.length) !== room) throw invalidArgument('child', `as long as its len() says, ${child.len()} bytes`, part.length);
      bytes.set(part, next);
      next += room;
    }
    return bytes;
  }
}

/** @param attrType 0 to 65535. */
export function newRtAttr(attrType: number, data?: Uint8Array | null): RtAttr {
  return new RtAttr(attrType, data);
}

/**
 * Adds an attribute to the parent, and gives it back.
 * @deprecated Use the parent's addRtAttr().
 */
export function newRtAttrChild(parent: RtAttr, attrType: number, data?: Uint8Array | null): RtAttr {
  if (!(parent instanceof RtAttr)) throw invalidArgument('parent', 'an RtAttr', parent);
  return parent.addRtAttr(attrType, data);
}

/** An attribute with a 32-bit value, in the network's order where the type says so (NLA_F_NET_BYTEORDER). */
export class Uint32Attribute implements NetlinkRequestData {
  type: number;
  value: number;

  constructor(type: number, value: number) {
    this.type = checkUint('type', type, 16);
    this.value = checkUint('value', value, 32);
  }

  len(): number {
    return 8;
  }

  serialize(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(8);
    const native = nativeEndian();
    native.putUint16(bytes, 8);
    native.putUint16(bytes.subarray(2), this.type);
    const order = (this.type & NLA_F_NET_BYTEORDER) === 0 ? native : BigEndian;
    order.putUint32(bytes.subarray(4), this.value);
    return bytes;
  }
}

/** Bits and which of them are meant (struct nla_bitfield32). */
export class Uint32Bitfield {
  value: number;
  selector: number;

  constructor(value: number, selector: number) {
    this.value = checkUint('value', value, 32);
    this.selector = checkUint('selector', selector, 32);
  }

  serialize(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(8);
    nativeEndian().putUint32(bytes, this.value);
    nativeEndian().putUint32(bytes.subarray(4), this.selector);
    return bytes;
  }
}

/** @throws DecodeError for fewer than 8 bytes, where the ancestor panics. */
export function deserializeUint32Bitfield(data: Uint8Array): Uint32Bitfield {
  const view = readView('Uint32Bitfield', data, 8);
  return new Uint32Bitfield(view.getUint32(0, littleEndian), view.getUint32(4, littleEndian));
}

/** An attribute as it came (Go: syscall.NetlinkRouteAttr). */
export interface NetlinkRouteAttr {
  readonly attr: {
    /** Bytes with the header, without the padding. */
    readonly len: number;
    /** With its flag bits. */
    readonly type: number;
  };
  /** A view of the bytes that were parsed, no copy. */
  readonly value: Uint8Array;
}

function badLength(what: string, bytes: Uint8Array, offset: number, length: number): SystemError {
  const left = bytes.length - offset;
  const reason = `an attribute says it has ${length} bytes; at least ${sizeofRtAttr} and at most ${left} are possible`;
  const cause = new DecodeError(reason, { path: what, offset, bytes: bytes.subarray(offset) });
  return new SystemError({ errno: 22, syscall: what }, { cause, hint: `offset ${offset}: ${reason}` });
}

/** The attributes of a buffer, one after the other. Up to three bytes behind the last one, too few for a header, are ignored. */
export function* walkAttributes(what: string, bytes: Uint8Array): Generator<NetlinkRouteAttr, void, undefined> {
  checkBytes('b', bytes);
  const view = viewOf(bytes);
  for (let offset = 0; bytes.length - offset >= sizeofRtAttr;) {
    const length = view.getUint16(offset, littleEndian);
    if (length < sizeofRtAttr || length > bytes.length - offset) throw badLength(what, bytes, offset, length);
    const type = view.getUint16(offset + 2, littleEndian);
    yield { attr: { len: length, type }, value: bytes.subarray(offset + sizeofRtAttr, offset + length) };
    offset += rtaAlignOf(length);
  }
}

/**
 * The attributes of a buffer, in their order. The values are views of the buffer.
 * @throws SystemError EINVAL for a length that cannot be; its cause, a DecodeError, has the offset and the bytes. A last attribute without its
 * padding is taken, where the ancestor panics.
 */
export function parseRouteAttr(b: Uint8Array): NetlinkRouteAttr[] {
  return [...walkAttributes('parseRouteAttr', b)];
}

/** As parseRouteAttr, by type as it came, flag bits included; of several with one type the last stays. */
export function parseRouteAttrAsMap(b: Uint8Array): Map<number, NetlinkRouteAttr> {
  return new Map(parseRouteAttr(b).map((attr) => [attr.attr.type, attr]));
}
