import { Namespace } from 'netlane';

const here = await Namespace.current();
// @ts-expect-error no such protocol
await here.netlink('router');
// @ts-expect-error no such thread
await here.netlink('route', { thread: 'main' });
const socket = await here.netlink('route');
// @ts-expect-error a request has a type
await socket.request({ flags: 1 });
// @ts-expect-error bodies are bytes
await socket.request({ type: 18, body: 'lo' });

const route = await here.route();
// @ts-expect-error not a thing to watch
route.watch(['links']);
// @ts-expect-error an address is text
await route.addresses.add({ link: 'v0', address: 10 });
// @ts-expect-error an MTU is a number
await route.links.set({ name: 'v0' }, { mtu: '1400' });
// @ts-expect-error nothing like it
await route.links.set({ name: 'v0' }, { metric: 1 });
// @ts-expect-error it may not be there
(await route.links.find('v0')).name;
