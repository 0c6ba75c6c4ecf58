import { setImmediate as turn } from 'node:timers/promises';
import { AsyncLocalStorage } from 'node:async_hooks';
import { fstatSync } from 'node:fs';
import { expect } from 'chai';
import type { Native, NativeSocket } from '../../lib/native.js';
import { errorOf } from '../support/error-of.js';
import { ENOBUFS, NETLINK_ADD_MEMBERSHIP, SOL_NETLINK, SOL_SOCKET, SO_RCVBUF, withSockets } from './support/addon.js';
import { pattern } from './support/frames.js';
import { resultOf, runScenario } from './support/scenario.js';

/** The next events of a socket; polling is stopped when they have come. */
function nextEvents(socket: NativeSocket, mask: number): Promise<number> {
  return new Promise((resolve) => {
    socket.ref(true);
    socket.poll(mask, (events) => {
      socket.poll(0, () => undefined);
      socket.ref(false);
      resolve(events);
    });
  });
}

const slab = () => new ArrayBuffer(1 << 16);

describe('Polling a netlink socket', () => {
  it('tells readable and writable, each when it was asked for', () =>
    withSockets(async (open) => {
      const [from, to] = [open(), open()];
      expect(await nextEvents(to, 2)).to.equal(2);
      from.send(pattern(10, 0), to.port, 0);
      expect(await nextEvents(from, 3)).to.equal(2);
      const other = open();
      from.send(pattern(10, 0), other.port, 0);
      expect(await nextEvents(other, 3)).to.equal(3);
    }));

  it('keeps telling until everything was received, and then no more', () =>
    withSockets(async (open) => {
      const [from, to] = [open(), open()];
      for (let count = 0; count < 3; count += 1) from.send(pattern(10, 0), to.port, 0);
      let received = 0;
      let calls = 0;
      await new Promise<void>((resolve) => {
        to.ref(true);
        to.poll(1, () => {
          calls += 1;
          received += to.receive(slab(), 0, 1).count;
          if (received === 3) resolve();
        });
      });
      for (let count = 0; count < 5; count += 1) await turn();
      expect({ calls, received }).to.deep.equal({ calls: 3, received: 3 });
    }));

  it('calls the listener of the first call, whatever later calls name', () =>
    withSockets(async (open) => {
      const [from, to] = [open(), open()];
      to.ref(true);
      const first = new Promise<string>((resolve) => to.poll(1, () => resolve('first')));
      to.poll(1, () => expect.fail('the second listener was called'));
      from.send(pattern(10, 0), to.port, 0);
      expect(await first).to.equal('first');
    }));

  it('tells an overrun as an error, time and again until it was received, and lives on', () =>
    withSockets(async (open) => {
      const [from, to] = [open(), open()];
      to.setOption(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, 7);
      to.setOption(SOL_SOCKET, SO_RCVBUF, 4096);
      for (let count = 0; count < 64; count += 1) from.send(pattern(2000, count), 0, 1 << 6);
      const seen: number[] = [];
      const errnos: number[] = [];
      await new Promise<void>((resolve) => {
        to.ref(true);
        to.poll(1, (events) => {
          seen.push(events);
          if (seen.length < 3) return;
          errnos.push(to.receive(slab(), 0, 1000).errno, to.receive(slab(), 0, 1000).errno);
          resolve();
        });
      });
      expect(seen).to.deep.equal([4, 4, 4]);
      expect(errnos).to.include(ENOBUFS);
      from.send(pattern(10, 0), 0, 1 << 6);
      while (seen.length < 4) await turn();
      expect(seen[3]).to.equal(1);
    }));

  it('can be stopped and started, and closed from within the callback', () =>
    withSockets(async (open) => {
      const [from, to] = [open(), open()];
      from.send(pattern(10, 0), to.port, 0);
      expect(await nextEvents(to, 1)).to.equal(1);
      for (let count = 0; count < 3; count += 1) await turn();
      const closed = open();
      from.send(pattern(10, 0), closed.port, 0);
      let calls = 0;
      closed.ref(true);
      closed.poll(1, () => {
        calls += 1;
        closed.close();
        closed.close();
      });
      while (calls === 0) await turn();
      for (let count = 0; count < 3; count += 1) await turn();
      expect(calls).to.equal(1);
    }));

  it('closes the fd in the close callback, and no earlier', () =>
    withSockets(async (open) => {
      const socket = open();
      const { fd } = socket;
      socket.poll(1, () => undefined);
      socket.close();
      expect(fstatSync(fd).isSocket()).to.equal(true);
      await turn();
      await turn();
      expect(errorOf(() => fstatSync(fd))).to.have.property('code', 'EBADF');
      const unpolled = open();
      const number = unpolled.fd;
      unpolled.close();
      expect(errorOf(() => fstatSync(number))).to.have.property('code', 'EBADF');
    }));

  it('runs the callback in the async context of the call that started it', () =>
    withSockets(async (open) => {
      const [from, to] = [open(), open()];
      const storage = new AsyncLocalStorage<string>();
      to.ref(true);
      const seen = storage.run('polled here', () => new Promise((resolve) => to.poll(1, () => resolve(storage.getStore()))));
      from.send(pattern(10, 0), to.port, 0);
      expect(await seen).to.equal('polled here');
    }));

  it('runs microtasks and nextTick between two callbacks', () =>
    withSockets(async (open) => {
      const [from, first, second] = [open(), open(), open()];
      const order: string[] = [];
      const both = [first, second].map(
        (socket, index) =>
          new Promise<void>((resolve) => {
            socket.ref(true);
            socket.poll(1, () => {
              socket.poll(0, () => undefined);
              order.push(`poll ${index}`);
              process.nextTick(() => order.push(`tick ${index}`));
              queueMicrotask(() => {
                order.push(`microtask ${index}`);
                resolve();
              });
            });
          }),
      );
      for (const to of [first, second]) from.send(pattern(10, 0), to.port, 0);
      await Promise.all(both);
      const [one, two] = order[0] === 'poll 0' ? [0, 1] : [1, 0];
      expect(order).to.deep.equal([one, two].flatMap((index) => [`poll ${index}`, `tick ${index}`, `microtask ${index}`]));
    }));

  it('refuses events that are none and a listener that is none', () =>
    withSockets((open) => {
      const socket = open();
      expect(() => socket.poll(8, () => undefined)).to.throw(TypeError);
      expect(() => socket.poll(1, undefined as unknown as () => void)).to.throw(TypeError);
      expect(() => socket.poll(0, () => undefined)).not.to.throw();
    }));

  it('lets the process end unless it is referenced', async () => {
    const program = (file: string, referenced: boolean): void => {
      const native = process.getBuiltinModule('node:module').createRequire('/')(file) as Native;
      const [from, to] = [0, 1].map(() => new native.NetlinkSocket({ namespace: -1, protocol: 2, port: 0 }));
      if (from === undefined || to === undefined) throw new Error('no sockets');
      if (referenced) to.ref(true);
      to.poll(1, () => {
        console.log('"called"');
        to.ref(false);
      });
      setImmediate(() => setImmediate(() => from.send(new Uint8Array(4), to.port, 0)));
      if (!referenced) process.once('exit', () => console.log('"ended"'));
    };
    expect(resultOf(await runScenario(program, [true]))).to.equal('called');
    const { stdout } = await runScenario(program, [false]);
    expect(stdout).to.include('"ended"');
    const idle = (file: string): void => {
      const native = process.getBuiltinModule('node:module').createRequire('/')(file) as Native;
      new native.NetlinkSocket({ namespace: -1, protocol: 2, port: 0 }).poll(1, () => console.log('"called"'));
      native.watchMounts(() => console.log('"mounts"'));
      process.once('exit', () => console.log('"ended"'));
    };
    expect(resultOf(await runScenario(idle, []))).to.equal('ended');
  });

  it('brings what the callback throws to uncaughtException, and goes on', async () => {
    const program = (file: string): void => {
      const native = process.getBuiltinModule('node:module').createRequire('/')(file) as Native;
      const [from, to] = [0, 1].map(() => new native.NetlinkSocket({ namespace: -1, protocol: 2, port: 0 }));
      if (from === undefined || to === undefined) throw new Error('no sockets');
      const caught: unknown[] = [];
      process.on('uncaughtException', (error, origin) => {
        caught.push([error.message, origin]);
        if (caught.length === 2) {
          to.close();
          console.log(JSON.stringify(caught));
        } else {
          from.send(new Uint8Array(4), to.port, 0);
        }
      });
      to.ref(true);
      to.poll(1, () => {
        to.receive(new ArrayBuffer(4096), 0, 1);
        throw new Error(`thrown ${caught.length + 1}`);
      });
      from.send(new Uint8Array(4), to.port, 0);
    };
    expect(resultOf(await runScenario(program, []))).to.deep.equal([
      ['thrown 1', 'uncaughtException'],
      ['thrown 2', 'uncaughtException'],
    ]);
  });
});
