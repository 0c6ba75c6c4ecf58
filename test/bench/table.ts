import type { Result, Standing, Work } from './race.js';

/** Above this, another program takes so much of the cores that ratios say little. */
export const tolerableLoad = 0.5;

function time(nanoseconds: number): string {
  if (nanoseconds >= 1e9) return `${(nanoseconds / 1e9).toFixed(2)} s`;
  if (nanoseconds >= 1e6) return `${(nanoseconds / 1e6).toPrecision(3)} ms`;
  return `${(nanoseconds / 1e3).toPrecision(3)} us`;
}

function memory(bytes: number): string {
  return bytes >= 1 << 20 ? `${(bytes / (1 << 20)).toFixed(1)} MiB` : `${(bytes / 1024).toFixed(0)} KiB`;
}

export function measure(work: Work, value: number): string {
  return work.unit === 'time' ? time(value) : memory(value);
}

/** Whether a target is met: nothing where there is none, or where the machine was too busy to tell. */
function verdict(result: Result, ours: Standing, peer: Standing, ratio: number): string {
  const target = result.work.targets[peer.name];
  if (target === undefined) return ownVerdict(result, ours, peer);
  if (result.load > tolerableLoad) return `<= ${target} not judged`;
  return `<= ${target} ${ratio <= target ? 'met' : 'MISSED'}`;
}

/** The same for a target that is no ratio: beside a peer, it is the most that ours may have more. */
function ownVerdict({ work, load }: Result, ours: Standing, peer?: Standing): string {
  if (work.limit === undefined) return '';
  const target = `<= ${peer === undefined ? '' : '+'}${measure(work, work.limit)}`;
  if (load > tolerableLoad) return `${target} not judged`;
  return `${target} ${ours.median - (peer?.median ?? 0) <= work.limit ? 'met' : 'MISSED'}`;
}

export interface Row {
  readonly work: string;
  readonly ours: string;
  readonly peer: string;
  readonly theirs: string;
  readonly ratio: string;
  readonly target: string;
  readonly spread: string;
  readonly cpu: string;
  readonly peak: string;
}

/** A row for each peer. */
export function rows(result: Result): Row[] {
  const [ours, ...peers] = result.standings;
  if (ours === undefined) return [];
  const percent = (one: number): string => `${(one * 100).toFixed(0)}%`;
  const common = { work: result.work.name, ours: measure(result.work, ours.median) };
  if (peers.length === 0) {
    return [
      {
        ...common,
        peer: '-',
        theirs: '',
        ratio: '',
        target: ownVerdict(result, ours),
        spread: percent(ours.spread),
        cpu: time(ours.cpu),
        peak: memory(ours.peak),
      },
    ];
  }
  return peers.map((peer) => {
    const ratio = ours.median / peer.median;
    return {
      ...common,
      peer: peer.name,
      theirs: measure(result.work, peer.median),
      ratio: ratio.toFixed(2),
      target: verdict(result, ours, peer, ratio),
      spread: `${percent(ours.spread)} / ${percent(peer.spread)}`,
      cpu: `${time(ours.cpu)} / ${time(peer.cpu)}`,
      peak: `${memory(ours.peak)} / ${memory(peer.peak)}`,
    };
  });
}

const columns: readonly (keyof Row)[] = ['work', 'ours', 'peer', 'theirs', 'ratio', 'target', 'spread', 'cpu', 'peak'];
const heads: Readonly<Record<keyof Row, string>> = {
  work: 'work',
  ours: 'netlane',
  peer: 'peer',
  theirs: "peer's",
  ratio: 'ratio',
  target: 'target',
  spread: 'spread',
  cpu: 'CPU each',
  peak: 'peak memory',
};

/** The whole as lines of text. */
export function table(results: readonly Result[]): string {
  const all = [heads, ...results.flatMap(rows)];
  const widths = columns.map((column) => Math.max(...all.map((row) => row[column].length)));
  const lines = all.map((row) =>
    columns
      .map((column, at) => row[column].padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  lines.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('  '));
  return `${lines.join('\n')}\n`;
}
