import { expect } from 'chai';
import type { Namespace } from '../../lib/namespace.js';
import { ipJson, withNamespace } from '../support/namespaces.js';
import { limit } from '../support/time.js';

const count = 20_000;
const table = 1000;

function destination(at: number): string {
  return `10.1.${at >> 8}.${at & 255}/32`;
}

/** Puts all down in one tick, and counts those that the kernel has before the loop had its turn, by another process. */
async function addAll(namespace: Namespace, { before, behind }: { before?: () => void; behind?: () => void } = {}): Promise<number> {
  const { routes } = await namespace.route();
  await routes.add({ destination: '10.0.0.0/8', link: 'lo', table });
  before?.();
  const all = Array.from({ length: count }, (_, at) => routes.add({ destination: destination(at), link: 1, table }));
  behind?.();
  const made = ipJson(namespace, `route show table ${table}`).length;
  await Promise.all(all);
  expect((await routes.list({ table })).length).to.equal(count + 1);
  return made;
}

describe('Thousands of changes that are put down in one tick', function () {
  this.timeout(limit(60_000));

  it('are made meanwhile: answers are taken in, which make room for the next', () =>
    withNamespace(async (namespace) => {
      // Without that, what the receive buffer has room for at first: at most some 300.
      expect(await addAll(namespace)).to.be.greaterThan(400);
    }));

  it('call no function of others meanwhile', () =>
    withNamespace(async (namespace) => {
      const socket = await namespace.netlink('route');
      const body = new Uint8Array(16);
      body[4] = 1;
      await socket.request({ type: 18, body });
      let isInLoop = false;
      let asked: Promise<unknown>[] = [];
      const seen: boolean[] = [];
      await addAll(namespace, {
        before() {
          // So many that some leave at once.
          asked = Array.from({ length: 100 }, () => socket.request({ type: 18, body }, { sink: () => void seen.push(isInLoop) }));
          isInLoop = true;
        },
        behind: () => (isInLoop = false),
      });
      await Promise.all(asked);
      expect(seen).to.deep.equal(asked.map(() => false));
    }));
});
