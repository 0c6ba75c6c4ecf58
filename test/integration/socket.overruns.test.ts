import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { Namespace } from '../../lib/namespace.js';
import type { Message } from '../../lib/netlink/message.js';
import type { NetlinkSocket } from '../../lib/netlink/socket.js';
import { attribute, concat, u32 } from '../native/support/frames.js';
import { needsMachineRoot } from '../support/skip.js';
import { carriers, Scratch } from './support/namespaces.js';
import { take, takeUntil } from './support/reading.js';
import { attributesOf, ifinfomsg, newBridge, RTM_NEWLINK, RTNLGRP_LINK } from './support/route.js';

const overrun = 4;
/** From here on, numbers mark the end of what a test makes. */
const end = 50_000;

/** A change that is told to all who listen, and carries a number: its mtu. */
const change = (number: number) => ({ type: RTM_NEWLINK, body: concat(ifinfomsg({ index: 10 }), attribute(4, u32(number))) });

function numberOf(message: Message): number {
  const mtu = attributesOf(message.body).get(4);
  return mtu === undefined ? 0 : new DataView(mtu.buffer).getUint32(0, true);
}

/** One change may be told twice, since several notifiers speak: what counts is that none is missing and none comes late. */
function numbersOf(messages: readonly Message[]): number[] {
  return messages.map(numberOf).filter((number, at, all) => number !== all[at - 1]);
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);

for (const carrier of carriers) {
  describe(`Events that nobody reads (${carrier})`, function () {
    this.timeout(60_000);
    const scratch = new Scratch();
    let namespace: Namespace;
    let asker: NetlinkSocket;

    before(async () => {
      namespace = await scratch.namespace(carrier);
      asker = await scratch.socket(namespace, 'route', { thread: 'caller' });
      asker.requestSync(newBridge('b', 10));
    });
    after(() => scratch.close());

    /** How many messages for a socket the kernel had no room for. */
    async function dropsOf(port: number): Promise<number> {
      const path = `/proc/${process.pid}/fd/${namespace.fd}`;
      const { stdout } = await promisify(execFile)('nsenter', [`--net=${path}`, 'cat', '/proc/self/net/netlink']);
      const fields = stdout.split('\n').map((line) => line.trim().split(/\s+/));
      const [, , , , , , , , drops] = fields.find(([, protocol, owner]) => protocol === '0' && owner === String(port)) ?? [];
      if (drops === undefined) throw new Error(`the kernel knows no socket with port ${port}`);
      return Number(drops);
    }

    const make = async (from: number, to: number): Promise<void> => {
      await Promise.all(range(from, to).map((number) => asker.request(change(number))));
    };

    /** With all at rest, one more fits; until then the last one may be lost as well. */
    async function makeUntil(read: Promise<unknown>): Promise<void> {
      let done = false;
      void read.then(
        () => (done = true),
        () => (done = true),
      );
      for (let last = end; !done; last++) {
        await make(last, last);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await read;
    }

    it('wait for a slow reader, each of them', async function () {
      needsMachineRoot(this, 'a receive buffer that holds thousands of events');
      const listener = await scratch.socket(namespace, 'route', { carrier, groups: [RTNLGRP_LINK] });
      await make(1001, 4000);
      const taken: Message[] = [];
      for await (const message of listener.messages()) {
        taken.push(message);
        // Slower than they come, at first.
        if (taken.length < 50) await new Promise((resolve) => setTimeout(resolve, 1));
        if (numberOf(message) === 2000) await make(4001, 6000);
        if (numberOf(message) === 6000) break;
      }
      expect(numbersOf(taken)).to.deep.equal(range(1001, 6000));
      expect(await listener.statistics()).to.include({ overruns: 0, dropped: 0, truncated: 0 });
    });

    it('stay where they are while nobody reads, and are lost where the kernel has no room for more, which is told', async () => {
      const listener = await scratch.socket(namespace, 'route', { carrier, groups: [RTNLGRP_LINK], receiveBuffer: 65_536 });
      // In steps that the buffer holds, until slabs, inbox and buffer are full: the kernel itself says when it has no room.
      let made = 1000;
      while ((await dropsOf(listener.port)) === 0) {
        expect(made, 'messages that are taken though nobody reads').to.be.lessThan(end - 1000);
        for (const upTo = made + 200; made < upTo; made += 20) {
          await make(made + 1, made + 20);
          // A turn of the lane, and one of this loop.
          await listener.statistics();
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
      const first = await takeUntil(listener, ({ type }) => type === overrun);
      const before = numbersOf(first.slice(0, -1));
      expect(before).to.deep.equal(range(1001, 1000 + before.length));
      // How much was left in the kernel when the taking stopped depends on the moment; that there was a loss does not.
      expect(before.length).to.be.lessThan(made - 1000);
      expect(first.at(-1)).to.deep.include({ type: overrun, flags: 0, sequence: 0, port: 0, body: new Uint8Array() });
      // The socket lives on. Where the reader was late and not the inbox full, there was room again, and another loss.
      const later = takeUntil(listener, (message) => numberOf(message) >= end);
      await makeUntil(later);
      const marks = (await later).filter(({ type }) => type === overrun).length;
      expect((await listener.statistics()).overruns - 1 - marks).to.be.oneOf([0, 1]);
    });

    it('are read to the last before a loss is told, also from a buffer that has grown, or shrunk, since the socket was opened', async function () {
      needsMachineRoot(this, 'a receive buffer that holds thousands of events');
      for (const shrinks of [false, true]) {
        const listener = await scratch.socket(namespace, 'route', { carrier, groups: [RTNLGRP_LINK], receiveBuffer: 4000 });
        await listener.setOption('receiveBuffer', 4_000_000, { force: true });
        // More than fits, while this thread, which is to read them or to give a lane its slabs back, does nothing else.
        for (let number = 1001; number <= 8000; number++) asker.requestSync(change(number));
        if (shrinks) await listener.setOption('receiveBuffer', 4000);
        const before = (await takeUntil(listener, ({ type }) => type === overrun)).slice(0, -1);
        expect(numbersOf(before)).to.deep.equal(range(1001, numberOf(before.at(-1) as Message)));
        const behind = takeUntil(listener, (message) => numberOf(message) >= end);
        await makeUntil(behind);
        expect(numbersOf(await behind).filter((number) => number < end)).to.deep.equal([]);
        await listener.close();
      }
    });

    it('are lost again and again with a tiny buffer, and no loss is kept back', async () => {
      const listener = await scratch.socket(namespace, 'route', { carrier, groups: [RTNLGRP_LINK], receiveBuffer: 4096 });
      const taken: Message[] = [];
      const reading = (async (): Promise<void> => {
        for await (const message of listener.messages()) {
          taken.push(message);
          if (numberOf(message) >= end) break;
        }
      })();
      for (let round = 0; round < 10 || (await dropsOf(listener.port)) === 0; round++) await make(1001, 1200);
      await makeUntil(reading);
      const { overruns } = await listener.statistics();
      const marks = taken.filter(({ type }) => type === overrun).length;
      expect(marks).to.be.greaterThan(0);
      // One more may have been made behind the end that was read, and lost.
      expect(overruns - marks).to.be.oneOf([0, 1]);
      // Every gap is followed by a mark, which may come a little late but never early.
      let gap = false;
      let previous = 1000;
      for (const message of taken) {
        const number = numberOf(message);
        if (message.type === overrun) gap = false;
        else if (number !== previous && number !== previous + 1 && !(number === 1001 && previous === 1200) && number < end) gap = true;
        if (message.type !== overrun) previous = number;
      }
      expect(gap).to.equal(false);
    });

    it('are lost in silence where that was asked for', async () => {
      const listener = await scratch.socket(namespace, 'route', { carrier, groups: [RTNLGRP_LINK], receiveBuffer: 4096, noOverruns: true });
      await make(1001, 9000);
      await make(9001, 9010);
      const [first] = await take(listener, 1);
      if (first === undefined) throw new Error('no message');
      expect(numberOf(first)).to.equal(1001);
      expect((await listener.statistics()).overruns).to.equal(0);
    });
  });
}
