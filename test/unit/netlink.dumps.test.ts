import { expect } from 'chai';
import { EBUSY, NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST } from '../../lib/netlink/constants.js';
import {
  ack,
  impostor,
  later,
  multi,
  overrun,
  refuse,
  reply,
  u32,
  withLength,
  withSequence,
  type FakeHandler,
  type FakeKernel,
  type FakeRequest,
} from '../../lib/testing.js';
import { FakeClock } from '../support/clock.js';
import { rejectionOf } from '../support/error-of.js';
import { numberIn, RTM, settle, withSocket } from '../support/fake-socket.js';

const dumpLinks = { type: RTM.GETLINK, flags: NLM_F_DUMP } as const;

function numbers(count: number, first = 0): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => u32(first + index));
}

/** Dumps that are interrupted that many times, then not. */
function interrupted(times: number): FakeHandler {
  let count = 0;
  return (request) => multi(request, numbers(3, count * 10), { interrupted: ++count <= times });
}

/** In mid-dump, the kernel tells of something, so many times. */
function disturbed(times: number, disturb: (kernel: FakeKernel) => void): FakeHandler {
  let count = 0;
  return (request, kernel) =>
    multi(
      request,
      (function* () {
        yield u32(1);
        if (++count <= times) disturb(kernel);
        yield u32(2);
      })(),
      { perDatagram: 1 },
    );
}

describe('a dump', () => {
  it('resolves with all its messages in order, on an fd of its own, and without an acknowledgement', async () => {
    await withSocket(
      (request) => multi(request, numbers(1000), { perDatagram: 7 }),
      async (socket, kernel) => {
        const { messages } = await socket.request(dumpLinks);
        expect(messages.map(({ body }) => numberIn(body))).to.deep.equal(Array.from({ length: 1000 }, (_, index) => index));
        expect(messages.every(({ type }) => type === RTM.NEWLINK)).to.equal(true);
        expect(kernel.transports.map(({ requests }) => requests.length)).to.deep.equal([0, 1]);
        expect(kernel.requests[0]?.flags).to.equal(NLM_F_REQUEST | NLM_F_DUMP);
        expect(kernel.requests[0]?.sequence).not.to.equal(0);
      },
    );
  });

  it('may be empty', async () => {
    await withSocket(
      (request) => multi(request, []),
      async (socket) => {
        expect((await socket.request(dumpLinks)).messages).to.deep.equal([]);
      },
    );
  });

  it('may be answered with one plain message, as some subsystems do', async () => {
    await withSocket(
      (request) => reply(request, u32(4)),
      async (socket) => {
        expect((await socket.request(dumpLinks)).messages.map(({ body }) => numberIn(body))).to.deep.equal([4]);
      },
    );
  });

  it('uses the fd of an earlier one again, and keeps its options', async () => {
    await withSocket(
      (request) => multi(request, numbers(2)),
      async (socket, kernel) => {
        for (let count = 0; count < 5; count += 1) await socket.request(dumpLinks);
        expect(kernel.transports.length).to.equal(2);
        expect(kernel.transports[1]?.options.options).to.deep.include({ option: 12, value: 1, optional: true });
        expect(kernel.transports[1]?.slabsOut).to.equal(0);
        expect(kernel.transports[1]?.referenced).to.equal(false);
      },
    );
  });

  it('tells a change whose flags have the bits of NLM_F_DUMP (replace, excl) from one', async () => {
    await withSocket(
      (request) => ack(request),
      async (socket, kernel) => {
        await socket.request({ type: RTM.NEWROUTE, flags: NLM_F_DUMP });
        expect(kernel.transports.length).to.equal(1);
        expect(kernel.requests[0]?.flags).to.equal(NLM_F_REQUEST | NLM_F_ACK | NLM_F_DUMP);
      },
    );
  });

  it('does not hold up requests, nor they it', async () => {
    let open = (): void => undefined;
    await withSocket(
      (request, kernel) => {
        if (request.type !== RTM.GETLINK) return ack(request);
        open = () => {
          kernel.answer(request, multi(request, numbers(2)));
        };
        return undefined;
      },
      async (socket) => {
        const dump = socket.request(dumpLinks);
        for (let count = 0; count < 3; count += 1) await socket.request({ type: RTM.NEWLINK });
        open();
        expect((await dump).messages.length).to.equal(2);
      },
    );
  });

  it('believes no impostors', async () => {
    await withSocket(
      (request) => [impostor(reply(request, u32(666), { flags: 2 })), impostor(refuse(request, 5)), multi(request, numbers(2))],
      async (socket) => {
        expect((await socket.request(dumpLinks)).messages.map(({ body }) => numberIn(body))).to.deep.equal([0, 1]);
      },
    );
  });

  it('that is refused with EBUSY says so', async () => {
    await withSocket(
      (request) => refuse(request, EBUSY),
      async (socket) => {
        expect(await rejectionOf(socket.request(dumpLinks))).to.include({ code: 'EBUSY' });
      },
    );
  });

  it('reports what a sink throws, once the rest does not matter any more, and closes that fd', async () => {
    await withSocket(
      (request) => multi(request, numbers(500), { perDatagram: 1 }),
      async (socket, kernel) => {
        const mine = new Error('cannot decode');
        const sink = (): never => {
          throw mine;
        };
        expect(await rejectionOf(socket.request(dumpLinks, { sink }))).to.equal(mine);
        await settle(kernel);
        expect(kernel.openTransports.length).to.equal(1);
      },
    );
  });
});

describe('dumps at the same time', () => {
  it('may be 50 on one socket: each gets its own answer, none EBUSY, and few fds are left', async () => {
    await withSocket(
      (request) => multi(request, numbers(40, numberIn(request.body)), { perDatagram: 3 }),
      async (socket, kernel) => {
        const replies = await Promise.all(
          Array.from({ length: 50 }, (_, index) => socket.request({ ...dumpLinks, body: u32(index * 100) })),
        );
        replies.forEach(({ messages }, index) => {
          expect(messages.map(({ body }) => numberIn(body))).to.deep.equal(Array.from({ length: 40 }, (_, each) => index * 100 + each));
        });
        expect(kernel.transports.length).to.be.at.most(17);
        expect(kernel.openTransports.length).to.be.at.most(5);
      },
    );
  });

  it('go on when one of them fails', async () => {
    await withSocket(
      (request) => (numberIn(request.body) % 2 === 0 ? refuse(request, 5) : multi(request, numbers(3))),
      async (socket) => {
        const outcomes = await Promise.allSettled(
          Array.from({ length: 40 }, (_, index) => socket.request({ ...dumpLinks, body: u32(index) })),
        );
        outcomes.forEach(({ status }, index) => expect(status).to.equal(index % 2 === 0 ? 'rejected' : 'fulfilled'));
      },
    );
  });

  it('that cannot open an fd reject with the reason, and leave their place to the next', async () => {
    await withSocket(
      (request) => multi(request, numbers(1)),
      async (socket, kernel) => {
        kernel.failOpen(24, 20);
        const outcomes = await Promise.allSettled(Array.from({ length: 40 }, () => socket.request(dumpLinks)));
        const failed = outcomes.filter(({ status }) => status === 'rejected');
        expect(failed.length).to.equal(20);
        expect(failed[0]).to.have.nested.property('reason.code', 'EMFILE');
      },
    );
  });
});

describe('an interrupted dump', () => {
  it('is made again, and only the last one is given', async () => {
    await withSocket(interrupted(3), async (socket, kernel) => {
      const { messages } = await socket.request(dumpLinks);
      expect(messages.map(({ body }) => numberIn(body))).to.deep.equal([30, 31, 32]);
      expect(kernel.requests.length).to.equal(4);
    });
  });

  it('is noticed in the middle of the dump, too', async () => {
    let count = 0;
    await withSocket(
      (request) => multi(request, numbers(4, 10 * count++), { interrupted: count === 1 ? 2 : false }),
      async (socket) => {
        expect((await socket.request(dumpLinks)).messages.map(({ body }) => numberIn(body))).to.deep.equal([10, 11, 12, 13]);
      },
    );
  });

  it('each time is NETLANE_DUMP_INTERRUPTED after 10 attempts, never a partial answer', async () => {
    await withSocket(interrupted(1000), async (socket, kernel) => {
      const error = await rejectionOf(socket.request(dumpLinks));
      expect(error).to.include({ code: 'NETLANE_DUMP_INTERRUPTED', namespace: 'fake' });
      expect(error.message).to.match(/RTM_GETLINK in fake.*10 attempts/);
      expect(kernel.requests.length).to.equal(10);
    });
  });

  it('is given up earlier when the time-out is over', async () => {
    await withSocket(interrupted(1000), async (socket, kernel) => {
      expect(await rejectionOf(socket.request({ ...dumpLinks, timeout: 8 }))).to.include({ code: 'NETLANE_DUMP_INTERRUPTED' });
      expect(kernel.requests.length).to.be.lessThan(10);
    });
  });

  it('tells its sink to start afresh each time', async () => {
    await withSocket(interrupted(2), async (socket) => {
      let seen: number[] = [];
      let starts = 0;
      await socket.request(dumpLinks, {
        sink: (view) => void seen.push(numberIn(view.bytes.subarray(view.body, view.end))),
        restart: () => {
          starts += 1;
          seen = [];
        },
      });
      expect([starts, seen]).to.deep.equal([3, [20, 21, 22]]);
    });
  });

  it('is also one with a part that cannot be read', async () => {
    let count = 0;
    await withSocket(
      (request) => [++count === 1 ? withLength(reply(request, u32(1), { flags: 2 }), 9) : [], multi(request, numbers(2, count))],
      async (socket, kernel) => {
        expect((await socket.request(dumpLinks)).messages.map(({ body }) => numberIn(body))).to.deep.equal([2, 3]);
        expect(kernel.requests.length).to.equal(2);
      },
    );
  });

  it('is also one with a part that answers something else', async () => {
    let count = 0;
    await withSocket(
      (request) => [++count === 1 ? withSequence(reply(request, u32(1), { flags: 2 }), 1) : [], multi(request, numbers(2, count))],
      async (socket, kernel) => {
        expect((await socket.request(dumpLinks)).messages.map(({ body }) => numberIn(body))).to.deep.equal([2, 3]);
        expect(kernel.requests.length).to.equal(2);
      },
    );
  });

  it('is also one during which the kernel dropped something', async () => {
    let count = 0;
    await withSocket(
      (request) => [++count === 1 ? overrun() : [], multi(request, numbers(2, count))],
      async (socket) => {
        expect((await socket.request(dumpLinks)).messages.map(({ body }) => numberIn(body))).to.deep.equal([2, 3]);
      },
    );
  });
});

describe('a dump that the kernel does not guard', () => {
  /** RTM_GETRULE of IPv4 (family in the first byte) is told of by RTNLGRP_IPV4_RULE, 8. */
  const dumpRules = { type: RTM.GETRULE, flags: NLM_F_DUMP, body: new Uint8Array([2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]) } as const;

  it('joins the group that tells of changes before it starts, on its own fd', async () => {
    await withSocket(
      (request) => multi(request, numbers(1)),
      async (socket, kernel) => {
        await socket.request(dumpRules);
        expect(kernel.requests[0]?.transport.options.groups).to.deep.equal([8]);
        expect(await socket.memberships()).to.deep.equal([]);
        await settle(kernel);
        expect(kernel.openTransports.length, 'and is not used for others').to.equal(1);
      },
    );
  });

  it('counts as interrupted by an event about what is dumped', async () => {
    await withSocket(
      disturbed(2, (kernel) => kernel.event(8, { type: 33 })),
      async (socket, kernel) => {
        expect((await socket.request(dumpRules)).messages.length).to.equal(2);
        expect(kernel.requests.length).to.equal(3);
      },
    );
  });

  it('does not mind events about something else', async () => {
    await withSocket(
      disturbed(1000, (kernel) => kernel.event(8, { type: 16 })),
      async (socket, kernel) => {
        expect((await socket.request(dumpRules)).messages.length).to.equal(2);
        expect(kernel.requests.length).to.equal(1);
      },
    );
  });

  it('hears groups above 32, which are no bits of a mask', async () => {
    /** RTM_GETVLAN of bridges: RTNLGRP_BRVLAN, 33. */
    const dumpVlans = { type: 114, flags: NLM_F_DUMP, body: new Uint8Array(8) } as const;
    await withSocket(
      disturbed(1, (kernel) => kernel.event(33, { type: 112 })),
      async (socket, kernel) => {
        await socket.request(dumpVlans);
        expect(kernel.requests.length).to.equal(2);
      },
    );
  });

  it('does not mind those of groups above 32 about something else', async () => {
    const dumpVlans = { type: 114, flags: NLM_F_DUMP, body: new Uint8Array(8) } as const;
    await withSocket(
      disturbed(1000, (kernel) => kernel.event(33, { type: 16 })),
      async (socket, kernel) => {
        await socket.request(dumpVlans);
        expect(kernel.requests.length).to.equal(1);
      },
    );
  });

  it('rejects when that group cannot be joined', async () => {
    await withSocket(
      (request) => multi(request, []),
      async (socket, kernel) => {
        expect(await rejectionOf(socket.request(dumpRules))).to.include({ code: 'EINVAL' });
        expect(kernel.requests).to.deep.equal([]);
      },
      { kernel: { largestGroup: 7 } },
    );
  });
});

describe('the time-out of a dump', () => {
  it('counts anew with each part', async () => {
    await FakeClock.during(async (clock) => {
      const asked: FakeRequest[] = [];
      await withSocket(
        (request) => void asked.push(request),
        async (socket, kernel) => {
          const dump = socket.request({ ...dumpLinks, timeout: 120 });
          while (asked.length === 0) await settle(kernel);
          const [request] = asked as [FakeRequest];
          // 500 ms in all.
          for (let part = 1; part <= 5; part += 1) {
            clock.advance(100);
            kernel.answer(request, reply(request, u32(part), { flags: 2 }));
            await settle(kernel);
          }
          kernel.answer(request, multi(request, []));
          expect((await dump).messages.length).to.equal(5);
        },
      );
    });
  });

  it('is NETLANE_TIMEOUT, and the fd goes with what may still come on it', async () => {
    await withSocket(
      (request) => [reply(request, u32(1), { flags: 2 }), later(100_000, [])],
      async (socket, kernel) => {
        const error = await rejectionOf(socket.request({ ...dumpLinks, timeout: 15 }));
        expect(error).to.include({ code: 'NETLANE_TIMEOUT' });
        expect(error.message).to.match(/RTM_GETLINK in fake.*15 ms/);
        expect(kernel.openTransports.length).to.equal(1);
      },
    );
  });
});
