import type { Codec, Infer, InferInput } from '../../../codec/codec.js';
import { attributes } from '../../../codec/attributes.js';
import { field } from '../../../codec/field.js';
import { maskedSwitches } from '../../../codec/names.js';
import { u16 } from '../../../codec/scalars.js';

const schema = attributes({
  muxId: field(1, u16, 'IFLA_RMNET_MUX_ID', 'Channel, 1 to 254.', { since: '4.17' }),
  flags: field(
    2,
    maskedSwitches({
      ingressDeaggregation: 1,
      ingressMapCommands: 2,
      ingressMapChecksum4: 4,
      egressMapChecksum4: 8,
      ingressMapChecksum5: 16,
      egressMapChecksum5: 32,
    }),
    'IFLA_RMNET_FLAGS',
    'Switches. Only those that are given change.',
    { since: '4.17' },
  ),
});

/** A channel of a Qualcomm modem (IFLA_RMNET_, if_link.h). */
export interface RmnetData extends Infer<typeof schema> {}
/** What RmnetData is made from. */
export interface RmnetDataInput extends InferInput<typeof schema> {}
export const rmnet: Codec<RmnetData, RmnetDataInput> = schema;
