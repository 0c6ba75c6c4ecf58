// What goes over the links of a namespace, as packets and as a file for tcpdump and Wireshark.
// Prints:
//   host: 50 bytes of protocol 0x800, "hello" at their end
//   2 packets in a file of … bytes, 0 lost
import { createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Namespace, pcapng } from 'netlane';

const directory = mkdtempSync(join(tmpdir(), 'netlane-'));
const blue = await Namespace.create({ loopback: true });
try {
  const packets = await blue.packet({ link: 'lo', protocol: 'ipv4', snapLength: 128 });
  const udp = await blue.udp();
  const receiver = await blue.udp({ port: 9 });
  udp.send('hello...', 9, '127.0.0.1');

  for await (const { direction, protocol, bytes } of packets) {
    console.log(`${direction}: ${bytes.length} bytes of protocol 0x${protocol.toString(16)}, "hello" at their end`);
    break;
  }

  const file = join(directory, 'capture.pcapng');
  udp.send('once', 9, '127.0.0.1');
  udp.send('twice', 9, '127.0.0.1');
  await pipeline(pcapng(packets, { count: 2 }), createWriteStream(file));
  const { dropped } = await packets.statistics();
  console.log(`2 packets in a file of ${statSync(file).size} bytes, ${dropped} lost`);
  udp.close();
  receiver.close();
} finally {
  await blue.close();
  rmSync(directory, { recursive: true });
}
