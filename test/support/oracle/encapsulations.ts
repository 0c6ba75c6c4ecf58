import { has, linkName, renamed } from './conversions.js';
import { at, plainly, shows, unmapped, type Chooses, type Conversion, type Plain, type Shows, type Table } from './table.js';

/* What iproute2 prints of lightweight tunnels: of routes, of nexthops in routes, and of nexthop objects. */

const options = unmapped('LWTUNNEL_IP_OPTS: Linux 6.18 hangs when it is asked to make or print them, so that no test here may');

const overIp: Table = {
  type: shows('type'),
  ...plainly({ id: 'id', src: 'source', dst: 'destination' }),
  key: shows('flags', has('key')),
  csum: shows('flags', has('csum')),
  seq: shows('flags', has('seq')),
  geneve_opts: options,
  vxlan_opts: options,
  erspan_opts: options,
};

const tableName = renamed({});

/** Segments as iproute2 shows them: where they are inserted, with the place for the packet's destination. */
function segments(path: string, inserted: (encapsulation: Plain) => boolean): Shows {
  return shows(path, (value, { object }) => (Array.isArray(value) && inserted(object) ? [...(value as string[]), '::'] : value));
}
const hmac: Conversion = (value) => (typeof value === 'number' ? `0x${value.toString(16)}` : undefined);

const cases: Readonly<Record<string, Table>> = {
  mpls: { type: shows('type'), dst: shows('labels', (value) => (Array.isArray(value) ? value.join('/') : undefined)), ttl: shows('ttl') },
  ip: { ...overIp, ttl: shows('ttl'), tos: shows('tos') },
  ip6: { ...overIp, hoplimit: shows('hopLimit'), tc: shows('trafficClass') },
  ila: {
    type: shows('type'),
    locator: shows('locator', (value) =>
      typeof value === 'bigint' ? [48n, 32n, 16n, 0n].map((shift) => ((value >> shift) & 0xffffn).toString(16)).join(':') : undefined,
    ),
    csum_mode: shows('checksumMode'),
    ident_type: shows('identifierType'),
    hook_type: shows('hookType'),
  },
  seg6: {
    type: shows('type'),
    mode: shows('route.mode'),
    segs: segments('route.segments', (object) => at(object, 'route.mode') === 'inline'),
    hmac: shows('route.hmacKeyId', hmac),
  },
  seg6local: {
    type: shows('type'),
    action: shows('action'),
    srh: {
      when: (object) => object['header'] !== undefined,
      keys: { segs: segments('header.segments', (object) => object['action'] === 'End.B6'), hmac: shows('header.hmacKeyId', hmac) },
    },
    table: shows('table', tableName),
    vrftable: shows('vrfTable', tableName),
    nh4: shows('nexthop4'),
    nh6: shows('nexthop6'),
    iif: shows('input', linkName),
    oif: shows('output', linkName),
    endpoint: unmapped('needs a BPF program for segments (End.BPF), which no test loads'),
    stats64: { of: 'counters', keys: plainly({ packets: 'packets', bytes: 'bytes', errors: 'errors' }) },
    flavors: shows('flavors.operations'),
    lblen: shows('flavors.locatorBlock'),
    nflen: shows('flavors.locatorNode'),
  },
  bpf: {
    type: shows('type'),
    in: unmapped('of BPF programs: route.bpf.test.ts compares them'),
    out: unmapped('of BPF programs: route.bpf.test.ts compares them'),
    xmit: unmapped('of BPF programs: route.bpf.test.ts compares them'),
    headroom: shows('headroom'),
  },
  rpl: { type: shows('type'), segs: shows('route.segments') },
  ioam6: {
    type: shows('type'),
    freqk: shows('every'),
    freqn: shows('outOf'),
    mode: shows('mode'),
    tundst: shows('destination'),
    trace: shows('trace', (value) => (value === undefined ? undefined : null)),
    prealloc: shows('trace', (value) => (value === undefined ? undefined : null)),
    'type#2': shows('trace.type', (value) => (typeof value === 'number' ? (value >>> 8).toString(16) : undefined)),
    ns: shows('trace.namespaceId'),
    size: shows('trace.remaining', (value) => (typeof value === 'number' ? value * 4 : undefined)),
  },
  xfrm: { type: shows('type'), if_id: shows('interfaceId'), link_dev: shows('link', linkName) },
};

export const encapsulation: Chooses = { by: 'encapsulation.type', of: 'encapsulation', cases };

/**
 * iproute2 puts the keys of an encapsulation beside those of the route, right behind `encap`, though both may be called the same. Here they
 * become an object of their own: { encap: { type: 'mpls', dst: '100' } }.
 */
export function gathered(printed: Plain): Plain {
  const made: Record<string, unknown> = {};
  let inside: Record<string, unknown> | undefined;
  let keys: Table = {};
  for (const [name, value] of Object.entries(printed)) {
    const key = name.replace(/#\d+$/, '');
    if (key === 'encap') {
      inside = { type: value };
      keys = typeof value === 'string' ? (cases[value] ?? {}) : {};
      made['encap'] = inside;
    } else if (inside !== undefined && Object.hasOwn(keys, key)) {
      inside[key === 'type' ? 'type#2' : key] = value;
    } else {
      inside = undefined;
      made[Object.hasOwn(made, key) ? name : key] = value;
    }
  }
  return made;
}
