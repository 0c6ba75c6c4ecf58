// Many namespaces on a few threads: { lane: 'shared' } for those who have thousands.
// Prints:
//   100 namespaces, 100 clients, … threads of lanes
//   100 of them are up
import { readdirSync } from 'node:fs';
import { Namespace } from 'netlane';

const threads = () => readdirSync('/proc/self/task').length;
const before = threads();

const all = await Promise.all(Array.from({ length: 100 }, () => Namespace.create({ lane: 'shared', loopback: true })));
try {
  const clients = await Promise.all(all.map((namespace) => namespace.route()));
  console.log(`${all.length} namespaces, ${clients.length} clients, ${threads() - before} threads of lanes`);
  const loopbacks = await Promise.all(clients.map((route) => route.links.get('lo')));
  console.log(`${loopbacks.filter(({ up }) => up).length} of them are up`);
} finally {
  await Promise.all(all.map((namespace) => namespace.close()));
}
