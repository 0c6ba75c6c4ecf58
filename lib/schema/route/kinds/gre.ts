import type { Codec, Infer, InferInput } from '../../../codec/codec.js';
import { attributes } from '../../../codec/attributes.js';
import { field } from '../../../codec/field.js';
import { enumeration } from '../../../codec/names.js';
import { ipv4 } from '../../../codec/address.js';
import { link } from '../../../codec/references.js';
import { u8, u16, u32, u32be, switch8, presence } from '../../../codec/scalars.js';
import { encapsulationFields, greFlags, keyed, pathMtu } from './tunnel.js';

const schema = attributes(
  {
    link: field(1, link, 'IFLA_GRE_LINK', 'Underlying link.'),
    inputFlags: field(2, greFlags, 'IFLA_GRE_IFLAGS', 'What headers must have on receiving.'),
    outputFlags: field(3, greFlags, 'IFLA_GRE_OFLAGS', 'What headers get on sending.'),
    inputKey: field(4, u32be, 'IFLA_GRE_IKEY', "Key on receiving; given alone, it sets the flag 'key'."),
    outputKey: field(5, u32be, 'IFLA_GRE_OKEY', "Key on sending; given alone, it sets the flag 'key'."),
    local: field(6, ipv4, 'IFLA_GRE_LOCAL', 'Own address.'),
    remote: field(7, ipv4, 'IFLA_GRE_REMOTE', 'Address of the other end.'),
    ttl: field(8, u8, 'IFLA_GRE_TTL', 'Outer TTL; 0 inherits.'),
    tos: field(9, u8, 'IFLA_GRE_TOS', 'Outer type of service; 1 inherits.'),
    pathMtuDiscovery: field(10, pathMtu, 'IFLA_GRE_PMTUDISC', 'Path MTU discovery.'),
    ...encapsulationFields(14, 'IFLA_GRE'),
    external: field(18, presence, 'IFLA_GRE_COLLECT_METADATA', 'Routes and filters decide about the outer header.', { since: '4.3' }),
    ignoreDontFragment: field(19, switch8, 'IFLA_GRE_IGNORE_DF', 'Fragment packets that must not be.', { since: '4.8' }),
    mark: field(20, u32, 'IFLA_GRE_FWMARK', 'Mark of outer packets.', { since: '4.12' }),
    erspanIndex: field(21, u32, 'IFLA_GRE_ERSPAN_INDEX', 'Index of the mirrored port (ERSPAN version 1), 20 bits.', { since: '4.14' }),
    erspanVersion: field(22, u8, 'IFLA_GRE_ERSPAN_VER', 'Version of ERSPAN, 0 to 2.', { since: '4.16' }),
    erspanDirection: field(
      23,
      enumeration(u8, { ingress: 0, egress: 1 }),
      'IFLA_GRE_ERSPAN_DIR',
      'Mirrored direction (ERSPAN version 2).',
      { since: '4.16' },
    ),
    erspanHardware: field(24, u16, 'IFLA_GRE_ERSPAN_HWID', 'Engine of the switch (ERSPAN version 2), 6 bits.', { since: '4.16' }),
  },
  [],
  keyed,
);

/** GRE over IPv4: gre, gretap and erspan (IFLA_GRE_, if_tunnel.h). */
export interface GreData extends Infer<typeof schema> {}
/** What GreData is made from. */
export interface GreDataInput extends InferInput<typeof schema> {}
export const gre: Codec<GreData, GreDataInput> = schema;
