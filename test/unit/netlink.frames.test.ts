import { expect } from 'chai';
import fc from 'fast-check';
import { frameHeader } from '../../lib/native.js';
import { FrameCursor, MessageView, type Message } from '../../lib/netlink/message.js';
import { writeFrame } from '../../lib/testing/datagram.js';
import { buildMessage, concatenate, datagram, truncate, u32, withLength, type FakeDatagram } from '../../lib/testing.js';

const shown = { showGroup: true, showNsid: true };

function slabOf(...datagrams: readonly FakeDatagram[]): { readonly slab: ArrayBuffer; readonly end: number } {
  const slab = new ArrayBuffer(64 * 1024);
  let end = 0;
  for (const each of datagrams) end = writeFrame(slab, end, each, shown);
  return { slab, end };
}

function read(slab: ArrayBuffer, end: number): { messages: Message[]; malformed: string[] } {
  const cursor = new FrameCursor(slab, end);
  const view = new MessageView();
  const messages: Message[] = [];
  const malformed: string[] = [];
  while (cursor.next(view, (why) => malformed.push(why))) messages.push(view.copy());
  return { messages, malformed };
}

describe('the frames of a slab', () => {
  it('are walked message by message, with the facts of their datagram', () => {
    const two = concatenate(
      buildMessage({ type: 16, sequence: 1, body: u32(5) }),
      buildMessage({ type: 17, sequence: 2, body: new Uint8Array(3) }),
    );
    const { slab, end } = slabOf(
      datagram(two),
      datagram(buildMessage({ type: 18, flags: 7, port: 9 }), { sender: 4, group: 3, nsid: 0 }),
      datagram(buildMessage({ type: 19 }), { group: 40 }),
    );
    const { messages, malformed } = read(slab, end);
    expect(malformed).to.deep.equal([]);
    expect(messages.map(({ type, body }) => [type, body.length])).to.deep.equal([
      [16, 4],
      [17, 3],
      [18, 0],
      [19, 0],
    ]);
    expect(messages[0]).not.to.have.any.keys('nsid', 'group', 'sender');
    expect(messages[2]).to.include({ flags: 7, port: 9, sender: 4, group: 3, nsid: 0 });
    expect(messages[3]).to.include({ group: 40 });
  });

  it('are told apart from one that lies about itself, which alone is given up', () => {
    for (const length of [0, 1, 15, 1000, 0xffffffff]) {
      const { slab, end } = slabOf(
        datagram(buildMessage({ type: 16 })),
        withLength(datagram(buildMessage({ type: 17 })), length),
        datagram(buildMessage({ type: 18 })),
      );
      const { messages, malformed } = read(slab, end);
      expect(messages.map(({ type }) => type)).to.deep.equal([16, 18]);
      expect(malformed).to.deep.equal(['length']);
    }
  });

  it('say when a datagram lost its end, and what of it is whole', () => {
    const two = datagram(concatenate(buildMessage({ type: 16 }), buildMessage({ type: 17, body: new Uint8Array(50) })));
    const { slab, end } = slabOf(truncate(two, 40), datagram(buildMessage({ type: 18 })));
    const { messages, malformed } = read(slab, end);
    expect(messages.map(({ type }) => type)).to.deep.equal([16, 18]);
    expect(malformed).to.deep.equal(['truncated', 'length']);
  });

  it('may be cut anywhere: an incomplete one at the end is not read', () => {
    const { slab, end } = slabOf(datagram(buildMessage({ type: 16 })), datagram(buildMessage({ type: 17, body: new Uint8Array(30) })));
    for (let cut = 0; cut <= end; cut += 1) {
      const { messages } = read(slab, cut);
      expect(messages.length).to.be.at.most(2);
      for (const message of messages) expect([16, 17]).to.include(message.type);
    }
    expect(read(slab, frameHeader.size - 1).messages).to.deep.equal([]);
  });

  it('of random bytes never throw, never reach beyond their end, and come to an end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 0, max: 400 }), (bytes, end) => {
        const slab = new ArrayBuffer(bytes.length);
        new Uint8Array(slab).set(bytes);
        const cursor = new FrameCursor(slab, end);
        const view = new MessageView();
        let count = 0;
        while (cursor.next(view, () => undefined)) {
          count += 1;
          expect(view.end).to.be.at.most(Math.min(end, bytes.length));
          expect(view.body).to.be.at.most(view.end);
        }
        expect(count).to.be.at.most(bytes.length / 16 + 1);
      }),
      { numRuns: 2000 },
    );
  });
});
