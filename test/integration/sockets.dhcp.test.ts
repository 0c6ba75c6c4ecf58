import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { expect } from 'chai';
import { wire, withNamespaces } from '../support/namespaces.js';
import { needsPrograms, needsRoot } from '../support/skip.js';
import { limit } from '../support/time.js';
import { withDnsmasq } from './support/dnsmasq.js';

/* A client of DHCP (RFC 2131), as much of it as a test needs. */

const kind = { discover: 1, offer: 2, request: 3, acknowledge: 5 } as const;
const option = { subnetMask: 1, address: 50, kind: 53, server: 54, end: 255 } as const;
const magic = 0x63825363;

interface Client {
  readonly socket: Socket;
  readonly hardware: Uint8Array;
  readonly transaction: number;
}

function message({ hardware, transaction }: Client, options: readonly (readonly [code: number, ...bytes: number[]])[]): Uint8Array {
  const fixed = Buffer.alloc(240);
  fixed.set([1, 1, 6]);
  fixed.writeUInt32BE(transaction, 4);
  // Without an address it hears broadcasts only.
  fixed.writeUInt16BE(0x8000, 10);
  fixed.set(hardware, 28);
  fixed.writeUInt32BE(magic, 236);
  return Buffer.concat([
    fixed,
    ...options.map(([code, ...bytes]) => Buffer.from([code, bytes.length, ...bytes])),
    Buffer.from([option.end]),
  ]);
}

function optionsOf(reply: Buffer): Map<number, number[]> {
  const found = new Map<number, number[]>();
  for (let at = 240; reply[at] !== undefined && reply[at] !== option.end; at += 2 + (reply[at + 1] ?? 0))
    found.set(reply[at] ?? 0, [...reply.subarray(at + 2, at + 2 + (reply[at + 1] ?? 0))]);
  return found;
}

/** Broadcasts and waits for the answer to it. */
async function ask(
  client: Client,
  options: readonly (readonly [code: number, ...bytes: number[]])[],
): Promise<{ address: string; options: Map<number, number[]> }> {
  const answered = once(client.socket, 'message', { signal: AbortSignal.timeout(limit(20_000)) }) as Promise<[Buffer]>;
  client.socket.send(message(client, options), 67, '255.255.255.255');
  const [reply] = await answered;
  expect(reply.readUInt32BE(4)).to.equal(client.transaction);
  return { address: [...reply.subarray(16, 20)].join('.'), options: optionsOf(reply) };
}

describe('A DHCP server inside a namespace', function () {
  this.timeout(60_000);
  before(async function () {
    needsRoot(this);
    await needsPrograms(this, 'dnsmasq', 'ping');
  });

  it('gives a client in another namespace an address, and nothing of it is heard anywhere else', () =>
    withNamespaces(3, async (blue, red, bystander) => {
      wire(blue, red);
      wire(red, bystander, { names: ['w0', 'w1'] });
      const route = await blue.route({ thread: 'caller' });
      await (await red.route({ thread: 'caller' })).addresses.add({ link: 'v1', address: '10.9.0.1/24' });
      const elsewhere = await bystander.packet({ link: 'w1', protocol: 'ipv4' });
      const { address: text = '' } = await route.links.get('v0');
      const options = [
        '--dhcp-range=10.9.0.50,10.9.0.60,1h',
        '--dhcp-leasefile=/dev/null',
        '--port=0',
        '--interface=v1',
        '--dhcp-authoritative',
      ];
      await withDnsmasq(red, '10.9.0.1', options, async () => {
        const socket = await blue.udp({ port: 68, broadcast: true, device: 'v0' });
        try {
          const hardware = Uint8Array.from(text.split(':'), (byte) => Number.parseInt(byte, 16));
          const client = { socket, hardware, transaction: randomBytes(4).readUInt32BE(0) };
          const offer = await ask(client, [[option.kind, kind.discover]]);
          expect(offer.options.get(option.kind)).to.deep.equal([kind.offer]);
          expect(offer.options.get(option.server)).to.deep.equal([10, 9, 0, 1]);
          const server = offer.options.get(option.server) ?? [];
          const wanted = offer.address.split('.').map(Number);
          const given = await ask(client, [
            [option.kind, kind.request],
            [option.address, ...wanted],
            [option.server, ...server],
          ]);
          expect(given.options.get(option.kind)).to.deep.equal([kind.acknowledge]);
          expect(given.options.get(option.subnetMask)).to.deep.equal([255, 255, 255, 0]);
          expect(given.address)
            .to.equal(offer.address)
            .and.to.match(/^10\.9\.0\.(5\d|60)$/);
          await route.addresses.add({ link: 'v0', address: `${given.address}/24` });
          const { exitCode } = await blue.exec('ping', ['-n', '-q', '-c', '1', '10.9.0.1']);
          expect(exitCode).to.equal(0);
        } finally {
          socket.close();
          await once(socket, 'close');
        }
      });
      expect((await elsewhere.statistics()).received).to.equal(0);
      await elsewhere.close();
    }));
});
