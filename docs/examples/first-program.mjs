// A namespace, a pair of links in it, an address, and what is there then.
// Prints:
//   lo: 127.0.0.1/8
//   v0: 10.0.0.1/24
import { Namespace } from 'netlane';

const blue = await Namespace.create({ loopback: true });
try {
  const route = await blue.route();
  await route.links.add({ name: 'v0', kind: 'veth', peer: { name: 'v1' } });
  await route.addresses.add({ link: 'v0', address: '10.0.0.1/24' });
  for (const { label, address } of await route.addresses.list({ family: 'ipv4' })) console.log(`${label}: ${address}`);
} finally {
  await blue.close();
}
