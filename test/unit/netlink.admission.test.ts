import { expect } from 'chai';
import { NLM_F_DUMP } from '../../lib/netlink/constants.js';
import type { NetlinkSocket } from '../../lib/netlink/socket.js';
import { multi, reply, u32, type FakeHandler, type FakeKernel, type FakeRequest } from '../../lib/testing.js';
import { FakeClock } from '../support/clock.js';
import { rejectionOf } from '../support/error-of.js';
import { RTM, settle, withSocket } from '../support/fake-socket.js';

/** Dumps that have an fd at the same time: those beyond wait. */
const places = 16;

const dumpLinks = { type: RTM.GETLINK, flags: NLM_F_DUMP } as const;

const few: FakeHandler = (request) =>
  multi(
    request,
    Array.from({ length: 50 }, (_, index) => u32(index)),
    { perDatagram: 10 },
  );

async function count(stream: AsyncIterable<unknown>): Promise<number> {
  let seen = 0;
  for await (const _ of stream) seen += 1;
  return seen;
}

/** Streams whose consumers have got the first message, and take no more for now. */
async function paused(socket: NetlinkSocket, number: number): Promise<AsyncGenerator<unknown, undefined, undefined>[]> {
  const streams = Array.from({ length: number }, () => socket.stream(dumpLinks));
  for (const stream of streams) await stream.next();
  return streams;
}

/** Dumps that are not answered until the test says so, as many as there are places. */
async function occupied(socket: NetlinkSocket, kernel: FakeKernel, held: readonly FakeRequest[]): Promise<Promise<unknown>[]> {
  const dumps = Array.from({ length: places }, () => socket.request({ ...dumpLinks, timeout: 0 }));
  while (held.length < places) await settle(kernel);
  return dumps;
}

describe('a stream whose consumer takes its time', () => {
  it('holds up no dump and no other stream, however many there are', async () => {
    await withSocket(few, async (socket) => {
      const streams = await paused(socket, 40);
      expect((await socket.request(dumpLinks)).messages.length).to.equal(50);
      expect(await count(socket.stream(dumpLinks))).to.equal(50);
      expect(await Promise.all(streams.map((stream) => count(stream)))).to.deep.equal(Array.from({ length: 40 }, () => 49));
    });
  });

  it('may ask within its loop, all of many at the same time', async () => {
    await withSocket(few, async (socket, kernel) => {
      const loop = async (): Promise<number> => {
        let asked = 0;
        for await (const _ of socket.stream(dumpLinks)) asked += (await socket.request(dumpLinks)).messages.length;
        return asked;
      };
      expect(await Promise.all(Array.from({ length: 40 }, loop))).to.deep.equal(Array.from({ length: 40 }, () => 50 * 50));
      expect(kernel.openTransports.length).to.be.at.most(5);
    });
  }).timeout(20_000);

  it('takes no place from those who come when it ends: still as many as there are places have an fd', async () => {
    let most = 0;
    const held: FakeRequest[] = [];
    const handler: FakeHandler = (request, kernel) => {
      if (request.body.length === 0) return few(request, kernel);
      most = Math.max(most, held.push(request));
      return undefined;
    };
    await withSocket(handler, async (socket, kernel) => {
      const streams = await paused(socket, 20);
      const dumps = Array.from({ length: 40 }, () => socket.request({ ...dumpLinks, body: u32(1) }));
      while (held.length < places) await settle(kernel);
      for (const stream of streams) await stream.return(undefined);
      await settle(kernel);
      expect(most).to.equal(places);
      let answered = 0;
      while (answered < dumps.length) {
        for (const request of held.splice(0)) {
          kernel.answer(request, multi(request, []));
          answered += 1;
        }
        await settle(kernel);
      }
      await Promise.all(dumps);
      expect(most).to.equal(places);
    });
  });
});

describe('streams that are read without a pause', () => {
  it('wait for their turn like dumps: any number opens no more fds than there are places', async () => {
    await withSocket(few, async (socket, kernel) => {
      let most = 0;
      const read = async (): Promise<number> => {
        let seen = 0;
        for await (const _ of socket.stream(dumpLinks)) {
          seen += 1;
          most = Math.max(most, kernel.openTransports.length);
        }
        return seen;
      };
      expect(await Promise.all(Array.from({ length: 500 }, read))).to.deep.equal(Array.from({ length: 500 }, () => 50));
      // And the socket's own fd.
      expect(most).to.equal(places + 1);
      expect(kernel.transports.length).to.equal(places + 1);
    });
  }).timeout(20_000);
});

describe('the wait for a turn', () => {
  it('ends with the time-out when those before get no answer, and says that nothing was sent', async () => {
    await FakeClock.during(async (clock) => {
      const held: FakeRequest[] = [];
      await withSocket(
        (request) => void held.push(request),
        async (socket, kernel) => {
          const before = await occupied(socket, kernel, held);
          const dump = rejectionOf(socket.request({ ...dumpLinks, timeout: 100 }));
          const stream = rejectionOf(count(socket.stream({ ...dumpLinks, timeout: 150 })));
          const patient = socket.request({ ...dumpLinks, timeout: 200 });
          await settle(kernel);
          clock.advance(100);
          const error = await dump;
          expect(error).to.include({ code: 'NETLANE_TIMEOUT', namespace: 'fake' });
          expect(error).to.have.deep.property('details', { timeout: 100, sent: false });
          clock.advance(50);
          expect(await stream).to.include({ code: 'NETLANE_TIMEOUT' });
          // They left the line: what comes free is for the one behind them.
          for (const request of held.splice(0)) kernel.answer(request, multi(request, []));
          await Promise.all(before);
          while (held.length === 0) await settle(kernel);
          for (const request of held.splice(0)) kernel.answer(request, multi(request, []));
          expect((await patient).messages).to.deep.equal([]);
          expect(kernel.requests.length).to.equal(places + 1);
        },
      );
    });
  });

  it('counts anew with each part that those before get', async () => {
    await FakeClock.during(async (clock) => {
      const held: FakeRequest[] = [];
      await withSocket(
        (request) => void held.push(request),
        async (socket, kernel) => {
          const before = await occupied(socket, kernel, held);
          const [first] = held as [FakeRequest];
          const dump = socket.request({ ...dumpLinks, timeout: 100 });
          // 450 ms in all.
          for (let part = 0; part < 5; part += 1) {
            await settle(kernel);
            clock.advance(90);
            kernel.answer(first, reply(first, u32(part), { flags: 2 }));
          }
          await settle(kernel);
          for (const request of held.splice(0)) kernel.answer(request, multi(request, []));
          await Promise.all(before);
          while (held.length === 0) await settle(kernel);
          for (const request of held.splice(0)) kernel.answer(request, multi(request, []));
          expect((await dump).messages).to.deep.equal([]);
        },
      );
    });
  });

  it('counts while the fd is being opened, too', async () => {
    await FakeClock.during(async (clock) => {
      await withSocket(few, async (socket, kernel) => {
        kernel.pause();
        const dump = rejectionOf(socket.request({ ...dumpLinks, timeout: 100 }));
        for (let step = 0; step < 10; step += 1) await Promise.resolve();
        clock.advance(100);
        expect(await dump).to.include({ code: 'NETLANE_TIMEOUT' });
        kernel.resume();
        await settle(kernel);
        expect(kernel.openTransports.length).to.equal(1);
        expect(kernel.requests).to.deep.equal([]);
        expect(clock.pending).to.equal(0);
      });
    });
  });
});
