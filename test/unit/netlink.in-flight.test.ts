import { expect } from 'chai';
import { InFlight } from '../../lib/netlink/in-flight.js';
import { createBarrier, type Pending } from '../../lib/netlink/pending.js';
import { numbers } from '../support/numbers.js';

const options = { protocol: 0, namespace: 'a test', timeout: 0 };

function pendingOf(sequence: number): Pending {
  const pending = createBarrier(options);
  pending.sequence = sequence;
  return pending;
}

/** What it is to be like: a Map has the order in which its entries came. */
function compare(flight: InFlight, model: ReadonlyMap<number, Pending>): void {
  expect(flight.size).to.equal(model.size);
  expect(flight.all()).to.deep.equal([...model.values()]);
  expect(flight.first).to.equal(model.values().next().value);
}

describe('Requests on their way', () => {
  it('keep their order where 0 is left out, which has a place that nobody takes', () => {
    const after = (sequence: number): number => (sequence === 0xffff_ffff ? 1 : sequence + 1);
    for (const [first, others, gone] of [
      [0xffff_fc00, 1030, [0xffff_fc01, 0xffff_fc0f]],
      [0xffff_fff0, 20, [0xffff_fff1, 0xffff_fff1]],
    ] as const) {
      const flight = new InFlight();
      const model = new Map<number, Pending>();
      let sequence: number = first;
      for (let at = 0; at <= others; at += 1) {
        const pending = pendingOf(sequence);
        flight.add(pending);
        model.set(sequence, pending);
        if (at === 2 && gone[0] === gone[1]) {
          flight.delete(gone[0]);
          model.delete(gone[0]);
        }
        sequence = after(sequence);
      }
      compare(flight, model);
      for (let number = gone[0]; number <= gone[1]; number += 1) {
        flight.delete(number);
        model.delete(number);
      }
      compare(flight, model);
    }
  });

  for (const start of [1, 0xffff_f000, 0xffff_f7a1, 0xffff_fc00, 0x7fff_ffff]) {
    it(`have the order in which they left, also where some stay behind for long (from ${start} on)`, () => {
      const flight = new InFlight();
      const model = new Map<number, Pending>();
      const next = numbers(start);
      let sequence = start;
      for (let step = 0; step < 12_000; step += 1) {
        // Now few and now thousands, so that places are needed twice.
        const wanted = [10, 300, 3000][Math.floor(step / 1500) % 3] ?? 0;
        if (model.size < wanted || next(2) === 0) {
          const pending = pendingOf(sequence);
          // 0 is no sequence number, and those that are in use are left out.
          do sequence = (sequence + 1) >>> 0;
          while (sequence === 0 || model.has(sequence));
          flight.add(pending);
          model.set(pending.sequence, pending);
        } else {
          // Mostly the first, as answers come; now and then any.
          const keys = [...model.keys()];
          const key = keys[next(20) === 0 ? next(keys.length) : next(Math.min(keys.length, 3))] ?? 0;
          expect(flight.get(key)).to.equal(model.get(key));
          expect(flight.delete(key)).to.equal(model.delete(key));
          expect(flight.has(key)).to.equal(false);
          expect(flight.delete(key)).to.equal(false);
        }
        if (step % 97 === 0) compare(flight, model);
      }
      compare(flight, model);
      for (const key of Array.from(model.keys())) {
        expect(flight.first?.sequence).to.equal(key);
        flight.delete(key);
        model.delete(key);
      }
      compare(flight, model);
      flight.add(pendingOf(77));
      flight.clear();
      compare(flight, new Map());
    });
  }

  it('are found by their own number only', () => {
    const flight = new InFlight();
    flight.add(pendingOf(5));
    expect(flight.get(5 + 1024)).to.equal(undefined);
    flight.add(pendingOf(5 + 1024));
    expect(flight.get(5)?.sequence).to.equal(5);
    expect(flight.get(5 + 1024)?.sequence).to.equal(5 + 1024);
    expect(flight.delete(5 + 2048)).to.equal(false);
    expect(flight.delete(5)).to.equal(true);
    expect(flight.first?.sequence).to.equal(5 + 1024);
  });
});
