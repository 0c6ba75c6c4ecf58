import { expect } from 'chai';
import { NLM_F_DUMP } from '../../lib/netlink/constants.js';
import { ack, later, multi, overrun, refuse, reply, u32, type FakeHandler } from '../../lib/testing.js';
import { errorOf, rejectionOf } from '../support/error-of.js';
import { numberIn, RTM, settle, withSocket } from '../support/fake-socket.js';

const dumpLinks = { type: RTM.GETLINK, flags: NLM_F_DUMP } as const;
const answering: FakeHandler = (request) => [reply(request, request.body), ack(request)];

describe('requestSync()', () => {
  it('gives the answer before it returns', async () => {
    await withSocket(answering, (socket) => {
      const { messages, warnings } = socket.requestSync({ type: RTM.GETLINK, body: u32(4) });
      expect(messages.map(({ body }) => numberIn(body))).to.deep.equal([4]);
      expect(warnings).to.deep.equal([]);
      return Promise.resolve();
    });
  });

  it('waits for a late answer', async () => {
    await withSocket(
      (request) => later(7, reply(request, u32(1)), ack(request)),
      (socket) => {
        expect(socket.requestSync({ type: RTM.GETLINK }).messages.length).to.equal(1);
        return Promise.resolve();
      },
    );
  });

  it('throws what the kernel refuses, as request() rejects', async () => {
    await withSocket(
      (request) => refuse(request, 17, { message: 'there already' }),
      (socket) => {
        expect(errorOf(() => socket.requestSync({ type: RTM.NEWLINK }))).to.include({ code: 'EEXIST', kernelMessage: 'there already' });
        return Promise.resolve();
      },
    );
  });

  it('sends what was asked before it first, and gives those their replies', async () => {
    await withSocket(answering, async (socket, kernel) => {
      const earlier = [1, 2, 3].map((number) => socket.request({ type: RTM.GETLINK, body: u32(number) }));
      const { messages } = socket.requestSync({ type: RTM.GETLINK, body: u32(4) });
      expect(numberIn(messages[0]?.body)).to.equal(4);
      expect(kernel.requests.map(({ body }) => numberIn(body))).to.deep.equal([1, 2, 3, 4]);
      expect(kernel.sends.length).to.equal(1);
      const replies = await Promise.all(earlier);
      expect(replies.map((each) => numberIn(each.messages[0]?.body))).to.deep.equal([1, 2, 3]);
    });
  });

  it('gets through behind thousands of queued requests', async () => {
    await withSocket(answering, async (socket) => {
      const earlier = Promise.all(Array.from({ length: 3000 }, (_, index) => socket.request({ type: RTM.GETLINK, body: u32(index) })));
      expect(numberIn(socket.requestSync({ type: RTM.GETLINK, body: u32(9999) }).messages[0]?.body)).to.equal(9999);
      (await earlier).forEach(({ messages }, index) => {
        expect(numberIn(messages[0]?.body)).to.equal(index);
      });
    });
  });

  it('keeps events for the one who reads messages', async () => {
    await withSocket(
      (request, kernel) => {
        kernel.event(1, { type: RTM.NEWLINK, body: u32(1) });
        return ack(request);
      },
      async (socket, kernel) => {
        await socket.join(1);
        socket.requestSync({ type: RTM.NEWLINK });
        await settle(kernel);
        expect(socket.waiting).to.equal(1);
        const { value } = await socket.messages().next();
        expect(numberIn(value?.body)).to.equal(1);
      },
    );
  });

  it('lists, too, and makes an interrupted list again', async () => {
    let count = 0;
    await withSocket(
      (request) => multi(request, [u32(count), u32(count + 1)], { perDatagram: 1, interrupted: count++ < 2 }),
      async (socket, kernel) => {
        expect(socket.requestSync(dumpLinks).messages.map(({ body }) => numberIn(body))).to.deep.equal([2, 3]);
        await settle(kernel);
        expect(kernel.openTransports.length).to.equal(1);
      },
    );
  });

  it('throws NETLANE_DUMP_INTERRUPTED when that does not end', async () => {
    await withSocket(
      (request) => multi(request, [], { interrupted: true }),
      (socket, kernel) => {
        expect(errorOf(() => socket.requestSync(dumpLinks))).to.include({ code: 'NETLANE_DUMP_INTERRUPTED' });
        expect(kernel.requests.length).to.equal(10);
        return Promise.resolve();
      },
    );
  });

  it('throws NETLANE_TIMEOUT when its time is over, for requests and lists', async () => {
    await withSocket(
      () => undefined,
      (socket) => {
        for (const request of [{ type: RTM.NEWLINK }, dumpLinks]) {
          expect(errorOf(() => socket.requestSync(request))).to.include({ code: 'NETLANE_TIMEOUT', namespace: 'fake' });
        }
        return Promise.resolve();
      },
    );
  });

  it('is not stuck behind queued requests that nobody answers, even without a time-out of its own', async () => {
    await withSocket(
      (request) => (numberIn(request.body) === 0 ? undefined : ack(request)),
      async (socket) => {
        const stuck = Promise.allSettled(Array.from({ length: 300 }, () => socket.request({ type: RTM.NEWLINK, body: u32(0) })));
        socket.requestSync({ type: RTM.NEWLINK, timeout: 0, body: u32(1) });
        expect((await stuck).every(({ status }) => status === 'rejected')).to.equal(true);
      },
    );
  });

  it('sends reads again after an overrun', async () => {
    let count = 0;
    await withSocket(
      (request) => (++count === 1 ? overrun() : answering(request, null as never)),
      (socket) => {
        expect(numberIn(socket.requestSync({ type: RTM.GETLINK, body: u32(3) }).messages[0]?.body)).to.equal(3);
        return Promise.resolve();
      },
    );
  });

  it('is NETLANE_BUSY from within itself and from within the reading of another reply', async () => {
    await withSocket(answering, async (socket) => {
      const errors: Error[] = [];
      const sink = (): void => void errors.push(errorOf(() => socket.requestSync({ type: RTM.NEWLINK })));
      socket.requestSync({ type: RTM.GETLINK, body: u32(1) }, { sink });
      await socket.request({ type: RTM.GETLINK, body: u32(1) }, { sink });
      expect(errors.map((error) => (error as Error & { code: string }).code)).to.deep.equal(['NETLANE_BUSY', 'NETLANE_BUSY']);
      socket.requestSync({ type: RTM.NEWLINK });
    });
  });

  it('throws ABORT_ERR for a signal that was aborted, before anything is sent', async () => {
    await withSocket(answering, (socket, kernel) => {
      for (const request of [{ type: RTM.NEWLINK }, dumpLinks]) {
        expect(errorOf(() => socket.requestSync({ ...request, signal: AbortSignal.abort('no') }))).to.include({
          code: 'ABORT_ERR',
          cause: 'no',
        });
      }
      expect(kernel.requests).to.deep.equal([]);
      return Promise.resolve();
    });
  });

  it('is NETLANE_NOT_SUPPORTED where the caller cannot wait', async () => {
    await withSocket(
      answering,
      (socket) => {
        for (const request of [{ type: RTM.NEWLINK }, dumpLinks]) {
          expect(errorOf(() => socket.requestSync(request))).to.include({ code: 'NETLANE_NOT_SUPPORTED' });
        }
        return Promise.resolve();
      },
      { kernel: { synchronous: false } },
    );
  });

  it('opens the fd beside a socket with groups at once, and does not lose one that is being opened', async () => {
    await withSocket(
      answering,
      async (socket, kernel) => {
        const waiting = socket.request({ type: RTM.GETLINK, body: u32(1) });
        expect(numberIn(socket.requestSync({ type: RTM.GETLINK, body: u32(2) }).messages[0]?.body)).to.equal(2);
        expect(numberIn((await waiting).messages[0]?.body)).to.equal(1);
        await settle(kernel);
        expect(kernel.openTransports.length).to.equal(2);
      },
      { socket: { groups: [1] } },
    );
  });

  it('opens the socket anew after a loss', async () => {
    await withSocket(answering, async (socket, kernel) => {
      const [first] = kernel.transports;
      if (first !== undefined) kernel.lose(first);
      await settle(kernel);
      expect(numberIn(socket.requestSync({ type: RTM.GETLINK, body: u32(2) }).messages[0]?.body)).to.equal(2);
      expect(kernel.transports.length).to.equal(2);
    });
  });

  it('throws what ends the socket while it waits', async () => {
    await withSocket(
      (request, kernel) => {
        kernel.lose(request.transport);
        return [];
      },
      async (socket, kernel) => {
        expect(errorOf(() => socket.requestSync({ type: RTM.NEWLINK }))).to.include({ code: 'NETLANE_LANE_LOST' });
        expect(errorOf(() => socket.requestSync(dumpLinks))).to.include({ code: 'NETLANE_LANE_LOST' });
        await settle(kernel);
        expect(await rejectionOf(socket.request({ type: RTM.NEWLINK }))).to.include({ code: 'NETLANE_LANE_LOST' });
      },
    );
  });
});
