import { once } from 'node:events';
import { Socket } from 'node:dgram';
import { expect } from 'chai';
import { native } from '../../lib/native.js';
import { rejectionOf } from '../support/error-of.js';
import { ip, wire, withNamespace, withNamespaces } from '../support/namespaces.js';
import { needsRoot } from '../support/skip.js';
import { expectInside, fdOfDatagrams } from './support/insideness.js';

async function closed(socket: Socket): Promise<void> {
  socket.close();
  await once(socket, 'close');
}

describe('UDP inside a namespace', function () {
  before(function () {
    needsRoot(this);
  });

  for (const [type, first, second] of [
    ['udp4', '10.9.0.1', '10.9.0.2'],
    ['udp6', 'fd00::1', 'fd00::2'],
  ] as const) {
    it(`sends between two namespaces with sockets of node:dgram, ${type}`, () =>
      withNamespaces(2, async (one, other) => {
        const length = type === 'udp4' ? 24 : 64;
        wire(one, other, { addresses: [`${first}/${length}`, `${second}/${length}`] });
        const server = await other.udp({ type, port: 53, address: second });
        const client = await one.udp({ type, device: 'v0', mark: 3 });
        expect(client).to.be.instanceOf(Socket);
        expectInside(other, fdOfDatagrams(server));
        expectInside(one, fdOfDatagrams(client));
        const heard = once(server, 'message');
        client.send('hello', 53, second);
        const [message, from] = (await heard) as [Buffer, { address: string }];
        expect([message.toString(), from.address]).to.deep.equal(['hello', first]);
        await closed(server);
        await closed(client);
      }));
  }

  it('is bound already, stays on its descriptor, and refuses to be bound again', () =>
    withNamespace(async (blue) => {
      const socket = await blue.udp({ port: 4000, address: '127.0.0.1' });
      expect(socket.address()).to.include({ address: '127.0.0.1', port: 4000 });
      const fd = fdOfDatagrams(socket);
      const connected = once(socket, 'connect');
      // A name that only the hosts file, or the rule for it, knows.
      socket.connect(4000, 'localhost');
      await connected;
      expect(fdOfDatagrams(socket)).to.equal(fd);
      expectInside(blue, fd);
      expect(() => socket.bind(0))
        .to.throw()
        .with.property('code', 'NETLANE_REBIND');
      await closed(socket);
      expect(() => socket.bind(0))
        .to.throw()
        .with.property('code', 'NETLANE_REBIND');
    }));

  it('looks names up inside, and never asks the thread pool', () =>
    withNamespace(async (blue) => {
      const socket = await blue.udp();
      const failed = once(socket, 'error');
      socket.send('x', 53, 'no-such-name.example.test');
      const [error] = (await failed) as [Error];
      expect(error.message).to.include(`look up no-such-name.example.test in ${String(blue)}`);
      await closed(socket);
    }));

  it('tells of a port in use, an unknown device, and an address that is not there', () =>
    withNamespace(async (blue) => {
      const socket = await blue.udp({ port: 4000 });
      expect(await rejectionOf(blue.udp({ port: 4000 }))).to.include({ code: 'EADDRINUSE' });
      expect(await rejectionOf(blue.udp({ device: 'nowhere' }))).to.include({ code: 'ENODEV' });
      expect(await rejectionOf(blue.udp({ address: '10.1.1.1' }))).to.include({ code: 'EADDRNOTAVAIL' });
      expect(await rejectionOf(blue.udp({ type: 'udp6', address: '10.1.1.1' }))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
      await closed(socket);
      const controller = new AbortController();
      const other = await blue.udp({ signal: controller.signal });
      const ended = once(other, 'close');
      controller.abort();
      await ended;
    }));
});

describe('Namespace.socket()', function () {
  before(function () {
    needsRoot(this);
  });

  it('opens a socket of any family inside, and owns its descriptor', () =>
    withNamespace(async (blue) => {
      for (const options of [
        { family: 'ipv4', type: 'stream', protocol: 'tcp' },
        { family: 'ipv4', type: 'raw', protocol: 'icmp' },
        { family: 'packet', type: 'raw' },
        { family: 'unix', type: 'sequentialPacket' },
        { family: 16, type: 3, protocol: 0 },
      ] as const) {
        const socket = await blue.socket(options);
        expectInside(blue, socket.fd);
        await socket.close();
        await socket.close();
        expect(socket.closed).to.equal(true);
        expect(() => socket.fd)
          .to.throw()
          .with.property('code', 'NETLANE_CLOSED');
      }
    }));

  it('sets options, and gives the descriptor away', () =>
    withNamespace(async (blue) => {
      const socket = await blue.socket({ family: 'ipv4', type: 'datagram' });
      socket.setOption(1, 36, 99);
      expect([...socket.getOption(1, 36)]).to.deep.equal([...new Uint8Array(new Int32Array([99]).buffer)]);
      expect(() => socket.setOption(1, 25, Buffer.from('nowhere\0')))
        .to.throw()
        .with.property('code', 'ENODEV');
      const fd = socket.release();
      expect(() => socket.release())
        .to.throw()
        .with.property('code', 'NETLANE_CLOSED');
      expectInside(blue, fd);
      native().closeFd(fd);
    }));

  it('says what it does not know', () =>
    withNamespace(async (blue) => {
      const error = await rejectionOf(blue.socket({ family: 'ipv4', type: 'datagramm' as 'datagram' }));
      expect(error.message).to.include("did you mean 'datagram'?");
      expect(await rejectionOf(blue.socket({ family: 255, type: 1 }))).to.include({ code: 'EAFNOSUPPORT', namespace: String(blue) });
      ip(blue, 'link set lo down');
    }));
});
