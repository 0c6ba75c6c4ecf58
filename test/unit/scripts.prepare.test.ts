import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Prepares with other compiler flags, so that the native binding is to be built again, and with no other programs than these. */
function prepareWith(programs: Readonly<Record<string, string>>): { readonly status: number | null; readonly stderr: string } {
  const folder = mkdtempSync(join(tmpdir(), 'netlane-path-'));
  try {
    for (const [name, target] of Object.entries(programs)) symlinkSync(target, join(folder, name));
    const env = { PATH: folder, CXXFLAGS: '-DNETLANE_NEVER_BUILT' };
    return spawnSync(process.execPath, ['.scripts/prepare.mjs'], { cwd: root, env, encoding: 'utf8', timeout: 60_000 });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('npm run build, without what it takes', function () {
  this.timeout(60_000);

  it('says which system packages are missing, and the line that installs them, before it does anything', () => {
    const before = statSync(join(root, 'build/Release/netlane.node')).mtimeMs;
    const { status, stderr } = prepareWith({});
    expect(status).to.equal(1);
    expect(stderr).to.include('missing: cmake, make, a C++20 compiler');
    const sudo = process.getuid?.() === 0 ? '' : 'sudo ';
    expect(stderr).to.include(`${sudo}apt-get update && ${sudo}apt-get install -y cmake make g++`);
    expect(stderr).not.to.include('dependencies …');
    expect(statSync(join(root, 'build/Release/netlane.node')).mtimeMs).to.equal(before);
  });

  it('asks for what is missing only', () => {
    const there = { make: process.execPath, 'clang++': process.execPath };
    expect(prepareWith(there).stderr).to.match(/missing: cmake\n.*install -y cmake\n/);
  });
});
