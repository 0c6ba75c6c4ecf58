import { expect } from 'chai';
import type { NetlaneError } from '../../lib/errors.js';
import { Namespace } from '../../lib/namespace.js';
import type { RouteClient } from '../../lib/netlink/route.js';
import { rejectionOf } from '../support/error-of.js';
import { limit } from '../support/time.js';

type Client = RouteClient<Namespace>;
type Plain = Readonly<Record<string, unknown>>;

/** What every client of objects that can be changed has. */
interface Changing {
  add(value: Plain): Promise<void>;
  replace(value: Plain): Promise<void>;
  change(value: Plain): Promise<void>;
  delete(value: Plain): Promise<void>;
  ensure(value: Plain): Promise<{ readonly changed: boolean }>;
  list(): Promise<readonly object[]>;
}

/** The same of a batch. */
type Batched = Readonly<Record<'change' | 'replace', (value: Plain) => void>>;

/** An object, the same with something else, and what both are known by. */
interface Case {
  readonly title: string;
  readonly client: (route: Client) => unknown;
  readonly batched: 'addresses' | 'routes' | 'neighbours' | 'fdb' | 'nexthops' | undefined;
  readonly value: Plain;
  readonly other: Plain;
  readonly key: readonly string[];
  /** What changing what is not there is refused with; ENOENT. */
  readonly missing?: string;
  /** Adding it again is no error: the kernel does not tell. */
  readonly again?: true;
}

const mac = '02:00:00:00:00:09';
const cases: readonly Case[] = [
  {
    title: 'addresses of IPv4',
    client: (route) => route.addresses,
    batched: 'addresses',
    value: { link: 100, address: '10.0.1.1/24' },
    other: { link: 100, address: '10.0.1.1/24', lifetime: { preferred: 500, valid: 1000 } },
    key: ['link', 'address'],
  },
  {
    title: 'addresses of IPv6',
    client: (route) => route.addresses,
    batched: 'addresses',
    value: { link: 100, address: 'fd00::1/64', flags: ['nodad'] },
    other: { link: 100, address: 'fd00::1/64', flags: ['nodad'], lifetime: { preferred: 500, valid: 1000 } },
    key: ['link', 'address'],
  },
  {
    title: 'routes',
    client: (route) => route.routes,
    batched: 'routes',
    value: { destination: '10.9.0.0/16', link: 100 },
    other: { destination: '10.9.0.0/16', gateway: '10.0.0.2' },
    key: ['destination'],
  },
  {
    title: 'neighbours',
    client: (route) => route.neighbours,
    batched: 'neighbours',
    value: { link: 100, address: '10.0.0.7', hardwareAddress: mac },
    other: { link: 100, address: '10.0.0.7', hardwareAddress: '02:00:00:00:00:02' },
    key: ['link', 'address'],
  },
  {
    title: 'proxies',
    client: (route) => route.proxies,
    batched: undefined,
    value: { link: 100, address: '10.0.0.8' },
    other: { link: 100, address: '10.0.0.8', flags: ['proxy', 'router'] },
    key: ['link', 'address'],
    again: true,
  },
  {
    title: 'forwarding entries of a bridge',
    client: (route) => route.fdb,
    batched: 'fdb',
    value: { link: 102, address: mac, flags: ['master'], state: ['noarp'] },
    other: { link: 102, address: mac, flags: ['master'], state: ['permanent'] },
    // A bridge with VLANs has it in each of them as well.
    key: ['link', 'address', 'vlan'],
  },
  {
    title: 'forwarding entries of a tunnel',
    client: (route) => route.fdb,
    batched: 'fdb',
    value: { link: 103, address: mac, remote: '10.0.0.2' },
    other: { link: 103, address: mac, remote: '10.0.0.3' },
    key: ['link', 'address'],
  },
  {
    title: 'addresses that a device takes',
    client: (route) => route.fdb,
    batched: 'fdb',
    value: { link: 100, address: mac },
    other: { link: 100, address: mac },
    key: ['link', 'address'],
  },
  {
    title: 'nexthops',
    client: (route) => route.nexthops,
    batched: 'nexthops',
    value: { id: 5, link: 100, family: 'ipv4' },
    other: { id: 5, link: 101, family: 'ipv4' },
    key: ['id'],
  },
  {
    title: 'address labels',
    client: (route) => route.addressLabels,
    batched: undefined,
    value: { prefix: 'fd05::/32', label: 7 },
    other: { prefix: 'fd05::/32', label: 8 },
    key: ['prefix'],
  },
  {
    title: 'links',
    client: (route) => route.links,
    batched: undefined,
    value: { name: 'i0', kind: 'ifb' },
    other: { name: 'i0', kind: 'ifb', mtu: 1400 },
    key: ['name'],
    missing: 'ENODEV',
  },
];

async function codeOf(promise: Promise<unknown>): Promise<string | undefined> {
  return ((await rejectionOf(promise)) as NetlaneError).code;
}

describe('Changing what is there, and what is not', function () {
  this.timeout(limit(20_000));
  let namespace: Namespace;
  let route: Client;

  before(async () => {
    namespace = await Namespace.create({ loopback: true });
    route = await namespace.route({ thread: 'caller' });
    await route.links.add({ name: 'v0', index: 100, kind: 'veth', peer: { name: 'v1' } });
    await route.links.add({ name: 'br', index: 101, kind: 'bridge', up: true });
    await route.links.add({ name: 'p0', index: 102, kind: 'ifb', master: 'br' });
    await route.links.add({ name: 'vx', index: 103, kind: 'vxlan', data: { id: 42, port: 4789 }, up: true });
    for (const name of ['v0', 'v1', 'p0']) await route.links.set(name, { up: true });
    await route.addresses.add({ link: 'v0', address: '10.0.0.1/24' });
    await route.addresses.add({ link: 'br', address: '10.1.0.1/24' });
  });
  after(() => namespace.close());

  for (const { title, client, batched, value, other, key, missing = 'ENOENT', again = false } of cases) {
    it(`of ${title}: what is missing is not added by change(), nor is anything twice`, async () => {
      const changing = client(route) as Changing;
      const found = async (): Promise<number> =>
        (await changing.list()).filter((one) => key.every((name) => (one as Plain)[name] === value[name])).length;
      expect(await codeOf(changing.change(other))).to.equal(missing);
      if (batched !== undefined) {
        const [result] = await route.batch((batch) => (batch[batched] as unknown as Batched).change(other));
        expect(result?.ok === false ? (result.error as NetlaneError).code : 'ok').to.equal(missing);
      }
      expect(await found(), 'after a change of what is missing').to.equal(0);
      await changing.replace(value);
      expect(await found(), 'after replacing what is missing').to.equal(1);
      if (again) await changing.add(value);
      else expect(await codeOf(changing.add(value))).to.equal('EEXIST');
      await changing.change(other);
      if (batched !== undefined) {
        expect(await route.batch((batch) => (batch[batched] as unknown as Batched).change(other))).to.deep.equal([
          { ok: true, value: undefined },
        ]);
      }
      await changing.replace(value);
      expect(await found(), 'after all').to.equal(1);
    });
  }

  for (const { title, client, value, other, key } of cases) {
    it(`of ${title}: ensure() adds and changes one, and does nothing where it is so`, async () => {
      const changing = client(route) as Changing;
      const found = async (): Promise<readonly Plain[]> =>
        (await changing.list()).map((one) => one as Plain).filter((one) => key.every((name) => one[name] === value[name]));
      const clear = async (): Promise<void> => {
        for (const one of await found()) await changing.delete(one);
      };
      await clear();
      for (const wanted of [value, other]) {
        // A device's list of addresses has nothing that could be changed.
        const isNew = wanted === value || Object.keys(wanted).some((name) => JSON.stringify(wanted[name]) !== JSON.stringify(value[name]));
        expect((await changing.ensure(wanted)).changed).to.equal(isNew);
        expect((await changing.ensure(wanted)).changed).to.equal(false);
        expect(await found()).to.have.length(1);
      }
      await clear();
    });
  }

  it('of another that only has some of the same fields is of what is missing', async () => {
    const [there, alone] = ['10.9.0.1/32', '10.9.0.5/24'];
    await route.addresses.add({ link: 'br', address: there, peer: '10.9.0.2/32' });
    await route.addresses.add({ link: 'br', address: alone });
    await route.fdb.add({ link: 'p0', address: mac, flags: ['master'], state: ['permanent'] });
    await route.addressLabels.add({ prefix: 'fd06::/64', label: 55, link: 'br' });
    const listed = async (): Promise<readonly unknown[]> => [
      await route.addresses.list({ link: 'br', family: 'ipv4' }),
      (await route.fdb.list({ link: 'p0' })).map(({ cache: _ages, ...one }) => one),
      await route.addressLabels.list({ prefix: 'fd06::/64' }),
    ];
    const before = JSON.stringify(await listed());
    for (const change of [
      () => route.addresses.change({ link: 'br', address: there, metric: 5 }),
      () => route.addresses.change({ link: 'br', address: there, peer: '10.9.0.3/32', metric: 5 }),
      () => route.addresses.change({ link: 'br', address: '10.9.0.5', metric: 5 }),
      () => route.addresses.change({ link: 'br', address: '10.9.0.5/25', metric: 5 }),
      () => route.fdb.change({ link: 'p0', address: mac }),
      () => route.fdb.change({ link: 'p0', address: mac, flags: 2 }),
      () => route.addressLabels.change({ prefix: 'fd06::/64', label: 56 }),
      () => route.addressLabels.change({ prefix: 'fd06::/64', label: 56, link: 'v0' }),
    ]) {
      expect(await codeOf(change()), String(change)).to.equal('ENOENT');
      expect(JSON.stringify(await listed()), String(change)).to.equal(before);
    }
    await route.addresses.change({ link: 'br', address: there, peer: '10.9.0.2/32', metric: 5 });
    await route.addresses.change({ link: 'br', address: alone, metric: 5 });
    for (const flags of [['master'], [], 0, 4] as const)
      await route.fdb.change({ link: 'p0', address: mac, flags, state: flags === 0 ? ['noarp'] : ['permanent'] });
    await route.addressLabels.change({ prefix: 'fd06::/64', label: 57, link: 'br' });
    expect((await route.addresses.list({ link: 'br', metric: 5 })).map(({ address }) => address)).to.have.members([there, alone]);
    expect((await route.addressLabels.list({ prefix: 'fd06::/64' })).map(({ label }) => label)).to.deep.equal([57]);
  });

  it('of rules: a second one is never added beside the one that was meant', async () => {
    const rule = { family: 'ipv4', priority: 77, table: 100 } as const;
    const rules = route.rules as unknown as Changing;
    await route.rules.add(rule);
    for (const verb of ['replace', 'change'] as const) {
      const error = (await rejectionOf(rules[verb]({ ...rule, table: 101 }))) as NetlaneError;
      expect(error).to.include({ code: 'NETLANE_NOT_SUPPORTED', operation: `${verb} rule with priority 77` });
      const [result] = await route.batch((batch) => (batch.rules as unknown as Batched)[verb]({ ...rule, table: 101 }));
      expect(result?.ok === false ? (result.error as NetlaneError).code : 'ok').to.equal('NETLANE_NOT_SUPPORTED');
    }
    const listed = (): Promise<readonly { readonly table?: unknown }[]> => route.rules.list({ priority: 77 });
    expect((await listed()).map(({ table }) => table)).to.deep.equal([100]);
    expect(await codeOf(route.rules.add(rule))).to.equal('EEXIST');
    expect(await route.rules.ensure(rule)).to.deep.include({ changed: false });
    expect(await listed()).to.have.length(1);
    const narrower = await route.rules.ensure({ ...rule, source: '10.5.0.0/16' });
    expect(narrower).to.have.property('changed', true);
    expect(narrower.value).to.include({ source: '10.5.0.0/16', priority: 77 });
    // The wider one is not taken for it, nor it for the wider one.
    await route.rules.delete(rule);
    const wider = await route.rules.ensure(rule);
    expect(wider).to.have.property('changed', true);
    expect(wider.value).to.not.have.property('source');
    expect(await listed()).to.have.length(2);
  });
});
