import type { Codec, Fields, Infer, InferInput, Input } from '../../codec/codec.js';
import { familyOf, prefix } from '../../codec/address.js';
import { attributes } from '../../codec/attributes.js';
import { field, ingredient } from '../../codec/field.js';
import { putAttribute } from '../../codec/attribute.js';
import { addressFamily, enumeration, flags } from '../../codec/names.js';
import { derived, object } from '../../codec/object.js';
import { s32, switch8, u16, u32, u32be, u64be, u8 } from '../../codec/scalars.js';
import { hidden, member, padding, struct } from '../../codec/struct.js';
import { linkName } from '../../codec/text.js';
import { ipProtocol, routeProtocol, table } from './names.js';
import { realms, tableNumber } from './route.js';

const ports = struct({
  from: member(u16, 'start', 'First port.'),
  to: member(u16, 'end', 'Last port.'),
});

const ruleSchema = object({
  title: 'rule',
  family: 'family',
  header: struct({
    family: member(addressFamily, 'family', "Address family: 'ipv4' (the default), 'ipv6', ..."),
    destinationLength: hidden(u8, 'dst_len'),
    sourceLength: hidden(u8, 'src_len'),
    tos: member(u8, 'tos', 'Type of service that packets must have; 0 for any.'),
    lowTable: hidden(u8, 'table'),
    reserved: padding(2),
    action: member(
      enumeration(
        u8,
        { unspecified: 0, table: 1, goto: 2, nop: 3, blackhole: 6, unreachable: 7, prohibit: 8 },
        { 'to-table': 1, lookup: 1 },
      ),
      'action',
      'What happens to packets that match.',
    ),
    flags: member(
      flags(
        u32,
        { permanent: 1, invert: 2, unresolved: 4, 'input-detached': 8, 'output-detached': 16, 'find-source': 0x10000 },
        1 | 4 | 8 | 16,
      ),
      'flags',
      "'invert' matches what the selectors do not; all but that and 'find-source' is the kernel's to tell, and ignored.",
    ),
  }),
  attributes: attributes(
    {
      destination: field(1, selector('destinationLength'), 'FRA_DST', "Destination that packets must have; 'all' or 'default' for any.", {
        absorb: absorbAll('destinationLength'),
        absent: 'all',
      }),
      source: field(2, selector('sourceLength'), 'FRA_SRC', "Source that packets must have; 'all' or 'default' for any.", {
        absorb: absorbAll('sourceLength'),
        absent: 'all',
      }),
      inputLink: field(3, linkName, 'FRA_IIFNAME', 'Name of the link that packets come in on; it need not exist yet.'),
      target: field(4, u32, 'FRA_GOTO', 'Priority of the rule that a goto goes on with.'),
      priority: field(6, u32, 'FRA_PRIORITY', 'Rules are tried in this order, lowest first.'),
      mark: field(10, u32, 'FRA_FWMARK', 'Mark that packets must have.'),
      realms: field(11, realms, 'FRA_FLOW', 'Realms, for accounting and classification. IPv4.'),
      tunnelId: field(12, u64be, 'FRA_TUN_ID', 'Tunnel identifier that packets must have.', { since: '4.3' }),
      suppressGroup: field(13, s32, 'FRA_SUPPRESS_IFGROUP', 'Routes by links of this group do not count; -1 for none.', {
        absent: -1,
      }),
      suppressPrefixLength: field(
        14,
        s32,
        'FRA_SUPPRESS_PREFIXLEN',
        'Routes with a prefix of this length or shorter do not count; -1 for none.',
        { unit: 'bits', absent: -1 },
      ),
      wideTable: ingredient(15, u32, 'FRA_TABLE', 'table'),
      markMask: field(16, u32, 'FRA_FWMASK', 'Bits of the mark that are compared.'),
      outputLink: field(17, linkName, 'FRA_OIFNAME', 'Name of the link that packets leave by (sockets bound to it).'),
      l3mdev: field(19, switch8, 'FRA_L3MDEV', "Use the table of the packet's VRF.", { since: '4.8' }),
      uidRange: field(
        20,
        struct({ from: member(u32, 'start', 'First user id.'), to: member(u32, 'end', 'Last user id.') }),
        'FRA_UID_RANGE',
        'Users whose packets match.',
        { since: '4.10' },
      ),
      protocol: field(21, routeProtocol, 'FRA_PROTOCOL', 'Who installed the rule.', { since: '4.17' }),
      ipProtocol: field(22, ipProtocol, 'FRA_IP_PROTO', 'Protocol that packets must have.', { since: '4.17' }),
      sourcePorts: field(23, ports, 'FRA_SPORT_RANGE', 'Source ports that packets must have.', { since: '4.17' }),
      destinationPorts: field(24, ports, 'FRA_DPORT_RANGE', 'Destination ports that packets must have.', { since: '4.17' }),
      dscp: field(25, u8, 'FRA_DSCP', 'DSCP that packets must have, 0 to 63.', { since: '6.13', absent: null }),
      flowLabel: field(26, u32be, 'FRA_FLOWLABEL', 'Flow label that packets must have. IPv6.', {
        since: '6.14',
        absent: null,
      }),
      flowLabelMask: field(27, u32be, 'FRA_FLOWLABEL_MASK', 'Bits of the flow label that are compared.', { since: '6.14' }),
      sourcePortMask: field(28, u16, 'FRA_SPORT_MASK', 'Bits of the source port that are compared.', { since: '6.15' }),
      destinationPortMask: field(29, u16, 'FRA_DPORT_MASK', 'Bits of the destination port that are compared.', { since: '6.15' }),
      dscpMask: field(30, u8, 'FRA_DSCP_MASK', 'Bits of the DSCP that are compared.', { since: '6.15' }),
    },
    [18],
  ),
  derived: {
    table: derived<'default' | 'main' | 'local' | number, 'default' | 'main' | 'local' | 'unspecified' | 'all' | number>({
      codec: table,
      kernel: 'FRA_TABLE, table',
      doc: "Table that is looked up: 'main', 'local', 'default' or a number.",
      read(header) {
        const number = header['wideTable'] ?? header['lowTable'];
        if (number === 0 || typeof number !== 'number') return undefined;
        return number === 254 ? 'main' : number === 255 ? 'local' : number === 253 ? 'default' : number;
      },
      write(value, header, output) {
        const number = tableNumber(value);
        if (number < 256) header['lowTable'] = number;
        else putAttribute(15, u32, number, output);
      },
    }),
  },
  encoding(value: Readonly<Fields>, header, output) {
    for (const name of ['destination', 'source']) {
      const text = value[name];
      if (output.family === 0 && typeof text === 'string') output.family = familyOf(text);
    }
    if (output.family === 0) output.family = 2;
    header['family'] = output.family;
  },
  // The kernel tells every priority but 0.
  decoded(value) {
    value['priority'] ??= 0;
  },
});

/** A prefix; an empty one, as iproute2 writes it, is everything. */
function selector(lengthMember: string): Codec<string> {
  const some = prefix(lengthMember);
  return { ...some, decode: (input: Input) => (input.position === input.end ? 'all' : some.decode(input)) };
}

function absorbAll(lengthMember: string): (content: unknown, output: { header: Fields }) => boolean {
  return (content, output) => {
    // The one is what lists have, the other what routes are called.
    if (content !== 'all' && content !== 'default') return false;
    output.header[lengthMember] = 0;
    return true;
  };
}

/** A rule of the routing policy database (struct fib_rule_hdr, fib_rules.h). */
export interface Rule extends Infer<typeof ruleSchema> {}
/** What a rule is made from. */
export interface RuleInput extends InferInput<typeof ruleSchema> {}
export const rule: Codec<Rule, RuleInput> = ruleSchema;
