import { expect } from 'chai';
import { packError, unpackError } from '../../lib/error-data.js';
import { ProcessError } from '../../lib/errors.js';
import type { Namespace } from '../../lib/index.js';
import { rejectionOf } from '../support/error-of.js';
import { withScratchNamespace } from './support/namespaces.js';

describe('exec()', () => {
  let namespace: Namespace;
  const scratch = withScratchNamespace((made) => (namespace = made));

  it('gives what a program wrote and how it ended', async () => {
    expect(await namespace.exec('sh', ['-c', 'echo out; echo err >&2'])).to.deep.equal({
      stdout: 'out\n',
      stderr: 'err\n',
      exitCode: 0,
      signal: null,
    });
    const { stdout } = await namespace.exec('ip', ['-o', 'link']);
    expect(stdout).to.match(/^1: lo: /);
  });

  it('gives it the input, or nothing to read at all', async () => {
    expect((await namespace.exec('cat', [], { input: 'héllo' })).stdout).to.equal('héllo');
    expect((await namespace.exec('cat', [], { input: new Uint8Array([104, 105]) })).stdout).to.equal('hi');
    expect((await namespace.exec('cat')).stdout).to.equal('');
    // One that does not read its input has not failed.
    expect((await namespace.exec('true', [], { input: 'x'.repeat(1_000_000) })).exitCode).to.equal(0);
  });

  it('decodes as asked', async () => {
    const options = { input: new Uint8Array([0xe9, 0xff]) };
    expect((await namespace.exec('cat', [], { ...options, encoding: 'latin1' })).stdout).to.equal('éÿ');
    expect((await namespace.exec('cat', [], { ...options, encoding: 'hex' })).stdout).to.equal('e9ff');
    expect((await namespace.exec('cat', [], { ...options, encoding: 'buffer' })).stdout).to.deep.equal(Buffer.from([0xe9, 0xff]));
  });

  it('rejects with what was said when the program failed, unless a failure is an answer', async () => {
    const script = 'echo out; echo first >&2; echo last >&2; exit 3';
    const error = await rejectionOf(namespace.exec('sh', ['-c', script]));
    expect(error).to.be.instanceOf(ProcessError);
    expect(error).to.include({
      name: 'ProcessError',
      code: 'NETLANE_PROCESS_FAILED',
      exitCode: 3,
      signal: null,
      stdout: 'out\n',
      stderr: 'first\nlast\n',
    });
    expect(error.message).to.equal(`exec sh in ${String(namespace)}: exit status 3: last`);
    const result = { stdout: 'out\n', stderr: 'first\nlast\n', exitCode: 3, signal: null };
    expect(await namespace.exec('sh', ['-c', script], { reject: false })).to.deep.equal(result);
    const killed = await rejectionOf(namespace.exec('sh', ['-c', 'kill -9 $$']));
    expect(killed).to.include({ code: 'NETLANE_PROCESS_FAILED', exitCode: null, signal: 'SIGKILL' });
    expect(await namespace.exec('sh', ['-c', 'kill -9 $$'], { reject: false })).to.include({ exitCode: null, signal: 'SIGKILL' });
  });

  it('rejects when there is no such program, or no such directory, also with { reject: false }', async () => {
    // A directory in the PATH that this user may not search would make it EACCES.
    const options = { reject: false, env: { PATH: '/usr/bin:/bin' } };
    const error = await rejectionOf(namespace.exec('netlane-has-no-such-program', [], options));
    expect(error).to.include({ name: 'SystemError', code: 'ENOENT', syscall: 'execve', path: 'netlane-has-no-such-program' });
    expect(error.message).to.include(String(namespace)).and.to.include('no such program in the PATH');
    const directory = await rejectionOf(namespace.exec('true', [], { cwd: '/netlane-has-no-such-directory' }));
    expect(directory).to.include({ code: 'ENOENT', syscall: 'chdir', path: '/netlane-has-no-such-directory' });
    expect(await rejectionOf(namespace.exec('/etc/passwd'))).to.include({ code: 'EACCES', syscall: 'execve', path: '/etc/passwd' });
  });

  it('ends a program that takes too long, says too much or is not wanted, and rejects at once', async () => {
    const late = await rejectionOf(namespace.exec('sleep', ['1000'], { timeout: 20, killSignal: 'SIGKILL' }));
    expect(late).to.include({ name: 'ProcessError', code: 'NETLANE_TIMEOUT' });
    const long = await rejectionOf(namespace.exec('yes', [], { maxBuffer: 5 }));
    expect(long).to.include({ name: 'ProcessError', code: 'NETLANE_OUTPUT_TOO_LONG', stdout: 'y\ny\ny' });
    const controller = new AbortController();
    const aborted = rejectionOf(namespace.exec('sleep', ['1000'], { signal: controller.signal }));
    setTimeout(() => controller.abort(new Error('enough')), 5);
    expect(await aborted).to.include({ code: 'ABORT_ERR' });
    expect((await namespace.exec('yes', [], { maxBuffer: Infinity, timeout: 50 }).catch((error: Error) => error)) as Error).to.include({
      code: 'NETLANE_TIMEOUT',
    });
  });

  it('rejects when the namespace is closed, and ends the program, which nobody was given', async () => {
    const own = await scratch.namespace();
    const running = rejectionOf(own.exec('sh', ['-c', 'echo $$; exec sleep 1000'], { timeout: 60_000 }));
    await own.exec('true');
    await own.close();
    expect(await running).to.include({ code: 'NETLANE_CLOSED' });
  });

  it('refuses what it cannot mean', async () => {
    const wrong: [string, object][] = [
      ['options.input must be', { input: 7 }],
      ["options.encoding must be an encoding ('utf8'", { encoding: 'utf9' }],
      ['options.maxBuffer must be', { maxBuffer: -1 }],
      ['options has no option "stdio"', { stdio: 'pipe' }],
      ['options.reject must be', { reject: 'no' }],
    ];
    for (const [text, options] of wrong) {
      const error = await rejectionOf(namespace.exec('true', [], options));
      expect(error, text).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
      expect(error.message).to.include(text);
    }
  });

  it('has errors that keep their class and their fields from thread to thread', async () => {
    const error = await rejectionOf(namespace.exec('false'));
    const copy = unpackError(structuredClone(packError(error)));
    expect(copy).to.be.instanceOf(ProcessError);
    expect(copy).to.include({ code: 'NETLANE_PROCESS_FAILED', exitCode: 1, stdout: '', message: error.message });
  });
});
