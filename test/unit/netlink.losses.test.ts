import diagnosticsChannel from 'node:diagnostics_channel';
import { expect } from 'chai';
import { NLM_F_ECHO } from '../../lib/netlink/constants.js';
import {
  ack,
  impostor,
  join,
  later,
  overrun,
  refuse,
  reply,
  truncate,
  u32,
  withLength,
  withPort,
  withSequence,
  type FakeHandler,
  type FakeRequest,
} from '../../lib/testing.js';
import { rejectionOf } from '../support/error-of.js';
import { numberIn, RTM, settle, withSocket } from '../support/fake-socket.js';

/** Answers every request but those of that many first times, which are dealt with otherwise. */
function except(times: number, first: FakeHandler, rest: FakeHandler): FakeHandler {
  let count = 0;
  return (request, kernel) => (++count <= times ? first(request, kernel) : rest(request, kernel));
}

const answering: FakeHandler = (request) => [reply(request, u32(7)), ack(request)];
const acknowledging: FakeHandler = (request) => ack(request);

describe('an overrun', () => {
  it('lets reads be sent again', async () => {
    await withSocket(
      except(2, () => overrun(), answering),
      async (socket, kernel) => {
        const { messages } = await socket.request({ type: RTM.GETLINK });
        expect(messages.map(({ body }) => numberIn(body))).to.deep.equal([7]);
        const reads = kernel.requests.filter(({ type }) => type === RTM.GETLINK);
        expect(reads.length).to.equal(3);
        expect(new Set(reads.map(({ sequence }) => sequence)).size, 'each attempt has a number of its own').to.equal(3);
        expect((await socket.statistics()).overruns).to.equal(2);
      },
    );
  });

  it('rejects changes with NETLANE_REPLY_LOST, since nobody knows whether they were carried out', async () => {
    await withSocket(
      except(1, () => overrun(), acknowledging),
      async (socket, kernel) => {
        const error = await rejectionOf(socket.request({ type: RTM.NEWLINK }));
        expect(error).to.include({ code: 'NETLANE_REPLY_LOST', namespace: 'fake' });
        expect(error.message).to.match(/RTM_NEWLINK in fake.*not known.*receiveBuffer/);
        expect(kernel.requests.filter(({ type }) => type === RTM.NEWLINK).length).to.equal(1);
        await socket.request({ type: RTM.NEWLINK });
      },
    );
  });

  it('does so for what the caller calls repeatable, or not', async () => {
    await withSocket(
      except(1, () => overrun(), acknowledging),
      async (socket, kernel) => {
        await socket.request({ type: RTM.NEWLINK, repeatable: true });
        expect(kernel.requests.filter(({ type }) => type === RTM.NEWLINK).length).to.equal(2);
      },
    );
    await withSocket(
      except(1, () => overrun(), answering),
      async (socket) => {
        expect(await rejectionOf(socket.request({ type: RTM.GETLINK, repeatable: false }))).to.include({ code: 'NETLANE_REPLY_LOST' });
      },
    );
  });

  it('gives up a read whose reply is lost each time', async () => {
    await withSocket(
      () => overrun(),
      async (socket, kernel) => {
        const error = await rejectionOf(socket.request({ type: RTM.GETLINK }));
        expect(error).to.include({ code: 'NETLANE_REPLY_LOST' });
        // A read does nothing, so that there is nothing to know of it but why.
        expect(error.message).not.to.match(/not known/);
        expect(error).to.have.deep.property('details', { receiveBuffer: 212_992 });
        expect(error.message)
          .to.match(/each time/)
          .and.to.match(/larger receiveBuffer/);
        expect(kernel.requests.filter(({ type }) => type === RTM.GETLINK).length).to.equal(5);
      },
    );
  });

  it('that lost nothing rejects nothing', async () => {
    await withSocket(
      except(3, (request) => [reply(request, u32(7)), ack(request), request.type === RTM.GETROUTE ? overrun() : []], answering),
      async (socket, kernel) => {
        const all = await Promise.all([RTM.NEWLINK, RTM.GETLINK, RTM.GETROUTE].map((type) => socket.request({ type, flags: NLM_F_ECHO })));
        expect(all.map(({ messages }) => messages.length)).to.deep.equal([1, 1, 1]);
        expect(kernel.requests.filter(({ type }) => type >= 16).length).to.equal(3);
        expect((await socket.statistics()).overruns).to.equal(1);
      },
    );
  });

  it('keeps what was queued before it: those replies are still answers', async () => {
    const held: FakeRequest[] = [];
    await withSocket(
      (request) => {
        if (held.length < 4) held.push(request);
        // The third reply finds the buffer full.
        return held.length === 4 ? [ack(held[0] ?? request), ack(held[1] ?? request), overrun(), ack(held[3] ?? request)] : [];
      },
      async (socket) => {
        const outcomes = await Promise.allSettled([0, 1, 2, 3].map(() => socket.request({ type: RTM.NEWLINK })));
        expect(outcomes.map(({ status }) => status)).to.deep.equal(['fulfilled', 'fulfilled', 'rejected', 'rejected']);
      },
    );
  });

  it('of a buffer that is really too small for a reply is survived: others are answered', async () => {
    await withSocket(
      (request) => (request.type === RTM.GETLINK ? [reply(request, new Uint8Array(9000)), ack(request)] : ack(request)),
      async (socket) => {
        const [read, change] = await Promise.allSettled([socket.request({ type: RTM.GETLINK }), socket.request({ type: RTM.NEWLINK })]);
        expect(read.status).to.equal('rejected');
        expect(change.status).to.equal('fulfilled');
      },
      { kernel: { defaultBuffer: 2304 } },
    );
  });
});

describe('a missing reply', () => {
  it('is found out by the reply to a later request: the read is sent again, the change rejects', async () => {
    await withSocket(
      except(2, () => undefined, answering),
      async (socket) => {
        const [read, change, last] = await Promise.allSettled([
          socket.request({ type: RTM.GETLINK }),
          socket.request({ type: RTM.NEWLINK }),
          socket.request({ type: RTM.NEWLINK }),
        ]);
        expect(read.status).to.equal('fulfilled');
        expect(change).to.have.nested.property('reason.code', 'NETLANE_REPLY_LOST');
        expect(last.status).to.equal('fulfilled');
      },
    );
  });
});

describe('a reply that is not one', () => {
  /** The engine with a handler that tells the truth about requests of type 24 only. */
  const lying = async (lie: (request: FakeRequest) => ReturnType<FakeHandler>, dropped: number): Promise<void> => {
    await withSocket(
      (request) => (request.type === RTM.NEWROUTE ? ack(request) : lie(request)),
      async (socket, kernel) => {
        let resolved = false;
        const first = socket.request({ type: RTM.NEWLINK }).then(
          () => (resolved = true),
          (error: unknown) => error,
        );
        await settle(kernel);
        const { dropped: counted } = await socket.statistics();
        expect(resolved, 'the lie was believed').to.equal(false);
        expect(counted).to.equal(dropped);
        await socket.request({ type: RTM.NEWROUTE });
        expect(await first).to.include({ code: 'NETLANE_REPLY_LOST' });
      },
    );
  };

  it('because another process sent it is dropped and counted', async () => {
    await lying((request) => impostor(ack(request)), 1);
  });

  it('because its sequence number was given out long ago is dropped and counted', async () => {
    await lying((request) => withSequence(ack(request), request.sequence - 1), 0);
    await withSocket(acknowledging, async (socket, kernel) => {
      await socket.request({ type: RTM.NEWLINK });
      const [old] = kernel.requests;
      if (old !== undefined) kernel.answer(old, refuse(old, 5), reply(old, u32(1)));
      await settle(kernel);
      expect((await socket.statistics()).dropped).to.equal(2);
      expect(socket.takeWaiting()).to.deep.equal([]);
    });
  });

  it('because its sequence number was never given out is nobody’s answer', async () => {
    await lying((request) => withSequence(ack(request), (request.sequence + 1000) >>> 0), 0);
  });

  it('because it is meant for another port is nobody’s answer', async () => {
    await lying((request) => withPort(ack(request), 999_999), 0);
  });

  it('because its length cannot be right is dropped and counted', async () => {
    for (const length of [0, 15, 17 + 36, 0xffffffff]) await withSocketOfLength(length);
  });

  async function withSocketOfLength(length: number): Promise<void> {
    await withSocket(
      (request) => withLength(ack(request), length),
      async (socket) => {
        const error = await rejectionOf(socket.request({ type: RTM.NEWLINK }));
        expect(error).to.include({ code: 'NETLANE_REPLY_LOST' });
        expect(error.message).to.match(/could not be read/);
        expect((await socket.statistics()).dropped).to.equal(1);
      },
    );
  }
});

describe('a datagram that ends too early', () => {
  it('never makes an answer of what is left of it, though an acknowledgement follows', async () => {
    for (const silently of [true, false]) {
      await withSocket(
        except(1, (request) => [truncate(reply(request, new Uint8Array(100)), 60, silently), ack(request)], answering),
        async (socket, kernel) => {
          const { messages } = await socket.request({ type: RTM.GETLINK });
          expect(messages.map(({ body }) => numberIn(body))).to.deep.equal([7]);
          expect(kernel.requests.filter(({ type }) => type === RTM.GETLINK).length).to.equal(2);
        },
      );
    }
  });

  it('rejects a change whose reply was in it', async () => {
    await withSocket(
      except(1, (request) => [truncate(join(reply(request), ack(request)), 30), ack(request)], answering),
      async (socket) => {
        const error = await rejectionOf(socket.request({ type: RTM.NEWLINK, flags: NLM_F_ECHO }));
        expect(error).to.include({ code: 'NETLANE_REPLY_LOST' });
        await socket.request({ type: RTM.NEWLINK });
      },
    );
  });

  it('from another process touches no request', async () => {
    await withSocket(
      (request) => [impostor(withLength(ack(request), 3)), ack(request)],
      async (socket, kernel) => {
        await socket.request({ type: RTM.NEWLINK });
        expect(kernel.requests.length).to.equal(1);
        expect((await socket.statistics()).dropped).to.equal(1);
      },
    );
  });
});

describe('a late reply', () => {
  it('is dropped for ever and never taken for the answer to a later request', async () => {
    await withSocket(
      (request) =>
        numberIn(request.body) === 0 ? later(8, reply(request, u32(666)), ack(request)) : [reply(request, request.body), ack(request)],
      async (socket, kernel) => {
        const first = rejectionOf(socket.request({ type: RTM.NEWLINK, body: u32(0), flags: NLM_F_ECHO }));
        for (let index = 1; index < 12; index += 1) {
          const { messages } = await socket.request({ type: RTM.GETLINK, body: u32(index) });
          expect(messages.map(({ body }) => numberIn(body))).to.deep.equal([index]);
        }
        expect(await first).to.include({ code: 'NETLANE_REPLY_LOST' });
        await settle(kernel);
        expect((await socket.statistics()).dropped).to.equal(2);
      },
    );
  });

  it('that comes twice is the answer once', async () => {
    await withSocket(
      (request) => [reply(request, u32(1)), ack(request), ack(request), reply(request, u32(2))],
      async (socket, kernel) => {
        const { messages } = await socket.request({ type: RTM.GETLINK });
        expect(messages.length).to.equal(1);
        await settle(kernel);
        expect((await socket.statistics()).dropped).to.equal(2);
      },
    );
  });
});

describe('what is dropped', () => {
  it('is told on the diagnostics channel netlane:event, with the reason', async () => {
    const reasons: unknown[] = [];
    const listen = (message: unknown): void => {
      if (typeof message === 'object' && message !== null && 'dropped' in message) reasons.push(message.dropped);
    };
    diagnosticsChannel.subscribe('netlane:event', listen);
    try {
      await withSocket(
        (request) => [impostor(ack(request)), ack(request), ack(request), withLength(ack(request), 3), truncate(ack(request), 20)],
        async (socket, kernel) => {
          await socket.request({ type: RTM.NEWLINK });
          await settle(kernel);
        },
      );
    } finally {
      diagnosticsChannel.unsubscribe('netlane:event', listen);
    }
    expect(reasons).to.deep.equal(['impostor', 'late', 'length', 'truncated', 'length']);
  });
});
