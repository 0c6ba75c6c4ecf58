import { readdirSync } from 'node:fs';
import { native } from '../native.js';

/*
 * /sys shows the devices of the namespace in which it was mounted, which nothing says of it. To mount one of one's own takes CAP_SYS_ADMIN; who has
 * not got that can still read the one that is there, where its devices turn out to be those of the namespace that the thread is in.
 */

/** So many devices are compared at most. */
const most = 8;

/** Bytes received and sent, by the name of a device. */
type Counters = ReadonlyMap<string, readonly [received: number, sent: number]>;

async function countersInside(): Promise<Counters> {
  const text = (await native().accessFileAsync(-1, '/proc/thread-self/net/dev')).toString('latin1');
  const lines = text.split('\n').flatMap((line) => {
    const [, name = '', numbers = ''] = /^\s*(\S+):\s*(.*)$/.exec(line) ?? [];
    const fields = numbers.split(/\s+/);
    return name === '' ? [] : [[name, [Number(fields[0]), Number(fields[8])]] as const];
  });
  return new Map(lines);
}

async function mountedCounter(device: string, counter: string): Promise<number> {
  const path = `/sys/class/net/${device}/statistics/${counter}`;
  return Number((await native().accessFileAsync(-1, path, undefined, true)).toString('latin1'));
}

/** Whether it counts the same: read between two readings inside, each counter lies between theirs. */
async function countsAlike(device: string): Promise<boolean> {
  const before = (await countersInside()).get(device);
  const received = await mountedCounter(device, 'rx_bytes');
  const sent = await mountedCounter(device, 'tx_bytes');
  const after = (await countersInside()).get(device);
  if (before === undefined || after === undefined) return false;
  return before[0] <= received && received <= after[0] && before[1] <= sent && sent <= after[1];
}

/**
 * Whether the /sys that the calling thread sees is of the namespace that the thread is in: it has devices of the same names, and those that have sent or
 * received anything count the same. False as well where none has: then nothing tells one namespace's from another's.
 */
export async function showsThisNamespace(): Promise<boolean> {
  try {
    const inside = await countersInside();
    // Besides its devices it may have files: bonding_masters.
    const entries = readdirSync('/sys/class/net', { withFileTypes: true });
    const mounted = entries.filter((entry) => entry.isSymbolicLink()).map((entry) => entry.name);
    if (mounted.length !== inside.size || !mounted.every((name) => inside.has(name))) return false;
    const used = [...inside].filter(([, [received, sent]]) => received + sent > 0).slice(0, most);
    for (const [device] of used) if (!(await countsAlike(device))) return false;
    return used.length > 0;
  } catch {
    // Nothing is mounted there, or a device has gone since: nothing is known of it.
    return false;
  }
}
