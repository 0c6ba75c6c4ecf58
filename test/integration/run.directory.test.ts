import { expect } from 'chai';
import { resultOfProgram, withNamedNamespace } from '../support/namespaces.js';
import { needsRoot } from '../support/skip.js';

interface Seen {
  readonly directory: string;
  readonly resolved: string;
  readonly link: string;
}

/** A program with a namespace that has a name, which looks by tasks where they are; `seen` is what it tells. */
async function program(text: string): Promise<unknown> {
  return withNamedNamespace((_, name) =>
    Promise.resolve(
      resultOfProgram(`
      import { mkdirSync, mkdtempSync, realpathSync, rmSync, rmdirSync } from 'node:fs';
      import { tmpdir } from 'node:os';
      import { join } from 'node:path';
      const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'netlane-tests-')));
      const look = async () => {
        const { readlinkSync } = await import('node:fs');
        const { resolve } = await import('node:path');
        return { directory: process.cwd(), resolved: resolve('file'), link: readlinkSync('/proc/thread-self/cwd') };
      };
      const namespace = await Namespace.open(${JSON.stringify(name)}, { taskThreads: 1 });
      const seen = [];
      try {
        ${text}
      } finally {
        process.chdir('/');
        await namespace.close();
        rmSync(scratch, { recursive: true });
      }
      console.log(JSON.stringify(seen));`),
    ),
  );
}

const at = (directory: string): Seen => ({ directory, resolved: `${directory}/file`, link: directory });

describe('The working directory of tasks in a namespace with a name', function () {
  this.timeout(60_000);
  before(function () {
    needsRoot(this);
  });

  it("is the process's, as it is when the task begins", async () => {
    const seen = await program(`
      const one = join(scratch, 'one');
      mkdirSync(one);
      process.chdir(scratch);
      seen.push(scratch, one, await namespace.run(look));
      process.chdir(one);
      seen.push(await namespace.run(look), await namespace.run(look));
      // Asked for while a task is on that was begun elsewhere.
      const steps = await namespace.run(function* () { yield process.cwd(); yield process.cwd(); });
      await steps.next();
      process.chdir(scratch);
      await steps.next();
      const waiting = namespace.run(look);
      await steps.return();
      seen.push(await waiting);`);
    const [scratch, one, ...rest] = seen as [string, string, ...Seen[]];
    expect(rest).to.deep.equal([at(scratch), at(one), at(one), at(scratch)]);
  });

  it('is the same one also where it is deleted, or is on what the namespace has for itself', async () => {
    const seen = await program(`
      const gone = join(scratch, 'gone');
      mkdirSync(gone);
      await namespace.run(look);
      process.chdir(gone);
      rmdirSync(gone);
      seen.push(gone, await namespace.run(() => process.getBuiltinModule('node:fs').readlinkSync('/proc/thread-self/cwd')));
      process.chdir('/sys/class/net');
      seen.push(await namespace.run(() => process.getBuiltinModule('node:fs').readdirSync('.')));
      process.chdir(scratch);
      seen.push(scratch, await namespace.run(look));`);
    const [gone, link, devices, scratch, last] = seen as [string, string, string[], string, Seen];
    expect(link).to.equal(`${gone} (deleted)`);
    expect(devices).to.deep.equal(['lo']);
    expect(last).to.deep.equal(at(scratch));
  });
});
