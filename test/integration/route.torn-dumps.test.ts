import { expect } from 'chai';
import { Namespace } from '../../lib/namespace.js';
import { dumpTypes } from '../../lib/netlink/guards.js';
import { limit } from '../support/time.js';
import { tornCases } from './support/torn-cases.js';
import { listInMidDump, titleOf } from './support/torn-list.js';

describe('A list of what changes in mid-dump', function () {
  this.timeout(limit(60_000));

  for (const torn of tornCases) {
    if (torn.long === true) continue;
    it(titleOf(torn), async function () {
      await listInMidDump(this, torn);
    });
  }

  it('has all namespace ids, also where the kernel ends the dump with its first piece', async () => {
    await using namespace = await Namespace.create();
    const route = await namespace.route({ thread: 'caller' });
    const others = await Promise.all(Array.from({ length: 200 }, () => Namespace.create()));
    try {
      await Promise.all(others.map((other, id) => route.namespaceIds.add(other, id)));
      expect((await route.namespaceIds.list()).map((one) => one.id)).to.have.members(others.map((_, id) => id));
    } finally {
      await Promise.all(others.map((other) => other.close()));
    }
  });

  it('is measured for each type of the table', () => {
    const measured = new Set([...tornCases.map((torn) => torn.type), 'namespace ids']);
    expect(dumpTypes.map((type) => type.title).filter((title) => !measured.has(title))).to.deep.equal([]);
  });
});
