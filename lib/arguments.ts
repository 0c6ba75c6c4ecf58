import { types } from 'node:util';
import { invalidArgument, NetlaneError } from './errors.js';

/** Checks of arguments, made before anything is changed. Each throws NETLANE_INVALID_ARGUMENT with the argument's name. */

/** An options object with no other keys than those allowed: a misspelt option must not be passed over in silence. */
export function checkOptions(name: string, options: unknown, allowed: readonly string[]): void {
  if (options === undefined) return;
  // An instance of something has no options: it was put at the wrong place.
  if (!isRecord(options)) throw invalidArgument(name, 'a plain object', options);
  for (const key of Object.keys(options)) {
    if (!allowed.includes(key)) throw unknownOption(name, key, allowed);
  }
}

function unknownOption(name: string, key: string, allowed: readonly string[]): NetlaneError {
  const near = nearest(key, allowed);
  const hint = near === undefined ? `known are ${allowed.join(', ')}` : `did you mean ${near}?`;
  return new NetlaneError('NETLANE_INVALID_ARGUMENT', `${name} has no option ${JSON.stringify(key)}`, { hint });
}

/** What an option may be: a type, or one of some words; 'any' is checked elsewhere. */
export type OptionRule = 'string' | 'boolean' | 'signal' | 'any' | readonly string[];

/** As checkOptions, and checks the values as well. Gives the options back, an empty object for none. */
export function checkRules<Options extends object>(
  name: string,
  options: unknown,
  rules: Readonly<Record<keyof Options, OptionRule>>,
): Options {
  if (options === undefined) return {} as Options;
  if (!isRecord(options)) throw invalidArgument(name, 'a plain object', options);
  for (const key of Object.keys(options)) {
    if (!Object.hasOwn(rules, key)) throw unknownOption(name, key, Object.keys(rules));
    const rule = rules[key as keyof Options];
    const value = options[key];
    if (value === undefined || rule === 'any') continue;
    const path = `${name}.${key}`;
    if (rule === 'signal') checkSignal(path, value);
    else if (rule === 'boolean') checkBoolean(path, value);
    else if (rule === 'string') {
      if (typeof value !== 'string') throw invalidArgument(path, 'a string', value);
    } else if (typeof value !== 'string' || !rule.includes(value)) {
      throw invalidArgument(path, rule.map((word) => `'${word}'`).join(' or '), value);
    }
  }
  return options as Options;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** A plain object, also one of another realm: its prototype is an Object.prototype, which has none itself. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (!isObject(value) || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

export function checkSignal(name: string, signal: unknown): void {
  if (signal === undefined) return;
  const isSignal = typeof signal === 'object' && signal !== null && 'aborted' in signal && 'addEventListener' in signal;
  if (!isSignal) throw invalidArgument(name, 'an AbortSignal', signal);
}

const typedArray: object = Object.getPrototypeOf(Uint8Array.prototype) as object;

/** The length as the engine has it; undefined for what is none of its arrays, or has lost its buffer. */
function trueLength(value: Uint8Array): number | undefined {
  try {
    const length = Reflect.get(typedArray, 'length', value) as number;
    // Without a buffer the length is 0, and a copy throws.
    return length === 0 ? new Uint8Array(value).length : length;
  } catch {
    return undefined;
  }
}

/** Bytes that can be copied, so that nothing behind the check need be ready for a copy that throws. */
export function checkBytes(name: string, value: unknown): asserts value is Uint8Array {
  if (!(value instanceof Uint8Array) || !types.isUint8Array(value)) throw invalidArgument(name, 'a Uint8Array', value);
  const prototype: unknown = Object.getPrototypeOf(value);
  if ((prototype === Uint8Array.prototype || prototype === Buffer.prototype) && value.length > 0) return;
  const length = trueLength(value);
  if (length === undefined) {
    throw invalidArgument(name, 'a Uint8Array with its buffer', value, { hint: 'a buffer that was transferred to another thread is gone' });
  }
  if (value.length !== length) throw invalidArgument(name, 'a Uint8Array that says its true length', value);
}

export function checkText(name: string, value: unknown): asserts value is string {
  if (typeof value !== 'string') throw invalidArgument(name, 'a string', value);
}

/** An integer in a range, both ends included. */
export function checkInteger(name: string, value: unknown, minimum: number, maximum: number): asserts value is number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < minimum || value > maximum) {
    throw invalidArgument(name, `an integer from ${minimum} to ${maximum}`, value);
  }
}

/** Milliseconds: 0 (no limit) to 2^31 - 1, which is what a timer can wait; Infinity is no limit, too. */
export function checkMilliseconds(name: string, value: unknown): number {
  if (value === Infinity) return 0;
  if (typeof value !== 'number' || !(value >= 0 && value <= 0x7fffffff)) {
    throw invalidArgument(name, 'milliseconds from 0 (no limit) to 2147483647', value);
  }
  return value;
}

export function checkBoolean(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean') throw invalidArgument(name, 'true or false', value);
}

/** The known word that a misspelt one is nearest to, if it is near at all. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substitute = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(substitute, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
