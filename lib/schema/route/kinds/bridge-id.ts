import { mac } from '../../../codec/address.js';
import { u16be } from '../../../codec/scalars.js';
import { member, struct } from '../../../codec/struct.js';

/** Identifier of a bridge in the spanning tree (struct ifla_bridge_id, if_link.h). */
export const bridgeId = struct({
  priority: member(u16be, 'prio', 'Priority: the lowest is the root.'),
  address: member(mac, 'addr', 'Hardware address.'),
});
