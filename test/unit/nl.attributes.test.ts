import { expect } from 'chai';
import fc from 'fast-check';
import {
  Attribute,
  NLA_F_NESTED,
  NLA_F_NET_BYTEORDER,
  Uint32Attribute,
  Uint32Bitfield,
  beUint16Attr,
  beUint32Attr,
  beUint64Attr,
  bytesToString,
  deserializeUint32Bitfield,
  newIfInfomsg,
  newIfInfomsgChild,
  newRtAttr,
  newRtAttrChild,
  nonZeroTerminated,
  parseAttributes,
  parseRouteAttr,
  parseRouteAttrAsMap,
  printAttributes,
  uint16Attr,
  uint32Attr,
  uint64Attr,
  uint8Attr,
  zeroTerminated,
  RtAttr,
} from '../../lib/nl.js';
import { littleEndian } from '../../lib/nl/byte-order.js';
import { errorOf } from '../support/error-of.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

/** Bytes in the machine's order, written for a little-endian one. */
function native(text: string): string {
  return littleEndian ? text : hex(bytes(text).reverse());
}

describe('nl: payloads', () => {
  it('write integers in the order of the machine or of the network', () => {
    expect(hex(uint8Attr(0xab))).to.equal('ab');
    expect(hex(uint16Attr(0x0102))).to.equal(native('0201'));
    expect(hex(uint32Attr(0xfffefdfc))).to.equal(native('fcfdfeff'));
    expect(hex(uint64Attr(0x0102030405060708n))).to.equal(native('0807060504030201'));
    expect(hex(uint64Attr(258))).to.equal(native('0201000000000000'));
    expect(hex(beUint16Attr(0x0102))).to.equal('0102');
    expect(hex(beUint32Attr(0xfffefdfc))).to.equal('fffefdfc');
    expect(hex(beUint64Attr(2n ** 64n - 1n))).to.equal('ffffffffffffffff');
  });

  it('refuse integers that do not fit, fractions, and numbers that are no longer exact', () => {
    const wrong: [string, () => unknown][] = [
      ['uint8Attr', () => uint8Attr(256)],
      ['uint8Attr', () => uint8Attr(-1)],
      ['uint16Attr', () => uint16Attr(65536)],
      ['uint16Attr', () => uint16Attr(1.5)],
      ['beUint16Attr', () => beUint16Attr(Number.NaN)],
      ['uint32Attr', () => uint32Attr(2 ** 32)],
      ['beUint32Attr', () => beUint32Attr(-1)],
      ['uint64Attr', () => uint64Attr(2n ** 64n)],
      ['uint64Attr', () => uint64Attr(2 ** 53)],
      ['beUint64Attr', () => beUint64Attr(-1n)],
    ];
    for (const [name, call] of wrong) expect(errorOf(call), name).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
  });

  it('write text with and without a NUL', () => {
    expect(hex(zeroTerminated('v0'))).to.equal('763000');
    expect(hex(nonZeroTerminated('v0'))).to.equal('7630');
    expect(hex(zeroTerminated(''))).to.equal('00');
    expect(hex(zeroTerminated('é'))).to.equal('c3a900');
  });

  it('read text up to the first NUL, or all of it where there is none', () => {
    expect(bytesToString(bytes('76300031'))).to.equal('v0');
    expect(bytesToString(bytes('7630'))).to.equal('v0');
    expect(bytesToString(new Uint8Array())).to.equal('');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        fc.pre(!text.includes('\0'));
        expect(bytesToString(zeroTerminated(text))).to.equal(text);
      }),
    );
  });
});

describe('nl: RtAttr', () => {
  it('has its header, its bytes, and padding that its length does not count', () => {
    const attribute = newRtAttr(3, zeroTerminated('v0'));
    expect(attribute.len()).to.equal(7);
    expect(hex(attribute.serialize())).to.equal(littleEndian ? '0700030076300000' : '0007000376300000');
    expect(newRtAttr(5, null).len()).to.equal(4);
    expect(hex(newRtAttr(5, null).serialize())).to.equal(littleEndian ? '04000500' : '00040005');
  });

  it('puts its own bytes before its children, and pads each', () => {
    const parent = newRtAttr(1, uint8Attr(9));
    parent.addRtAttr(2, uint8Attr(7));
    parent.addChild(new Uint32Attribute(4, 1));
    expect(parent.len()).to.equal(4 + 4 + 8 + 8);
    if (littleEndian) expect(hex(parent.serialize())).to.equal('18000100' + '09000000' + '0500020007000000' + '0800040001000000');
  });

  it('is what a C program writes with the kernel’s macros, for a veth pair', function () {
    if (!littleEndian) return this.skip();
    const linkinfo = newRtAttr(18);
    newRtAttrChild(linkinfo, 1, nonZeroTerminated('veth'));
    const peer = linkinfo.addRtAttr(2).addRtAttr(1);
    newIfInfomsgChild(peer, 0);
    peer.addRtAttr(3, zeroTerminated('v1'));
    expect(hex(linkinfo.serialize())).to.equal(
      '2c001200' + '0800010076657468' + '20000200' + '1c000100' + '00000000000000000000000000000000' + '0700030076310000',
    );
    return undefined;
  });

  it('refuses to wrap a length above 65535', () => {
    expect(newRtAttr(1, new Uint8Array(65531)).serialize().length).to.equal(65536);
    expect(errorOf(() => newRtAttr(1, new Uint8Array(65532)).serialize())).to.include({ code: 'NETLANE_MESSAGE_TOO_LONG' });
    const nest = newRtAttr(1);
    for (let i = 0; i < 3; i += 1) nest.addRtAttr(2, new Uint8Array(30000));
    expect(errorOf(() => nest.serialize())).to.include({ code: 'NETLANE_MESSAGE_TOO_LONG' });
  });

  it('refuses to be among its own children, however far down, and is as before without', () => {
    const outer = new RtAttr(1);
    const inner = outer.addRtAttr(2);
    inner.addChild(outer);
    const self = new RtAttr(3, Uint8Array.of(1));
    self.addChild(self);
    for (const attribute of [outer, inner, self]) {
      for (const ask of [() => attribute.len(), () => attribute.serialize()]) {
        expect(errorOf(ask)).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
      }
    }
    // The same child twice is no circle.
    const twice = new RtAttr(4);
    const child = new RtAttr(5);
    child.addRtAttr(6);
    twice.addChild(child);
    twice.addChild(child);
    expect(twice.len()).to.equal(20);
    expect(twice.serialize()).to.have.length(20);
  });

  it('refuses a child whose bytes are not as many as it says', () => {
    const parent = newRtAttr(1);
    parent.addChild({ len: () => 4, serialize: () => new Uint8Array(12) });
    expect(errorOf(() => parent.serialize())).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
  });

  it('refuses a type that does not fit', () => {
    expect(errorOf(() => newRtAttr(65536))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    const attribute = newRtAttr(1);
    attribute.type = -1;
    expect(errorOf(() => attribute.serialize())).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
  });
});

describe('nl: Uint32Attribute and Uint32Bitfield', () => {
  it('follow the byte order that the type asks for', () => {
    const plain = new Uint32Attribute(7, 0x01020304);
    expect(plain.len()).to.equal(8);
    expect(hex(plain.serialize())).to.equal(littleEndian ? '0800070004030201' : '0008000701020304');
    const network = new Uint32Attribute(7 | NLA_F_NET_BYTEORDER, 0x01020304).serialize();
    expect(hex(network.subarray(4))).to.equal('01020304');
    expect([...parseAttributes(network)].map((attribute) => attribute.uint32())).to.deep.equal([0x01020304]);
  });

  it('round-trip', () => {
    const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
    fc.assert(
      fc.property(uint32, uint32, (value, selector) => {
        expect(deserializeUint32Bitfield(new Uint32Bitfield(value, selector).serialize())).to.deep.equal(
          new Uint32Bitfield(value, selector),
        );
      }),
    );
    if (littleEndian) expect(hex(new Uint32Bitfield(0x11223344, 0xff00ff00).serialize())).to.equal('4433221100ff00ff');
    expect(errorOf(() => deserializeUint32Bitfield(new Uint8Array(7)))).to.include({ code: 'NETLANE_DECODE' });
  });
});

describe('nl: parseRouteAttr', () => {
  const attributes = fc.array(fc.record({ type: fc.integer({ min: 0, max: 0xffff }), value: fc.uint8Array({ maxLength: 40 }) }), {
    maxLength: 20,
  });

  function serialized(list: readonly { type: number; value: Uint8Array }[]): Uint8Array {
    return Buffer.concat(list.map(({ type, value }) => newRtAttr(type, value).serialize()));
  }

  it('gives back what RtAttr wrote, in order and with the type as it was', () => {
    fc.assert(
      fc.property(attributes, (list) => {
        const parsed = parseRouteAttr(serialized(list));
        expect(parsed.map(({ attr, value }) => [attr.type, attr.len, hex(value)])).to.deep.equal(
          list.map(({ type, value }) => [type, value.length + 4, hex(value)]),
        );
      }),
    );
  });

  it('as a map is keyed by the type, flags and all, and the last of a type stays', () => {
    const map = parseRouteAttrAsMap(
      serialized([
        { type: 1, value: zeroTerminated('one') },
        { type: 2, value: zeroTerminated('two') },
        { type: 2 | NLA_F_NESTED, value: zeroTerminated('nested') },
        { type: 1, value: zeroTerminated('again') },
      ]),
    );
    expect([...map].map(([type, { value }]) => [type, bytesToString(value)])).to.deep.equal([
      [1, 'again'],
      [2, 'two'],
      [2 | NLA_F_NESTED, 'nested'],
    ]);
  });

  it('takes a last attribute without its padding, and ignores up to three bytes behind it', () => {
    const cut = newRtAttr(3, zeroTerminated('v0')).serialize().subarray(0, 7);
    expect(parseRouteAttr(cut).map(({ value }) => bytesToString(value))).to.deep.equal(['v0']);
    expect(parseRouteAttr(new Uint8Array(3))).to.deep.equal([]);
    expect(parseRouteAttr(new Uint8Array())).to.deep.equal([]);
  });

  it('throws EINVAL with the place for a length that cannot be', () => {
    const good = new Uint32Attribute(1, 1).serialize();
    for (const length of [0, 3, 9, 0xffff]) {
      const bad = new Uint32Attribute(2, 2).serialize();
      new DataView(bad.buffer).setUint16(0, length, littleEndian);
      const error = errorOf(() => parseRouteAttr(Buffer.concat([good, bad])));
      expect(error, String(length)).to.include({ code: 'EINVAL', errno: -22, syscall: 'parseRouteAttr' });
      expect(error.cause, String(length)).to.include({ code: 'NETLANE_DECODE', offset: 8 });
      expect(errorOf(() => parseRouteAttrAsMap(bad))).to.include({ code: 'EINVAL' });
    }
  });

  it('gives attributes or EINVAL, and nothing else, for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (input) => {
        try {
          for (const { attr, value } of parseRouteAttr(input)) expect(value.length).to.equal(attr.len - 4);
        } catch (error) {
          expect(error).to.include({ code: 'EINVAL' });
        }
      }),
      { numRuns: 500 },
    );
  });

  it('reads a view in the middle of a buffer', () => {
    const whole = new Uint8Array(30);
    whole.set(new Uint32Attribute(5, 6).serialize(), 11);
    const [only] = parseRouteAttr(whole.subarray(11, 19));
    expect(only?.attr).to.deep.equal({ len: 8, type: 5 });
    expect(only && new Attribute(5, only.value).uint32()).to.equal(6);
  });
});

describe('nl: parseAttributes', () => {
  it('gives a last attribute without a payload, too', () => {
    const list = Buffer.concat([newRtAttr(1, uint8Attr(1)).serialize(), newRtAttr(2).serialize()]);
    expect([...parseAttributes(list)].map(({ type, value }) => [type, value.length])).to.deep.equal([
      [1, 1],
      [2, 0],
    ]);
  });

  it('gives what comes before bad bytes, then throws', () => {
    const list = Buffer.concat([newRtAttr(1, uint8Attr(1)).serialize(), Buffer.alloc(4)]);
    const seen: number[] = [];
    const error = errorOf(() => {
      for (const { type } of parseAttributes(list)) seen.push(type);
    });
    expect(error).to.include({ code: 'EINVAL', syscall: 'parseAttributes' });
    expect(seen).to.deep.equal([1]);
  });

  it('reads 64-bit values in both orders, and says so when there are too few bytes', () => {
    expect(new Attribute(1, uint64Attr(5n)).uint64()).to.equal(5n);
    expect(new Attribute(1 | NLA_F_NET_BYTEORDER, beUint64Attr(5n)).uint64()).to.equal(5n);
    expect(new Attribute(1, uint32Attr(5)).uint32()).to.equal(5);
    expect(errorOf(() => new Attribute(1, uint8Attr(1)).uint32())).to.include({ code: 'NETLANE_DECODE' });
    expect(errorOf(() => new Attribute(1, uint32Attr(1)).uint64())).to.include({ code: 'NETLANE_DECODE' });
  });

  it('prints nested attributes indented', () => {
    const nest: RtAttr = newRtAttr(18 | NLA_F_NESTED);
    nest.addRtAttr(1, nonZeroTerminated('veth'));
    const lines: string[] = [];
    printAttributes(Buffer.concat([nest.serialize(), newRtAttr(4, uint8Attr(3)).serialize()]), (line) => lines.push(line));
    const inner = hex(newRtAttr(1, nonZeroTerminated('veth')).serialize());
    expect(lines).to.deep.equal([
      `type=18 nested=true len=8 [${bytes(inner).join(' ')}]`,
      '> type=1 nested=false len=4 [118 101 116 104]',
      'type=4 nested=false len=1 [3]',
    ]);
  });

  it('is lazy: nothing is read before it is asked for', () => {
    expect(parseAttributes(Buffer.alloc(4))).to.have.property('next');
    expect(newIfInfomsg(0).len()).to.equal(16);
  });
});
