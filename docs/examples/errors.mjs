// Errors say what was asked, where, what the kernel said and what to do. Match them by code, never by instanceof.
// Prints:
//   ENODEV: get link v9 in Namespace(…): ENODEV: no such device
//   ENETUNREACH: add route 10.1.0.0/16 via 192.0.2.1 in Namespace(…): ENETUNREACH: Nexthop has invalid gateway
//   ENOENT: open namespace no-such-name: ENOENT: …
//   NETLANE_INVALID_ARGUMENT: …did you mean …
//   NETLANE_CLOSED: …
import { Namespace } from 'netlane';

async function show(promise) {
  try {
    await promise;
  } catch (error) {
    console.log(`${error.code}: ${error.message}`);
  }
}

const blue = await Namespace.create({ loopback: true });
try {
  const route = await blue.route();
  await show(route.links.get('v9'));
  await show(route.routes.add({ destination: '10.1.0.0/16', gateway: '192.0.2.1' }));
  await show(Namespace.open('no-such-name'));
  await show(Namespace.open({ pit: 1 }));
} finally {
  await blue.close();
}
await show(blue.route());
