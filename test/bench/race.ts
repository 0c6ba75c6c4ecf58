import { Racer, type Contestant, type Sample } from './racer.js';
import { otherLoad } from './load.js';

/** What is measured, and who does it. The first contestant is ours. */
export interface Work {
  readonly name: string;
  /** In words: what one unit of it is. */
  readonly title: string;
  readonly unit: 'time' | 'memory';
  /** How often it is done in one go. */
  readonly count: number;
  /** How many goes are one sample: what takes milliseconds would be measured on a core that has just been woken. Default 1. */
  readonly goes?: number | undefined;
  readonly contestants: readonly Contestant[];
  /** Most that ours may be, as a multiple of a contestant's, by its name. */
  readonly targets: Readonly<Record<string, number>>;
  /** Most that ours may be for one unit, or may have more than the one contestant beside it, where that is no ratio: nanoseconds, or bytes. */
  readonly limit?: number | undefined;
}

/** How one contestant did. */
export interface Standing {
  readonly name: string;
  /** Median for one unit: nanoseconds, or bytes. */
  readonly median: number;
  /** Half of the distance of the quartiles, as a part of the median. */
  readonly spread: number;
  /** Median CPU time for one unit, in nanoseconds. */
  readonly cpu: number;
  /** Peak of resident memory, in bytes. */
  readonly peak: number;
}

export interface Result {
  readonly work: Work;
  readonly standings: readonly Standing[];
  /** What other programs took of the cores while it ran. */
  readonly load: number;
  /** Contestants that could not take part, or did other work, and why. */
  readonly refused: readonly string[];
}

function quantile(sorted: readonly number[], at: number): number {
  const place = (sorted.length - 1) * at;
  const low = sorted[Math.floor(place)] ?? Number.NaN;
  const high = sorted[Math.ceil(place)] ?? Number.NaN;
  return low + (high - low) * (place - Math.floor(place));
}

function standing(racer: Racer, samples: readonly Sample[], count: number): Standing {
  const sorted = samples.map(({ value }) => value / count).sort((a, b) => a - b);
  const cpu = samples.map((sample) => sample.cpu / count).sort((a, b) => a - b);
  const median = quantile(sorted, 0.5);
  return {
    name: racer.contestant.name,
    median,
    spread: median === 0 ? 0 : (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 2 / median,
    cpu: quantile(cpu, 0.5),
    peak: racer.peak(),
  };
}

/** In which member two answers differ; members that only one has are not compared, nor how much was changed by one who does the work less often. */
function difference(ours: Sample['answer'], theirs: Sample['answer'], asOften: boolean): string | undefined {
  for (const [name, value] of Object.entries(ours)) {
    if (!asOften && name === 'changed') continue;
    if (theirs[name] !== undefined && theirs[name] !== value) return `${name} is ${theirs[name]}, ours is ${value}`;
  }
  return undefined;
}

/** Milliseconds that each contestant warms up for: what is compiled while it runs is compiled by then, whoever takes part. */
const warmUp = 300;

/** Milliseconds after which one that did nothing is cold again: its caches are others', V8 has given back memory. */
const cold = 500;

/** Milliseconds that a sample takes of a contestant for whom being cold at its start does not matter. */
const slow = 2000;

/** A sample of a contestant that is warm, whoever took their time meanwhile: the mean of its goes, of which slow ones have one. */
async function warmSample(racer: Racer, count: number, goes: number): Promise<Sample> {
  if (racer.latest >= slow) return racer.sample(count);
  if (racer.idle > cold) await racer.sample(count);
  let value = 0;
  let cpu = 0;
  let answer: Sample['answer'] = {};
  for (let go = 0; go < goes; go++) {
    const sample = await racer.sample(count);
    value += sample.value / goes;
    cpu += sample.cpu / goes;
    answer = sample.answer;
  }
  return { value, cpu, answer };
}

/** The last of as many samples as it takes to be warm. */
async function warmedUp(racer: Racer, count: number): Promise<Sample> {
  const until = performance.now() + warmUp;
  let sample = await racer.sample(count);
  while (performance.now() < until) sample = await racer.sample(count);
  return sample;
}

/** Runs a work, all contestants in turn, round after round, so that what else the machine does meets all of them alike. */
export async function race(work: Work, rounds: number, limit: number): Promise<Result> {
  const refused: string[] = [];
  const racers: Racer[] = [];
  const load = otherLoad();
  try {
    for (const contestant of work.contestants) {
      try {
        racers.push(await Racer.start(contestant, limit));
      } catch (error) {
        if (racers.length === 0) throw error;
        refused.push(`${contestant.name}: ${(error as Error).message}`);
      }
    }
    const samples = new Map<Racer, Sample[]>(racers.map((racer) => [racer, []]));
    let ours: Sample['answer'] = {};
    // The first round warms up, and shows whether all do the same.
    for (let round = -1; round < rounds; round++) {
      for (const racer of Array.from(samples.keys())) {
        const count = racer.contestant.count ?? work.count;
        let sample: Sample;
        try {
          sample = await (round < 0 ? warmedUp(racer, count) : warmSample(racer, count, work.goes ?? 1));
        } catch (error) {
          if (racer === racers[0]) throw error;
          refused.push(`${racer.contestant.name}: ${(error as Error).message}`);
          samples.delete(racer);
          continue;
        }
        if (racer === racers[0]) ours = sample.answer;
        else {
          const other = difference(ours, sample.answer, count === work.count);
          if (other !== undefined) {
            refused.push(`${racer.contestant.name} did other work: ${other}`);
            samples.delete(racer);
            continue;
          }
        }
        if (round >= 0) samples.get(racer)?.push(sample);
      }
    }
    const standings = [...samples].map(([racer, taken]) => standing(racer, taken, racer.contestant.count ?? work.count));
    return { work, standings, load: load.end(), refused };
  } finally {
    for (const racer of racers) await racer.end();
  }
}
