import { expect } from 'chai';
import { decodeFrom, encodeToBytes, Input, Output, type Codec } from '../../lib/codec/codec.js';
import { attributes } from '../../lib/codec/attributes.js';
import { field, inline, readOnly } from '../../lib/codec/field.js';
import { lazy } from '../../lib/codec/lazy.js';
import { repeated } from '../../lib/codec/repeated.js';
import { variant } from '../../lib/codec/variant.js';
import { ipv4 } from '../../lib/codec/address.js';
import { choice, list, numbered, packed, records } from '../../lib/codec/containers.js';
import { object } from '../../lib/codec/object.js';
import { link } from '../../lib/codec/references.js';
import { littleEndian, presence, u16, u32, u8 } from '../../lib/codec/scalars.js';
import { hidden, later, member, padding, struct, tuple } from '../../lib/codec/struct.js';
import { string } from '../../lib/codec/text.js';
import { errorOf } from '../support/error-of.js';

/** An attribute by hand. */
function attribute(type: number, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array((content.length + 7) & ~3);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, content.length + 4, littleEndian);
  view.setUint16(2, type, littleEndian);
  bytes.set(content, 4);
  return bytes;
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

const word = (value: number): Uint8Array => new Uint8Array(new Uint32Array([value]).buffer);
const text = (value: string): Uint8Array => Buffer.from(`${value}\0`);

const thing = attributes({
  name: field(1, string(15), 'T_NAME', 'Name.'),
  size: field(2, u32, 'T_SIZE', 'Size.'),
  serial: readOnly(3, u32, 'T_SERIAL', 'Serial number.'),
  special: field(4, presence, 'T_SPECIAL', 'Whether it is special.'),
  inner: field(5, attributes({ depth: field(1, u8, 'T_DEPTH', 'Depth.') }), 'T_INNER', 'Inner part.'),
});

describe('attributes', () => {
  it('are written in the order in which they are given, padded, nests marked', () => {
    expect(encodeToBytes(thing, { size: 7, name: 'ab', inner: { depth: 3 } })).to.deep.equal(
      concat(attribute(2, word(7)), attribute(1, text('ab')), attribute(5 | 0x8000, attribute(1, Uint8Array.of(3)))),
    );
  });

  it('are read in any order, the last of several, with or without the flag of nests', () => {
    const bytes = concat(
      attribute(5, attribute(1, Uint8Array.of(9))),
      attribute(2, word(1)),
      attribute(1, text('x')),
      attribute(2, word(2)),
    );
    expect(decodeFrom(thing, bytes)).to.deep.equal({ inner: { depth: 9 }, size: 2, name: 'x' });
  });

  it('that are not known are kept, with their flags, and written again', () => {
    const bytes = concat(attribute(77 | 0x8000, Uint8Array.of(1, 2, 3)), attribute(2, word(1)), attribute(2000, new Uint8Array()));
    const value = decodeFrom(thing, bytes);
    expect(value).to.deep.equal({
      size: 1,
      unknown: [
        { type: 77 | 0x8000, data: Uint8Array.of(1, 2, 3) },
        { type: 2000, data: new Uint8Array() },
      ],
    });
    expect(decodeFrom(thing, encodeToBytes(thing, value))).to.deep.equal(value);
  });

  it('that only pad are passed over', () => {
    const padded = attributes({ size: field(2, u32, 'T_SIZE', 'Size.') }, [9]);
    expect(decodeFrom(padded, concat(attribute(9, new Uint8Array()), attribute(2, word(1))))).to.deep.equal({ size: 1 });
  });

  it('that only the kernel tells are read, and ignored when written', () => {
    expect(decodeFrom(thing, attribute(3, word(5)))).to.deep.equal({ serial: 5 });
    expect(encodeToBytes(thing, { serial: 5 })).to.have.length(0);
  });

  it('without content are true, and not written for false', () => {
    expect(decodeFrom(thing, encodeToBytes(thing, { special: true }))).to.deep.equal({ special: true });
    expect(encodeToBytes(thing, { special: false })).to.have.length(0);
  });

  it('with the value undefined are absent', () => {
    expect(encodeToBytes(thing, { size: undefined, name: undefined })).to.have.length(0);
  });

  it('longer than what they hold are tolerated', () => {
    expect(decodeFrom(thing, attribute(2, concat(word(8), word(9))))).to.deep.equal({ size: 8 });
  });

  it('shorter than what they hold are errors that tell where', () => {
    const error = errorOf(() => decodeFrom(thing, concat(attribute(2, word(1)), attribute(5, attribute(1, new Uint8Array())))));
    expect(error).to.include({ code: 'NETLANE_DECODE', path: 'inner.depth', offset: 16 });
    expect(error.message).to.equal('cannot decode inner.depth at offset 16: 1 bytes are needed, 0 are there');
  });

  it('that reach beyond the message are errors', () => {
    for (const length of [0, 3, 9, 65535]) {
      const bytes = attribute(2, word(1));
      new DataView(bytes.buffer).setUint16(0, length, littleEndian);
      expect(
        errorOf(() => decodeFrom(thing, bytes)),
        String(length),
      ).to.include({ code: 'NETLANE_DECODE', offset: 0 });
    }
  });

  it('may end without padding, and have a rest that is no attribute', () => {
    expect(decodeFrom(thing, concat(attribute(1, text('a')).subarray(0, 6)))).to.deep.equal({ name: 'a' });
    expect(decodeFrom(thing, concat(attribute(2, word(1)), Uint8Array.of(1, 2)))).to.deep.equal({ size: 1 });
  });

  it('that are mistyped are refused with what may be meant', () => {
    const wrong = errorOf(() => encodeToBytes(thing, { sise: 5 } as object));
    expect(wrong).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    expect(wrong.message).to.contain('sise').and.to.contain('did you mean size?');
    expect(errorOf(() => encodeToBytes(thing, { inner: { debth: 1 } as object })).message)
      .to.contain('inner.debth')
      .and.to.contain('did you mean depth?');
  });

  it('with a wrong value are refused with their path', () => {
    const error = errorOf(() => encodeToBytes(thing, { inner: { depth: 256 } }));
    expect(error).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    expect(error.message).to.equal('inner.depth must be an integer from 0 to 255, got 256');
    for (const wrong of [null, 7, 'x', [], new Uint8Array(2)]) {
      expect(
        errorOf(() => encodeToBytes(thing, { inner: wrong as object })),
        String(wrong),
      ).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    }
  });

  it('of more than 64 KiB are refused with a code', () => {
    const long = attributes({ text: field(1, string(100_000), 'T_TEXT', 'Text.') });
    expect(errorOf(() => encodeToBytes(long, { text: 'x'.repeat(70_000) }))).to.include({ code: 'NETLANE_MESSAGE_TOO_LONG' });
  });
});

describe('attributes inline', () => {
  const holder = attributes({
    id: field(1, u32, 'H_ID', 'Id.'),
    info: inline(
      2,
      attributes({
        kind: field(1, string(), 'H_KIND', 'Kind.'),
        data: field(2, choice('kind', { thing }), 'H_DATA', 'Data.'),
        seen: readOnly(3, u8, 'H_SEEN', 'Seen.'),
      }),
      'H_INFO',
      'Info.',
    ),
  });

  it('are one nest on the wire and flat in the object', () => {
    const value = { kind: 'thing', id: 4, data: { size: 1 } };
    const bytes = encodeToBytes(holder, value);
    expect(bytes).to.deep.equal(
      concat(
        attribute(2 | 0x8000, concat(attribute(1, text('thing')), attribute(2 | 0x8000, attribute(2, word(1))))),
        attribute(1, word(4)),
      ),
    );
    expect(decodeFrom(holder, bytes)).to.deep.equal(value);
  });

  it('choose by the other field whatever comes first', () => {
    const bytes = attribute(2, concat(attribute(2, attribute(2, word(6))), attribute(1, text('thing'))));
    expect(decodeFrom(holder, bytes)).to.deep.equal({ kind: 'thing', data: { size: 6 } });
  });

  it('keep the data of a case that nobody knows', () => {
    const bytes = attribute(2, concat(attribute(1, text('other')), attribute(2, attribute(2, word(6)))));
    const value = decodeFrom(holder, bytes);
    expect(value).to.deep.equal({ kind: 'other', data: { unknown: [{ type: 2, data: word(6) }] } });
    expect(decodeFrom(holder, encodeToBytes(holder, value as object))).to.deep.equal(value);
  });

  it('leave no empty nest behind when all in it is only told', () => {
    expect(encodeToBytes(holder, { seen: 1 })).to.have.length(0);
  });
});

describe('variants', () => {
  const flat = attributes({
    encapsulation: variant({
      tag: 'type',
      tagType: 1,
      tagKernel: 'V_TYPE',
      tagCodec: string(),
      type: 2,
      kernel: 'V_DATA',
      cases: { thing },
      doc: 'How.',
    }),
  });
  const under = attributes({
    port: variant({
      tag: 'kind',
      tagType: 1,
      tagKernel: 'V_KIND',
      tagCodec: string(),
      type: 2,
      kernel: 'V_DATA',
      cases: { thing },
      under: 'data',
      doc: 'How.',
    }),
  });

  it('are two attributes and one field', () => {
    const value = { encapsulation: { type: 'thing', size: 3 } } as const;
    const bytes = encodeToBytes(flat, value);
    expect(bytes).to.deep.equal(concat(attribute(1, text('thing')), attribute(2 | 0x8000, attribute(2, word(3)))));
    expect(decodeFrom(flat, bytes)).to.deep.equal(value);
    // Whatever comes first.
    expect(decodeFrom(flat, concat(bytes.subarray(12), bytes.subarray(0, 12)))).to.deep.equal(value);
  });

  it('may have their fields under a name', () => {
    const value = { port: { kind: 'thing', data: { size: 3 } } } as const;
    expect(decodeFrom(under, encodeToBytes(under, value))).to.deep.equal(value);
    expect(decodeFrom(under, encodeToBytes(under, { port: { kind: 'thing' } }))).to.deep.equal({ port: { kind: 'thing' } });
  });

  it('keep what belongs to a tag that nobody knows', () => {
    const bytes = concat(attribute(1, text('new')), attribute(2, attribute(7, word(1))));
    const value = decodeFrom(flat, bytes);
    expect(value).to.deep.equal({ encapsulation: { type: 'new', unknown: [{ type: 7, data: word(1) }] } });
    expect(decodeFrom(flat, encodeToBytes(flat, value as object))).to.deep.equal(value);
  });

  it('are refused without a tag, with a wrong field, and with a wrong value', () => {
    for (const wrong of [{}, { type: 'thing', sise: 1 }, { type: 'thing', size: -1 }, 7, null]) {
      expect(
        errorOf(() => encodeToBytes(flat, { encapsulation: wrong as never })),
        JSON.stringify(wrong),
      ).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    }
    expect(errorOf(() => encodeToBytes(under, { port: { kind: 'thing', data: { size: -1 } } })).message).to.contain('port.data.size');
  });
});

describe('structs', () => {
  const shape = struct({
    a: member(u16, 'a', 'A.'),
    pad: padding(2),
    b: member(u32, 'b', 'B.'),
    c: later(u32, 'c', 'C.', { since: '5.0' }),
  });

  it('have no implicit padding, and 0 where nothing is given', () => {
    expect(shape.size).to.equal(12);
    expect(encodeToBytes(shape, { b: 0x01010101 })).to.deep.equal(Uint8Array.of(0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0));
  });

  it('of older kernels are shorter, of newer ones longer', () => {
    expect(decodeFrom(shape, new Uint8Array(8))).to.deep.equal({ a: 0, b: 0 });
    expect(decodeFrom(shape, new Uint8Array(10))).to.deep.equal({ a: 0, b: 0 });
    expect(decodeFrom(shape, new Uint8Array(40))).to.deep.equal({ a: 0, b: 0, c: 0 });
  });

  it('that lack what every kernel has are errors', () => {
    expect(errorOf(() => decodeFrom(shape, new Uint8Array(6)))).to.include({ code: 'NETLANE_DECODE', path: 'b', offset: 4 });
  });

  it('refuse fields that they do not have, and padding', () => {
    expect(errorOf(() => encodeToBytes(shape, { d: 1 } as object))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    expect(errorOf(() => encodeToBytes(shape, { pad: 1 } as object))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
  });

  it('may hold arrays of a fixed length', () => {
    const two = tuple(u16, 2);
    expect(decodeFrom(two, encodeToBytes(two, [1, 2]))).to.deep.equal([1, 2]);
    expect(errorOf(() => encodeToBytes(two, [1]))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
  });
});

describe('lists', () => {
  const holder = attributes({
    names: field(1, list(string(), 9), 'L_NAMES', 'Names.'),
    targets: field(2, numbered(ipv4, 0), 'L_TARGETS', 'Targets.'),
    sizes: field(3, packed(u16), 'L_SIZES', 'Sizes.'),
    things: field(4, repeated(thing, 4), 'L_THINGS', 'Things.'),
  });

  it('are nests of one type, numbered nests, packed, or beside the others', () => {
    const value = { names: ['a', 'b'], targets: ['1.2.3.4', '5.6.7.8'], sizes: [1, 2, 3], things: [{ size: 1 }, { name: 'x' }] };
    const bytes = encodeToBytes(holder, value);
    expect(bytes).to.deep.equal(
      concat(
        attribute(1 | 0x8000, concat(attribute(9, text('a')), attribute(9, text('b')))),
        attribute(2 | 0x8000, concat(attribute(0, Uint8Array.of(1, 2, 3, 4)), attribute(1, Uint8Array.of(5, 6, 7, 8)))),
        attribute(3, new Uint8Array(new Uint16Array([1, 2, 3]).buffer)),
        attribute(4 | 0x8000, attribute(2, word(1))),
        attribute(4 | 0x8000, attribute(1, text('x'))),
      ),
    );
    expect(decodeFrom(holder, bytes)).to.deep.equal(value);
  });

  it('name the entry that is wrong', () => {
    expect(errorOf(() => encodeToBytes(holder, { sizes: [1, -1] })).message).to.contain('sizes[1]');
    expect(errorOf(() => encodeToBytes(holder, { things: [{}, {}, { size: -1 }] })).message).to.contain('things[2].size');
    expect(errorOf(() => encodeToBytes(holder, { targets: ['1.2.3.4', 'x'] })).message).to.contain('targets[1]');
    expect(errorOf(() => encodeToBytes(holder, { names: 'ab' as unknown as string[] }))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    const error = errorOf(() => decodeFrom(holder, attribute(2, concat(attribute(0, word(1)), attribute(1, new Uint8Array(2))))));
    expect(error).to.include({ path: 'targets[1]', offset: 16 });
  });

  it('of records end with their length, and never go on for ever', () => {
    const hop = struct({ length: hidden(u16, 'len'), weight: member(u16, 'weight', 'Weight.') });
    const hops = records(hop);
    expect(decodeFrom(hops, encodeToBytes(hops, [{ weight: 1 }, { weight: 2 }]))).to.deep.equal([{ weight: 1 }, { weight: 2 }]);
    for (const length of [0, 1, 5]) {
      const bytes = new Uint8Array(4);
      new DataView(bytes.buffer).setUint16(0, length, littleEndian);
      expect(
        errorOf(() => decodeFrom(hops, bytes)),
        String(length),
      ).to.include({ code: 'NETLANE_DECODE' });
    }
  });
});

describe('objects', () => {
  interface Nested {
    index?: number;
    size?: number;
    child?: Nested;
  }
  const nested: Codec<Nested, Nested> = object({
    title: 'nested',
    header: struct({ index: member(link, 'index', 'Index.') }),
    attributes: attributes({
      size: field(1, u32, 'N_SIZE', 'Size.'),
      child: field(
        2,
        lazy(() => nested),
        'N_CHILD',
        'Child.',
      ),
    }),
  }) as unknown as Codec<Nested, Nested>;

  it('are a header and attributes, flat', () => {
    expect(encodeToBytes(nested, { size: 2, index: 1 })).to.deep.equal(concat(word(1), attribute(1, word(2))));
    expect(decodeFrom(nested, concat(word(1), attribute(1, word(2))))).to.deep.equal({ index: 1, size: 2 });
  });

  it('may hold themselves, as deep as anybody needs and no deeper', () => {
    const value: Nested = { index: 1, child: { index: 2, child: { index: 3, size: 4 } } };
    expect(decodeFrom(nested, encodeToBytes(nested, value))).to.deep.equal(value);
    let bytes: Uint8Array = word(0);
    for (let depth = 0; depth < 100; depth++) bytes = concat(word(0), attribute(2, bytes));
    expect(errorOf(() => decodeFrom(nested, bytes)).message).to.contain('nested deeper than 32');
  });

  it('can be decoded again after an error, by the same input', () => {
    const input = new Input(concat(attribute(2, word(0)), word(7), attribute(1, word(2))));
    for (let round = 0; round < 100; round++) {
      expect(errorOf(() => nested.decode(input.at(0, 3)))).to.include({ code: 'NETLANE_DECODE' });
      expect(nested.decode(input.at(8, 20))).to.deep.equal({ index: 7, size: 2 });
    }
  });

  it('take links by index, object or name; names are for the references', () => {
    const asked: string[] = [];
    const references = {
      link(name: string) {
        asked.push(name);
        return 42;
      },
      namespace: () => -1,
    };
    const bytes = (index: unknown): Uint8Array => {
      const output = new Output({ references });
      nested.encode({ index: index as number }, output);
      return output.finish();
    };
    expect(bytes(7)).to.deep.equal(word(7));
    expect(bytes({ index: 7, name: 'x' })).to.deep.equal(word(7));
    expect(bytes({ name: 'x' })).to.deep.equal(word(42));
    expect(bytes('v0')).to.deep.equal(word(42));
    expect(asked).to.deep.equal(['x', 'v0']);
    for (const wrong of ['', -1, 1.5, 2 ** 31, {}, null, true]) {
      expect(
        errorOf(() => bytes(wrong)),
        JSON.stringify(wrong),
      ).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    }
    expect(errorOf(() => encodeToBytes(nested, { index: 'v0' as unknown as number })).message).to.contain('index');
  });
});
