import { expect } from 'chai';
import {
  NETLINK_CAP_ACK,
  NETLINK_EXT_ACK,
  NLM_F_ACK,
  NLM_F_ACK_TLVS,
  NLM_F_CAPPED,
  NLM_F_DUMP_INTR,
  NLM_F_MULTI,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
} from '../../lib/netlink/constants.js';
import type { Message } from '../../lib/netlink/message.js';
import {
  ack,
  attribute,
  buildMessage,
  concatenate,
  datagram,
  done,
  FakeKernel,
  fakeLies,
  impostor,
  join,
  liar,
  multi,
  nest,
  parseMessages,
  refuse,
  reply,
  truncate,
  u16,
  u32,
  u64,
  u8,
  withLength,
  withPort,
  withSequence,
  type FakeHandler,
  type FakeLie,
} from '../../lib/testing.js';
import { errorOf } from '../support/error-of.js';
import { Recorder, transportOptions } from '../support/recorder.js';

/** What comes for one request with a handler. */
async function answers(handler: FakeHandler, options: readonly number[] = [NETLINK_EXT_ACK], batch = 4): Promise<Recorder> {
  const kernel = new FakeKernel(handler, { batch });
  const recorder = new Recorder();
  const transport = await kernel.open(
    transportOptions({ options: options.map((option) => ({ option, value: 1, optional: false })) }),
    recorder,
  );
  recorder.transport = transport;
  transport.send(buildMessage({ type: 18, flags: NLM_F_REQUEST | NLM_F_ACK, sequence: 9, body: attribute(3, 'lo') }), 1, 0, 0);
  await kernel.settled();
  await transport.close();
  kernel.verify();
  return recorder;
}

async function answer(handler: FakeHandler, options?: readonly number[]): Promise<Message> {
  const { messages } = await answers(handler, options);
  expect(messages.length).to.equal(1);
  const [first] = messages;
  if (first === undefined) throw new Error('no answer');
  return first;
}

function hex(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('hex');
}

describe('the fake kernel answers', () => {
  it('an acknowledgement as Linux writes it: the header of the request alone, and says that it is capped', async () => {
    const message = await answer((request) => ack(request));
    expect(message).to.include({ type: NLMSG_ERROR, flags: NLM_F_CAPPED, sequence: 9 });
    expect(message.body.length).to.equal(20);
    expect(hex(message.body.slice(0, 4))).to.equal('00000000');
  });

  it('a refusal with the whole request, unless the socket wants it capped', async () => {
    const whole = await answer((request) => refuse(request, 22));
    expect(whole.flags).to.equal(0);
    expect(hex(whole.body.slice(0, 4))).to.equal(hex(u32(-22)));
    expect(whole.body.length).to.equal(4 + 16 + 8);
    const capped = await answer((request) => refuse(request, -22), [NETLINK_CAP_ACK]);
    expect([capped.flags, capped.body.length]).to.deep.equal([NLM_F_CAPPED, 20]);
  });

  it('an explanation to sockets that asked for it, behind the echoed request', async () => {
    const explain: FakeHandler = (request) =>
      refuse(request, 22, {
        message: 'no',
        offset: 16,
        cookie: u8(7),
        missingType: 5,
        missingNest: 20,
        policy: { type: 4, minimum: 1n, maximum: 9n, mask: 3n, minimumLength: 1, maximumLength: 2 },
      });
    const message = await answer(explain);
    expect(message.flags).to.equal(NLM_F_ACK_TLVS);
    expect(hex(message.body.slice(28))).to.equal(
      hex(
        concatenate(
          attribute(1, 'no'),
          attribute(3, u8(7)),
          attribute(2, u32(16)),
          nest(
            4,
            attribute(1, u32(4)),
            attribute(4, u64(1n)),
            attribute(5, u64(9n)),
            attribute(6, u32(1)),
            attribute(7, u32(2)),
            attribute(12, u64(3n)),
          ),
          attribute(5, u32(5)),
          attribute(6, u32(20)),
        ),
      ),
    );
    const deaf = await answer(explain, []);
    expect([deaf.flags, deaf.body.length]).to.deep.equal([0, 28]);
  });

  it('a dump with the flags of one, its end alone or behind the last part', async () => {
    const { messages } = await answers((request) => multi(request, [u8(1), u8(2), u8(3)], { perDatagram: 2 }));
    expect(messages.map(({ type, flags }) => [type, flags])).to.deep.equal([
      [16, NLM_F_MULTI],
      [16, NLM_F_MULTI],
      [16, NLM_F_MULTI],
      [NLMSG_DONE, NLM_F_MULTI],
    ]);
    const even = await answers((request) => multi(request, [u8(1), u8(2)], { perDatagram: 2 }), [], 1);
    expect(even.rounds).to.deep.equal([2, 1]);
    const endless = await answers((request) => multi(request, [u8(1)], { done: false }));
    expect(endless.messages.map(({ type }) => type)).to.deep.equal([16]);
  });

  it('an interrupted dump on its end, or from a part on', async () => {
    const interrupted = async (at: boolean | number): Promise<boolean[]> => {
      const { messages } = await answers((request) => multi(request, [u8(1), u8(2), u8(3)], { interrupted: at }));
      return messages.map(({ flags }) => (flags & NLM_F_DUMP_INTR) !== 0);
    };
    expect(await interrupted(true)).to.deep.equal([false, false, false, true]);
    expect(await interrupted(1)).to.deep.equal([false, true, true, true]);
    expect(await interrupted(false)).to.deep.equal([false, false, false, false]);
  });

  it('the end of a dump with an errno and an explanation', async () => {
    const message = await answer((request) => done(request, 12, { message: 'out of memory' }));
    expect(message).to.include({ type: NLMSG_DONE, flags: NLM_F_MULTI | NLM_F_ACK_TLVS });
    expect(hex(message.body)).to.equal(hex(concatenate(u32(-12), attribute(1, 'out of memory'))));
  });

  it('any type where it is given, and the one that rtnetlink would where not', async () => {
    expect((await answer((request) => reply(request))).type).to.equal(16);
    expect((await answer((request) => reply(request, [], { type: 99, flags: 2 }))).type).to.equal(99);
  });
});

describe('the fake kernel lies', () => {
  it('about length, sequence, port and sender', async () => {
    expect((await answers((request) => withLength(ack(request), 8))).story).to.deep.equal(['malformed length']);
    expect((await answers((request) => withLength(ack(request), 4000))).story).to.deep.equal(['malformed length']);
    expect((await answer((request) => withSequence(ack(request), 77))).sequence).to.equal(77);
    expect((await answer((request) => withPort(ack(request), 78))).port).to.equal(78);
    expect((await answer((request) => impostor(ack(request), 79))).sender).to.equal(79);
  });

  it('by ending a datagram too early, marked or not', async () => {
    const marked = await answers((request) => truncate(join(ack(request), ack(request)), 40));
    expect(marked.story).to.deep.equal(['malformed truncated', 'message 2', 'malformed length']);
    const silent = await answers((request) => truncate(join(ack(request), ack(request)), 40, true));
    expect(silent.story).to.deep.equal(['message 2', 'malformed length']);
  });

  const stories: Readonly<Record<FakeLie, readonly string[]>> = {
    missing: [],
    twice: ['message 16', 'message 16', 'message 2', 'message 2'],
    late: ['message 16', 'message 2'],
    reversed: ['message 2', 'message 16'],
    'wrong-length': ['malformed length', 'malformed length'],
    'wrong-sequence': ['message 16', 'message 2'],
    impostor: ['message 16', 'message 2'],
    truncated: ['malformed truncated', 'malformed length', 'malformed truncated', 'malformed length'],
    cut: ['malformed length', 'malformed length'],
    overrun: ['message 16', 'message 2', 'overrun'],
    'dropped-overrun': ['overrun'],
  };

  for (const lie of fakeLies) {
    it(`in the way called '${lie}'`, async () => {
      const { story } = await answers(
        liar(
          (request) => [reply(request, u32(5)), ack(request)],
          () => lie,
        ),
      );
      expect(story).to.deep.equal(stories[lie]);
    });
  }

  it('about dumps, too', async () => {
    const dump: FakeHandler = (request) => multi(request, [u8(1), u8(2)]);
    expect((await answers(liar(dump, () => 'twice'))).messages.map(({ type }) => type)).to.deep.equal([16, 16, 16, 16, 3, 3]);
    expect((await answers(liar(dump, () => 'reversed'))).messages.map(({ type }) => type)).to.deep.equal([3, 16, 16]);
    expect((await answers(liar(dump, () => undefined))).messages.map(({ type }) => type)).to.deep.equal([16, 16, 3]);
  });
});

describe('fixtures', () => {
  it('build messages and take them apart', () => {
    const bytes = concatenate(
      buildMessage({ type: 16, flags: 5, sequence: 3, port: 4, body: [u8(1), attribute(2, u16(7))] }),
      buildMessage({ type: 17 }),
    );
    const [first, second, ...rest] = parseMessages(bytes);
    expect(rest).to.deep.equal([]);
    expect(first).to.include({ type: 16, flags: 5, sequence: 3, port: 4 });
    expect(hex(first?.body)).to.equal('01000000060002000700' + '0000');
    expect(second).to.include({ type: 17, flags: 0, sequence: 0, port: 0 });
    expect(second?.body.length).to.equal(0);
  });

  it('stop where a length cannot be right, as the kernel does', () => {
    const lying = concatenate(
      buildMessage({ type: 16 }),
      withLength(datagram(buildMessage({ type: 17 })), 15).bytes,
      buildMessage({ type: 18 }),
    );
    expect(parseMessages(lying).map(({ type }) => type)).to.deep.equal([16]);
    expect(parseMessages(new Uint8Array(15))).to.deep.equal([]);
  });

  it('write numbers, text and nests as netlink has them', () => {
    expect([hex(u8(255)), hex(u16(1)), hex(u32(-1)), hex(u64(2n))]).to.deep.equal(['ff', '0100', 'ffffffff', '0200000000000000']);
    expect(hex(attribute(3, 'lo'))).to.equal('070003006c6f0000');
    expect(hex(nest(18, attribute(1, 'veth')))).to.equal('10001280' + '0900010076657468' + '00000000');
  });

  it('refuse what does not fit', () => {
    for (const call of [
      () => buildMessage({ type: 65_536 }),
      () => buildMessage({ type: 1, flags: -1 }),
      () => attribute(-1),
      () => attribute(1, new Uint8Array(65_532)),
      () => join(),
    ]) {
      expect(errorOf(call)).to.have.property('code', 'NETLANE_INVALID_ARGUMENT');
    }
  });
});
