import { expect } from 'chai';
import { Entries, type Batch } from '../../lib/netlink/entries.js';
import { rejectionOf } from '../support/error-of.js';

const place = { steps: 0 };

async function* batches(values: readonly (readonly number[])[], ended?: () => void): AsyncGenerator<Batch<number>, undefined, undefined> {
  try {
    for (const each of values) {
      await Promise.resolve();
      yield { values: each, place };
    }
    return undefined;
  } finally {
    ended?.();
  }
}

/** The same by the language's own generator: what Entries must behave like. */
async function* own(values: readonly (readonly number[])[], ended?: () => void): AsyncGenerator<number, undefined, undefined> {
  for await (const batch of batches(values, ended)) yield* batch.values;
  return undefined;
}

const three = [[1, 2], [], [3]] as const;

const both = {
  entries: (ended?: () => void): AsyncGenerator<number, undefined, undefined> => new Entries(() => batches(three, ended)),
  generator: (ended?: () => void): AsyncGenerator<number, undefined, undefined> => own(three, ended),
};

for (const [name, make] of Object.entries(both)) {
  describe(`values of batches one by one: ${name}`, () => {
    it('come in order and end, and go on having ended', async () => {
      const reader = make();
      const seen: number[] = [];
      for await (const value of reader) seen.push(value);
      expect(seen).to.deep.equal([1, 2, 3]);
      expect(await reader.next()).to.deep.equal({ done: true, value: undefined });
    });

    it('answer calls in the order in which they were made, also those behind the end', async () => {
      const reader = make();
      const order: number[] = [];
      const answers = [0, 1, 2, 3, 4].map(async (number) => {
        const answer = await reader.next();
        order.push(number);
        return answer.value;
      });
      expect(await Promise.all(answers)).to.deep.equal([1, 2, 3, undefined, undefined]);
      expect(order).to.deep.equal([0, 1, 2, 3, 4]);
    });

    it('left early, end where they come from; return() waits for the calls before it', async () => {
      let ended = 0;
      const reader = make(() => ended++);
      expect((await reader.next()).value).to.equal(1);
      const [second, left, after] = await Promise.all([reader.next(), reader.return(undefined), reader.next()]);
      expect([second.value, left, after.done]).to.deep.equal([2, { done: true, value: undefined }, true]);
      expect(ended).to.equal(1);
      await reader.return(undefined);
      expect(ended).to.equal(1);
    });

    it('give back what is thrown at them, and end', async () => {
      let ended = 0;
      const reader = make(() => ended++);
      await reader.next();
      const mine = new Error('mine');
      expect(await rejectionOf(reader.throw(mine))).to.equal(mine);
      expect(ended).to.equal(1);
      expect((await reader.next()).done).to.equal(true);
    });

    it('that were never asked for begin nothing', async () => {
      let ended = 0;
      const reader = make(() => ended++);
      await reader.return(undefined);
      expect([(await reader.next()).done, ended]).to.deep.equal([true, 0]);
    });
  });
}

describe('values of batches one by one', () => {
  it('reject with what their source fails with, once', async () => {
    const mine = new Error('mine');
    const failing = new Entries(() => Promise.reject(mine));
    expect(await rejectionOf(failing.next())).to.equal(mine);
    expect((await failing.next()).done).to.equal(true);
  });

  it('end with an error that only says that there is nothing more', async () => {
    const mine = new Error('mine');
    const failing = new Entries(
      () => Promise.reject(mine),
      (error) => error === mine,
    );
    expect((await failing.next()).done).to.equal(true);
  });

  it('count what is taken, for whoever waits for it to be', async () => {
    const before = place.steps;
    const reader = new Entries(() => batches([[1, 2, 3]]));
    await reader.next();
    await reader.next();
    expect(place.steps - before).to.equal(2);
  });
});
