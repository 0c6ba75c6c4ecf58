import { expect } from 'chai';
import type { Native } from '../../lib/native.js';
import { needsRoot } from '../support/skip.js';
import { timeFactor } from '../support/time.js';
import { census, gained, nothing, settledCensus, type Census } from './support/busy.js';
import { resultOf, runScenario } from './support/scenario.js';

const rounds = timeFactor > 1 ? 64 : 1024;

interface Report {
  before: Census;
  after: Census;
  /** Growth in KiB of the resident memory and of the address space, after the first quarter of the rounds. */
  resident: number;
  virtual: number;
}

/** Measures a process around many rounds of something; the first quarter is for what is allocated once. */
async function measure(file: string, rounds: number, body: (native: Native, round: number) => Promise<void>): Promise<void> {
  const fs = process.getBuiltinModule('node:fs');
  const native = process.getBuiltinModule('node:module').createRequire('/')(file) as Native;
  const memory = async (): Promise<[number, number]> => {
    for (let count = 0; count < 3; count += 1) {
      globalThis.gc?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    // Of V8's heap what is in use counts: how much of it V8 keeps in reserve is its own affair.
    const { rss, heapTotal, heapUsed } = process.memoryUsage();
    const size = /VmSize:\s*(\d+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))?.[1];
    return [(rss - heapTotal + heapUsed) / 1024, Number(size)];
  };
  for (let round = 0; round < rounds / 4; round += 1) await body(native, round);
  const [residentBefore, virtualBefore] = await memory();
  const before = census();
  for (let round = rounds / 4; round < rounds; round += 1) await body(native, round);
  const [resident, virtual] = await memory();
  const after = await settledCensus(before);
  console.log(JSON.stringify({ before, after, resident: resident - residentBefore, virtual: virtual - virtualBefore }));
}

async function measured(body: (native: Native, round: number) => Promise<void>): Promise<Report> {
  const program = `(file) => measure(file, ${rounds}, ${String(body)})`;
  return resultOf(
    await runScenario(program, [], { node: ['--expose-gc'], ownMounts: true, helpers: [measure, census, settledCensus] }),
  ) as Report;
}

/** A leak of 16 KiB a round is 12 MiB here, one of a thread's stack 6 GiB. The heap moves by some MiB, and malloc reserves 64 MiB for a thread at times. */
function expectNothingLeft({ before, after, resident, virtual }: Report): void {
  expect(gained(before, after)).to.deep.equal(nothing);
  // The sanitizer keeps what was freed, for a while.
  if (process.env['NETLANE_SANITIZED'] === '1') return;
  expect(resident, 'KiB of growth').to.be.lessThan(8 << 10);
  expect(virtual, 'KiB of growth of the address space').to.be.lessThan(1 << 20);
}

describe(`${rounds} rounds leave fds, threads, mounts and memory as they were`, function () {
  this.timeout(60_000);

  before(function () {
    needsRoot(this);
  });

  it('of a namespace with sockets that are closed', async () => {
    expectNothingLeft(
      await measured(async (native) => {
        const namespace = await native.createNamespaceAsync(true);
        const idle = new native.NetlinkSocket({ namespace, protocol: 0, port: 0 });
        const polled = new native.NetlinkSocket({ namespace, protocol: 16, port: 0 });
        polled.poll(1, () => undefined);
        native.closeFd(native.openSocket(namespace, 2, 2, 0));
        native.cookie(namespace);
        const watch = native.watchMounts(() => undefined);
        watch.close();
        idle.close();
        polled.close();
        native.closeFd(namespace);
        await new Promise((resolve) => setImmediate(resolve));
      }),
    );
  });

  it('of sockets and watches that are forgotten', async () => {
    expectNothingLeft(
      await measured(async (native, round) => {
        const forgotten = [0, 16, 2].map((protocol) => new native.NetlinkSocket({ namespace: -1, protocol, port: 0 }));
        for (const socket of forgotten) if (round % 2 === 1) socket.poll(1, () => undefined);
        if (round % 16 !== 15) return;
        for (let count = 0; count < 2; count += 1) {
          globalThis.gc?.();
          await new Promise((resolve) => setImmediate(resolve));
        }
      }),
    );
  });

  it('of everything failing', async () => {
    expectNothingLeft(
      await measured(async (native) => {
        const fails = (call: () => unknown): void => {
          let failed = false;
          try {
            call();
          } catch {
            failed = true;
          }
          if (!failed) throw new Error(`${String(call)} succeeded`);
        };
        const namespace = native.currentNamespace();
        fails(() => new native.NetlinkSocket({ namespace, protocol: 31, port: 0 }));
        fails(() => new native.NetlinkSocket({ namespace: 0, protocol: 0, port: 0 }));
        fails(() => new native.NetlinkSocket({} as never));
        fails(() => native.openSocket(namespace, 9999, 1, 0));
        fails(() => native.openNamespace('/dev/null'));
        fails(() => native.openNamespace('/nowhere'));
        fails(() => native.duplicateNamespace(0));
        fails(() => native.namespaceOfSocket(namespace));
        fails(() => native.namespaceOfPidfd(namespace));
        fails(() => native.enterNamespace(namespace));
        const results = await Promise.allSettled([
          native.bindNameAsync('/proc/self', 'a', namespace),
          native.bindNameAsync('/proc/nowhere/at/all', 'a', namespace),
          native.unbindNameAsync('/proc', 'nowhere'),
        ]);
        if (results.some((result) => result.status === 'fulfilled')) throw new Error('a name was made in /proc');
        native.closeFd(namespace);
      }),
    );
  });
});

describe('When there is no fd left', () => {
  it('every call fails with EMFILE, and works again later', async () => {
    const program = async (file: string): Promise<void> => {
      const fs = process.getBuiltinModule('node:fs');
      const native = process.getBuiltinModule('node:module').createRequire('/')(file) as Native;
      const namespace = native.currentNamespace();
      const failures: Record<string, unknown> = {};
      const calls: Record<string, () => unknown> = {
        socket: () => new native.NetlinkSocket({ namespace, protocol: 0, port: 0 }),
        openNamespace: () => native.openNamespace('/proc/self/ns/net'),
        currentNamespace: () => native.currentNamespace(),
        duplicateNamespace: () => native.duplicateNamespace(namespace),
        openSocket: () => native.openSocket(namespace, 1, 1, 0),
        cookie: () => native.cookie(namespace),
        watchMounts: () => native.watchMounts(() => undefined).close(),
        bindName: () => native.bindNameAsync('/tmp', 'never', namespace),
        createNamespace: () => native.createNamespaceAsync(true),
      };
      const kept: number[] = [];
      for (;;) {
        try {
          kept.push(fs.openSync('/dev/null', 'r'));
        } catch {
          break;
        }
      }
      for (const [name, call] of Object.entries(calls)) {
        try {
          await call();
          failures[name] = 'no failure';
        } catch (error) {
          failures[name] = (error as NodeJS.ErrnoException).errno;
        }
      }
      for (const fd of kept) fs.closeSync(fd);
      for (const name of ['socket', 'openNamespace', 'currentNamespace', 'duplicateNamespace', 'openSocket', 'cookie', 'watchMounts']) {
        calls[name]?.();
      }
      console.log(JSON.stringify(failures));
    };
    const failures = resultOf(await runScenario(program, [], { limit: 100 })) as Record<string, unknown>;
    // Not root: the kernel's first answer is EPERM.
    const root = process.getuid?.() === 0;
    for (const [name, errno] of Object.entries(failures)) {
      if (root) expect(errno, name).to.equal(-24);
      else expect(errno, name).to.be.oneOf([-24, -1]);
    }
    expect(Object.keys(failures)).to.have.length(9);
  });
});
