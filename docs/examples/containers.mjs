// The namespace of a container of Docker, podman, containerd or CRI-O: node containers.mjs [ID]
// Prints:
//   NETLANE_CONTAINER_NOT_FOUND…
//   … namespace…, … without a name
import process from 'node:process';
import { Namespace } from 'netlane';

const [id = '0123456789ab'] = process.argv.slice(2);
try {
  const container = await Namespace.open({ container: id });
  try {
    const route = await container.route();
    for (const { name, address, up } of await route.links.list()) console.log(name, address, up ? 'up' : 'down');
  } finally {
    await container.close();
  }
} catch (error) {
  // NETLANE_CONTAINER_AMBIGUOUS has the candidates in error.details.
  if (!String(error.code).startsWith('NETLANE_CONTAINER_')) throw error;
  console.log(error.code, error.message);
}

// Whatever started them: all namespaces that processes are in.
const all = await Namespace.list({ all: true });
console.log(`${all.length} namespace(s), ${all.filter(({ name }) => name === undefined).length} without a name`);
