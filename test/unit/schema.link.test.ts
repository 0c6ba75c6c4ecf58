import { expect } from 'chai';
import { decodeFrom, encodeToBytes, Input } from '../../lib/codec/codec.js';
import { link, linkFlags, type LinkInput } from '../../lib/schema/route/link.js';
import { otherKind } from '../../lib/schema/route/other-kind.js';
import { littleEndian } from '../../lib/codec/scalars.js';
import { errorOf } from '../support/error-of.js';

function again(value: LinkInput): object {
  return decodeFrom(link, encodeToBytes(link, value));
}

/** ifi_flags and ifi_change of an encoded link. */
function flagWords(value: LinkInput): [number, number] {
  const bytes = encodeToBytes(link, value);
  const view = new DataView(bytes.buffer);
  return [view.getUint32(8, littleEndian), view.getUint32(12, littleEndian)];
}

describe('links', () => {
  it('have switches that change only what is given', () => {
    expect(flagWords({})).to.deep.equal([0, 0]);
    expect(flagWords({ up: true })).to.deep.equal([1, 1]);
    expect(flagWords({ up: false, promiscuous: true })).to.deep.equal([0x100, 0x101]);
    // The kernel's flag says the opposite of the switch.
    expect(flagWords({ arp: true })).to.deep.equal([0, 0x80]);
    expect(flagWords({ arp: false })).to.deep.equal([0x80, 0x80]);
  });

  it('report all flags by name, which are ignored when they are written', () => {
    const value = again({ up: true, multicast: true });
    expect(value)
      .to.include({ up: true, multicast: true, promiscuous: false, arp: true })
      .and.to.have.property('flags')
      .that.deep.equals(['up', 'multicast']);
    expect(flagWords({ flags: ['up', 'promisc'] })).to.deep.equal([0, 0]);
    expect(linkFlags.names(0x10043)).to.deep.equal(['up', 'broadcast', 'running', 'lower-up']);
  });

  it('of a pair have their other end beside the kind', () => {
    for (const kind of ['veth', 'vxcan', 'netkit'] as const) {
      const value = again({ name: 'v0', kind, peer: { name: 'v1', mtu: 1400, namespace: 9, up: true } });
      expect(value).to.deep.include({ name: 'v0', kind }).and.to.not.have.property('data');
      expect(value).to.have.property('peer').that.deep.includes({ name: 'v1', mtu: 1400, namespace: 9, up: true });
    }
    expect(again({ kind: 'netkit', data: { mode: 'l2' }, peer: { name: 'x' } }))
      .to.have.property('data')
      .that.deep.equals({ mode: 'l2' });
  });

  it('have their namespace as a handle', () => {
    expect(again({ namespace: { fd: 12 } })).to.include({ namespace: 12 });
    expect(errorOf(() => encodeToBytes(link, { namespace: 'blue' as unknown as number }))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    expect(errorOf(() => encodeToBytes(link, { peer: { namespace: {} }, kind: 'veth' })).message).to.contain('peer.namespace');
  });

  it('that are bonds can be added as they were listed: what the mode does not have is left out at its default', () => {
    const listed = {
      upDelay: 0,
      miiMonitor: 0,
      arpInterval: 0,
      lacpRate: 'slow',
      lacpActive: true,
      tlbDynamicBalance: true,
      packetsPerPort: 1,
      minLinks: 0,
    } as const;
    const data = (value: LinkInput): object => (again(value) as { data: object }).data;
    expect(data({ kind: 'bond', data: { mode: 'balance-rr', ...listed } })).to.deep.equal({
      mode: 'balance-rr',
      miiMonitor: 0,
      arpInterval: 0,
      packetsPerPort: 1,
      minLinks: 0,
    });
    expect(data({ kind: 'bond', data: { mode: 4, ...listed, adActorSystem: '00:00:00:00:00:00' } })).to.deep.equal({
      mode: '802.3ad',
      miiMonitor: 0,
      lacpRate: 'slow',
      lacpActive: true,
      minLinks: 0,
    });
    // What is not the default goes to the kernel, and its refusal to the caller.
    expect(data({ kind: 'bond', data: { mode: 'balance-rr', lacpRate: 'fast', upDelay: 5 } })).to.deep.equal({
      mode: 'balance-rr',
      lacpRate: 'fast',
      upDelay: 5,
    });
  });

  it('of kinds that nobody knows keep their options', () => {
    const value = { kind: otherKind('quantum'), data: { unknown: [{ type: 3, data: Uint8Array.of(1, 2) }] } };
    expect(again(value)).to.deep.include(value);
  });

  it('may say nothing of a kind', () => {
    expect(again({ mtu: 1400 })).to.not.have.any.keys('kind', 'data', 'port');
  });

  it('of the bridge family leave what means something else there to its own schema', () => {
    const bytes = encodeToBytes(link, { family: 'bridge', unknown: [{ type: 26, data: Uint8Array.of(6, 0, 2, 0, 1, 0, 5, 0) }] });
    expect(decodeFrom(link, bytes)).to.include({ family: 'bridge' });
  });

  it('of older kernels have fewer counters', () => {
    const content = new Uint8Array(23 * 8);
    new DataView(content.buffer).setUint32(0, 5, littleEndian);
    const bytes = encodeToBytes(link, { unknown: [{ type: 23, data: content }] });
    const statistics = decodeFrom(link, bytes).statistics;
    expect(statistics).to.include({ rxPackets: 5, txCompressed: 0 }).and.to.not.have.any.keys('rxNoHandler', 'rxOtherHostDropped');
    expect(link.decode(new Input(bytes, { bigint: true })).statistics).to.include({ rxPackets: 5n });
  });

  it('report the IPv4 settings as an array and take them one by one', () => {
    const array = encodeToBytes(link, {
      unknown: [{ type: 26, data: Uint8Array.from([16, 0, 2, 0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0]) }],
    });
    if (littleEndian) expect(decodeFrom(link, array).protocols).to.deep.equal({ ipv4: { settings: { forwarding: 1, mc_forwarding: 0 } } });
    const bytes = encodeToBytes(link, { protocols: { ipv4: { settings: { rp_filter: 2 } } } });
    const view = new DataView(bytes.buffer);
    // AF_SPEC { AF_INET { INET_CONF { 8: 2 } } }, and nothing about the settings that are not given.
    expect([16, 20, 24, 28].map((at) => [view.getUint16(at, littleEndian), view.getUint16(at + 2, littleEndian) & 0x3fff])).to.deep.equal([
      [20, 26],
      [16, 2],
      [12, 1],
      [8, 8],
    ]);
    expect(view.getUint32(32, littleEndian)).to.equal(2);
  });

  it('refuse IPv4 settings that are no numbers, have no such name or no such number', () => {
    const given = (settings: unknown): (() => Uint8Array) => {
      return () => encodeToBytes(link, { protocols: { ipv4: { settings } } } as LinkInput);
    };
    for (const value of [true, '1', Number.NaN, null, 1.7, 2 ** 32 + 2, -(2 ** 31) - 1, Infinity, 1n, [1]]) {
      const error = errorOf(given({ rp_filter: value }));
      expect(error, String(value)).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
      expect(error.message).to.contain('protocols.ipv4.settings.rp_filter');
    }
    expect(errorOf(given({ forwarding: 0, rp_filtr: 2 })).message).to.contain('did you mean rp_filter or');
    for (const name of ['0', '16383', '20000000', '-1', '1.5', '040', '1e3', 'length'])
      expect(errorOf(given({ [name]: 1 })), name).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    for (const settings of [null, 5, 'rp_filter', [1]])
      expect(errorOf(given(settings)), String(settings)).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    // What this list does not have yet is by its place in the array.
    const view = new DataView(given({ '40': -2, forwarding: 1, rp_filter: undefined })().buffer);
    expect([28, 36].map((at) => [view.getUint16(at + 2, littleEndian), view.getInt32(at + 4, littleEndian)])).to.deep.equal([
      [1, 1],
      [41, -2],
    ]);
  });

  it('can be logged, cloned and sent through JSON as they were listed', () => {
    const value = again({
      name: 'v0',
      kind: 'vlan',
      data: { id: 5, flags: { gvrp: true } },
      address: '02:00:00:00:00:01',
      port: { kind: 'bridge', data: { cost: 4 } },
    });
    expect(JSON.parse(JSON.stringify(value))).to.deep.equal(value);
    expect(structuredClone(value)).to.deep.equal(value);
    expect(Object.getPrototypeOf(value)).to.equal(Object.prototype);
  });
});
