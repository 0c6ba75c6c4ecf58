import { expect } from 'chai';
import { decodeFrom, encodeToBytes } from '../../lib/codec/codec.js';
import { addressFamily, enumeration, familyNumber, flags, maskedSwitches, switches } from '../../lib/codec/names.js';
import { u16, u32, u8 } from '../../lib/codec/scalars.js';
import { errorOf } from '../support/error-of.js';

const mode = enumeration(u16, { private: 1, vepa: 2, high: 1000 }, { closed: 1 });
const bits = flags(u32, { up: 1, down: 2, top: 0x80000000 });

describe('enumerations', () => {
  it('take names, aliases and numbers, and return names', () => {
    for (const given of ['private', 'closed', 1] as const) expect(decodeFrom(mode, encodeToBytes(mode, given))).to.equal('private');
    expect(decodeFrom(mode, encodeToBytes(mode, 'high'))).to.equal('high');
  });

  it('keep numbers that have no name', () => {
    expect(decodeFrom(mode, encodeToBytes(mode, 77))).to.equal(77);
    expect(decodeFrom(mode, encodeToBytes(mode, 60000))).to.equal(60000);
  });

  it('refuse other names, and tell those that there are', () => {
    const error = errorOf(() => encodeToBytes(mode, 'public' as 'private'));
    expect(error).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    expect(error.message).to.contain('private, vepa, high').and.to.contain('"public"');
    expect(errorOf(() => encodeToBytes(mode, 'toString' as 'private'))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    expect(errorOf(() => encodeToBytes(mode, 65536))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
  });
});

describe('flags', () => {
  it('are lists of names, and a number for the bits that have none', () => {
    expect(decodeFrom(bits, encodeToBytes(bits, ['top', 'up']))).to.deep.equal(['up', 'top']);
    expect(decodeFrom(bits, encodeToBytes(bits, ['up', 0x30]))).to.deep.equal(['up', 0x30]);
    expect(decodeFrom(bits, encodeToBytes(bits, []))).to.deep.equal([]);
    expect(decodeFrom(bits, encodeToBytes(bits, 0xffffffff))).to.deep.equal(['up', 'down', 'top', 0x7ffffffc]);
  });

  it('refuse names that there are not', () => {
    for (const wrong of [['sideways'], 'up', null, {}, [null]]) {
      expect(
        errorOf(() => encodeToBytes(bits, wrong as 'up'[])),
        JSON.stringify(wrong),
      ).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    }
  });
});

describe('numbers of flags', () => {
  const small = flags(u8, { up: 1, seen: 2 }, 2);

  it('are those that there is room for, alone and in lists', () => {
    for (const wrong of [Number.NaN, 1.5, -1, Infinity, -Infinity, 1e300, 2 ** 40, 256]) {
      for (const value of [wrong, [wrong], ['up' as const, wrong]]) {
        expect(errorOf(() => encodeToBytes(small, value)).message, String(value)).to.match(
          /must be a number from 0 to 255 or a list of up, seen, got/,
        );
        expect(errorOf(() => small.number(value))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
      }
    }
    expect([...encodeToBytes(small, 255)]).to.deep.equal([253]);
    expect([...encodeToBytes(small, [128, 'up'])]).to.deep.equal([129]);
  });
});

describe('switches', () => {
  const plain = switches(u8, { a: 1, b: 2 });
  const masked = maskedSwitches({ a: 1, b: 2, c: 4 });
  const maskFirst = maskedSwitches({ a: 1, b: 2, c: 4 }, 'mask first');

  it('are on or off, all of them', () => {
    expect(decodeFrom(plain, encodeToBytes(plain, { b: true }))).to.deep.equal({ a: false, b: true });
  });

  it('with a mask change only what is given', () => {
    const words = (value: object): number[] => [...new Uint32Array(encodeToBytes(masked, value).buffer)];
    expect(words({ a: true, c: false })).to.deep.equal([1, 5]);
    expect(words({ b: undefined })).to.deep.equal([0, 0]);
    expect([...new Uint32Array(encodeToBytes(maskFirst, { a: true, c: false }).buffer)]).to.deep.equal([5, 1]);
    expect(decodeFrom(maskFirst, encodeToBytes(maskFirst, { b: true }))).to.deep.equal({ b: true });
    // Some kernels report an empty mask.
    expect(decodeFrom(masked, new Uint8Array(new Uint32Array([2, 0]).buffer))).to.deep.equal({ a: false, b: true, c: false });
  });

  it('refuse other names and other values', () => {
    expect(errorOf(() => encodeToBytes(masked, { d: true } as object))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    expect(errorOf(() => encodeToBytes(masked, { a: 1 } as object)).message).to.contain('a must be true or false');
    expect(errorOf(() => encodeToBytes(masked, 'a' as unknown as object))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
  });
});

describe('address families', () => {
  it('have one name each and the names of the kernel as aliases', () => {
    for (const [name, number] of [
      ['ipv4', 2],
      ['inet', 2],
      ['ipv6', 10],
      ['inet6', 10],
      ['bridge', 7],
      ['mpls', 28],
      ['unspecified', 0],
    ] as const) {
      expect(familyNumber(name)).to.equal(number);
      expect([...encodeToBytes(addressFamily, name)]).to.deep.equal([number]);
    }
    expect(decodeFrom(addressFamily, Uint8Array.of(10))).to.equal('ipv6');
    expect(familyNumber('valueOf')).to.equal(0);
  });
});
