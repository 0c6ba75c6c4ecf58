import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { expect } from 'chai';
import { accountFor, accountOf } from '../../lib/namespace/accounts.js';
import { Namespace, type LeakedDescriptor } from '../../lib/namespace.js';
import { native } from '../../lib/native.js';
import { pathOf, threadInside, withDirectory, withNamespace } from '../support/namespaces.js';
import { needsRoot } from '../support/skip.js';
import { fdOf, fdOfDatagrams } from './support/insideness.js';
import { until } from './support/route.js';

describe('Namespace.leaks', () => {
  before(function () {
    needsRoot(this);
  });

  it('finds nothing when nothing is open', () => {
    expect(Namespace.leaks()).to.deep.equal({ threads: [], fds: [], mounts: [] });
  });

  it('finds the fd of an open handle, and says where it was opened', async () => {
    const namespace = await Namespace.create();
    const { fds } = Namespace.leaks();
    expect(fds).to.have.length(1);
    expect(fds[0]).to.include({ fd: namespace.fd, kind: 'namespace', id: namespace.id });
    expect(fds[0]?.owner).to.include(String(namespace)).and.to.include('namespace.leaks.test.js');
    await namespace.close();
    expect(Namespace.leaks().fds).to.deep.equal([]);
  });

  it('finds namespaces and sockets that nobody accounts for', async () => {
    await withNamespace((namespace) => {
      const fd = openSync(pathOf(namespace), 'r');
      const socket = native().openSocket(namespace.fd, 2, 2, 0);
      const packet = native().openSocket(namespace.fd, 17, 3, 0);
      const local = native().openSocket(-1, 2, 2, 0);
      try {
        const { fds } = Namespace.leaks();
        const strangers = fds.filter((each) => each.owner === undefined);
        expect(strangers).to.have.deep.members([
          { fd, kind: 'namespace', id: namespace.id },
          { fd: socket, kind: 'socket', id: namespace.id },
          { fd: packet, kind: 'socket', id: namespace.id },
        ]);
        expect(fds.some((each) => each.fd === local)).to.equal(false);
      } finally {
        closeSync(fd);
        for (const each of [socket, packet, local]) native().closeFd(each);
      }
    });
  });

  it('says of every socket that was handed out what it is for, until it is closed', async () => {
    await withNamespace(async (namespace) => {
      const local = { host: '127.0.0.1' };
      const server = await namespace.listen({ ...local, port: 0 });
      const { port } = server.address() as AddressInfo;
      const accepted = once(server, 'connection') as Promise<[Socket]>;
      const connection = await namespace.connect({ ...local, port });
      const unnamed = (): LeakedDescriptor[] => Namespace.leaks().fds.filter(({ owner }) => owner === undefined);
      // At once, while the descriptor that connected, of which this is a copy, may still be open.
      expect(unnamed()).to.deep.equal([]);
      const [other] = await accepted;
      const udp = await namespace.udp({ port: 53 });
      const packets = await namespace.packet({ link: 'lo' });
      const raw = await namespace.socket({ family: 'ipv4', type: 'raw', protocol: 'icmp' });
      const released = (await namespace.socket({ family: 'unix', type: 'stream' })).release();
      const lane = await namespace.netlink('route');
      const route = await namespace.route({ thread: 'caller' });
      await route.links.list();
      const web = createServer((_, response) => response.end('hello'));
      await namespace.listen({ ...local, port: 80, server: web });
      expect(await (await namespace.fetch('http://127.0.0.1/')).text()).to.equal('hello');

      const label = String(namespace);
      const { fds } = Namespace.leaks();
      const ownerOf = (fd: number): string | undefined => fds.find((each) => each.fd === fd)?.owner;
      expect(ownerOf(fdOf(server))).to.equal(`listen on 127.0.0.1 port 0 in ${label}`);
      expect(ownerOf(fdOf(connection))).to.equal(`connect to 127.0.0.1 port ${port} in ${label}`);
      expect(ownerOf(fdOf(other))).to.equal(`accept a connection: listen on 127.0.0.1 port 0 in ${label}`);
      expect(ownerOf(fdOfDatagrams(udp))).to.equal(`open UDP port 53 in ${label}`);
      expect(ownerOf(raw.fd)).to.equal(`open a socket of family ipv4 in ${label}`);
      expect(ownerOf(released)).to.equal(`release a socket in ${label}`);
      const owners = fds.map(({ owner }) => owner);
      expect(owners).to.include.members([
        `capture packets of link lo in ${label}`,
        `a route socket on the lane of ${label}`,
        `a route socket in ${label}, on the thread that opened it`,
        `connect to 127.0.0.1 port 80 in ${label}`,
      ]);
      expect(unnamed()).to.deep.equal([]);

      web.closeAllConnections();
      const ended = [server, connection, other, udp, web].map((each) => once(each, 'close'));
      connection.destroy();
      other.destroy();
      for (const each of [server, udp, web]) each.close();
      await Promise.all([...ended, packets.close(), raw.close(), lane.close(), route.close()]);
      native().closeFd(released);
      // The connection of fetch() is told by its server, and closes in its own time.
      await until('only the handle is left', () => Namespace.leaks().fds.every(({ kind }) => kind === 'namespace'));
      // The number is another's: what was known of it is not.
      const stranger = native().openSocket(namespace.fd, 2, 2, 0);
      try {
        expect(unnamed().map(({ fd }) => fd)).to.deep.equal([stranger]);
      } finally {
        native().closeFd(stranger);
      }
    });
  });

  it('accounts for what opens sockets inside, which is gone when close() is done', async () => {
    const namespace = await Namespace.create();
    const open = async (): Promise<void> => (await namespace.socket({ family: 'ipv4', type: 'datagram' })).close();
    for (let count = 0; count < 3; count += 1) await open();
    const inside = Namespace.leaks().threads.filter(({ owner }) => owner !== undefined);
    expect(inside).to.have.length(1);
    expect(inside[0]).to.include({ id: namespace.id, name: 'netlane-opener', owner: `the opener of Namespace(${namespace.id})` });
    await namespace.close();
    expect(Namespace.leaks().threads.filter(({ tid }) => tid === inside[0]?.tid)).to.deep.equal([]);
  });

  it('finds a thread in another namespace by its number and name, until it has ended', async () => {
    await withNamespace(async (namespace) => {
      const { worker, tid } = await threadInside(namespace);
      const { threads } = Namespace.leaks();
      expect(threads).to.have.length(1);
      expect(threads[0]).to.include({ tid, id: namespace.id });
      expect(threads[0]?.name).to.be.a('string').and.to.have.length.within(1, 15);
      expect(threads[0]).to.not.have.property('owner');
      const end = accountFor('thread', tid, 'a test');
      expect(Namespace.leaks().threads[0]).to.include({ owner: 'a test' });
      end();
      await worker.terminate();
      expect(Namespace.leaks().threads).to.deep.equal([]);
    });
  });

  it('finds names that this thread gave and that are still there', async () => {
    await withDirectory(async (directory) => {
      const namespace = await Namespace.create('blue', { directory });
      await Namespace.attach('green', namespace, { directory });
      await namespace.close();
      expect(Namespace.leaks().mounts).to.deep.equal([
        { path: `${directory}/blue`, id: namespace.id, owner: 'create namespace blue' },
        { path: `${directory}/green`, id: namespace.id, owner: 'attach the name green' },
      ]);
      await Namespace.delete('blue', { directory });
      await Namespace.delete('green', { directory });
      expect(Namespace.leaks().mounts).to.deep.equal([]);
      const temporary = await Namespace.create('red', { directory, temporary: true });
      expect(Namespace.leaks().mounts).to.have.length(1);
      await temporary.close();
      expect(Namespace.leaks().mounts).to.deep.equal([]);
    });
  });

  it('forgets an account only when its own owner ends it', () => {
    const first = accountFor('fd', 1_000_000, 'first');
    const second = accountFor('fd', 1_000_000, () => 'second');
    first();
    expect(accountOf('fd', 1_000_000)).to.equal('second');
    second();
    second();
    expect(accountOf('fd', 1_000_000)).to.equal(undefined);
  });
});
