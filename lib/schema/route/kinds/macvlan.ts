import type { Codec, Fields, Infer, InferInput } from '../../../codec/codec.js';
import { attributes } from '../../../codec/attributes.js';
import { field, readOnly } from '../../../codec/field.js';
import { list } from '../../../codec/containers.js';
import { enumeration, flags } from '../../../codec/names.js';
import { mac } from '../../../codec/address.js';
import { u16, u32, s32 } from '../../../codec/scalars.js';

/** The kernel takes source addresses only when it is told what to do with them; of a new link they are all. */
function withMode(value: Readonly<Fields>): Readonly<Fields> {
  const { sourceAddresses, addressMode } = value;
  return sourceAddresses === undefined || addressMode !== undefined ? value : { ...value, addressMode: 'set' };
}

const schema = attributes(
  {
    mode: field(
      1,
      enumeration(u32, { private: 1, vepa: 2, bridge: 4, passthru: 8, source: 16 }),
      'IFLA_MACVLAN_MODE',
      'Who talks to whom.',
    ),
    flags: field(2, flags(u16, { nopromisc: 1, nodst: 2 }), 'IFLA_MACVLAN_FLAGS', 'Switches.'),
    addressMode: field(
      3,
      enumeration(u32, { add: 0, delete: 1, flush: 2, set: 3 }),
      'IFLA_MACVLAN_MACADDR_MODE',
      "What is done with the source addresses; 'set' where a list is given and this is not.",
    ),
    sourceAddress: field(4, mac, 'IFLA_MACVLAN_MACADDR', 'One source address, for add and delete.'),
    sourceAddresses: field(5, list(mac, 4), 'IFLA_MACVLAN_MACADDR_DATA', 'Source addresses.'),
    sourceAddressCount: readOnly(6, u32, 'IFLA_MACVLAN_MACADDR_COUNT', 'How many source addresses there are.'),
    broadcastQueueLength: field(7, u32, 'IFLA_MACVLAN_BC_QUEUE_LEN', 'Length that is wanted of the queue for broadcasts.', {
      unit: 'packets',
      since: '5.11',
    }),
    broadcastQueueLengthUsed: readOnly(8, u32, 'IFLA_MACVLAN_BC_QUEUE_LEN_USED', 'Length that the queue has.', {
      unit: 'packets',
      since: '5.11',
    }),
    broadcastCutoff: field(9, s32, 'IFLA_MACVLAN_BC_CUTOFF', 'Up to so many members, multicast is not queued; -1 always queues.', {
      since: '6.4',
    }),
  },
  [],
  withMode,
);

/** A further hardware address on a link: macvlan and macvtap (IFLA_MACVLAN_, if_link.h). */
export interface MacvlanData extends Infer<typeof schema> {}
/** What MacvlanData is made from. */
export interface MacvlanDataInput extends InferInput<typeof schema> {}
export const macvlan: Codec<MacvlanData, MacvlanDataInput> = schema;
