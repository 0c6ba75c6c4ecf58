import { readFileSync } from 'node:fs';

/** Busy time of all cores, and of this process with its ended and living children, in clock ticks. */
function busy(): { readonly all: number; readonly steal: number } {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (
    /^cpu\s+(.*)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? ''
  )
    .split(/\s+/)
    .map(Number);
  return { all: user + nice + system + irq + softirq, steal };
}

/** Ticks a second (USER_HZ), the same on every Linux. */
const ticks = 100;

/** Ticks of this process and of every process below it, as far as they are there. */
function own(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    let sum = [11, 12, 13, 14].reduce((total, at) => total + Number(fields[at] ?? 0), 0);
    for (const child of readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' '))
      if (child.trim() !== '') sum += own(Number(child));
    return sum;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return 0;
    throw error;
  }
}

/** Cores that other programs (and other guests of the same host) take, from now until end() is called. */
export function otherLoad(): { end(): number } {
  const start = { busy: busy(), own: own(process.pid), time: performance.now() };
  return {
    end: (): number => {
      const now = busy();
      const seconds = (performance.now() - start.time) / 1000;
      const others = now.all - start.busy.all - (own(process.pid) - start.own) + (now.steal - start.busy.steal);
      return Math.max(0, others / ticks / seconds);
    },
  };
}

/** The same for a moment in which this program does nothing. */
export async function idleLoad(milliseconds: number): Promise<number> {
  const load = otherLoad();
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return load.end();
}
