// Rules about files rather than about what is in them, and references that lead nowhere.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { root } from './files.mjs';

const longest = 400;
const source = /\.(ts|mjs|cjs|js|cc|h|sh)$/;
const namesThatSayNothing = /^(utils?|types|common|helpers?|misc)\.(ts|mjs|cc|h)$/;
const text = /\.(ts|mjs|cjs|cc|h|md|sh|json|txt|yml)$|^\.ci\/|^\.[a-z-]+ignore$/;

/** Tracked files, and new ones that are not ignored. */
function tracked() {
  const listed = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' });
  if (listed.status !== 0) throw new Error(`git ls-files failed: ${listed.stderr}`);
  return listed.stdout.split('\n').filter((file) => file !== '' && existsSync(join(root, file)));
}

/** A page or a script that a text names must be in the project: as a path from its top, from the text's own folder, or from a docs folder. */
function deadReferences(file, content) {
  const found = [];
  for (const match of content.matchAll(/(?<![\w./:@$}-])(?:\.{0,2}\/)?(?:[\w-]+\/)*[\w-]+\.(?:md|sh)\b(?!\.)/g)) {
    const name = match[0];
    const places = [join(root, name), join(root, dirname(file), name), join(root, 'docs', name)];
    if (!places.some(existsSync)) found.push(`${file}: names ${name}, which is not in the project`);
  }
  return found;
}

/** Paths of somebody's own machine say nothing to anybody else. */
const ownPlaces = /(?<![\w.*~-])\/(home|root|srv|mnt|work|workspaces?|Users)\/[\w.-]+/;

function checkFile(file) {
  const problems = [];
  const content = readFileSync(join(root, file), 'utf8');
  if (source.test(file) && !file.startsWith('lib/schema/')) {
    const lines = content.split('\n').length - 1;
    if (lines > longest) problems.push(`${file}: ${lines} lines; over ${longest}, it is perhaps two nouns in one room`);
  }
  if (namesThatSayNothing.test(basename(file))) problems.push(`${file}: the name says nothing about what is in it`);
  if (!text.test(file) || file === 'package-lock.json') return problems;
  const own = ownPlaces.exec(content);
  if (own !== null) problems.push(`${file}: ${own[0]} is a path of somebody's own machine`);
  if (/\b(TODO|FIXME|XXX)\b/.test(content) && file !== '.scripts/check-tree.mjs')
    problems.push(`${file}: unfinished business belongs to an issue`);
  return [...problems, ...deadReferences(file, content)];
}

/** What is wrong, one line each. */
export function checkTree() {
  const problems = tracked().flatMap(checkFile);
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  if (lock.includes('"resolved"'))
    problems.push('package-lock.json: has resolved URLs; set omit-lockfile-registry-resolved=true and make it again');
  return problems;
}
