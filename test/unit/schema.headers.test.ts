import { expect } from 'chai';
import type { Codec, FieldShape, Shape } from '../../lib/codec/codec.js';
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

/** Structs that are not in these headers as they are here, by the names of their members, and why. */
const elsewhere: readonly (readonly [RegExp, string])[] = [
  [/^vx_flags /, 'struct vxlanhdr is in no header for programs'],
  [/^namespace_id nodelen /, 'struct ioam6_trace_hdr has bit fields'],
  [/^BR_MCAST_DIR_RX /, 'an array of two'],
  [/^ifindex state flags vid addr/, 'struct br_mdb_entry has a struct of its own in it'],
  [/^ifindex$/, 'a number, and attributes behind it'],
];

/** The structs of a schema, headers of messages included. */
function* structsOf(shape: Shape, seen = new Set<Shape>()): Generator<readonly FieldShape[]> {
  if (seen.has(shape)) return;
  seen.add(shape);
  if (shape.is === 'struct') yield shape.members;
  if (shape.is === 'object') yield shape.header;
  if (shape.is === 'converted') yield* structsOf(shape.of, seen);
  if (shape.is === 'list') yield* structsOf(shape.of.shape, seen);
  if (shape.is === 'choice' || shape.is === 'variant') for (const codec of shape.cases.values()) yield* structsOf(codec.shape, seen);
  const fields = shape.is === 'struct' ? shape.members : shape.is === 'attributes' ? shape.fields : [];
  for (const field of shape.is === 'object' ? [...shape.header, ...shape.fields] : fields) yield* structsOf(field.codec.shape, seen);
}

describe('The members of structs', () => {
  let headers: KernelHeaders;

  before(function () {
    headers = kernelHeaders() ?? skip(this, 'no headers of the kernel are installed (linux-libc-dev)');
  });

  /** Whether a struct of the headers has all members where they are here. */
  function isThere(members: readonly FieldShape[]): boolean {
    let at = 0;
    const own: (readonly [string, number])[] = [];
    for (const { kernel, codec } of members) {
      if (kernel !== 'pad') own.push([kernel, at]);
      at += (codec as unknown as { readonly size: number }).size;
    }
    return [...headers.structs.values()].some(({ offsets }) => own.every(([name, offset]) => offsets.get(name) === offset));
  }

  for (const [name, codec] of codecs) {
    it(`of ${name} are where the kernel's headers have them`, () => {
      const wrong: string[] = [];
      for (const members of structsOf(codec.shape)) {
        const names = members.map(({ kernel }) => kernel).join(' ');
        if (!isThere(members) && !elsewhere.some(([pattern]) => pattern.test(names))) wrong.push(names);
      }
      expect(wrong).to.deep.equal([]);
    });
  }

  it('are compared for enough of them', () => {
    const found = codecs.flatMap(([, codec]) => [...structsOf(codec.shape)]).filter(isThere);
    expect(found.length).to.be.greaterThan(60);
    const others = codecs.flatMap(([, codec]) => [...structsOf(codec.shape)]).filter((members) => !isThere(members));
    const names = others.map((members) => members.map(({ kernel }) => kernel).join(' '));
    expect(elsewhere.filter(([pattern]) => !names.some((one) => pattern.test(one)))).to.deep.equal([]);
    expect(headers.structs.get('ifinfomsg')?.offsets.get('ifi_index')).to.equal(4);
    expect(headers.structs.get('rtnl_link_stats64')?.size).to.be.at.least(184);
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
