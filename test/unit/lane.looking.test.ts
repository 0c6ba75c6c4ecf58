import { expect } from 'chai';
import { Looking } from '../../lib/lane/looking.js';

/** Looks so many times where it pays, and notes what was found; gives how often it looked. */
function look(looking: Looking, times: number, found: (at: number) => boolean): number {
  let looks = 0;
  for (let at = 0; at < times; at++) {
    if (!looking.pays) continue;
    looks++;
    looking.note(found(at));
  }
  return looks;
}

describe('looking for the next message before sleeping', () => {
  it('goes on while at least half of the looks find something', () => {
    expect(look(new Looking(), 1000, () => true)).to.equal(1000);
    expect(look(new Looking(), 1000, (at) => at % 2 === 0)).to.equal(1000);
  });

  it('stops for 256 messages when fewer than half of 32 did', () => {
    const looking = new Looking();
    expect(look(looking, 32, () => false)).to.equal(32);
    expect(look(looking, 256, () => true)).to.equal(0);
    expect(look(looking, 32, () => true)).to.equal(32);
  });

  it('costs one look in nine when nothing is ever found', () => {
    expect(look(new Looking(), 32 * 9 * 10, () => false)).to.equal(320);
  });
});
