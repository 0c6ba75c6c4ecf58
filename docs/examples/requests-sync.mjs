// A socket on the caller's own thread: the lowest latency, and an answer without await. The kernel's time blocks the caller.
// Prints:
//   link 1 is up, and … bytes long
//   ENODEV
import { Namespace } from 'netlane';
import { deserializeIfInfomsg, FAMILY_ALL, newIfInfomsg, RTM_GETLINK } from 'netlane/nl';

function question(index) {
  const header = newIfInfomsg(FAMILY_ALL);
  header.index = index;
  return { type: RTM_GETLINK, body: header.serialize() };
}

const blue = await Namespace.create({ loopback: true });
try {
  const socket = await blue.netlink('route', { thread: 'caller' });
  const [message] = socket.requestSync(question(1)).messages;
  const { index, flags } = deserializeIfInfomsg(message.body);
  console.log(`link ${index} is ${flags & 1 ? 'up' : 'down'}, and ${message.body.length} bytes long`);
  try {
    socket.requestSync(question(4711));
  } catch (error) {
    console.log(error.code);
  }
} finally {
  await blue.close();
}
