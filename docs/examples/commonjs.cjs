// The same from CommonJS: require() of an ES module, Node 20.19 and later.
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
