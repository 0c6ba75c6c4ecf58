import { fileURLToPath } from 'node:url';
import { constants, Script } from 'node:vm';
import { isObject, nearest } from '../arguments.js';
import { attempt, isError, NetlaneError } from '../errors.js';
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

/** A class is a function that cannot be called. */
function isClass(value: object): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value));
}

function callable(found: Callable, url: string, name: string): Callable {
  if (!isClass(found)) return found;
  throw new NetlaneError('NETLANE_FUNCTION_REFUSED', `${JSON.stringify(name)} of ${url} is a class`, {
    hint: 'export a function that makes the class and uses it',
    details: { kind: 'class', name },
  });
}

function missing(url: string, name: string, module: Readonly<Record<string, unknown>>): NetlaneError {
  const functions = Object.keys(module).filter((key) => typeof module[key] === 'function' && !isClass(module[key]));
  const near = nearest(name, functions);
  const has = functions.length === 0 ? 'it exports no function' : `its functions are ${functions.join(', ')}`;
  return new NetlaneError('NETLANE_NO_EXPORT', `${url} has no function ${JSON.stringify(name)}`, {
    hint: near === undefined ? has : `did you mean ${near}?`,
    details: { url, export: name, functions },
  });
}

/** What Node.js says of who imported the module: this file, which is nobody's business. */
const importer = ` imported from ${fileURLToPath(import.meta.url)}`;

/** The stack of an error in the text of an ES module, whose place Node.js keeps to itself. */
const placeless = /^SyntaxError: .*\n    at .*\(node:internal\/modules\/esm\//;

/** The error of an import, which is not always said of what. The class and the code stay. */
function explainImport(thrown: unknown, url: string): unknown {
  attempt(() => {
    if (!isError(thrown)) return;
    const { message, stack } = thrown;
    let said = message.replace(importer, '');
    if (placeless.test(stack ?? '')) said += `, in ${url} or a module that it imports`;
    if ('code' in thrown && thrown.code === 'ERR_UNKNOWN_FILE_EXTENSION')
      said += ' (loaders that the program was started with are not in tasks: give the URL of the module that the compiler made of it)';
    if (said === message) return;
    thrown.stack = stack?.replace(message, () => said) ?? '';
    thrown.message = said;
  });
  return thrown;
}

async function exportOf(url: string, name: string): Promise<Callable> {
  let module: Readonly<Record<string, unknown>>;
  try {
    module = (await import(url)) as typeof module;
  } catch (error) {
    throw explainImport(error, url);
  }
  const found = module[name];
  if (typeof found === 'function') return callable(found as Callable, url, name);
  // Of a CommonJS module whose exports could not be told from its text.
  const whole = module['default'];
  if ((isObject(whole) || typeof whole === 'function') && Object.hasOwn(whole, name)) {
    const inner: unknown = Reflect.get(whole, name);
    if (typeof inner === 'function') return callable(inner as Callable, url, name);
  }
  throw missing(url, name, module);
}

/** Helpers that the compiler of TypeScript looks for before it makes them: (this && this.__awaiter) || function ... */
const helper =
  /^__(?:extends|assign|rest|decorate|param|esDecorate|runInitializers|propKey|setFunctionName|metadata|awaiter|generator|exportStar|createBinding|setModuleDefault|values|read|spread|spreadArrays?|await|asyncGenerator|asyncDelegator|asyncValues|makeTemplateObject|importStar|importDefault|classPrivateField(?:Get|Set|In)|addDisposableResource|disposeResources|rewriteRelativeImportExtension)$/;

/** Stands for what an arrow function has from where it was written: whatever is done with it throws. */
function outside(variable: string): object {
  const refuse = (_target: object, key?: unknown): undefined => {
    if (typeof key !== 'string' || !helper.test(key)) throw notSelfContained(variable, variable, {});
  };
  // Each trap is called like a function of Reflect.
  const traps = Object.getOwnPropertyNames(Reflect).map((trap) => [trap, refuse]);
  return new Proxy({}, Object.fromEntries(traps) as ProxyHandler<object>);
}

const outsideThis = outside('this');
const outsideArguments = outside('arguments');

export async function functionOf(code: TaskCode): Promise<Callable> {
  if (code.kind === 'module') return exportOf(code.url, code.export);
  const give = scriptOf(code.inline).runInThisContext() as (this: object, outsideArguments: object) => Callable;
  return give.call(outsideThis, outsideArguments);
}

/** Whether the text has it as more than a part of such an error's message: where it is used, this cannot follow it. */
function uses(text: string, identifier: string): boolean {
  const escaped = identifier.replaceAll('$', String.raw`\$`);
  return new RegExp(String.raw`(?<![\w$])${escaped}(?![\w$]| is not defined)`).test(text);
}

/** Where the text makes a ReferenceError of its own: there the stack of such a one begins, and never that of V8's. */
const making = /^(?:new\s+)?(?:[\w$]+\.)*[\w$]*ReferenceError\b/;

/**
 * Says of a ReferenceError that comes from the function's own text which variable is not there. Anything else comes back as it is, and so does
 * one that the function made itself, and one of which cannot be told where it comes from: Error.stackTraceLimit is 0, or prepareStackTrace gives
 * something else than lines. Where V8 found no variable, it says so with about the place only.
 */
export function explainReference(thrown: unknown, code: TaskCode): unknown {
  return code.kind === 'inline' ? (attempt(() => explained(thrown, code.inline)) ?? thrown) : thrown;
}

function explained(thrown: unknown, { text, file }: InlineFunction): NetlaneError | undefined {
  if (!isError(thrown) || !(thrown instanceof ReferenceError)) return undefined;
  const [, identifier] = /^([\p{ID_Start}$_][\p{ID_Continue}$]*) is not defined$/u.exec(thrown.message) ?? [];
  const top = thrown.stack?.split('\n').find((line) => line.startsWith('    at '));
  if (identifier === undefined || top?.includes(file) !== true || !uses(text, identifier)) return undefined;
  // Of what eval() runs, the place is not one of this text.
  const [, line, column] = top.includes(' (eval at ') ? [] : (/:(\d+):(\d+)\)?$/.exec(top) ?? []);
  const place = text.split('\n')[Number(line) - 1]?.slice(Number(column) - 1) ?? '';
  if (identifier !== 'ReferenceError' && making.test(place)) return undefined;
  return notSelfContained(nameInSource(identifier, text), identifier, { cause: thrown });
}
