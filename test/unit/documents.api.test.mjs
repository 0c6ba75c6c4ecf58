import { expect } from 'chai';
import { apiPages, row } from '../../.scripts/api-pages.mjs';
import { walk } from '../../dist/lib/codec/documentation.js';
import { messages } from '../../dist/test/support/schemas.js';

describe('the pages of the API', () => {
  const pages = apiPages();
  const lines = new Set([...pages.values()].flatMap((text) => text.split('\n')));

  for (const [name, { codec }] of Object.entries(messages)) {
    // A notification that no client tells of.
    if (name === 'prefix') continue;
    it(`have every field of ${name}, with its kernel name, unit and first kernel version`, () => {
      const missing = [...walk(codec)].map(row).filter((line) => !lines.has(line));
      expect(missing).to.deep.equal([]);
    });
  }

  it('say which kind of link an option is of', () => {
    const link = pages.get('link');
    expect(link).to.match(/## vlan\n\n\| field .*\n.*\n(?:\|.*\n)*\| `data\.id` \| IFLA_VLAN_ID \| `number` \| – \| ≤ 4\.0 \|/);
    expect(link).to.match(/\| `mtu` \| IFLA_MTU \| `number` \| bytes \|/);
    expect(link).to.match(/\| `alternativeNames` \| IFLA_PROP_LIST \| `string\[\]` \| – \| 5\.5 \|/);
  });

  it('leave no cell empty', () => {
    const rows = [...lines].filter((line) => line.startsWith('| `'));
    expect(rows.length).to.be.greaterThan(1000);
    for (const line of rows)
      expect(
        line
          .replaceAll('\\|', '')
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
        line,
      )
        .to.have.length(6)
        .and.not.include('');
    const since = new Set(rows.map((line) => line.replaceAll('\\|', '').split('|')[5]?.trim()));
    for (const one of since) expect(one).to.match(/^(?:≤ 4\.0|[4-6]\.\d{1,2})$/);
  });

  it('are all in the index', () => {
    const index = pages.get('index');
    for (const name of pages.keys()) if (name !== 'index') expect(index).to.include(`(${name}.md)`);
  });
});
