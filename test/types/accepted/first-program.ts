import { Namespace } from 'netlane';

const blue = await Namespace.create('blue', { loopback: true, temporary: true });
try {
  const socket = await blue.netlink('route');
  const { messages } = await socket.request({ type: 18, flags: 0x300, body: new Uint8Array(16) });
  for (const message of messages) console.log(message.type, message.body.length);
} finally {
  await blue.close();
}
