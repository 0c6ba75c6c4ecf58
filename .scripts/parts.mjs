// What a module of lib/ imports by `import * as NAME from './x.js'` is a part: something that not every program needs. Where tsc's output is run file by
// file it is an import as any other. In the package (.scripts/bundle.mjs) a part is loaded when it is first used: this plugin of rolldown makes the import
// a function that loads the part's file (lib/parts.ts), and each NAME a call of it.
import { basename, dirname, join } from 'node:path';
import { parseAst } from 'rolldown/parseAst';

const prefix = 'netlane:part:';
const helper = 'netlane$whenUsed';

/** All nodes of a tree, each with those around it, the nearest last. */
function* nodesOf(node, around = []) {
  yield { node, around };
  const inside = [...around, node];
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (typeof child?.type === 'string') yield* nodesOf(child, inside);
  }
}

/** The imports of parts: `{ name, source, start, end }` of each. */
function partImports(tree) {
  return tree.body.flatMap(({ type, source, specifiers, start, end }) =>
    type === 'ImportDeclaration' && source.value.startsWith('.') && specifiers[0]?.type === 'ImportNamespaceSpecifier'
      ? [{ name: specifiers[0].local.name, source: source.value, start, end }]
      : [],
  );
}

/** The paths of the modules that one imports: of its parts, and of those that are loaded with it. */
export function importsOf(path, code) {
  const tree = parseAst(code);
  const parts = partImports(tree).map(({ source }) => join(dirname(path), source));
  const all = tree.body.flatMap(({ source }) => (source?.value.startsWith('.') === true ? [join(dirname(path), source.value)] : []));
  return { parts, loaded: all.filter((one) => !parts.includes(one)) };
}

/** The names that an entry point exports: `export { ... }` and `export * as name` from others. */
export function exportsOf(code) {
  return parseAst(code).body.flatMap(({ type, source, exported, specifiers }) => {
    if (!type.startsWith('Export')) return [];
    if (type === 'ExportAllDeclaration' && exported !== null) return [exported.name];
    if (type === 'ExportNamedDeclaration' && source !== null) return specifiers.map((specifier) => specifier.exported.name);
    throw new Error('an entry point exports nothing but what it names, and nothing of its own');
  });
}

/** The name of a part's file. */
export function partName(path) {
  return basename(path, '.js');
}

/** Whether an identifier is the name of a property or a method, and no variable. */
function isKey(node, parent) {
  if (parent.type === 'MemberExpression') return parent.property === node && !parent.computed;
  return (
    ['Property', 'MethodDefinition', 'PropertyDefinition'].includes(parent.type) &&
    parent.key === node &&
    !parent.computed &&
    !parent.shorthand
  );
}

/** Whether an identifier in this place gets another meaning: a parameter, a variable, a function, a class. */
function isDeclared(node, around) {
  return around.some((outer, index) => {
    const inner = around[index + 1] ?? node;
    return outer.params?.includes(inner) === true || outer.id === inner || (outer.type === 'CatchClause' && outer.param === inner);
  });
}

/** How a use of a part differs from that of an import; undefined when it does not. */
function objectionTo(node, around) {
  const parent = around.at(-1);
  if (isDeclared(node, around)) return 'has two meanings';
  if (parent.type === 'Property' && parent.shorthand) return 'is used without its name';
  if (parent.type === 'ExportSpecifier') return 'is exported';
  if (!around.some(({ type }) => type.includes('Function'))) return 'is used while its module is loaded';
  return undefined;
}

/** The code with its parts loaded when they are used; undefined when it has none. */
export function withParts(path, code) {
  const tree = parseAst(code);
  const imports = partImports(tree);
  if (imports.length === 0) return undefined;
  const names = new Set(imports.map(({ name }) => name));
  const changes = imports.map(({ name, source, start, end }) => {
    const text = `const ${name} = ${helper}(() => require('${prefix}${partName(source)}'));`;
    return { start, end, text };
  });
  for (const { node, around } of nodesOf(tree)) {
    const parent = around.at(-1);
    if (node.type !== 'Identifier' || isKey(node, parent) || parent.type === 'ImportNamespaceSpecifier') continue;
    if (node.name === 'require') throw new Error(`${path}: has parts, and a require() of its own`);
    if (!names.has(node.name)) continue;
    const objection = objectionTo(node, around);
    if (objection !== undefined) throw new Error(`${path}: the part ${node.name} ${objection}`);
    changes.push({ start: node.start, end: node.end, text: `${node.name}()` });
  }
  let changed = `import { whenUsed as ${helper} } from '${prefix}';\n`;
  let at = 0;
  for (const { start, end, text } of changes.toSorted((a, b) => a.start - b.start)) {
    changed += code.slice(at, start) + text;
    at = end;
  }
  return changed + code.slice(at);
}

/** @param whenUsed the path of lib/parts.ts, as it was compiled. */
export function partsPlugin(whenUsed) {
  return {
    name: 'parts',
    transform: (code, path) => withParts(path, code),
    resolveId(specifier) {
      if (specifier === prefix) return whenUsed;
      return specifier.startsWith(prefix) ? { id: `./${specifier.slice(prefix.length)}.cjs`, external: true } : undefined;
    },
  };
}
