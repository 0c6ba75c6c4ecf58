// node .scripts/bundle.mjs: makes bundle/ from dist/, when that has changed.
// Puts what tsc made together into a few files, which are what the package ships: Node takes half a millisecond and more for each module that it
// loads, and as much for what it compiles. What every program needs is one file, core.cjs; what not every program needs is in others, which are loaded
// when they are first used (.scripts/parts.mjs). All of that is CommonJS, which require() loads at once: a method need not be asynchronous for it, and
// Node 20 ends the process when a worker is terminated while it loads an ES module by require(). The public entry points are ES modules, under the
// names that they always had: they give what core.cjs and its like export.
// A worker is one file altogether: its thread shares no module with another.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import process from 'node:process';
import { rolldown } from 'rolldown';
import { filesUnder, hashOf, readIfThere, root } from './files.mjs';
import { exportsOf, importsOf, partName, partsPlugin } from './parts.mjs';

const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** The public entry points, each with the file of CommonJS that it gives. */
const entries = { 'lib/index': 'core', 'lib/nl': 'primitives', 'lib/testing': 'test-kit', 'lib/command-line/main': 'command' };
const workers = ['workers/lane', 'workers/task'];

/**
 * What goes into one file: these modules and all that they import, but for what the lines before have. A file for each set of modules that some parts
 * share would be a dozen files for one route(). Everything else is divided by rolldown.
 */
const files = {
  // waiting: for every part. sealed: small, and of sockets and children, which share nothing else.
  core: ['lib/index', 'lib/netlink/waiting', 'lib/execution/sealed'],
  // What netlink and the sockets share: addresses, names.
  base: ['lib/netlink/filter', 'lib/execution/socket-address', 'lib/schema/route/names'],
  netlink: ['lib/namespace/netlink'],
  route: ['lib/namespace/route'],
  sockets: ['lib/execution/attempt'],
};

function pathOf(name) {
  return join(root, `dist/${name}.js`);
}

async function bundled(input, write, options = {}) {
  const bundle = await rolldown({
    input,
    platform: 'node',
    external: Object.keys(dependencies),
    // A part is in one file with what it shares with others.
    preserveEntrySignatures: 'allow-extension',
    onLog(level, log) {
      throw new Error(`bundle: ${level}: ${log.message}`);
    },
    ...options,
  });
  try {
    // Names of functions in stack traces stay what they are.
    return await bundle.write({ dir: join(root, 'bundle'), minify: false, minifyInternalExports: false, ...write });
  } finally {
    await bundle.close();
  }
}

/** The given modules and all that they import, and so on; parts are not among them. */
function closureOf(names, modules) {
  const found = new Set(names.map(pathOf));
  for (const path of found) modules.get(path).loaded.forEach((one) => found.add(one));
  return found;
}

/**
 * What a program imports: an ES module that gives what the file of CommonJS exports. Not by import of that: Node takes 30 ms to look for its names. For
 * what is required there is the same in CommonJS, with the same declarations.
 */
function writeEntryPoint(entry, file) {
  const place = (suffix) => join(root, `bundle/${entry}${suffix}`);
  const code = readFileSync(pathOf(entry), 'utf8');
  const names = exportsOf(code).join(', ');
  const target = `'${relative(dirname(entry), 'lib') || '.'}/${file}.cjs'`;
  mkdirSync(dirname(place('')), { recursive: true });
  const create = "import { createRequire } from 'node:module';\n";
  if (names === '') {
    // A program.
    writeFileSync(place('.js'), `${code.slice(0, code.indexOf('\n') + 1)}${create}createRequire(import.meta.url)(${target});\n`);
    return;
  }
  writeFileSync(place('.js'), `${create}export const { ${names} } = createRequire(import.meta.url)(${target});\n`);
  writeFileSync(place('.cjs'), `'use strict';\nconst { ${names} } = require(${target});\nmodule.exports = { ${names} };\n`);
  writeFileSync(place('.d.cts'), `export * from '${relative(dirname(place('')), pathOf(entry))}';\n`);
}

/** core.cjs is what index.js exports, and requires no other; and of no two files each requires the other, which would find it half loaded. */
function checkOrder(output) {
  const requires = new Map(output.map(({ fileName, imports }) => [fileName, imports.filter((one) => one.startsWith('lib/'))]));
  const core = output.find(({ fileName }) => fileName === 'lib/core.cjs');
  if (core?.facadeModuleId !== pathOf('lib/index') || requires.get('lib/core.cjs').length > 0)
    throw new Error('bundle: core.cjs is not all of what index.js exports');
  const visit = (file, path) => {
    if (path.includes(file)) throw new Error(`bundle: ${[...path, file].join(' requires ')}`);
    for (const next of requires.get(file)) visit(next, [...path, file]);
  };
  for (const file of requires.keys()) visit(file, []);
}

async function makeLibrary() {
  const modules = new Map(
    filesUnder('dist/lib', ['.js']).map((file) => [join(root, file), importsOf(join(root, file), readFileSync(join(root, file), 'utf8'))]),
  );
  const input = Object.fromEntries(Object.entries(entries).map(([entry, file]) => [file, pathOf(entry)]));
  for (const path of new Set([...modules.values()].flatMap(({ parts }) => parts))) {
    const name = partName(path);
    if (input[name] !== undefined) throw new Error(`bundle: ${input[name]} and ${path} would be one file`);
    input[name] = path;
  }
  const groups = Object.entries(files).map(([name, names]) => {
    const closure = closureOf(names, modules);
    return { name, test: (path) => closure.has(path) };
  });
  const { output } = await bundled(
    input,
    // All beside lib/places.ts, whose depth counts.
    { format: 'cjs', strict: true, entryFileNames: 'lib/[name].cjs', chunkFileNames: 'lib/[name].cjs', codeSplitting: { groups } },
    { plugins: [partsPlugin(pathOf('lib/parts'))] },
  );
  checkOrder(output);
  for (const [entry, file] of Object.entries(entries)) writeEntryPoint(entry, file);
}

async function makeBundle() {
  rmSync(join(root, 'bundle'), { recursive: true, force: true });
  await makeLibrary();
  for (const worker of workers)
    await bundled({ [worker]: pathOf(worker) }, { format: 'esm', entryFileNames: '[name].js', codeSplitting: false });
}

const stamp = 'bundle/.stamp';
const sources = ['lib', 'workers'].flatMap((folder) => filesUnder(`dist/${folder}`, ['.js']));
const hash = hashOf([...sources, '.scripts/bundle.mjs', '.scripts/parts.mjs', 'package-lock.json'], process.version);
if (readIfThere(stamp) !== hash) {
  await makeBundle();
  writeFileSync(join(root, stamp), hash);
}
