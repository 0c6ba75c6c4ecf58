import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync, createReadStream } from 'node:fs';
import { createServer, connect, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import type { Namespace } from '../../lib/index.js';
import { rejectionOf } from '../support/error-of.js';
import { moduleUrl, resultOfProgram, withDirectory } from '../support/namespaces.js';
import { needsNobody } from '../support/skip.js';
import { end } from './support/children.js';
import { withScratchNamespace } from './support/namespaces.js';

describe('a child is given', () => {
  let namespace: Namespace;
  withScratchNamespace((made) => (namespace = made));

  const said = async (script: string, options: Parameters<Namespace['spawn']>[2] = {}): Promise<string> => {
    const { stdout, stderr, code } = await end(await namespace.spawn('/bin/sh', ['-c', script], options));
    expect(code, stderr).to.equal(0);
    return stdout;
  };

  it('a working directory, as a path or as a URL', () =>
    withDirectory(async (directory) => {
      expect(await said('pwd', { cwd: directory })).to.equal(`${directory}\n`);
      expect(await said('pwd', { cwd: pathToFileURL(directory) })).to.equal(`${directory}\n`);
      expect(await said('pwd')).to.equal(`${process.cwd()}\n`);
    }));

  it('exactly the environment that was given, or that of this process', async () => {
    expect(await said('/usr/bin/env', { env: { A: 'b', EMPTY: '', LEFT: undefined } }))
      .to.match(/^A=b\n/m)
      .and.to.not.include('HOME=');
    expect(await said('/usr/bin/env', { env: { A: 'b', LEFT: undefined } })).to.not.include('LEFT');
    expect(await said('echo "$PATH"')).to.equal(`${process.env['PATH'] ?? ''}\n`);
  });

  it('the program that its own PATH finds first, and that can be run', () =>
    withDirectory(async (directory) => {
      for (const name of ['a', 'b', 'c']) mkdirSync(join(directory, name));
      writeFileSync(join(directory, 'a/tool'), 'not to be run');
      writeFileSync(join(directory, 'b/tool'), '#!/bin/sh\necho b', { mode: 0o755 });
      writeFileSync(join(directory, 'c/tool'), '#!/bin/sh\necho c', { mode: 0o755 });
      const env = { PATH: ['missing', 'a', 'b', 'c'].map((name) => join(directory, name)).join(':') };
      expect(await end(await namespace.spawn('tool', [], { env }))).to.include({ stdout: 'b\n', code: 0 });
      const none = await rejectionOf(namespace.spawn('tool', [], { env: { PATH: join(directory, 'a') } }));
      expect(none).to.include({ code: 'EACCES', syscall: 'execve', path: join(directory, 'a/tool') });
      expect(await end(await namespace.spawn('./tool', [], { cwd: join(directory, 'c') }))).to.include({ stdout: 'c\n' });
    }));

  it('a shell, where it is a script that does not name its interpreter', () =>
    withDirectory(async (directory) => {
      const script = join(directory, 'script');
      writeFileSync(script, 'echo "$0 $1 $2"', { mode: 0o755 });
      expect(await end(await namespace.spawn(script, ['one', 'two three']))).to.include({ stdout: `${script} one two three\n` });
    }));

  it('another name for itself', async () => {
    expect(await end(await namespace.spawn('sh', ['-c', 'echo "$0"'], { argv0: 'sh-by-another-name' }))).to.include({
      stdout: 'sh-by-another-name\n',
    });
  });

  it('other ids: groups, then group, then user; without groups none are left', async function () {
    needsNobody(this);
    const ids = async (options: object): Promise<string[]> => (await said('id -u; id -g; id -G', options)).split('\n').slice(0, 3);
    expect(await ids({ uid: 65534, gid: 65533 })).to.deep.equal(['65534', '65533', '65533']);
    expect(await ids({ uid: 65534, gid: 65533, groups: [5, 7] })).to.deep.equal(['65534', '65533', '65533 5 7']);
    expect(await ids({ gid: 65533 })).to.deep.equal(['0', '65533', '65533']);
    expect(readFileSync('/proc/self/status', 'utf8'), 'this process').to.match(/^Uid:\s+0\s+0\s+0\s+0$/m);
  });

  it('a session of its own, if asked', async () => {
    const session = 'read -r _ _ _ _ group session _ < /proc/$$/stat; [ $session = $$ ] && echo own || echo shared';
    expect(await said(session, { detached: true })).to.equal('own\n');
    expect(await said(session)).to.equal('shared\n');
  });

  it('no blocked, ignored or pending signals, whatever this process did with its', () => {
    const text = `
      process.on('SIGUSR1', () => {});
      const n = await Namespace.create();
      const { stdout } = await n.exec('cat', ['/proc/self/status']);
      await n.close();
      console.log(JSON.stringify(stdout.split('\\n').filter((line) => /^(Sig(Blk|Ign|Cgt|Pnd)|ShdPnd):/.test(line))));`;
    const lines = resultOfProgram(text) as string[];
    expect(lines).to.have.lengthOf(5);
    for (const line of lines) expect(line).to.match(/:\s0{16}$/);
  });

  it('no descriptors but its own, also not those that this process was given without close-on-exec', () => {
    const text = `
      const n = await Namespace.create();
      const one = await n.exec('sh', ['-c', 'ls /proc/$$/fd']);
      const two = await n.spawn('sh', ['-c', 'ls /proc/$$/fd'], { stdio: ['ignore', 'pipe', 'ignore', 'ignore', 7] });
      let second = '';
      for await (const part of two.stdout) second += part;
      await n.close();
      console.log(JSON.stringify([one.stdout, second].map((text) => text.trim().split('\\n'))));`;
    const wrapper = ['sh', '-c', 'exec 7</dev/null 8</dev/null; exec "$@"', 'sh'];
    expect(resultOfProgram(text, wrapper)).to.deep.equal([
      ['0', '1', '2'],
      ['0', '1', '2', '3', '4'],
    ]);
  });

  it("'inherit' for the descriptors of this process, and 'ignore' for /dev/null", () => {
    const text = `
      const n = await Namespace.create();
      const child = await n.spawn('sh', ['-c', 'echo from the child; readlink /proc/$$/fd/2'], { stdio: ['ignore', 'inherit', 'ignore'] });
      if (child.stdin !== null || child.stdout !== null || child.stderr !== null) throw new Error('streams');
      await new Promise((resolve) => child.on('close', resolve));
      await n.close();
      console.log(JSON.stringify('done'));`;
    const program = `import { Namespace } from ${JSON.stringify(moduleUrl('namespace'))};\n${text}`;
    return namespace
      .exec(process.execPath, ['--input-type=module', '--eval', program])
      .then(({ stdout }) => expect(stdout).to.equal('from the child\n/dev/null\n"done"\n'));
  });

  it('descriptors by number, files and sockets', () =>
    withDirectory(async (directory) => {
      const path = join(directory, 'file');
      writeFileSync(path, 'of the file');
      const fd = openSync(path, 'r');
      expect(await end(await namespace.spawn('cat', [], { stdio: [fd] }))).to.include({ stdout: 'of the file' });
      closeSync(fd);
      const file = createReadStream(path);
      const early = await rejectionOf(namespace.spawn('cat', [], { stdio: [file] }));
      expect(early.message).to.include("wait for its 'open' event");
      await once(file, 'open');
      expect(await end(await namespace.spawn('cat', [], { stdio: [file] }))).to.include({ stdout: 'of the file' });
      file.destroy();
      const server = createServer(
        (socket) => void namespace.spawn('echo', ['to the socket'], { stdio: ['ignore', socket] }).then(() => socket.destroy()),
      );
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
      let text = '';
      client.setEncoding('utf8').on('data', (part: string) => (text += part));
      await once(client, 'close');
      expect(text).to.equal('to the socket\n');
      server.close();
      await once(server, 'close');
    }));

  it('streams in both directions above 2', async () => {
    const child = await namespace.spawn('sh', ['-c', 'read line <&4; echo "got $line" >&4'], {
      stdio: ['ignore', 'ignore', 'ignore', 'ignore', 'pipe'],
    });
    expect(child.stdio.map((stream) => stream === null)).to.deep.equal([true, true, true, true, false]);
    const stream = child.stdio[4] as Duplex;
    stream.write('this\n');
    const [answer] = (await once(stream, 'data')) as [Buffer];
    expect(String(answer)).to.equal('got this\n');
    if (child.exitCode === null) await once(child, 'close');
  });

  it('nothing, and says so, when an option cannot be meant', async () => {
    const wrong: [string, unknown, unknown, unknown][] = [
      ['file must be the name or the path', '', [], {}],
      ["there is no shell here: 'ip' is the file, and its arguments are an array, ['link', 'show']", 'ip link show', [], {}],
      ['file must be a string without NUL', 'a\0b', [], {}],
      ['options come third', 'true', {}, undefined],
      ['args[1] must be a string', 'true', ['a', 1], {}],
      ['did you mean cwd?', 'true', [], { cdw: '/' }],
      ['options.env["A=B"] must be a variable', 'true', [], { env: { 'A=B': '' } }],
      ['options.env["A"] must be a string', 'true', [], { env: { A: 1 } }],
      ['options.uid must be an integer', 'true', [], { uid: -1 }],
      ['options.uid must be an integer', 'true', [], { uid: 0xffffffff }],
      ['options.groups[0] must be an integer', 'true', [], { groups: ['wheel'] }],
      ['options.stdio[1] must be', 'true', [], { stdio: ['pipe', 'pip'] }],
      ["cannot be 'ipc'", 'true', [], { stdio: ['pipe', 'pipe', 'pipe', 'ipc'] }],
      ['options.stdio must be', 'true', [], { stdio: 'all' }],
      ["'SIGKILL' is one", 'true', [], { killSignal: 'kill' }],
      ['options.timeout must be milliseconds', 'true', [], { timeout: -1 }],
      ['only shells know ~', 'true', [], { cwd: '~/x' }],
      ['options.cwd must be a path or a file: URL', 'true', [], { cwd: new URL('http://a/') }],
      ['options.cwd must be a file: URL of a path of this machine', 'true', [], { cwd: new URL('file:///tmp/%zz') }],
      ['options.cwd must be a file: URL of a path of this machine', 'true', [], { cwd: new URL('file://otherhost/tmp') }],
      ['options.cwd must be a file: URL of a path of this machine', 'true', [], { cwd: new URL('file:///tmp%2fa') }],
      ['options.mounts must be true or false', 'true', [], { mounts: 'yes' }],
    ];
    for (const [text, file, args, options] of wrong) {
      const error = await rejectionOf(namespace.spawn(file as string, args as string[], options as object));
      expect(error, text).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
      expect(error.message).to.include(text);
    }
  });
});
