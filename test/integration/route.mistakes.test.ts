import { expect } from 'chai';
import type { NetlaneError } from '../../lib/errors.js';
import { Namespace } from '../../lib/namespace.js';
import type { RouteClient } from '../../lib/netlink/route.js';
import { rejectionOf } from '../support/error-of.js';
import { limit } from '../support/time.js';

describe('What cannot be meant', function () {
  this.timeout(limit(60_000));
  let one: Namespace;
  let route: RouteClient<Namespace>;

  beforeEach(async () => {
    one = await Namespace.create({ loopback: true });
    route = await one.route();
    await route.links.add({ name: 'v0', kind: 'veth', peer: { name: 'v1' } });
    await route.links.set('v0', { up: true });
    await route.links.set('v1', { up: true });
    await route.addresses.add({ link: 'v0', address: '10.0.0.1/24' });
  });
  afterEach(() => one.close());

  /** Each is refused with NETLANE_INVALID_ARGUMENT before the kernel is asked. */
  async function expectRefused(calls: readonly (readonly [promise: Promise<unknown>, text: RegExp])[]): Promise<void> {
    for (const [promise, text] of calls) {
      const error = (await rejectionOf(promise)) as NetlaneError;
      expect(error.code, String(error.stack)).to.equal('NETLANE_INVALID_ARGUMENT');
      expect(error.message).to.match(text);
    }
  }

  it('of a delete is the first rule, or the default route, that the kernel would find', async () => {
    await route.routes.add({ destination: 'default', gateway: '10.0.0.3' });
    const before = [await route.rules.list(), await route.routes.list()];
    const rule = /value must be what tells the rule that is meant/;
    const other = /value must be what tells the route that is meant/;
    await expectRefused([
      [route.rules.delete({ family: 'ipv4' }), rule],
      [route.rules.delete({ family: 'ipv6', priority: undefined }), rule],
      [route.rules.delete({ family: 'ipv4', action: 'lookup', protocol: 'kernel', flags: [] }), rule],
      [route.rules.delete({ family: 'ipv4', tos: 0, mark: 0, source: 'all', suppressPrefixLength: -1 }), rule],
      [route.routes.delete({ family: 'ipv4' }), other],
      [route.routes.delete({ table: 'main', destination: undefined }), other],
      [route.routes.delete({ family: 'ipv4', type: 'unicast', scope: 'universe', protocol: 'boot', tos: 0, flags: [] }), other],
    ]);
    const batched = await route.batch((batch) => {
      batch.rules.delete({ family: 'ipv4' });
      batch.routes.delete({ family: 'ipv4' });
    });
    expect(batched.map((result) => result.ok)).to.deep.equal([false, false]);
    expect([await route.rules.list(), await route.routes.list()]).to.deep.equal(before);
  });

  it('of a delete is not what says enough: a priority, a table, a way', async () => {
    await route.rules.add({ family: 'ipv4', priority: 50, table: 100 });
    await route.rules.add({ family: 'ipv4', priority: 51, table: 101 });
    await route.rules.delete({ priority: 50 });
    await route.rules.delete({ family: 'ipv4', table: 101 });
    expect((await route.rules.list({ family: 'ipv4' })).map((rule) => rule.table)).to.deep.equal(['local', 'main', 'default']);
    await route.routes.add({ gateway: '10.0.0.3' });
    await route.routes.delete({ gateway: '10.0.0.3' });
    expect(await route.routes.find({ destination: 'default', family: 'ipv4' })).to.equal(undefined);
  });
});
