import { expect } from 'chai';
import type { NetlaneError, NetlinkError } from '../../lib/errors.js';
import { Namespace } from '../../lib/namespace.js';
import type { RouteClient } from '../../lib/netlink/route.js';
import { rejectionOf } from '../support/error-of.js';
import { ip, ipJson } from '../support/namespaces.js';
import { limit } from '../support/time.js';

describe('A new link', function () {
  this.timeout(limit(20_000));
  let namespace: Namespace;
  let other: Namespace;
  let route: RouteClient<Namespace>;

  before(async () => {
    namespace = await Namespace.create({ loopback: true });
    other = await Namespace.create();
    route = await namespace.route({ thread: 'caller' });
    await route.links.add({ name: 'br0', kind: 'bridge', up: true });
    await route.links.add({ name: 'v0', kind: 'veth', peer: { name: 'v1' } });
  });
  after(() => Promise.all([namespace.close(), other.close()]));

  function show(name: string): Record<string, unknown> {
    return ipJson(namespace, `link show dev ${name}`)[0] ?? {};
  }

  it('has what the kernel passes over in a new link: alias, further names, settings of address families', async () => {
    await route.links.add({
      name: 'i0',
      kind: 'ifb',
      alias: 'made in one call',
      alternativeNames: ['the-first', 'a-name-of-more-than-fifteen-bytes'],
      protocols: { ipv6: { addressGeneration: 'none' }, ipv4: { settings: { rp_filter: 2 } } },
    });
    expect(show('i0')).to.deep.include({
      ifalias: 'made in one call',
      altnames: ['the-first', 'a-name-of-more-than-fifteen-bytes'],
      inet6_addr_gen_mode: 'none',
    });
    expect((await route.links.get('i0')).protocols?.ipv4?.settings?.rp_filter).to.equal(2);
  });

  it('has the settings that it is to have as a port', async () => {
    await route.links.add({ name: 'i1', kind: 'ifb', master: 'br0', port: { kind: 'bridge', data: { cost: 7, hairpin: true } } });
    expect(show('i1')).to.have.nested.property('linkinfo.info_slave_data.cost', 7);
    expect(show('i1')).to.have.nested.property('linkinfo.info_slave_data.hairpin', true);
  });

  it('is held down for protocols, with the reasons', async () => {
    await route.links.add({ name: 'm0', kind: 'macvlan', parent: 'v0', protocolDown: true, protocolDownReasons: { value: 8 } });
    expect(show('m0')).to.deep.include({ proto_down: true, proto_down_reason: ['3'] });
  });

  it('is a macvlan with the source addresses that are listed', async () => {
    const sourceAddresses = ['02:00:00:00:00:21', '02:00:00:00:00:22'];
    await route.links.add({ name: 'm1', kind: 'macvlan', parent: 'v0', data: { mode: 'source', sourceAddresses } });
    expect((await route.links.get('m1')).data)
      .to.have.property('sourceAddresses')
      .with.members(sourceAddresses);
  });

  it('is a bridge with some switches on, on a kernel that refuses the others', async () => {
    await route.links.add({ name: 'br1', kind: 'bridge', data: { options: { noLinkLocalLearn: true, mst: false } } });
    expect(show('br1')).to.have.nested.property('linkinfo.info_data.no_linklocal_learn', 1);
  });

  it('has all of it in a batch as well, in its place among the other changes', async () => {
    const results = await route.batch((batch) => {
      batch.links.add({ name: 'c0', kind: 'ifb', alias: 'the first' });
      batch.links.set('c0', { alias: 'the second' });
      batch.links.add({ name: 'c1', kind: 'ifb', alternativeNames: ['another-name-of-c1'], master: 'br0' });
      batch.links.set('another-name-of-c1', { port: { kind: 'bridge', data: { cost: 9 } } });
      batch.links.add({ name: 'c2', kind: 'ifb', master: 'br0', port: { kind: 'bridge', data: { cost: 7 } } });
      batch.links.add({ name: 'c3', kind: 'ifb', alternativeNames: ['another-name-of-c1'] });
      batch.links.add({ kind: 'ifb', alias: 'nameless' });
      batch.links.add({ name: 'c4', kind: 'veth', peer: { name: 'c5', alias: 'far' } });
      batch.links.add({ name: 'c6', kind: 'ifb' });
    });
    const codes = results.map((result) => (result.ok ? 'ok' : (result.error as NetlinkError).code));
    const refused = 'NETLANE_INVALID_ARGUMENT';
    expect(codes).to.deep.equal(['ok', 'ok', 'ok', 'ok', 'ok', 'EEXIST', refused, refused, 'ok']);
    expect(show('c0')).to.have.property('ifalias', 'the second');
    expect(show('c1')).to.have.nested.property('linkinfo.info_slave_data.cost', 9);
    expect(show('c2')).to.have.nested.property('linkinfo.info_slave_data.cost', 7);
    const names = (await route.links.list()).map(({ name }) => name);
    expect(names).to.include('c6').and.not.include.oneOf(['c3', 'c4', 'c5']);
  });

  it('is not there when what it is to have is refused', async () => {
    const taken = (await rejectionOf(route.links.add({ name: 'i9', kind: 'ifb', alternativeNames: ['the-first'] }))) as NetlinkError;
    expect(taken.code).to.equal('EEXIST');
    const noPort = route.links.add({ name: 'i9', kind: 'ifb', port: { kind: 'bridge', data: { cost: 7 } } });
    expect(((await rejectionOf(noPort)) as NetlinkError).syscall).to.equal('netlink');
    expect(await route.links.find('i9')).to.equal(undefined);
  });

  it('is refused before it is made where that could not be set', async () => {
    const wrong: readonly [Promise<unknown>, RegExp][] = [
      [route.links.add({ kind: 'ifb', alias: 'nameless' }), /name must be given where alias/],
      [route.links.add({ name: 'i9%d', kind: 'ifb', alias: 'numbered' }), /name must be given without %d where alias/],
      [
        route.links.add({ name: 'i9%d', kind: 'ifb', alternativeNames: ['numbered'] }),
        /name must be given without %d where alternativeNames/,
      ],
      [route.links.ensure({ name: 'i9%d', kind: 'ifb' }), /name must be the name of one link, without %d/],
      [route.links.add({ name: 'i9', kind: 'ifb', alias: 'far', namespace: other }), /alias must be set afterwards/],
      [route.links.add({ name: 'i9', kind: 'veth', peer: { name: 'i8', alias: 'far' } }), /peer\.alias must be set afterwards/],
    ];
    for (const [promise, text] of wrong) {
      const error = (await rejectionOf(promise)) as NetlaneError;
      expect(error.code, error.message).to.equal('NETLANE_INVALID_ARGUMENT');
      expect(error.message).to.match(text);
    }
    expect(ip(namespace, 'link show')).to.not.match(/i9|nameless/);
  });

  it('is refused before it is made where anything that is set afterwards is wrong, or would be passed over', async () => {
    const watch = route.watch(['link']);
    await watch.ready;
    const bridge = { name: 'i9', kind: 'bridge' };
    const pair = { name: 'i9', kind: 'veth' };
    for (const [wrong, text] of [
      [{ ...bridge, protocols: { ipv6: { addressGeneration: 'bogus' } } }, 'protocols.ipv6.addressGeneration'],
      [{ ...bridge, protocols: { ipv6: { token: '1.2.3.4' } } }, 'protocols.ipv6.token'],
      [{ ...bridge, protocols: { ipv4: 'x' } }, 'protocols.ipv4'],
      [{ ...bridge, protocols: { ipv4: { settings: null } } }, 'protocols.ipv4.settings'],
      [{ ...bridge, protocols: 'x' }, 'protocols'],
      [{ ...bridge, alternativeNames: { a: 1 } }, 'alternativeNames'],
      [{ ...bridge, alternativeNames: 'abc' }, 'alternativeNames'],
      [{ ...bridge, alternativeNames: null }, 'alternativeNames'],
      [{ ...bridge, alternativeNames: ['good', ''] }, 'alternativeNames'],
      [{ ...bridge, alternativeNames: ['good', 5] }, 'alternativeNames'],
      [{ ...bridge, alternativeNames: ['x'.repeat(128)] }, 'alternativeNames'],
      [{ ...bridge, peer: { name: 'i8' } }, 'peer'],
      [{ ...pair, peer: { name: 'i8', alternativeNames: ['y'] } }, 'peer.alternativeNames'],
    ] as const) {
      const all = [
        () => route.links.add(wrong as never),
        async () => {
          const [result] = await route.batch((batch) => batch.links.add(wrong as never));
          if (result?.ok === false) throw result.error;
        },
      ];
      for (const add of all) {
        const error = (await rejectionOf(add())) as NetlaneError;
        expect(error.code, JSON.stringify(wrong)).to.equal('NETLANE_INVALID_ARGUMENT');
        expect(error.message).to.include(`${text} `);
      }
    }
    await route.links.add({ name: 'i7', kind: 'ifb' });
    for await (const event of watch) {
      if (!('value' in event) || event.object !== 'link') continue;
      expect(event.value.name, 'nobody was told of another link').to.equal('i7');
      break;
    }
  });
});
