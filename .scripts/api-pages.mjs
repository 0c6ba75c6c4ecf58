import { walk } from '../dist/lib/codec/documentation.js';
import { address } from '../dist/lib/schema/route/address.js';
import { addressLabel } from '../dist/lib/schema/route/address-label.js';
import { bridgeLink } from '../dist/lib/schema/route/bridge-link.js';
import { bridgeVlan, bridgeVlanQuery } from '../dist/lib/schema/route/bridge-vlan.js';
import { link } from '../dist/lib/schema/route/link.js';
import { multicastDatabase, multicastGroup } from '../dist/lib/schema/route/multicast-database.js';
import { namespaceId } from '../dist/lib/schema/route/namespace-id.js';
import { fdb, neighbour } from '../dist/lib/schema/route/neighbour.js';
import { neighbourTable } from '../dist/lib/schema/route/neighbour-table.js';
import { netconf } from '../dist/lib/schema/route/netconf.js';
import { nexthop, nexthopBucket } from '../dist/lib/schema/route/nexthop.js';
import { route } from '../dist/lib/schema/route/route.js';
import { rule } from '../dist/lib/schema/route/rule.js';
import { statistics, statisticsRequest } from '../dist/lib/schema/route/statistics.js';
import { vniFilter } from '../dist/lib/schema/route/vni-filter.js';

/*
 * The pages of docs/api, made from the schemas: every field with its kernel name, unit and first kernel version. `npm run docs` writes
 * them; they are not kept.
 */

const pages = {
  link: { title: 'Link', client: 'route.links', codec: link },
  address: { title: 'Address', client: 'route.addresses', codec: address },
  route: { title: 'Route', client: 'route.routes', codec: route },
  rule: { title: 'Rule', client: 'route.rules', codec: rule },
  neighbour: { title: 'Neighbour, proxy', client: 'route.neighbours, route.proxies', codec: neighbour },
  'forwarding-entry': { title: 'Forwarding entry', client: 'route.fdb', codec: fdb },
  nexthop: { title: 'Nexthop', client: 'route.nexthops', codec: nexthop },
  'nexthop-bucket': { title: 'Nexthop bucket', client: 'route.buckets', codec: nexthopBucket },
  'neighbour-table': { title: 'Neighbour table', client: 'route.neighbourTables', codec: neighbourTable },
  netconf: { title: 'Network configuration', client: 'route.netconf', codec: netconf },
  'address-label': { title: 'Address label', client: 'route.addressLabels', codec: addressLabel },
  'namespace-id': { title: 'Namespace id', client: 'route.namespaceIds', codec: namespaceId },
  statistics: { title: 'Statistics', client: 'route.statistics', codec: statistics },
  'statistics-request': { title: 'Statistics, as they are asked for', client: 'route.statistics', codec: statisticsRequest },
  'multicast-database': { title: 'Multicast database', client: 'route.multicast', codec: multicastDatabase },
  'multicast-group': { title: 'Multicast group, as it is added', client: 'route.multicast', codec: multicastGroup },
  'bridge-link': { title: 'Link, as its bridge sees it', client: 'route.bridgeLinks', codec: bridgeLink },
  'bridge-vlan': { title: 'Bridge VLAN', client: 'route.bridgeVlans', codec: bridgeVlan },
  'bridge-vlan-query': { title: 'Bridge VLANs, as they are asked for', client: 'route.bridgeVlans', codec: bridgeVlanQuery },
  'vni-filter': { title: 'VNI filter', client: 'route.vniFilters', codec: vniFilter },
};

function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

/** One line of a table. */
export function row({ field, path, type, since }) {
  const cells = [
    `\`${path.join('.')}\``,
    field.kernel,
    `\`${type}\``,
    field.unit ?? '–',
    since ?? '≤ 4.0',
    field.readOnly ? `${field.doc} Only reported.` : field.doc,
  ];
  return `| ${cells.map(cell).join(' | ')} |`;
}

const head = '| field | kernel | value | unit | since | meaning |\n| --- | --- | --- | --- | --- | --- |';

function pageOf({ title, client, codec }) {
  const sections = new Map();
  for (const documented of walk(codec)) {
    const section = documented.cases.join(', ');
    const rows = sections.get(section) ?? [];
    sections.set(section, rows);
    rows.push(row(documented));
  }
  const parts = [...sections].map(([section, rows]) => `${section === '' ? '' : `## ${section}\n\n`}${head}\n${rows.join('\n')}`);
  return `# ${title}\n\n\`${client}\`. "since" is the first Linux that has it; what 4.0 had is not told apart.\n\n${parts.join('\n\n')}\n`;
}

/** Pages of docs/api by name, with their text. */
export function apiPages() {
  const made = new Map(Object.entries(pages).map(([name, page]) => [name, pageOf(page)]));
  const index = Object.entries(pages).map(([name, { title, client }]) => `- [${title}](${name}.md): \`${client}\``);
  made.set('index', `# Objects of rtnetlink\n\n${index.join('\n')}\n`);
  return made;
}
