// node .scripts/sanitize.mjs   Builds the addon with AddressSanitizer and UndefinedBehaviorSanitizer into build-asan/ and runs the native
// tests against it, with fewer cycles, and those of lanes and sockets that lose, spill, abandon and overrun most, and of what runs inside. Ends non-zero on a failed test and on any report, of a child or grandchild, too.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { filesUnder, root } from './files.mjs';

const addon = join(root, 'build-asan/Release/netlane.node');

function say(text) {
  process.stdout.write(`netlane: ${text}\n`);
}

function run(what, file, args, options = {}) {
  const started = performance.now();
  const done = spawnSync(file, args, { cwd: root, stdio: 'inherit', ...options });
  if (done.error !== undefined) throw done.error;
  say(
    `${what}: ${done.status === 0 ? 'ok' : `failed (${done.signal ?? done.status})`} in ${((performance.now() - started) / 1000).toFixed(1)} s`,
  );
  return done.status === 0;
}

/** The path of one of the compiler's own libraries. */
function library(name) {
  const given = process.env.CXX ?? '';
  const compiler = given === '' ? 'c++' : given.split(' ')[0];
  const { stdout, error } = spawnSync(compiler, [`-print-file-name=${name}`], { encoding: 'utf8' });
  if (error !== undefined) throw error;
  const path = stdout.trim();
  if (!path.includes('/')) throw new Error(`${compiler} has no ${name}: install the sanitizers of your compiler (libasan, libubsan)`);
  return path;
}

/**
 * Leaks whose memory the addon took, or had Node take. Node and V8 leave much at their end that is theirs, and what only V8's heap points
 * to looks leaked when a process ends without tearing its environment down.
 */
function leaksOfTheAddon(report) {
  return (
    report
      .split(/\n\s*\n/)
      .filter((block) => /^(Direct|Indirect) leak/m.test(block))
      .filter((block) => block.includes(' in netlane::'))
      // 8 bytes for each call under way when its environment ended: Node frees a deferred only when it is settled, and refuses to settle it then.
      .filter((block) => !/#1 .* in napi_create_promise /.test(block))
  );
}

/** A child starts on a stack of its own, of which ASan says that it does not know it: a warning about itself, no finding. */
function withoutOtherStacks(text) {
  return text.replaceAll(
    /^==\d+==WARNING: ASan is ignoring requested __asan_handle_no_return: .*\nFalse positive error reports may follow\nFor details see .*\n/gm,
    '',
  );
}

function reportsIn(folder, leaks) {
  const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  return leaks ? texts.flatMap(leaksOfTheAddon) : texts.map(withoutOtherStacks).filter((text) => text.trim() !== '');
}

/** Runs tests with the sanitizers; true when they passed and nothing was reported. */
function check(what, tests, { leaks = false, factor = 1, require = [] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'netlane-sanitize-'));
  // Node links its C++ library statically; the sanitizer must find the one that throws for the addon.
  const preload = [library('libasan.so'), library('libstdc++.so.6')].join(':');
  const common = `log_path=${join(folder, 'report')}:exitcode=${leaks ? 0 : 99}`;
  const env = {
    ...process.env,
    NETLANE_ADDON: addon,
    NETLANE_CYCLES: process.env.NETLANE_CYCLES ?? '4',
    NETLANE_SANITIZED: '1',
    NETLANE_TIME_FACTOR: String(factor),
    LD_PRELOAD: preload,
    ASAN_OPTIONS: `detect_leaks=${leaks ? 1 : 0}:detect_stack_use_after_return=1:strict_string_checks=1:${common}`,
    UBSAN_OPTIONS: `print_stacktrace=1:halt_on_error=1:${common}`,
    LSAN_OPTIONS: common,
  };
  const hooks = require.map((file) => `--require=${file}`);
  const mocha = ['--expose-gc', 'node_modules/mocha/bin/mocha.js', '--no-config', '--timeout=60000', '--reporter=dot', ...hooks, ...tests];
  try {
    const passed = run(what, process.execPath, mocha, { env });
    const reports = reportsIn(folder, leaks);
    for (const report of reports.slice(0, 5)) process.stdout.write(`${report}\n`);
    if (reports.length > 0) say(`${what}: ${reports.length} reports`);
    return passed && reports.length === 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const cmake = ['node_modules/cmake-js/bin/cmake-js', 'compile', '--out', 'build-asan', '--CDNETLANE_SANITIZE=ON', '--CDNETLANE_WERROR=ON'];
const built =
  run('TypeScript', process.execPath, ['node_modules/typescript/bin/tsc']) &&
  run('native binding with sanitizers', process.execPath, [...cmake, '--log-level', 'error', '--parallel', '2']);
if (!built || !existsSync(addon)) process.exit(1);

const tests = filesUnder('dist/test/native', ['.test.js']);
const teardown = tests.filter((file) => file.includes('teardown.workers'));
// Workers end with all that they made: what is left of theirs then is a leak, whereas a process may leave its memory to the kernel.
const clean = check('memory and undefined behaviour', tests);
const tight = check('leaks', [...teardown, '--grep', 'loaded first in a worker'], { leaks: true });
// On the real kernel, through lanes; the leak check of descriptors and threads looks on.
const subjects = ['lane.handles', 'lane.lifecycle', 'lane.loss', 'socket.dumps', 'socket.endings', 'socket.overruns', 'socket.users'];
// What runs inside: processes, sockets that are handed out, rings of packets, tasks. Not those that need dnsmasq or a web server for curl: such programs never end
// with the sanitizer in front of them; nor what asks a child for the signals that it catches: there they are the sanitizer's.
const inside = [
  'spawn.children',
  'spawn.options',
  'spawn.lives',
  'spawn.mounts',
  'sockets.tcp',
  'sockets.udp',
  'sockets.insideness',
  'packets.capture',
  'run.functions',
  'run.harm',
  'run.streams',
  'run.network',
  'namespace.files',
];
const onTheKernel = (what, names, options = []) =>
  check(what, [...names.map((subject) => `dist/test/integration/${subject}.test.js`), ...options], {
    factor: 4,
    require: ['./dist/test/support/leaks.js', './dist/test/support/seed.js'],
  });
const whole = onTheKernel('lanes and sockets', subjects);
const within = onTheKernel('what runs inside', inside, ['--grep', 'no blocked, ignored or pending signals', '--invert']);
if (!clean || !tight || !whole || !within) process.exitCode = 1;
