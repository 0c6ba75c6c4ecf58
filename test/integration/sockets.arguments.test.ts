import { expect } from 'chai';
import { pcapng } from '../../lib/execution/pcapng.js';
import { isObject } from '../../lib/arguments.js';
import { hostile } from '../support/hostile.js';
import { withNamespace } from '../support/namespaces.js';
import { needsRoot } from '../support/skip.js';

type Method = (...args: unknown[]) => unknown;

/** What is asked for besides the hostile value, so that it gets so far. None of it leads anywhere, or takes long. */
const methods: Readonly<Record<string, { readonly base: object; readonly options: readonly string[] }>> = {
  connect: {
    base: { host: '127.0.0.1', port: 9, timeout: 1000 },
    options: [
      'host',
      'port',
      'path',
      'family',
      'timeout',
      'attemptDelay',
      'signal',
      'keepAliveInitialDelay',
      'localAddress',
      'localPort',
      'device',
      'mark',
      'reuse',
    ],
  },
  listen: {
    base: {},
    options: ['host', 'port', 'path', 'backlog', 'ipv6Only', 'server', 'signal', 'keepAliveInitialDelay', 'device', 'mark', 'reuse'],
  },
  udp: {
    base: {},
    options: ['type', 'port', 'address', 'broadcast', 'recvBufferSize', 'signal', 'device', 'mark', 'reuse', 'transparent'],
  },
  socket: { base: { family: 'ipv4', type: 'stream' }, options: ['family', 'type', 'protocol'] },
  packet: { base: {}, options: ['link', 'protocol', 'filter', 'snapLength', 'promiscuous', 'outgoing', 'buffer', 'latency', 'signal'] },
  agent: { base: {}, options: ['connection'] },
};

/** Closes what came out; gives what was thrown without a code that says what is wrong. */
async function complaint(call: () => unknown): Promise<string | undefined> {
  try {
    const result = await call();
    if (!isObject(result)) return undefined;
    const end = result['close'] ?? result['destroy'];
    if (typeof end === 'function') await (end as Method).call(result);
    return undefined;
  } catch (thrown) {
    const code = isObject(thrown) ? String(thrown['code']) : '';
    return /^(NETLANE_|E[A-Z0-9]+$)/.test(code) ? undefined : String(thrown);
  }
}

describe('What opens sockets inside', function () {
  before(function () {
    needsRoot(this);
  });

  for (const [name, { base, options }] of Object.entries(methods)) {
    it(`${name}() takes what it can use, and refuses the rest with a code`, () =>
      withNamespace(async (blue) => {
        const method = (...args: unknown[]): unknown => Reflect.apply(Reflect.get(blue, name) as Method, blue, args);
        const call = (given: unknown): unknown => (name === 'agent' ? method('http:', given) : method(given));
        const found = new Set<string | undefined>();
        for (const value of hostile) {
          found.add(await complaint(() => method(value)));
          found.add(await complaint(() => call(value)));
          for (const option of options) found.add(await complaint(() => call({ ...base, [option]: value })));
        }
        expect([...found].filter((each) => each !== undefined)).to.deep.equal([]);
      }));
  }

  it('lookup(), and the methods of what was opened, refuse what they cannot use with a code', () =>
    withNamespace(async (blue) => {
      const packets = await blue.packet({ link: 'lo' });
      const socket = await blue.socket({ family: 'ipv4', type: 'stream' });
      const frame = new Uint8Array(20);
      const found = new Set<string | undefined>();
      for (const value of hostile) {
        for (const call of [
          () => blue.lookup(value as string),
          () => blue.lookup('127.0.0.1', value as object as never),
          () => packets.send(value as Uint8Array),
          () => packets.send(frame, value as object),
          () => pcapng(value as never).next(),
          () => pcapng(packets, value as object).return(undefined),
          () => socket.setOption(1, 2, value as number),
          () => socket.setOption(value as number, 2, 1),
          () => socket.getOption(1, value as number, 4),
          () => socket.getOption(1, 4, value as number),
        ] as const)
          found.add(await complaint(call));
      }
      expect([...found].filter((each) => each !== undefined)).to.deep.equal([]);
      await Promise.all([packets.close(), socket.close()]);
    }));
});
