import { expect } from 'chai';
import fc from 'fast-check';
import { interleave } from '../../lib/execution/connect.js';
import type { Packet } from '../../lib/execution/packet-block.js';
import { packetsOf } from '../../lib/execution/packet-block.js';
import { PcapngWriter } from '../../lib/execution/pcapng.js';
import { internetAddress, linkAddress, unixAddress } from '../../lib/execution/socket-address.js';
import { errorOf } from '../support/error-of.js';

const packet: Packet = {
  timestamp: 1_700_000_000_123_456_789n,
  link: 7,
  hardware: 1,
  direction: 'host',
  protocol: 0x0800,
  from: '02:00:00:00:00:01',
  length: 100,
  bytes: new Uint8Array(61).fill(5),
};

/** Takes a file apart into its blocks, which must fill it. */
function blocksOf(file: Uint8Array): { readonly type: number; readonly body: DataView }[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const blocks = [];
  for (let at = 0; at < file.length;) {
    const length = view.getUint32(at + 4, true);
    expect(length % 4).to.equal(0);
    expect(view.getUint32(at + length - 4, true), 'the length at the end').to.equal(length);
    blocks.push({ type: view.getUint32(at, true), body: new DataView(file.buffer, file.byteOffset + at + 8, length - 12) });
    at += length;
  }
  return blocks;
}

describe('A pcapng file', () => {
  it('has a section, a description of each link before its first packet, the packets, and what was counted', () => {
    const writer = new PcapngWriter(65_535, (link) => `v${link}`);
    const file = Buffer.concat([
      writer.header(),
      writer.packet(packet),
      writer.packet({ ...packet, link: 9, hardware: 0xfffe }),
      writer.packet(packet),
      writer.statistics({ received: 3, dropped: 0 }, packet.timestamp),
    ]);
    const blocks = blocksOf(new Uint8Array(file));
    // Of two links no count is told: it is that of both.
    expect(blocks.map(({ type }) => type)).to.deep.equal([0x0a0d0d0a, 1, 6, 1, 6, 6]);
    expect(blocks.filter(({ type }) => type === 1).map(({ body }) => body.getUint16(0, true))).to.deep.equal([1, 101]);
    expect(blocks.filter(({ type }) => type === 6).map(({ body }) => body.getUint32(0, true))).to.deep.equal([0, 1, 0]);
    const body = blocks[2]?.body ?? new DataView(new ArrayBuffer(20));
    const time = (BigInt(body.getUint32(4, true)) << 32n) | BigInt(body.getUint32(8, true));
    expect([time, body.getUint32(12, true), body.getUint32(16, true)]).to.deep.equal([packet.timestamp, 61, 100]);
  });

  it('has packets of every length', () => {
    const writer = new PcapngWriter(262_144);
    for (const length of [...Array.from({ length: 1600 }, (_, index) => index), 9000, 65_535, 262_144]) {
      const bytes = new Uint8Array(length).fill(length);
      const last = blocksOf(writer.packet({ ...packet, bytes, length })).at(-1)?.body ?? new DataView(new ArrayBuffer(20));
      expect(last.getUint32(12, true)).to.equal(length);
      expect(Buffer.from(last.buffer, last.byteOffset + 20, length).equals(bytes), String(length)).to.equal(true);
    }
  });

  it('is well formed whatever the packets are', () => {
    const anyPacket = fc.record({
      bytes: fc.uint8Array({ maxLength: 2000 }),
      link: fc.integer({ min: 0, max: 5 }),
      tag: fc.option(fc.integer({ min: 0, max: 0xffff }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(anyPacket, { maxLength: 10 }), (all) => {
        const writer = new PcapngWriter(65_535);
        const written = all.map(({ bytes, link, tag }) =>
          writer.packet({ ...packet, bytes, link, length: bytes.length, ...(tag !== undefined && { vlan: { protocol: 0x8100, tag } }) }),
        );
        const packets = blocksOf(new Uint8Array(Buffer.concat([writer.header(), ...written]))).filter(({ type }) => type === 6);
        expect(packets).to.have.lengthOf(all.length);
      }),
    );
  });

  it('refuses what is no packet', () => {
    for (const wrong of [null, 5, {}, { ...packet, timestamp: 5 }, { ...packet, bytes: [1] }])
      expect(errorOf(() => new PcapngWriter(100).packet(wrong as Packet))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
  });

  it('refuses what its fields have no room for', () => {
    const wrongs = [
      { timestamp: -5n },
      { timestamp: 2n ** 70n },
      { hardware: 'x' },
      { hardware: 65_536 },
      { bytes: new Uint8Array(10), length: 9 },
    ] as const;
    for (const wrong of wrongs)
      expect(errorOf(() => new PcapngWriter(100).packet({ ...packet, ...wrong } as Packet)).message).to.include(
        `packet.${Object.keys(wrong)[0] ?? ''}`,
      );
    expect(errorOf(() => new PcapngWriter(100, undefined, 'a'.repeat(70_000)))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    for (const name of [5, 'é'.repeat(40_000)])
      expect(errorOf(() => new PcapngWriter(100, () => name as string).packet(packet))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    const writer = new PcapngWriter(100);
    writer.packet(packet);
    expect(errorOf(() => writer.statistics({ received: 1, dropped: 0 }, -1n))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
  });
});

describe('A block of a packet ring', () => {
  it('without packets gives none', () => {
    expect([...packetsOf(new Uint8Array(64), 100)]).to.deep.equal([]);
  });
});

describe('Addresses of sockets', () => {
  const noLink = (): number => {
    throw new Error('no link was named');
  };

  it('are what the kernel takes', () => {
    expect([...internetAddress('10.0.0.1', 0x1234, noLink)]).to.deep.equal([2, 0, 0x12, 0x34, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    const six = internetAddress('fe80::1%v0', 80, (link) => (link === 'v0' ? 3 : 0));
    expect([six.length, six[0], six[2], six[3], six[8], six[23], six[24]]).to.deep.equal([28, 10, 0, 80, 0xfe, 1, 3]);
    expect(internetAddress('fe80::1%7', 80, noLink)[24]).to.equal(7);
    expect([...unixAddress('/a')]).to.deep.equal([1, 0, 0x2f, 0x61, 0]);
    expect([...unixAddress('\0a')]).to.deep.equal([1, 0, 0, 0x61]);
    expect([...linkAddress(0x0806, 5).subarray(0, 8)]).to.deep.equal([17, 0, 8, 6, 5, 0, 0, 0]);
  });

  it('of two versions are tried in turn, none lost', () => {
    const address = fc.record({ family: fc.constantFrom(4, 6), address: fc.string() });
    fc.assert(
      fc.property(fc.array(address), (all) => {
        const mixed = interleave(all);
        expect(mixed).to.have.members(all);
        expect(mixed[0]).to.equal(all[0]);
        const turns = Math.min(all.filter(({ family }) => family === 4).length, all.filter(({ family }) => family === 6).length);
        for (let index = 0; index + 1 < 2 * turns; index += 2) expect(mixed[index]?.family).to.not.equal(mixed[index + 1]?.family);
      }),
    );
  });
});
