import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import process from 'node:process';

/** Signals that end a program which does nothing about them, and that people and supervisors send. */
export const endings = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const;

/** The exit code by which shells tell a signal. */
export function codeOfSignal(signal: string): number {
  return 128 + ((constants.signals as Readonly<Record<string, number>>)[signal] ?? 0);
}

/** Whether this process group is the one that its terminal sends Ctrl-C and Ctrl-\\ to: then the child has had them already. */
function isInForeground(): boolean {
  const line = readFileSync('/proc/self/stat', 'latin1');
  // The command may hold spaces and brackets, so count from its end.
  const [, , group, , , foreground] = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return group === foreground;
}

/** Hands signals on to a child, which decides what becomes of both. Returns the function that ends it. */
export function handOn(kill: (signal: NodeJS.Signals) => unknown): () => void {
  const listeners = endings.map((signal) => {
    const fromTerminal = signal === 'SIGINT' || signal === 'SIGQUIT';
    const listener = (): void => {
      if (!fromTerminal || !isInForeground()) kill(signal);
    };
    process.on(signal, listener);
    return () => process.off(signal, listener);
  });
  return () => {
    for (const off of listeners) off();
  };
}

/** Resolves with the first signal that would end this process. */
export function ending(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of endings) process.once(signal, () => resolve(signal));
  });
}
