import { expect } from 'chai';
import { exportsOf, importsOf, withParts } from '../../.scripts/parts.mjs';

const imported = "import * as part from './a/part.js';\n";

describe('The parts of the package', () => {
  it('are what is imported by `import * as`, of the modules of the library', () => {
    const code = `${imported}import * as fs from 'node:fs';\nimport { one } from './one.js';\nexport { two } from '../two.js';\n`;
    expect(importsOf('/dist/lib/x.js', code)).to.deep.equal({
      parts: ['/dist/lib/a/part.js'],
      loaded: ['/dist/lib/one.js', '/dist/two.js'],
    });
    expect(withParts('x.js', "import { one } from './one.js';\n")).to.equal(undefined);
  });

  it('are loaded by a call, where they are used, and nothing else of that name is changed', () => {
    const use = (name) =>
      `class X { part() { const { a } = ${name}; return this.part.part + { part: 1 }.part + ${name}.part(a, \`\${${name}.b}\`); } }\n`;
    expect(withParts('x.js', imported + use('part'))).to.equal(
      `import { whenUsed as netlane$whenUsed } from 'netlane:part:';\nconst part = netlane$whenUsed(() => require('netlane:part:part'));\n${use('part()')}`,
    );
  });

  for (const [what, code, problem] of [
    ['a use while the module is loaded', 'class X extends part.Y {}', 'is used while its module is loaded'],
    ['a parameter of that name', '(part) => part.y;', 'has two meanings'],
    ['a parameter that is taken apart', '({ part }) => part.y;', 'has two meanings'],
    ['a variable of that name', 'function f() { const part = 1; return part; }', 'has two meanings'],
    ['a function of that name', 'function f() { function part() {} }', 'has two meanings'],
    ['the name of an error', 'function f() { try {} catch (part) {} }', 'has two meanings'],
    ['a shorthand property', 'const f = () => ({ part });', 'is used without its name'],
    ['an export', 'export { part };', 'is exported'],
    ['require()', 'const f = () => require(part.x);', 'has parts, and a require() of its own'],
  ]) {
    it(`are refused with ${what}, which would be something else in the package`, () => {
      expect(() => withParts('x.js', `${imported}${code}\n`)).to.throw(problem);
    });
  }

  it('are found by entry points that only name what they export', () => {
    expect(exportsOf("import './a.js';\nexport { a, b as c } from './a.js';\nexport * as d from './d.js';\n")).to.deep.equal([
      'a',
      'c',
      'd',
    ]);
    for (const code of [
      "export * from './a.js';",
      'export const a = 1;',
      'export default 1;',
      "import { a } from './a.js';\nexport { a };",
    ])
      expect(() => exportsOf(code)).to.throw('an entry point');
  });
});
