import { expect } from 'chai';
import type { NetlinkError } from '../../lib/errors.js';
import { Namespace } from '../../lib/namespace.js';
import type { RouteClient } from '../../lib/netlink/route.js';
import { rejectionOf } from '../support/error-of.js';
import { execInside, ip, ipJson } from '../support/namespaces.js';
import { limit } from '../support/time.js';

describe('Objects beside links, addresses and routes', function () {
  this.timeout(limit(60_000));
  let one: Namespace;
  let other: Namespace;
  let route: RouteClient<Namespace>;

  before(async () => {
    one = await Namespace.create({ loopback: true });
    other = await Namespace.create();
    route = await one.route({ thread: 'caller' });
    await route.links.add({ name: 'b0', kind: 'bridge', up: true });
    await route.links.add({ name: 'v0', kind: 'veth', peer: { name: 'v1' }, master: 'b0', up: true });
    await route.links.set('v1', { up: true });
    await route.addresses.add({ link: 'v1', address: '10.0.0.1/24' });
    await route.links.list();
  });
  after(() => Promise.all([one.close(), other.close()]));

  it('nexthops and groups are as ip shows them', async () => {
    await route.nexthops.add({ id: 5, gateway: '10.0.0.2', link: 'v1' });
    await route.nexthops.add({ id: 6, gateway: '10.0.0.3', link: 'v1' });
    await route.nexthops.add({ id: 10, group: [{ id: 5, weight: 3 }, { id: 6 }] });
    const shown = ipJson<{ id: number; gateway?: string; group?: { id: number; weight?: number }[] }>(one, 'nexthop show');
    const listed = await route.nexthops.list();
    expect(
      listed.map((nexthop) => [nexthop.id, nexthop.gateway, nexthop.group?.map((member) => [member.id, member.weight])]),
    ).to.deep.equal(shown.map((nexthop) => [nexthop.id, nexthop.gateway, nexthop.group?.map((member) => [member.id, member.weight ?? 1])]));
    expect(await route.nexthops.get({ id: 10 })).to.include({ id: 10 });
    expect(await rejectionOf(route.nexthops.get({ id: 99 }))).to.include({ code: 'ENOENT' });
    await route.routes.add({ destination: '10.9.0.0/16', nexthopId: 10 });
    expect(ip(one, 'route show 10.9.0.0/16')).to.include('nhid 10');
    for (const nexthop of await route.nexthops.list({ groupsOnly: true })) await route.nexthops.delete(nexthop);
    expect(ipJson(one, 'nexthop show')).to.have.length(2);
  });

  it('namespace ids are given once and found again', async () => {
    expect(await route.namespaceIds.get(other)).to.equal(undefined);
    await route.namespaceIds.add(other, 7);
    expect(await route.namespaceIds.get(other)).to.equal(7);
    expect(await rejectionOf(route.namespaceIds.add(other, 8))).to.include({ code: 'EEXIST' });
    expect((await route.namespaceIds.list()).map((entry) => entry.id)).to.deep.equal([7]);
    expect(await rejectionOf(route.namespaceIds.get({}))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
  });

  it('forwarding entries and port settings are as bridge shows them', async () => {
    await route.fdb.add({ link: 'v0', address: '02:00:00:00:00:05', flags: ['master'], state: ['noarp'] });
    const shown = JSON.parse(execInside(one, 'bridge', ['-j', 'fdb', 'show', 'dev', 'v0'])) as { mac: string }[];
    const listed = await route.fdb.list({ link: 'v0' });
    expect(listed.map((entry) => entry.address)).to.have.members(shown.map((entry) => entry.mac));
    await route.fdb.delete({ link: 'v0', address: '02:00:00:00:00:05', flags: ['master'] });
    await route.bridgeLinks.set({ index: 'v0', port: { hairpin: true } });
    const [port] = JSON.parse(execInside(one, 'bridge', ['-j', '-d', 'link', 'show', 'dev', 'v0'])) as { hairpin: boolean }[];
    expect(port?.hairpin).to.equal(true);
    expect((await route.bridgeLinks.list()).find((link) => link.name === 'v0')?.port?.hairpin).to.equal(true);
  });

  it('address labels, proxies, neighbour tables, netconf and statistics are told', async () => {
    await route.addressLabels.add({ prefix: 'fd00::/8', label: 77 });
    expect(ip(one, 'addrlabel list')).to.match(/prefix fd00::\/8 label 77/);
    expect((await route.addressLabels.list()).some((label) => label.label === 77)).to.equal(true);
    await route.proxies.add({ link: 'v1', address: '10.0.0.77' });
    expect(ip(one, 'neigh show proxy')).to.include('10.0.0.77');
    expect((await route.proxies.list()).map((proxy) => proxy.address)).to.deep.equal(['10.0.0.77']);
    expect((await route.neighbours.list()).some((neighbour) => neighbour.address === '10.0.0.77')).to.equal(false);
    expect((await route.neighbourTables.list()).map((table) => table.name)).to.include.members(['arp_cache', 'ndisc_cache']);
    const loopback = (await route.netconf.list({ family: 'ipv4' })).find((settings) => settings.link === 1);
    expect(loopback).to.include({ forwarding: 0 });
    const index = (await route.links.get('v1')).index;
    expect((await route.statistics.list()).find((entry) => entry.link === index)?.link64?.txPackets).to.be.a('number');
  });

  it('are found by what tells them, also where the kernel refuses to list by it', async () => {
    const { index } = await route.links.get('v1');
    const { index: port, master } = await route.links.get('v0');
    expect(await route.netconf.get({ family: 'ipv4', link: 'v1' })).to.include({ family: 'ipv4', link: index });
    expect((await route.netconf.list({ link: 'v1' })).every((settings) => settings.link === index)).to.equal(true);
    expect(await route.statistics.list({ link: 'v1' })).to.have.length(1);
    expect(await route.statistics.get({ link: 'v1' })).to.have.property('link', index);
    expect(await route.neighbourTables.get({ name: 'ndisc_cache' })).to.include({ name: 'ndisc_cache', family: 'ipv6' });
    expect(await route.bridgeLinks.get({ index: 'v0' })).to.include({ index: port, name: 'v0' });
    expect((await route.bridgeLinks.list({ master: 'b0' })).map((one) => one.master)).to.deep.equal([master]);
    expect(await route.bridgeLinks.find({ index: 'v1' })).to.equal(undefined);
    const missing = (await rejectionOf(route.bridgeLinks.get({ index: 'v1' }))) as NetlinkError;
    expect(missing).to.include({ code: 'ENOENT', operation: 'get bridge links' });
    await route.nexthops.add({ id: 90, link: 'v1', family: 'ipv4' });
    await route.nexthops.add({ id: 91, group: [{ id: 90 }], groupType: 'resilient', resilient: { buckets: 8 } });
    expect((await route.buckets.list({ id: 91 })).map((bucket) => bucket.index)).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(await route.buckets.get({ id: 91, index: 3 })).to.include({ id: 91, index: 3, nexthopId: 90 });
  });

  it('multicast groups are as bridge shows them', async () => {
    await route.multicast.add({ bridge: 'b0', port: 'v0', group: '239.1.1.1', state: 'permanent' });
    const [shown] = JSON.parse(execInside(one, 'bridge', ['-j', 'mdb', 'show'])) as { mdb: { grp: string }[] }[];
    const groups = await route.multicast.list();
    expect(groups.map((entry) => entry.group)).to.include('239.1.1.1');
    expect(groups.map((entry) => entry.group)).to.have.members((shown?.mdb ?? []).map((entry) => entry.grp));
  });

  it('an error names the attribute that the kernel disliked, as it is called here', async () => {
    const refused = route.links.add({ name: 'x0', kind: 'vxlan', data: { id: 0x1000000 } });
    const error = (await rejectionOf(refused)) as NetlinkError;
    expect(error).to.include({ code: 'ERANGE', operation: 'add link x0', namespace: String(one) });
    expect(error.attribute).to.equal('data.id (IFLA_VXLAN_ID)');
  });
});
