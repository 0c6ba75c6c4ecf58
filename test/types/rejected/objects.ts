import type { AddressInput, Link, LinkInput, NexthopInput, Route, RouteInput } from 'netlane';

// @ts-expect-error: an option of VXLAN
export const vlan: LinkInput = { name: 'w0', kind: 'vlan', data: { group: '239.1.1.1' } };
// @ts-expect-error: data without a kind
export const nameless: LinkInput = { name: 'w0', data: { id: 5 } };
// @ts-expect-error: no such mode
export const bond: LinkInput = { name: 'o0', kind: 'bond', data: { mode: '802.3xy' } };
// @ts-expect-error: the switch is a boolean
export const bridge: LinkInput = { name: 'b0', kind: 'bridge', data: { vlanFiltering: 1 } };
// @ts-expect-error: an option of another kind of port
export const port: LinkInput = { name: 'p0', port: { kind: 'bond', data: { cost: 4 } } };
// @ts-expect-error: a peer is a link, not a name
export const pair: LinkInput = { name: 'v0', kind: 'veth', peer: 'v1' };
// @ts-expect-error: labels belong to mpls
export const encapsulation: RouteInput = { destination: '10.0.0.0/8', encapsulation: { type: 'bpf', labels: [16] } };
// @ts-expect-error: no such type of route
export const route: RouteInput = { destination: '10.0.0.0/8', type: 'blackwhole' };
// @ts-expect-error: tables have names or numbers
export const table: RouteInput = { destination: '10.0.0.0/8', table: 'mian' };
// @ts-expect-error: seconds, or for ever
export const address: AddressInput = { link: 'v0', address: '10.0.0.1/24', lifetime: { valid: 'always' } };
// @ts-expect-error: the field is link
export const nexthop: NexthopInput = { id: 1, oif: 3 };

export function data(link: Link, of: Route): unknown {
  // @ts-expect-error: without its kind, nothing is known of its data
  const id: unknown = link.data?.id;
  // @ts-expect-error: absent is undefined
  const metric: number = of.metric;
  return [id, metric];
}
