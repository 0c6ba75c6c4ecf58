import { expect } from 'chai';
import { attribute, buildMessage, nest, parseMessages, u16, u32, type ParsedMessage } from '../../lib/testing.js';
import { differences, unknownIn } from '../support/vectors.js';

function route(flags: number, type: number, ...attributes: readonly Uint8Array[]): ParsedMessage {
  const header = Uint8Array.of(2, 16, 0, 0, 254, 3, 0, type, 0, 0, 0, 0);
  const [message] = parseMessages(buildMessage({ type: 24, flags, body: [header, ...attributes] }));
  return message ?? expect.fail('it is a message');
}

describe('the comparison of requests', () => {
  const metrics = [attribute(2, u32(1400)), attribute(9, u32(5))] as const;
  const theirs = route(5, 1, attribute(4, u32(7)), attribute(8, metrics[0]), attribute(1, u16(9)));

  it('passes over the order of attributes, and flags of nests that only we set', () => {
    expect(differences(theirs, route(5, 1, attribute(1, u16(9)), nest(8, metrics[0]), attribute(4, u32(7))))).to.deep.equal([]);
    const [one, other] = metrics;
    expect(differences(route(5, 1, nest(8, one, other)), route(5, 1, nest(8, other, one)))).to.deep.equal([]);
  });

  it('tells what is different: flags, header, a value deep inside, what only one has', () => {
    expect(differences(theirs, route(4, 1, attribute(4, u32(7)), attribute(8, metrics[0]), attribute(1, u16(9))))).to.deep.equal([
      'flags: 5 there, 4 here',
    ]);
    expect(differences(route(5, 1), route(5, 6))).to.have.length(1);
    expect(differences(theirs, route(5, 1, attribute(4, u32(7)), attribute(8, attribute(2, u32(1401)))))).to.deep.equal([
      '8.2: 78050000 there, 79050000 here',
      '1: only there, 0900',
    ]);
    expect(differences(route(5, 1), route(5, 1, attribute(4, u32(7))))).to.deep.equal(['4: only here, 07000000']);
    expect(differences(route(5, 1, nest(8, metrics[0])), route(5, 1, attribute(8, metrics[0])))).to.deep.equal([
      '8: flags 8000 there, 0 here',
    ]);
  });

  it('keeps the order of attributes of one type', () => {
    const [one, other] = [attribute(12, u32(1)), attribute(12, u32(2))];
    expect(differences(route(5, 1, one, other), route(5, 1, other, one))).to.have.length(2);
  });

  it('takes nexthops apart, whatever stands between them', () => {
    // struct rtnexthop: length, flags, hops, link; then a via of 18 bytes, and two bytes up to the next.
    const hop = (padding: number, link: number): Uint8Array => {
      const via = attribute(18, new Uint8Array(18));
      via.fill(padding, via.length - 2);
      return Uint8Array.of(8 + via.length, 0, 0, 0, link, 0, 0, 0, ...via);
    };
    expect(differences(route(5, 1, attribute(9, hop(1, 7))), route(5, 1, attribute(9, hop(0, 7))))).to.deep.equal([]);
    expect(differences(route(5, 1, attribute(9, hop(0, 7))), route(5, 1, attribute(9, hop(0, 8))))).to.have.length(1);
  });

  it('finds what was decoded without being known', () => {
    expect(unknownIn({ a: [{ b: 1 }, { unknown: [{ type: 1, data: new Uint8Array(2) }] }], unknown: [] })).to.deep.equal([
      'a.1.unknown',
      'unknown',
    ]);
  });
});
