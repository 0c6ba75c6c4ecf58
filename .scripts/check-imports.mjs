// The direction of imports is the architecture (docs/architecture.md): this finds every import that points up or sideways, and every cycle.
// Imports of types count as well: they tie two files together just the same.
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { filesUnder, root } from './files.mjs';

/** From the bottom up. A layer may import itself and what `may` lists. */
const layers = [
  { name: 'base', files: /^lib\/(errors|error-data|errno|diagnostics|arguments|places|parts)\.ts$/, may: [] },
  { name: 'native', files: /^lib\/native\.ts$/, may: ['base'] },
  { name: 'codec', files: /^lib\/codec\//, may: ['base'] },
  { name: 'schema', files: /^lib\/schema\//, may: ['codec'] },
  { name: 'netlink', files: /^lib\/netlink\//, may: ['base', 'native', 'codec', 'schema'] },
  { name: 'lane', files: /^lib\/lane\//, may: ['base', 'native', 'codec', 'schema', 'netlink'] },
  { name: 'execution', files: /^lib\/execution\//, may: ['base', 'native', 'codec', 'schema', 'netlink', 'lane'] },
  { name: 'namespace', files: /^lib\/namespace(\.ts|\/)/, may: ['base', 'native', 'codec', 'schema', 'netlink', 'lane', 'execution'] },
  { name: 'nl', files: /^lib\/nl(\.ts|\/)/, may: ['base', 'native', 'codec', 'schema', 'netlink', 'lane', 'execution', 'namespace'] },
  {
    name: 'testing',
    files: /^lib\/testing(\.ts|\/)/,
    may: ['base', 'native', 'codec', 'schema', 'netlink', 'lane', 'execution', 'namespace'],
  },
  { name: 'index', files: /^lib\/index\.ts$/, may: ['base', 'native', 'codec', 'schema', 'netlink', 'lane', 'execution', 'namespace'] },
  // Speaks to the library as its users do. native: whether anybody still reads its output, which Node does not tell.
  { name: 'command-line', files: /^lib\/command-line\//, may: ['base', 'native', 'index'] },
  { name: 'worker', files: /^workers\//, may: ['base', 'native', 'codec', 'schema', 'netlink', 'lane', 'execution'] },
  // native: the demo opens TCP sockets inside, which Namespace cannot yet.
  { name: 'document', files: /^docs\//, may: ['native', 'index', 'nl', 'testing'] },
];

function layerOf(file) {
  return layers.find((layer) => layer.files.test(file));
}

function withoutComments(text) {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, ' ')).replaceAll(/(^|\s)\/\/.*$/gm, '$1');
}

const statement = /\b(?:import|export)\s+(?:type\s+)?(?:[\w*{}\s,$]+?\s+from\s+)?'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/g;

function importsOf(file, text) {
  const found = [];
  for (const match of text.matchAll(statement)) {
    const specifier = match[1] ?? match[2];
    if (specifier.startsWith('.')) found.push(normalize(join(dirname(file), specifier)).replace(/\.js$/, '.ts'));
  }
  return found;
}

/** Each cycle once, as the chain of its files. */
function cycles(graph) {
  const done = new Set();
  const found = [];
  const visit = (file, path) => {
    const at = path.indexOf(file);
    if (at !== -1) found.push([...path.slice(at), file].join(' -> '));
    if (at !== -1 || done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return found;
}

/** What is wrong, one line each. */
export function checkImports() {
  const problems = [];
  const graph = new Map();
  for (const file of ['lib', 'workers', 'docs'].flatMap((folder) => filesUnder(folder, ['.ts']))) {
    const text = withoutComments(readFileSync(join(root, file), 'utf8'));
    const layer = layerOf(file);
    if (layer === undefined)
      problems.push(`${file}: belongs to no layer; put it into one, or the layer into .scripts/check-imports.mjs and docs/architecture.md`);
    const imports = importsOf(file, text);
    graph.set(file, imports);
    if (layer !== undefined) {
      for (const imported of imports) {
        const target = layerOf(imported);
        if (target !== undefined && target !== layer && !layer.may.includes(target.name))
          problems.push(`${file}: ${layer.name} must not import ${target.name} (${imported})`);
        if (target === undefined) problems.push(`${file}: imports ${imported}, which belongs to no layer`);
      }
    }
    // Modules are put together into a few files, elsewhere (.scripts/bundle.mjs).
    if (file.startsWith('lib/') && file !== 'lib/places.ts' && /['"`], import\.meta\.url\)|import\.meta\.(dirname|filename)/.test(text))
      problems.push(`${file}: only lib/places.ts knows where it is`);
    if (layer?.name !== 'native' && /\.node['"`]|process\.dlopen/.test(text)) problems.push(`${file}: only lib/native.ts loads the addon`);
  }
  return [...problems, ...cycles(graph).map((chain) => `import cycle: ${chain}`)];
}
