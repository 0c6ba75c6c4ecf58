import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { needsRoot } from '../support/skip.js';
import { limit } from '../support/time.js';

/*
 * What the package loads when it is used first: its bundle, in programs of their own, which have loaded nothing else. All other tests run on what tsc
 * made, where everything is loaded at once.
 */

const bundle = new URL('../../../bundle/lib/index.js', import.meta.url).href;
const cycles = process.env['NETLANE_LONG'] === '1' ? 200 : 12;

/** What a program prints, which is JSON; it may have so many descriptors, and take so many milliseconds. */
function printed(program: string, { descriptors = 1024, patience = 50_000 } = {}): unknown {
  const text = `import { Namespace, NetlaneError, SystemError } from ${JSON.stringify(bundle)};\n${program}`;
  const shell = `ulimit -n ${descriptors} && exec "$@"`;
  const done = spawnSync('sh', ['-c', shell, 'sh', process.execPath, '--input-type=module', '--eval', text], {
    encoding: 'utf8',
    timeout: limit(patience),
    killSignal: 'SIGKILL',
  });
  expect(done.stderr).to.equal('');
  expect(done).to.include({ status: 0, signal: null });
  return JSON.parse(done.stdout);
}

/** What each of the `uses` gives, one after the other: its value, or whether its error is as it should be where descriptors are lacking. */
const attempts = `
  const attempt = ([name, use]) => use().then((value) => [name, value], (error) => [name, error instanceof SystemError, error.code, /ulimit -n/.test(error.message)]);
  const all = async () => {
    const results = [];
    for (const use of Object.entries(uses)) results.push(await attempt(use));
    return results;
  };`;

describe('A part of the package that is used first', function () {
  this.timeout(60_000);

  before(function () {
    needsRoot(this);
  });

  it('fails while the process is out of descriptors, with what to do, and works when there are some again', () => {
    const results = printed(
      `import { closeSync, openSync } from 'node:fs';
       const namespace = await Namespace.create({ loopback: true });
       const uses = {
         route: async () => (await (await namespace.route({ thread: 'caller' })).links.get('lo')).index,
         run: () => namespace.run((number) => number + 1, { args: [1] }),
         exec: async () => (await namespace.exec('echo', ['there'])).stdout.trim(),
         watch: async () => Namespace.watch().close(),
         leaks: async () => Namespace.leaks().threads.length >= 0,
         listen: async () => (await namespace.listen({ host: '127.0.0.1', port: 0 })).close().listening,
       };
       ${attempts}
       const taken = [];
       try { for (;;) taken.push(openSync('/dev/null')); } catch {}
       const without = [await all(), await all()];
       taken.forEach((fd) => closeSync(fd));
       const having = await all();
       await namespace.close();
       console.log(JSON.stringify({ without, having }));`,
      { descriptors: 60 },
    );
    const failed = ['route', 'run', 'exec', 'watch', 'leaks', 'listen'].map((name) => [name, true, 'EMFILE', true]);
    expect(results).to.deep.equal({
      without: [failed, failed],
      having: [
        ['route', 1],
        ['run', 2],
        ['exec', 'there'],
        ['watch', null],
        ['leaks', true],
        ['listen', false],
      ],
    });
  });

  it('of other packages works again as well: fetch() and dispatcher() are not dead for ever, and close() is not told of it', () => {
    const results = printed(
      `import { closeSync, openSync } from 'node:fs';
       import { createServer } from 'node:http';
       const namespace = await Namespace.create({ loopback: true });
       const server = await namespace.listen({ port: 0, server: createServer((request, response) => response.end('there')) });
       const url = \`http://127.0.0.1:\${server.address().port}/\`;
       const uses = {
         fetch: async () => (await namespace.fetch(url)).text(),
         dispatcher: async () => {
           const dispatcher = await namespace.dispatcher();
           const response = await fetch(url, { dispatcher }).then((response) => response.text());
           await dispatcher.close();
           return response;
         },
       };
       ${attempts}
       // What is theirs has been read; what they have from others has not.
       await namespace.fetch(url, { dispatcher: {} }).catch(() => {});
       const taken = [];
       try { for (;;) taken.push(openSync('/dev/null')); } catch {}
       const without = [await all(), await all()];
       taken.forEach((fd) => closeSync(fd));
       const having = await all();
       server.close();
       server.closeAllConnections();
       await namespace.close();
       console.log(JSON.stringify({ without, having }));`,
      { descriptors: 60 },
    );
    const failed = ['fetch', 'dispatcher'].map((name) => [name, true, 'EMFILE', true]);
    expect(results).to.deep.equal({
      without: [failed, failed],
      having: [
        ['fetch', 'there'],
        ['dispatcher', 'there'],
      ],
    });
  });

  it('has no part in when things happen: arguments are taken in the call, and what is wrong with those of a method that waits for nothing is thrown', () => {
    const results = printed(
      `const namespace = await Namespace.create();
       const args = [1];
       const running = namespace.run((number) => number, { args });
       args[0] = 2;
       const codes = [() => Namespace.watch(1), () => Namespace.watchAll([1], ['link']), () => Namespace.leaks(1), () => namespace.agent('ftp:')].map((use) => {
         try { use(); } catch (error) { return [error instanceof NetlaneError, error.code]; }
       });
       const result = await running;
       await namespace.close();
       console.log(JSON.stringify({ result, codes }));`,
    );
    expect(results).to.deep.equal({ result: 1, codes: Array.from({ length: 4 }, () => [true, 'NETLANE_INVALID_ARGUMENT']) });
  });

  it('has the names of its functions in the stacks of its errors', () => {
    const stack = printed(
      `const namespace = await Namespace.create();
       const error = await namespace.route({ thread: 'none' }).catch((error) => error);
       await namespace.close();
       console.log(JSON.stringify(error.stack));`,
    );
    expect(stack).to.match(
      / at Module\.openRoute \(.*\/bundle\/lib\/route\.cjs:\d+:\d+\)\n +at Namespace\.route \(.*\/bundle\/lib\/core\.cjs:\d+:\d+\)\n/,
    );
  });
});

describe('A worker that imports the package, and uses it', function () {
  this.timeout(60_000 + cycles * 2_000);

  before(function () {
    needsRoot(this);
  });

  // Node 20 ends the process when a worker is terminated while it loads an ES module by require().
  for (const [way, loading] of [
    ['import', `await import(${JSON.stringify(bundle)})`],
    ['require', `require(${JSON.stringify(fileURLToPath(bundle).replace(/\.js$/, '.cjs'))})`],
  ] as const) {
    it(`may be terminated at any moment, as ${cycles} of them are that have it by ${way}(): the process lives on`, () => {
      const { whole, imported, answered } = printed(
        `import { once } from 'node:events';
       import { setTimeout as sleep } from 'node:timers/promises';
       import { Worker } from 'node:worker_threads';
       const program = \`
         const { parentPort } = require('node:worker_threads');
         (async () => {
           const { Namespace } = ${loading};
           parentPort.postMessage('imported');
           const namespace = await Namespace.current();
           const route = await namespace.route({ thread: 'caller' });
           await route.links.get('lo');
           parentPort.postMessage('answered');
         })();\`;
       const start = async () => {
         const worker = new Worker(program, { eval: true, execArgv: [] });
         const seen = new Set();
         worker.on('message', (message) => seen.add(message));
         worker.on('error', (error) => { throw error; });
         await once(worker, 'online');
         return { worker, seen };
       };
       // How long one takes that is left alone.
       const alone = await start();
       const began = performance.now();
       while (!alone.seen.has('answered')) await sleep(1);
       const whole = performance.now() - began;
       await alone.worker.terminate();
       const counts = { imported: 0, answered: 0 };
       for (let index = 0; index < ${cycles}; index += 1) {
         const { worker, seen } = await start();
         await sleep((whole * 1.2 * index) / ${cycles});
         await worker.terminate();
         for (const message of seen) counts[message] += 1;
       }
       console.log(JSON.stringify({ whole, ...counts }));`,
        { patience: 50_000 + cycles * 1_500 },
      ) as { readonly whole: number; readonly imported: number; readonly answered: number };
      expect(whole).to.be.above(0);
      // The moments were before, within and after what it does.
      expect(imported).to.be.within(1, cycles);
      expect(answered).to.be.within(0, imported);
    });
  }

  it('leaves no file open that it was loading when it ended', () => {
    const left = printed(
      `import { once } from 'node:events';
       import { readdirSync, readlinkSync } from 'node:fs';
       import { Worker } from 'node:worker_threads';
       const program = \`
         const { Namespace } = require(${JSON.stringify(fileURLToPath(bundle).replace(/\.js$/, '.cjs'))});
         Namespace.current().then((namespace) => {
           for (const use of [namespace.lookup('host.example.test'), namespace.fetch('http://127.0.0.1:1/')]) use.catch(() => {});
           setImmediate(() => process.exit());
         });\`;
       for (let index = 0; index < 5; index += 1) await once(new Worker(program, { eval: true, execArgv: [] }), 'exit');
       const files = [];
       for (const fd of readdirSync('/proc/self/fd')) try { files.push(readlinkSync('/proc/self/fd/' + fd)); } catch {}
       console.log(JSON.stringify(files.filter((file) => /\\.c?js$/.test(file))));`,
    );
    expect(left).to.deep.equal([]);
  });
});
