// Logic that talks netlink, tested without privileges, native code or Linux: a kernel that is a function from requests to replies.
// Prints:
//   answered: 2 messages
//   refused: EPERM: not today
//   lost: NETLANE_REPLY_LOST
import { FakeKernel, multi, openSocket, overrun, refuse } from 'netlane/testing';

const [get, change, lose] = [18, 16, 17];

const kernel = new FakeKernel((request) => {
  if (request.type === get) return multi(request, [new Uint8Array(16), new Uint8Array(16)]);
  if (request.type === change) return refuse(request, 1, { message: 'not today' });
  // The kernel did what it was told, and its answer found no room.
  return overrun();
});

const socket = await openSocket(kernel, 'route');
try {
  const { messages } = await socket.request({ type: get, flags: 0x300 });
  console.log(`answered: ${messages.length} messages`);
  await socket.request({ type: change }).catch((error) => console.log(`refused: ${error.code}: ${error.kernelMessage}`));
  await socket.request({ type: lose }).catch((error) => console.log(`lost: ${error.code}`));
} finally {
  await socket.close();
}
kernel.verify();
