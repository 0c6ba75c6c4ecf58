import { expect } from 'chai';
import fc from 'fast-check';
import { decodeFrom, encodeToBytes, Input, Output, type Codec } from '../../lib/codec/codec.js';
import {
  boolean,
  counter64,
  counter64be,
  counter,
  range,
  s16,
  s32,
  s32be,
  s64,
  s8,
  u16,
  u16be,
  u16le,
  u32,
  u32be,
  u64,
  u64be,
  u8,
} from '../../lib/codec/scalars.js';
import { bytes, fixedBytes, fixedString, linkName, string, unterminated } from '../../lib/codec/text.js';
import { errorOf } from '../support/error-of.js';

function hex<I>(codec: Codec<unknown, I>, value: I): string {
  return Buffer.from(encodeToBytes(codec, value)).toString('hex');
}

describe('integers', () => {
  it('have the byte order that they say', () => {
    expect(hex(u16be, 0x1234)).to.equal('1234');
    expect(hex(u16le, 0x1234)).to.equal('3412');
    expect(hex(u32be, 0x12345678)).to.equal('12345678');
    expect(hex(s32be, -2)).to.equal('fffffffe');
    expect(hex(u64be, 0x0102030405060708n)).to.equal('0102030405060708');
    expect(hex(counter64be, 258)).to.equal('0000000000000102');
    expect(hex(u32, 1)).to.equal(Buffer.from(new Uint32Array([1]).buffer).toString('hex'));
    expect(hex(u16, 1)).to.equal(Buffer.from(new Uint16Array([1]).buffer).toString('hex'));
  });

  const numbers: readonly [string, Codec<number, number>, number, number][] = [
    ['u8', u8, 0, 0xff],
    ['u16', u16, 0, 0xffff],
    ['u16be', u16be, 0, 0xffff],
    ['u32', u32, 0, 0xffffffff],
    ['u32be', u32be, 0, 0xffffffff],
    ['s8', s8, -128, 127],
    ['s16', s16, -32768, 32767],
    ['s32', s32, -2147483648, 2147483647],
  ];
  for (const [name, codec, minimum, maximum] of numbers) {
    it(`${name} takes ${minimum} to ${maximum} and nothing else`, () => {
      fc.assert(
        fc.property(fc.integer({ min: minimum, max: maximum }), (value) => decodeFrom(codec, encodeToBytes(codec, value)) === value),
      );
      for (const wrong of [minimum - 1, maximum + 1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '1', null, 1n]) {
        const error = errorOf(() => encodeToBytes(codec, wrong as number));
        expect(error, String(wrong)).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
      }
    });
  }

  it('of 64 bits are bigint when they identify, in their whole range', () => {
    fc.assert(fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => decodeFrom(u64, encodeToBytes(u64, value)) === value));
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => decodeFrom(s64, encodeToBytes(s64, value)) === value),
    );
    expect(decodeFrom(u64, encodeToBytes(u64, 7))).to.equal(7n);
    expect(errorOf(() => encodeToBytes(u64, -1n))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    expect(errorOf(() => encodeToBytes(u64, 2n ** 64n))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
  });

  it('of 64 bits are numbers when they count, and bigint when the input says so', () => {
    fc.assert(fc.property(fc.maxSafeNat(), (value) => decodeFrom(counter64, encodeToBytes(counter64, value)) === value));
    const most = encodeToBytes(counter64, 2n ** 64n - 1n);
    expect(decodeFrom(counter64, most)).to.equal(2 ** 64);
    expect(decodeFrom(counter64, most, { bigint: true })).to.equal(2n ** 64n - 1n);
  });

  it('of either size are read by their length, and written as small as they can be', () => {
    expect(encodeToBytes(counter, 5)).to.have.length(4);
    expect(encodeToBytes(counter, 2 ** 40)).to.have.length(8);
    expect(decodeFrom(counter, encodeToBytes(counter, 2 ** 40))).to.equal(2 ** 40);
    expect(decodeFrom(counter, encodeToBytes(counter, 5), { bigint: true })).to.equal(5n);
  });

  it('that are too short are errors with their place', () => {
    const input = new Input(new Uint8Array(8));
    const error = errorOf(() => u32.decode(input.at(4, 6)));
    expect(error).to.include({ code: 'NETLANE_DECODE', offset: 0, reason: '4 bytes are needed, 2 are there' });
  });

  it('in a range do not refuse what the kernel reports', () => {
    const port = range(u16, 1, 100);
    expect(decodeFrom(port, encodeToBytes(u16, 700))).to.equal(700);
    expect(errorOf(() => encodeToBytes(port, 0))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
  });

  it('that are switches read any number but 0 as true, and write no number', () => {
    expect(decodeFrom(boolean(u8), Uint8Array.of(2))).to.equal(true);
    expect(decodeFrom(boolean(u8), Uint8Array.of(0))).to.equal(false);
    expect(errorOf(() => encodeToBytes(boolean(u8), 1 as unknown as boolean))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
  });
});

describe('text', () => {
  it('ends at the first zero byte, and is written with one', () => {
    expect(hex(string(), 'lo')).to.equal('6c6f00');
    expect(decodeFrom(string(), Buffer.from('lo\0xyz'))).to.equal('lo');
    expect(decodeFrom(string(), Buffer.from('lo'))).to.equal('lo');
    expect(decodeFrom(string(), new Uint8Array())).to.equal('');
    expect(hex(unterminated(), 'lo')).to.equal('6c6f');
  });

  it('of any length and any character comes back', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 400 }).filter((text) => !text.includes('\0')),
        (text) => {
          expect(decodeFrom(string(65535), encodeToBytes(string(65535), text))).to.equal(text);
        },
      ),
    );
  });

  it('is measured in bytes', () => {
    expect(hex(linkName, 'a'.repeat(15))).to.have.length(32);
    expect(errorOf(() => encodeToBytes(linkName, 'a'.repeat(16)))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    expect(errorOf(() => encodeToBytes(linkName, 'é'.repeat(8)))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    expect(errorOf(() => encodeToBytes(linkName, 'a\0b'))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    expect(errorOf(() => encodeToBytes(linkName, 7 as unknown as string))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
  });

  it('in a fixed place is filled up with zeros', () => {
    const codec = fixedString(6);
    expect(hex(codec, 'abc')).to.equal('616263000000');
    expect(decodeFrom(codec, Buffer.from('abcdef'))).to.equal('abcdef');
    expect(errorOf(() => encodeToBytes(codec, 'abcdef'))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
  });
});

describe('bytes', () => {
  it('are copied: neither side sees later changes', () => {
    const source = Uint8Array.of(1, 2, 3);
    const got = decodeFrom(bytes, source);
    source[0] = 9;
    expect(got).to.deep.equal(Uint8Array.of(1, 2, 3));
    const encoded = encodeToBytes(bytes, source);
    source[0] = 8;
    expect(encoded).to.deep.equal(Uint8Array.of(9, 2, 3));
  });

  it('of a fixed number are refused with another', () => {
    expect(errorOf(() => encodeToBytes(fixedBytes(4), new Uint8Array(3)))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    expect(errorOf(() => decodeFrom(fixedBytes(4), new Uint8Array(3)))).to.include({ code: 'NETLANE_DECODE' });
  });
});

describe('an output', () => {
  it('writes into the buffer that it is given, from a position on', () => {
    const buffer = new Uint8Array(16).fill(0xee);
    const output = new Output({ bytes: buffer, position: 4 });
    u32be.encode(0x01020304, output);
    expect(output.finish().buffer).to.equal(buffer.buffer);
    expect(Buffer.from(buffer).toString('hex')).to.equal('eeeeeeee01020304eeeeeeeeeeeeeeee');
  });

  it('grows when the buffer is full, and keeps what was written', () => {
    const output = new Output({ bytes: new Uint8Array(3) });
    for (let value = 0; value < 1000; value++) u16be.encode(value, output);
    const view = output.finish();
    expect(view).to.have.length(2000);
    expect([view[0], view[1], view[1998], view[1999]]).to.deep.equal([0, 0, 3, 231]);
  });

  it('does not show what was in a buffer before where it leaves room', () => {
    const output = new Output({ bytes: new Uint8Array(8).fill(0xff) });
    output.zero(8);
    expect(output.finish()).to.deep.equal(new Uint8Array(8));
  });
});
