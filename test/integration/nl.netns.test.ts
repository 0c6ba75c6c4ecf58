import { readlinkSync } from 'node:fs';
import { expect } from 'chai';
import * as nl from '../../lib/nl.js';
import { errorOf, rejectionOf } from '../support/error-of.js';
import { needsRoot } from '../support/skip.js';

const { netns } = nl;

describe('nl netns', () => {
  beforeEach(function () {
    needsRoot(this);
  });

  it('makes namespaces without moving, and compares them', async () => {
    const home = readlinkSync('/proc/thread-self/ns/net');
    const here = await netns.get();
    const made = await netns.newNs();
    const again = await netns.get();
    expect(made.equal(here)).to.equal(false);
    expect(again.equal(here)).to.equal(true);
    expect(again.uniqueId()).to.equal(here.uniqueId());
    expect(made.uniqueId()).to.not.equal(here.uniqueId());
    expect(readlinkSync('/proc/thread-self/ns/net')).to.equal(home);
    expect(home).to.equal(`net:[${here.uniqueId().replace(/^NS\(\d+:(\d+)\)$/, '$1')}]`);
    await Promise.all([here.close(), made.close(), again.close()]);
  });

  it('prints as the ancestor does', async () => {
    const made = await netns.newNs();
    expect(String(made)).to.match(/^NS\(\d+: \d+, \d+\)$/);
    expect(String(made)).to.equal(`NS(${made.fd}: ${made.uniqueId().slice(3, -1).replace(':', ', ')})`);
    expect(made.isOpen()).to.equal(true);
    await made.close();
    expect([made.isOpen(), made.fd, String(made), made.uniqueId(), made.namespace]).to.deep.equal([
      false,
      -1,
      'NS(none)',
      'NS(none)',
      undefined,
    ]);
  });

  it('has a handle of nothing', async () => {
    const none = netns.none();
    expect([none.isOpen(), none.fd, String(none), none.uniqueId()]).to.deep.equal([false, -1, 'NS(none)', 'NS(none)']);
    const here = await netns.get();
    expect([none.equal(netns.none()), none.equal(here), here.equal(none)]).to.deep.equal([true, false, false]);
    expect(errorOf(() => none.equal(4 as never))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    await Promise.all([none.close(), here.close()]);
  });

  it('closes once, with one promise', async () => {
    const made = await netns.newNs();
    const closing = made.close();
    expect(made.close()).to.equal(closing);
    await closing;
  });

  it('names, opens by name and deletes', async () => {
    const home = readlinkSync('/proc/thread-self/ns/net');
    const name = `nl-${process.pid}`;
    const made = await netns.newNamed(name);
    try {
      expect(readlinkSync('/proc/thread-self/ns/net')).to.equal(home);
      const byName = await netns.getFromName(name);
      const byPath = await netns.getFromPath(`/run/netns/${name}`);
      expect([byName.equal(made), byPath.equal(made)]).to.deep.equal([true, true]);
      await Promise.all([byName.close(), byPath.close()]);
      expect(await rejectionOf(netns.newNamed(name))).to.include({ code: 'EEXIST' });
      expect(readlinkSync('/proc/thread-self/ns/net')).to.equal(home);
    } finally {
      await netns.deleteNamed(name);
      await made.close();
    }
    expect(await rejectionOf(netns.getFromName(name))).to.include({ code: 'ENOENT' });
    expect(await rejectionOf(netns.deleteNamed(name))).to.include({ code: 'ENOENT' });
  });

  it('opens those of processes and threads', async () => {
    const here = await netns.get();
    const byPid = await netns.getFromPid(process.pid);
    const byThread = await netns.getFromThread(process.pid, process.pid);
    expect([byPid.equal(here), byThread.equal(here)]).to.deep.equal([true, true]);
    await Promise.all([here.close(), byPid.close(), byThread.close()]);
    expect(await rejectionOf(netns.getFromPid(0x3fff_ffff))).to.include({ code: 'ENOENT' });
  });

  it('refuses what is no network namespace, and containers that are not there', async () => {
    expect(await rejectionOf(netns.getFromPath('/dev/null'))).to.include({ code: 'NETLANE_NOT_A_NETNS' });
    expect(await rejectionOf(netns.getFromPath('/proc/self/ns/mnt'))).to.include({ code: 'NETLANE_NOT_A_NETNS' });
    expect(await rejectionOf(netns.getFromDocker('0123456789ab'))).to.include({ code: 'NETLANE_CONTAINER_NOT_FOUND' });
  });

  it('is there under flat names, too', () => {
    expect({ ...nl }).to.include({ ...netns });
  });
});
