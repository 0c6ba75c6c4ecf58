// What this process has outside its own namespace, or keeps alive: everything has an owner, or was left by somebody.
// Prints:
//   fd … is a namespace: Namespace(…)
//   fd … is a socket: a route socket on the lane of Namespace(…)
//   thread … is in another namespace: the lane of Namespace(…)
//   afterwards: 0 fds, 0 threads
import { setTimeout } from 'node:timers/promises';
import { Namespace } from 'netlane';

const blue = await Namespace.create();
try {
  await blue.route();
  const { fds, threads } = Namespace.leaks();
  for (const { fd, kind, owner = 'nobody' } of fds) {
    console.log(`fd ${fd} is a ${kind}: ${owner.split(', opened')[0]}`);
  }
  for (const { tid, owner = 'nobody' } of threads) console.log(`thread ${tid} is in another namespace: ${owner}`);
} finally {
  await blue.close();
}

// The lane of a namespace ends with its last handle; close() waits for it, but not for ever.
while (Namespace.leaks().threads.length > 0) await setTimeout(10);
const after = Namespace.leaks();
console.log(`afterwards: ${after.fds.length} fds, ${after.threads.length} threads`);
