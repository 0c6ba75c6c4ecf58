import { expect } from 'chai';
import type { NetlaneError } from '../../lib/errors.js';
import { Namespace } from '../../lib/namespace.js';
import type { RouteClient } from '../../lib/netlink/route.js';
import type { RuleInput } from '../../lib/schema/route/rule.js';
import { rejectionOf } from '../support/error-of.js';
import { limit } from '../support/time.js';
import { needs } from '../support/skip.js';

describe('Making a rule so', function () {
  this.timeout(limit(20_000));
  let namespace: Namespace;
  let route: RouteClient<Namespace>;

  beforeEach(async () => {
    namespace = await Namespace.create({ loopback: true });
    route = await namespace.route({ thread: 'caller' });
  });
  afterEach(() => namespace.close());

  /** Beside a rule that says something else, one is added, once. */
  async function isAnother(there: RuleInput, wanted: RuleInput): Promise<void> {
    const { priority } = there;
    for (const changed of [true, false]) {
      const made = await route.rules.ensure(wanted);
      expect(made.changed, JSON.stringify([there, wanted])).to.equal(changed);
      expect(await route.rules.list({ priority })).to.have.length(2);
      expect(await route.rules.ensure(there)).to.deep.include({ changed: false });
      expect(await route.rules.ensure(made.value)).to.deep.include({ changed: false });
    }
  }

  it('adds it beside those that say more, whatever it is that they say', async () => {
    const table = 5;
    const others: readonly (readonly [RuleInput, RuleInput])[] = [
      [{ table: 'main', suppressPrefixLength: 0 }, { table: 'main' }],
      [{ table, suppressGroup: 3 }, { table }],
      [{ table, realms: { from: 1, to: 3 } }, { table }],
      [
        { table, realms: { from: 1, to: 3 } },
        { table, realms: { from: 0, to: 3 } },
      ],
      [
        { table, mark: 5, markMask: 0xff },
        { table, mark: 5 },
      ],
      [{ table, mark: 0, markMask: 0xff }, { table }],
      [
        { action: 'goto', target: 500 },
        { action: 'goto', target: 600 },
      ],
      [{ table, source: '0.0.0.0/8' }, { table }],
      [{ table, family: 'ipv6' }, { table }],
      [
        { table, flags: ['invert'], mark: 5 },
        { table, mark: 5 },
      ],
      [{ table, flags: ['find-source'] }, { table }],
      [
        { table, source: '10.0.0.0/8' },
        { table, source: '10.0.0.0/9' },
      ],
    ];
    for (const [at, [there, wanted]] of others.entries()) {
      const priority = 100 + at;
      await route.rules.add({ ...there, priority });
      await isAnother({ ...there, priority }, { ...wanted, priority });
    }
  });

  it('and those that look at some bits only', async function () {
    const table = 5;
    const ports = { from: 5, to: 5 };
    const rules: readonly (readonly [RuleInput, RuleInput])[] = [
      [
        { table, sourcePorts: ports, sourcePortMask: 0xff },
        { table, sourcePorts: ports },
      ],
      [
        { table, destinationPorts: ports, destinationPortMask: 0xff },
        { table, destinationPorts: ports },
      ],
      [
        { table, dscp: 4, dscpMask: 0xc },
        { table, dscp: 4 },
      ],
      [
        { table, family: 'ipv6', flowLabel: 4, flowLabelMask: 0xf },
        { table, family: 'ipv6', flowLabel: 4 },
      ],
      [{ table, dscp: 0 }, { table }],
    ];
    await needs(this, 'rules with masks (Linux 6.15)', () => route.rules.add({ priority: 99, table, dscp: 4, dscpMask: 0xc }));
    for (const [at, [there, wanted]] of rules.entries()) {
      const priority = 100 + at;
      await route.rules.add({ ...there, priority });
      await isAnother({ ...there, priority }, { ...wanted, priority });
    }
  });

  it('takes what means the same for the same', async () => {
    for (const [at, [there, wanted]] of (
      [
        [{ table: 5 }, { table: 5, mark: 0, source: '0.0.0.0/0', destination: 'all', suppressGroup: -1, tunnelId: 0n, tos: 0 }],
        [
          { table: 5, mark: 7 },
          { table: 5, mark: 7, markMask: 0xffffffff, family: 2 },
        ],
        [{ table: 'main' }, { action: 1, table: 254 }],
        [{ table: 'main' }, {}],
        [
          { table: 5, protocol: 'static' },
          { table: 5, flags: [] },
        ],
        [
          { table: 5, sourcePorts: { from: 5, to: 5 } },
          { table: 5, sourcePorts: { from: 5, to: 5 } },
        ],
      ] as readonly (readonly [RuleInput, RuleInput])[]
    ).entries()) {
      const priority = 100 + at;
      await route.rules.add({ ...there, priority });
      expect(await route.rules.ensure({ ...wanted, priority }), `rule ${at}`).to.deep.include({ changed: false });
    }
  });

  it('does nothing for what it gave, whatever the kernel has found out since', async () => {
    await route.links.add({ name: 'v0', kind: 'veth', peer: { name: 'v1' } });
    for (const wanted of [
      { priority: 200, outputLink: 'gone', table: 5 },
      { priority: 201, inputLink: 'gone', table: 5 },
      { priority: 202, action: 'goto', target: 5000 },
      { priority: 203, inputLink: 'v0', flags: ['invert'], table: 5 },
    ] as const) {
      const { value, changed } = await route.rules.ensure(wanted);
      expect(changed).to.equal(true);
      expect(await route.rules.ensure(value)).to.deep.equal({ changed: false, value });
      expect(await route.rules.ensure(wanted)).to.deep.equal({ changed: false, value });
      expect(await route.rules.list({ priority: value.priority })).to.have.length(1);
    }
    expect((await route.rules.get({ priority: 200 })).flags).to.deep.equal(['output-detached']);
    const { value } = await route.rules.ensure({ priority: 203, inputLink: 'v0', flags: ['invert'], table: 5 });
    await route.links.delete('v0');
    expect(await route.rules.ensure(value)).to.deep.include({ changed: false });
  });

  it('that looks up the table of the VRF fills in no other', async function () {
    await needs(this, 'rules for the tables of VRFs', () => route.rules.add({ priority: 300, action: 'lookup', l3mdev: true }));
    await route.rules.add({ priority: 301, l3mdev: true });
    const added = await route.rules.get({ priority: 301 });
    expect(added).to.include({ l3mdev: true, action: 'table' }).and.not.to.have.property('table');
    expect(await route.rules.ensure({ priority: 301, l3mdev: true })).to.deep.equal({ changed: false, value: added });
    expect(await route.rules.ensure(added)).to.deep.include({ changed: false });
    expect(await route.rules.ensure({ priority: 301, table: 'main' })).to.deep.include({ changed: true });
    await route.rules.delete({ priority: 301, l3mdev: true });
    expect((await route.rules.list({ priority: 301 })).map(({ table }) => table)).to.deep.equal(['main']);
    await route.rules.add(added);
    expect(await route.rules.list({ priority: 301, l3mdev: true })).to.deep.equal([added]);
  });

  it("takes 'default' for all there is, as ip does", async () => {
    await route.rules.add({ priority: 400, source: 'default', destination: 'default', table: 5 });
    const [added] = await route.rules.list({ priority: 400 });
    expect(added).to.include({ family: 'ipv4', table: 5 }).and.not.to.have.any.keys('source', 'destination');
    expect(await route.rules.ensure({ priority: 400, source: 'default', table: 5 })).to.deep.equal({ changed: false, value: added });
    expect(await route.rules.list({ priority: 400, source: 'default', destination: 'default' })).to.deep.equal([added]);
    expect(await route.rules.ensure({ priority: 401, family: 'ipv6', source: 'default', table: 5 })).to.nested.include({
      changed: true,
      'value.family': 'ipv6',
    });
    await route.rules.delete({ priority: 400, source: 'default' });
    expect(await route.rules.find({ priority: 400 })).to.equal(undefined);
    const refused = (await rejectionOf(route.rules.add({ priority: 400, source: 'everything', table: 5 }))) as NetlaneError;
    expect(refused).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    expect(refused.message).to.include("prefix such as '10.0.0.0/8'");
  });
});
