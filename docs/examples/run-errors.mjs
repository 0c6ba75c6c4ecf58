// What a task does, it does to itself: its caller is told, and everything else goes on.
// Prints:
//   NETLANE_NOT_SELF_CONTAINED: outside
//   ENOENT
//   NETLANE_TASK_LOST: exit code 3
//   ABORT_ERR after a loop without end
//   NETLANE_OUT_OF_MEMORY
//   lo is still there
import { Namespace } from 'netlane';

const blue = await Namespace.create({ loopback: true });
const route = await blue.route();
const failure = (call) => call.catch((error) => error);
try {
  const outside = 5;
  const missing = await failure(blue.run(() => outside + 1));
  console.log(`${missing.code}: ${missing.details.variable}`);

  const thrown = await failure(blue.run(() => process.getBuiltinModule('node:fs').readFileSync('/nowhere')));
  console.log(thrown.code);

  const lost = await failure(blue.run(() => process.exit(3)));
  console.log(`${lost.code}: exit code ${lost.details.exitCode}`);

  const forever = () => {
    for (;;);
  };
  const aborted = await failure(blue.run(forever, { signal: AbortSignal.timeout(100) }));
  console.log(`${aborted.code} after a loop without end`);

  const greedy = () => {
    for (const all = []; ;) all.push({ more: all.length });
  };
  console.log((await failure(blue.run(greedy, { resourceLimits: { maxOldGenerationSizeMb: 24 } }))).code);

  console.log(`${(await route.links.get('lo')).name} is still there`);
} finally {
  await blue.close();
}
