import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { asNobody, moduleUrl, uniqueName } from '../support/namespaces.js';
import { needs, needsRoot } from '../support/skip.js';
import { limit } from '../support/time.js';

const main = fileURLToPath(new URL('../../lib/command-line/main.js', import.meta.url));
const command = [process.execPath, main, 'rootless'] as const;

function rootless(args: readonly string[], wrapper: readonly string[] = []): { status: number | null; stdout: string; stderr: string } {
  const [file = '', ...rest] = [...wrapper, ...command, ...args];
  const { status, stdout, stderr, error } = spawnSync(file, rest, { encoding: 'utf8', timeout: limit(30_000), killSignal: 'SIGKILL' });
  if (error !== undefined) throw error;
  return { status, stdout, stderr };
}

describe('netlane rootless', function () {
  this.timeout(40_000);
  before(async function () {
    needsRoot(this);
    await needs(this, 'user namespace inside of this one', () => {
      const { status } = spawnSync('unshare', ['--user', '--map-root-user', '--mount', '--net', 'true']);
      if (status !== 0) throw Object.assign(new Error('unshare failed'), { code: 'EPERM' });
    });
  });

  it('makes a command root of namespaces of its own, with names of its own', () => {
    const name = uniqueName();
    const script = `id -u; ls -A /run/netns | wc -l; ip -o link; ip netns add ${name}; ip netns exec ${name} ip -o link; cat /proc/self/uid_map`;
    const { status, stdout, stderr } = rootless(['--', 'sh', '-c', script]);
    expect([status, stderr]).to.deep.equal([0, '']);
    const lines = stdout.split('\n');
    expect(lines.slice(0, 2).map((line) => line.trim())).to.deep.equal(['0', '0']);
    expect(lines[2]).to.match(/^1: lo: <LOOPBACK,UP/);
    expect(lines.filter((line) => line.startsWith('1: lo: '))).to.have.lengthOf(2);
    expect(existsSync(`/run/netns/${name}`), 'outside').to.equal(false);
  });

  it('lets an ordinary user make namespaces by their names, and tells who he was', async function () {
    await needs(this, 'user 65534', () => {
      const { status } = spawnSync('setpriv', [...asNobody.slice(1), 'unshare', '--user', '--map-root-user', 'true']);
      if (status !== 0) throw Object.assign(new Error('setpriv failed'), { code: 'EPERM' });
    });
    const program = `
      const { Namespace } = await import(${JSON.stringify(moduleUrl('namespace'))});
      const blue = await Namespace.create('blue', { loopback: true });
      await blue.exec('ip', ['link', 'add', 'v0', 'type', 'veth', 'peer', 'name', 'v1']);
      const { stdout } = await blue.exec('ls', ['/sys/class/net']);
      await blue.sysctl('net.ipv4.ip_forward', 1);
      console.log(JSON.stringify([stdout, await blue.sysctl('net.ipv4.ip_forward'), (await Namespace.list()).length, process.env.NETLANE_ROOTLESS]));
      await blue.close();`;
    const told = rootless(['--', process.execPath, '--input-type=module', '--eval', program], asNobody);
    expect(told.stderr).to.equal('');
    expect(JSON.parse(told.stdout)).to.deep.equal(['lo\nv0\nv1\n', '1', 1, '65534']);
  });

  it('has every other command work for an ordinary user', async function () {
    await needs(this, 'user 65534', () => {
      const { status } = spawnSync('setpriv', [...asNobody.slice(1), 'unshare', '--user', '--map-root-user', 'true']);
      if (status !== 0) throw Object.assign(new Error('setpriv failed'), { code: 'EPERM' });
    });
    const script = `
      node=$1 main=$2
      ip netns add blue
      "$node" "$main" ls --named
      "$node" "$main" exec blue -- ip -o link show lo
      "$node" "$main" capture blue lo --duration 0.05 -w - | wc -c
      "$node" "$main" leaks $$
      "$node" "$main" monitor --existing --objects link blue | { read -r line; echo "$line"; exec < /dev/null; ip -n blue link set lo up; }
      echo "ended with $?"`;
    const told = rootless(['--', 'sh', '-c', script, 'sh', process.execPath, main], asNobody);
    expect(told.status, told.stderr).to.equal(0);
    const lines = told.stdout.trim().split('\n');
    expect(lines[1]).to.match(/^blue +\d+:\d+ /);
    expect(lines[2]).to.match(/^1: lo: /);
    expect(Number(lines[3])).to.be.above(100);
    expect(lines[4]).to.match(/ blue +link lo down/);
    expect(lines[5]).to.equal('ended with 0');
    expect(told.stderr).to.include('0 packets captured').and.to.include('is in its own namespace with all that it has');
  });

  it('keeps what is in /run where it is', () => {
    const { stdout } = rootless(['--', 'ls', '-A', '/run']);
    expect(stdout.trim().split('\n')).to.include.members(readdirSync('/run'));
  });

  it('ends as the command does, also by a signal, which it hands on', async () => {
    expect(rootless(['sh', '-c', 'exit 7']).status).to.equal(7);
    expect(rootless(['sh', '-c', 'kill -TERM $$']).status).to.equal(143);
    expect(rootless(['netlane-has-no-such-program'], ['env', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin']).status).to.equal(127);
    // KILL: a shell that was forked and is not yet sleep(1) may still have the trap, and lose what it is sent.
    const [file, ...args] = [...command, '--', 'sh', '-c', "trap 'kill -KILL $!; exit 9' TERM; sleep 60 & echo ready; wait"];
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = once(child, 'close');
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    child.stdin.end();
    expect(await ended).to.deep.equal([9, null]);
  });

  it('joins a process that was started so', async () => {
    const [file, ...args] = [...command, '--', 'sh', '-c', 'ip netns add joined; echo $$; read line'];
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    try {
      const [text] = (await once(child.stdout, 'data')) as [Buffer];
      const pid = String(text).trim();
      const script = 'id -u; ls /run/netns; readlink /proc/self/ns/net; pwd';
      const { status, stdout, stderr } = rootless(['--join', pid, '--', 'sh', '-c', script]);
      expect([status, stderr]).to.deep.equal([0, '']);
      expect(stdout).to.equal(`0\njoined\n${readlinkSync(`/proc/${pid}/ns/net`)}\n${process.cwd()}\n`);
    } finally {
      const ended = once(child, 'close');
      child.stdin.end('\n');
      await ended;
    }
    const gone = rootless(['--join', '4194304', 'true']);
    expect(gone.status).to.equal(125);
    expect(gone.stderr).to.include('4194304').and.to.include('can be joined');
  });

  it('says which knob is off where user namespaces may not be made', () => {
    const script = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"';
    const told = rootless(['true'], ['unshare', '--user', '--map-root-user', 'sh', '-c', script, 'sh']);
    expect(told.status).to.equal(125);
    expect(told.stderr).to.include('sysctl user.max_user_namespaces');
    const missing = rootless(['true'], ['env', 'PATH=/nowhere']);
    expect(missing.status).to.equal(125);
    expect(missing.stderr).to.equal('netlane: unshare is missing: install util-linux\n');
  });
});
