import { spawn, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { asNobody, ip, moduleUrl, withNamedNamespace } from '../support/namespaces.js';
import { needsNobody, needsPrograms, needsRoot } from '../support/skip.js';
import { limit } from '../support/time.js';
import { netlaneHere, type Told } from './support/command-line.js';

const main = fileURLToPath(new URL('../../lib/command-line/main.js', import.meta.url));

function netlane(args: readonly string[], env: Record<string, string> = {}, wrapper: readonly string[] = []): Told {
  const [file = '', ...rest] = [...wrapper, process.execPath, main, ...args];
  const { NO_COLOR: _no, FORCE_COLOR: _force, ...usual } = process.env;
  const done: SpawnSyncReturns<string> = spawnSync(file, rest, {
    encoding: 'utf8',
    env: { ...usual, ...env },
    timeout: limit(30_000),
    killSignal: 'SIGKILL',
  });
  if (done.error !== undefined) throw done.error;
  return { status: done.status, stdout: done.stdout, stderr: done.stderr };
}

describe('the netlane command', function () {
  this.timeout(40_000);
  before(function () {
    needsRoot(this);
  });

  it('says what it can do, and 2 when it does not understand', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string };
    expect(netlane(['--version'])).to.deep.equal({ status: 0, stdout: `${version}\n`, stderr: '' });
    expect(netlane(['lss'])).to.include({ status: 2, stdout: '' });
    const { stdout, status } = await netlaneHere('--help');
    expect(status).to.equal(0);
    for (const command of ['ls', 'exec', 'monitor', 'capture', 'leaks', 'rootless', 'completion'])
      expect(stdout).to.match(new RegExp(`^  ${command} `, 'm'));
    expect((await netlaneHere('help', 'ls')).stdout).to.match(/^usage: netlane ls/);
    for (const [args, text] of [
      [[], 'a command is missing'],
      [['lss'], 'did you mean ls?'],
      [['ls', '--jsn'], 'did you mean --json?'],
      [['leaks', 'x'], '"x" is not the number of a process'],
      [['monitor', '--objects', 'links'], 'there is nothing called "links" to watch'],
      [['completion', 'fish'], 'known are bash, zsh'],
    ] as const) {
      const { status, stdout, stderr } = await netlaneHere(...args);
      expect([status, stdout], args.join(' ')).to.deep.equal([2, '']);
      expect(stderr).to.include(text);
    }
  });

  it('lists namespaces with what is in them', () =>
    withNamedNamespace(async (namespace, name) => {
      ip(namespace, 'link add v0 type veth peer name v1');
      ip(namespace, 'address add 192.0.2.7/24 dev v0');
      const { stdout, status } = await netlaneHere('ls', '--json');
      expect(status).to.equal(0);
      const all = JSON.parse(stdout) as {
        name?: string;
        id: string;
        links: { name: string }[];
        processes: object[];
        addresses: object[];
      }[];
      const ours = all.find((one) => one.name === name);
      expect(ours).to.deep.include({ id: namespace.id, processes: [] });
      expect(ours?.links.map((link) => link.name).sort()).to.deep.equal(['lo', 'v0', 'v1']);
      expect(ours?.addresses.map((address) => (address as { address: string }).address)).to.include('192.0.2.7/24');
      const home = all.find((one) => one.name === undefined && one.processes.length > 0);
      expect(home, 'that of a process').to.not.equal(undefined);
      expect((await netlaneHere('ls', '--named', '--json')).stdout)
        .to.include(name)
        .and.to.not.include(String(home?.id));
      const text = (await netlaneHere('ls', '--named')).stdout;
      expect(text)
        .to.match(new RegExp(`^${name} +${namespace.id} .* 192\\.0\\.2\\.7/24`, 'm'))
        .and.to.not.include('\u001b');
      expect(netlane(['ls', '--named'], { FORCE_COLOR: '1' }).stdout).to.include('\u001b[2mNAME');
      expect(netlane(['ls', '--named'], { FORCE_COLOR: '1', NO_COLOR: '1' }).stdout).to.not.include('\u001b');
    }));

  it('runs a command inside, and ends as that does', () =>
    withNamedNamespace((namespace, name) => {
      ip(namespace, 'link add v0 type veth peer name v1');
      const inside = netlane(['exec', name, '--', 'ls', '/sys/class/net']);
      expect(inside).to.include({ status: 0, stdout: 'lo\nv0\nv1\n' });
      expect(netlane(['exec', '--no-mounts', name, 'ls', '/sys/class/net']).stdout).to.not.include('v0');
      expect(netlane(['exec', `/run/netns/${name}`, 'ip', '-o', 'link', 'show', 'v0']).stdout).to.include('v0');
      expect(netlane(['exec', name, 'sh', '-c', 'exit 4']).status).to.equal(4);
      expect(netlane(['exec', name, 'sh', '-c', 'kill -9 $$']).status).to.equal(137);
      for (const [args, status, text] of [
        [[name, 'netlane-has-no-such-program'], 127, "execve 'netlane-has-no-such-program'"],
        [[name, '/etc/passwd'], 126, 'EACCES'],
        [[`${name}-`, 'true'], 125, 'no namespace has this name'],
        [['pid:4194304', 'true'], 125, 'process 4194304'],
      ] as const) {
        // One folder on the way that may not be searched would make "no such program" a matter of permission, for execvp(3) as well.
        const told = netlane(['exec', ...args], { PATH: '/usr/bin:/bin' });
        expect(told.status, args.join(' ')).to.equal(status);
        expect(told.stderr).to.include(text);
      }
    }));

  it('hands signals on to what it runs', () =>
    withNamedNamespace(async (_, name) => {
      const script = "trap 'kill -KILL $!; exit 9' TERM; sleep 60 & echo ready; wait";
      const child = spawn(process.execPath, [main, 'exec', name, '--', 'sh', '-c', script], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      const ended = once(child, 'close');
      await once(child.stdout, 'data');
      child.kill('SIGTERM');
      child.stdin.end();
      expect(await ended).to.deep.equal([9, null]);
    }));

  it('tells the changes of several namespaces, each as a line of JSON, until it is ended', () =>
    withNamedNamespace((one, first) =>
      withNamedNamespace(async (other, second) => {
        const child = spawn(process.execPath, [main, 'monitor', '--json', '--existing', '--objects', 'link', first, second], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        const ended = once(child, 'close');
        const seen: string[] = [];
        const lines = createInterface({ input: child.stdout });
        for await (const line of lines) {
          const { action, object, value, namespace } = JSON.parse(line) as {
            action: string;
            object: string;
            value: { name: string };
            namespace: { name: string };
          };
          seen.push(`${namespace.name} ${action} ${object} ${value.name}`);
          if (seen.length === 2) for (const namespace of [one, other]) ip(namespace, 'link add v0 type veth peer name v1');
          if (seen.filter((line) => line.includes('added')).length === 4) break;
        }
        child.kill('SIGINT');
        expect(await ended).to.deep.equal([130, null]);
        const expected = [first, second].flatMap((name) => [`${name} existing link lo`, `${name} added link v0`, `${name} added link v1`]);
        // The kernel tells of v1 before it has its other end: that it has one may be told as a change, which is another's test.
        expect(seen.filter((line) => !line.endsWith(' changed link v1')).sort()).to.deep.equal(expected.sort());
      }),
    ));

  it('watches every namespace, also those that get a name later, for people to read, and ends with each in silence', async () => {
    const child = spawn(process.execPath, [main, 'monitor', '--existing', '--objects', 'link'], { stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = once(child, 'close');
    let text = '';
    let complaints = '';
    child.stderr.setEncoding('utf8').on('data', (part: string) => (complaints += part));
    let told: () => void = () => undefined;
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      told();
    });
    const saw = async (wanted: RegExp): Promise<void> => {
      while (!wanted.test(text)) await new Promise<void>((resolve) => (told = resolve));
    };
    // Its own namespace, which has a process: this one.
    await saw(/ link lo /);
    await withNamedNamespace(async (namespace, name) => {
      await saw(new RegExp(`${name} +\\+ namespace`));
      await saw(new RegExp(`${name} +link lo`));
      ip(namespace, 'link add v0 type veth peer name v1');
      await saw(new RegExp(`${name} +\\+ link v0 \\(veth\\) down mtu 1500`));
      ip(namespace, 'link set v0 mtu 1400');
      await saw(new RegExp(`${name} +~ link v0 .*mtu 1500 -> 1400`));
    });
    await saw(/ - namespace/);
    // What it had to say of the first one it has said by then.
    text = '';
    await withNamedNamespace((_, name) => saw(new RegExp(`${name} +link lo`)));
    await saw(/ - namespace/);
    child.kill('SIGTERM');
    expect(await ended).to.deep.equal([143, null]);
    expect(complaints).to.equal('');
  });

  it('ends quietly when nobody reads on', () =>
    withNamedNamespace((_, name) => {
      const done = spawnSync(
        'bash',
        ['-c', 'set -o pipefail; "$@" | head -c 1 > /dev/null', 'bash', process.execPath, main, 'ls', '--json'],
        {
          encoding: 'utf8',
          timeout: limit(30_000),
        },
      );
      expect([done.status, done.stderr], name).to.deep.equal([0, '']);
    }));

  it('ends a monitor when its reader has gone, and not only with what happens next', () =>
    withNamedNamespace((_, name) => {
      const script = 'set -o pipefail; "$@" | head -n 1';
      const args = ['monitor', '--existing', '--objects', 'link', name];
      const done = spawnSync('bash', ['-c', script, 'bash', process.execPath, main, ...args], { encoding: 'utf8', timeout: limit(20_000) });
      expect([done.status, done.stderr]).to.deep.equal([0, '']);
      expect(done.stdout).to.match(/ link lo /);
    }));

  it('shows what of another process is in other namespaces', async () => {
    const program = `
      const { Namespace } = await import(${JSON.stringify(moduleUrl('namespace'))});
      const n = await Namespace.create({ loopback: true });
      const lane = await n.netlink('route');
      const caller = await n.netlink('route', { thread: 'caller' });
      console.log(JSON.stringify({ id: n.id, fd: n.fd }));
      process.stdin.on('data', () => process.exit());`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: ['pipe', 'pipe', 'inherit'] });
    try {
      const [line] = (await once(child.stdout, 'data')) as [Buffer];
      const { id, fd } = JSON.parse(String(line)) as { id: string; fd: number };
      const told = await netlaneHere('leaks', '--json', String(child.pid));
      expect(told.status).to.equal(0);
      const { threads, fds, mounts } = JSON.parse(told.stdout) as Record<string, { id: string; kind?: string; fd?: number }[]>;
      expect(threads?.map((thread) => thread.id)).to.deep.equal([id]);
      expect(fds?.filter(({ kind }) => kind === 'namespace')).to.deep.include({ fd, kind: 'namespace', id });
      expect(fds?.filter(({ kind, id: inside }) => kind === 'socket' && inside === id)).to.have.length.of.at.least(2);
      expect(mounts).to.deep.equal([]);
      expect((await netlaneHere('leaks', String(child.pid))).stdout).to.match(/^thread/m);
    } finally {
      const ended = once(child, 'close');
      child.stdin.end('\n');
      await ended;
    }
    const gone = netlane(['leaks', String(child.pid)]);
    expect(gone.status).to.equal(1);
    expect(gone.stderr).to.include('is not there, or has ended');
  });

  const completer = async (shell: string): Promise<string> => (await netlaneHere('completion', shell)).stdout;

  it('completes its commands, options, names and files in bash', () =>
    withNamedNamespace(async (_, name) => {
      const script = await completer('bash');
      const complete = (...words: string[]): string[] => {
        const call = `${script}\nCOMP_WORDS=(netlane "$@"); COMP_CWORD=${words.length}; _netlane; printf '%s\\n' "\${COMPREPLY[@]}"`;
        const done = spawnSync('bash', ['-c', call, 'bash', ...words], { encoding: 'utf8', timeout: limit(30_000) });
        expect(done.stderr).to.equal('');
        return done.stdout.trim().split('\n').sort();
      };
      expect(complete('l')).to.deep.equal(['leaks', 'ls']);
      expect(complete('ls', '--j')).to.deep.equal(['--json']);
      expect(complete('exec', name.slice(0, -1))).to.include(name);
      expect(complete('completion', '')).to.include.members(['bash', 'zsh']);
      expect(complete('capture', name, 'v0', '-w', '/etc/pass')).to.include('/etc/passwd');
      expect(complete('capture', name, 'v0', '-c', '')).to.deep.equal(['']);
      expect(complete('rootless', '--join', String(process.pid))).to.include(String(process.pid));
    }));

  it('completes them in zsh as well', async function () {
    await needsPrograms(this, 'zsh');
    await withNamedNamespace(async (_, name) => {
      // What the functions of its completion system are given, without a terminal to complete in.
      const system = `
        compadd() { [[ $1 = -- ]] && shift; print -l -- "$@" }
        _describe() { print -l -- "\${(@)\${(@P)2}%%:*}" }
        _files() { print files }
        _message() { print -- "$1" }
        _normal() { print -- "normal $CURRENT \${(j: :)words}" }`;
      const script = await completer('zsh');
      const complete = (...words: string[]): string[] => {
        const call = `${system}\n_netlane() {\n${script}\n}\nwords=(netlane "$@"); CURRENT=$#words; _netlane`;
        const done = spawnSync('zsh', ['-f', '-c', call, 'zsh', ...words], { encoding: 'utf8', timeout: limit(30_000) });
        expect(done.stderr).to.equal('');
        return done.stdout.trim().split('\n');
      };
      expect(complete('')).to.include.members(['ls', 'exec', 'monitor', 'capture', 'leaks', 'rootless', 'completion']);
      expect(complete('ls', '')).to.deep.equal(['--named', '--json', '--help']);
      expect(complete('exec', '')).to.include.members(['--no-mounts', name]);
      expect(complete('exec', name, '--', 'ip', 'li')).to.deep.equal(['normal 2 ip li']);
      expect(complete('capture', name, 'v0', '-w', '')).to.deep.equal(['files']);
      expect(complete('capture', name, 'v0', '--count', '')).to.deep.equal(['value']);
      expect(complete('completion', '')).to.include.members(['bash', 'zsh']);
    });
  });

  it('says to an ordinary user what he may not, and what he can do', function () {
    needsNobody(this);
    return withNamedNamespace((_, name) => {
      const told = netlane(['exec', name, 'true'], {}, asNobody);
      expect(told.status).to.equal(125);
      expect(told.stderr).to.include('CAP_SYS_ADMIN').and.to.include('run it as root (sudo)');
      expect(netlane(['ls', '--named'], {}, asNobody).stdout).to.match(new RegExp(`^${name} .*\\(EPERM\\)`, 'm'));
      for (const [args, text] of [
        [['monitor', name], 'run it as root (sudo)'],
        [['capture', name, 'lo', '-w', '-'], 'run it as root (sudo)'],
        [['leaks', String(process.pid)], "is another user's: it takes root to look"],
      ] as const) {
        const refused = netlane(args, {}, asNobody);
        expect([refused.status, refused.stdout], args[0]).to.deep.equal([1, '']);
        expect(refused.stderr).to.include(text);
      }
    });
  });
});
