import { expect } from 'chai';
import { NLM_F_ACK, NLM_F_REQUEST, NLMSG_ERROR } from '../../lib/netlink/constants.js';
import { ack, bufferCost, buildMessage, FakeKernel, later, reply, u32, type FakeRequest } from '../../lib/testing.js';
import { errorOf, rejectionOf } from '../support/error-of.js';
import { acknowledging, message, open } from '../support/fake-transports.js';
import { Recorder, transportOptions } from '../support/recorder.js';

describe('FakeKernel', () => {
  it('answers each request with what the function returns, in the order of the requests', async () => {
    const kernel = new FakeKernel((request) => (request.type === 18 ? [reply(request, u32(7)), ack(request)] : ack(request)));
    const { transport, recorder } = await open(kernel);
    transport.send(message(18, 5), 1, 0, 0);
    transport.send(message(16, 6), 2, 0, 0);
    expect(recorder.told, 'nothing comes from within send()').to.deep.equal([]);
    await kernel.settled();
    expect(recorder.messages.map(({ type, sequence, port }) => [type, sequence, port])).to.deep.equal([
      [16, 5, transport.state.port],
      [NLMSG_ERROR, 5, transport.state.port],
      [NLMSG_ERROR, 6, transport.state.port],
    ]);
    expect([...(recorder.messages[0]?.body ?? [])]).to.deep.equal([...u32(7)]);
    await transport.close();
    kernel.verify();
  });

  it('records requests for each transport, with the sendmsg that they came with', async () => {
    const kernel = new FakeKernel(acknowledging);
    const { transport } = await open(kernel);
    const { transport: other } = await open(kernel, { protocol: 16 });
    const both = new Uint8Array([...message(20, 1), ...message(21, 2)]);
    transport.send(both, 9, 0, 0);
    other.send(message(30, 3), 4, 0, 0);
    await kernel.settled();
    expect(kernel.requests.map(({ type, sequence }) => [type, sequence])).to.deep.equal([
      [20, 1],
      [21, 2],
      [30, 3],
    ]);
    expect(kernel.transports[0]?.requests.length).to.equal(2);
    expect(kernel.transports[1]?.requests.length).to.equal(1);
    expect(kernel.sends.map(({ tag, bytes }) => [tag, bytes.length])).to.deep.equal([
      [9, 32],
      [4, 16],
    ]);
    expect(kernel.requests[0]?.send.tag).to.equal(9);
    expect(await transport.statistics()).to.deep.equal({ sent: 1, received: 2, overruns: 0, truncated: 0 });
  });

  it('takes the bytes that are sent away from the sender, as a lane does', async () => {
    const kernel = new FakeKernel(acknowledging);
    const { transport } = await open(kernel);
    const bytes = message(16, 1);
    transport.send(bytes, 1, 0, 0);
    expect(bytes.length).to.equal(0);
    const copying = new FakeKernel(acknowledging, { transfer: false });
    const { transport: second } = await open(copying);
    const kept = message(16, 1);
    second.send(kept, 1, 0, 0);
    kept.fill(0);
    await copying.settled();
    expect(copying.requests[0]?.type, 'a copy was made in the call').to.equal(16);
  });

  it('refuses bytes that do not start their buffer', async () => {
    const kernel = new FakeKernel(acknowledging);
    const { transport } = await open(kernel);
    const error = errorOf(() => transport.send(new Uint8Array(new ArrayBuffer(32), 16), 1, 0, 0));
    expect(error).to.have.property('code', 'NETLANE_INVALID_ARGUMENT');
    await transport.close();
    expect(errorOf(() => kernel.verify()).message).to.match(/offset 0/);
  });

  it('acknowledges what is no request only where an acknowledgement is asked for, and asks the function nothing', async () => {
    const kernel = new FakeKernel(() => {
      throw new Error('must not be called');
    });
    const { transport, recorder } = await open(kernel);
    transport.send(buildMessage({ type: 16, sequence: 1 }), 1, 0, 0);
    transport.send(buildMessage({ type: 1, flags: NLM_F_REQUEST | NLM_F_ACK, sequence: 2 }), 2, 0, 0);
    await kernel.settled();
    expect(recorder.messages.map(({ sequence }) => sequence)).to.deep.equal([2]);
    await transport.close();
    kernel.verify();
  });

  it('hands out small batches, each in a turn of its own', async () => {
    const kernel = new FakeKernel((request) => Array.from({ length: 7 }, (_, index) => reply(request, u32(index))), { batch: 3 });
    const { transport, recorder } = await open(kernel);
    transport.send(message(18, 1), 1, 0, 0);
    await kernel.settled();
    expect(recorder.rounds).to.deep.equal([3, 3, 1]);
  });

  it('moves in microtasks where it is told to, and in turns of the loop otherwise', async () => {
    const quick = new FakeKernel(acknowledging, { delivery: 'microtask' });
    const { transport, recorder } = await open(quick);
    transport.send(message(16, 1), 1, 0, 0);
    let looped = false;
    setImmediate(() => (looped = true));
    await quick.settled();
    expect([recorder.messages.length, looped]).to.deep.equal([1, false]);
    const slow = new FakeKernel(acknowledging);
    const { transport: second, recorder: other } = await open(slow);
    second.send(message(16, 1), 1, 0, 0);
    for (let count = 0; count < 20; count += 1) await Promise.resolve();
    expect(other.messages.length).to.equal(0);
    await slow.settled();
    expect(other.messages.length).to.equal(1);
  });

  it('fills no more slabs than it holds, and goes on when one comes back', async () => {
    const kernel = new FakeKernel((request) => Array.from({ length: 10 }, () => reply(request)), { batch: 2 });
    const { transport, recorder } = await open(kernel, { slabs: 2 });
    recorder.keep = true;
    transport.send(message(18, 1), 1, 0, 0);
    await kernel.settled();
    expect(recorder.messages.length).to.equal(4);
    expect(kernel.transports[0]?.slabsOut).to.equal(2);
    expect(kernel.transports[0]?.charged).to.equal(6 * bufferCost(16));
    const [first] = recorder.kept.splice(0, 1);
    transport.release(first ?? new ArrayBuffer());
    expect(first?.byteLength, 'a slab that was given back is of no use any more').to.equal(0);
    await kernel.settled();
    expect(recorder.messages.length).to.equal(6);
  });

  it('gives a datagram that does not fit the slab in a buffer of its own, which need not come back', async () => {
    const kernel = new FakeKernel((request) => [reply(request), reply(request, new Uint8Array(600)), reply(request)], { slabSize: 256 });
    const { transport, recorder } = await open(kernel, { slabs: 1 });
    transport.send(message(18, 1), 1, 0, 0);
    await kernel.settled();
    expect(recorder.messages.map(({ body }) => body.length)).to.deep.equal([0, 600, 0]);
    expect(recorder.rounds).to.deep.equal([1, 1, 1]);
    await transport.close();
    kernel.verify();
  });

  it('marks a datagram above 1 MiB as truncated', async () => {
    const kernel = new FakeKernel((request) => reply(request, new Uint8Array((1 << 20) + 100)));
    const { transport, recorder } = await open(kernel, { receiveBuffer: 4 << 20 });
    transport.send(message(18, 1), 1, 0, 0);
    await kernel.settled();
    expect(recorder.story).to.deep.equal(['malformed truncated', 'malformed length']);
    expect((await transport.statistics()).truncated).to.equal(1);
  });

  it('tells of a slab that is released twice, and of one that it never gave', async () => {
    const kernel = new FakeKernel(acknowledging, { transfer: false });
    const { transport, recorder } = await open(kernel);
    recorder.keep = true;
    transport.send(message(16, 1), 1, 0, 0);
    await kernel.settled();
    const slab = recorder.kept[0] ?? new ArrayBuffer();
    transport.release(slab);
    await transport.close();
    kernel.verify();
    transport.release(slab);
    expect(errorOf(() => kernel.verify()).message).to.match(/slab was released/);
  });

  it('names transports that are still open at the end', async () => {
    const kernel = new FakeKernel();
    const { transport } = await open(kernel);
    expect(kernel.openTransports.map(({ number }) => number)).to.deep.equal([1]);
    expect(errorOf(() => kernel.verify()).message).to.match(/transport 1 is still open/);
    await transport.close();
    expect(kernel.openTransports).to.deep.equal([]);
    expect(transport.close(), 'the same promise each time').to.equal(transport.close());
    kernel.verify();
  });

  it('tells nothing more after close()', async () => {
    const kernel = new FakeKernel(acknowledging);
    const { transport, recorder } = await open(kernel);
    transport.send(message(16, 1), 1, 0, 0);
    await transport.close();
    await kernel.settled();
    expect(recorder.told).to.deep.equal([]);
    expect(kernel.requests, 'what had not left never leaves').to.deep.equal([]);
    expect(await rejectionOf(transport.statistics())).to.have.property('code', 'NETLANE_CLOSED');
  });

  it('gives what a handler throws to the one who waits, and to verify()', async () => {
    const mine = new Error('an assertion of the test');
    const kernel = new FakeKernel(() => {
      throw mine;
    });
    const { transport, recorder } = await open(kernel);
    transport.send(message(16, 1), 1, 0, 0);
    await kernel.settled();
    expect(recorder.told).to.deep.equal([{ what: 'lost', error: mine }]);
    expect(errorOf(() => kernel.verify())).to.equal(mine);
  });

  describe('in time', () => {
    it('answers later where it is told to, after what came in the meantime', async () => {
      const kernel = new FakeKernel((request) => (request.sequence === 1 ? later(3, ack(request)) : ack(request)));
      const { transport, recorder } = await open(kernel);
      transport.send(message(16, 1), 1, 0, 0);
      transport.send(message(16, 2), 2, 0, 0);
      await kernel.settled();
      expect(recorder.messages.map(({ sequence }) => sequence)).to.deep.equal([2, 1]);
    });

    it('answers requests that were left open when answer() is called', async () => {
      const kernel = new FakeKernel();
      const held: FakeRequest[] = [];
      const holding = new FakeKernel((request) => void held.push(request));
      const { transport, recorder } = await open(holding);
      transport.send(message(16, 1), 1, 0, 0);
      await holding.settled();
      expect(recorder.messages).to.deep.equal([]);
      for (const request of held) holding.answer(request, ack(request));
      await holding.settled();
      expect(recorder.messages.length).to.equal(1);
      const [stranger] = held;
      if (stranger !== undefined) {
        expect(errorOf(() => kernel.answer(stranger, ack(stranger)))).to.have.property('code', 'NETLANE_INVALID_ARGUMENT');
      }
    });

    it('stands still between pause() and resume()', async () => {
      const kernel = new FakeKernel(acknowledging);
      const { transport, recorder } = await open(kernel);
      kernel.pause();
      transport.send(message(16, 1), 1, 0, 0);
      let opened = false;
      const opening = open(kernel).then(() => (opened = true));
      await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));
      expect([kernel.requests.length, opened, transport.pumpSync?.(1000)]).to.deep.equal([0, false, false]);
      kernel.resume();
      await kernel.settled();
      await opening;
      expect(recorder.messages.length).to.equal(1);
    });
  });

  describe('synchronously', () => {
    it('opens at once and gives what comes from within pumpSync()', () => {
      const kernel = new FakeKernel((request) => (request.sequence === 1 ? later(5, ack(request)) : ack(request)));
      const recorder = new Recorder();
      const transport = kernel.openSync?.(transportOptions(), recorder);
      recorder.transport = transport;
      transport?.send(message(16, 1), 1, 0, 0);
      expect(transport?.pumpSync?.(1000), 'it waits for the late one').to.equal(true);
      expect(recorder.messages.map(({ sequence }) => sequence)).to.deep.equal([1]);
      expect(transport?.pumpSync?.(1000), 'nothing will come: the time is over').to.equal(false);
    });

    it('does not wait for ever for what will never come', () => {
      const kernel = new FakeKernel();
      const transport = kernel.openSync?.(transportOptions(), new Recorder());
      expect(errorOf(() => transport?.pumpSync?.(-1))).to.include({ code: 'NETLANE_TIMEOUT' });
    });

    it('is not there with synchronous: false', async () => {
      const kernel = new FakeKernel(acknowledging, { synchronous: false });
      expect(kernel.openSync).to.equal(undefined);
      const { transport } = await open(kernel);
      expect(transport).to.have.property('pumpSync', undefined);
    });
  });

  it('refuses options and handlers that cannot be meant', () => {
    expect(errorOf(() => new FakeKernel('ack' as never))).to.have.property('code', 'NETLANE_INVALID_ARGUMENT');
    expect(errorOf(() => new FakeKernel(undefined, { batch: 0 })).message).to.match(/batch must be an integer of 1 or more, got 0/);
    expect(errorOf(() => new FakeKernel(undefined, { slabSize: 10 })).message).to.match(/slabSize/);
  });
});
