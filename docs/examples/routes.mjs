// Addresses and routes, typed, and the way that a packet takes.
// Prints:
//   10.1.2.3 goes by 10.0.0.2, from 10.0.0.1
import { Namespace } from 'netlane';

const blue = await Namespace.create({ loopback: true });
try {
  const route = await blue.route({ thread: 'caller' });
  await route.links.add({ name: 'v0', kind: 'veth', peer: { name: 'v1', up: false } });
  await route.links.set('v0', { up: true });
  await route.links.set('v1', { up: true });
  await route.addresses.add({ link: 'v0', address: '10.0.0.1/24' });
  await route.routes.add({ destination: '10.1.0.0/16', gateway: '10.0.0.2' });

  const way = await route.routes.lookup('10.1.2.3');
  console.log(`10.1.2.3 goes by ${way.gateway}, from ${way.preferredSource}`);

  for (const one of await route.routes.list({ table: 'main', family: 'ipv4' })) {
    if (one.destination === '10.1.0.0/16') await route.routes.delete(one);
  }
} finally {
  await blue.close();
}
