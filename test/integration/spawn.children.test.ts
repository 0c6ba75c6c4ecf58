import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { createServer, Socket, type AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { Child, Namespace } from '../../lib/index.js';
import { rejectionOf } from '../support/error-of.js';
import { linkOf } from '../support/namespaces.js';
import { end, isThere } from './support/children.js';
import { withScratchNamespace } from './support/namespaces.js';

describe('a child', () => {
  let namespace: Namespace;
  const scratch = withScratchNamespace((made) => (namespace = made));

  it('is in the namespace while no thread of this process is', async () => {
    const child = await namespace.spawn('cat');
    expect(readlinkSync(`/proc/${child.pid}/ns/net`)).to.equal(linkOf(namespace));
    expect(readlinkSync('/proc/self/ns/net')).to.not.equal(linkOf(namespace));
    child.stdin.end();
    expect(await end(child)).to.include({ code: 0, signal: null });
  });

  it('has a pid, its file and its arguments, and runs the program when spawn() resolves', async () => {
    const child = await namespace.spawn('sh', ['-c', 'echo $$; echo complaint >&2; exit 7']);
    expect(child.spawnfile).to.equal('sh');
    expect(child.spawnargs).to.deep.equal(['sh', '-c', 'echo $$; echo complaint >&2; exit 7']);
    expect(await end(child)).to.deep.equal({ code: 7, signal: null, stdout: `${child.pid}\n`, stderr: 'complaint\n' });
    expect([child.exitCode, child.signalCode, child.killed]).to.deep.equal([7, null, false]);
    expect(isThere(child.pid), 'a zombie').to.equal(false);
  });

  it('reads what is written to it, to the end', async () => {
    const child = await namespace.spawn('wc', ['-c']);
    child.stdin.write('x'.repeat(300_000));
    child.stdin.end('y');
    expect((await end(child)).stdout.trim()).to.equal('300001');
  });

  it('has pipes that are of no other use: they do not connect to anything, whoever asks', async () => {
    const child = await namespace.spawn('sh', ['-c', 'cat'], { stdio: ['pipe', 'pipe', 'pipe', 'pipe'] });
    const elsewhere = createServer().listen(0, '127.0.0.1');
    await once(elsewhere, 'listening');
    const pipes = child.stdio as readonly Socket[];
    expect(pipes).to.have.lengthOf(4);
    const target = { port: (elsewhere.address() as AddressInfo).port, host: '127.0.0.1' };
    // By its own method, and by that of the prototype.
    const refused = (pipe: Socket, methodOf: object = pipe): unknown => {
      try {
        return (Reflect.apply(Reflect.get(methodOf, 'connect') as () => unknown, pipe, [target]) as Socket).connecting;
      } catch (error) {
        return error;
      }
    };
    const running = pipes.map((pipe) => refused(pipe));
    child.stdin?.end();
    await once(child, 'close');
    const over = pipes.flatMap((pipe) => [refused(pipe), refused(pipe, Socket.prototype)]);
    try {
      for (const error of [...running, ...over]) {
        expect(error).to.include({ code: 'NETLANE_REBIND', namespace: String(namespace) });
        expect((error as Error).message).to.include('a pipe of a child');
      }
    } finally {
      elsewhere.close();
      await once(elsewhere, 'close');
    }
  });

  it("tells 'exit' before 'close', also when nobody reads what it wrote", async () => {
    const child = await namespace.spawn('sh', ['-c', 'echo one; echo two >&2']);
    const events: string[] = [];
    child.on('exit', () => events.push('exit'));
    child.on('close', () => events.push('close'));
    await once(child, 'close');
    expect(events).to.deep.equal(['exit', 'close']);
  });

  it('is not closed while somebody else has its output open, though it has ended', async () => {
    const child = await namespace.spawn('sh', ['-c', 'cat <&3 & echo $!', 'sh'], { stdio: ['ignore', 'pipe', 'ignore', 'pipe'] });
    const [text] = (await once(child.stdout as NonNullable<typeof child.stdout>, 'data')) as [Buffer];
    if (child.exitCode === null) await once(child, 'exit');
    expect(isThere(Number(text)), 'the grandchild').to.equal(true);
    const closed = once(child, 'close');
    (child.stdio[3] as NodeJS.WritableStream).end();
    await closed;
  });

  it('is ended by a signal, by name or number, and cannot be signalled afterwards', async () => {
    for (const signal of ['SIGTERM', 9] as const) {
      const child = await namespace.spawn('sleep', ['1000']);
      expect(child.kill(0)).to.equal(true);
      expect(child.killed).to.equal(false);
      expect(child.kill(signal)).to.equal(true);
      expect(child.killed).to.equal(true);
      const name = signal === 9 ? 'SIGKILL' : signal;
      expect(await end(child)).to.include({ code: null, signal: name });
      expect([child.exitCode, child.signalCode]).to.deep.equal([null, name]);
      expect(child.kill()).to.equal(false);
      expect(() => child.kill('TERM' as never)).to.throw(/'SIGTERM' is one/);
    }
  });

  it('is ended by its time-out, with the signal that was chosen', async () => {
    const child = await namespace.spawn('sleep', ['1000'], { timeout: 20, killSignal: 'SIGINT' });
    expect(await end(child)).to.include({ code: null, signal: 'SIGINT' });
  });

  it("is ended by its AbortSignal, which is an 'error'", async () => {
    const controller = new AbortController();
    const child = await namespace.spawn('sleep', ['1000'], { signal: controller.signal, killSignal: 'SIGKILL' });
    const failed = once(child, 'error') as Promise<[Error]>;
    const ended = end(child);
    controller.abort(new Error('enough'));
    const [error] = await failed;
    expect(error).to.include({ name: 'NetlaneError', code: 'ABORT_ERR' });
    expect((error.cause as Error).message).to.equal('enough');
    expect(await ended).to.include({ signal: 'SIGKILL' });
  });

  it('does not start when the signal has aborted before, and is not left running when it aborts meanwhile', async () => {
    expect(await rejectionOf(namespace.spawn('sleep', ['1000'], { signal: AbortSignal.abort() }))).to.include({ code: 'ABORT_ERR' });
    const controller = new AbortController();
    const starting = namespace.spawn('sleep', ['1000'], { signal: controller.signal });
    controller.abort();
    expect(await rejectionOf(starting)).to.include({ code: 'ABORT_ERR' });
    // The leak check finds its process, its streams and its thread, if they stay.
  });

  it('lives on when the handle is closed, and keeps the namespace alive', async () => {
    const own = await scratch.namespace();
    const child = await own.spawn('cat');
    await own.close();
    expect(readlinkSync(`/proc/${child.pid}/ns/net`)).to.equal(linkOf(own));
    child.stdin.end('still here');
    expect(await end(child)).to.include({ code: 0, stdout: 'still here' });
  });

  it('that is still starting when the handle is closed is not started, or ended', async () => {
    const own = await scratch.namespace();
    const starting = own.spawn('sleep', ['1000']);
    const closing = own.close();
    expect(await rejectionOf(starting)).to.include({ code: 'NETLANE_CLOSED' });
    await closing;
    expect(await rejectionOf(own.spawn('true'))).to.include({ code: 'NETLANE_CLOSED' });
  });

  it('can be one of many at once, each with its own output', async () => {
    const all = await Promise.all(
      Array.from({ length: 40 }, async (_, index) => end(await namespace.spawn('sh', ['-c', `echo ${index}; exit ${index}`]))),
    );
    expect(all.map(({ code, stdout }) => [code, stdout])).to.deep.equal(all.map((_, index) => [index, `${index}\n`]));
  });

  it('that is unreferenced does not keep its reader from ending', async () => {
    const child: Child = await namespace.spawn('cat', [], { stdio: ['pipe', 'ignore', 'ignore'] });
    child.unref();
    child.ref();
    child.stdin?.end();
    expect(await once(child, 'exit')).to.deep.equal([0, null]);
  });
});
