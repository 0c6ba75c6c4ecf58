import { expect } from 'chai';
import { NLM_F_DUMP } from '../../lib/netlink/constants.js';
import { ack, multi, reply, u32, type FakeHandler, type FakeKernel, type FakeRequest } from '../../lib/testing.js';
import { rejectionOf } from '../support/error-of.js';
import { numberIn, RTM, settle, withSocket } from '../support/fake-socket.js';

const dumpLinks = { type: RTM.GETLINK, flags: NLM_F_DUMP } as const;
const silent: FakeHandler = () => undefined;
const answering: FakeHandler = (request) => [reply(request, request.body), ack(request)];

/** Aborts, and checks that the promise rejects without anything else having to happen first. */
async function expectAbort(promise: Promise<unknown>, controller: AbortController): Promise<Error> {
  const reason = new Error('the reason');
  let error: unknown;
  promise.catch((thrown: unknown) => (error = thrown));
  controller.abort(reason);
  for (let count = 0; count < 20 && error === undefined; count += 1) await Promise.resolve();
  expect(error, 'it did not reject at once').to.be.instanceOf(Error);
  expect(error).to.include({ code: 'ABORT_ERR', cause: reason, namespace: 'fake' });
  return error as Error;
}

async function interruptAgainAndAgain(kernel: FakeKernel, times: number): Promise<void> {
  while (kernel.requests.length < times) await settle(kernel);
  await settle(kernel);
}

describe('an AbortSignal', () => {
  it('ends the wait at once while the request is on its way, with its reason as the cause', async () => {
    const held: FakeRequest[] = [];
    await withSocket(
      (request) => (held.length === 0 ? void held.push(request) : answering(request, null as never)),
      async (socket, kernel) => {
        const controller = new AbortController();
        const waiting = socket.request({ type: RTM.NEWLINK, signal: controller.signal });
        await settle(kernel);
        await expectAbort(waiting, controller);
        for (const request of held) kernel.answer(request, reply(request, u32(666)), ack(request));
        const { messages } = await socket.request({ type: RTM.GETLINK, body: u32(7) });
        expect(
          messages.map(({ body }) => numberIn(body)),
          'its answer is nobody’s',
        ).to.deep.equal([7]);
      },
    );
  });

  it('that was aborted before rejects before anything is sent', async () => {
    await withSocket(answering, async (socket, kernel) => {
      const signal = AbortSignal.abort('why');
      for (const request of [
        { type: RTM.NEWLINK, signal },
        { ...dumpLinks, signal },
      ]) {
        expect(await rejectionOf(socket.request(request))).to.include({ code: 'ABORT_ERR', cause: 'why' });
      }
      await settle(kernel);
      expect(kernel.requests).to.deep.equal([]);
      expect(kernel.transports.length).to.equal(1);
    });
  });

  it('aborted in the tick of the call takes the request back: the kernel never hears of it', async () => {
    await withSocket(answering, async (socket, kernel) => {
      const controller = new AbortController();
      const before = socket.request({ type: RTM.NEWLINK, body: u32(1) });
      const aborted = socket.request({ type: RTM.NEWLINK, body: u32(2), signal: controller.signal });
      const after = socket.request({ type: RTM.NEWLINK, body: u32(3) });
      await expectAbort(aborted, controller);
      await Promise.all([before, after]);
      expect(kernel.requests.filter(({ type }) => type === RTM.NEWLINK).map(({ body }) => numberIn(body))).to.deep.equal([1, 3]);
      expect(kernel.transports[0]?.referenced).to.equal(false);
      await settle(kernel);
      expect((await socket.statistics()).dropped, 'nobody answers what was taken back').to.equal(0);
    });
  });

  it('takes back one that waits for room, and lets those behind it through', async () => {
    const held: FakeRequest[] = [];
    await withSocket(
      (request) => void held.push(request),
      async (socket, kernel) => {
        const controller = new AbortController();
        const first = Array.from({ length: 256 }, () => socket.request({ type: RTM.NEWLINK, body: u32(1) }));
        const aborted = socket.request({ type: RTM.NEWLINK, body: u32(2), signal: controller.signal });
        const last = socket.request({ type: RTM.NEWLINK, body: u32(3) });
        await settle(kernel);
        await expectAbort(aborted, controller);
        const all = Promise.all([...first, last]);
        for (let answered = 0; answered < 257;) {
          for (const request of held.slice(answered)) {
            kernel.answer(request, ack(request));
            answered += 1;
          }
          await settle(kernel);
        }
        await all;
        expect(held.map(({ body }) => numberIn(body))).not.to.include(2);
      },
    );
  });

  it('aborted alone in its tick, with others waiting behind it, does not stop them', async () => {
    await withSocket(
      answering,
      async (socket) => {
        const controller = new AbortController();
        // More than the send buffer takes at once: the second has to wait for the first.
        const aborted = socket.request({ type: RTM.NEWLINK, body: new Uint8Array(4000), signal: controller.signal });
        const waiting = socket.request({ type: RTM.NEWLINK, body: new Uint8Array(4000) });
        await expectAbort(aborted, controller);
        await waiting;
      },
      { socket: { sendBuffer: 2304 } },
    );
  });

  it('after the answer changes nothing, and no listener is left on it', async () => {
    await withSocket(answering, async (socket) => {
      const controller = new AbortController();
      let listeners = 0;
      const { signal } = controller;
      const add = signal.addEventListener.bind(signal);
      const remove = signal.removeEventListener.bind(signal);
      signal.addEventListener = (...args: Parameters<typeof add>) => {
        listeners += 1;
        add(...args);
      };
      signal.removeEventListener = (...args: Parameters<typeof remove>) => {
        listeners -= 1;
        remove(...args);
      };
      await socket.request({ type: RTM.GETLINK, body: u32(1), signal });
      await Promise.all([1, 2, 3].map(() => socket.request({ type: RTM.GETLINK, body: u32(1), signal })));
      expect(listeners).to.equal(0);
      controller.abort();
      await socket.request({ type: RTM.GETLINK, body: u32(1) });
    });
  });

  it('may be one for a thousand requests, without a warning from Node', async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error): void => void warnings.push(warning);
    process.on('warning', listen);
    try {
      await withSocket(silent, async (socket, kernel) => {
        const controller = new AbortController();
        const { signal } = controller;
        const requests = Array.from({ length: 1000 }, () => socket.request({ type: RTM.NEWLINK, signal }));
        const dumps = Array.from({ length: 30 }, () => socket.request({ ...dumpLinks, signal }));
        const outcomes = Promise.allSettled([...requests, ...dumps]);
        await settle(kernel);
        controller.abort();
        expect(
          (await outcomes).every((each) => each.status === 'rejected' && (each.reason as { code: string }).code === 'ABORT_ERR'),
        ).to.equal(true);
        await settle(kernel);
      });
    } finally {
      process.off('warning', listen);
    }
    expect(warnings).to.deep.equal([]);
  });

  describe('of a dump', () => {
    it('ends the wait while it runs, and its fd goes with the rest of it', async () => {
      await withSocket(
        (request) => multi(request, [u32(1)], { done: false }),
        async (socket, kernel) => {
          const controller = new AbortController();
          const dump = socket.request({ ...dumpLinks, signal: controller.signal });
          await settle(kernel);
          await expectAbort(dump, controller);
          expect(kernel.openTransports.length).to.equal(1);
        },
      );
    });

    it('ends the wait while its fd is being opened; that fd is closed when it has opened', async () => {
      await withSocket(answering, async (socket, kernel) => {
        kernel.pause();
        const controller = new AbortController();
        const dump = socket.request({ ...dumpLinks, signal: controller.signal });
        for (let count = 0; count < 10; count += 1) await Promise.resolve();
        await expectAbort(dump, controller);
        kernel.resume();
        await settle(kernel);
        expect(kernel.transports.length).to.equal(2);
        expect(kernel.openTransports.length).to.equal(1);
        expect(kernel.requests).to.deep.equal([]);
      });
    });

    it('ends the wait for a place, without a gap in the line', async () => {
      const held: FakeRequest[] = [];
      await withSocket(
        (request) => void held.push(request),
        async (socket, kernel) => {
          const running = Array.from({ length: 16 }, () => socket.request(dumpLinks));
          const controllers = Array.from({ length: 20 }, () => new AbortController());
          const aborted = controllers.map(({ signal }) => socket.request({ ...dumpLinks, signal }));
          const last = socket.request(dumpLinks);
          while (held.length < 16) await settle(kernel);
          for (const [index, controller] of controllers.entries()) await expectAbort(aborted[index] ?? last, controller);
          for (const request of held.splice(0)) kernel.answer(request, multi(request, []));
          await Promise.all(running);
          while (held.length < 1) await settle(kernel);
          for (const request of held) kernel.answer(request, multi(request, []));
          await last;
        },
      );
    });

    it('ends the pause between two attempts', async () => {
      await withSocket(
        (request) => multi(request, [], { interrupted: true }),
        async (socket, kernel) => {
          const controller = new AbortController();
          const dump = socket.request({ ...dumpLinks, signal: controller.signal });
          await interruptAgainAndAgain(kernel, 6);
          await expectAbort(dump, controller);
          expect(kernel.requests.length).to.equal(6);
        },
      );
    });
  });

  it('ends the wait for the fd beside a socket with groups', async () => {
    await withSocket(
      answering,
      async (socket, kernel) => {
        kernel.pause();
        const controller = new AbortController();
        const aborted = socket.request({ type: RTM.NEWLINK, body: u32(1), signal: controller.signal });
        const other = socket.request({ type: RTM.NEWLINK, body: u32(2) });
        for (let count = 0; count < 10; count += 1) await Promise.resolve();
        await expectAbort(aborted, controller);
        kernel.resume();
        await other;
        expect(kernel.requests.map(({ body }) => numberIn(body))).to.deep.equal([2]);
      },
      { socket: { groups: [1] } },
    );
  });
});
