import { readlinkSync } from 'node:fs';
import { expect } from 'chai';
import * as nl from '../../lib/nl.js';
import { native } from '../../lib/native.js';
import { rejectionOf, errorOf } from '../support/error-of.js';
import { addVeth, deleteLink, eachInside, readLink, setUp, upRequest } from '../support/nl-links.js';

const RTNLGRP_BRVLAN = 33;

describe('nl sockets', () => {
  let ns: nl.NsHandle;
  let handle: nl.Handle;
  eachInside((made) => ({ ns, handle } = made));

  /** Receives until a link of that name is told in that state. */
  async function seen(socket: nl.NetlinkSocket, type: number, name: string, up?: boolean): Promise<void> {
    for (;;) {
      for (const message of (await socket.receive()).messages) {
        const link = readLink(message.data);
        if (message.header.type === type && link.name === name && (up === undefined || link.up === up)) return;
      }
    }
  }

  it('are opened in another namespace while the thread stays, and outlive the handle', async () => {
    const home = readlinkSync('/proc/thread-self/ns/net');
    const other = await nl.newNs();
    const id = other.uniqueId();
    const socket = await nl.getNetlinkSocketAt(other, nl.none(), nl.NETLINK_ROUTE);
    await other.close();
    const fd = native().namespaceOfSocket(socket.getFd());
    const { device, inode } = native().identity(fd);
    native().closeFd(fd);
    expect(`NS(${device}:${inode})`).to.equal(id);
    expect(readlinkSync('/proc/thread-self/ns/net')).to.equal(home);
    expect(socket.getPid()).to.be.above(0);
    const request = nl.newNetlinkRequest(nl.RTM_GETLINK, nl.NLM_F_DUMP);
    request.addData(nl.newIfInfomsg(0));
    request.sockets = new Map([[nl.NETLINK_ROUTE, new nl.SocketHandle(socket)]]);
    expect((await request.execute(nl.NETLINK_ROUTE, nl.RTM_NEWLINK)).map((body) => readLink(body).name)).to.deep.equal(['lo']);
    await socket.close();
  });

  it('take a Namespace in place of a handle, and none() for the own one', async () => {
    const { namespace } = ns;
    if (namespace === undefined) throw new Error('the handle should be open');
    const socket = await nl.subscribeAt(namespace, nl.none(), nl.NETLINK_ROUTE, nl.RTNLGRP_LINK);
    await addVeth(handle, 'v0', 'v1');
    await seen(socket, nl.RTM_NEWLINK, 'v0');
    await socket.close();
    const own = await nl.subscribe(nl.NETLINK_ROUTE);
    const fd = native().namespaceOfSocket(own.getFd());
    const here = await nl.get();
    expect(native().identity(fd)).to.deep.equal(native().identity(here.fd));
    native().closeFd(fd);
    await here.close();
    await own.close();
  });

  it('are not opened somewhere else when the handle is closed', async () => {
    const gone = await nl.newNs();
    await gone.close();
    expect(await rejectionOf(nl.getNetlinkSocketAt(gone, nl.none(), nl.NETLINK_ROUTE))).to.include({ code: 'NETLANE_CLOSED' });
  });

  it('refuse what is no protocol and what the kernel has not got', async () => {
    expect(await rejectionOf(nl.subscribe(-1))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    expect(await rejectionOf(nl.subscribe(32))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    expect(await rejectionOf(nl.subscribe(31))).to.include({ code: 'EPROTONOSUPPORT', syscall: 'socket' });
  });

  it('hear groups above 32, and refuse group 0', async () => {
    const socket = await nl.subscribeAt(ns, nl.none(), nl.NETLINK_ROUTE, nl.RTNLGRP_LINK, nl.RTNLGRP_NEXTHOP, RTNLGRP_BRVLAN);
    expect(await socket.engine.memberships()).to.deep.equal([nl.RTNLGRP_LINK, nl.RTNLGRP_NEXTHOP, RTNLGRP_BRVLAN]);
    await socket.close();
    expect(await rejectionOf(nl.subscribe(nl.NETLINK_ROUTE, 0))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
  });

  it('hear a link come, go up and go, in their namespace only', async () => {
    const socket = await nl.subscribeAt(ns, nl.none(), nl.NETLINK_ROUTE, nl.RTNLGRP_LINK);
    const other = await nl.newNs();
    const elsewhere = await nl.subscribeAt(other, nl.none(), nl.NETLINK_ROUTE, nl.RTNLGRP_LINK);
    await addVeth(handle, 'v0', 'v1');
    await seen(socket, nl.RTM_NEWLINK, 'v0', false);
    await setUp(handle, 'v0');
    await seen(socket, nl.RTM_NEWLINK, 'v0', true);
    await deleteLink(handle, 'v0');
    await seen(socket, nl.RTM_DELLINK, 'v0');
    elsewhere.setReceiveTimeout({ sec: 0, usec: 50_000 });
    expect(await rejectionOf(elsewhere.receive())).to.include({ code: 'NETLANE_TIMEOUT' });
    await Promise.all([socket.close(), elsewhere.close(), other.close()]);
  });

  it('tell who sent what and through which group', async () => {
    const socket = await nl.subscribeAt(ns, nl.none(), nl.NETLINK_ROUTE, nl.RTNLGRP_LINK);
    await addVeth(handle, 'v0', 'v1');
    const { from, messages } = await socket.receive();
    expect(from).to.deep.equal({ pid: nl.PidKernel, group: nl.RTNLGRP_LINK });
    for (const { header, data } of messages) expect(header.len).to.equal(16 + data.length);
    await socket.close();
  });

  it('give the replies to what was sent as it is', async () => {
    const socket = await nl.getNetlinkSocketAt(ns, nl.none(), nl.NETLINK_ROUTE);
    const request = nl.newNetlinkRequest(nl.RTM_GETLINK, nl.NLM_F_DUMP);
    request.addData(nl.newIfInfomsg(nl.FAMILY_ALL));
    await socket.send(request);
    const messages: nl.NetlinkMessage[] = [];
    while (messages.at(-1)?.header.type !== nl.NLMSG_DONE) messages.push(...(await socket.receive()).messages);
    expect(messages.map(({ header }) => [header.type, header.seq, header.pid])).to.deep.equal([
      [nl.RTM_NEWLINK, request.seq, socket.getPid()],
      [nl.NLMSG_DONE, request.seq, socket.getPid()],
    ]);
    await socket.close();
  });

  it('release whoever receives when they are closed, and give one promise of it', async () => {
    const socket = await nl.subscribeAt(ns, nl.none(), nl.NETLINK_ROUTE, nl.RTNLGRP_NEIGH);
    const waiting = [socket.receive(), socket.receive()];
    const closing = socket.close();
    for (const receive of waiting) expect(await rejectionOf(receive)).to.include({ code: 'NETLANE_CLOSED' });
    expect(socket.close()).to.equal(closing);
    await closing;
    expect(await rejectionOf(socket.receive())).to.include({ code: 'NETLANE_CLOSED' });
    expect(await rejectionOf(socket.send(nl.newNetlinkRequest(nl.RTM_GETLINK)))).to.include({ code: 'NETLANE_CLOSED' });
    expect(errorOf(() => socket.getFd())).to.include({ code: 'NETLANE_CLOSED' });
    expect(errorOf(() => socket.getPid())).to.include({ code: 'NETLANE_CLOSED' });
  });

  it('give up receiving no earlier than the time-out, and go on afterwards', async () => {
    const socket = await nl.subscribeAt(ns, nl.none(), nl.NETLINK_ROUTE, nl.RTNLGRP_LINK);
    expect(socket.getTimeouts()).to.deep.equal({ send: 0, receive: 0 });
    for (const usec of [1, 100_000, 300_000]) {
      socket.setReceiveTimeout({ sec: 0, usec });
      const started = performance.now();
      const error = await rejectionOf(socket.receive());
      expect(performance.now() - started).to.be.at.least(usec / 1000);
      expect(error).to.include({ code: 'NETLANE_TIMEOUT' });
      expect(error.cause).to.include({ code: 'EAGAIN', errno: -11, syscall: 'recvmsg' });
    }
    socket.setReceiveTimeout({ sec: 0, usec: 0 });
    await addVeth(handle, 'v0', 'v1');
    await seen(socket, nl.RTM_NEWLINK, 'v0');
    expect(errorOf(() => socket.setReceiveTimeout({ sec: 0, usec: 1_000_000 }))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    expect(errorOf(() => socket.setSendTimeout({ sec: -1, usec: 0 }))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    socket.setSendTimeout({ sec: 2, usec: 8000 });
    expect(socket.getTimeouts()).to.deep.equal({ send: 2008, receive: 0 });
    await socket.close();
  });

  it('serve several receivers in their order, each message once', async () => {
    const socket = await nl.subscribeAt(ns, nl.none(), nl.NETLINK_ROUTE, nl.RTNLGRP_LINK);
    const receives = [socket.receive(), socket.receive()];
    await addVeth(handle, 'v0', 'v1');
    const first = await receives[0];
    await setUp(handle, 'v0');
    const second = await receives[1];
    expect(first?.messages).to.not.deep.equal([]);
    expect(second?.messages.map(({ data }) => data)).to.not.deep.include(first?.messages[0]?.data);
    await socket.close();
  });

  it('have the receive buffer that they are given', async () => {
    const socket = await nl.getNetlinkSocketAt(ns, nl.none(), nl.NETLINK_ROUTE);
    await socket.setReceiveBufferSize(65536);
    expect(await socket.getReceiveBufferSize()).to.be.within(65536, 131072);
    await socket.setReceiveBufferSize(64 * 1024 * 1024);
    const allowed = await socket.getReceiveBufferSize();
    const [forced] = await Promise.allSettled([socket.setReceiveBufferSize(64 * 1024 * 1024, true)]);
    // Root of a user namespace has not got the right, and is told.
    if (forced.status === 'rejected') expect(forced.reason).to.include({ code: 'EPERM', syscall: 'setsockopt' });
    else expect(await socket.getReceiveBufferSize()).to.be.above(allowed);
    await socket.close();
  });

  it('tell once that the kernel dropped messages, and go on', async () => {
    const socket = await nl.subscribeAt(ns, nl.none(), nl.NETLINK_ROUTE, nl.RTNLGRP_LINK);
    await addVeth(handle, 'v0', 'v1');
    await socket.setReceiveBufferSize(4096);
    const engine = handle.sockets?.get(nl.NETLINK_ROUTE)?.socket?.engine;
    // Without returning to the loop, so that nobody receives meanwhile.
    for (let round = 0; round < 50; round += 1) {
      engine?.requestSync({ type: nl.RTM_NEWLINK, body: upRequest(handle, 'v0', round % 2 === 0).body() });
    }
    const draining = (async (): Promise<void> => {
      for (;;) await socket.receive();
    })();
    const error = await rejectionOf(draining);
    expect(error).to.include({ code: 'NETLANE_OVERRUN' });
    expect(error.cause).to.include({ code: 'ENOBUFS', errno: -105 });
    await setUp(handle, 'v0');
    await seen(socket, nl.RTM_NEWLINK, 'v0', true);
    await socket.close();
  });

  it('take messages of another socket for what they are, whatever their type', async () => {
    const receiver = await nl.getNetlinkSocketAt(ns, nl.none(), nl.NETLINK_USERSOCK);
    const sender = await nl.getNetlinkSocketAt(ns, nl.none(), nl.NETLINK_USERSOCK);
    for (const type of [nl.NLMSG_OVERRUN, 77]) {
      await sender.engine.send({ type, port: receiver.getPid(), body: nl.uint32Attr(type) });
      const { from, messages } = await receiver.receive();
      expect(from).to.deep.equal({ pid: sender.getPid(), group: 0 });
      expect(messages.map(({ header, data }) => [header.type, nl.nativeEndian().uint32(data)])).to.deep.equal([[type, type]]);
    }
    await Promise.all([receiver.close(), sender.close()]);
  });

  it('receive messages above 64 KiB whole', async () => {
    const receiver = await nl.getNetlinkSocketAt(ns, nl.none(), nl.NETLINK_USERSOCK);
    const sender = await nl.getNetlinkSocketAt(ns, nl.none(), nl.NETLINK_USERSOCK);
    const body = Uint8Array.from({ length: 100_000 }, (_, at) => at % 251);
    await sender.engine.send({ type: 77, port: receiver.getPid(), body });
    const { messages } = await receiver.receive();
    expect(messages.map(({ data }) => Buffer.compare(data, body))).to.deep.equal([0]);
    await Promise.all([receiver.close(), sender.close()]);
  });

  it('explain refusals, unless that is switched off', async () => {
    const unknown = (socket: nl.NetlinkSocket): Promise<unknown> => {
      const request = nl.newNetlinkRequest(nl.RTM_NEWLINK, nl.NLM_F_CREATE);
      request.addData(nl.newIfInfomsg(0));
      request.addData(nl.newRtAttr(3, nl.zeroTerminated('x0')));
      const info = nl.newRtAttr(18);
      info.addRtAttr(1, nl.nonZeroTerminated('nonesuch'));
      request.addData(info);
      request.sockets = new Map([[nl.NETLINK_ROUTE, new nl.SocketHandle(socket)]]);
      return request.execute(nl.NETLINK_ROUTE);
    };
    const explains = await nl.getNetlinkSocketAt(ns, nl.none(), nl.NETLINK_ROUTE);
    expect(await rejectionOf(unknown(explains))).to.include({ code: 'EOPNOTSUPP', kernelMessage: 'Unknown device type' });
    await explains.setExtAck(false);
    expect(await rejectionOf(unknown(explains)))
      .to.include({ code: 'EOPNOTSUPP' })
      .and.not.have.property('kernelMessage');
    nl.settings.enableErrorMessageReporting = false;
    const silent = await nl.getNetlinkSocketAt(ns, nl.none(), nl.NETLINK_ROUTE);
    expect(await rejectionOf(unknown(silent))).to.not.have.property('kernelMessage');
    await Promise.all([explains.close(), silent.close()]);
  });

  it('are locked by one at a time, in order', async () => {
    const socket = await nl.getNetlinkSocketAt(ns, nl.none(), nl.NETLINK_ROUTE);
    const order: string[] = [];
    await socket.lock();
    const second = socket.lock().then(() => order.push('second'));
    const third = socket.lock().then(() => order.push('third'));
    order.push('first');
    socket.unlock();
    await second;
    socket.unlock();
    await third;
    socket.unlock();
    expect(order).to.deep.equal(['first', 'second', 'third']);
    expect(errorOf(() => socket.unlock())).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    await socket.close();
  });
});
