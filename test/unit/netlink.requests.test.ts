import diagnosticsChannel from 'node:diagnostics_channel';
import { expect } from 'chai';
import { NetlaneError } from '../../lib/errors.js';
import { NLM_F_ACK, NLM_F_CREATE, NLM_F_DUMP, NLM_F_ECHO, NLM_F_EXCL, NLM_F_MULTI, NLM_F_REQUEST } from '../../lib/netlink/constants.js';
import { ack, bufferCost, concatenate, done, reply, u32, type FakeHandler, type FakeRequest } from '../../lib/testing.js';
import { rejectionOf } from '../support/error-of.js';
import { numberIn, RTM, settle, withSocket } from '../support/fake-socket.js';

const acknowledging: FakeHandler = (request) => ack(request);
/** Reads are answered with the number they asked with, plus 1000. */
const counting: FakeHandler = (request) => [reply(request, u32(numberIn(request.body) + 1000)), ack(request)];

describe('a request', () => {
  it('is sent with NLM_F_REQUEST and NLM_F_ACK besides its own flags, from port 0', async () => {
    await withSocket(acknowledging, async (socket, kernel) => {
      await socket.request({ type: RTM.NEWLINK, flags: NLM_F_CREATE | NLM_F_EXCL, body: u32(7) });
      const [request] = kernel.requests;
      expect(request).to.include({ type: RTM.NEWLINK, flags: NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, port: 0 });
      expect([...(request?.body ?? [])]).to.deep.equal([...u32(7)]);
    });
  });

  it('resolves with what the kernel sent before the acknowledgement, as copies', async () => {
    await withSocket(
      (request) => [reply(request, u32(1)), reply(request, u32(2), { flags: NLM_F_MULTI }), ack(request)],
      async (socket) => {
        const { messages, warnings } = await socket.request({ type: RTM.GETLINK });
        expect(messages.map(({ type, port, body }) => [type, port, numberIn(body)])).to.deep.equal([
          [RTM.NEWLINK, socket.port, 1],
          [RTM.NEWLINK, socket.port, 2],
        ]);
        expect(messages.every(({ body }) => body.byteLength === body.buffer.byteLength)).to.equal(true);
        expect(warnings).to.deep.equal([]);
      },
    );
  });

  it('reads through the acknowledgement: what comes before it does not end the wait', async () => {
    let held: FakeRequest | undefined;
    await withSocket(
      (request) => {
        held = request;
        return reply(request, u32(1));
      },
      async (socket, kernel) => {
        let resolved = false;
        const waiting = socket.request({ type: RTM.GETLINK }).then((value) => {
          resolved = true;
          return value;
        });
        await settle(kernel);
        expect(resolved).to.equal(false);
        if (held !== undefined) kernel.answer(held, ack(held));
        expect((await waiting).messages.length).to.equal(1);
      },
    );
  });

  it('without an acknowledgement ends with the first message, or with the end of a multi-part reply', async () => {
    await withSocket(
      (request) =>
        request.type === RTM.GETLINK
          ? reply(request, u32(5))
          : [reply(request, u32(1), { flags: NLM_F_MULTI }), reply(request, u32(2), { flags: NLM_F_MULTI }), done(request)],
      async (socket, kernel) => {
        const one = await socket.request({ type: RTM.GETLINK, acknowledge: false });
        expect(one.messages.map(({ body }) => numberIn(body))).to.deep.equal([5]);
        const many = await socket.request({ type: RTM.GETADDR, acknowledge: false });
        expect(many.messages.map(({ body }) => numberIn(body))).to.deep.equal([1, 2]);
        expect(kernel.requests.map(({ flags }) => flags)).to.deep.equal([NLM_F_REQUEST, NLM_F_REQUEST]);
      },
    );
  });

  it('with NLM_F_ECHO resolves with the notification that the kernel echoes', async () => {
    await withSocket(
      (request) => [reply(request, request.body, { type: RTM.NEWLINK }), ack(request)],
      async (socket) => {
        const { messages } = await socket.request({ type: RTM.NEWLINK, flags: NLM_F_ECHO, body: u32(3) });
        expect(messages.map(({ body }) => numberIn(body))).to.deep.equal([3]);
      },
    );
  });

  it('takes its body in the call: what the caller writes into it afterwards is not sent', async () => {
    await withSocket(acknowledging, async (socket, kernel) => {
      const body = new Uint8Array(1000).fill(1);
      // Enough of them that some have to wait for room.
      const all = Array.from({ length: 400 }, () => socket.request({ type: RTM.NEWLINK, body }));
      body.fill(2);
      await Promise.all(all);
      expect(kernel.requests.length).to.equal(400);
      expect(kernel.requests.every((request) => request.body.every((byte) => byte === 1))).to.equal(true);
    });
  });

  it('whose body cannot be copied, or says another length than it has, is refused, and nothing is kept of it', async () => {
    class Liar extends Uint8Array {
      override get length(): number {
        return 3;
      }
    }
    const detached = new Uint8Array(16);
    structuredClone(detached.buffer, { transfer: [detached.buffer] });
    await withSocket(acknowledging, async (socket, kernel) => {
      for (const body of [detached, new Liar(16), Object.create(Uint8Array.prototype) as Uint8Array]) {
        const dump = { type: RTM.GETLINK, flags: NLM_F_DUMP, body };
        expect(await rejectionOf(socket.request({ type: RTM.NEWLINK, body }))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
        expect(await rejectionOf(socket.request(dump))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
        expect(await rejectionOf(socket.send({ type: RTM.NEWLINK, body }))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
        expect(() => socket.requestSync({ type: RTM.NEWLINK, body })).to.throw(NetlaneError, /body/);
        expect(() => socket.stream(dump)).to.throw(NetlaneError, /body/);
        expect(kernel.transports.every(({ referenced }) => !referenced)).to.equal(true);
      }
      await socket.request({ type: RTM.NEWLINK, body: new Uint8Array() });
      expect(kernel.requests.length).to.equal(1);
    });
  });

  it('pads bodies whose length is no multiple of 4, and keeps the true length in the header', async () => {
    await withSocket(acknowledging, async (socket, kernel) => {
      await Promise.all(
        [5, 6, 7, 8].map((length) => socket.request({ type: RTM.NEWLINK, body: Uint8Array.from({ length }, () => length) })),
      );
      expect(kernel.requests.map(({ body }) => [...body])).to.deep.equal(
        [5, 6, 7, 8].map((length) => Array.from({ length }, () => length)),
      );
      expect(kernel.sends.length).to.equal(1);
    });
  });

  it('never has a sequence number that is 0 or that another one on its way has', async () => {
    await withSocket(acknowledging, async (socket, kernel) => {
      await Promise.all(Array.from({ length: 3000 }, () => socket.request({ type: RTM.NEWLINK })));
      const numbers = kernel.requests.map(({ sequence }) => sequence);
      expect(new Set(numbers).size).to.equal(3000);
      expect(numbers).not.to.include(0);
    });
  });

  it('keeps the process alive while it is on its way, and no longer', async () => {
    await withSocket(acknowledging, async (socket, kernel) => {
      expect(kernel.transports[0]?.referenced).to.equal(false);
      const waiting = socket.request({ type: RTM.NEWLINK });
      expect(kernel.transports[0]?.referenced).to.equal(true);
      await waiting;
      expect(kernel.transports[0]?.referenced).to.equal(false);
    });
  });

  it('is told on the diagnostics channel netlane:request', async () => {
    await withSocket(acknowledging, async (socket) => {
      const told: unknown[] = [];
      const listen = (message: unknown): void => void told.push(message);
      diagnosticsChannel.subscribe('netlane:request', listen);
      try {
        await socket.request({ type: RTM.NEWLINK, body: u32(9) });
      } finally {
        diagnosticsChannel.unsubscribe('netlane:request', listen);
      }
      expect(told.length).to.equal(1);
      expect(told[0]).to.include({ namespace: 'fake', protocol: 0, type: RTM.NEWLINK });
      await socket.request({ type: RTM.NEWLINK });
      expect(told.length).to.equal(1);
    });
  });
});

describe('requests made at the same time', () => {
  it('leave in one sendmsg when they were made in the same tick, in the order of the calls', async () => {
    await withSocket(counting, async (socket, kernel) => {
      const all = [1, 2, 3, 4, 5].map((number) => socket.request({ type: RTM.GETLINK, body: u32(number) }));
      await settle(kernel);
      expect(kernel.sends.length).to.equal(1);
      expect(kernel.requests.map(({ body }) => numberIn(body))).to.deep.equal([1, 2, 3, 4, 5]);
      const replies = await Promise.all(all);
      expect(replies.map(({ messages }) => numberIn(messages[0]?.body))).to.deep.equal([1001, 1002, 1003, 1004, 1005]);
      await socket.request({ type: RTM.GETLINK, body: u32(6) });
      expect(kernel.sends.length).to.equal(2);
    });
  });

  it('are bounded by the replies that they can cause: the receive buffer never overflows', async () => {
    await withSocket(acknowledging, async (socket, kernel) => {
      await Promise.all(Array.from({ length: 2000 }, () => socket.request({ type: RTM.NEWLINK, body: new Uint8Array(300) })));
      expect(kernel.transports.every(({ drops }) => drops === 0)).to.equal(true);
      // The worst reply to each is a refusal that echoes the whole request.
      const most = Math.floor(212_992 / bufferCost(36 + 316));
      const sizes = kernel.sends.map(({ bytes }) => bytes.length / 316);
      expect(Math.max(...sizes)).to.be.at.most(most);
      expect(sizes.reduce((sum, size) => sum + size, 0)).to.equal(2000);
    });
  });

  it('hold with replies larger than any seen before', async () => {
    const sizes = [64, 3000, 9000, 30_000];
    await withSocket(
      (request) => [reply(request, new Uint8Array(sizes[numberIn(request.body) % sizes.length] ?? 0)), ack(request)],
      async (socket) => {
        const replies = await Promise.all(
          Array.from({ length: 400 }, (_, index) => socket.request({ type: RTM.GETLINK, body: u32(index) })),
        );
        expect(replies.map(({ messages }) => messages[0]?.body.length)).to.deep.equal(
          Array.from({ length: 400 }, (_, index) => sizes[index % sizes.length]),
        );
      },
    );
  });

  it('count the messages that changes are answered with, too: echoes, and whatever other protocols answer', async () => {
    const answering: FakeHandler = (request) => [reply(request, new Uint8Array(1500)), ack(request)];
    const body = (index: number): Uint8Array => concatenate(new Uint8Array([index % 2 === 0 ? 3 : 4, 1, 0, 0]), u32(index));
    for (const { protocol, flags } of [
      { protocol: 'route', flags: NLM_F_ECHO },
      { protocol: 'generic', flags: 0 },
      { protocol: 'netfilter', flags: 0 },
    ] as const) {
      await withSocket(
        answering,
        async (socket, kernel) => {
          const replies = await Promise.all(
            Array.from({ length: 500 }, (_, index) => socket.request({ type: RTM.NEWLINK, flags, body: body(index) })),
          );
          expect(replies.every(({ messages }) => messages.length === 1)).to.equal(true);
          expect(kernel.transports[0]?.drops, protocol).to.equal(0);
        },
        { protocol },
      );
    }
  });

  it('are bounded by the send buffer, too', async () => {
    await withSocket(
      acknowledging,
      async (socket, kernel) => {
        await Promise.all(Array.from({ length: 100 }, () => socket.request({ type: RTM.NEWLINK, body: new Uint8Array(1000) })));
        expect(kernel.requests.length).to.equal(100);
        expect(kernel.sends.every(({ errno }) => errno === 0)).to.equal(true);
        expect(kernel.sends.length).to.be.greaterThan(20);
      },
      { socket: { sendBuffer: 2500, receiveBuffer: 4 << 20 } },
    );
  });

  it('use a larger receive buffer when there is one', async () => {
    const chunks = async (receiveBuffer: number): Promise<number> => {
      let count = 0;
      await withSocket(
        acknowledging,
        async (socket, kernel) => {
          await Promise.all(Array.from({ length: 2000 }, () => socket.request({ type: RTM.NEWLINK })));
          count = kernel.sends.length;
        },
        { socket: { receiveBuffer } },
      );
      return count;
    };
    expect(await chunks(4 << 20)).to.be.lessThan(await chunks(16 << 10));
  });

  it('may be 10,000 on one socket, each with its own answer', async () => {
    await withSocket(
      counting,
      async (socket, kernel) => {
        const replies = await Promise.all(
          Array.from({ length: 10_000 }, (_, index) => socket.request({ type: RTM.GETLINK, body: u32(index) })),
        );
        replies.forEach(({ messages }, index) => {
          if (messages.length !== 1 || numberIn(messages[0]?.body) !== index + 1000) expect.fail(`request ${index} has the wrong answer`);
        });
        expect(kernel.transports.length, 'one fd is enough').to.equal(1);
        expect(kernel.transports[0]?.drops).to.equal(0);
      },
      { kernel: { batch: 64 } },
    );
  }).timeout(20_000);

  it('are each refused or answered, whatever happened to those before', async () => {
    await withSocket(
      (request) => (numberIn(request.body) % 3 === 0 ? [] : ack(request)),
      async (socket, kernel) => {
        const all = Array.from({ length: 30 }, (_, index) => socket.request({ type: RTM.NEWLINK, body: u32(index) }));
        const outcomes = await Promise.allSettled(all);
        outcomes.forEach((outcome, index) => {
          expect(outcome.status, String(index)).to.equal(index % 3 === 0 ? 'rejected' : 'fulfilled');
        });
        expect(kernel.requests.length).to.equal(30);
      },
    );
  });
});
