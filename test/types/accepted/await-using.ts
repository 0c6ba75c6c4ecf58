import { Namespace } from 'netlane';

await using blue = await Namespace.create({ loopback: true });
await using route = await blue.route();
for (const link of await route.links.list()) console.log(link.name, link.up);
