import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { codeBlocks, exampleFiles, isExcerpt, pages, promisedBy, root } from '../support/documents.js';

/** Where code of a language must come from: examples are run, the accepted programs are compiled. */
function sourcesOf(language: string): string[] | undefined {
  if (['js', 'mjs', 'cjs', 'javascript'].includes(language)) return exampleFiles();
  if (['ts', 'typescript'].includes(language)) return [...programs('test/types/accepted'), ...exampleFiles()];
  return undefined;
}

function programs(folder: string): string[] {
  return readdirSync(`${root}${folder}`).map((name) => `${folder}/${name}`);
}

function read(path: string): string {
  return readFileSync(`${root}${path}`, 'utf8');
}

describe('the code in the pages', () => {
  it('begins in the README with the whole first program', () => {
    const first = codeBlocks('README.md').find(({ language }) => language === 'js')?.code ?? '';
    const program = read('docs/examples/first-program.mjs').replace(/^(\/\/.*\n)+/, '');
    expect(first).to.equal(program);
  });

  for (const page of pages()) {
    for (const { language, code, line } of codeBlocks(page)) {
      const sources = sourcesOf(language);
      if (sources === undefined) continue;
      it(`${page} line ${line} is an excerpt of a program that is run or compiled`, () => {
        expect(
          sources.some((source) => isExcerpt(code, read(source))),
          code,
        ).to.equal(true);
      });
    }
  }
});

describe('the examples', () => {
  for (const example of exampleFiles()) {
    it(`${example} is short, and says what it is about and what it prints`, () => {
      const source = read(example);
      expect(source.split('\n').length - 1, 'lines').to.be.below(42);
      expect(source).to.match(/^\/\/ [A-Z`]/);
      expect(promisedBy(source)).to.not.deep.equal([]);
      expect(source, 'plain JavaScript: Node 20 cannot parse it').to.not.match(/\busing\b [a-z]/);
    });
  }
});

describe('isExcerpt', () => {
  const source = 'one();\nif (two) {\n  three();\n  four();\n}\n';

  it('takes whole lines in a row, whatever their indentation', () => {
    expect(isExcerpt('three();\nfour();\n', source)).to.equal(true);
    expect(isExcerpt('if (two) {\n  three();\n', source)).to.equal(true);
  });

  it('takes neither parts of lines nor lines that are apart', () => {
    expect(isExcerpt('three(\n', source)).to.equal(false);
    expect(isExcerpt('one();\nthree();\n', source)).to.equal(false);
  });
});
