import { describeAgreement, printedBy } from '../support/oracle/agreement.js';
import { fdb, fdbScene, neighbours, neighbourScene, proxyScene } from '../support/oracle/neighbours.js';

describeAgreement('Neighbours as iproute2 shows them', {
  table: neighbours,
  scene: neighbourScene,
  ways: (namespace, route) => ({
    printed: () => printedBy(namespace, 'ip', '-details -statistics neighbour show nud all'),
    listed: () => route.neighbours.list(),
    label: (neighbour) => String(neighbour['dst']),
  }),
});

describeAgreement('Proxies as iproute2 shows them', {
  table: neighbours,
  scene: proxyScene,
  ways: (namespace, route) => ({
    printed: () => printedBy(namespace, 'ip', '-details -statistics neighbour show proxy'),
    listed: () => route.proxies.list({ flags: ['proxy'] }),
    label: (neighbour) => String(neighbour['dst']),
  }),
});

describeAgreement('Forwarding entries as bridge shows them', {
  table: fdb,
  scene: fdbScene,
  ways: (namespace, route) => ({
    printed: () => printedBy(namespace, 'bridge', '-details -statistics fdb show'),
    listed: () => route.fdb.list(),
    label: (entry) => String(entry['mac']),
  }),
});
