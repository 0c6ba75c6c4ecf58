// Types are tested by compiling them: programs that must compile, and programs in which each @ts-expect-error must be earned.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '../..');

function compile(config) {
  return spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', config, '--pretty', 'false'], {
    cwd: root,
    encoding: 'utf8',
  });
}

function programs(kind) {
  return readdirSync(join(here, kind)).filter((name) => name.endsWith('.ts'));
}

describe('the public types', function () {
  this.timeout(60_000);
  let errors;

  before(() => {
    const done = compile('test/types/tsconfig.json');
    errors = done.stdout.split('\n').filter((line) => line !== '');
    if (done.status !== 0 && errors.length === 0) throw new Error(done.stderr);
  });

  for (const kind of ['accepted', 'rejected']) {
    for (const program of programs(kind)) {
      it(`${kind === 'accepted' ? 'accept' : 'reject where they should'}: ${program}`, () => {
        expect(errors.filter((line) => line.startsWith(`test/types/${kind}/${program}`))).to.deep.equal([]);
      });
    }
  }

  it('have no error of their own, in any declaration', () => {
    expect(errors.filter((line) => !line.startsWith('test/types/'))).to.deep.equal([]);
  });

  it('reject something in every program that is to be rejected', () => {
    for (const program of programs('rejected'))
      expect(readFileSync(join(here, 'rejected', program), 'utf8'), program).to.include('@ts-expect-error');
  });

  it('are compact: all declarations together are under 1 MB', () => {
    const sizes = readdirSync(join(root, 'dist/lib'), { recursive: true })
      .filter((name) => name.endsWith('.d.ts'))
      .map((name) => statSync(join(root, 'dist/lib', name)).size);
    expect(sizes.reduce((sum, size) => sum + size, 0)).to.be.within(1, 1_000_000);
  });

  it('compile a small program with a bounded number of types', () => {
    const folder = mkdtempSync(join(tmpdir(), 'netlane-types-'));
    try {
      const config = join(folder, 'tsconfig.json');
      writeFileSync(
        config,
        JSON.stringify({
          extends: join(here, 'tsconfig.json'),
          files: [join(here, 'accepted/first-program.ts')],
          include: [],
          compilerOptions: { extendedDiagnostics: true },
        }),
      );
      const done = compile(config);
      expect(done.status, done.stdout).to.equal(0);
      const types = Number(/^Types:\s+(\d+)/m.exec(done.stdout)?.[1]);
      expect(types).to.be.within(100, 150_000);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
