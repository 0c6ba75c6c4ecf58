// node .scripts/bundle.mjs: makes bundle/ from dist/, when that has changed.
// Puts what tsc made together into a few files, which are what the package ships: Node takes half a millisecond and more for each module that it
// loads. Each public entry point stays a file of that name; what importing the package loads is one file, and what several entry points share others.
// A worker is one file altogether: its thread shares no module with another.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { rolldown } from 'rolldown';
import { filesUnder, hashOf, readIfThere, root } from './files.mjs';

const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const entries = ['lib/index', 'lib/nl', 'lib/testing', 'lib/command-line/main'];
const workers = ['workers/lane', 'workers/task'];

/** The modules that importing the package loads. */
function modulesOf(chunks, entry) {
  const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const found = new Set();
  const visit = (name) => {
    const chunk = byName.get(name);
    if (chunk === undefined || found.has(chunk)) return;
    found.add(chunk);
    chunk.imports.forEach(visit);
  };
  visit(entry);
  return new Set([...found].flatMap((chunk) => chunk.moduleIds));
}

async function bundled(names, use, output = {}) {
  const bundle = await rolldown({
    input: Object.fromEntries(names.map((name) => [name, join(root, `dist/${name}.js`)])),
    platform: 'node',
    external: Object.keys(dependencies),
    onLog(level, log) {
      throw new Error(`bundle: ${level}: ${log.message}`);
    },
  });
  try {
    return await use(bundle, {
      dir: join(root, 'bundle'),
      format: 'esm',
      entryFileNames: '[name].js',
      // Beside lib/places.ts, whose depth counts.
      chunkFileNames: 'lib/[name].js',
      // Names of functions in stack traces stay what they are.
      minify: false,
      minifyInternalExports: false,
      ...output,
    });
  } finally {
    await bundle.close();
  }
}

async function makeBundle() {
  rmSync(join(root, 'bundle'), { recursive: true, force: true });
  const core = await bundled(entries, async (bundle, options) => modulesOf((await bundle.generate(options)).output, 'lib/index.js'));
  await bundled(entries, (bundle, options) => bundle.write(options), {
    codeSplitting: { groups: [{ name: 'core', test: (id) => core.has(id) }] },
  });
  for (const worker of workers) await bundled([worker], (bundle, options) => bundle.write(options), { codeSplitting: false });
}

const stamp = 'bundle/.stamp';
const sources = ['lib', 'workers'].flatMap((folder) => filesUnder(`dist/${folder}`, ['.js']));
const hash = hashOf([...sources, '.scripts/bundle.mjs', 'package-lock.json'], process.version);
if (readIfThere(stamp) !== hash) {
  await makeBundle();
  writeFileSync(join(root, stamp), hash);
}
