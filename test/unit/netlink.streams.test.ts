import { expect } from 'chai';
import { NLM_F_DUMP } from '../../lib/netlink/constants.js';
import { multi, refuse, u32, type FakeHandler } from '../../lib/testing.js';
import { FakeClock } from '../support/clock.js';
import { rejectionOf } from '../support/error-of.js';
import { numberIn, RTM, settle, withSocket } from '../support/fake-socket.js';

const dumpLinks = { type: RTM.GETLINK, flags: NLM_F_DUMP } as const;

function numbering(count: number, options: Parameters<typeof multi>[2] = { perDatagram: 1 }): FakeHandler {
  return (request) =>
    multi(
      request,
      Array.from({ length: count }, (_, index) => u32(index)),
      options,
    );
}

async function collect<T>(stream: AsyncIterable<T>, into: T[] = []): Promise<T[]> {
  for await (const each of stream) into.push(each);
  return into;
}

describe('a stream', () => {
  it('yields every message in order', async () => {
    await withSocket(numbering(1000), async (socket) => {
      const messages = await collect(socket.stream(dumpLinks));
      expect(messages.map(({ body }) => numberIn(body))).to.deep.equal(Array.from({ length: 1000 }, (_, index) => index));
    });
  });

  it('yields what it is told to take of each message', async () => {
    await withSocket(numbering(5), async (socket) => {
      const values = await collect(socket.stream(dumpLinks, {}, (view) => view.view.getUint32(view.body, true) * 2));
      expect(values).to.deep.equal([0, 2, 4, 6, 8]);
    });
  });

  it('reads no more from the kernel than the loop takes: memory is bounded by the slabs', async () => {
    let drawn = 0;
    const endless: FakeHandler = (request) =>
      multi(
        request,
        (function* () {
          for (;;) {
            drawn += 1;
            yield new Uint8Array(1000);
          }
        })(),
        { perDatagram: 1 },
      );
    await withSocket(endless, async (socket, kernel) => {
      const stream = socket.stream(dumpLinks);
      await stream.next();
      await settle(kernel);
      const before = drawn;
      // 4 datagrams for each of 4 slabs and the one that is being read, and half a receive buffer (212,992) at 2,368 each.
      expect(before).to.be.at.most(5 * 4 + 92);
      await settle(kernel);
      expect(drawn).to.equal(before);
      for (let count = 0; count < 200; count += 1) await stream.next();
      expect(drawn).to.be.greaterThan(before);
      await stream.return(undefined);
    });
  });

  it('left early closes its fd at once and is not drawn any further', async () => {
    await withSocket(numbering(100_000), async (socket, kernel) => {
      for await (const { body } of socket.stream(dumpLinks)) if (numberIn(body) === 10) break;
      expect(kernel.openTransports.length).to.equal(1);
      await collect(socket.stream({ ...dumpLinks, timeout: 5000 })).then(
        (messages) => expect(messages.length).to.equal(100_000),
        (error: unknown) => expect.fail(String(error)),
      );
    });
  }).timeout(30_000);

  it('read to its end gives its fd to the next', async () => {
    await withSocket(numbering(10), async (socket, kernel) => {
      await collect(socket.stream(dumpLinks));
      await collect(socket.stream(dumpLinks));
      expect(kernel.transports.length).to.equal(2);
    });
  });

  it('leaves requests and other streams alone while nobody reads it', async () => {
    await withSocket(numbering(5000), async (socket) => {
      const first = socket.stream(dumpLinks);
      await first.next();
      expect((await collect(socket.stream(dumpLinks))).length).to.equal(5000);
      expect((await socket.request(dumpLinks)).messages.length).to.equal(5000);
      expect((await collect(first)).length).to.equal(4999);
    });
  }).timeout(20_000);

  it('that was interrupted yields its messages and then rejects, since they cannot be taken back', async () => {
    await withSocket(numbering(5, { interrupted: 3 }), async (socket, kernel) => {
      const seen: unknown[] = [];
      expect(await rejectionOf(collect(socket.stream(dumpLinks), seen as never[]))).to.include({ code: 'NETLANE_DUMP_INTERRUPTED' });
      expect(seen.length).to.equal(5);
      expect(kernel.requests.length).to.equal(1);
    });
  });

  it('that is refused, or ends with an errno, rejects with that', async () => {
    await withSocket(
      (request) => refuse(request, 95),
      async (socket) => {
        expect(await rejectionOf(collect(socket.stream(dumpLinks)))).to.include({ code: 'EOPNOTSUPP' });
      },
    );
    await withSocket(numbering(3, { errno: 12 }), async (socket) => {
      const seen: unknown[] = [];
      expect(await rejectionOf(collect(socket.stream(dumpLinks), seen as never[]))).to.include({ code: 'ENOMEM' });
      expect(seen.length).to.equal(3);
    });
  });

  it('that waits in vain is NETLANE_TIMEOUT; the time that the loop itself takes does not count', async () => {
    await FakeClock.during(async (clock) => {
      await withSocket(numbering(100, { done: false, perDatagram: 1 }), async (socket, kernel) => {
        const stream = socket.stream({ ...dumpLinks, timeout: 20 });
        await stream.next();
        await settle(kernel);
        clock.advance(60);
        const seen: unknown[] = [];
        const outcome = rejectionOf(collect(stream, seen as never[]));
        while (seen.length < 99) await settle(kernel);
        await settle(kernel);
        clock.advance(20);
        expect(await outcome).to.include({ code: 'NETLANE_TIMEOUT' });
        expect(seen.length).to.equal(99);
        expect(kernel.openTransports.length).to.equal(1);
      });
    });
  });

  it('is aborted while it waits, and before it starts', async () => {
    await withSocket(numbering(10, { done: false }), async (socket, kernel) => {
      const controller = new AbortController();
      const seen: unknown[] = [];
      const reading = collect(socket.stream({ ...dumpLinks, signal: controller.signal }), seen as never[]);
      while (seen.length < 10) await settle(kernel);
      const reason = new Error('enough');
      controller.abort(reason);
      expect(await rejectionOf(reading)).to.include({ code: 'ABORT_ERR', cause: reason });
      expect(kernel.openTransports.length).to.equal(1);
      expect(await rejectionOf(collect(socket.stream({ ...dumpLinks, signal: controller.signal })))).to.include({ code: 'ABORT_ERR' });
      expect(kernel.requests.length).to.equal(1);
    });
  });

  it('ends with NETLANE_CLOSED when the socket is closed, also while it waits', async () => {
    await withSocket(numbering(10, { done: false }), async (socket, kernel) => {
      const seen: unknown[] = [];
      const reading = collect(socket.stream(dumpLinks), seen as never[]);
      while (seen.length < 10) await settle(kernel);
      const closing = socket.close();
      expect(await rejectionOf(reading)).to.include({ code: 'NETLANE_CLOSED' });
      await closing;
      expect(kernel.openTransports).to.deep.equal([]);
    });
  });

  it('that was never begun opens nothing', async () => {
    await withSocket(numbering(10), async (socket, kernel) => {
      const stream = socket.stream(dumpLinks);
      await settle(kernel);
      expect(kernel.transports.length).to.equal(1);
      await stream.return(undefined);
      expect(kernel.transports.length).to.equal(1);
    });
  });

  it('reports what `take` throws and closes its fd', async () => {
    await withSocket(numbering(50), async (socket, kernel) => {
      const mine = new Error('cannot decode');
      const stream = socket.stream(dumpLinks, {}, () => {
        throw mine;
      });
      expect(await rejectionOf(collect(stream))).to.equal(mine);
      expect(kernel.openTransports.length).to.equal(1);
    });
  });
});
