import { describeAgreement, printedBy } from '../support/oracle/agreement.js';
import { gathered } from '../support/oracle/encapsulations.js';
import { buckets, bucketScene, nexthops, nexthopScene } from '../support/oracle/nexthops.js';
import { routeScene } from '../support/oracle/route-scene.js';
import { arranged, routes } from '../support/oracle/routes.js';
import { rules, ruleScene, ruleScene6 } from '../support/oracle/rules.js';

describeAgreement('Routes of all tables and families as iproute2 shows them', {
  table: routes,
  scene: routeScene,
  ways: (namespace, route) => ({
    printed: () => printedBy(namespace, 'ip', '-details -statistics route show table all').map(arranged),
    listed: () => route.routes.list(),
    label: (one) => String(one['dst']),
  }),
});

describeAgreement('Rules of IPv4 as iproute2 shows them', {
  table: rules,
  scene: ruleScene,
  ways: (namespace, route) => ({
    printed: () => printedBy(namespace, 'ip', '-details rule show'),
    listed: () => route.rules.list({ family: 'ipv4' }),
    label: (rule) => String(rule['priority']),
  }),
});

describeAgreement('Rules of IPv6 as iproute2 shows them', {
  table: rules,
  scene: ruleScene6,
  ways: (namespace, route) => ({
    printed: () => printedBy(namespace, 'ip', '-details -6 rule show'),
    listed: () => route.rules.list({ family: 'ipv6' }),
    label: (rule) => String(rule['priority']),
  }),
});

describeAgreement('Nexthop objects as iproute2 shows them', {
  table: nexthops,
  scene: nexthopScene,
  ways: (namespace, route) => ({
    printed: () => printedBy(namespace, 'ip', '-details nexthop show').map(gathered),
    listed: () => route.nexthops.list(),
    label: (nexthop) => String(nexthop['id']),
  }),
});

describeAgreement('Buckets of nexthop groups as iproute2 shows them', {
  table: buckets,
  scene: bucketScene,
  ways: (namespace, route) => ({
    printed: () => printedBy(namespace, 'ip', '-details nexthop bucket show'),
    listed: () => route.buckets.list(),
    label: (bucket) => String(bucket['id']),
  }),
});
