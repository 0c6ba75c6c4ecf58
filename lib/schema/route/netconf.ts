import type { Codec, Infer, InferInput } from '../../codec/codec.js';
import { attributes } from '../../codec/attributes.js';
import { field } from '../../codec/field.js';
import { addressFamily } from '../../codec/names.js';
import { linkIndex } from '../../codec/references.js';
import { object } from '../../codec/object.js';
import { s32 } from '../../codec/scalars.js';
import { struct, member } from '../../codec/struct.js';
import type { LinkReference } from '../../codec/references.js';

/** Which links settings are of. */
const scopeOf: Codec<number | 'all' | 'default', LinkReference> = {
  shape: { is: 'converted', of: { is: 'link' }, samples: ['all', 'default', 3] },
  decode(input) {
    const number = s32.decode(input);
    return number === -1 ? 'all' : number === -2 ? 'default' : number;
  },
  encode(value, output) {
    s32.encode(value === 'all' ? -1 : value === 'default' ? -2 : linkIndex(value, output), output);
  },
};

const netconfSchema = object({
  title: 'network configuration',
  family: 'family',
  header: struct({ family: member(addressFamily, 'ncm_family', 'Address family.') }),
  attributes: attributes({
    link: field(1, scopeOf, 'NETCONFA_IFINDEX', "Index of the link; 'all' or 'default' (new links)."),
    forwarding: field(2, s32, 'NETCONFA_FORWARDING', 'Forward packets.'),
    reversePathFilter: field(3, s32, 'NETCONFA_RP_FILTER', 'Check source addresses: 0 not, 1 strictly, 2 loosely.'),
    multicastForwarding: field(4, s32, 'NETCONFA_MC_FORWARDING', 'Forward multicast.'),
    proxyNeighbour: field(5, s32, 'NETCONFA_PROXY_NEIGH', 'Answer for others.'),
    ignoreRoutesWithLinkDown: field(6, s32, 'NETCONFA_IGNORE_ROUTES_WITH_LINKDOWN', 'Do not use routes by links without a carrier.', {
      since: '4.2',
    }),
    input: field(7, s32, 'NETCONFA_INPUT', 'Accept MPLS packets.', { since: '4.1' }),
    broadcastForwarding: field(8, s32, 'NETCONFA_BC_FORWARDING', 'Forward directed broadcasts.', { since: '5.0' }),
    forceForwarding: field(9, s32, 'NETCONFA_FORCE_FORWARDING', 'Forward although `all` does not. IPv6.', { since: '6.17' }),
  }),
});

/** Settings of forwarding: of all links, of new links, or of a link (struct netconfmsg, netconf.h). Only reported. */
export interface Netconf extends Infer<typeof netconfSchema> {}
/** What Netconf is made from. */
export interface NetconfInput extends InferInput<typeof netconfSchema> {}
export const netconf: Codec<Netconf, NetconfInput> = netconfSchema;
