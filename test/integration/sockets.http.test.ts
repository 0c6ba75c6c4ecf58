import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, get, type Agent as HttpAgent } from 'node:http';
import { createServer as createSecureServer, get as getSecurely } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import type { Namespace } from '../../lib/namespace.js';
import { rejectionOf } from '../support/error-of.js';
import { ip, wire, withNamespaces } from '../support/namespaces.js';
import { needsPrograms, needsRoot } from '../support/skip.js';
import { limit } from '../support/time.js';
import { expectInside, fdOf } from './support/insideness.js';

const clientAddress = '10.9.1.1';
const serverAddress = '10.9.2.1';

/** A client and a server with a router between them, which forwards. */
function withRouter(use: (client: Namespace, server: Namespace, router: Namespace) => Promise<void>): Promise<void> {
  return withNamespaces(3, async (client, server, router) => {
    wire(client, router, { names: ['v0', 'r0'], addresses: [`${clientAddress}/24`, '10.9.1.254/24'] });
    wire(server, router, { names: ['v0', 'r1'], addresses: [`${serverAddress}/24`, '10.9.2.254/24'] });
    ip(client, 'route add default via 10.9.1.254');
    ip(server, 'route add default via 10.9.2.254');
    await router.sysctl('net.ipv4.ip_forward', 1);
    await use(client, server, router);
  });
}

interface Closable extends Server {
  closeAllConnections(): void;
}

async function closed(server: Closable): Promise<void> {
  const ended = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await ended;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** Says who asked for what. */
function hello(): ReturnType<typeof createServer> {
  return createServer((request, response) => {
    if (request.url === '/moved') response.writeHead(302, { location: '/new' }).end();
    else
      text(request).then(
        (body) => response.end(`${request.method} ${request.url} ${body} for ${request.socket.remoteAddress}`),
        (error: unknown) => response.destroy(error as Error),
      );
  });
}

async function answerTo(url: string, agent: HttpAgent): Promise<{ readonly body: string; readonly socket: Socket }> {
  const request = get(url, { agent, timeout: limit(10_000) });
  const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream & { readonly socket: Socket }];
  const { socket } = response;
  return { body: await text(response), socket };
}

/** A certificate for the server's name, made by the program that everybody makes them with. */
function makeCertificate(): { readonly key: string; readonly cert: string } {
  const directory = mkdtempSync(join(tmpdir(), 'netlane-'));
  try {
    const [key, cert] = [join(directory, 'key'), join(directory, 'cert')];
    const subject = ['-subj', '/CN=web.test', '-addext', 'subjectAltName=DNS:web.test,IP:10.9.2.1'];
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
    execFileSync('openssl', ['req', '-x509', '-nodes', '-days', '2', ...kind, '-keyout', key, '-out', cert, ...subject], {
      stdio: 'ignore',
    });
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe('HTTP inside a namespace', function () {
  before(async function () {
    needsRoot(this);
    await needsPrograms(this, 'curl', 'ping', 'iperf3', 'openssl');
  });

  it('is fetched by Node’s own fetch across a router, with redirects, bodies and several connections', () =>
    withRouter(async (client, inside) => {
      const server = await inside.listen({ host: serverAddress, port: 8080, server: hello() });
      const sockets: Socket[] = [];
      server.on('connection', (socket) => sockets.push(socket));
      const url = `http://${serverAddress}:8080`;
      const moved = await client.fetch(`${url}/moved`);
      expect(moved).to.be.instanceOf(Response);
      expect([moved.status, moved.redirected, await moved.text()]).to.deep.equal([200, true, `GET /new  for ${clientAddress}`]);
      const request = new Request(`${url}/form`, { method: 'POST', body: 'a=b' });
      expect(await (await client.fetch(request)).text()).to.equal(`POST /form a=b for ${clientAddress}`);
      const all = await Promise.all(Array.from({ length: 5 }, async (_, index) => (await client.fetch(new URL(`/${index}`, url))).text()));
      expect(all).to.deep.equal(all.map((_, index) => `GET /${index}  for ${clientAddress}`));
      for (const socket of sockets.filter(({ destroyed }) => !destroyed)) expectInside(inside, fdOf(socket));
      await closed(server);
    }));

  it('fails with the reason of connect() as the cause, and with the namespace', () =>
    withRouter(async (client, inside) => {
      const refused = await rejectionOf(client.fetch(`http://${serverAddress}:81/`));
      expect(refused).to.be.instanceOf(TypeError);
      expect(refused.cause).to.include({ code: 'ECONNREFUSED', address: serverAddress, namespace: String(client) });
      const controller = new AbortController();
      controller.abort();
      expect(await rejectionOf(client.fetch(`http://${serverAddress}:81/`, { signal: controller.signal }))).to.have.property(
        'name',
        'AbortError',
      );
      for (const options of [
        { factory: () => undefined },
        { connect: 5 },
        { interceptors: {} },
        { nonsense: 1 },
        { tls: 5 },
        { socketPath: '/x' },
      ])
        expect(await rejectionOf(client.dispatcher(options as never))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
      const dispatcher = await client.dispatcher();
      expect(await rejectionOf(client.fetch('http://x/', { dispatcher } as never))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
      await dispatcher.close();

      // It never answers.
      const server = await inside.listen({ port: 8080, server: createServer(() => undefined) });
      const requested = once(server, 'request');
      const waiting = rejectionOf(client.fetch(`http://${serverAddress}:8080/`));
      await requested;
      await client.close();
      expect((await waiting).cause).to.include({ code: 'NETLANE_CLOSED' });
      expect(await rejectionOf(client.fetch('http://x/'))).to.include({ code: 'NETLANE_CLOSED' });
      await closed(server);
    }));

  it('goes through an agent of node:http, whose connections are kept and made inside, again after they were closed', () =>
    withRouter(async (client, inside) => {
      const server = await inside.listen({ host: serverAddress, port: 8080, server: hello() });
      const agent = client.agent('http:', { keepAlive: true, maxSockets: 1, connection: { device: 'v0', mark: 5 } });
      const url = `http://${serverAddress}:8080`;
      const first = await answerTo(`${url}/1`, agent);
      expect(first.body).to.equal(`GET /1  for ${clientAddress}`);
      expectInside(client, fdOf(first.socket));
      expect(() => first.socket.connect(80))
        .to.throw()
        .with.property('code', 'NETLANE_REBIND');
      const second = await answerTo(`${url}/2`, agent);
      expect(second.socket).to.equal(first.socket);
      second.socket.destroy();
      await once(second.socket, 'close');
      const third = await answerTo(`${url}/3`, agent);
      expect(third.socket).not.to.equal(first.socket);
      expectInside(client, fdOf(third.socket));
      const [refused] = (await once(get(`http://${serverAddress}:81/`, { agent }), 'error')) as [Error];
      expect(refused).to.include({ code: 'ECONNREFUSED', namespace: String(client) });
      agent.destroy();
      await closed(server);
      expect(() => client.agent('ftp:' as 'http:'))
        .to.throw()
        .with.property('code', 'NETLANE_INVALID_ARGUMENT');
      const misspelt = { connection: { devise: 'v0' } } as object;
      expect(() => client.agent('http:', misspelt))
        .to.throw()
        .with.property('message')
        .that.includes('did you mean device');
    }));

  it('is encrypted by an agent of node:https and by a dispatcher, which check the server’s certificate', () =>
    withRouter(async (client, inside) => {
      const certificate = makeCertificate();
      const secure = createSecureServer(certificate, (request, response) => response.end(`secret ${request.url}`));
      const server = await inside.listen({ port: 0, server: secure });
      const url = `https://${serverAddress}:${portOf(server)}`;
      const agent = client.agent('https:', { ca: certificate.cert, keepAlive: true });
      const request = getSecurely(`${url}/agent`, { agent, timeout: limit(10_000) });
      const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream];
      expect(await text(response)).to.equal('secret /agent');
      agent.destroy();
      const [distrusted] = (await once(getSecurely(url, { agent: client.agent('https:') }), 'error')) as [Error];
      expect(distrusted).to.include({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
      const dispatcher = await client.dispatcher({ tls: { ca: certificate.cert } });
      const fetched = await fetch(`${url}/fetch`, { dispatcher: dispatcher as never });
      expect(await fetched.text()).to.equal('secret /fetch');
      await dispatcher.close();
      expect((await rejectionOf(client.fetch(url))).cause).to.include({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
      await closed(server);
    }));

  it('and all else that programs send crosses the router: curl, ping, iperf3', () =>
    withRouter(async (client, inside) => {
      const server = await inside.listen({ host: serverAddress, port: 80, server: hello() });
      const { stdout } = await client.exec('curl', ['--silent', '--max-time', '20', `http://${serverAddress}/curl`]);
      expect(stdout).to.equal(`GET /curl  for ${clientAddress}`);
      await closed(server);
      await client.exec('ping', ['-n', '-c', '1', '-W', '10', serverAddress]);
      const iperf = await inside.spawn('iperf3', ['--server', '--one-off', '--forceflush'], { stdio: ['ignore', 'pipe', 'inherit'] });
      const ended = once(iperf, 'close');
      for await (const part of iperf.stdout ?? []) if (String(part).includes('listening')) break;
      const measured = await client.exec('iperf3', ['--client', serverAddress, '--json', '--bytes', '1M']);
      const { end } = JSON.parse(measured.stdout) as { end: { sum_received: { bytes: number } } };
      expect(end.sum_received.bytes).to.be.above(0);
      iperf.kill('SIGKILL');
      await ended;
    }));
});
