import { expect } from 'chai';
import { Namespace } from '../../lib/namespace.js';
import type { RouteClient } from '../../lib/netlink/route.js';
import { limit } from '../support/time.js';

describe('Filters by what only the kernel sets', function () {
  this.timeout(limit(60_000));
  let namespace: Namespace;
  let route: RouteClient<Namespace>;

  beforeEach(async () => {
    namespace = await Namespace.create({ loopback: true });
    route = await namespace.route({ thread: 'caller' });
    for (const [name, peer, address] of [
      ['v0', 'v1', '10.0.0.1/24'],
      ['w0', 'w1', '10.1.0.1/24'],
    ] as const) {
      await route.links.add({ name, kind: 'veth', up: true, peer: { name: peer } });
      await route.addresses.add({ link: name, address });
    }
  });
  afterEach(() => namespace.close());

  it('flags of routes: those that have them, and no others, are flushed', async () => {
    await route.links.set('w1', { up: true });
    await route.routes.add({ destination: '20.0.0.0/8', gateway: '10.0.0.2' });
    await route.routes.add({ destination: '21.0.0.0/8', gateway: '10.1.0.2' });
    const isDown = ({ flags }: { readonly flags: readonly (string | number)[] }): boolean => flags.includes('linkdown');
    let main = await route.routes.list({ family: 'ipv4', table: 'main' });
    while (main.some((one) => isDown(one) === (one.destination === '21.0.0.0/8' || one.destination === '10.1.0.0/24'))) {
      // The kernel looks at the carrier a while later.
      await new Promise((resolve) => setTimeout(resolve, 20));
      main = await route.routes.list({ family: 'ipv4', table: 'main' });
    }
    const wanted = main.filter((one) => isDown(one));
    expect(wanted.map(({ destination }) => destination)).to.have.members(['10.0.0.0/24', '20.0.0.0/8']);
    expect(await route.routes.list({ family: 'ipv4', table: 'main', flags: ['linkdown'] })).to.deep.equal(wanted);
    expect(await route.routes.list({ family: 'ipv4', table: 'main', flags: 16 })).to.deep.equal(wanted);
    expect(await route.routes.flush({ family: 'ipv4', table: 'main', flags: ['linkdown'] })).to.equal(2);
    const left = await route.routes.list({ family: 'ipv4', table: 'main' });
    expect(left.map(({ destination }) => destination)).to.have.members(['10.1.0.0/24', '21.0.0.0/8']);
  });

  it('flags of rules', async () => {
    await route.rules.add({ family: 'ipv4', priority: 9, action: 'goto', target: 11 });
    expect(await route.rules.flush({ family: 'ipv4', flags: ['unresolved'] })).to.equal(1);
    expect((await route.rules.list({ family: 'ipv4' })).map(({ priority }) => priority)).to.deep.equal([0, 32766, 32767]);
  });

  it('scopes of nexthops', async () => {
    await route.links.set('v1', { up: true });
    await route.nexthops.add({ id: 1, link: 'v0' });
    await route.nexthops.add({ id: 2, link: 'v0', gateway: '10.0.0.2' });
    const all = await route.nexthops.list();
    const scopes = new Map(all.map(({ id, scope }) => [id, scope]));
    for (const [id, scope] of scopes) {
      const same = all.filter((one) => one.scope === scope);
      expect(await route.nexthops.list({ scope }), `nexthop ${id}`).to.deep.equal(same);
    }
    expect(await route.nexthops.list({ scope: 'site' })).to.deep.equal([]);
    expect(await route.nexthops.list({ scope: 200 })).to.deep.equal([]);
    expect(await route.nexthops.flush({ scope: 'site' })).to.equal(0);
    await expectRejection(route.nexthops.list({ scope: 'bogus' as never }));
  });

  it('flags, MTU bounds and settings of links', async () => {
    for (const link of await route.links.list()) {
      const byFlags = await route.links.list({ flags: link.flags });
      expect(byFlags.map(({ name }) => name)).to.include(link.name);
      for (const one of byFlags) expect(one.flags).to.deep.equal(link.flags);
    }
    const names = async (filter: Parameters<typeof route.links.list>[0]): Promise<string[]> =>
      (await route.links.list(filter)).map(({ name }) => name ?? '');
    expect(await names({ protocols: { ipv6: { settings: { mtu: 1500 } } } })).to.have.members(['v0', 'v1', 'w0', 'w1']);
    expect(await names({ protocols: { ipv6: { settings: { mtu: 65536 } } } })).to.deep.equal(['lo']);
    await route.links.set('v0', { protocols: { ipv4: { settings: { rp_filter: 2 } } } });
    expect(await names({ protocols: { ipv4: { settings: { rp_filter: 2 } } } })).to.deep.equal(['v0']);
    expect(await names({ maximumMtu: 65535 })).to.have.members(['v0', 'v1', 'w0', 'w1']);
    expect(await names({ kind: 'veth', maximumMtu: 1 })).to.deep.equal([]);
  });

  it('values of one kind of link', async () => {
    await route.links.add({ name: 'br0', kind: 'bridge' });
    const bridge = await route.links.get('br0');
    const { bridgeId } = (bridge.kind === 'bridge' ? bridge.data : undefined) ?? {};
    expect(bridgeId).to.not.equal(undefined);
    expect(await route.links.list({ kind: 'bridge', data: { bridgeId } })).to.have.length(1);
    expect(await route.links.list({ kind: 'bridge', data: { rootPathCost: 77 } })).to.deep.equal([]);
  });

  it('members of structs, without the others', async () => {
    await route.addresses.add({ link: 'v0', address: '10.9.0.1/24', lifetime: { valid: 500, preferred: 400 } });
    expect((await route.addresses.list({ lifetime: { valid: 'forever' }, link: 'v0' })).map(({ address }) => address)).to.include(
      '10.0.0.1/24',
    );
    const { lifetime } = await route.addresses.get({ address: '10.0.0.1/24' });
    const created = lifetime?.created ?? 0;
    expect((await route.addresses.list({ family: 'ipv4', lifetime: { created } })).map(({ address }) => address)).to.include('10.0.0.1/24');
    expect(await route.addresses.list({ lifetime: { created: created + 123_456 } })).to.deep.equal([]);
  });

  it('zeros within a field, which lists leave out, are another value than what is there', async () => {
    const from3 = { from: 3, to: 4 };
    const whole = [{ from: 0, to: 4 }, 4] as const;
    await route.rules.add({ family: 'ipv4', priority: 20, table: 7, realms: from3 });
    await route.routes.add({ destination: '22.0.0.0/8', link: 'v0', realms: from3 });
    for (const realms of whole) {
      expect(await route.rules.flush({ family: 'ipv4', realms })).to.equal(0);
      expect(await route.routes.list({ realms })).to.deep.equal([]);
      // What is named, and no more, counts.
      expect(await route.routes.list({ realms: { to: 4 } })).to.have.length(1);
      const made = await route.routes.ensure({ destination: '22.0.0.0/8', link: 'v0', realms });
      expect(made.changed, JSON.stringify(realms)).to.equal(true);
      expect(made.value.realms).to.deep.equal({ to: 4 });
      expect(await route.routes.ensure({ destination: '22.0.0.0/8', link: 'v0', realms })).to.deep.include({ changed: false });
      expect(await route.routes.list({ realms })).to.have.length(1);
      await route.routes.replace({ destination: '22.0.0.0/8', link: 'v0', realms: from3 });
    }
    expect(await route.rules.list({ family: 'ipv4', realms: 0x30004 })).to.have.length(1);
    expect(await route.rules.flush({ family: 'ipv4', realms: from3 })).to.equal(1);
  });

  it('any field of settings and of neighbour tables', async () => {
    const { index } = await route.links.get('v0');
    await route.links.set('v0', { protocols: { ipv4: { settings: { rp_filter: 2, proxy_arp: 1 } } } });
    expect((await route.netconf.list({ reversePathFilter: 2, proxyNeighbour: 1 })).map(({ link }) => link)).to.deep.equal([index]);
    expect(await route.netconf.list({ family: 'ipv6', reversePathFilter: 2 })).to.deep.equal([]);
    expect((await route.netconf.get({ family: 'ipv4', link: 'v0', reversePathFilter: 2 })).link).to.equal(index);
    const all = await route.neighbourTables.list();
    const [first] = all.filter(({ name, config }) => name === 'arp_cache' && config !== undefined);
    const { threshold3 = 0, config } = first ?? {};
    const having = await route.neighbourTables.list({ name: 'arp_cache', threshold3, config: { keyLength: config?.keyLength } });
    expect(having).to.have.length(1);
    expect(having[0]).to.deep.include({ name: 'arp_cache', threshold3 });
    expect(await route.neighbourTables.list({ threshold3: threshold3 + 1 })).to.deep.equal([]);
    expect(await route.neighbourTables.list({ config: { keyLength: 5 } })).to.deep.equal([]);
    const ofLink = await route.neighbourTables.list({ parameters: { link: 'v0' } });
    expect(ofLink.map(({ name, parameters }) => [name, parameters?.link])).to.have.deep.members([
      ['arp_cache', index],
      ['ndisc_cache', index],
    ]);
  });

  it('the version of address labels', async () => {
    await route.addressLabels.add({ prefix: '2001:db8:1::/64', label: 77 });
    const all = await route.addressLabels.list();
    const { sequence } = await route.addressLabels.get({ label: 77 });
    expect(await route.addressLabels.list({ sequence })).to.deep.equal(all.filter((one) => one.sequence === sequence));
    expect(await route.addressLabels.list({ sequence: sequence + 1000 })).to.deep.equal([]);
  });
});

async function expectRejection(operation: Promise<unknown>): Promise<void> {
  const error = await operation.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
}
