import { expect } from 'chai';
import { encodeToBytes, type Codec } from '../../lib/codec/codec.js';
import { locate, locateMissing } from '../../lib/codec/locate.js';
import { littleEndian } from '../../lib/codec/scalars.js';
import { address } from '../../lib/schema/route/address.js';
import { link } from '../../lib/schema/route/link.js';
import { nexthop } from '../../lib/schema/route/nexthop.js';
import { route } from '../../lib/schema/route/route.js';

/** Offsets of the headers of all attributes with this type and content length, wherever they are. */
function offsetsOf(bytes: Uint8Array, type: number, length: number): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: number[] = [];
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    if (view.getUint16(at, littleEndian) === length + 4 && (view.getUint16(at + 2, littleEndian) & 0x3fff) === type) found.push(at);
  }
  return found;
}

function named<I>(codec: Codec<unknown, I>, value: I, type: number, length: number): (string | undefined)[] {
  const bytes = encodeToBytes(codec, value);
  return offsetsOf(bytes, type, length).map((at) => locate(codec as Codec<unknown, never>, bytes, at));
}

describe('the attribute at an offset', () => {
  it('has its name here and the kernel name', () => {
    expect(named(link, { name: 'v0', mtu: 68 }, 4, 4)).to.deep.equal(['mtu (IFLA_MTU)']);
    expect(named(link, { name: 'v0', mtu: 68 }, 3, 3)).to.deep.equal(['name (IFLA_IFNAME)']);
  });

  it('is found in nests, by the kind of the link', () => {
    expect(named(link, { kind: 'vlan', data: { protocol: '802.1ad', id: 5000 } }, 1, 2)).to.deep.equal(['data.id (IFLA_VLAN_ID)']);
    expect(named(link, { kind: 'vxlan', data: { id: 7, group: 'ff02::1' } }, 16, 16)).to.deep.equal(['data.group (IFLA_VXLAN_GROUP6)']);
    expect(named(link, { kind: 'veth', peer: { mtu: 1 } }, 4, 4)).to.deep.equal(['peer.mtu (IFLA_MTU)']);
    expect(named(link, { port: { kind: 'bridge', data: { cost: 0 } } }, 3, 4)).to.deep.equal(['port.data.cost (IFLA_BRPORT_COST)']);
    expect(named(link, { alternativeNames: ['one', 'two'] }, 53, 4)).to.deep.equal([
      'alternativeNames[0] (IFLA_PROP_LIST)',
      'alternativeNames[1] (IFLA_PROP_LIST)',
    ]);
  });

  it('is found in nexthops and encapsulations', () => {
    const value = {
      destination: '10.0.0.0/8',
      nexthops: [{ gateway: '10.0.0.1' }, { gateway: '10.0.0.2', encapsulation: { type: 'mpls' as const, labels: [16, 17], ttl: 1 } }],
    };
    expect(named(route, value, 5, 4)).to.deep.equal(['nexthops[0].gateway (RTA_GATEWAY)', 'nexthops[1].gateway (RTA_GATEWAY)']);
    expect(named(route, value, 21, 2)).to.deep.equal(['nexthops[1].encapsulation.type (RTA_ENCAP_TYPE)']);
    expect(named(route, value, 1, 8)).to.deep.equal(['nexthops[1].encapsulation.labels (MPLS_IPTUNNEL_DST)']);
  });

  it('is the field that it is part of, where several make one', () => {
    expect(named(address, { link: 1, address: '10.0.0.1/24' }, 2, 4)).to.deep.equal(['address (IFA_LOCAL)']);
    expect(named(route, { destination: '10.0.0.0/8', table: 1000 }, 15, 4)).to.deep.equal(['table (RTA_TABLE)']);
  });

  it('may be a member of the header', () => {
    const bytes = encodeToBytes(address, { link: 9, address: '10.0.0.1/24' });
    expect(locate(address, bytes, 4)).to.equal('link (ifa_index)');
    expect(locate(address, bytes, 0)).to.equal('family (ifa_family)');
  });

  it('may be within an entry of a group', () => {
    const bytes = encodeToBytes(nexthop, { id: 1, group: [{ id: 1 }, { id: 2, weight: 3 }] });
    const [start] = offsetsOf(bytes, 2, 16);
    expect(locate(nexthop, bytes, (start ?? 0) + 4 + 8)).to.equal('group[1].id (id)');
  });

  it('is never guessed', () => {
    const unknown = encodeToBytes(link, { unknown: [{ type: 900, data: new Uint8Array(4) }] });
    expect(locate(link, unknown, 16)).to.equal(undefined);
    expect(locate(link, unknown, 5000)).to.equal(undefined);
    const otherKind = encodeToBytes(link, { kind: 'dummy', data: { unknown: [{ type: 5, data: new Uint8Array(8) }] } });
    const [inner] = offsetsOf(otherKind, 5, 8);
    expect(locate(link, otherKind, inner ?? -1)).to.equal('data (IFLA_INFO_DATA)');
  });

  it('does not depend on the bytes being right', () => {
    const bytes = encodeToBytes(link, { kind: 'vlan', data: { id: 1 } });
    for (let at = 0; at < bytes.length; at++) {
      for (const value of [0, 1, 3, 255]) {
        const broken = bytes.slice();
        broken[at] = value;
        for (let offset = 0; offset <= bytes.length; offset += 4) locate(link, broken, offset);
      }
    }
  });
});

describe('a missing attribute', () => {
  it('is named by the nest that misses it', () => {
    const bytes = encodeToBytes(link, { kind: 'vlan', data: { protocol: '802.1q' } });
    const nest = offsetsOf(bytes, 2, 8)[0];
    expect(locateMissing(link, bytes, nest, 1)).to.equal('data.id (IFLA_VLAN_ID)');
    expect(locateMissing(link, bytes, nest, 999)).to.equal(undefined);
  });

  it('of the message itself has no nest', () => {
    const bytes = encodeToBytes(nexthop, { gateway: '10.0.0.1', fdb: true });
    expect(locateMissing(nexthop, bytes, undefined, 5)).to.equal('link (NHA_OIF)');
    expect(locateMissing(nexthop, bytes, 4000, 5)).to.equal(undefined);
  });
});
