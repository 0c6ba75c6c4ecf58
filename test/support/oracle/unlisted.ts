/*
 * Fields of schemas that no list of these tests can have: those of requests and notifications, and those for which no kernel here has what
 * it needs. By object, with the reason. Byte for byte they are checked against the kernel's headers and by round trips.
 */

const request = 'of requests only';
const bpf = 'of BPF programs: route.bpf.test.ts compares them with iproute2';
const options = 'LWTUNNEL_IP_OPTS: Linux 6.18 hangs when it is asked to make or print them, so that no test here may';

const encapsulation = {
  'encapsulation.options': options,
  'encapsulation.in': bpf,
  'encapsulation.out': bpf,
  'encapsulation.xmit': bpf,
  'encapsulation.program': 'needs a BPF program for segments (End.BPF), which no test loads',
  'encapsulation.source': 'IOAM6_IPTUNNEL_SRC (Linux 6.12): not known to iproute2 6.1',
} as const;

function under(path: string, fields: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).map(([name, reason]) => [`${path}.${name}`, reason]));
}

const noKind = (kind: string): string => `links of kind ${kind} need what no kernel here has`;
const netkit = 'netkit (Linux 6.7) is not known to iproute2 6.1';

export const unlisted: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  link: {
    family: 'undefined in lists of links',
    peer: request,
    cost: 'IFLA_COST: unused by the kernel',
    priority: 'IFLA_PRIORITY: unused by the kernel',
    weight: 'IFLA_WEIGHT: unused by the kernel',
    wireless: 'of notifications of wireless devices',
    ipv6: 'of notifications of the group ipv6-ifinfo',
    namespacePid: request,
    namespace: request,
    extended: request,
    targetNamespaceId: 'of requests that work in another namespace, and their answers',
    newNamespaceId: 'of notifications and requests',
    newIndex: 'of notifications and requests',
    alternativeName: request,
    event: 'of notifications',
    virtualFunctionCount: 'virtual functions need hardware, or netdevsim',
    virtualFunctions: 'virtual functions need hardware, or netdevsim',
    virtualPorts: 'port profiles need hardware',
    portSelf: 'port profiles need hardware',
    devlinkPort: 'devlink ports need hardware, or netdevsim',
    dpllPin: 'clocks need hardware',
    xdp: bpf,
    extraStatistics: noKind('can'),
    'data.flushFdb': request,
    'data.addressMode': request,
    'data.sourceAddress': request,
    'data.multicastSpec': request,
    'data.interlink': 'IFLA_HSR_INTERLINK (Linux 6.10): not known to iproute2 6.1',
    'data.ignoreDontFragment': 'IFLA_GRE_IGNORE_DF: without effect over IPv6',
    'data.fd0': request,
    'data.fd1': request,
    'data.createSockets': request,
    'data.fd': 'of requests for links of kind ppp',
    'data.port': 'of requests for links of kind macsec',
    'port.data.flush': request,
    'port.data.learningSync': 'printed by bridge link',
    ...under('data', Object.fromEntries(['ipv4Connection', 'ipv6Connection', 'loopback'].map((name) => [name, noKind('caif')]))),
    ...under(
      'data',
      Object.fromEntries(
        [
          'bitTiming',
          'bitTimingLimits',
          'clock',
          'state',
          'restartDelay',
          'restart',
          'errorCounter',
          'dataBitTiming',
          'dataBitTimingLimits',
          'termination',
          'terminations',
          'bitRates',
          'dataBitRates',
          'bitRateMaximum',
          'delayCompensation',
          'modesSupported',
        ].map((name) => [name, noKind('can')]),
      ),
    ),
    'data.mode': 'of links of the kinds can, ipoib, netkit and ovpn, which no iproute2 or kernel here has',
    'data.conduit': noKind('dsa'),
    'data.pkey': noKind('ipoib'),
    'data.userMulticast': noKind('ipoib'),
    'data.flags': noKind('rmnet'),
    'data.linkId': noKind('wwan'),
    'data.local': 'IFLA_GTP_LOCAL (Linux 6.12): not known to iproute2 6.1',
    ...under(
      'data',
      Object.fromEntries(['primary', 'policy', 'peerPolicy', 'scrub', 'peerScrub', 'headroom', 'tailroom'].map((name) => [name, netkit])),
    ),
  },
  address: {
    multicast: 'of dumps of multicast groups',
    targetNamespaceId: 'of requests that work in another namespace, and their answers',
  },
  route: {
    ...encapsulation,
    ...under('nexthops', encapsulation),
    multicastStatistics: 'of routes of multicast forwarding, which ip mroute shows',
    expires: 'RTA_EXPIRES: of requests; lists have it in cache.expires',
    ipProtocol: request,
    sourcePort: request,
    destinationPort: request,
    flowLabel: request,
  },
  rule: {
    flowLabel: 'FRA_FLOWLABEL (Linux 6.14): not known to iproute2 6.1',
    flowLabelMask: 'FRA_FLOWLABEL_MASK (Linux 6.14): not known to iproute2 6.1',
  },
  nexthop: { ...encapsulation, operationFlags: request, groupsOnly: request, master: request },
  'nexthop bucket': { link: request, master: request },
  neighbour: {
    vlan: 'of forwarding entries',
    port: 'of forwarding entries',
    vni: 'of forwarding entries',
    via: request,
    master: request,
    linkNamespaceId: 'of forwarding entries',
    sourceVni: 'of forwarding entries',
    nexthopId: 'of forwarding entries',
  },
  fdb: { stateMask: request, flagsMask: request },
  'namespace id': { pid: request, namespace: request, targetId: request },
  statistics: { 'offload.cpuHit': 'needs hardware that forwards', 'offload.l3': 'needs hardware that counts routed packets' },
  'bridge link': {
    tunnels: 'compared when joined to ranges',
    trees: 'IFLA_BRIDGE_MST (Linux 5.18): not printed by bridge 6.1',
    extended: request,
  },
};
