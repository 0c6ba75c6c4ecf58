import { expect } from 'chai';
import { Sequence } from '../../lib/netlink/sequence.js';

const none = (): boolean => false;

describe('sequence numbers', () => {
  it('go round at 2^32 and leave out 0', () => {
    const sequence = new Sequence(0xfffffffd);
    expect([1, 2, 3, 4].map(() => sequence.next(none))).to.deep.equal([0xfffffffe, 0xffffffff, 1, 2]);
  });

  it('leave out those in flight, also across the turn', () => {
    const inFlight = new Set([0xffffffff, 1, 2, 4]);
    const sequence = new Sequence(0xfffffffd);
    expect([1, 2, 3].map(() => sequence.next((number) => inFlight.has(number)))).to.deep.equal([0xfffffffe, 3, 5]);
  });

  it('know which were given out: a reply to one of those is late, another is none of ours', () => {
    const sequence = new Sequence(0xfffffffd);
    expect(sequence.issued(0xfffffffe)).to.equal(false);
    for (let count = 0; count < 3; count += 1) sequence.next(none);
    expect([0xfffffffd, 0xfffffffe, 0xffffffff, 0, 1, 2].map((number) => sequence.issued(number))).to.deep.equal([
      false,
      true,
      true,
      false,
      true,
      false,
    ]);
  });

  it('start somewhere else each time', () => {
    const starts = new Set(Array.from({ length: 20 }, () => Sequence.random().next(none)));
    expect(starts.size).to.be.greaterThan(1);
  });
});
