import { ipv4, ipv6 } from '../../codec/address.js';
import { attributes } from '../../codec/attributes.js';
import type { Fields } from '../../codec/codec.js';
import { field } from '../../codec/field.js';
import { enumeration, flags } from '../../codec/names.js';
import { link } from '../../codec/references.js';
import { object } from '../../codec/object.js';
import { counter64, u16, u32, u8 } from '../../codec/scalars.js';
import { member, struct } from '../../codec/struct.js';

/*
 * What several objects of bridges have in common: a bridge tells the same of itself, of its VLANs and of its ports.
 */

/** State of a port, of a VLAN or of an instance in the spanning tree (BR_STATE_, if_bridge.h). */
export const portState = enumeration(u8, { disabled: 0, listening: 1, learning: 2, forwarding: 3, blocking: 4 });

/** Whether a bridge, port or VLAN is a way to a multicast router (MDB_RTR_TYPE_, if_bridge.h). */
export const multicastRouter = enumeration(u8, { disabled: 0, automatic: 1, permanent: 2, temporary: 3 });

/** A port towards multicast routers (MDBA_ROUTER_PATTR_, if_bridge.h). */
export const routerPort = object({
  title: 'multicast router port',
  header: struct({ port: member(link, 'ifindex', 'The port.') }),
  attributes: attributes({
    timer: field(1, u32, 'MDBA_ROUTER_PATTR_TIMER', 'Time until it is no longer one.', { unit: '1/100 second', since: '4.6' }),
    type: field(
      2,
      enumeration(u8, { disabled: 0, 'temporary-query': 1, permanent: 2, temporary: 3 }),
      'MDBA_ROUTER_PATTR_TYPE',
      'How it became one.',
      { since: '4.6' },
    ),
    ipv4Timer: field(3, u32, 'MDBA_ROUTER_PATTR_INET_TIMER', 'The time for IPv4.', { unit: '1/100 second', since: '5.14' }),
    ipv6Timer: field(4, u32, 'MDBA_ROUTER_PATTR_INET6_TIMER', 'The time for IPv6.', { unit: '1/100 second', since: '5.14' }),
    vlan: field(5, u16, 'MDBA_ROUTER_PATTR_VID', 'VLAN.', { since: '5.15' }),
  }),
});

/** Who asks for memberships (BRIDGE_QUERIER_, if_bridge.h). Linux 5.15. */
export const querierState = attributes(
  {
    address: field(1, ipv4, 'BRIDGE_QUERIER_IP_ADDRESS', 'The querier of IPv4.'),
    port: field(2, link, 'BRIDGE_QUERIER_IP_PORT', 'Port towards it.'),
    timer: field(3, counter64, 'BRIDGE_QUERIER_IP_OTHER_TIMER', 'How long it is still believed to be there.', { unit: '1/100 second' }),
    address6: field(5, ipv6, 'BRIDGE_QUERIER_IPV6_ADDRESS', 'The querier of IPv6.'),
    port6: field(6, link, 'BRIDGE_QUERIER_IPV6_PORT', 'Port towards it.'),
    timer6: field(7, counter64, 'BRIDGE_QUERIER_IPV6_OTHER_TIMER', 'How long it is still believed to be there.', { unit: '1/100 second' }),
  },
  [4],
);

/** What a request for links wants to be told beside the usual (RTEXT_FILTER_, rtnetlink.h). */
export const extendedMask = flags(u32, {
  vf: 1,
  'bridge-vlan': 2,
  'bridge-vlan-compressed': 4,
  'skip-statistics': 8,
  mrp: 16,
  'cfm-config': 32,
  'cfm-status': 64,
  mst: 128,
});

const AF_BRIDGE = 7;

/** The `encoding` of objects whose header's family is always AF_BRIDGE: nobody needs to say so. */
export function ofBridges(_value: unknown, head: Fields, output: { family: number }): void {
  output.family = AF_BRIDGE;
  head['family'] = AF_BRIDGE;
}
