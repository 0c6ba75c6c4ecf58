import { execFileSync } from 'node:child_process';
import { closeSync, fstatSync, openSync, readdirSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { handleOf, type NamespaceHandle } from '../../lib/namespace/handle.js';
import { Namespace } from '../../lib/namespace.js';
import { errorOf, rejectionOf } from '../support/error-of.js';
import { pathOf, resultOfProgram, uniqueName, withDirectory } from '../support/namespaces.js';
import { needsRoot } from '../support/skip.js';

function handle(namespace: Namespace): NamespaceHandle {
  const found = handleOf(namespace);
  if (found === undefined) throw new Error('no handle');
  return found;
}

function isNamespace(fd: number): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`).startsWith('net:');
  } catch {
    return false;
  }
}

describe('a Namespace', () => {
  before(function () {
    needsRoot(this);
  });

  it('closes once, with the same promise each time', async () => {
    const namespace = await Namespace.create();
    const fd = namespace.fd;
    expect(namespace.closed).to.equal(false);
    const first = namespace.close();
    expect(namespace.closed).to.equal(true);
    expect(namespace.close()).to.equal(first);
    expect(namespace[Symbol.asyncDispose]()).to.equal(first);
    await first;
    expect(namespace.close()).to.equal(first);
    expect(isNamespace(fd)).to.equal(false);
    expect(errorOf(() => namespace.fd)).to.include({ code: 'NETLANE_CLOSED', namespace: String(namespace) });
  });

  it('keeps its id, its name and a cookie that was read after close()', async () => {
    const namespace = await Namespace.create();
    const { id, cookie } = namespace;
    const unread = await Namespace.create();
    await Promise.all([namespace.close(), unread.close()]);
    expect(namespace.id).to.equal(id);
    expect(namespace.cookie).to.equal(cookie);
    expect(String(namespace)).to.equal(`Namespace(${id})`);
    expect(inspect(namespace)).to.equal(`Namespace(${id}) closed`);
    expect(errorOf(() => unread.cookie)).to.include({ code: 'NETLANE_CLOSED' });
  });

  it('has the id that stat gives, and a bigint for a cookie that never comes again', async () => {
    const cookies = new Set<bigint>();
    for (let round = 0; round < 10; round += 1) {
      const namespace = await Namespace.create();
      const status = statSync(pathOf(namespace));
      expect(namespace.id).to.equal(`${status.dev}:${status.ino}`);
      expect(namespace.cookie).to.be.a('bigint');
      cookies.add(namespace.cookie);
      await namespace.close();
    }
    expect(cookies.size).to.equal(10);
  });

  it('equals other handles of the same namespace, and after close() only what is certain', async () => {
    const one = await Namespace.create();
    const same = await Namespace.open({ fd: one.fd });
    const other = await Namespace.create();
    expect(one.equals(same)).to.equal(true);
    expect(one.equals(one)).to.equal(true);
    expect(one.equals(other)).to.equal(false);
    expect(one.cookie === same.cookie && one.cookie !== other.cookie).to.equal(true);
    const unread = await Namespace.open({ fd: one.fd });
    await one.close();
    expect(one.equals(same)).to.equal(true);
    expect(one.equals(one)).to.equal(true);
    expect(one.equals(unread)).to.equal(false);
    expect(errorOf(() => same.equals({} as Namespace))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    await Promise.all([same.close(), other.close(), unread.close()]);
  });

  it('keeps its fd open through close() while something has acquired it', async () => {
    const namespace = await Namespace.create();
    const state = handle(namespace);
    const { fd, inode } = state;
    const release = state.acquire();
    const releaseToo = state.acquire();
    await namespace.close();
    expect(fstatSync(fd, { bigint: true }).ino).to.equal(inode);
    release();
    release();
    expect(fstatSync(fd, { bigint: true }).ino).to.equal(inode);
    releaseToo();
    expect(isNamespace(fd)).to.equal(false);
    expect(errorOf(() => state.acquire())).to.include({ code: 'NETLANE_CLOSED' });
  });

  it('ends what runs in it in the call of close(), also when one of them fails or closes it again', async () => {
    const namespace = await Namespace.create();
    const state = handle(namespace);
    const fd = namespace.fd;
    const ended: string[] = [];
    state.own({ close: () => ended.push('first') });
    state.own({
      close: () => {
        throw new Error('cannot end');
      },
    });
    state.own({ close: () => Promise.reject(new Error('cannot end either')) });
    state.own({ close: () => void namespace.close() });
    state.own({ close: () => ended.push('last') });
    const disowned = state.own({ close: () => ended.push('disowned') });
    disowned();
    const closing = namespace.close();
    expect(ended).to.deep.equal(['first', 'last']);
    const error = await rejectionOf(closing);
    expect(error).to.be.instanceOf(AggregateError);
    expect((error as AggregateError).errors.map((each) => (each as Error).message)).to.deep.equal(['cannot end', 'cannot end either']);
    expect(isNamespace(fd)).to.equal(false);
    expect(errorOf(() => state.own({ close: () => undefined }))).to.include({ code: 'NETLANE_CLOSED' });
  });

  it('does not wait to close its fd number early: a new file never gets the number while a request holds it', async () => {
    const namespace = await Namespace.create();
    const fd = namespace.fd;
    const release = handle(namespace).acquire();
    await namespace.close();
    const files = Array.from({ length: 64 }, () => openSync('/dev/null', 'r'));
    expect(files).to.not.include(fd);
    for (const file of files) closeSync(file);
    release();
  });

  it('deletes a temporary name at close(), and only if it is still its own', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'blue');
      const plain = await Namespace.create('blue', { directory, temporary: true });
      await plain.close();
      expect(readdirSync(directory)).to.deep.equal([]);

      const replaced = await Namespace.create('blue', { directory, temporary: true });
      await Namespace.delete('blue', { directory });
      const other = await Namespace.create('blue', { directory });
      await replaced.close();
      expect(readdirSync(directory)).to.deep.equal(['blue']);
      expect(`${statSync(path).dev}:${statSync(path).ino}`).to.equal(other.id);
      await Namespace.delete('blue', { directory });
      await other.close();

      const stale = await Namespace.create('blue', { directory, temporary: true });
      execFileSync('umount', ['--lazy', path]);
      await stale.close();
      expect(readdirSync(directory)).to.deep.equal(['blue']);
    });
  });

  it('tells when a temporary name could not be deleted, and closes all the same', async () => {
    await withDirectory(async (directory) => {
      const namespace = await Namespace.create('blue', { directory, temporary: true });
      const fd = namespace.fd;
      execFileSync('mount', ['-o', 'remount,bind,ro', directory]);
      const error = await rejectionOf(namespace.close());
      expect(error).to.include({ code: 'EROFS', operation: 'delete the name blue' });
      expect(isNamespace(fd)).to.equal(false);
      execFileSync('mount', ['-o', 'remount,bind,rw', directory]);
    });
  });

  it('deletes a temporary name without a single fd to spare', () => {
    const name = uniqueName();
    const text = `
      import { openSync, readdirSync, closeSync } from 'node:fs';
      const namespace = await Namespace.create('${name}', { temporary: true });
      const files = [];
      let code;
      try { for (;;) files.push(openSync('/dev/null', 'r')); } catch (error) { code = error.code; }
      const refused = await Namespace.create().catch((error) => error);
      const opened = await Namespace.open('${name}').catch((error) => error);
      await namespace.close();
      for (const file of files) closeSync(file);
      console.log(JSON.stringify({ code, refused: refused.code, message: refused.message, opened: opened.code, names: readdirSync('/run/netns') }));`;
    const result = resultOfProgram(text, ['sh', '-c', 'ulimit -n 80; exec "$@"', 'sh']) as Record<string, unknown>;
    expect(result).to.include({ code: 'EMFILE', refused: 'EMFILE', opened: 'EMFILE' });
    expect(result['message']).to.include('ulimit -n');
    expect(result['names']).to.not.include(name);
  });

  it('closes its fd when it is garbage-collected unclosed, and warns once with the place', () => {
    const text = `
      import { readdirSync, readlinkSync } from 'node:fs';
      const count = () => readdirSync('/proc/self/fd').filter((fd) => { try { return readlinkSync('/proc/self/fd/' + fd).startsWith('net:') } catch { return false } }).length;
      const warnings = [];
      process.on('warning', ({ name, code, message, detail }) => warnings.push({ name, code, message, detail }));
      async function forgetful() { const n = await Namespace.create('${uniqueName()}', { temporary: true }); return { id: n.id, name: n.name }; }
      const forgotten = await forgetful();
      const kept = await Namespace.create();
      const closed = await Namespace.create();
      await closed.close();
      const before = count();
      for (let round = 0; round < 1000 && warnings.length === 0; round += 1) {
        globalThis.gc();
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      for (let round = 0; round < 3; round += 1) { globalThis.gc(); await new Promise((resolve) => setTimeout(resolve, 20)); }
      const after = count();
      await kept.close();
      console.log(JSON.stringify({ forgotten, before, after, warnings, names: readdirSync('/run/netns') }));`;
    const result = resultOfProgram(text, [], ['--expose-gc', '--no-warnings']) as {
      forgotten: { id: string; name: string };
      before: number;
      after: number;
      warnings: { name: string; code: string; message: string; detail: string }[];
      names: string[];
    };
    expect(result.before).to.equal(2);
    expect(result.after).to.equal(1);
    expect(result.warnings).to.have.length(1);
    const [warning] = result.warnings;
    expect(warning).to.include({ name: 'NetlaneWarning', code: 'NETLANE_UNCLOSED' });
    expect(warning?.message).to.include(
      `Namespace(${result.forgotten.name}, ${result.forgotten.id}) was garbage-collected without close()`,
    );
    expect(warning?.detail).to.match(/opened\n +at forgetful /);
    expect(result.names).to.not.include(result.forgotten.name);
  });

  it('that is forgotten lives on while a socket is open in it, and is closed, with the warning, after that', () => {
    const text = `
      const warnings = [];
      process.on('warning', (warning) => warnings.push(warning.code));
      const forgetful = async () => (await Namespace.create()).netlink('route', { thread: 'caller' });
      const socket = await forgetful();
      const collect = async (rounds, enough) => {
        for (let round = 0; round < rounds && !enough(); round += 1) { globalThis.gc(); await new Promise((resolve) => setTimeout(resolve, 5)); }
      };
      await collect(50, () => false);
      const before = { warnings: warnings.length, fds: Namespace.leaks().fds.filter((each) => each.kind === 'namespace').length };
      await socket.request({ type: 18, flags: 0x300, body: new Uint8Array(16) });
      await socket.close();
      await collect(2000, () => warnings.length > 0);
      console.log(JSON.stringify({ before, warnings, fds: Namespace.leaks().fds }));`;
    expect(resultOfProgram(text, [], ['--expose-gc', '--no-warnings'])).to.deep.equal({
      before: { warnings: 0, fds: 1 },
      warnings: ['NETLANE_UNCLOSED'],
      fds: [],
    });
  });

  for (const [use, options, statements] of [
    ['a socket on its lane', '{}', `await (await namespace.netlink('route')).close();`],
    ['a socket on a shared lane', `{ lane: 'shared' }`, `await (await namespace.netlink('route')).close();`],
    ['a typed client', '{}', `const route = await namespace.route(); await route.links.list(); await route.close();`],
    [
      'a watch',
      '{}',
      `const route = await namespace.route(); const watch = route.watch(['link']); await watch.ready; await watch.close(); await route.close();`,
    ],
    ['a task', '{ taskIdle: 1 }', `await namespace.run(() => 1);`],
    ['a program', '{}', `await namespace.exec('true');`],
    ['a socket for packets', '{}', `await (await namespace.packet({ link: 'lo' })).close();`],
    [
      'fetch()',
      '{ loopback: true }',
      `const server = await namespace.listen({ port: 0, server: createServer((_, response) => response.end('answer')) });
       await (await namespace.fetch('http://127.0.0.1:' + server.address().port)).text();
       await new Promise((resolve) => server.close(resolve));`,
    ],
  ] as const) {
    it(`that is forgotten after ${use} was used and closed is collected, with one warning for each`, () => {
      const text = `
        import { createServer } from 'node:http';
        let warnings = 0;
        process.on('warning', ({ code, message }) => { if (code === 'NETLANE_UNCLOSED') warnings += 1; else throw new Error(message); });
        const forgetful = async () => { const namespace = await Namespace.create(${options}); ${statements} };
        for (let round = 0; round < 3; round += 1) await forgetful();
        // The lanes and threads that are ending have fds of their own.
        for (let round = 0; round < 2000 && (warnings < 3 || Namespace.leaks().fds.length > 0); round += 1) {
          globalThis.gc();
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        for (let round = 0; round < 5; round += 1) { globalThis.gc(); await new Promise((resolve) => setTimeout(resolve, 5)); }
        console.log(JSON.stringify({ warnings, fds: Namespace.leaks().fds }));`;
      expect(resultOfProgram(text, [], ['--expose-gc', '--no-warnings'])).to.deep.equal({ warnings: 3, fds: [] });
    });
  }

  it('that is forgotten while a body of fetch() is read serves it to its end', () => {
    const text = `
      import { createServer } from 'node:http';
      const outside = await Namespace.create({ loopback: true });
      let finish;
      const server = await outside.listen({ port: 0, server: createServer((_, response) => { response.write('first '); finish = () => response.end('last'); }) });
      let warnings = 0;
      process.on('warning', () => (warnings += 1));
      const forgetful = async () => (await Namespace.open({ fd: outside.fd })).fetch('http://127.0.0.1:' + server.address().port);
      const response = await forgetful();
      for (let round = 0; round < 2000 && warnings === 0; round += 1) { globalThis.gc(); await new Promise((resolve) => setTimeout(resolve, 5)); }
      finish();
      console.log(JSON.stringify({ warnings, text: await response.text() }));
      server.close();
      await outside.close();`;
    expect(resultOfProgram(text, [], ['--expose-gc', '--no-warnings'])).to.deep.equal({ warnings: 1, text: 'first last' });
  });

  it('does not keep the process alive', () => {
    expect(resultOfProgram(`const n = await Namespace.create(); n.cookie; console.log('1');`)).to.equal(1);
  });

  it('leaves no fds over 1,024 openings and closings, also with ones that fail', async () => {
    await withDirectory(async (directory) => {
      const namespace = await Namespace.create('blue', { directory, temporary: true });
      writeFileSync(join(directory, 'stale'), '');
      const before = readdirSync('/proc/self/fd').length;
      for (let round = 0; round < 1024; round += 1) {
        const opened = await Namespace.open('blue', { directory });
        if (round % 4 === 0) await rejectionOf(Namespace.open(round % 8 === 0 ? 'stale' : 'missing', { directory }));
        await opened.close();
      }
      expect(readdirSync('/proc/self/fd').length).to.equal(before);
      await namespace.close();
    });
  });
});
