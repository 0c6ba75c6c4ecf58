import { expect } from 'chai';
import { Namespace } from '../../../lib/namespace.js';
import type { RouteClient } from '../../../lib/netlink/route.js';
import { needs } from '../../support/skip.js';
import { steppedRoute } from './stepped.js';
import type { Torn } from './torn-cases.js';

export function titleOf(torn: Torn): string {
  return `has every one of ${torn.type}${torn.what === undefined ? '' : `, ${torn.what},`} that is there all the time, once`;
}

/** Lists while entries come and go between the first two pieces, and compares with what was there before and after. */
export async function listInMidDump(context: Mocha.Context, torn: Torn): Promise<void> {
  const probe = torn.needs;
  if (probe !== undefined) {
    await needs(context, torn.type, async () => {
      await using namespace = await Namespace.create({ loopback: true });
      await probe(await namespace.route({ thread: 'caller' }), namespace);
    });
  }
  await using namespace = await Namespace.create({ loopback: true });
  const route = await namespace.route({ thread: 'caller' });
  await torn.fill(route, namespace);
  try {
    await compare(torn, namespace, route);
  } finally {
    await torn.end?.();
  }
}

async function compare(torn: Torn, namespace: Namespace, route: RouteClient<Namespace>): Promise<void> {
  const before = await torn.list(route);
  let pieces = 0;
  await using stepped = await steppedRoute(namespace, async (piece) => {
    // The kernel is one piece ahead of who reads: there must be a third.
    if (piece === 1 && pieces === 0) await torn.disturb(route);
    pieces = Math.max(pieces, piece);
  });
  const listed = await torn.list(stepped);
  const after = await torn.list(route);
  expect(pieces, 'pieces of the dump').to.be.greaterThan(2);
  expect(after, 'something was changed').to.not.have.members(before);
  const stays = new Set(after);
  const stable = before.filter((one) => stays.has(one));
  const count = new Map<unknown, number>();
  for (const one of listed) count.set(one, (count.get(one) ?? 0) + 1);
  expect(
    stable.filter((one) => !count.has(one)),
    'missing',
  ).to.deep.equal([]);
  const twice = new Map<unknown, number>();
  for (const one of before) twice.set(one, (twice.get(one) ?? 0) + 1);
  expect(
    stable.filter((one) => (count.get(one) ?? 0) > (twice.get(one) ?? 0)),
    'doubled',
  ).to.deep.equal([]);
}
