import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import type { NetlinkError, SystemError } from '../../lib/errors.js';
import { native } from '../../lib/native.js';
import type { Namespace } from '../../lib/namespace.js';
import type { SocketOptionName, SocketOptions } from '../../lib/netlink/socket-options.js';
import type { NetlinkSocket } from '../../lib/netlink/socket.js';
import { attribute, concat, i32, u16 } from '../native/support/frames.js';
import { rejectionOf } from '../support/error-of.js';
import { needsMachineRoot } from '../support/skip.js';
import { carriers, openFds, Scratch } from './support/namespaces.js';
import { take, takeUntil } from './support/reading.js';
import {
  deleteLink,
  getLink,
  ifinfomsg,
  linkOf,
  newBridge,
  NLM_F_CREATE,
  NLM_F_DUMP,
  RTM_DELLINK,
  RTM_NEWADDR,
  RTM_NEWLINK,
  RTNLGRP_LINK,
  setUp,
  until,
} from './support/route.js';

const RTM_GETADDR = 22;
const limit = (name: string): number => Number(readFileSync(`/proc/sys/net/core/${name}`, 'utf8'));

const badMtu = { type: RTM_NEWLINK, body: concat(ifinfomsg({ index: 1 }), attribute(4, u16(1))) };

/** Accepts datagrams whose first message is of a type. A halfword of BPF is big-endian, netlink is not. */
const onlyType = (type: number) => [
  { code: 0x28, jt: 0, jf: 0, k: 4 },
  { code: 0x15, jt: 0, jf: 1, k: ((type & 0xff) << 8) | (type >> 8) },
  { code: 0x06, jt: 0, jf: 0, k: 0xffffffff },
  { code: 0x06, jt: 0, jf: 0, k: 0 },
];

for (const carrier of carriers) {
  describe(`Options of a socket (${carrier})`, () => {
    const scratch = new Scratch();
    let namespace: Namespace;
    let asker: NetlinkSocket;

    const open = (options: SocketOptions = {}) => scratch.socket(namespace, 'route', { carrier, ...options });

    before(async () => {
      namespace = await scratch.namespace(carrier);
      asker = await open();
      await asker.request(newBridge('b', 10));
      const address = (index: number, last: number) =>
        concat(new Uint8Array([2, 24, 0, 0]), i32(index), attribute(2, new Uint8Array([10, 0, 0, last])));
      for (const last of [1, 2]) await asker.request({ type: RTM_NEWADDR, flags: NLM_F_CREATE, body: address(10, last) });
    });
    after(() => scratch.close());

    it('are what was asked for, each of them', async () => {
      const flags = ['extendedAck', 'capAck', 'strict', 'noOverruns', 'allNamespaces', 'broadcastErrors'] as const;
      for (const name of flags) {
        for (const value of [true, false]) {
          const socket = await open({ [name]: value });
          expect(await socket.getOption(name), `${name}: ${value}`).to.equal(Number(value));
          await socket.setOption(name, !value);
          expect(await socket.getOption(name), `${name} set to ${!value}`).to.equal(Number(!value));
          await socket.close();
        }
      }
      const socket = await open();
      const defaults: Partial<Record<SocketOptionName, number>> = {
        extendedAck: 1,
        capAck: 0,
        strict: 1,
        noOverruns: 0,
        allNamespaces: 0,
        packetInfo: 1,
      };
      for (const [name, value] of Object.entries(defaults)) expect(await socket.getOption(name as SocketOptionName), name).to.equal(value);
      expect(await rejectionOf(socket.getOption('recieveBuffer' as never))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
      expect((await rejectionOf(socket.setOption('recieveBuffer' as never, 1))).message).to.include('receiveBuffer');
    });

    it('shape the answers: extended and capped acknowledgements', async () => {
      const plain = (await rejectionOf((await open({ extendedAck: false })).request(badMtu))) as NetlinkError;
      expect(plain).to.include({ code: 'ERANGE' }).and.to.not.have.any.keys('kernelMessage', 'attribute', 'offset', 'policy');
      const capped = (await rejectionOf((await open({ capAck: true })).request(badMtu))) as NetlinkError;
      expect(capped).to.include({ code: 'ERANGE', offset: 32 }).and.to.not.have.any.keys('attribute');
      expect(capped.kernelMessage).to.be.a('string');
      // Set live, for requests and dumps to come.
      const socket = await open();
      await socket.setOption('extendedAck', false);
      expect(await rejectionOf(socket.request(badMtu))).to.not.have.any.keys('kernelMessage', 'attribute');
    });

    it('shape the answers: strict checking filters dumps in the kernel', async () => {
      const ofBridge = { type: RTM_GETADDR, flags: NLM_F_DUMP, body: concat(new Uint8Array([2, 0, 0, 0]), i32(10)) };
      const strict = await open();
      const loose = await open({ strict: false });
      expect((await strict.request(ofBridge)).messages).to.have.length(2);
      // 127.0.0.1 as well.
      expect((await loose.request(ofBridge)).messages).to.have.length(3);
      await loose.setOption('strict', true);
      expect((await loose.request(ofBridge)).messages).to.have.length(2);
    });

    it('leave the group out where packet info is off', async () => {
      const socket = await open({ groups: [RTNLGRP_LINK] });
      await socket.setOption('packetInfo', false);
      await asker.request(setUp(10, true));
      const [message] = await take(socket, 1);
      expect(message).to.include({ type: RTM_NEWLINK }).and.to.not.have.any.keys('group');
      expect((await socket.request(getLink(1))).messages).to.have.length(1);
      await asker.request(setUp(10, false));
    });

    it('size the buffers', async () => {
      const socket = await open({ receiveBuffer: 100_000, sendBuffer: 50_000 });
      expect(socket.receiveBuffer).to.equal(200_000);
      expect(await socket.getOption('receiveBuffer')).to.equal(200_000);
      expect(await socket.getOption('sendBuffer')).to.equal(100_000);
      await socket.setOption('receiveBuffer', 2 * limit('rmem_max'));
      expect(await socket.getOption('receiveBuffer')).to.equal(2 * limit('rmem_max'));
      expect((await open()).receiveBuffer).to.equal(limit('rmem_default'));
      expect(await rejectionOf(socket.setOption('strict', 1, { force: true }))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    });

    it('bound what leaves at once by the send buffer, as it is', async () => {
      const requests = (socket: NetlinkSocket) => Array.from({ length: 1000 }, () => socket.request(setUp(1, true)));
      for (const groups of [[], [RTNLGRP_LINK]]) {
        const socket = await open({ groups });
        await Promise.all(requests(socket));
        const setting = socket.setOption('sendBuffer', 2304);
        await Promise.all([...requests(socket), setting]);
        await Promise.all(requests(socket));
        await socket.close();
      }
    });

    it('size the buffers beyond the limit of the system', async function () {
      needsMachineRoot(this, 'more than the limit of the system');
      const beyond = 2 * limit('rmem_max');
      const socket = await open();
      await socket.setOption('receiveBuffer', beyond, { force: true });
      expect(await socket.getOption('receiveBuffer')).to.equal(2 * beyond);
      expect((await open({ receiveBuffer: beyond, sendBuffer: beyond })).receiveBuffer).to.equal(2 * beyond);
      expect((await open({ groups: [1] })).receiveBuffer).to.equal(16 * 1024 * 1024);
    });

    it('fix the port id, and tell who has it already', async () => {
      const before = openFds();
      const socket = await open({ port: 0x80000001 });
      expect(socket.port).to.equal(0x80000001);
      const { messages } = await socket.request(getLink(1));
      expect(messages[0]?.port).to.equal(0x80000001);
      // Dumps have ports of their own.
      expect((await socket.request({ type: 18, flags: NLM_F_DUMP, body: ifinfomsg() })).messages).to.have.length(2);
      const error = (await rejectionOf(open({ port: 0x80000001 }))) as SystemError;
      expect(error).to.include({
        code: 'EADDRINUSE',
        syscall: 'bind',
        namespace: String(namespace),
        operation: 'open a route socket with port 2147483649',
      });
      // Another protocol and another namespace have ports of their own.
      expect((await scratch.socket(namespace, 'generic', { carrier, port: 0x80000001 })).port).to.equal(0x80000001);
      await socket.close();
      expect((await open({ port: 0x80000001 })).port).to.equal(0x80000001);
      expect(openFds()).to.be.at.least(before);
      for (const port of [0, -1, 2 ** 32, 1.5]) expect(await rejectionOf(open({ port }))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    });

    it('lie on an fd that belongs to the namespace', async () => {
      const socket = await open();
      const of = native().namespaceOfSocket(socket.fd);
      try {
        const { device, inode } = native().identity(of);
        expect(`${device}:${inode}`).to.equal(namespace.id);
      } finally {
        native().closeFd(of);
      }
    });

    it('are out of reach when the socket is closed', async () => {
      const socket = await open();
      await socket.close();
      const calls: (() => unknown)[] = [
        () => socket.port,
        () => socket.fd,
        () => socket.receiveBuffer,
        () => socket.getOption('strict'),
        () => socket.setOption('strict', true),
        () => socket.memberships(),
        () => socket.join(1),
        () => socket.leave(1),
        () => socket.setFilter([]),
        () => socket.statistics(),
        () => socket.send({ type: 1 }),
        () => socket.messages().next(),
        () => socket.stream({ type: 18, flags: NLM_F_DUMP }).next(),
        () => socket.request(getLink(1)),
      ];
      for (const call of calls) {
        const error = await rejectionOf((async (): Promise<void> => void (await call()))());
        expect(error, String(call)).to.include({ code: 'NETLANE_CLOSED', namespace: String(namespace) });
      }
      await socket.close();
    });

    it('filter a subscription in the kernel', async () => {
      const socket = await open({ groups: [RTNLGRP_LINK] });
      await socket.setFilter(onlyType(RTM_DELLINK));
      await asker.request(newBridge('gone', 20));
      await asker.request(deleteLink(20));
      await asker.request(newBridge('gone', 21));
      await asker.request(deleteLink(21));
      expect((await take(socket, 2)).map((message) => [message.type, linkOf(message).index])).to.deep.equal([
        [RTM_DELLINK, 20],
        [RTM_DELLINK, 21],
      ]);
      // Its requests have an fd without the filter.
      expect((await socket.request(getLink(1))).messages).to.have.length(1);
      await socket.leave(RTNLGRP_LINK);
      expect((await socket.request(getLink(1))).messages).to.have.length(1);
      await socket.setFilter([]);
      await socket.join(RTNLGRP_LINK);
      await asker.request(newBridge('stays', 22));
      expect((await takeUntil(socket, ({ type }) => type === RTM_NEWLINK)).map((message) => linkOf(message).name)).to.deep.equal(['stays']);
      await asker.request(deleteLink(22));
    });

    it('refuse a filter on a socket for requests, and programs that are none', async () => {
      const error = await rejectionOf(asker.setFilter(onlyType(RTM_DELLINK)));
      expect(error).to.include({ code: 'NETLANE_FILTER_REFUSED', namespace: String(namespace) });
      expect((await asker.request(getLink(1))).messages).to.have.length(1);
      const socket = await open({ groups: [RTNLGRP_LINK] });
      // No return at the end.
      expect(await rejectionOf(socket.setFilter([{ code: 0x28, jt: 0, jf: 0, k: 4 }]))).to.include({
        code: 'EINVAL',
        syscall: 'setsockopt',
        namespace: String(namespace),
        operation: 'set the filter of a route socket',
      });
      for (const wrong of ['x', [{ code: -1, jt: 0, jf: 0, k: 0 }], [{ code: 6, jt: 256, jf: 0, k: 0 }]]) {
        expect(await rejectionOf(socket.setFilter(wrong as never))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
      }
      await asker.request(setUp(10, true));
      await until('it hears what it heard before', async () => (await socket.statistics()).received > 0);
      await asker.request(setUp(10, false));
    });
  });
}
