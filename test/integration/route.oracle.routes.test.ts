import { Namespace } from '../../lib/namespace.js';
import type { RouteClient } from '../../lib/netlink/route.js';
import { build, expectAgreement, outcomeOf, printedBy, testParts, type Staged } from '../support/oracle/agreement.js';
import { routeScene } from '../support/oracle/route-scene.js';
import { arranged, routes } from '../support/oracle/routes.js';
import { limit } from '../support/time.js';

describe('Routes as iproute2 shows them', function () {
  this.timeout(limit(30_000));
  let namespace: Namespace;
  let route: RouteClient<Namespace>;
  const staged: Staged = { missing: new Map(), outcome: new Map() };

  before(async () => {
    namespace = await Namespace.create({ loopback: true });
    route = await namespace.route({ thread: 'caller' });
    staged.missing = build(namespace, routeScene);
    staged.outcome = await outcomeOf(
      routes,
      {
        printed: () => printedBy(namespace, 'ip', '-details -statistics route show table all').map(arranged),
        listed: () => route.routes.list(),
        label: (one) => String(one['dst']),
      },
      route,
    );
  });
  after(() => namespace.close());

  testParts(routeScene, () => staged);

  it('all of them agree, in all tables and families, key by key and field by field', () => {
    expectAgreement(staged.outcome);
  });
});
