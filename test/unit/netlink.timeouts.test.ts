import { expect } from 'chai';
import { NLM_F_DUMP, NLM_F_MULTI } from '../../lib/netlink/constants.js';
import { Exchange } from '../../lib/netlink/route/exchange.js';
import { RouteClient } from '../../lib/netlink/route.js';
import { ack, reply, u32, type FakeRequest } from '../../lib/testing.js';
import { FakeClock } from '../support/clock.js';
import { rejectionOf } from '../support/error-of.js';
import { numberIn, RTM, settle, withSocket } from '../support/fake-socket.js';

function none(): never {
  throw new Error('no namespace is named here');
}

/** Whether a promise has settled by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  const first = await Promise.race([promise.catch(() => undefined), new Promise((resolve) => setImmediate(() => resolve(pending)))]);
  return first !== pending;
}

describe('the time-out of a request', () => {
  it('is 30 seconds unless something else is said', async () => {
    await FakeClock.during(async (clock) => {
      await withSocket(
        () => undefined,
        async (socket, kernel) => {
          const request = socket.request({ type: RTM.NEWLINK });
          const dump = socket.request({ type: RTM.GETLINK, flags: NLM_F_DUMP });
          await settle(kernel);
          clock.advance(29_999);
          expect([await isSettled(request), await isSettled(dump)]).to.deep.equal([false, false]);
          clock.advance(1);
          for (const error of [await rejectionOf(request), await rejectionOf(dump)]) {
            expect(error).to.include({ code: 'NETLANE_TIMEOUT', namespace: 'fake' });
            expect(error).to.have.deep.property('details', { timeout: 30_000 });
          }
        },
      );
    });
  });

  it('is what the socket was opened with, and what the request says before that', async () => {
    await FakeClock.during(async (clock) => {
      await withSocket(
        () => undefined,
        async (socket, kernel) => {
          const usual = socket.request({ type: RTM.NEWLINK });
          const quick = socket.request({ type: RTM.NEWLINK, timeout: 50 });
          await settle(kernel);
          clock.advance(50);
          expect((await rejectionOf(quick)).message).to.match(/RTM_NEWLINK in fake: no answer within 50 ms/);
          expect(await isSettled(usual)).to.equal(false);
          clock.advance(150);
          expect((await rejectionOf(usual)).message).to.match(/200 ms/);
        },
        { socket: { timeout: 200 } },
      );
    });
  });

  it('may be none: 0 or Infinity', async () => {
    await FakeClock.during(async (clock) => {
      const held: FakeRequest[] = [];
      await withSocket(
        (request) => void held.push(request),
        async (socket, kernel) => {
          const waiting = [0, Infinity].map((timeout) => socket.request({ type: RTM.NEWLINK, timeout }));
          await settle(kernel);
          clock.advance(2 ** 33);
          expect(await Promise.all(waiting.map((each) => isSettled(each)))).to.deep.equal([false, false]);
          for (const request of held) kernel.answer(request, ack(request));
          await Promise.all(waiting);
        },
      );
    });
  });

  it('counts from the hand-over to the kernel: who waits for room does not lose time', async () => {
    await FakeClock.during(async (clock) => {
      const held: FakeRequest[] = [];
      await withSocket(
        (request) => void held.push(request),
        async (socket, kernel) => {
          const all = Array.from({ length: 300 }, () => socket.request({ type: RTM.NEWLINK, timeout: 100 }));
          const outcomes = Promise.allSettled(all);
          await settle(kernel);
          const first = held.length;
          expect(first).to.be.lessThan(300);
          clock.advance(99);
          await settle(kernel);
          for (const request of held.slice(0, first)) kernel.answer(request, ack(request));
          await settle(kernel);
          expect(held.length).to.be.greaterThan(first);
          clock.advance(99);
          for (const request of held.slice(first)) kernel.answer(request, ack(request));
          expect((await outcomes).every(({ status }) => status === 'fulfilled')).to.equal(true);
        },
      );
    });
  });

  it('ends the wait for room behind those that get no answer, and says that nothing was sent', async () => {
    await FakeClock.during(async (clock) => {
      await withSocket(
        () => undefined,
        async (socket, kernel) => {
          const stuck = Array.from({ length: 300 }, () => rejectionOf(socket.request({ type: RTM.NEWLINK, timeout: 0 })));
          await settle(kernel);
          const sent = kernel.requests.length;
          const change = rejectionOf(socket.request({ type: RTM.NEWLINK, timeout: 100 }));
          const others = Array.from({ length: 3000 }, () => rejectionOf(socket.request({ type: RTM.GETLINK, timeout: 200 })));
          clock.advance(100);
          const error = await change;
          expect(error).to.include({ code: 'NETLANE_TIMEOUT', namespace: 'fake' });
          expect(error).to.have.deep.property('details', { timeout: 100, sent: false });
          clock.advance(100);
          for (const each of await Promise.all(others)) expect(each).to.include({ code: 'NETLANE_TIMEOUT' });
          await settle(kernel);
          expect(kernel.requests.length).to.equal(sent);
          expect(clock.pending).to.equal(0);
          void socket.close();
          await Promise.all(stuck);
        },
      );
    });
  });

  it('ends the wait of requestSync(), too', async () => {
    await FakeClock.during(async () => {
      await withSocket(
        () => undefined,
        async (socket, kernel) => {
          const stuck = Array.from({ length: 300 }, () => rejectionOf(socket.request({ type: RTM.NEWLINK, timeout: 0 })));
          await settle(kernel);
          expect(() => socket.requestSync({ type: RTM.NEWLINK, timeout: 100 })).to.throw(/not sent: .* 100 ms/);
          void socket.close();
          await Promise.all(stuck);
        },
      );
    });
  });

  it('ends the wait for the fd beside a socket with groups', async () => {
    await FakeClock.during(async (clock) => {
      await withSocket(
        (request) => ack(request),
        async (socket, kernel) => {
          kernel.pause();
          const request = rejectionOf(socket.request({ type: RTM.NEWLINK, timeout: 100 }));
          for (let step = 0; step < 10; step += 1) await Promise.resolve();
          clock.advance(100);
          expect(await request).to.include({ code: 'NETLANE_TIMEOUT' });
          kernel.resume();
          await settle(kernel);
          expect(kernel.requests).to.deep.equal([]);
          await socket.request({ type: RTM.NEWLINK });
        },
        { socket: { groups: [1] } },
      );
    });
  });

  it('ends that wait of a typed client, too, whose requests are put down without a promise', async () => {
    await FakeClock.during(async (clock) => {
      await withSocket(
        (request) => ack(request),
        async (socket, kernel) => {
          const exchange = new Exchange(socket, () => Promise.resolve(socket), { namespace: 'fake', hold: none, bigint: false });
          const { links } = new RouteClient(exchange, undefined);
          kernel.pause();
          const errors: unknown[] = [];
          for (const asked of [links.set(1, { alias: 'a' }, { timeout: 100 }), links.get(1, { timeout: 100 })])
            asked.catch((error: unknown) => errors.push(error));
          for (let step = 0; step < 10; step += 1) await Promise.resolve();
          clock.advance(100);
          for (let step = 0; step < 10; step += 1) await Promise.resolve();
          expect(errors).to.have.length(2);
          for (const error of errors) {
            expect(error).to.include({ code: 'NETLANE_TIMEOUT' });
            expect(error).to.have.deep.property('details', { timeout: 100, sent: false });
          }
          kernel.resume();
          await settle(kernel);
          expect(kernel.requests).to.deep.equal([]);
          await links.set(1, { alias: 'a' });
        },
        { socket: { groups: [1] } },
      );
    });
  });

  it('counts the answers of those before as progress of what waits for room', async () => {
    await FakeClock.during(async (clock) => {
      const held: FakeRequest[] = [];
      await withSocket(
        (request) => void held.push(request),
        async (socket, kernel) => {
          const before = Array.from({ length: 300 }, () => socket.request({ type: RTM.NEWLINK, timeout: 0 }));
          await settle(kernel);
          const last = socket.request({ type: RTM.NEWLINK, timeout: 100 });
          for (let round = 0; round < 5; round += 1) {
            clock.advance(90);
            for (const request of held.splice(0, 3)) kernel.answer(request, ack(request));
            await settle(kernel);
          }
          expect(await isSettled(last)).to.equal(false);
          while (held.length > 0) {
            for (const request of held.splice(0)) kernel.answer(request, ack(request));
            await settle(kernel);
          }
          await Promise.all([...before, last]);
        },
      );
    });
  });

  it('begins anew with each part of a multi-part reply', async () => {
    await FakeClock.during(async (clock) => {
      let held: FakeRequest | undefined;
      await withSocket(
        (request) => void (held = request),
        async (socket, kernel) => {
          const waiting = socket.request({ type: RTM.GETLINK, timeout: 100 });
          await settle(kernel);
          if (held === undefined) throw new Error('nothing was asked');
          for (let part = 0; part < 4; part += 1) {
            clock.advance(80);
            kernel.answer(held, reply(held, u32(part), { flags: NLM_F_MULTI }));
            await settle(kernel);
          }
          expect(await isSettled(waiting)).to.equal(false);
          clock.advance(100);
          expect(await rejectionOf(waiting)).to.include({ code: 'NETLANE_TIMEOUT' });
        },
      );
    });
  });

  it('ends that request alone; its late answer is dropped', async () => {
    await FakeClock.during(async (clock) => {
      const held: FakeRequest[] = [];
      await withSocket(
        (request) => (held.length === 0 ? void held.push(request) : [reply(request, request.body), ack(request)]),
        async (socket, kernel) => {
          const slow = socket.request({ type: RTM.NEWLINK, timeout: 10 });
          await settle(kernel);
          clock.advance(10);
          expect(await rejectionOf(slow)).to.include({ code: 'NETLANE_TIMEOUT' });
          for (const request of held) kernel.answer(request, reply(request, u32(666)), ack(request));
          const { messages } = await socket.request({ type: RTM.GETLINK, body: u32(5) });
          expect(messages.map(({ body }) => numberIn(body))).to.deep.equal([5]);
          expect((await socket.statistics()).dropped).to.equal(2);
        },
      );
    });
  });

  it('makes room for those who wait', async () => {
    await FakeClock.during(async (clock) => {
      await withSocket(
        (request) => (numberIn(request.body) === 0 ? undefined : ack(request)),
        async (socket, kernel) => {
          const stuck = Array.from({ length: 300 }, () => socket.request({ type: RTM.NEWLINK, timeout: 10, body: u32(0) }));
          const outcomes = Promise.allSettled(stuck);
          const waiting = socket.request({ type: RTM.NEWLINK, body: u32(1) });
          for (let round = 0; round < 5; round += 1) {
            await settle(kernel);
            clock.advance(10);
          }
          await settle(kernel);
          await waiting;
          const codes = (await outcomes).map((each) => (each.status === 'rejected' ? (each.reason as { code: string }).code : each.status));
          // The last ones were overtaken by the answer: they know that theirs is lost.
          expect([...new Set(codes)]).to.have.members(['NETLANE_TIMEOUT', 'NETLANE_REPLY_LOST']);
        },
      );
    });
  });

  it('leaves no timer behind when the socket is closed', async () => {
    await FakeClock.during(async (clock) => {
      await withSocket(
        () => undefined,
        async (socket, kernel) => {
          const all = [
            socket.request({ type: RTM.NEWLINK }),
            socket.request({ type: RTM.GETLINK, flags: NLM_F_DUMP }),
            socket.request({ type: RTM.NEWLINK, timeout: 5 }),
          ].map((each) => rejectionOf(each));
          await settle(kernel);
          await socket.close();
          await Promise.all(all);
          expect(clock.pending).to.equal(0);
        },
      );
    });
  });
});
