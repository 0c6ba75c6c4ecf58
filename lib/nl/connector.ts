import { isObject } from '../arguments.js';
import { invalidArgument } from '../errors.js';
import { checkUint, littleEndian, readView, viewOf } from './byte-order.js';
import { SizeofCnMsgOp } from './constants.js';
import type { NetlinkRequestData } from './rt-attr.js';

/** Whom a connector message is for (struct cb_id). */
export interface CbID {
  idx: number;
  val: number;
}

/** Header of a connector message (struct cn_msg); `length` is of the data behind it. */
export interface CnMsg {
  readonly id: CbID;
  seq: number;
  ack: number;
  length: number;
  flags: number;
}

/** Bytes of struct cn_msg. */
export const sizeofCnMsg = 20;

/** A connector message whose data is one number: an operation. */
export class CnMsgOp implements CnMsg, NetlinkRequestData {
  readonly id: CbID;
  seq: number;
  ack: number;
  length: number;
  flags: number;
  op: number;

  constructor(header: CnMsg, op: number) {
    if (!isObject(header) || !isObject(header.id))
      throw invalidArgument('header', 'an object { id: { idx, val }, seq, ack, length, flags }', header);
    this.id = { idx: checkUint('id.idx', header.id.idx, 32), val: checkUint('id.val', header.id.val, 32) };
    this.seq = checkUint('seq', header.seq, 32);
    this.ack = checkUint('ack', header.ack, 32);
    this.length = checkUint('length', header.length, 16);
    this.flags = checkUint('flags', header.flags, 16);
    this.op = checkUint('op', op, 32);
  }

  len(): number {
    return SizeofCnMsgOp;
  }

  serialize(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(SizeofCnMsgOp);
    const view = viewOf(bytes);
    view.setUint32(0, checkUint('id.idx', this.id.idx, 32), littleEndian);
    view.setUint32(4, checkUint('id.val', this.id.val, 32), littleEndian);
    view.setUint32(8, checkUint('seq', this.seq, 32), littleEndian);
    view.setUint32(12, checkUint('ack', this.ack, 32), littleEndian);
    view.setUint16(16, checkUint('length', this.length, 16), littleEndian);
    view.setUint16(18, checkUint('flags', this.flags, 16), littleEndian);
    view.setUint32(20, checkUint('op', this.op, 32), littleEndian);
    return bytes;
  }
}

/** A message for the connector's user idx/val (linux/connector.h) with one operation; sequence number 1. */
export function newCnMsg(idx: number, val: number, op: number): CnMsgOp {
  return new CnMsgOp({ id: { idx, val }, seq: 1, ack: 0, length: 4, flags: 0 }, op);
}

/** Reads struct cn_msg. @throws DecodeError for fewer than 20 bytes. */
export function readCnMsg(b: Uint8Array): CnMsg {
  const view = readView('CnMsg', b, sizeofCnMsg);
  return {
    id: { idx: view.getUint32(0, littleEndian), val: view.getUint32(4, littleEndian) },
    seq: view.getUint32(8, littleEndian),
    ack: view.getUint32(12, littleEndian),
    length: view.getUint16(16, littleEndian),
    flags: view.getUint16(18, littleEndian),
  };
}

/** A copy, where the ancestor's result shares the bytes. @throws DecodeError for fewer than 24 bytes. */
export function deserializeCnMsgOp(b: Uint8Array): CnMsgOp {
  const view = readView('CnMsgOp', b, SizeofCnMsgOp);
  return new CnMsgOp(readCnMsg(b), view.getUint32(20, littleEndian));
}
