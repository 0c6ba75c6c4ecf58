import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { withNamedNamespace } from '../support/namespaces.js';
import { needsRoot, skip } from '../support/skip.js';
import { limit, timeFactor } from '../support/time.js';

/*
 * What operations cost, in counts that are the same on every run: system calls, messages between threads, slabs, modules. Who changes one of
 * these numbers changes what everybody pays; docs/performance.md has the times.
 */

interface Counts {
  /** Messages to other threads, and from them. */
  readonly posted: number;
  readonly taken: number;
  /** Buffers of the size that sockets receive into, made on the caller's thread. */
  readonly slabs: number;
}

type Calls = Readonly<Record<string, number>>;

/** All that sends, receives, opens, enters or starts something. */
const traced = [
  'sendmsg',
  'sendto',
  'sendmmsg',
  'recvmsg',
  'recvfrom',
  'recvmmsg',
  'socket',
  'bind',
  'setns',
  'unshare',
  'clone',
  'clone3',
];
const marks = ['?access', '?faccessat', '?faccessat2'];

/** The calls of each operation, by what they are, whichever thread made them. */
function callsOf(trace: string): Map<string, Record<string, number>> {
  const operations = new Map<string, Record<string, number>>();
  let current: Record<string, number> | undefined;
  for (const line of trace.split('\n')) {
    const mark = /\/netlane-cost\/(begin|end)\/([^"]*)/.exec(line);
    if (mark?.[1] === 'begin') operations.set(mark[2] ?? '', (current = {}));
    else if (mark !== null) current = undefined;
    const call = /^\d+ +(\w+)\(/.exec(line)?.[1];
    if (current === undefined || call === undefined || !traced.includes(call)) continue;
    const name = call === 'clone3' ? 'clone' : call;
    current[name] = (current[name] ?? 0) + 1;
  }
  return operations;
}

const routes = 10_000;

function measured(path: string): { calls: Map<string, Record<string, number>>; counts: Record<string, Counts> } {
  const directory = mkdtempSync(join(tmpdir(), 'netlane-cost-'));
  const file = join(directory, 'trace');
  const program = fileURLToPath(new URL('./support/cost-program.js', import.meta.url));
  try {
    const strace = ['-f', '-qq', '-o', file, '-s', '0', '-e', `trace=${[...traced.map((call) => `?${call}`), ...marks].join(',')}`];
    const done = spawnSync('strace', [...strace, process.execPath, program, path, String(routes)], {
      encoding: 'utf8',
      timeout: limit(60_000),
    });
    if (done.status !== 0) throw new Error(`strace or the program failed: ${done.stderr}`);
    return { calls: callsOf(readFileSync(file, 'utf8')), counts: JSON.parse(done.stdout) as Record<string, Counts> };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe('What operations cost', function () {
  this.timeout(120_000);
  let found: ReturnType<typeof measured>;

  before(async function () {
    needsRoot(this);
    const probe = spawnSync('strace', ['-f', '-qq', '-o', '/dev/null', 'true']);
    if (probe.error !== undefined) skip(this, 'no strace here, which counts system calls');
    if (probe.status !== 0) skip(this, 'strace may not look at other processes here');
    await withNamedNamespace(async (namespace, name) => {
      const route = await namespace.route({ thread: 'caller' });
      const made = await route.batch((batch) => {
        for (let at = 0; at < routes; at++) batch.routes.add({ destination: `16.0.${at >> 8}.${at & 255}`, link: 1, table: 1000 });
      });
      expect(made.filter(({ ok }) => !ok)).to.deep.equal([]);
      await route.close();
      found = measured(`/run/netns/${name}`);
    });
  });

  const calls = (operation: string): Calls => found.calls.get(operation) ?? { [`nothing of ${operation}`]: 1 };
  const counts = (operation: string): Counts => found.counts[operation] ?? { posted: NaN, taken: NaN, slabs: NaN };

  describe("on the caller's thread", () => {
    it('a get is one sendmsg and one recvmsg', () => {
      expect(calls('caller: get')).to.deep.equal({ sendmsg: 1, recvmsg: 1 });
    });

    it('requestSync() is one sendmsg and a recvmsg for each of its two replies', () => {
      expect(calls('caller: 10 requestSync()')).to.deep.equal({ sendmsg: 10, recvmsg: 20 });
    });

    for (const operation of ['64 changes', 'batch of 64']) {
      it(`${operation} leave in one sendmsg, and nothing is received but their acknowledgements`, () => {
        expect(calls(`caller: ${operation}`)).to.deep.equal({ sendmsg: 1, recvmsg: 64 });
      });
    }

    it('64 gets leave in one sendmsg: the receive buffer of a client holds their replies in the worst case', () => {
      expect(calls('caller: 64 gets')).to.deep.equal({ sendmsg: 1, recvmsg: 64 });
    });

    it('nothing is posted to another thread, and no slab is made for a request', () => {
      for (const operation of ['10 requestSync()', 'get', '64 changes', 'batch of 64', '64 gets', 'addresses', 'socket']) {
        expect(counts(`caller: ${operation}`), operation).to.deep.equal({ posted: 0, taken: 0, slabs: 0 });
      }
    });

    it('a list uses the socket of the one before', () => {
      expect(calls('caller: addresses')).to.have.all.keys('sendmsg', 'recvmsg').and.to.include({ sendmsg: 1 });
    });

    it('a list of 10,000 routes is a socket of its own, which hears of changes, and as few recvmsg as the kernel makes pieces', () => {
      const { recvmsg, ...others } = calls('caller: routes');
      expect(others).to.deep.equal({ clone: 1, setns: 1, socket: 1, bind: 1, sendmsg: 1 });
      // 60 bytes each, in pieces of 32 KiB.
      expect(recvmsg).to.be.within(Math.floor((routes * 60) / 32_768), 30);
      // The slab is that of the list before.
      expect(counts('caller: routes')).to.deep.equal({ posted: 0, taken: 0, slabs: 0 });
    });

    it('a socket is one thread that enters, opens and ends', () => {
      expect(calls('caller: socket')).to.deep.equal({ clone: 1, setns: 1, socket: 1, bind: 1 });
    });
  });

  describe('through the lane', () => {
    it('a get is one message each way, one sendmsg and one recvmsg', () => {
      expect(calls('lane: get')).to.deep.equal({ sendmsg: 1, recvmsg: 1 });
      expect(counts('lane: get')).to.deep.equal({ posted: 1, taken: 1, slabs: 0 });
    });

    for (const operation of ['64 changes', 'batch of 64']) {
      it(`${operation} are one message each way and one sendmsg`, () => {
        expect(calls(`lane: ${operation}`)).to.deep.equal({ sendmsg: 1, recvmsg: 64 });
        expect(counts(`lane: ${operation}`)).to.deep.equal({ posted: 1, taken: 1, slabs: 0 });
      });
    }

    it('64 gets are two sendmsg, so that the lane has one while the next is made ready: a message each way for each, and perhaps a credit', () => {
      expect(calls('lane: 64 gets')).to.deep.equal({ sendmsg: 2, recvmsg: 64 });
      const { posted, taken } = counts('lane: 64 gets');
      expect(posted).to.be.within(2, 3);
      // Answers that wait already when the caller looks are one for all.
      expect(taken).to.be.within(1, 2);
    });

    it('a list of 10,000 routes is some ten pieces, each of two reads of the kernel, and few credits', () => {
      const { recvmsg, ...others } = calls('lane: routes');
      expect(others).to.deep.equal({ socket: 1, bind: 1, sendmsg: 1 });
      expect(recvmsg).to.be.within(Math.floor((routes * 60) / 32_768), 30);
      const { posted, taken, slabs } = counts('lane: routes');
      expect(slabs).to.equal(0);
      // The opening and the end of the socket have a message each way as well.
      expect(posted).to.be.within(3, 12);
      expect(taken).to.be.within(10, 18);
    });

    it('a socket is opened by the thread that is there, with a message each way to open and to close it', () => {
      expect(calls('lane: socket')).to.deep.equal({ socket: 1, bind: 1 });
      const { taken, ...others } = counts('lane: socket');
      expect(others).to.deep.equal({ posted: 2, slabs: 0 });
      // Where all is slow, the end of an idle fd of the lists before may fall into the same time.
      expect(taken).to.be.within(2, timeFactor > 1 ? 3 : 2);
    });
  });

  it('sockets that are opened one after the other share a thread, which enters once', () => {
    const { socket, clone = 0, setns = 0 } = calls('sockets');
    expect(socket).to.equal(8);
    // On a machine that stood still meanwhile it has ended, and one that ends with its socket comes before the next.
    expect(clone).to.equal(setns).and.to.be.at.most(2);
    expect(counts('sockets')).to.deep.equal({ posted: 0, taken: 0, slabs: 0 });
  });

  it('a task is one message each way', () => {
    expect(calls('run')).to.deep.equal({});
    expect(counts('run')).to.deep.equal({ posted: 1, taken: 1, slabs: 0 });
  });

  it('a namespace without a name is one thread that makes it and ends', () => {
    expect(calls('namespace')).to.deep.equal({ clone: 1, unshare: 1 });
    expect(counts('namespace')).to.deep.equal({ posted: 0, taken: 0, slabs: 0 });
  });
});

/** The files that importing one loads; none of a dependency. */
function modulesOf(url: string): string[] {
  const program = `
    import { Session } from 'node:inspector';
    const session = new Session();
    session.connect();
    const urls = [];
    session.on('Debugger.scriptParsed', ({ params }) => urls.push(params.url));
    session.post('Debugger.enable');
    const before = urls.length;
    await import(${JSON.stringify(url)});
    console.log(JSON.stringify(urls.slice(before).filter((url) => url.startsWith('file:') || url.startsWith('/'))));`;
  const done = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8', timeout: limit(30_000) });
  expect(done.stderr).to.equal('');
  const loaded = JSON.parse(done.stdout) as string[];
  expect(loaded.filter((one) => one.includes('/node_modules/'))).to.deep.equal([]);
  return loaded;
}

describe('What importing costs', function () {
  this.timeout(60_000);

  it("what the package ships is two files, and none of anybody else's", () => {
    const files = modulesOf(new URL('../../../bundle/lib/index.js', import.meta.url).href);
    expect(files.map((file) => basename(file))).to.deep.equal(['index.js', 'core.cjs']);
  });
});
