import { expect } from 'chai';
import type { Codec } from '../../lib/codec/codec.js';
import { walk } from '../../lib/codec/documentation.js';
import { address } from '../../lib/schema/route/address.js';
import { addressLabel } from '../../lib/schema/route/address-label.js';
import { bridgeLink } from '../../lib/schema/route/bridge-link.js';
import { bridgeVlan } from '../../lib/schema/route/bridge-vlan.js';
import { link } from '../../lib/schema/route/link.js';
import { namespaceId } from '../../lib/schema/route/namespace-id.js';
import { fdb as fdbCodec, neighbour } from '../../lib/schema/route/neighbour.js';
import { neighbourTable } from '../../lib/schema/route/neighbour-table.js';
import { netconf as netconfCodec } from '../../lib/schema/route/netconf.js';
import { nexthop, nexthopBucket } from '../../lib/schema/route/nexthop.js';
import { route } from '../../lib/schema/route/route.js';
import { rule } from '../../lib/schema/route/rule.js';
import { statistics as statisticsCodec } from '../../lib/schema/route/statistics.js';
import { vniFilter } from '../../lib/schema/route/vni-filter.js';
import { addressLabels, addresses } from '../support/oracle/addresses.js';
import { bridgeLinks, globalVlans, vlanEntries, vlans, vniFilters } from '../support/oracle/bridges.js';
import { links } from '../support/oracle/links.js';
import { fdb, neighbours } from '../support/oracle/neighbours.js';
import { buckets, nexthops } from '../support/oracle/nexthops.js';
import { unlisted } from '../support/oracle/unlisted.js';
import { routes } from '../support/oracle/routes.js';
import { rules } from '../support/oracle/rules.js';
import { namespaceIds, neighbourTables, netconf } from '../support/oracle/settings.js';
import { statistics } from '../support/oracle/statistics.js';
import { countKeys, shownFields, type ObjectTable } from '../support/oracle/table.js';

const objects: Readonly<Record<string, readonly [Codec<unknown, never>, ...ObjectTable[]]>> = {
  link: [link, links],
  address: [address, addresses],
  'address label': [addressLabel, addressLabels],
  route: [route, routes],
  rule: [rule, rules],
  nexthop: [nexthop, nexthops],
  'nexthop bucket': [nexthopBucket, buckets],
  neighbour: [neighbour, neighbours],
  fdb: [fdbCodec, fdb],
  netconf: [netconfCodec, netconf],
  'neighbour table': [neighbourTable, neighbourTables],
  'namespace id': [namespaceId, namespaceIds],
  statistics: [statisticsCodec, statistics],
  'bridge link': [bridgeLink, bridgeLinks, vlans],
  'bridge VLAN': [bridgeVlan, vlanEntries, globalVlans],
  'VNI filter': [vniFilter, vniFilters],
};

function covers(known: Iterable<string>, path: string): boolean {
  for (const one of known) if (one === path || path.startsWith(`${one}.`) || one.startsWith(`${path}.`)) return true;
  return false;
}

describe('The tables of what iproute2 prints', () => {
  for (const [name, [codec, ...tables]] of Object.entries(objects)) {
    it(`show every field of the schema of a ${name}, or say why iproute2 does not`, () => {
      const shown = tables.flatMap((table) => shownFields(table.keys));
      const told = tables.flatMap((table) => Object.keys(table.beyond).map((path) => path.replaceAll('[]', '')));
      const asked = Object.keys(unlisted[name] ?? {});
      const unknown: string[] = [];
      for (const { path, cases } of walk(codec)) {
        const where = path.join('.');
        const own = shown.filter((one) => one.cases.every((choice) => cases.includes(choice))).map((one) => one.path);
        if (!covers(own, where) && !covers([...told, ...asked], where)) unknown.push([...cases, where].join(' '));
      }
      expect(unknown, unknown.join('\n')).to.deep.equal([]);
    });
  }

  it('have a reason for every key that shows no field', () => {
    const counts = Object.values(objects).flatMap(([, ...tables]) => tables.map((table) => countKeys(table.keys)));
    expect(counts.reduce((sum, { mapped }) => sum + mapped, 0)).to.be.greaterThan(600);
    expect(counts.every(({ reasons }) => reasons.every((reason) => reason.length > 10))).to.equal(true);
  });
});
