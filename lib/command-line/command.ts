import { parseArgs } from 'node:util';
import { nearest } from '../arguments.js';
import type { Terminal } from './terminal.js';

/*
 * Commands, and the arguments they take. node:util's parseArgs does the parsing: it knows long and short options, joined values and refuses what
 * it does not know, it is part of Node, and costs nothing to load. Commands, help texts and suggestions are what it leaves to its users.
 */

export const exitCodes = {
  ok: 0,
  /** It was understood, and failed. */
  failed: 1,
  /** It was not understood; nothing was done. */
  usage: 2,
  /** `exec` and `rootless`: netlane itself failed, as env(1) and nohup(1) have it; then those for a command that cannot be run, or is not there. */
  notStarted: 125,
  notExecutable: 126,
  notFound: 127,
} as const;

export interface CommandOption {
  readonly type: 'boolean' | 'string';
  readonly short?: string;
  /** For the help: a placeholder of the value, and what it does. */
  readonly value?: string;
  /** What a shell can offer for the value. */
  readonly completes?: 'files' | 'processes';
  readonly text: string;
}

export interface Call {
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
  /** Of a command that runs another one: that one, with its arguments. */
  readonly rest: readonly string[];
  readonly terminal: Terminal;
}

export interface Command {
  readonly name: string;
  readonly summary: string;
  /** Without 'netlane': 'exec NAME -- COMMAND [ARGUMENT...]'. */
  readonly usage: string;
  readonly options: Readonly<Record<string, CommandOption>>;
  /** How many arguments it takes; Infinity for any number. */
  readonly positionals: readonly [least: number, most: number];
  /** Whether another command follows, of which nothing is understood here. */
  readonly runs?: boolean;
  readonly details: string;
  /** What a shell can offer for its arguments. */
  readonly completes?: 'namespaces' | 'processes' | 'shells';
  /** Gives the exit code. */
  run(call: Call): Promise<number>;
}

/** What was typed cannot be meant. */
export class UsageError extends Error {}

export const commonOptions: Readonly<Record<string, CommandOption>> = { help: { type: 'boolean', short: 'h', text: 'show this help' } };

/** Ours, and what belongs to the command that follows: behind --, or behind as many arguments as we take. */
function split(command: Command, args: readonly string[]): { own: string[]; rest: string[] } {
  const dashes = args.indexOf('--');
  if (command.runs !== true) return { own: [...args], rest: [] };
  const options = { ...command.options, ...commonOptions };
  const own: string[] = [];
  let positionals = 0;
  for (let at = 0; at < args.length; at++) {
    const argument = args[at] ?? '';
    if (at === dashes) return { own, rest: args.slice(at + 1) };
    if (!argument.startsWith('-') || argument === '-') {
      if (positionals === command.positionals[1]) return { own, rest: args.slice(at) };
      positionals++;
    }
    own.push(argument);
    const option = Object.entries(options).find(
      ([name, { short }]) => argument === `--${name}` || (short !== undefined && argument === `-${short}`),
    );
    if (option?.[1].type === 'string' && at + 1 < args.length && at + 1 !== dashes) own.push(args[++at] ?? '');
  }
  return { own, rest: [] };
}

function unknownOption(command: Command, message: string): UsageError {
  const [, option = ''] = /'(-[^' ]*)/.exec(message) ?? [];
  const names = Object.keys({ ...command.options, ...commonOptions }).map((name) => `--${name}`);
  const near = nearest(option, names);
  const known = near === undefined ? `known are ${names.join(', ')}` : `did you mean ${near}?`;
  return new UsageError(`${command.name} has no option ${option} (${known})`);
}

/** Throws UsageError. */
export function parse(command: Command, args: readonly string[], terminal: Terminal): Call {
  const { own, rest } = split(command, args);
  const options: Record<string, { type: 'boolean' | 'string'; short?: string }> = {};
  for (const [name, { type, short }] of Object.entries({ ...command.options, ...commonOptions }))
    options[name] = short === undefined ? { type } : { type, short };
  let parsed;
  try {
    parsed = parseArgs({ args: own, options, allowPositionals: true, strict: true });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') throw unknownOption(command, message);
    if (code?.startsWith('ERR_PARSE_ARGS_') !== true) throw error;
    throw new UsageError(`${command.name}: ${message.charAt(0).toLowerCase()}${message.slice(1)}`);
  }
  const { values, positionals } = parsed;
  if (values['help'] !== true) {
    const [least, most] = command.positionals;
    if (positionals.length < least)
      throw new UsageError(`${command.name} needs ${least === 1 ? 'an argument' : `${least} arguments`} more`);
    if (positionals.length > most) throw new UsageError(`${command.name} takes no argument ${JSON.stringify(positionals[most])}`);
    if (command.runs === true && rest.length === 0) throw new UsageError(`${command.name} needs a command to run, behind --`);
  }
  return { values, positionals, rest, terminal };
}

/** Lines of the help about options. */
function optionLines(options: Readonly<Record<string, CommandOption>>): string[] {
  const rows = Object.entries(options).map(([name, { short, value, text }]) => [
    `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`,
    text,
  ]);
  const width = Math.max(...rows.map(([left = '']) => left.length));
  return rows.map(([left = '', text = '']) => `  ${left.padEnd(width)}  ${text}`);
}

export function helpOf(command: Command): string {
  return [
    `usage: netlane ${command.usage}`,
    '',
    `${command.summary}.`,
    '',
    ...optionLines({ ...command.options, ...commonOptions }),
    '',
    command.details,
  ].join('\n');
}
