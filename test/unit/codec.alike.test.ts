import { expect } from 'chai';
import fc from 'fast-check';
import { ip, prefix } from '../../lib/codec/address.js';
import { attributes } from '../../lib/codec/attributes.js';
import { encodeToBytes, Input, type Codec, type Fields } from '../../lib/codec/codec.js';
import { field, readOnly } from '../../lib/codec/field.js';
import { addressFamily, flags } from '../../lib/codec/names.js';
import { derived, object } from '../../lib/codec/object.js';
import { u16, u32, u8 } from '../../lib/codec/scalars.js';
import { hidden, member, struct } from '../../lib/codec/struct.js';
import { DecodeError } from '../../lib/errors.js';
import { arbitrary } from '../support/arbitraries.js';
import { messages } from '../support/schemas.js';

let copies = 0;

const thing = object({
  title: 'thing',
  family: 'family',
  header: struct({
    family: member(addressFamily, 'family', 'Family.'),
    length: hidden(u8, 'length'),
    table: hidden(u8, 'table'),
    state: member(flags(u8, { one: 1, two: 2 }), 'state', 'State.'),
  }),
  attributes: attributes({
    destination: field(1, prefix('length'), 'DST', 'Destination.'),
    gateway: field(2, ip, 'GATEWAY', 'Gateway.'),
    ages: readOnly(3, struct({ used: member(u32, 'used', 'Used.') }), 'AGES', 'Ages.'),
    mark: field(4, u32, 'MARK', 'Mark.'),
    short: field(5, u16, 'SHORT', 'Short.'),
  }),
  derived: { table: derived<number>({ codec: u32, kernel: 'table', doc: 'Table.', read: (header) => header['table'] as number }) },
  alike: {
    copy: (value) => {
      copies++;
      return { ...value };
    },
    fields: { destination: 'length', gateway: undefined, ages: undefined },
  },
}) as unknown as Codec<Fields, Fields>;

/** Like thing's: header, destination 10.0.0.N/LENGTH, gateway, ages, mark. */
function bytesOf(number: number, { length = 32, gateway = 1, used = 7, mark = 5, state = 3, table = 9 } = {}): Uint8Array {
  // prettier-ignore
  return Uint8Array.of(
    2, length, table, state, 8, 0, 1, 0, 10, 0, 0, number, 8, 0, 2, 0, 10, 0, 1, gateway, 8, 0, 3, 0, used, 0, 0, 0, 8, 0, 4, 0, mark, 0, 0, 0,
  );
}

function decode(codec: Codec<unknown, never>, bytes: Uint8Array): Fields {
  return codec.decode(new Input(bytes)) as Fields;
}

/** As an object within another, which is compared with none before it. */
function decodeAlone(codec: Codec<unknown, never>, bytes: Uint8Array): Fields | DecodeError {
  const input = new Input(bytes);
  input.enter();
  try {
    return codec.decode(input) as Fields;
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
}

/** Decodes so often that it is the one that others are compared with. */
function keep(codec: Codec<unknown, never>, bytes: Uint8Array): void {
  for (let count = 0; count < 130; count++) decode(codec, bytes);
}

describe('messages that are alike', () => {
  it('are copied, and only what differs is decoded', () => {
    keep(thing, bytesOf(1));
    copies = 0;
    const value = decode(thing, bytesOf(2, { length: 24, gateway: 3, used: 1 }));
    expect(copies).to.equal(1);
    expect(value).to.deep.equal({
      family: 'ipv4',
      state: ['one', 'two'],
      destination: '10.0.0.2/24',
      gateway: '10.0.1.3',
      ages: { used: 1 },
      mark: 5,
      table: 9,
    });
    expect(Object.keys(value)).to.deep.equal(Object.keys(decodeAlone(thing, bytesOf(2))));
    // The length alone makes it another destination.
    expect(decode(thing, bytesOf(1, { length: 31 }))['destination']).to.equal('10.0.0.1/31');
    expect(decode(thing, bytesOf(1))['destination']).to.equal('10.0.0.1/32');
  });

  it('are told from those that differ in more', () => {
    keep(thing, bytesOf(1));
    for (const other of [{ mark: 6 }, { state: 1 }, { table: 8 }]) {
      expect(decode(thing, bytesOf(1, other)), JSON.stringify(other)).to.deep.equal(decodeAlone(thing, bytesOf(1, other)));
      keep(thing, bytesOf(1));
    }
  });

  it('have nothing in common that their owners could change', () => {
    for (let count = 0; count < 130; count++) {
      const value = decode(thing, bytesOf(1));
      expect(value['state']).to.deep.equal(['one', 'two']);
      expect(value['ages']).to.deep.equal({ used: 7 });
      (value['state'] as string[]).push('three');
      (value['ages'] as Fields)['used'] = 0;
      value['mark'] = 0;
    }
  });

  it('fail where they cannot be read, with what is wrong', () => {
    // The gateway is an attribute of 6 bytes in one, with padding.
    const good = bytesOf(1);
    keep(thing, good);
    const bad = bytesOf(1);
    bad[12] = 6;
    expect(decodeAlone(thing, bad)).to.be.instanceOf(DecodeError);
    expect(() => decode(thing, bad)).to.throw(DecodeError, /gateway/);
    expect(decode(thing, good)).to.deep.equal(decodeAlone(thing, good));
  });

  for (const name of ['route', 'neighbour', 'fdb'] as const) {
    it(`are what they are one by one: ${name}, bytes of which were changed at will`, () => {
      const { codec, options } = messages[name] ?? { codec: thing };
      // Messages with objects within are not kept.
      const omit = [...(options?.omit ?? []), 'metrics', 'nexthops', 'encapsulation', 'realms', 'via', 'multicastStatistics', 'extension'];
      const change = fc.record({ at: fc.nat(), byte: fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 1, 4, 5, 8)) });
      fc.assert(
        fc.property(
          arbitrary(codec, { ...options, omit }),
          fc.array(fc.array(change, { maxLength: 4 }), { minLength: 4, maxLength: 12 }),
          (value, variations) => {
            const bytes = encodeToBytes(codec as unknown as Codec<object, object>, value);
            keep(codec, bytes);
            for (const changes of variations) {
              decode(codec, bytes);
              const varied = bytes.slice();
              for (const { at, byte } of changes) varied[at % varied.length] = byte;
              const alone = decodeAlone(codec, varied);
              if (alone instanceof DecodeError) {
                const { message } = alone;
                expect(() => decode(codec, varied)).to.throw(DecodeError, message);
              } else {
                const together = decode(codec, varied);
                expect(together).to.deep.equal(alone);
                expect(Object.keys(together)).to.deep.equal(Object.keys(alone));
              }
            }
          },
        ),
        { numRuns: process.env['NETLANE_LONG'] === '1' ? 3000 : 200 },
      );
    });
  }
});
