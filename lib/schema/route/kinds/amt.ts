import type { Codec, Infer, InferInput } from '../../../codec/codec.js';
import { attributes } from '../../../codec/attributes.js';
import { field, readOnly } from '../../../codec/field.js';
import { enumeration } from '../../../codec/names.js';
import { ipv4 } from '../../../codec/address.js';
import { link } from '../../../codec/references.js';
import { u32, u16be } from '../../../codec/scalars.js';

const schema = attributes({
  mode: field(1, enumeration(u32, { gateway: 0, relay: 1 }), 'IFLA_AMT_MODE', 'Which side.', { since: '5.16' }),
  relayPort: field(2, u16be, 'IFLA_AMT_RELAY_PORT', 'Port of the relay.', { since: '5.16' }),
  gatewayPort: field(3, u16be, 'IFLA_AMT_GATEWAY_PORT', 'Port of the gateway.', { since: '5.16' }),
  link: field(4, link, 'IFLA_AMT_LINK', 'Underlying link.', { since: '5.16' }),
  local: field(5, ipv4, 'IFLA_AMT_LOCAL_IP', 'Own address.', { since: '5.16' }),
  remote: readOnly(6, ipv4, 'IFLA_AMT_REMOTE_IP', 'The relay that was found.', { since: '5.16' }),
  discovery: field(7, ipv4, 'IFLA_AMT_DISCOVERY_IP', 'Where a gateway asks for a relay.', { since: '5.16' }),
  maxTunnels: field(8, u32, 'IFLA_AMT_MAX_TUNNELS', 'Most tunnels of a relay.', { since: '5.16' }),
});

/** Automatic multicast tunneling (IFLA_AMT_, amt.h). */
export interface AmtData extends Infer<typeof schema> {}
/** What AmtData is made from. */
export interface AmtDataInput extends InferInput<typeof schema> {}
export const amt: Codec<AmtData, AmtDataInput> = schema;
