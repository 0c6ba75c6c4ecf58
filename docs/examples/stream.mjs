// A table of any size with bounded memory: nothing is read from the kernel faster than the loop takes it.
// Prints:
//   5000 routes in all
//   stopped after 10; what was left stayed in the kernel
import { Namespace } from 'netlane';

const blue = await Namespace.create({ loopback: true });
try {
  const route = await blue.route();
  await route.batch((batch) => {
    for (let index = 0; index < 5000; index++) {
      batch.routes.add({ destination: `10.${index >> 8}.${index & 255}.0/24`, link: 'lo' });
    }
  });

  let count = 0;
  for await (const { destination } of route.routes.stream({ table: 'main' })) if (destination !== undefined) count++;
  console.log(`${count} routes in all`);

  count = 0;
  // Leaving the loop closes the stream's own socket. Requests meanwhile go their own way.
  for await (const { link } of route.routes.stream({ table: 'main' })) {
    if (link === 1) count++;
    if (count === 10) break;
  }
  console.log(`stopped after ${count}; what was left stayed in the kernel`);
} finally {
  await blue.close();
}
