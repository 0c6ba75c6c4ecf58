import { execFile } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { exampleFiles, promisedBy, root } from '../support/documents.js';
import { needs, needsRoot } from '../support/skip.js';
import { limit } from '../support/time.js';

describe('the examples', function () {
  this.timeout(60_000);
  before(function () {
    needsRoot(this);
  });

  it('are there', () => {
    expect(exampleFiles()).to.include('docs/examples/first-program.mjs');
  });

  for (const example of exampleFiles()) {
    it(`${example} runs, ends with exit status 0 and prints what its first lines promise`, async function () {
      // An ordinary user who is root of a namespace need not have the right to open the device.
      if (example.endsWith('/tun.mjs')) await needs(this, '/dev/net/tun', () => closeSync(openSync('/dev/net/tun', 'r+')));
      const { stdout } = await promisify(execFile)(process.execPath, [example], {
        cwd: root,
        timeout: limit(50_000),
        killSignal: 'SIGKILL',
      });
      const promised = promisedBy(readFileSync(`${root}${example}`, 'utf8'));
      expect(promised, 'lines under // Prints:').to.not.deep.equal([]);
      const more = promised.at(-1)?.text === '…';
      if (more) promised.pop();
      const lines = stdout.trimEnd().split('\n');
      expect(more ? lines.slice(0, promised.length) : lines, stdout).to.have.lengthOf(promised.length);
      for (const [index, { text, pattern }] of promised.entries()) expect(lines[index], text).to.match(pattern);
    });
  }
});
