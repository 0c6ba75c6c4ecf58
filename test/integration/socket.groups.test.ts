import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Namespace } from '../../lib/namespace.js';
import type { NetlinkSocket } from '../../lib/netlink/socket.js';
import { attribute, concat, i32, text, u32 } from '../native/support/frames.js';
import { rejectionOf } from '../support/error-of.js';
import { carriers, Scratch } from './support/namespaces.js';
import { take, takeUntil } from './support/reading.js';
import {
  deleteLink,
  IFF_UP,
  IFLA_IFNAME,
  IFLA_LINKINFO,
  ifinfomsg,
  linkOf,
  newBridge,
  newNsid,
  newVeth,
  NLM_F_CREATE,
  NLM_F_EXCL,
  RTM_DELLINK,
  RTM_NEWADDR,
  RTM_NEWLINK,
  RTNLGRP_LINK,
  RTNLGRP_TUNNEL,
  setUp,
  until,
} from './support/route.js';

const RTNLGRP_IPV4_IFADDR = 5;
const RTM_NEWTUNNEL = 120;

/** 10.0.0.n/24 on a link. */
const newAddress = (index: number, last: number) => ({
  type: RTM_NEWADDR,
  flags: NLM_F_CREATE | NLM_F_EXCL,
  body: concat(new Uint8Array([2, 24, 0, 0]), i32(index), attribute(2, new Uint8Array([10, 0, 0, last]))),
});

/** A vxlan whose numbers are filtered (Linux 5.18): their changes are told in group 35, which no mask of 32 bits can name. */
const newFilteringVxlan = (name: string, index: number) => ({
  type: RTM_NEWLINK,
  flags: NLM_F_CREATE | NLM_F_EXCL,
  body: concat(
    ifinfomsg({ index }),
    attribute(IFLA_IFNAME, text(name)),
    attribute(
      IFLA_LINKINFO,
      attribute(1, text('vxlan')),
      attribute(2, attribute(25, new Uint8Array([1])), attribute(30, new Uint8Array([1]))),
    ),
  ),
});

for (const carrier of carriers) {
  describe(`A subscription (${carrier})`, () => {
    const scratch = new Scratch();
    let namespace: Namespace;
    let asker: NetlinkSocket;

    before(async () => {
      namespace = await scratch.namespace(carrier);
      asker = await scratch.socket(namespace, 'route', { carrier });
      await asker.request(newBridge('b', 10));
    });
    after(() => scratch.close());

    it('hears of links what ip monitor hears', async function () {
      this.timeout(60_000);
      const listener = await scratch.socket(namespace, 'route', { carrier, groups: [RTNLGRP_LINK] });
      const monitor = spawn('nsenter', [`--net=/proc/${process.pid}/fd/${namespace.fd}`, 'ip', '-o', 'monitor', 'link'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const lines: string[] = [];
      const theirs = createInterface({ input: monitor.stdout });
      theirs.on('line', (line) => lines.push(line));
      try {
        // It is listening once it has told something.
        for (let count = 0; lines.length === 0; count++) await asker.request(setUp(10, count % 2 === 0));
        await asker.request(setUp(10, false));
        await asker.request(newBridge('start', 11));
        for (let count = 0; count < 20; count++) await asker.request(setUp(10, count % 2 === 0));
        await asker.request(newVeth('left', 'right'));
        await asker.request(deleteLink(10));
        await asker.request(newBridge('b', 10));
        await asker.request(newBridge('end', 12));
        const ours = (await takeUntil(listener, (message) => linkOf(message).name === 'end')).map((message) => ({
          ...linkOf(message),
          deleted: message.type === RTM_DELLINK,
        }));
        while (!lines.some((line) => line.includes('end:'))) await once(theirs, 'line');
        const seen = lines.map((line) => {
          const [, index, name, flags] = /(\d+): ([^:@]+)(?:@[^:]+)?: <([^>]*)>/.exec(line) ?? [];
          return { index: Number(index), name, up: flags?.split(',').includes('UP'), deleted: line.startsWith('Deleted') };
        });
        const from = <T extends { name?: string | undefined }>(list: T[]): T[] =>
          list.slice(list.findIndex(({ name }) => name === 'start'));
        expect(from(ours.map(({ index, name, flags, deleted }) => ({ index, name, up: (flags & IFF_UP) !== 0, deleted })))).to.deep.equal(
          from(seen),
        );
        expect(from(ours).filter(({ index }) => index === 10).length).to.be.greaterThan(20);
      } finally {
        monitor.kill();
        await once(monitor, 'close');
        await listener.close();
        for (const index of [11, 12]) await asker.request(deleteLink(index));
      }
    });

    it('joins and leaves groups while it is open, and tells which one a message came through', async () => {
      const listener = await scratch.socket(namespace, 'route', { carrier, groups: [RTNLGRP_LINK] });
      expect(await listener.memberships()).to.deep.equal([RTNLGRP_LINK]);
      await asker.request(newAddress(10, 1));
      await listener.join(RTNLGRP_IPV4_IFADDR);
      expect(await listener.memberships()).to.deep.equal([RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR]);
      await asker.request(newAddress(10, 2));
      await asker.request(setUp(10, true));
      const [address, ...links] = await takeUntil(listener, ({ type }) => type === RTM_NEWLINK);
      expect(address).to.include({ type: RTM_NEWADDR, group: RTNLGRP_IPV4_IFADDR });
      for (const link of links) expect(link).to.include({ type: RTM_NEWLINK, group: RTNLGRP_LINK });
      await listener.leave(RTNLGRP_LINK);
      await asker.request(setUp(10, false));
      await asker.request(newAddress(10, 3));
      const rest = await takeUntil(listener, ({ type }) => type === RTM_NEWADDR);
      expect(rest.at(-1)).to.include({ group: RTNLGRP_IPV4_IFADDR });
      expect(await listener.memberships()).to.deep.equal([RTNLGRP_IPV4_IFADDR]);
    });

    it('hears groups beyond the 32 of the mask', async () => {
      await asker.request(newFilteringVxlan('vx', 20));
      const listener = await scratch.socket(namespace, 'route', { carrier, groups: [RTNLGRP_TUNNEL] });
      expect(await listener.memberships()).to.deep.equal([RTNLGRP_TUNNEL]);
      const body = concat(new Uint8Array([7, 0, 0, 0]), i32(20), attribute(0x8001, attribute(1, u32(77))));
      await asker.request({ type: RTM_NEWTUNNEL, flags: NLM_F_CREATE, body });
      expect((await take(listener, 1))[0]).to.include({ type: RTM_NEWTUNNEL, group: RTNLGRP_TUNNEL });
    });

    it('is refused a group that nobody has, and stays what it was', async () => {
      const listener = await scratch.socket(namespace, 'route', { carrier, groups: [RTNLGRP_LINK] });
      const error = await rejectionOf(listener.join(5000));
      expect(error).to.include({ code: 'EINVAL', syscall: 'setsockopt', namespace: String(namespace), operation: 'join route group 5000' });
      const leaving = await rejectionOf(listener.leave(5000));
      expect(leaving).to.include({
        code: 'EINVAL',
        syscall: 'setsockopt',
        namespace: String(namespace),
        operation: 'leave route group 5000',
      });
      for (const wrong of [0, -1, 1.5, 2 ** 31, 'link']) {
        expect(await rejectionOf(listener.join(wrong as number))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
      }
      expect(await listener.memberships()).to.deep.equal([RTNLGRP_LINK]);
      const opening = await rejectionOf(scratch.socket(namespace, 'route', { carrier, groups: [RTNLGRP_LINK, 5000] }));
      expect(opening).to.include({ code: 'EINVAL', operation: 'join route group 5000', namespace: String(namespace) });
    });

    it('answers requests while it hears events', async () => {
      const listener = await scratch.socket(namespace, 'route', { carrier, groups: [RTNLGRP_LINK] });
      const changes = Array.from({ length: 400 }, (_, count) => listener.request(setUp(10, count % 2 === 0)));
      const events = takeUntil(listener, (_, taken) => taken.filter((message) => linkOf(message).index === 10).length >= 400);
      for (const { messages } of await Promise.all(changes)) expect(messages).to.deep.equal([]);
      const flags = (await events).filter((message) => linkOf(message).index === 10).map((message) => linkOf(message).flags & IFF_UP);
      expect(flags.slice(0, 8)).to.include.members([0, 1]);
    });

    it('has one reader at a time', async () => {
      const listener = await scratch.socket(namespace, 'route', { carrier, groups: [RTNLGRP_LINK] });
      const abort = new AbortController();
      const first = listener.messages({ signal: abort.signal });
      const waiting = rejectionOf(first.next());
      await new Promise((resolve) => setImmediate(resolve));
      expect(await rejectionOf(listener.messages().next())).to.include({ code: 'NETLANE_BUSY' });
      abort.abort();
      expect(await waiting).to.include({ code: 'ABORT_ERR' });
      await asker.request(setUp(10, true));
      await asker.request(setUp(10, false));
      expect((await take(listener, 1))[0]).to.include({ type: RTM_NEWLINK });
    });

    it('hears other namespaces by their number, and only those that have one', async () => {
      const [numbered, unnumbered] = [await scratch.namespace(carrier), await scratch.namespace(carrier)];
      await asker.request(newNsid(numbered.fd, 77));
      const listener = await scratch.socket(namespace, 'route', { carrier, groups: [RTNLGRP_LINK], allNamespaces: true });
      const deaf = await scratch.socket(namespace, 'route', { carrier, groups: [RTNLGRP_LINK] });
      for (const place of [unnumbered, numbered]) {
        const socket = await scratch.socket(place, 'route', { carrier });
        await socket.request(newBridge('elsewhere', 50));
      }
      await asker.request(newBridge('here', 51));
      const heard = await takeUntil(listener, (message) => linkOf(message).name === 'here');
      expect(heard.map((message) => [linkOf(message).name, message.nsid])).to.deep.equal([
        ['elsewhere', 77],
        ['here', undefined],
      ]);
      expect(heard.at(-1)).to.not.have.property('nsid');
      expect((await takeUntil(deaf, (message) => linkOf(message).name === 'here')).map((message) => linkOf(message).name)).to.deep.equal([
        'here',
      ]);
      await asker.request(deleteLink(51));
    });

    it('drops what user space sends in the kernel’s name', async () => {
      const victim = await scratch.socket(namespace, 'route', { carrier, groups: [RTNLGRP_LINK] });
      const asking = await scratch.socket(namespace, 'route', { carrier });
      const impostor = await scratch.socket(namespace, 'route', { carrier, from: 'any' });
      for (let count = 0; count < 5; count++) {
        await impostor.send({ type: RTM_NEWLINK, port: victim.port, body: ifinfomsg({ index: 66 }) });
        await impostor.send({ type: RTM_NEWLINK, port: asking.port, body: ifinfomsg({ index: 66 }) });
      }
      await impostor.send({ type: RTM_NEWLINK, groups: [RTNLGRP_LINK], body: ifinfomsg({ index: 66 }) });
      await asker.request(newBridge('real', 52));
      expect((await take(victim, 1)).map((message) => linkOf(message).name)).to.deep.equal(['real']);
      expect((await victim.statistics()).dropped).to.equal(6);
      expect(
        (await asking.request({ type: 18, body: ifinfomsg({ index: 52 }) })).messages.map((message) => linkOf(message).name),
      ).to.deep.equal(['real']);
      expect((await asking.statistics()).dropped).to.equal(5);
      await asker.request(deleteLink(52));
    });

    it('is not taken in by an impostor who knows the sequence number', async () => {
      const { channel } = process.getBuiltinModule('node:diagnostics_channel');
      const impostor = await scratch.socket(namespace, 'route', { carrier, from: 'any' });
      const asking = await scratch.socket(namespace, 'route', { carrier });
      let sequence = 0;
      const spy = (message: unknown): void => {
        const { bytes } = message as { bytes: Uint8Array };
        sequence = new DataView(bytes.buffer, bytes.byteOffset).getUint32(8, true);
      };
      channel('netlane:request').subscribe(spy);
      let outcome: unknown;
      const asked = asking.request({ ...setUp(1, true), acknowledge: false, timeout: 200 }).then(
        () => (outcome = 'answered'),
        (error: unknown) => (outcome = error),
      );
      channel('netlane:request').unsubscribe(spy);
      expect(sequence).to.be.greaterThan(0);
      // NLMSG_ERROR with errno 0: an acknowledgement.
      await impostor.send({ type: 2, port: asking.port, sequence, body: new Uint8Array(20) });
      await asked;
      expect(outcome).to.include({ code: 'NETLANE_TIMEOUT' });
      await until('it was dropped', async () => (await asking.statistics()).dropped === 1);
    });
  });
}
