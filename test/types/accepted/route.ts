import { Namespace, type Link, type LinkInput } from 'netlane';

export async function program(): Promise<void> {
  const blue = await Namespace.create('blue');
  const route = await blue.route();
  await route.links.add({ name: 'v0', kind: 'veth', peer: { name: 'v1', namespace: blue } });
  await route.links.add({ name: 'w0', kind: 'vlan', parent: 'v0', data: { id: 5 } });
  await route.links.set({ name: 'v0' }, { up: true, mtu: 1400 });
  const link: Link = await route.links.get('v0');
  if (link.kind === 'vlan') {
    const id: number | undefined = link.data?.id;
    process.stdout.write(String(id));
  }
  const again: LinkInput = link;
  await route.links.add(again);
  await route.routes.add({ destination: '10.1.0.0/16', gateway: '10.0.0.2', table: 'main' });
  await route.links.ensure(link);
  await route.nexthops.add({ id: 6, group: [{ id: 5, weight: 3 }] });
  for (const nexthop of await route.nexthops.list()) await route.nexthops.add(nexthop);
  await route.proxies.ensure({ address: '10.0.0.2' });
  for await (const event of route.watch(['link', 'ipv4-route'], { existing: true })) {
    const where: Namespace = event.namespace;
    if (event.action !== 'overrun' && event.action !== 'synchronized') process.stdout.write(`${String(where)} ${event.object}`);
  }
}
