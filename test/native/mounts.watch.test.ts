import { expect } from 'chai';
import type { Native } from '../../lib/native.js';
import { needsRoot } from '../support/skip.js';
import { addon } from './support/addon.js';
import { resultOf, runScenario } from './support/scenario.js';

describe('Watching the mounts', () => {
  it('is told of a mount and of its end, and nothing after close()', async function () {
    needsRoot(this);
    const program = async (file: string): Promise<void> => {
      const { execFileSync } = process.getBuiltinModule('node:child_process');
      const native = process.getBuiltinModule('node:module').createRequire('/')(file) as Native;
      let calls = 0;
      let told: () => void = () => undefined;
      const watch = native.watchMounts(() => {
        calls += 1;
        told();
      });
      watch.ref(true);
      const next = () => new Promise<void>((resolve) => (told = resolve));
      const seen: number[] = [];
      const turns = async (): Promise<void> => {
        for (let count = 0; count < 5; count += 1) await new Promise((resolve) => setImmediate(resolve));
      };
      await turns();
      seen.push(calls);
      for (const command of ['mount', 'umount']) {
        const told = next();
        execFileSync(command, command === 'mount' ? ['-t', 'tmpfs', 'none', '/proc/fs'] : ['/proc/fs']);
        await told;
        await turns();
        seen.push(calls);
      }
      watch.close();
      watch.close();
      watch.ref(true);
      execFileSync('mount', ['-t', 'tmpfs', 'none', '/proc/fs']);
      await turns();
      seen.push(calls);
      console.log(JSON.stringify(seen));
    };
    expect(resultOf(await runScenario(program, [], { ownMounts: true }))).to.deep.equal([0, 1, 2, 2]);
  });

  it('refuses what is no function, and a reference that is no boolean', () => {
    expect(() => addon().watchMounts(undefined as never)).to.throw(TypeError);
    const watch = addon().watchMounts(() => undefined);
    expect(() => {
      watch.ref(1 as never);
    }).to.throw(TypeError);
    watch.close();
  });
});
