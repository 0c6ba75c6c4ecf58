import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import { errorOf } from '../support/error-of.js';
import { limit } from '../support/time.js';
import { needsRoot, skip } from '../support/skip.js';
import type { NativeSocket } from '../../lib/native.js';
import {
  EAGAIN,
  NETLINK_ADD_MEMBERSHIP,
  NETLINK_LISTEN_ALL_NSID,
  NETLINK_PKTINFO,
  SOL_NETLINK,
  SOL_SOCKET,
  SO_RCVBUF,
  addon,
  addonPath,
  failureOf,
  inNamespace,
  route,
  withSockets,
} from './support/addon.js';
import { attribute, concat, framesIn, i32, message, pattern, text, u16, u32 } from './support/frames.js';

const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;
const NLM_F_CREATE_EXCL = 0x600;

/** Sends a request and takes its acknowledgement; the errno of it, 0 for success. */
function acknowledged(socket: NativeSocket, type: number, flags: number, body: Uint8Array): number {
  expect(socket.send(message(type, flags | NLM_F_REQUEST | NLM_F_ACK, 1, body), 0, 0)).to.equal(0);
  expect(socket.wait(5000), 'an acknowledgement').to.equal(true);
  const slab = new ArrayBuffer(65536);
  const [frame] = framesIn(slab, 0, socket.receive(slab, 0, 1).end);
  const view = new DataView(frame?.bytes.buffer ?? new ArrayBuffer());
  expect(view.getUint16(4, true), 'NLMSG_ERROR').to.equal(2);
  return view.getInt32(16, true);
}

const ifinfomsg = (family: number, index: number, flags = 0, change = 0): Uint8Array =>
  concat(Uint8Array.of(family, 0), u16(0), i32(index), u32(flags), u32(change));

function succeeds(call: () => void): boolean {
  try {
    call();
    return true;
  } catch (error) {
    if (failureOf(error).errno !== -22) throw error;
    return false;
  }
}

/** All that waits on a socket, waiting for the first. */
function everything(socket: NativeSocket) {
  expect(socket.wait(5000), 'something to receive').to.equal(true);
  const slab = new ArrayBuffer(1 << 18);
  return framesIn(slab, 0, socket.receive(slab, 0, 1000).end);
}

describe('A netlink socket', () => {
  it('has the port that was asked for, and another of the kernel’s choice otherwise', () =>
    withSockets((open) => {
      const fixed = open({ port: 0x12345678 });
      expect(fixed.port).to.equal(0x12345678);
      expect(failureOf(errorOf(() => open({ port: 0x12345678 })))).to.deep.equal({ errno: -98, syscall: 'bind' });
      expect(open({ port: 0xffff1234 }).port).to.equal(0xffff1234);
      const chosen = [open().port, open().port];
      expect(chosen[0]).not.to.equal(chosen[1]);
      expect(chosen).not.to.include(0);
    }));

  it('reports a protocol that the kernel has not got', () => {
    const { NetlinkSocket } = addon();
    const failure = failureOf(errorOf(() => new NetlinkSocket({ namespace: -1, protocol: 31, port: 0 })));
    expect(failure).to.deep.equal({ errno: -93, syscall: 'socket' });
  });

  it('refuses a namespace that is none, and options that are none', () => {
    const { NetlinkSocket } = addon();
    expect(failureOf(errorOf(() => new NetlinkSocket({ namespace: 0, protocol: 0, port: 0 })))).to.include({ syscall: 'setns' });
    expect(failureOf(errorOf(() => new NetlinkSocket({ namespace: 1_000_000, protocol: 0, port: 0 })))).to.deep.equal({
      errno: -9,
      syscall: 'setns',
    });
    for (const wrong of [undefined, 1, {}, { namespace: -1, protocol: 0 }, { namespace: '1', protocol: 0, port: 0 }]) {
      expect(() => new NetlinkSocket(wrong as never)).to.throw(TypeError);
    }
    expect(() => (NetlinkSocket as unknown as (options: object) => void)({ namespace: -1, protocol: 0, port: 0 })).to.throw(TypeError);
  });

  it('sets and gets options as the kernel has them', () =>
    withSockets((open) => {
      const socket = open();
      socket.setOption(SOL_SOCKET, SO_RCVBUF, 50_000);
      expect(socket.getOption(SOL_SOCKET, SO_RCVBUF)).to.equal(100_000);
      expect(socket.getOption(SOL_SOCKET, 3)).to.equal(3); // SO_TYPE: SOCK_RAW
      expect(socket.getOption(SOL_NETLINK, NETLINK_PKTINFO)).to.equal(0);
      socket.setOption(SOL_NETLINK, NETLINK_PKTINFO, 1);
      expect(socket.getOption(SOL_NETLINK, NETLINK_PKTINFO)).to.equal(1);
      expect(failureOf(errorOf(() => socket.setOption(SOL_NETLINK, 9999, 1)))).to.deep.equal({ errno: -92, syscall: 'setsockopt' });
      expect(failureOf(errorOf(() => socket.getOption(SOL_NETLINK, 9999)))).to.deep.equal({ errno: -92, syscall: 'getsockopt' });
    }));

  it('tells the group that a datagram was sent to', () =>
    withSockets((open) => {
      const [from, to] = [open(), open()];
      to.setOption(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, 31);
      expect(to.memberships()).to.deep.equal([31]);
      from.send(pattern(10, 0), 0, 1 << 30);
      to.setOption(SOL_NETLINK, NETLINK_PKTINFO, 1);
      from.send(pattern(10, 0), 0, 1 << 30);
      from.send(pattern(10, 0), to.port, 0);
      const frames = everything(to);
      // What was queued before the option is told, too: the kernel looks when the datagram is received.
      expect(frames.map(({ groups, group, port }) => ({ groups, group, port }))).to.deep.equal([
        { groups: 1 << 30, group: 31, port: from.port },
        { groups: 1 << 30, group: 31, port: from.port },
        { groups: 0, group: 0, port: from.port },
      ]);
    }));

  it('waits for a datagram as long as it was told, and not when one is there', () =>
    withSockets((open) => {
      const [from, to] = [open(), open()];
      expect(to.wait(0)).to.equal(false);
      expect(to.wait(20)).to.equal(false);
      from.send(pattern(10, 0), to.port, 0);
      expect(to.wait(0)).to.equal(true);
      expect(to.wait(-1)).to.equal(true);
    }));

  it('waits no longer when its thread is to end', async () => {
    const { NetlinkSocket } = addon();
    const witness = new NetlinkSocket({ namespace: -1, protocol: 2, port: 0 });
    const worker = new Worker(
      `const { NetlinkSocket } = require(${JSON.stringify(addonPath)});
       const socket = new NetlinkSocket({ namespace: -1, protocol: 2, port: 0 });
       socket.send(new Uint8Array(4), ${witness.port}, 0); socket.wait(-1);`,
      { eval: true },
    );
    expect(witness.wait(limit(30_000)), 'the worker is about to wait').to.equal(true);
    expect(await worker.terminate()).to.equal(1);
    witness.close();
  });

  it('filters by a classic BPF program until that is taken away', () =>
    withSockets((open) => {
      const [from, to] = [open(), open()];
      const instruction = (code: number, k: number) => concat(u16(code), Uint8Array.of(0, 0), u32(k));
      const keepNone = instruction(0x06, 0); // BPF_RET | BPF_K
      to.setFilter(keepNone);
      from.send(pattern(10, 0), to.port, 0);
      expect(to.receive(new ArrayBuffer(4096), 0, 1)).to.deep.include({ count: 0, errno: EAGAIN });
      to.setFilter(new Uint8Array());
      to.setFilter(new Uint8Array());
      from.send(pattern(10, 0), to.port, 0);
      expect(to.receive(new ArrayBuffer(4096), 0, 1)).to.deep.include({ count: 1 });
      for (const wrong of [new Uint8Array(7), new Uint8Array(8 * 4097), instruction(0xffff, 0)]) {
        expect(failureOf(errorOf(() => to.setFilter(wrong)))).to.deep.equal({ errno: -22, syscall: 'setsockopt' });
      }
    }));

  it('throws EBADF from everything but close() once it is closed', () => {
    const { NetlinkSocket } = addon();
    for (const polled of [false, true]) {
      const socket = new NetlinkSocket({ namespace: -1, protocol: 2, port: 0 });
      if (polled) socket.poll(1, () => undefined);
      socket.close();
      const calls: Record<keyof Omit<NativeSocket, 'close'>, () => unknown> = {
        fd: () => socket.fd,
        port: () => socket.port,
        cookie: () => socket.cookie,
        send: () => socket.send(pattern(4, 0), 0, 0),
        receive: () => socket.receive(new ArrayBuffer(100), 0, 1),
        exchange: () => socket.exchange(pattern(4, 0), 4, new ArrayBuffer(100), 1, new Uint32Array(3)),
        wait: () => socket.wait(0),
        poll: () => socket.poll(1, () => undefined),
        ref: () => socket.ref(true),
        setOption: () => socket.setOption(1, 2, 3),
        getOption: () => socket.getOption(1, 2),
        memberships: () => socket.memberships(),
        setFilter: () => socket.setFilter(new Uint8Array()),
      };
      for (const [name, call] of Object.entries(calls)) expect(failureOf(errorOf(call)).errno, name).to.equal(-9);
      socket.close();
      socket.close();
    }
  });

  it('refuses to be used as the this of another object', () => {
    const { NetlinkSocket } = addon();
    const socket = new NetlinkSocket({ namespace: -1, protocol: 2, port: 0 });
    expect(() => socket.close.call({} as NativeSocket)).to.throw();
    expect(() => socket.close.call(undefined as unknown as NativeSocket)).to.throw();
    socket.close();
  });

  describe('in a namespace of its own', () => {
    before(function () {
      needsRoot(this);
    });

    it('is a member of groups above 32, and hears them', async function () {
      await inNamespace((namespace) =>
        withSockets((open) => {
          const listener = open({ namespace, protocol: route });
          listener.setOption(SOL_NETLINK, NETLINK_PKTINFO, 1);
          for (const group of [33, 1, 32]) listener.setOption(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group);
          expect(listener.memberships()).to.deep.equal([1, 32, 33]);
          // RTNLGRP_IPV4_MCADDR, Linux 6.14; EINVAL before.
          const has37 = succeeds(() => listener.setOption(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, 37));

          const client = open({ namespace, protocol: route });
          const bridge = concat(
            ifinfomsg(0, 77),
            attribute(3, text('br0')), // IFLA_IFNAME
            attribute(18, attribute(1, text('bridge'))), // IFLA_LINKINFO, IFLA_INFO_KIND
          );
          if (acknowledged(client, 16, NLM_F_CREATE_EXCL, bridge) !== 0) skip(this, 'no bridges here'); // RTM_NEWLINK
          everything(listener);
          const vlan = concat(
            ifinfomsg(7, 77), // AF_BRIDGE
            attribute(26, attribute(0, u16(2)), attribute(2, u16(0), u16(10))), // IFLA_AF_SPEC: IFLA_BRIDGE_FLAGS self, _VLAN_INFO 10
          );
          const hasVlans = acknowledged(client, 19, 0, vlan) === 0; // RTM_SETLINK
          expect(acknowledged(client, 16, 0, ifinfomsg(0, 77, 1, 1))).to.equal(0); // up: joins 224.0.0.1
          if (!has37 && !hasVlans) skip(this, 'neither bridge VLANs nor RTNLGRP_IPV4_MCADDR here');
          // Beyond the mask of groups, known by NETLINK_PKTINFO alone. Types: RTM_NEWVLAN, RTM_NEWMULTICAST.
          const heard = everything(listener).filter((frame) => frame.group > 32);
          const expected = [...(hasVlans ? [{ group: 33, type: 112 }] : []), ...(has37 ? [{ group: 37, type: 56 }] : [])];
          const typeOf = (bytes: Uint8Array) => new DataView(bytes.buffer).getUint16(4, true);
          const distinct = new Map(heard.map(({ group, bytes }) => [group, { group, type: typeOf(bytes) }]));
          expect([...distinct.values()]).to.deep.equal(expected);
          for (const frame of heard) expect(frame).to.deep.include({ groups: 0, port: 0, nsid: -1 });
        }),
      );
    });

    it('tells from which namespace a message is (NETLINK_LISTEN_ALL_NSID)', () =>
      inNamespace((here) =>
        inNamespace((there) =>
          withSockets((open) => {
            const client = open({ namespace: here, protocol: route });
            const assign = concat(Uint8Array.of(0, 0, 0, 0), attribute(1, i32(4711)), attribute(3, u32(there))); // NETNSA_NSID, NETNSA_FD
            expect(acknowledged(client, 88, 0, assign)).to.equal(0); // RTM_NEWNSID

            const listener = open({ namespace: here, protocol: route });
            listener.setOption(SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, 1);
            listener.setOption(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, 1);
            const lo = ifinfomsg(0, 1, 0, 1);
            expect(acknowledged(open({ namespace: there, protocol: route }), 16, 0, lo)).to.equal(0); // lo down, over there
            expect(everything(listener).map((frame) => frame.nsid)).to.deep.equal([4711]);
            expect(acknowledged(client, 16, 0, lo)).to.equal(0);
            expect(everything(listener).map((frame) => frame.nsid)).to.deep.equal([-1]);
          }),
        ),
      ));
  });
});
