import { expect } from 'chai';
import fc from 'fast-check';
import { decodeFrom, encodeToBytes, Input, type Codec } from '../../lib/codec/codec.js';
import { DecodeError } from '../../lib/errors.js';
import { arbitrary, missing, mutated, size, type ArbitraryOptions } from '../support/arbitraries.js';
import { messages, partOptions, parts } from '../support/schemas.js';

const runs = process.env['NETLANE_LONG'] === '1' ? 2000 : 60;

function encode(codec: Codec<object, never>, value: object): Uint8Array {
  return encodeToBytes(codec as unknown as Codec<object, object>, value);
}

/** Decodes; anything but a value or a DecodeError fails the test. */
function decodeAnything(codec: Codec<object, never>, bytes: Uint8Array): void {
  try {
    const value = decodeFrom(codec, bytes);
    expect(size(value), 'a value is no more than a small multiple of its bytes').to.be.lessThan(400 + bytes.length * 20);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    expect(error.offset).to.be.within(0, bytes.length);
    expect(error.bytes.length).to.be.at.most(64);
    expect(error.reason).to.not.equal('');
  }
}

/** What JSON is to have of what it cannot have. */
function inText(_key: string, one: unknown): unknown {
  if (typeof one === 'bigint') return String(one);
  return one instanceof Uint8Array ? Buffer.from(one).toString('hex') : one;
}

function properties(codec: Codec<object, never>, options: ArbitraryOptions | undefined, isMessage: boolean): void {
  const values = arbitrary(codec, options);

  it('comes back from its bytes with everything that was given', () => {
    fc.assert(
      fc.property(values, (value) => {
        const again = decodeFrom(codec, encode(codec, value));
        expect(
          missing(value, again),
          JSON.stringify(again, (_key, one: unknown) => (typeof one === 'bigint' ? `${one}n` : one)),
        ).to.equal(undefined);
      }),
      { numRuns: runs },
    );
  });

  it('is the same after being decoded, encoded and decoded', () => {
    fc.assert(
      fc.property(values, (value) => {
        const once = decodeFrom(codec, encode(codec, value));
        expect(decodeFrom(codec, encode(codec, once))).to.deep.equal(once);
      }),
      { numRuns: runs },
    );
  });

  it('can be cloned', () => {
    fc.assert(
      fc.property(values, (value) => {
        const once = decodeFrom(codec, encode(codec, value));
        expect(structuredClone(once)).to.deep.equal(once);
      }),
      { numRuns: Math.ceil(runs / 4) },
    );
  });

  // What is no message is never decoded by itself.
  if (isMessage)
    it('goes through JSON, and is encoded again from it', () => {
      fc.assert(
        fc.property(values, (value) => {
          const bytes = encode(codec, value);
          const once = decodeFrom(codec, bytes);
          const text = JSON.stringify(once);
          const wide = decodeFrom(codec, bytes, { bigint: true });
          expect(JSON.parse(JSON.stringify(structuredClone(wide), inText))).to.deep.equal(JSON.parse(JSON.stringify(wide)));
          expect(encode(codec, JSON.parse(text) as object)).to.deep.equal(encode(codec, once));
        }),
        { numRuns: runs },
      );
    });

  it('decodes mutated bytes or throws DecodeError', () => {
    fc.assert(
      fc.property(mutated(values.map((value) => encode(codec, value))), (bytes) => decodeAnything(codec, bytes)),
      { numRuns: runs * 3 },
    );
  });

  it('decodes random bytes or throws DecodeError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => decodeAnything(codec, bytes)),
      { numRuns: runs * 3 },
    );
  });

  it('is encoded the same in the middle of a larger buffer', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 0, max: 8 }), (value, words) => {
        const alone = encode(codec, value);
        const around = new Uint8Array(alone.length + words * 4 + 8).fill(0xaa);
        around.set(alone, words * 4);
        const input = new Input(around);
        expect(codec.decode(input.at(words * 4, words * 4 + alone.length))).to.deep.equal(decodeFrom(codec, alone));
      }),
      { numRuns: Math.ceil(runs / 2) },
    );
  });
}

describe('schemas of rtnetlink', () => {
  for (const [name, { codec, options }] of Object.entries(messages)) describe(name, () => properties(codec, options, true));
  for (const [name, codec] of Object.entries(parts)) describe(name, () => properties(codec, partOptions[name], false));
});
