// node .scripts/lint.mjs [--fix]   NETLANE_SUMMARY=FILE gets the counts as JSON.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { checkImports } from './check-imports.mjs';
import { checkTree } from './check-tree.mjs';
import { filesUnder, root } from './files.mjs';

const fix = process.argv.includes('--fix');

/** A tool's own words when it complains, nothing when it does not. */
function tool(file, args) {
  const done = spawnSync(file, args, { cwd: root, encoding: 'utf8', maxBuffer: 16 * 1024 * 1024, timeout: 300_000 });
  if (done.error?.code === 'ENOENT') return [`${file} is missing: apt-get install -y ${file}`];
  if (done.error !== undefined) return [`${file}: ${done.error.message}`];
  return done.status === 0 ? [] : [`${done.stdout}${done.stderr}`.trim()];
}

const node = process.execPath;
const nativeFiles = filesUnder('native', ['.cc', '.h']);

const steps = [
  [
    'oxlint',
    () =>
      tool(node, [
        'node_modules/oxlint/bin/oxlint',
        '--deny-warnings',
        ...(process.stdout.isTTY ? [] : ['--format', 'unix']),
        ...(fix ? ['--fix'] : []),
      ]),
  ],
  ['prettier', () => tool(node, ['node_modules/prettier/bin/prettier.cjs', fix ? '--write' : '--check', '--log-level', 'warn', '.'])],
  [
    'clang-format',
    () => (nativeFiles.length === 0 ? [] : tool('clang-format', [...(fix ? ['-i'] : ['--dry-run', '-Werror']), ...nativeFiles])),
  ],
  ['direction of imports', checkImports],
  ['files and references', checkTree],
];

const summary = { passed: 0, failed: 0, failures: [] };
for (const [name, check] of steps) {
  const problems = check();
  if (problems.length === 0) summary.passed += 1;
  else {
    summary.failed += 1;
    summary.failures.push(`lint: ${name}`);
  }
  process.stdout.write(
    `${problems.length === 0 ? 'ok    ' : 'failed'} ${name}\n${problems.map((problem) => `  ${problem.replaceAll('\n', '\n  ')}\n`).join('')}`,
  );
}
if (process.env.NETLANE_SUMMARY !== undefined) writeFileSync(process.env.NETLANE_SUMMARY, JSON.stringify(summary));
if (summary.failed > 0) process.exitCode = 1;
