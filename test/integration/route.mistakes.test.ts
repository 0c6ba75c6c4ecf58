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
      expect(error.message).to.have.length.below(400);
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

  it('is a family that there is not: it was taken for IPv4', async () => {
    await route.routes.add({ destination: '10.9.0.0/16', gateway: '10.0.0.3' });
    const before = [await route.rules.list(), await route.routes.list()];
    for (const wrong of ['IPv6', 'ipv5', '6', '', 'toString', null, true, {}, [], 300, -1, 1.5, Number.NaN]) {
      const family = wrong as never;
      const refused = /^(value|filter|.*\bfamily) must be a number from 0 to 255 or one of unspecified, unix, ipv4, bridge, ipv6,/;
      await expectRefused([
        [route.routes.flush({ family, table: 'main' }), refused],
        [route.rules.flush({ family }), refused],
        [route.routes.list({ family }), refused],
        [route.routes.add({ family, destination: '10.8.0.0/16', gateway: '10.0.0.3' }), refused],
        [route.rules.add({ family, priority: 70, table: 7 }), refused],
        [route.neighbours.list({ family }), refused],
        [route.addresses.list({ family }), refused],
        [route.nexthops.list({ family }), refused],
        [route.links.list({ family }), refused],
      ]);
    }
    expect([await route.rules.list(), await route.routes.list()]).to.deep.equal(before);
    // Those that there are, under all their names.
    for (const family of ['ipv6', 'inet6', 'ip6', 10] as const)
      expect((await route.rules.list({ family })).map((one) => one.family)).to.deep.equal(['ipv6', 'ipv6']);
  });

  it('is a number of flags that is none', async () => {
    const neighbour = { link: 'v0', address: '10.0.0.9', hardwareAddress: '02:00:00:00:00:09' };
    const refused = /^(?:\w+: )?flags must be a number from 0 to 4294967295 or a list of/;
    for (const flags of [Number.NaN, 1.5, -1, Infinity, 1e300, 2 ** 40, [1.5], [Number.NaN]]) {
      await expectRefused([
        [route.neighbours.replace({ ...neighbour, flags }), refused],
        [route.fdb.add({ link: 'v0', address: '02:00:00:00:00:09', flags }), refused],
        [route.routes.add({ destination: '10.7.0.0/16', gateway: '10.0.0.3', flags }), refused],
        [route.addresses.add({ link: 'v0', address: '10.7.0.1/24', flags }), refused],
        [route.neighbours.list({ flags }), refused],
      ]);
    }
    expect(await route.proxies.list({ link: 'v0' })).to.deep.equal([]);
  });

  it('is named by the field that was given: the other end of a pair, flags that are in two places', async () => {
    const add = async (peer: unknown): Promise<void> => route.links.add({ name: 'x1', kind: 'veth', peer: peer as never });
    await expectRefused([
      [add({ foo: 1 }), /^(?:add link x1: )?peer\.foo must be left out/],
      [add({ mtu: 'x' }), /^(?:add link x1: )?peer\.mtu must be an integer/],
      [add({ port: { kind: 'bridge', data: { cost: 'x' } } }), /^(?:add link x1: )?peer\.port/],
      [add('x'), /^(?:add link x1: )?peer must be an object/],
      [route.links.add({ name: 'x1', kind: 'bridge', data: { foo: 1 } as never }), /^(?:add link x1: )?data\.foo must be left out/],
      [route.addresses.add({ link: 'v0', address: '10.7.0.1/24', flags: -1 }), /\bflags must be a number/],
    ]);
    expect(await route.links.find('x1')).to.equal(undefined);
  });

  it('is a switch of a link that is neither on nor off', async () => {
    const before = await route.links.get('v1');
    for (const wrong of [0, 1, null, 'no', 'yes', {}, []]) {
      for (const name of ['up', 'promiscuous', 'allMulticast', 'multicast', 'arp', 'dynamic']) {
        const value = { [name]: wrong } as object;
        const refused = new RegExp(`\\b${name} must be true or false, got`);
        await expectRefused([
          [route.links.set('v1', value), refused],
          [route.links.add({ name: 'x1', kind: 'bridge', ...value }), refused],
          [route.links.list(value), refused],
        ]);
      }
    }
    const { flags, up, arp } = await route.links.get('v1');
    expect({ flags, up, arp }).to.deep.equal({ flags: before.flags, up: before.up, arp: before.arp });
    expect(await route.links.find('x1')).to.equal(undefined);
  });

  it('in any field of anything is an error of the library or of the kernel, and never another', async () => {
    const odd = [
      null,
      -1,
      5n,
      true,
      'x',
      'x'.repeat(3000),
      [null],
      { x: 1 },
      Symbol('x'),
      Object.create(null) as unknown,
      new Uint8Array(3),
    ];
    const kinds: Readonly<Record<string, readonly [value: object, fields: string]>> = {
      links: [{ name: 'w0', kind: 'bridge' }, 'name kind data mtu address master alias peer port protocols alternativeNames xdp unknown'],
      addresses: [{ link: 'v0', address: '10.5.0.1/24' }, 'link address peer label lifetime flags metric scope family unknown'],
      routes: [
        { destination: '10.6.0.0/16', gateway: '10.0.0.2' },
        'destination gateway source link table type nexthops metrics encapsulation via realms nexthopId family',
      ],
      rules: [
        { family: 'ipv4', priority: 7, table: 7 },
        'source inputLink priority mark realms tunnelId uidRange sourcePorts table action',
      ],
      neighbours: [{ link: 'v0', address: '10.0.0.9' }, 'link address hardwareAddress state flags vlan master'],
      fdb: [{ link: 'v0', address: '02:00:00:00:00:09' }, 'link address remote state flags vlan master extension'],
      nexthops: [{ id: 5, link: 'v0', gateway: '10.0.0.2' }, 'id group groupType blackhole link gateway encapsulation resilient family'],
      addressLabels: [{ prefix: 'fd09::/64', label: 9 }, 'prefix label link family'],
      multicast: [{ bridge: 'v0', port: 'v0', group: '239.1.1.1' }, 'bridge port group vlan state source sources mode protocol'],
    };
    const clients = route as unknown as Readonly<Record<string, Readonly<Record<string, (...given: unknown[]) => Promise<unknown>>>>>;
    const wrong = async (words: string, call: () => Promise<unknown> | undefined): Promise<void> => {
      let thrown: unknown;
      await Promise.resolve()
        .then(call)
        .catch((error: unknown) => (thrown = error));
      if (thrown === undefined) return;
      const { name, message } = thrown as Error;
      expect(['NetlaneError', 'NetlinkError'], `${words}: ${name}: ${message}`).to.include(name);
      expect(message.length, message).to.be.below(1000);
    };
    for (const kind of [
      'buckets',
      'neighbourTables',
      'netconf',
      'statistics',
      'namespaceIds',
      'bridgeVlans',
      'vniFilters',
      'bridgeLinks',
    ]) {
      for (const one of [null, 5, 'lo', true, [], new Map()]) {
        const refused = await rejectionOf(clients[kind]?.['list']?.(one) ?? Promise.resolve());
        expect(refused, `${kind}.list`).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
      }
    }
    for (const [kind, [value, fields]] of Object.entries(kinds)) {
      for (const verb of ['add', 'ensure', 'replace', 'list', 'find', 'delete']) {
        for (const one of odd) {
          await wrong(`${kind}.${verb}`, () => clients[kind]?.[verb]?.(one));
          await wrong(`${kind}.${verb}, options`, () => clients[kind]?.[verb]?.(verb === 'delete' ? { ...value, link: 'w9' } : value, one));
          for (const field of verb === 'delete' ? [] : fields.split(' '))
            await wrong(`${kind}.${verb}, ${field}`, () => clients[kind]?.[verb]?.({ ...value, [field]: one }));
        }
      }
    }
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

  it('by a name is a link called otherwise: with a zero character, or longer than any name', async () => {
    const before = [await route.addresses.list(), (await route.links.list()).map((link) => link.name)];
    for (const name of ['v0\0zzz', 'v0\0', 'x'.repeat(1000), 'x'.repeat(128)]) {
      const text = /link must be .*name|name must be|alternativeName must be/i;
      await expectRefused([
        [route.addresses.add({ link: name, address: '10.0.0.9/24' }), text],
        [route.addresses.add({ link: { name }, address: '10.0.0.9/24' }), text],
        [route.addresses.list({ link: name }), text],
        [route.links.list({ master: name }), text],
        [route.neighbours.add({ link: name, address: '10.0.0.9', hardwareAddress: '02:00:00:00:00:09' }), text],
        [route.routes.add({ destination: '10.9.0.0/16', link: name }), text],
        [route.links.set('v0', { master: name }), text],
        [route.links.set(name, { name: 'v9' }), text],
        [route.links.set(name, { mtu: 1400 }), text],
        [route.links.get(name), text],
        [route.links.delete(name), text],
        [route.links.add({ name, kind: 'ifb' }), text],
      ]);
    }
    expect([await route.addresses.list(), (await route.links.list()).map((link) => link.name)]).to.deep.equal(before);
    // The longest name that there can be is looked for.
    for (const name of ['x'.repeat(127), '\u00e4'.repeat(63)]) {
      expect(await rejectionOf(route.addresses.add({ link: name, address: '10.0.0.9/24' }))).to.include({ code: 'ENODEV' });
    }
  });

  it('in a batch has a result of its own, and a function that would put down more later is refused', async () => {
    const results = await route.batch((batch) => {
      batch.links.set('v0', undefined as never);
      batch.links.set('v0', null as never);
      batch.links.set('v0', { mtu: 1400 });
    });
    expect(results.map((result) => result.ok)).to.deep.equal([false, false, true]);
    expect(results[1]).to.have.nested.property('error.code', 'NETLANE_INVALID_ARGUMENT');
    const late = async (batch: Parameters<Parameters<typeof route.batch>[0]>[0]): Promise<void> => {
      batch.links.set('v0', { mtu: 1300 });
      await Promise.resolve();
      throw new Error('too late');
    };
    await expectRefused([[route.batch(late as never), /put must be a function that puts everything down at once/]]);
    expect(await route.links.get('v0')).to.include({ mtu: 1400 });
  });

  it('of a flush is everything, unless {} says so; of a query, what is no object', async () => {
    const before = await route.routes.list();
    await expectRefused([
      [route.routes.flush(undefined as never), /filter must be an object/],
      [route.routes.flush({ table: undefined }), /filter must be {} for all/],
      [route.routes.lookup('10.0.0.1', null as never), /query must be an object/],
    ]);
    expect(await route.routes.list()).to.deep.equal(before);
    await route.routes.add({ destination: '10.9.0.0/16', link: 'v0' });
    expect(await route.addresses.flush({})).to.be.greaterThan(0);
    expect(await route.addresses.list()).to.deep.equal([]);
  });
});
