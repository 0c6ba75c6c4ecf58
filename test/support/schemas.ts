import type { Codec } from '../../lib/codec/codec.js';
import { address } from '../../lib/schema/route/address.js';
import { addressLabel } from '../../lib/schema/route/address-label.js';
import { bridgeLink } from '../../lib/schema/route/bridge-link.js';
import { bridgeVlan, bridgeVlanQuery } from '../../lib/schema/route/bridge-vlan.js';
import { kinds, ports } from '../../lib/schema/route/kinds.js';
import { canStatistics } from '../../lib/schema/route/kinds/can.js';
import { link } from '../../lib/schema/route/link.js';
import { multicastDatabase, multicastGroup } from '../../lib/schema/route/multicast-database.js';
import { namespaceId } from '../../lib/schema/route/namespace-id.js';
import { fdb, neighbour } from '../../lib/schema/route/neighbour.js';
import { neighbourTable } from '../../lib/schema/route/neighbour-table.js';
import { netconf } from '../../lib/schema/route/netconf.js';
import { nexthop, nexthopBucket } from '../../lib/schema/route/nexthop.js';
import { prefixNotification } from '../../lib/schema/route/prefix.js';
import { route } from '../../lib/schema/route/route.js';
import { rule } from '../../lib/schema/route/rule.js';
import { statistics, statisticsRequest } from '../../lib/schema/route/statistics.js';
import { vniFilter } from '../../lib/schema/route/vni-filter.js';
import type { ArbitraryOptions } from './arbitraries.js';

type Schema = Codec<object, never>;

/** Bonds leave out what their mode does not have: without a mode all is encoded. */
function isWholeBond(data: unknown): boolean {
  return typeof data !== 'object' || data === null || !('mode' in data || 'miiMonitor' in data);
}

/** GENEVE leaves out that the TTL is not inherited where there is one, GRE the other end that is no address. */
function isWholeTunnel(data: unknown): boolean {
  if (typeof data !== 'object' || data === null) return true;
  const { ttl, ttlInherit, remote } = data as { ttl?: unknown; ttlInherit?: unknown; remote?: unknown };
  return !(ttl !== undefined && ttlInherit === false) && remote !== '0.0.0.0' && remote !== '::';
}

/** Kinds whose data says less than was given, in some cases. */
const wholeData: Readonly<Record<string, (data: unknown) => boolean>> = {
  bond: isWholeBond,
  ...Object.fromEntries(
    ['geneve', 'gre', 'gretap', 'erspan', 'ip6gre', 'ip6gretap', 'ip6erspan'].map((kind) => [kind, isWholeTunnel] as const),
  ),
};

/** Every message of rtnetlink that has a schema, and what must be minded when values of it are made. */
export const messages: Readonly<Record<string, { readonly codec: Schema; readonly options?: ArbitraryOptions }>> = {
  // The other end of a pair belongs to its kinds; it has a test of its own.
  link: { codec: link, options: { omit: ['peer', 'family'], whole: (value) => wholeData[String(value['kind'])]?.(value['data']) ?? true } },
  address: { codec: address, options: { require: { peer: 'address' } } },
  // Next to the nexthop object others are ignored.
  route: { codec: route, options: { omit: ['nexthopId'] } },
  // A rule without a table is told with table 0.
  rule: { codec: rule, options: { whole: (value) => value['table'] !== 0 } },
  neighbour: { codec: neighbour },
  fdb: { codec: fdb },
  // Asked for, and never told.
  nexthop: { codec: nexthop, options: { omit: ['operationFlags'] } },
  'nexthop bucket': { codec: nexthopBucket },
  'neighbour table': { codec: neighbourTable },
  netconf: { codec: netconf },
  'address label': { codec: addressLabel },
  'namespace id': { codec: namespaceId },
  statistics: { codec: statistics },
  'statistics request': { codec: statisticsRequest },
  'multicast database': { codec: multicastDatabase },
  // Nobody is told flags and timers; the kernel's own protocols, and the mode of a source, are left out.
  'multicast group': { codec: multicastGroup, options: { omit: ['flags', 'timer', 'protocol', 'mode'] } },
  'bridge link': { codec: bridgeLink },
  'bridge VLAN': { codec: bridgeVlan },
  'bridge VLAN query': { codec: bridgeVlanQuery },
  'VNI filter': { codec: vniFilter },
  prefix: { codec: prefixNotification },
};

/** Options of the tests of parts. */
export const partOptions: Readonly<Record<string, ArbitraryOptions>> = Object.fromEntries(
  Object.entries(wholeData).map(([kind, whole]) => [`data of ${kind}`, { whole }]),
);

/** What messages hold that depends on a kind. */
export const parts: Readonly<Record<string, Schema>> = {
  ...Object.fromEntries(Object.entries(kinds).map(([name, codec]) => [`data of ${name}`, codec as Schema])),
  ...Object.fromEntries(Object.entries(ports).map(([name, codec]) => [`port of ${name}`, codec as Schema])),
  'statistics of can': canStatistics,
};
