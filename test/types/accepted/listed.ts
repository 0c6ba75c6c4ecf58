import { Namespace } from 'netlane';

/** What list() gives, add() and the others take, whatever the client counts in. */
export async function again(): Promise<void> {
  const blue = await Namespace.current();
  for (const route of [await blue.route(), await blue.route({ bigint: true })]) {
    for (const one of await route.addresses.list()) await route.addresses.add(one);
    for (const one of await route.routes.list()) await route.routes.ensure(one);
    for (const one of await route.rules.list()) await route.rules.add(one);
    for (const one of await route.neighbours.list()) await route.neighbours.replace(one);
    for (const one of await route.proxies.list()) await route.proxies.delete(one);
    for (const one of await route.fdb.list()) await route.fdb.append(one);
    for (const one of await route.addressLabels.list()) await route.addressLabels.delete(one);
    for (const one of await route.multicast.list()) await route.multicast.add(one);
  }
  const route = await blue.route();
  const wide = await blue.route({ bigint: true });
  for (const one of await route.links.list()) await route.links.add(one);
  for (const one of await wide.links.list()) await wide.links.ensure(one);
  for (const one of await route.nexthops.list()) {
    await route.nexthops.delete(one);
    await route.nexthops.add(one);
    await route.nexthops.ensure(one);
  }
  for (const one of await wide.nexthops.list()) await wide.nexthops.replace(one);
  await route.nexthops.ensure({ id: 5, gateway: '10.0.0.2' });
  await route.nexthops.add({ gateway: '10.0.0.2', fdb: true });
  await route.nexthops.add({ id: 6, group: [{ id: 5 }] });
  await route.nexthops.add({ blackhole: true, family: 'ipv6' });
  // As it comes out of JSON.
  await route.rules.add({ tunnelId: '18446744073709551615', priority: 5 });
}
