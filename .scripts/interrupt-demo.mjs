// node .scripts/interrupt-demo.mjs [RUNS]   Interrupts the demo at random moments and compares the host's state before and after.
// The moments are printed, and come from NETLANE_SEED where it is set. NETLANE_SUMMARY=FILE gets the counts as JSON.
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from './files.mjs';

const runs = Number(process.argv[2] ?? '20');
const marker = `NETLANE_DEMO_RUN=${process.pid}-${Date.now()}`;
const seed = Number(process.env.NETLANE_SEED ?? Date.now() % 1_000_000);
const patience = 20_000;

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
function randomFrom(start) {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'EINVAL'].includes(error.code)) return '';
    throw error;
  }
}

function entries(path) {
  try {
    return readdirSync(path);
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

/** Processes of any run of the demo that are still there: they inherited its environment, whatever became of their parents. */
function survivors() {
  return entries('/proc')
    .filter((name) => /^\d+$/.test(name) && read(`/proc/${name}/environ`).includes(marker))
    .map((pid) => `process ${pid}: ${read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')}`);
}

/** The host's state as sorted lines. A namespace without a name lives by a process, a descriptor or a mount: all three are here. */
function state() {
  const table = (path, columns) =>
    read(path)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => `${path}: ${columns(line.trim().split(/\s+/))}`);
  return [
    ...entries('/run/netns').map((name) => `/run/netns/${name}`),
    ...read('/proc/self/mountinfo')
      .split('\n')
      .map((line) => `mount ${line.split(' ').slice(3, 6).join(' ')} ${line.split(' - ')[1] ?? ''}`),
    ...table('/proc/net/dev', ([name]) => name),
    ...table('/proc/net/route', (fields) => fields.slice(0, 8).join(' ')),
    ...table('/proc/net/if_inet6', (fields) => fields.join(' ')),
    ...table('/proc/net/ipv6_route', (fields) => [...fields.slice(0, 5), fields[9]].join(' ')),
    ...['ipv4/ip_forward', 'ipv4/conf/all/forwarding', 'ipv6/conf/all/forwarding'].map(
      (name) => `${name} ${read(`/proc/sys/net/${name}`).trim()}`,
    ),
    ...survivors(),
  ].sort();
}

function differences(before, after) {
  return [
    ...before.filter((line) => !after.includes(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`),
  ];
}

/** The kernel takes a namespace down in the background: what is different is looked at again for a while. */
async function settledDifferences(before) {
  const end = performance.now() + 20_000;
  for (;;) {
    const found = differences(before, state());
    if (found.length === 0 || performance.now() > end) return found;
    await sleep(50);
  }
}

/** One run, interrupted after `delay` ms (never, when undefined); a terminal's Ctrl-C reaches all of the group, `kill` only the process. */
async function runDemo(delay, signal) {
  const [name, value] = marker.split('=');
  const child = spawn(process.execPath, ['dist/docs/demo.js'], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, [name]: value },
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (errors += chunk));
  const ended = new Promise((settle) => child.once('close', (status, killer) => settle({ status, killer })));
  const interrupt =
    delay === undefined ? undefined : setTimeout(() => process.kill(signal === 'SIGINT' ? -Number(child.pid) : child.pid, signal), delay);
  let stuck = false;
  const kill = setTimeout(
    () => {
      stuck = true;
      process.kill(-Number(child.pid), 'SIGKILL');
    },
    patience + (delay ?? 40_000),
  );
  const started = performance.now();
  const { status, killer } = await ended;
  clearTimeout(interrupt);
  clearTimeout(kill);
  return { status, killer, stuck, output, errors, duration: performance.now() - started };
}

const expectedStatus = { SIGINT: 130, SIGTERM: 143 };

function complaintsOf(run, signal) {
  if (run.stuck) return [`did not end within ${patience / 1000} s`];
  if (run.killer !== null) return run.killer === signal ? [] : [`was ended by ${run.killer}`];
  if (run.status === 0) return []; // It had finished before the signal came.
  return run.status === expectedStatus[signal]
    ? []
    : [`ended with status ${run.status} instead of ${expectedStatus[signal]}: ${run.errors.slice(-2000)}`];
}

const summary = { passed: 0, failed: 0, failures: [] };

function verdict(title, complaints) {
  process.stdout.write(`${complaints.length === 0 ? 'ok    ' : 'failed'} ${title}\n${complaints.map((line) => `  ${line}\n`).join('')}`);
  if (complaints.length === 0) summary.passed += 1;
  else {
    summary.failed += 1;
    summary.failures.push(`demo: ${title}: ${complaints[0]}`);
  }
}

function lastLineProblems(output) {
  const line = output.trimEnd().split('\n').at(-1) ?? '';
  try {
    JSON.parse(line);
    return [];
  } catch {
    return [`the last line is not JSON: ${line}`];
  }
}

await runDemo(); // The first run warms the caches, and makes /run/netns a mount of its own where it was none, which stays.
const before = state();
const whole = await runDemo();
const complaints =
  whole.status === 0 ? lastLineProblems(whole.output) : [`ended with ${whole.killer ?? whole.status}: ${whole.errors.slice(-2000)}`];
verdict(`the demo, left alone: ${Math.round(whole.duration)} ms`, [...complaints, ...(await settledDifferences(before))]);
const random = randomFrom(seed);
process.stdout.write(`interrupting at random moments, NETLANE_SEED=${seed}\n`);
// A run that was over before its signal came was not interrupted: it is judged, too, and made up for.
let shortest = whole.duration;
for (let interrupted = 0, index = 0; interrupted < runs && index < 2 * runs; index += 1) {
  const signal = index % 2 === 0 ? 'SIGINT' : 'SIGTERM';
  const delay = Math.round(random() * shortest);
  const run = await runDemo(delay, signal);
  if (run.status === 0) shortest = Math.min(shortest, run.duration);
  else interrupted += 1;
  const how =
    run.status === 0 ? 'had finished already' : `${run.killer ?? `status ${run.status}`} ${Math.round(run.duration - delay)} ms later`;
  verdict(`${signal} after ${delay} ms: ${how}`, [...complaintsOf(run, signal), ...(await settledDifferences(before))]);
}
if (process.env.NETLANE_SUMMARY !== undefined) writeFileSync(process.env.NETLANE_SUMMARY, JSON.stringify(summary));
if (summary.failed > 0) process.exitCode = 1;
