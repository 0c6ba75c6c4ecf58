import { expect } from 'chai';
import type { NetlaneError } from '../../lib/errors.js';
import { Namespace } from '../../lib/namespace.js';
import type { RouteClient } from '../../lib/netlink/route.js';
import type { ObjectClient } from '../../lib/netlink/route/object-client.js';
import { rejectionOf } from '../support/error-of.js';
import { limit } from '../support/time.js';
import { needs } from '../support/skip.js';

describe('Making it so', function () {
  this.timeout(limit(20_000));
  let namespace: Namespace;
  let route: RouteClient<Namespace>;

  beforeEach(async () => {
    namespace = await Namespace.create({ loopback: true });
    route = await namespace.route({ thread: 'caller' });
    await route.links.add({ name: 'v0', index: 100, kind: 'veth', peer: { name: 'v1' } });
    for (const name of ['v0', 'v1']) await route.links.set(name, { up: true });
    await route.addresses.add({ link: 'v0', address: '10.0.0.1/24' });
    await route.addresses.add({ link: 'v0', address: 'fd00::1/64', flags: ['nodad'] });
  });
  afterEach(() => namespace.close());

  describe('of a route looks at the one that the kernel would take for it', () => {
    it('of the family that its gateway has', async () => {
      await route.routes.add({ destination: 'default', gateway: '10.0.0.3' });
      const made = await route.routes.ensure({ destination: 'default', gateway: 'fd00::9' });
      expect(made.changed).to.equal(true);
      expect(made.value).to.include({ family: 'ipv6', gateway: 'fd00::9' });
      expect(await route.routes.ensure({ destination: 'default', gateway: 'fd00::9' })).to.deep.include({ changed: false });
      expect(await route.routes.ensure({ destination: 'default', gateway: '10.0.0.3' })).to.deep.include({ changed: false });
    });

    it('of any type of service, where none is given', async () => {
      await route.routes.add({ destination: '10.19.0.0/16', tos: 4, gateway: '10.0.0.2' });
      const made = await route.routes.ensure({ destination: '10.19.0.0/16', gateway: '10.0.0.2' });
      expect(made).to.deep.include({ changed: true });
      expect(made.value.tos).to.equal(0);
      expect(await route.routes.list({ destination: '10.19.0.0/16' })).to.have.length(2);
      const other = await route.routes.ensure({ destination: '10.19.0.0/16', gateway: '10.0.0.3' });
      expect(other).to.deep.include({ changed: true });
      expect(other.value).to.include({ tos: 0, gateway: '10.0.0.3' });
      expect((await route.routes.get({ destination: '10.19.0.0/16', tos: 4 })).gateway).to.equal('10.0.0.2');
    });

    it('of the metric that the kernel puts there', async () => {
      await route.routes.add({ destination: 'fd77::/64', gateway: 'fd00::9', metric: 5 });
      const made = await route.routes.ensure({ destination: 'fd77::/64', gateway: 'fd00::8' });
      expect(made.changed).to.equal(true);
      expect(made.value).to.include({ metric: 1024, gateway: 'fd00::8' });
      expect(await route.routes.ensure({ destination: 'fd77::/64', gateway: 'fd00::8', metric: 0 })).to.deep.include({ changed: false });
      await route.routes.add({ destination: '10.20.0.0/16', gateway: '10.0.0.9', metric: 5 });
      const plain = await route.routes.ensure({ destination: '10.20.0.0/16', gateway: '10.0.0.8' });
      expect(plain.value).to.include({ gateway: '10.0.0.8' }).and.not.to.have.property('metric');
      expect(await route.routes.ensure({ destination: '10.20.0.0/16', gateway: '10.0.0.8', metric: 0 })).to.deep.include({
        changed: false,
      });
    });

    it('of the table main, and of local for what is local', async () => {
      await route.routes.add({ destination: '10.21.0.0/16', gateway: '10.0.0.9', table: 77 });
      const made = await route.routes.ensure({ destination: '10.21.0.0/16', gateway: '10.0.0.9' });
      expect(made.changed).to.equal(true);
      expect(made.value.table).to.equal('main');
      const local = await route.routes.ensure({ destination: '10.22.0.0/16', type: 'local', link: 'lo' });
      expect(local.value.table).to.equal('local');
      expect(await route.routes.ensure({ destination: '10.22.0.0/16', type: 'local', link: 'lo' })).to.deep.include({ changed: false });
    });

    it('by a gateway of the other family, and by several', async () => {
      for (const changed of [true, false]) {
        const made = await route.routes.ensure({ destination: '10.23.0.0/16', gateway: 'fd00::5', link: 'v0' });
        expect(made.changed).to.equal(changed);
        expect(made.value.via).to.deep.equal({ family: 'ipv6', address: 'fd00::5' });
        for (const [destination, gateways] of [
          ['10.24.0.0/16', ['10.0.0.2', '10.0.0.3']],
          ['fd78::/64', ['fd00::2', 'fd00::3']],
        ] as const) {
          const shared = await route.routes.ensure({ destination, nexthops: gateways.map((gateway) => ({ gateway })) });
          expect(shared.changed).to.equal(changed);
          expect(shared.value.nexthops?.map(({ gateway }) => gateway)).to.deep.equal(gateways);
        }
      }
    });
  });

  it('of a route by a list of one next hop is of the route that the kernel tells of it', async () => {
    await route.routes.add({ destination: '10.71.0.0/16', gateway: '10.0.0.8', protocol: 77 });
    for (const [destination, first, second] of [
      ['10.70.0.0/16', '10.0.0.2', '10.0.0.3'],
      ['10.71.0.0/16', '10.0.0.2', '10.0.0.3'],
      ['fd70::/64', 'fd00::2', 'fd00::3'],
    ] as const) {
      for (const gateway of [first, second]) {
        for (const changed of [true, false]) {
          const made = await route.routes.ensure({ destination, nexthops: [{ gateway }] });
          expect(made.changed, `${destination} ${gateway}`).to.equal(changed);
          expect(made.value).to.include({ gateway, link: 100 });
        }
      }
      expect(await route.routes.ensure({ destination, gateway: second })).to.deep.include({ changed: false });
      const several = await route.routes.ensure({ destination, nexthops: [{ gateway: first }, { gateway: second }] });
      expect(several.value.nexthops).to.have.length(2);
      expect(await route.routes.ensure({ destination, nexthops: [{ gateway: first }] })).to.deep.include({ changed: true });
      expect(await route.routes.list({ destination })).to.have.length(1);
    }
    expect((await route.routes.get({ destination: '10.71.0.0/16' })).protocol).to.equal(77);
    for (const changed of [true, false]) {
      const far = {
        destination: '10.72.0.0/16',
        nexthops: [{ gateway: '192.168.7.7', link: 'v0', flags: ['onlink'], weight: 3 }],
      } as const;
      expect(await route.routes.ensure(far)).to.deep.include({ changed });
      const other = await route.routes.ensure({ destination: '10.73.0.0/16', nexthops: [{ gateway: 'fd00::5', link: 'v0' }] });
      expect(other).to.deep.nested.include({ changed, 'value.via': { family: 'ipv6', address: 'fd00::5' } });
      expect(await route.routes.ensure({ destination: '10.74.0.0/16', nexthops: [{ link: 'v0' }] })).to.deep.include({ changed });
    }
  });

  it('of a prefix with an address in it is of the prefix, where the kernel takes it for that', async () => {
    for (const changed of [true, false]) {
      const made = await route.routes.ensure({ destination: 'fd50::1/64', gateway: 'fd00::2' });
      expect(made.changed).to.equal(changed);
      expect(made.value.destination).to.equal('fd50::/64');
      const label = await route.addressLabels.ensure({ prefix: 'fd51:0:0:ff::1/60', label: 77 });
      expect(label.changed).to.equal(changed);
      expect(label.value.prefix).to.equal('fd51:0:0:f0::/60');
    }
    expect(await route.routes.list({ destination: 'fd50::/64' })).to.have.length(1);
    expect(await route.routes.find({ destination: 'fd50::7/64' })).to.include({ gateway: 'fd00::2' });
    await route.routes.delete({ destination: 'fd50::9/64' });
    expect(await route.routes.find({ destination: 'fd50::/64' })).to.equal(undefined);
    // Of IPv4 it refuses them, and says of what.
    for (let times = 0; times < 2; times++) {
      const refused = (await rejectionOf(route.routes.ensure({ destination: '10.50.0.1/24', gateway: '10.0.0.2' }))) as NetlaneError;
      expect(refused.code).to.equal('EINVAL');
      expect(refused.message).to.include('10.50.0.1/24');
    }
  });

  it('finds nothing in a table that does not exist yet, and makes it', async () => {
    for (const [family, destination, gateway] of [
      ['ipv4', '10.3.0.0/16', '10.0.0.2'],
      ['ipv6', 'fd79::/64', 'fd00::2'],
    ] as const) {
      const filter = { family, table: 4242 };
      expect(await route.routes.list(filter)).to.deep.equal([]);
      const streamed = [];
      for await (const one of route.routes.stream(filter)) streamed.push(one);
      expect(streamed).to.deep.equal([]);
      expect(await route.routes.find(filter)).to.equal(undefined);
      expect(await route.routes.flush(filter)).to.equal(0);
      expect(((await rejectionOf(route.routes.get(filter))) as NetlaneError).code).to.equal('ENOENT');
      expect(await route.routes.ensure({ ...filter, destination, gateway })).to.deep.include({ changed: true });
      expect(await route.routes.list(filter)).to.have.length(1);
    }
  });

  describe('keeps what was not named', () => {
    it('of an address', async () => {
      for (const address of ['10.5.0.1/24', 'fd05::1/64']) {
        await route.addresses.add({
          link: 'v0',
          address,
          protocol: 99,
          lifetime: { preferred: 5000, valid: 10_000 },
          flags: ['noprefixroute'],
        });
        const { changed, value } = await route.addresses.ensure({ link: 'v0', address, lifetime: { preferred: 4000 } });
        expect(changed).to.equal(true);
        expect(value.protocol).to.equal(99);
        expect(value.flags).to.include('noprefixroute');
        expect(value.lifetime?.preferred).to.be.within(3000, 4000);
        expect(value.lifetime?.valid).to.be.within(9000, 10_000);
      }
      await route.addresses.add({ link: 'v0', address: '10.6.0.1/24', lifetime: { preferred: 5000, valid: 10_000 } });
      const metric = await route.addresses.ensure({ link: 'v0', address: '10.6.0.1/24', metric: 5 });
      expect(metric.value.metric).to.equal(5);
      expect(metric.value.lifetime?.valid).to.be.within(9000, 10_000);
    });

    it('of a route', async () => {
      for (const [destination, first, second] of [
        ['10.30.0.0/16', '10.0.0.2', '10.0.0.3'],
        ['fd30::/64', 'fd00::2', 'fd00::3'],
      ] as const) {
        await route.routes.add({ destination, gateway: first, protocol: 77, metrics: { mtu: 1300, window: 4000 } });
        const moved = await route.routes.ensure({ destination, gateway: second });
        expect(moved.changed).to.equal(true);
        expect(moved.value).to.include({ protocol: 77, gateway: second });
        expect(moved.value.metrics).to.deep.include({ mtu: 1300, window: 4000 });
        const named = await route.routes.ensure({ destination, protocol: 'static' });
        expect(named.changed).to.equal(true);
        expect(named.value).to.include({ protocol: 'static', gateway: second });
        const smaller = await route.routes.ensure({ destination, metrics: { mtu: 1280 } });
        expect(smaller.value.metrics).to.deep.include({ mtu: 1280, window: 4000 });
        expect(await route.routes.ensure({ destination, metrics: { mtu: 1280 } })).to.deep.include({ changed: false });
        expect(await route.routes.list({ destination })).to.have.length(1);
      }
    });

    it('but for the link, where the gateway is reached by another', async () => {
      await route.links.add({ name: 'b0', kind: 'bridge', up: true });
      await route.addresses.add({ link: 'b0', address: '10.8.0.1/24' });
      await route.routes.add({ destination: '10.31.0.0/16', gateway: '10.0.0.2', protocol: 77 });
      const moved = await route.routes.ensure({ destination: '10.31.0.0/16', gateway: '10.8.0.2' });
      expect(moved.value).to.include({ gateway: '10.8.0.2', protocol: 77, link: (await route.links.get('b0')).index });
      const bound = await route.routes.ensure({
        destination: '10.31.0.0/16',
        nexthops: [{ gateway: '10.0.0.2' }, { gateway: '10.8.0.2' }],
      });
      expect(bound.value.nexthops).to.have.length(2);
      const one = await route.routes.ensure({ destination: '10.31.0.0/16', link: 'v0' });
      expect(one.value).to.include({ link: 100, protocol: 77, scope: 'link' }).and.not.to.have.property('nexthops');
    });

    it('of a neighbour and a nexthop', async () => {
      await route.neighbours.add({ link: 'v0', address: '10.0.0.7', hardwareAddress: '02:00:00:00:00:07', state: 'noarp', protocol: 77 });
      const neighbour = await route.neighbours.ensure({ link: 'v0', address: '10.0.0.7', hardwareAddress: '02:00:00:00:00:08' });
      expect(neighbour.changed).to.equal(true);
      expect(neighbour.value).to.include({ state: 'noarp', protocol: 77, hardwareAddress: '02:00:00:00:00:08' });
      await route.nexthops.add({ id: 5, link: 'v0', gateway: '10.0.0.2', protocol: 77 });
      const nexthop = await route.nexthops.ensure({ id: 5, gateway: '10.0.0.3' });
      expect(nexthop.value).to.include({ link: 100, gateway: '10.0.0.3', protocol: 77 });
      expect(await route.nexthops.ensure({ id: 5, gateway: '10.0.0.3' })).to.deep.include({ changed: false });
    });
  });

  it('does nothing where it is as it was listed, of any type, and as JSON has it', async () => {
    await route.addresses.add({ link: 'v0', address: '10.2.0.1/24', lifetime: { preferred: 4000, valid: 5000 } });
    await route.addresses.add({ link: 'v0', address: '10.2.0.9/32', peer: '10.2.0.10' });
    await route.routes.add({ destination: '10.3.0.0/16', nexthops: [{ gateway: '10.0.0.2', weight: 3 }, { gateway: '10.0.0.3' }] });
    await route.routes.add({ destination: 'fd03::/64', gateway: 'fd00::2', expires: 900 });
    await route.rules.add({ family: 'ipv4', priority: 9, tunnelId: 5n, table: 7 });
    await route.neighbours.add({ link: 'v0', address: '10.0.0.7', hardwareAddress: '02:00:00:00:00:07' });
    await route.proxies.add({ link: 'v0', address: '10.0.0.70' });
    await route.fdb.add({ link: 'v1', address: '02:00:00:00:00:08' });
    await route.nexthops.add({ id: 5, link: 'v0', gateway: '10.0.0.2' });
    await route.nexthops.add({ id: 6, group: [{ id: 5 }] });
    await route.addressLabels.add({ prefix: 'fd04::/64', label: 77 });
    const types = ['addresses', 'routes', 'rules', 'neighbours', 'proxies', 'fdb', 'nexthops', 'addressLabels'] as const;
    for (const type of types) {
      const client = route[type] as unknown as ObjectClient<object, object>;
      const all = await client.list();
      expect(all, type).to.not.have.length(0);
      for (const one of all) {
        const text = JSON.stringify(one);
        for (const wanted of [one, JSON.parse(text) as object])
          expect(await client.ensure(wanted), `${type} ${text}`).to.deep.include({ changed: false });
      }
    }
  });

  it('is done once for what is told otherwise than it is given', async () => {
    await route.links.add({ name: 'b0', kind: 'bridge', up: true });
    const proxy = { link: 'v0', address: 'fd00::70', flags: ['router'] } as const;
    const own = { link: 'b0', address: '02:00:00:00:00:0a' };
    for (const changed of [true, false]) {
      expect((await route.proxies.ensure(proxy)).changed).to.equal(changed);
      expect((await route.fdb.ensure(own)).changed).to.equal(changed);
    }
    expect((await route.proxies.get({ address: 'fd00::70' })).flags).to.include.members(['proxy', 'router']);
    expect(await route.neighbours.find({ address: 'fd00::70' })).to.equal(undefined);
    await route.proxies.delete(proxy);
    expect(await route.proxies.list()).to.deep.equal([]);
  });

  it('of a rule by a flow label compares all of it, as ip does', async function () {
    await needs(this, 'rules by flow labels (Linux 6.14)', () =>
      route.rules.add({ family: 'ipv6', priority: 8, flowLabel: 5, flowLabelMask: 255, table: 7 }),
    );
    for (const changed of [true, false]) {
      const { value, ...ensured } = await route.rules.ensure({ family: 'ipv6', priority: 9, flowLabel: 5, table: 7 });
      expect(ensured).to.deep.equal({ changed });
      expect(value.flowLabelMask).to.equal(0xfffff);
    }
  });

  it('rejects, with the name of the field, where the kernel left it as it was', async () => {
    const label = (await rejectionOf(route.addresses.ensure({ link: 'v0', address: '10.0.0.1/24', label: 'v0:x' }))) as NetlaneError;
    expect(label).to.include({ code: 'NETLANE_NOT_SUPPORTED', operation: 'ensure address 10.0.0.1/24 on v0' });
    expect(label.details).to.deep.equal({ field: 'label', found: 'v0', wanted: 'v0:x' });
    const length = (await rejectionOf(route.addresses.ensure({ link: 'v0', address: 'fd00::1/128' }))) as NetlaneError;
    expect(length.code).to.equal('NETLANE_NOT_SUPPORTED');
    expect(length.details).to.include({ field: 'address', found: 'fd00::1/64' });
  });

  it('of a nexthop without a number is refused', async () => {
    await route.nexthops.add({ id: 5, link: 'v0', gateway: '10.0.0.2' });
    const error = (await rejectionOf(route.nexthops.ensure({ link: 'v0', gateway: '10.0.0.2' } as never))) as NetlaneError;
    expect(error.code).to.equal('NETLANE_INVALID_ARGUMENT');
  });

  it('eight times at once makes one, and one says so', async () => {
    const eight = async (one: () => Promise<{ readonly changed: boolean }>): Promise<number> =>
      (await Promise.all(Array.from({ length: 8 }, one))).filter(({ changed }) => changed).length;
    expect(await eight(async () => route.addresses.ensure({ link: 'v0', address: '10.7.0.1/24' }))).to.equal(1);
    expect(await eight(async () => route.routes.ensure({ destination: '10.40.0.0/16', gateway: '10.0.0.2' }))).to.equal(1);
    expect(await eight(async () => route.links.ensure({ name: 'b1', kind: 'bridge' }))).to.equal(1);
  });

  describe('of a link', () => {
    const other = 'another-name-of-a-link';

    it('gives it the further names that it lacks, once', async () => {
      const wanted = { name: 'v0', kind: 'veth', alternativeNames: [other] } as const;
      const made = await route.links.ensure(wanted);
      expect(made.changed).to.equal(true);
      expect(made.value.alternativeNames).to.deep.equal([other]);
      expect(await route.links.ensure(wanted)).to.deep.include({ changed: false });
      const more = await route.links.ensure({ ...wanted, alternativeNames: ['a-second-name-of-it'] });
      expect(more.value.alternativeNames).to.have.members([other, 'a-second-name-of-it']);
      expect(await route.links.ensure({ name: other, mtu: 1400 })).to.nested.include({ changed: true, 'value.name': 'v0' });
    });

    it('refuses to set further names, which the kernel would pass over', async () => {
      const error = (await rejectionOf(route.links.set('v0', { alternativeNames: [other] } as object))) as NetlaneError;
      expect(error.code).to.equal('NETLANE_INVALID_ARGUMENT');
      expect(error.message).to.include('addAlternativeNames()');
    });

    it('refuses one of another namespace, and makes none', async () => {
      const there = await Namespace.create();
      try {
        for (const [name, kind] of [
          ['v1', 'veth'],
          ['q1', 'ifb'],
        ] as const) {
          const error = (await rejectionOf(route.links.ensure({ name, kind, namespace: there }))) as NetlaneError;
          expect(error.code).to.equal('NETLANE_INVALID_ARGUMENT');
          expect(error.message).to.include('value.namespace');
        }
        const inside = await there.route();
        expect((await inside.links.list()).map(({ name }) => name)).to.deep.equal(['lo']);
      } finally {
        await there.close();
      }
    });

    it('does nothing where it is as it was listed, and only what differs where it is not', async () => {
      await route.links.ensure({ name: 'b0', kind: 'bridge', data: { forwardDelay: 400, helloTime: 300 }, alias: 'x', up: true });
      await route.links.add({ name: 'm0', kind: 'macvlan', parent: 'v0', data: { mode: 'bridge' } });
      await route.links.add({ name: 'x0', kind: 'vxlan', data: { id: 7, port: 4789, local: '127.0.0.1' } });
      await route.links.set('v1', { master: 'b0' });
      for (const link of await route.links.list()) {
        // These follow from the other end, a little later.
        const settled = { ...link, operationalState: undefined, carrier: undefined };
        expect(await route.links.ensure(settled), link.name).to.deep.include({ changed: false });
      }
      const { changed, value } = await route.links.ensure({ name: 'b0', kind: 'bridge', data: { forwardDelay: 500 }, master: 0 });
      expect(changed).to.equal(true);
      expect(value).to.deep.include({ alias: 'x', up: true });
      expect(value.data).to.deep.include({ forwardDelay: 500, helloTime: 300 });
      const port = await route.links.ensure({ name: 'v1', port: { kind: 'bridge', data: { cost: 7 } } });
      expect(port.changed).to.equal(true);
      expect(await route.links.ensure({ name: 'v1', port: { kind: 'bridge', data: { cost: 7 } } })).to.deep.include({ changed: false });
      expect((await route.links.ensure({ name: 'v1', master: 0, alias: '' })).changed).to.equal(true);
      expect(await route.links.ensure({ name: 'v1', master: 0, alias: '' })).to.deep.include({ changed: false });
    });

    it('refuses settings of address families that there are not, by name', async () => {
      for (const protocols of [{ ipv6: { addressGenerationMode: 'none' } }, { ipv5: { token: '::1' } }, { ipv6: 5 }]) {
        for (const refused of [
          route.links.ensure({ name: 'v0', protocols } as never),
          route.links.add({ name: 'b9', kind: 'bridge', protocols } as never),
          route.links.set('v0', { protocols } as never),
        ])
          expect(await rejectionOf(refused), JSON.stringify(protocols)).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
      }
      expect(await route.links.find('b9')).to.equal(undefined);
      const mode = await route.links.ensure({ name: 'v0', protocols: { ipv6: { addressGeneration: 'none' } } });
      expect(mode.changed).to.equal(true);
    });

    it('takes settings of address families in any form', async () => {
      for (const [protocols, told] of [
        [{ ipv6: { addressGeneration: 1 } }, { addressGeneration: 'none' }],
        [{ ipv6: { token: '::0:1', addressGeneration: 0 } }, { addressGeneration: 'eui64', token: '::1' }],
        [
          { ipv6: { token: '0::2' }, ipv4: { settings: { arp_ignore: 1 } } },
          { addressGeneration: 'eui64', token: '::2' },
        ],
      ] as const) {
        for (const changed of [true, false]) {
          const made = await route.links.ensure({ name: 'v0', protocols });
          expect(made.changed, JSON.stringify(protocols)).to.equal(changed);
          expect(made.value.protocols?.ipv6).to.deep.include(told);
        }
      }
    });

    it('rejects, with the name of the field, where the kernel left it as it was', async () => {
      const error = (await rejectionOf(route.links.ensure({ name: 'v0', txQueues: 7, mtu: 1400 }))) as NetlaneError;
      expect(error.code).to.equal('NETLANE_NOT_SUPPORTED');
      expect(error.details).to.include({ field: 'txQueues', wanted: 7 });
    });
  });
});
