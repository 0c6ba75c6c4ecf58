import { checkUint, littleEndian, readView, viewOf } from './byte-order.js';
import { sizeofIfInfomsg } from './constants.js';
import { encapTypeOf } from './hardware-type.js';
import { invalidArgument } from '../errors.js';
import { RtAttr, type NetlinkRequestData } from './rt-attr.js';

/** The header of link messages (struct ifinfomsg); requests for lists of other things take it, too. */
export class IfInfomsg implements NetlinkRequestData {
  /** 0 to 255. */
  family = 0;
  /** Hardware type (ARPHRD_ETHER is 1), 0 to 65535. */
  type = 0;
  /** Index of the link, signed 32 bits. */
  index = 0;
  /** IFF_UP is 1; 32 bits. */
  flags = 0;
  /** Which flags are meant; 32 bits. */
  change = 0;

  /** @param family FAMILY_ALL, ...: 0 to 255. */
  constructor(family: number) {
    this.family = checkUint('family', family, 8);
  }

  len(): number {
    return sizeofIfInfomsg;
  }

  serialize(): Uint8Array<ArrayBuffer> {
    const index = this.index;
    if (!Number.isInteger(index) || index < -0x8000_0000 || index > 0x7fff_ffff)
      throw invalidArgument('index', 'a signed 32-bit integer', index);
    const bytes = new Uint8Array(sizeofIfInfomsg);
    const view = viewOf(bytes);
    view.setUint8(0, checkUint('family', this.family, 8));
    view.setUint16(2, checkUint('type', this.type, 16), littleEndian);
    view.setInt32(4, index, littleEndian);
    view.setUint32(8, checkUint('flags', this.flags, 32), littleEndian);
    view.setUint32(12, checkUint('change', this.change, 32), littleEndian);
    return bytes;
  }

  /** The hardware type's name as iproute2 writes it: 'ether'; 'unknown1234' where it has none. */
  encapType(): string {
    return encapTypeOf(this.type);
  }
}

/** @param family FAMILY_ALL, ...: 0 to 255. */
export function newIfInfomsg(family: number): IfInfomsg {
  return new IfInfomsg(family);
}

/** Adds a header to the attribute, and gives it back. */
export function newIfInfomsgChild(parent: RtAttr, family: number): IfInfomsg {
  if (!(parent instanceof RtAttr)) throw invalidArgument('parent', 'an RtAttr', parent);
  const message = new IfInfomsg(family);
  parent.addChild(message);
  return message;
}

/** A copy, where the ancestor's result shares the bytes. @throws DecodeError for fewer than 16 bytes. */
export function deserializeIfInfomsg(b: Uint8Array): IfInfomsg {
  const view = readView('IfInfomsg', b, sizeofIfInfomsg);
  const message = new IfInfomsg(view.getUint8(0));
  message.type = view.getUint16(2, littleEndian);
  message.index = view.getInt32(4, littleEndian);
  message.flags = view.getUint32(8, littleEndian);
  message.change = view.getUint32(12, littleEndian);
  return message;
}
