// A tap device with two queues: its fds are where packets come and go.
// Prints:
//   tap0 is a tap device with fds … and …
//   afterwards: undefined
import { Namespace } from 'netlane';

const blue = await Namespace.create();
try {
  const route = await blue.route();
  const device = await route.links.openTun({ mode: 'tap', name: 'tap0', queues: 2 });
  const [first, second] = device.fds; // one for each queue, O_NONBLOCK
  await route.links.set('tap0', { up: true });
  const { data } = await route.links.get('tap0');
  console.log(`tap0 is a ${data?.type} device with fds ${first} and ${second}`);
  await device.close(); // the device goes with its last fd, unless it is `persistent`
  console.log('afterwards:', await route.links.find('tap0'));
} finally {
  await blue.close();
}
