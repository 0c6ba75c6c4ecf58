import { Namespace } from '../index.js';
import { exitCodes, type Call, type Command } from './command.js';
import { surveyAll, type Surveyed } from './survey.js';
import { printable } from './terminal.js';

/** The first few, and how many more there are. */
function some(texts: readonly string[], most: number): string {
  const shown = texts.slice(0, most).map(printable);
  return texts.length > most ? `${shown.join(', ')}, +${texts.length - most}` : shown.join(', ');
}

function rowOf(one: Surveyed): string[] {
  const { name, id, nsid, processes, links, addresses, error } = one;
  return [
    name === undefined ? '-' : printable(name),
    id,
    nsid === undefined ? '-' : String(nsid),
    String(processes.length),
    processes.length === 0 ? '-' : some([...new Set(processes.map(({ command }) => command))], 3),
    error === undefined
      ? some(
          links.map(({ name: link, index }) => link ?? `#${index ?? '?'}`),
          6,
        ) || '-'
      : `(${error.code})`,
    some(
      addresses.flatMap(({ address }) => address ?? []),
      4,
    ),
  ];
}

async function run({ values, terminal }: Call): Promise<number> {
  const entries = await Namespace.list({ all: values['named'] !== true });
  let count = 0;
  const end = terminal.progress(() => `${count} of ${entries.length} namespaces`);
  const surveyed = await surveyAll(entries, (done) => (count = done));
  end();
  if (values['json'] === true) {
    terminal.json(surveyed, 2);
    return exitCodes.ok;
  }
  if (surveyed.length === 0) {
    terminal.complain('there are no namespaces with names');
    return exitCodes.ok;
  }
  terminal.table([['NAME', 'ID', 'NSID', 'PROCESSES', '', 'LINKS', 'ADDRESSES'], ...surveyed.map(rowOf)], [3]);
  return exitCodes.ok;
}

export const ls: Command = {
  name: 'ls',
  summary: 'List network namespaces, with their processes, links and addresses',
  usage: 'ls [--named] [--json]',
  options: {
    named: { type: 'boolean', text: 'only those that have names (default: those of processes in /proc as well)' },
    json: { type: 'boolean', text: 'an array of objects: name, id, cookie, nsid, processes, links, addresses, error' },
  },
  positionals: [0, 0],
  details: 'A code in brackets, EPERM for instance, stands where the namespace may not be looked at.',
  run,
};
