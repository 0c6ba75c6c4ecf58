import { expect } from 'chai';
import fc from 'fast-check';
import { MessageChannel } from 'node:worker_threads';
import { Channel, channelMemory } from '../../lib/lane/channel.js';
import { Ring, ringMemory, type Taken } from '../../lib/lane/ring.js';

/** What a record was, with bytes of its own. */
const copy = ({ kind, id, x, y, z, bytes }: Taken): unknown => ({ kind, id, x, y, z, bytes: [...bytes] });

describe('A ring between two threads', () => {
  it('gives records back in order, however long they are and wherever its end is', () => {
    const lengths = fc.array(fc.tuple(fc.integer({ min: 0, max: 200 }), fc.boolean()), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(lengths, (steps) => {
        const memory = ringMemory(1024);
        const [writer, reader] = [new Ring(memory), new Ring(memory)];
        const put: unknown[] = [];
        const taken: unknown[] = [];
        steps.forEach(([length, take], index) => {
          const bytes = new Uint8Array(length).fill(index);
          const record = { kind: 1, id: index, x: 0xffff_ffff, y: length, z: 3 };
          if (writer.put(record, bytes)) put.push({ ...record, bytes: [...bytes] });
          if (take) reader.take(0, (one) => taken.push(copy(one)));
        });
        while (reader.take(0, (one) => taken.push(copy(one))));
        expect(taken).to.deep.equal(put);
        expect(reader.filled).to.equal(false);
      }),
    );
  });

  it('takes no more than it has room for, and what is too long not at all', () => {
    const ring = new Ring(ringMemory(1024));
    let count = 0;
    while (ring.put({ kind: 0, id: count }, new Uint8Array(96))) count++;
    expect(count).to.equal(8);
    ring.take(0, ({ id }) => expect(id).to.equal(0));
    expect(ring.put({ kind: 0, id: count }, new Uint8Array(96))).to.equal(true);
    expect(new Ring(ringMemory(1024)).put({ kind: 0, id: 0 }, new Uint8Array(2000))).to.equal(false);
  });

  it('goes on where its positions have counted to their end', () => {
    const memory = ringMemory(1024);
    // Positions of what was read and written, as they are after 4 GiB less one record.
    new Int32Array(memory, 0, 2).fill(-128);
    const ring = new Ring(memory);
    for (let round = 0; round < 10; round++) {
      expect(ring.put({ kind: round, id: 0 }, new Uint8Array(96).fill(round))).to.equal(true);
      let bytes: number[] = [];
      expect(ring.take(0, (one) => (bytes = [...one.bytes]))).to.equal(true);
      expect(bytes).to.deep.equal(Array.from({ length: 96 }, () => round));
    }
    expect(new Int32Array(memory, 0, 1)[0]).to.equal(-128 + 10 * 128);
  });

  it('keeps a record back while messages that stand before it were not read', () => {
    const memory = ringMemory(1024);
    const [writer, reader] = [new Ring(memory), new Ring(memory)];
    writer.countPost();
    writer.put({ kind: 0, id: 7 }, undefined);
    expect(reader.take(0, () => expect.fail('taken too early'))).to.equal(false);
    let id = 0;
    expect(reader.take(1, (one) => (id = one.id))).to.equal(true);
    expect(id).to.equal(7);
  });

  it('wakes a reader that sleeps, once', () => {
    const memory = ringMemory(1024);
    const [writer, reader] = [new Ring(memory), new Ring(memory)];
    expect(writer.wake()).to.equal(false);
    reader.sleeping = true;
    expect([writer.wake(), writer.wake()]).to.deep.equal([true, false]);
  });
});

/** Two ends of a channel on one thread; what `near` sends is noted at the far end. */
function ends(): {
  near: Channel<string, string>;
  far: Channel<string, string>;
  heard: string[];
  wakings: () => number;
  close: () => void;
} {
  const { port1, port2 } = new MessageChannel();
  const memory = channelMemory();
  const heard: string[] = [];
  let wakings = 0;
  const near = new Channel<string, string>(port1, memory.toLane, memory.fromLane, {
    take: () => undefined,
    message: () => undefined,
    woken: () => {
      near.sleep();
    },
  });
  const far: Channel<string, string> = new Channel<string, string>(port2, memory.fromLane, memory.toLane, {
    take: ({ id }) => heard.push(`record ${id}`),
    message: (message) => heard.push(message),
    woken: () => {
      wakings++;
      far.sleep();
    },
  });
  const close = (): void => {
    port1.close();
  };
  return { near, far, heard, wakings: () => wakings, close };
}

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
};

describe('A channel to a lane', () => {
  it('keeps the order of records and messages, whether its reader is woken or looks', async () => {
    for (const looks of [true, false]) {
      const { near, far, heard, close } = ends();
      const sent: string[] = [];
      if (looks) far.stayAwake();
      for (let step = 0; step < 200; step++) {
        if (step % 7 === 3) {
          near.post(`message ${step}`, []);
          sent.push(`message ${step}`);
        } else {
          expect(near.put({ kind: 0, id: step })).to.equal(true);
          sent.push(`record ${step}`);
        }
        if (looks && step % 5 === 0) far.drain();
      }
      if (looks) far.drain();
      else await turns();
      expect(heard).to.deep.equal(sent);
      close();
    }
  });

  it('wakes its reader once for all that is put while it sleeps, and not at all while it looks', async () => {
    const { near, far, heard, wakings, close } = ends();
    for (let id = 0; id < 50; id++) near.put({ kind: 0, id });
    await turns();
    expect([heard.length, wakings()]).to.deep.equal([50, 1]);
    far.stayAwake();
    for (let id = 0; id < 50; id++) near.put({ kind: 0, id });
    await turns();
    expect([heard.length, wakings()]).to.deep.equal([50, 1]);
    expect(far.look(1000)).to.equal(true);
    expect(far.look(1000)).to.equal(false);
    far.sleep();
    expect(heard.length).to.equal(100);
    close();
  });

  it('is woken again after what was to wake it was taken out by the way', async () => {
    const { near, far, heard, close } = ends();
    for (const way of ['record', 'message']) {
      if (way === 'record') near.put({ kind: 0, id: 1 });
      else near.post('message', []);
      far.catchUp();
      await turns();
      near.put({ kind: 0, id: 2 });
      await turns();
      expect(heard.splice(0)).to.deep.equal([way === 'record' ? 'record 1' : 'message', 'record 2']);
    }
    close();
  });

  it('says what does not fit: too long, or no room now', () => {
    const { near, far, heard, close } = ends();
    far.stayAwake();
    expect(near.put({ kind: 0, id: 0 }, new Uint8Array(64 * 1024))).to.equal(false);
    let count = 0;
    while (near.put({ kind: 0, id: count }, new Uint8Array(8000))) count++;
    far.drain();
    expect(heard).to.have.length(count);
    expect(near.put({ kind: 0, id: count }, new Uint8Array(8000))).to.equal(true);
    close();
  });
});
