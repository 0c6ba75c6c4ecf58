import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Namespace } from '../../lib/namespace.js';
import { native } from '../../lib/native.js';
import { protocols } from '../../lib/netlink/constants.js';
import { slabSize } from '../../lib/netlink/pump.js';
import type { NetlinkSocket } from '../../lib/netlink/socket.js';
import { pattern } from '../native/support/frames.js';
import { rejectionOf } from '../support/error-of.js';
import { carriers, Scratch } from './support/namespaces.js';
import { take } from './support/reading.js';
import { until } from './support/route.js';

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;
const large = 4 * mebibyte;

for (const carrier of carriers) {
  describe(`Sockets that talk to each other (${carrier})`, function () {
    this.timeout(60_000);
    const scratch = new Scratch();
    let namespace: Namespace;
    let here: NetlinkSocket;
    let there: NetlinkSocket;

    before(async () => {
      namespace = await scratch.namespace(carrier);
      const options = { carrier, from: 'any', sendBuffer: large, receiveBuffer: large } as const;
      here = await scratch.socket(namespace, 'usersock', options);
      there = await scratch.socket(namespace, 'usersock', { ...options, groups: [3, 31] });
    });
    after(() => scratch.close());

    it('send to a port', async () => {
      await here.send({ type: 100, flags: 7, sequence: 9, port: there.port, body: pattern(133, 1) });
      const [message] = await take(there, 1);
      expect(message).to.deep.equal({ type: 100, flags: 7, sequence: 9, port: here.port, body: pattern(133, 1), sender: here.port });
    });

    it('send to a group, and to nobody else', async () => {
      const bystander = await scratch.socket(namespace, 'usersock', { carrier, from: 'any', groups: [4] });
      await here.send({ type: 101, groups: [3] });
      await here.send({ type: 102, groups: [31, 4] });
      expect((await take(there, 2)).map(({ type, sender }) => [type, sender])).to.deep.equal([
        [101, here.port],
        [102, here.port],
      ]);
      expect((await take(bystander, 1)).map(({ type }) => type)).to.deep.equal([102]);
    });

    it('keep the order of a thousand messages', async () => {
      for (let count = 0; count < 1000; count++)
        void here.send({ type: 200, sequence: count, port: there.port, body: pattern(count % 300, count) });
      const messages = await take(there, 1000);
      messages.forEach((message, count) => {
        expect(message.sequence).to.equal(count);
        expect(message.body).to.deep.equal(pattern(count % 300, count));
      });
    });

    it('hear themselves', async () => {
      await here.send({ type: 103, port: here.port, body: pattern(10, 2) });
      expect((await take(here, 1))[0]).to.deep.include({ type: 103, sender: here.port, body: pattern(10, 2) });
    });

    for (const size of [4096, 40 * kibibyte, 255 * kibibyte, 256 * kibibyte, 257 * kibibyte, 700 * kibibyte, mebibyte - kibibyte]) {
      it(`send datagrams of ${size / kibibyte} KiB whole`, async () => {
        const body = pattern(size, size);
        // Something before, so that the datagram does not start a slab, and something behind.
        await here.send({ type: 1000, port: there.port, body: pattern(100_000, 3) });
        await here.send({ type: 1001, port: there.port, body });
        await here.send({ type: 1002, port: there.port, body: pattern(5, 4) });
        const [before, message, behind] = await take(there, 3);
        expect(before?.body).to.deep.equal(pattern(100_000, 3));
        expect(message?.type).to.equal(1001);
        expect(message?.body.length).to.equal(size);
        expect(Buffer.compare(message?.body ?? new Uint8Array(), body)).to.equal(0);
        expect(behind?.body).to.deep.equal(pattern(5, 4));
      });
    }

    it('count what is too long even for that, and go on', async () => {
      const before = await there.statistics();
      await here.send({ type: 1003, port: there.port, body: new Uint8Array(2 * mebibyte) });
      await here.send({ type: 1004, port: there.port });
      expect((await take(there, 1)).map(({ type }) => type)).to.deep.equal([1004]);
      const after = await there.statistics();
      expect(after.truncated - before.truncated).to.equal(1);
      // The datagram without its end, and the message that went on there.
      expect(after.dropped - before.dropped).to.equal(2);
    });

    it('are told what sendmsg said', async () => {
      const nobody = await rejectionOf(here.send({ type: 100, port: 0xfffffff0 }));
      expect(nobody).to.include({ code: 'ECONNREFUSED', syscall: 'sendmsg', namespace: String(namespace) });
      const small = await scratch.socket(namespace, 'usersock', { carrier, from: 'any', sendBuffer: 8192 });
      const long = await rejectionOf(small.send({ type: 100, port: there.port, body: new Uint8Array(100_000) }));
      expect(long).to.include({ code: 'EMSGSIZE', syscall: 'sendmsg' });
      expect(long.message).to.include('sendBuffer');
    });

    it('wait where the receiver’s buffer is full, in order', async () => {
      const narrow = await scratch.socket(namespace, 'usersock', { carrier, from: 'any', receiveBuffer: 16_384 });
      const sent: number[] = [];
      const sends = Array.from({ length: 400 }, (_, count) =>
        here.send({ type: 300, sequence: count, port: narrow.port, body: new Uint8Array(8192) }).then(() => sent.push(count)),
      );
      const messages = await take(narrow, 400);
      await Promise.all(sends);
      expect(messages.map(({ sequence }) => sequence)).to.deep.equal(sent);
      expect(sent).to.deep.equal(Array.from({ length: 400 }, (_, count) => count));
    });

    it('know of each message when the kernel took it, though others still wait behind it', async () => {
      const sender = await scratch.socket(namespace, 'usersock', { carrier, from: 'any' });
      // Nobody reads this one but the test.
      const receiver = new (native().NetlinkSocket)({ namespace: namespace.fd, protocol: protocols.usersock, port: 0 });
      try {
        let taken = 0;
        const sends = Array.from({ length: 1000 }, () =>
          sender.send({ type: 300, port: receiver.port, body: new Uint8Array(1000) }).then(
            () => void taken++,
            (error: { code?: unknown }) => error.code,
          ),
        );
        for (let round = 0; round < 3; round++) {
          const before = taken;
          await until('as many are known of as the kernel took', async () => taken > before && taken === (await sender.statistics()).sent);
          receiver.receive(new ArrayBuffer(slabSize), 0, 0x7fffffff);
        }
        await sender.close();
        const outcomes = await Promise.all(sends);
        expect(outcomes.filter((outcome) => outcome === 'NETLANE_CLOSED')).to.have.length(1000 - taken);
        expect(taken).to.be.lessThan(1000);
      } finally {
        receiver.close();
      }
    });

    it('hear other processes', async () => {
      const program = `
import socket, struct, sys
s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 2)
s.bind((0, 0))
s.sendto(struct.pack('=IHHII', 16 + 5, 777, 1, 42, s.getsockname()[0]) + b'snake\\0\\0\\0', (${there.port}, 0))
s.sendto(b'no header', (${there.port}, 0))
s.sendto(struct.pack('=IHHII', 16, 778, 1, 43, 0), (${there.port}, 0))
print(s.getsockname()[0])`;
      const { stdout } = await promisify(execFile)('nsenter', [`--net=/proc/${process.pid}/fd/${namespace.fd}`, 'python3', '-c', program]);
      const [first, second] = await take(there, 2);
      expect(first).to.deep.include({ type: 777, sequence: 42, sender: Number(stdout), body: new TextEncoder().encode('snake') });
      expect(second).to.include({ type: 778, sequence: 43 });
    });

    it('do not hear each other with from: kernel', async () => {
      const kernel = await scratch.socket(namespace, 'usersock', { carrier });
      await here.send({ type: 100, port: kernel.port });
      await until('it was dropped', async () => (await kernel.statistics()).dropped === 1);
      await here.send({ type: 100, port: kernel.port });
      await until('that, too', async () => (await kernel.statistics()).dropped === 2);
    });
  });
}
