import { expect } from 'chai';
import { NLM_F_DUMP } from '../../lib/netlink/constants.js';
import type { NetlinkSocket } from '../../lib/netlink/socket.js';
import { ack, FakeKernel, multi, openSocket, u32, type FakeHandler } from '../../lib/testing.js';
import { RTM } from '../support/fake-socket.js';

/*
 * What is interrupted at every single step: the fake kernel moves in microtasks here, so that the n-th one is always the same moment.
 */

const dumpLinks = { type: RTM.GETLINK, flags: NLM_F_DUMP } as const;
const moments = Array.from({ length: 70 }, (_, moment) => moment);
const answering: FakeHandler = (request) =>
  request.type === RTM.GETLINK ? multi(request, [u32(1), u32(2)], { perDatagram: 1 }) : ack(request);

async function steps(count: number): Promise<void> {
  for (let step = 0; step < count; step += 1) await Promise.resolve();
}

function codeOf(outcome: PromiseSettledResult<unknown>): string {
  return outcome.status === 'fulfilled' ? 'answered' : String((outcome.reason as { code?: string }).code);
}

async function readStream(socket: NetlinkSocket, signal?: AbortSignal): Promise<void> {
  for await (const message of socket.stream({ ...dumpLinks, signal })) expect(message.type).to.equal(RTM.NEWLINK);
}

/** A socket for each moment; nothing may be left of it. Gives the outcomes by code. */
async function atEveryMoment(
  groups: readonly number[],
  start: (socket: NetlinkSocket, signal: AbortSignal) => Promise<unknown>[],
  interrupt: (socket: NetlinkSocket, controller: AbortController) => void,
): Promise<Set<string>> {
  const codes = new Set<string>();
  for (const moment of moments) {
    const kernel = new FakeKernel(answering, { delivery: 'microtask', batch: 1 });
    const socket = await openSocket(kernel, 'route', { groups });
    const controller = new AbortController();
    const outcomes = Promise.allSettled(start(socket, controller.signal));
    await steps(moment);
    interrupt(socket, controller);
    for (const outcome of await outcomes) codes.add(codeOf(outcome));
    await socket.close();
    await kernel.settled();
    kernel.verify();
  }
  return codes;
}

const everything = (socket: NetlinkSocket, signal: AbortSignal): Promise<unknown>[] => [
  socket.request({ ...dumpLinks, signal }),
  socket.request({ type: RTM.NEWLINK, signal }),
  readStream(socket, signal),
];

describe('at every moment', () => {
  for (const groups of [[], [1]]) {
    const where = groups.length === 0 ? '' : ' of a socket with groups';
    it(`an abort ends each call${where} and leaves no fd`, async () => {
      const codes = await atEveryMoment(groups, everything, (_socket, controller) => controller.abort());
      expect([...codes]).to.have.members(['ABORT_ERR', 'answered']);
    });

    it(`close() ends each call${where} and leaves no fd`, async () => {
      const codes = await atEveryMoment(groups, everything, (socket) => void socket.close());
      expect([...codes]).to.have.members(['NETLANE_CLOSED', 'answered']);
    });
  }

  it('an abort of a dump that waits for its place costs no place', async () => {
    for (const moment of moments) {
      let running = 0;
      let most = 0;
      const kernel = new FakeKernel(
        (request) =>
          multi(
            request,
            (function* () {
              running += 1;
              most = Math.max(most, running);
              try {
                yield u32(1);
                yield u32(2);
              } finally {
                running -= 1;
              }
            })(),
            { perDatagram: 1 },
          ),
        { delivery: 'microtask', batch: 1 },
      );
      const socket = await openSocket(kernel, 'route');
      const first = Array.from({ length: 16 }, () => socket.request(dumpLinks));
      const controller = new AbortController();
      const waiting = Array.from({ length: 8 }, () => socket.request({ ...dumpLinks, signal: controller.signal }));
      const aborted = Promise.allSettled(waiting);
      await steps(moment);
      controller.abort();
      await Promise.all(first);
      await aborted;
      // All 16 places are there again: as many run at once as before.
      most = 0;
      await Promise.all(Array.from({ length: 32 }, () => socket.request(dumpLinks)));
      expect(most, `after ${moment} steps`).to.equal(16);
      await socket.close();
      await kernel.settled();
      kernel.verify();
    }
  });
});
