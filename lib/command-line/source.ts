import { Namespace, type NamespaceSource } from '../index.js';
import { UsageError } from './command.js';

/** What an argument that stands for a namespace may be; for help texts. */
export const sourceText =
  'NAME is the name of a namespace, the path of its file, pid:PID of a process in it, or container:ID of a\nrunning container.';

function sourceOf(argument: string): NamespaceSource {
  const [, kind, value = ''] = /^(pid|container):(.*)$/s.exec(argument) ?? [];
  if (kind === 'pid') return { pid: processNumber(value) };
  if (kind === 'container') return { container: value };
  return argument.includes('/') ? { path: argument } : argument;
}

/** Throws UsageError. */
export function processNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageError(`${JSON.stringify(text)} is not the number of a process`);
  return Number(text);
}

export function openArgument(argument: string): Promise<Namespace> {
  return Namespace.open(sourceOf(argument));
}
