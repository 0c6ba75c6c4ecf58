import type { Codec, Infer, InferInput } from '../../../codec/codec.js';
import { attributes } from '../../../codec/attributes.js';
import { field, readOnly } from '../../../codec/field.js';
import { enumeration } from '../../../codec/names.js';
import { switch8, u16, u32 } from '../../../codec/scalars.js';

const policy = enumeration(u32, { forward: 0, blackhole: 2 }, { pass: 0, drop: 2 });
const scrub = enumeration(u32, { none: 0, default: 1 });

const own = {
  primary: readOnly(2, switch8, 'IFLA_NETKIT_PRIMARY', 'This end is the primary one: programs can only be attached from here.', {
    since: '6.7',
  }),
  policy: field(3, policy, 'IFLA_NETKIT_POLICY', 'What happens to packets without a program.', { since: '6.7' }),
  peerPolicy: field(4, policy, 'IFLA_NETKIT_PEER_POLICY', 'The same for the other end.', { since: '6.7' }),
  mode: field(5, enumeration(u32, { l2: 0, l3: 1 }), 'IFLA_NETKIT_MODE', 'With or without Ethernet headers.', { since: '6.7' }),
  scrub: field(6, scrub, 'IFLA_NETKIT_SCRUB', 'Whether mark and priority of packets are cleared.', { since: '6.13' }),
  peerScrub: field(7, scrub, 'IFLA_NETKIT_PEER_SCRUB', 'The same for the other end.', { since: '6.13' }),
  headroom: field(8, u16, 'IFLA_NETKIT_HEADROOM', 'Room before packets.', { unit: 'bytes', since: '6.14' }),
  tailroom: field(9, u16, 'IFLA_NETKIT_TAILROOM', 'Room after packets.', { unit: 'bytes', since: '6.14' }),
};

const schema = attributes(own);

/** A pair for BPF (IFLA_NETKIT_, if_link.h). */
export interface NetkitData extends Infer<typeof schema> {}
export interface NetkitDataInput extends InferInput<typeof schema> {}

/** The other end is a link itself, which link.ts brings. */
export function netkit(peer: Codec<Record<string, unknown>, Readonly<Record<string, unknown>>>): Codec<NetkitData, NetkitDataInput> {
  return attributes({ peer: field(1, peer, 'IFLA_NETKIT_PEER_INFO', 'The other end.', { since: '6.7', outer: true }), ...own });
}
