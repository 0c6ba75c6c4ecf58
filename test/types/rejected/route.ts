import { Namespace } from 'netlane';

export async function program(): Promise<void> {
  const route = await (await Namespace.current()).route();
  // @ts-expect-error: an option of another kind
  await route.links.add({ name: 'w0', kind: 'vlan', data: { vni: 5 } });
  // @ts-expect-error: a bridge has no peer
  await route.links.add({ name: 'b0', kind: 'bridge', peer: { name: 'b1' } });
  // @ts-expect-error: no such field
  await route.links.set('v0', { mtuu: 1400 });
  // @ts-expect-error: an address is one of a link
  await route.addresses.add({ address: '10.0.0.1/24' });
  // @ts-expect-error: and a link has it
  await route.addresses.add({ link: 'v0' });
  // @ts-expect-error: a label of addresses is a label
  await route.addressLabels.add({ prefix: 'fd00::/64' });
  // @ts-expect-error: of addresses
  await route.addressLabels.add({ label: 5 });
  // @ts-expect-error: a nexthop leads somewhere
  await route.nexthops.add({});
  // @ts-expect-error: a router is reached by a link
  await route.nexthops.add({ id: 5, gateway: '10.0.0.2' });
  // @ts-expect-error: and those of a group have numbers
  await route.nexthops.add({ id: 5, group: [{ weight: 3 }] });
  // @ts-expect-error: the link that is to be there has a name
  await route.links.ensure({ kind: 'bridge' });
  // @ts-expect-error: the one to delete has a number
  await route.nexthops.delete({ link: 'v0' });
  // @ts-expect-error: and so has the one that is to be there
  await route.nexthops.ensure({ link: 'v0' });
  // @ts-expect-error: a neighbour has an address
  await route.neighbours.add({ link: 'v0' });
  // @ts-expect-error: and a forwarding entry is for one
  await route.fdb.add({ link: 'v0', remote: '10.0.0.2' });
  // @ts-expect-error: a neighbour is one of a link
  await route.neighbours.add({ address: '10.0.0.2' });
  // @ts-expect-error: one that is answered for has an address
  await route.proxies.add({ link: 'v0' });
  // @ts-expect-error: so is a forwarding entry
  await route.fdb.add({ address: '02:00:00:00:00:01' });
  // @ts-expect-error: a membership is one of a port
  await route.multicast.add({ bridge: 'br0', group: '239.1.1.1' });
  // @ts-expect-error: and of a bridge
  await route.multicast.delete({ port: 'v1', group: '239.1.1.1' });
  // @ts-expect-error: an option of another kind
  await route.links.set('br0', { kind: 'bridge', data: { id: 3 } });
  // @ts-expect-error: data are of a kind
  await route.links.set('br0', { data: { forwardDelay: 3 } });
  // @ts-expect-error: not a number
  await route.links.set('v0', { mtu: '1400' });
  // @ts-expect-error: nothing of this name can be watched
  route.watch(['links']);
  // @ts-expect-error: no such kind, and not made by otherKind()
  await route.links.add({ name: 'x0', kind: 'vlann' });
  // @ts-expect-error: the kernel would add a second rule
  await route.rules.replace({ priority: 100, table: 100 });
  // @ts-expect-error: and here
  await route.rules.change({ priority: 100, table: 100 });
  await route.batch(({ rules }) => {
    // @ts-expect-error: and in a batch
    const absent: unknown = rules.replace;
    return absent;
  });
}
