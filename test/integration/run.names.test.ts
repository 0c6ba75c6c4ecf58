import { expect } from 'chai';
import { moduleUrl, resultOfProgram } from '../support/namespaces.js';
import { needsRoot } from '../support/skip.js';

const nameServer = new URL('./support/name-server.js', import.meta.url).href;
const webServer = new URL('./support/web-server.js', import.meta.url).href;

/** Programs have an /etc of their own: what they write there is seen by nobody else. */
const ownEtc = [
  'unshare',
  '--mount',
  '--propagation',
  'private',
  'sh',
  '-c',
  'mount -t tmpfs netlane-tests /etc && mount -t tmpfs netlane-tests /run/netns && exec "$@"',
  'sh',
] as const;

/** A namespace `blue` with a name server and a web server on 10.0.0.1, and lookups in tasks of it. */
const setUp = `
  import { mkdirSync, writeFileSync } from 'node:fs';
  mkdirSync('/etc/netns/blue', { recursive: true });
  writeFileSync('/etc/resolv.conf', 'nameserver 192.0.2.1\\n');
  writeFileSync('/etc/hosts', '10.0.0.8 listed.test\\n');
  const files = (resolv, hosts) => {
    writeFileSync('/etc/netns/blue/resolv.conf', resolv);
    if (hosts !== undefined) writeFileSync('/etc/netns/blue/hosts', hosts);
  };
  const blue = await Namespace.create('blue', { loopback: true, temporary: true });
  const route = await blue.route();
  for (const address of ['10.0.0.1/32', 'fd00::1/128']) await route.addresses.add({ link: 'lo', address });
  const records = {
    'web.test': ['10.0.0.1'], 'six.test': ['fd00::1'], 'both.test': ['fd00::1', '10.0.0.1'], 'found.search.test': ['10.0.0.1'],
  };
  const names = await blue.run(${JSON.stringify(nameServer)}, { export: 'serveNames', args: ['10.0.0.1', records] });
  await names.next();
  const outcome = (promise) => promise.catch(({ code, syscall, hostname, message }) => ({ code, syscall, hostname, message }));
  const lookup = (namespace, name, options) =>
    outcome(namespace.run(async (name) => (await import('node:dns')).promises.lookup(name), { args: [name], ...options }));
  const print = (value) => console.log(JSON.stringify(value));`;

const resolvers = String.raw`'nameserver 10.0.0.1\nsearch search.test\noptions timeout:5 attempts:3\n'`;
/** For names that nobody answers for. */
const impatient = String.raw`'nameserver 10.0.0.1\noptions timeout:1 attempts:1\n'`;

const tearDown = `
  await names.return();
  await blue.close();`;

describe('Names in a task', function () {
  this.timeout(60_000);
  before(function () {
    needsRoot(this);
  });

  it('are the host’s in a worker that the task starts, which can ask inside by netlane', () => {
    const nested = `
      const { parentPort, workerData } = require('node:worker_threads');
      (async () => {
        const { Namespace } = await import(workerData);
        const here = await Namespace.current();
        const { readFileSync, readlinkSync } = require('node:fs');
        parentPort.postMessage({
          network: readlinkSync('/proc/thread-self/ns/net'),
          hosts: readFileSync('/etc/hosts', 'utf8'),
          plain: await require('node:dns').promises.lookup('listed.test'),
          inside: await here.lookup('listed.test'),
          asked: await here.lookup('web.test'),
        });
        await here.close();
      })();`;
    const result = resultOfProgram(
      `${setUp}
      writeFileSync('/etc/nsswitch.conf', 'hosts: files\\n');
      files(${resolvers}, '10.0.0.9 listed.test\\n');
      const inWorker = await blue.run(async (text, workerData) => {
        const { Worker } = await import('node:worker_threads');
        const { readlinkSync } = await import('node:fs');
        const worker = new Worker(text, { eval: true, workerData });
        const told = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
        await worker.terminate();
        return { ...told, network: told.network === readlinkSync('/proc/thread-self/ns/net') };
      }, { args: [${JSON.stringify(nested)}, ${JSON.stringify(moduleUrl('namespace'))}] });
      print(inWorker);
      ${tearDown}`,
      ownEtc,
    );
    expect(result).to.deep.equal({
      network: true,
      hosts: '10.0.0.9 listed.test\n',
      plain: { address: '10.0.0.8', family: 4 },
      inside: { address: '10.0.0.9', family: 4 },
      asked: { address: '10.0.0.1', family: 4 },
    });
  });

  it('are resolved inside, by the files of the namespace, with its mounts and without', () => {
    const result = resultOfProgram(
      `${setUp}
      files(${resolvers}, '10.0.0.9 listed.test\\n');
      const web = await blue.run(${JSON.stringify(webServer)}, { export: 'serveWeb', args: ['10.0.0.1'] });
      const port = (await web.next()).value;
      const looked = (mounts) => blue.run(async (port) => {
        const dns = await import('node:dns');
        const { promisify } = await import('node:util');
        const { lookup } = dns.promises;
        return {
          web: await lookup('web.test'),
          callback: await new Promise((resolve) => dns.lookup('web.test', (error, address, family) => resolve({ error, address, family }))),
          promisified: await promisify(dns.lookup)('web.test'),
          six: await lookup('six.test', { family: 6 }),
          both: await lookup('both.test', { all: true, verbatim: false }),
          searched: await lookup('found'),
          listed: await lookup('listed.test'),
          localhost: await lookup('localhost', 4),
          literal: await lookup('10.0.0.3'),
          resolved: await dns.promises.resolve4('web.test'),
          servers: dns.getServers(),
          fetched: await (await fetch('http://web.test:' + port + '/')).text(),
        };
      }, { args: [port], mounts });
      const result = { port, mounted: await looked(true), unmounted: await looked(false) };
      await web.return();
      ${tearDown}
      print(result);`,
      ownEtc,
    ) as { readonly port: number; readonly mounted: unknown; readonly unmounted: unknown };
    const web = { address: '10.0.0.1', family: 4 };
    const expected = {
      web,
      callback: { error: null, ...web },
      promisified: web,
      six: { address: 'fd00::1', family: 6 },
      both: [web, { address: 'fd00::1', family: 6 }],
      searched: web,
      listed: { address: '10.0.0.9', family: 4 },
      localhost: { address: '127.0.0.1', family: 4 },
      literal: { address: '10.0.0.3', family: 4 },
      resolved: ['10.0.0.1'],
      servers: ['10.0.0.1'],
      fetched: `10.0.0.1 asked web.test:${result.port}`,
    };
    expect(result.mounted).to.deep.equal(expected);
    expect(result.unmounted).to.deep.equal(expected);
  });

  it("are resolved by the machine's files where the namespace has none, and the process keeps its own", () => {
    const result = resultOfProgram(
      `${setUp}
      import { lookup as outside } from 'node:dns/promises';
      writeFileSync('/etc/resolv.conf', ${resolvers});
      const result = { web: await lookup(blue, 'web.test'), listed: await lookup(blue, 'listed.test'), here: await outcome(outside('listed.test')) };
      ${tearDown}
      print(result);`,
      ownEtc,
    );
    const listed = { address: '10.0.0.8', family: 4 };
    expect(result).to.deep.equal({ web: { address: '10.0.0.1', family: 4 }, listed, here: listed });
  });

  it('that are not there are told as Node tells them; of servers that do not answer it is told where they were', () => {
    const result = resultOfProgram(
      `${setUp}
      files(${resolvers});
      const missing = await lookup(blue, 'missing.test');
      files(${impatient});
      const silent = await lookup(blue, 'silent.test.', { mounts: false });
      files('nameserver 127.0.0.53\\n');
      const nobody = await lookup(blue, 'web.test');
      ${tearDown}
      print({ missing, silent, nobody });`,
      ownEtc,
    ) as Record<string, { readonly message: string }>;
    const { missing, silent, nobody } = result;
    expect(missing).to.include({ code: 'ENOTFOUND', hostname: 'missing.test' });
    expect(silent).to.include({ code: 'ETIMEOUT', hostname: 'silent.test.' });
    expect(silent?.message).to.include('10.0.0.1');
    expect(nobody).to.have.property('code', 'NETLANE_NO_RESOLVER');
    expect(nobody?.message).to.include('127.0.0.53').and.to.include('/etc/netns/blue/resolv.conf');
  });
});
