import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Namespace } from '../../lib/namespace.js';
import { rejectionOf } from '../support/error-of.js';
import {
  asNobody,
  inUserNamespace,
  moduleUrl,
  resultOfProgram,
  uniqueName,
  withDirectory,
  withNamedNamespace,
} from '../support/namespaces.js';
import { needsNobody, needsRoot } from '../support/skip.js';

interface Failure {
  readonly name: string;
  readonly code: string;
  readonly message: string;
}

/** Text of a program that does each of the things and prints what became of it: an error's fields, or the result. */
function attempts(things: Readonly<Record<string, string>>): string {
  return `
    const results = {};
    const attempt = async (name, call) => {
      try { results[name] = { result: await call() }; }
      catch (error) { results[name] = { name: error.name, code: error.code, message: error.message }; }
    };
    ${Object.entries(things)
      .map(([name, body]) => `await attempt(${JSON.stringify(name)}, async () => { ${body} });`)
      .join('\n')}
    console.log(JSON.stringify(results));`;
}

const withoutSysAdmin = ['setpriv', '--bounding-set', '-sys_admin', '--inh-caps', '-sys_admin', '--'];

describe('namespaces without privileges', () => {
  before(function () {
    needsRoot(this);
  });

  it('an ordinary user can look, and is told what making, entering and naming take', async function () {
    needsNobody(this);
    await withNamedNamespace((namespace, name) => {
      const other = uniqueName();
      const results = resultOfProgram(
        attempts({
          create: `await Namespace.create();`,
          createNamed: `await Namespace.create('${other}');`,
          open: `const n = await Namespace.open('${name}'); const { id } = n; await n.close(); return id;`,
          cookie: `const n = await Namespace.open('${name}'); try { return String(n.cookie); } finally { await n.close(); }`,
          netlink: `const n = await Namespace.open('${name}'); try { await n.netlink('route', { thread: 'caller' }); } finally { await n.close(); }`,
          lane: `const n = await Namespace.open('${name}'); try { await n.netlink('route'); } finally { await n.close(); }`,
          current: `const n = await Namespace.current(); try { return n.cookie > 0n; } finally { await n.close(); }`,
          ownSocket: `const n = await Namespace.current(); try { const s = await n.netlink('route', { thread: 'caller' }); const r = await s.request({ type: 18, flags: 0x300, body: new Uint8Array(16) }); return r.messages.length > 0; } finally { await n.close(); }`,
          ownLane: `const n = await Namespace.current(); try { const s = await n.netlink('route'); const r = await s.request({ type: 18, flags: 0x300, body: new Uint8Array(16) }); return r.messages.length > 0; } finally { await n.close(); }`,
          process: `await Namespace.open({ pid: 1 });`,
          list: `return (await Namespace.list()).find((entry) => entry.name === '${name}').cookie === 0n;`,
          listAll: `return (await Namespace.list({ all: true })).length > 0;`,
          leaks: `return Namespace.leaks();`,
          watch: `const w = Namespace.watch({ existing: true }); try { return (await w.next()).value.action; } finally { await w.close(); }`,
          attach: `await Namespace.attach('${other}', '${name}');`,
          delete: `await Namespace.delete('${name}');`,
        }),
        asNobody,
      ) as Record<string, Failure & { result?: unknown }>;
      expect(results['open']?.result).to.equal(namespace.id);
      for (const [thing, result] of Object.entries({
        current: true,
        ownSocket: true,
        ownLane: true,
        list: true,
        listAll: true,
        watch: 'existing',
      })) {
        expect(results[thing], thing).to.deep.equal({ result });
      }
      expect(results['leaks']?.result).to.deep.equal({ threads: [], fds: [], mounts: [] });
      for (const thing of ['create', 'createNamed', 'cookie', 'netlink', 'lane']) {
        expect(results[thing], thing).to.include({ name: 'SystemError', code: 'EPERM' });
        expect(results[thing]?.message, thing).to.include('CAP_SYS_ADMIN').and.to.include('netlane rootless');
      }
      // By rootless he would not get into another's.
      for (const thing of ['cookie', 'netlink', 'lane'])
        expect(results[thing]?.message, thing).to.include('run it as root (sudo)').and.to.include('those that it makes itself');
      expect(results['process']).to.include({ code: 'EACCES' });
      expect(results['process']?.message).to.include("process 1 is another user's");
      for (const thing of ['attach', 'delete']) {
        expect(results[thing]?.code, thing).to.be.oneOf(['EACCES', 'EPERM']);
        expect(results[thing]?.message, thing).to.include('CAP_SYS_ADMIN').and.to.include('/run/netns');
      }
      expect(existsSync(`/run/netns/${other}`)).to.equal(false);
      expect(existsSync(`/run/netns/${name}`)).to.equal(true);
    });
  });

  it('who may not have a raw socket is told which capability that takes, and where', function () {
    needsNobody(this);
    const inside = (call: string): string => `const n = await Namespace.current(); try { ${call} } finally { await n.close(); }`;
    const results = resultOfProgram(
      attempts({
        packet: inside(`await n.packet();`),
        raw: inside(`await n.socket({ family: 'ipv4', type: 'raw', protocol: 'icmp' });`),
        mark: inside(
          `const s = await n.socket({ family: 'ipv4', type: 'datagram' }); try { s.setOption(1, 36, 7); } finally { await s.close(); }`,
        ),
      }),
      asNobody,
    ) as Record<string, Failure>;
    for (const [thing, capability] of [
      ['packet', 'CAP_NET_RAW'],
      ['raw', 'CAP_NET_RAW'],
      ['mark', 'CAP_NET_ADMIN'],
    ] as const) {
      expect(results[thing], thing).to.include({ name: 'SystemError', code: 'EPERM' });
      expect(results[thing]?.message, thing)
        .to.include(capability)
        .and.to.include('in the user namespace that owns the network namespace')
        .and.to.not.include('CAP_SYS_ADMIN');
    }
  });

  it('root without CAP_SYS_ADMIN is told that it misses that one', () => {
    const results = resultOfProgram(attempts({ create: `await Namespace.create();` }), withoutSysAdmin) as Record<string, Failure>;
    expect(results['create']).to.include({ code: 'EPERM' });
    expect(results['create']?.message).to.include('CAP_SYS_ADMIN');
  });

  it('root without CAP_NET_ADMIN is told that setting lo up misses that one, and how to do without', () => {
    const withoutNetAdmin = ['setpriv', '--bounding-set', '-net_admin', '--inh-caps', '-net_admin', '--'];
    const loopback = `await (await Namespace.create({ loopback: true })).close();`;
    const plain = `await (await Namespace.create()).close(); return true;`;
    const results = resultOfProgram(attempts({ loopback, plain }), withoutNetAdmin) as Record<string, Failure>;
    expect(results['loopback']).to.include({ code: 'EPERM' });
    expect(results['loopback']?.message).to.include('CAP_NET_ADMIN').and.to.include('lo up').and.to.include('{ loopback: false }');
    expect(results['plain']).to.deep.equal({ result: true });
  });

  it('a name that may not be made leaves no directory', async () => {
    await withDirectory((parent) => {
      const directory = JSON.stringify(join(parent, 'more', 'names'));
      const results = resultOfProgram(
        attempts({
          attach: `await Namespace.attach('blue', { pid: process.pid }, { directory: ${directory} });`,
          create: `await Namespace.create('blue', { directory: ${directory} });`,
        }),
        withoutSysAdmin,
      ) as Record<string, Failure>;
      for (const thing of ['attach', 'create']) expect(results[thing], thing).to.include({ code: 'EPERM' });
      expect(readdirSync(parent)).to.deep.equal([]);
    });
  });

  it("a namespace of a user namespace that is not this process's gets a code of its own", async () => {
    await withNamedNamespace((_, name) => {
      const open = `const n = await Namespace.open('${name}'); try { return String(n.cookie); } finally { await n.close(); }`;
      const socket = `const n = await Namespace.open('${name}'); try { await n.netlink('route', { thread: 'caller' }); } finally { await n.close(); }`;
      const results = resultOfProgram(attempts({ open, socket }), inUserNamespace) as Record<string, Failure>;
      for (const thing of ['open', 'socket']) {
        expect(results[thing], thing).to.include({ name: 'NetlaneError', code: 'NETLANE_FOREIGN_USERNS' });
        expect(results[thing]?.message, thing).to.match(/belongs to .*user namespace.*, this process is in user:\[\d+\]/);
        expect(results[thing]?.message, thing).to.include('nsenter --user');
      }
    });
  });

  it("an ordinary user's own user namespace lets its root in, and not its owner from outside", async function () {
    needsNobody(this);
    const child = spawn(
      'setpriv',
      [...asNobody.slice(1), 'unshare', '--user', '--map-root-user', '--net', '--', 'sh', '-c', 'echo ready; exec sleep 600'],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    await once(child.stdout, 'data');
    try {
      const open = `const n = await Namespace.open({ pid: ${child.pid ?? 0} }); try { return n.cookie > 0n; } finally { await n.close(); }`;
      const outside = resultOfProgram(attempts({ open }), asNobody) as Record<string, Failure>;
      expect(outside['open']).to.include({ code: 'NETLANE_FOREIGN_USERNS' });
      const inside = resultOfProgram(attempts({ open }), [
        ...asNobody,
        'nsenter',
        '--user',
        '--preserve-credentials',
        '--target',
        String(child.pid),
        '--',
      ]);
      expect(inside).to.deep.equal({ open: { result: true } });
      const root = await Namespace.open({ pid: child.pid ?? 0 });
      expect(root.cookie > 0n).to.equal(true);
      await root.close();
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });

  it('in a user namespace with its mounts, names work as well', () => {
    const text = `
      import { execFileSync } from 'node:child_process';
      execFileSync('mount', ['-t', 'tmpfs', 'none', '/run']);
      const n = await Namespace.create('blue', { loopback: true });
      const list = await Namespace.list();
      const same = list.length === 1 && list[0].cookie === n.cookie && execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' }).startsWith('blue');
      await n.close();
      await Namespace.delete('blue');
      console.log(JSON.stringify(same));`;
    expect(resultOfProgram(text, ['unshare', '--user', '--map-root-user', '--mount', '--net', '--'])).to.equal(true);
  });

  it('the module can be imported where there is no Linux', () => {
    const text = `
      Object.defineProperty(process, 'platform', { value: 'darwin' });
      const { Namespace: Again } = await import(${JSON.stringify(`${moduleUrl('namespace')}?again`)});
      const error = await Again.create().catch((error) => error);
      console.log(JSON.stringify({ code: error.code, message: error.message }));`;
    expect(resultOfProgram(text)).to.deep.equal({
      code: 'NETLANE_UNSUPPORTED_PLATFORM',
      message: "network namespaces are Linux's; this is darwin",
    });
  });

  it('a rejection names the operation, the kernel and the remedy in one line', async () => {
    const error = await rejectionOf(Namespace.open({ pid: 4_194_303 }));
    expect(error.message).to.equal(
      "open the namespace of process 4194303: ENOENT: no such file or directory, open '/proc/4194303/ns/net' (process 4194303 is not there, or has ended)",
    );
  });
});
