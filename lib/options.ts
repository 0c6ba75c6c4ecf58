import { describeValue, invalidArgument, NetlaneError, type ErrorContext } from './errors.js';

/*
 * Checks of what callers pass. A misspelt option is refused, since an ignored one is a setting that silently does not hold.
 */

/** Edits (insert, delete, replace, swap of neighbours) that turn one word into the other. */
function distance(from: string, to: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      let cost = Math.min((previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, (previous[column - 1] ?? 0) + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) cost = Math.min(cost, (beforePrevious[column - 2] ?? 0) + 1);
      current.push(cost);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[to.length] ?? 0;
}

/** The known word that was probably meant; undefined when none is near. */
export function suggest(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.min(3, Math.floor(word.length / 3))) + 1;
  for (const candidate of known) {
    const away = candidate.toLowerCase() === word.toLowerCase() ? 0 : distance(word.toLowerCase(), candidate.toLowerCase());
    if (away < bestDistance) [best, bestDistance] = [candidate, away];
  }
  return best;
}

/** What an option may be: a type, or one of some words. Anything else is checked by the caller. */
export type OptionRule = 'string' | 'boolean' | 'function' | 'signal' | 'any' | readonly string[];

function describeRule(rule: OptionRule): string {
  if (typeof rule !== 'string') return rule.map((word) => `'${word}'`).join(' or ');
  if (rule === 'signal') return 'an AbortSignal';
  return rule === 'any' ? 'anything' : `a ${rule}`;
}

function obeys(value: unknown, rule: OptionRule): boolean {
  if (typeof rule !== 'string') return typeof value === 'string' && rule.includes(value);
  if (rule === 'any') return true;
  // Signals of another realm or of a polyfill are as good.
  if (rule === 'signal') return value instanceof AbortSignal || (isObject(value) && 'aborted' in value && 'addEventListener' in value);
  return typeof value === rule;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** A record of options: no array, no instance of something that was put at the wrong place. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (!isObject(value) || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // A record of another realm has that realm's Object.prototype, which has no prototype itself.
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}

/**
 * Checks the names and types of options. Absent and undefined are the same. `name` is what the argument is called in errors.
 * Throws NETLANE_INVALID_ARGUMENT naming the option, with a suggestion for a misspelt one.
 */
export function checkOptions(
  name: string,
  options: unknown,
  rules: Readonly<Record<string, OptionRule>>,
  context: ErrorContext = {},
): void {
  if (options === undefined) return;
  if (!isRecord(options)) throw invalidArgument(name, 'an object', options, context);
  for (const [key, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, key) ? rules[key] : undefined;
    if (rule === undefined) throw unknownOption(name, key, Object.keys(rules), context);
    if (value !== undefined && !obeys(value, rule)) throw invalidArgument(`${name}.${key}`, describeRule(rule), value, context);
  }
}

function unknownOption(name: string, key: string, known: readonly string[], context: ErrorContext): NetlaneError {
  const meant = suggest(key, known);
  const hint = meant === undefined ? `known: ${known.join(', ')}` : `did you mean ${meant}?`;
  return new NetlaneError('NETLANE_INVALID_ARGUMENT', `${name} has no option ${describeValue(key)}`, { ...context, hint });
}

/** Checks an integer argument and gives it back. */
export function checkInteger(name: string, value: unknown, least: number, most: number, context: ErrorContext = {}): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
    throw invalidArgument(name, `an integer from ${least} to ${most}`, value, context);
  }
  return value;
}
