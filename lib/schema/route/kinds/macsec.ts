import type { Codec, Infer, InferInput } from '../../../codec/codec.js';
import { attributes } from '../../../codec/attributes.js';
import { field } from '../../../codec/field.js';
import { enumeration } from '../../../codec/names.js';
import { u8, u32, u64, u16be, u64be, switch8, converted, type Integer64 } from '../../../codec/scalars.js';
import { ValueError } from '../../../codec/codec.js';

const suites = {
  'gcm-aes-128': 0x0080c20001000001n,
  'gcm-aes-256': 0x0080c20001000002n,
  'gcm-aes-xpn-128': 0x0080c20001000003n,
  'gcm-aes-xpn-256': 0x0080c20001000004n,
  default: 0x0080020001000001n,
} as const;
type Suite = keyof typeof suites;
const suiteNames = new Map<bigint, Suite>(Object.entries(suites).map(([name, number]) => [number, name as Suite]));

const cipher = converted<bigint, Integer64, Suite | bigint, Suite | Integer64>(u64, {
  from: (number) => suiteNames.get(number) ?? number,
  to(value) {
    if (typeof value !== 'string') return value;
    if (/^\d+$/.test(value)) return value as Integer64;
    if (!Object.hasOwn(suites, value)) throw new ValueError(`a bigint or one of ${Object.keys(suites).join(', ')}`, value);
    return suites[value as Suite];
  },
  samples: ['gcm-aes-128', 'gcm-aes-xpn-256', 'default', 7n],
});

const schema = attributes(
  {
    sci: field(1, u64be, 'IFLA_MACSEC_SCI', 'Secure channel identifier: address and port.', { since: '4.6' }),
    port: field(2, u16be, 'IFLA_MACSEC_PORT', 'Port of the identifier, 1 to 65535.', { since: '4.6' }),
    icvLength: field(3, u8, 'IFLA_MACSEC_ICV_LEN', 'Length of the integrity check value, 8 to 16.', { unit: 'bytes', since: '4.6' }),
    cipherSuite: field(4, cipher, 'IFLA_MACSEC_CIPHER_SUITE', 'Cipher suite; a number where it has no name here.', { since: '4.6' }),
    window: field(5, u32, 'IFLA_MACSEC_WINDOW', 'Size of the replay window.', { unit: 'packets', since: '4.6' }),
    encodingSa: field(6, u8, 'IFLA_MACSEC_ENCODING_SA', 'Association that is sent with, 0 to 3.', { since: '4.6' }),
    encrypt: field(7, switch8, 'IFLA_MACSEC_ENCRYPT', 'Encrypt.', { since: '4.6' }),
    protect: field(8, switch8, 'IFLA_MACSEC_PROTECT', 'Protect.', { since: '4.6' }),
    includeSci: field(9, switch8, 'IFLA_MACSEC_INC_SCI', 'Put the identifier into frames.', { since: '4.6' }),
    endStation: field(10, switch8, 'IFLA_MACSEC_ES', 'The end station bit.', { since: '4.6' }),
    singleCopyBroadcast: field(11, switch8, 'IFLA_MACSEC_SCB', 'The single copy broadcast bit.', { since: '4.6' }),
    replayProtect: field(12, switch8, 'IFLA_MACSEC_REPLAY_PROTECT', 'Drop replayed frames.', { since: '4.6' }),
    validation: field(
      13,
      enumeration(u8, { disabled: 0, check: 1, strict: 2 }),
      'IFLA_MACSEC_VALIDATION',
      'What happens to frames that are not right.',
      { since: '4.6' },
    ),
    offload: field(15, enumeration(u8, { off: 0, phy: 1, mac: 2 }), 'IFLA_MACSEC_OFFLOAD', 'Who does the work.', { since: '5.6' }),
  },
  [14],
);

/** A MACsec port on a link (IFLA_MACSEC_, if_link.h). Keys and associations go through generic netlink. */
export interface MacsecData extends Infer<typeof schema> {}
/** What MacsecData is made from. */
export interface MacsecDataInput extends InferInput<typeof schema> {}
export const macsec: Codec<MacsecData, MacsecDataInput> = schema;
