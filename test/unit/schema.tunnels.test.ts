import { expect } from 'chai';
import { decodeFrom, encodeToBytes } from '../../lib/codec/codec.js';
import { atOnce } from '../../lib/netlink/route/link-making.js';
import { link, type LinkInput } from '../../lib/schema/route/link.js';

function dataOf(value: LinkInput): unknown {
  return decodeFrom(link, encodeToBytes(link, value)).data;
}

describe('what is sent of links that were listed', () => {
  it('leaves out that a GENEVE tunnel does not inherit its TTL, which would make the kernel pass the TTL over', () => {
    expect(dataOf({ kind: 'geneve', data: { ttl: 9, ttlInherit: false } })).to.deep.equal({ ttl: 9 });
    expect(dataOf({ kind: 'geneve', data: { ttlInherit: false } })).to.deep.equal({ ttlInherit: false });
    expect(dataOf({ kind: 'geneve', data: { ttl: 9, ttlInherit: true } })).to.deep.equal({ ttl: 9, ttlInherit: true });
  });

  it('leaves out the other end that a GRE tunnel has not', () => {
    expect(dataOf({ kind: 'gretap', data: { remote: '0.0.0.0', external: true } })).to.deep.equal({ external: true });
    expect(dataOf({ kind: 'ip6gretap', data: { remote: '::', external: true } })).to.deep.equal({ external: true });
    expect(dataOf({ kind: 'gretap', data: { remote: '10.0.0.2' } })).to.deep.equal({ remote: '10.0.0.2' });
  });

  it('says what is to happen to the source addresses of a macvlan', () => {
    const sourceAddresses = ['02:00:00:00:00:21'];
    expect(dataOf({ kind: 'macvlan', data: { sourceAddresses } })).to.deep.equal({ addressMode: 'set', sourceAddresses });
    expect(dataOf({ kind: 'macvlan', data: { addressMode: 'add', sourceAddresses } })).to.deep.include({ addressMode: 'add' });
  });

  it('of a new bond has no active port, of a new GTP link has sockets, and of switches only those that are on', () => {
    expect(atOnce({ kind: 'bond', data: { mode: 'active-backup', activePort: 7 } }).data).to.deep.equal({ mode: 'active-backup' });
    expect(atOnce({ kind: 'gtp', data: { role: 'sgsn' } }).data).to.deep.equal({ role: 'sgsn', createSockets: true });
    expect(atOnce({ kind: 'gtp', data: { fd1: 5 } }).data).to.deep.equal({ fd1: 5 });
    const options = { noLinkLocalLearn: true, mst: false };
    expect(atOnce({ kind: 'bridge', data: { vlanFiltering: false, options } }).data).to.deep.equal({ options: { noLinkLocalLearn: true } });
  });
});
