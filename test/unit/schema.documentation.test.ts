import { expect } from 'chai';
import { walk } from '../../lib/codec/documentation.js';
import { messages, parts } from '../support/schemas.js';

const all = [...Object.entries(messages).map(([name, { codec }]) => [name, codec] as const), ...Object.entries(parts)];

/** Words of numbers that measure; "Times" counts. */
const measures =
  /(?:\b[Tt]ime\b|[Ii]nterval|[Dd]elay|\b[Aa]ge\b|[Tt]imeout|[Ll]ifetime|\bbytes\b|\b[Rr]ate\b|[Ss]peed|[Ff]requency|[Ss]ize of (?!the hash)|[Ll]ength (?:of|that))/;

describe('the documentation of schemas', () => {
  for (const [name, codec] of all) {
    it(`of ${name} has the kernel name and the meaning of every field`, () => {
      for (const { field, path, type } of walk(codec)) {
        const where = path.join('.');
        expect(field.kernel, where).to.match(/^[A-Za-z][\w ,]*$/);
        expect(field.doc, where).to.match(/^(?:[A-Z0-9`']|\.\.\. |fd of|nsid of|range-begin).*[.]$/s);
        expect(field.doc.length, where).to.be.within(4, 200);
        expect(type, where).to.not.equal('');
        expect(field.name, where).to.match(/^[a-z][A-Za-z0-9]*$/);
        if (field.since !== undefined) expect(field.since, where).to.match(/^[4-6]\.\d{1,2}$/);
        if (field.unit !== undefined) expect(field.unit, where).to.match(/^[\w/ ]+$/);
      }
    });
  }

  it('has the unit of every number that is a time, an amount of memory or a rate', () => {
    const without: string[] = [];
    for (const [name, codec] of all) {
      for (const { field, path } of walk(codec)) {
        const isNumber = ['integer', 'counter', 'bigint'].includes(field.codec.shape.is);
        if (isNumber && field.unit === undefined && measures.test(field.doc)) without.push(`${name} ${path.join('.')}: ${field.doc}`);
      }
    }
    expect(without).to.deep.equal([]);
  });

  it('enters what holds itself once', () => {
    const paths = [...walk(messages['link']?.codec ?? expect.fail('there is a schema of links'))].map(({ path }) => path.join('.'));
    expect(paths.filter((path) => path === 'peer')).to.not.deep.equal([]);
    expect(paths.filter((path) => path.startsWith('peer.'))).to.deep.equal([]);
    expect(paths.length).to.be.greaterThan(500);
  });

  it('does not use a type number twice in one nest', () => {
    for (const [name, codec] of all) {
      const seen = new Map<string, string>();
      for (const { field, path, cases } of walk(codec)) {
        if (field.type < 0) continue;
        const key = [...cases, ...path.slice(0, -1), field.type, field.kernel.replace(/^(?:IFLA_INFO|IFLA_BRIDGE)_.*/, '$&')].join('/');
        expect(seen.get(key), `${name}: ${path.join('.')}`).to.equal(undefined);
        seen.set(key, field.name);
      }
    }
  });
});
