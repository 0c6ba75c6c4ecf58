// Thousands of changes in one go, each with its own result, in order. One of them is refused.
// Prints:
//   2000 changes, 1999 made
//   add route 10.1.7.0/24 via 192.0.2.1 in Namespace(…): ENETUNREACH: …
//   1999 routes over 10.0.0.2
import { Namespace } from 'netlane';

const blue = await Namespace.create();
try {
  const route = await blue.route();
  await route.links.add({ name: 'v0', kind: 'veth', peer: { name: 'v1' } });
  await Promise.all([route.links.set('v0', { up: true }), route.links.set('v1', { up: true })]);
  await route.addresses.add({ link: 'v0', address: '10.0.0.1/24' });

  const results = await route.batch((batch) => {
    for (let index = 0; index < 2000; index++) {
      const destination = `10.${1 + (index >> 8)}.${index & 255}.0/24`;
      batch.routes.add({ destination, gateway: index === 7 ? '192.0.2.1' : '10.0.0.2' });
    }
  });

  console.log(`${results.length} changes, ${results.filter(({ ok }) => ok).length} made`);
  for (const result of results) if (!result.ok) console.log(result.error.message);
  console.log(`${(await route.routes.list({ gateway: '10.0.0.2' })).length} routes over 10.0.0.2`);
} finally {
  await blue.close();
}
