import { expect } from 'chai';
import { decodeFrom, encodeToBytes } from '../../lib/codec/codec.js';
import { address, type AddressInput } from '../../lib/schema/route/address.js';
import { fdb, neighbour } from '../../lib/schema/route/neighbour.js';
import { nexthop } from '../../lib/schema/route/nexthop.js';
import { route, type RouteInput } from '../../lib/schema/route/route.js';
import { rule } from '../../lib/schema/route/rule.js';
import { errorOf } from '../support/error-of.js';

function again(value: RouteInput): object {
  return decodeFrom(route, encodeToBytes(route, value));
}

function refusal(value: RouteInput): Error {
  return errorOf(() => encodeToBytes(route, value));
}

describe('routes', () => {
  it("to 'default' have no destination on the wire, and their family from elsewhere", () => {
    expect(again({ destination: 'default', gateway: 'fe80::1', link: 2 })).to.include({
      family: 'ipv6',
      destination: 'default',
      gateway: 'fe80::1',
    });
    expect(again({ destination: 'default', gateway: '10.0.0.1' })).to.include({ family: 'ipv4', destination: 'default' });
    expect(again({ destination: 'default', family: 'inet6' })).to.include({ family: 'ipv6', destination: 'default' });
    expect(again({ destination: 'default', nexthops: [{ gateway: 'fe80::1' }] })).to.include({ family: 'ipv6' });
    expect(encodeToBytes(route, { destination: 'default' })).to.have.length(12);
  });

  it('have the family of their destination, whatever comes first', () => {
    expect(again({ gateway: '10.0.0.2', destination: '10.1.0.0/16' })).to.include({
      family: 'ipv4',
      destination: '10.1.0.0/16',
      gateway: '10.0.0.2',
    });
    expect(again({ destination: '10.0.0.9' })).to.include({ destination: '10.0.0.9/32' });
    expect(again({ destination: 'fd00::/8', source: 'fd01::/16' })).to.include({ destination: 'fd00::/8', source: 'fd01::/16' });
  });

  it('reach gateways of another family', () => {
    expect(again({ gateway: 'fe80::1', destination: '10.1.0.0/16', link: 3 })).to.deep.include({
      family: 'ipv4',
      via: { family: 'ipv6', address: 'fe80::1' },
    });
    expect(again({ destination: '10.1.0.0/16', nexthops: [{ gateway: 'fe80::1', link: 3 }] }))
      .to.have.property('nexthops')
      .that.deep.equals([{ flags: [], weight: 1, link: 3, via: { family: 'ipv6', address: 'fe80::1' } }]);
    expect(again({ destination: '10.1.0.0/16', via: 'fe80::1' })).to.deep.include({ via: { family: 'ipv6', address: 'fe80::1' } });
  });

  it('refuse addresses of two families', () => {
    expect(refusal({ destination: '10.1.0.0/16', preferredSource: 'fe80::1' })).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    expect(refusal({ destination: '10.1.0.0/16', family: 'ipv6' }).message)
      .to.contain('destination')
      .and.to.contain('IPv6');
    expect(refusal({ destination: '10.1.0.0/16', gateway: 'nonsense' }).message).to.contain('gateway');
  });

  it('have their table by name or number, the large ones in an attribute', () => {
    for (const [given, got, length] of [
      ['main', 'main', 20],
      [254, 'main', 20],
      ['local', 'local', 20],
      [100, 100, 20],
      [1000, 1000, 28],
      [0xffffffff, 0xffffffff, 28],
    ] as const) {
      const bytes = encodeToBytes(route, { destination: '10.0.0.0/8', table: given });
      expect(bytes, String(given)).to.have.length(length);
      expect(decodeFrom(route, bytes)).to.include({ table: got });
    }
    for (const wrong of ['mian', -1, 1.5, 2 ** 32, null]) {
      expect(refusal({ destination: '10.0.0.0/8', table: wrong as number }).message, String(wrong)).to.contain('table must be');
    }
  });

  it('of MPLS have labels', () => {
    const value = { family: 'mpls', destination: '100', via: { family: 'ipv4', address: '10.0.0.1' }, newDestination: [200, 300] } as const;
    expect(again(value)).to.deep.include(value);
    expect(again({ ...value, newDestination: '200/300' })).to.deep.include(value);
    expect(refusal({ ...value, destination: '1048576' }).message).to.contain('destination');
  });

  it('that a nexthop object leads can be added as they were listed', () => {
    const value = { destination: '10.1.0.0/16', nexthopId: 7 } as const;
    const listed = { ...value, gateway: '10.0.0.1', link: 3, nexthops: [{ gateway: '10.0.0.1', link: 3 }] };
    expect(encodeToBytes(route, listed)).to.deep.equal(encodeToBytes(route, value));
  });

  it('have flags that only the kernel sets, which are ignored', () => {
    expect(encodeToBytes(route, { destination: 'default', flags: ['onlink', 'linkdown', 'dead', 'offload', 'rt-trap'] })).to.deep.equal(
      encodeToBytes(route, { destination: 'default', flags: ['onlink'] }),
    );
    expect(
      decodeFrom(route, Uint8Array.from([2, 0, 0, 0, 254, 3, 0, 1, ...new Uint8Array(new Uint32Array([0x11]).buffer)])).flags,
    ).to.deep.equal(['dead', 'linkdown']);
  });

  it('weigh nexthops from 1 to 256', () => {
    expect(
      again({
        destination: 'default',
        nexthops: [
          { gateway: '10.0.0.1', weight: 256 },
          { gateway: '10.0.0.2', flags: ['onlink'] },
        ],
      }),
    )
      .to.have.property('nexthops')
      .that.deep.equals([
        { flags: [], weight: 256, link: 0, gateway: '10.0.0.1' },
        { flags: ['onlink'], weight: 1, link: 0, gateway: '10.0.0.2' },
      ]);
    for (const weight of [0, 257, 1.5]) {
      expect(refusal({ destination: 'default', nexthops: [{ gateway: '10.0.0.1', weight }] }).message).to.contain('nexthops[0].weight');
    }
  });

  it('through segments have them in the order in which they are visited', () => {
    for (const mode of ['encap', 'inline', 'l2encap'] as const) {
      const encapsulation = { type: 'seg6', route: { mode, segments: ['fc00::1', 'fc00::2'] } } as const;
      const bytes = encodeToBytes(route, { destination: 'fd00::/64', encapsulation });
      expect(decodeFrom(route, bytes), mode).to.have.property('encapsulation').that.deep.equals(encapsulation);
      const text = Buffer.from(bytes).toString('hex');
      // Inserting leaves a place for the packet's own destination, as the last segment.
      expect(text.includes('fc000000000000000000000000000002fc000000000000000000000000000001')).to.equal(true);
      expect(text.includes(`${'0'.repeat(32)}fc000000000000000000000000000002`), mode).to.equal(mode === 'inline');
    }
  });
});

describe('addresses', () => {
  const listed = (value: AddressInput): object => decodeFrom(address, encodeToBytes(address, value));

  it('have the length of their prefix', () => {
    expect(listed({ link: 1, address: '10.0.0.1/24' }))
      .to.include({ family: 'ipv4', address: '10.0.0.1/24' })
      .and.to.not.have.property('peer');
    expect(listed({ link: 1, address: 'fe80::1' })).to.include({ family: 'ipv6', address: 'fe80::1/128' });
  });

  it('may have a peer, whose prefix counts', () => {
    expect(listed({ link: 1, address: '10.0.0.1', peer: '10.0.0.2/30' })).to.include({ address: '10.0.0.1/30', peer: '10.0.0.2' });
    expect(listed({ link: 1, peer: '10.0.0.2/30', address: '10.0.0.1' })).to.include({ address: '10.0.0.1/30', peer: '10.0.0.2' });
    expect(listed({ link: 1, address: '10.0.0.1/24', peer: '10.0.0.2' })).to.include({ address: '10.0.0.1/24', peer: '10.0.0.2' });
  });

  it('have flags in the header as long as they fit', () => {
    expect(encodeToBytes(address, { link: 1, address: '10.0.0.1/24', flags: ['nodad'] })).to.have.length(24);
    expect(encodeToBytes(address, { link: 1, address: '10.0.0.1/24', flags: ['noprefixroute'] })).to.have.length(32);
    for (const flags of [[], ['nodad'], ['permanent', 'noprefixroute']] as const) {
      expect(listed({ link: 1, address: '10.0.0.1/24', flags })).to.deep.include({ flags });
    }
  });

  it('last for ever or for seconds', () => {
    expect(listed({ link: 1, address: '10.0.0.1/24', lifetime: { valid: 'forever', preferred: 60 } }))
      .to.have.property('lifetime')
      .that.deep.equals({ preferred: 60, valid: 'forever', created: 0, updated: 0 });
  });
});

describe('neighbours and forwarding entries', () => {
  it('have both words of flags in one list', () => {
    const value = decodeFrom(neighbour, encodeToBytes(neighbour, { link: 1, address: '10.0.0.1', flags: ['router', 'managed'] }));
    expect(value).to.deep.include({ family: 'ipv4', address: '10.0.0.1', flags: ['router', 'managed'], state: 'none' });
  });

  it('are told apart by their family', () => {
    const value = decodeFrom(
      fdb,
      encodeToBytes(fdb, { link: 1, address: '02:00:00:00:00:01', remote: 'fe80::1', state: ['noarp', 'permanent'] }),
    );
    expect(value).to.deep.include({ family: 'bridge', remote: 'fe80::1', state: ['noarp', 'permanent'] });
  });
});

describe('rules', () => {
  it('cannot be made permanent by adding again what was listed', () => {
    expect(encodeToBytes(rule, { priority: 1, flags: ['permanent', 'invert', 'unresolved'] })).to.deep.equal(
      encodeToBytes(rule, { priority: 1, flags: ['invert'] }),
    );
  });

  it('are of IPv4 unless they say or show another family', () => {
    expect(decodeFrom(rule, encodeToBytes(rule, { priority: 7, table: 'main', action: 'table' }))).to.include({
      family: 'ipv4',
      table: 'main',
      action: 'table',
    });
    expect(decodeFrom(rule, encodeToBytes(rule, { source: 'fd00::/8', table: 1000 }))).to.include({
      family: 'ipv6',
      source: 'fd00::/8',
      table: 1000,
    });
    expect(decodeFrom(rule, encodeToBytes(rule, { source: 'all', family: 'ipv6' })))
      .to.include({ family: 'ipv6' })
      .and.to.not.have.property('source');
  });
});

describe('nexthops', () => {
  it('are of no family when they are groups, and of IPv4 when nothing says another', () => {
    const family = (value: Parameters<typeof nexthop.encode>[0]): unknown => decodeFrom(nexthop, encodeToBytes(nexthop, value)).family;
    expect(family({ id: 3, group: [{ id: 1 }] })).to.equal('unspecified');
    expect(family({ id: 3, blackhole: true })).to.equal('ipv4');
    expect(family({ id: 3, link: 2 })).to.equal('ipv4');
    expect(family({ id: 3, gateway: 'fe80::1', link: 2 })).to.equal('ipv6');
    expect(family({ id: 3, blackhole: true, family: 'ipv6' })).to.equal('ipv6');
  });

  it('weigh from 1, and more than 256 in a byte of newer kernels', () => {
    const value = decodeFrom(nexthop, encodeToBytes(nexthop, { group: [{ id: 1 }, { id: 2, weight: 256 }, { id: 3, weight: 1000 }] }));
    expect(value.group).to.deep.equal([
      { id: 1, weight: 1 },
      { id: 2, weight: 256 },
      { id: 3, weight: 1000 },
    ]);
  });
});
