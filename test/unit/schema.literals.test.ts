import { expect } from 'chai';
import { Input, type Codec, type Fields } from '../../lib/codec/codec.js';
import { walk } from '../../lib/codec/documentation.js';
import { littleEndian } from '../../lib/codec/scalars.js';
import { later, member, struct, type StructCodec, type Members } from '../../lib/codec/struct.js';
import { u32, u8 } from '../../lib/codec/scalars.js';
import { linkProtocols } from '../../lib/schema/route/link-protocols.js';
import { messages } from '../support/schemas.js';

function isStruct(codec: Codec<unknown, never>): codec is StructCodec<Members> & Codec<unknown, never> {
  return 'layout' in codec && 'literal' in codec;
}

/** Every struct of a message that is read by a literal as well. */
const literals = new Map<StructCodec<Members>, string>();
for (const [title, { codec }] of Object.entries(messages)) {
  for (const { field, path } of walk(codec)) {
    if (isStruct(field.codec) && field.codec.literal !== undefined && !literals.has(field.codec))
      literals.set(field.codec, `${title}.${path.join('.')}`);
  }
}

/** All bytes differ, so that a member that is read in another's place shows. */
const different = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, index) => index * 7 + 1);

/** An object as it is written, its fields in their order; bigint has no JSON. */
const written = (value: object): string => JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? `${one}n` : one));

/** IFLA_AF_SPEC with an array of so many settings, numbered from 1. */
function settingsOf(family: number, attribute: number, count: number): Uint8Array {
  const bytes = new Uint8Array(8 + 4 * count);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, bytes.length, littleEndian);
  view.setUint16(2, family, littleEndian);
  view.setUint16(4, bytes.length - 4, littleEndian);
  view.setUint16(6, attribute, littleEndian);
  for (let index = 0; index < count; index++) view.setInt32(8 + 4 * index, index + 1, littleEndian);
  return bytes;
}

describe('what is read as one literal', () => {
  it('is what its members say, in their order', () => {
    expect([...literals.values()]).to.include.members(['link.statistics', 'link.map']);
    for (const [{ layout, literal, size }, title] of literals) {
      for (const bigint of [false, true]) {
        const byMembers: Fields = {};
        layout.read(new Input(different(size), { bigint }), byMembers, {});
        const input = new Input(different(size), { bigint });
        expect(written(literal?.(input) ?? {}), title).to.equal(written(byMembers));
        expect(input.position, title).to.equal(size);
      }
    }
  });

  it('is read member by member where the kernel has fewer', () => {
    const of = struct({ first: member(u32, 'first', 'One.'), last: later(u8, 'last', 'Other.') }, (input) => ({
      first: u32.decode(input),
      last: u8.decode(input),
    }));
    expect(of.decode(new Input(Uint8Array.of(0, 0, 0, 0)))).to.deep.equal({ first: 0 });
    expect(of.decode(new Input(Uint8Array.of(0, 0, 0, 0, 9)))).to.deep.equal({ first: 0, last: 9 });
  });

  for (const { title, family, attribute, known, first, last } of [
    { title: 'ipv4' as const, family: 2, attribute: 1, known: 33, first: 'forwarding', last: 'arp_evict_nocarrier' },
    { title: 'ipv6' as const, family: 10, attribute: 2, known: 60, first: 'forwarding', last: 'force_forwarding' },
  ]) {
    it(`has as many settings of ${title} as the kernel, older or newer`, () => {
      const read = (count: number): Fields => linkProtocols.decode(new Input(settingsOf(family, attribute, count)))[title]?.settings ?? {};
      const all = read(known);
      expect(Object.keys(all)).to.have.lengthOf(known);
      expect(all).to.include({ [first]: 1, [last]: known });
      for (const count of [0, 1, known - 2, known - 1]) {
        expect(Object.entries(read(count)), `${count} settings`).to.deep.equal(Object.entries(all).slice(0, count));
      }
      const newer = read(known + 2);
      expect(newer).to.deep.equal({ ...all, [known]: known + 1, [known + 1]: known + 2 });
    });
  }
});
