import { parseArgs } from 'node:util';
import { cpus, release } from 'node:os';
import { Namespace } from '../../lib/index.js';
import { idleLoad } from './load.js';
import { findPeers } from './peers.js';
import { race, type Result } from './race.js';
import { measure, rows, table, tolerableLoad } from './table.js';
import { furnish, plans, type Plan } from './works.js';

const help = `npm run bench -- [--quick] [--json] [--only NAME]... [--rounds N]

  --quick      without the long works (100,000 entries and more), three rounds
  --only NAME  works whose name has NAME in it; may be given more than once
  --rounds N   how often each contestant takes its turn (default 7)
  --json       the results as JSON
`;

const longestSample = 300_000;

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function run(plan: Plan, peers: ReturnType<typeof findPeers>, rounds: number): Promise<Result> {
  const name = `bench-${process.pid}`;
  const namespace = await Namespace.create(name, { loopback: true });
  try {
    await furnish(namespace, plan.setting, plan.size ?? 0);
    return await race({ name: plan.name, title: plan.title, ...plan.plan(peers, name) }, rounds, longestSample);
  } finally {
    await namespace.close();
    await Namespace.delete(name);
  }
}

/** The curve: how the time for one entry grows with their number, or what does not grow with it. */
function growth(results: readonly Result[]): string[] {
  const series = new Map<string, string[]>();
  for (const { work, standings } of results) {
    const [, name, size] = /^(.*), ([\d,]+)$/.exec(work.name) ?? [];
    const [ours] = standings;
    if (name === undefined || size === undefined || ours === undefined) continue;
    // Of lists, the unit is one work for all entries.
    const isList = work.unit === 'time' && work.limit === undefined && !name.includes('changes');
    const each = isList ? ours.median / Number(size.replaceAll(',', '')) : ours.median;
    const title = isList ? `${name}, for each entry` : name;
    series.set(title, [...(series.get(title) ?? []), `${size}: ${measure(work, each)}`]);
  }
  return [...series].filter(([, points]) => points.length > 1).map(([title, points]) => `${title}: ${points.join(', ')}`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  const rounds = values.rounds === undefined ? (values.quick ? 3 : 7) : Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new RangeError(`--rounds must be a whole number from 1, not ${values.rounds}`);
  const chosen = plans.filter(
    ({ name, long }) => !(values.quick && long === true) && (values.only.length === 0 || values.only.some((one) => name.includes(one))),
  );
  if (chosen.length === 0) throw new RangeError(`no work has such a name; there are: ${plans.map(({ name }) => name).join('; ')}`);
  const peers = findPeers();
  for (const [name, peer] of Object.entries(peers)) if (typeof peer === 'string') say(`missing: ${name} (${peer})`);
  const load = await idleLoad(1000);
  say(`Linux ${release()}, Node ${process.version}, ${cpus().length} cores; other programs take ${load.toFixed(2)} of them`);
  if (load > tolerableLoad) say('that is too much: targets are judged only for works that run while it is less');
  const results: Result[] = [];
  for (const plan of chosen) {
    say(`${plan.name}: ${plan.title}`);
    const result = await run(plan, peers, Math.min(rounds, plan.rounds ?? rounds));
    for (const refusal of result.refused) say(`  out: ${refusal}`);
    results.push(result);
  }
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ kernel: release(), node: process.version, results }, undefined, 1)}\n`);
    return;
  }
  process.stdout.write(`\n${table(results)}\n`);
  for (const line of growth(results)) process.stdout.write(`${line}\n`);
  const missed = results.flatMap(rows).filter(({ target }) => target.endsWith('MISSED'));
  process.stdout.write(`${missed.length} of ${results.flatMap(rows).filter(({ target }) => target !== '').length} targets missed\n`);
}

try {
  await main();
} catch (error) {
  const { code, message, stack } = error as NodeJS.ErrnoException;
  // What was asked for wrongly is no matter of the program's.
  say(error instanceof RangeError || code?.startsWith('ERR_PARSE_ARGS') === true ? `netlane: ${message}` : (stack ?? message));
  process.exitCode = 1;
}
