import { expect } from 'chai';
import { NETLINK_GET_STRICT_CHK, NLM_F_DUMP } from '../../lib/netlink/constants.js';
import { ack, multi, refuse, type FakeHandler, type FakeRequest } from '../../lib/testing.js';
import { rejectionOf } from '../support/error-of.js';
import { RTM, settle, withSocket } from '../support/fake-socket.js';

const acknowledging: FakeHandler = (request) => ack(request);
const dumpLinks = { type: RTM.GETLINK, flags: NLM_F_DUMP } as const;

describe('an option that is set on an open socket', () => {
  it('can be read back', async () => {
    await withSocket(acknowledging, async (socket) => {
      expect(await socket.getOption('noOverruns')).to.equal(0);
      await socket.setOption('noOverruns', true);
      expect(await socket.getOption('noOverruns')).to.equal(1);
      await socket.setOption('receiveBuffer', 100_000);
      expect(await socket.getOption('receiveBuffer')).to.equal(200_000);
      await socket.setOption('receiveBuffer', 4 << 20, { force: true });
      expect(await socket.getOption('receiveBuffer')).to.equal(8 << 20);
    });
  });

  it('holds for the fds of its dumps and requests, too, where it shapes replies', async () => {
    await withSocket(
      (request) => refuse(request, 22, { message: 'text' }),
      async (socket) => {
        expect(await rejectionOf(socket.request(dumpLinks))).to.have.property('kernelMessage', 'text');
        await socket.setOption('extendedAck', false);
        expect(await rejectionOf(socket.request(dumpLinks))).not.to.have.property('kernelMessage');
        expect(await rejectionOf(socket.request({ type: RTM.NEWLINK }))).not.to.have.property('kernelMessage');
      },
      { socket: { groups: [1] } },
    );
  });

  it('holds for the next dump also when one runs while it is set', async () => {
    const held: FakeRequest[] = [];
    await withSocket(
      (request) => void held.push(request),
      async (socket, kernel) => {
        const running = socket.request(dumpLinks);
        while (held.length < 1) await settle(kernel);
        await socket.setOption('strict', false);
        for (const request of held.splice(0)) kernel.answer(request, multi(request, []));
        await running;
        const next = socket.request(dumpLinks);
        while (held.length < 1) await settle(kernel);
        expect(held[0]?.transport.option(NETLINK_GET_STRICT_CHK)).to.equal(0);
        for (const request of held) kernel.answer(request, multi(request, []));
        await next;
      },
    );
  });

  it('lets chunks grow with the receive buffer, and shrink', async () => {
    await withSocket(acknowledging, async (socket, kernel) => {
      await socket.setOption('receiveBuffer', 5000);
      await Promise.all(Array.from({ length: 500 }, () => socket.request({ type: RTM.NEWLINK })));
      expect(kernel.transports[0]?.drops).to.equal(0);
    });
  });

  it('lets chunks shrink with the send buffer, and grow', async () => {
    for (const groups of [[], [1]]) {
      await withSocket(
        acknowledging,
        async (socket, kernel) => {
          const ask = () => Array.from({ length: 150 }, () => socket.request({ type: RTM.NEWLINK, body: new Uint8Array(16) }));
          await Promise.all(ask());
          // Those of this tick, too, whether they were made before it or behind.
          const before = ask();
          const setting = socket.setOption('sendBuffer', 2304);
          await Promise.all([...before, ...ask(), setting]);
          await Promise.all(ask());
          const small = kernel.sends.length;
          await socket.setOption('sendBuffer', 100_000);
          await Promise.all(ask());
          expect(kernel.sends.length - small, 'sends with room for all').to.equal(1);
          expect(kernel.sends.filter(({ errno }) => errno !== 0)).to.deep.equal([]);
        },
        { socket: { groups } },
      );
    }
  });

  it('makes room for a request on whatever fd it leaves', async () => {
    for (const groups of [[], [1]]) {
      await withSocket(
        acknowledging,
        async (socket) => {
          const long = { type: RTM.NEWLINK, body: new Uint8Array(20_000) };
          expect(await rejectionOf(socket.request(long))).to.include({ code: 'EMSGSIZE' });
          await socket.setOption('sendBuffer', 40_000);
          await socket.request(long);
        },
        { socket: { groups, sendBuffer: 5000 } },
      );
    }
  });

  it('leaves the room for replies and requests as it is where the kernel refuses it', async () => {
    await withSocket(
      acknowledging,
      async (socket, kernel) => {
        for (const name of ['receiveBuffer', 'sendBuffer'] as const)
          expect(await rejectionOf(socket.setOption(name, 4 << 20, { force: true }))).to.include({ code: 'EPERM' });
        await Promise.all(Array.from({ length: 100 }, () => socket.request({ type: RTM.NEWLINK })));
        expect(kernel.sends.length).to.equal(1);
      },
      { kernel: { privileged: false } },
    );
  });

  it('is EPERM where the kernel says so', async () => {
    await withSocket(
      acknowledging,
      async (socket) => {
        expect(await rejectionOf(socket.setOption('receiveBuffer', 4 << 20, { force: true }))).to.include({
          code: 'EPERM',
          syscall: 'setsockopt',
        });
        expect(await rejectionOf(socket.setOption('allNamespaces', true))).to.include({ code: 'EPERM' });
      },
      { kernel: { privileged: false } },
    );
  });
});
