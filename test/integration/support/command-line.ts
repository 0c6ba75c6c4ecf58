import { PassThrough } from 'node:stream';
import { runCommandLine } from '../../../lib/command-line/command-line.js';
import { Terminal } from '../../../lib/command-line/terminal.js';

export interface Told {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A stream that keeps what is written to it; one of a terminal, if asked. */
export function screen(isTTY = false): { readonly stream: NodeJS.WriteStream; text(): string } {
  let written = '';
  const through = new PassThrough();
  through.setEncoding('utf8').on('data', (part: string) => (written += part));
  const stream = Object.assign(through, { isTTY, columns: 80, hasColors: () => isTTY }) as unknown as NodeJS.WriteStream;
  return { stream, text: () => written };
}

/** What the command line does with arguments, without a process of its own: all but how the exit code gets out. */
export async function netlaneHere(...args: string[]): Promise<Told> {
  const [out, error] = [screen(), screen()];
  const status = await runCommandLine(args, new Terminal(out.stream, error.stream));
  return { status, stdout: out.text(), stderr: error.text() };
}
