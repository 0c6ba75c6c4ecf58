import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { Agent, createServer as createWebServer, get, type IncomingMessage, type RequestOptions } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { Namespace } from '../../lib/namespace.js';
import { native } from '../../lib/native.js';
import { rejectionOf } from '../support/error-of.js';
import { withNamespace } from '../support/namespaces.js';
import { needsRoot } from '../support/skip.js';
import { until } from './support/route.js';

/** The sockets of this process by the kernel's own numbers, each with a descriptor. */
function sockets(): Map<string, number> {
  const found = new Map<string, number>();
  for (const fd of readdirSync('/proc/self/fd')) {
    let target;
    try {
      target = readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      continue; // That of the listing itself, or closed by another thread.
    }
    if (target.startsWith('socket:')) found.set(target, Number(fd));
  }
  return found;
}

/** 'device:inode' of the namespace that the kernel says the socket is in; undefined where it was closed meanwhile. */
function namespaceOf(fd: number): string | undefined {
  let found;
  try {
    found = native().namespaceOfSocket(fd);
  } catch (error) {
    if ((error as { errno?: unknown }).errno === -9) return undefined;
    throw error;
  }
  try {
    const { device, inode } = native().identity(found);
    return `${device}:${inode}`;
  } finally {
    native().closeFd(found);
  }
}

interface Watch {
  /** Asks the kernel about every socket that this process has got since. Resolves with how many there are. */
  readonly check: (step: string) => number;
}

/**
 * Watches over a scene: programs of this process's own namespace listen where those inside do, and must not hear anything; and no socket may be anywhere but
 * in the namespace.
 */
async function watching(namespace: Namespace, port: number, use: (watch: Watch) => Promise<void>): Promise<void> {
  const heard: string[] = [];
  const tcp = createServer((connection) => {
    heard.push('a connection');
    connection.destroy();
  });
  tcp.listen(port, '127.0.0.1');
  const udp = createSocket('udp4', () => heard.push('a datagram')).bind(port, '127.0.0.1');
  await Promise.all([once(tcp, 'listening'), once(udp, 'listening')]);
  const before = sockets();
  try {
    await use({
      check(step) {
        const since = [...sockets()].filter(([socket]) => !before.has(socket));
        const places = since.flatMap(([, fd]) => namespaceOf(fd) ?? []);
        expect(new Set(places), step).to.deep.equal(new Set(places.length === 0 ? [] : [namespace.id]));
        // Sockets that a task opens are its own affair, and no owner is known of them here.
        expect(
          Namespace.leaks().threads.filter(({ owner }) => owner === undefined),
          step,
        ).to.deep.equal([]);
        return places.length;
      },
    });
  } finally {
    tcp.close();
    udp.close();
    await Promise.all([once(tcp, 'close'), once(udp, 'close')]);
  }
  expect(heard).to.deep.equal([]);
}

async function closed(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}

async function got(options: RequestOptions): Promise<string> {
  const [response] = (await once(get(options), 'response')) as [IncomingMessage];
  return text(response);
}

describe('What was handed out of a namespace', function () {
  this.timeout(60_000);
  before(function () {
    needsRoot(this);
  });

  /** A server of node:http that answers inside, with connections that it keeps or ends. */
  async function serve(namespace: Namespace, port: number): Promise<Server & { closeAllConnections(): void }> {
    return namespace.listen({ server: createWebServer((_, response) => response.end('inside')), port, host: '127.0.0.1' });
  }

  it('is inside, and so is all that is made of it when connections are lost and made again', () =>
    withNamespace(async (blue) => {
      const probe = await blue.listen({ port: 0, host: '127.0.0.1' });
      const { port } = probe.address() as AddressInfo;
      await closed(probe);
      const url = `http://127.0.0.1:${port}/`;
      await watching(blue, port, async ({ check }) => {
        const agent = blue.agent('http:', { keepAlive: true });
        expect(agent).to.be.instanceOf(Agent);
        const dispatcher = await blue.dispatcher();
        const through = (init: object): Promise<Response> => fetch(url, init);
        const udp = await blue.udp();
        udp.on('error', () => undefined);
        // Nobody serves yet: refused inside, where the program of this process's own namespace would have answered.
        expect(await rejectionOf(blue.connect({ host: '127.0.0.1', port }))).to.include({ code: 'ECONNREFUSED' });
        expect(await rejectionOf(got({ agent, port, host: '127.0.0.1' }))).to.include({ code: 'ECONNREFUSED' });
        expect((await rejectionOf(blue.fetch(url))).cause).to.include({ code: 'ECONNREFUSED' });
        check('refused');
        for (let round = 0; round < 3; round += 1) {
          const server = await serve(blue, port);
          const connection = await blue.connect({ host: 'localhost', port, attemptDelay: 10 });
          for (let repeated = 0; repeated < 2; repeated += 1) {
            expect(await got({ agent, port, host: '127.0.0.1' })).to.equal('inside');
            expect(await (await blue.fetch(url)).text()).to.equal('inside');
            expect(await (await through({ dispatcher })).text()).to.equal('inside');
          }
          udp.send('into nothing', port, '127.0.0.1');
          expect(check(`round ${round}`)).to.be.at.least(6);
          // What was kept breaks under those who keep it, and they connect again in the next round.
          server.closeAllConnections();
          connection.destroy();
          await closed(server);
          expect(await rejectionOf(blue.connect({ host: '127.0.0.1', port }))).to.include({ code: 'ECONNREFUSED' });
          // Those who kept one must have heard of its end, or the next round begins on a connection that is dead already. The datagrams' own stays.
          await until('what was kept is closed', () => check(`after round ${round}`) === 1);
        }
        udp.connect(port, '127.0.0.1');
        await once(udp, 'connect');
        udp.send('again into nothing');
        udp.disconnect();
        check('datagrams');
        udp.close();
        agent.destroy();
        await Promise.all([once(udp, 'close'), dispatcher.destroy()]);
      });
    }));

  it('is inside, whatever kind it is, and what tasks open is, too', () =>
    withNamespace(async (blue) => {
      await watching(blue, 4711, async ({ check }) => {
        const packets = await blue.packet();
        const raw = await blue.socket({ family: 'ipv4', type: 'raw', protocol: 'icmp' });
        const abstract = await blue.listen({ path: '\0insideness' });
        const local = await blue.connect({ path: '\0insideness' });
        const route = await blue.route();
        const caller = await blue.route({ thread: 'caller' });
        const watch = route.watch(['link']);
        await Promise.all([watch.ready, caller.links.list()]);
        expect(check('of every kind')).to.be.at.least(8);
        const answers = await blue.run(
          async (port: number) => {
            const { createServer, connect } = process.getBuiltinModule('node:net');
            const events = process.getBuiltinModule('node:events');
            const server = createServer((connection) => connection.end('task')).listen(port, '127.0.0.1');
            await events.once(server, 'listening');
            const answers: string[] = [];
            // The same socket again: in a task that is inside, too.
            const socket = connect(port, '127.0.0.1');
            for (let round = 0; round < 3; round += 1) {
              if (round > 0) socket.connect(port, '127.0.0.1');
              socket.once('data', (data) => answers.push(String(data)));
              await events.once(socket, 'close');
            }
            server.close();
            return answers;
          },
          { args: [4711] },
        );
        expect(answers).to.deep.equal(['task', 'task', 'task']);
        check('after a task');
        await watch.close();
        local.destroy();
        await Promise.all([packets.close(), raw.close(), route.close(), caller.close(), closed(abstract)]);
        const count = (): number => check('closing');
        await until('all are closed', () => count() === 0);
      });
    }));
});
