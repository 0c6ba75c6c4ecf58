import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, Server, Socket, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Namespace } from '../../lib/namespace.js';
import { foreignEnvironment } from '../support/environment.js';
import { rejectionOf } from '../support/error-of.js';
import { execInside, ip, wire, withNamespace, withNamespaces } from '../support/namespaces.js';
import { needsPrograms, needsRoot } from '../support/skip.js';
import { limit } from '../support/time.js';
import { expectInside, fdOf } from './support/insideness.js';

/** As those call them who know that a socket has a method of its own. */
function callInherited(target: Socket | Server, method: 'connect' | 'listen' | '_listen2', ...parameters: unknown[]): unknown {
  const inherited: unknown = Reflect.get(Object.getPrototypeOf(target) as object, method);
  return Reflect.apply(inherited as (...given: unknown[]) => unknown, target, parameters);
}

const addresses = ['10.9.0.1/24', '10.9.0.2/24'] as const;

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function closed(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}

/** A server that says what it heard, and ends. */
async function withEcho(namespace: Namespace, use: (port: number) => Promise<void>, host?: string): Promise<void> {
  const server = await namespace.listen({ port: 0, host }, (connection) => connection.pipe(connection));
  try {
    await use(portOf(server));
  } finally {
    await closed(server);
  }
}

async function exchange(socket: Socket, words: string): Promise<string> {
  socket.end(words);
  return text(socket);
}

/** Lets the loop close the descriptor. */
async function destroyed(socket: Socket): Promise<void> {
  socket.destroy();
  if (!socket.closed) await once(socket, 'close');
}

describe('TCP inside a namespace', function () {
  before(async function () {
    needsRoot(this);
    await needsPrograms(this, 'curl');
  });

  it('connects two namespaces with sockets of node:net, each in its own', () =>
    withNamespaces(2, async (one, other) => {
      wire(one, other, { addresses });
      const accepted: Socket[] = [];
      const server = await other.listen({ port: 0 }, (connection) => {
        accepted.push(connection);
        connection.pipe(connection);
      });
      expect(server).to.be.instanceOf(Server);
      expectInside(other, fdOf(server));
      const socket = await one.connect({ host: '10.9.0.2', port: portOf(server), noDelay: true, keepAlive: true });
      expect(socket).to.be.instanceOf(Socket);
      expect([socket.remoteAddress, socket.localAddress, socket.connecting]).to.deep.equal(['10.9.0.2', '10.9.0.1', false]);
      expectInside(one, fdOf(socket));
      socket.write('hello ');
      await once(socket, 'data');
      expectInside(other, fdOf(accepted[0] ?? {}));
      expect(await exchange(socket, 'there')).to.equal('there');
      await closed(server);
    }));

  it('refuses to connect or listen again, which would be in the thread’s own namespace', () =>
    withNamespace(async (blue) => {
      const accepted: Socket[] = [];
      const server = await blue.listen({ port: 0, host: '127.0.0.1' }, (connection) => accepted.push(connection));
      const elsewhere = createServer().listen(0, '127.0.0.1');
      await once(elsewhere, 'listening');
      const target = { port: portOf(elsewhere), host: '127.0.0.1' };
      try {
        const socket = await blue.connect({ port: portOf(server), host: '127.0.0.1' });
        if (accepted.length === 0) await once(server, 'connection');
        for (const each of [socket, ...accepted]) {
          expect(() => each.connect(target))
            .to.throw()
            .with.property('code', 'NETLANE_REBIND');
          await destroyed(each);
          expect(() => each.connect(target))
            .to.throw()
            .with.property('code', 'NETLANE_REBIND');
        }
        expect(accepted).to.have.lengthOf(1);
        await closed(server);
        expect(() => server.listen(0))
          .to.throw()
          .with.property('code', 'NETLANE_REBIND');
      } finally {
        await closed(elsewhere);
      }
    }));

  it('refuses it as well by the prototypes, without the listeners, and from a listener that runs too early', () =>
    withNamespace(async (blue) => {
      const elsewhere = createServer((connection) => connection.end('outside')).listen(0, '127.0.0.1');
      await once(elsewhere, 'listening');
      const target = { port: portOf(elsewhere), host: '127.0.0.1' };
      try {
        const server = await blue.listen({ port: 0, host: '127.0.0.1' });
        server.removeAllListeners('connection');
        const accepted = once(server, 'connection') as Promise<[Socket]>;
        const socket = await blue.connect({ port: portOf(server), host: '127.0.0.1' });
        for (const each of [socket, ...(await accepted)]) {
          await destroyed(each);
          for (const connect of [() => each.connect(target), () => callInherited(each, 'connect', target)])
            expect(connect).to.throw().with.property('code', 'NETLANE_REBIND');
        }
        await closed(server);
        expect(() => server.listen(0, '127.0.0.1'))
          .to.throw()
          .with.property('code', 'NETLANE_REBIND');
        for (const where of [['127.0.0.1'], []]) {
          callInherited(server, 'listen', 0, ...where);
          expect((await once(server, 'error'))[0]).to.have.property('code', 'NETLANE_REBIND');
          expect(server.address()).to.equal(null);
        }
        // What listen() does in the end.
        expect(() => callInherited(server, '_listen2', '127.0.0.1', 0, 4, 5, -1))
          .to.throw()
          .with.property('code', 'NETLANE_REBIND');
        expect(server.address()).to.equal(null);

        const early = createServer();
        const refused = new Promise((resolve) => {
          early.once('listening', () => early.close());
          early.once('close', () => {
            try {
              resolve(early.listen(0, '127.0.0.1'));
            } catch (error) {
              resolve(error);
            }
          });
        });
        await blue.listen({ server: early, port: 0 });
        expect(await refused).to.have.property('code', 'NETLANE_REBIND');
      } finally {
        await closed(elsewhere);
      }
    }));

  it('lets a server that was closed listen inside again, and one call of two at once', () =>
    withNamespaces(2, async (one, other) => {
      const server = createServer((connection) => connection.end('again'));
      for (const namespace of [one, other, one]) {
        const [first, second] = await Promise.allSettled([
          namespace.listen({ server, port: 0, host: '127.0.0.1' }),
          namespace.listen({ server, port: 0, host: '127.0.0.1' }),
        ]);
        expect(first).to.have.property('status', 'fulfilled');
        expect(second).to.have.property('reason').with.property('code', 'NETLANE_BUSY');
        expectInside(namespace, fdOf(server));
        expect(await text(await namespace.connect({ port: portOf(server), host: '127.0.0.1' }))).to.equal('again');
        await closed(server);
      }
    }));

  it('connects again inside by a new call, after whatever happened to the socket before', () =>
    withNamespace(async (blue) => {
      await withEcho(
        blue,
        async (port) => {
          for (let round = 0; round < 3; round += 1) {
            const socket = await blue.connect({ port });
            expectInside(blue, fdOf(socket));
            expect(await exchange(socket, `round ${round}`)).to.equal(`round ${round}`);
          }
        },
        '127.0.0.1',
      );
    }));

  it('tells who refused: in which namespace, at which address, and what to do', () =>
    withNamespace(async (blue) => {
      const error = await rejectionOf(blue.connect({ host: '127.0.0.1', port: 81 }));
      expect(error).to.include({ code: 'ECONNREFUSED', syscall: 'connect', address: '127.0.0.1', port: 81, namespace: String(blue) });
      expect(error.message).to.match(/^connect to 127\.0\.0\.1:81 in Namespace\(.*no program listens/);
      expect(await rejectionOf(blue.connect({ host: '10.1.2.3', port: 81 }))).to.include({ code: 'ENETUNREACH' });
      const server = await blue.listen({ port: 8080 });
      expect(await rejectionOf(blue.listen({ port: 8080 }))).to.include({ code: 'EADDRINUSE' });
      expect(await rejectionOf(blue.listen({ host: '10.9.9.9' }))).to.include({ code: 'EADDRNOTAVAIL' });
      expect(await rejectionOf(blue.listen({ device: 'nowhere' }))).to.include({ code: 'ENODEV' });
      await closed(server);
    }));

  it('tries the other address when one leads nowhere, each on a socket of its own', () =>
    withNamespaces(2, async (one, other) => {
      wire(one, other, { addresses });
      const server = await other.listen({ host: '10.9.0.2' }, (connection) => connection.end('found'));
      // Nobody listens at the first two: one refuses, one is silent, as a packet filter would have it.
      ip(one, 'route add blackhole 10.9.1.1/32');
      ip(one, 'address add fd00::1/64 dev v0 nodad');
      const port = portOf(server);
      const { connectFirst } = await import('../../lib/execution/attempt.js');
      const { Ending } = await import('../../lib/execution/ending.js');
      const { placeAt } = await import('../../lib/namespace/place.js');
      const { streamOf } = await import('../../lib/execution/opening.js');
      const targets = ['fd00::2', '10.9.1.1', '10.9.0.2'].map((address) => ({ address, port }));
      const place = placeAt(one);
      const socket = await connectFirst(place, targets, {}, { delay: 10, ending: new Ending(), operation: 'connect' });
      const stream = streamOf(place, socket, false, 'connect');
      expectInside(one, fdOf(stream));
      expect(stream.remoteAddress).to.equal('10.9.0.2');
      expect(await text(stream)).to.equal('found');
      const none = ['10.9.1.1', '10.9.2.2'].map((address) => ({ address, port }));
      const error = await rejectionOf(connectFirst(place, none, {}, { delay: 10, ending: new Ending(), operation: 'connect' }));
      expect(error.cause).to.be.instanceOf(AggregateError);
      expect((error.cause as AggregateError).errors).to.have.lengthOf(2);
      await closed(server);
    }));

  it('tries the other address from the same local port, which only its own attempts share', () =>
    withNamespaces(2, async (one, other) => {
      wire(one, other, { addresses });
      const server = await other.listen({ host: '10.9.0.2' }, (connection) => connection.end('found'));
      // What is sent there is heard by nobody.
      ip(one, 'neighbour add 10.9.0.99 lladdr 02:00:00:00:00:99 dev v0');
      ip(one, 'address add fd00::1/64 dev v0 nodad');
      ip(one, 'neighbour add fd00::99 lladdr 02:00:00:00:00:99 dev v0');
      const port = portOf(server);
      const { connectFirst } = await import('../../lib/execution/attempt.js');
      const { Ending } = await import('../../lib/execution/ending.js');
      const { placeAt } = await import('../../lib/namespace/place.js');
      const { streamOf } = await import('../../lib/execution/opening.js');
      const place = placeAt(one);
      const targets = ['fd00::99', '10.9.0.99', '10.9.0.2'].map((address) => ({ address, port }));
      const connecting = { delay: 10, ending: new Ending(), operation: 'connect' };
      for (const [localPort, reuse] of [
        [5000, undefined],
        [5001, true],
        [5002, 'port'],
      ] as const) {
        const socket = await connectFirst(place, targets, { localPort, reuse }, connecting);
        const stream = streamOf(place, socket, false, 'connect');
        expect([stream.remoteAddress, stream.localPort]).to.deep.equal(['10.9.0.2', localPort]);
        const again = one.connect({ host: '10.9.0.2', port, localPort, localAddress: '10.9.0.1', reuse: true });
        expect(await rejectionOf(again), String(reuse)).to.include({ code: reuse === undefined ? 'EADDRINUSE' : 'EADDRNOTAVAIL' });
        expect(await text(stream)).to.equal('found');
      }
      // What somebody else has is not shared, whether it could be or not.
      const taken = await one.connect({ host: '10.9.0.2', port, localPort: 5003, reuse: true });
      const refused = await rejectionOf(connectFirst(place, targets, { localPort: 5003 }, connecting));
      expect(refused).to.have.property('code', 'EADDRINUSE');
      await destroyed(taken);
      await closed(server);
    }));

  it('ties the local side as told: address, port, device, mark, reuse, transparent', () =>
    withNamespaces(2, async (one, other) => {
      wire(one, other, { addresses });
      ip(one, 'address add 10.9.0.77/24 dev v0');
      await withEcho(other, async (port) => {
        const from = { localAddress: '10.9.0.77', localPort: 4321, device: 'v0', mark: 7, reuse: true };
        const socket = await one.connect({ host: '10.9.0.2', port, ...from });
        expect([socket.localAddress, socket.localPort]).to.deep.equal(['10.9.0.77', 4321]);
        expect(execInside(one, 'ss', ['-tnHe'])).to.match(/10\.9\.0\.77%v0:4321.*fwmark:0x7/);
        expect(await exchange(socket, 'x')).to.equal('x');
      });
      const shared = await Promise.all([one.listen({ port: 99, reuse: 'port' }), one.listen({ port: 99, reuse: 'port' })]);
      const foreign = await one.listen({ host: '192.0.2.1', transparent: true });
      expect((foreign.address() as AddressInfo).address).to.equal('192.0.2.1');
      await Promise.all([...shared, foreign].map(closed));
    }));

  it('has abstract Unix sockets of the namespace alone, and those with paths', () =>
    withNamespaces(2, async (one, other) => {
      const directory = mkdtempSync(join(tmpdir(), 'netlane-'));
      try {
        for (const path of ['\0only-here', join(directory, 'socket')]) {
          const server = await one.listen({ path }, (connection) => connection.end('unix'));
          expectInside(one, fdOf(server));
          const socket = await one.connect({ path });
          expectInside(one, fdOf(socket));
          expect(await text(socket)).to.equal('unix');
          expect(server.address()).to.equal(path);
          if (path.startsWith('\0')) {
            const error = await rejectionOf(other.connect({ path }));
            expect(error).to.include({ code: 'ECONNREFUSED' });
            expect(error.message).to.include('no program of this namespace listens under that name').and.not.to.include('\0');
          }
          await closed(server);
        }
        // As node:net leaves the place of a server that was closed.
        expect(readdirSync(directory)).to.deep.equal([]);
        expect(await rejectionOf(one.connect({ path: join(directory, 'nothing') }))).to.include({ code: 'ENOENT' });
        const path = join(directory, 'again');
        const first = await one.listen({ path });
        rmSync(path);
        const second = await one.listen({ path });
        // The file is another server's by now.
        await closed(first);
        expect(readdirSync(directory)).to.deep.equal(['again']);
        await closed(second);
      } finally {
        rmSync(directory, { recursive: true });
      }
    }));

  it('has a server of node:http listen inside, for curl', () =>
    withNamespaces(2, async (one, other) => {
      wire(one, other, { addresses });
      const server = await other.listen({
        port: 80,
        server: createHttpServer((request, response) => response.end(`you asked for ${request.url}`)),
      });
      const { stdout } = await one.exec('curl', ['--silent', '--max-time', '20', 'http://10.9.0.2/page'], { env: foreignEnvironment() });
      expect(stdout).to.equal('you asked for /page');
      server.closeAllConnections();
      await closed(server);
    }));

  it('listens inside also in a worker of node:cluster, and not at its primary', () => {
    const program = fileURLToPath(new URL('./support/cluster-program.js', import.meta.url));
    const done = spawnSync(process.execPath, [program], { encoding: 'utf8', timeout: limit(30_000), killSignal: 'SIGKILL' });
    expect(done.stderr).to.equal('');
    expect(JSON.parse(done.stdout)).to.deep.equal({
      worker: true,
      text: 'from inside',
      fetched: 'web',
      inUse: 'EADDRINUSE',
      inside: [true, true, true],
      again: 'NETLANE_REBIND',
      address: null,
    });
  });

  it('ends a connection that is being made: aborted, out of time, or with its namespace', () =>
    withNamespaces(2, async (one, other) => {
      wire(one, other, { addresses });
      // Nobody answers for the address, and the kernel asks for a while.
      ip(one, 'neighbour add 10.9.0.9 lladdr 02:00:00:00:00:09 dev v0');
      const target = { host: '10.9.0.9', port: 80 };
      const controller = new AbortController();
      const aborted = rejectionOf(one.connect({ ...target, signal: controller.signal }));
      controller.abort(new Error('enough'));
      expect(await aborted).to.include({ code: 'ABORT_ERR' });
      expect(await rejectionOf(one.connect({ ...target, signal: controller.signal }))).to.include({ code: 'ABORT_ERR' });
      expect(await rejectionOf(one.connect({ ...target, timeout: 20 }))).to.include({ code: 'NETLANE_TIMEOUT' });
      const waiting = rejectionOf(one.connect(target));
      await one.close();
      expect(await waiting).to.include({ code: 'NETLANE_CLOSED' });
      expect(await rejectionOf(one.connect(target))).to.include({ code: 'NETLANE_CLOSED' });
      expect(await rejectionOf(one.listen({ port: 0 }))).to.include({ code: 'NETLANE_CLOSED' });
    }));

  it('keeps what was handed out when the handle is closed', () =>
    withNamespace(async (blue) => {
      const server = await blue.listen({ port: 0 }, (connection) => connection.pipe(connection));
      const socket = await blue.connect({ port: portOf(server) });
      await blue.close();
      expect(await exchange(socket, 'still here')).to.equal('still here');
      await closed(server);
    }));

  it('refuses what cannot be meant before anything is opened', () =>
    withNamespace(async (blue) => {
      const wrong: [object, string][] = [
        [{}, 'options.port'],
        [{ port: 0 }, 'options.port'],
        [{ port: 70000 }, 'options.port'],
        [{ prot: 1 }, 'did you mean port'],
        [{ port: 1, family: 5 }, 'options.family'],
        [{ port: 1, host: '' }, 'options.host'],
        [{ port: 1, device: 'a-name-that-is-too-long' }, 'options.device'],
        [{ port: 1, localAddress: 'x' }, 'options.localAddress'],
        [{ port: 1, host: '::1', localAddress: '10.0.0.1' }, 'options.localAddress'],
        [{ port: 1, mark: -1 }, 'options.mark'],
        [{ port: 1, path: '/x' }, 'options.port'],
        [{ path: '/x', mark: 1 }, 'options.mark'],
        [{ path: '/x', reuse: true }, 'options.reuse'],
        [{ path: 'x'.repeat(200) }, 'options.path'],
      ];
      for (const [options, told] of wrong) {
        const error = await rejectionOf(blue.connect(options));
        expect(error, JSON.stringify(options)).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
        expect(error.message).to.include(told);
      }
      expect(await rejectionOf(blue.listen({ server: {} as Server }))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    }));
});
