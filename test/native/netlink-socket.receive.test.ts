import { expect } from 'chai';
import fc from 'fast-check';
import { frameFlags, frameHeader, smallestReceive, type NativeSocket } from '../../lib/native.js';
import { skip } from '../support/skip.js';
import { errorOf } from '../support/error-of.js';
import {
  EAGAIN,
  EMSGSIZE,
  ENOBUFS,
  SOL_SOCKET,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_SNDBUFFORCE,
  SO_SNDBUF,
  addon,
  failureOf,
  withSockets,
} from './support/addon.js';
import { framesIn, pattern } from './support/frames.js';

const header = frameHeader.size;
const scratch = 1 << 20;
const filler = 0xa5;

function slabOf(size: number): ArrayBuffer {
  const slab = new ArrayBuffer(size);
  new Uint8Array(slab).fill(filler);
  return slab;
}

function sendAll(from: NativeSocket, to: NativeSocket, lengths: readonly number[]): Uint8Array[] {
  return lengths.map((length, seed) => {
    const bytes = pattern(length, seed);
    expect(from.send(bytes, to.port, 0), `send ${length} bytes`).to.equal(0);
    return bytes;
  });
}

/** Asks for buffers beyond the system's limits; skips where only the machine's own root may. */
function enlarge(context: Mocha.Context, socket: NativeSocket, size: number): void {
  try {
    socket.setOption(SOL_SOCKET, SO_SNDBUFFORCE, size);
    socket.setOption(SOL_SOCKET, SO_RCVBUFFORCE, size);
  } catch (error) {
    if (failureOf(error).errno !== -1) throw error;
    skip(context, "socket buffers above the system's limit need the machine's own root");
  }
}

describe('Receiving into a slab', () => {
  it('puts datagrams one behind the other, each at a multiple of 8, and says that the queue is empty', () =>
    withSockets((open) => {
      const [from, to] = [open(), open()];
      const sent = sendAll(from, to, [1, 7, 8, 9, 1000]);
      const slab = slabOf(4096);
      const result = to.receive(slab, 0, 100);
      expect(result).to.deep.equal({ end: 5 * header + 8 + 8 + 8 + 16 + 1000, count: 5, errno: EAGAIN });
      const frames = framesIn(slab, 0, result.end);
      expect(frames.map((frame) => frame.bytes)).to.deep.equal(sent);
      for (const { bytes: _, ...rest } of frames) expect(rest).to.deep.equal({ port: from.port, groups: 0, group: 0, nsid: -1, flags: 0 });
      expect(new Uint8Array(slab, result.end).every((byte) => byte === filler)).to.equal(true);
    }));

  it('goes on at an offset and leaves what is before it', () =>
    withSockets((open) => {
      const [from, to] = [open(), open()];
      const [bytes] = sendAll(from, to, [50]);
      const slab = slabOf(1024);
      const result = to.receive(slab, 512, 100);
      expect(result.end).to.equal(512 + header + 56);
      expect(framesIn(slab, 512, result.end)[0]?.bytes).to.deep.equal(bytes);
      expect(new Uint8Array(slab, 0, 512).every((byte) => byte === filler)).to.equal(true);
    }));

  it('receives no more than `most` datagrams', () =>
    withSockets((open) => {
      const [from, to] = [open(), open()];
      sendAll(from, to, [10, 20, 30]);
      const slab = slabOf(1024);
      expect(to.receive(slab, 0, 0)).to.deep.equal({ end: 0, count: 0, errno: 0 });
      expect(to.receive(slab, 0, 2)).to.deep.include({ count: 2, errno: 0 });
      expect(to.receive(slab, 0, 2)).to.deep.include({ count: 1, errno: EAGAIN });
    }));

  it('fills the slab to its last byte', () =>
    withSockets((open) => {
      const [from, to] = [open(), open()];
      const sent = sendAll(from, to, [100, 976 - 24, 40]);
      const slab = slabOf(header + 104 + header + 976 - 24);
      const result = to.receive(slab, 0, 100);
      expect(result).to.deep.equal({ end: slab.byteLength, count: 2, errno: 0 });
      expect(framesIn(slab, 0, result.end).map((frame) => frame.bytes)).to.deep.equal(sent.slice(0, 2));
      expect(to.receive(slab, 0, 100)).to.deep.include({ count: 1, errno: EAGAIN });
    }));

  it('ends within a slab whose size is no multiple of 8', () =>
    withSockets((open) => {
      const [from, to] = [open(), open()];
      const [bytes] = sendAll(from, to, [97]);
      const slab = slabOf(header + 97);
      const result = to.receive(slab, 0, 100);
      expect(result).to.deep.equal({ end: header + 97, count: 1, errno: 0 });
      expect(framesIn(slab, 0, result.end)[0]?.bytes).to.deep.equal(bytes);
    }));

  it('gives a datagram of one byte more than there is room for as a spill', () =>
    withSockets((open) => {
      const [from, to] = [open(), open()];
      const sent = sendAll(from, to, [100, 1001, 5]);
      const slab = slabOf(header + 104 + header + 1000);
      const result = to.receive(slab, 0, 100);
      expect(result).to.deep.include({ end: header + 104, count: 2, errno: 0 });
      expect(framesIn(slab, 0, result.end).map((frame) => frame.bytes)).to.deep.equal([sent[0]]);
      expect(result.spill).to.be.instanceOf(ArrayBuffer);
      const spill = result.spill ?? new ArrayBuffer();
      expect(spill.byteLength).to.equal(header + 1001);
      expect(framesIn(spill, 0, spill.byteLength)).to.deep.equal([
        { port: from.port, groups: 0, group: 0, nsid: -1, flags: 0, bytes: sent[1] },
      ]);
      const rest = to.receive(slab, result.end, 100);
      expect(framesIn(slab, result.end, rest.end)[0]?.bytes).to.deep.equal(sent[2]);
    }));

  it('leaves the next one there where another of the last size would not fit: the parts of a dump are copied once', () =>
    withSockets((open) => {
      const [from, to] = [open(), open()];
      const sent = sendAll(from, to, [1000, 1000, 1000]);
      const slab = slabOf(2 * (header + 1000) + 500);
      expect(to.receive(slab, 0, 100)).to.deep.equal({ end: 2 * (header + 1000), count: 2, errno: 0 });
      expect(framesIn(slab, 0, 2 * (header + 1000)).map((frame) => frame.bytes)).to.deep.equal(sent.slice(0, 2));
      expect(to.receive(slab, 0, 100)).to.deep.equal({ end: header + 1000, count: 1, errno: EAGAIN });
      expect(framesIn(slab, 0, header + 1000)[0]?.bytes).to.deep.equal(sent[2]);
    }));

  it('tries as long as smallestReceive bytes are left, and not with one less', () =>
    withSockets((open) => {
      const [from, to] = [open(), open()];
      const [bytes] = sendAll(from, to, [5000]);
      const slab = slabOf(1024);
      const untouched = slab.byteLength - smallestReceive + 1;
      expect(to.receive(slab, untouched, 100)).to.deep.equal({ end: untouched, count: 0, errno: 0 });
      const offset = slab.byteLength - smallestReceive;
      const { spill, ...rest } = to.receive(slab, offset, 100);
      expect(rest).to.deep.equal({ end: offset, count: 1, errno: 0 });
      expect(framesIn(spill ?? new ArrayBuffer(), 0, header + 5000)[0]?.bytes).to.deep.equal(bytes);
    }));

  it('keeps every byte of any datagrams in any slab', () =>
    withSockets((open) => {
      const [from, to] = [open(), open()];
      fc.assert(
        fc.property(
          fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 12 }),
          fc.integer({ min: smallestReceive, max: 9000 }),
          fc.integer({ min: 1, max: 5 }),
          (lengths, size, most) => {
            const sent = sendAll(from, to, lengths);
            const received: Uint8Array[] = [];
            for (let calls = 0; received.length < sent.length; calls += 1) {
              if (calls > 100) throw new Error(`only ${received.length} of ${sent.length} datagrams came`);
              const slab = slabOf(size);
              const { end, count, spill } = to.receive(slab, 0, most);
              const frames = [...framesIn(slab, 0, end), ...(spill === undefined ? [] : framesIn(spill, 0, spill.byteLength))];
              expect(frames).to.have.length(count);
              received.push(...frames.map((frame) => frame.bytes));
            }
            expect(received).to.deep.equal(sent);
            expect(to.receive(slabOf(size), 0, most)).to.deep.include({ count: 0, errno: EAGAIN });
          },
        ),
        { numRuns: 200 },
      );
    }));

  it('has datagrams of hundreds of KiB arrive whole, and cuts what is longer than slab and scratch area together', async function () {
    await withSockets((open) => {
      const [from, to] = [open(), open()];
      enlarge(this, from, 4 << 20);
      enlarge(this, to, 4 << 20);
      const size = 4096;
      const room = size - header;
      for (const [length, kept] of [
        [300_000, 300_000],
        [room + scratch, room + scratch],
        [room + scratch + 1, room + scratch],
        [2 << 20, room + scratch],
      ] as const) {
        const [bytes = new Uint8Array()] = sendAll(from, to, [length]);
        const slab = slabOf(size);
        const { spill = new ArrayBuffer(), ...rest } = to.receive(slab, 0, 1);
        expect(rest).to.deep.equal({ end: 0, count: 1, errno: 0 });
        expect(spill.byteLength).to.equal(header + kept);
        const [frame] = framesIn(spill, 0, spill.byteLength);
        expect(frame?.flags).to.equal(kept === length ? 0 : frameFlags.truncated);
        expect(Buffer.compare(frame?.bytes ?? new Uint8Array(), bytes.subarray(0, kept))).to.equal(0);
      }
    });
  });

  it('says ENOBUFS once when the kernel dropped datagrams, and goes on', function () {
    return withSockets((open) => {
      const [from, to] = [open(), open()];
      to.setOption(270, 1, 5); // NETLINK_ADD_MEMBERSHIP: what overruns a group's member is dropped, a single receiver blocks the sender.
      to.setOption(SOL_SOCKET, SO_RCVBUF, 4096);
      for (let count = 0; count < 64; count += 1) from.send(pattern(2000, count), 0, 1 << 4);
      const first = to.receive(slabOf(1 << 20), 0, 1000);
      const errors = [first.errno];
      let { count } = first;
      for (let round = 0; round < 2; round += 1) {
        const next = to.receive(slabOf(1 << 20), 0, 1000);
        errors.push(next.errno);
        count += next.count;
      }
      expect(count).to.be.greaterThan(0).and.lessThan(64);
      expect(errors.filter((errno) => errno === ENOBUFS)).to.have.length(1);
      from.send(pattern(10, 0), 0, 1 << 4);
      expect(to.receive(slabOf(4096), 0, 1000)).to.deep.include({ count: 1, errno: EAGAIN });
    });
  });

  it('refuses a slab that was transferred, an offset outside and what is no slab', () =>
    withSockets((open) => {
      const [from, to] = [open(), open()];
      sendAll(from, to, [10]);
      const slab = slabOf(4096);
      structuredClone(slab, { transfer: [slab] });
      expect(() => to.receive(slab, 8, 10)).to.throw(TypeError, 'detached');
      expect(to.receive(slab, 0, 10)).to.deep.equal({ end: 0, count: 0, errno: 0 });
      expect(() => to.receive(slabOf(64), 65, 10)).to.throw(TypeError);
      expect(() => to.receive(slabOf(64), -1, 10)).to.throw(TypeError);
      expect(() => to.receive(slabOf(64), 2 ** 40, 10)).to.throw(TypeError);
      expect(() => to.receive(new Uint8Array(64) as unknown as ArrayBuffer, 0, 10)).to.throw(TypeError);
      expect(to.receive(slabOf(4096), 0, 10)).to.deep.include({ count: 1 });
    }));

  it('never writes into a slab after the call: the next owner has it for itself', () =>
    withSockets((open) => {
      const [from, to] = [open(), open()];
      const slab = slabOf(4096);
      to.receive(slab, 0, 10);
      const moved = structuredClone(slab, { transfer: [slab] });
      sendAll(from, to, [100, 5000]);
      expect(to.receive(slabOf(1024), 0, 10)).to.deep.include({ count: 2 });
      expect(new Uint8Array(moved).every((byte) => byte === filler)).to.equal(true);
    }));
});

describe('Sending', () => {
  it('sends the part of a buffer that the array covers', () =>
    withSockets((open) => {
      const [from, to] = [open(), open()];
      const bytes = pattern(100, 1);
      expect(from.send(bytes.subarray(10, 30), to.port, 0)).to.equal(0);
      const slab = slabOf(1024);
      expect(framesIn(slab, 0, to.receive(slab, 0, 1).end)[0]?.bytes).to.deep.equal(bytes.slice(10, 30));
    }));

  it('says what the kernel says, as a positive errno', () =>
    withSockets((open) => {
      const from = open();
      expect(from.send(pattern(8 << 20, 0), from.port, 0)).to.equal(EMSGSIZE);
      expect(from.send(pattern(10, 0), 0x7ffffff1, 0)).to.equal(111);
    }));

  it('says EAGAIN when the receiver is full', () =>
    withSockets((open) => {
      const [from, to] = [open(), open()];
      let errno = 0;
      for (let count = 0; errno === 0 && count < 10_000; count += 1) errno = from.send(pattern(8192, 0), to.port, 0);
      expect(errno).to.equal(EAGAIN);
    }));

  it('refuses what is no byte array', () =>
    withSockets((open) => {
      const from = open();
      for (const wrong of [undefined, 'text', [1, 2], new ArrayBuffer(8), new DataView(new ArrayBuffer(8))]) {
        expect(errorOf(() => from.send(wrong as unknown as Uint8Array, 0, 0))).to.be.instanceOf(TypeError);
      }
      expect(() => from.send(pattern(4, 0), 1.5, 0)).to.throw(TypeError);
      expect(() => from.send(pattern(4, 0), -1, 0)).to.throw(TypeError);
      expect(() => from.send(pattern(4, 0), 2 ** 32, 0)).to.throw(TypeError);
    }));
});

describe('An exchange with the kernel', () => {
  /** RTM_GETLINK of lo, with or without an acknowledgement. */
  const getLink = (flags: number, sequence: number): Uint8Array => {
    const bytes = new Uint8Array(48);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, 32, true);
    view.setUint16(4, 18, true);
    view.setUint16(6, 1 | flags, true);
    view.setUint32(8, sequence, true);
    view.setInt32(20, 1, true);
    return bytes;
  };
  const NLM_F_ACK = 4;

  it('sends the first bytes and receives what was answered meanwhile, from the start of the slab', () => {
    const socket = new (addon().NetlinkSocket)({ namespace: -1, protocol: 0, port: 0 });
    const slab = slabOf(65_536);
    const outcome = new Uint32Array(3);
    expect(socket.exchange(getLink(NLM_F_ACK, 7), 32, slab, 2, outcome)).to.equal(0);
    const [end = 0, count, errno] = outcome;
    expect([count, errno]).to.deep.equal([2, 0]);
    const frames = framesIn(slab, 0, end);
    const types = frames.map(({ bytes }) => new DataView(bytes.buffer, bytes.byteOffset).getUint16(4, true));
    expect(types).to.deep.equal([16, 2]);
    expect(socket.exchange(getLink(0, 8), 32, slab, 5, outcome)).to.equal(0);
    expect([...outcome.subarray(1)]).to.deep.equal([1, EAGAIN]);
    expect(socket.exchange(getLink(0, 9), 32, slab, 0, outcome)).to.equal(0);
    expect([...outcome]).to.deep.equal([0, 0, 0]);
    expect(socket.receive(slab, 0, 5)).to.deep.include({ count: 1, errno: EAGAIN });
    socket.close();
  });

  it('gives the datagram that did not fit, and the errno of what was not sent', () => {
    const socket = new (addon().NetlinkSocket)({ namespace: -1, protocol: 0, port: 0 });
    const outcome = new Uint32Array(3);
    const spill = socket.exchange(getLink(0, 7), 32, new ArrayBuffer(smallestReceive), 1, outcome);
    expect(spill).to.be.instanceOf(ArrayBuffer);
    expect([...outcome]).to.deep.equal([0, 1, 0]);
    socket.setOption(SOL_SOCKET, SO_SNDBUF, 4096);
    expect(socket.exchange(new Uint8Array(100_000), 100_000, new ArrayBuffer(4096), 1, outcome)).to.equal(EMSGSIZE);
    for (const call of [
      () => socket.exchange(getLink(0, 7), 49, new ArrayBuffer(4096), 1, outcome),
      () => socket.exchange(getLink(0, 7), 32, new ArrayBuffer(4096), 1, new Uint32Array(2)),
    ]) {
      expect(call).to.throw(TypeError, 'too small');
    }
    expect(socket.receive(new ArrayBuffer(4096), 0, 1)).to.deep.include({ count: 0, errno: EAGAIN });
    socket.close();
  });
});
