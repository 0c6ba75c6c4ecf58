import { expect } from 'chai';
import { Namespace } from '../../lib/namespace.js';
import type { RouteClient } from '../../lib/netlink/route.js';
import { execInside, ip } from '../support/namespaces.js';
import { limit } from '../support/time.js';

type Plain = Readonly<Record<string, unknown>>;

describe('A watch of what the kernel changes in silence', function () {
  this.timeout(limit(30_000));
  let namespace: Namespace;
  let route: RouteClient<Namespace>;

  beforeEach(async () => {
    namespace = await Namespace.create({ loopback: true });
    route = await namespace.route();
  });
  afterEach(() => namespace.close());

  it('has rules and forwarding entries as a list has them, also where other rules and links decide on it', async () => {
    await route.links.add({ name: 'v0', kind: 'veth', peer: { name: 'v1' } });
    const watch = route.watch(['rule', 'fdb'], { existing: true });
    await watch.ready;
    const state = new Map<string, string>();
    const reading = (async () => {
      for await (const event of watch) {
        if (!('value' in event)) continue;
        const value = event.value as Plain;
        const key = `${event.object} ${String(value['family'])} ${JSON.stringify(value['priority'])} ${JSON.stringify(value['address'])} ${String(value['link'])}`;
        if (event.action === 'removed') state.delete(key);
        else state.set(key, JSON.stringify(value));
      }
    })().catch((error: unknown) => error);
    const alike = async (step: string): Promise<void> => {
      const end = performance.now() + limit(10_000);
      for (;;) {
        const entries = (await route.fdb.list()).filter(({ address }) => address?.startsWith('02:00:00:00:00:0'));
        const rules = [...(await route.rules.list({ family: 'ipv4' })), ...(await route.rules.list({ family: 'ipv6' }))];
        const wanted = [...rules, ...entries].map((value) => JSON.stringify(value)).sort();
        const kept = [...state].filter(([key]) => key.startsWith('rule') || key.includes('02:00:00:00:00:0'));
        const known = kept.map(([, value]) => value).sort();
        if (JSON.stringify(known) === JSON.stringify(wanted)) return;
        if (performance.now() > end) expect(known, step).to.deep.equal(wanted);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    ip(namespace, 'rule add priority 100 goto 200');
    ip(namespace, 'rule add priority 150 iif v0 oif q0 lookup 9');
    execInside(namespace, 'bridge', ['fdb', 'add', '02:00:00:00:00:05', 'dev', 'v0', 'self']);
    await alike('as they were added');
    ip(namespace, 'rule add priority 200 lookup 7');
    await alike('the target of a rule came');
    ip(namespace, 'link add q0 type bridge');
    await alike('a link came');
    ip(namespace, 'link set v0 name v9');
    await alike('a link got another name');
    ip(namespace, 'rule delete priority 200');
    ip(namespace, 'link delete q0');
    await alike('they went');
    await watch.close();
    expect(await reading).to.include({ code: 'NETLANE_CLOSED' });
  });

  /** What a watch has, against lists: each value in its words, by its sort. */
  class Kept {
    readonly #values = new Map<string, string>();
    readonly #key: (object: string, value: Plain) => string;
    readonly #say: (object: string, value: Plain) => string;
    readonly end: Promise<unknown>;

    constructor(
      watch: AsyncIterable<object>,
      key: (object: string, value: Plain) => string,
      say: (object: string, value: Plain) => string,
    ) {
      this.#key = key;
      this.#say = say;
      this.end = this.#read(watch).catch((error: unknown) => error);
    }

    async #read(watch: AsyncIterable<object>): Promise<void> {
      for await (const event of watch as AsyncIterable<{ action: string; object?: string; value?: Plain }>) {
        const { action, object, value } = event;
        if (object === undefined || value === undefined) continue;
        const key = `${object} ${this.#key(object, value)}`;
        if (action === 'removed') this.#values.delete(key);
        else this.#values.set(key, `${key} ${this.#say(object, value)}`);
      }
    }

    /** Waits until it is what is there. */
    async alike(list: () => Promise<readonly (readonly [string, object])[]>, step: string): Promise<string[]> {
      const end = performance.now() + limit(10_000);
      for (;;) {
        const there = (await list()) as readonly (readonly [string, Plain])[];
        const wanted = there.map(([object, value]) => `${object} ${this.#key(object, value)} ${this.#say(object, value)}`).sort();
        const known = [...this.#values.values()].sort();
        if (JSON.stringify(known) === JSON.stringify(wanted)) return wanted;
        if (performance.now() > end) expect(known, step).to.deep.equal(wanted);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  }

  it('has routes with the state of their link: the carrier comes and goes without a word', async () => {
    await route.links.add({ name: 'v0', kind: 'veth', up: true, peer: { name: 'v1' } });
    await route.links.set('v1', { up: true });
    await route.addresses.add({ link: 'v0', address: '10.0.0.1/24' });
    await route.addresses.add({ link: 'v0', address: 'fd00::1/64', flags: ['nodad'] });
    await route.routes.add({ destination: '10.9.0.0/16', gateway: '10.0.0.2' });
    await route.routes.add({ destination: 'fd09::/48', gateway: 'fd00::2' });
    const { index } = (await route.links.waitFor('v0', (link) => link?.operationalState === 'up')) ?? {};
    const mine = (value: Plain): boolean => value['link'] === index && ['10.9.0.0/16', 'fd09::/48'].includes(String(value['destination']));
    const watch = route.watch(['route'], { existing: true });
    await watch.ready;
    const kept = new Kept(
      (async function* () {
        for await (const event of watch) if ('value' in event && mine(event.value as Plain)) yield event;
      })(),
      (_object, value) => String(value['destination']),
      (_object, value) => JSON.stringify(value['flags'] ?? []),
    );
    const list = async () => (await route.routes.list()).filter((one) => mine(one as Plain)).map((one) => ['route', one] as const);
    const isDown = async (): Promise<void> => void (await route.links.waitFor('v0', (link) => link?.operationalState !== 'up'));
    const isUp = async (): Promise<void> => void (await route.links.waitFor('v0', (link) => link?.operationalState === 'up'));
    expect(await kept.alike(list, 'as they were')).to.have.length(2);
    await route.links.set('v1', { up: false });
    await isDown();
    expect((await kept.alike(list, 'the carrier went')).filter((one) => one.includes('linkdown'))).to.have.length(2);
    await route.links.set('v1', { up: true });
    await isUp();
    expect((await kept.alike(list, 'the carrier came')).filter((one) => one.includes('linkdown'))).to.have.length(0);
    await watch.close();
    expect(await kept.end).to.include({ code: 'NETLANE_CLOSED' });
  });

  it('has ports of bridges with the name and the MTU that they are given', async () => {
    await route.links.add({ name: 'b0', kind: 'bridge', up: true });
    await route.links.add({ name: 'v0', kind: 'veth', up: true, master: 'b0', peer: { name: 'v1' } });
    await route.links.add({ name: 'v2', kind: 'veth', master: 'b0', peer: { name: 'v3' } });
    const watch = route.watch(['bridge-link'], { existing: true });
    await watch.ready;
    const say = (_object: string, { name, mtu, flags, address }: Plain): string => JSON.stringify({ name, mtu, flags, address });
    const kept = new Kept(watch, (_object, value) => String(value['index']), say);
    const list = async () =>
      (await route.bridgeLinks.list()).filter(({ index, master }) => index !== master).map((one) => ['bridge link', one] as const);
    await kept.alike(list, 'as they were');
    for (const change of [{ mtu: 1400 }, { promiscuous: true }, { address: '02:00:00:00:00:09' }]) {
      for (const name of ['v0', 'v2']) {
        await route.links.set(name, change);
        await kept.alike(list, JSON.stringify([name, change]));
      }
    }
    await route.links.set('v2', { name: 'v9' });
    expect((await kept.alike(list, 'another name')).join()).to.include('v9');
    await watch.close();
    expect(await kept.end).to.include({ code: 'NETLANE_CLOSED' });
  });

  for (const up of [true, false]) {
    it(`has the settings that this library makes of a link that is ${up ? 'up' : 'down'}, which the kernel does not tell`, async () => {
      await route.links.add({ name: 'v0', kind: 'veth', up, peer: { name: 'v1' } });
      const { index } = await route.links.get('v0');
      const watch = route.watch(['netconf', 'link'], { existing: true });
      await watch.ready;
      const kept = new Kept(
        (async function* () {
          for await (const event of watch)
            if (event.action !== 'overrun' && 'object' in event && event.object === 'network configuration') yield event;
        })(),
        (_object, value) => `${String(value['family'])} ${String(value['link'])}`,
        (_object, value) => JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))),
      );
      const list = async () => (await route.netconf.list()).map((one) => ['network configuration', one] as const);
      await kept.alike(list, 'as they were');
      const set = (settings: object) => ({ protocols: { ipv4: { settings } } });
      await route.links.set('v0', set({ forwarding: 1, rp_filter: 2, proxy_arp: 1 }));
      await kept.alike(list, 'by name');
      await route.links.set({ index }, set({ rp_filter: 1 }));
      await kept.alike(list, 'by index');
      await route.links.set({ group: 0 }, set({ rp_filter: 0, ignore_routes_with_linkdown: 1 }));
      await kept.alike(list, 'all of a group');
      await route.batch((batch) => batch.links.set('v1', set({ proxy_arp: 1 })));
      await kept.alike(list, 'in a batch');
      await watch.close();
      expect(await kept.end).to.include({ code: 'NETLANE_CLOSED' });
    });
  }

  it('has links as those on top of them make them, and those on top as what is underneath makes them', async () => {
    await route.links.add({ name: 'v0', kind: 'veth', up: true, peer: { name: 'v1' } });
    await route.links.set('v1', { up: true });
    await route.links.add({ name: 'w0', kind: 'veth', peer: { name: 'w1' } });
    await route.links.set('w1', { up: true });
    const watch = route.watch(['link'], { existing: true });
    await watch.ready;
    const fields = [
      'name',
      'up',
      'carrier',
      'operationalState',
      'promiscuity',
      'flags',
      'carrierChanges',
      'carrierUpCount',
      'carrierDownCount',
    ];
    const kept = new Kept(
      watch,
      (_object, value) => String(value['index']),
      (_object, value) => JSON.stringify(fields.map((name) => value[name])),
    );
    const list = async () => (await route.links.list()).map((one) => ['link', one] as const);
    const steps: readonly (readonly [string, () => Promise<unknown>])[] = [
      ['as they were', () => Promise.resolve()],
      ['a macvlan', () => route.links.add({ name: 'm0', kind: 'macvlan', parent: 'v0', data: { mode: 'bridge' } })],
      ['goes up', () => route.links.set('m0', { up: true })],
      ['goes down', () => route.links.set('m0', { up: false })],
      ['and up again', () => route.links.set('m0', { up: true })],
      ['and goes', () => route.links.delete('m0')],
      ['on one that is down', () => route.links.add({ name: 'm1', kind: 'macvlan', parent: 'w0', data: { mode: 'bridge' } })],
      ['which goes up', () => route.links.set('w0', { up: true })],
      ['and down', () => route.links.set('w0', { up: false })],
      ['a bridge', () => route.links.add({ name: 'b0', kind: 'bridge' })],
      ['a port that is on top', () => route.links.set('m1', { master: 'b0' })],
      ['no port', () => route.links.set('m1', { master: 0 })],
    ];
    for (const [step, make] of steps) {
      await make();
      await kept.alike(list, step);
    }
    await watch.close();
    expect(await kept.end).to.include({ code: 'NETLANE_CLOSED' });
  });
});
