// Whether this program may make namespaces; for those who may not, the error says how it can.
// Prints:
//   this process may make namespaces
import { Namespace } from 'netlane';

try {
  const blue = await Namespace.create();
  await blue.close();
  console.log('this process may make namespaces');
} catch (error) {
  if (error.code !== 'EPERM') throw error;
  console.log(error.message);
}
