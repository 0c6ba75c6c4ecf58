import { connect } from 'node:net';
import { expect } from 'chai';
import type { TaskIterator } from '../../lib/execution/task-stream.js';
import { Namespace } from '../../lib/namespace.js';
import { wire } from '../support/namespaces.js';
import { needsRoot } from '../support/skip.js';
import { limit } from '../support/time.js';

const webServer = new URL('./support/web-server.js', import.meta.url);
type WebServer = typeof import('./support/web-server.js');

describe('The network in a task', function () {
  let server: Namespace;
  let client: Namespace;
  const running: TaskIterator<unknown>[] = [];
  let port = 0;

  before(async function () {
    needsRoot(this);
    [server, client] = [await Namespace.create({ loopback: true }), await Namespace.create({ loopback: true })];
    wire(server, client, { addresses: ['10.0.0.1/24', '10.0.0.2/24'] });
    const web = await server.run<WebServer, 'serveWeb'>(webServer, { export: 'serveWeb', args: ['10.0.0.1'] });
    running.push(web);
    port = Number((await web.next()).value);
  });
  after(async () => {
    await Promise.all(running.map((each) => each.return()));
    await Promise.all([server, client].map((each) => each?.close()));
  });

  it('is that of the namespace for net, http and fetch to addresses', async () => {
    const fetched = await client.run(async (url: string) => (await fetch(url)).text(), { args: [`http://10.0.0.1:${port}/`] });
    expect(fetched).to.equal(`10.0.0.2 asked 10.0.0.1:${port}`);
    const asked = await client.run(
      async (number: number) => {
        const { get } = await import('node:http');
        const { text } = await import('node:stream/consumers');
        return new Promise<string>((resolve, reject) => {
          get({ host: '10.0.0.1', port: number }, (response) => resolve(text(response))).once('error', reject);
        });
      },
      { args: [port] },
    );
    expect(asked).to.equal(`10.0.0.2 asked 10.0.0.1:${port}`);
    const connected = await client.run(
      async (number: number) => {
        const { connect } = await import('node:net');
        return new Promise<string | undefined>((resolve, reject) => {
          const socket = connect(number, '10.0.0.1', () => {
            resolve(socket.localAddress);
            socket.destroy();
          }).once('error', reject);
        });
      },
      { args: [port] },
    );
    expect(connected).to.equal('10.0.0.2');
  });

  it('is not that of the caller', async () => {
    const socket = connect(port, '10.0.0.1');
    const outcome = await new Promise<string>((resolve) => {
      socket.once('connect', () => resolve('connected'));
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
      // A machine with a default route may have to wait for nobody's answer.
      socket.setTimeout(limit(300), () => resolve('no answer'));
    });
    socket.destroy();
    expect(outcome).not.to.equal('connected');
  });
});
