// Two namespaces with a cable between them. The main thread is in neither, before, between and after.
// Prints:
//   eth0 of the client is up, its other end is in namespace … of those it knows
//   to reach 10.0.0.2 the client takes link eth0
import { Namespace } from 'netlane';

const client = await Namespace.create();
try {
  const server = await Namespace.create();
  try {
    const [here, there] = await Promise.all([client.route(), server.route()]);
    await here.links.add({ name: 'eth0', kind: 'veth', peer: { name: 'eth0', namespace: server } });
    await Promise.all([here.links.set('eth0', { up: true }), there.links.set('eth0', { up: true })]);
    await Promise.all([
      here.addresses.add({ link: 'eth0', address: '10.0.0.1/24' }),
      there.addresses.add({ link: 'eth0', address: '10.0.0.2/24' }),
    ]);
    const link = await here.links.get('eth0');
    console.log(
      `${link.name} of the client is ${link.up ? 'up' : 'down'}, its other end is in namespace ${link.linkNamespaceId} of those it knows`,
    );
    const way = await here.routes.lookup('10.0.0.2');
    console.log(`to reach 10.0.0.2 the client takes link ${(await here.links.get(way.link)).name}`);
  } finally {
    await server.close();
  }
} finally {
  await client.close();
}
