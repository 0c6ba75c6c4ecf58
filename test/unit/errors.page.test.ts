import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { netlaneCodes } from '../../lib/errors.js';

const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');

/** Rows of the tables whose first cell is a code, as their cells. */
const rows = page
  .split('\n')
  .filter((line) => /^\| `[A-Z_]+` /.test(line))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

describe('docs/errors.md', () => {
  it("lists netlane's own codes, each once, in the order of the code", () => {
    const listed = rows.map(([code = '']) => code.replaceAll('`', '')).filter((code) => code.startsWith('NETLANE_'));
    expect(listed).to.deep.equal([...netlaneCodes]);
  });

  it('gives a cause and a remedy for each code', () => {
    expect(rows.length).to.be.greaterThan(netlaneCodes.length);
    for (const [code, cause = '', remedy = ''] of rows) {
      expect(cause.length, `cause of ${String(code)}`).to.be.greaterThan(10);
      expect(remedy.length, `remedy of ${String(code)}`).to.be.greaterThan(8);
    }
  });
});
