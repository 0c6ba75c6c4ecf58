import { expect } from 'chai';
import fc from 'fast-check';
import { Queue } from '../../lib/netlink/queue.js';

describe('a queue', () => {
  it('does what an array does, whatever is done to it', () => {
    const action = fc.oneof(
      { weight: 4, arbitrary: fc.constant('push') },
      { weight: 3, arbitrary: fc.constant('shift') },
      fc.constant('unshift'),
      fc.constant('delete'),
      fc.constant('delete all'),
      { weight: 1, arbitrary: fc.constant('many') },
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 100 }), fc.boolean(), (actions, clear) => {
        const queue = new Queue<number>();
        const model: number[] = [];
        let next = 0;
        for (const one of actions) {
          if (one === 'push') {
            queue.push(next);
            model.push(next++);
          } else if (one === 'many') {
            for (let count = 0; count < 1500; count++) {
              queue.push(next);
              model.push(next++);
            }
            for (let count = 0; count < 1400; count++) expect(queue.shift()).to.equal(model.shift());
          } else if (one === 'shift') expect(queue.shift()).to.equal(model.shift());
          else if (one === 'delete all') {
            const meant = (item: number): boolean => item % 3 === 0;
            expect(queue.deleteAll(meant)).to.deep.equal(model.filter(meant));
            const rest = model.filter((item) => !meant(item));
            model.splice(0, model.length, ...rest);
          } else if (one === 'unshift') {
            queue.unshift(next);
            model.unshift(next++);
          } else {
            const at = Math.floor(model.length / 2);
            const item = model[at] ?? -1;
            queue.delete(item);
            if (item !== -1) model.splice(at, 1);
          }
          expect(queue.first).to.equal(model[0]);
          expect(queue).to.have.length(model.length);
        }
        if (clear) {
          expect(queue.clear()).to.deep.equal(model);
          expect(queue.first).to.equal(undefined);
        }
      }),
      { numRuns: 50 },
    );
  });
});
