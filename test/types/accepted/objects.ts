// Values alone: what the compiler makes of the objects of rtnetlink.
import {
  otherKind,
  type Address,
  type AddressInput,
  type Link,
  type LinkInput,
  type Nexthop,
  type NexthopInput,
  type Route,
  type RouteInput,
} from 'netlane';

export const links: readonly LinkInput[] = [
  { name: 'b0', kind: 'bridge', data: { stp: 'kernel', vlanFiltering: true, options: { mst: true } } },
  { name: 'v0', kind: 'vxlan', data: { id: 7, group: '239.1.1.1', link: 'eth0', portRange: { low: 1, high: 9 } } },
  { name: 'g0', kind: 'ip6gretap', data: { local: 'fe80::1', outputKey: 5 } },
  { name: 'o0', kind: 'bond', data: { mode: '802.3ad', arpTargets: ['10.0.0.1'] } },
  { name: 'm0', kind: 'macsec', parent: { index: 3 }, data: { sci: 5n, cipherSuite: 'gcm-aes-256' } },
  { name: 'n0', kind: 'netkit', data: { mode: 'l3' }, peer: { name: 'n1', up: true } },
  { name: 'p0', port: { kind: 'bridge', data: { cost: 4, isolated: true } }, master: 'b0' },
  { name: 'x0', kind: otherKind('quantum'), data: { unknown: [{ type: 1, data: new Uint8Array(4) }] } },
  { index: 5, alias: undefined, mtu: undefined },
];

export const routes: readonly RouteInput[] = [
  { destination: '10.0.0.0/8', encapsulation: { type: 'mpls', labels: [16, 17] } },
  { destination: '10.0.0.0/8', encapsulation: { type: 'seg6', route: { mode: 'encap', segments: ['fc00::1'] } } },
  {
    destination: 'default',
    nexthops: [
      { gateway: '10.0.0.1', weight: 2 },
      { link: 'v0', flags: ['onlink'] },
    ],
    table: 1000,
  },
  { destination: '100', family: 'mpls', via: { family: 'ipv4', address: '10.0.0.1' }, newDestination: '200/300' },
  { destination: '10.0.0.0/8', type: 'blackhole', metrics: { mtu: 1400, lock: ['mtu'] }, protocol: 77 },
];

// What a list returns, an add accepts.
export const again = (
  link: Link,
  route: Route,
  address: Address,
  nexthop: Nexthop,
): [LinkInput, RouteInput, AddressInput, NexthopInput] => [link, route, address, nexthop];

export function described(link: Link): string {
  switch (link.kind) {
    case 'bridge': {
      const priority: number | undefined = link.data?.rootId?.priority;
      return String(priority);
    }
    case 'vlan': {
      const on: boolean | undefined = link.data?.flags?.gvrp;
      return String(on);
    }
    case 'veth':
      return link.peer?.name ?? '';
    default:
      return link.name;
  }
}

export function ports(link: Link): number | undefined {
  return link.port?.kind === 'bridge' ? link.port.data?.cost : undefined;
}

export function labels(route: Route): readonly number[] | undefined {
  return route.encapsulation?.type === 'mpls' ? route.encapsulation.labels : undefined;
}
