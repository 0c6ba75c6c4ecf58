import { constants } from 'node:os';
import { expect } from 'chai';
import type { InsideSocket } from '../../lib/native.js';
import { errorOf } from '../support/error-of.js';
import { needsRoot } from '../support/skip.js';
import { addon, cycles, failureOf, inNamespace, SOL_SOCKET } from './support/addon.js';
import { census, gained, nothing, settledCensus, type Census } from './support/busy.js';
import { resultOf, runScenario } from './support/scenario.js';

const unix = 1;
const packet = 17;
const stream = 1;
const raw = 3;
const blockSize = 65_536;

interface Report {
  readonly before: Census;
  readonly after: Census;
}

/** Workers with a ring, and with sockets that listen, connect and wait, are ended at any moment. */
async function endWorkers(file: string, times: number): Promise<void> {
  const { Worker } = process.getBuiltinModule('node:worker_threads');
  const body = `
    const { parentPort } = require('node:worker_threads');
    const native = require('node:module').createRequire('/')(${JSON.stringify(file)});
    globalThis.held = [];
    native.createNamespaceAsync(true).then((fd) => {
      for (let round = 0; ; round += 1) {
        const ring = new native.InsideSocket(fd, 17, 3, 0);
        ring.mapRing(65536, 4, 1);
        ring.bind(new Uint8Array([17, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
        ring.ref(true);
        ring.poll(1, () => ring.takeBlock(new Uint8Array(65536)));
        const tcp = new native.InsideSocket(fd, 2, 1, 0);
        tcp.connect(new Uint8Array([2, 0, 0, 9, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]));
        tcp.poll(2, () => tcp.close());
        const given = new native.InsideSocket(fd, 1, 1, 0).release();
        held.push(ring, tcp, given);
        if (round === 3) break;
      }
      parentPort.postMessage('busy');
    });`;
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(body, { eval: true });
      worker.on('message', () => setTimeout(() => void worker.terminate(), Math.random() * 4));
      worker.on('error', reject);
      worker.on('exit', () => resolve());
    });
  await one();
  const before = census();
  for (let time = 0; time < times; time += 1) await one();
  console.log(JSON.stringify({ before, after: await settledCensus(before) }));
}

describe('A socket that was opened inside', function () {
  this.timeout(30_000);

  before(function () {
    needsRoot(this);
  });

  it('sets and reads options, and is closed for good by close() and by release()', () =>
    inNamespace((namespace) => {
      const socket = new (addon().InsideSocket)(namespace, unix, stream, 0);
      socket.setOption(SOL_SOCKET, 36, 5);
      const value = new Uint8Array(4);
      expect(socket.getOption(SOL_SOCKET, 36, value)).to.equal(4);
      expect(new Int32Array(value.buffer)[0]).to.equal(5);
      const fd = socket.release();
      expect(failureOf(errorOf(() => socket.fd))).to.deep.equal({ errno: -9, syscall: 'socket' });
      addon().closeFd(fd);
      const other = new (addon().InsideSocket)(namespace, unix, stream, 0);
      other.close();
      other.close();
      expect(failureOf(errorOf(() => other.listen(1)))).to.deep.equal({ errno: -9, syscall: 'socket' });
    }));

  it('refuses rings that are none, and blocks without room', () =>
    inNamespace((namespace) => {
      const socket = new (addon().InsideSocket)(namespace, packet, raw, 0);
      expect(failureOf(errorOf(() => socket.mapRing(1000, 1, 1)))).to.deep.equal({ errno: -22, syscall: 'setsockopt' });
      expect(() => socket.takeBlock(new Uint8Array(blockSize))).to.throw(TypeError);
      socket.mapRing(blockSize, 2, 1);
      expect(() => socket.mapRing(blockSize, 2, 1)).to.throw(TypeError);
      expect(() => socket.takeBlock(new Uint8Array(blockSize - 1))).to.throw(TypeError);
      expect(socket.takeBlock(new Uint8Array(blockSize))).to.equal(0);
      expect(failureOf(errorOf(() => socket.linkIndex('nowhere')))).to.deep.equal({ errno: -19, syscall: 'ioctl' });
      expect(socket.linkName(socket.linkIndex('lo'))).to.equal('lo');
      socket.close();
    }));

  it('refuses arguments that it cannot use', () =>
    inNamespace((namespace) => {
      const socket = new (addon().InsideSocket)(namespace, unix, stream, 0);
      for (const wrong of [undefined, null, '3', {}, [1]] as unknown as Uint8Array[]) {
        expect(() => socket.bind(wrong)).to.throw(TypeError);
        expect(() => socket.connect(wrong)).to.throw(TypeError);
        expect(() => socket.setOption(1, 2, wrong)).to.throw(TypeError);
        expect(() => socket.getOption(1, 2, wrong)).to.throw(TypeError);
        expect(() => socket.takeBlock(wrong)).to.throw(TypeError);
        expect(() => socket.send(wrong, wrong)).to.throw(TypeError);
      }
      expect(() => socket.connect(new Uint8Array(129))).to.throw(TypeError);
      socket.close();
    }));

  it('says at once what has become of connecting to this machine', async () => {
    const native = addon();
    const namespace = await native.createNamespaceAsync(true);
    const address = (port: number): Uint8Array => Uint8Array.of(2, 0, port >> 8, port & 255, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
    const sockets: InsideSocket[] = [];
    const open = (): InsideSocket => {
      const socket = new native.InsideSocket(namespace, 2, stream, 0);
      sockets.push(socket);
      return socket;
    };
    try {
      const server = open();
      server.bind(address(8000));
      server.listen(0);
      // The one that its queue has room for; what comes then is left without an answer.
      expect([open().connect(address(8000)), open().connect(address(8001)), open().connect(address(8000))]).to.deep.equal([
        0,
        constants.errno.ECONNREFUSED,
        constants.errno.EINPROGRESS,
      ]);
    } finally {
      for (const socket of sockets) socket.close();
      native.closeFd(namespace);
    }
  });

  it('gives its own descriptor away, and a copy of one that is polled', () =>
    inNamespace((namespace) => {
      const native = addon();
      for (const polled of [false, true]) {
        const socket = new native.InsideSocket(namespace, unix, stream, 0);
        const { fd } = socket;
        if (polled) socket.poll(1, () => undefined);
        const given = socket.release();
        expect(given === fd).to.equal(!polled);
        expect(failureOf(errorOf(() => socket.fd))).to.include({ errno: -constants.errno.EBADF });
        expect(native.namespaceType(given)).to.equal(0);
        native.closeFd(given);
      }
    }));

  it('leaves nothing when its worker is ended at any moment', async () => {
    const { before, after } = resultOf(
      await runScenario(endWorkers, [Math.min(cycles, 8)], { helpers: [census, settledCensus, gained] }),
    ) as Report;
    expect(gained(before, after)).to.deep.equal(nothing);
  });
});
