import { Namespace } from 'netlane';

// Two namespaces, a cable between them, and what one of them sees of it being plugged in.
const [blue, red] = await Promise.all([Namespace.create(), Namespace.create()]);
try {
  const route = await blue.route();
  const watch = route.watch(['link'], { existing: true });
  await watch.ready;
  const seen = (async () => {
    for await (const event of watch) {
      if (event.action === 'overrun' || event.action === 'synchronized') console.log(event.action);
      else console.log(event.action, event.object, event.value.name);
      if (event.action === 'added' && event.value.name === 'v0') break;
    }
  })();
  await route.links.add({ name: 'v0', kind: 'veth', peer: { name: 'v1', namespace: red } });
  await seen;
} finally {
  await Promise.all([blue.close(), red.close()]);
}
