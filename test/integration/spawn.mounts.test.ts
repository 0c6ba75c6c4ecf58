import { expect } from 'chai';
import { resultOfProgram } from '../support/namespaces.js';
import { needsRoot } from '../support/skip.js';

/** In mounts of the program's own, so that nothing of it is seen on the machine: names, /etc/netns, and what is mounted meanwhile. */
const ownMounts = ['unshare', '--mount', '--propagation', 'private', '--'];

const prepare = `
  import { execFileSync } from 'node:child_process';
  import { once } from 'node:events';
  import fs from 'node:fs';
  const mount = (...args) => execFileSync('mount', args);
  for (const directory of ['/run', '/etc']) mount('-t', 'tmpfs', 'netlane-tests', directory);
  fs.mkdirSync('/etc/netns/blue', { recursive: true });
  fs.writeFileSync('/etc/resolv.conf', 'of the machine');
  fs.writeFileSync('/etc/other', 'of the machine');
  fs.writeFileSync('/etc/netns/blue/resolv.conf', 'of blue');
  const script = 'ls /sys/class/net; echo; cat /etc/resolv.conf; echo; cat /etc/other; echo; ls /sys/fs/cgroup | wc -l';
  const look = async (namespace, options) => (await namespace.exec('sh', ['-c', script], options)).stdout.trim().split('\\n\\n').join('\\n').split('\\n').filter((line) => line !== '');
  const blue = await Namespace.create('blue', { loopback: true });
  await blue.exec('ip', ['link', 'add', 'v0', 'type', 'veth', 'peer', 'name', 'v1']);
  const mounts = () => fs.readFileSync('/proc/self/mountinfo', 'utf8');
`;

function result(text: string): unknown {
  return resultOfProgram(`${prepare}\n${text}`, ownMounts);
}

describe('the mounts of a child', () => {
  before(function () {
    needsRoot(this);
  });

  it('of a named namespace are those of ip netns exec: /sys shows its devices, its files lie over those of /etc, and control groups stay', () => {
    const text = `
      const before = mounts();
      const [inside, viaIp, without] = [
        await look(blue),
        execFileSync('ip', ['netns', 'exec', 'blue', 'sh', '-c', script], { encoding: 'utf8' }).split('\\n').filter((line) => line !== ''),
        await look(blue, { mounts: false }),
      ];
      const groups = String(fs.readdirSync('/sys/fs/cgroup').length);
      console.log(JSON.stringify({ inside, viaIp, without, groups, home: fs.readdirSync('/sys/class/net'), same: mounts() === before }));`;
    const { inside, viaIp, without, groups, home, same } = result(text) as Record<string, string[]>;
    expect(inside).to.deep.equal(['lo', 'v0', 'v1', 'of blue', 'of the machine', groups]);
    // iproute2 leaves the control groups out.
    expect(inside?.slice(0, -1)).to.deep.equal(viaIp?.slice(0, -1));
    expect(without?.slice(-3)).to.deep.equal(['of the machine', 'of the machine', groups]);
    expect(without?.slice(0, -3)).to.deep.equal([...(home ?? [])].sort());
    expect(same, "this process's mounts").to.equal(true);
  });

  it('are not made for a namespace without a name, unless asked: then /sys alone is its own', () => {
    const text = `
      const anonymous = await Namespace.open({ fd: blue.fd });
      const results = [await look(anonymous), await look(anonymous, { mounts: true })];
      console.log(JSON.stringify(results.map((lines) => [lines.includes('v0'), lines.includes('of blue')])));`;
    expect(result(text)).to.deep.equal([
      [false, false],
      [true, false],
    ]);
  });

  it('do not reach this process, follow what is mounted and unmounted outside, and pin no name', () => {
    const text = `
      mount('--make-shared', '/run');
      const red = await Namespace.create('red');
      const cookie = red.cookie;
      const child = await blue.spawn('sh', ['-c', 'mount -t tmpfs inner /mnt; echo mounted; read line; grep -c -e /run/later -e netns/red /proc/self/mountinfo; read line; grep -c netns/red /proc/self/mountinfo']);
      child.stdout.setEncoding('utf8');
      const said = async () => (await once(child.stdout, 'data'))[0].trim();
      const results = [await said(), mounts().includes(' inner ')];
      fs.mkdirSync('/run/later');
      mount('-t', 'tmpfs', 'outer', '/run/later');
      child.stdin.write('\\n');
      const seen = await said();
      await Namespace.delete('red');
      child.stdin.write('\\n');
      const pinned = await said();
      await once(child, 'exit');
      await red.close();
      console.log(JSON.stringify([...results, Number(seen) >= 2, pinned]));`;
    expect(result(text)).to.deep.equal(['mounted', false, true, '0']);
  });

  it('are refused with what to do where they cannot be made, and then there is no child', () => {
    const text = `
      const here = await Namespace.current();
      const error = await here.spawn('true', [], { mounts: true }).catch((error) => error);
      const { exitCode } = await here.exec('true');
      console.log(JSON.stringify([error.code, error.syscall, error.message.includes('{ mounts: false }'), exitCode]));`;
    const withoutSysAdmin = ['setpriv', '--bounding-set', '-sys_admin', '--inh-caps', '-sys_admin', '--'];
    expect(resultOfProgram(text, withoutSysAdmin)).to.deep.equal(['EPERM', 'unshare', true, 0]);
  });
});
