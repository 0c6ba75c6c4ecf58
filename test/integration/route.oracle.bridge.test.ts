import { describeAgreement, printedBy } from '../support/oracle/agreement.js';
import { bridgeLinkScene, multicastScene, routerScene, tunnelScene, vlanScene, vniScene } from '../support/oracle/bridge-scene.js';
import {
  bridgeLinks,
  globalVlans,
  joined,
  multicastEntries,
  printedEntries,
  printedRouters,
  routerPorts,
  vlanEntries,
  vlans,
  vniFilters,
} from '../support/oracle/bridges.js';

describeAgreement('Ports of bridges as bridge shows them', {
  table: bridgeLinks,
  scene: bridgeLinkScene,
  ways: (namespace, route) => ({
    printed: () => printedBy(namespace, 'bridge', '-details link show'),
    listed: async () => (await route.bridgeLinks.list()).filter((link) => link.index !== link.master),
    label: (link) => String(link['ifname']),
  }),
});

for (const [title, line, extended] of [
  ['VLANs of ports', 'vlan show', 'bridge-vlan'],
  ['Ranges of VLANs of ports', '-compressvlans vlan show', 'bridge-vlan-compressed'],
] as const) {
  describeAgreement(`${title} as bridge shows them`, {
    table: vlans,
    scene: vlanScene,
    ways: (namespace, route) => ({
      printed: () => printedBy(namespace, 'bridge', line),
      listed: async () => {
        const links = await route.bridgeLinks.list({ extended: [extended] });
        return links.filter(({ vlans: list }) => list !== undefined).map((link) => ({ index: link.index, vlans: joined(link.vlans) }));
      },
      label: (link) => String(link['ifname']),
    }),
  });
}

describeAgreement('VLANs with their options as bridge shows them', {
  table: vlanEntries,
  scene: vlanScene,
  ways: (namespace, route) => ({
    printed: () => printedBy(namespace, 'bridge', '-details -statistics vlan show'),
    listed: () => route.bridgeVlans.list({ flags: ['statistics'] }),
    label: (link) => String(link['ifname']),
  }),
});

describeAgreement('Options of VLANs of the whole bridge as bridge shows them', {
  table: globalVlans,
  scene: vlanScene.map((part) => ({ ...part, objects: /^br0$/ })),
  ways: (namespace, route) => ({
    printed: () => printedBy(namespace, 'bridge', '-details -statistics vlan global show'),
    listed: () => route.bridgeVlans.list({ flags: ['global'] }),
    label: (link) => String(link['ifname']),
  }),
});

describeAgreement('VLANs of tunnels as bridge shows them', {
  table: vlans,
  scene: tunnelScene,
  ways: (namespace, route) => ({
    printed: () => printedBy(namespace, 'bridge', 'vlan tunnelshow'),
    listed: async () => {
      const links = await route.bridgeLinks.list({ extended: ['bridge-vlan-compressed'] });
      return links.filter(({ tunnels }) => tunnels !== undefined).map((link) => ({ index: link.index, tunnels: joined(link.tunnels) }));
    },
    label: (link) => String(link['ifname']),
  }),
});

describeAgreement('Multicast groups as bridge shows them', {
  table: multicastEntries,
  scene: multicastScene,
  ways: (namespace, route) => ({
    printed: () => printedEntries(printedBy(namespace, 'bridge', '-details -statistics mdb show')),
    listed: async () => route.multicast.list(),
    label: (entry) => String(entry['grp']),
  }),
});

describeAgreement('Ports towards multicast routers as bridge shows them', {
  table: routerPorts,
  scene: routerScene,
  ways: (namespace, route) => ({
    printed: () => printedRouters(printedBy(namespace, 'bridge', '-details -statistics mdb show')),
    listed: async () => route.multicast.routers(),
    label: (entry) => String(entry['port']),
  }),
});

describeAgreement('Networks of tunnels as bridge shows them', {
  table: vniFilters,
  scene: vniScene,
  ways: (namespace, route) => ({
    printed: () => printedBy(namespace, 'bridge', '-statistics vni show'),
    listed: async () => (await route.vniFilters.list({ flags: ['statistics'] })).filter(({ entries }) => entries !== undefined),
    label: (tunnel) => String(tunnel['ifname']),
  }),
});
