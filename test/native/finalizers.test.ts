import { expect } from 'chai';
import type { Native } from '../../lib/native.js';
import { resultOf, runScenario } from './support/scenario.js';

/*
 * An fd that JavaScript forgot is closed by the collector, but only by the object that owns it: once a number was given back, another
 * file can have it.
 */
describe('Forgotten sockets', () => {
  it('are closed when they are collected, polled or not', async () => {
    const program = async (file: string): Promise<void> => {
      const fs = process.getBuiltinModule('node:fs');
      const native = process.getBuiltinModule('node:module').createRequire('/')(file) as Native;
      const fds: number[] = [];
      const make = (): void => {
        for (let count = 0; count < 10; count += 1) {
          const socket = new native.NetlinkSocket({ namespace: -1, protocol: 2, port: 0 });
          fds.push(socket.fd);
          if (count % 2 === 1) socket.poll(1, () => undefined);
        }
      };
      make();
      const open = (): number => fds.filter((fd) => fs.existsSync(`/proc/self/fd/${fd}`)).length;
      const before = open();
      for (let count = 0; count < 1000 && open() > 0; count += 1) {
        globalThis.gc?.();
        await new Promise((resolve) => setImmediate(resolve));
      }
      console.log(JSON.stringify({ before, after: open() }));
    };
    expect(resultOf(await runScenario(program, [], { node: ['--expose-gc'] }))).to.deep.equal({ before: 10, after: 0 });
  });

  it('do not close a number that close() has given back', async () => {
    const program = async (file: string): Promise<void> => {
      const fs = process.getBuiltinModule('node:fs');
      const native = process.getBuiltinModule('node:module').createRequire('/')(file) as Native;
      let collected = 0;
      const registry = new FinalizationRegistry(() => (collected += 1));
      const make = (polled: boolean): number => {
        const socket = new native.NetlinkSocket({ namespace: -1, protocol: 2, port: 0 });
        registry.register(socket, undefined);
        if (polled) socket.poll(1, () => undefined);
        const { fd } = socket;
        socket.close();
        return fd;
      };
      const numbers = [make(false), make(true)];
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
      const reused: number[] = [];
      while (!numbers.every((number) => reused.includes(number))) reused.push(fs.openSync('/dev/null', 'r'));
      for (let count = 0; count < 1000 && collected < 2; count += 1) {
        globalThis.gc?.();
        await new Promise((resolve) => setImmediate(resolve));
      }
      for (const fd of reused) fs.closeSync(fd);
      console.log(JSON.stringify({ collected }));
    };
    expect(resultOf(await runScenario(program, [], { node: ['--expose-gc'] }))).to.deep.equal({ collected: 2 });
  });
});

describe('Namespace fds', () => {
  it('that a worker did not close are closed when it ends, those of other threads and other files are not', async () => {
    const program = async (file: string): Promise<void> => {
      const fs = process.getBuiltinModule('node:fs');
      const { Worker } = process.getBuiltinModule('node:worker_threads');
      const native = process.getBuiltinModule('node:module').createRequire('/')(file) as Native;
      const own = native.currentNamespace();
      const worker = new Worker(
        `const native = require(${JSON.stringify(file)}); const fs = require('node:fs');
         const forgotten = [native.currentNamespace(), native.duplicateNamespace(${own}), native.openNamespace('/proc/self/ns/net')];
         native.closeFd(native.currentNamespace());
         const stolen = native.currentNamespace();
         require('node:worker_threads').parentPort.postMessage({ forgotten, stolen }); setInterval(() => {}, 1000);`,
        { eval: true },
      );
      const { forgotten, stolen } = await new Promise<{ forgotten: number[]; stolen: number }>((resolve) =>
        worker.once('message', resolve),
      );
      // The number is closed behind the worker's back and stands for another file when the worker ends.
      fs.closeSync(stolen);
      const reused: number[] = [];
      while (!reused.includes(stolen)) reused.push(fs.openSync('/dev/null', 'r'));
      const isOpen = (fd: number): boolean => fs.existsSync(`/proc/self/fd/${fd}`);
      const before = forgotten.filter(isOpen).length;
      await worker.terminate();
      const after = forgotten.filter(isOpen).length;
      console.log(JSON.stringify({ before, after, own: isOpen(own), stolen: fs.readlinkSync(`/proc/self/fd/${stolen}`) }));
    };
    expect(resultOf(await runScenario(program, []))).to.deep.equal({ before: 3, after: 0, own: true, stolen: '/dev/null' });
  });
});
