// The package as its users get it: packed, installed into an empty project without install scripts, imported, required, compiled against.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { formatMessage } from 'publint/utils';
import { publint } from 'publint';
import { skip } from '../../dist/test/support/skip.js';
import { limit } from '../../dist/test/support/time.js';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const entries = Object.keys(manifest.exports)
  .filter((entry) => !entry.endsWith('.json'))
  .map((entry) => entry.replace(/^\./, manifest.name));

function run(cwd, file, ...args) {
  // Settings of the npm that runs this test are not those of the user's project.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_') && !name.startsWith('NETLANE_')));
  return spawnSync(file, args, { cwd, env, encoding: 'utf8', timeout: limit(180_000), killSignal: 'SIGKILL', maxBuffer: 64 * 1024 * 1024 });
}

function succeed(cwd, file, ...args) {
  const done = run(cwd, file, ...args);
  if (done.status !== 0)
    throw new Error(`${[file, ...args].join(' ')} ended with ${done.signal ?? done.status}:\n${done.stdout}${done.stderr}`);
  return done.stdout;
}

describe('the package', function () {
  this.timeout(240_000);
  let folder;
  let project;
  let tarball;
  let packed;

  before(function () {
    folder = mkdtempSync(join(tmpdir(), 'netlane-package-'));
    project = join(folder, 'project');
    [packed] = JSON.parse(succeed(root, 'npm', 'pack', '--json', '--pack-destination', folder));
    tarball = join(folder, packed.filename);
    mkdirSync(project);
    writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'stranger', private: true, type: 'module' }));
    const installed = run(project, 'npm', 'install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', tarball);
    if (/EAI_AGAIN|ENOTFOUND|ENETUNREACH|ECONNREFUSED/.test(installed.stderr)) skip(this, 'no package registry within reach');
    expect(installed.status, installed.stderr).to.equal(0);
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it('holds what is needed at run time, and neither tests nor sources of TypeScript', () => {
    const files = packed.files.map((file) => file.path);
    expect(files).to.include.members([
      'LICENSE',
      'README.md',
      'CHANGELOG.md',
      'package.json',
      'bundle/lib/index.js',
      'bundle/lib/core.cjs',
      'dist/lib/index.d.ts',
      'bundle/workers/lane.js',
      `prebuilds/linux-${process.arch}/netlane.node`,
    ]);
    expect(files.filter((path) => /(^|\/)test\/|(?<!\.d)\.ts$|\.tsbuildinfo$|\.map$/.test(path))).to.deep.equal([]);
  });

  it('has a binding that asks for no newer glibc than the README says', function () {
    const own = process.report.getReport().header.glibcVersionRuntime;
    if (own !== '2.36')
      skip(this, `the versions of a binding are those of the glibc that it was built with: 2.36 is checked, this is ${own}`);
    const binding = readFileSync(join(project, `node_modules/netlane/prebuilds/linux-${process.arch}/netlane.node`), 'latin1');
    const versions = [...binding.matchAll(/GLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor));
    const [, promised] = /glibc 2\.(\d+) or later/.exec(readFileSync(join(root, 'README.md'), 'utf8'));
    expect(Math.max(...versions)).to.equal(Number(promised));
    expect(binding).not.to.match(/GLIBCXX_|libstdc\+\+\.so/);
  });

  it('is small: under 4 MB unpacked', () => {
    expect(packed.unpackedSize).to.be.below(4_000_000);
  });

  for (const entry of entries) {
    it(`gives ${entry} the same names by import and by require`, () => {
      const names = 'console.log(JSON.stringify(Object.keys(it).filter((name) => name !== "__esModule" && name !== "default").sort()))';
      writeFileSync(join(project, 'names.mjs'), `import * as it from '${entry}';\n${names};\n`);
      writeFileSync(join(project, 'names.cjs'), `const it = require('${entry}');\n${names};\n`);
      const imported = JSON.parse(succeed(project, process.execPath, 'names.mjs'));
      const required = JSON.parse(succeed(project, process.execPath, 'names.cjs'));
      expect(imported).to.be.an('array').that.is.not.empty;
      expect(required).to.deep.equal(imported);
    });
  }

  it('has the same classes for those who import it and those who require it, who load as little', () => {
    writeFileSync(
      join(project, 'both.cjs'),
      `const entries = ${JSON.stringify(entries)};
       const required = entries.map((entry) => require(entry));
       const files = Object.keys(require.cache).filter((path) => path.includes('/bundle/')).map((path) => path.slice(path.lastIndexOf('/') + 1));
       Promise.all(entries.map((entry) => import(entry))).then((imported) => {
         const different = imported.flatMap((module, index) => Object.keys(module).filter((key) => module[key] !== required[index][key]));
         console.log(JSON.stringify({ different, files: files.slice(0, 2) }));
       });`,
    );
    const done = run(project, process.execPath, 'both.cjs');
    expect(done.stderr).to.equal('');
    expect(JSON.parse(done.stdout)).to.deep.equal({ different: [], files: ['index.cjs', 'core.cjs'] });
  });

  it('makes a namespace with the binding that it ships', function () {
    if (process.getuid() !== 0) skip(this, 'not root, and no user namespace to be root in');
    writeFileSync(
      join(project, 'program.mjs'),
      `import { Namespace } from 'netlane';
       const blue = await Namespace.create();
       try {
         const route = await blue.netlink('route');
         const { messages } = await route.request({ type: 18, flags: 0x300, body: new Uint8Array(16) });
         console.log(messages.length);
       } finally {
         await blue.close();
       }`,
    );
    expect(succeed(project, process.execPath, 'program.mjs').trim()).to.equal('1');
  });

  it('loads two files when it is imported, none of a dependency, and of Node nothing that has to do with sockets, threads or processes', () => {
    writeFileSync(
      join(project, 'loaded.mjs'),
      `import { createRequire } from 'node:module';
       import { statSync } from 'node:fs';
       const before = new Set(process.moduleLoadList);
       const { Namespace } = await import('netlane');
       const { cache } = createRequire(import.meta.url);
       const files = Object.keys(cache).map((path) => path.slice(path.indexOf('/node_modules/')));
       const builtins = process.moduleLoadList.filter((name) => !before.has(name) && /^NativeModule (?!internal.)/.test(name));
       const size = Object.keys(cache).reduce((sum, path) => sum + statSync(path).size, 0);
       console.log(JSON.stringify({ files, size, builtins: builtins.map((name) => name.split(' ')[1]) }));`,
    );
    const { files, size, builtins } = JSON.parse(succeed(project, process.execPath, 'loaded.mjs'));
    expect(files).to.deep.equal(['/node_modules/netlane/bundle/lib/core.cjs']);
    const some = ['diagnostics_channel', 'module', 'path', 'timers/promises', 'url', 'util'];
    expect(builtins.filter((name) => !some.includes(name))).to.deep.equal([]);
    // What is here is compiled by every program: what not all need belongs to a part (docs/architecture.md).
    expect(size).to.be.within(50_000, 110_000);
    // A file of CommonJS that is imported would have Node load its parser, for ten times as long.
    const entry = readFileSync(join(project, 'node_modules/netlane/bundle/lib/index.js'), 'utf8');
    expect([...entry.matchAll(/\bfrom '([^']+)'/g)].map(([, specifier]) => specifier)).to.deep.equal(['node:module']);
  });

  it('exports what its sources do, whichever entry point is loaded first, with classes that there are once', () => {
    const program = (...order) => `
      const modules = {};
      for (const name of ${JSON.stringify(order)}) modules[name] = await import(name);
      const { Namespace, NetlaneError, NetlinkError } = modules['netlane'];
      const { openSocket, FakeKernel, refuse } = modules['netlane/testing'];
      const refused = await openSocket(new FakeKernel((request) => refuse(request, 1)), 'route').then((socket) => socket.request({ type: 18 })).catch((error) => error);
      const wrong = await modules['netlane/nl'].subscribe('none').catch((error) => error);
      console.log(JSON.stringify({
        same: [refused instanceof NetlinkError, wrong instanceof NetlaneError, wrong.code],
        names: Object.fromEntries(Object.entries(modules).map(([name, module]) => [name, Object.keys(module).filter((key) => module[key] !== undefined).sort()])),
      }));`;
    const sources = { netlane: 'index', 'netlane/nl': 'nl', 'netlane/testing': 'testing' };
    writeFileSync(
      join(project, 'sources.mjs'),
      `const names = {};
       for (const [name, file] of Object.entries(${JSON.stringify(sources)})) names[name] = Object.keys(await import('${root}/dist/lib/' + file + '.js')).sort();
       console.log(JSON.stringify(names));`,
    );
    const names = JSON.parse(succeed(project, process.execPath, 'sources.mjs'));
    for (const order of [Object.keys(sources), Object.keys(sources).reverse()]) {
      writeFileSync(join(project, 'classes.mjs'), program(...order));
      const found = JSON.parse(succeed(project, process.execPath, 'classes.mjs'));
      expect(found.same).to.deep.equal([true, true, 'NETLANE_INVALID_ARGUMENT']);
      expect(found.names).to.deep.equal(names);
    }
  });

  it('runs everything from the files that it ships', function () {
    if (process.getuid() !== 0) skip(this, 'not root, and no user namespace to be root in');
    writeFileSync(
      join(project, 'everything.mjs'),
      `import { once } from 'node:events';
       import { createServer, get } from 'node:http';
       import { Namespace, NetlaneError, pcapng, transfer } from 'netlane';
       import { subscribe } from 'netlane/nl';
       import { FakeKernel } from 'netlane/testing';
       const found = {};
       const blue = await Namespace.create({ loopback: true });
       try {
         const route = await blue.route();
         found.link = (await route.links.get('lo')).index;
         found.watch = (await route.watch(['link'], { existing: true })[Symbol.asyncIterator]().next()).value.value.name;
         found.watchAll = (await Namespace.watchAll([blue], ['link'], { existing: true })[Symbol.asyncIterator]().next()).value.value.name;
         found.run = await blue.run((a, b) => a + b, { args: [1, 2] });
         found.lookupInTask = await blue.run(async () => (await (await import('node:dns/promises')).lookup('localhost', { family: 4 })).address);
         found.refused = await blue.run(Math.max).catch((error) => error instanceof NetlaneError && error.code);
         found.exec = (await blue.exec('echo', ['hello'])).stdout.trim();
         found.sysctl = await blue.sysctl('net.ipv4.ip_forward');
         found.lookup = (await blue.lookup('localhost', { family: 4 })).address;
         const server = await blue.listen({ server: createServer((request, response) => response.end('hi')), host: '127.0.0.1', port: 0 });
         const { port } = server.address();
         found.fetch = await (await blue.fetch('http://127.0.0.1:' + port)).text();
         const agent = blue.agent('http:');
         const [response] = await once(get({ host: '127.0.0.1', port, agent }), 'response');
         found.agent = response.statusCode;
         response.resume();
         await once(response, 'end');
         agent.destroy();
         const socket = await blue.connect({ host: '127.0.0.1', port });
         found.connect = socket.remotePort === port;
         socket.destroy();
         server.close();
         const udp = await blue.udp({ type: 'udp4', address: '127.0.0.1' });
         found.udp = udp.address().address;
         udp.close();
         const packets = await blue.packet({ link: 'lo' });
         found.packets = (await pcapng(packets).next()).value.length > 0;
         packets.close();
         const owned = await blue.socket({ family: 'ipv4', type: 'datagram' });
         found.socket = owned.fd > 2;
         owned.close();
         found.list = (await Namespace.list()).length >= 0;
         found.leaks = Namespace.leaks().threads.every(({ owner }) => owner !== undefined);
         Namespace.watch().close();
         found.container = await Namespace.open({ container: 'abcdef' }).catch(({ code }) => code);
         const raw = await subscribe(0, 1);
         found.nl = typeof raw.close;
         await raw.close();
         found.fake = typeof FakeKernel;
       } finally {
         await blue.close();
       }
       console.log(JSON.stringify(found));`,
    );
    expect(JSON.parse(succeed(project, process.execPath, 'everything.mjs'))).to.deep.equal({
      link: 1,
      watch: 'lo',
      watchAll: 'lo',
      run: 3,
      lookupInTask: '127.0.0.1',
      refused: 'NETLANE_FUNCTION_REFUSED',
      exec: 'hello',
      sysctl: '0',
      lookup: '127.0.0.1',
      fetch: 'hi',
      agent: 200,
      connect: true,
      udp: '127.0.0.1',
      packets: true,
      socket: true,
      list: true,
      leaks: true,
      container: 'NETLANE_CONTAINER_NOT_FOUND',
      nl: 'function',
      fake: 'function',
    });
    expect(succeed(project, process.execPath, 'node_modules/netlane/bundle/lib/command-line/main.js', '--version').trim()).to.equal(
      manifest.version,
    );
  });

  it('says what is missing where there is no binding for the platform', () => {
    const prebuilds = join(project, 'node_modules/netlane/prebuilds');
    writeFileSync(
      join(project, 'missing.mjs'),
      `import { Namespace } from 'netlane';
       await Namespace.current().then(() => console.log('loaded'), (error) => console.log(error.code, error.message));`,
    );
    rmSync(prebuilds, { recursive: true });
    try {
      expect(succeed(project, process.execPath, 'missing.mjs')).to.match(/^NETLANE_NATIVE_MISSING .*prebuilds/);
    } finally {
      mkdirSync(join(prebuilds, `linux-${process.arch}`), { recursive: true });
      symlinkSync(join(root, 'build/Release/netlane.node'), join(prebuilds, `linux-${process.arch}/netlane.node`));
    }
  });

  it('compiles into strict TypeScript programs, of both kinds of modules, that check its declarations, too', () => {
    mkdirSync(join(project, 'node_modules/@types'), { recursive: true });
    for (const name of ['@types/node', 'undici-types']) symlinkSync(join(root, 'node_modules', name), join(project, 'node_modules', name));
    writeFileSync(
      join(project, 'program.ts'),
      entries.map((entry, index) => `import * as m${index} from '${entry}';\nexport const n${index}: object = m${index};\n`).join(''),
    );
    writeFileSync(
      join(project, 'required.cts'),
      `import { Namespace, NetlaneError } from 'netlane';
       import { subscribe } from 'netlane/nl';
       import kit = require('netlane/testing');
       export const made: Promise<Namespace> = Namespace.create();
       export const imported: Promise<typeof Namespace> = import('netlane').then((module) => module.Namespace);
       export const others: readonly [typeof NetlaneError, typeof subscribe, typeof kit.FakeKernel] = [NetlaneError, subscribe, kit.FakeKernel];
       // @ts-expect-error it is no string
       export const wrong: string = Namespace.create;
      `,
    );
    writeFileSync(
      join(project, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          target: 'es2022',
          lib: ['es2022', 'esnext.disposable'],
          module: 'nodenext',
          strict: true,
          noEmit: true,
          types: ['node'],
        },
        files: ['program.ts', 'required.cts'],
      }),
    );
    succeed(project, process.execPath, join(root, 'node_modules/typescript/bin/tsc'), '-p', '.');
  });

  it('passes publint without a word', async () => {
    const { messages, pkg } = await publint({ pkgDir: join(project, 'node_modules/netlane'), pack: false, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).to.deep.equal([]);
  });

  it('has types that every ESM resolution finds (attw)', () => {
    succeed(
      root,
      process.execPath,
      'node_modules/@arethetypeswrong/cli/dist/index.js',
      tarball,
      '--profile',
      'esm-only',
      '--no-definitely-typed',
      '--no-color',
    );
  });
});
