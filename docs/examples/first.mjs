import { Namespace } from 'netlane';

const blue = await Namespace.create('blue', { loopback: true, temporary: true });
try {
  const route = await blue.route();
  await route.links.add({ name: 'v0', kind: 'veth', peer: { name: 'v1' } });
  await route.addresses.add({ link: 'v0', address: '10.0.0.1/24' });
  await route.links.set({ name: 'v0' }, { up: true });
  for (const link of await route.links.list()) console.log(link.index, link.name, link.mtu);
} finally {
  await blue.close();
}
