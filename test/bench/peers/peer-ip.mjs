// The same work with iproute2, a process for each: peer-ip.mjs WORK, see protocol.h for what it speaks.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import process from 'node:process';

const longest = 1 << 30;

function ip(args, input) {
  const { status, stdout, stderr } = spawnSync('ip', args, { input, maxBuffer: longest, encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr.slice(0, 500)}`);
  return stdout;
}

/** CPU time of this process and of those it has waited for, in nanoseconds, in steps of 10 ms. */
function cpu() {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]) * 1e7, 0);
}

const changes = (verb, count) =>
  Array.from(
    { length: count },
    (_, at) => `route ${verb} 16.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}/32 via 10.0.0.2 table 1000 proto static`,
  ).join('\n');

const works = {
  'routes-dump': (count) => {
    let text = '';
    for (let at = 0; at < count; at++) text = ip(['-4', '-j', 'route', 'show', 'table', 'all']);
    return () => ({ entries: JSON.parse(text).length });
  },
  'links-dump': (count) => {
    let text = '';
    for (let at = 0; at < count; at++) text = ip(['-j', '-d', '-s', 'link', 'show']);
    return () => ({ entries: JSON.parse(text).length });
  },
  'routes-add-delete': (count) => {
    for (const verb of ['add', 'del']) ip(['-batch', '-'], `${changes(verb, count)}\n`);
    return () => ({ changed: 2 * count });
  },
};

const work = works[process.argv[2]];
process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  const before = cpu();
  const start = performance.now();
  const answer = work(Number.parseInt(line, 10));
  const value = Math.round((performance.now() - start) * 1e6);
  process.stdout.write(`${JSON.stringify({ value, cpu: cpu() - before, answer: answer() })}\n`);
}
