// Links, typed: a veth pair across two namespaces, changes, and making it so.
// Prints:
//   v0 is a veth of 1400 bytes, and its peer is in the other namespace
import { Namespace } from 'netlane';

const blue = await Namespace.create({ loopback: true });
const red = await Namespace.create({ loopback: true });
try {
  const route = await blue.route();
  await route.links.add({ name: 'v0', kind: 'veth', peer: { name: 'v1', namespace: red } });
  await route.links.set('v0', { up: true, mtu: 1400 });

  const link = await route.links.get('v0');
  const far = await red.route();
  const peer = await far.links.find('v1');
  const where = peer === undefined ? 'lost' : 'in the other namespace';
  console.log(`${link.name} is a ${link.kind} of ${link.mtu} bytes, and its peer is ${where}`);

  // Make it so: changes only what differs.
  const { changed } = await route.links.ensure({ name: 'v0', kind: 'veth', mtu: 1400 });
  if (changed) throw new Error('it was so already');
  await route.links.delete('v0');
} finally {
  await Promise.all([blue.close(), red.close()]);
}
