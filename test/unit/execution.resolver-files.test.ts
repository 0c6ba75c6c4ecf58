import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { candidates, etcPaths, firstFile, parseHosts, parseResolvConf } from '../../lib/execution/resolver-files.js';
import { errorOf } from '../support/error-of.js';

describe('resolv.conf', () => {
  it('gives servers, search domains and options', () => {
    const text = [
      '# a comment',
      'nameserver 10.0.0.1 ; and another',
      'nameserver fd00::1',
      'nameserver not-an-address',
      'domain first.test',
      'search a.test b.test.',
      'options ndots:2 timeout:3 attempts:4 rotate unknown:7',
    ].join('\n');
    expect(parseResolvConf(text)).to.deep.equal({
      servers: ['10.0.0.1', 'fd00::1'],
      search: ['a.test', 'b.test'],
      dots: 2,
      timeout: 3000,
      attempts: 4,
      rotate: true,
      tcp: false,
    });
  });

  it('has the defaults of glibc, and its limits', () => {
    const defaults = { servers: ['127.0.0.1'], search: [], dots: 1, timeout: 5000, attempts: 2, rotate: false, tcp: false };
    expect(parseResolvConf('')).to.deep.equal(defaults);
    expect(parseResolvConf('options use-vc').tcp).to.equal(true);
    const many = parseResolvConf(
      `${['1', '2', '3', '4'].map((n) => `nameserver 10.0.0.${n}`).join('\n')}\noptions ndots:99 timeout:99 attempts:99`,
    );
    expect(many.servers).to.deep.equal(['10.0.0.1', '10.0.0.2', '10.0.0.3']);
    expect(many).to.include({ dots: 15, timeout: 30_000, attempts: 5 });
    expect(parseResolvConf('options timeout:0 attempts:0 ndots:x')).to.include({ dots: 1, timeout: 1000, attempts: 1 });
  });

  it('never throws, whatever is in it', () => {
    fc.assert(fc.property(fc.string(), (text) => parseResolvConf(text).servers.length > 0 && parseHosts(text).size >= 0));
  });
});

describe('hosts', () => {
  it('gives the addresses of each name, whatever its case', () => {
    const hosts = parseHosts('127.0.0.1 localhost\n::1 localhost ip6-localhost\n10.0.0.1 Web.test web # web2\nnonsense web\n');
    expect([...hosts]).to.deep.equal([
      ['localhost', ['127.0.0.1', '::1']],
      ['ip6-localhost', ['::1']],
      ['web.test', ['10.0.0.1']],
      ['web', ['10.0.0.1']],
    ]);
  });
});

describe('Names that are asked for', () => {
  const settings = { search: ['a.test', 'b.test'], dots: 1 };

  it('are first the searched ones for a short name, and first the name itself for one with dots', () => {
    expect(candidates('web', settings)).to.deep.equal(['web.a.test', 'web.b.test', 'web']);
    expect(candidates('web.x', settings)).to.deep.equal(['web.x', 'web.x.a.test', 'web.x.b.test']);
    expect(candidates('web.x', { ...settings, dots: 2 })).to.deep.equal(['web.x.a.test', 'web.x.b.test', 'web.x']);
    expect(candidates('web.', settings)).to.deep.equal(['web']);
  });
});

describe('Files of a namespace', () => {
  const context = { operation: 'look up web', namespace: 'namespace blue' };

  it("are those of /etc/netns first, then the machine's", () => {
    expect(etcPaths('hosts', 'blue')).to.deep.equal(['/etc/netns/blue/hosts', '/etc/hosts']);
    expect(etcPaths('hosts', undefined)).to.deep.equal(['/etc/hosts']);
  });

  it('may be missing', () => {
    expect(firstFile(['/nowhere/a', '/dev/null/b'], context)).to.equal(undefined);
    expect(firstFile(['/nowhere/a', '/dev/null'], context)).to.deep.equal({ path: '/dev/null', text: '' });
  });

  it('that are none, or may not be waited for, are errors that say where', () => {
    const directory = mkdtempSync(join(tmpdir(), 'netlane-'));
    try {
      execFileSync('mkfifo', [`${directory}/fifo`]);
      for (const [path, code] of [
        [`${directory}/fifo`, 'EINVAL'],
        ['/dev/zero', 'EINVAL'],
        [directory, 'EISDIR'],
      ] as const) {
        const error = errorOf(() => firstFile(['/nowhere/a', path], context));
        expect(error).to.include({ name: 'SystemError', code, syscall: 'read', path, ...context });
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
