import type { Codec, Infer, InferInput } from '../../../codec/codec.js';
import { attributes } from '../../../codec/attributes.js';
import { field } from '../../../codec/field.js';
import { list } from '../../../codec/containers.js';
import { maskedSwitches } from '../../../codec/names.js';
import { u16, u32 } from '../../../codec/scalars.js';
import { member, struct } from '../../../codec/struct.js';
import { vlanProtocol } from '../names.js';

const mapping = struct({ from: member(u32, 'from', 'Priority or mark that is mapped.'), to: member(u32, 'to', 'What it becomes.') });

const schema = attributes({
  id: field(1, u16, 'IFLA_VLAN_ID', 'VLAN, 0 to 4095.'),
  flags: field(
    2,
    maskedSwitches({ reorderHeader: 0x1, gvrp: 0x2, looseBinding: 0x4, mvrp: 0x8, bridgeBinding: 0x10 }),
    'IFLA_VLAN_FLAGS',
    'Switches: reorderHeader (on by default), gvrp, mvrp, looseBinding, bridgeBinding (Linux 5.2). Only those that are given change.',
  ),
  egressPriorities: field(3, list(mapping, 1), 'IFLA_VLAN_EGRESS_QOS', 'From the priority of a packet to that in the VLAN header.'),
  ingressPriorities: field(4, list(mapping, 1), 'IFLA_VLAN_INGRESS_QOS', 'From the priority in the VLAN header to that of the packet.'),
  protocol: field(5, vlanProtocol, 'IFLA_VLAN_PROTOCOL', 'Kind of tag.'),
});

/** A VLAN on another link (IFLA_VLAN_, if_link.h). */
export interface VlanData extends Infer<typeof schema> {}
export interface VlanDataInput extends InferInput<typeof schema> {}
export const vlan: Codec<VlanData, VlanDataInput> = schema;
