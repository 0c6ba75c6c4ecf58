import { expect } from 'chai';
import { NLM_F_DUMP } from '../../lib/netlink/constants.js';
import { ack, multi, u32, type FakeHandler } from '../../lib/testing.js';
import { errorOf, rejectionOf } from '../support/error-of.js';
import { RTM, settle, withSocket } from '../support/fake-socket.js';

const dumpLinks = { type: RTM.GETLINK, flags: NLM_F_DUMP } as const;
const silent: FakeHandler = () => undefined;

async function drain(iterator: AsyncIterable<unknown>): Promise<void> {
  for await (const each of iterator) expect(each).not.to.equal(undefined);
}

describe('close()', () => {
  it('rejects every waiter once with NETLANE_CLOSED, at once, and leaves no fd', async () => {
    await withSocket(
      silent,
      async (socket, kernel) => {
        const rejections: unknown[] = [];
        const waiters = [
          ...Array.from({ length: 600 }, () => socket.request({ type: RTM.NEWLINK })),
          ...Array.from({ length: 40 }, () => socket.request(dumpLinks)),
          drain(socket.stream(dumpLinks)),
          drain(socket.messages()),
        ];
        for (const waiter of waiters) waiter.catch((error: unknown) => rejections.push(error));
        await settle(kernel);
        expect(rejections).to.deep.equal([]);
        const closing = socket.close();
        for (let count = 0; count < 30; count += 1) await Promise.resolve();
        expect(rejections.length).to.equal(waiters.length);
        for (const error of rejections) expect(error).to.include({ code: 'NETLANE_CLOSED', namespace: 'fake' });
        await closing;
        expect(kernel.openTransports).to.deep.equal([]);
        expect(socket.closed).to.equal(true);
      },
      { socket: { groups: [1] } },
    );
  });

  it('is idempotent: the same promise each time', async () => {
    await withSocket(silent, async (socket) => {
      const first = socket.close();
      expect(socket.close()).to.equal(first);
      await Promise.all([first, socket.close(), socket[Symbol.asyncDispose]()]);
      expect(socket.close()).to.equal(first);
    });
  });

  it('rejects what was asked in the same tick, and what is asked afterwards', async () => {
    await withSocket(
      (request) => ack(request),
      async (socket, kernel) => {
        const early = [socket.request({ type: RTM.NEWLINK }), socket.request(dumpLinks)].map((each) => rejectionOf(each));
        const closing = socket.close();
        for (const error of await Promise.all(early)) expect(error).to.include({ code: 'NETLANE_CLOSED' });
        await closing;
        for (const late of [
          () => socket.request({ type: RTM.NEWLINK }),
          () => socket.request(dumpLinks),
          () => socket.send({ type: RTM.NEWLINK }),
          () => socket.join(1),
          () => socket.leave(1),
          () => socket.memberships(),
          () => socket.statistics(),
          () => socket.getOption('receiveBuffer'),
          () => socket.setOption('strict', true),
        ]) {
          expect(await rejectionOf(late())).to.include({ code: 'NETLANE_CLOSED' });
        }
        for (const late of [
          () => socket.requestSync({ type: RTM.NEWLINK }),
          () => socket.stream(dumpLinks),
          () => socket.messages(),
          () => socket.port,
          () => socket.fd,
        ]) {
          expect(errorOf(late)).to.include({ code: 'NETLANE_CLOSED', message: 'the socket of fake is closed' });
        }
        await settle(kernel);
        expect(kernel.requests).to.deep.equal([]);
        expect(kernel.transports.length, 'no fd was opened for it').to.equal(1);
      },
    );
  });

  it('waits for fds that are just being opened, and closes them', async () => {
    await withSocket(
      silent,
      async (socket, kernel) => {
        kernel.pause();
        const waiting = [socket.request(dumpLinks), socket.request({ type: RTM.NEWLINK })].map((each) => rejectionOf(each));
        for (let count = 0; count < 10; count += 1) await Promise.resolve();
        const closing = socket.close();
        for (const error of await Promise.all(waiting)) expect(error).to.include({ code: 'NETLANE_CLOSED' });
        kernel.resume();
        await closing;
        expect(kernel.transports.length).to.equal(3);
        expect(kernel.openTransports).to.deep.equal([]);
      },
      { socket: { groups: [1] } },
    );
  });

  it('ends the pause of an interrupted dump', async () => {
    await withSocket(
      (request) => multi(request, [], { interrupted: true }),
      async (socket, kernel) => {
        const dump = rejectionOf(socket.request(dumpLinks));
        while (kernel.requests.length < 6) await settle(kernel);
        await settle(kernel);
        let rejected: Error | undefined;
        void dump.then((error) => (rejected = error));
        const closing = socket.close();
        for (let count = 0; count < 20; count += 1) await Promise.resolve();
        expect(rejected).to.include({ code: 'NETLANE_CLOSED' });
        await closing;
      },
    );
  });

  it('from within a callback of the socket is survived', async () => {
    await withSocket(
      (request) => multi(request, [u32(1), u32(2), u32(3), u32(4)], { perDatagram: 1 }),
      async (socket, kernel) => {
        let closing: Promise<void> | undefined;
        const sink = (): void => void (closing ??= socket.close());
        expect(await rejectionOf(socket.request(dumpLinks, { sink }))).to.include({ code: 'NETLANE_CLOSED' });
        await closing;
        expect(kernel.openTransports).to.deep.equal([]);
      },
    );
  });

  it('is told to whoever opened the socket, once', async () => {
    let told = 0;
    const { NetlinkSocket } = await import('../../lib/netlink/socket.js');
    const { FakeKernel } = await import('../../lib/testing.js');
    const kernel = new FakeKernel();
    const socket = await NetlinkSocket.open(kernel, 0, {}, () => (told += 1));
    await Promise.all([socket.close(), socket.close()]);
    await socket.close();
    expect(told).to.equal(1);
    kernel.verify();
  });
});

describe('opening', () => {
  it('rejects with the reason when it fails, and nothing is left', async () => {
    const { FakeKernel, openSocket } = await import('../../lib/testing.js');
    const kernel = new FakeKernel();
    kernel.failOpen(13);
    expect(await rejectionOf(openSocket(kernel, 'route'))).to.include({ code: 'EACCES', syscall: 'socket' });
    kernel.verify();
  });
});
