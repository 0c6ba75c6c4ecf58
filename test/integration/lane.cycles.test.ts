import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { Namespace } from '../../lib/namespace.js';
import { rejectionOf } from '../support/error-of.js';
import { timeFactor } from '../support/time.js';
import { openFds } from './support/namespaces.js';
import { getLink, until } from './support/route.js';

const long = process.env['NETLANE_LONG'] === '1';
const usually = timeFactor > 1 ? { lane: 16, caller: 64 } : { lane: 128, caller: 1024 };
const { lane: laneCycles, caller: callerCycles } = long ? { lane: 1024, caller: 8192 } : usually;

interface Census {
  readonly fds: number;
  readonly threads: number;
  readonly mounts: number;
}

function census(): Census {
  return {
    fds: openFds(),
    threads: readdirSync('/proc/self/task').length,
    mounts: readFileSync('/proc/self/mountinfo', 'utf8').split('\n').length,
  };
}

/** What there is when the last lane has ended. */
async function censusAtRest(): Promise<Census> {
  await until('no lane is left', () => Namespace.leaks().threads.length === 0);
  return census();
}

/** There may be less: a mount that was copied into this mount namespace goes away when somebody elsewhere deletes what it lies on. */
async function expectAsBefore(before: Census): Promise<void> {
  let now = before;
  const settled = until('fds, threads and mounts are as before', async () => {
    now = await censusAtRest();
    return now.fds <= before.fds && now.threads <= before.threads && now.mounts <= before.mounts;
  });
  await settled.catch((error: unknown) => {
    throw new Error(`before: ${JSON.stringify(before)}, now: ${JSON.stringify(now)}, ${JSON.stringify(Namespace.leaks().fds)}`, {
      cause: error,
    });
  });
}

/** One namespace, one socket, one answer and one opening that fails; closed again. */
async function cycle(thread: 'lane' | 'caller'): Promise<void> {
  const namespace = await Namespace.create({ loopback: true });
  try {
    const socket = await namespace.netlink('route', { thread });
    expect((await socket.request(getLink(1))).messages).to.have.length(1);
    expect(await rejectionOf(namespace.netlink('route', { thread, groups: [5000] }))).to.include({ code: 'EINVAL' });
  } finally {
    await namespace.close();
  }
}

describe('Opening and closing', function () {
  this.timeout(long ? 1_800_000 : 300_000);

  for (const [thread, cycles] of [
    ['lane', laneCycles],
    ['caller', callerCycles],
  ] as const) {
    it(`leaves nothing over ${cycles} cycles of a namespace with a socket (${thread})`, async () => {
      for (let count = 0; count < 4; count++) await cycle(thread);
      const before = await censusAtRest();
      for (let count = 0; count < cycles; count++) await cycle(thread);
      await expectAsBefore(before);
    });
  }
});
