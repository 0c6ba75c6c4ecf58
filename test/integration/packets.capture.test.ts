import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { expect } from 'chai';
import { pcapng } from '../../lib/execution/pcapng.js';
import type { Packet } from '../../lib/execution/packet-block.js';
import type { PacketSocket } from '../../lib/execution/packet.js';
import type { Namespace } from '../../lib/namespace.js';
import { rejectionOf } from '../support/error-of.js';
import { ip, wire, withNamespace, withNamespaces } from '../support/namespaces.js';
import { needsPrograms, needsRoot } from '../support/skip.js';
import { readByTcpdump } from './support/tcpdump.js';

const addresses = ['10.9.0.1/24', '10.9.0.2/24'] as const;

/** Two namespaces on one wire, without packets that the kernel sends by itself. */
function withPair(use: (one: Namespace, other: Namespace) => Promise<void>): Promise<void> {
  return withNamespaces(2, async (one, other) => {
    await Promise.all([one, other].map((each) => each.sysctl('net.ipv6.conf.default.disable_ipv6', 1)));
    wire(one, other, { addresses });
    await use(one, other);
  });
}

async function take(packets: PacketSocket, count: number): Promise<Packet[]> {
  const taken: Packet[] = [];
  for await (const packet of packets) if (taken.push(packet) === count) break;
  return taken;
}

function ping(from: Namespace, count = 1, more: readonly string[] = []): Promise<unknown> {
  return from.exec('ping', ['-n', '-q', '-i', '0.01', '-c', String(count), ...more, '10.9.0.2']);
}

/** A frame of a made-up protocol. */
function frame(length: number, fill = 7): Uint8Array {
  const bytes = new Uint8Array(length).fill(fill);
  bytes.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xb5]);
  return bytes;
}

describe('Packets of a namespace', function () {
  before(async function () {
    needsRoot(this);
    await needsPrograms(this, 'ping', 'tcpdump');
  });

  it('are captured with their times, lengths and directions', () =>
    withPair(async (one) => {
      const before = BigInt(Date.now()) * 1_000_000n;
      const packets = await one.packet({ link: 'v0', protocol: 'all' });
      await ping(one);
      const all = await take(packets, 4);
      // Who has 10.9.0.2? It is at; request; reply.
      expect(all.map(({ protocol, direction }) => [protocol, direction])).to.deep.equal([
        [0x0806, 'outgoing'],
        [0x0806, 'host'],
        [0x0800, 'outgoing'],
        [0x0800, 'host'],
      ]);
      for (const packet of all) {
        expect(packet).to.include({ hardware: 1, link: packets.link, length: packet.bytes.length });
        // The clock may be set while the test runs; not by a day.
        expect(Number(packet.timestamp - before) / 1e9).to.be.within(-86_400, 86_400);
      }
      const times = all.map(({ timestamp }) => timestamp);
      expect([...times].sort((a, b) => Number(a - b))).to.deep.equal(times);
      expect(all[3]?.bytes.length).to.equal(14 + 20 + 8 + 56);
      expect(packets.linkName(packets.link)).to.equal('v0');
      expect(await packets.statistics()).to.deep.equal({ received: 4, dropped: 0, freezes: 0 });
      await packets.close();
    }));

  it('are filtered in the kernel, and cut to what is wanted', () =>
    withPair(async (one) => {
      // IPv4 (ether proto 0x0800) only, 30 bytes of it.
      const filter = [
        { code: 0x28, jt: 0, jf: 0, k: 12 },
        { code: 0x15, jt: 0, jf: 1, k: 0x0800 },
        { code: 0x06, jt: 0, jf: 0, k: 0xffffffff },
        { code: 0x06, jt: 0, jf: 0, k: 0 },
      ];
      const packets = await one.packet({ link: 'v0', filter, snapLength: 30, outgoing: false });
      await ping(one, 2);
      for (const packet of await take(packets, 2))
        expect([packet.protocol, packet.direction, packet.bytes.length, packet.length]).to.deep.equal([0x0800, 'host', 30, 98]);
      expect(await packets.statistics()).to.include({ received: 2 });
      await packets.close();
    }));

  it('are read by tcpdump from the file that pcapng() writes, VLAN tags and all', () =>
    withPair(async (one, other) => {
      const directory = mkdtempSync(join(tmpdir(), 'netlane-'));
      const file = join(directory, 'capture.pcapng');
      try {
        const packets = await other.packet({ link: 'v1' });
        const sender = await one.packet({ link: 'v0', protocol: 'lldp' });
        const written = pipeline(pcapng(packets, { count: 5 }), createWriteStream(file));
        await ping(one);
        const tagged = frame(64);
        tagged.set([0x81, 0x00, 0x00, 0x2a, 0x88, 0xb5], 12);
        await sender.send(tagged);
        await written;
        const text = readByTcpdump(file);
        // A packet of a protocol that it does not know is followed by its bytes.
        const lines = text.split('\n').filter((line) => /^\d\d:/.test(line));
        expect(lines).to.have.lengthOf(5);
        expect(lines[2]).to.match(/^\d\d:\d\d:\d\d\.\d+ .*10\.9\.0\.1 > 10\.9\.0\.2: ICMP echo request, .* length 64$/);
        expect(lines[4]).to.match(/ethertype 802\.1Q \(0x8100\), length 64: vlan 42, .*0x88b5/);
        await Promise.all([packets.close(), sender.close()]);
      } finally {
        rmSync(directory, { recursive: true });
      }
    }));

  it('are not lost when a loop is stopped: it gets what was heard until then, and the next goes on', () =>
    withPair(async (one, other) => {
      const heard = await other.packet({ link: 'v1', protocol: 0x88b5, latency: 50 });
      const sender = await one.packet({ link: 'v0', protocol: 'lldp' });
      for (const fill of [1, 2, 3]) await sender.send(frame(60, fill));
      heard.stop();
      expect((await take(heard, 9)).map(({ bytes }) => bytes[20])).to.deep.equal([1, 2, 3]);
      expect([heard.taken, heard.closed]).to.deep.equal([3, false]);
      const waiting = take(heard, 9);
      await sender.send(frame(60, 4));
      heard.stop();
      expect((await waiting).map(({ bytes }) => bytes[20])).to.deep.equal([4]);
      // Nothing was heard since: a loop that waits ends at once.
      const idle = take(heard, 9);
      heard.stop();
      expect(await idle).to.deep.equal([]);
      await heard.close();
      expect(() => heard.stop())
        .to.throw()
        .with.property('code', 'NETLANE_CLOSED');
      await sender.close();
    }));

  it('make a file that tcpdump reads also when there are none', () =>
    withPair(async (one) => {
      const directory = mkdtempSync(join(tmpdir(), 'netlane-'));
      try {
        for (const link of ['v0', undefined]) {
          const file = join(directory, `empty-${link}.pcapng`);
          const packets = await one.packet({ link, protocol: 0x88b5 });
          packets.stop();
          await pipeline(pcapng(packets), createWriteStream(file));
          expect(readByTcpdump(file)).to.equal('');
          await packets.close();
        }
      } finally {
        rmSync(directory, { recursive: true });
      }
    }));

  it('tell what the hardware of a link is', () =>
    withPair(async (one) => {
      const packets = await one.packet({ link: 'v0' });
      expect([packets.linkHardware(packets.link), packets.linkHardware(1), packets.linkHardware(99)]).to.deep.equal([1, 772, undefined]);
      await packets.close();
      expect(packets.linkHardware(1)).to.equal(undefined);
    }));

  it('are heard on all links at once, and sent by any', () =>
    withPair(async (one, other) => {
      wire(one, other, { names: ['w0', 'w1'] });
      const heard = await other.packet({ protocol: 0x88b5 });
      const sender = await one.packet({ protocol: 'lldp' });
      expect(await rejectionOf(sender.send(frame(60)))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
      await sender.send(frame(60, 1), { link: 'v0' });
      await sender.send(frame(60, 2), { link: 'w0', protocol: 0x88b5 });
      const all = await take(heard, 2);
      expect(all.map(({ link, bytes }) => `${heard.linkName(link)} ${bytes[20]}`).sort()).to.deep.equal(['v1 1', 'w1 2']);
      expect(all[0]?.from).to.equal('02:00:00:00:00:02');
      const tooLong = await rejectionOf(sender.send(frame(9000), { link: 'v0' }));
      expect(tooLong).to.include({ code: 'EMSGSIZE', syscall: 'sendto', namespace: String(one) });
      expect(await rejectionOf(sender.send(frame(60), { link: 'nowhere' }))).to.include({ code: 'ENODEV' });
      await Promise.all([heard.close(), sender.close()]);
    }));

  it('that do not fit are counted, and what comes after them is heard', () =>
    withPair(async (one, other) => {
      const heard = await other.packet({ link: 'v1', protocol: 0x88b5, buffer: 131_072 });
      const sender = await one.packet({ link: 'v0', protocol: 'lldp' });
      const sent = 2000;
      for (let index = 0; index < sent; index += 1) await sender.send(frame(1500));
      const counted = await heard.statistics();
      expect(counted.received + counted.dropped).to.equal(sent);
      expect(counted.dropped).to.be.above(0);
      await take(heard, counted.received);
      await sender.send(frame(60, 99));
      expect((await take(heard, 1))[0]?.bytes[20]).to.equal(99);
      expect((await heard.statistics()).dropped).to.equal(counted.dropped);
      await Promise.all([heard.close(), sender.close()]);
    }));

  it('go on when the link was down in between', () =>
    withPair(async (one, other) => {
      const heard = await other.packet({ link: 'v1', protocol: 0x88b5 });
      const sender = await one.packet({ link: 'v0', protocol: 'lldp' });
      const waiting = take(heard, 1);
      ip(other, 'link set v1 down');
      ip(other, 'link set v1 up');
      await sender.send(frame(60, 5));
      expect((await waiting)[0]?.bytes[20]).to.equal(5);
      await Promise.all([heard.close(), sender.close()]);
    }));

  const losses: Readonly<Record<string, (other: Namespace, one: Namespace) => void>> = {
    'was deleted': (other) => ip(other, 'link del v1'),
    'was deleted after it was down': (other) => {
      ip(other, 'link set v1 down');
      ip(other, 'link del v1');
    },
    'went to another namespace': (other, one) => ip(other, `link set v1 netns /proc/${process.pid}/fd/${one.fd}`),
  };
  for (const [loss, lose] of Object.entries(losses))
    it(`are told to have no link any more when it ${loss}, after what it heard`, () =>
      withPair(async (one, other) => {
        const heard = await other.packet({ link: 'v1', protocol: 0x88b5 });
        const sender = await one.packet({ link: 'v0', protocol: 'lldp' });
        await sender.send(frame(60, 5));
        const taken: Packet[] = [];
        const waiting = rejectionOf(
          (async () => {
            for await (const packet of heard) taken.push(packet);
          })(),
        );
        lose(other, one);
        const error = await waiting;
        expect(error).to.include({ code: 'ENODEV', namespace: String(other), operation: 'capture packets of link v1' });
        expect(taken.length).to.equal(1);
        expect((await heard.statistics()).received).to.equal(1);
        await Promise.all([heard.close(), sender.close()]);
      }));

  it('can be left while a reader waits for one', () =>
    withPair(async (one) => {
      const packets = await one.packet({ link: 'v0', protocol: 0x88b6 });
      const reading = packets[Symbol.asyncIterator]();
      const waiting = reading.next();
      await new Promise((resolve) => setImmediate(resolve));
      expect(await reading.return(undefined)).to.deep.equal({ done: true, value: undefined });
      expect(await waiting).to.deep.equal({ done: true, value: undefined });
      await packets.close();
    }));

  it('end with close(), with the signal, and with the namespace', () =>
    withNamespace(async (blue) => {
      const closing = await blue.packet({ link: 'lo' });
      const ended = take(closing, 1);
      expect(await rejectionOf(take(closing, 1))).to.include({ code: 'NETLANE_BUSY' });
      await closing.close();
      expect(await ended).to.deep.equal([]);
      expect(await rejectionOf(closing.statistics())).to.include({ code: 'NETLANE_CLOSED' });
      expect(await rejectionOf(closing.send(frame(60)))).to.include({ code: 'NETLANE_CLOSED' });

      const controller = new AbortController();
      const aborting = await blue.packet({ signal: controller.signal });
      const aborted = rejectionOf(take(aborting, 1));
      controller.abort();
      expect(await aborted).to.include({ code: 'ABORT_ERR' });
      expect(await rejectionOf(blue.packet({ signal: controller.signal }))).to.include({ code: 'ABORT_ERR' });

      const last = rejectionOf(take(await blue.packet(), 1));
      await blue.close();
      expect(await last).to.include({ code: 'NETLANE_CLOSED' });
    }));

  it('end at once also for a loop that has not taken all that was heard', () =>
    withNamespace(async (blue) => {
      const controller = new AbortController();
      const sender = await blue.packet({ link: 'lo' });
      const protocol = 0x88b5;
      const sockets = [
        await blue.packet({ link: 'lo', protocol }),
        await blue.packet({ link: 'lo', protocol, signal: controller.signal }),
        await blue.packet({ link: 'lo', protocol }),
      ] as const;
      for (let count = 0; count < 20; count += 1) await sender.send(frame(60));
      const loops = sockets.map((socket) => socket[Symbol.asyncIterator]());
      for (const loop of loops) expect((await loop.next()).value).to.include({ length: 60 });
      const [closed, aborted, left] = loops;
      await sockets[0].close();
      expect(await closed?.next()).to.deep.equal({ done: true, value: undefined });
      controller.abort();
      expect(await rejectionOf(aborted?.next() ?? Promise.resolve())).to.include({ code: 'ABORT_ERR' });
      await blue.close();
      expect(await rejectionOf(left?.next() ?? Promise.resolve())).to.include({ code: 'NETLANE_CLOSED' });
      expect(sockets.map(({ taken }) => taken)).to.deep.equal([1, 1, 1]);
    }));

  it('are refused with a reason: no such link, no such protocol, a filter that is none', () =>
    withNamespace(async (blue) => {
      const error = await rejectionOf(blue.packet({ link: 'v9' }));
      expect(error).to.include({ code: 'ENODEV', namespace: String(blue) });
      expect(error.message).to.include('there is no link v9 in this namespace');
      expect((await rejectionOf(blue.packet({ protocol: 'ipv5' as 'ipv4' }))).message).to.include("did you mean 'ipv");
      for (const options of [{ snapLength: 0 }, { promiscuous: true }, { latency: 0 }, { buffer: 5 }, { link: '' }])
        expect(await rejectionOf(blue.packet(options))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
      const partial = await rejectionOf(blue.packet({ filter: [{ code: 6 }] as never }));
      expect(partial).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
      expect(partial.message).to.include('options.filter[0].jt');
      expect(await rejectionOf(blue.packet({ filter: [{ code: 0xffff, jt: 0, jf: 0, k: 0 }] }))).to.include({ code: 'EINVAL' });
    }));
});
