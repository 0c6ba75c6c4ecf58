import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect } from 'chai';
import { pages, root } from '../support/documents.js';

function read(path: string): string {
  return readFileSync(`${root}${path}`, 'utf8');
}

/** Files that a page links to, as paths from the project's top. */
function linkedFiles(page: string): string[] {
  return [...read(page).matchAll(/\]\((?!https?:|#|mailto:)([^)#]+)(?:#[^)]*)?\)/g)].map(([, target = '']) =>
    normalize(join(dirname(page), target)),
  );
}

/** Tests that a page names: a link to the file, a colon, and the beginning of the title in quotes. */
function namedTests(page: string): { file: string; title: string }[] {
  return [...read(page).matchAll(/\]\((\.\.\/test\/[^)]+\.test\.ts)\):\s+"([^"]+)"/g)].map(([, target = '', title = '']) => ({
    file: normalize(join(dirname(page), target)),
    title,
  }));
}

describe('the pages', () => {
  for (const page of pages()) {
    it(`${page} links to files that are there`, () => {
      expect(linkedFiles(page).filter((file) => !existsSync(`${root}${file}`))).to.deep.equal([]);
    });
  }

  it('name for every transition of a life a test that exists', () => {
    const named = namedTests('docs/lifecycle.md');
    expect(named).to.have.length.above(20);
    const missing = named.filter(
      ({ file, title }) =>
        !read(file)
          .replaceAll(/\\(['"])/g, '$1')
          .includes(title),
    );
    expect(missing).to.deep.equal([]);
  });

  it('on the lifecycle have a test in every row of their tables', () => {
    const rows = read('docs/lifecycle.md')
      .split('\n')
      .filter((line) => line.startsWith('|') && !/^\| (transition|-)/.test(line));
    expect(rows).to.have.length.above(20);
    expect(rows.filter((row) => !/\.test\.ts\): "/.test(row))).to.deep.equal([]);
  });
});
