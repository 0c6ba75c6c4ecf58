import { expect } from 'chai';
import type { Namespace } from '../../lib/namespace.js';
import { errorOf, rejectionOf } from '../support/error-of.js';
import { wire, withNamespaces } from '../support/namespaces.js';
import { needsRoot } from '../support/skip.js';
import { threadsIn } from './support/tasks.js';
import { until } from './support/route.js';

/** Two namespaces on one wire; the second answers nobody but by ARP for its own address. */
function withScene(use: (blue: Namespace, other: Namespace) => Promise<void>): Promise<void> {
  return withNamespaces(2, async (blue, other) => {
    wire(blue, other, { addresses: ['10.9.0.1/24', '10.9.0.2/24'] });
    await use(blue, other);
  });
}

describe('Mistakes of those who run things inside are told with a code, the namespace, and what to do:', function () {
  this.timeout(60_000);
  before(function () {
    needsRoot(this);
  });

  it('a function that is not self-contained', () =>
    withScene(async (blue) => {
      const outer = 80;
      const error = await rejectionOf(blue.run(() => outer));
      expect(error).to.deep.include({ code: 'NETLANE_NOT_SELF_CONTAINED', details: { variable: 'outer', identifier: 'outer' } });
      expect(error.message).to.include('the function uses outer').and.to.include('args');
    }));

  it('an executable that is not there, or is none', () =>
    withScene(async (blue) => {
      // One folder on the way that may not be searched would make it a matter of permission, for execvp(3) as well.
      const env = { PATH: '/usr/bin:/bin' };
      for (const work of [blue.spawn('netlane-is-not-there', [], { env }), blue.exec('netlane-is-not-there', [], { reject: false, env })]) {
        const error = await rejectionOf(work);
        expect(error).to.include({ code: 'ENOENT', syscall: 'execve', path: 'netlane-is-not-there', namespace: String(blue) });
        expect(error.message).to.include("execve 'netlane-is-not-there'");
      }
      expect(await rejectionOf(blue.spawn('/etc/passwd'))).to.include({ code: 'EACCES', syscall: 'execve' });
    }));

  it('a port in use', () =>
    withScene(async (blue) => {
      const server = await blue.listen({ port: 80 });
      const udp = await blue.udp({ port: 53 });
      for (const work of [blue.listen({ port: 80 }), blue.udp({ port: 53 })]) {
        const error = await rejectionOf(work);
        expect(error).to.include({ code: 'EADDRINUSE', namespace: String(blue) });
        expect(error.message).to.include("'ss -lntup' inside tells what");
      }
      server.close();
      udp.close();
    }));

  it('a host name that does not resolve', () =>
    withScene(async (blue) => {
      const name = 'no-such-host.test';
      const errors = [
        await rejectionOf(blue.lookup(name)),
        await rejectionOf(blue.connect({ host: name, port: 80 })),
        (await rejectionOf(blue.fetch(`http://${name}/`))).cause,
      ];
      for (const error of errors) {
        // There is no server either.
        expect(error).to.include({ code: 'ENETUNREACH', hostname: name, namespace: String(blue) });
        expect((error as Error).message).to.include(`look up ${name} in ${String(blue)}`);
      }
    }));

  it('a socket that is closed', () =>
    withScene(async (blue) => {
      const socket = await blue.netlink('route', { groups: [1] });
      await socket.close();
      const error = errorOf(() => socket.messages());
      expect(error).to.include({ code: 'NETLANE_CLOSED', namespace: String(blue) });
      expect(error.message).to.equal(`the socket of ${String(blue)} is closed`);
    }));

  it('a namespace that is closed in the middle of everything', () =>
    withScene(async (blue, other) => {
      const label = String(blue);
      // Nobody is there to answer for the address.
      const nobody = '10.9.0.99';
      const packets = await blue.packet({ link: 'v0', protocol: 0x88b5 });
      const next = async (): Promise<void> => {
        for await (const packet of packets) expect.fail(`a packet of ${packet.length} bytes`);
      };
      const works: Readonly<Record<string, Promise<unknown>>> = {
        run: blue.run(() => new Promise(() => setInterval(() => undefined, 1000))),
        exec: blue.exec('sleep', ['1000']),
        connect: blue.connect({ host: nobody, port: 80 }),
        fetch: blue.fetch(`http://${nobody}/`).catch((error: Error) => Promise.reject(error.cause as Error)),
        packets: next(),
      };
      const ends = Object.entries(works).map(async ([name, work]) => [name, await rejectionOf(work)] as const);
      await until('the task runs', () => threadsIn(blue).length === 1);
      await blue.close();
      for (const [name, error] of await Promise.all(ends)) {
        expect(error, name).to.include({ code: 'NETLANE_CLOSED' });
        expect(error.message, name).to.include(label);
      }
      for (const work of [
        blue.run(() => 1),
        blue.spawn('true'),
        blue.connect({ port: 1 }),
        blue.listen({}),
        blue.udp(),
        blue.lookup('localhost'),
        blue.sysctl('net.ipv4.ip_forward'),
      ])
        expect(await rejectionOf(work)).to.include({ code: 'NETLANE_CLOSED' });
      expect(other.closed).to.equal(false);
    }));
});
