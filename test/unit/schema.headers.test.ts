import { expect } from 'chai';
import type { Codec } from '../../lib/codec/codec.js';
import { walk, type Documented } from '../../lib/codec/documentation.js';
import { kernelHeaders, versionNumber, type KernelHeaders } from '../support/kernel-headers.js';
import { messages, parts } from '../support/schemas.js';
import { skip } from '../support/skip.js';

const codecs: readonly (readonly [string, Codec<object, never>])[] = [
  ...Object.entries(messages).map(([name, { codec }]) => [name, codec] as const),
  ...Object.entries(parts),
];

/** The attributes of a schema that have a number in an enumeration of the kernel. */
function attributesOf(codec: Codec<object, never>): Documented[] {
  return [...walk(codec)].filter(({ field }) => field.type >= 0 && /^[A-Z]/.test(field.kernel) && !field.kernel.startsWith('AF_'));
}

/** What an attribute was called before it was given its name of now. */
const formerly: Readonly<Record<string, string>> = { IFLA_DSA_CONDUIT: 'IFLA_DSA_MASTER' };

/** The last number of each enumeration in Linux 4.0, by the names of its members. What is not here was all added later. */
const lastOf40: readonly (readonly [RegExp, number])[] = [
  [/^IFLA_INET6_/, 8],
  [/^IFLA_INET_/, 1],
  [/^IFLA_INFO_/, 5],
  [/^IFLA_BRPORT_/, 11],
  [/^IFLA_BRIDGE_(?:VLAN_TUNNEL|MST)_/, -1],
  [/^IFLA_BRIDGE_/, 2],
  [/^IFLA_BR_/, 3],
  [/^IFLA_BOND_SLAVE_/, 6],
  [/^IFLA_BOND_AD_INFO_/, 5],
  [/^IFLA_BOND_/, 23],
  [/^IFLA_CAIF_/, 3],
  [/^IFLA_CAN_(?:TDC|CTRLMODE_SUPPORTED)/, -1],
  [/^IFLA_CAN_/, 10],
  [/^IFLA_GRE_/, 17],
  [/^IFLA_HSR_/, 5],
  [/^IFLA_IPTUN_/, 18],
  [/^IFLA_IPOIB_/, 3],
  [/^IFLA_IPVLAN_/, 1],
  [/^IFLA_MACVLAN_/, 6],
  [/^IFLA_VLAN_/, 5],
  [/^IFLA_VTI_/, 5],
  [/^IFLA_VXLAN_/, 24],
  [/^IFLA_VF_PORTS$/, 24],
  [/^IFLA_VF_/, 6],
  [/^IFLA_PORT_SELF$/, 25],
  [/^IFLA_PORT_/, 7],
  [/^IFLA_(?:GENEVE|MACSEC|VRF|GTP|AMT|BAREUDP|XDP|XFRM|RMNET|TUN|NETKIT|STATS|OFFLOAD|PPP|DSA|OVPN|WWAN|BATADV|MCTP)_/, -1],
  [/^IFLA_PROTO_DOWN_REASON_/, -1],
  [/^IFLA_/, 37],
  [/^VETH_INFO_PEER/, 1],
  [/^IFA_/, 8],
  [/^RTAX_/, 16],
  [/^RTA_/, 17],
  // It took the place of one that nothing used.
  [/^FRA_TUN_ID/, -1],
  [/^FRA_/, 17],
  [/^NDA_/, 10],
  [/^NDTA_/, 8],
  [/^NDTPA_/, 16],
  [/^NETCONFA_/, 5],
  [/^IFAL_/, 2],
  [/^NETNSA_/, 3],
  [/^MDBA_(?:MDB_EATTR|ROUTER_PATTR)_/, -1],
  [/^MDBA_SET_ENTRY$/, 1],
  [/^MDBA_(?:MDB|ROUTER)$/, 2],
  [/^PREFIX_/, 2],
];

function wasIn40(kernel: string, type: number): boolean {
  const [, last = -1] = lastOf40.find(([pattern]) => pattern.test(kernel)) ?? [];
  return type <= last;
}

describe('The numbers of attributes', () => {
  let headers: KernelHeaders;

  before(function () {
    headers = kernelHeaders() ?? skip(this, 'no headers of the kernel are installed (linux-libc-dev)');
  });

  for (const [name, codec] of codecs) {
    it(`of ${name} are those of the kernel's headers; what those do not have is newer`, () => {
      const wrong: string[] = [];
      for (const { field, since } of attributesOf(codec)) {
        // One field may be of several attributes: the other end of a pair has one in each kind.
        const known = field.kernel
          .split(', ')
          .map((one) => headers.numbers.get(one) ?? headers.numbers.get(formerly[one] ?? ''))
          .filter((one) => one !== undefined);
        if (known.length === 0 && (since === undefined || versionNumber(since) <= headers.version))
          wrong.push(`${field.kernel} is unknown`);
        if (known.length > 0 && !known.includes(field.type)) wrong.push(`${field.kernel} is ${known.join()}, not ${field.type}`);
      }
      expect(wrong).to.deep.equal([]);
    });
  }

  it('are compared with enough of the headers', () => {
    const compared = codecs.flatMap(([, codec]) => attributesOf(codec)).filter(({ field }) => headers.numbers.has(field.kernel));
    expect(compared.length).to.be.greaterThan(1000);
    expect(headers.numbers.get('IFLA_MTU')).to.equal(4);
    expect(headers.numbers.get('IFLA_BRIDGE_FLAGS')).to.equal(0);
  });
});

describe('The first kernel version of attributes', () => {
  for (const [name, codec] of codecs) {
    it(`of ${name} is told for each that Linux 4.0 did not have, and for no other`, () => {
      const wrong = attributesOf(codec).filter(({ field, since }) => {
        const old = field.kernel.split(', ').some((kernel) => wasIn40(kernel, field.type));
        // An old one may be in something new.
        return old ? field.since !== undefined : since === undefined;
      });
      expect(wrong.map(({ field, path, since }) => `${path.join('.')} ${field.kernel} ${since ?? 'since ever'}`)).to.deep.equal([]);
    });
  }
});
