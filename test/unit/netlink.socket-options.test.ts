import { expect } from 'chai';
import {
  NETLINK_BROADCAST_ERROR,
  NETLINK_CAP_ACK,
  NETLINK_EXT_ACK,
  NETLINK_GET_STRICT_CHK,
  NETLINK_LISTEN_ALL_NSID,
  NETLINK_NO_ENOBUFS,
  NETLINK_PKTINFO,
  NLM_F_DUMP,
} from '../../lib/netlink/constants.js';
import type { SocketOptions } from '../../lib/netlink/socket-options.js';
import { ack, FakeKernel, multi, openSocket, type FakeHandler } from '../../lib/testing.js';
import { errorOf, rejectionOf } from '../support/error-of.js';
import { RTM, settle, withSocket } from '../support/fake-socket.js';

const acknowledging: FakeHandler = (request) => ack(request);
const dumpLinks = { type: RTM.GETLINK, flags: NLM_F_DUMP } as const;

describe('a socket is opened', () => {
  it('with extended acknowledgements, strict checking and packet info, where the kernel has them', async () => {
    await withSocket(acknowledging, (_socket, kernel) => {
      const [transport] = kernel.transports;
      expect(
        [NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK, NETLINK_PKTINFO, NETLINK_CAP_ACK].map((option) => transport?.option(option)),
      ).to.deep.equal([1, 1, 1, 0]);
      return Promise.resolve();
    });
    await withSocket(
      acknowledging,
      async (socket) => {
        await socket.request({ type: RTM.NEWLINK });
      },
      { kernel: { unknownOptions: [NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK, NETLINK_PKTINFO] } },
    );
  });

  it('with every option that is asked for, and fails where the kernel lacks it', async () => {
    const asked = {
      capAck: NETLINK_CAP_ACK,
      strict: NETLINK_GET_STRICT_CHK,
      extendedAck: NETLINK_EXT_ACK,
      noOverruns: NETLINK_NO_ENOBUFS,
      allNamespaces: NETLINK_LISTEN_ALL_NSID,
      broadcastErrors: NETLINK_BROADCAST_ERROR,
    } as const;
    for (const [name, option] of Object.entries(asked)) {
      await withSocket(
        acknowledging,
        (_socket, kernel) => {
          expect(kernel.transports[0]?.option(option), name).to.equal(1);
          return Promise.resolve();
        },
        { socket: { [name]: true } },
      );
      const old = new FakeKernel(acknowledging, { unknownOptions: [option] });
      expect(await rejectionOf(openSocket(old, 'route', { [name]: true })), name).to.include({
        code: 'ENOPROTOOPT',
        syscall: 'setsockopt',
      });
      old.verify();
    }
    await withSocket(
      acknowledging,
      (_socket, kernel) => {
        expect([NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK].map((option) => kernel.transports[0]?.option(option))).to.deep.equal([0, 0]);
        return Promise.resolve();
      },
      { socket: { extendedAck: false, strict: false } },
    );
  });

  it('of any protocol, by name or number', async () => {
    const kernel = new FakeKernel(acknowledging);
    for (const [protocol, number] of [
      ['route', 0],
      ['generic', 16],
      ['crypto', 21],
      [31, 31],
      [9, 9],
    ] as const) {
      const socket = await openSocket(kernel, protocol);
      expect(kernel.transports.at(-1)?.options.protocol).to.equal(number);
      await socket.close();
    }
    for (const protocol of ['rout', 32, -1, 1.5, null]) {
      expect(await rejectionOf(openSocket(kernel, protocol as never))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    }
    kernel.verify();
  });

  it('with a fixed port id, which its other fds do not ask for', async () => {
    await withSocket(
      (request) => (request.type === RTM.GETLINK ? multi(request, []) : ack(request)),
      async (socket, kernel) => {
        expect(socket.port).to.equal(77);
        await socket.request(dumpLinks);
        expect(kernel.transports.map(({ options }) => options.port)).to.deep.equal([77, 0]);
        expect(await rejectionOf(openSocket(kernel, 'route', { port: 77 }))).to.include({ code: 'EADDRINUSE' });
      },
      { socket: { port: 77 } },
    );
  });

  it('with the buffers that are asked for, and tells what it got', async () => {
    await withSocket(
      acknowledging,
      async (socket) => {
        expect(socket.receiveBuffer).to.equal(2_000_000);
        expect(await socket.getOption('receiveBuffer')).to.equal(2_000_000);
        expect(await socket.getOption('sendBuffer')).to.equal(1_000_000);
        expect(socket.fd).to.be.greaterThan(0);
        expect(socket.protocol).to.equal('route');
      },
      { socket: { receiveBuffer: 1_000_000, sendBuffer: 500_000 } },
    );
  });
});

describe('options that cannot be meant are refused with NETLANE_INVALID_ARGUMENT', () => {
  const opening = async (options: unknown): Promise<Error> => {
    const kernel = new FakeKernel();
    const error = await rejectionOf(openSocket(kernel, 'route', options as SocketOptions));
    expect(error).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    expect(kernel.transports, 'before anything is opened').to.deep.equal([]);
    return error;
  };

  it('when a socket is opened: misspelt ones, with the word that was meant', async () => {
    expect((await opening({ group: [1] })).message).to.match(/no option "group".*did you mean groups\?/);
    expect((await opening({ recieveBuffer: 1 })).message).to.match(/did you mean receiveBuffer\?/);
    expect((await opening({ zzz: 1 })).message).to.match(/known are groups, /);
  });

  const wrong: Readonly<Record<string, readonly unknown[]>> = {
    groups: [1, '1', [0], [-1], [1.5], ['1'], [2 ** 31], null],
    from: ['all', 0, null],
    thread: ['main', 1],
    port: [0, -1, 2 ** 32, 1.5, '7', NaN],
    receiveBuffer: [0, -1, 2 ** 30, '8', 1.5],
    sendBuffer: [0, Infinity],
    timeout: [-1, NaN, '5', 2 ** 31],
    extendedAck: [1, 'yes', null],
    capAck: [0],
    strict: ['true'],
    noOverruns: [1],
    allNamespaces: [1],
    broadcastErrors: [1],
  };
  for (const [name, values] of Object.entries(wrong)) {
    it(`when a socket is opened: ${name} of the wrong type or out of range`, async () => {
      for (const value of values) expect((await opening({ [name]: value })).message, String(value)).to.include(name);
    });
  }

  it('when a socket is opened: what is no object', async () => {
    for (const options of [null, 5, 'x', []]) await opening(options);
  });

  it('when something is requested, before anything is sent', async () => {
    await withSocket(acknowledging, async (socket, kernel) => {
      const requests: readonly unknown[] = [
        {},
        { type: '16' },
        { type: -1 },
        { type: 65_536 },
        { type: 1.5 },
        { type: 16, flags: -1 },
        { type: 16, flags: 65_536 },
        { type: 16, body: 'text' },
        { type: 16, body: [1, 2] },
        { type: 16, body: new ArrayBuffer(4) },
        { type: 16, signal: {} },
        { type: 16, signal: null },
        { type: 16, timeout: -1 },
        { type: 16, timeout: 'soon' },
        { type: 16, acknowledge: 1 },
        { type: 16, repeatable: 'yes' },
        { type: 16, boddy: new Uint8Array() },
        null,
        5,
        undefined,
      ];
      for (const request of requests) {
        const what = JSON.stringify(request);
        expect(await rejectionOf(socket.request(request as never)), what).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
        expect(
          errorOf(() => socket.requestSync(request as never)),
          what,
        ).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
        expect(
          errorOf(() => socket.stream(request as never)),
          what,
        ).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
      }
      await settle(kernel);
      expect(kernel.sends).to.deep.equal([]);
    });
  });

  it('when something is sent, joined, set or filtered', async () => {
    await withSocket(
      acknowledging,
      async (socket, kernel) => {
        const calls: readonly (() => Promise<unknown>)[] = [
          () => socket.send({ type: -1 }),
          () => socket.send({ type: 16, port: -1 }),
          () => socket.send({ type: 16, sequence: 2 ** 32 }),
          () => socket.send({ type: 16, groups: [33] }),
          () => socket.send({ type: 16, groups: 1 as never }),
          () => socket.send({ type: 16, body: 'x' as never }),
          () => socket.send({ type: 16, ports: 1 } as never),
          () => socket.send(null as never),
          () => socket.send(undefined as never),
          () => socket.join(0),
          () => socket.join(1.5),
          () => socket.join('1' as never),
          () => socket.leave(-1),
          () => socket.setOption('recieveBuffer' as never, 1),
          () => socket.setOption(Object.create(null) as never, 1),
          () => socket.setOption('receiveBuffer', true),
          () => socket.setFilter([null] as never),
          () => socket.setFilter([undefined] as never),
          () => socket.getOption(Object.create(null) as never),
          () => socket.request(new Date() as never),
          () => socket.setOption('receiveBuffer', -1),
          () => socket.setOption('receiveBuffer', 'x' as never),
          () => socket.setOption('strict', true, { forced: true } as never),
          () => socket.setOption('strict', true, { force: true }),
          () => socket.getOption('x' as never),
          () => socket.setFilter('x' as never),
          () => socket.setFilter([{ code: -1, jt: 0, jf: 0, k: 0 }]),
          () => socket.setFilter([{ code: 6, jt: 256, jf: 0, k: 0 }]),
          () => socket.setFilter([{ code: 6, jt: 0, jf: 0, k: 2 ** 32 }]),
          () => socket.setFilter(Array.from({ length: 4097 }, () => ({ code: 6, jt: 0, jf: 0, k: 0 }))),
        ];
        for (const [index, call] of calls.entries()) {
          expect(await rejectionOf(call()), `call ${index}`).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
        }
        expect(errorOf(() => socket.messages({ sginal: 1 } as never))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
        expect(errorOf(() => socket.messages({ signal: 1 as never }))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
        await settle(kernel);
        expect(kernel.sends).to.deep.equal([]);
        expect(kernel.transports[0]?.groups).to.deep.equal([1]);
      },
      { socket: { groups: [1] } },
    );
  });
});

describe('a filter', () => {
  const program = [
    { code: 0x28, jt: 0, jf: 0, k: 4 },
    { code: 0x06, jt: 1, jf: 2, k: 0xffffffff },
  ];

  it('is set as struct sock_filter on a socket that hears groups or others, and taken off', async () => {
    for (const socketOptions of [{ groups: [1] }, { from: 'any' }] as const) {
      await withSocket(
        acknowledging,
        async (socket, kernel) => {
          await socket.setFilter(program);
          expect(Buffer.from(kernel.transports[0]?.filter ?? []).toString('hex')).to.equal('2800000004000000' + '06000102ffffffff');
          await socket.setFilter([]);
          expect(kernel.transports[0]?.filter.length).to.equal(0);
        },
        { socket: socketOptions },
      );
    }
  });

  it('is refused on a socket for requests, whose acknowledgements it would drop', async () => {
    await withSocket(acknowledging, async (socket) => {
      expect(await rejectionOf(socket.setFilter(program))).to.include({ code: 'NETLANE_FILTER_REFUSED', namespace: 'fake' });
    });
  });
});

describe('statistics()', () => {
  it('count what was sent and received, on the fd beside the socket as well', async () => {
    await withSocket(
      acknowledging,
      async (socket, kernel) => {
        await socket.request({ type: RTM.NEWLINK });
        await socket.send({ type: RTM.NEWLINK });
        kernel.event(1, { type: RTM.NEWLINK });
        await settle(kernel);
        expect(await socket.statistics()).to.deep.equal({ sent: 2, received: 3, overruns: 0, truncated: 0, dropped: 0 });
      },
      { socket: { groups: [1] } },
    );
  });
});
