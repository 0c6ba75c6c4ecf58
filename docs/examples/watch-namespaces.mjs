// Names of namespaces that come and go, whoever makes them. Reported when there really is a namespace, not only a file.
// Prints:
//   added netlane-example-watched
//   removed netlane-example-watched
import { Namespace } from 'netlane';

const name = 'netlane-example-watched';
const watch = Namespace.watch();
try {
  await watch.ready;
  const blue = await Namespace.create(name, { temporary: true });
  // Temporary: the name goes with the handle. It may be gone before anybody looks, so wait for the first event.
  for await (const change of watch) {
    if (change.name !== name) continue;
    console.log(change.action, change.name);
    if (change.action === 'removed') break;
    await blue.close();
  }
} finally {
  await watch.close();
}
