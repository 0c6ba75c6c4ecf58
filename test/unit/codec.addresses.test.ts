import { isIPv6 } from 'node:net';
import { expect } from 'chai';
import fc from 'fast-check';
import { decodeFrom, encodeToBytes, Output } from '../../lib/codec/codec.js';
import {
  anyIp,
  formatIpv4,
  formatIpv6,
  hardwareAddress,
  ip,
  ipv4,
  ipv6,
  mac,
  parseIpv4,
  parseIpv6,
  splitPrefix,
} from '../../lib/codec/address.js';
import { errorOf } from '../support/error-of.js';

const sixteen = fc.oneof(
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
  fc
    .array(fc.constantFrom(0, 0, 1, 0xffff), { minLength: 8, maxLength: 8 })
    .map((groups) => new Uint8Array(groups.flatMap((group) => [group >> 8, group & 255]))),
);

/** The platform's own parser: a URL has the canonical form of an address. */
function canonical(text: string): string {
  return new URL(`http://[${text}]/`).hostname.slice(1, -1);
}

describe('IPv4 addresses', () => {
  it('come back from any four bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), (octets) => {
        const text = formatIpv4(octets, 0);
        expect(text).to.equal(octets.join('.'));
        expect(encodeToBytes(ipv4, text)).to.deep.equal(octets);
      }),
    );
  });

  it('are dotted decimal and nothing else', () => {
    for (const wrong of [
      '',
      '1.2.3',
      '1.2.3.4.5',
      '1.2.3.256',
      '01.2.3.4',
      '1..2.3',
      '1.2.3.',
      '.1.2.3',
      ' 1.2.3.4',
      '1.2.3.4 ',
      '0x1.2.3.4',
      '::1',
      'lo',
    ]) {
      expect(parseIpv4(wrong, new Uint8Array(4), 0), wrong).to.equal(false);
      expect(
        errorOf(() => encodeToBytes(ipv4, wrong)),
        wrong,
      ).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    }
  });
});

describe('IPv6 addresses', () => {
  it('are written as RFC 5952 has them, which is what the platform writes', () => {
    fc.assert(
      fc.property(sixteen, (octets) => {
        const text = formatIpv6(octets, 0);
        expect(isIPv6(text), text).to.equal(true);
        // The platform writes the IPv4 part of mapped addresses in hex.
        if (!text.startsWith('::ffff:') || !text.includes('.')) expect(text).to.equal(canonical(text));
        expect(encodeToBytes(ipv6, text)).to.deep.equal(octets);
      }),
    );
  });

  it('have the forms of the RFC', () => {
    for (const [long, short] of [
      ['0:0:0:0:0:0:0:0', '::'],
      ['0:0:0:0:0:0:0:1', '::1'],
      ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
      ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
      ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
      ['FE80:0:0:0:0:0:0:0', 'fe80::'],
      ['::ffff:10.0.0.1', '::ffff:10.0.0.1'],
      ['64:ff9b::10.0.0.1', '64:ff9b::a00:1'],
    ] as const) {
      expect(decodeFrom(ipv6, encodeToBytes(ipv6, long)), long).to.equal(short);
    }
  });

  it('are read as the platform reads them', () => {
    const piece = fc.constantFrom(':', '::', '0', '1', 'ffff', 'fffff', 'g', '.', '1.2.3.4', '256.1.1.1');
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
        (text) => {
          expect(parseIpv6(text, new Uint8Array(16), 0), text).to.equal(isIPv6(text));
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe('addresses of either family', () => {
  it('are told apart by their length', () => {
    expect(decodeFrom(anyIp, encodeToBytes(anyIp, 'fe80::1'))).to.equal('fe80::1');
    expect(decodeFrom(anyIp, encodeToBytes(anyIp, '10.0.0.1'))).to.equal('10.0.0.1');
    expect(errorOf(() => decodeFrom(anyIp, new Uint8Array(5)))).to.include({ code: 'NETLANE_DECODE' });
  });

  it('must all be of one family in a message', () => {
    const output = new Output();
    ip.encode('10.0.0.1', output);
    expect(output.family).to.equal(2);
    expect(errorOf(() => ip.encode('fe80::1', output))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
  });
});

describe('prefixes', () => {
  it('have all bits without a length', () => {
    expect(splitPrefix('10.0.0.1')).to.deep.equal({ end: 8, length: 32, family: 2 });
    expect(splitPrefix('fe80::1')).to.deep.equal({ end: 7, length: 128, family: 10 });
    expect(splitPrefix('10.0.0.0/8')).to.deep.equal({ end: 8, length: 8, family: 2 });
  });

  it('are refused with a wrong length', () => {
    for (const wrong of ['10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/8.5', '10.0.0.0/1e1', 7]) {
      expect(
        errorOf(() => splitPrefix(wrong)),
        String(wrong),
      ).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    }
  });
});

describe('hardware addresses', () => {
  it('come back from any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 32 }), (octets) => {
        const text = decodeFrom(hardwareAddress, octets);
        expect(text).to.equal(Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join(':'));
        expect(encodeToBytes(hardwareAddress, text)).to.deep.equal(octets);
      }),
    );
  });

  it('may have dashes and capitals, and nothing else', () => {
    expect(encodeToBytes(mac, '0A-bC-00-00-00-01')).to.deep.equal(Uint8Array.of(10, 0xbc, 0, 0, 0, 1));
    for (const wrong of [
      '',
      '02:00:00:00:00',
      '02:00:00:00:00:01:02',
      '2:0:0:0:0:1',
      '02:00:00:00:00:0g',
      '020000000001',
      '02.00.00.00.00.01',
      7,
    ]) {
      expect(
        errorOf(() => encodeToBytes(mac, wrong as string)),
        String(wrong),
      ).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
    }
    expect(errorOf(() => encodeToBytes(hardwareAddress, '02:0'))).to.include({ code: 'NETLANE_INVALID_ARGUMENT' });
  });
});
