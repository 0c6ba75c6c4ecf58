import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Namespace } from '../../lib/index.js';
import { rejectionOf } from '../support/error-of.js';
import { asNobody, ip, resultOfProgram } from '../support/namespaces.js';
import { needsNobody, needsRoot } from '../support/skip.js';
import { Scratch } from './support/namespaces.js';

describe('parameters and files of a namespace', () => {
  const scratch = new Scratch();
  let namespace: Namespace;
  before(async function () {
    needsRoot(this);
    namespace = await scratch.namespace();
    ip(namespace, 'link add v.0 mtu 1400 type veth peer name v1');
  });
  after(() => scratch.close());

  it('are read and set inside, and nowhere else', async () => {
    const outside = readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8').trim();
    for (const value of ['1', 0, '1']) {
      await namespace.sysctl('net/ipv4/ip_forward', value);
      expect(await namespace.sysctl('net.ipv4.ip_forward')).to.equal(String(value));
    }
    expect(readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8').trim()).to.equal(outside);
    const { stdout } = await namespace.exec('cat', ['/proc/sys/net/ipv4/ip_forward']);
    expect(stdout).to.equal('1\n');
  });

  it('are named as sysctl(8) names them, a device with a dot in its name included', async () => {
    const names = ['net.ipv4.conf.v/0.forwarding', 'net/ipv4/conf/v.0/forwarding', '/proc/sys/net/ipv4/conf/v.0/forwarding'];
    for (const [index, name] of names.entries()) {
      await namespace.sysctl(name, index % 2);
      for (const other of names) expect(await namespace.sysctl(other), other).to.equal(String(index % 2));
    }
  });

  it('may be of several values', async () => {
    await namespace.sysctl('net.ipv4.ip_local_port_range', '20000 30000');
    expect(await namespace.sysctl('net.ipv4.ip_local_port_range')).to.equal('20000\t30000');
  });

  it('that are lists are emptied by the empty value, as by sysctl(8)', async () => {
    const name = 'net.ipv4.ip_local_reserved_ports';
    await namespace.sysctl(name, '8080,9000-9010');
    expect(await namespace.sysctl(name)).to.equal('8080,9000-9010');
    await namespace.sysctl(name, '');
    expect(await namespace.sysctl(name)).to.equal('');
    // What is no list cannot be empty: what the kernel says of that is told.
    const script = 'echo > /proc/sys/net/ipv4/conf/lo/tag';
    const { exitCode } = await namespace.exec('sh', ['-c', script], { reject: false });
    const refused = await namespace.sysctl('net.ipv4.conf.lo.tag', '').then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error.syscall,
    );
    expect(refused).to.equal(exitCode === 0 ? undefined : 'write');
  });

  it('are refused when they are not below net, however that is written', async () => {
    const names = [
      'kernel.hostname',
      'vm/swappiness',
      'net',
      'net.',
      '',
      'net//ipv4',
      'net/../kernel/hostname',
      'net/ipv4/../../kernel/hostname',
      'net.//.kernel',
      'net/./ipv4/ip_forward',
      '/etc/passwd',
      '/proc/sys/kernel/hostname',
      '../net/ipv4/ip_forward',
      'net/ipv4/ip_forward\0',
      7,
    ];
    for (const name of names) {
      const error = await rejectionOf(namespace.sysctl(name as string));
      expect(error, String(name)).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    }
    for (const value of ['1\n2', 'a\0', Number.NaN, true, null]) {
      const error = await rejectionOf(namespace.sysctl('net.ipv4.ip_forward', value as never));
      expect(error, String(value)).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    }
  });

  it('that do not exist, are directories or cannot have that value are errors that say so', async () => {
    const missing = await rejectionOf(namespace.sysctl('net.ipv4.there_is_none'));
    expect(missing).to.include({ code: 'ENOENT', syscall: 'open', path: '/proc/sys/net/ipv4/there_is_none' });
    expect(missing.message)
      .to.include(`read sysctl net.ipv4.there_is_none in ${String(namespace)}`)
      .and.to.include('no such parameter');
    expect(await rejectionOf(namespace.sysctl('net.ipv4.conf'))).to.include({ code: 'EISDIR' });
    const wrong = await rejectionOf(namespace.sysctl('net.ipv4.ip_forward', 'much'));
    expect(wrong).to.include({ code: 'EINVAL', syscall: 'write' });
    expect(wrong.message).to.include('set sysctl net.ipv4.ip_forward to much').and.to.include('does not take this value');
    // The same code, of another step.
    const unknown = await rejectionOf(namespace.sysctl('net.ipv4.tcp_congestion_control', 'netlane-has-none'));
    expect(unknown).to.include({ code: 'ENOENT', syscall: 'write' });
    expect(unknown.message).to.include('it is the value that the kernel has nothing for').and.to.not.include('no such parameter');
  });

  it('/proc/net is that of the namespace, by each of its names', async () => {
    for (const path of ['/proc/net/dev', '/proc/self/net/dev', '/proc/thread-self/net/dev']) {
      const devices = (await namespace.readFile(path))
        .split('\n')
        .flatMap((line) => /^\s*(\S+):/.exec(line)?.[1] ?? [])
        .sort();
      expect(devices, path).to.deep.equal(['lo', 'v.0', 'v1']);
    }
    expect(await namespace.readFile('/proc/sys/net/ipv4/ip_forward')).to.equal('1\n');
  });

  it('/sys/class/net shows its devices, while /sys of the process stays as it is', async () => {
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8');
    expect(await namespace.readFile('/sys/class/net/v.0/mtu')).to.equal('1400\n');
    expect(await namespace.readFile('/sys/devices/virtual/net/v.0/mtu', { encoding: 'buffer' })).to.deep.equal(Buffer.from('1400\n'));
    expect(await rejectionOf(namespace.readFile('/sys/class/net/v.0'))).to.include({ code: 'EISDIR' });
    expect(await rejectionOf(namespace.readFile('/sys/class/net/none/mtu'))).to.include({
      code: 'ENOENT',
      path: '/sys/class/net/none/mtu',
    });
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).to.equal(mounts);
  });

  it('other files are refused, and so are ways around that', async () => {
    const paths = [
      '/etc/passwd',
      '/proc/self/environ',
      '/proc/net',
      '/proc/net/../environ',
      '/proc/net/./dev',
      '/proc//net/dev',
      'proc/net/dev',
      '/sys/class/net/../../kernel/mm/ksm/run',
      '/sys/kernel/mm/ksm/run',
      '/proc/net/dev\0',
      undefined,
    ];
    for (const path of paths) {
      const error = await rejectionOf(namespace.readFile(path as string));
      expect(error, String(path)).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    }
    expect((await rejectionOf(namespace.readFile('/sys/class/net'))).message).to.include('links.list()');
    expect((await rejectionOf(namespace.readFile('/proc/1/net/dev'))).message).to.include('Namespace.open({ pid: 1 })');
    const encoding = await rejectionOf(namespace.readFile('/proc/net/dev', { encoding: 'utf9' as never }));
    expect(encoding.message).to.include('options.encoding');
  });

  it('of a closed namespace are not to be had', async () => {
    const own = await scratch.namespace();
    await own.close();
    expect(await rejectionOf(own.sysctl('net.ipv4.ip_forward'))).to.include({ code: 'NETLANE_CLOSED' });
    expect(await rejectionOf(own.readFile('/proc/net/dev'))).to.include({ code: 'NETLANE_CLOSED' });
  });

  it("of this process's own namespace can be read without privileges", function () {
    needsNobody(this);
    const text = `
      const n = await Namespace.current();
      const read = async (call) => { try { return await call(); } catch (error) { return error.code + ' ' + error.message; } };
      const results = [
        (await n.readFile('/proc/net/dev')).includes('lo:'),
        await read(() => n.sysctl('net.ipv4.ip_forward')),
        await read(() => n.sysctl('net.ipv4.ip_forward', 1)),
      ];
      await n.close();
      console.log(JSON.stringify(results));`;
    const [proc, value, refused] = resultOfProgram(text, asNobody) as [boolean, string, string];
    expect(proc).to.equal(true);
    expect(value).to.match(/^[01]$/);
    expect(refused).to.match(/^EACCES set sysctl net.ipv4.ip_forward to 1 in Namespace\(/);
  });

  it('say that descriptors are lacking, and not a privilege, where a file of /sys cannot be read for want of them', () => {
    const text = `
      import { closeSync, openSync } from 'node:fs';
      const n = await Namespace.create();
      await n.readFile('/sys/class/net/lo/mtu');
      const told = [];
      for (const left of [0, 1, 2]) {
        const held = [];
        try { for (;;) held.push(openSync('/dev/null')); } catch {}
        for (const fd of held.splice(0, left)) closeSync(fd);
        told.push(await n.readFile('/sys/class/net/lo/mtu').catch(({ message }) => message));
        for (const fd of held) closeSync(fd);
      }
      await n.close();
      console.log(JSON.stringify(told));`;
    const told = resultOfProgram(text, ['sh', '-c', 'ulimit -n 100; exec "$@"', 'sh']) as readonly string[];
    for (const message of told)
      expect(message)
        .to.match(/EMFILE.*ulimit -n/)
        .and.not.to.include('CAP_SYS_ADMIN');
  });

  /** Reads a file of /sys in the program's own namespace, without privileges, behind commands that set the scene as root. */
  function readAsNobody(path: string, scene: string): string {
    const text = `
      const n = await Namespace.current();
      const told = await n.readFile(${JSON.stringify(path)}).catch((error) => error.code + ' ' + error.message);
      await n.close();
      console.log(JSON.stringify(told));`;
    const wrapper = ['unshare', '--net', '--mount', '--propagation', 'private', 'sh', '-c', `${scene} exec "$@"`, 'sh', ...asNobody];
    return resultOfProgram(text, wrapper) as string;
  }

  const traffic = 'ip link set lo up && ping -q -c 1 127.0.0.1 >&2 &&';

  it("of this process's own /sys can be read without privileges where that shows the namespace that the process is in", function () {
    needsNobody(this);
    const scene = `mount -t sysfs sysfs /sys && ip link add v0 mtu 1400 type veth peer name v1 && ${traffic}`;
    expect(readAsNobody('/sys/class/net/v0/mtu', scene)).to.equal('1400\n');
    expect(readAsNobody('/sys/devices/virtual/net/v0/mtu', scene)).to.equal('1400\n');
    expect(readAsNobody('/sys/class/net/none/mtu', scene)).to.match(/^ENOENT read \/sys\/class\/net\/none\/mtu in Namespace\(/);
  });

  it('are not taken from a /sys of another namespace, or of one that cannot be told from others: that is said', function () {
    needsNobody(this);
    const other =
      /^EPERM read \/sys\/class\/net\/lo\/mtu in Namespace\(.*the \/sys that is mounted here is not known to show this namespace/;
    expect(readAsNobody('/sys/class/net/lo/mtu', 'ip link add v0 type veth peer name v1 &&')).to.match(other);
    // The same names, and other numbers.
    const again = `${traffic} ping -q -c 1 127.0.0.1 >&2 && exec "$@"`;
    const sameNames = `mount -t sysfs sysfs /sys && ${traffic} exec unshare --net sh -c '${again}' sh "$@";`;
    expect(readAsNobody('/sys/class/net/lo/mtu', sameNames)).to.match(other);
    // Nothing that could differ.
    expect(readAsNobody('/sys/class/net/lo/mtu', 'mount -t sysfs sysfs /sys &&')).to.match(other);
  });
});
