import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { limit } from '../support/time.js';

const places = new URL('../../lib/places.js', import.meta.url).href;

/** What a program prints that has 40 descriptors at most. */
function printed(program: string): unknown {
  const done = spawnSync('sh', ['-c', 'ulimit -n 40 && exec "$@"', 'sh', process.execPath, '--input-type=module', '-e', program], {
    encoding: 'utf8',
    timeout: limit(30_000),
  });
  expect(done.stderr).to.equal('');
  return JSON.parse(done.stdout);
}

describe('lazily()', () => {
  it('loads a part when it is first used, once, the same that an import gives', async () => {
    const { lazily } = await import('../../lib/places.js');
    const part = lazily<typeof import('../../lib/execution/pcapng.js')>('execution/pcapng.js');
    expect(part()).to.equal(part());
    expect(part().PcapngWriter).to.equal((await import('../../lib/execution/pcapng.js')).PcapngWriter);
  });

  it('fails without descriptors, and loads the part when there are some again', () => {
    expect(
      printed(`
        import { openSync, closeSync } from 'node:fs';
        import { lazily } from ${JSON.stringify(places)};
        const part = lazily('namespace/list.js');
        const taken = [];
        try { for (;;) taken.push(openSync('/dev/null')); } catch {}
        const attempt = () => { try { return typeof part().listNamespaces; } catch ({ name, code, message }) { return [name, code, /ulimit -n/.test(message)].join(' '); } };
        const results = [attempt(), attempt()];
        taken.splice(0).forEach(closeSync);
        console.log(JSON.stringify([...results, attempt()]));`),
    ).to.deep.equal(['SystemError EMFILE true', 'SystemError EMFILE true', 'function']);
  });
});

describe('importing the package', () => {
  it('loads no module of Node that has to do with sockets, threads or processes', () => {
    const index = fileURLToPath(new URL('../../lib/index.js', import.meta.url));
    const program = `
      const before = new Set(process.moduleLoadList);
      await import(${JSON.stringify(index)});
      console.log(JSON.stringify(process.moduleLoadList.filter((name) => !before.has(name) && name.startsWith('NativeModule '))
        .filter((name) => /(net|dgram|http|https|http2|tls|dns|worker_threads|child_process|webstreams?.*|readline)$/.test(name))));`;
    expect(printed(program)).to.deep.equal([]);
  });
});
