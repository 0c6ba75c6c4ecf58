import { readFileSync } from 'node:fs';
import { nearest } from '../arguments.js';
import { packageUrl } from '../places.js';
import { exitCodes, helpOf, parse, UsageError, type Command } from './command.js';
import { capture } from './capture.js';
import { completionOf } from './completion.js';
import { exec } from './exec.js';
import { leaks } from './leaks.js';
import { ls } from './ls.js';
import { monitor } from './monitor.js';
import { rootless } from './rootless.js';
import type { Terminal } from './terminal.js';

/** The command line of the package: `netlane`. */
const commands: readonly Command[] = [ls, exec, monitor, capture, leaks, rootless, completionOf(() => commands)];

function version(): string {
  return (JSON.parse(readFileSync(packageUrl('package.json'), 'utf8')) as { version: string }).version;
}

function overview(): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    'usage: netlane COMMAND [ARGUMENT...]',
    '',
    'Network namespaces of this machine: what is in them, what happens in them, and programs that run in them.',
    '',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary.charAt(0).toLowerCase()}${summary.slice(1)}`),
    '',
    'netlane COMMAND --help tells more. Exit codes: 0, 1 when it failed, 2 when it was not understood; exec and rootless end as what they run.',
    'NO_COLOR=1 leaves colours out.',
  ].join('\n');
}

function find(name: string): Command {
  const command = commands.find((each) => each.name === name);
  if (command !== undefined) return command;
  const names = commands.map((each) => each.name);
  const near = nearest(name, names);
  throw new UsageError(
    `there is no command ${JSON.stringify(name)} (${near === undefined ? `known are ${names.join(', ')}` : `did you mean ${near}?`})`,
  );
}

async function understood(args: readonly string[], terminal: Terminal): Promise<number> {
  const [first, ...others] = args;
  if (first === '--version' || first === '-V') {
    terminal.line(version());
    return exitCodes.ok;
  }
  if (first === '--help' || first === '-h' || first === 'help') {
    terminal.line(first === 'help' && others[0] !== undefined ? helpOf(find(others[0])) : overview());
    return exitCodes.ok;
  }
  if (first === undefined) throw new UsageError('a command is missing');
  const command = find(first);
  const call = parse(command, others, terminal);
  if (call.values['help'] === true) {
    terminal.line(helpOf(command));
    return exitCodes.ok;
  }
  return command.run(call);
}

/** Does what the arguments say, and gives the exit code. */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await understood(args, terminal);
  } catch (error) {
    terminal.complain(error instanceof Error ? error.message : String(error));
    if (!(error instanceof UsageError)) return exitCodes.failed;
    terminal.complain("'netlane --help' lists the commands, 'netlane COMMAND --help' tells their arguments");
    return exitCodes.usage;
  }
}
