import type { Codec, Infer, InferInput } from '../../../codec/codec.js';
import { attributes } from '../../../codec/attributes.js';
import { field } from '../../../codec/field.js';
import { enumeration } from '../../../codec/names.js';
import { anyIp } from '../../../codec/address.js';
import { u8, u32, switch8 } from '../../../codec/scalars.js';

const schema = attributes({
  fd0: field(1, u32, 'IFLA_GTP_FD0', 'fd of the UDP socket of GTP version 0.', { since: '4.7' }),
  fd1: field(2, u32, 'IFLA_GTP_FD1', 'fd of the UDP socket of GTP version 1.', { since: '4.7' }),
  hashSize: field(3, u32, 'IFLA_GTP_PDP_HASHSIZE', 'Size of the hash table.', { since: '4.7' }),
  role: field(4, enumeration(u32, { ggsn: 0, sgsn: 1 }), 'IFLA_GTP_ROLE', 'Which side.', { since: '4.12' }),
  createSockets: field(
    5,
    switch8,
    'IFLA_GTP_CREATE_SOCKETS',
    'The kernel makes the sockets; so it is for a new link where no fd is given.',
    { since: '5.18' },
  ),
  restartCount: field(6, u8, 'IFLA_GTP_RESTART_COUNT', 'Counter in echo answers.', { since: '5.18' }),
  local: field(7, anyIp, 'IFLA_GTP_LOCAL', 'Own address of the sockets that the kernel makes.', { since: '6.12', ipv6: 8 }),
});

/** A GTP tunnel endpoint (IFLA_GTP_, if_link.h). */
export interface GtpData extends Infer<typeof schema> {}
/** What GtpData is made from. */
export interface GtpDataInput extends InferInput<typeof schema> {}
export const gtp: Codec<GtpData, GtpDataInput> = schema;
