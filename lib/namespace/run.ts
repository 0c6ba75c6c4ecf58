import { checkRun, defaultTaskIdle, defaultTaskThreads, iterable, Runner } from '../execution/run.js';
import { taskThreads } from '../execution/task-threads.js';
import { invalidArgument } from '../errors.js';
import { accountBy } from './accounts.js';
import { entryError } from './entry-error.js';
import { callSite, handleOf, type NamespaceHandle } from './handle.js';

// leaks() must be able to say which of the threads elsewhere are tasks.
accountBy('thread', (id) => taskThreads.ownerOf(Number(id)));

/** One for each handle whose tasks run, or have threads left. */
const runners = new WeakMap<NamespaceHandle, Runner>();

function runnerOf(handle: NamespaceHandle): Runner {
  const existing = runners.get(handle);
  if (existing !== undefined) return existing;
  const runner: Runner = new Runner(
    {
      name: String(handle),
      fd: () => handle.entryFd,
      acquire: () => handle.acquire(),
      etcName: handle.name,
      threads: handle.tasks.taskThreads ?? defaultTaskThreads,
      idle: handle.tasks.taskIdle ?? defaultTaskIdle,
      entryFailure: (error) => entryError(error, handle.fd, { operation: 'run a task', namespace: String(handle) }),
    },
    () => {
      runners.delete(handle);
      disown();
    },
  );
  const disown = handle.own(runner);
  runners.set(handle, runner);
  return runner;
}

/** Namespace.run(): a promise, which can be iterated where the task gives an iterator. Rejects with what is wrong with the arguments. */
export function runInside(namespace: object, task: unknown, options: unknown): Promise<unknown> {
  // Not Namespace.run() itself.
  const site = callSite(runInside, true);
  const start = async (): Promise<unknown> => {
    const handle = handleOf(namespace);
    if (handle === undefined) throw invalidArgument('this', 'a Namespace', namespace);
    const checked = checkRun(task, options, site, { namespace: String(handle), operation: 'run a task' });
    handle.assertOpen('run a task');
    return runnerOf(handle).run(checked);
  };
  return iterable(start());
}
