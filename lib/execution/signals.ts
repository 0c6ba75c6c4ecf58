import { constants } from 'node:os';
import { invalidArgument } from '../errors.js';

const numbers = constants.signals as Readonly<Record<string, number>>;

/** 'SIGTERM' of 15; for a signal that has no name, as the real-time ones, 'SIG34'. */
export function signalName(number: number): NodeJS.Signals {
  const known = Object.entries(numbers).find(([, value]) => value === number)?.[0];
  return (known ?? `SIG${number}`) as NodeJS.Signals;
}

/** The number of a signal that is given by name or number; 0, which only asks whether it could be sent, where `orNone` allows it. */
export function signalNumber(argument: string, signal: unknown, orNone = false): number {
  const number = typeof signal === 'string' ? numbers[signal] : signal;
  if (typeof number === 'number' && Number.isInteger(number) && number >= (orNone ? 0 : 1) && number <= 64) return number;
  const hint =
    typeof signal === 'string' && numbers[`SIG${signal}`.toUpperCase()] !== undefined ? `'SIG${signal.toUpperCase()}' is one` : undefined;
  throw invalidArgument(argument, "a signal: its name ('SIGTERM') or its number", signal, { hint });
}
