// Any protocol, any message: here the list of links as bytes (RTM_GETLINK with NLM_F_DUMP, after 16 bytes of struct ifinfomsg).
// Prints:
//   message 16 of … bytes, link 1
//   …
import { endianness } from 'node:os';
import { Namespace } from 'netlane';

const here = await Namespace.current();
try {
  const socket = await here.netlink('route');
  for await (const { type, body } of socket.stream({ type: 18, flags: 0x300, body: new Uint8Array(16) })) {
    const index = new DataView(body.buffer, body.byteOffset).getInt32(4, endianness() === 'LE');
    console.log(`message ${type} of ${body.length} bytes, link ${index}`);
  }
} finally {
  await here.close();
}
