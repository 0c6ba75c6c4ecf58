import { expect } from 'chai';
import { NLM_F_DUMP } from '../../lib/netlink/constants.js';
import { ack, multi, u32 } from '../../lib/testing.js';
import { RTM, settle, withSocket } from '../support/fake-socket.js';

const messages = 100;

/** Takes so many, spending a millisecond on each, and counts the turns of the loop between the first and the last. */
async function turnsDuring(source: AsyncIterable<unknown>): Promise<number> {
  let turns = 0;
  let first = 0;
  let taken = 0;
  let immediate = setImmediate(function again() {
    turns++;
    immediate = setImmediate(again);
  });
  try {
    for await (const _ of source) {
      if (taken === 0) first = turns;
      const until = performance.now() + 1;
      while (performance.now() < until);
      if (++taken === messages) break;
    }
    return turns - first;
  } finally {
    clearImmediate(immediate);
  }
}

describe('a reader that has always something to read', () => {
  it('of a stream lets the loop have its turn', async () => {
    const bodies = Array.from({ length: messages + 1 }, (_, index) => u32(index));
    await withSocket(
      (request) => multi(request, bodies, { perDatagram: bodies.length }),
      async (socket) => {
        expect(await turnsDuring(socket.stream({ type: RTM.GETLINK, flags: NLM_F_DUMP }))).to.be.at.least(2);
      },
    );
  });

  it('of messages lets the loop have its turn', async () => {
    await withSocket(
      (request) => ack(request),
      async (socket, kernel) => {
        for (let index = 0; index < messages; index++) kernel.event(1, { type: RTM.NEWLINK, body: u32(index) });
        await settle(kernel);
        expect(await turnsDuring(socket.messages())).to.be.at.least(2);
      },
      { socket: { groups: [1] } },
    );
  });
});
