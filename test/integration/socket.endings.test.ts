import { expect } from 'chai';
import { getEventListeners } from 'node:events';
import type { NetlaneError } from '../../lib/errors.js';
import type { Namespace } from '../../lib/namespace.js';
import type { NetlinkSocket } from '../../lib/netlink/socket.js';
import { attribute, concat, u32 } from '../native/support/frames.js';
import { rejectionOf } from '../support/error-of.js';
import { carriers, openFds, Scratch } from './support/namespaces.js';
import { allLinks, attributesOf, getLink, ifinfomsg, newBridge, RTM_NEWLINK, setUp, until } from './support/route.js';

/** Nobody answers a change that asks for no acknowledgement. */
const unanswered = { ...setUp(1, true), acknowledge: false };
/** NLMSG_NOOP with the flags of a dump: the kernel passes it over. */
const unansweredDump = { type: 1, flags: 0x300 };

const changeMtu = (mtu: number) => ({ type: RTM_NEWLINK, body: concat(ifinfomsg({ index: 10 }), attribute(4, u32(mtu))) });

for (const carrier of carriers) {
  describe(`Requests that end early (${carrier})`, () => {
    const scratch = new Scratch();
    let namespace: Namespace;
    let socket: NetlinkSocket;

    before(async () => {
      namespace = await scratch.namespace(carrier);
      socket = await scratch.socket(namespace, 'route', { carrier });
      await Promise.all(Array.from({ length: 50 }, (_, index) => socket.request(newBridge(`b${index}`, 10 + index))));
    });
    after(() => scratch.close());

    const mtu = async (): Promise<Uint8Array | undefined> => {
      const [message] = (await socket.request(getLink(10))).messages;
      return message === undefined ? undefined : attributesOf(message.body).get(4);
    };

    async function expectAbort(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
      const error = (await rejectionOf(promise)) as NetlaneError;
      expect(error).to.include({ name: 'NetlaneError', code: 'ABORT_ERR', cause: 'enough', namespace: String(namespace) });
      expect(getEventListeners(signal, 'abort')).to.deep.equal([]);
      expect((await socket.request(getLink(1))).messages).to.have.length(1);
    }

    it('are never sent when the signal was aborted before', async () => {
      const signal = AbortSignal.abort('enough');
      const before = (await socket.statistics()).sent;
      for (const request of [changeMtu(999), allLinks]) await expectAbort(socket.request({ ...request, signal }), signal);
      expect(await mtu()).to.deep.equal(u32(1500));
      // Two getLink() of expectAbort, one of mtu().
      expect((await socket.statistics()).sent).to.equal(before + 3);
    });

    it('are never sent when the signal is aborted in the same tick', async () => {
      const abort = new AbortController();
      const asked = socket.request({ ...changeMtu(998), signal: abort.signal });
      abort.abort('enough');
      await expectAbort(asked, abort.signal);
      expect(await mtu()).to.deep.equal(u32(1500));
    });

    it('are never sent when the signal is aborted while they wait for room', async () => {
      const abort = new AbortController();
      const others = Array.from({ length: 2000 }, () => socket.request(getLink(1)));
      const asked = socket.request({ ...changeMtu(997), signal: abort.signal });
      await Promise.resolve();
      abort.abort('enough');
      await expectAbort(asked, abort.signal);
      for (const { messages } of await Promise.all(others)) expect(messages).to.have.length(1);
      expect(await mtu()).to.deep.equal(u32(1500));
    });

    it('are given up on their way, and what comes later does no harm', async () => {
      const abort = new AbortController();
      const asked = Array.from({ length: 50 }, () => rejectionOf(socket.request({ ...unanswered, signal: abort.signal })));
      await socket.request(getLink(1));
      const again = socket.request({ ...unanswered, signal: abort.signal });
      abort.abort('enough');
      await expectAbort(again, abort.signal);
      // The answer to a later request told that the earlier ones will have none.
      for (const error of await Promise.all(asked)) expect(error).to.include({ code: 'NETLANE_REPLY_LOST' });
    });

    it('do not mind a signal that is aborted after the answer', async () => {
      const abort = new AbortController();
      const { messages } = await socket.request({ ...getLink(1), signal: abort.signal });
      expect(getEventListeners(abort.signal, 'abort')).to.deep.equal([]);
      abort.abort('enough');
      expect(messages).to.have.length(1);
    });

    it('are given up in a dump, and its fd with them', async () => {
      await socket.request(allLinks);
      const fds = openFds();
      for (const wait of [0, 1, 3]) {
        const abort = new AbortController();
        const asked = socket.request({ ...unansweredDump, signal: abort.signal });
        await new Promise((resolve) => setTimeout(resolve, wait));
        abort.abort('enough');
        await expectAbort(asked, abort.signal);
      }
      await until('the fds of aborted dumps are closed', () => openFds() <= fds);
    });

    it('are given up while a dump waits for its turn, and leave no gap', async () => {
      const abort = new AbortController();
      const release = new AbortController();
      const hogs = Array.from({ length: 16 }, () => socket.request({ ...unansweredDump, signal: release.signal }).catch(() => undefined));
      const waiting = Array.from({ length: 5 }, () => rejectionOf(socket.request({ ...allLinks, signal: abort.signal })));
      const last = socket.request(allLinks);
      await new Promise((resolve) => setTimeout(resolve, 5));
      abort.abort('enough');
      for (const error of await Promise.all(waiting)) expect(error).to.include({ code: 'ABORT_ERR' });
      expect(getEventListeners(abort.signal, 'abort')).to.deep.equal([]);
      release.abort('enough');
      await Promise.all(hogs);
      expect((await last).messages).to.have.length(51);
      expect(
        (await Promise.all(Array.from({ length: 20 }, () => socket.request(allLinks)))).map(({ messages }) => messages.length),
      ).to.deep.equal(Array.from({ length: 20 }, () => 51));
    });

    it('are given up in a stream and in a loop over messages', async () => {
      const abort = new AbortController();
      const stream = async (): Promise<void> => {
        for await (const message of socket.stream({ ...unansweredDump, signal: abort.signal })) expect(message).to.equal(undefined);
      };
      const messages = async (): Promise<void> => {
        for await (const message of socket.messages({ signal: abort.signal })) expect(message).to.equal(undefined);
      };
      const outcomes = [stream(), messages()].map((promise) => rejectionOf(promise));
      await new Promise((resolve) => setTimeout(resolve, 5));
      abort.abort('enough');
      for (const error of await Promise.all(outcomes)) expect(error).to.include({ code: 'ABORT_ERR', cause: 'enough' });
      expect(getEventListeners(abort.signal, 'abort')).to.deep.equal([]);
    });

    it('run out of time with a code of its own, one by one', async () => {
      const started = performance.now();
      const asked = await Promise.all([30, 10, 20].map((timeout) => rejectionOf(socket.request({ ...unanswered, timeout }))));
      asked.forEach((error, index) => {
        expect(error).to.include({ code: 'NETLANE_TIMEOUT', namespace: String(namespace), operation: 'route request RTM_NEWLINK' });
        expect((error as NetlaneError).details).to.deep.equal({ timeout: [30, 10, 20][index] });
      });
      expect(performance.now() - started).to.be.at.least(29);
      expect(await rejectionOf(socket.request({ ...unansweredDump, timeout: 15 }))).to.include({ code: 'NETLANE_TIMEOUT' });
      expect((await socket.request(getLink(1))).messages).to.have.length(1);
    });

    it('take the time of their socket where they have none', async () => {
      const hasty = await scratch.socket(namespace, 'route', { carrier, timeout: 10 });
      expect(await rejectionOf(hasty.request(unanswered))).to.include({ code: 'NETLANE_TIMEOUT' });
      const stream = async (): Promise<void> => {
        for await (const message of hasty.stream(unansweredDump)) expect(message).to.equal(undefined);
      };
      expect(await rejectionOf(stream())).to.include({ code: 'NETLANE_TIMEOUT' });
    });

    if (carrier !== 'caller') {
      it('drop an answer that comes too late, and count it', async () => {
        const { dropped } = await socket.statistics();
        let error: unknown;
        // An answer that is there within microseconds is in time, whatever the limit.
        for (let attempt = 0; attempt < 200 && error === undefined; attempt++) {
          // From here the loop goes on with its timers, and only then with what comes in.
          await new Promise((resolve) => setImmediate(resolve));
          const asked = socket.request({ ...changeMtu(1200), timeout: 1 }).catch((thrown: unknown) => (error = thrown));
          // Once it is sent, this thread is busy until the time is over, and looks for the answer after that.
          for (let turn = 0; turn < 10; turn++) await Promise.resolve();
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
          await asked;
        }
        expect(error).to.include({ code: 'NETLANE_TIMEOUT' });
        expect(await mtu()).to.deep.equal(u32(1200));
        expect((await socket.statistics()).dropped).to.equal(dropped + 1);
      });
    }
  });
}
