// node .scripts/test.mjs [FOLDER or FILE or -g PATTERN]...   Folders are those of test/; without any, all of the quick suite runs.
// NETLANE_LONG=1 adds *.long.test files, NETLANE_NO_SKIP=1 turns skips into failures, NETLANE_TIME_FACTOR=20 stretches all limits,
// NETLANE_SEED=N seeds what is random (a fixed seed in the quick suite, the time in the long one),
// NETLANE_TEST_HOST=1 runs with the machine's own /run/netns, NETLANE_SUMMARY=FILE gets the counts as JSON.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import process from 'node:process';
import { filesUnder, root } from './files.mjs';

const everything = ['unit', 'native', 'integration', 'types', 'package', 'examples'];
const factor = Number(process.env.NETLANE_TIME_FACTOR ?? '1');
const long = process.env.NETLANE_LONG === '1';
const limitOfOneRun = (long ? 90 : 20) * 60_000 * factor;

function say(text) {
  process.stdout.write(`netlane: ${text}\n`);
}

/** Compiled tests, and those written as modules because they check what is compiled or packed. */
function testsOf(folder) {
  const compiled = filesUnder(`dist/test/${folder}`, ['.test.js']);
  return [...compiled, ...filesUnder(`test/${folder}`, ['.test.mjs'])].filter((file) => long || !/\.long\.test\.m?js$/.test(file));
}

function compiledOf(argument) {
  const path = relative(root, resolve(root, argument));
  return path.startsWith('test/') && path.endsWith('.ts') ? `dist/${path.slice(0, -'.ts'.length)}.js` : path;
}

/** What to run: each a process of its own, so that one folder's state says nothing about another's. */
function runsOf(args) {
  const runs = [];
  const files = [];
  for (const argument of args.length === 0 ? everything : args) {
    const name = argument.replace(/^(\.\/)?(dist\/)?test\//, '').replace(/\/$/, '');
    const tests = testsOf(name);
    if (tests.length > 0) runs.push({ name, tests });
    else if (existsSync(join(root, compiledOf(argument))) && /\.m?js$/.test(compiledOf(argument))) files.push(compiledOf(argument));
    else if (args.length > 0) throw new Error(`there are no tests in ${argument}`);
  }
  if (files.length > 0) runs.push({ name: files.join(' '), tests: files });
  return runs;
}

function succeeds(file, args) {
  return spawnSync(file, args, { stdio: 'ignore', timeout: 10_000 * factor, killSignal: 'SIGKILL' }).status === 0;
}

// Named namespaces of the tests stay among themselves: a mount namespace with an empty /run/netns, and for an ordinary user a user
// namespace in which he is root. What a test that crashed left there goes away with the run.
const shield = 'mkdir -p /run/netns && mount -t tmpfs -o mode=755 netlane-tests /run/netns && exec "$@"';
const shieldOfRoot = ['unshare', '--mount', '--propagation', 'private', '--', 'sh', '-c', shield, 'sh'];
const shieldOfUser = [process.execPath, 'dist/lib/command-line/main.js', 'rootless', '--'];

function works([file, ...args]) {
  return succeeds(file, [...args, 'true']);
}

function wrapper() {
  if (process.env.NETLANE_TEST_HOST === '1') return [];
  const user = process.getuid();
  if (user === 0) {
    const found = works(shieldOfRoot);
    say(found ? 'root, with a private /run/netns' : 'no mount namespace can be made here: named namespaces are the machine’s own');
    return found ? shieldOfRoot : [];
  }
  if (works(shieldOfUser)) {
    say(`user ${user} is root in a user namespace; what needs the machine's own root is skipped (run as root for the whole suite)`);
    return shieldOfUser;
  }
  say(`user ${user} may not make user namespaces: all that needs privileges is skipped (run as root for the whole suite)`);
  return [];
}

let running;

function runMocha(prefix, tests, options, report) {
  const mocha = [
    process.execPath,
    '--expose-gc',
    'node_modules/mocha/bin/mocha.js',
    '--no-config',
    '--forbid-only',
    `--timeout=${30_000 * factor}`,
    '--require=./dist/test/support/leaks.js',
    '--require=./dist/test/support/seed.js',
    '--reporter=./.scripts/reporter.mjs',
    process.stdout.isTTY ? '--color' : '--no-color',
    ...options,
    ...tests,
  ];
  const [file, ...args] = [...prefix, ...mocha];
  return new Promise((settle) => {
    const child = spawn(file, args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, NETLANE_REPORT: report },
      detached: true,
    });
    running = child;
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      process.kill(-Number(child.pid), 'SIGKILL');
    }, limitOfOneRun);
    child.once('error', (error) => {
      clearTimeout(timer);
      settle(`cannot be started: ${error.message}`);
    });
    child.once('close', (status, signal) => {
      clearTimeout(timer);
      running = undefined;
      settle(late ? `was killed after ${limitOfOneRun / 60_000} minutes` : signal === null ? status : `was ended by ${signal}`);
    });
  });
}

/** The run's own account, which must agree with how its process ended: a crash half-way is a failure, whatever was counted. */
function account(name, ending, report) {
  const counted = existsSync(report)
    ? JSON.parse(readFileSync(report, 'utf8'))
    : { passed: 0, failed: 0, pending: [], skips: [], failures: [], ended: false };
  if (typeof ending === 'string' || !counted.ended || (ending !== 0 && counted.failed === 0)) {
    counted.failed += 1;
    counted.failures.push(
      `${name}: the test process ${typeof ending === 'string' ? ending : `ended with status ${ending} ${counted.ended ? '' : 'before its tests were done'}`}`,
    );
  }
  if (process.env.NETLANE_NO_SKIP === '1' && counted.pending.length > 0) {
    counted.failed += counted.pending.length;
    counted.failures.push(...counted.pending.map((title) => `${title}: skipped, and NETLANE_NO_SKIP=1`));
  }
  return counted;
}

function printSkips(skips, pending) {
  if (pending.length === 0) return;
  const byReason = new Map();
  for (const { title, reason } of skips) byReason.set(reason, [...(byReason.get(reason) ?? []), title]);
  const named = skips.map((skip) => skip.title);
  const unnamed = pending.filter((title) => !named.some((known) => title.startsWith(known)));
  if (unnamed.length > 0) byReason.set('no reason given', unnamed);
  say(`${pending.length} skipped:`);
  for (const [reason, titles] of byReason)
    process.stdout.write(`  ${reason}:\n${[...new Set(titles)].map((title) => `    ${title}\n`).join('')}`);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    if (running !== undefined) process.kill(-running.pid, 'SIGKILL');
    process.exit(1);
  });
}

const args = process.argv.slice(2);
const options = [];
for (
  let at = args.findIndex((argument) => argument.startsWith('-'));
  at !== -1;
  at = args.findIndex((argument) => argument.startsWith('-'))
) {
  options.push(...args.splice(at, args[at] === '-g' || args[at] === '--grep' ? 2 : 1));
}
// Examples and the package's own tests use what the package ships.
if (spawnSync(process.execPath, ['.scripts/bundle.mjs'], { cwd: root, stdio: 'inherit' }).status !== 0) process.exit(1);
const folder = mkdtempSync(join(tmpdir(), 'netlane-test-'));
const total = { passed: 0, failed: 0, pending: [], skips: [], failures: [] };
try {
  const prefix = wrapper();
  for (const [index, { name, tests }] of runsOf(args).entries()) {
    const started = performance.now();
    const report = join(folder, `${index}.json`);
    const counted = account(name, await runMocha(prefix, tests, options, report), report);
    say(
      `${name}: ${counted.passed} passed, ${counted.failed} failed, ${counted.pending.length} skipped in ${((performance.now() - started) / 1000).toFixed(1)} s`,
    );
    total.passed += counted.passed;
    total.failed += counted.failed;
    for (const list of ['pending', 'skips', 'failures']) total[list].push(...counted[list]);
  }
} finally {
  rmSync(folder, { recursive: true });
}
printSkips(total.skips, total.pending);
for (const failure of total.failures) say(`failed: ${failure}`);
if (process.env.NETLANE_SUMMARY !== undefined) writeFileSync(process.env.NETLANE_SUMMARY, JSON.stringify(total));
if (total.passed + total.failed === 0) {
  say('no test ran');
  process.exitCode = 1;
}
say(`${total.passed} passed, ${total.failed} failed, ${total.pending.length} skipped`);
if (total.failed > 0) process.exitCode = 1;
