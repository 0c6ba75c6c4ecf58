import type { Socket as DatagramSocket } from 'node:dgram';
import { createServer, type Agent, type Server as HttpServer } from 'node:http';
import type { Server, Socket } from 'node:net';
import { pcapng, type LookupAddress, type Namespace, type Packet } from 'netlane';

export async function sockets(namespace: Namespace, signal: AbortSignal): Promise<number> {
  const socket: Socket = await namespace.connect({ host: '10.0.0.2', port: 80, signal, device: 'v0', mark: 1 });
  const server: Server = await namespace.listen({ port: 8080 }, (connection: Socket) => connection.end());
  const web: HttpServer = await namespace.listen({ port: 80, server: createServer() });
  const udp: DatagramSocket = await namespace.udp({ type: 'udp4', port: 53, reuse: 'port' });
  const raw = await namespace.socket({ family: 'ipv4', type: 'raw', protocol: 'icmp' });
  const fd: number = raw.fd;
  const agent: Agent = namespace.agent('http:', { keepAlive: true, connection: { timeout: 1000 } });
  const response: Response = await namespace.fetch('http://10.0.0.2:8080/', { method: 'POST', body: 'x', signal });
  const one: LookupAddress = await namespace.lookup('name');
  const all: LookupAddress[] = await namespace.lookup('name', { all: true, family: 4 });
  void [socket, server, web, udp, agent, one, all];
  return fd + response.status;
}

export async function packets(namespace: Namespace): Promise<bigint> {
  const capture = await namespace.packet({ link: 'v0', protocol: 'all', filter: [{ code: 6, jt: 0, jf: 0, k: 64 }] });
  let last = 0n;
  for await (const packet of capture) {
    const { timestamp, bytes, direction }: Packet = packet;
    if (direction === 'outgoing') await capture.send(bytes, { link: 2 });
    last = timestamp;
    break;
  }
  for await (const piece of pcapng(capture, { count: 2 })) last += BigInt(piece.length);
  const { received, dropped } = await capture.statistics();
  await capture.close();
  return last + BigInt(received + dropped);
}
