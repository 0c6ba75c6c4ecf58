import { ValueError, type Codec, type Infer, type InferInput, type Fields } from '../../codec/codec.js';
import { putAttribute } from '../../codec/attribute.js';
import { attributes } from '../../codec/attributes.js';
import { always, field, ingredient, inline, readOnly } from '../../codec/field.js';
import { list, packed } from '../../codec/containers.js';
import { addressFamily, enumeration, flags } from '../../codec/names.js';
import { ip, familyOf } from '../../codec/address.js';
import { link, type LinkReference } from '../../codec/references.js';
import { derived, object } from '../../codec/object.js';
import { u16, u32, u16le, switch32, presence, counter64, counter, converted } from '../../codec/scalars.js';
import { struct, member, padding, reported } from '../../codec/struct.js';
import { routeProtocol, scope, nexthopFlags, nexthopState } from './names.js';
import { encapsulation } from './encapsulation.js';

/** Two bytes hold the weight less one, the second since Linux 6.12. */
const weight = converted(u16le, {
  from: (number) => number + 1,
  to(value: number): number {
    if (!Number.isInteger(value) || value < 1 || value > 65536) throw new ValueError('a weight from 1 to 65536', value);
    return value - 1;
  },
  samples: [1, 2, 256, 65536],
});

const groupMember = struct({
  id: member(u32, 'id', 'The nexthop.'),
  weight: member(weight, 'weight', 'Share of the traffic, 1 to 256, since Linux 6.12 to 65536.'),
  reserved: padding(2),
});

const operationBits = { 'dump-stats': 1, 'dump-hardware-stats': 2 } as const;
const operation = flags(u32, operationBits);

const header = struct({
  family: member(addressFamily, 'nh_family', "Address family: that of the gateway; 'unspecified' for groups."),
  scope: reported(scope, 'nh_scope', 'Distance of the gateway.'),
  protocol: member(routeProtocol, 'nh_protocol', 'Who installed the nexthop.'),
  reserved: padding(1),
  flags: member(flags(u32, nexthopFlags, nexthopState | 2), 'nh_flags', 'What is special about the nexthop.'),
});

const nexthopSchema = object({
  title: 'nexthop',
  since: '5.3',
  family: 'family',
  header,
  attributes: attributes({
    id: always(field(1, u32, 'NHA_ID', 'Number of the nexthop; 0 lets the kernel choose.')),
    group: field(2, packed(groupMember), 'NHA_GROUP', 'Nexthops of the group.'),
    groupType: field(
      3,
      enumeration(u16, { multipath: 0, resilient: 1 }, { mpath: 0 }),
      'NHA_GROUP_TYPE',
      'How the group shares the traffic.',
    ),
    blackhole: field(4, presence, 'NHA_BLACKHOLE', 'Drop packets.'),
    link: field(5, link, 'NHA_OIF', 'Link that packets leave by.'),
    gateway: field(6, ip, 'NHA_GATEWAY', 'Address of the next router.'),
    encapsulation: encapsulation(7, 'NHA_ENCAP_TYPE', 8, 'NHA_ENCAP'),
    groupsOnly: field(9, presence, 'NHA_GROUPS', 'A dump tells only groups.'),
    master: field(10, link, 'NHA_MASTER', 'A dump tells only nexthops by links of this master.'),
    fdb: field(11, presence, 'NHA_FDB', 'The nexthop is for forwarding entries of VXLAN.', { since: '5.8' }),
    resilient: field(
      12,
      attributes(
        {
          buckets: field(1, u16, 'NHA_RES_GROUP_BUCKETS', 'Number of buckets.'),
          idleTimer: field(2, u32, 'NHA_RES_GROUP_IDLE_TIMER', 'Time after which an unused bucket may move.', { unit: '1/100 second' }),
          unbalancedTimer: field(
            3,
            u32,
            'NHA_RES_GROUP_UNBALANCED_TIMER',
            'Time after which buckets move although they are used; 0 for never.',
            { unit: '1/100 second' },
          ),
          unbalancedTime: readOnly(4, counter64, 'NHA_RES_GROUP_UNBALANCED_TIME', 'How long the group has been out of balance.', {
            unit: '1/100 second',
          }),
        },
        [0],
      ),
      'NHA_RES_GROUP',
      'A resilient group.',
      { since: '5.13' },
    ),
    reportedOperation: ingredient(14, u32, 'NHA_OP_FLAGS', 'operationFlags', { since: '6.9' }),
    groupStatistics: readOnly(
      15,
      list(
        attributes({
          id: field(1, u32, 'NHA_GROUP_STATS_ENTRY_ID', 'The nexthop.'),
          packets: field(2, counter, 'NHA_GROUP_STATS_ENTRY_PACKETS', 'Packets.'),
          hardwarePackets: field(3, counter, 'NHA_GROUP_STATS_ENTRY_PACKETS_HW', 'Packets that hardware forwarded.'),
        }),
        1,
      ),
      'NHA_GROUP_STATS',
      'Counters of the nexthops of a group.',
      { since: '6.9' },
    ),
    hardwareStatistics: field(16, switch32, 'NHA_HW_STATS_ENABLE', 'Count what hardware forwards.', { since: '6.9' }),
    hardwareStatisticsUsed: readOnly(17, switch32, 'NHA_HW_STATS_USED', 'Hardware does count.', { since: '6.9' }),
  }),
  derived: {
    // Answers have flags of their own in it, which no request may have.
    operationFlags: derived<(keyof typeof operationBits | number)[], readonly (keyof typeof operationBits | number)[] | number>({
      codec: operation,
      kernel: 'NHA_OP_FLAGS',
      doc: 'What a request wants to be told. Never reported.',
      notes: { since: '6.9' },
      read: () => undefined,
      write: (value, _head, output) => putAttribute(14, operation, value, output),
    }),
  },
  encoding(value: Readonly<Fields>, head, output) {
    const { family, gateway, blackhole, link: out } = value;
    if (family !== undefined) return;
    if (typeof gateway === 'string') output.family = familyOf(gateway);
    // A nexthop without a gateway needs a family all the same: that of `ip nexthop` without -6.
    else if (blackhole === true || out !== undefined) output.family = 2;
    head['family'] = output.family;
  },
});

/** A nexthop, or a group of them (struct nhmsg, nexthop.h). Linux 5.3. */
export interface Nexthop extends Infer<typeof nexthopSchema> {}
interface AnyNexthopInput extends InferInput<typeof nexthopSchema> {}
/** Where a nexthop leads: out by a link, to others, nowhere, or to the other end of a VXLAN tunnel. What was listed (with a scope) leads somewhere. */
type NexthopWay =
  | { readonly scope: Nexthop['scope'] }
  | { readonly group: readonly (NonNullable<AnyNexthopInput['group']>[number] & { readonly id: number })[] }
  | { readonly blackhole: true }
  | { readonly fdb: true; readonly gateway: string }
  | { readonly link: LinkReference };
/** What a nexthop is made from. */
export type NexthopInput = AnyNexthopInput & NexthopWay;
/** A nexthop that is there, and what it is to have. */
export interface NexthopChange extends AnyNexthopInput {
  readonly id: number;
}
export const nexthop: Codec<Nexthop, NexthopInput> = nexthopSchema;

const nexthopBucketSchema = object({
  title: 'nexthop bucket',
  since: '5.13',
  family: 'family',
  header,
  attributes: attributes({
    id: field(1, u32, 'NHA_ID', 'The group.', { since: '5.13' }),
    link: field(5, link, 'NHA_OIF', 'A dump tells only buckets whose nexthop is by this link.', { since: '5.13' }),
    master: field(10, link, 'NHA_MASTER', 'A dump tells only buckets whose nexthop is by links of this master.', { since: '5.13' }),
    bucket: inline(
      13,
      attributes(
        {
          index: field(1, u16, 'NHA_RES_BUCKET_INDEX', 'Number of the bucket.', { since: '5.13' }),
          idleTime: readOnly(2, counter64, 'NHA_RES_BUCKET_IDLE_TIME', 'How long it has not been used.', {
            unit: '1/100 second',
            since: '5.13',
          }),
          nexthopId: field(3, u32, 'NHA_RES_BUCKET_NH_ID', 'The nexthop that it leads to.', { since: '5.13' }),
        },
        [0],
      ),
      'NHA_RES_BUCKET',
      'The bucket.',
      { since: '5.13' },
    ),
  }),
});

/** A bucket of a resilient group (RTM_NEWNEXTHOPBUCKET). Linux 5.13. */
export interface NexthopBucket extends Infer<typeof nexthopBucketSchema> {}
/** What NexthopBucket is made from. */
export interface NexthopBucketInput extends InferInput<typeof nexthopBucketSchema> {}
export const nexthopBucket: Codec<NexthopBucket, NexthopBucketInput> = nexthopBucketSchema;
