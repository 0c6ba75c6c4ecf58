// Parameters and files that each namespace has for itself; those of this process stay as they are.
// Prints:
//   1
//   unknown
//   ENOENT no such parameter: true
import { Namespace } from 'netlane';

const router = await Namespace.create({ loopback: true });
try {
  await router.sysctl('net.ipv4.ip_forward', 1);
  console.log(await router.sysctl('net/ipv4/ip_forward'));
  console.log((await router.readFile('/sys/class/net/lo/operstate')).trim());

  const error = await router.sysctl('net.ipv4.there_is_none').catch((failure) => failure);
  console.log(error.code, 'no such parameter:', error.message.includes('no such parameter'));
} finally {
  await router.close();
}
