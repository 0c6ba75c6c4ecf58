import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { needsRoot } from '../support/skip.js';
import { limit } from '../support/time.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = `${root}docs/examples`;
const examples = existsSync(folder) ? readdirSync(folder).filter((name) => /\.[mc]js$/.test(name)) : [];

/** Code blocks of a page that say which example they show: <!-- example: first.mjs --> before the fence. */
function quoted(page: string): { name: string; code: string }[] {
  const text = readFileSync(`${root}${page}`, 'utf8');
  return [...text.matchAll(/<!-- example: ([\w.-]+) -->\n+```\w*\n([\s\S]*?)```/g)].map(([, name = '', code = '']) => ({ name, code }));
}

describe('the examples', function () {
  this.timeout(60_000);
  before(function () {
    needsRoot(this);
  });

  it('are there', () => {
    expect(examples).to.not.deep.equal([]);
  });

  for (const example of examples) {
    it(`${example} runs and ends with exit status 0`, async () => {
      await promisify(execFile)(process.execPath, [`${folder}/${example}`], { cwd: root, timeout: limit(50_000), killSignal: 'SIGKILL' });
    });
  }
});

describe('the snippets', () => {
  const pages = ['README.md', ...readdirSync(`${root}docs`).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : []))];

  it('in the README include the first program', () => {
    expect(quoted('README.md').map(({ name }) => name)).to.include('first.mjs');
  });

  for (const page of pages) {
    for (const { name, code } of quoted(page)) {
      it(`${page} shows ${name} as it is`, () => {
        expect(code).to.equal(readFileSync(`${folder}/${name}`, 'utf8'));
      });
    }
  }
});
