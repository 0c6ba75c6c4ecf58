import { expect } from 'chai';
import { Sends } from '../../lib/netlink/sends.js';

describe('the record of what left in which sendmsg', () => {
  it('gives the requests of a sendmsg once', () => {
    const sends = new Sends();
    const first = sends.add([1, 2], () => true);
    const second = sends.add([3], () => true);
    expect(first).not.to.equal(second);
    expect(sends.take(first)).to.deep.equal([1, 2]);
    expect(sends.take(first)).to.deep.equal([]);
    expect(sends.take(second)).to.deep.equal([3]);
  });

  it('forgets those whose requests were all answered, and keeps the others however many there are', () => {
    const sends = new Sends();
    const tags = Array.from({ length: 1000 }, (_, index) => sends.add([index], (sequence) => sequence % 100 === 0));
    const kept = tags.slice(0, 900).filter((tag) => sends.take(tag).length > 0);
    expect(kept.length).to.equal(9);
  });
});
