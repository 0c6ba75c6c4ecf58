import { Namespace, type Leaks } from '../index.js';
import { exitCodes, type Call, type Command } from './command.js';
import { processNumber } from './source.js';
import { plural, printable } from './terminal.js';

function rowsOf({ threads, fds, mounts }: Leaks): string[][] {
  return [
    ...threads.map(({ tid, name, id }) => ['thread', String(tid), id, printable(name)]),
    ...fds.map(({ fd, kind, id }) => [kind === 'namespace' ? 'fd of it' : kind, String(fd), id, '']),
    ...mounts.map(({ path, id }) => ['mount', '', id, printable(path)]),
  ];
}

async function run({ values, positionals, terminal }: Call): Promise<number> {
  const pid = processNumber(positionals[0] ?? '');
  const leaks = Namespace.leaks({ pid });
  if (values['json'] === true) terminal.json(leaks, 2);
  const names = new Map((await Namespace.list()).map(({ id, name }) => [id, name]));
  const rows = rowsOf(leaks);
  if (values['json'] !== true && rows.length > 0) {
    const named = rows.map(([kind = '', number = '', id = '', what = '']) => [kind, number, id, names.get(id) ?? '-', what]);
    terminal.table([['WHAT', 'NUMBER', 'ID', 'NAME', ''], ...named], [1]);
  }
  if (values['json'] !== true && rows.length === 0) terminal.complain(`process ${pid} is in its own namespace with all that it has`);
  const { threads, fds, mounts } = leaks;
  if (rows.length > 0 && values['json'] !== true)
    terminal.complain(
      `process ${pid}: ${plural(threads.length, 'thread')}, ${plural(fds.length, 'fd')}, ${plural(mounts.length, 'mount')}`,
    );
  return exitCodes.ok;
}

export const leaks: Command = {
  name: 'leaks',
  summary: 'Show what of a process is in, or keeps alive, other network namespaces than its own',
  usage: 'leaks [--json] PID',
  options: { json: { type: 'boolean', text: 'an object of threads, fds and mounts' } },
  positionals: [1, 1],
  completes: 'processes',
  details: `Threads in another namespace than the process's main thread, descriptors of namespaces, sockets in another namespace (those
take the right to trace the process), and namespaces mounted in the process's mount namespace but not in this one. Whether
they are in use or forgotten only the process itself can tell: Namespace.leaks().`,
  run,
};
