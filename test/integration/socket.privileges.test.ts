import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { asNobody, resultOfProgram, withNamedNamespace } from '../support/namespaces.js';
import { needsNobody, needsRoot } from '../support/skip.js';

interface Failure {
  readonly name: string;
  readonly code: string;
  readonly syscall?: string;
  readonly namespace?: string;
  readonly message: string;
}

type Results = Readonly<Record<string, { readonly value?: unknown; readonly error?: Failure }>>;

/** Root, but for some capabilities. */
const without = (...capabilities: readonly string[]): string[] => {
  const list = capabilities.map((name) => `-${name}`).join(',');
  return ['setpriv', '--bounding-set', list, '--inh-caps', list, '--'];
};

/** Tries each thing in both ways of carrying a socket, and tells what became of it. */
function attempts(open: string, things: Readonly<Record<string, string>>): string {
  return `
    const change = new Uint8Array(16);
    new DataView(change.buffer).setInt32(4, 1, true);
    const lo = { type: 18, body: change };
    const links = { type: 18, flags: 0x300, body: new Uint8Array(16) };
    const resize = { type: 16, body: Uint8Array.from([...change, 8, 0, 4, 0, 0, 4, 0, 0]) };
    const results = {};
    const namespace = ${open};
    for (const thread of ['lane', 'caller']) {
      const things = { ${Object.entries(things)
        .map(([name, body]) => `${JSON.stringify(name)}: async () => { ${body} }`)
        .join(', ')} };
      for (const [name, thing] of Object.entries(things)) {
        const opened = [];
        const netlink = async (protocol, options) => { const socket = await namespace.netlink(protocol, { thread, ...options }); opened.push(socket); return socket; };
        globalThis.netlink = netlink;
        try { results[thread + ': ' + name] = { value: await thing() }; }
        catch ({ name: className, code, syscall, namespace: where, message }) { results[thread + ': ' + name] = { error: { name: className, code, syscall, namespace: where, message } }; }
        await Promise.all(opened.map((socket) => socket.close()));
      }
    }
    await namespace.close();
    console.log(JSON.stringify(results));`;
}

const things = {
  read: `return (await (await netlink('route')).request(lo)).messages.length;`,
  list: `return (await (await netlink('route')).request(links)).messages.length > 0;`,
  change: `await (await netlink('route')).request(resize);`,
  subscribe: `return (await netlink('route', { groups: [1] })).memberships();`,
  'subscribe to netfilter': `await netlink('netfilter', { groups: [7] });`,
  'join a group of netfilter': `await (await netlink('netfilter')).join(7);`,
  'hear all namespaces': `await netlink('route', { groups: [1], allNamespaces: true }); return 'heard';`,
  'ask for buffers': `const socket = await netlink('route', { receiveBuffer: 64 * 1024 * 1024, sendBuffer: 64 * 1024 * 1024 }); return socket.receiveBuffer;`,
  'force a buffer': `await (await netlink('route')).setOption('receiveBuffer', 64 * 1024 * 1024, { force: true });`,
  'send to a port': `const [one, other] = [await netlink('route'), await netlink('route')]; await one.send({ type: 99, port: other.port });`,
  'talk to users': `const [one, other] = [await netlink('usersock', { from: 'any' }), await netlink('usersock', { from: 'any' })]; await one.send({ type: 99, port: other.port }); for await (const { type } of other.messages()) return type;`,
} as const;

/** For whoever still may change links, in a namespace that is not the test's own. */
const { change: _change, ...harmless } = things;

const both = ['lane', 'caller'] as const;
const limit = Number(readFileSync('/proc/sys/net/core/rmem_max', 'utf8'));

function expectError(results: Results, thing: string, code: string, ...words: readonly string[]): void {
  for (const carrier of both) {
    const { error } = results[`${carrier}: ${thing}`] ?? {};
    expect(error, `${carrier}: ${thing}`).to.include({ code });
    expect(error?.namespace, `${carrier}: ${thing}`).to.match(/^Namespace\(/);
    for (const word of words) expect(error?.message, `${carrier}: ${thing}`).to.include(word);
  }
}

function expectValue(results: Results, thing: string, value: unknown): void {
  for (const carrier of both) expect(results[`${carrier}: ${thing}`], `${carrier}: ${thing}`).to.deep.equal({ value });
}

describe('Sockets without privileges', function () {
  this.timeout(60_000);

  before(function () {
    needsRoot(this);
  });

  it('without CAP_NET_ADMIN read and hear, and say what changing takes', () => {
    const results = resultOfProgram(attempts(`await Namespace.create()`, things), without('net_admin')) as Results;
    expectValue(results, 'read', 1);
    expectValue(results, 'list', true);
    expectValue(results, 'subscribe', [1]);
    expectValue(results, 'talk to users', 99);
    // As much as the system allows everybody.
    expectValue(results, 'ask for buffers', 2 * limit);
    expectError(results, 'change', 'EPERM', 'CAP_NET_ADMIN', 'RTM_NEWLINK');
    expectError(results, 'subscribe to netfilter', 'EPERM', 'CAP_NET_ADMIN', 'join netfilter group 7');
    expectError(results, 'join a group of netfilter', 'EPERM', 'CAP_NET_ADMIN', 'netfilter', '7');
    expectError(results, 'force a buffer', 'EPERM', 'CAP_NET_ADMIN', 'initial user namespace');
    expectError(results, 'send to a port', 'EPERM', 'CAP_NET_ADMIN');
    // That is another capability.
    expectValue(results, 'hear all namespaces', 'heard');
  });

  it('without CAP_NET_BROADCAST hear their own namespace, and say what hearing others takes', () => {
    const results = resultOfProgram(attempts(`await Namespace.create()`, things), without('net_broadcast')) as Results;
    expectValue(results, 'subscribe', [1]);
    expectError(results, 'hear all namespaces', 'EPERM', 'CAP_NET_BROADCAST');
  });

  it('without CAP_SYS_ADMIN work at home, and say what going elsewhere takes', async () => {
    await withNamedNamespace((_, name) => {
      const home = resultOfProgram(attempts(`await Namespace.current()`, harmless), without('sys_admin')) as Results;
      for (const [thing, value] of Object.entries({ read: 1, list: true, subscribe: [1], 'talk to users': 99 }))
        expectValue(home, thing, value);
      const away = resultOfProgram(attempts(`await Namespace.open('${name}')`, things), without('sys_admin')) as Results;
      for (const thing of Object.keys(things)) expectError(away, thing, 'EPERM', 'CAP_SYS_ADMIN', 'netlane rootless');
    });
  });

  it('as an ordinary user read and hear at home, and say what else takes', function () {
    needsNobody(this);
    const results = resultOfProgram(attempts(`await Namespace.current()`, things), asNobody) as Results;
    for (const [thing, value] of Object.entries({ read: 1, list: true, subscribe: [1], 'talk to users': 99 }))
      expectValue(results, thing, value);
    expectValue(results, 'ask for buffers', 2 * limit);
    for (const thing of ['change', 'subscribe to netfilter', 'join a group of netfilter', 'force a buffer', 'send to a port']) {
      expectError(results, thing, 'EPERM', 'CAP_NET_ADMIN');
    }
    expectError(results, 'hear all namespaces', 'EPERM', 'CAP_NET_BROADCAST');
  });
});
