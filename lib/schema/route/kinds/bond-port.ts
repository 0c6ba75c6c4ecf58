import type { Codec, Infer, InferInput } from '../../../codec/codec.js';
import { attributes } from '../../../codec/attributes.js';
import { field, readOnly } from '../../../codec/field.js';
import { enumeration, flags } from '../../../codec/names.js';
import { hardwareAddress } from '../../../codec/address.js';
import { u8, u16, u32, s32 } from '../../../codec/scalars.js';

const lacp = {
  active: 1,
  'short-timeout': 2,
  aggregating: 4,
  'in-sync': 8,
  collecting: 16,
  distributing: 32,
  default: 64,
  expired: 128,
} as const;
const portState8 = flags(u8, lacp);
const portState16 = flags(u16, lacp);
const churn = enumeration(u8, { monitor: 0, churned: 1, none: 2 });

const schema = attributes({
  state: readOnly(1, enumeration(u8, { active: 0, backup: 1 }), 'IFLA_BOND_SLAVE_STATE', 'Whether the port is in use.'),
  miiStatus: readOnly(
    2,
    enumeration(u8, { up: 0, 'going-down': 1, down: 2, 'going-back': 3 }),
    'IFLA_BOND_SLAVE_MII_STATUS',
    'State of its carrier.',
  ),
  linkFailureCount: readOnly(3, u32, 'IFLA_BOND_SLAVE_LINK_FAILURE_COUNT', 'Times that the carrier went.'),
  permanentAddress: readOnly(4, hardwareAddress, 'IFLA_BOND_SLAVE_PERM_HWADDR', 'Hardware address before it became a port.'),
  queueId: field(5, u16, 'IFLA_BOND_SLAVE_QUEUE_ID', 'Queue whose packets leave by this port.'),
  aggregatorId: readOnly(6, u16, 'IFLA_BOND_SLAVE_AD_AGGREGATOR_ID', 'Aggregator in 802.3ad.'),
  actorPortState: readOnly(7, portState8, 'IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE', 'Own state in 802.3ad.', { since: '4.2' }),
  partnerPortState: readOnly(8, portState16, 'IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE', "The partner's state in 802.3ad.", {
    since: '4.2',
  }),
  priority: field(9, s32, 'IFLA_BOND_SLAVE_PRIO', 'Priority when another port must be chosen.', { since: '6.0' }),
  actorPortPriority: field(10, u16, 'IFLA_BOND_SLAVE_ACTOR_PORT_PRIO', 'Priority of the port in 802.3ad.', { since: '6.18' }),
  actorChurnState: readOnly(11, churn, 'IFLA_BOND_SLAVE_AD_CHURN_ACTOR_STATE', 'Own churn state in 802.3ad.', { since: '6.19' }),
  partnerChurnState: readOnly(12, churn, 'IFLA_BOND_SLAVE_AD_CHURN_PARTNER_STATE', "The partner's churn state in 802.3ad.", {
    since: '6.19',
  }),
});

/** A port of a bond (IFLA_BOND_SLAVE_, if_link.h). */
export interface BondPort extends Infer<typeof schema> {}
/** What BondPort is made from. */
export interface BondPortInput extends InferInput<typeof schema> {}
export const bondPort: Codec<BondPort, BondPortInput> = schema;
