import type { Codec, Infer, InferInput } from '../../codec/codec.js';
import { attributes } from '../../codec/attributes.js';
import { field, readOnly } from '../../codec/field.js';
import { repeated } from '../../codec/repeated.js';
import { addressFamily, flags } from '../../codec/names.js';
import { anyIp } from '../../codec/address.js';
import { link } from '../../codec/references.js';
import { object } from '../../codec/object.js';
import { u8, u32, counter64 } from '../../codec/scalars.js';
import { struct, member, padding } from '../../codec/struct.js';
import { ofBridges } from './bridging.js';

/** One network of a tunnel, by itself: what a watch tells. */
export interface TunnelVni {
  /** The tunnel. */
  link: number;
  /** The network. */
  vni: number;
  /** Multicast group, or address of the other end. */
  group?: string;
}

const vniFilterSchema = object({
  title: 'VNI filter',
  since: '5.18',
  family: 'family',
  header: struct({
    family: member(addressFamily, 'family', "Always 'bridge'."),
    flags: member(flags(u8, { statistics: 1 }), 'flags', 'What a dump wants to be told.'),
    reserved: padding(2),
    link: member(link, 'ifindex', 'The tunnel.'),
  }),
  attributes: attributes({
    entries: field(
      1,
      repeated(
        attributes({
          first: field(1, u32, 'VXLAN_VNIFILTER_ENTRY_START', 'First network.', { since: '5.18' }),
          last: field(2, u32, 'VXLAN_VNIFILTER_ENTRY_END', 'Last network.', { since: '5.18' }),
          group: field(3, anyIp, 'VXLAN_VNIFILTER_ENTRY_GROUP', 'Multicast group, or address of the other end.', {
            ipv6: 4,
            since: '5.18',
          }),
          statistics: readOnly(
            5,
            attributes(
              {
                rxBytes: field(1, counter64, 'VNIFILTER_ENTRY_STATS_RX_BYTES', 'Bytes received.', { unit: 'bytes' }),
                rxPackets: field(2, counter64, 'VNIFILTER_ENTRY_STATS_RX_PKTS', 'Packets received.'),
                rxDropped: field(3, counter64, 'VNIFILTER_ENTRY_STATS_RX_DROPS', 'Packets dropped on receiving.'),
                rxErrors: field(4, counter64, 'VNIFILTER_ENTRY_STATS_RX_ERRORS', 'Bad packets received.'),
                txBytes: field(5, counter64, 'VNIFILTER_ENTRY_STATS_TX_BYTES', 'Bytes sent.', { unit: 'bytes' }),
                txPackets: field(6, counter64, 'VNIFILTER_ENTRY_STATS_TX_PKTS', 'Packets sent.'),
                txDropped: field(7, counter64, 'VNIFILTER_ENTRY_STATS_TX_DROPS', 'Packets dropped on sending.'),
                txErrors: field(8, counter64, 'VNIFILTER_ENTRY_STATS_TX_ERRORS', 'Packets that could not be sent.'),
              },
              [9],
            ),
            'VXLAN_VNIFILTER_ENTRY_STATS',
            'Counters of the networks.',
            { since: '5.18' },
          ),
        }),
        1,
      ),
      'VXLAN_VNIFILTER_ENTRY',
      'The networks.',
      { since: '5.18' },
    ),
  }),
  encoding: ofBridges,
});

/** Networks that a VXLAN tunnel with a VNI filter takes (struct tunnel_msg, if_link.h; RTM_NEWTUNNEL). Linux 5.18. */
export interface VniFilter extends Infer<typeof vniFilterSchema> {}
/** What VniFilter is made from. */
export interface VniFilterInput extends InferInput<typeof vniFilterSchema> {}
export const vniFilter: Codec<VniFilter, VniFilterInput> = vniFilterSchema;
