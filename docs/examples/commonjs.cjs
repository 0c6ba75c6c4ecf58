// The same from CommonJS: what require() gives are the same classes.
// Prints:
//   lo
const { Namespace } = require('netlane');

async function main() {
  const blue = await Namespace.create();
  try {
    const route = await blue.route();
    for (const { name } of await route.links.list()) console.log(name);
  } finally {
    await blue.close();
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
