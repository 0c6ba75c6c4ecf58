import { expect } from 'chai';
import { NLM_F_ECHO, NLM_F_REQUEST, NLMSG_OVERRUN } from '../../lib/netlink/constants.js';
import type { Message } from '../../lib/netlink/message.js';
import type { NetlinkSocket } from '../../lib/netlink/socket.js';
import {
  ack,
  buildMessage,
  datagram,
  impostor,
  openSocket,
  u32,
  withLength,
  type FakeHandler,
  type FakeKernel,
  type FakeRequest,
} from '../../lib/testing.js';
import { rejectionOf } from '../support/error-of.js';
import { numberIn, RTM, settle, withSocket, type FakeSettings } from '../support/fake-socket.js';

const acknowledging: FakeHandler = (request) => ack(request);
const listening: FakeSettings = { socket: { groups: [1] } };

/** Reads so many messages and stops. */
async function take(socket: NetlinkSocket, count: number): Promise<Message[]> {
  const messages: Message[] = [];
  for await (const message of socket.messages()) {
    messages.push(message);
    if (messages.length === count) break;
  }
  return messages;
}

function events(kernel: FakeKernel, count: number, size = 4): void {
  for (let index = 0; index < count; index += 1) {
    const body = new Uint8Array(size);
    body.set(u32(index));
    kernel.event(1, { type: RTM.NEWLINK, body });
  }
}

describe('messages()', () => {
  it('yields what the groups tell, in order, with the group', async () => {
    await withSocket(
      acknowledging,
      async (socket, kernel) => {
        events(kernel, 50);
        kernel.event(40, { type: RTM.NEWADDR });
        const messages = await take(socket, 51);
        expect(messages.slice(0, 50).map(({ body, group }) => [numberIn(body), group])).to.deep.equal(
          Array.from({ length: 50 }, (_, index) => [index, 1]),
        );
        expect(messages[50]).to.include({ type: RTM.NEWADDR, group: 40, sequence: 0, port: 0 });
        expect(messages[50]).not.to.have.any.keys('nsid', 'sender');
      },
      { socket: { groups: [1, 40] } },
    );
  });

  it('keeps what came before anybody read, and what comes while nobody does', async () => {
    await withSocket(
      acknowledging,
      async (socket, kernel) => {
        events(kernel, 3);
        await settle(kernel);
        expect(socket.waiting).to.equal(3);
        expect((await take(socket, 2)).length).to.equal(2);
        events(kernel, 2);
        await settle(kernel);
        expect((await take(socket, 3)).map(({ body }) => numberIn(body))).to.deep.equal([2, 0, 1]);
      },
      listening,
    );
  });

  it('wakes a reader that waits, and keeps the process alive only for as long as one does', async () => {
    await withSocket(
      acknowledging,
      async (socket, kernel) => {
        const [primary] = kernel.transports;
        expect(primary?.referenced).to.equal(false);
        const reading = take(socket, 1);
        await settle(kernel);
        expect(primary?.referenced).to.equal(true);
        events(kernel, 1);
        await reading;
        expect(primary?.referenced).to.equal(false);
      },
      listening,
    );
  });

  it('has one reader at a time: a second is NETLANE_BUSY, the next after it is not', async () => {
    await withSocket(
      acknowledging,
      async (socket, kernel) => {
        const first = take(socket, 1);
        await settle(kernel);
        const error = await rejectionOf(take(socket, 1));
        expect(error).to.include({ code: 'NETLANE_BUSY', namespace: 'fake' });
        events(kernel, 2);
        expect((await first).length).to.equal(1);
        expect((await take(socket, 1)).map(({ body }) => numberIn(body))).to.deep.equal([1]);
      },
      listening,
    );
  });

  it('is aborted while it waits, and before', async () => {
    await withSocket(
      acknowledging,
      async (socket, kernel) => {
        const controller = new AbortController();
        const reading = socket.messages({ signal: controller.signal }).next();
        await settle(kernel);
        controller.abort('enough');
        expect(await rejectionOf(reading)).to.include({ code: 'ABORT_ERR', cause: 'enough' });
        expect(await rejectionOf(socket.messages({ signal: controller.signal }).next())).to.include({ code: 'ABORT_ERR' });
        events(kernel, 1);
        expect((await take(socket, 1)).length, 'the socket lives on').to.equal(1);
      },
      listening,
    );
  });

  it('hears no impostors', async () => {
    await withSocket(
      acknowledging,
      async (socket, kernel) => {
        kernel.event(1, impostor(datagram(buildMessage({ type: 99 }))));
        events(kernel, 1);
        expect((await take(socket, 1)).map(({ type }) => type)).to.deep.equal([RTM.NEWLINK]);
        expect((await socket.statistics()).dropped).to.equal(1);
      },
      listening,
    );
  });

  it('passes over what cannot be read and goes on with what follows', async () => {
    await withSocket(
      acknowledging,
      async (socket, kernel) => {
        kernel.event(1, withLength(datagram(buildMessage({ type: 99 })), 5));
        events(kernel, 1);
        expect((await take(socket, 1)).map(({ type }) => type)).to.deep.equal([RTM.NEWLINK]);
        expect((await socket.statistics()).dropped).to.equal(1);
      },
      listening,
    );
  });

  it('tells where an event came from with allNamespaces', async () => {
    await withSocket(
      acknowledging,
      async (socket, kernel) => {
        kernel.event(1, { type: 16 }, { nsid: 0 });
        kernel.event(1, { type: 17 });
        expect((await take(socket, 2)).map(({ type, nsid }) => [type, nsid])).to.deep.equal([
          [16, 0],
          [17, undefined],
        ]);
      },
      { socket: { groups: [1], allNamespaces: true } },
    );
  });
});

describe('the flow of messages', () => {
  it('is held up down to the kernel while nobody reads: 1 MiB here, then the slabs, then the receive buffer', async () => {
    await withSocket(
      acknowledging,
      async (socket, kernel) => {
        const [primary] = kernel.transports;
        events(kernel, 90, 32_768);
        await settle(kernel);
        // 32,968 bytes each; up to 3 more of the slab that made it full.
        expect(socket.waiting).to.be.within(32, 35);
        expect(primary?.slabsOut).to.equal(12);
        expect(primary?.charged).to.be.greaterThan(0);
        const numbers = (await take(socket, 90)).map(({ body }) => numberIn(body));
        expect(numbers).to.deep.equal(Array.from({ length: 90 }, (_, index) => index));
        await settle(kernel);
        expect([primary?.slabsOut, primary?.charged, primary?.drops]).to.deep.equal([0, 0, 0]);
      },
      listening,
    );
  });

  it('does not hold up requests', async () => {
    await withSocket(
      acknowledging,
      async (socket, kernel) => {
        events(kernel, 200, 32_768);
        await settle(kernel);
        expect(kernel.transports[0]?.slabsOut).to.equal(12);
        await Promise.all(Array.from({ length: 50 }, () => socket.request({ type: RTM.NEWLINK })));
      },
      listening,
    );
  });

  it('that the kernel had to cut is marked where the gap is, and goes on after it', async () => {
    await withSocket(
      acknowledging,
      async (socket, kernel) => {
        events(kernel, 100, 32_768);
        await settle(kernel);
        const before: number[] = [];
        for await (const message of socket.messages()) {
          if (message.type === NLMSG_OVERRUN) break;
          before.push(numberIn(message.body));
        }
        expect(before.length).to.be.lessThan(100);
        expect(before, 'everything before the mark is whole').to.deep.equal(Array.from({ length: before.length }, (_, index) => index));
        events(kernel, 1);
        expect((await take(socket, 1)).map(({ type }) => type)).to.deep.equal([RTM.NEWLINK]);
        expect((await socket.statistics()).overruns).to.equal(1);
      },
      { socket: { groups: [1], receiveBuffer: 100_000 } },
    );
  });

  it('is marked behind what was held back when the loss came', async () => {
    await withSocket(
      acknowledging,
      async (socket, kernel) => {
        const [primary] = kernel.transports;
        events(kernel, 40, 32_768);
        await settle(kernel);
        expect(primary?.slabsOut).to.be.within(1, 3);
        if (primary !== undefined) kernel.overrun(primary);
        await settle(kernel);
        const messages = await take(socket, 41);
        expect(messages.map(({ type }) => type).indexOf(NLMSG_OVERRUN)).to.equal(40);
      },
      listening,
    );
  });

  it('that overran with noOverruns is not marked', async () => {
    await withSocket(
      acknowledging,
      async (socket, kernel) => {
        events(kernel, 100, 1000);
        await settle(kernel);
        expect(kernel.transports[0]?.drops).to.be.greaterThan(0);
        expect(socket.takeWaiting().length).to.equal(socket.waiting === 0 ? 100 - (kernel.transports[0]?.drops ?? 0) : -1);
      },
      { socket: { groups: [1], receiveBuffer: 20_000, noOverruns: true } },
    );
  });

  it('asks for 8 MiB of receive buffer for subscriptions, and makes do with what it gets', async () => {
    await withSocket(
      acknowledging,
      (socket) => {
        expect(socket.receiveBuffer).to.equal(16 << 20);
        return Promise.resolve();
      },
      listening,
    );
    await withSocket(
      acknowledging,
      (socket) => {
        expect(socket.receiveBuffer).to.equal(2 * 212_992);
        return Promise.resolve();
      },
      { ...listening, kernel: { privileged: false } },
    );
  });
});

describe('groups', () => {
  it('can be joined and left while the socket is open, any number of them', async () => {
    await withSocket(acknowledging, async (socket, kernel) => {
      await socket.join(1);
      await socket.join(60);
      expect(await socket.memberships()).to.deep.equal([1, 60]);
      events(kernel, 1);
      expect((await take(socket, 1)).length).to.equal(1);
      await socket.leave(1);
      events(kernel, 1);
      kernel.event(60, { type: RTM.NEWADDR });
      expect((await take(socket, 1)).map(({ type }) => type)).to.deep.equal([RTM.NEWADDR]);
      expect(await rejectionOf(socket.join(65))).to.include({ code: 'EINVAL' });
      expect(await socket.memberships()).to.deep.equal([60]);
    });
  });

  it('that tell of what a request did, in its own words, are no part of its answer', async () => {
    let held: FakeRequest | undefined;
    await withSocket(
      (request) => void (held = request),
      async (socket, kernel) => {
        const waiting = socket.request({ type: RTM.NEWLINK, flags: NLM_F_ECHO });
        await settle(kernel);
        await socket.join(1);
        if (held === undefined) throw new Error('nothing was asked');
        kernel.event(1, { type: RTM.NEWLINK, body: u32(1), cause: held });
        kernel.answer(held, ack(held));
        expect((await waiting).messages).to.deep.equal([]);
        expect((await take(socket, 1))[0]).to.include({ group: 1, sequence: held.sequence, port: socket.port });
      },
    );
  });

  it('move requests to an fd beside the socket, so that events cannot crowd out their replies', async () => {
    await withSocket(acknowledging, async (socket, kernel) => {
      await socket.request({ type: RTM.NEWLINK });
      expect(kernel.transports.length).to.equal(1);
      await socket.join(1);
      await socket.request({ type: RTM.NEWLINK });
      expect(kernel.requests.map(({ transport }) => transport.number)).to.deep.equal([1, 2]);
      expect(kernel.transports[1]?.groups).to.deep.equal([]);
      await Promise.all([1, 2, 3].map(() => socket.request({ type: RTM.NEWLINK })));
      expect(kernel.transports.length).to.equal(2);
    });
  });
});

describe('send()', () => {
  it('reaches the kernel as it is, with the sequence number of the caller; the answer comes out of messages()', async () => {
    await withSocket(acknowledging, async (socket, kernel) => {
      await socket.send({ type: RTM.NEWLINK, flags: 4, sequence: 0x1234, body: u32(5) });
      expect(kernel.requests[0]).to.include({ type: RTM.NEWLINK, flags: 4 | NLM_F_REQUEST, sequence: 0x1234, port: socket.port });
      const [answer] = await take(socket, 1);
      expect(answer).to.include({ type: 2, sequence: 0x1234 });
    });
  });

  it('reaches other sockets by port and by group, which hear them with from: any', async () => {
    await withSocket(
      acknowledging,
      async (socket, kernel) => {
        const listener = await openSocket(kernel, 'usersock', { groups: [3], from: 'any' });
        const deaf = await openSocket(kernel, 'usersock');
        try {
          await socket.send({ type: 40, port: listener.port });
          await socket.send({ type: 41, port: deaf.port });
          const [one] = await take(listener, 1);
          expect(one).to.include({ type: 40, sender: socket.port });
          await settle(kernel);
          expect((await deaf.statistics()).dropped).to.equal(1);
          expect(deaf.waiting).to.equal(0);
          await socket.send({ type: 42, groups: [3], port: listener.port });
          expect((await take(listener, 1)).map(({ type }) => type)).to.deep.equal([42]);
        } finally {
          await Promise.all([listener.close(), deaf.close()]);
        }
      },
      { protocol: 'usersock' },
    );
  });

  it('to groups alone resolves, though the kernel then says that nobody has port 0', async () => {
    await withSocket(
      acknowledging,
      async (socket, kernel) => {
        const listener = await openSocket(kernel, 'usersock', { groups: [3], from: 'any' });
        try {
          await socket.send({ type: 42, groups: [3] });
          expect((await take(listener, 1)).map(({ type, group }) => [type, group])).to.deep.equal([[42, 3]]);
        } finally {
          await listener.close();
        }
      },
      { protocol: 'usersock' },
    );
  });

  it('rejects with what sendmsg says', async () => {
    await withSocket(
      acknowledging,
      async (socket) => {
        const error = await rejectionOf(socket.send({ type: 40, port: 4711 }));
        expect(error).to.include({ code: 'ECONNREFUSED', syscall: 'sendmsg', namespace: 'fake' });
      },
      { protocol: 'usersock' },
    );
  });
});
