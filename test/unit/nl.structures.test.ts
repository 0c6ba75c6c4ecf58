import { expect } from 'chai';
import fc from 'fast-check';
import * as nl from '../../lib/nl.js';
import { littleEndian } from '../../lib/nl/byte-order.js';
import { errorOf } from '../support/error-of.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Bytes that a C program wrote with the kernel's headers on a little-endian machine. */
const golden = {
  newLink:
    '540000001000050607000000000000000000000000000000010000000100000007000300763000002c0012000800010076657468' +
    '200002001c000100000000000000000000000000000000000700030076310000',
  ifInfomsg: '0a000403feffffff41000080ffffffff',
  cnMsgOp: '010000000100000001000000000000000400000002000000',
};

describe('nl: IfInfomsg', () => {
  it('is what a C program writes', function () {
    if (!littleEndian) return this.skip();
    const message = nl.newIfInfomsg(nl.FAMILY_V6);
    Object.assign(message, { type: 772, index: -2, flags: 0x8000_0041, change: 0xffff_ffff });
    expect(hex(message.serialize())).to.equal(golden.ifInfomsg);
    expect(message.len()).to.equal(16);
    return undefined;
  });

  it('round-trips any 16 bytes whose padding is zero', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        bytes[1] = 0;
        const message = nl.deserializeIfInfomsg(bytes);
        expect(hex(message.serialize())).to.equal(hex(bytes));
        expect(message.family).to.equal(bytes[0]);
        expect(message.index).to.equal(new DataView(bytes.buffer).getInt32(4, littleEndian));
      }),
    );
  });

  it('is a copy of the bytes, which may be longer', () => {
    const bytes = new Uint8Array(40);
    const message = nl.deserializeIfInfomsg(bytes);
    bytes.fill(0xff);
    expect(message).to.include({ family: 0, type: 0, index: 0, flags: 0, change: 0 });
  });

  it('refuses too few bytes and fields that do not fit', () => {
    expect(errorOf(() => nl.deserializeIfInfomsg(new Uint8Array(15)))).to.include({ code: 'NETLANE_DECODE' });
    expect(errorOf(() => nl.newIfInfomsg(256))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    for (const [field, value] of [
      ['type', 65536],
      ['index', 2 ** 31],
      ['index', 0.5],
      ['flags', -1],
      ['change', 2 ** 32],
    ] as const) {
      const message = nl.newIfInfomsg(0);
      message[field] = value;
      expect(
        errorOf(() => message.serialize()),
        field,
      ).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    }
  });

  it('names its hardware type as the ancestor does', () => {
    const expected: Record<number, string> = {
      0: 'generic',
      1: 'ether',
      2: 'eether',
      8: 'atalk',
      32: 'infiniband',
      513: 'hdlc',
      768: 'ipip',
      772: 'loopback',
      773: 'ltalk',
      776: 'sit',
      777: 'ip/ddp',
      778: 'gre',
      787: 'fcfb0',
      799: 'fcfb12',
      800: 'tr',
      801: 'ieee802.11',
      803: 'ieee802.11/radiotap',
      804: 'ieee802.15.4',
      1234: 'unknown1234',
      65534: 'none',
      65535: 'void',
    };
    for (const [type, name] of Object.entries(expected)) {
      const message = nl.newIfInfomsg(0);
      message.type = Number(type);
      expect(message.encapType(), type).to.equal(name);
    }
    const named = Array.from({ length: 65536 }, (_, type) => Object.assign(nl.newIfInfomsg(0), { type }).encapType());
    const known = named.filter((name) => !name.startsWith('unknown'));
    expect(known).to.have.length.above(70);
    expect(new Set(known).size).to.equal(known.length);
  });
});

describe('nl: CnMsgOp', () => {
  it('is what a C program writes', function () {
    if (!littleEndian) return this.skip();
    const message = nl.newCnMsg(1, 1, nl.PROC_CN_MCAST_IGNORE);
    expect(hex(message.serialize())).to.equal(golden.cnMsgOp);
    expect(message.len()).to.equal(nl.SizeofCnMsgOp);
    return undefined;
  });

  it('round-trips any 24 bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 24, maxLength: 24 }), (bytes) => {
        const message = nl.deserializeCnMsgOp(bytes);
        expect(hex(message.serialize())).to.equal(hex(bytes));
        expect(message.op).to.equal(new DataView(bytes.buffer).getUint32(20, littleEndian));
      }),
    );
  });

  it('refuses too few bytes and numbers that do not fit', () => {
    expect(errorOf(() => nl.deserializeCnMsgOp(new Uint8Array(23)))).to.include({ code: 'NETLANE_DECODE' });
    expect(errorOf(() => nl.newCnMsg(1, 2 ** 32, 1))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
  });

  it('says IGNORE as the kernel does', () => {
    expect([nl.PROC_CN_MCAST_LISTEN, nl.PROC_CN_MCAST_IGNORE]).to.deep.equal([1, 2]);
  });
});

describe('nl: NetlinkRequest', () => {
  it('is what a C program writes, for a veth pair', function () {
    if (!littleEndian) return this.skip();
    const request = nl.newNetlinkRequest(nl.RTM_NEWLINK, nl.NLM_F_CREATE | nl.NLM_F_EXCL | nl.NLM_F_ACK);
    request.seq = 7;
    const message = nl.newIfInfomsg(nl.FAMILY_ALL);
    Object.assign(message, { flags: 1, change: 1 });
    request.addData(message);
    request.addData(nl.newRtAttr(3, nl.zeroTerminated('v0')));
    const info = nl.newRtAttr(18);
    info.addRtAttr(1, nl.nonZeroTerminated('veth'));
    const peer = info.addRtAttr(2).addRtAttr(1);
    nl.newIfInfomsgChild(peer, nl.FAMILY_ALL);
    peer.addRtAttr(3, nl.zeroTerminated('v1'));
    request.addData(info);
    expect(hex(request.serialize())).to.equal(golden.newLink);
    expect(request.len).to.equal(84);
    return undefined;
  });

  it('counts up, asks, and knows its length only once serialized', () => {
    const first = nl.newNetlinkRequest(nl.RTM_GETLINK, nl.NLM_F_DUMP);
    const second = nl.newNetlinkRequest(nl.RTM_GETLINK);
    expect(second.seq).to.equal(first.seq + 1);
    expect(first.flags).to.equal(nl.NLM_F_REQUEST | nl.NLM_F_DUMP);
    first.addData(nl.newIfInfomsg(0));
    expect(first.len).to.equal(16);
    first.serialize();
    expect(first.len).to.equal(32);
  });

  it('puts raw bytes behind all data, whatever was added first', () => {
    const request = nl.newNetlinkRequest(1);
    const raw = Uint8Array.of(1, 2);
    request.addRawData(raw);
    raw.fill(9);
    request.addRawData(Uint8Array.of(3));
    request.addData(new nl.Uint32Attribute(1, 5));
    const bytes = request.serialize();
    expect(bytes.length).to.equal(16 + 8 + 3);
    expect([...bytes.subarray(24)]).to.deep.equal([1, 2, 3]);
    expect(hex(request.body())).to.equal(hex(bytes.subarray(16)));
  });

  it('refuses header fields that do not fit', () => {
    expect(errorOf(() => nl.newNetlinkRequest(65536))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    const request = nl.newNetlinkRequest(1);
    request.pid = -1;
    expect(errorOf(() => request.serialize())).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
  });
});

describe('nl: byte order', () => {
  it('swaps to the network’s order', () => {
    expect(hex(nl.uint16Attr(nl.swap16(0x0102)))).to.equal('0102');
    expect(hex(nl.uint32Attr(nl.swap32(0xf1f2f3f4)))).to.equal('f1f2f3f4');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (value) => {
        expect(nl.swap32(nl.swap32(value))).to.equal(value);
        expect(nl.swap16(nl.swap16(value & 0xffff))).to.equal(value & 0xffff);
      }),
    );
  });

  it('reads what it writes, in both orders', () => {
    for (const order of [nl.nativeEndian(), nl.BigEndian, nl.LittleEndian]) {
      const bytes = new Uint8Array(8);
      order.putUint64(bytes, 0x0102_0304_0506_0708n);
      expect(order.uint64(bytes)).to.equal(0x0102_0304_0506_0708n);
      expect(order.uint16(bytes)).to.equal(order.name === 'BigEndian' ? 0x0102 : 0x0708);
      order.putUint32(bytes, 5);
      expect(order.uint32(bytes)).to.equal(5);
    }
    expect(nl.nativeEndian()).to.equal(littleEndian ? nl.LittleEndian : nl.BigEndian);
    expect(errorOf(() => nl.BigEndian.uint32(new Uint8Array(3)))).to.include({ code: 'NETLANE_DECODE' });
    expect(errorOf(() => nl.BigEndian.putUint32(new Uint8Array(3), 1))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
  });

  it('tells the family of an address, a mapped one being IPv4', () => {
    for (const ip of ['10.0.0.1', '::ffff:10.0.0.1', '0:0:0:0:0:FFFF:0a00:1', Uint8Array.of(10, 0, 0, 1), new Uint8Array()]) {
      expect(nl.getIPFamily(ip), String(ip)).to.equal(nl.FAMILY_V4);
    }
    for (const ip of ['::1', 'fe80::1%eth0', '::ffff:0:10.0.0.1', '::10.0.0.1', new Uint8Array(16)]) {
      expect(nl.getIPFamily(ip), String(ip)).to.equal(nl.FAMILY_V6);
    }
    expect(errorOf(() => nl.getIPFamily('ten'))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    expect(errorOf(() => nl.getIPFamily(new Uint8Array(6)))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
  });
});

describe('nl: settings', () => {
  const before = { ...nl.settings };
  afterEach(() => Object.assign(nl.settings, before));

  it('start as the ancestor’s, but with the kernel’s explanations', () => {
    expect(nl.settings).to.deep.equal({
      supportedNlFamilies: [0, 6, 12],
      socketTimeoutTv: { sec: 60, usec: 0 },
      enableErrorMessageReporting: true,
    });
    expect(nl.getSocketTimeout()).to.equal(60_000);
  });

  it('keep a time-out to the microsecond', () => {
    nl.setSocketTimeout(10_000);
    expect(nl.getSocketTimeout()).to.equal(10_000);
    nl.setSocketTimeout(0.001);
    expect(nl.settings.socketTimeoutTv).to.deep.equal({ sec: 0, usec: 1 });
    nl.setSocketTimeout(2008);
    expect(nl.settings.socketTimeoutTv).to.deep.equal({ sec: 2, usec: 8000 });
    for (const wrong of [0, 0.0001, -1, Number.NaN, Infinity]) {
      expect(
        errorOf(() => nl.setSocketTimeout(wrong)),
        String(wrong),
      ).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    }
  });
});

describe('nl: ErrDumpInterrupted', () => {
  it('is EINTR, temporary, and found among causes', () => {
    const error = new nl.ErrDumpInterrupted([Uint8Array.of(1)]);
    expect(error).to.include({ code: 'NETLANE_DUMP_INTERRUPTED', errno: -4, temporary: true });
    expect(error.message).to.equal('results may be incomplete or inconsistent');
    expect(error.messages).to.have.length(1);
    expect(nl.ErrDumpInterrupted.is(new Error('listing links', { cause: error }))).to.equal(true);
    expect(nl.ErrDumpInterrupted.is(new Error('else'))).to.equal(false);
    expect(nl.ErrDumpInterrupted.is(undefined)).to.equal(false);
  });
});
