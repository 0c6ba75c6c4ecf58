import { expect } from 'chai';
import {
  EBUSY,
  EMSGSIZE,
  EPERM,
  NETLINK_EXT_ACK,
  NETLINK_LISTEN_ALL_NSID,
  NETLINK_NO_ENOBUFS,
  NETLINK_PKTINFO,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLMSG_DONE,
  NLMSG_ERROR,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SOL_NETLINK,
  SOL_SOCKET,
} from '../../lib/netlink/constants.js';
import { ack, bufferCost, buildMessage, FakeKernel, multi, overrun, reply, u32 } from '../../lib/testing.js';
import { rejectionOf } from '../support/error-of.js';
import { acknowledging, message, open } from '../support/fake-transports.js';

describe('FakeKernel models of a socket', () => {
  describe('its receive buffer', () => {
    it('holds 256 acknowledgements of requests without a body, as a default one of Linux does', async () => {
      expect(bufferCost(36)).to.equal(832);
      const kernel = new FakeKernel((request) => Array.from({ length: 257 }, () => ack(request)));
      const { transport, recorder } = await open(kernel);
      transport.send(message(16, 1), 1, 0, 0);
      await kernel.settled();
      expect(recorder.messages.length).to.equal(256);
      expect(recorder.story.at(-1), 'the loss is told behind what was queued').to.equal('overrun');
      expect(kernel.transports[0]?.drops).to.equal(1);
      expect((await transport.statistics()).overruns).to.equal(1);
    });

    it('takes nothing after a drop until it was read empty, and says so once', async () => {
      const kernel = new FakeKernel((request) => (request.sequence === 1 ? Array.from({ length: 5 }, () => ack(request)) : ack(request)), {
        defaultBuffer: 1700,
        batch: 1,
      });
      const { transport, recorder } = await open(kernel);
      transport.send(message(16, 1), 1, 0, 0);
      transport.send(message(16, 2), 2, 0, 0);
      await kernel.settled();
      expect(recorder.messages.length, 'two fit').to.equal(2);
      expect(kernel.transports[0]?.drops).to.equal(4);
      expect(recorder.story.filter((word) => word === 'overrun').length).to.equal(1);
      transport.send(message(16, 3), 3, 0, 0);
      await kernel.settled();
      expect(recorder.messages.at(-1)?.sequence).to.equal(3);
    });

    it('takes one datagram of any size when it is empty', async () => {
      const kernel = new FakeKernel((request) => reply(request, new Uint8Array(5000)), { defaultBuffer: 2304 });
      const { transport, recorder } = await open(kernel);
      transport.send(message(18, 1), 1, 0, 0);
      await kernel.settled();
      expect(recorder.messages.length).to.equal(1);
    });

    it('drops in silence with NETLINK_NO_ENOBUFS', async () => {
      const kernel = new FakeKernel((request) => Array.from({ length: 300 }, () => ack(request)));
      const { transport, recorder } = await open(kernel, { options: [{ option: NETLINK_NO_ENOBUFS, value: 1, optional: false }] });
      transport.send(message(16, 1), 1, 0, 0);
      await kernel.settled();
      expect(recorder.messages.length).to.equal(256);
      expect(recorder.story).not.to.include('overrun');
      expect(kernel.transports[0]?.drops).to.equal(44);
    });

    it('is doubled when set, and bounded by the system unless forced', async () => {
      const kernel = new FakeKernel();
      const { transport } = await open(kernel, { receiveBuffer: 1 << 20 });
      expect(transport.state.receiveBuffer).to.equal(2 << 20);
      await transport.setOption(SOL_SOCKET, SO_RCVBUF, 1 << 20);
      expect(await transport.getOption(SOL_SOCKET, SO_RCVBUF)).to.equal(2 * 212_992);
      const ordinary = new FakeKernel(undefined, { privileged: false });
      const { transport: second } = await open(ordinary, { receiveBuffer: 1 << 20 });
      expect(second.state.receiveBuffer).to.equal(2 * 212_992);
      expect(await rejectionOf(second.setOption(SOL_SOCKET, SO_RCVBUFFORCE, 1 << 20))).to.include({ code: 'EPERM', syscall: 'setsockopt' });
    });

    it('overruns at chosen points', async () => {
      const kernel = new FakeKernel((request) => [ack(request), overrun(), ack(request)]);
      const { transport, recorder } = await open(kernel);
      transport.send(message(16, 1), 1, 0, 0);
      await kernel.settled();
      expect(recorder.story, 'what follows a drop is dropped, too').to.deep.equal(['message 2', 'overrun']);
    });
  });

  describe('its dumps', () => {
    const bodies = (count: number) => Array.from({ length: count }, (_, index) => u32(index));

    it('never overflow the receive buffer, since each part is made when the one before was read', async () => {
      const kernel = new FakeKernel((request) => multi(request, bodies(2000), { perDatagram: 1 }));
      const { transport, recorder } = await open(kernel);
      transport.send(message(18, 1, NLM_F_DUMP), 1, 0, 0);
      await kernel.settled();
      expect(recorder.messages.length).to.equal(2001);
      expect(recorder.messages.at(-1)?.type).to.equal(NLMSG_DONE);
      expect(kernel.transports[0]?.drops).to.equal(0);
    });

    it('run one at a time: a second one is refused with EBUSY, and other requests are answered in between', async () => {
      const kernel = new FakeKernel((request) => (request.type === 18 ? multi(request, bodies(9), { perDatagram: 1 }) : ack(request)));
      const { transport, recorder } = await open(kernel);
      transport.send(message(18, 1, NLM_F_DUMP), 1, 0, 0);
      transport.send(message(18, 2, NLM_F_DUMP), 2, 0, 0);
      transport.send(message(16, 3), 3, 0, 0);
      await kernel.settled();
      const errors = recorder.messages.filter(({ type }) => type === NLMSG_ERROR);
      expect(errors.map(({ sequence, body }) => [sequence, new Int32Array(body.slice(0, 4).buffer)[0]])).to.deep.equal([
        [2, -EBUSY],
        [3, 0],
      ]);
      expect(recorder.messages.filter(({ sequence, type }) => sequence === 1 && type !== NLMSG_DONE).length).to.equal(9);
    });

    it('are drawn from generators while they are read, so that an event can lie in the middle', async () => {
      const kernel = new FakeKernel((request, each) =>
        multi(
          request,
          (function* () {
            yield u32(1);
            yield u32(2);
            each.event(1, { type: 17 });
            yield u32(3);
          })(),
          { perDatagram: 1 },
        ),
      );
      const { transport, recorder } = await open(kernel, { groups: [1] });
      transport.send(message(18, 1, NLM_F_DUMP), 1, 0, 0);
      await kernel.settled();
      expect(recorder.messages.map(({ type }) => type)).to.deep.equal([16, 16, 17, 16, NLMSG_DONE]);
    });

    it('whose generator throws lose the transport with that error', async () => {
      const mine = new Error('mine');
      const kernel = new FakeKernel((request) =>
        multi(
          request,
          (function* () {
            yield u32(1);
            throw mine;
          })(),
          { perDatagram: 1 },
        ),
      );
      const { transport, recorder } = await open(kernel);
      transport.send(message(18, 1, NLM_F_DUMP), 1, 0, 0);
      await kernel.settled();
      expect(recorder.told.at(-1)).to.deep.equal({ what: 'lost', error: mine });
    });
  });

  describe('its groups', () => {
    it('are heard by those who joined, as groups and, with NETLINK_PKTINFO, by number', async () => {
      const kernel = new FakeKernel();
      const { recorder } = await open(kernel, { groups: [1], options: [{ option: NETLINK_PKTINFO, value: 1, optional: false }] });
      const { recorder: without } = await open(kernel, { groups: [1, 33] });
      const { recorder: stranger } = await open(kernel);
      kernel.event(1, { type: 16, body: u32(1) });
      kernel.event(33, { type: 17 });
      await kernel.settled();
      expect(recorder.messages.map(({ type, group }) => [type, group])).to.deep.equal([[16, 1]]);
      expect(without.messages.map(({ type, group }) => [type, group])).to.deep.equal([
        [16, undefined],
        [17, undefined],
      ]);
      expect(stranger.messages).to.deep.equal([]);
    });

    it('can be joined and left, and listed', async () => {
      const kernel = new FakeKernel();
      const { transport, recorder } = await open(kernel, { groups: [40, 2] });
      expect(await transport.memberships()).to.deep.equal([2, 40]);
      await transport.setOption(SOL_NETLINK, 1, 5);
      await transport.setOption(SOL_NETLINK, 2, 40);
      expect(kernel.transports[0]?.groups).to.deep.equal([2, 5]);
      kernel.event(40, { type: 16 });
      await kernel.settled();
      expect(recorder.messages).to.deep.equal([]);
      expect(await rejectionOf(transport.setOption(SOL_NETLINK, 1, 65))).to.include({ code: 'EINVAL' });
    });

    it('bring events of other namespaces to those alone who listen to all', async () => {
      const kernel = new FakeKernel();
      const { recorder } = await open(kernel, { groups: [1], options: [{ option: NETLINK_LISTEN_ALL_NSID, value: 1, optional: false }] });
      const { recorder: deaf } = await open(kernel, { groups: [1] });
      kernel.event(1, { type: 16 }, { nsid: 3 });
      kernel.event(1, { type: 17 });
      await kernel.settled();
      expect(recorder.messages.map(({ type, nsid }) => [type, nsid])).to.deep.equal([
        [16, 3],
        [17, undefined],
      ]);
      expect(deaf.messages.map(({ type }) => type)).to.deep.equal([17]);
    });
  });

  describe('its ports', () => {
    it('are chosen by the kernel or fixed, and taken once for each protocol', async () => {
      const kernel = new FakeKernel();
      const { transport } = await open(kernel, { port: 77 });
      expect(transport.state.port).to.equal(77);
      const { transport: other } = await open(kernel, { port: 77, protocol: 16 });
      expect(other.state.port).to.equal(77);
      expect(await rejectionOf(open(kernel, { port: 77 }))).to.include({ code: 'EADDRINUSE', syscall: 'bind' });
      await transport.close();
      const { transport: again } = await open(kernel, { port: 77 });
      expect(again.state.port).to.equal(77);
    });

    it('and groups can be sent to; of NETLINK_USERSOCK nobody has port 0', async () => {
      const kernel = new FakeKernel();
      const { transport: a, recorder: heardA } = await open(kernel, { protocol: 2 });
      const { transport: b, recorder: heardB } = await open(kernel, { protocol: 2, groups: [3] });
      a.send(buildMessage({ type: 40 }), 1, b.state.port, 0);
      a.send(buildMessage({ type: 41 }), 2, 0, 1 << 2);
      a.send(buildMessage({ type: 42 }), 3, 4711, 0);
      await kernel.settled();
      expect(heardB.messages.map(({ type, sender }) => [type, sender])).to.deep.equal([
        [40, a.state.port],
        [41, a.state.port],
      ]);
      expect(heardA.story).to.deep.equal(['refused 2 111', 'refused 3 111']);
    });
  });

  describe('its failures', () => {
    it('of opening come from the queue of failures, then opening works again', async () => {
      const kernel = new FakeKernel();
      kernel.failOpen(EPERM);
      kernel.failOpen(new Error('mine'));
      expect(await rejectionOf(open(kernel))).to.include({ code: 'EPERM', syscall: 'socket', namespace: 'fake' });
      expect((await rejectionOf(open(kernel))).message).to.equal('mine');
      await open(kernel);
    });

    it('of opening are also those of options that the kernel does not know', async () => {
      const kernel = new FakeKernel(undefined, { unknownOptions: [NETLINK_EXT_ACK] });
      const { transport } = await open(kernel, { options: [{ option: NETLINK_EXT_ACK, value: 1, optional: true }] });
      expect(transport.state.refused).to.deep.equal([NETLINK_EXT_ACK]);
      expect(await rejectionOf(open(kernel, { options: [{ option: NETLINK_EXT_ACK, value: 1, optional: false }] }))).to.include({
        code: 'ENOPROTOOPT',
      });
      expect(kernel.openTransports.length, 'nothing is left of it').to.equal(1);
    });

    it('of sending are told with the tag, and the kernel sees nothing', async () => {
      const kernel = new FakeKernel(acknowledging);
      const { transport, recorder } = await open(kernel);
      kernel.failSend(105, 1, ({ tag }) => tag === 8);
      transport.send(message(16, 1), 7, 0, 0);
      transport.send(message(16, 2), 8, 0, 0);
      transport.send(message(16, 3), 9, 0, 0);
      await kernel.settled();
      expect(kernel.requests.map(({ sequence }) => sequence)).to.deep.equal([1, 3]);
      expect(recorder.story).to.include('refused 8 105');
    });

    it('of sending include EMSGSIZE above the send buffer', async () => {
      const kernel = new FakeKernel(acknowledging);
      const { transport, recorder } = await open(kernel, { sendBuffer: 1024 });
      transport.send(message(16, 1, NLM_F_ACK, new Uint8Array(2048 - 32 - 16)), 1, 0, 0);
      transport.send(message(16, 2, NLM_F_ACK, new Uint8Array(2048 - 32 - 15)), 2, 0, 0);
      await kernel.settled();
      expect(recorder.story).to.include(`refused 2 ${EMSGSIZE}`);
      expect(recorder.story).not.to.include(`refused 1 ${EMSGSIZE}`);
    });

    it('of a lane reject what is asked of its transports and tell lost() once', async () => {
      const kernel = new FakeKernel(acknowledging);
      const { transport, recorder } = await open(kernel);
      transport.send(message(16, 1), 1, 0, 0);
      const waiting = transport.getOption(SOL_SOCKET, SO_RCVBUF);
      const gone = kernel.transports[0];
      if (gone !== undefined) kernel.lose(gone);
      expect(await rejectionOf(waiting)).to.have.property('code');
      await kernel.settled();
      expect(recorder.story).to.deep.equal(['lost']);
      expect(kernel.openTransports).to.deep.equal([]);
      transport.send(message(16, 2), 2, 0, 0);
      await kernel.settled();
      expect(kernel.requests).to.deep.equal([]);
      await transport.close();
      kernel.verify();
    });
  });
});
