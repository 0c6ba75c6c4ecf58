import { expect } from 'chai';
import * as nl from '../../lib/nl.js';
import {
  ack,
  done,
  FakeKernel,
  impostor,
  multi,
  openSocket,
  overrun,
  refuse,
  reply,
  withSequence,
  type FakeHandler,
} from '../../lib/testing.js';
import { rejectionOf } from '../support/error-of.js';

const body = (value: number): Uint8Array => nl.uint32Attr(value);
const values = (bodies: readonly Uint8Array[]): number[] => bodies.map((one) => nl.nativeEndian().uint32(one));

/** A request on a socket of a fake kernel that answers by the handler. */
async function onFake(
  handler: FakeHandler,
  type: number,
  flags: number,
): Promise<{ kernel: FakeKernel; socket: nl.NetlinkSocket; request: nl.NetlinkRequest }> {
  const kernel = new FakeKernel(handler);
  const socket = nl.NetlinkSocket.of(await openSocket(kernel, 'route'), nl.NETLINK_ROUTE);
  const request = nl.newNetlinkRequest(type, flags);
  request.addRawData(body(7));
  request.sockets = new Map([[nl.NETLINK_ROUTE, new nl.SocketHandle(socket)]]);
  return { kernel, socket, request };
}

const dump = nl.NLM_F_DUMP;

describe('nl: execute', () => {
  it('gives the messages of the type asked for', async () => {
    const { kernel, socket, request } = await onFake(
      (asked) => [reply(asked, body(1), { type: 16 }), reply(asked, body(2), { type: 20 }), ack(asked)],
      nl.RTM_GETLINK,
      0,
    );
    expect(values(await request.execute(nl.NETLINK_ROUTE))).to.deep.equal([1, 2]);
    expect(values(await request.execute(nl.NETLINK_ROUTE, 20))).to.deep.equal([2]);
    expect(values(await request.execute(nl.NETLINK_ROUTE, 99))).to.deep.equal([]);
    expect(kernel.requests).to.have.length(3);
    for (const asked of kernel.requests) expect([asked.type, asked.flags & nl.NLM_F_ACK]).to.deep.equal([nl.RTM_GETLINK, nl.NLM_F_ACK]);
    expect(request.sockets?.get(nl.NETLINK_ROUTE)?.seq).to.equal(3);
    await socket.close();
    expect(kernel.openTransports).to.deep.equal([]);
  });

  it('reads a dump to its end, and rejects with the errno that stands there', async () => {
    const good = await onFake((asked) => multi(asked, [1, 2, 3].map(body)), nl.RTM_GETLINK, dump);
    expect(values(await good.request.execute(nl.NETLINK_ROUTE, nl.RTM_NEWLINK))).to.deep.equal([1, 2, 3]);
    const bad = await onFake((asked) => multi(asked, [body(1)], { errno: 2, message: 'no such table' }), nl.RTM_GETROUTE, dump);
    expect(await rejectionOf(bad.request.execute(nl.NETLINK_ROUTE))).to.include({ code: 'ENOENT', kernelMessage: 'no such table' });
    await Promise.all([good.socket.close(), bad.socket.close()]);
  });

  it('is not disturbed by replies to others and by impostors', async () => {
    const handler: FakeHandler = (asked) => [
      withSequence(reply(asked, body(9)), asked.sequence - 1),
      impostor(reply(asked, body(8)), 4711),
      reply(asked, body(1)),
      ack(asked),
    ];
    const { socket, request } = await onFake(handler, nl.RTM_GETLINK, 0);
    expect(values(await request.execute(nl.NETLINK_ROUTE))).to.deep.equal([1]);
    expect(values(await request.execute(nl.NETLINK_ROUTE))).to.deep.equal([1]);
    await socket.close();
  });

  it('keeps what the kernel had to say about a success, of the last request only', async () => {
    let warn = true;
    const { socket, request } = await onFake((asked) => (warn ? ack(asked, { message: 'deprecated' }) : ack(asked)), nl.RTM_NEWLINK, 0);
    await request.execute(nl.NETLINK_ROUTE);
    expect(request.warnings).to.deep.equal([{ message: 'deprecated' }]);
    warn = false;
    await request.execute(nl.NETLINK_ROUTE);
    expect(request.warnings).to.deep.equal([]);
    await socket.close();
  });

  it('rejects with the refusal', async () => {
    const { socket, request } = await onFake((asked) => refuse(asked, 17, { message: 'taken' }), nl.RTM_NEWLINK, nl.NLM_F_CREATE);
    expect(await rejectionOf(request.execute(nl.NETLINK_ROUTE))).to.include({ code: 'EEXIST', errno: -17, kernelMessage: 'taken' });
    await socket.close();
  });
});

describe('nl: interrupted dumps', () => {
  const interrupted: FakeHandler = (asked) => multi(asked, [1, 2, 3].map(body), { interrupted: true });

  it('are sent again until they are whole', async () => {
    let left = 3;
    const { kernel, socket, request } = await onFake(
      (asked) => multi(asked, [1, 2].map(body), { interrupted: left-- > 0 }),
      nl.RTM_GETLINK,
      dump,
    );
    expect(values(await request.execute(nl.NETLINK_ROUTE, nl.RTM_NEWLINK))).to.deep.equal([1, 2]);
    expect(kernel.requests).to.have.length(4);
    await socket.close();
  });

  it('reject with what came, where they are not sent again', async () => {
    const { kernel, socket, request } = await onFake(interrupted, nl.RTM_GETLINK, dump);
    request.retryInterrupted = false;
    const error = await rejectionOf(request.execute(nl.NETLINK_ROUTE, nl.RTM_NEWLINK));
    expect(error).to.be.instanceOf(nl.ErrDumpInterrupted);
    expect(values((error as nl.ErrDumpInterrupted).messages)).to.deep.equal([1, 2, 3]);
    expect(kernel.requests).to.have.length(1);
    await socket.close();
  });

  it('reject after ten attempts', async () => {
    const { kernel, socket, request } = await onFake(interrupted, nl.RTM_GETLINK, dump);
    expect(await rejectionOf(request.execute(nl.NETLINK_ROUTE, nl.RTM_NEWLINK))).to.be.instanceOf(nl.ErrDumpInterrupted);
    expect(kernel.requests).to.have.length(10);
    await socket.close();
  });

  it('give a function each message once: when whole, or as they come', async () => {
    let left = 2;
    const { socket, request } = await onFake(
      (asked) => multi(asked, [1, 2, 3].map(body), { interrupted: left-- > 0 }),
      nl.RTM_GETLINK,
      dump,
    );
    const whole: number[] = [];
    await request.executeIter(nl.NETLINK_ROUTE, 0, (message) => whole.push(nl.nativeEndian().uint32(message)) > 0);
    expect(whole).to.deep.equal([1, 2, 3]);
    left = 1;
    request.retryInterrupted = false;
    const coming: number[] = [];
    const iterating = request.executeIter(nl.NETLINK_ROUTE, 0, (message) => coming.push(nl.nativeEndian().uint32(message)) > 0);
    expect(await rejectionOf(iterating))
      .to.be.instanceOf(nl.ErrDumpInterrupted)
      .and.to.have.deep.property('messages', []);
    expect(coming).to.deep.equal([1, 2, 3]);
    await socket.close();
  });

  it('thrown by the function itself come out as they are', async () => {
    const { socket, request } = await onFake((asked) => multi(asked, [body(1)]), nl.RTM_GETLINK, dump);
    request.retryInterrupted = false;
    const own = new nl.ErrDumpInterrupted();
    const thrown = request.executeIter(nl.NETLINK_ROUTE, 0, () => {
      throw own;
    });
    expect(await rejectionOf(thrown)).to.equal(own);
    await socket.close();
  });
});

describe('nl: send and receive', () => {
  it('give the reply as it came', async () => {
    const { socket, request } = await onFake((asked) => [reply(asked, body(1)), done(asked)], nl.RTM_GETLINK, 0);
    await socket.send(request);
    const received: nl.NetlinkMessage[] = [];
    while (received.length < 2) received.push(...(await socket.receive()).messages);
    expect(received.map(({ header }) => [header.type, header.seq, header.len])).to.deep.equal([
      [nl.RTM_NEWLINK, request.seq, 20],
      [nl.NLMSG_DONE, request.seq, 20],
    ]);
    await socket.close();
  });

  it('tell of a loss once, behind what came before it, and go on', async () => {
    let lossy = true;
    const { socket, request } = await onFake(
      (asked) => (lossy ? [reply(asked, body(1)), overrun()] : reply(asked, body(2))),
      nl.RTM_GETLINK,
      0,
    );
    await socket.send(request);
    expect(values((await socket.receive()).messages.map(({ data }) => data))).to.deep.equal([1]);
    const loss = await rejectionOf(socket.receive());
    expect(loss).to.include({ code: 'NETLANE_OVERRUN' });
    expect(loss.cause).to.include({ code: 'ENOBUFS' });
    lossy = false;
    await socket.send(request);
    expect(values((await socket.receive()).messages.map(({ data }) => data))).to.deep.equal([2]);
    await socket.close();
  });
});
