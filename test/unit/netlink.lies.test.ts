import { expect } from 'chai';
import fc from 'fast-check';
import { NLM_F_DUMP, NLM_F_ECHO } from '../../lib/netlink/constants.js';
import type { Message } from '../../lib/netlink/message.js';
import type { NetlinkSocket } from '../../lib/netlink/socket.js';
import {
  ack,
  datagram,
  FakeKernel,
  fakeLies,
  join,
  liar,
  multi,
  openSocket,
  refuse,
  reply,
  u32,
  type FakeHandler,
  type FakeLie,
  type FakeReplies,
  type FakeRequest,
} from '../../lib/testing.js';
import { numberIn, RTM } from '../support/fake-socket.js';

/** The long suite looks further. */
const further = process.env['NETLANE_LONG'] === '1' ? 20 : 1;

/** What may be asked, and the one right answer. */
const kinds = ['read', 'read in two', 'change', 'echo', 'refused', 'list', 'stream'] as const;
type Kind = (typeof kinds)[number];

/** 'swapped': the answer is held back until the next request was answered. */
type Lie = FakeLie | 'swapped' | undefined;

interface Step {
  readonly kind: Kind;
  /** What the kernel does with the first attempts; the truth after those. */
  readonly lies: readonly Lie[];
  /** Whether what was asked before has come to rest when this is asked. */
  readonly apart: boolean;
  readonly fault: 'none' | 'overrun' | 'lose' | 'refuse' | 'event' | 'abort';
}

/**
 * Doubled or reordered parts of one answer cannot be told from a true one, and Linux does not do that: there, a lie is about whole answers.
 */
function possible(kind: Kind, lie: Lie): Lie {
  const inParts = kind === 'read in two' || kind === 'list' || kind === 'stream' || kind === 'echo';
  return inParts && (lie === 'twice' || lie === 'reversed') ? 'late' : lie;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(...kinds),
  lies: fc.array(
    fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 3, arbitrary: fc.constantFrom(...fakeLies, 'swapped' as const) }),
    {
      maxLength: 3,
    },
  ),
  apart: fc.boolean(),
  fault: fc.oneof(
    { weight: 8, arbitrary: fc.constant('none' as const) },
    { weight: 1, arbitrary: fc.constantFrom('overrun', 'lose', 'refuse', 'event', 'abort') },
  ),
});

function numbers(index: number): number[] {
  return Array.from({ length: 1 + (index % 7) }, (_, part) => index * 100 + part);
}

function truth(kind: Kind, index: number, request: FakeRequest): FakeReplies {
  switch (kind) {
    case 'read':
      return join(reply(request, u32(index * 3)), ack(request));
    case 'read in two':
    case 'echo':
      return [reply(request, u32(index * 3)), ack(request)];
    case 'change':
      return ack(request);
    case 'refused':
      return refuse(request, 17);
    case 'list':
    case 'stream':
      return multi(
        request,
        numbers(index).map((number) => u32(number)),
        { perDatagram: 1 },
      );
  }
}

/** The kernel of a script: answers each attempt as the step says. */
function kernelOf(steps: readonly Step[]): FakeHandler {
  const attempts = steps.map(() => 0);
  let held: (() => void) | undefined;
  return (request, kernel) => {
    const index = numberIn(request.body);
    const each = steps[index];
    if (each === undefined) throw new Error(`there is no step ${index}`);
    const attempt = attempts[index] ?? 0;
    attempts[index] = attempt + 1;
    const lie = possible(each.kind, each.lies[attempt]);
    const release = held;
    held = undefined;
    const honest: FakeHandler = () => truth(each.kind, index, request);
    let answer: FakeReplies;
    if (lie === 'swapped') held = () => kernel.answer(request, truth(each.kind, index, request));
    else answer = liar(honest, () => lie)(request, kernel);
    if (release !== undefined) queueMicrotask(release);
    return answer;
  };
}

/** Milliseconds for each request of a script of lies: most of them end so. */
const timeout = 12;

async function ask(socket: NetlinkSocket, kind: Kind, index: number, signal?: AbortSignal): Promise<Message[]> {
  const body = u32(index);
  switch (kind) {
    case 'read':
    case 'read in two':
      return (await socket.request({ type: RTM.GETLINK, body, signal })).messages;
    case 'echo':
      return (await socket.request({ type: RTM.NEWLINK, flags: NLM_F_ECHO, body, signal })).messages;
    case 'change':
    case 'refused':
      return (await socket.request({ type: RTM.NEWLINK, body, signal })).messages;
    case 'list':
      return (await socket.request({ type: RTM.GETROUTE, flags: NLM_F_DUMP, body, signal })).messages;
    case 'stream': {
      const messages: Message[] = [];
      for await (const message of socket.stream({ type: RTM.GETROUTE, flags: NLM_F_DUMP, body, signal })) messages.push(message);
      return messages;
    }
  }
}

/** The messages of the only right answer; undefined where there is none but an error. */
function expected(kind: Kind, index: number): number[] | undefined {
  if (kind === 'refused') return undefined;
  if (kind === 'change') return [];
  return kind === 'list' || kind === 'stream' ? numbers(index) : [index * 3];
}

const honestErrors = new Set([
  'NETLANE_TIMEOUT',
  'NETLANE_REPLY_LOST',
  'NETLANE_DUMP_INTERRUPTED',
  'NETLANE_LANE_LOST',
  'NETLANE_CLOSED',
  'ABORT_ERR',
  'ENOBUFS',
]);

function disturb(kernel: FakeKernel, fault: Step['fault'], controller: AbortController): void {
  const [first] = kernel.openTransports;
  if (fault === 'overrun' && first !== undefined) kernel.overrun(first);
  if (fault === 'lose' && first !== undefined) kernel.lose(first);
  if (fault === 'refuse') kernel.failSend(105);
  if (fault === 'event') kernel.event(1, { type: RTM.NEWLINK, body: u32(1) });
  if (fault === 'abort') controller.abort();
}

async function play(steps: readonly Step[], groups: readonly number[], defaultBuffer: number): Promise<void> {
  const kernel = new FakeKernel(kernelOf(steps), { batch: 2, slabSize: 256, defaultBuffer });
  const socket = await openSocket(kernel, 'route', { groups, timeout });
  try {
    const outcomes: Promise<void>[] = [];
    const failures: unknown[] = [];
    for (const [index, { kind, apart, fault }] of steps.entries()) {
      if (apart) await kernel.settled();
      const controller = new AbortController();
      outcomes.push(
        ask(socket, kind, index, controller.signal)
          .then(
            (messages) => {
              const got = messages.map(({ body }) => numberIn(body));
              expect(got, `step ${index}: ${kind}`).to.deep.equal(expected(kind, index));
            },
            (error: unknown) => {
              const { code } = error as { code?: string };
              if (kind === 'refused' && code === 'EEXIST') return;
              if (!honestErrors.has(code ?? '')) throw error;
            },
          )
          .catch((error: unknown) => void failures.push(error)),
      );
      disturb(kernel, fault, controller);
    }
    await Promise.all(outcomes);
    expect(failures).to.deep.equal([]);
    for (const [index, { kind }] of steps.entries()) {
      const asked = kernel.requests.filter(({ type, body }) => type >= 16 && numberIn(body) === index).length;
      // A change is never sent twice: nobody knows whether the first was carried out.
      expect(asked, `attempts at step ${index}`).to.be.at.most(kind === 'change' || kind === 'echo' || kind === 'refused' ? 1 : 10);
    }
  } finally {
    await socket.close();
    await kernel.settled();
  }
  kernel.verify();
}

describe('whatever lies the kernel tells', () => {
  it('each request is answered rightly or rejected, and nothing is left behind', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 12 }),
        fc.constantFrom([], [1]),
        fc.constantFrom(212_992, 2304),
        async (steps, groups, defaultBuffer) => play(steps, groups, defaultBuffer),
      ),
      { numRuns: 150 * further },
    );
  }).timeout(60_000 * further);

  it('a kernel that tells the truth is believed in every order and at every pace', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ kind: fc.constantFrom(...kinds), apart: fc.boolean() }), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 256, max: 2000 }),
        async (script, batch, slabSize) => {
          const steps = script.map((each): Step => ({ ...each, lies: [], fault: 'none' }));
          const kernel = new FakeKernel(kernelOf(steps), { batch, slabSize });
          const socket = await openSocket(kernel, 'route');
          const answers = await Promise.allSettled(
            steps.map(async ({ kind, apart }, index) => {
              if (apart) await kernel.settled();
              return ask(socket, kind, index);
            }),
          );
          for (const [index, answer] of answers.entries()) {
            const kind = steps[index]?.kind ?? 'read';
            const got = answer.status === 'fulfilled' ? answer.value.map(({ body }) => numberIn(body)) : undefined;
            if (kind === 'refused') expect(answer).to.have.nested.property('reason.code', 'EEXIST');
            else expect(got, `${kind}: ${String(answer.status === 'rejected' && answer.reason)}`).to.deep.equal(expected(kind, index));
          }
          await socket.close();
          await kernel.settled();
          kernel.verify();
        },
      ),
      { numRuns: 60 * further },
    );
  }).timeout(60_000 * further);

  it('random bytes between the answers are survived', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 120 }), { maxLength: 8 }), async (garbage) => {
        const kernel = new FakeKernel((request) => [garbage.map((bytes) => datagram(bytes)), join(reply(request, u32(7)), ack(request))]);
        const socket = await openSocket(kernel, 'route');
        const [read] = await Promise.allSettled([socket.request({ type: RTM.GETLINK, body: u32(0) })]);
        if (read.status === 'fulfilled') expect(read.value.messages.map(({ body }) => numberIn(body))).to.deep.equal([7]);
        else expect(read.reason).to.include({ code: 'NETLANE_REPLY_LOST' });
        await socket.close();
        await kernel.settled();
        kernel.verify();
      }),
      { numRuns: 200 * further },
    );
  }).timeout(60_000 * further);
});
