import { expect } from 'chai';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { moduleUrl, resultOfProgram, runProgram, type ProgramResult } from '../support/namespaces.js';

const cycles = process.env['NETLANE_LONG'] === '1' ? 50 : 3;

/** Parts of programs. */
const open = `
  const namespace = await Namespace.create({ loopback: true });
  const socket = await namespace.netlink('route');
  const body = new Uint8Array(16);
  new DataView(body.buffer).setInt32(4, 1, true);
  const lo = { type: 18, body };
  const answered = (await socket.request(lo)).messages.length;`;

/** A lane in the middle of everything: requests, dumps, a stream, a subscription that hears what is done. */
const busy = `
  const lanes = await Promise.all(Array.from({ length: 3 }, async () => {
    const namespace = await Namespace.create({ loopback: true });
    const sockets = await Promise.all([0, 1, 2].map(() => namespace.netlink('route', { groups: [1] })));
    return { namespace, sockets };
  }));
  let rounds = 0;
  const traffic = (round) => {
    for (const { sockets } of lanes) for (const socket of sockets) {
      const again = () => { rounds++; if (rounds === 300) end(); setImmediate(() => round(socket, again)); };
      round(socket, again);
      (async () => { for await (const message of socket.messages()) rounds += 0; })().catch(() => {});
    }
  };
  const flags = (up) => { const body = new Uint8Array(16); const view = new DataView(body.buffer); view.setInt32(4, 1, true); view.setUint32(8, up, true); view.setUint32(12, 1, true); return { type: 16, body }; };
  const start = () => traffic((socket, again) => {
    Promise.all([socket.request(flags(rounds % 2)), socket.request({ type: 18, flags: 0x300, body: new Uint8Array(16) }), socket.request(flags((rounds + 1) % 2))]).then(again, again);
  });`;

function expectEnd(result: ProgramResult, status: number, stderr: RegExp | ''): void {
  expect(result).to.include({ signal: null, status });
  if (stderr === '') expect(result.stderr).to.equal('');
  else expect(result.stderr).to.match(stderr);
}

describe('A process with lanes', function () {
  this.timeout(60_000 + cycles * 10_000);

  it('ends by itself while lanes and sockets are open and at rest', () => {
    const done = runProgram(`${open}\nconsole.log('answered', answered);`);
    expectEnd(done, 0, '');
    expect(done.stdout).to.equal('answered 1\n');
  });

  it('may forbid code that is made of text: lanes and tasks start all the same', () => {
    const text = `${open}
      console.log(JSON.stringify([answered, await namespace.run((number) => number + 1, { args: [1] })]));
      await namespace.close();`;
    expect(resultOfProgram(text, [], ['--disallow-code-generation-from-strings'])).to.deep.equal([1, 2]);
  });

  for (const thread of ['lane', 'caller']) {
    for (const [what, watching] of [
      ['a watch', `(await namespace.route({ thread: '${thread}' })).watch(['link'], { existing: true })`],
      ['a watch of several namespaces', `Namespace.watchAll([namespace, other], ['link'], { thread: '${thread}' })`],
    ] as const) {
      const program = (calls: string): ProgramResult =>
        runProgram(`
          const [namespace, other] = [await Namespace.create(), await Namespace.create()];
          // Or they may be collected, with a warning.
          globalThis.held = [namespace, other];
          const watch = ${watching}${calls};
          await watch.ready;
          // Keeps nothing alive itself: it is late only where something else does.
          setTimeout(() => { console.log('stayed'); watch.close(); }, 300).unref();
          (async () => { for await (const event of watch) console.log(event.value.name); })().catch((error) => console.log(error.code));`);

      it(`stays for a loop over ${what}, thread '${thread}', unless that is told not to keep it`, () => {
        const listed = what === 'a watch' ? 'lo\n' : '';
        for (const calls of ['', '.unref().ref()']) {
          const kept = program(calls);
          expectEnd(kept, 0, '');
          expect(kept.stdout, calls).to.equal(`${listed}stayed\nNETLANE_CLOSED\n`);
        }
        const released = program('.unref()');
        expectEnd(released, 0, '');
        expect(released.stdout).to.equal(listed);
        // Also when the watch runs already.
        const later = program('; await watch.ready; watch.unref()');
        expectEnd(later, 0, '');
        expect(later.stdout).to.equal(listed);
      });
    }
  }

  it('stays for a request that has no answer yet, and no longer', () => {
    const done = runProgram(`${open}
      const change = new Uint8Array(16);
      new DataView(change.buffer).setInt32(4, 1, true);
      socket.request({ type: 16, body: change, acknowledge: false, timeout: 300 }).catch((error) => console.log(error.code));`);
    expectEnd(done, 0, '');
    expect(done.stdout).to.equal('NETLANE_TIMEOUT\n');
  });

  it('stays for a dump that has no end yet, and for a send that is not taken', () => {
    const dump = runProgram(`${open}\nsocket.request({ type: 1, flags: 0x300, timeout: 300 }).catch((error) => console.log(error.code));`);
    expectEnd(dump, 0, '');
    expect(dump.stdout).to.equal('NETLANE_TIMEOUT\n');
    const send = runProgram(`${open}
      const [from, to] = await Promise.all([namespace.netlink('usersock', { from: 'any' }), namespace.netlink('usersock', { from: 'any', receiveBuffer: 4096 })]);
      const sends = Array.from({ length: 300 }, () => from.send({ type: 99, port: to.port, body: new Uint8Array(8000) }));
      setTimeout(async () => { let count = 0; for await (const message of to.messages()) if (++count === 300) break; }, 100).unref();
      await Promise.all(sends);
      console.log('sent');`);
    expectEnd(send, 0, '');
    expect(send.stdout).to.equal('sent\n');
  });

  for (const thread of ['lane', 'caller']) {
    it(`stays for a loop over messages, unless it is unreferenced (${thread})`, () => {
      const listen = `${open}
        const listener = await namespace.netlink('route', { groups: [1], thread: '${thread}' });
        const loop = async () => { for await (const message of listener.messages()) { console.log('heard', message.type); break; } };`;
      const stays = runProgram(`${listen}
        const change = new Uint8Array(16);
        new DataView(change.buffer).setInt32(4, 1, true);
        new DataView(change.buffer).setUint32(12, 1, true);
        setTimeout(() => void socket.request({ type: 16, body: change }), 200).unref();
        await loop();`);
      expectEnd(stays, 0, '');
      expect(stays.stdout).to.equal('heard 16\n');
      const leaves = runProgram(`${listen}\nlistener.unref();\nvoid loop();`);
      expectEnd(leaves, 0, '');
      expect(leaves.stdout).to.equal('');
    });
  }

  it('keeps its main thread and its thread pool at home, whatever comes first', () => {
    const program = `
      const { readFileSync, readdirSync, readlinkSync } = require('node:fs');
      (async () => {
        const { Namespace } = await import(${JSON.stringify(moduleUrl('namespace'))});
        const namespaces = await Promise.all([0, 1, 2].map(() => Namespace.create()));
        const sockets = await Promise.all(namespaces.map((namespace) => namespace.netlink('route')));
        // The first use of the pool comes after the lanes.
        const { readlink, readFile } = require('node:fs/promises');
        const seen = await Promise.all(Array.from({ length: 16 }, () => readlink('/proc/thread-self/ns/net')));
        const home = readlinkSync('/proc/self/ns/net');
        const isAway = (thread) => { try { return readlinkSync('/proc/self/task/' + thread + '/ns/net') !== home; } catch { return false; } };
        const count = () => readdirSync('/proc/self/task').filter(isAway).length;
        // Threads that opened something have ended, but stand in /proc a moment longer.
        for (let look = 0; look < 500 && count() > 3; look++) await new Promise((resolve) => setTimeout(resolve, 5));
        console.log(JSON.stringify({ pool: seen.every((name) => name === home), elsewhere: count(), leaks: Namespace.leaks().threads.map(({ owner }) => owner !== undefined) }));
      })();`;
    const folder = mkdtempSync(join(tmpdir(), 'netlane-test-'));
    try {
      for (const [file, text] of [
        ['program.cjs', program],
        ['program.mjs', `import { createRequire } from 'node:module';\nconst require = createRequire('/');\n${program}`],
        [
          'worker.cjs',
          `const { Worker } = require('node:worker_threads');\nnew Worker(${JSON.stringify(program)}, { eval: true }).on('error', (error) => { throw error; });`,
        ],
      ] as const) {
        const path = join(folder, file);
        writeFileSync(path, text);
        const result = resultOfProgram(`import { execFileSync } from 'node:child_process';
          process.stdout.write(execFileSync(process.execPath, [${JSON.stringify(path)}], { encoding: 'utf8' }));`);
        expect(result, file).to.deep.equal({ pool: true, elsewhere: 3, leaks: [true, true, true] });
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('does not run in lanes what is preloaded for the program', () => {
    const folder = mkdtempSync(join(tmpdir(), 'netlane-test-'));
    try {
      const log = join(folder, 'log');
      const preload = (file: string): string => {
        const path = join(folder, file);
        writeFileSync(
          path,
          `require('node:fs').appendFileSync(${JSON.stringify(log)}, ${JSON.stringify(file)} + ' ' + require('node:worker_threads').isMainThread + '\\n');`,
        );
        return path;
      };
      const wrapper = ['env', `NODE_OPTIONS=--require=${preload('options.cjs')} --import=${preload('imported.cjs')}`];
      const result = resultOfProgram(`${open}\nawait namespace.close();\nconsole.log(answered);`, wrapper, [
        '--require',
        preload('required.cjs'),
      ]);
      expect(result).to.equal(1);
      expect(readFileSync(log, 'utf8').trim().split('\n').sort()).to.deep.equal([
        'imported.cjs true',
        'options.cjs true',
        'required.cjs true',
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  const endings: Readonly<Record<string, { readonly end: string; readonly status: number; readonly stderr: RegExp | '' }>> = {
    'process.exit()': { end: `process.exit(7);`, status: 7, stderr: '' },
    'an uncaught exception': { end: `throw new Error('thrown on purpose');`, status: 1, stderr: /thrown on purpose/ },
    'an unhandled rejection': { end: `void Promise.reject(new Error('rejected on purpose'));`, status: 1, stderr: /rejected on purpose/ },
    'close() of all, and nothing left to do': {
      end: `Promise.all(lanes.map(({ namespace }) => namespace.close())).then(() => { process.exitCode = 5; traffic = () => {}; });`,
      status: 5,
      stderr: '',
    },
    'process.exit() in the next turn': { end: `setImmediate(() => { process.exitCode = 6; process.exit(); });`, status: 6, stderr: '' },
  };
  for (const [what, { end, status, stderr }] of Object.entries(endings)) {
    it(`ends cleanly by ${what} with busy lanes`, () => {
      for (let cycle = 0; cycle < cycles; cycle++) {
        const program = `${busy.replace('const traffic', 'let traffic')}
          let over = false;
          const end = () => { over = true; ${end} };
          ${what.startsWith('close()') ? start.closing : start.plain}`;
        expectEnd(runProgram(program), status, stderr);
      }
    });
  }
});

/** Traffic that goes on for ever, or until everything is closed. */
const start = {
  plain: `start();`,
  closing: `
    for (const { sockets } of lanes) for (const socket of sockets) {
      const round = () => { if (over) return; rounds++; if (rounds === 300) return end(); socket.request(flags(rounds % 2)).then(round, () => {}); };
      for (let count = 0; count < 4; count++) round();
    }`,
};
