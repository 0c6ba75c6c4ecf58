// What changes in a namespace, as typed events: first what is there, then every change.
// Prints:
//   existing link lo
//   added link v0
//   changed link v0
//   removed link v0
import { Namespace } from 'netlane';

const blue = await Namespace.create({ loopback: true });
try {
  const route = await blue.route();
  const watch = route.watch(['link'], { existing: true });
  await watch.ready;
  await route.links.add({ name: 'v0', kind: 'veth', peer: { name: 'v1' } });
  await route.links.set('v0', { mtu: 1400 });
  await route.links.delete('v0');

  for await (const { action, object, value } of watch) {
    // overrun: the kernel dropped events, the differences follow; synchronized: that was all of them.
    if (action === 'overrun' || action === 'synchronized') console.log(action);
    else if (value.name !== 'v1') console.log(action, object, value.name);
    if (action === 'removed' && value.name === 'v0') break;
  }
} finally {
  await blue.close();
}
