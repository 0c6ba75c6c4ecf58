import { expect } from 'chai';
import { Namespace } from '../../lib/namespace.js';
import type { RouteClient } from '../../lib/netlink/route.js';
import type { MulticastGroup } from '../../lib/schema/route/multicast-database.js';
import { rejectionOf } from '../support/error-of.js';
import { batch } from '../support/oracle/scene.js';
import { skip } from '../support/skip.js';
import { limit } from '../support/time.js';

/** How bridge adds them; of VXLAN tunnels bridge 6.1 knows none. */
const added = [
  'br0 port v1 grp 239.1.1.1 permanent',
  'br0 port v1 grp 239.1.1.2 temp',
  'br0 port v1 grp ff0e::5 permanent',
  'br0 port v1 grp 239.1.1.3 src 10.0.0.9 permanent',
  'br0 port v1 grp ff0e::6 src fd00::9 temp',
  'br0 port v1 grp 01:00:5e:01:02:03 permanent',
  'br0 port br0 grp 239.1.1.4 temp',
];

describe('Memberships of multicast groups', function () {
  this.timeout(limit(20_000));
  let namespace: Namespace;
  let route: RouteClient<Namespace>;
  let index: (name: string) => Promise<number>;

  before(async () => {
    namespace = await Namespace.create({ loopback: true });
    route = await namespace.route({ thread: 'caller' });
    index = async (name) => (await route.links.get(name)).index;
    await route.links.add({ name: 'br0', kind: 'bridge', up: true, data: { igmpVersion: 3, mldVersion: 2 } });
    await route.links.add({ name: 'v0', kind: 'veth', peer: { name: 'v1' }, up: true });
    await route.links.set('v1', { master: 'br0', up: true });
    await route.links.add({ name: 'x0', kind: 'vxlan', up: true, data: { id: 7, port: 4789 } });
    expect(
      batch(
        namespace,
        'bridge',
        added.map((entry) => `mdb add dev ${entry}`),
      ),
    ).to.equal(undefined);
  });
  after(() => namespace.close());

  /** What outlives being deleted. */
  function lasting({ timer: _timer, sources, ...others }: MulticastGroup): unknown {
    return { ...others, sources: sources?.map(({ address }) => address).toSorted((a = '', b = '') => a.localeCompare(b)) };
  }

  async function again(wanted: readonly MulticastGroup[]): Promise<void> {
    const canReplace = await replaces();
    for (const one of wanted) {
      const { bridge, port, group, source } = one;
      const found = async (): Promise<unknown[]> =>
        (await route.multicast.list({ bridge, port, group })).filter((each) => each.source === source).map(lasting);
      await route.multicast.delete(one);
      expect(await found(), group).to.deep.equal([]);
      await route.multicast.add(one);
      expect(await found(), group).to.deep.equal([lasting(one)]);
      expect(await rejectionOf(route.multicast.add(one))).to.include({ code: 'EEXIST', operation: `add multicast group ${group}` });
      if (!canReplace) continue;
      await route.multicast.replace(one);
      expect(await found(), group).to.deep.equal([lasting(one)]);
    }
  }

  /** Linux 6.2, which also takes sources, modes and protocols; before, the flag is not looked at. */
  async function replaces(): Promise<boolean> {
    const probe = { bridge: 'br0', port: 'v1', group: '239.8.8.8', state: 'permanent' } as const;
    await route.multicast.add(probe);
    try {
      await route.multicast.replace(probe);
      return true;
    } catch (error) {
      expect(error).to.include({ code: 'EEXIST' });
      return false;
    } finally {
      await route.multicast.delete(probe);
    }
  }

  it('of bridges are deleted, and added again, as they are listed', async () => {
    // Those that the bridge makes for itself are renewed by it.
    const all = (await route.multicast.list({ bridge: 'br0' })).filter(({ group }) => added.some((entry) => entry.includes(` ${group} `)));
    expect(all).to.have.length(added.length);
    await again(all);
  });

  it('with sources, and of tunnels, as well', async function () {
    if (!(await replaces())) skip(this, 'no sources in requests for multicast groups (Linux 6.2) here');
    const sources = [{ address: '10.0.0.8' }, { address: '10.0.0.9' }];
    await route.multicast.add({
      bridge: 'br0',
      port: 'v1',
      group: '239.2.0.1',
      state: 'permanent',
      mode: 'include',
      sources,
      protocol: 77,
    });
    await route.multicast.add({ bridge: 'br0', port: 'v1', group: 'ff0e::7', mode: 'exclude', sources: [{ address: 'fd00::8' }] });
    await route.multicast.add({ bridge: 'x0', port: 'x0', group: '239.2.0.2', state: 'permanent', remote: '10.0.0.2', vni: 42 });
    // Beside it the kernel has one for each source, which go and come with it.
    const made = (await route.multicast.list()).filter(({ group, source }) => /^(?:239\.2|ff0e::7)/.test(group) && source === undefined);
    expect(made).to.have.length(3);
    const wanted = made.find(({ group }) => group === '239.2.0.1');
    expect(wanted).to.include({ mode: 'include', protocol: 77 });
    expect(wanted?.sources?.map(({ address }) => address)).to.have.members(['10.0.0.8', '10.0.0.9']);
    await again(made);
  });

  it('are found by what they have', async () => {
    const bridge = await index('br0');
    const all = (await route.multicast.list()).filter((one) => one.bridge === bridge);
    expect((await route.multicast.list({ bridge: 'br0' })).map(lasting)).to.deep.equal(all.map(lasting));
    expect((await route.multicast.list({ bridge: 'br0', port: 'br0' })).map(({ group }) => group))
      .to.include('239.1.1.4')
      .and.not.include('239.1.1.1');
    const streamed = [];
    for await (const one of route.multicast.stream({ group: 'ff0e::6', vlan: 0 })) streamed.push(one.source);
    expect(streamed).to.deep.equal(['fd00::9']);
    expect(await rejectionOf(route.multicast.get({ group: '239.9.9.9' }))).to.include({ code: 'ENOENT', operation: 'get multicast group' });
  });

  it('that are told by a watch are deleted and added, too', async () => {
    const watch = route.watch(['multicast']);
    await watch.ready;
    await route.multicast.add({ bridge: 'br0', port: 'v1', group: '239.3.0.1', state: 'permanent' });
    for await (const event of watch) {
      if (event.action !== 'added' || event.object !== 'multicast group') continue;
      await route.multicast.delete(event.value);
      await route.multicast.add(event.value);
      break;
    }
    expect(await route.multicast.list({ group: '239.3.0.1' })).to.have.length(1);
  });

  it('are not all deleted by a flush of some that cannot be told', async () => {
    const before = (await route.multicast.list({ bridge: 'br0' })).map(({ group }) => group);
    expect(before).to.not.have.length(0);
    for (const filter of [{ protocol: 'kernel' }, { protocol: 'static', mode: 'exclude' }, { port: 'v1', protocol: 0 }] as const)
      // Before Linux 6.8 there is no flush.
      expect(await rejectionOf(route.multicast.flush({ bridge: 'br0', ...filter })))
        .to.have.property('code')
        .that.is.oneOf(['EINVAL', 'ERANGE', 'EOPNOTSUPP']);
    expect((await route.multicast.list({ bridge: 'br0' })).map(({ group }) => group)).to.deep.equal(before);
  });

  it('that cannot be are refused by name', async () => {
    const wrong = await rejectionOf(route.multicast.add({ bridge: 'br0', port: 'v1', group: '239.1' }));
    expect(wrong).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    expect((wrong as Error).message).to.include('group must be the address of a group');
    const unknown = await rejectionOf(route.multicast.add({ bridge: 'br0', port: 'v1', group: '239.1.1.1', entry: {} } as never));
    expect((unknown as Error).message).to.include('entry must be left out');
    expect(await rejectionOf(route.multicast.add({ bridge: 'br0', port: 'v1', group: '10.0.0.1' }))).to.include({ code: 'EINVAL' });
    expect(await rejectionOf(route.multicast.add(null as never))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
  });
});
