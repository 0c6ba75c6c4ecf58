import { expect } from 'chai';
import { NLM_F_DUMP, NLM_F_MULTI } from '../../lib/netlink/constants.js';
import { ack, multi, reply, u32, type FakeHandler, type FakeKernel } from '../../lib/testing.js';
import { rejectionOf } from '../support/error-of.js';
import { numberIn, RTM, settle, withSocket } from '../support/fake-socket.js';

const dumpLinks = { type: RTM.GETLINK, flags: NLM_F_DUMP } as const;
/** Answers what has a body, and nothing else. */
const sometimes: FakeHandler = (request) => (request.body.length === 0 ? undefined : [reply(request, request.body), ack(request)]);

function lose(kernel: FakeKernel, error?: Error): void {
  for (const transport of kernel.openTransports) kernel.lose(transport, error);
}

describe('a socket whose lane dies', () => {
  it('rejects all that is pending with that error, once', async () => {
    await withSocket(sometimes, async (socket, kernel) => {
      const waiting = Array.from({ length: 600 }, () => socket.request({ type: RTM.NEWLINK }));
      const outcomes = Promise.allSettled(waiting);
      await settle(kernel);
      const mine = new Error('the lane ended');
      lose(kernel, mine);
      for (const outcome of await outcomes) expect(outcome).to.have.property('reason', mine);
      expect(kernel.openTransports).to.deep.equal([]);
    });
  });

  it('is opened anew by the next use, with its groups and options as they are now', async () => {
    await withSocket(
      sometimes,
      async (socket, kernel) => {
        await socket.join(7);
        await socket.leave(1);
        await socket.setOption('noOverruns', true);
        lose(kernel);
        await settle(kernel);
        const { messages } = await socket.request({ type: RTM.GETLINK, body: u32(3) });
        expect(numberIn(messages[0]?.body)).to.equal(3);
        expect(await rejectionOf(Promise.resolve().then(() => socket.port))).to.include({ code: 'NETLANE_LANE_LOST' });
        const reading = socket.messages();
        const first = reading.next();
        await settle(kernel);
        // No reader had the error: what may have been missed is told as an overrun.
        expect((await first).value).to.include({ type: 4 });
        kernel.event(7, { type: 99 });
        expect((await reading.next()).value).to.include({ type: 99, group: 7 });
        const primary = kernel.transports.find(({ groups }) => groups.includes(7));
        expect(primary?.groups).to.deep.equal([7]);
        expect(primary?.option(5)).to.equal(1);
        expect(await socket.memberships()).to.deep.equal([7]);
      },
      { socket: { groups: [1] } },
    );
  });

  it('tells the one who reads its messages, after what came before; reading again opens it anew', async () => {
    await withSocket(
      sometimes,
      async (socket, kernel) => {
        kernel.event(1, { type: 98 });
        await settle(kernel);
        const messages = socket.messages();
        expect((await messages.next()).value).to.include({ type: 98 });
        const next = messages.next();
        lose(kernel);
        expect(await rejectionOf(next)).to.include({ code: 'NETLANE_LANE_LOST' });
        const again = socket.messages().next();
        await settle(kernel);
        kernel.event(1, { type: 99 });
        expect((await again).value).to.include({ type: 99 });
      },
      { socket: { groups: [1] } },
    );
  });

  it('rejects dumps and streams that run, and makes new ones', async () => {
    let answer = false;
    await withSocket(
      (request) => (answer ? multi(request, [u32(1)]) : reply(request, u32(0), { flags: NLM_F_MULTI })),
      async (socket, kernel) => {
        const dump = rejectionOf(socket.request(dumpLinks));
        const stream = socket.stream(dumpLinks);
        await stream.next();
        const next = rejectionOf(stream.next());
        await settle(kernel);
        lose(kernel);
        expect(await dump).to.include({ code: 'NETLANE_LANE_LOST' });
        expect(await next).to.include({ code: 'NETLANE_LANE_LOST' });
        answer = true;
        expect((await socket.request(dumpLinks)).messages.length).to.equal(1);
      },
    );
  });

  it('does not give a dead fd to the next dump', async () => {
    await withSocket(
      (request) => multi(request, [u32(1)]),
      async (socket, kernel) => {
        await socket.request(dumpLinks);
        lose(kernel);
        await settle(kernel);
        expect((await socket.request(dumpLinks)).messages.length).to.equal(1);
      },
    );
  });

  it('rejects a send that was on its way', async () => {
    await withSocket(sometimes, async (socket, kernel) => {
      const sending = rejectionOf(socket.send({ type: RTM.NEWLINK }));
      for (let count = 0; count < 5; count += 1) await Promise.resolve();
      lose(kernel);
      expect(await sending).to.include({ code: 'NETLANE_LANE_LOST' });
      await settle(kernel);
      await socket.send({ type: RTM.NEWLINK });
      await settle(kernel);
      expect(kernel.requests.length).to.equal(1);
    });
  });

  it('opens one fd however many use it at once afterwards', async () => {
    await withSocket(sometimes, async (socket, kernel) => {
      lose(kernel);
      await settle(kernel);
      await Promise.all(Array.from({ length: 20 }, (_, index) => socket.request({ type: RTM.GETLINK, body: u32(index) })));
      expect(kernel.transports.length).to.equal(2);
    });
  });

  it('rejects with what opening failed with, and tries again at the next use', async () => {
    await withSocket(sometimes, async (socket, kernel) => {
      lose(kernel);
      await settle(kernel);
      kernel.failOpen(24);
      expect(await rejectionOf(socket.request({ type: RTM.GETLINK, body: u32(1) }))).to.include({ code: 'EMFILE' });
      await socket.request({ type: RTM.GETLINK, body: u32(1) });
    });
  });

  it('that had a fixed port waits for it: the fd of the lane that ends may still hold it', async () => {
    await withSocket(
      sometimes,
      async (socket, kernel) => {
        lose(kernel);
        await settle(kernel);
        const taken = Object.assign(new Error('taken'), { errno: -98, code: 'EADDRINUSE' });
        Object.setPrototypeOf(taken, (await import('../../lib/errors.js')).SystemError.prototype);
        kernel.failOpen(taken, 3);
        await socket.request({ type: RTM.GETLINK, body: u32(1) });
        expect(socket.port).to.equal(77);
      },
      { socket: { port: 77 } },
    );
  });

  it('can be closed afterwards', async () => {
    await withSocket(sometimes, async (socket, kernel) => {
      lose(kernel);
      await socket.close();
      await settle(kernel);
      expect(await rejectionOf(socket.request({ type: RTM.GETLINK, body: u32(1) }))).to.include({ code: 'NETLANE_CLOSED' });
    });
  });
});
