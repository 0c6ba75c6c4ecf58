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

const fileOf = (name) => join(root, `dist/${name}.js`);

/** A plugin that gathers the modules that importing an entry point loads: all are known before they are divided among files. */
function gather(name, loaded) {
  return {
    name: 'what is loaded at once',
    buildEnd() {
      const visit = (id) => {
        if (loaded.has(id)) return;
        loaded.add(id);
        this.getModuleInfo(id)?.importedIds.forEach(visit);
      };
      visit(fileOf(name));
    },
  };
}

async function write(names, codeSplitting, plugins = []) {
  const bundle = await rolldown({
    input: Object.fromEntries(names.map((name) => [name, fileOf(name)])),
    platform: 'node',
    external: Object.keys(dependencies),
    plugins,
    onLog(level, log) {
      throw new Error(`bundle: ${level}: ${log.message}`);
    },
  });
  try {
    await bundle.write({
      dir: join(root, 'bundle'),
      format: 'esm',
      entryFileNames: '[name].js',
      // Beside lib/places.ts, whose depth counts.
      chunkFileNames: 'lib/[name].js',
      // Names of functions in stack traces stay what they are.
      minify: false,
      minifyInternalExports: false,
      codeSplitting,
    });
  } finally {
    await bundle.close();
  }
}

async function makeBundle() {
  rmSync(join(root, 'bundle'), { recursive: true, force: true });
  const core = new Set();
  await write(entries, { groups: [{ name: 'core', test: (id) => core.has(id) }] }, [gather('lib/index', core)]);
  for (const worker of workers) await write([worker], false);
}

const stamp = 'bundle/.stamp';
const sources = ['lib', 'workers'].flatMap((folder) => filesUnder(`dist/${folder}`, ['.js']));
const hash = hashOf([...sources, '.scripts/bundle.mjs', 'package-lock.json'], process.version);
if (readIfThere(stamp) !== hash) {
  await makeBundle();
  writeFileSync(join(root, stamp), hash);
}
