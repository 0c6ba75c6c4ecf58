// Names: visible to `ip netns` and in other mount namespaces. close() gives up the handle, delete() the name.
// Prints:
//   created Namespace(netlane-example, …)
//   EEXIST: file already exists
//   the same: true
//   netlane-example, netlane-example-too
//   deleted
import { Namespace } from 'netlane';

const name = 'netlane-example';
const blue = await Namespace.create(name);
try {
  console.log(`created ${blue}`);
  await Namespace.create(name).catch((error) => console.log(/EEXIST: [^,]+/.exec(error.message)[0]));

  const again = await Namespace.create(name, { ifExists: 'open' });
  console.log('the same:', again.equals(blue));
  await again.close();

  // Any namespace can have a name, or several: one of a process, for example ({ pid }).
  await Namespace.attach(`${name}-too`, blue);
  const names = (await Namespace.list()).filter(({ id }) => id === blue.id).map((entry) => entry.name);
  console.log(names.join(', '));
  await Namespace.delete(`${name}-too`);
} finally {
  await blue.close();
  await Namespace.delete(name);
}
console.log('deleted');
