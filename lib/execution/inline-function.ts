import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';
import { NetlaneError, type ErrorContext } from '../errors.js';

/*
 * Functions that run() sends to another thread, as their source text. Only what stands in the text arrives: no variable from outside, no
 * `this`. What bundlers and coverage tools put into a function is provided for.
 */

/** A function as text, ready to be compiled anywhere. */
export interface InlineFunction {
  /**
   * An expression whose value is a function that gives the function: it is called with what an arrow function is to have as the `this` and the
   * `arguments` of where it was written.
   */
  readonly text: string;
  /** URL that relative imports inside it start from, and that its lines have in stacks. */
  readonly file: string;
}

export type RefusedKind = 'native' | 'bound' | 'class' | 'method' | 'accessor' | 'syntax';

const interop = `(exported) => (exported && exported.__esModule ? exported : Object.assign(Object.create(null), exported, { default: exported }))`;

/** What tools call in a function but declare outside of it. Each line is an expression that can stand for it in any thread. */
const provided: readonly (readonly [name: RegExp, text: string])[] = [
  // esbuild, tsx: keeps the name of a function.
  [/\b__name\b/, `(target, value) => Object.defineProperty(target, 'name', { value, configurable: true })`],
  // esbuild: fields of classes for targets before ES2022.
  [
    /\b__publicField\b/,
    '(object, key, value) => Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })',
  ],
  [/\b__privateAdd\b/, '(object, member, value) => (member instanceof WeakSet ? member.add(object) : member.set(object, value))'],
  [/\b__privateGet\b/, '(object, member, getter) => (getter ? getter.call(object) : member.get(object))'],
  [/\b__privateSet\b/, '(object, member, value, setter) => (setter ? setter.call(object, value) : member.set(object, value), value)'],
  [/\b__privateMethod\b/, '(object, member, method) => method'],
  // vite, vitest: a dynamic import.
  [/\b__vite_ssr_dynamic_import__\b/, '(specifier, options) => import(specifier, options)'],
  [/\b__vi_import__\b/, '(specifier, options) => import(specifier, options)'],
  // tsc, esbuild, babel, swc with CommonJS as the target: an import of a CommonJS module, or of what they made one.
  [/\b__toESM\b/, interop],
  [/\b__importStar\b/, interop],
  [/\b_interopRequireWildcard\b/, interop],
  [/\b_interop_require_wildcard\b/, interop],
  [/\b__importDefault\b/, '(exported) => (exported && exported.__esModule ? exported : { default: exported })'],
  [/\b_interopRequireDefault\b/, '(exported) => (exported && exported.__esModule ? exported : { default: exported })'],
  [/\brequire\b/, `process.getBuiltinModule('node:module').createRequire(__netlane_file)`],
  // istanbul (nyc, vitest --coverage, jest): counters that belong to the file; nobody reads those of another thread. Only what is used as they
  // are, cov_2k().s[0]: a variable of the file may have such a name.
  [
    /(?<![\w$.])cov_[0-9a-z]+(?=\(\)\.(?:[sfb]|bT)\[\d+\])/g,
    `() => { const none = new Proxy({}, { get: () => 0, set: () => true }); return new Proxy({}, { get: (_, key) => (String(key).startsWith('b') ? new Proxy({}, { get: () => none }) : none) }); }`,
  ],
];

/** URL of the caller's file: the first file of the stack. */
export function fileOf(site: string): string | undefined {
  // What eval() runs has no file. A file's name may have blanks and parentheses of its own.
  const [, place] = /^\s*at (?!.*<anonymous>:)(?:async )?(?:.*? \()?((?:file:\/\/)?\/.*?):\d+:\d+\)?$/m.exec(site) ?? [];
  return place === undefined || place.startsWith('file:') ? place : pathToFileURL(place).href;
}

function preludeOf(source: string, file: string): string {
  const lines = provided.flatMap(([name, text]) => {
    const found = name.global ? [...new Set(source.match(name))] : (name.exec(source) ?? []);
    return found.map((each) => `const ${each} = ${text};`);
  });
  return lines.length === 0 ? '' : `const __netlane_file = ${JSON.stringify(file)}; ${lines.join(' ')}`;
}

/** An expression whose value is the function. */
function wrap(source: string, file: string, strict: boolean): string {
  // On one line before the source, so that line numbers are those of the function.
  return `(() => { ${strict ? "'use strict'; " : ''}${preludeOf(source, file)} return (${source}\n); })()`;
}

/** Only sloppy code may name a parameter so; strict code within may use it. */
function giving(wrapped: string): string {
  return `(function (arguments) { return ${wrapped}; })`;
}

function syntaxError(text: string): string | undefined {
  try {
    void new Script(text);
    return undefined;
  } catch (error) {
    if (error instanceof Error && error.name === 'SyntaxError') return error.message;
    throw error;
  }
}

function refused(kind: RefusedKind, reason: string, name: string, hint: string, context: ErrorContext): NetlaneError {
  const label = name.trim() === '' ? 'the function' : `the function ${name.trim()}`;
  return new NetlaneError('NETLANE_FUNCTION_REFUSED', `${label} ${reason}`, { ...context, hint, details: { kind, name } });
}

/** The error of a function that uses something which is not there where it runs. */
export function notSelfContained(variable: string, identifier: string, context: ErrorContext): NetlaneError {
  const imported = variable === identifier ? '' : ` (${identifier} in what the compiler made of it)`;
  return new NetlaneError(
    'NETLANE_NOT_SELF_CONTAINED',
    `the function uses ${variable}${imported}, which is outside of it: it runs in another thread, where only its own text is`,
    {
      ...context,
      hint: 'pass values as args, import modules inside the function with await import(), or run a module by its URL',
      details: { variable, identifier },
    },
  );
}

/** Names of bindings that stand for imports in what compilers made of a file; what was imported is the property behind them. */
const rewritten = /\b((?:__vite_ssr_import|__vi_import|__vi_esm)_\d+__)\.([\w$]+)/;

/**
 * What the source calls a variable of which V8 says that it is not defined: the imported name, where a compiler has put an object in its
 * place, as in (0, import_node_fs.readFileSync)(...).
 */
export function nameInSource(identifier: string, source: string): string {
  const escaped = identifier.replaceAll('$', String.raw`\$`);
  return new RegExp(String.raw`\(0,\s*${escaped}\.([\w$]+)\)`).exec(source)?.[1] ?? identifier;
}

function methodRefused(name: string, context: ErrorContext): NetlaneError {
  const hint = 'write it as a function: key: () => {}, or pass (...) => ...';
  return refused('method', 'is a method: its object cannot be sent along', name, hint, context);
}

function checkKind(given: object, source: string, name: string, context: ErrorContext): void {
  if (/\{\s*\[native code\]\s*\}$/.test(source)) {
    if (name.startsWith('bound '))
      throw refused(
        'bound',
        'is bound: what it is bound to cannot be sent along',
        name,
        'pass a plain function, and the values as args',
        context,
      );
    throw refused(
      'native',
      'is native code: it has no source text',
      name,
      'call it in a function of your own: run((...args) => it(...args))',
      context,
    );
  }
  // A method that is called `function` reads like a function, but is no constructor. (An async one cannot be told from an async function.)
  if (/^function\b/.test(source) && !Object.hasOwn(given, 'prototype')) throw methodRefused(name, context);
  if (/^class\b/.test(source)) throw refused('class', 'is a class', name, 'write a function that makes the class and uses it', context);
}

/** Why a function's text is no expression. */
function syntaxFailure(source: string, name: string, message: string, context: ErrorContext): NetlaneError {
  const [, privateName] = /Private field '(#[^']+)'/.exec(message) ?? [];
  if (privateName !== undefined) return notSelfContained(privateName, privateName, context);
  if (message.includes('import.meta')) return notSelfContained('import.meta', 'import.meta', context);
  if (/^(?:get|set)\s+[^(]/.test(source) && syntaxError(`({ ${source} })`) === undefined)
    return refused('accessor', 'is a getter or a setter', name, 'pass a function', context);
  // As a method of something it may use super.
  if (syntaxError(`({ ${source} })`) === undefined) return methodRefused(name, context);
  if (message.includes('new.target')) return notSelfContained('new.target', 'new.target', context);
  if (/'super'/.test(message)) return notSelfContained('super', 'super', context);
  return refused('syntax', `cannot be compiled on its own: ${message}`, name, 'run a module by its URL', context);
}

/** What was made of a function, so that one that runs often is looked at once. */
const known = new WeakMap<object, InlineFunction>();
/** What was made of a source in a file: an arrow function within a loop is another one each time. */
const texts = new Map<string, string>();
const mostTexts = 100;

/**
 * Takes a function apart. Throws NETLANE_FUNCTION_REFUSED, with `details.kind`, for one that has no text of its own, and
 * NETLANE_NOT_SELF_CONTAINED, with `details.variable`, for what can be seen without running it.
 *
 * @param site the caller's lines of a stack.
 */
export function inlineFunction(given: (...args: never[]) => unknown, site: string, context: ErrorContext = {}): InlineFunction {
  const file = fileOf(site) ?? pathToFileURL('run').href;
  const before = known.get(given);
  if (before?.file === file) return before;
  const made = { text: textOf(given, file, context), file };
  known.set(given, made);
  return made;
}

function textOf(given: (...args: never[]) => unknown, file: string, context: ErrorContext): string {
  const source = Function.prototype.toString.call(given);
  checkKind(given, source, given.name, context);
  const key = `${file}\0${source}`;
  const before = texts.get(key);
  if (before !== undefined) return before;
  const text = compilable(source, file, given.name, context);
  const [oldest] = texts.keys();
  if (texts.size >= mostTexts && oldest !== undefined) texts.delete(oldest);
  texts.set(key, text);
  return text;
}

function compilable(source: string, file: string, name: string, context: ErrorContext): string {
  const [, identifier, imported] = rewritten.exec(source) ?? [];
  if (identifier !== undefined && imported !== undefined) throw notSelfContained(imported, identifier, context);
  const strict = wrap(source, file, true);
  const message = syntaxError(strict);
  if (message === undefined) return giving(strict);
  // A function of a sloppy CommonJS file may be written in what strict mode does not know.
  const sloppy = wrap(source, file, false);
  if (syntaxError(sloppy) === undefined) return giving(sloppy);
  throw syntaxFailure(source, name, message, context);
}
