import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { limit } from '../../support/time.js';

/** tcpdump insists on being another user where it is root, which the root of a user namespace cannot: there it runs as one from the start. */
export function asTcpdump(args: readonly string[]): [file: string, ...args: string[]] {
  const isMachine = /^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8'));
  const asSomebody = isMachine ? [] : ['unshare', '--user', '--map-user=1000'];
  const [program = '', ...rest] = [...asSomebody, 'tcpdump', ...args];
  return [program, ...rest];
}

function tcpdump(args: readonly string[], input?: Uint8Array): string {
  const [program, ...rest] = asTcpdump(args);
  return execFileSync(program, rest, { encoding: 'utf8', input: input ?? '', stdio: 'pipe', timeout: limit(20_000) });
}

/** What tcpdump reads in a file, as text. Throws when it does not take it. */
export function readByTcpdump(file: string, options: readonly string[] = ['-n', '-e']): string {
  return tcpdump([...options, '-r', file]);
}

/** What it makes of an expression: classic BPF. */
export function compiledByTcpdump(expression: string): string {
  return tcpdump(['-ddd', '-y', 'EN10MB', expression]);
}
