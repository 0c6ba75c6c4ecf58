import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { link } from '../../lib/schema/route/link.js';
import { walk } from '../../lib/codec/documentation.js';
import { byHeadersOnly, comparedOnly, made } from '../support/kinds-checked.js';
import { root } from '../support/documents.js';
import { parts } from '../support/schemas.js';
import { newer, recording } from '../support/vectors.js';
import { kinds } from '../../lib/schema/route/kinds.js';

const pairs = ['veth', 'vxcan', 'netkit'];
const all = [...Object.keys(kinds), ...pairs].sort();
const commands = [recording, newer].flatMap(({ files }) => files.flatMap(({ vectors }) => vectors.map(({ command }) => command)));

function hasVector(kind: string): boolean {
  return commands.some((command) => `${command} `.includes(` type ${kind} `));
}

/** The names in a row of the table of the guide whose second cell has the words. */
function rowOf(words: RegExp): string[] {
  const rows = readFileSync(`${root}docs/guides/links.md`, 'utf8').split('\n');
  const [row, ...others] = rows.filter((line) => line.startsWith('| `') && words.test(line.split('|')[2] ?? ''));
  expect(others, `rows with ${words}`).to.deep.equal([]);
  return [...(row?.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
}

describe('Each kind of link', () => {
  for (const kind of all) {
    it(`${kind} is made by a kernel, or compared with iproute2's requests, or listed as checked by headers only`, () => {
      if (Object.hasOwn(byHeadersOnly, kind)) {
        expect(hasVector(kind), 'iproute2 knows it').to.equal(false);
        expect(made.has(kind), 'it is made').to.equal(false);
      } else if (Object.hasOwn(comparedOnly, kind)) expect(hasVector(kind), 'there is a request of iproute2').to.equal(true);
      else expect(made.has(kind), 'a scene makes it').to.equal(true);
      // Whatever else: its data come back from their bytes (schema.round-trip), and have the numbers of the headers (schema.headers).
      if (!pairs.includes(kind)) expect(parts).to.have.property(`data of ${kind}`);
    });
  }

  it('that is listed has a schema, once', () => {
    const listed = [...Object.keys(byHeadersOnly), ...Object.keys(comparedOnly)];
    expect(listed.filter((kind) => !all.includes(kind))).to.deep.equal([]);
    expect(new Set(listed)).to.have.property('size', listed.length);
  });

  it('is where the guide says', () => {
    expect(rowOf(/no kernel here makes/).sort()).to.deep.equal(Object.keys(comparedOnly).sort());
    expect(rowOf(/iproute2 does not know/).sort()).to.deep.equal(Object.keys(byHeadersOnly).sort());
    const others = all.filter((kind) => !Object.hasOwn(comparedOnly, kind) && !Object.hasOwn(byHeadersOnly, kind));
    expect(rowOf(/made by a kernel/).sort()).to.deep.equal(others);
  });

  it('has its fields on the page of links', () => {
    const cases = new Set([...walk(link)].flatMap(({ cases: of }) => of));
    const silent = Object.entries(kinds).filter(([, codec]) => [...walk(codec)].length > 0);
    expect(silent.map(([kind]) => kind).filter((kind) => !cases.has(kind))).to.deep.equal([]);
  });
});
