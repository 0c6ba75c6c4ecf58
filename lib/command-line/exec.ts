import { once } from 'node:events';
import type { Child } from '../index.js';
import { exitCodes, type Call, type Command } from './command.js';
import { codeOfSignal, handOn } from './signals.js';
import { openArgument, sourceText } from './source.js';

/** What a command that could not be run ends with, as in shells. */
function codeOf(error: unknown): number {
  const { syscall, code } = error as { syscall?: unknown; code?: unknown };
  if (syscall !== 'execve') return exitCodes.notStarted;
  return code === 'ENOENT' ? exitCodes.notFound : exitCodes.notExecutable;
}

async function run({ values, positionals, rest, terminal }: Call): Promise<number> {
  const [name = ''] = positionals;
  const [file = '', ...args] = rest;
  let child: Child | undefined;
  // From the start on: a signal that comes early must not end this process and leave the command behind.
  let early: NodeJS.Signals | undefined;
  const stop = handOn((signal) => {
    early = signal;
    child?.kill(signal);
  });
  try {
    const namespace = await openArgument(name);
    child = await namespace.spawn(file, args, { stdio: 'inherit', ...(values['no-mounts'] === true && { mounts: false }) });
    const ended = once(child, 'exit') as Promise<[code: number | null, signal: NodeJS.Signals | null]>;
    if (early !== undefined) child.kill(early);
    await namespace.close();
    const [code, signal] = await ended;
    return code ?? codeOfSignal(signal ?? '');
  } catch (error) {
    terminal.complain((error as Error).message);
    return codeOf(error);
  } finally {
    stop();
  }
}

export const exec: Command = {
  name: 'exec',
  summary: 'Run a command inside a namespace',
  usage: 'exec [--no-mounts] NAME [--] COMMAND [ARGUMENT...]',
  options: {
    'no-mounts': { type: 'boolean', text: "leave /sys and /etc as they are (default: as 'ip netns exec', for namespaces with names)" },
  },
  positionals: [1, 1],
  runs: true,
  completes: 'namespaces',
  details: `${sourceText}
Ends as the command does: with its exit code, or 128 and the number of the signal that ended it; 127 when there is no such
command, 126 when it cannot be run, 125 when the namespace cannot be entered.`,
  run,
};
