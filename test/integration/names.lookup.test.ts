import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createSocket } from 'node:dgram';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import type { Namespace } from '../../lib/namespace.js';
import { rejectionOf } from '../support/error-of.js';
import { ip, uniqueName, wire, withNamespaces } from '../support/namespaces.js';
import { withNetnsFiles } from '../support/netns-files.js';
import { needsPrograms, needsRoot } from '../support/skip.js';
import { withDnsmasq } from './support/dnsmasq.js';
import { Namespace as Namespaces } from '../../lib/namespace.js';

const server = '10.9.0.2';
const many = Array.from({ length: 120 }, (_, index) => `10.8.0.${index + 1}`);
const records = [
  `--host-record=web.example.test,${server},fd00::2`,
  '--host-record=four.example.test,10.7.0.4',
  '--cname=alias.example.test,web.example.test',
  '--host-record=sub.web.example.test,10.7.0.5',
  ...many.map((address) => `--host-record=many.example.test,${address}`),
];

interface Scene {
  readonly blue: Namespace;
  readonly other: Namespace;
}

/** A namespace with a name and files of its own, and a DNS server that only it can reach. */
async function withScene(files: Readonly<Record<string, string>>, use: (scene: Scene) => Promise<void>): Promise<void> {
  const name = uniqueName();
  await withNetnsFiles(name, files, () =>
    withNamespaces(1, async (other) => {
      const blue = await Namespaces.create(name, { loopback: true, temporary: true });
      try {
        wire(blue, other, { addresses: ['10.9.0.1/24', `${server}/24`] });
        await withDnsmasq(other, server, records, () => use({ blue, other }));
      } finally {
        await blue.close();
      }
    }),
  );
}

const ownServer = { 'resolv.conf': `nameserver ${server}\nsearch nowhere.test example.test\noptions timeout:10\n` };

describe('Names inside a namespace', function () {
  before(async function () {
    needsRoot(this);
    await needsPrograms(this, 'dnsmasq');
  });

  it('are those of its own resolv.conf: A, AAAA, CNAME and search domains', () =>
    withScene(ownServer, async ({ blue }) => {
      expect(await blue.lookup('web.example.test', { all: true })).to.deep.equal([
        { address: 'fd00::2', family: 6 },
        { address: server, family: 4 },
      ]);
      expect(await blue.lookup('web', { family: 4 })).to.deep.equal({ address: server, family: 4 });
      expect(await blue.lookup('WEB.example.test.', { order: 'ipv4first' })).to.deep.equal({ address: server, family: 4 });
      expect(await blue.lookup('alias', { family: 6 })).to.deep.equal({ address: 'fd00::2', family: 6 });
      // It has a dot, and is found by the second domain all the same.
      expect(await blue.lookup('sub.web')).to.deep.equal({ address: '10.7.0.5', family: 4 });
      expect(await blue.lookup('10.1.1.1')).to.deep.equal({ address: '10.1.1.1', family: 4 });
    }));

  it('whose answer does not fit a datagram are asked for by TCP', () =>
    withScene(ownServer, async ({ blue }) => {
      const found = await blue.lookup('many', { all: true, family: 4 });
      expect(found.map(({ address }) => address).sort()).to.deep.equal([...many].sort());
    }));

  it('may be asked for by TCP alone', () =>
    withScene({ 'resolv.conf': `nameserver ${server}\noptions use-vc\n` }, async ({ blue }) => {
      expect(await blue.lookup('four.example.test')).to.deep.equal({ address: '10.7.0.4', family: 4 });
    }));

  it('that do not exist, or have no such address, are told apart', () =>
    withScene(ownServer, async ({ blue }) => {
      const missing = await rejectionOf(blue.lookup('missing.example.test.'));
      expect(missing).to.include({
        name: 'LookupError',
        code: 'ENOTFOUND',
        hostname: 'missing.example.test.',
        syscall: 'lookup',
        namespace: String(blue),
      });
      expect(missing.message).to.include('there is no such name');
      const four = await rejectionOf(blue.lookup('four.example.test.', { family: 6 }));
      expect(four).to.include({ code: 'ENOTFOUND' });
      expect(four.message).to.include('the name has no IPv6 address');
      // Searched for as well: the server refuses to tell of 'four' itself, after it has told of the name that there is.
      const searched = await rejectionOf(blue.lookup('four', { family: 6 }));
      expect(searched).to.include({ code: 'ENOTFOUND', hostname: 'four' });
      expect(searched.message).to.include('the name has no IPv6 address');
      for (const name of ['a..b', 'x'.repeat(64), `${'x.'.repeat(130)}x`, '10.0.0.256.'])
        expect(await rejectionOf(blue.lookup(name)), name).to.include({ code: 'ENOTFOUND' });
      for (const name of ['', 'a\0b', 5 as unknown as string])
        expect(await rejectionOf(blue.lookup(name))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
      // Nobody but dnsmasq would know it, and it refuses what is not its own.
      expect(await rejectionOf(blue.lookup('www.example.org'))).to.include({ code: 'EREFUSED' });
    }));

  it('are what they say, not what a URL would make of them', () =>
    withScene(ownServer, async ({ blue }) => {
      for (const name of [
        'web/lan',
        'web?x',
        'web#x',
        'w%65b',
        'web\\x',
        'we\tb',
        'web x',
        'u@web',
        'web:80',
        '[web]',
        '',
        '..',
        '0x',
        '４．1',
        '127.1.',
      ]) {
        const expected = name === '' ? 'NETLANE_INVALID_ARGUMENT' : 'ENOTFOUND';
        expect(await rejectionOf(blue.lookup(name)), name).to.have.property('code', expected);
      }
      // As getaddrinfo(3) takes them. Not by ahostsv4: that has nothing to say where no address of IPv4 is but the loopback's.
      for (const name of ['127.1', '0x7f.1', '2130706433', '017700000001', '1.2.3', '0']) {
        const [address] = spawnSync('getent', ['ahosts', name], { encoding: 'utf8' }).stdout.split(' ');
        expect(await blue.lookup(name), name).to.deep.equal({ address, family: 4 });
        expect(await rejectionOf(blue.lookup(name, { family: 6 })), name).to.have.property('code', 'ENOTFOUND');
      }
      expect(await blue.lookup('ⓦeb', { family: 4 })).to.deep.equal({ address: server, family: 4 });
    }));

  it('of its own hosts file come first', () =>
    withScene({ ...ownServer, hosts: '10.6.0.1 web.example.test\n10.6.0.2 Only-Here\n' }, async ({ blue }) => {
      expect(await blue.lookup('web.example.test')).to.deep.equal({ address: '10.6.0.1', family: 4 });
      expect(await blue.lookup('only-here')).to.deep.equal({ address: '10.6.0.2', family: 4 });
      expect(await blue.lookup('localhost', { family: 6 })).to.deep.equal({ address: '::1', family: 6 });
    }));

  it('below .invalid are of nobody, and no server is asked for them', () =>
    withScene({ ...ownServer, hosts: '10.6.0.3 listed.invalid\n' }, async ({ blue }) => {
      // dnsmasq would refuse to answer, as it does for whatever is not its own.
      for (const name of ['host.invalid', 'invalid.', 'HOST.Invalid.']) {
        const error = await rejectionOf(blue.lookup(name));
        expect(error, name).to.include({ code: 'ENOTFOUND', hostname: name, namespace: String(blue) });
        expect(error.message).to.include('names below .invalid are never there');
      }
      expect(await blue.lookup('listed.invalid')).to.deep.equal({ address: '10.6.0.3', family: 4 });
    }));

  it('are looked up past a loopback resolver that nobody serves inside', () =>
    withScene({ 'resolv.conf': `nameserver 127.0.0.53\nnameserver ${server}\nsearch example.test\n` }, async ({ blue }) => {
      expect(await blue.lookup('four')).to.deep.equal({ address: '10.7.0.4', family: 4 });
    }));

  it('cannot be looked up where only such resolvers are left, and the error says so', () =>
    withScene({ 'resolv.conf': 'nameserver 127.0.0.53\nnameserver ::1\noptions timeout:1\n' }, async ({ blue }) => {
      for (const state of ['up', 'down']) {
        ip(blue, `link set lo ${state}`);
        const error = await rejectionOf(blue.lookup('web.example.test'));
        expect(error, state).to.include({ code: 'NETLANE_NO_RESOLVER', namespace: String(blue) });
        expect(error.message).to.match(/127\.0\.0\.53, ::1, where nobody serves inside.*write \/etc\/netns\/.*\/resolv\.conf/);
      }
    }));

  it('whose answer does not fit a datagram are told with what became of TCP, also of a resolver on a loopback address', () =>
    withScene({ 'resolv.conf': 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n' }, async ({ blue }) => {
      const serving = await blue.udp({ port: 53, address: '127.0.0.1' });
      serving.on('message', (message, { port, address }) => {
        const reply = Buffer.from(message);
        // A response (QR) that was truncated (TC).
        reply.writeUInt8(reply.readUInt8(2) | 0x82, 2);
        serving.send(reply, port, address);
      });
      const refused = await rejectionOf(blue.lookup('web.example.test'));
      expect(refused).to.include({ code: 'ECONNREFUSED', namespace: String(blue) });
      expect(refused.message).to.match(/127\.0\.0\.1 .*does not fit a datagram.*TCP.*ECONNREFUSED/);
      const silent = await blue.listen({ host: '127.0.0.1', port: 53 }, (connection) => connection.resume());
      expect(await rejectionOf(blue.lookup('web.example.test'))).to.have.property('code', 'ETIMEOUT');
      for (const each of [serving, silent]) {
        const closed = once(each, 'close');
        each.close();
        await closed;
      }
    }));

  it('wait for a server that does not answer as long as resolv.conf says, then ask the next', () =>
    withScene({ 'resolv.conf': `nameserver 10.9.0.1\nnameserver ${server}\noptions timeout:1 attempts:5\n` }, async ({ blue }) => {
      // It hears and does not answer.
      const silent = await blue.udp({ port: 53, address: '10.9.0.1' });
      expect(await blue.lookup('four.example.test')).to.deep.equal({ address: '10.7.0.4', family: 4 });
      silent.close();
      await once(silent, 'close');
    }));

  it('are given up with their signal, their time and their namespace, and told of a server out of reach', () =>
    withScene({ 'resolv.conf': 'nameserver 10.9.0.1\noptions timeout:1 attempts:1\n' }, async ({ blue }) => {
      expect(await rejectionOf(blue.lookup('web.example.test'))).to.include({ code: 'ECONNREFUSED' });
      const silent = await blue.udp({ port: 53, address: '10.9.0.1' });
      expect(await rejectionOf(blue.lookup('web.example.test'))).to.include({ code: 'ETIMEOUT' });
      expect(await rejectionOf(blue.lookup('web.example.test', { timeout: 10 }))).to.include({ code: 'NETLANE_TIMEOUT' });
      const controller = new AbortController();
      const aborted = rejectionOf(blue.lookup('web.example.test', { signal: controller.signal }));
      controller.abort();
      expect(await aborted).to.include({ code: 'ABORT_ERR' });
      const waiting = rejectionOf(blue.lookup('web.example.test'));
      await blue.close();
      expect(await waiting).to.include({ code: 'NETLANE_CLOSED' });
      silent.close();
      await once(silent, 'close');
    }));

  it('are used by connect() and by datagrams, each address family in turn', () =>
    withScene(ownServer, async ({ blue, other }) => {
      // The IPv6 address leads nowhere from here: the other is tried.
      const tcp = await other.listen({ host: server, port: 80 }, (connection) => connection.end('by name'));
      const socket = await blue.connect({ host: 'web', port: 80 });
      expect(socket.remoteAddress).to.equal(server);
      expect(await text(socket)).to.equal('by name');
      tcp.close();
      await once(tcp, 'close');
      const heard = await other.udp({ port: 4000 });
      const sender = await blue.udp();
      const message = once(heard, 'message');
      sender.send('hello', 4000, 'web.example.test');
      expect(String((await message)[0])).to.equal('hello');
      for (const each of [heard, sender]) {
        each.close();
        await once(each, 'close');
      }
    }));

  it('are never asked for outside: no name reaches a server of this thread’s own namespace', async () => {
    const queries: Buffer[] = [];
    const outside = createSocket('udp4', (message) => queries.push(message));
    outside.bind(0, '127.0.0.1');
    await once(outside, 'listening');
    try {
      await withScene({ 'resolv.conf': 'nameserver 127.0.0.1\n' }, async ({ blue }) => {
        const inside = await blue.udp({ port: 53, address: '127.0.0.1' });
        const asked = once(inside, 'message');
        const lookup = rejectionOf(blue.lookup('secret.example.test', { timeout: 2000 }));
        expect(String((await asked)[0])).to.include('secret');
        await blue.close();
        await lookup;
        inside.close();
        await once(inside, 'close');
      });
      expect(queries).to.deep.equal([]);
    } finally {
      outside.close();
      await once(outside, 'close');
    }
  });
});
