// Makes everything that the demo and the tests need, and nothing twice: dependencies from the lock file, the native binding, the TypeScript output, the files
// that the package ships.
// `--prebuild` also copies the binding to where the published package looks for it. All messages go to stderr: npm pack --json reads stdout.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { filesUnder, hashOf, readIfThere, root } from './files.mjs';

const binding = 'build/Release/netlane.node';
const nativeStamp = 'build/.netlane-stamp';
const outputStamp = 'dist/.netlane-stamp';

function say(text) {
  process.stderr.write(`netlane: ${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(1);
}

/** Runs one step; its own words are shown only when it fails. */
function run(what, file, args, options = {}) {
  const started = performance.now();
  say(`${what} …`);
  const done = spawnSync(file, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 64 * 1024 * 1024, ...options });
  if (done.error !== undefined) fail(`${what}: ${file} cannot be started: ${done.error.message}`);
  if (done.status !== 0) {
    process.stderr.write(done.stdout);
    process.stderr.write(done.stderr);
    fail(`${what} failed (${done.signal ?? `exit status ${done.status}`}): ${[file, ...args].join(' ')}`);
  }
  say(`${what}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

function onPath(name) {
  if (name.includes('/')) return isExecutable(name) ? name : undefined;
  return (process.env.PATH ?? '')
    .split(':')
    .map((folder) => join(folder === '' ? '.' : folder, name))
    .find(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false; // Not there, not ours to run: either way it is not the tool.
  }
}

/** uv.h and node.h of this very Node, which come with its tarball and its packages. */
function nodeHeaders() {
  const prefixes = [process.env.npm_config_nodedir, resolve(dirname(process.execPath), '..')].filter((prefix) => prefix !== undefined);
  return prefixes.map((prefix) => join(prefix, 'include/node')).find((folder) => existsSync(join(folder, 'uv.h')));
}

/** The system packages that a build needs and that are missing here, each with why. */
function missingTools() {
  const missing = [];
  if (onPath('cmake') === undefined) missing.push({ tool: 'cmake', packageName: 'cmake' });
  if (onPath('make') === undefined && onPath('ninja') === undefined) missing.push({ tool: 'make', packageName: 'make' });
  const compiler = process.env.CXX;
  const found =
    compiler === undefined || compiler === '' ? ['c++', 'g++', 'clang++'].some(onPath) : onPath(compiler.split(' ')[0]) !== undefined;
  if (!found) missing.push({ tool: compiler ? `the C++ compiler CXX=${compiler}` : 'a C++20 compiler', packageName: 'g++' });
  if (nodeHeaders() === undefined) missing.push({ tool: `Node's headers (uv.h beside ${process.execPath})`, packageName: 'libnode-dev' });
  return missing;
}

function checkPlatform() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19) || major === 21 || (major === 22 && minor < 12))
    fail(`Node 20.19 or 22.12 or later is needed, this is ${process.versions.node}`);
  if (process.platform !== 'linux') say(`network namespaces are Linux's: on ${process.platform} only the TypeScript part is built`);
}

function checkTools() {
  const missing = missingTools();
  if (missing.length === 0) return;
  const packages = missing.map((entry) => entry.packageName).join(' ');
  const sudo = process.getuid() === 0 ? '' : 'sudo ';
  fail(
    `the native binding cannot be built here, missing: ${missing.map((entry) => entry.tool).join(', ')}\n` +
      `  ${sudo}apt-get update && ${sudo}apt-get install -y ${packages}`,
  );
}

/** Whether node_modules holds exactly what the lock file lists: npm's own record of what it installed is compared with it. */
function dependenciesMatch() {
  const wanted = JSON.parse(readIfThere('package-lock.json')).packages;
  const record = readIfThere('node_modules/.package-lock.json');
  if (record === undefined) return false;
  const installed = JSON.parse(record).packages;
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '' || (entry.optional === true && installed[path] === undefined)) continue;
    if (installed[path]?.version !== entry.version || !existsSync(join(root, path))) return false;
  }
  return Object.keys(installed).every((path) => wanted[path] !== undefined);
}

function installDependencies() {
  if (dependenciesMatch()) return;
  // npm_execpath: the very npm that runs this script. --include=dev: NODE_ENV=production must not break the build.
  const npm = process.env.npm_execpath?.endsWith('.js') ? [process.execPath, process.env.npm_execpath] : ['npm'];
  run(
    'dependencies',
    npm[0],
    [...npm.slice(1), 'ci', '--include=dev', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      env: { ...process.env, npm_config_omit: '' },
    },
  );
}

function nativeHash() {
  const sources = [...filesUnder('native', ['.cc', '.cpp', '.h', '.hpp', '.txt', '.cmake', '.map']), 'CMakeLists.txt', 'package-lock.json'];
  return hashOf(sources, process.version, process.arch, process.env.CXX ?? '', process.env.CXXFLAGS ?? '', nodeHeaders() ?? '');
}

function nativeIsCurrent(hash) {
  return readIfThere(nativeStamp) === hash && existsSync(join(root, binding));
}

function buildNative(hash) {
  // A folder that was copied or moved keeps absolute paths that CMake refuses.
  const home = /^CMAKE_HOME_DIRECTORY:INTERNAL=(.*)$/m.exec(readIfThere('build/CMakeCache.txt') ?? '')?.[1];
  if (home !== undefined && resolve(home) !== root) rmSync(join(root, 'build'), { recursive: true });
  rmSync(join(root, nativeStamp), { force: true });
  run('native binding', process.execPath, ['node_modules/cmake-js/bin/cmake-js', 'compile', '--log-level', 'error', '--parallel', '2']);
  if (!existsSync(join(root, binding))) fail(`the native build ended without making ${binding}`);
  writeFileSync(join(root, nativeStamp), hash);
}

const typescriptFolders = ['lib', 'workers', 'test', 'docs'];

/** The sources that tsc compiles, as tsconfig.json says: declarations and the two excluded folders make no output. */
function typescriptSources() {
  return typescriptFolders
    .flatMap((folder) => filesUnder(folder, ['.ts']))
    .filter((path) => !path.endsWith('.d.ts') && !path.startsWith('test/types/') && !path.startsWith('test/package/'));
}

function outputsOf(source) {
  const stem = `dist/${source.slice(0, -'.ts'.length)}`;
  return [`${stem}.js`, `${stem}.js.map`, `${stem}.d.ts`];
}

function buildTypescript() {
  const sources = typescriptSources();
  const hash = hashOf([...sources, 'tsconfig.json', 'package-lock.json'], process.version);
  const expected = new Set(sources.flatMap(outputsOf));
  const present = new Set(typescriptFolders.flatMap((folder) => filesUnder(`dist/${folder}`)));
  const complete = [...expected].every((path) => present.has(path));
  // What a source of yesterday left behind would be run as a test and shipped in the package.
  for (const path of present) if (!expected.has(path)) rmSync(join(root, path));
  if (complete && readIfThere(outputStamp) === hash) return;
  rmSync(join(root, outputStamp), { force: true });
  // The incremental record knows nothing of outputs that were deleted.
  if (!complete) rmSync(join(root, 'dist/.tsbuildinfo'), { force: true });
  run('TypeScript', process.execPath, ['node_modules/typescript/bin/tsc']);
  writeFileSync(join(root, outputStamp), hash);
}

/** As lib/native.ts tells. */
function isMusl() {
  return /\/ld-musl-[^/]*$/m.test(readFileSync('/proc/self/maps', 'utf8'));
}

function copyPrebuild() {
  const folder = `prebuilds/linux-${process.arch}${isMusl() ? '-musl' : ''}`;
  mkdirSync(join(root, folder), { recursive: true });
  copyFileSync(join(root, binding), join(root, folder, 'netlane.node'));
  say(`the binding is in ${folder}`);
}

checkPlatform();
const onLinux = process.platform === 'linux';
const hash = onLinux ? nativeHash() : '';
const buildsNative = onLinux && !nativeIsCurrent(hash);
if (buildsNative) checkTools();
installDependencies();
if (buildsNative) buildNative(hash);
buildTypescript();
run('bundle', process.execPath, ['.scripts/bundle.mjs']);
if (onLinux && process.argv.includes('--prebuild')) copyPrebuild();
