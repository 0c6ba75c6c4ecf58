const { Namespace } = require('netlane');

async function main() {
  for (const { name, id, pids } of await Namespace.list({ all: true })) {
    console.log(name ?? '(no name)', id, `${pids.length} processes`);
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
