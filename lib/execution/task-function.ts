import { constants, Script } from 'node:vm';
import { isObject, nearest } from '../arguments.js';
import { isError, NetlaneError } from '../errors.js';
import { nameInSource, notSelfContained, type InlineFunction } from './inline-function.js';
import type { TaskCode } from './task-protocol.js';

/* From what a call names to the function that a task thread calls. */

export type Callable = (...args: readonly unknown[]) => unknown;

/** Compiled once for each text: a program may send one function thousands of times. */
const scripts = new Map<string, Script>();
const mostScripts = 100;

/** A script whose dynamic imports are resolved as those of the file that it is named after. */
function compile(text: string, file: string): Script {
  return new Script(text, { filename: file, importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER });
}

/** Node warns of that constant as experimental: once for each thread, and to people who have never heard of it. */
export function muteLoaderWarning(): void {
  const emitWarning = process.emitWarning.bind(process) as (...parameters: unknown[]) => void;
  Reflect.set(process, 'emitWarning', (...parameters: unknown[]) => {
    if (!String(parameters[0]).startsWith('vm.USE_MAIN_CONTEXT_DEFAULT_LOADER ')) emitWarning(...parameters);
  });
}

function scriptOf({ text, file }: InlineFunction): Script {
  const key = `${file}\0${text}`;
  const known = scripts.get(key);
  if (known !== undefined) return known;
  const [oldest] = scripts.keys();
  if (scripts.size >= mostScripts && oldest !== undefined) scripts.delete(oldest);
  const script = compile(text, file);
  scripts.set(key, script);
  return script;
}

function missing(url: string, name: string, module: Readonly<Record<string, unknown>>): NetlaneError {
  const functions = Object.keys(module).filter((key) => typeof module[key] === 'function');
  const near = nearest(name, functions);
  const has = functions.length === 0 ? 'it exports no function' : `its functions are ${functions.join(', ')}`;
  return new NetlaneError('NETLANE_NO_EXPORT', `${url} has no function ${JSON.stringify(name)}`, {
    hint: near === undefined ? has : `did you mean ${near}?`,
    details: { url, export: name, functions },
  });
}

async function exportOf(url: string, name: string): Promise<Callable> {
  const module = (await import(url)) as Readonly<Record<string, unknown>>;
  const found = module[name];
  if (typeof found === 'function') return found as Callable;
  // Of a CommonJS module whose exports could not be told from its text.
  const whole = module['default'];
  if (isObject(whole) && typeof whole[name] === 'function') return whole[name] as Callable;
  throw missing(url, name, module);
}

export async function functionOf(code: TaskCode): Promise<Callable> {
  if (code.kind === 'module') return exportOf(code.url, code.export);
  return scriptOf(code.inline).runInThisContext() as Callable;
}

/** Says of a ReferenceError that comes from the function's own text which variable is not there. Anything else comes back as it is. */
export function explainReference(thrown: unknown, code: TaskCode): unknown {
  if (code.kind !== 'inline' || !isError(thrown) || !(thrown instanceof ReferenceError)) return thrown;
  const [, identifier] = /^(\S+) is not defined$/.exec(thrown.message) ?? [];
  const top = thrown.stack?.split('\n').find((line) => line.startsWith('    at '));
  if (identifier === undefined || top?.includes(code.inline.file) !== true) return thrown;
  return notSelfContained(nameInSource(identifier, code.inline.text), identifier, { cause: thrown });
}
