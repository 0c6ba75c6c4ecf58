import { readSync, writeSync } from 'node:fs';
import { expect } from 'chai';
import type { SystemError } from '../../lib/errors.js';
import { Namespace } from '../../lib/namespace.js';
import type { RouteClient } from '../../lib/netlink/route.js';
import { rejectionOf } from '../support/error-of.js';
import { ipJson, uniqueName } from '../support/namespaces.js';
import { needs } from '../support/skip.js';
import { limit } from '../support/time.js';

interface Shown {
  readonly ifname: string;
  readonly ifindex: number;
  readonly mtu: number;
  readonly flags: readonly string[];
  readonly linkinfo?: { readonly info_kind?: string; readonly info_data?: Readonly<Record<string, unknown>> };
}

/** An IPv4 packet with an UDP datagram of nothing, from and to documentation addresses. */
function packet(): Uint8Array {
  const bytes = new Uint8Array(28);
  bytes.set([0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 2, 192, 0, 2, 1, 0, 9, 0, 9, 0, 8, 0, 0]);
  let sum = 0;
  for (let at = 0; at < 20; at += 2) sum += ((bytes[at] ?? 0) << 8) + (bytes[at + 1] ?? 0);
  const checksum = ~((sum & 0xffff) + (sum >> 16)) & 0xffff;
  bytes.set([checksum >> 8, checksum & 0xff], 10);
  return bytes;
}

describe('A tun or tap device', function () {
  this.timeout(limit(60_000));
  let namespace: Namespace;
  let route: RouteClient<Namespace>;

  before(async function () {
    await needs(this, 'tun devices', async () => {
      await using scratch = await Namespace.create();
      await using client = await scratch.route({ thread: 'caller' });
      await (await client.links.openTun({ mode: 'tun' })).close();
    });
    namespace = await Namespace.create({ loopback: true });
    route = await namespace.route({ thread: 'caller' });
    await route.links.list();
  });
  // Without tun devices there is none.
  after(() => (namespace as Namespace | undefined)?.close());

  it('is opened inside the namespace, carries packets, and goes with its fd', async () => {
    const name = uniqueName('q');
    const device = await route.links.openTun({ mode: 'tun', name });
    expect(device).to.include({ name, closed: false });
    expect(device.fds).to.deep.equal([device.fd]);
    await route.links.set(name, { up: true });
    await route.addresses.add({ link: name, address: '192.0.2.1/24' });
    expect(ipJson<Shown>(namespace, `link show dev ${name}`)[0]?.linkinfo?.info_data).to.include({
      type: 'tun',
      pi: false,
      persist: false,
    });
    await using here = await Namespace.current();
    expect(await (await here.route({ thread: 'caller' })).links.find(name)).to.equal(undefined);
    // The port is nobody's: the kernel answers with an ICMP message.
    writeSync(device.fd, packet());
    const answer = Buffer.alloc(2048);
    let length = 0;
    while (answer[9] !== 1 || answer[0] !== 0x45) length = readSync(device.fd, answer);
    expect(length).to.be.greaterThan(28);
    expect([...answer.subarray(12, 20)]).to.deep.equal([192, 0, 2, 1, 192, 0, 2, 2]);
    await device.close();
    await device.close();
    expect(device.closed).to.equal(true);
    expect(await route.links.find(name)).to.equal(undefined);
  });

  it('has as many fds as it is asked for queues', async () => {
    await using device = await route.links.openTun({ mode: 'tap', queues: 3, vnetHeader: true, vnetHeaderSize: 12, index: 77 });
    expect(device.name).to.equal('tap0');
    expect(new Set(device.fds).size).to.equal(3);
    expect((await route.links.get(77)).data).to.include({ type: 'tap', multiQueue: true, queues: 3, vnetHeader: true });
  });

  it('is attached to on request only', async () => {
    const name = uniqueName('q');
    await using first = await route.links.openTun({ mode: 'tap', name, multiQueue: true });
    const error = (await rejectionOf(route.links.openTun({ mode: 'tap', name, multiQueue: true }))) as SystemError;
    expect(error).to.include({ code: 'EBUSY', operation: `open tap device ${name}`, namespace: String(namespace) });
    expect(error.message).to.match(/attach: true/);
    await using second = await route.links.openTun({ mode: 'tap', name, multiQueue: true, attach: true });
    expect(second.fd).to.not.equal(first.fd);
    const other = (await rejectionOf(route.links.openTun({ mode: 'tun', name, attach: true }))) as SystemError;
    expect(other.code).to.equal('EINVAL');
  });

  it('stays when links.add() made it, as ip shows it, and is made again from the list', async () => {
    await route.links.add({
      name: 'tap7',
      kind: 'tun',
      data: { type: 'tap', owner: 54321, group: 54322, multiQueue: true, vnetHeader: true },
      mtu: 1400,
      address: '02:00:00:00:00:07',
      up: true,
    });
    const [shown] = ipJson<Shown>(namespace, 'link show dev tap7');
    expect(shown).to.include({ ifname: 'tap7', mtu: 1400, address: '02:00:00:00:00:07' });
    expect(shown?.linkinfo?.info_data).to.include({
      type: 'tap',
      pi: false,
      vnet_hdr: true,
      multi_queue: true,
      persist: true,
      user: 54321,
      group: 54322,
    });
    const listed = await route.links.get('tap7');
    await route.links.delete('tap7');
    await route.links.add(listed);
    const [again] = ipJson<Shown>(namespace, 'link show dev tap7');
    // That nobody holds it, the kernel notices a moment later.
    const [first, second] = [shown, again].map((one) => ({
      ...one,
      operstate: undefined,
      flags: one?.flags.filter((flag) => flag !== 'NO-CARRIER'),
    }));
    expect(second).to.deep.equal({ ...first, ifindex: listed.index });
    await using device = await route.links.openTun({ mode: 'tap', name: 'tap7', multiQueue: true, vnetHeader: true, attach: true });
    expect(device.fd).to.be.greaterThan(0);
    await route.links.delete('tap7');
  });

  it('has further names, settings as a port and of address families, whoever chose its name', async () => {
    await route.links.add({ name: 'br7', kind: 'bridge' });
    await route.links.add({
      name: 'tap%d',
      kind: 'tun',
      data: { type: 'tap' },
      alias: 'to the guest',
      alternativeNames: ['tap-of-the-guest'],
      master: 'br7',
      port: { kind: 'bridge', data: { cost: 7 } },
      protocols: { ipv6: { addressGeneration: 'none' } },
    });
    const made = await route.links.get('tap-of-the-guest');
    expect(made).to.deep.include({ alias: 'to the guest', alternativeNames: ['tap-of-the-guest'] });
    expect(made.name).to.match(/^tap[0-9]+$/);
    const [shown] = ipJson<object>(namespace, `link show dev ${made.name}`);
    expect(shown).to.have.nested.property('linkinfo.info_slave_data.cost', 7);
    expect(shown).to.include({ inet6_addr_gen_mode: 'none' });
    const taken = await rejectionOf(route.links.add({ name: 'tun8', kind: 'tun', alternativeNames: ['tap-of-the-guest'] }));
    expect(taken).to.include({ code: 'EEXIST' });
    expect(await route.links.find('tun8')).to.equal(undefined);
    await route.links.delete('tap-of-the-guest');
    await route.links.delete('br7');
  });

  it('is taken back when what it is to be like is refused', async () => {
    const error = await rejectionOf(route.links.add({ name: 'tun9', kind: 'tun', mtu: 1 }));
    expect(error).to.include({ code: 'EINVAL', operation: 'set link tun9' });
    expect(await route.links.find('tun9')).to.equal(undefined);
    expect(await rejectionOf(route.links.add({ name: 'lo', kind: 'tun' }))).to.include({ code: 'EBUSY' });
  });

  it('is refused before anything is opened where it cannot be meant', async () => {
    // Where the modules of tunnels are loaded, each namespace has devices of theirs.
    const names = async () => (await route.links.list()).map((link) => link.name);
    const before = await names();
    for (const [options, text] of [
      [{ mode: 'tan' }, 'mode'],
      [{ mode: 'tun', name: 'far-too-long-name' }, 'name'],
      [{ mode: 'tun', queues: 0 }, 'queues'],
      [{ mode: 'tun', quues: 1 }, 'did you mean queues'],
      [{ mode: 'tap', owner: -1 }, 'owner'],
    ] as const) {
      const error = (await rejectionOf(route.links.openTun(options as never))) as Error;
      expect(error).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
      expect(error.message).to.include(text);
    }
    expect(await names()).to.deep.equal(before);
  });

  it('is refused before it is made where anything of it is wrong, or would be passed over', async () => {
    const names = async () => (await route.links.list()).map((link) => link.name);
    const before = await names();
    const device = { name: 'tun9', kind: 'tun' };
    for (const [wrong, text] of [
      [{ ...device, bar: 2 }, 'bar'],
      [{ ...device, peer: { name: 'x' } }, 'peer'],
      [{ ...device, txQueues: 'abc' }, 'txQueues'],
      [{ ...device, index: 'abc' }, 'index'],
      [{ ...device, index: -5 }, 'index'],
      [{ ...device, data: 'x' }, 'data'],
      [{ ...device, data: null }, 'data'],
      [{ ...device, data: { type: 'tap', foo: 1 } }, 'data.foo'],
      [{ ...device, mtu: 'x' }, 'mtu'],
      [{ ...device, alias: 5 }, 'alias'],
      [{ ...device, alternativeNames: 'abc' }, 'alternativeNames'],
      [{ ...device, protocols: { ipv6: { addressGeneration: 'bogus' } } }, 'protocols.ipv6.addressGeneration'],
    ] as const) {
      const watch = route.watch(['link']);
      await watch.ready;
      const error = (await rejectionOf(route.links.add(wrong as never))) as Error;
      expect(error, JSON.stringify(wrong)).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
      expect(error.message).to.include(`${text} `);
      await route.links.add({ name: 'last', kind: 'ifb' });
      for await (const event of watch) {
        if (!('value' in event) || event.object !== 'link') continue;
        expect(event.value.name, JSON.stringify(wrong)).to.equal('last');
        break;
      }
      await route.links.delete('last');
    }
    expect(await names()).to.deep.equal(before);
  });

  it('needs a namespace that is open', async () => {
    const scratch = await Namespace.create();
    const client = await scratch.route({ thread: 'caller' });
    await scratch.close();
    expect(await rejectionOf(client.links.openTun({ mode: 'tun' }))).to.include({ code: 'NETLANE_CLOSED' });
  });
});
