import type { Codec, Infer, InferInput } from '../../../codec/codec.js';
import { attributes } from '../../../codec/attributes.js';
import { readOnly } from '../../../codec/field.js';
import { enumeration } from '../../../codec/names.js';
import { u8, u32, switch8 } from '../../../codec/scalars.js';

const schema = attributes({
  owner: readOnly(1, u32, 'IFLA_TUN_OWNER', 'User who may attach.', { since: '4.17' }),
  group: readOnly(2, u32, 'IFLA_TUN_GROUP', 'Group that may attach.', { since: '4.17' }),
  type: readOnly(3, enumeration(u8, { tun: 1, tap: 2 }), 'IFLA_TUN_TYPE', 'Without or with Ethernet headers.', { since: '4.17' }),
  packetInformation: readOnly(4, switch8, 'IFLA_TUN_PI', 'Packets have four bytes before them.', { since: '4.17' }),
  vnetHeader: readOnly(5, switch8, 'IFLA_TUN_VNET_HDR', 'Packets have a virtio header before them.', { since: '4.17' }),
  persist: readOnly(6, switch8, 'IFLA_TUN_PERSIST', 'The device stays when nobody is attached.', { since: '4.17' }),
  multiQueue: readOnly(7, switch8, 'IFLA_TUN_MULTI_QUEUE', 'Several may attach.', { since: '4.17' }),
  queues: readOnly(8, u32, 'IFLA_TUN_NUM_QUEUES', 'Queues that are attached.', { since: '4.17' }),
  disabledQueues: readOnly(9, u32, 'IFLA_TUN_NUM_DISABLED_QUEUES', 'Queues that are disabled.', { since: '4.17' }),
});

/** A tun or tap device (IFLA_TUN_, if_link.h). It is made through /dev/net/tun: all of this is only reported. */
export interface TunData extends Infer<typeof schema> {}
/** What TunData is made from: links.add() gives to /dev/net/tun what it has a word for, and passes over the rest. */
export interface TunDataInput extends Omit<InferInput<typeof schema>, keyof TunMade>, TunMade {}
interface TunMade {
  readonly type?: 'tun' | 'tap' | number | undefined;
  readonly owner?: number | undefined;
  readonly group?: number | undefined;
  readonly packetInformation?: boolean | undefined;
  readonly vnetHeader?: boolean | undefined;
  readonly multiQueue?: boolean | undefined;
}
export const tun: Codec<TunData, TunDataInput> = schema;
