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
});
