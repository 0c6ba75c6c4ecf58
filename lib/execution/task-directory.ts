import { attempt } from '../errors.js';

/*
 * The working directory of task threads whose mounts are their own. The kernel gives such a thread a directory of its own, which would stay the
 * one in which the process was when the thread began: so each call tells where the process is, and the thread goes there first.
 */

/** Leads to the directory that the process is in, also where that has no path any more. */
const anyDirectory = '/proc/self/cwd';

/** Where the calling thread is. Node.js remembers it: nothing is asked of the kernel until the program has changed it. */
export function workingDirectory(): string {
  return attempt(() => process.cwd()) ?? anyDirectory;
}

/**
 * For the task thread, once: gives the function that is called before each call, with the directory where that is another one. From then on
 * process.cwd() tells it; Node's own in a thread would tell what it has found once, until the main thread changes its own the next time.
 *
 * @param change changes the directory of the calling thread; what it throws is thrown.
 */
export function followDirectories(change: (path: string) => void): (told: string | undefined) => void {
  let wanted: string | undefined;
  let current: string | undefined;
  const nodes = process.cwd.bind(process);
  process.cwd = () => (current === undefined || current === anyDirectory ? nodes() : current);
  return (told) => {
    wanted = told ?? wanted;
    if (wanted === undefined || wanted === current) return;
    change(wanted);
    current = wanted;
  };
}
